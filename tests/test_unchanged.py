"""Where nothing has changed since a check, the answer comes without looking, and is right."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.check import check
from wishkit.commands.mark import mark
from wishkit.commands.migrate import migrate
from wishkit.commands.unchanged import unchanged
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Ignore, Patience, Target
from wishkit.interface.json import to_json
from wishkit.postgres import libpq
from wishkit.postgres.unchanged import state, state_without_driver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.checked import Check
    from wishkit.postgres.scratch import Scratch

FILES = {
    "0000_a.sql": "-- a\nCREATE TABLE a (id int);\nGRANT SELECT ON a TO quick_reader;",
    "0000_a.rollback.sql": "DROP TABLE a;",
}
MORE = {"0001_b.sql": "-- b\nSELECT 1;", "0001_b.rollback.sql": "SELECT 1;"}


@dataclass(frozen=True, slots=True)
class Project:
    """A project, and a database in which all of it is applied."""

    url: str
    folder: Path
    workspace: Workspace

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def known(
        self,
        *,
        config: Config | None = None,
        column_order: bool = False,
        **target: Any,  # noqa: ANN401 - as Target has them
    ) -> Check | None:
        """The answer without the driver."""
        place = self.workspace
        return unchanged(
            config or place.config, replace(place.target, **target), column_order=column_order
        )

    def state(self) -> str | None:
        return state_without_driver(self.workspace.target, "public")[1]

    def cached(self) -> Path:
        (path,) = (self.folder / ".wishkit" / "cache").glob("unchanged-*")
        return path


@pytest.fixture
def project(server: Scratch, database: str, sql_folder: SqlFolder) -> Iterator[Project]:
    folder = sql_folder(FILES)
    config = Config(sql=folder / "sql", path=folder / "wishkit.toml")
    target = Target(database, "test", patience=Patience(deadline=0))
    made = Project(database, folder, Workspace(config, target, lambda _event: None))
    made.run("CREATE ROLE quick_reader")
    assert migrate(made.workspace).error is None
    yield made
    with psycopg.connect(server.url(), autocommit=True) as connection:
        name = database.partition("?")[0].rpartition("/")[2]
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute("DROP ROLE IF EXISTS quick_reader, quick_renamed, quick_other")


def timeless(text: str) -> str:
    return re.sub(r'"checked_at": .*', "", text)


def test_the_answer_is_the_same_on_both_roads(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.known() is None  # there is no check yet
    clean = check(project.workspace)
    known = project.known()
    assert known is not None
    assert (known.unchanged_since, known.position) == (clean.checked_at, "0000_a")
    again = check(project.workspace)
    assert again == replace(known, checked_at=again.checked_at)
    assert timeless(to_json(again)) == timeless(to_json(known))
    with psycopg.connect(project.url, autocommit=True) as connection:
        assert state(connection, "public") == project.state()

    def nowhere() -> str:
        return "/nowhere/libpq.so"

    monkeypatch.setattr(libpq, "_path", nowhere)
    libpq._library.cache_clear()  # it has been found before
    try:
        assert project.known() is None
        assert check(project.workspace).unchanged_since == clean.checked_at
    finally:
        monkeypatch.undo()
    assert project.known() is not None


def test_the_command_says_the_same_on_both_roads(project: Project, run_wishkit: RunWishkit) -> None:
    words = ("check", "--url", project.url)
    first = run_wishkit(*words, cwd=project.folder).stderr.splitlines()[0]
    # A folder in front of all others where libpq should be.
    broken = project.folder / "broken"
    (broken / "psycopg_binary.libs").mkdir(parents=True)
    (broken / "psycopg_binary.libs" / "libpq.so").write_text("no library")
    path = {"PYTHONPATH": ":".join([str(broken), *filter(None, sys.path)])}
    for options in ((), ("--json",), ("--severity", "error")):
        quick = run_wishkit(*words, *options, cwd=project.folder)
        slow = run_wishkit(*words, *options, cwd=project.folder, env=path)
        assert quick.status == slow.status == 0
        assert timeless(quick.stdout) == timeless(slow.stdout)
        assert "nothing has changed" in quick.stdout or '"unchanged_since": "2' in quick.stdout
        assert quick.stderr == slow.stderr == ("" if options == ("--json",) else f"{first}\n")


CHANGES = (
    "CREATE TABLE b ()",
    "DROP TABLE b",
    "ALTER TABLE a ADD n int",
    "ALTER TABLE a ALTER id SET STATISTICS 7",
    "REVOKE SELECT ON a FROM quick_reader",
    "COMMENT ON TABLE a IS 'x'",
    "CREATE ROLE quick_other",
    "ALTER ROLE quick_reader RENAME TO quick_renamed",
    "ALTER TABLE a OWNER TO quick_renamed",
    "ALTER DATABASE {database} SET work_mem = '5MB'",
    "UPDATE _yoyo_migration SET applied_at_utc = applied_at_utc",
    "UPDATE wishkit.applied SET checksum = checksum",
    "UPDATE wishkit.snapshot SET content = NULL",
    "DELETE FROM wishkit.snapshot",
    "DELETE FROM wishkit.applied",
)


def test_every_change_is_another_state(project: Project) -> None:
    name = project.url.partition("?")[0].rpartition("/")[2]
    before = project.state()
    for change in CHANGES:
        assert project.state() == before
        project.run(change.format(database=name))
        after = project.state()
        assert after != before, change
        before = after
    project.run("INSERT INTO a VALUES (1)")  # rows are no part of it
    assert project.state() == before


def test_a_migration_and_a_mark_void_the_answer(project: Project, sql_folder: SqlFolder) -> None:
    check(project.workspace)
    assert project.known()
    sql_folder(MORE)
    assert project.known()  # it is not applied yet
    migrate(project.workspace)
    assert project.known() is None
    assert check(project.workspace).unchanged_since is None
    known = project.known()
    assert known is not None
    assert known.position == "0001_b"
    sql_folder({it.replace("0001_b", "0002_c"): text for it, text in MORE.items()})
    mark(project.workspace, ["0002"], reason="made by hand", yes=True)
    assert project.known() is None


def test_another_question_has_another_answer(project: Project, server: Scratch) -> None:
    check(project.workspace)
    assert project.known()
    assert project.known(column_order=True) is None
    assert project.known(role="quick_reader") is None
    assert project.known(name="production") is None
    ignore = (Ignore("table", "b", "not ours"),)
    assert project.known(config=replace(project.workspace.config, ignore=ignore)) is None
    assert project.known(url=server.url()) is None
    fails = project.known(drift_fails="error")
    assert fails is not None
    assert fails.fails == "error"
    assert check(project.workspace, column_order=True).unchanged_since is None
    assert project.known(column_order=True)
    assert project.known()  # they do not stand in each other's way


def test_a_role_is_acted_as(project: Project) -> None:
    project.run(
        "GRANT USAGE ON SCHEMA wishkit TO quick_reader;"
        " GRANT SELECT ON ALL TABLES IN SCHEMA wishkit TO quick_reader;"
        " GRANT SELECT ON _yoyo_migration, _yoyo_log, _yoyo_version TO quick_reader"
    )
    target = replace(project.workspace.target, role="quick_reader")
    assert check(replace(project.workspace, target=target)).drifts == ()
    known = project.known(role="quick_reader")
    assert known is not None
    assert " as postgres, acting as quick_reader (" in known.database
    assert state_without_driver(target, "public")[1] != project.state()


def test_what_may_not_be_read_is_left_to_the_driver(project: Project) -> None:
    target = replace(project.workspace.target, role="quick_reader")
    with pytest.raises(libpq.Unanswered):
        state_without_driver(target, "public")
    with pytest.raises(libpq.Unanswered):
        state_without_driver(replace(target, role="quick_nobody"), "public")
    with pytest.raises(libpq.Unanswered):
        state_without_driver(replace(target, role=None, url="host=/nowhere"), "public")
    with pytest.raises(libpq.Unanswered):
        state_without_driver(replace(target, role=None, url="no such option"), "public")


def test_a_file_that_is_not_whole_or_not_of_this_server_is_not_believed(project: Project) -> None:
    check(project.workspace)
    path = project.cached()
    whole = path.read_text()
    lines = whole.split("\n")
    broken = [whole[:-7], "", "\n".join(lines[1:]), whole.replace(lines[0], lines[0] + " ")]
    broken.append(whole.replace(lines[2], "/elsewhere:5432"))  # another server
    broken.append(whole.replace(lines[6], "yesterday"))
    broken.append(whole.replace(lines[5], "yesterday"))
    for text in broken:
        path.write_text(text)
        assert project.known() is None
    path.write_bytes(b"\xff")
    assert project.known() is None
    assert check(project.workspace).unchanged_since is None
    assert path.read_text() != whole
    assert project.known()


def test_a_server_of_the_same_name_is_another_one(
    project: Project, private_server: Scratch
) -> None:
    check(project.workspace)
    name = project.url.partition("?")[0].rpartition("/")[2]
    url = private_server.create_database(name)
    other = replace(project, url=url)
    other.run("CREATE ROLE quick_reader")
    place = replace(project.workspace, target=replace(project.workspace.target, url=url))
    assert migrate(place).error is None
    assert other.known(url=url) is None
    # Even if its address were the same: it was started at another time.
    theirs = state_without_driver(place.target, "public")[1]
    assert theirs is not None
    assert theirs != project.state()


def test_no_password_is_kept(project: Project) -> None:
    target = replace(project.workspace.target, url=f"{project.url}&password=hunter2")
    check(replace(project.workspace, target=target))
    assert project.known(url=target.url)
    assert "hunter2" not in project.cached().read_text()
    assert project.known()  # nor does it matter


def test_what_the_server_remarks_is_not_printed(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    with libpq.Session(libpq.parse(project.url)) as session:
        assert session.ask("DO $$ BEGIN RAISE WARNING 'remarked'; END $$") is None
        assert session.ask("SELECT 'é'") == "é"
    assert capfd.readouterr().err == ""
