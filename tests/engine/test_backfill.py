"""Batched backfills: cut short anywhere, every row is changed exactly once."""

from __future__ import annotations

import random
import signal
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.engine.proxy import Cut
from wishkit.commands.plan import plan
from wishkit.commands.status import status
from wishkit.core.events import Progressed
from wishkit.core.header import Batched
from wishkit.errors import MigrationPartial, PlanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Project
    from tests.engine.proxy import Moment, Proxy

UP, DOWN = "UPDATE wish SET n = n + 1;", "UPDATE wish SET n = n - 1;"
COUNTS = "SELECT n, count(*) FROM wish GROUP BY n ORDER BY n"
# Rows that cannot be changed while their key is in the table "barred".
BARRED = """
CREATE TABLE barred (key text);
CREATE FUNCTION bar() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF EXISTS (SELECT FROM public.barred WHERE key = to_jsonb(new) ->> tg_argv[0]) THEN
        RAISE EXCEPTION 'barred';
    END IF;
    RETURN new;
END$$;
"""
BAR = "CREATE TRIGGER bar BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION bar('{key}')"


def batched(sql: str, key: str = "id", rows: int = 10) -> str:
    """A file that runs in batches."""
    return f"-- count\n-- transactional: false\n-- batch: {key} {rows}\n\n{sql}"


@pytest.fixture
def wishes(project: Project) -> Project:
    """A hundred rows that count how often they were changed, and a migration that does so."""
    project.rows("CREATE TABLE wish (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)")
    project.rows("INSERT INTO wish SELECT generate_series(1, 100)")
    project.rows(BARRED + BAR.format(table="wish", key="id"))
    project.pair("0001_count", batched(UP), batched(DOWN))
    return project


def bar(project: Project, *keys: object) -> None:
    """Only these rows cannot be changed from now on."""
    project.rows("TRUNCATE barred")
    for key in keys:
        project.rows("INSERT INTO barred VALUES (%s)", str(key))


def ends_right(project: Project, rows: int = 100) -> None:
    """The next run ends it, and every row was changed exactly once."""
    report = project.migrate()
    assert report.error is None, (report.error, report.error.state)
    assert project.rows(COUNTS) == [(1, rows)]
    project.assert_done()


def test_every_batch_is_a_transaction(wishes: Project) -> None:
    assert wishes.migrate().error is None
    assert wishes.rows(COUNTS) == [(1, 100)]
    sizes = wishes.rows("SELECT count(*) FROM wish GROUP BY xmin::text")
    assert len(sizes) >= 10
    assert max(sizes) <= (10,)
    told = [event for event in wishes.events if isinstance(event, Progressed)]
    assert told[-1] == Progressed("0001_count", "rows", 100, 100, "rows")
    wishes.assert_done()
    assert wishes.rollback(steps=1).error is None
    assert wishes.rows(COUNTS) == [(0, 100)]
    assert len(wishes.rows("SELECT count(*) FROM wish GROUP BY xmin::text")) >= 10
    wishes.assert_sound()


def test_it_stops_at_a_row_and_goes_on(wishes: Project) -> None:
    bar(wishes, 55)
    error = wishes.fails()
    done = wishes.value("SELECT count(*) FROM wish WHERE n = 1")
    assert 40 <= done < 55
    assert (error.code, error.exit_status, error.message) == ("migration-partial", 4, "barred")
    assert f"partly applied: {done} rows are done, as far as {done};" in (error.state or "")
    assert "run the same command again: it goes on there" in (error.help or "")
    assert wishes.rows("SELECT position, rows, ended_at FROM wishkit.step") == [
        (str(done), done, None)
    ]
    (row,) = status(wishes.workspace).migrations
    assert (row.state.value, row.note) == ("partial", f"applied in batches: {done} rows so far")
    bar(wishes)
    ends_right(wishes)


def test_the_first_batch_fails_and_nothing_remains(wishes: Project) -> None:
    bar(wishes, 1)
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("migration-failed", 3)
    assert "nothing of 0001_count remains" in (error.state or "")
    assert wishes.value("SELECT count(*) FROM wishkit.step") == 0
    assert wishes.states() == {"0001": "pending"}
    bar(wishes)
    ends_right(wishes)


def test_killed_at_any_moment(wishes: Project) -> None:
    wishes.rows("INSERT INTO wish SELECT generate_series(101, 3000)")
    for stop in sorted(random.sample(range(50, 2900), 4)):
        process = wishes.spawn("migrate")
        reached = "SELECT count(*) > 0 FROM wishkit.step WHERE rows >= %s"
        wishes.wait_for("SELECT to_regclass('wishkit.step') IS NOT NULL")
        wishes.wait_for(reached, stop)
        process.kill()
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGKILL
    assert 0 < wishes.value("SELECT count(*) FROM wish WHERE n = 1") < 3000
    ends_right(wishes, 3000)
    # Where two moments are close, the later process was killed before it had begun a run.
    assert wishes.rows("SELECT outcome FROM wishkit.run ORDER BY id")[0] == ("lost",)


@pytest.mark.parametrize("moment", ["before", "half", "after", "answered"])
@pytest.mark.parametrize("number", [1, 5])
def test_the_connection_is_cut_at_a_batch(
    wishes: Project, through_proxy: Callable[..., Proxy], number: int, moment: Moment
) -> None:
    seen = iter(range(100))
    proxy = through_proxy(
        cut=Cut(moment, lambda m: b"UPDATE wish SET n" in m[:30] and next(seen) + 1 == number)
    )
    error = wishes.fails()
    assert proxy.has_cut.is_set()
    assert error.code == "connection-lost"
    ends_right(wishes)


@pytest.mark.parametrize("at", [1, 3])
def test_interrupted_between_two_batches(wishes: Project, at: int) -> None:
    batches = iter(range(1, 100))

    def interrupt() -> None:
        if next(batches) == at:
            raise KeyboardInterrupt
        wishes.hooks["Progressed"] = interrupt

    wishes.rows("ALTER TABLE wish ALTER n SET DEFAULT 0")
    wishes.hooks["Progressed"] = interrupt
    wishes.rows(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END$$;"
        "CREATE TRIGGER slow AFTER UPDATE ON wish EXECUTE FUNCTION slow()"
    )
    error = wishes.fails()
    assert error.exit_status == 130
    assert "rows are done" in (error.state or "")
    wishes.rows("DROP TRIGGER slow ON wish")
    ends_right(wishes)


@pytest.mark.parametrize("stops", [(55, 20), (100, 99, 60, 7, 1), (2, 1), (11, 1)])
def test_it_turns_round_anywhere(wishes: Project, stops: tuple[int, ...]) -> None:
    """Forward stops at the first row, each way back at one of the others."""
    bar(wishes, stops[0])
    wishes.fails()
    for stop in stops[1:]:
        up = wishes.value("SELECT coalesce(max(id), 0) FROM wish WHERE n = 1")
        bar(wishes, stop)
        error = wishes.rollback(steps=1).error
        assert (error is None) == (up < stop)
        if error:
            assert error.message == "barred"
            left = wishes.value("SELECT max(id) FROM wish WHERE n = 1")
            assert stop <= left <= up
            assert wishes.rows(COUNTS) == [(0, 100 - left), (1, left)][left == 100 :]
    bar(wishes)
    if wishes.rows("SELECT 1 FROM wishkit.step"):
        assert wishes.rollback(steps=1).error is None
    assert wishes.rows(COUNTS) == [(0, 100)]
    assert wishes.rows("SELECT 1 FROM wishkit.step") == []
    ends_right(wishes)


def test_a_rollback_that_stopped_is_resumed(wishes: Project) -> None:
    assert wishes.migrate().error is None
    bar(wishes, 40)
    error = wishes.rollback(steps=1).error
    assert error is not None
    assert "partly rolled back" in (error.state or "")
    bar(wishes)
    assert wishes.rollback(steps=1).error is None
    assert wishes.rows(COUNTS) == [(0, 100)]
    ends_right(wishes)


def test_a_way_back_without_batches(wishes: Project) -> None:
    wishes.pair("0001_count", batched(UP), "UPDATE wish SET n = 0;")
    bar(wishes, 55)
    wishes.fails()
    bar(wishes)
    assert wishes.rollback(steps=1).error is None
    assert wishes.rows(COUNTS) == [(0, 100)]
    ends_right(wishes)


KEYS = {
    "int": "n",
    "bigint": "n * 10000000000",
    "smallint": "n",
    "numeric": "n / 7.0",
    "float8": "ln(n + 1)",
    "uuid": "md5(n::text)::uuid",
    "text": "CASE n % 3 WHEN 0 THEN 'ä''\\%s ' ELSE 'B' END || n",
    'text COLLATE "C"': "CASE n % 3 WHEN 0 THEN 'a' ELSE 'B' END || n",
    "varchar(20)": "'x' || n",
    "char(20)": "'x' || n",
    "bytea": "decode(md5(n::text), 'hex')",
    "date": "date '0044-03-15 BC' + n * 300",
    "timestamptz": "timestamptz '2026-10-25 00:30 Europe/Berlin' + n * interval '7.123456 min'",
    "timestamp": "timestamp '1999-12-31' + n * interval '11.000001 h'",
    "interval": "n * interval '1 month -3 days 0.001 s'",
    "inet": "inet '10.0.0.0' + n",
    "boolean": "n > 10",
    "mood": "(enum_range(NULL::mood))[1 + n % 3]",
    "positive": "n",
}
# Settings under which a key as text would mean something else in the next session.
ODD = (
    "datestyle = 'SQL, DMY'",
    "timezone = 'America/New_York'",
    "intervalstyle = 'sql_standard'",
    "extra_float_digits = -15",
    "bytea_output = 'escape'",
    "standard_conforming_strings = off",
)


@pytest.mark.parametrize("key", KEYS)
def test_keys_of_any_type_that_sorts(project: Project, key: str) -> None:
    """Stops twice going forward and once going backward, under settings that change each time."""
    project.rows("CREATE TYPE mood AS ENUM ('z', 'm', 'a')")
    project.rows("CREATE DOMAIN positive AS int CHECK (value > 0)")
    project.rows(
        f'CREATE TABLE "Wish list" ("Key ""%%""" {key} NOT NULL, number int, n int DEFAULT 0)'
    )
    project.rows(
        f'INSERT INTO "Wish list" SELECT {KEYS[key]}, n'
        " FROM generate_series(1, 60) AS n ORDER BY md5(n::text)"
    )
    project.rows('CREATE INDEX ON "Wish list" ("Key ""%%""", number)')
    project.rows(BARRED + BAR.format(table='"Wish list"', key="number"))
    name = '"Key ""%%"""'
    up = batched('UPDATE "Wish list" AS w SET n = w.n + 1 WHERE w.n IN (0, 1) OR false;', name, 5)
    project.pair("0001_count", up, up.replace("+", "-"))
    order = 'SELECT number FROM "Wish list" ORDER BY "Key ""%%""", number'
    numbers = [row[0] for row in project.rows(order)]
    everything = 'SELECT n, count(*) FROM "Wish list" GROUP BY n'
    database = project.value("SELECT current_database()")
    odd = iter(ODD)

    def change_settings() -> None:
        for setting in [next(odd), next(odd)]:
            project.rows(f"ALTER DATABASE {database} SET {setting}")

    for place in (20, 40):
        bar(project, numbers[place])
        assert project.fails().message == "barred"
        change_settings()
    bar(project)
    assert project.migrate().error is None
    assert project.rows(everything) == [(1, 60)]
    project.assert_done()
    bar(project, numbers[30])
    error = project.rollback(steps=1).error
    assert error is not None
    change_settings()
    bar(project)
    assert project.rollback(steps=1).error is None
    assert project.rows(everything) == [(0, 60)]


def test_many_rows_of_one_key(project: Project) -> None:
    project.rows("CREATE TABLE wish (store text NOT NULL, n int DEFAULT 0)")
    project.rows("INSERT INTO wish SELECT 'store ' || n / 40 FROM generate_series(1, 200) AS n")
    project.rows("CREATE INDEX ON wish (store)")
    project.pair("0001_count", batched(UP, "store", 7), batched(DOWN, "store", 7))
    assert project.migrate().error is None
    assert project.rows(COUNTS) == [(1, 200)]
    assert project.rollback(steps=1).error is None
    assert project.rows(COUNTS) == [(0, 200)]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("wish (id int, n int)", 'column "ident"'),
        ("wish (ident int UNIQUE, n int)", "may be null"),
        ("wish (ident int NOT NULL, n int)", "no index"),
        ("wish (ident int NOT NULL, n int, UNIQUE (n, ident))", "no index"),
        ("wish (ident json NOT NULL, n int)", "no index"),
        (
            "wish (ident int NOT NULL); CREATE UNIQUE INDEX ON wish (ident) WHERE ident > 3",
            "no ind",
        ),
        ("wish (ident int NOT NULL); CREATE INDEX ON wish USING hash (ident)", "no index"),
        ("wish (ident text NOT NULL); CREATE INDEX ON wish (ident text_pattern_ops)", "no index"),
        ('wish (ident text NOT NULL); CREATE INDEX ON wish (ident COLLATE "C")', "no index"),
        ("w (ident int PRIMARY KEY); CREATE VIEW wish AS SELECT * FROM w", "may be null"),
        ("w (ident int PRIMARY KEY)", "there is no table"),
    ],
)
def test_a_key_that_cannot_serve(project: Project, table: str, message: str) -> None:
    project.rows(f"CREATE TABLE {table}")
    project.pair("0001_count", batched(UP, "ident"))
    error = project.fails()
    assert message in error.message
    assert (error.code, error.exit_status) == ("batch-key", 3)
    assert error.where is not None
    assert (error.where.line, error.where.column) == (5, 1)
    assert project.value("SELECT count(*) FROM wishkit.step") == 0
    assert project.states() == {"0001": "pending"}


def test_partitions_and_children(project: Project) -> None:
    project.rows(
        "CREATE TABLE wish (id int PRIMARY KEY, n int DEFAULT 0) PARTITION BY RANGE (id);"
        "CREATE TABLE wish_a PARTITION OF wish FOR VALUES FROM (0) TO (50);"
        "CREATE TABLE wish_b PARTITION OF wish DEFAULT;"
        "INSERT INTO wish SELECT generate_series(1, 100);"
        "CREATE TABLE base (id int PRIMARY KEY, n int DEFAULT 0);"
        "CREATE TABLE child (PRIMARY KEY (id)) INHERITS (base);"
        "INSERT INTO base SELECT generate_series(1, 30);"
        "INSERT INTO child SELECT generate_series(1, 30);"
    )
    project.pair("0001_count", batched("UPDATE public.wish SET n = n + 1;"))
    project.pair("0002_only", batched("UPDATE ONLY base SET n = n + 1;"))
    project.pair("0003_all", batched("UPDATE base AS b SET n = b.n + 1;"))
    assert project.migrate().error is None
    assert project.rows(COUNTS) == [(1, 100)]
    totals = "SELECT tableoid::regclass::text, n, count(*) FROM base GROUP BY 1, 2 ORDER BY 1"
    assert project.rows(totals) == [("base", 2, 30), ("child", 1, 30)]


def test_statements_of_every_shape(wishes: Project) -> None:
    wishes.rows(
        "CREATE TABLE extra (id int, by_ int); INSERT INTO extra SELECT id, 2 FROM wish;"
        "CREATE TABLE gone (id int PRIMARY KEY); INSERT INTO gone SELECT id FROM wish;"
        "CREATE TABLE none (id int PRIMARY KEY);"
    )
    back = "SELECT 1;"
    wishes.pair(
        "0002_from",
        batched(
            "WITH e AS (SELECT * FROM extra WHERE id > 0)\n"
            "UPDATE wish w SET n = w.n + e.by_ FROM e WHERE e.id = w.id -- joined\n"
            " AND e.by_ = 2 OR false RETURNING w.id AS where -- all\n;"
        ),
        back,
    )
    wishes.pair("0003_delete", batched("DELETE FROM gone USING extra WHERE gone.id <> 7"), back)
    wishes.pair("0004_none", batched("UPDATE none SET id = DEFAULT;", "id"), back)
    wishes.pair("0004_none", batched("DELETE FROM none;"), back)
    assert wishes.migrate().error is None
    assert wishes.rows(COUNTS) == [(3, 100)]
    assert wishes.rows("SELECT id FROM gone") == [(7,)]
    wishes.assert_done()


def test_an_error_is_shown_where_it_stands_in_the_file(wishes: Project) -> None:
    wishes.pair("0001_count", batched("UPDATE wish\nSET n = n + 1\nWHERE id > 0 AND titel = 'ö';"))
    error = wishes.fails()
    assert error.where is not None
    assert (error.where.line, error.where.column, error.where.length) == (7, 18, 5)
    assert error.message == 'column "titel" does not exist'


def test_rows_that_come_while_it_runs(wishes: Project) -> None:
    """Those above the position are done as well; those below are as their writer made them."""

    def insert() -> None:
        wishes.rows("INSERT INTO wish SELECT generate_series(1001, 1020)")
        wishes.rows("INSERT INTO wish VALUES (-5)")

    wishes.hooks["Progressed"] = insert
    assert wishes.migrate().error is None
    assert wishes.rows(COUNTS) == [(0, 1), (1, 120)]
    assert wishes.rows("SELECT id FROM wish WHERE n = 0") == [(-5,)]


def test_what_may_be_changed_part_way(wishes: Project) -> None:
    bar(wishes, 55)
    wishes.fails()
    wishes.pair("0001_count", UP, batched(DOWN))
    with pytest.raises(PlanError, match="reads differently now"):
        wishes.migrate()
    stepwise = "-- count\n-- transactional: false\n" + UP
    for other in (batched(UP.replace("1", "2")), batched(UP, "other"), stepwise):
        wishes.pair("0001_count", other, batched(DOWN))
        with pytest.raises(MigrationPartial, match="reads differently now"):
            raise wishes.fails()
    wishes.pair("0001_count", batched(UP.replace("+ 1", "+ 3")), batched(DOWN))
    bar(wishes)
    assert wishes.rollback(steps=1).error is None  # of the text that was run
    assert wishes.rows(COUNTS) == [(0, 100)]
    bar(wishes, 55)
    wishes.pair("0001_count", batched(UP), batched(DOWN))
    wishes.fails()
    bar(wishes)
    wishes.pair("0001_count", batched(UP, rows=1000), batched(DOWN, rows=3))
    ends_right(wishes)


def test_the_plan_says_so(wishes: Project) -> None:
    (migration,) = plan(wishes.workspace).migrations
    assert migration.batched == Batched("id", 10)
    assert not migration.transactional


def test_a_ledger_of_the_first_version_can_still_be_read(wishes: Project) -> None:
    bar(wishes, 55)
    wishes.fails()
    wishes.rows(
        "ALTER TABLE wishkit.step DROP COLUMN position, DROP COLUMN rows;"
        "ALTER TABLE wishkit.execution DROP COLUMN accepted, DROP COLUMN killed;"
        "UPDATE wishkit.ledger SET version = 1"
    )
    assert wishes.states() == {"0001": "partial"}
    assert plan(wishes.workspace).migrations


def test_plain_sql_does_it_all_at_once(wishes: Project) -> None:
    script = plan(wishes.workspace, sql=True).script
    assert script is not None
    assert UP.rstrip(";") in script
    with psycopg.connect(wishes.url) as connection:
        connection.execute(batched(UP).encode())
    assert wishes.rows(COUNTS) == [(1, 100)]
