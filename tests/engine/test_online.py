"""Indexes online: what is there already, what is in the way, what was left half-done."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.core.events import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.engine.conftest import Project

pytestmark = pytest.mark.majors

HEADER = "-- stepwise\n-- transactional: false\n\n"
INDEX = "CREATE INDEX CONCURRENTLY wish_title ON wish (title);"
INDEXES = (
    "SELECT indexrelid::regclass::text, indisvalid FROM pg_index"
    " WHERE indrelid = 'wish'::regclass ORDER BY 1"
)
WAITS = (
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
    " AND query LIKE %s AND wait_event_type = 'Lock'"
)


@pytest.fixture
def wishes(project: Project) -> Project:
    """A project with a table that is to get an index."""
    project.pair(
        "0001_wish",
        "CREATE TABLE wish (id int, title text);"
        " INSERT INTO wish SELECT n, 'wish ' || n FROM generate_series(1, 100) AS n;",
        "DROP TABLE wish;",
    )
    assert project.migrate().error is None
    return project


@contextmanager
def transaction(project: Project, *statements: str) -> Iterator[psycopg.Connection]:
    """Somebody's open transaction."""
    with psycopg.connect(project.url, application_name="reporting") as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


def writing(project: Project) -> AbstractContextManager[psycopg.Connection]:
    """Somebody's open transaction that has written."""
    return transaction(project, "INSERT INTO wish VALUES (0, 'last')")


def cancelled(project: Project, statement: str, hold: str, phase: str = "") -> None:
    """Somebody runs a statement that waits for a transaction, and gives it up."""
    with ThreadPoolExecutor() as pool, transaction(project, hold):
        outcome = pool.submit(project.rows, statement)
        project.wait_for(WAITS, f"{statement}%")
        if phase:
            project.wait_for(
                "SELECT count(*) > 0 FROM pg_stat_progress_create_index WHERE phase = %s", phase
            )
        project.rows(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = %s",
            statement,
        )
        with pytest.raises(psycopg.errors.QueryCanceled):
            outcome.result(30)


def ends_right(project: Project, *indexes: str) -> None:
    """What is pending runs to its end; these indexes are there, valid, and no other."""
    report = project.migrate()
    assert report.error is None, (report.error, report.error.state)
    assert project.rows(INDEXES) == [(index, True) for index in indexes]
    project.assert_done()


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (INDEX, "CREATE INDEX wish_title ON wish (id)"),
        (INDEX, "CREATE UNIQUE INDEX wish_title ON wish (title)"),
        (INDEX, "CREATE INDEX wish_title ON wish (title) WHERE id > 1"),
        (INDEX, "CREATE TABLE other (title text); CREATE INDEX wish_title ON other (title)"),
        (INDEX.replace("(title)", "(lower(title))"), "CREATE INDEX wish_title ON wish (title)"),
    ],
)
def test_the_same_name_with_another_definition(wishes: Project, wanted: str, there: str) -> None:
    wishes.rows(there)
    wishes.pair("0002_index", HEADER + wanted)
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("index-differs", 3)
    definition = wishes.value("SELECT pg_get_indexdef('wish_title'::regclass)")
    key = "lower(title)" if "lower" in wanted else "title"
    assert error.notes == (
        f"there is: {definition}",
        f'wanted:   CREATE INDEX wish_title ON "wish" USING btree ({key})',
    )
    assert error.state == "nothing of 0002_index remains; the database is at 0001_wish"
    assert wishes.states()["0002"] == "pending"
    wishes.rows("DROP INDEX wish_title")
    ends_right(wishes, "wish_title")


def test_an_invalid_index_of_another_table_is_not_dropped(wishes: Project) -> None:
    wishes.rows("CREATE TABLE other (title text); INSERT INTO other VALUES ('a'), ('a')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        wishes.rows("CREATE UNIQUE INDEX CONCURRENTLY wish_title ON other (title)")
    wishes.pair("0002_index", HEADER + INDEX)
    assert wishes.fails().code == "index-differs"
    assert wishes.value("SELECT to_regclass('wish_title') IS NOT NULL")


def test_the_index_is_there_already(wishes: Project) -> None:
    """Never begun by us: valid and the same is done, whoever built it."""
    wishes.rows("CREATE INDEX wish_title ON public.wish USING btree (title)")
    before = wishes.value("SELECT 'wish_title'::regclass::oid")
    wishes.pair("0002_index", HEADER + INDEX)
    ends_right(wishes, "wish_title")
    assert wishes.value("SELECT 'wish_title'::regclass::oid") == before
    assert wishes.notes("NOTICE") == [f"it is there already: {INDEX[:-1]}"]


@pytest.mark.parametrize(
    ("definition", "rows", "expected"),
    [
        ("(title)", "('a'), ('a'), ('b'), ('b'), ('b')", ["  (b): 3 rows", "  (a): 2 rows"]),
        ("(title) WHERE title <> 'b'", "('a'), ('a'), ('b'), ('b')", ["  (a): 2 rows"]),
        ("(lower(title))", "('A'), ('a'), ('b')", ["  (a): 2 rows"]),
        ("(title, id)", "('a'), ('a'), (NULL), (NULL)", ["  (a, 7): 2 rows"]),
        ("(title) NULLS NOT DISTINCT", "(NULL), (NULL)", ["  (NULL): 2 rows"]),
        (
            "((title || '\"'))",
            ", ".join(f"('{'x' * 70}{n:02}'), ('{'x' * 70}{n:02}')" for n in range(22)),
            [f"  ({'x' * 59}…): 2 rows"] * 20 + ["  and more"],
        ),
    ],
)
def test_the_duplicates_are_listed(
    wishes: Project, definition: str, rows: str, expected: list[str]
) -> None:
    wishes.rows(
        f"CREATE TABLE child () INHERITS (wish); INSERT INTO child VALUES (7, 'wish 1');"
        f"ALTER TABLE wish ALTER id SET DEFAULT 7; INSERT INTO wish (title) VALUES {rows}"
    )
    wishes.pair(
        "0002_index", f"{HEADER}CREATE UNIQUE INDEX CONCURRENTLY wish_one ON wish {definition};"
    )
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("migration-failed", 3)
    head, *lines = error.notes[-1].splitlines()
    assert head.startswith("duplicates of (")
    assert lines == expected
    assert wishes.rows(INDEXES) == []
    wishes.rows("DELETE FROM wish WHERE id = 7")
    ends_right(wishes, "wish_one")


@pytest.mark.parametrize("of", ["DATABASE {database}", "ROLE CURRENT_USER IN DATABASE {database}"])
def test_timeouts_do_not_reach_it(wishes: Project, of: str) -> None:
    """They would leave it INVALID; behind it they are as they were."""
    kept = {"statement_timeout": "150ms"}
    if wishes.value("SELECT current_setting('server_version_num')::int") >= 170000:
        kept["transaction_timeout"] = "200ms"
    timeouts = kept | {
        "lock_timeout": "50ms",
        "idle_session_timeout": "1s",
        "idle_in_transaction_session_timeout": "100ms",
    }
    database = wishes.value("SELECT quote_ident(current_database())")
    for name, value in timeouts.items():
        wishes.rows(f"ALTER {of.format(database=database)} SET {name} = '{value}'")
    shown = ", ".join(f"current_setting('{name}') AS {name}" for name in kept)
    wishes.pair("0002_index", f"{HEADER}{INDEX}\nCREATE TABLE kept AS SELECT {shown};")
    with ThreadPoolExecutor() as pool:
        without = " ".join(f"-c {name}=0" for name in timeouts)
        with psycopg.connect(wishes.url, options=without) as writer:
            writer.execute("INSERT INTO wish VALUES (0, 'last')")
            run = pool.submit(wishes.migrate)
            writer.execute("SELECT pg_sleep(1.2)")
        report = run.result(30)
        assert report.error is None, report.error
    assert wishes.rows("SELECT * FROM kept") == [tuple(kept.values())]
    ends_right(wishes, "wish_title")


def test_a_second_run_is_started_meanwhile(wishes: Project) -> None:
    wishes.pair("0002_index", HEADER + INDEX)
    with ThreadPoolExecutor() as pool:
        with writing(wishes):
            first = pool.submit(wishes.migrate)
            wishes.wait_for(WAITS, "CREATE INDEX%")
            process = wishes.spawn("migrate")
            impatient = wishes.spawn("migrate", "--lock-wait", "0s")
            _, errors = impatient.communicate(timeout=30)
            assert (impatient.returncode, "error[lock-held]" in errors) == (2, True), errors
        assert first.result(30).error is None
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
    assert wishes.history().count(("0002", "forward", "done")) == 1
    ends_right(wishes, "wish_title")


REINDEXES = (
    "INDEX CONCURRENTLY wish_title",
    "TABLE CONCURRENTLY wish",
    "SCHEMA CONCURRENTLY public",
)


@pytest.mark.parametrize("reindex", REINDEXES)
@pytest.mark.parametrize(
    ("phase", "left"),
    [
        ("waiting for writers before build", "wish_title_ccnew"),
        ("waiting for readers before marking dead", "wish_title_ccold"),
    ],
)
def test_what_a_cancelled_reindex_left(
    wishes: Project, reindex: str, phase: str, left: str
) -> None:
    wishes.rows("CREATE INDEX wish_title ON wish (title)")
    hold = {
        "wish_title_ccnew": "INSERT INTO wish VALUES (0, 'x')",
        "wish_title_ccold": "SELECT 1 FROM wish",
    }
    # Twice, so that the second one has a number.
    for name in (left, f"{left}1"):
        cancelled(wishes, "REINDEX INDEX CONCURRENTLY wish_title", hold[left], phase)
        assert (name, False) in wishes.rows(INDEXES)
    wishes.pair("0002_reindex", f"{HEADER}REINDEX {reindex};")
    ends_right(wishes, "wish_title")


def test_a_reindex_of_ours_dies(wishes: Project) -> None:
    wishes.rows("CREATE INDEX wish_title ON wish (title)")
    wishes.pair("0002_reindex", f"{HEADER}REINDEX TABLE CONCURRENTLY wish;")
    with ThreadPoolExecutor() as pool:
        with writing(wishes):
            run = pool.submit(wishes.fails)
            wishes.wait_for(WAITS, "REINDEX%")
            wishes.terminate("work")
        assert run.result(30).code == "connection-lost"
    assert ("wish_title_ccnew", False) in wishes.rows(INDEXES)
    ends_right(wishes, "wish_title")
    assert wishes.rows(TOAST) == []


def test_a_reindex_of_ours_is_cancelled(wishes: Project) -> None:
    wishes.rows("CREATE INDEX wish_title ON wish (title)")
    wishes.pair("0002_reindex", f"{HEADER}REINDEX TABLE CONCURRENTLY wish;")
    with ThreadPoolExecutor() as pool:
        with writing(wishes):
            run = pool.submit(wishes.fails)
            wishes.wait_for(WAITS, "REINDEX%")
            wishes.rows("SELECT pg_cancel_backend(%s)", wishes.processes()["work"])
            # The copy goes when the writer is gone, for whom it waits as well.
            wishes.wait_for(WAITS, "DROP INDEX CONCURRENTLY%")
        error = run.result(30)
    assert (error.exit_status, error.state) == (
        3,
        "nothing of 0002_reindex remains; the database is at 0001_wish",
    )
    assert wishes.rows(INDEXES) == [("wish_title", True)]
    ends_right(wishes, "wish_title")


def test_an_invalid_index_that_only_looks_left_behind(wishes: Project) -> None:
    """Its name says that a REINDEX made it, but there is no index that it would be a copy of."""
    wishes.rows("INSERT INTO wish VALUES (1, 'wish 1')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        wishes.rows("CREATE UNIQUE INDEX CONCURRENTLY mine_ccnew ON wish (title)")
    wishes.pair("0002_reindex", f"{HEADER}REINDEX TABLE CONCURRENTLY wish;")
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("index-invalid", 4)
    assert error.message == "INVALID after REINDEX: mine_ccnew"
    assert wishes.rows(INDEXES) == [("mine_ccnew", False)]
    wishes.rows("DROP INDEX mine_ccnew")
    ends_right(wishes)


def test_a_long_name_is_cut_by_the_copy(wishes: Project) -> None:
    name = "wish_" + "x" * 58
    wishes.rows(f"CREATE INDEX {name} ON wish (title)")
    cancelled(wishes, f"REINDEX INDEX CONCURRENTLY {name}", "INSERT INTO wish VALUES (0, 'x')")
    assert (f"{name[:57]}_ccnew", False) in wishes.rows(INDEXES)
    wishes.pair("0002_reindex", f"{HEADER}REINDEX INDEX CONCURRENTLY {name};")
    ends_right(wishes, name)


def test_an_invalid_index_is_mended_by_its_reindex(wishes: Project) -> None:
    wishes.rows("INSERT INTO wish VALUES (1, 'wish 1')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        wishes.rows("CREATE UNIQUE INDEX CONCURRENTLY wish_title ON wish (title)")
    wishes.pair("0002_reindex", f"{HEADER}REINDEX INDEX CONCURRENTLY wish_title;")
    error = wishes.fails()
    assert (error.exit_status, error.notes[-1]) == (3, "duplicates of (title):\n  (wish 1): 2 rows")
    assert wishes.rows(INDEXES) == [("wish_title", False)]
    wishes.rows("DELETE FROM wish WHERE ctid = (SELECT max(ctid) FROM wish WHERE id = 1)")
    ends_right(wishes, "wish_title")


def test_a_drop_stops_half_way(wishes: Project) -> None:
    """It has made the index INVALID by then; that is no state to leave it in."""
    wishes.rows("CREATE INDEX wish_title ON wish (title)")
    wishes.pair("0002_drop", f"{HEADER}DROP INDEX CONCURRENTLY wish_title;")
    with ThreadPoolExecutor() as pool, writing(wishes):
        run = pool.submit(wishes.fails)
        wishes.wait_for(WAITS, "DROP INDEX%")
        wishes.rows("SELECT pg_cancel_backend(%s)", wishes.processes()["work"])
        error = run.result(30)
        assert wishes.rows(INDEXES) == [("wish_title", False)]
    assert (error.exit_status, wishes.states()["0002"]) == (4, "partial")
    ends_right(wishes)


def test_a_drop_that_stopped_before_it_did_anything(wishes: Project) -> None:
    wishes.rows("CREATE INDEX wish_title ON wish (title)")
    wishes.pair("0002_drop", f"{HEADER}DROP INDEX CONCURRENTLY wish_title;")
    with ThreadPoolExecutor() as pool, transaction(wishes, "LOCK wish"):
        run = pool.submit(wishes.fails)
        wishes.wait_for(WAITS, "DROP INDEX%")
        wishes.rows("SELECT pg_cancel_backend(%s)", wishes.processes()["work"])
        error = run.result(30)
    assert (error.exit_status, wishes.states()["0002"]) == (3, "pending")
    assert wishes.rows(INDEXES) == [("wish_title", True)]


def test_who_is_at_work_on_the_table_is_named(wishes: Project) -> None:
    """An INVALID index may be one that somebody is building; only they know."""
    wishes.pair("0002_index", HEADER + INDEX)
    told = threading.Event()
    wishes.hooks["Waiting"] = told.set
    with ThreadPoolExecutor() as pool:
        with writing(wishes):
            builder = pool.submit(wishes.rows, INDEX)
            wishes.wait_for(WAITS, "CREATE INDEX%")
            pid = wishes.value(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'CREATE INDEX%'"
            )
            waited = pool.submit(wishes.migrate)
            assert told.wait(30)
        builder.result(30)
        assert waited.result(30).error is None
    waiting = {event for event in wishes.events if isinstance(event, Waiting)}
    whom = Waiting("whoever is at work on the table of wish_title", f"backend {pid}")
    assert waiting == {whom}
    ends_right(wishes, "wish_title")


@pytest.fixture
def ordinary(wishes: Project) -> Iterator[Project]:
    """The same as a role that owns the table and is nobody otherwise."""
    role = f"ordinary_{wishes.number}"
    wishes.rows(f"CREATE ROLE {role} LOGIN")
    schema = wishes.value("SELECT yoyo_schema FROM wishkit.ledger")
    for name in ("public", "wishkit", schema):
        wishes.rows(
            f"GRANT ALL ON SCHEMA {name} TO {role};"
            f"GRANT ALL ON ALL TABLES IN SCHEMA {name} TO {role};"
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {name} TO {role}"
        )
    wishes.rows(f"ALTER TABLE wish OWNER TO {role}")
    url = psycopg.conninfo.make_conninfo(wishes.url, user=role)
    wishes.target = replace(wishes.target, url=url)
    yield wishes
    wishes.rows(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}")


def test_an_ordinary_role_is_enough(ordinary: Project) -> None:
    ordinary.rows("INSERT INTO wish VALUES (1, 'wish 1')")
    ordinary.pair("0002_index", HEADER + INDEX.replace("INDEX", "UNIQUE INDEX", 1))
    error = ordinary.fails()
    assert error.notes[-1] == "duplicates of (title):\n  (wish 1): 2 rows"
    assert (
        error.help
        == "rows break this rule: mend them, or the statement, and run the same command again"
    )
    ordinary.rows("DELETE FROM wish WHERE ctid = (SELECT max(ctid) FROM wish WHERE id = 1)")
    ends_right(ordinary, "wish_title")
    database = ordinary.value("SELECT current_database()")
    ordinary.rows(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
    ordinary.pair("0003_again", HEADER + INDEX.replace("INDEX", "UNIQUE INDEX", 1))
    ends_right(ordinary, "wish_title")


TOAST = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


def test_the_copy_of_a_toast_index_is_dropped(wishes: Project) -> None:
    cancelled(wishes, "REINDEX TABLE CONCURRENTLY wish", "INSERT INTO wish VALUES (0, 'x')")
    assert wishes.value(TOAST).endswith("_index_ccnew")
    wishes.pair("0002_reindex", f"{HEADER}REINDEX TABLE CONCURRENTLY wish;")
    ends_right(wishes)
    assert wishes.rows(TOAST) == []


def test_a_copy_that_only_a_superuser_may_drop(ordinary: Project) -> None:
    cancelled(ordinary, "REINDEX TABLE CONCURRENTLY wish", "INSERT INTO wish VALUES (0, 'x')")
    left = ordinary.value(TOAST)
    ordinary.pair("0002_reindex", f"{HEADER}REINDEX TABLE CONCURRENTLY wish;")
    ends_right(ordinary)
    warning = ordinary.notes("WARNING")[-1]  # before it, the server says that it passed it over
    assert warning.endswith(f"a superuser may: DROP INDEX CONCURRENTLY {left}")
    assert ordinary.rows(TOAST) == [(left,)]
    ordinary.rows(f"DROP INDEX CONCURRENTLY {left}")
