"""Where text goes: results to stdout, everything else to stderr; colour only where it is read."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


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


@cache
def console(*, stderr: bool) -> Console:
    """A rich console; made when something is rendered that needs it.

    ``NO_COLOR`` and dumb terminals are rich's own business. Off a terminal lines are not folded.
    """
    from rich.console import Console  # noqa: PLC0415 - heavy

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 1000
    return Console(stderr=stderr, width=width, highlight=False, emoji=False, markup=False)


def seconds(value: float) -> str:
    """A duration as a person reads it: ``18 ms``, ``2.41 s``, ``3 min 05 s``."""
    if value < 0.9995:  # noqa: PLR2004 - below that it would read "1000 ms"
        return f"{value * 1000:.0f} ms"
    if value < 60:  # noqa: PLR2004 - a minute
        return f"{value:.2f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02} s"
