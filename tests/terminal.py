"""A terminal that a test can look at: what stays on its screen when a command has ended."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATIENCE = 60.0  # seconds until a command is given up
# ECMA-48: carriage return, cursor up, erase line, and what only changes how things look.
_CONTROL = re.compile(r"\r\n|\n|\r|\x1b\[(\d*)A|\x1b\[2K|\x1b\[\??[\d;]*[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a command showed.

    Attributes:
        raw: all it wrote, control sequences included.
        status: its exit status; negative when it was ended by a signal.
    """

    raw: str
    status: int

    @property
    def screen(self) -> str:
        """What is left to read, without colour and without the lines that were taken away."""
        lines, row, column, position = [""], 0, 0, 0
        for control in [*_CONTROL.finditer(self.raw), None]:
            text = self.raw[position : control.start() if control else None]
            lines[row] = lines[row][:column] + text + lines[row][column + len(text) :]
            column += len(text)
            if control is None:
                break
            position = control.end()
            match control[0]:
                case "\n" | "\r\n":
                    row, column = row + 1, 0
                    lines += [""] * (row >= len(lines))
                case "\r":
                    column = 0
                case "\x1b[2K":
                    lines[row] = ""
                case up if up.endswith("A"):
                    row -= int(control[1] or 1)
        return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def on_a_terminal(
    command: Sequence[str],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    columns: int = 100,
    answers: Sequence[str] = (),
    stop_at: str | None = None,
) -> Seen:
    """Run a command on a terminal of its own, to its end.

    Args:
        command: a program and its arguments.
        folder: where it works.
        env: laid over our own environment.
        columns: how wide the terminal is.
        answers: what is typed at each ``[y/N]``.
        stop_at: a text; when it is seen, the command is asked to terminate.
    """
    keeper, terminal = pty.openpty()
    seen, waiting = b"", list(answers)
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns), **(env or {})},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if select.select([keeper], [], [], 0.1)[0]:
                try:
                    piece = os.read(keeper, 65536)
                except OSError:  # Linux says so when the other end was closed
                    break
                if not piece:
                    break
                seen += piece
                if waiting and seen.count(b"[y/N] ") > len(answers) - len(waiting):
                    os.write(keeper, waiting.pop(0).encode() + b"\n")
            elif process.poll() is not None:
                break  # a server that stays may keep the terminal open
            if stop_at and stop_at.encode() in seen:
                process.terminate()
                stop_at = None
        process.kill()  # nothing, where it has ended
        os.close(keeper)
    return Seen(seen.decode(), process.returncode)
