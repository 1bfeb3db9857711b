"""Several runs at once: one works, the others wait or say for whom; each migration once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.errors import LockHeld
from wishkit.postgres.lock import KEY

if TYPE_CHECKING:
    from tests.engine.conftest import Project
    from tests.plugins.databases import MakeDatabase

GATE = "SELECT pg_advisory_xact_lock_shared(1);\n"


@pytest.mark.parametrize("count", [2, 10])
def test_processes_at_once(project: Project, count: int) -> None:
    for n in range(1, 6):
        project.pair(f"000{n}_wish", f"CREATE TABLE wish_{n} (id int); SELECT pg_sleep(0.02);")
    project.pair(
        "0006_index", "-- i\n-- transactional: false\n\nCREATE INDEX CONCURRENTLY i ON wish_1 (id);"
    )
    processes = [project.spawn("migrate", "--lock-wait", "60s") for _ in range(count)]
    said = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * count, said
    assert sum("6 migrations applied" in output for output, _ in said) == 1
    assert project.value("SELECT count(*) FROM wishkit.execution") == 6
    project.assert_done()


def test_the_second_waits_and_then_has_nothing_to_do(project: Project) -> None:
    project.pair("0001_wish", GATE + "CREATE TABLE wish (id int);")
    with project.gate():
        first = project.spawn("migrate")
        project.wait_at_gate()
        second = project.spawn("migrate")
        assert second.stderr is not None
        seen = ""
        while "waiting for the run lock" not in seen:
            seen += second.stderr.readline()
    assert f"process {first.pid}" in seen
    outputs = [process.communicate(timeout=30)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert "1 migration applied" in outputs[0]
    assert "nothing to do" in outputs[1]
    project.assert_done()


def test_who_does_not_wait_is_told_for_whom(project: Project) -> None:
    project.pair("0001_wish", GATE + "CREATE TABLE wish (id int);")
    with project.gate():
        first = project.spawn("migrate")
        project.wait_at_gate()
        second = project.spawn("migrate", "--lock-wait", "0s")
        _, errors = second.communicate(timeout=30)
        assert second.returncode == 2
        assert "error[lock-held]: another run holds the lock: wishkit migrate" in errors
        assert f"process {first.pid}" in errors
        assert "state: nothing was run" in errors
        project.target = replace(project.target, lock_wait=0)
        with pytest.raises(LockHeld, match=f"process {first.pid}"):
            project.migrate()
    first.communicate(timeout=30)
    assert first.returncode == 0
    project.assert_done()


def test_a_rollback_waits_for_a_migrate(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);", "DROP TABLE wish;")
    assert project.migrate().error is None
    project.pair("0002_more", GATE + "CREATE TABLE more (id int);", "DROP TABLE more;")
    with project.gate():
        first = project.spawn("migrate")
        project.wait_at_gate()
        second = project.spawn("rollback", "--to", "base", "--accept-data-loss")
        assert second.stderr is not None
        seen = ""
        while "waiting for the run lock" not in seen:
            seen += second.stderr.readline()
    assert first.wait(30) == 0
    first.communicate()
    _, errors = second.communicate(timeout=30)
    # What it was asked to undo is no longer all there is.
    assert second.returncode == 1, errors
    assert "error[changed-meanwhile]" in errors
    project.assert_done()


def test_status_does_not_wait(project: Project) -> None:
    project.pair("0001_wish", GATE + "CREATE TABLE wish (id int);")
    with project.gate():
        first = project.spawn("migrate")
        project.wait_at_gate()
        assert project.states() == {"0001": "pending"}
    first.communicate(timeout=30)
    project.assert_done()


def test_the_guard_is_lost_and_the_lock_taken_again(project: Project) -> None:
    """Somebody ends the idle connection that holds the lock."""
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    project.pair("0002_more", "CREATE TABLE more (id int);")
    project.pair("0003_most", "CREATE TABLE most (id int);")
    guards = []
    project.hooks["0001"] = lambda: project.terminate("guard")
    project.hooks["0002"] = lambda: guards.append(project.processes()["guard"])
    project.hooks["0003"] = lambda: guards.append(project.processes()["guard"])
    assert project.migrate().error is None
    assert guards[0] == guards[1] != 0
    project.assert_done()


def test_the_guard_is_lost_and_another_run_has_the_lock(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    project.pair("0002_more", "CREATE TABLE more (id int);")
    project.target = replace(project.target, lock_wait=0)
    with psycopg.connect(project.url, autocommit=True) as rival:

        def take_over() -> None:
            project.terminate("guard")
            rival.execute("SELECT pg_advisory_lock(%s, %s)", list(KEY.values()))

        project.hooks["0001"] = take_over
        report = project.migrate()
    assert report.error is not None
    assert (report.error.code, report.error.exit_status) == ("lock-lost", 3)
    assert report.error.state == "stopped between migrations; the database is at 0001_wish"
    assert [d.id for d in report.done] == ["0001_wish"]
    assert project.states() == {"0001": "applied", "0002": "pending"}
    assert project.migrate().error is None
    project.assert_done()


def test_an_idle_session_timeout_does_not_take_the_lock(project: Project) -> None:
    url = psycopg.conninfo.make_conninfo(project.url, options="-c idle_session_timeout=1s")
    project.target = replace(project.target, url=url)
    project.pair("0001_slow", "SELECT pg_sleep(1.3);")
    project.pair("0002_more", "CREATE TABLE more (id int);")
    guards = []
    project.hooks["0001"] = lambda: guards.append(project.processes()["guard"])
    project.hooks["0002"] = lambda: guards.append(project.processes()["guard"])
    assert project.migrate().error is None
    assert guards[0] == guards[1] != 0
    project.assert_done()


def test_two_in_one_process(project: Project, make_database: MakeDatabase) -> None:
    """The lock is per database."""
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    other = replace(project, url=make_database(), events=[], hooks={})
    other.target = replace(project.target, url=other.url)
    project.hooks["0001"] = other.migrate
    assert project.migrate().error is None
    other.assert_done()
    project.assert_done()
