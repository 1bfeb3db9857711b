"""What a run is doing, as another session sees it that may only read."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.engine.conftest import PATIENCE, with_parameters
from wishkit.config import Patience
from wishkit.core.live import Doing, Edge
from wishkit.postgres import live as module
from wishkit.postgres.live import read_live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Project
    from wishkit.core.live import Live, Running

STEPWISE = "-- stepwise\n-- transactional: false\n\n"
LONG = "0002_a_name_that_is_longer_than_what_a_session_can_say_of_itself"
NOTE = "ALTER TABLE wish ADD COLUMN note text;"
HOLD = "SELECT pg_advisory_xact_lock_shared(1);"
# The same, but at work and not waiting: no lock_timeout ends it.
BUSY = (
    "DO $$ BEGIN WHILE NOT pg_try_advisory_xact_lock_shared(1) LOOP PERFORM pg_sleep(0.01);"
    " END LOOP; END $$;"
)


@pytest.fixture
def wishes(project: Project) -> Project:
    """A table that is there, and runs that wait for its locks instead of queueing."""
    project.pair(
        "0001_wish",
        "CREATE TABLE wish (id int PRIMARY KEY, title text);"
        "INSERT INTO wish SELECT n, 'wish' FROM generate_series(1, 400) AS n;",
        "DROP TABLE wish;",
    )
    assert project.migrate().error is None
    project.target = replace(project.target, patience=Patience(deadline=60))
    return project


@contextmanager
def somebody(url: str, *statements: str) -> Iterator[psycopg.Connection]:
    """Somebody's open transaction."""
    with psycopg.connect(url, application_name="reporting") as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


class Onlooker:
    """Looks until what it sees is as it should be."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def until(self, wanted: Callable[[Live], object], *ids: str) -> Live:
        deadline = time.monotonic() + PATIENCE
        while not wanted(live := read_live(self.connection, ids=ids)):
            assert time.monotonic() < deadline, f"never seen; at last:\n{live}"
            time.sleep(0.01)
        return live

    def run(self, wanted: Callable[[Running], object], *ids: str) -> Running:
        """The only run, once it is as it should be."""
        (run,) = self.until(lambda it: it.running and wanted(it.running[0]), *ids).running
        return run

    def ended(self) -> Live:
        return self.until(lambda it: not it.running and it.ended)


@pytest.fixture
def onlooker(project: Project) -> Iterator[Onlooker]:
    it = Onlooker(project.url)
    with closing(it.connection):
        yield it


def test_a_database_without_a_ledger(onlooker: Onlooker) -> None:
    live = read_live(onlooker.connection)
    assert (live.running, live.queued, live.ended, live.advice) == ((), (), None, ())


def test_a_statement_of_a_transactional_migration(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_first", "SELECT 1;")
    wishes.pair("0003_hold", f"CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n{HOLD}")
    with wishes.gate() as gate:
        pid = gate.info.backend_pid
        process = wishes.spawn("migrate")
        run = onlooker.run(lambda it: it.blockers and it.at and it.at.sql)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert (run.run, run.verb, run.environment) == (2, "migrate", "command line")
    assert run.os_user
    assert run.host
    assert run.seconds is not None
    assert run.started_at is not None
    assert run.started_at.utcoffset() is not None
    assert (run.position, run.total, run.direction) == (2, 2, "forward")
    assert run.at is not None
    assert (run.at.first, run.at.last, run.at.statements) == (3, 3, 3)
    assert run.at.sql == HOLD.rstrip(";")
    assert run.at.seconds is not None
    assert run.doing is Doing.WAITING
    (blocker,) = run.blockers
    assert (blocker.pid, blocker.state) == (pid, "idle")
    assert run.edges == (Edge(run.pid or 0, blocker.pid),)
    ended = onlooker.ended().ended
    assert ended is not None
    assert (ended.run, ended.outcome, ended.done, ended.migration) == (2, "done", 2, "0003_hold")
    assert ended.ago is not None


def test_backward(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_hold", "SELECT 1;", HOLD)
    assert wishes.migrate().error is None
    with ThreadPoolExecutor() as pool:
        with wishes.gate():
            future = pool.submit(wishes.rollback, steps=1)
            run = onlooker.run(lambda it: it.migration and it.blockers)
        assert future.result(PATIENCE).error is None
    assert (run.verb, run.migration, run.direction) == ("rollback", "0002_hold", "backward")


def test_secrets_are_not_shown(wishes: Project, onlooker: Onlooker) -> None:
    held = f"{HOLD.rstrip(';')}, 'postgresql://ann:secret@host/db';"
    wishes.pair("0002_hold", held)
    with ThreadPoolExecutor() as pool:
        with wishes.gate():
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.migration and it.at and it.at.sql)
        assert future.result(PATIENCE).error is None
    assert run.at is not None
    assert "ann:***@host" in (run.at.sql or "")
    assert "secret" not in str(run)


def test_at_the_gate_it_tells_whom_it_waits_for(wishes: Project, onlooker: Onlooker) -> None:
    """It is not in the queue, and has no transaction: pg_blocking_pids knows nothing."""
    wishes.pair(LONG, NOTE)
    with ThreadPoolExecutor() as pool:
        with somebody(wishes.url, "SELECT FROM wish") as reader:
            pid = reader.info.backend_pid
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.doing is Doing.GATE and it.blockers, LONG)
            (cut,) = onlooker.until(lambda it: it.running and it.running[0].blockers).running
        after = onlooker.until(lambda it: not (it.running and it.running[0].blockers))
        assert future.result(PATIENCE).error is None
    assert (run.migration, run.position, run.total) == (LONG, 1, 1)
    assert run.at is not None
    assert (run.at.first, run.at.statements) == (1, 1)
    (blocker,) = run.blockers
    assert blocker.pid == pid
    assert (blocker.mode, blocker.relation) == ("ACCESS SHARE", "public.wish")
    assert (blocker.application, blocker.state) == ("reporting", "idle in transaction")
    assert blocker.query == "SELECT FROM wish"
    assert run.edges == (Edge(run.pid or 0, blocker.pid),)
    assert LONG.startswith((cut.migration or "").rstrip("~"))
    assert not [it.blockers for it in after.running if it.blockers]
    guard = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%% waits%%'"
    assert wishes.value(guard) == 0


def test_an_index_build_tells_its_phase(wishes: Project, onlooker: Onlooker) -> None:
    build = "CREATE INDEX CONCURRENTLY wish_title ON wish (title)"
    wishes.pair("0002_index", f"{STEPWISE}SELECT 1;\n{build};")
    with ThreadPoolExecutor() as pool:
        with somebody(wishes.url, "INSERT INTO wish VALUES (0)") as writer:
            pid = writer.info.backend_pid
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.progress and it.blockers)
        assert future.result(PATIENCE).error is None
    assert (run.migration, run.position, run.total) == ("0002_index", 1, 1)
    assert run.at is not None
    assert (run.at.first, run.at.statements, run.at.sql) == (2, 2, build)
    assert run.progress is not None
    assert run.progress.phase == "waiting for writers before build"
    assert (run.progress.done, run.progress.total, run.fraction) == (0, 1, 0.0)
    assert run.progress.detail == "public.wish"
    assert [it.pid for it in run.blockers] == [pid]


def test_a_partitioned_index_counts_its_partitions(wishes: Project, onlooker: Onlooker) -> None:
    wishes.rows(
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM"
        " pg_advisory_xact_lock_shared(1) WHERE $1 = 2; RETURN $1; END $$;"
        "CREATE TABLE visit (id int) PARTITION BY LIST (id);"
        "CREATE TABLE visit_1 PARTITION OF visit FOR VALUES IN (1);"
        "CREATE TABLE visit_2 PARTITION OF visit FOR VALUES IN (2);"
        "INSERT INTO visit VALUES (1), (2);"
    )
    wishes.pair("0002_index", "CREATE INDEX ON visit (slow(id));")
    with ThreadPoolExecutor() as pool:
        with wishes.gate():
            future = pool.submit(wishes.migrate)
            counted = "public.visit, 1 of 2 partitions done"
            run = onlooker.run(lambda it: it.progress and it.progress.detail == counted)
        assert future.result(PATIENCE).error is None
    assert run.fraction is not None
    assert run.fraction >= 0.5


def test_a_backfill_tells_its_rows(wishes: Project, onlooker: Onlooker) -> None:
    update = "UPDATE wish SET title = 'x'"
    head = "-- fill\n-- transactional: false\n-- batch: id 50\n\n"
    wishes.pair("0002_fill", f"{head}{update};")
    with ThreadPoolExecutor() as pool:
        with somebody(wishes.url, "SELECT FROM wish WHERE id = 230 FOR UPDATE") as holder:
            pid = holder.info.backend_pid
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.progress and it.blockers)
        assert future.result(PATIENCE).error is None
    assert run.progress is not None
    assert (run.progress.phase, run.progress.total) == ("rows", 400)
    assert run.progress.done is not None
    assert 0 < run.progress.done < 230
    assert run.fraction == run.progress.done / 400
    assert run.at is not None
    assert (run.at.first, run.at.sql) == (1, update)
    assert [it.pid for it in run.blockers] == [pid]


def test_a_copy_is_counted(wishes: Project, onlooker: Onlooker) -> None:
    """The bytes of a COPY are known to the run alone, so it says how many there are."""
    lines = "".join(f"{n}\t{'x' * 2000}\n" for n in range(1000, 1600))
    wishes.rows(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM"
        " pg_advisory_xact_lock_shared(1) WHERE new.id = 1500; RETURN new; END $$;"
        "CREATE TRIGGER hold BEFORE INSERT ON wish FOR EACH ROW EXECUTE FUNCTION hold()"
    )
    wishes.pair("0002_copy", f"SELECT 1;\nCOPY wish (id, title) FROM stdin;\n{lines}\\.\n")
    with ThreadPoolExecutor() as pool:
        with wishes.gate():
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.progress and it.blockers)
        assert future.result(PATIENCE).error is None
    assert run.at is not None
    assert (run.at.first, run.at.statements) == (2, 2)
    assert run.progress is not None
    assert (run.progress.phase, run.progress.unit) == ("copying", "bytes")
    assert run.progress.total == len(lines)
    assert run.fraction is not None
    assert 0.5 < run.fraction < 1


def test_who_waits_for_it_and_who_behind_them(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_hold", f"{NOTE}\n{BUSY}")
    with ThreadPoolExecutor() as pool, wishes.gate() as gate:
        process = wishes.spawn("migrate", "--accept", "stalls-clients")
        onlooker.run(lambda it: it.at and it.at.first == 2)
        with (
            psycopg.connect(wishes.url, application_name="first") as one,
            psycopg.connect(wishes.url, application_name="second") as two,
        ):
            one_pid = one.info.backend_pid
            one.execute("CREATE TABLE mine (id int)")  # for which the second will wait
            two.execute("SET lock_timeout = 0")
            reads = pool.submit(one.execute, "SELECT FROM wish -- password=hidden")
            run = onlooker.run(lambda it: it.waiters)
            two.execute("SELECT 1")
            behind = pool.submit(two.execute, "CREATE TABLE mine (id int)")
            both = onlooker.run(lambda it: len(it.waiters) == 2)
            gate.execute("SELECT pg_advisory_unlock(1)")
            reads.result(PATIENCE)
            one.rollback()
            behind.result(PATIENCE)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    (waiter,) = run.waiters
    assert (waiter.pid, waiter.application) == (one_pid, "first")
    assert (waiter.mode, waiter.relation) == ("ACCESS SHARE", "public.wish")
    assert waiter.sql == "SELECT FROM wish -- password=***"
    assert waiter.started_at is not None
    first, second = both.waiters
    assert (first.application, second.application) == ("first", "second")
    assert second.mode is None  # it waits for the end of a transaction
    pid = both.pid or 0
    assert {*both.edges} == {Edge(first.pid, pid), Edge(second.pid, first.pid)}
    assert both.doing is Doing.WORKING


def test_of_a_crowd_only_those_are_looked_at_who_wait_longest(
    wishes: Project, onlooker: Onlooker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    wishes.pair("0002_hold", f"{NOTE}\n{BUSY}")
    with ThreadPoolExecutor(8) as pool, wishes.gate() as gate:
        future = pool.submit(wishes.migrate, accept=["stalls-clients"])
        onlooker.run(lambda it: it.at and it.at.first == 2)
        reads = [pool.submit(wishes.rows, "SELECT FROM wish") for _ in range(3)]
        live = onlooker.until(lambda it: it.unlooked == 1)
        gate.execute("SELECT pg_advisory_unlock(1)")
        for read in reads:
            read.result(PATIENCE)
        assert future.result(PATIENCE).error is None
    assert len(live.running[0].waiters) == 2


def test_a_run_that_waits_for_another(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_hold", HOLD)
    with ThreadPoolExecutor() as pool, wishes.gate() as gate:
        future = pool.submit(wishes.migrate)
        onlooker.run(lambda it: it.blockers)
        wishes.target = replace(wishes.target, lock_wait=60)
        second = pool.submit(wishes.migrate)
        live = onlooker.until(lambda it: it.queued)
        gate.execute("SELECT pg_advisory_unlock(1)")
        assert future.result(PATIENCE).error is None
        assert second.result(PATIENCE).error is None
    (queued,) = live.queued
    assert queued.verb == "migrate"
    assert queued.os_user == live.running[0].os_user
    assert queued.seconds is not None
    assert len(live.running) == 1
    assert not onlooker.ended().queued


def test_a_name_that_the_user_chose_is_respected(wishes: Project, onlooker: Onlooker) -> None:
    """Then less is told: what the server and the ledger know."""
    wishes.pair("0002_hold", HOLD)
    wishes.target = replace(
        wishes.target, url=with_parameters(wishes.url, {"application_name": "nightly"})
    )
    with ThreadPoolExecutor() as pool:
        with wishes.gate():
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.blockers and it.at)
            names = wishes.rows(
                "SELECT DISTINCT application_name FROM pg_stat_activity WHERE pid = %s", run.pid
            )
        assert future.result(PATIENCE).error is None
    assert names == [("nightly",)]
    assert (run.migration, run.doing) == (None, Doing.WAITING)
    assert run.at is not None
    assert run.at.sql == HOLD.rstrip(";")


def test_a_name_that_a_migration_sets_is_its_own(wishes: Project) -> None:
    wishes.pair(
        "0002_name",
        "CREATE TABLE seen AS SELECT current_setting('application_name') AS name;\n"
        "SET LOCAL application_name = 'mine';\n"
        "CREATE INDEX ON wish (title);\n"
        "INSERT INTO seen SELECT current_setting('application_name');",
    )
    wishes.pair(
        "0003_stepwise",
        f"{STEPWISE}SET application_name = 'ours';\n"
        "INSERT INTO seen SELECT current_setting('application_name');",
    )
    wishes.pair("0004_after", "INSERT INTO seen SELECT current_setting('application_name');")
    assert wishes.migrate().error is None
    names = [name for (name,) in wishes.rows("SELECT name FROM seen")]
    assert names == [
        "wishkit migrate 1/3 0002_name 1-2/4",
        "mine",
        "ours",
        "wishkit migrate 3/3 0004_after 1/1",
    ]


def test_a_failure_is_seen_when_it_has_ended(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_broken", "SELECT wrong FROM wish;")
    assert wishes.migrate().error is not None
    ended = onlooker.ended().ended
    assert ended is not None
    assert (ended.outcome, ended.done, ended.migration) == ("failed", 0, "0002_broken")
    assert (ended.code, ended.direction) == ("migration-failed", "forward")
    assert ended.message == 'column "wrong" does not exist'


def test_a_killed_run_is_orphaned_and_then_gone(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_hold", HOLD)
    wishes.target = replace(wishes.target, patience=Patience(deadline=0))
    with wishes.gate():
        process = wishes.spawn("migrate")
        onlooker.run(lambda it: it.blockers)
        process.send_signal(signal.SIGKILL)
        run = onlooker.run(lambda it: it.doing is Doing.ORPHANED)
        assert run.migration == "0002_hold"
        gone = onlooker.ended().ended
    assert gone is not None
    assert (gone.run, gone.outcome, gone.ended_at) == (2, "gone", None)
    assert wishes.migrate().error is None
    after = onlooker.ended().ended
    assert after is not None
    assert (after.run, after.outcome) == (3, "done")
    process.communicate()


def test_what_a_role_sees_that_may_only_read(wishes: Project) -> None:
    """Less, until it is granted more; which grant that is is said."""
    role = f"dashboard_{wishes.number}"
    wishes.rows(
        f"CREATE ROLE {role} LOGIN; ALTER ROLE {role} SET default_transaction_read_only = on"
    )
    wishes.pair("0002_add", NOTE)
    try:
        with ThreadPoolExecutor() as pool:
            with somebody(wishes.url, "SELECT FROM wish"):
                future = pool.submit(wishes.migrate)
                look = Onlooker(psycopg.conninfo.make_conninfo(wishes.url, user=role))
                with closing(look.connection):
                    bare = look.until(lambda it: it.running and it.running[0].doing is Doing.GATE)
                    wishes.rows(
                        f"GRANT USAGE ON SCHEMA wishkit TO {role};"
                        f"GRANT SELECT ON ALL TABLES IN SCHEMA wishkit TO {role}"
                    )
                    reads = look.run(lambda it: it.doing is Doing.GATE and it.blockers)
                    advice = look.until(lambda it: it.running).advice
                    wishes.rows(f"GRANT pg_monitor TO {role}")
                    sees = look.run(lambda it: it.doing is Doing.GATE and it.blockers)
                    quiet = look.until(lambda it: it.running).advice
            assert future.result(PATIENCE).error is None
    finally:
        wishes.rows(f"DROP OWNED BY {role}; DROP ROLE {role}")
    (unknown,) = bare.running
    assert (unknown.run, unknown.migration, unknown.position) == (None, "0002_add", 1)
    assert bare.ended is None
    assert f'GRANT SELECT ON ALL TABLES IN SCHEMA wishkit TO "{role}"' in bare.advice[0]
    assert (reads.run, reads.migration, reads.verb) == (2, "0002_add", "migrate")
    (blocker,) = reads.blockers
    assert (blocker.mode, blocker.relation) == ("ACCESS SHARE", "public.wish")
    assert (blocker.application, blocker.query, blocker.state) == ("reporting", None, None)
    (hint,) = advice
    assert f'GRANT pg_monitor TO "{role}"' in hint
    assert sees.blockers[0].query == "SELECT FROM wish"
    assert quiet == ()
