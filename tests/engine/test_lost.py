"""Connections and servers that go away in the middle of a run."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.engine.conftest import PATIENCE, Project
from tests.engine.proxy import Cut
from wishkit.config import Target
from wishkit.errors import ConnectError, OutcomeUnknown
from wishkit.postgres import run
from wishkit.postgres.lock import KEY
from wishkit.postgres.server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.proxy import Proxy
    from tests.plugins.project import SqlFolder
    from wishkit.errors import WishkitError

GATE = "SELECT pg_advisory_xact_lock_shared(1);\n"
HEADERS = {"transactional": "", "stepwise": "-- stepwise\n-- transactional: false\n\n"}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_the_work_connection_is_terminated(project: Project, header: str) -> None:
    project.pair("0001_before", "CREATE TABLE before (id int);")
    project.pair("0002_wish", f"{header}CREATE TABLE wish (id int);\n{GATE}SELECT 1;")
    with project.gate():
        process = project.spawn("migrate")
        project.wait_at_gate()
        project.terminate("work")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == (4 if header else 3), errors
    assert "error[connection-lost]: terminating connection due to administrator command" in errors
    assert "the database is at 0001_before" in errors
    if header:
        assert "0002_wish is partly applied: 1 of 3 statements are done" in errors
    project.assert_sound()
    assert project.migrate().error is None
    project.assert_done()


def test_the_work_connection_is_terminated_between_migrations(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    project.pair("0002_more", "CREATE TABLE more (id int);")
    project.hooks["0002"] = lambda: project.terminate("work")
    error = project.fails()
    assert (error.code, error.exit_status) == ("connection-lost", 3)
    assert error.state == "0002_more was rolled back; the database is at 0001_wish"
    project.assert_sound()
    assert project.migrate().error is None
    project.assert_done()


def test_both_connections_are_terminated(project: Project) -> None:
    project.pair("0001_wish", f"CREATE TABLE wish (id int);\n{GATE}")
    with project.gate():
        process = project.spawn("migrate")
        project.wait_at_gate()
        project.terminate("guard")
        project.terminate("work")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 3, errors
    assert "state: 0001_wish was rolled back; nothing is applied" in errors
    project.assert_sound()
    assert project.migrate().error is None
    project.assert_done()


def test_the_lock_goes_to_another_run_with_the_connection(project: Project) -> None:
    project.pair("0001_wish", f"CREATE TABLE wish (id int);\n{GATE}")
    project.target = replace(project.target, lock_wait=0)
    with project.gate(), psycopg.connect(project.url, autocommit=True) as rival:
        outcome: list[object] = []
        thread = threading.Thread(target=lambda: outcome.append(project.migrate().error))
        thread.start()
        project.wait_at_gate()
        processes = project.processes()
        project.terminate("guard")
        rival.execute("SELECT pg_advisory_lock(%s, %s)", list(KEY.values()))
        project.rows("SELECT pg_terminate_backend(%s)", processes["work"])
        thread.join(30)
    (error,) = outcome
    assert isinstance(error, OutcomeUnknown)
    assert (error.code, error.exit_status) == ("lock-lost", 4)
    assert error.state == "not known: 0001_wish is done and recorded, or neither"
    assert project.migrate().error is None
    project.assert_done()


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("message", range(12))
def test_the_connection_is_cut_at_any_message(
    project: Project, through_proxy: Callable[..., Proxy], message: int, header: str
) -> None:
    """Of the work connection, from the first after the run's beginning."""
    project.pair("0001_before", "CREATE TABLE before (id int);")
    project.pair(
        "0002_wish",
        f"{header}CREATE TABLE wish (id int);\nCOPY wish FROM stdin;\n1\n\\.\n"
        "INSERT INTO wish VALUES (2);\nVALUES (1);",
    )
    counted = iter(range(10000))
    begun = threading.Event()

    def matches(data: bytes) -> bool:
        if b"client_connection_check_interval" in data:
            begun.set()
        return begun.is_set() and next(counted) == message

    proxy = through_proxy(cut=Cut("before", matches))
    error: WishkitError | None
    try:
        error = project.migrate().error
    except ConnectError as before_anything_ran:
        error = before_anything_ran
        assert project.value("SELECT count(*) FROM wishkit.execution") == 0
    if error:
        assert (error.code, error.exit_status == 2) == (
            "connection-lost",
            isinstance(error, ConnectError),
        )
    proxy.cut = None
    project.pair("0003_next", "CREATE TABLE next (id int);")
    assert project.migrate().error is None
    assert project.rows("SELECT * FROM wish ORDER BY 1") == [(1,), (2,)]
    project.assert_done()


def test_the_server_does_not_come_back(
    project: Project, through_proxy: Callable[..., Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pair("0001_before", "CREATE TABLE before (id int);")
    project.pair("0002_wish", f"CREATE TABLE wish (id int);\n{GATE}")
    monkeypatch.setattr(run, "RECONNECT_PATIENCE", 0.3)
    direct = project.target
    proxy = through_proxy()
    with project.gate():
        outcome: list[object] = []
        thread = threading.Thread(target=lambda: outcome.append(project.migrate().error))
        thread.start()
        project.wait_at_gate()
        proxy.close()
        thread.join(30)
    (error,) = outcome
    assert isinstance(error, OutcomeUnknown)
    assert (error.code, error.exit_status) == ("outcome-unknown", 4)
    assert error.state == "not known: 0002_wish is done and recorded, or neither"
    project.target = direct
    assert project.migrate().error is None
    assert project.rows("SELECT outcome FROM wishkit.run ORDER BY id")[0] == ("lost",)
    project.assert_done()


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_the_server_crashes_and_recovers(private_project: Project, header: str) -> None:
    project = private_project
    project.pair("0001_before", "CREATE TABLE before (id int);")
    project.pair("0002_wish", f"{header}CREATE TABLE wish (id int);\n{GATE}SELECT 1;")
    # Scratch servers run without, and then a crash may lose what had been committed.
    url = psycopg.conninfo.make_conninfo(project.url, options="-c synchronous_commit=on")
    project.target = replace(project.target, url=url)
    with project.gate() as gate:
        process = project.spawn("migrate", url=url)
        project.wait_at_gate()
        kill_server_process(gate)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (4 if header else 3), errors
    assert "error[connection-lost]" in errors
    assert "the database is at 0001_before" in errors
    project.assert_sound()
    assert project.migrate().error is None
    project.assert_done()


def kill_server_process(connection: psycopg.Connection) -> None:
    """The server takes the death of one of its processes for a crash, and restarts."""
    pid = connection.info.backend_pid
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_the_server_is_stopped_at_once_and_started_again(
    sql_folder: SqlFolder, tmp_path: Path
) -> None:
    server = EmbeddedServer(tmp_path / "server")
    try:
        url = server.start().url or ""
        project = Project(sql_folder({}), sql_folder, url, Target(url=url, name="test"))
        project.pair("0001_before", "CREATE TABLE before (id int);")
        project.pair("0002_wish", "CREATE TABLE wish (id int);\nSELECT pg_sleep(600);")
        project.pair("0003_next", "CREATE TABLE next (id int);")
        process = project.spawn("migrate")
        project.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        deadline = time.monotonic() + PATIENCE
        with suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.kill(postmaster, 0)
                time.sleep(0.02)
        assert server.start().url == url
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 3, errors
        assert "0002_wish was rolled back; the database is at 0001_before" in errors
        project.assert_sound()
        project.pair("0002_wish", "CREATE TABLE wish (id int);")
        assert project.migrate().error is None
        project.assert_done()
    finally:
        server.stop()
