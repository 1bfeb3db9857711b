"""A run is killed, terminated or interrupted, at each of its statements and at COMMIT."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.engine.proxy import Cut, Proxy, commits

if TYPE_CHECKING:
    import subprocess

    from tests.engine.conftest import Project
    from tests.engine.proxy import Moment

GATE = "SELECT pg_advisory_xact_lock_shared({});\n"
STATEMENTS = [
    "CREATE TABLE wish (id int);\n",
    "INSERT INTO wish VALUES (1);\n",
    "CREATE INDEX wish_id ON wish (id);\n",
]
# A gate before each statement, and one behind the last; the deferred trigger waits at COMMIT.
GATED = "".join(GATE.format(n) + sql for n, sql in enumerate(STATEMENTS, 1)) + GATE.format(4)
AT_COMMIT = (
    "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN PERFORM pg_advisory_xact_lock_shared(5); RETURN NULL; END';\n"
    "CREATE TABLE waiting (id int);\n"
    "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON waiting DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION wait();\n"
    "INSERT INTO waiting VALUES (1);\n"
)
STATUS = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 130, signal.SIGINT: 130}


def end(process: subprocess.Popen[str]) -> str:
    """Wait for the process; its stderr."""
    return process.communicate(timeout=30)[1]


@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
@pytest.mark.parametrize("gate", [1, 2, 3, 4, 5])
def test_at_each_statement(project: Project, gate: int, number: signal.Signals) -> None:
    project.pair("0001_before", "CREATE TABLE before (id int);")
    project.pair("0002_wish", GATED + AT_COMMIT)
    with project.gate(gate):
        process = project.spawn("migrate")
        project.wait_at_gate(gate)
        process.send_signal(number)
        errors = end(process)
        assert process.returncode == STATUS[number], errors
        if number is not signal.SIGKILL:
            assert "error[interrupted]" in errors
            assert "state: 0002_wish was rolled back; the database is at 0001_before" in errors
            assert project.history()[-1] == ("0002", "forward", "interrupted")
            assert project.value("SELECT outcome FROM wishkit.run") == "interrupted"
            project.assert_sound()
    # The gate is open, and a killed run's server process may still be on its way.
    project.pair("0003_next", "CREATE TABLE next (id int);")
    report = project.migrate()
    assert report.error is None
    assert project.value("SELECT count(*) FROM wish") == 1
    project.assert_done()
    if number is signal.SIGKILL:
        assert project.rows("SELECT outcome FROM wishkit.run ORDER BY id")[0] == ("lost",)


@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
@pytest.mark.parametrize("gate", [1, 2, 3, 4])
def test_between_the_statements_of_a_stepwise_migration(
    project: Project, gate: int, number: signal.Signals
) -> None:
    project.pair(
        "0001_wish", "-- stepwise\n-- transactional: false\n\n" + GATED, "DROP TABLE wish;"
    )
    with project.gate(gate):
        process = project.spawn("migrate")
        project.wait_at_gate(gate)
        process.send_signal(number)
        errors = end(process)
        assert process.returncode == STATUS[number], errors
        if number is not signal.SIGKILL:
            done = 2 * gate - 2
            assert (f"{done} of 7 statements are done" if done else "was rolled back") in errors
            assert ("help: run the same command again" in errors) == bool(done)
            assert project.states() == {"0001": "partial" if done else "pending"}
            project.assert_sound()
    assert project.migrate().error is None
    assert project.value("SELECT count(*) FROM wish") == 1
    project.assert_done()


@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
@pytest.mark.parametrize("moment", ["before", "half", "after", "answered"])
def test_exactly_at_commit(project: Project, moment: Moment, number: signal.Signals) -> None:
    """The signal arrives while the message that ends with COMMIT is on its way."""
    project.pair("0001_wish", "".join(STATEMENTS))
    process: list[subprocess.Popen[str]] = []

    def strike() -> None:
        process[0].send_signal(number)
        if number is signal.SIGKILL:
            process[0].wait()

    cut = Cut(
        moment,
        lambda m: commits(m) and b"TABLE wish" in m,
        also=strike,
    )
    proxy = Proxy(project.url, cut=cut)
    process.append(project.spawn("migrate", url=proxy.url))
    errors = end(process[0])
    proxy.close()
    assert proxy.has_cut.is_set()
    committed = moment in {"after", "answered"}
    if moment == "after" and number is not signal.SIGKILL:
        # Whoever is asked to stop cancels what runs, and that may still come before the COMMIT.
        committed = project.states() == {"0001": "applied"}
    if number is signal.SIGKILL:
        assert process[0].returncode == -number
    elif committed:
        # Interrupted or told of a lost connection first: either way the ledger was asked. Or the
        # interrupt came when all was done and told.
        assert process[0].returncode in {0, 130}, errors
        assert "committed" in errors or "0001_wish applied" in errors
    else:
        assert process[0].returncode in {3, 130}, errors
        assert "0001_wish was rolled back; nothing is applied" in errors
    if number is not signal.SIGKILL:
        assert project.states() == {"0001": "applied" if committed else "pending"}
    project.pair("0002_next", "CREATE TABLE next (id int);")
    report = project.migrate()
    assert report.error is None
    assert "0002_next" in [d.id for d in report.done]
    assert ("0001_wish" in [d.id for d in report.done]) is not committed
    assert project.value("SELECT count(*) FROM wish") == 1
    project.assert_done()


def test_interrupted_twice(project: Project) -> None:
    """Who cannot wait until the server has answered is told that the state is not known."""
    project.pair("0001_wish", GATED)
    with project.gate(2):
        process = project.spawn("migrate")
        project.wait_at_gate(2)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        errors = end(process)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "nothing was run" not in errors
    assert project.migrate().error is None
    project.assert_done()


def test_interrupted_while_waiting_for_the_lock(project: Project) -> None:
    project.pair("0001_wish", GATED)
    with project.gate(1):
        first = project.spawn("migrate")
        project.wait_at_gate(1)
        second = project.spawn("migrate")
        assert second.stderr is not None
        seen = ""
        while "waiting for the run lock" not in seen:
            seen += second.stderr.readline()
        second.send_signal(signal.SIGINT)
        errors = end(second)
        assert second.returncode == 130, errors
    end(first)
    assert first.returncode == 0
    assert project.value("SELECT count(*) FROM wishkit.run") == 1
    project.assert_done()
