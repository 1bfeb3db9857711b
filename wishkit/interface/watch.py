"""`status --all --watch`: the matrix shown in place; off a terminal, a line for each change."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from wishkit.commands.matrix import Memory, matrix
from wishkit.interface.cli import INTERRUPT_STATUS
from wishkit.interface.matrix_words import NOTHING, Cell, facts, migrations
from wishkit.interface.output import answer, console, seconds, styled
from wishkit.interface.render_matrix import lines, render_matrix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from wishkit.commands.everywhere import Everywhere
    from wishkit.commands.matrix import Matrix

    Told = dict[tuple[str, str], Cell]

_GIVEN_UP = 5.0  # seconds: one that hangs must not hold up the next question to the others


def watch(everywhere: Everywhere, pause: float) -> int:
    """Ask until somebody interrupts.

    Args:
        everywhere: whom to ask.
        pause: seconds from one question to the next.

    Returns:
        The exit status: that of an interrupt.

    Raises:
        MigrationFileError: the folder is missing, or a name in it is wrong.
    """
    moving = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    with suppress(KeyboardInterrupt):  # which is how it ends
        (_in_place if moving else _changes)(everywhere, pause)
    return INTERRUPT_STATUS


def _in_place(everywhere: Everywhere, pause: float) -> None:
    from rich.live import Live  # noqa: PLC0415 - heavy, and only on a terminal

    with Live(console=console(stderr=False), auto_refresh=False) as live:
        for found in _asked(everywhere, pause):
            live.update(_screen(found, pause), refresh=True)


def _screen(found: Matrix, pause: float) -> Text:
    from rich.text import Text  # noqa: PLC0415 - heavy, and only on a terminal

    when = f"{found.asked_at:%H:%M:%S} UTC, in {seconds(found.seconds)}"
    last = styled(f"asked at {when}; every {pause:g} s, Ctrl-C ends it", "dim", sys.stdout)
    shown = [*lines(found), "", last]
    return Text("\n", no_wrap=True, overflow="ellipsis").join(map(Text.from_ansi, shown))


def _changes(everywhere: Everywhere, pause: float) -> None:
    """All of it once, then what is another answer than before."""
    before: Told | None = None
    for found in _asked(everywhere, pause):
        now = _told(found)
        if before is None:
            render_matrix(found)
        else:
            for line in _changed(found, before, now):
                answer(line)
        before = now


def _changed(found: Matrix, before: Told, now: Told) -> Iterator[str]:
    for (name, label), cell in now.items():
        was = before.get((name, label), NOTHING)
        if cell != was:
            change = f"{was.text or 'nothing'} → {cell.text or 'nothing'}"
            yield f"{found.asked_at:%Y-%m-%d %H:%M:%S} {name}: {label}: {change}"


def _told(found: Matrix) -> Told:
    return {
        (it.name, line.label): line.cells[i]
        for line in (*facts(found, always=True), *migrations(found, folded=False))
        for i, it in enumerate(found.environments)
    }


def _asked(everywhere: Everywhere, pause: float) -> Iterator[Matrix]:
    memory = Memory()
    while True:
        began = time.monotonic()
        yield matrix(everywhere, memory, within=_GIVEN_UP)
        time.sleep(max(0.0, began + pause - time.monotonic()))
