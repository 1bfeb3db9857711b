"""`wishkit rehearse`: what is wrong with a migration is found before anybody merges it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import Mock

import psycopg
import pytest

from wishkit.commands import proofs
from wishkit.commands.migrate import migrate
from wishkit.commands.plan import plan
from wishkit.commands.rehearse import Rehearsing, rehearse
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Patience, Target
from wishkit.core.locks.model import LockMode
from wishkit.core.rehearsal import Loss, Measured, MeasuredLock, Rows, losses, together
from wishkit.errors import ConsentNeeded, WishkitError
from wishkit.interface.render_plan import render_plan
from wishkit.interface.render_rehearse import render_rehearsal
from wishkit.postgres.measure import Measurer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.core.rehearsal import Rehearsed
    from wishkit.postgres.scratch import Scratch

SQL = Path(__file__).parents[1] / "sql"

# Each is wrong in one way; all but the last go forward, so that the next one can be rehearsed.
BAD = {
    "0001_people": (
        (
            "CREATE TABLE people (id int PRIMARY KEY, name text, note text);"
            "CREATE INDEX people_name ON people (name); COMMENT ON TABLE people IS 'Who.';"
        ),
        "DROP TABLE people;",
    ),
    "0002_leaves_a_table": ("CREATE TABLE pets (); CREATE TABLE toys ();", "DROP TABLE pets;"),
    "0003_forgets_an_index": ("DROP INDEX people_name;", "SELECT;"),
    "0004_keeps_the_type": ("ALTER TABLE people ALTER id TYPE bigint;", "SELECT;"),
    "0005_loses_values": (
        "ALTER TABLE people DROP COLUMN note;",
        "ALTER TABLE people ADD COLUMN note text;",
    ),
    "0006_loses_rows": ("DELETE FROM people WHERE name = 'ben';", "SELECT;"),
    "0007_is_meant_to_lose": (
        (
            "-- notes are no longer kept\n-- allow: rows-lost notes were never shown to anybody\n"
            "UPDATE people SET name = upper(name);"
        ),
        "UPDATE people SET name = lower(name) || '?';",
    ),
    "0008_says_it_cannot": (
        "-- irreversible: nobody can tell what it was\nALTER TABLE people ADD COLUMN age int;",
        None,
    ),
    "0009_cannot_go_back": ("ALTER TABLE people ADD COLUMN town text;", "DROP TABLE nowhere;"),
    "0010_differs_again": (
        (
            "DO $$ BEGIN IF to_regclass('mark') IS NULL THEN CREATE TABLE mark ();"
            " ELSE ALTER TABLE mark ADD COLUMN seen int; END IF; END $$;"
        ),
        "SELECT;",
    ),
    "0011_keeps_a_grant": (
        "GRANT SELECT ON people TO rehearsal_reader; COMMENT ON TABLE people IS 'Everybody.';",
        "SELECT;",
    ),
    "0012_breaks_a_promise": ("CREATE TABLE promised ();", "DROP TABLE promised;"),
    "0013_promises_nothing": ("CREATE TABLE unseen ();", "DROP TABLE unseen;"),
    "0014_is_not_gone": ("CREATE TABLE gone ();", "DROP TABLE gone;"),
    "0015_has_no_way_back": ("CREATE TABLE oneway ();", None),
    "0016_does_not_parse": ("CREATE TABLE parses ();", "DORP TABLE parses;"),
    "0017_only_comments": ("CREATE TABLE commented ();", "-- later"),
    "0018_mixes_up": (
        "UPDATE people SET name = 'cem' || id;",
        "UPDATE people SET name = CASE id WHEN 1 THEN 'BEN' ELSE 'ADA' END;",
    ),
    "0019_cannot_go": ("CREATE TABLE people ();", "DROP TABLE people;"),
    "0020_comes_after": ("CREATE TABLE after ();", "DROP TABLE after;"),
}
BESIDE = {
    "fixtures/0001_people.sql": "INSERT INTO people VALUES (1, 'ada', 'tall'), (2, 'ben', NULL);",
    "fixtures/0006_loses_rows.sql": "COPY people (id, name) FROM stdin;\n2\tben\n\\.\n",
    "verify/0012_breaks_a_promise.sql": "DO $$ BEGIN ASSERT to_regclass('other') IS NOT NULL,"
    " 'no table other'; END $$;",
    "verify/0013_promises_nothing.sql": "SELECT 1;",
    "verify/0014_is_not_gone.sql": "SELECT FROM gone;",
    "verify/0014_is_not_gone.rollback.sql": "DO $$ BEGIN ASSERT to_regclass('people') IS NULL,"
    " 'there is still a table'; END $$;",
}


def write(sql_folder: SqlFolder, pairs: Mapping[str, tuple[str, str | None]]) -> Path:
    files: dict[str, str | bytes | None] = {}
    for id_, (forward, backward) in pairs.items():
        files[f"{id_}.sql"] = forward
        if backward is not None:
            files[f"{id_}.rollback.sql"] = backward
    return sql_folder(files)


def beside(project: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = project / "sql" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def workspace(project: Path, url: str | None = None, **target: Any) -> Workspace:  # noqa: ANN401
    return Workspace(
        Config(sql=project / "sql", path=project / "wishkit.toml"),
        Target(url, "test", patience=Patience(deadline=0), **target),
        lambda _: None,
    )


def told(found: Rehearsing, capsys: pytest.CaptureFixture[str]) -> str:
    render_rehearsal(found)
    text = re.sub(r"\d+(\.\d+)? m?s\b", "… s", capsys.readouterr().out)
    text = re.sub(r"PostgreSQL [\d.]+", "PostgreSQL 18", text)
    text = re.sub(r"/\S*?/project/", "", text)
    return re.sub(r" +… s", "  … s", text)


def phases(it: Rehearsed) -> tuple[str, ...]:
    return (it.forward, it.backward, it.again, it.verify)


def codes(found: Rehearsing) -> dict[str, list[str]]:
    return {it.id: [problem.code for problem in it.problems] for it in found.migrations}


@pytest.fixture
def bad(sql_folder: SqlFolder) -> Path:
    project = write(sql_folder, BAD)
    beside(project, BESIDE)
    return project


def test_each_way_to_be_wrong_is_told(
    bad: Path, golden: Golden, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bad)
    found = rehearse(workspace(Path()))
    assert codes(found) == {
        "0001_people": [],
        "0002_leaves_a_table": ["schema-not-restored", "again-failed"],
        "0003_forgets_an_index": ["schema-not-restored", "again-failed"],
        "0004_keeps_the_type": ["schema-not-restored"],
        "0005_loses_values": ["rows-lost"],
        "0006_loses_rows": ["rows-lost"],
        "0007_is_meant_to_lose": [],
        "0008_says_it_cannot": [],
        "0009_cannot_go_back": ["backward-failed"],
        "0010_differs_again": ["schema-not-restored", "again-differs"],
        "0011_keeps_a_grant": ["schema-not-restored"],
        "0012_breaks_a_promise": ["verify-failed"],
        "0013_promises_nothing": ["verify-empty"],
        "0014_is_not_gone": ["not-gone"],
        "0015_has_no_way_back": ["backward-failed"],
        "0016_does_not_parse": ["backward-failed"],
        "0017_only_comments": ["backward-failed"],
        "0018_mixes_up": ["rows-lost"],
        "0019_cannot_go": ["forward-failed"],
    }
    assert (found.unreached, found.exit_status) == (("0020_comes_after",), 1)
    golden(told(found, capsys), "rehearse/bad.txt")


def test_side_by_side_comes_to_the_same_as_one_by_one(sql_folder: SqlFolder) -> None:
    project = write(sql_folder, {id_: pair for id_, pair in BAD.items() if id_ < "0007"})
    beside(project, {k: v for k, v in BESIDE.items() if k.startswith("fixtures")})

    def shape(jobs: int) -> list[Any]:
        found = rehearse(workspace(project), jobs=jobs).migrations
        return [(it.id, phases(it), [p.text for p in it.problems], it.rows) for it in found]

    assert shape(1) == shape(4)


def test_the_example_database_is_proven(tmp_path: Path) -> None:
    place = Workspace(
        Config(sql=SQL, path=tmp_path / "wishkit.toml"), Target(None, "test"), lambda _: None
    )
    found = rehearse(place)
    assert {it.id: it.problems for it in found.migrations if it.problems} == {}
    assert found.exit_status == 0
    assert found.without_rows == ()
    assert {phases(it)[:3] for it in found.migrations} == {("passed", "passed", "passed")}
    by_number = {it.id[:4]: it for it in found.migrations}
    assert by_number["0012"].strongest == MeasuredLock("SHARE ROW EXCLUSIVE", "sets", "table")
    online = by_number["0010"].statements[0]
    assert [str(it) for it in online.locks] == [
        str(MeasuredLock("SHARE UPDATE EXCLUSIVE", "wishlist_items", "table"))
    ]
    assert by_number["0007"].strongest is None  # it locks nothing that is there before
    assert by_number["0004"].strongest == MeasuredLock("ACCESS EXCLUSIVE", "moc_files", "table")


def test_locks_and_rewrites_are_measured_statement_by_statement(sql_folder: SqlFolder) -> None:
    project = write(
        sql_folder,
        {
            "0001_base": ("CREATE TABLE a (n int); CREATE TABLE b (n int);", "DROP TABLE a, b;"),
            "0002_change": (
                (
                    "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\n"
                    "ALTER TABLE a ALTER n TYPE bigint;\nCREATE INDEX ON b (n);\n"
                    "CREATE TABLE c (n int); ALTER TABLE c ADD m int;\nLOCK TABLE b IN SHARE MODE;"
                ),
                "DROP TABLE c; DROP INDEX b_n_idx; DELETE FROM a; ALTER TABLE a ALTER n TYPE int;",
            ),
        },
    )
    found = rehearse(workspace(project)).migrations[1]
    assert [
        (it.first, it.last, it.line, [(x.mode, x.relation) for x in it.locks], it.rewrites)
        for it in found.statements
    ] == [
        (1, 2, 1, [("ROW EXCLUSIVE", "a")], ()),
        (3, 3, 3, [("ACCESS EXCLUSIVE", "a")], ("a",)),
        (4, 4, 4, [("SHARE", "b")], ()),
        (5, 5, 5, [], ()),
        (6, 6, 5, [], ()),
        (7, 7, 6, [("SHARE", "b")], ()),
    ]
    assert found.backward_statements[-1].rewrites == ("a",)


def test_a_statement_that_begins_to_wait_between_two_looks_is_not_missed() -> None:
    class Watcher:
        """A server on which the statement takes its lock, and waits, behind the first question."""

        asked = 0

        def execute(self, *_: object) -> Watcher:
            self.asked += 1
            return self

        def fetchone(self) -> tuple[bool]:
            return (self.asked > 1,)

        def fetchall(self) -> list[tuple[int, str]]:
            return [(7, "ShareUpdateExclusiveLock")] if self.asked > 1 else []

    measurer = Measurer(Mock(), cast("Any", Watcher()))
    looks = [*measurer._look(Future(), 1, until=60)]
    assert looks[-1] == {7: LockMode.SHARE_UPDATE_EXCLUSIVE}


def test_what_only_works_as_a_whole_is_not_measured_and_says_so(sql_folder: SqlFolder) -> None:
    project = write(
        sql_folder,
        {
            "0001_whole": (
                (
                    "CREATE TEMP TABLE t (n int) ON COMMIT DROP; INSERT INTO t VALUES (1);"
                    "CREATE TABLE kept AS SELECT * FROM t;"
                ),
                "DROP TABLE kept;",
            )
        },
    )
    (found,) = rehearse(workspace(project)).migrations
    assert found.proven
    assert found.statements == ()
    assert 'relation "t" does not exist' in (found.unmeasured or "")


def test_only_some(bad: Path, sql_folder: SqlFolder, database: str) -> None:
    def ids(**how: Any) -> list[str]:  # noqa: ANN401 - as rehearse has them
        return [it.id[:4] for it in rehearse(workspace(bad, database), **how).migrations]

    for id_ in [it for it in BAD if it[:4] > "0005"]:
        sql_folder({f"{id_}.sql": None})
        if BAD[id_][1] is not None:
            sql_folder({f"{id_}.rollback.sql": None})
    for folder in ("verify", "fixtures"):
        for path in (bad / "sql" / folder).glob("*.sql"):
            if path.name[:4] > "0005":
                path.unlink()
    assert ids(ids=["3", "0001_people"]) == ["0001", "0003"]
    assert ids(from_="4") == ["0004", "0005"]
    assert migrate(workspace(bad, database), to="0004").error is None
    assert ids(pending=True) == ["0005"]
    with pytest.raises(WishkitError, match="each say what to rehearse"):
        ids(pending=True, from_="4")
    with pytest.raises(WishkitError, match='there is no migration "9"'):
        ids(ids=["9"])


def test_what_changed_since_a_revision(sql_folder: SqlFolder) -> None:
    project = write(sql_folder, {k: BAD[k] for k in ("0001_people", "0004_keeps_the_type")})

    def git(*words: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *words], cwd=project, check=True, capture_output=True)

    with pytest.raises(WishkitError, match="not a git repository") as none:
        rehearse(workspace(project), changed="main")
    assert none.value.code == "no-git"
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    assert rehearse(workspace(project), changed="main").migrations == ()
    git("checkout", "-qb", "work")
    write(sql_folder, {"0005_loses_values": BAD["0005_loses_values"]})
    (project / "sql/migrations/0004_keeps_the_type.rollback.sql").write_text("-- x\nSELECT;")
    git("add", "sql/migrations/0004_keeps_the_type.rollback.sql")
    git("commit", "-qm", "two")
    found = rehearse(workspace(project), changed="main")
    assert [it.id[:4] for it in found.migrations] == ["0004", "0005"]
    with pytest.raises(WishkitError) as unknown:
        rehearse(workspace(project), changed="nowhere")
    assert unknown.value.code == "unknown-revision"


def test_seeds_are_rows_to_be_lost(sql_folder: SqlFolder) -> None:
    project = write(sql_folder, {k: BAD[k] for k in ("0001_people", "0006_loses_rows")})
    seeds = project / "sql/seeds/development/people.sql"
    seeds.parent.mkdir(parents=True, exist_ok=True)
    seeds.write_text("INSERT INTO people VALUES (2, 'ben', 'x') ON CONFLICT DO NOTHING;")
    found = rehearse(workspace(project))
    assert found.seeds is True
    assert codes(found)["0006_loses_rows"] == ["rows-lost"]
    seeds.write_text("INSERT INTO nowhere VALUES (1);")
    found = rehearse(workspace(project))
    assert (found.seeds, found.exit_status) == (False, 0)
    assert found.without_rows == ("people",)


def test_a_fixture_that_does_not_fit_is_pointed_at(sql_folder: SqlFolder) -> None:
    project = write(sql_folder, {k: BAD[k] for k in ("0001_people", "0006_loses_rows")})
    beside(project, {"fixtures/0001_people.sql": "\nINSERT INTO people (nam) VALUES ('x');"})
    with pytest.raises(WishkitError, match='column "nam"') as wrong:
        rehearse(workspace(project))
    assert str(wrong.value.where).endswith("fixtures/0001_people.sql:2:21")
    beside(project, {"fixtures/0001_peple.sql": "SELECT;"})
    with pytest.raises(WishkitError) as orphan:
        rehearse(workspace(project))
    assert (orphan.value.code, orphan.value.help) == (
        "fixture-orphan",
        'perhaps it belongs to "0001_people": rename it',
    )


def test_roles_are_made_and_those_that_migrations_make_are_left_to_them(
    sql_folder: SqlFolder,
) -> None:
    project = write(
        sql_folder,
        {
            "0001_base": ("CREATE TABLE a (); GRANT SELECT ON a TO app;", "DROP TABLE a;"),
            "0002_role": (
                "CREATE ROLE writer; GRANT INSERT ON a TO writer; GRANT app TO writer;",
                "REVOKE INSERT ON a FROM writer; DROP ROLE writer;",
            ),
            "0003_more": ("GRANT UPDATE ON a TO writer;", "REVOKE UPDATE ON a FROM writer;"),
            "0004_owner": ("CREATE TABLE b (); ALTER TABLE b OWNER TO boss;", "DROP TABLE b;"),
        },
    )
    found = rehearse(workspace(project), jobs=2)
    assert codes(found) == {it.id: [] for it in found.migrations}
    assert len(found.migrations) == 4


def test_a_proof_is_asked_for(
    sql_folder: SqlFolder, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"0001_a": ("CREATE TABLE a ();", "DROP TABLE a;")}
    project = write(sql_folder, good | {"0002_b": ("CREATE TABLE b ();", "SELECT;")})
    monkeypatch.chdir(project)
    place = workspace(project, make_database(), rehearsed=True)

    def refused(**how: Any) -> tuple[str, ...]:  # noqa: ANN401 - as migrate has them
        with pytest.raises(ConsentNeeded) as error:
            migrate(place, **how)
        assert error.value.code == "not-rehearsed"
        return error.value.notes

    assert refused() == ("0001_a: never rehearsed", "0002_b: never rehearsed")
    rehearse(place)
    assert (project / ".wishkit" / "rehearsal.json").exists()
    assert refused() == ("0002_b: after its undoing the schema is not what it was: 1 difference",)
    assert migrate(place, to="0001").error is None
    write(sql_folder, {"0002_b": ("CREATE TABLE b ();", "DROP TABLE b;")})
    assert refused() == ("0002_b: its files have changed since",)
    rehearse(place, ids=["2"], proof="kept.json")
    assert refused() == ("0002_b: its files have changed since",)
    assert migrate(place, proof="kept.json").error is None
    write(sql_folder, {"0003_c": ("CREATE TABLE c ();", "DROP TABLE c;")})
    rehearse(place, ids=["3"])
    sql_folder({"0002_bb.sql": "CREATE TABLE b ();", "0002_bb.rollback.sql": "DROP TABLE b;"})
    sql_folder({"0002_b.sql": None, "0002_b.rollback.sql": None})
    assert (
        proofs.bases(place.migrations())["0003_c"]
        != proofs.kept(project / ".wishkit" / "rehearsal.json")["0003_c"].base
    )
    (project / "kept.json").write_text("{}")
    with pytest.raises(WishkitError) as unreadable:
        migrate(workspace(project, make_database()), proof="kept.json")
    assert unreadable.value.code == "proof-unreadable"
    # Without being asked for, nothing is.
    assert migrate(workspace(project, make_database())).error is None


def test_a_plan_tells_what_was_measured_and_how_large_the_tables_are(
    sql_folder: SqlFolder, database: str, golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write(
        sql_folder,
        {
            "0001_a": ("CREATE TABLE a (n int); CREATE TABLE b (n int);", "DROP TABLE a, b;"),
            "0002_change": (
                "ALTER TABLE a ADD m int;\nALTER TABLE b ALTER n TYPE bigint;",
                "ALTER TABLE a DROP m;\nALTER TABLE b ALTER n TYPE int;",
            ),
            "0003_later": ("ALTER TABLE a ADD k int;", "ALTER TABLE a DROP k;"),
        },
    )
    place = workspace(project, database)
    assert migrate(place, to="0001").error is None
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO a SELECT generate_series(1, 20000)")
        connection.execute("ANALYZE a")
    rehearse(place, ids=["2"])
    found = plan(place)
    assert [(it.name, it.size.rows) for it in found.tables] == [("a", 20000), ("b", 0)]
    change = found.migrations[0]
    assert change.rehearsal is not None
    assert change.rehearsal.proven
    measured = [it.measured for it in change.statements]
    assert [it.rewrites for it in measured if it] == [(), ("b",)]
    assert found.migrations[1].rehearsal is None
    render_plan(found)
    text = capsys.readouterr().out.replace(f"{project}/", "")
    text = re.sub(r"PostgreSQL [\d.]+, \d{4}-\d\d-\d\d \d\d:\d\d", "PostgreSQL 18, …", text)
    golden(re.sub(r"\d+ ms in", "3 ms in", text), "rehearse/plan.txt")


@pytest.mark.majors
def test_on_a_server_that_somebody_named(bad: Path, server: Scratch) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        # What a rehearsal that was killed has left, and one that is under way.
        connection.execute("CREATE DATABASE wishkit_rehearsal_00000001_7")
        connection.execute("CREATE DATABASE wishkit_rehearsal_00000002_7")
        connection.execute("CREATE ROLE rehearsal_reader")
        key = "('x00000002')::bit(32)::bigint + (1::bigint << 40)"
        connection.execute(f"SELECT pg_advisory_lock({key})".encode())
        try:
            found = rehearse(workspace(bad), server=server.url(), jobs=2)
            assert len(found.migrations) == 19
            left = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'wishkit_rehearsal%'"
            ).fetchall()
            assert left == [("wishkit_rehearsal_00000002_7",)]
        finally:
            connection.execute("DROP DATABASE IF EXISTS wishkit_rehearsal_00000001_7")
            connection.execute("DROP DATABASE wishkit_rehearsal_00000002_7")
            connection.execute("DROP ROLE rehearsal_reader")


def test_a_role_that_may_not_make_databases(bad: Path, server: Scratch) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE rehearsal_poor LOGIN")
        try:
            with pytest.raises(WishkitError, match="may not make databases") as error:
                rehearse(
                    workspace(bad), server=server.url().replace("postgres@", "rehearsal_poor@")
                )
            assert error.value.code == "stage-permission"
        finally:
            connection.execute("DROP ROLE rehearsal_poor")


def test_bad_beginnings(sql_folder: SqlFolder, run_wishkit: RunWishkit) -> None:
    project = sql_folder({})
    done = run_wishkit("rehearse", cwd=project)
    assert (done.status, done.stdout) == (2, "")
    assert "error[no-migrations]: there is nothing to rehearse: sql/migrations holds" in done.stderr
    write(sql_folder, {"0001_ext": ("CREATE EXTENSION postgis_of_ours;", "SELECT;")})
    done = run_wishkit("rehearse", cwd=project)
    assert done.status == 2
    assert "error[extension-missing]" in done.stderr
    assert "--server URL" in done.stderr
    done = run_wishkit("rehearse", "--server", "postgresql://nobody@127.0.0.1:1/x", cwd=project)
    assert done.status == 2
    assert "refused" in done.stderr
    done = run_wishkit("rehearse", cwd=project, env={"WISHKIT_PG_BIN": str(project)})
    assert (done.status, "error[server-not-found]" in done.stderr) == (2, True)


def test_the_command_line(bad: Path, run_wishkit: RunWishkit) -> None:
    done = run_wishkit("rehearse", "1", "5", "--json", "--proof", "p.json", cwd=bad)
    assert done.status == 1
    value = json.loads(done.stdout)
    assert [it["id"] for it in value["migrations"]] == ["0001_people", "0005_loses_values"]
    assert value["proof"] == "p.json"
    assert json.loads((bad / "p.json").read_text())["format"] == 1
    (bad / "wishkit.toml").write_text(
        '[rehearse]\njobs = 1\nproof = "q.json"\n[environments.production]\nurl = "x"\n'
        "rehearsed = true\n"
    )
    done = run_wishkit("rehearse", "--from", "18", cwd=bad)
    assert done.status == 1
    assert "0018_mixes_up: rows-lost" in done.stdout
    assert (bad / "q.json").exists()


def test_an_interrupt_leaves_nothing(sql_folder: SqlFolder) -> None:
    slow = ("SELECT pg_sleep(60);", "SELECT;")
    project = write(sql_folder, {"0001_a": BAD["0002_leaves_a_table"], "0002_slow": slow})
    with subprocess.Popen(
        [sys.executable, "-m", "wishkit", "rehearse"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not sleeping(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "state: nothing is left of the rehearsal" in stderr
    assert not sleeping(process.pid)


def sleeping(ancestor: int) -> bool:
    """Whether a server below a process is at a SELECT."""
    parents, busy = {}, set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            pid, stat = int(path.name), (path / "stat").read_text()
            parents[pid] = int(stat.rsplit(")", 1)[1].split()[1])
            if (path / "cmdline").read_text().rstrip("\0 ").endswith("[local] SELECT"):
                busy.add(pid)
        except OSError:
            continue  # it has just gone

    def below(pid: int) -> bool:
        return pid == ancestor or (pid in parents and below(parents[pid]))

    return any(map(below, busy))


def test_losses_by_count_column_and_place() -> None:
    was = {"a": Rows(2, {"x": "1", "y": "2"}, "9"), "b": Rows(1, {"x": "1"}, "1")}

    def now(**tables: Rows) -> list[str]:
        return [str(it) for it in losses(was, {**was, **tables})]

    assert now() == []
    assert now(a=Rows(1, {"x": "1", "y": "2"}, "9")) == ["a had 2 rows and has 1"]
    assert now(a=Rows(2, {"x": "1", "y": "3"}, "8")) == ["a: other values in y"]
    assert now(a=Rows(2, {"x": "1", "y": "2"}, "8")) == [
        "a: values stand in other rows than before"
    ]
    # Columns in another order make another sum over whole rows, and are the schema's business.
    assert now(a=Rows(2, {"y": "2", "x": "1"}, "8")) == []
    assert [str(it) for it in losses(was, {"a": was["a"]})] == ["b is gone, with 1 row"]
    assert str(Loss("b", 1, None, ())) == "b is gone, with 1 row"


def test_several_statements_as_one() -> None:
    weak, strong = MeasuredLock("SHARE", "a", "table"), MeasuredLock("EXCLUSIVE", "a", "table")
    one, two = Measured(1, 1, 1, (weak,), ("a",), 0.5), Measured(2, 2, 2, (strong,), ("b",), 0.25)
    assert together([one, two]) == Measured(1, 2, 1, (strong,), ("a", "b"), 0.75)
    assert together([]) is None


@pytest.mark.soak
def test_two_hundred_migrations(sql_folder: SqlFolder, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = {
        f"{n:04}_table_{n}": (
            f"CREATE TABLE t{n} (id int PRIMARY KEY, name text); CREATE INDEX ON t{n} (name);"
            + (f"ALTER TABLE t{n - 1} ADD COLUMN extra_{n} int;" if n else ""),
            (f"ALTER TABLE t{n - 1} DROP COLUMN extra_{n};" if n else "") + f"DROP TABLE t{n};",
        )
        for n in range(200)
    }
    project = write(sql_folder, pairs)
    serial, parallel = (rehearse(workspace(project), jobs=jobs) for jobs in (1, 2))
    assert serial.exit_status == parallel.exit_status == 0
    with capsys.disabled():
        print(f"\n200 migrations: {serial.seconds:.1f} s serial, {parallel.seconds:.1f} s parallel")  # noqa: T201
