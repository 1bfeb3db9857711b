"""Three ways to run the same files: psql, psql with a lock_timeout in a loop, and wishkit."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stall_table import STEPWISE, environment

if TYPE_CHECKING:
    from stall_table import Change

LOCK_TIMEOUT = "2s"
PAUSE = 1.0  # seconds between the rounds of the loop, as in "until psql …; do sleep 1; done"
GIVES_UP = 180.0  # seconds behind the blocker's end
TIMED_OUT = "canceling statement due to lock timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a tool fared.

    Attributes:
        done: whether the change is made.
        output: what it printed, when it is not.
        attempts: how often it was started.
    """

    done: bool
    output: str
    attempts: int


def run_tool(tool: str, psql: str, url: str, change: Change, patience: float) -> Outcome:
    """Make the change.

    Args:
        tool: one of ``TOOLS``.
        psql: the program.
        url: of the database.
        change: what to make.
        patience: seconds until it has to be done.
    """
    deadline = time.monotonic() + patience + GIVES_UP
    if tool == "wishkit":
        command = [sys.executable, "-m", "wishkit", "migrate", "--url", url]
        return _run(command, str(change.folder), {}, deadline)
    attempts = 0
    options = {"PGOPTIONS": f"-c lock_timeout={LOCK_TIMEOUT}"} if tool == "psql-timeout" else {}
    for file in change.files:
        stepwise = STEPWISE in file.read_text(encoding="utf-8")
        command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", *([] if stepwise else ["-1"])]
        while True:
            attempts += 1
            outcome = _run([*command, "-f", str(file), url], ".", options, deadline)
            if outcome.done:
                break
            if TIMED_OUT not in outcome.output or time.monotonic() > deadline:
                return Outcome(done=False, output=outcome.output, attempts=attempts)
            time.sleep(PAUSE)
    return Outcome(done=True, output="", attempts=attempts)


TOOLS = {
    "psql": "psql, the file as it is",
    "psql-timeout": f"psql with lock_timeout = {LOCK_TIMEOUT}, in a loop",
    "wishkit": "wishkit migrate",
}


def _run(command: list[str], folder: str, more: dict[str, str], deadline: float) -> Outcome:
    """Run a program to its end, which is brought about when it takes too long."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        try:
            output, _ = process.communicate(timeout=max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.terminate()
            output, _ = process.communicate()
            output += "\n(ended by the harness: out of time)"
    return Outcome(process.returncode == 0, output[-4000:], 1)
