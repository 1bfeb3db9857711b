"""A database with something of everything that a backup has to bring back, and a project for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands import backup
from wishkit.commands.migrate import migrate
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Patience, Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugins.databases import MakeDatabase
    from wishkit.commands.backup import MadeBackup
    from wishkit.core.events import Event
    from wishkit.postgres.scratch import Scratch

SCHEMA = """\
-- Wishes, as a person has them.
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE wishes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text NOT NULL,
    mood mood, price numeric, at timestamptz DEFAULT '2031-05-18 14:02+02', gone float8,
    twice numeric GENERATED ALWAYS AS (price * 2) STORED);
CREATE INDEX wishes_what ON wishes (lower(what));
CREATE TABLE "Odd ""name"" x" (id int) PARTITION BY RANGE (id);
CREATE TABLE odd_1 PARTITION OF "Odd ""name"" x" FOR VALUES FROM (0) TO (100);
CREATE MATERIALIZED VIEW sums AS SELECT mood, sum(price) FROM wishes GROUP BY mood;
CREATE VIEW dear AS SELECT * FROM wishes WHERE price > 10;
GRANT SELECT ON wishes TO backup_app;
COMMENT ON TABLE wishes IS 'what somebody wants';
INSERT INTO wishes (what, mood, price, gone)
    SELECT md5(i::text) || md5((i + 1)::text),
           CASE i % 3 WHEN 0 THEN 'glad' WHEN 1 THEN 'sad' END::mood,
           i * 1.1, 'NaN' FROM generate_series(1, 2000) AS i;
INSERT INTO "Odd ""name"" x" SELECT generate_series(1, 50);
"""
BACK = """\
DROP VIEW dear;
DROP MATERIALIZED VIEW sums;
DROP TABLE "Odd ""name"" x", wishes;
DROP TYPE mood;
"""


@dataclass(frozen=True, slots=True)
class Live:
    """A database, and the project that it was made from."""

    url: str
    workspace: Workspace
    events: list[Event] = field(default_factory=list)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def tamper(self, change: str) -> None:
        """Change evidence, as nobody may: past the trigger that refuses it."""
        table = "ALTER TABLE wishkit.backup"
        self.rows(f"{table} DISABLE TRIGGER stay; {change}; {table} ENABLE ALWAYS TRIGGER stay")

    def with_target(self, **fields: Any) -> Live:  # noqa: ANN401 - as Target has them
        target = replace(self.workspace.target, **fields)
        return replace(self, workspace=replace(self.workspace, target=target))

    def create(self, **options: Any) -> MadeBackup:  # noqa: ANN401 - as create has them
        return backup.create(self.workspace, **options)

    @property
    def folder(self) -> Path:
        return backup.backup_folder(self.workspace.config)


def workspace(url: str, project: Path, events: list[Event], **target: Any) -> Workspace:  # noqa: ANN401
    return Workspace(
        Config(sql=project / "sql", path=project / "wishkit.toml", backups=project / "backups"),
        Target(url, "test", patience=Patience(deadline=0), **target),
        events.append,
    )


@pytest.fixture(scope="session")
def backup_origin(
    server: Scratch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A database to copy, with everything applied, and its project."""
    project = tmp_path_factory.mktemp("backup")
    migrations = project / "sql" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_make_wishes.sql").write_text(SCHEMA)
    (migrations / "0001_make_wishes.rollback.sql").write_text(BACK)
    url = server.create_database("backup_origin")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE backup_app")
    assert migrate(workspace(url, project, [])).error is None
    yield "backup_origin", project
    server.drop_database("backup_origin")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("DROP ROLE backup_app")


@pytest.fixture
def live(backup_origin: tuple[str, Path], make_database: MakeDatabase, tmp_path: Path) -> Live:
    """A database of this test alone, with a folder for backups of its own."""
    template, project = backup_origin
    events: list[Event] = []
    url = make_database(template=template)
    place = workspace(url, project, events)
    config = replace(place.config, backups=tmp_path / "backups")
    return Live(url, replace(place, config=config), events)
