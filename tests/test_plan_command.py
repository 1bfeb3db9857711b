"""plan: what a run would do, and the script with which psql does the same."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.plan import plan
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.errors import PlanError, UsageError
from wishkit.postgres.lock import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.plan import Plan
    from wishkit.core.outline import Outline
    from wishkit.postgres.binaries import Binaries

    Psql = Callable[[str, Plan], subprocess.CompletedProcess[str]]

EXAMPLE = Path(__file__).parents[1] / "sql"


def workspace(folder: Path, url: str, **target: Any) -> Workspace:  # noqa: ANN401 - as Target has them
    meant = replace(Target(url=url, name="test", lock_wait=0.0), **target)
    return Workspace(Config(sql=folder / "sql"), meant, lambda _: None)


def pairs(**texts: tuple[str, str]) -> dict[str, str | bytes | None]:
    files: dict[str, str | bytes | None] = {}
    for name, (forward, backward) in texts.items():
        files[f"{name[1:]}.sql"], files[f"{name[1:]}.rollback.sql"] = forward, backward
    return files


def only(result: Plan) -> tuple[Outline, ...]:
    (migration,) = result.migrations
    return migration.statements


@pytest.fixture
def psql(binaries: Binaries, tmp_path: Path) -> Psql:
    """Runs a plan's script as its first lines say."""

    def run(url: str, planned: Plan) -> subprocess.CompletedProcess[str]:
        assert planned.script is not None
        path = tmp_path / "plan.sql"
        path.write_text(planned.script, encoding="utf-8")
        command = [str(binaries.program("psql")), "-X", "-f", str(path), url]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


def ledger_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the ledger but times, ids, and who ran it from where."""
    questions = {
        "migration": "SELECT migration_id, migration_hash FROM _yoyo_migration"
        " ORDER BY applied_at_utc",
        "log": "SELECT migration_id, migration_hash, operation, comment FROM _yoyo_log"
        " ORDER BY created_at_utc",
        "versions": "SELECT version, yoyo_schema::text FROM wishkit.ledger",
        "runs": "SELECT verb, role::text, environment, outcome FROM wishkit.run ORDER BY id",
        "scripts": "SELECT checksum, forward, backward FROM wishkit.script ORDER BY checksum",
        "executions": "SELECT migration_id, direction, checksum, transactional, outcome, error,"
        " ended_at >= started_at FROM wishkit.execution ORDER BY id",
        "applied": "SELECT migration_id, checksum, applied_at_utc = y.applied_at_utc"
        " FROM wishkit.applied JOIN _yoyo_migration AS y USING (migration_id, applied_at_utc)"
        " ORDER BY execution_id",
        "steps": "SELECT * FROM wishkit.step",
        "locks": "SELECT * FROM yoyo_lock",
    }
    with psycopg.connect(url) as connection:
        return {
            name: connection.execute(sql.encode()).fetchall() for name, sql in questions.items()
        }


def dump(binaries: Binaries, url: str) -> str:
    command = [str(binaries.program("pg_dump")), "--no-comments", "--schema-only", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", text)


def states(place: Workspace) -> dict[str, int]:
    return status(place).counts


# What is told


def test_each_statement_is_told_with_its_lock(database: str, sql_folder: SqlFolder) -> None:
    folder = sql_folder(
        pairs(
            _0001_make=("-- make\nCREATE TABLE cat (id int);", "DROP TABLE cat;"),
            _0002_change=(
                """-- change

ALTER TABLE cat ADD CHECK (id > 0);
ALTER TABLE cat ALTER id TYPE bigint;
DO $$ BEGIN END $$;
CREATE TABLE dog ();""",
                "DROP TABLE dog;",
            ),
        )
    )
    place = workspace(folder, database)
    migrate(place, to="0001")
    result = plan(place)
    assert (result.verb, result.position) == ("migrate", "0001_make")
    assert [m.id for m in result.migrations] == ["0002_change"]
    check, retype, do, create = only(result)
    assert (check.first, check.line, check.subject, check.lock) == (1, 3, "cat", "ACCESS EXCLUSIVE")
    assert check.blocks_reads
    assert check.blocks_writes
    assert check.scans == ("cat",)
    assert retype.rewrites == ("cat",)
    assert not do.known
    assert do.lock == "ACCESS EXCLUSIVE"
    assert (create.subject, create.lock, create.blocks_writes) == ("dog", None, False)


def test_many_alike_are_one_line(database: str, sql_folder: SqlFolder) -> None:
    rows = "".join(f"INSERT INTO cat VALUES ({n});\n" for n in range(1000))
    text = (
        f"CREATE TABLE cat (id int);\n{rows}CREATE TABLE dog (id int);\nINSERT INTO dog VALUES (1);"
    )
    folder = sql_folder(pairs(_0001_fill=(text, "DROP TABLE cat;")))
    told = [(s.first, s.last, s.line, s.command) for s in only(plan(workspace(folder, database)))]
    assert told == [
        (1, 1, 1, "CREATE TABLE"),
        (2, 1001, 2, "INSERT"),
        (1002, 1002, 1002, "CREATE TABLE"),
        (1003, 1003, 1003, "INSERT"),
    ]


def test_a_rollback_is_planned_with_the_data_at_stake(database: str, sql_folder: SqlFolder) -> None:
    folder = sql_folder(
        pairs(
            _0001_a=("CREATE TABLE a (); INSERT INTO a DEFAULT VALUES;", "DROP TABLE a;"),
            _0002_b=("CREATE TABLE b ();", "DROP TABLE b;"),
        )
    )
    place = workspace(folder, database)
    migrate(place)
    result = plan(place, rollback_to="base")
    assert [(m.id, m.direction) for m in result.migrations] == [
        ("0002_b", "backward"),
        ("0001_a", "backward"),
    ]
    assert [(s.name, s.rows) for s in result.stakes] == [("a", 1)]
    assert [m.id for m in plan(place, steps=1).migrations] == ["0002_b"]
    assert not plan(place, rollback_to="0002").migrations
    sql_folder({"0002_b.sql": None, "0002_b.rollback.sql": None})
    (gone,) = plan(place, steps=1).migrations
    assert gone.path == "ledger:0002_b.rollback"
    assert gone.why is not None


def test_nothing_pending_is_an_empty_plan(database: str, sql_folder: SqlFolder) -> None:
    folder = sql_folder(pairs(_0001_a=("CREATE TABLE a ();", "DROP TABLE a;")))
    place = workspace(folder, database)
    migrate(place)
    result = plan(place, sql=True)
    assert (result.migrations, result.script, result.position) == ((), None, "0001_a")


def test_both_directions_are_refused(database: str, sql_folder: SqlFolder) -> None:
    place = workspace(sql_folder({}), database)
    with pytest.raises(UsageError) as caught:
        plan(place, to="0001", steps=1)
    assert caught.value.code == "two-directions"
    with pytest.raises(UsageError) as caught:
        plan(place, rollback_to="base", steps=1)
    assert caught.value.code == "what-to-undo"


def test_planning_writes_nothing_and_takes_no_lock(database: str, sql_folder: SqlFolder) -> None:
    """On a database without a ledger, read-only, while another run holds the lock."""
    folder = sql_folder(pairs(_0001_a=("CREATE TABLE a ();", "DROP TABLE a;")))
    place = workspace(folder, f"{database}&options=-cdefault_transaction_read_only%3Don")
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%(class)s, %(object)s)", KEY)
        assert plan(place, sql=True).script
        tables = other.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " OR relnamespace = to_regnamespace('wishkit')"
        ).fetchone()
    assert tables == (0,)


_LOUD = """-- transactional: false
INSERT INTO b VALUES (1);
INSERT INTO b VALUES (2);
ALTER TABLE b ALTER id TYPE bigint;
DO $$ BEGIN END $$;
VACUUM b;
"""


def test_the_command_line(database: str, sql_folder: SqlFolder, run_wishkit: RunWishkit) -> None:
    folder = sql_folder(
        pairs(
            _0001_a=("-- the table a\nCREATE TABLE a ();\nANALYZE pg_class;", "DROP TABLE a;"),
            _0002_b=(_LOUD, "DROP TABLE b;"),
        )
    )
    shown = run_wishkit("plan", "--url", database, cwd=folder)
    assert shown.status == 0, shown.stderr
    lines = [re.sub("  +", "  ", line).strip() for line in shown.stdout.splitlines()]
    for expected in (
        "migrate would apply 2 migrations; the database is empty: nothing is applied",
        "0001_a: the table a",
        "2  3  ANALYZE pg_class  SHARE UPDATE EXCLUSIVE: pg_class",
        "sql/migrations/0002_b.sql: statement by statement, each with a line in the journal",
        "1-2  2  INSERT b (2 times)  ROW EXCLUSIVE: b",
        "3  4  ALTER TABLE … ALTER COLUMN TYPE b  ACCESS EXCLUSIVE: b  reads and writes",
        "4  5  DO  not known: assume ACCESS EXCLUSIVE  reads and writes",
        "5  6  VACUUM b  SHARE UPDATE EXCLUSIVE: b",
        "outside a transaction",
    ):
        assert expected in lines
    assert any(line.endswith("  rewrites b") for line in lines)
    dry = run_wishkit("migrate", "--dry-run", "--url", database, cwd=folder)
    assert (dry.status, dry.stdout) == (0, shown.stdout)
    script = run_wishkit("plan", "--sql", "--url", database, cwd=folder)
    assert script.stdout.startswith("-- wishkit migrate, 2 migrations, for\n")
    as_json = run_wishkit("plan", "--json", "--url", database, cwd=folder)
    migration, _ = json.loads(as_json.stdout)["migrations"]
    assert [s["lock"] for s in migration["statements"]] == [None, "SHARE UPDATE EXCLUSIVE"]
    assert run_wishkit("status", "--url", database, "--exit-code", cwd=folder).status == 1


# The script for psql


def test_psql_migrates_and_rolls_back_the_example_as_wishkit_does(
    make_database: MakeDatabase, binaries: Binaries, psql: Psql
) -> None:
    by_wishkit, by_psql = make_database(), make_database()
    wishkit, psqls = (
        Workspace(Config(sql=EXAMPLE), Target(url=url, name="test"), lambda _: None)
        for url in (by_wishkit, by_psql)
    )
    empty = dump(binaries, by_psql)
    assert migrate(wishkit).error is None
    done = psql(by_psql, plan(psqls, sql=True))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].endswith(": applied")
    assert ledger_of(by_psql) == ledger_of(by_wishkit)
    assert dump(binaries, by_psql) == dump(binaries, by_wishkit)
    assert status(psqls).up_to_date
    assert not plan(psqls).migrations

    assert rollback(wishkit, to="0006", yes=True).error is None
    done = psql(by_psql, plan(psqls, rollback_to="0006", sql=True))
    assert (done.returncode, done.stderr) == (0, "")
    assert ledger_of(by_psql) == ledger_of(by_wishkit)
    assert dump(binaries, by_psql) == dump(binaries, by_wishkit)
    assert empty != dump(binaries, by_psql)


HARD = """-- what psql could misread
CREATE TABLE "a:USER" (id int, "begin" int[], note text DEFAULT ':USER \\q');
INSERT INTO "a:USER" (id, "begin") SELECT n, ARRAY[1, 2, 3] FROM generate_series(1, 2) n; -- :USER
UPDATE "a:USER" AS "USER" SET "begin" = "USER"."begin"["USER".id:3];
CREATE VIEW slice AS SELECT "begin"[id:id] AS part, E'it''s \\' :USER' FROM "a:USER" t (id);
CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql
BEGIN ATOMIC
    SELECT i;
    SELECT CASE WHEN i > 0 THEN 2 * i ELSE "begin"[1] END FROM "a:USER" LIMIT 1;
END;
/* a /* nested; */ comment; */
ANALYZE "a:USER" -- a semicolon of its own line
;
COPY "a:USER" (id, note) FROM stdin;
7\ttwo words; \\\\ :USER
8\t\\N
\\.
CREATE TABLE empty (note text);
COPY empty FROM stdin;


\\.
DO $wishkit$ BEGIN PERFORM 1; END $wishkit$ -- no semicolon;
"""


def test_texts_arrive_exactly(
    make_database: MakeDatabase, sql_folder: SqlFolder, psql: Psql, binaries: Binaries
) -> None:
    """Left to itself, psql puts values in the place of :id, and guesses where functions end."""
    folder = sql_folder(pairs(_0001_hard=(HARD, 'DROP TABLE "a:USER", empty CASCADE;')))
    urls = make_database(), make_database()
    places = [workspace(folder, url) for url in urls]
    assert migrate(places[0]).error is None
    planned = plan(places[1], sql=True)
    evil = f"\\set id 1\n\\set USER evil\n{planned.script}"
    done = psql(urls[1], replace(planned, script=evil))
    assert (done.stderr, done.returncode) == ("", 0)
    assert dump(binaries, urls[0]) == dump(binaries, urls[1])
    assert ledger_of(urls[0]) == ledger_of(urls[1])
    with psycopg.connect(urls[1]) as connection:
        rows = connection.execute('SELECT id, "begin", note FROM "a:USER" ORDER BY id').fetchall()
        assert connection.execute("SELECT note FROM empty").fetchall() == [("",), ("",)]
    assert rows[0] == (1, [1, 2, 3], ":USER \\q")
    assert rows[2] == (7, None, "two words; \\ :USER")


_UNLESS_TIMEOUT = """CREATE TABLE t ();
DO $$ BEGIN ASSERT current_setting('statement_timeout') = '0'; END $$;
"""


def test_one_migration_does_not_leak_into_the_next(
    database: str, sql_folder: SqlFolder, psql: Psql
) -> None:
    folder = sql_folder(
        pairs(
            _0001_leaky=(
                """CREATE SCHEMA other; SET search_path = other; SET statement_timeout = '1s';
CREATE TEMP TABLE t (); SELECT pg_advisory_unlock_all();""",
                "DROP SCHEMA other;",
            ),
            _0002_next=(_UNLESS_TIMEOUT, "DROP TABLE t;"),
        )
    )
    done = psql(database, plan(workspace(folder, database), sql=True))
    assert done.returncode == 0, done.stderr
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT to_regclass('public.t') IS NOT NULL").fetchone() == (
            True,
        )


def test_a_failure_half_way_leaves_what_migrate_goes_on_from(
    database: str, sql_folder: SqlFolder, psql: Psql
) -> None:
    folder = sql_folder(
        pairs(
            _0001_a=("CREATE TABLE a (id int);", "DROP TABLE a;"),
            _0002_b=("CREATE TABLE b (); SELECT 1 / count(*) FROM a;", "DROP TABLE b;"),
        )
    )
    place = workspace(folder, database)
    done = psql(database, plan(place, sql=True))
    assert done.returncode == 3
    assert "division by zero" in done.stderr
    assert states(place) == {"applied": 1, "pending": 1}
    with psycopg.connect(database, autocommit=True) as connection:
        assert connection.execute("SELECT to_regclass('b')").fetchone() == (None,)
        connection.execute("INSERT INTO a VALUES (1)")
        assert migrate(place).error is None
        assert states(place) == {"applied": 2}
        runs = connection.execute("SELECT outcome, reason FROM wishkit.run ORDER BY id").fetchall()
    assert runs == [("lost", "run by psql, from wishkit plan --sql"), ("done", None)]


STEPWISE = """-- transactional: false
SET search_path = public;
INSERT INTO cat VALUES (1);
CREATE UNIQUE INDEX CONCURRENTLY cat_id_idx ON cat (id);
INSERT INTO cat VALUES (2);
"""


@pytest.mark.parametrize("by", ["wishkit", "psql"])
def test_a_failed_index_build_is_gone_on_from(
    database: str, sql_folder: SqlFolder, psql: Psql, by: str
) -> None:
    """Nothing INVALID stays, the INSERT before it is not run twice, by whomever it goes on."""
    folder = sql_folder(
        pairs(
            _0001_a=("CREATE TABLE cat (id int); INSERT INTO cat VALUES (1);", "DROP TABLE cat;"),
            _0002_b=(STEPWISE, "DROP INDEX cat_id_idx;"),
        )
    )
    place = workspace(folder, database)
    done = psql(database, plan(place, sql=True))
    assert done.returncode == 3
    assert "could not create unique index" in done.stderr
    assert "statement 3 failed" in done.stderr
    assert states(place) == {"applied": 1, "partial": 1}
    with psycopg.connect(database, autocommit=True) as connection:
        assert connection.execute("SELECT to_regclass('cat_id_idx')").fetchone() == (None,)
        steps = "SELECT statement, ended_at IS NOT NULL FROM wishkit.step ORDER BY statement"
        assert connection.execute(steps).fetchall() == [(1, True), (2, True)]
        connection.execute("DELETE FROM cat WHERE ctid = '(0,1)'")
        resumed = plan(place, sql=True)
        assert [s.done for s in only(resumed)] == [True, True, False, False]
        if by == "psql":
            done = psql(database, resumed)
            assert (done.returncode, done.stderr) == (0, "")
        else:
            assert migrate(place).error is None
        assert connection.execute("SELECT id FROM cat ORDER BY id").fetchall() == [(1,), (2,)]
        assert connection.execute(steps).fetchall() == []
    assert states(place) == {"applied": 2}


def test_a_procedure_that_had_committed_keeps_its_line(
    database: str, sql_folder: SqlFolder, psql: Psql
) -> None:
    """What it committed is there: only wishkit, or a person, can say how to go on."""
    begin = "-- transactional: false\nDO $$ BEGIN INSERT INTO a VALUES (1); {} RAISE 'no'; END $$;"
    folder = sql_folder(
        pairs(
            _0001_a=("CREATE TABLE a (id int);", "DROP TABLE a;"),
            _0002_b=(begin.format("COMMIT;"), "TRUNCATE a;"),
        )
    )
    place = workspace(folder, database)
    assert psql(database, plan(place, sql=True)).returncode == 3
    assert states(place) == {"applied": 1, "partial": 1}
    with pytest.raises(PlanError) as caught:
        plan(place, sql=True)
    assert caught.value.code == "partial"
    sql_folder({"0002_b.sql": begin.format("")})
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DELETE FROM wishkit.step")
    assert psql(database, plan(place, sql=True)).returncode == 3
    assert states(place) == {"applied": 1, "pending": 1}


def test_the_script_refuses_another_ledger_and_a_held_lock(
    database: str, sql_folder: SqlFolder, psql: Psql
) -> None:
    folder = sql_folder(pairs(_0001_a=("CREATE TABLE a ();", "DROP TABLE a;")))
    place = workspace(folder, database)
    first = plan(place, sql=True)
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%(class)s, %(object)s)", KEY)
        done = psql(database, first)
        assert done.returncode == 3
        assert "another run holds the lock" in done.stderr
        assert other.execute("SELECT to_regnamespace('wishkit')").fetchone() == (None,)
    assert psql(database, first).returncode == 0
    done = psql(database, first)
    assert done.returncode == 3
    assert "the ledger is not what it was" in done.stderr
    back = plan(place, steps=1, sql=True)
    rollback(place, steps=1)
    migrate(place)  # the same migration is applied, but not the same time
    done = psql(database, back)
    assert done.returncode == 3
    assert "the ledger is not what it was" in done.stderr
    assert states(place) == {"applied": 1}


def test_the_script_refuses_another_search_path(
    database: str, sql_folder: SqlFolder, psql: Psql
) -> None:
    folder = sql_folder(pairs(_0001_a=("CREATE TABLE a ();", "DROP TABLE a;")))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA other")
    planned = plan(workspace(folder, database), sql=True)
    done = psql(f"{database}&options=-csearch_path%3Dother", planned)
    assert done.returncode == 3
    assert "names without a schema mean other, not public" in done.stderr
    assert psql(database, planned).returncode == 0


def test_the_script_acts_as_the_role_of_the_environment(
    database: str, sql_folder: SqlFolder, psql: Psql
) -> None:
    folder = sql_folder(
        pairs(
            _0001_a=("CREATE TABLE a ();", "DROP TABLE a;"),
            _0002_b=("RESET ROLE; CREATE SCHEMA b;", "DROP SCHEMA b;"),
            _0003_c=("-- transactional: false\nCREATE TABLE c ();", "DROP TABLE c;"),
        )
    )
    with psycopg.connect(database, autocommit=True) as connection:
        name = f"owner_of_{connection.info.dbname}"
        connection.execute(f"CREATE ROLE {name}".encode())
        try:
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {name}".encode())
            connection.execute(
                f"GRANT CREATE ON DATABASE {connection.info.dbname} TO {name}".encode()
            )
            done = psql(database, plan(workspace(folder, database, role=name), sql=True))
            assert done.returncode == 0, done.stderr
            owners = connection.execute(
                "SELECT relname, relowner::regrole::text FROM pg_class WHERE oid IN"
                " ('a'::regclass, 'c'::regclass, 'wishkit.run'::regclass) ORDER BY relname"
            ).fetchall()
            assert owners == [("a", name), ("c", name), ("run", name)]
        finally:
            connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def test_a_ledger_of_plain_yoyo_is_gone_on_from(
    database: str, sql_folder: SqlFolder, psql: Psql
) -> None:
    folder = sql_folder(
        pairs(
            _0001_a=("CREATE TABLE a ();", "DROP TABLE a;"),
            _0002_b=("CREATE TABLE b ();", "DROP TABLE b;"),
        )
    )
    place = workspace(folder, database)
    migrate(place, to="0001")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA wishkit CASCADE")
        planned = plan(place, sql=True)
        connection.execute("INSERT INTO yoyo_lock VALUES (1, now(), 42)")
        done = psql(database, planned)
        assert "plain yoyo holds its lock: process 42" in done.stderr
        connection.execute("DELETE FROM yoyo_lock")
    assert [m.id for m in planned.migrations] == ["0002_b"]
    done = psql(database, planned)
    assert done.returncode == 0, done.stderr
    assert states(place) == {"applied": 2}
