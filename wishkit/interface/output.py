"""Where text goes: results to stdout, everything else to stderr; colour only where it is read."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from wishkit.core.quantity import byte_words as byte_words  # noqa: PLC0414 - others take it from here
from wishkit.core.quantity import count as count  # noqa: PLC0414 - others take it from here
from wishkit.core.quantity import seconds as seconds  # noqa: PLC0414 - others take it from here
from wishkit.core.quantity import whole_seconds as whole_seconds  # noqa: PLC0414 - others take it from here

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console

# Calm, and readable on a light and on a dark terminal: yellow, cyan and blue are not, on one or
# the other. ECMA-48, "select graphic rendition".
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "bold red": "1;31"}


def say(text: str) -> None:
    """A line of progress, on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is where printing is done


def answer(text: str) -> None:
    """A line of the result, on stdout."""
    print(text, flush=True)  # noqa: T201 - this is where printing is done


def confirm(question: str) -> bool:
    """Ask on stderr; only a yes is one."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201 - as above
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def styled(text: str, style: str, stream: TextIO) -> str:
    """The text in a style, where somebody reads it in colour; see also https://no-color.org."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if not style or plain or not stream.isatty():
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def width(stream: TextIO) -> int | None:
    """How many columns there are; None off a terminal, where lines are not folded."""
    if columns := os.environ.get("COLUMNS", ""):
        return int(columns) if columns.isdecimal() and int(columns) else None
    # A terminal that does not know its size says 0.
    return os.get_terminal_size(stream.fileno()).columns or None if stream.isatty() else None


def folded(text: str, columns: int | None, margin: int) -> list[str]:
    """The text's lines, each folded at its words where a terminal would cut through them.

    Args:
        text: one line or several.
        columns: of the terminal; None: nothing is folded.
        margin: how many of them are taken by what stands in front.
    """
    lines = text.splitlines() or [""]
    if columns is None or len(max(lines, key=len)) + margin <= columns:
        return lines
    from textwrap import wrap  # noqa: PLC0415 - only for what is too long

    room = max(20, columns - margin)
    return [piece for line in lines for piece in wrap(line, room, break_long_words=False)]


@cache
def console(*, stderr: bool) -> Console:
    """A rich console; made when something is rendered that needs it.

    ``NO_COLOR`` and dumb terminals are rich's own business. Off a terminal lines are not folded.
    """
    from rich.console import Console  # noqa: PLC0415 - heavy

    columns = width(sys.stderr if stderr else sys.stdout) or 1000
    return Console(stderr=stderr, width=columns, highlight=False, emoji=False, markup=False)
