"""A project with three environments in which something of everything is to be seen."""

from __future__ import annotations

import shutil
from contextlib import chdir
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from wishkit.commands import approvals
from wishkit.commands.backup import create as backup
from wishkit.commands.migrate import migrate
from wishkit.commands.rehearse import rehearse
from wishkit.commands.request import request
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import open_workspace
from wishkit.core.events import Blocker, Progressed
from wishkit.core.live import At, Doing, Edge, Live, Queued, Running, Waiter

if TYPE_CHECKING:
    from wishkit.commands.board import Board
    from wishkit.commands.workspace import Workspace
    from wishkit.postgres.scratch import Scratch

SQL = Path(__file__).parents[2] / "sql"
PASSWORD = "hush-hush-hush"
ROLES = """
    DO $$ BEGIN
        IF to_regrole('board_managers') IS NULL THEN
            CREATE ROLE board_managers NOLOGIN;
            CREATE ROLE ann LOGIN IN ROLE board_managers;
            CREATE ROLE ben LOGIN IN ROLE board_managers;
        END IF;
    END $$
"""
CONFIG = """\
[environments.development]
url = "{development}"

[environments.staging]
url = "{staging}"
verify = true

[environments.production]
url = "{production}"
protected = true
soak = "24h"
approvals = {{ low = 1, medium = 2, high = 2 }}
backup = {{ age = "24h", level = 0, destructive_level = 0 }}
windows = ["Mon-Thu 21:00-02:00 Europe/Berlin"]
"""


@dataclass(frozen=True, slots=True)
class World:
    """The project and its databases.

    Attributes:
        folder: holds wishkit.toml and sql/.
        urls: by environment.
    """

    folder: Path
    urls: dict[str, str]

    def workspace(self, name: str) -> Workspace:
        """What the command line makes of ``--env NAME``."""
        with chdir(self.folder):
            return open_workspace(url=None, env=name, listener=lambda _: None)

    def configure(self, extra: str = "", **urls: str) -> None:
        """Write wishkit.toml."""
        text = CONFIG.format(**{**self.urls, **urls}) + extra
        (self.folder / "wishkit.toml").write_text(text, encoding="utf-8")

    def sql(self, name: str, *statements: str) -> None:
        """Statements in one of the databases, each committed, as nobody should do it."""
        with psycopg.connect(self.urls[name], autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def make_world(folder: Path, server: Scratch, *, whole: bool = False) -> World:
    """Make it.

    Args:
        folder: empty.
        server: for its databases.
        whole: with what takes a second or more: a backup, a rehearsal.
    """
    shutil.copytree(SQL, folder / "sql")
    world = World(folder, dict.fromkeys(("development", "staging", "production"), "embedded"))

    def create(name: str, template: str = "template1") -> None:
        url = server.create_database(f"board_{name}", template=template)
        # The server trusts whoever connects: a password is there to be looked for on pages.
        world.urls[name] = as_uri(make_conninfo(url, password=PASSWORD))
        world.configure()

    with chdir(folder):
        create("staging")
        migrate(world.workspace("staging"), to="0010")
        create("production", "board_staging")
        migrate(world.workspace("staging"), to="0012")
        create("development", "board_staging")
        migrate(world.workspace("development"))
        rollback(world.workspace("development"), steps=1, yes=True, accept_data_loss=True)
        migrate(world.workspace("development"))
        world.sql("production", ROLES)
        production = world.workspace("production")
        approvals.set_approvers(production, "board_managers", yes=True)
        standing = request(production, note="the release of the wishlist")
        approvals.decide(production, standing.id, "approve", login="ann", yes=True)
        world.sql(
            "staging",
            "CREATE INDEX sets_title_by_hand ON sets (title)",
            "ALTER TABLE sets ALTER COLUMN theme SET DEFAULT 'space'",
        )
        if whole:
            backup(production, folder=folder / "backups")
            rehearse(world.workspace("development"), ids=["0007", "0010", "0013"])
    return world


def as_uri(conninfo: str) -> str:
    """A connection string as people write it into wishkit.toml."""
    from urllib.parse import quote, urlencode  # noqa: PLC0415 - only here

    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - as above

    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    login = f"{quote(parts.pop('user'))}:{quote(parts.pop('password'))}"
    name = parts.pop("dbname")
    return f"postgresql://{login}@/{name}?{urlencode(parts)}"


def at_work(board: Board) -> Board:
    """The same while a migration runs in production, behind somebody and in front of others."""
    now = board.asked_at
    began = now - timedelta(seconds=74)
    blocker = Blocker(
        16402,
        "5/301",
        "wishlist_items",
        "ROW EXCLUSIVE",
        "reporting",
        "nightly-report",
        "idle in transaction",
        "SELECT count(*) FROM wishlist_items WHERE priority > 3",
        autovacuum=False,
        age=312.0,
    )
    waiter = Waiter(
        16500,
        "shop",
        "api",
        "UPDATE wishlist_items SET notes = $1 WHERE id = $2",
        now,
        0.1,
        "ROW EXCLUSIVE",
        "wishlist_items",
    )
    id_ = "0011_index_coming_releases"
    run = Running(
        12,
        "migrate",
        "deploy",
        "ann",
        "build-7",
        "production",
        began,
        74.0,
        16444,
        Doing.WORKING,
        migration=id_,
        direction="forward",
        position=1,
        total=3,
        at=At(1, 1, 2, "CREATE INDEX CONCURRENTLY idx_wishlist_release_date ON …", 61.0),
        progress=Progressed(
            id_, "building index: scanning table", 41_200, 99_000, "blocks", None, None
        ),
        fraction=0.416,
        blockers=(blocker,),
        waiters=(waiter, replace(waiter, pid=16501)),
        edges=(Edge(16444, 16402), Edge(16500, 16444), Edge(16501, 16500)),
    )
    *others, production = board.places
    live = Live(now, (run,), (Queued("rollback", "deploy", "ben", "laptop", 16510, 4.0),))
    return replace(board, places=(*others, replace(production, live=live)))
