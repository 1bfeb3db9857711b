"""An index built online: caught in each of its phases by each kind of fault, it heals."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.engine.conftest import Project
from wishkit.config import Target
from wishkit.postgres.server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from tests.plugins.project import SqlFolder
    from wishkit.errors import WishkitError

HEADER = "-- stepwise\n-- transactional: false\n\n"
INDEX = f"{HEADER}CREATE INDEX CONCURRENTLY wish_slow ON wish (slow(title));"
# Whoever computes it can be held back: while the index is built, or, for a row that was added
# meanwhile, while it is validated.
TABLE = """
CREATE TABLE wish (id int, title text);
INSERT INTO wish SELECT n, 'wish ' || n FROM generate_series(1, 50) AS n;
CREATE FUNCTION slow(title text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared(CASE title WHEN 'late' THEN 2 ELSE 1 END);
    RETURN title;
END $$;
"""
LATE = "INSERT INTO wish VALUES (0, 'late')"
PHASES = (
    "waiting for writers before build",
    "building index",
    "waiting for writers before validation",
    "index validation",
    "waiting for old snapshots",
)
INDEXES = (
    "SELECT indexrelid::regclass::text, indisvalid AND indisready AND indislive FROM pg_index"
    " WHERE indrelid = 'wish'::regclass ORDER BY 1"
)


def with_table(project: Project) -> Project:
    project.pair("0001_wish", TABLE, "DROP TABLE wish; DROP FUNCTION slow;")
    assert project.migrate().error is None
    project.pair("0002_index", INDEX, f"{HEADER}DROP INDEX CONCURRENTLY wish_slow;")
    return project


@contextmanager
def transaction(project: Project, *statements: str) -> Iterator[psycopg.Connection]:
    """Somebody's open transaction; it may be gone at the end, with the server."""
    connection = psycopg.connect(project.url)
    for statement in statements:
        connection.execute(statement.encode())
    try:
        yield connection
    finally:
        with suppress(psycopg.OperationalError):
            connection.rollback()
        connection.close()


def release(gate: psycopg.Connection) -> None:
    gate.execute("SELECT pg_advisory_unlock_all()")


def wait_for_phase(project: Project, phase: str) -> None:
    project.wait_for(
        "SELECT count(*) > 0 FROM pg_stat_progress_create_index"
        " WHERE datname = current_database() AND starts_with(phase, %s)",
        phase,
    )


@contextmanager
def caught_in(project: Project, phase: str, start: Callable[[], object]) -> Iterator[None]:
    """A run that stands in this phase, for as long as the block runs."""
    with ExitStack() as stack:
        if phase == PHASES[0]:
            stack.enter_context(transaction(project, "INSERT INTO wish VALUES (0, 'first')"))
        elif phase == PHASES[4]:
            repeatable = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
            stack.enter_context(transaction(project, repeatable, "SELECT count(*) FROM wish"))
        else:
            building = stack.enter_context(project.gate(1))
            validating = stack.enter_context(project.gate(2))
        start()
        if phase in PHASES[1:4]:
            project.wait_at_gate(1)
        if phase == PHASES[2]:
            stack.enter_context(transaction(project, LATE))
            release(validating)
            release(building)
        elif phase == PHASES[3]:
            project.rows(LATE)
            release(building)
            project.wait_at_gate(2)
        wait_for_phase(project, phase)
        yield


@pytest.fixture
def project_to_hurt(request: pytest.FixtureRequest, fault: str) -> Project:
    """A server of its own only for what hurts a server."""
    if fault != "crash":
        return with_table(request.getfixturevalue("project"))
    project: Project = request.getfixturevalue("private_project")
    # Scratch servers run without, and then a crash may lose what had been committed.
    url = psycopg.conninfo.make_conninfo(project.url, options="-c synchronous_commit=on")
    project.target = replace(project.target, url=url)
    return with_table(project)


@pytest.mark.parametrize("fault", ["terminate", "SIGKILL", "crash", "cancel"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_build_is_caught_in_any_phase(project_to_hurt: Project, phase: str, fault: str) -> None:
    project = project_to_hurt
    processes: list[subprocess.Popen[str]] = []
    runs: list[Future[WishkitError]] = []
    with ThreadPoolExecutor() as pool:

        def start() -> None:
            if fault == "SIGKILL":
                processes.append(project.spawn("migrate"))
            else:
                runs.append(pool.submit(project.fails))

        with caught_in(project, phase, start):
            FAULTS[fault](project)
            for process in processes:
                process.kill()
                process.communicate(timeout=30)
        for run in runs:
            error = run.result(60)
            expected = ("migration-failed", 3) if fault == "cancel" else ("connection-lost", 4)
            assert (error.code, error.exit_status) == expected
    if fault == "cancel":
        assert error.state == "nothing of 0002_index remains; the database is at 0001_wish"
        assert project.rows(INDEXES) == []
    ends_right(project)


def terminate(project: Project) -> None:
    project.terminate("work")


def cancel(project: Project) -> None:
    project.rows("SELECT pg_cancel_backend(%s)", project.processes()["work"])


def crash(project: Project) -> None:
    """The server takes the death of one of its processes for a crash: it stops at once."""
    with psycopg.connect(project.url, autocommit=True) as victim:
        subprocess.run(["kill", "-KILL", str(victim.info.backend_pid)], check=True)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("SELECT 1")


FAULTS: dict[str, Callable[[Project], object]] = {
    "terminate": terminate,
    "SIGKILL": lambda _: None,
    "crash": crash,
    "cancel": cancel,
}


def ends_right(project: Project) -> None:
    """The next run ends with exactly one valid index, and nothing in the journal."""
    report = project.migrate()
    assert report.error is None, (report.error, report.error.state)
    assert project.rows(INDEXES) == [("wish_slow", True)]
    project.assert_done()


def test_the_server_is_stopped_at_once_and_started_again(
    sql_folder: SqlFolder, tmp_path: Path
) -> None:
    """While the run waits for it to come back, the build it was at is gone."""
    server = EmbeddedServer(tmp_path / "server")
    try:
        url = server.start().url or ""
        project = with_table(Project(sql_folder({}), sql_folder, url, Target(url=url, name="test")))
        with ThreadPoolExecutor() as pool:
            runs: list[Future[WishkitError]] = []
            with caught_in(project, PHASES[2], lambda: runs.append(pool.submit(project.fails))):
                postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
                os.kill(postmaster, signal.SIGQUIT)  # "immediate shutdown": manual, 18.5
                with suppress(ProcessLookupError):
                    while True:
                        os.kill(postmaster, 0)
                        time.sleep(0.02)
                assert server.start().url == url
            (run,) = runs
            assert run.result(60).code == "connection-lost"
        assert project.states()["0002"] == "partial"
        ends_right(project)
    finally:
        server.stop()
