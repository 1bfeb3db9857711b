"""--log-json: what happens, line by line, as docs/json.md has it; and no secrets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import pytest

from tests.test_json import shape
from wishkit.core.events import (
    Blocked,
    Blocker,
    Event,
    MigrationStarted,
    Progressed,
    StatementsStarted,
    Waiting,
)
from wishkit.core.redact import without_literals
from wishkit.interface.json_log import JsonLog, name_of
from wishkit.interface.pace import Pace

if TYPE_CHECKING:
    from tests.engine.conftest import Project

SECRET = "hunter2"
HEAD = ["time", "level", "event", "run"]
FIELDS = {name_of(kind): kind for kind in get_args(Event)}
GATE = "SELECT pg_advisory_xact_lock_shared(1);\n"


def lines_of(stderr: str) -> list[dict[str, Any]]:
    """The lines of a log, each as documented."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in stderr.splitlines()]
    for line in lines:
        moment = datetime.fromisoformat(line["time"])
        assert (moment.tzinfo, line["time"][-1]) == (UTC, "Z")
        if line["event"] in FIELDS:
            told = [name for name in shape(line["event"], log=True) if name != "run"]
            assert list(line) == HEAD + told
    assert [line["event"] in {"finished", "error"} for line in lines][-1]
    return lines


def test_a_run_that_fails_is_told_to_its_last_line(project: Project) -> None:
    project.pair(
        "0001_role",
        f"CREATE TABLE wish (note text);\nINSERT INTO wish VALUES ('{SECRET}'), ('it''s');\n"
        f"DO $$ BEGIN RAISE WARNING 'url postgresql://me:{SECRET}@db/x ü'; END $$;\n",
    )
    project.pair("0002_bad", f"SELECT '{SECRET}' AS a /* it's */ WHERE 1 / 0 = 1;")
    process = project.spawn("migrate", "--json", "--log-json")
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 3
    assert SECRET not in stderr
    lines = lines_of(stderr)
    events = [line["event"] for line in lines]
    assert events[:4] == ["command-started", "connected", "run-started", "migration-started"]
    assert events[-3:] == ["statements-started", "migration-stopped", "error"]
    assert lines[0]["run"] is None
    assert {line["run"] for line in lines[2:]} == {project.value("SELECT id FROM wishkit.run")}

    (warning,) = (line for line in lines if line["event"] == "noted")
    assert warning["level"] == "warning"
    assert warning["message"] == "url postgresql://me:***@db/x ü"
    (done,) = (line for line in lines if line["event"] == "migration-finished")
    assert (done["id"], done["rows"], done["waited"], done["retries"]) == ("0001_role", 2, 0, 0)
    assert done["seconds"] > 0
    stopped, error = lines[-2:]
    assert (stopped["id"], stopped["outcome"]) == ("0002_bad", "failed")
    assert (stopped["code"], stopped["level"]) == ("migration-failed", "error")
    result = json.loads(stdout)["error"]
    assert {name: error[name] for name in result} == result, "the same, on stdout"
    assert error["where"]["path"].endswith("0002_bad.sql")
    assert error["state"] == "0002_bad was rolled back; the database is at 0001_role"


def test_lines_come_at_once_and_an_interrupt_is_told(project: Project) -> None:
    project.pair("0001_a", GATE)
    with project.gate():
        process = project.spawn("migrate", "--log-json")
        assert process.stderr
        first = process.stderr.readline()
        project.wait_at_gate()
        process.send_signal(signal.SIGTERM)
        stdout, rest = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, "")
    lines = lines_of(first + rest)
    assert lines[0]["event"] == "command-started"
    assert [line["event"] for line in lines[-2:]] == ["migration-stopped", "error"]
    assert (lines[-2]["outcome"], lines[-1]["code"]) == ("interrupted", "interrupted")


@pytest.mark.parametrize(
    ("place", "option"), [("a pipe nobody reads", "--no-verify"), ("/dev/full", "--log-json")]
)
def test_whoever_stops_reading_stderr_ends_no_run(
    project: Project, place: str, option: str
) -> None:
    project.pair("0001_a", "CREATE TABLE a ();")
    project.pair("0002_b", "CREATE TABLE b ();")
    if place == "/dev/full":
        writer = os.open(place, os.O_WRONLY)
    else:
        reader, writer = os.pipe()
        os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "wishkit", "migrate", option, "--url", project.url],
        cwd=project.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=writer,
        check=False,
    )
    os.close(writer)
    assert done.returncode == 0
    assert b"2 migrations applied" in done.stdout
    assert project.states() == {"0001": "applied", "0002": "applied"}


def test_what_is_refused_is_one_line_and_a_result_is_none_of_it(project: Project) -> None:
    project.pair("0001_a", "CREATE TABLE a (); INSERT INTO a DEFAULT VALUES;", "DROP TABLE a;")
    project.migrate()
    for words, status in ((["migrate", "--no-such"], 2), (["rollback", "--to", "base"], 1)):
        process = project.spawn(*words, "--log-json")
        stdout, stderr = process.communicate(timeout=30)
        assert (process.returncode, stdout) == (status, "")
        *_, last = lines_of(stderr)
        assert last["event"] == "error"
        assert [name for name in last if name not in {*HEAD, "seconds"}] == shape("Error")


def test_who_is_in_the_way_is_told_now_and_then_and_without_values(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    query = f"SELECT * FROM wish WHERE note = '{SECRET}'"
    blocker = Blocker(7, "3/9", "wish", "SHARE", "app", "web", "active", query, False, 2.5)  # noqa: FBT003 - a field
    other = Blocker(8, "4/1", "wish", "SHARE", "app", "web", "active", None, False, 0.1)  # noqa: FBT003 - a field
    log = JsonLog()
    for event in (
        Blocked("0001_a", (blocker,), 9.0),
        Blocked("0001_a", (blocker,), 8.9),
        Blocked("0001_a", (other,), 8.8),
        Waiting("the run lock", "ann"),
        Waiting("the run lock", "ann"),
        Waiting("the run lock", "bob"),
    ):
        log(event)
    told = [json.loads(line) for line in capfdbinary.readouterr().err.splitlines()]
    assert [line["event"] for line in told] == ["blocked", "waiting", "waiting"]
    (shown,) = told[0]["blockers"]
    assert shown["query"] == "SELECT * FROM wish WHERE note = '…'"
    assert list(shown) == shape("Blocker", log=True)


def test_something_long_is_told_by_its_phases() -> None:
    pace = Pace()
    assert pace.due(MigrationStarted("0001_a", "forward", 1, 1, 1))
    building = [Progressed("0001_a", "building", n, 100, "blocks") for n in range(100)]
    assert [pace.due(event) for event in building].count(True) == 1
    assert pace.due(Progressed("0001_a", "waiting"))
    assert pace.due(StatementsStarted("0001_a", 2, 2, "SELECT"))
    assert pace.due(building[0])


@pytest.mark.parametrize(
    ("sql", "clean"),
    [
        ("UPDATE t SET a = 'x''y', b = 'z'", "UPDATE t SET a = '…', b = '…'"),
        (r"SELECT E'a\'b', U&'x', 1", "SELECT '…', U&'…', 1"),
        ("DO $x$ it's $y$ $x$ LANGUAGE sql", "DO '…' LANGUAGE sql"),
        ("SELECT /* it's */ 'x' -- don't", "SELECT   '…'  "),
        ("SELECT /* a /* it's */ 'x' */ 'y'", "SELECT   '…'"),
        ("SELECT \"it's\", 'x'", "SELECT \"it's\", '…'"),
        ("INSERT INTO t VALUES ('cut of", "INSERT INTO t VALUES ('…'"),
        ("SELECT $$cut of", "SELECT '…'"),
    ],
)
def test_a_statement_without_its_literals(sql: str, clean: str) -> None:
    assert without_literals(sql) == clean
