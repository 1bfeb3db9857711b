"""Non-transactional migrations: cut short at any point, the next run ends them exactly."""

from __future__ import annotations

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.engine.conftest import PATIENCE
from tests.engine.proxy import Cut
from wishkit.core.events import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Project
    from tests.engine.proxy import Moment, Proxy
    from wishkit.errors import WishkitError

pytestmark = pytest.mark.majors

HEADER = "-- stepwise\n-- transactional: false\n\n"
INDEX = HEADER + "CREATE INDEX CONCURRENTLY wish_title ON wish (title);"
INDEXES = (
    "SELECT indexrelid::regclass::text, indisvalid FROM pg_index"
    " WHERE indrelid = 'wish'::regclass ORDER BY 1"
)
READER = "SELECT count(*) FROM wish"


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


def ends_right(project: Project, *more: tuple[str, bool]) -> None:
    """The next run ends with exactly one valid index, and nothing in the journal."""
    project.pair("0009_next", "CREATE TABLE next (id int);")
    report = project.migrate()
    assert report.error is None, (report.error, report.error.state)
    assert project.rows(INDEXES) == [("wish_title", True), *more]
    project.assert_done()


@pytest.mark.parametrize("how", ["terminate", "SIGKILL", "SIGTERM", "SIGINT"])
def test_an_index_build_is_cut_short_while_it_waits(wishes: Project, how: str) -> None:
    """An old snapshot holds the build back when the index is there already, but not valid."""
    wishes.pair("0002_index", INDEX, "DROP INDEX CONCURRENTLY wish_title;")
    with psycopg.connect(wishes.url) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(READER)
        with psycopg.connect(wishes.url) as writer:  # what the first phase waits for
            writer.execute("INSERT INTO wish VALUES (0, 'last')")
            process = wishes.spawn("migrate")
            wishes.wait_for(
                "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
                " AND query ~ '^CREATE INDEX' AND wait_event_type = 'Lock'"
            )
        wishes.wait_for(
            "SELECT count(*) > 0 FROM pg_stat_progress_create_index"
            " WHERE datname = current_database() AND phase ~ 'old snapshots'"
        )
        if how == "terminate":
            wishes.terminate("work")
        else:
            process.send_signal(signal.Signals[how])
        errors = process.communicate(timeout=30)[1]
        if how == "SIGKILL":
            assert process.returncode == -signal.SIGKILL
        else:
            assert process.returncode == (4 if how == "terminate" else 130), errors
            assert "0002_index is partly applied: 0 of 1 statements are done" in errors
            assert wishes.states()["0002"] == "partial"
            assert wishes.rows(INDEXES) == [("wish_title", False)]
            wishes.assert_sound()
    ends_right(wishes)


@pytest.mark.parametrize("message", range(14))
@pytest.mark.parametrize("moment", ["before", "answered"])
def test_an_index_build_is_cut_at_any_message(
    wishes: Project, through_proxy: Callable[..., Proxy], message: int, moment: Moment
) -> None:
    wishes.pair("0002_index", INDEX)
    counted = iter(range(10000))
    begun = []

    def matches(data: bytes) -> bool:
        if b"INSERT INTO wishkit.script" in data:
            begun.append(True)
        # Those that make the server do something: a query, or the execution of a prepared one.
        return bool(begun) and data[:1] in b"QE" and next(counted) == message

    proxy = through_proxy(cut=Cut(moment, matches))
    error = wishes.migrate().error
    assert error is None or (error.code, error.exit_status in {3, 4}) == ("connection-lost", True)
    proxy.cut = None
    ends_right(wishes)


def test_an_index_build_and_the_server_crashes(
    private_project: Project,
) -> None:
    project = private_project
    url = psycopg.conninfo.make_conninfo(project.url, options="-c synchronous_commit=on")
    project.target = replace(project.target, url=url)
    project.pair("0001_wish", "CREATE TABLE wish (id int, title text);")
    assert project.migrate().error is None
    project.pair("0002_index", INDEX)
    writer = psycopg.connect(project.url)
    writer.execute("INSERT INTO wish VALUES (0, 'last')")
    process = project.spawn("migrate", url=url)
    project.wait_for(
        "SELECT count(*) > 0 FROM pg_stat_progress_create_index WHERE phase ~ '^waiting'"
    )
    subprocess.run(["kill", "-KILL", str(writer.info.backend_pid)], check=True)
    errors = process.communicate(timeout=60)[1]
    writer.close()
    assert process.returncode == 4, errors
    assert "error[connection-lost]" in errors
    ends_right(project)


def test_an_invalid_index_that_somebody_left(wishes: Project) -> None:
    wishes.rows("INSERT INTO wish VALUES (1, 'wish 1')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        wishes.rows("CREATE UNIQUE INDEX CONCURRENTLY wish_title ON wish (title)")
    assert wishes.rows(INDEXES) == [("wish_title", False)]
    wishes.pair("0002_index", INDEX)
    ends_right(wishes)


def test_an_index_that_somebody_is_building_is_waited_for(wishes: Project) -> None:
    wishes.pair("0002_index", INDEX.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"))
    build = "CREATE INDEX CONCURRENTLY wish_title ON wish (title)"
    with psycopg.connect(wishes.url) as writer, ThreadPoolExecutor() as pool:
        writer.execute("INSERT INTO wish VALUES (0, 'last')")
        builder = pool.submit(wishes.rows, build)
        wishes.wait_for(f"SELECT count(*) = 1 FROM ({INDEXES}) AS found")
        ours = pool.submit(wishes.migrate)
        deadline = time.monotonic() + PATIENCE
        while not any(isinstance(event, Waiting) for event in wishes.events):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert wishes.rows(INDEXES) == [("wish_title", False)]
        writer.commit()
        builder.result(30)
        assert ours.result(30).error is None
    assert any("it is there already" in note for note in wishes.notes("NOTICE"))
    ends_right(wishes)


def test_if_not_exists_is_no_proof(wishes: Project) -> None:
    sql = INDEX.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS")
    wishes.rows("CREATE INDEX wish_title ON wish (lower(title))")
    wishes.pair("0002_index", sql)
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("index-differs", 3)
    assert error.where is not None
    assert error.where.line == 4
    assert "lower(title)" in error.notes[0]
    assert wishes.history()[-1] == ("0002", "forward", "failed")
    wishes.rows("DROP INDEX wish_title")
    ends_right(wishes)


@pytest.mark.parametrize(
    "definition",
    [
        "wish (title)",
        "public . \"wish\" USING btree (lower(title) DESC, id) WHERE id > 3 AND title <> 'x'",
        "ONLY wish (id) INCLUDE (title) WITH (fillfactor = 70)",
    ],
)
def test_if_not_exists_accepts_the_same_index(wishes: Project, definition: str) -> None:
    wishes.rows(f"CREATE INDEX wish_title ON {definition}")
    sql = f"{HEADER}CREATE INDEX CONCURRENTLY IF NOT EXISTS wish_title ON {definition};"
    wishes.pair("0002_index", sql)
    ends_right(wishes)
    assert wishes.value("SELECT to_regclass('wishkit_copy') IS NULL")


def test_a_name_that_something_else_has_is_no_proof(wishes: Project) -> None:
    wishes.rows("CREATE TABLE wish_title (id int)")
    wishes.pair("0002_index", INDEX.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"))
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("index-invalid", 4)
    wishes.rows("DROP TABLE wish_title")
    ends_right(wishes)


def test_a_valid_index_of_that_name_is_in_the_way(wishes: Project) -> None:
    wishes.rows("CREATE INDEX wish_title ON wish (id)")
    wishes.pair("0002_index", INDEX)
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("index-differs", 3)
    assert wishes.rows(INDEXES) == [("wish_title", True)]
    wishes.rows("DROP INDEX wish_title")
    ends_right(wishes)


def test_a_duplicate_leaves_no_invalid_index(wishes: Project) -> None:
    wishes.rows("INSERT INTO wish VALUES (1, 'wish 1')")
    wishes.pair("0002_index", INDEX.replace("INDEX", "UNIQUE INDEX", 1))
    error = wishes.fails()
    assert (error.exit_status, error.state) == (
        3,
        "nothing of 0002_index remains; the database is at 0001_wish",
    )
    assert any("is duplicated" in note for note in error.notes)
    assert wishes.rows(INDEXES) == []
    assert wishes.states()["0002"] == "pending"
    wishes.rows("DELETE FROM wish WHERE ctid = (SELECT max(ctid) FROM wish WHERE id = 1)")
    ends_right(wishes)


def test_the_second_index_fails_and_the_first_stays(wishes: Project) -> None:
    wishes.rows("INSERT INTO wish VALUES (1, 'wish 1')")
    wishes.pair(
        "0002_index",
        f"{INDEX}\nCREATE UNIQUE INDEX CONCURRENTLY wish_unique ON wish (id);",
        "DROP INDEX wish_unique; DROP INDEX wish_title;",
    )
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("migration-partial", 4)
    assert error.where is not None
    assert error.where.line == 5
    assert wishes.rows(INDEXES) == [("wish_title", True)]
    assert wishes.history()[-1] == ("0002", "forward", "partial")
    wishes.rows("DELETE FROM wish WHERE ctid = (SELECT max(ctid) FROM wish WHERE id = 1)")
    ends_right(wishes, ("wish_unique", True))


def stopped_at_two(project: Project, second: str = "SELECT nothing") -> WishkitError:
    """A migration of three statements of which the second fails."""
    project.pair(
        "0002_three",
        f"{HEADER}CREATE TABLE first (id int);\n{second};\nCREATE TABLE third (id int);",
        f"{HEADER}DROP TABLE third;\nDROP TABLE first;",
    )
    error = project.fails()
    assert error.exit_status == 4
    assert project.states()["0002"] == "partial"
    return error


def test_the_rest_is_mended_and_run(wishes: Project) -> None:
    error = stopped_at_two(wishes)
    assert error.state == (
        "0002_three is partly applied: 1 of 3 statements are done; the database is at 0001_wish"
    )
    wishes.pair(
        "0002_three",
        f"{HEADER}CREATE TABLE first (id int);\nSELECT 1;\nCREATE TABLE fourth (id int);",
        "DROP TABLE fourth; DROP TABLE first;",
    )
    assert wishes.migrate().error is None
    assert wishes.value("SELECT to_regclass('fourth') IS NOT NULL")
    wishes.assert_done()
    assert wishes.rollback(steps=1).error is None


def test_what_was_run_may_not_be_edited(wishes: Project) -> None:
    stopped_at_two(wishes)
    wishes.pair("0002_three", f"{HEADER}CREATE TABLE first (id bigint);\nSELECT 1;")
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("changed", 4)
    assert error.where is not None
    assert error.where.line == 4
    assert "it was:\nCREATE TABLE first (id int)" in error.notes
    assert wishes.value("SELECT count(*) FROM wishkit.step") == 1
    wishes.pair("0002_three", f"{HEADER}CREATE TABLE first (id int);\nSELECT 1;")
    assert wishes.migrate().error is None
    wishes.assert_done()


def test_a_partial_migration_is_rolled_back(wishes: Project) -> None:
    stopped_at_two(wishes)
    report = wishes.rollback(ids=["0002"])
    assert report.error is None
    # Its third table was never made.
    assert any("passed over" in note for note in wishes.notes("NOTICE"))
    assert wishes.value("SELECT to_regclass('first') IS NULL")
    assert wishes.states() == {"0001": "applied", "0002": "pending"}
    assert wishes.value("SELECT count(*) FROM wishkit.step") == 0
    wishes.pair("0002_three", f"{HEADER}CREATE TABLE first (id int);\nSELECT 1;")
    assert wishes.migrate().error is None
    wishes.assert_done()


def test_a_partial_index_migration_is_rolled_back(wishes: Project) -> None:
    wishes.rows("INSERT INTO wish VALUES (1, 'wish 1')")
    wishes.pair(
        "0002_index",
        f"{INDEX}\nCREATE UNIQUE INDEX CONCURRENTLY wish_unique ON wish (id);",
        f"{HEADER}DROP INDEX CONCURRENTLY wish_unique;\nDROP INDEX CONCURRENTLY wish_title;",
    )
    assert wishes.fails().exit_status == 4
    assert wishes.rollback(ids=["0002"]).error is None
    assert wishes.rows(INDEXES) == []
    assert wishes.states()["0002"] == "pending"
    assert wishes.value("SELECT count(*) FROM wishkit.step") == 0


def test_a_partial_migration_is_rolled_back_in_one_transaction(wishes: Project) -> None:
    stopped_at_two(wishes)
    # The way back may say for itself that it is one transaction.
    wishes.write(
        {
            "0002_three.rollback.sql": "-- back\n-- transactional: true\n\n"
            "DROP TABLE IF EXISTS third; DROP TABLE first;"
        }
    )
    report = wishes.rollback(ids=["0002"])
    assert report.error is None
    assert wishes.value("SELECT count(*) FROM wishkit.step") == 0
    assert wishes.states()["0002"] == "pending"


@pytest.mark.parametrize("message", range(6))
def test_turning_round_is_cut_at_any_message(
    wishes: Project, through_proxy: Callable[..., Proxy], message: int
) -> None:
    """Between forward and backward there is no moment in which nobody knows of the migration."""
    stopped_at_two(wishes)
    counted = iter(range(10000))
    begun = []

    def matches(data: bytes) -> bool:
        if b"INSERT INTO wishkit.script" in data:
            begun.append(True)
        return bool(begun) and next(counted) == message

    proxy = through_proxy(cut=Cut("before", matches))
    error = wishes.rollback(ids=["0002"]).error
    proxy.cut = None
    gone = wishes.value("SELECT to_regclass('first') IS NULL")
    assert wishes.states()["0002"] == "partial" or gone
    if error:
        assert error.exit_status in {3, 4}
        assert wishes.rollback(ids=["0002"]).error is None
    assert wishes.value("SELECT to_regclass('first') IS NULL")
    assert wishes.states()["0002"] == "pending"
    assert wishes.value("SELECT count(*) FROM wishkit.step") == 0


def test_half_rolled_back_is_finished_before_anything_else(wishes: Project) -> None:
    wishes.pair(
        "0002_two",
        "CREATE TABLE first (id int); CREATE TABLE second (id int);",
        f"{HEADER}DROP TABLE second;\nDROP TABLE nowhere;\nDROP TABLE first;",
    )
    assert wishes.migrate().error is None
    error = wishes.rollback(steps=1).error
    assert error is not None
    assert error.exit_status == 4
    assert error.state is not None
    assert "0002_two is partly rolled back: 1 of 3 statements are done" in error.state
    with pytest.raises(Exception, match="is half rolled back"):
        wishes.migrate()
    wishes.write({"0002_two.rollback.sql": f"{HEADER}DROP TABLE second;\nDROP TABLE first;"})
    wishes.rows("CREATE TABLE nowhere (id int)")
    assert wishes.rollback(ids=["0002"]).error is None
    assert wishes.value("SELECT to_regclass('first') IS NULL")
    assert wishes.states()["0002"] == "pending"


def test_settings_are_set_again_on_resume(wishes: Project) -> None:
    wishes.rows("CREATE SCHEMA shop")
    wishes.pair(
        "0002_shop",
        f"{HEADER}SET search_path = shop;\nCREATE TABLE toy (id int);\nSELECT nothing;\n"
        "CREATE TABLE brick (id int);",
    )
    assert wishes.fails().exit_status == 4
    wishes.pair(
        "0002_shop",
        f"{HEADER}SET search_path = shop;\nCREATE TABLE toy (id int);\nSELECT 1;\n"
        "CREATE TABLE brick (id int);",
    )
    assert wishes.migrate().error is None
    assert wishes.value("SELECT to_regclass('shop.brick') IS NOT NULL")
    wishes.assert_done()


BATCHES = (
    "CREATE PROCEDURE fill(failing boolean) LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO wish VALUES (1000); COMMIT; INSERT INTO wish VALUES (1001);"
    " IF failing THEN RAISE 'no more'; END IF; END $$;"
)


def test_a_procedure_that_fails_after_it_committed(wishes: Project) -> None:
    wishes.pair("0002_fill", BATCHES)
    wishes.pair("0003_call", f"{HEADER}CALL fill(true);")
    error = wishes.fails()
    assert (error.message, error.exit_status) == ("no more", 4)
    assert wishes.value("SELECT count(*) FROM wish WHERE id >= 1000") == 1
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("step-unknown", 4)
    assert error.where is not None
    assert error.where.text == "CALL fill(true);"
    assert error.help is not None
    assert "--unfinished done" in error.help
    assert wishes.migrate(unfinished="done").error is None
    assert wishes.value("SELECT count(*) FROM wish WHERE id >= 1000") == 1
    wishes.assert_done()


def test_a_procedure_that_is_run_again(wishes: Project) -> None:
    wishes.pair("0002_fill", BATCHES)
    wishes.pair("0003_call", f"{HEADER}CALL fill(true);")
    assert wishes.fails().exit_status == 4
    wishes.pair("0003_call", f"{HEADER}CALL fill(false);")
    outcome = wishes.spawn("migrate", "--unfinished", "redo")
    errors = outcome.communicate(timeout=30)[1]
    assert outcome.returncode == 0, errors
    assert wishes.value("SELECT count(*) FROM wish WHERE id >= 1000") == 3
    wishes.assert_done()


def test_a_block_that_fails_before_it_committed_left_nothing(wishes: Project) -> None:
    wishes.pair(
        "0002_block", f"{HEADER}DO $$ BEGIN INSERT INTO wish VALUES (7000); RAISE 'no'; END $$;"
    )
    error = wishes.fails()
    assert (error.message, error.exit_status) == ("no", 3)
    assert wishes.value("SELECT count(*) FROM wishkit.step") == 0
    wishes.pair("0002_block", f"{HEADER}DO $$ BEGIN INSERT INTO wish VALUES (7000); END $$;")
    assert wishes.migrate().error is None
    wishes.assert_done()


@pytest.mark.parametrize("decision", ["done", "redo"])
def test_a_procedure_of_which_nobody_saw_the_end(
    wishes: Project, through_proxy: Callable[..., Proxy], decision: str
) -> None:
    wishes.pair("0002_fill", BATCHES)
    wishes.pair("0003_call", f"{HEADER}CALL fill(false);")
    through_proxy(cut=Cut("answered", lambda m: b"CALL fill" in m[:20]))
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("connection-lost", 4)
    assert wishes.fails().code == "step-unknown"
    assert wishes.migrate(unfinished=decision).error is None
    count = wishes.value("SELECT count(*) FROM wish WHERE id >= 1000")
    assert count == {"done": 2, "redo": 4}[decision]
    wishes.assert_done()


def test_an_unknown_decision_is_a_usage_error(wishes: Project) -> None:
    process = wishes.spawn("migrate", "--unfinished", "perhaps")
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == 2
    assert "neither done nor redo" in errors


def test_a_procedure_that_drops_the_ledger(wishes: Project) -> None:
    """It commits what it did, so nothing can undo it; the run says so and ends in order."""
    wishes.pair(
        "0002_drop", f"{HEADER}DO $$ BEGIN DROP SCHEMA wishkit CASCADE; COMMIT; END $$;\nSELECT 1;"
    )
    error = wishes.fails()
    assert (error.code, error.exit_status) == ("ledger-not-written", 4)
    assert error.state is not None
    assert "its journal cannot be read" in error.state


def test_other_statements_that_need_autocommit(wishes: Project) -> None:
    name = f"made_{wishes.number}"
    wishes.pair(
        "0002_all",
        f"{HEADER}VACUUM wish;\nREINDEX INDEX CONCURRENTLY wish_pkey;\nCREATE DATABASE {name};\n"
        f"ALTER SYSTEM SET work_mem = '5MB';\nDROP DATABASE {name};\n"
        "ALTER SYSTEM RESET work_mem;",
    )
    wishes.rows("ALTER TABLE wish ADD PRIMARY KEY (title)")
    assert wishes.migrate().error is None
    wishes.assert_done()


@pytest.mark.parametrize("moment", ["before", "answered"])
@pytest.mark.parametrize(
    ("statement", "check"),
    [
        (
            "CREATE DATABASE {name};",
            "SELECT count(*) = 1 FROM pg_database WHERE datname = '{name}'",
        ),
        ("DROP INDEX CONCURRENTLY doomed;", "SELECT to_regclass('doomed') IS NULL"),
        (
            "ALTER TABLE parent DETACH PARTITION child CONCURRENTLY;",
            "SELECT count(*) = 0 FROM pg_inherits WHERE inhparent = 'parent'::regclass",
        ),
        ("VACUUM wish;", "SELECT true"),
    ],
)
def test_the_catalog_is_asked_how_it_ended(
    wishes: Project,
    through_proxy: Callable[..., Proxy],
    moment: Moment,
    statement: str,
    check: str,
) -> None:
    name = f"made_{wishes.number}"
    wishes.rows("CREATE INDEX doomed ON wish (id)")
    wishes.rows(
        "CREATE TABLE parent (id int) PARTITION BY RANGE (id);"
        "CREATE TABLE child PARTITION OF parent FOR VALUES FROM (1) TO (9)"
    )
    sql = statement.format(name=name)
    wishes.pair("0002_one", HEADER + sql)
    proxy = through_proxy(cut=Cut(moment, lambda m: m[1:].startswith(sql[:-1].encode(), 4)))
    assert wishes.fails().exit_status == 4
    assert proxy.has_cut.is_set()
    try:
        assert wishes.migrate().error is None
        assert wishes.value(check.format(name=name)) is True
        wishes.assert_done()
    finally:
        wishes.rows(f"DROP DATABASE IF EXISTS {name}")
