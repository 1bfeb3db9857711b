"""While a migration runs on a busy database nobody notices: the engine with patience."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.terminal import on_a_terminal
from wishkit.commands.show import show
from wishkit.config import Patience, Target
from wishkit.core.events import Blocked, MigrationStarted
from wishkit.postgres.scratch import scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import Project
    from wishkit.postgres.binaries import Binaries

    Connection = psycopg.Connection[Any]

ADD = "ALTER TABLE wish ADD COLUMN note text;"
DROP = "ALTER TABLE wish DROP COLUMN note;"
HELD = 1.5  # seconds
STEPWISE = "-- add a note\n-- transactional: false\n\n"


@pytest.fixture
def busy(project: Project) -> Project:
    """A table with rows, and a migration that needs all of it."""
    project.target = replace(project.target, patience=Patience(deadline=30))
    project.rows("CREATE TABLE wish AS SELECT n AS id FROM generate_series(1, 1000) AS n")
    return project


@contextmanager
def holding(
    project: Project, sql: str, seconds: float | None = None, *, since: str = "Blocked"
) -> Iterator[Connection]:
    """Somebody in a transaction, until the block is over, or so long after an event."""
    with psycopg.connect(project.url, application_name="reporting") as connection:
        connection.execute(sql.encode())
        # What it holds is old already when the migration comes.
        time.sleep(0.3)
        timer = threading.Timer(seconds or 0, connection.rollback)
        if seconds is not None:
            project.hooks[since] = timer.start
        try:
            yield connection
        finally:
            timer.cancel()
            if timer.is_alive():
                timer.join()
            connection.rollback()


@contextmanager
def client(url: str, sql: str = "SELECT count(*) FROM wish") -> Iterator[list[float]]:
    """Somebody who asks every few milliseconds; yields how long it took each time."""
    waits: list[float] = []
    over = threading.Event()
    with psycopg.connect(url, autocommit=True) as connection:

        def ask() -> None:
            while not over.wait(0.005):
                began = time.monotonic()
                connection.execute(sql.encode())
                waits.append(time.monotonic() - began)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield waits
        finally:
            over.set()
            thread.join()


def blocked(project: Project) -> list[Blocked]:
    return [event for event in project.events if isinstance(event, Blocked)]


@pytest.mark.parametrize("header", ["-- add a note\n", STEPWISE], ids=["transactional", "stepwise"])
@pytest.mark.parametrize(
    "held_by",
    ["SELECT FROM wish", "UPDATE wish SET id = id WHERE id = 1", "LOCK wish IN SHARE MODE"],
    ids=["read", "written", "locked"],
)
def test_a_held_table_is_waited_for_without_a_queue(
    busy: Project, held_by: str, header: str
) -> None:
    busy.pair("0001_note", header + ADD, header + DROP)
    for verb in (busy.migrate, busy.rollback):
        with holding(busy, held_by, HELD), client(busy.url) as waits:
            began = time.monotonic()
            options: dict[str, Any] = {"steps": 1} if verb == busy.rollback else {}
            assert verb(**options).error is None
            waited = time.monotonic() - began
        assert waited > HELD / 2, "it has waited"
        assert max(waits) < HELD / 3, "and nobody behind it"
        seen = {blocker.application for event in blocked(busy) for blocker in event.blockers}
        assert "reporting" in seen
    assert busy.states() == {"0001": "pending"}


@pytest.mark.parametrize("header", ["-- add a note\n", STEPWISE], ids=["transactional", "stepwise"])
def test_at_the_deadline_everything_is_as_before(busy: Project, header: str) -> None:
    busy.target = replace(busy.target, patience=Patience(deadline=0.7))
    busy.pair("0001_before", "CREATE TABLE before (id int);")
    first = "" if header == STEPWISE else "CREATE TABLE extra (id int);\n"
    busy.pair("0002_note", header + first + ADD)
    with holding(busy, "SELECT FROM wish") as blocker:
        error = busy.fails()
        assert (error.code, error.exit_status) == ("lock-deadline", 3)
        (note,) = error.notes
        assert note.startswith(f"in the way: pid {blocker.info.backend_pid}, role ")
        assert "reporting, idle in transaction" in note
        assert note.endswith("ACCESS SHARE on public.wish: SELECT FROM wish")
        assert error.where is not None
        assert error.where.text == ADD
        assert f"pg_terminate_backend({blocker.info.backend_pid})" in (error.help or "")
        assert "the database is at 0001_before" in (error.state or "")
    assert busy.states() == {"0001": "applied", "0002": "pending"}
    kept = busy.value("SELECT error FROM wishkit.execution WHERE outcome = 'failed'")
    assert kept["code"] == "lock-deadline"
    assert busy.migrate().error is None


def test_stopped_between_statements_it_goes_on_there(busy: Project) -> None:
    busy.target = replace(busy.target, patience=Patience(deadline=0.5))
    busy.pair("0001_note", STEPWISE + "CREATE TABLE first (id int);\n" + ADD)
    with holding(busy, "SELECT FROM wish"):
        error = busy.fails()
    assert (error.code, error.exit_status) == ("lock-deadline", 4)
    assert "1 of 2 statements are done" in (error.state or "")
    assert busy.migrate().error is None


def test_an_attempt_of_no_length_is_no_attempt_without_end(busy: Project) -> None:
    busy.target = replace(busy.target, patience=Patience(deadline=1, attempt=0))
    busy.pair("0001_look", "SELECT current_setting('lock_timeout');")
    assert busy.migrate().error is None
    assert "1ms" in busy.notes("ROWS")[0]


def test_what_the_file_has_set_is_left_behind_at_the_deadline(busy: Project) -> None:
    role = f"owner_{busy.number}"
    busy.rows(f"CREATE ROLE {role}; ALTER TABLE wish OWNER TO {role}")
    busy.target = replace(busy.target, patience=Patience(deadline=0.5))
    try:
        busy.pair("0001_note", f"{STEPWISE}SET ROLE {role};\n{ADD}")
        with holding(busy, "SELECT FROM wish"):
            error = busy.fails()
        assert (error.code, error.exit_status) == ("lock-deadline", 4)
        assert "1 of 2 statements are done" in (error.state or "")
        assert busy.value("SELECT outcome FROM wishkit.execution") == "partial"
        assert busy.migrate().error is None
    finally:
        busy.rows(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_the_run_lock_is_lost_while_it_waits(busy: Project) -> None:
    busy.pair("0001_before", "CREATE TABLE before (id int);")
    busy.pair("0002_note", ADD)
    busy.hooks["Blocked"] = lambda: busy.terminate("guard")
    with holding(busy, "SELECT FROM wish; UPDATE wish SET id = id WHERE id = 1"):
        report = busy.migrate()
    assert report.error is not None
    assert (report.error.code, report.error.exit_status) == ("connection-lost", 3)
    assert "the database is at 0001_before" in (report.error.state or "")
    assert [done.id for done in report.done] == ["0001_before"]
    (blocker,) = blocked(busy)[0].blockers
    assert blocker.mode == "ROW EXCLUSIVE", "the stronger of its locks"
    assert busy.migrate().error is None


def test_whoever_turns_out_to_be_in_the_way_is_waited_for(busy: Project) -> None:
    """A text that tells nothing of its locks: who blocks it is seen when it waits."""
    busy.pair("0001_note", f"DO $$ BEGIN EXECUTE '{ADD}'; END $$;")
    with holding(busy, "SELECT FROM wish", HELD), client(busy.url) as waits:
        assert busy.migrate().error is None
    assert max(waits) < HELD / 3
    assert {b.state for e in blocked(busy) for b in e.blockers} == {"idle in transaction"}


def test_a_row_that_is_held_stalls_nobody_else(busy: Project) -> None:
    """An UPDATE that waits for one row holds those it has changed already."""
    busy.pair("0001_raise", "UPDATE wish SET id = id + 1000000;")
    held = "UPDATE wish SET id = id WHERE id = 1000"
    with (
        holding(busy, held, HELD),
        client(busy.url, "UPDATE wish SET id = id WHERE id = 1") as waits,
    ):
        assert busy.migrate().error is None
    assert max(waits) < HELD / 3
    assert busy.value("SELECT min(id) FROM wish") == 1000001


def test_it_is_cancelled_when_it_works_too_long_under_its_locks(busy: Project) -> None:
    busy.pair("0001_note", f"{ADD}\nSELECT pg_sleep(10);")
    with client(busy.url) as waits:
        error = busy.fails()
    assert (error.code, error.exit_status) == ("stalls-clients", 3)
    assert max(waits) < 5
    assert error.where is not None
    assert error.where.line == 2
    assert busy.states() == {"0001": "pending"}
    assert len([e for e in busy.events if isinstance(e, MigrationStarted)]) == 1


def test_unless_that_has_been_accepted(busy: Project) -> None:
    busy.pair("0001_note", f"{ADD}\nSELECT pg_sleep(1);")
    with client(busy.url) as waits:
        assert busy.migrate(accept=["stalls-clients"]).error is None
    assert max(waits) > 0.5
    assert busy.value("SELECT accepted FROM wishkit.execution") == ["stalls-clients"]


def test_without_patience_it_queues_like_anybody(busy: Project) -> None:
    busy.target = replace(busy.target, patience=Patience(deadline=0))
    busy.pair("0001_note", ADD)
    with holding(busy, "SELECT FROM wish", HELD, since="0001"), client(busy.url) as waits:
        assert busy.migrate().error is None
    assert max(waits) > HELD / 2
    assert not blocked(busy)


def test_a_deadlock_is_tried_again(busy: Project) -> None:
    busy.pair("0001_both", "LOCK TABLE wish;\nSELECT pg_sleep(0.1);\nLOCK TABLE other;")
    url = psycopg.conninfo.make_conninfo(busy.url, options="-c deadlock_timeout=20ms")
    busy.target = replace(busy.target, url=url)
    busy.rows("CREATE TABLE other (id int)")
    with psycopg.connect(busy.url) as rival:
        rival.execute("SET deadlock_timeout = '1h'")
        rival.execute("LOCK TABLE other")

        def close_the_circle() -> None:
            rival.execute("LOCK TABLE wish")
            rival.rollback()

        thread = threading.Thread(target=close_the_circle)
        busy.hooks["0001"] = thread.start
        assert busy.migrate().error is None
        thread.join()


def test_what_the_server_says_is_told_once(busy: Project) -> None:
    notice = "DO $$ BEGIN RAISE NOTICE 'hello'; END $$;"
    busy.pair("0001_note", f"{notice}\n{notice}\nSELECT 'a row';\n{ADD}")
    with holding(busy, "SELECT FROM wish", HELD):
        assert busy.migrate().error is None
    assert blocked(busy), "it was tried more than once"
    assert busy.notes("NOTICE") == ["hello", "hello"]
    assert len(busy.notes("ROWS")) == 1


@pytest.mark.parametrize("idle", [True, False], ids=["idle", "at work"])
def test_at_the_deadline_idle_blockers_are_ended(busy: Project, *, idle: bool) -> None:
    busy.target = replace(busy.target, patience=Patience(deadline=0.5, kill_blockers="idle"))
    busy.pair("0001_note", ADD)
    asked: list[str] = []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    busy.ask = agree
    with closing(psycopg.connect(busy.url, application_name="reporting")) as reporting:
        pid = reporting.info.backend_pid
        reporting.execute("SELECT FROM wish")
        thread = threading.Thread(target=suppressed, args=(reporting, "SELECT pg_sleep(5)"))
        if not idle:
            thread.start()
            busy.wait_for("SELECT state = 'active' FROM pg_stat_activity WHERE pid = %s", pid)
        error = busy.migrate().error
        if idle:
            assert error is None
            (killed,) = busy.value("SELECT killed FROM wishkit.execution")
            assert killed.startswith(f"pid {pid}, ")
            (question,) = asked
            assert f"pid {pid}, " in question
            assert f"ended, because it held what this needs: {killed}" in busy.notes("WARNING")
            (event,) = show(busy.workspace, "0001").history
            assert event.killed == (killed,)
        else:
            assert error is not None
            assert error.code == "lock-deadline"
            assert "--kill-blockers idle has ended nobody" in (error.help or "")
            assert "or let wishkit do that" not in (error.help or ""), "it was to"
            assert not asked
            reporting.cancel()
            thread.join()


def suppressed(connection: Connection, sql: str) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(sql.encode())


def test_nobody_is_ended_against_the_will_of_who_is_asked(busy: Project) -> None:
    busy.target = replace(busy.target, patience=Patience(deadline=0.5, kill_blockers="any"))
    busy.ask = lambda _: False
    busy.pair("0001_note", ADD)
    with holding(busy, "SELECT FROM wish") as blocker:
        assert busy.fails().code == "lock-deadline"
        assert blocker.execute("SELECT 1").fetchone() == (1,)
    assert busy.value("SELECT killed FROM wishkit.execution") is None


def test_a_prepared_transaction_is_named(busy: Project) -> None:
    busy.target = replace(busy.target, patience=Patience(deadline=0.5, kill_blockers="any"))
    busy.pair("0001_note", ADD)
    with psycopg.connect(busy.url, autocommit=True) as other:
        other.execute("BEGIN")
        other.execute("UPDATE wish SET id = id WHERE id = 1")
        other.execute("PREPARE TRANSACTION 'forgotten'")
        try:
            error = busy.fails()
        finally:
            other.execute("ROLLBACK PREPARED 'forgotten'")
    (note,) = error.notes
    assert "prepared transaction forgotten" in note
    assert "ROLLBACK PREPARED" in (error.help or "")


def test_a_role_without_privileges_waits_as_well_and_says_what_would_show_more(
    busy: Project,
) -> None:
    role = f"modest_{busy.number}"
    busy.rows(f"CREATE ROLE {role} LOGIN")
    busy.rows(f"ALTER TABLE wish OWNER TO {role}")
    busy.rows(f"GRANT CREATE ON DATABASE {busy.value('SELECT current_database()')} TO {role}")
    busy.rows(f"GRANT CREATE ON SCHEMA public TO {role}")
    modest = psycopg.conninfo.make_conninfo(busy.url, user=role)
    busy.target = replace(busy.target, url=modest, patience=Patience(deadline=30))
    busy.pair("0001_note", ADD)
    with holding(busy, "SELECT FROM wish", HELD), client(busy.url) as waits:
        assert busy.migrate().error is None
    assert max(waits) < HELD / 3
    busy.target = replace(busy.target, patience=Patience(deadline=0.6, kill_blockers="any"))
    with holding(busy, "SELECT FROM wish") as blocker:
        report = busy.rollback(steps=1)
        busy.pair("0002_note", "ALTER TABLE wish ADD COLUMN other text;")
        error = report.error or busy.fails()
        pid = blocker.info.backend_pid
        assert blocker.execute("SELECT 1").fetchone() == (1,), "it may not end it"
    assert error.code == "lock-deadline"
    assert f"pid {pid}, role " in error.notes[0]
    assert "GRANT pg_monitor TO" in (error.help or "")
    assert "GRANT pg_signal_backend TO" in (error.help or "")


@pytest.fixture
def vacuumed(project: Project, binaries: Binaries) -> Iterator[Project]:
    """A project on a server where autovacuum is awake."""
    with scratch_server(binaries, settings={"autovacuum": "on", "autovacuum_naptime": "1s"}) as s:
        url = s.create_database("vacuumed")
        target = Target(url=url, name="test", patience=Patience(deadline=30))
        yield replace(project, url=url, target=target)


def test_autovacuum_is_sent_away_without_a_stall(vacuumed: Project) -> None:
    """It gives way after deadlock_timeout; while we wait for that, clients pass."""
    busy = vacuumed
    busy.rows(
        "CREATE TABLE wish WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor"
        " = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,"
        " autovacuum_vacuum_insert_threshold = -1)"
        " AS SELECT n AS id, repeat('x', 500) AS t FROM generate_series(1, 20000) AS n"
    )
    busy.rows("DELETE FROM wish WHERE id % 2 = 0")
    busy.wait_for("SELECT count(*) > 0 FROM pg_stat_progress_vacuum WHERE relid = 'wish'::regclass")
    time.sleep(0.3)  # it gets old
    busy.pair("0001_note", ADD)
    with client(busy.url) as waits:
        assert busy.migrate().error is None
    assert max(waits) < 0.6, "a queue would have lasted for deadlock_timeout, one second"
    assert [b.autovacuum for event in blocked(busy) for b in event.blockers][:1] == [True]


def test_a_block_that_cannot_commit_is_done_once_with_its_record(busy: Project) -> None:
    """Outside a transaction too: nobody has to say what became of it, so it may be tried again."""
    busy.pair("0001_note", f"{STEPWISE}DO $$ BEGIN {ADD} END $$;")
    with holding(busy, "SELECT FROM wish", HELD), client(busy.url) as waits:
        assert busy.migrate().error is None
    assert max(waits) < HELD / 3
    assert busy.states() == {"0001": "applied"}


def test_who_is_in_the_way_is_shown_while_it_waits(busy: Project) -> None:
    """In a log as lines, when somebody comes or goes; on a terminal in lines that move."""
    busy.pair("0001_note", ADD)
    command = ["migrate", "--patience", "1s"]
    with holding(busy, "SELECT FROM wish") as blocker:
        log = busy.spawn(*command).communicate(timeout=60)[1].splitlines()
        arguments = [sys.executable, "-m", "wishkit", *command, "--url", busy.url]
        seen = on_a_terminal(arguments, busy.folder)
        pid = blocker.info.backend_pid
    (at,) = [n for n, line in enumerate(log) if "waits for a lock without queueing" in line]
    assert log[at].startswith("0001_note: ")
    assert log[at + 1].startswith(f"  pid {pid}, role ")
    assert log[at + 1].endswith("ACCESS SHARE on public.wish: SELECT FROM wish")
    assert seen.status == 3
    assert seen.raw.count("waits for a lock without queueing") > 1
    assert "waits for a lock" not in seen.screen, "the moving lines are taken away"
    assert f"note: in the way: pid {pid}, role " in seen.screen
