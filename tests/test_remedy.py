"""`wishkit check --sql` and `--adopt`: what they write, run, leaves no drift."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.commands.check import check
from wishkit.commands.mark import mark
from wishkit.commands.migrate import migrate
from wishkit.commands.remedy import adopt, mend
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Ignore, Patience, Small, Target
from wishkit.core.migration import read_folder
from wishkit.core.script import Script
from wishkit.core.statements import split
from wishkit.errors import UsageError
from wishkit.interface.cli import execute
from wishkit.postgres.psql import find_psql, psql_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import RunWishkit
    from wishkit.postgres.scratch import Scratch

MIGRATIONS = Path(__file__).parents[1] / "sql" / "migrations"
MORE = """\
-- The application may read wishes, and who wrote last is kept.
GRANT SELECT, INSERT ON wishlist_items TO remedy_app;
CREATE FUNCTION wish_kept() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.updated_at = now(); RETURN NEW; END';
CREATE TRIGGER wish_kept BEFORE UPDATE ON wishlist_items
    FOR EACH ROW EXECUTE FUNCTION wish_kept();
CREATE VIEW wishes_titled AS SELECT id, title FROM wishlist_items;
"""
MORE_BACK = """\
DROP VIEW wishes_titled;
DROP TRIGGER wish_kept ON wishlist_items;
DROP FUNCTION wish_kept;
REVOKE SELECT, INSERT ON wishlist_items FROM remedy_app;
"""
# Hand-made damage that a script undoes.
DAMAGE = """\
DROP INDEX idx_wishlist_user_id;
ALTER TABLE wishlist_items ALTER COLUMN sort_order DROP DEFAULT;
DROP VIEW wishes_titled;
ALTER TABLE wishlist_items ALTER COLUMN title TYPE varchar(80);
CREATE VIEW wishes_titled AS SELECT id, title FROM wishlist_items;
REVOKE INSERT ON wishlist_items FROM remedy_app;
ALTER TABLE wishlist_items DISABLE TRIGGER wish_kept;
CREATE TABLE stray (id int PRIMARY KEY, what text);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_wishlist_user_sort'::regclass;
"""


@dataclass(frozen=True, slots=True)
class Live:
    """A database with everything applied, and its project."""

    url: str
    workspace: Workspace

    @property
    def migrations(self) -> Path:
        return self.workspace.config.sql / "migrations"

    def run(self, sql: str) -> None:
        """Statement by statement, as a person would; nothing of a comment."""
        script = Script.normalise("remedy", sql.encode())
        with psycopg.connect(self.url, autocommit=True) as connection:
            for span in split(script):
                connection.execute(script.source[span.start : span.end])

    def psql(self, script: str) -> None:
        """As docs/remedy.md says: the file as it is, by the real psql, which stops at an error."""
        arguments, secrets = psql_line(self.url, role=None)
        done = subprocess.run(
            [find_psql(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", *arguments],
            input=script,
            capture_output=True,
            check=False,
            encoding="utf-8",
            env={**os.environ, **secrets},
        )
        assert (done.returncode, done.stderr) == (0, ""), script

    def drift(self) -> list[str]:
        return [it.text for it in check(self.workspace).drifts]


@pytest.fixture(scope="module")
def origin(server: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A database to copy, with everything applied; and its project."""
    project = tmp_path_factory.mktemp("remedy")
    shutil.copytree(MIGRATIONS, project / "sql" / "migrations")
    for end, text in ((".sql", MORE), (".rollback.sql", MORE_BACK)):
        (project / "sql" / "migrations" / f"0900_let_app_in{end}").write_text(text)
    url = server.create_database("remedy_origin")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE remedy_app")
    assert migrate(workspace(url, project)).error is None
    yield "remedy_origin", project
    server.drop_database("remedy_origin")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("DROP ROLE remedy_app")


def workspace(url: str, project: Path) -> Workspace:
    return Workspace(
        Config(sql=project / "sql", path=project / "wishkit.toml"),
        Target(url, "test", patience=Patience(deadline=0)),
        lambda _: None,
    )


@pytest.fixture
def live(origin: tuple[str, Path], make_database: MakeDatabase, tmp_path: Path) -> Live:
    template, project = origin
    shutil.copytree(project, tmp_path / "project")
    url = make_database(template=template)
    return Live(url, workspace(url, tmp_path / "project"))


def uncommented(script: str) -> str:
    """With what it marks as destructive."""
    lines = script.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("-- DESTRUCTIVE: "):
            lines[at + 1] = lines[at + 1].removeprefix("-- ")
    return "\n".join(lines)


def test_a_script_brings_it_back_and_loses_nothing_unasked(live: Live) -> None:
    live.run(DAMAGE)
    found = mend(live.workspace)
    assert (found.exit_status, found.by_hand) == (1, ())
    assert found.destructive == ("all rows of public.stray",)
    live.psql(found.script)
    assert live.drift() == [
        "table stray is extra: no migration makes it, with 2 columns and 1 constraint"
    ]
    live.psql(uncommented(mend(live.workspace).script))
    assert live.drift() == []
    done = mend(live.workspace)
    assert (done.exit_status, done.statements) == (0, 0)
    assert "There is nothing to do" in done.script


def test_a_value_of_an_enum_is_left_to_a_person_with_both_definitions(live: Live) -> None:
    live.run("ALTER TYPE wishlist_currency ADD VALUE 'DKK' BEFORE 'EUR'")
    found = mend(live.workspace)
    assert (found.exit_status, found.statements) == (1, 0)
    assert "--enum-remove public.wishlist_currency 'DKK'" in found.by_hand[0]
    assert "--     labels: USD, EUR, GBP" in found.script
    assert "--     labels: USD, DKK, EUR, GBP" in found.script


def test_what_is_not_small_is_kept_from_nobody(live: Live) -> None:
    live.run(
        "DROP INDEX idx_wishlist_user_id;"
        "ALTER TABLE wishlist_items DROP CONSTRAINT priority_range_check;"
        "ALTER TABLE wishlist_items ALTER title DROP NOT NULL;"
        "ALTER TABLE sets DROP CONSTRAINT sets_pkey CASCADE;"
        "CREATE INDEX stray_idx ON wishlist_items (notes);"
        "INSERT INTO wishlist_items (user_id, title, store) VALUES ('u', 't', 'LEGO');"
        "INSERT INTO sets (user_id, title) VALUES ('u', 't')"
    )
    target = replace(live.workspace.target, small=Small(rows=0, bytes=0))
    found = mend(replace(live.workspace, target=target))
    for text in (
        "CREATE INDEX CONCURRENTLY idx_wishlist_user_id",
        "DROP INDEX CONCURRENTLY public.stray_idx",
        "CREATE UNIQUE INDEX CONCURRENTLY sets_pkey",
        "PRIMARY KEY USING INDEX sets_pkey",
        "VALIDATE CONSTRAINT priority_range_check",
        "VALIDATE CONSTRAINT title_is_there",
    ):
        assert found.script.count(text) == 1, found.script
        before = found.script.partition(text)[0]
        assert before.count("BEGIN;") == before.count("COMMIT;")
    live.psql(found.script)
    assert live.drift() == []


def test_a_script_is_one_for_psql(live: Live, run_wishkit: RunWishkit, tmp_path: Path) -> None:
    live.run(DAMAGE)
    done = run_wishkit("check", "--sql", "--url", live.url, cwd=tmp_path / "project")
    assert done.status == 1
    live.psql(done.stdout)
    assert len(live.drift()) == 1
    told = run_wishkit("check", "--sql", "--json", "--url", live.url, cwd=tmp_path / "project")
    assert json.loads(told.stdout)["destructive"] == ["all rows of public.stray"]


def test_what_is_adopted_is_what_the_database_is(
    live: Live, origin: tuple[str, Path], make_database: MakeDatabase
) -> None:
    live.run(DAMAGE.rpartition("UPDATE")[0])
    adopted = adopt(live.workspace, "adopt_what_is")
    assert adopted.migration.id == "0901_adopt_what_is"
    assert f"wishkit mark {adopted.migration.id}" in adopted.hints[0]
    elsewhere = make_database(template=origin[0])
    other = replace(live.workspace, target=replace(live.workspace.target, url=elsewhere))
    # There it runs, and the other one agrees with what it makes.
    assert migrate(other).error is None
    mark(live.workspace, ["0901"], reason="adopted")
    assert live.drift() == []
    assert [it.text for it in check(other).drifts] == []
    # And back, where what it made is gone.
    assert rollback(other, to="0900", accept_data_loss=True).error is None
    assert [it.text for it in check(other).drifts] == []


def test_what_has_no_way_back_says_so(live: Live) -> None:
    live.run("ALTER TYPE wishlist_currency ADD VALUE 'DKK' BEFORE 'EUR'")
    adopted = adopt(live.workspace, "add_dkk")
    assert adopted.migration.backward is None
    (migration,) = read_folder(live.migrations)[-1:]
    assert (migration.header.irreversible or "").startswith("no command removes a label")
    assert "ADD VALUE 'DKK' AFTER 'USD'" in migration.forward.source.decode()
    mark(live.workspace, [migration.id], reason="adopted")
    assert live.drift() == []


def test_nothing_is_adopted_where_nothing_differs(live: Live) -> None:
    before = sorted(live.migrations.iterdir())
    with pytest.raises(UsageError) as refused:
        adopt(live.workspace, "nothing")
    assert refused.value.code == "nothing-to-adopt"
    with pytest.raises(UsageError) as refused:
        adopt(live.workspace, "no, name!")
    assert refused.value.code == "migration-name"
    assert sorted(live.migrations.iterdir()) == before


def test_what_is_to_stay_stays(live: Live) -> None:
    live.run("CREATE TABLE stray (id int PRIMARY KEY); COMMENT ON TABLE sets IS 'changed'")
    ignored = (Ignore("table", "public.stray", "somebody's own"),)
    config = replace(live.workspace.config, ignore=ignored)
    found = mend(replace(live.workspace, config=config))
    assert "stray" not in found.script
    assert "COMMENT ON TABLE public.sets" in found.script


@pytest.mark.parametrize("other", [["--adopt", "x"], ["--last-run"], ["--severity", "error"]])
def test_one_thing_is_asked_at_a_time(other: list[str]) -> None:
    with pytest.raises(UsageError, match=f"--sql and {other[0]} do not go together"):
        execute(["check", "--sql", *other])
