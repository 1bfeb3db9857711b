"""What runs, shown again and again: in place on a terminal, elsewhere when something changes."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from wishkit.errors import WishkitError
from wishkit.interface.cli import INTERRUPT_STATUS
from wishkit.interface.output import answer, say
from wishkit.interface.render_running import Line, running_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text

    from wishkit.commands.live import Seen
    from wishkit.core.live import Live, Running
    from wishkit.errors import ConnectError
    from wishkit.interface.meter import Meter

_SHARES = 10  # parts of what is counted: where lines stay, one is said for each


def watch_running(looks: Iterable[Seen | ConnectError], *, as_json: bool) -> int:
    """Show every look until Ctrl-C.

    Args:
        looks: one after the other, at the pace at which they are shown.
        as_json: an object a line, whenever something changes.

    Returns:
        The exit status: that of an interrupt.
    """
    moving = not as_json and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    with suppress(KeyboardInterrupt):  # which is how it ends
        if moving:
            _in_place(looks)
        else:
            _as_it_changes(looks, as_json=as_json)
    return INTERRUPT_STATUS


def _in_place(looks: Iterable[Seen | ConnectError]) -> None:
    from rich.live import Live as Screen  # noqa: PLC0415 - heavy, and only on a terminal

    from wishkit.interface.output import console  # noqa: PLC0415 - as above

    meters: dict[int | None, Meter] = {}
    with Screen(console=console(stderr=False), auto_refresh=False) as screen:
        for look in looks:
            screen.update(_text(look, meters), refresh=True)


def _text(look: Seen | ConnectError, meters: dict[int | None, Meter]) -> Text:
    from rich.text import Text  # noqa: PLC0415 - heavy, and only on a terminal

    from wishkit.interface.output import console  # noqa: PLC0415 - as above

    lines = []
    for text, style in _lines(look, meters):
        line = Text(text, style)
        line.truncate(console(stderr=False).width - 1, overflow="ellipsis")
        lines.append(line)
    return Text("\n").join(lines)


def _lines(look: Seen | ConnectError, meters: dict[int | None, Meter]) -> Iterable[Line]:
    if isinstance(look, WishkitError):
        return [Line(f"{look.message}; asked again and again", "bold red")]
    return running_lines(look.live, meters)


def _as_it_changes(looks: Iterable[Seen | ConnectError], *, as_json: bool) -> None:
    meters: dict[int | None, Meter] = {}
    before: object = None
    for look in looks:
        if isinstance(look, WishkitError):
            now: object = look.message
        else:
            now = _changing(look.live)
        if now == before:
            continue
        before = now
        if as_json:
            _say_json(look)
        else:
            for line in _lines(look, meters):
                answer(line.text)


def _say_json(look: Seen | ConnectError) -> None:
    if isinstance(look, WishkitError):
        say(f"{look.message}; asked again and again")
        return
    from wishkit.interface.json import to_json_line  # noqa: PLC0415 - heavy

    answer(to_json_line(look))


def _changing(live: Live) -> object:
    """What makes a difference to a reader of lines: everything but times and small steps."""
    ended = live.ended and (live.ended.run, live.ended.outcome)
    return (
        [_changing_run(run) for run in live.running],
        [it.pid for it in live.queued],
        ended,
        live.advice,
    )


def _changing_run(run: Running) -> object:
    at = run.at and (run.at.first, run.at.last)
    share = None if run.fraction is None else int(run.fraction * _SHARES)
    phase = run.progress and run.progress.phase
    blockers = {it.pid for it in run.blockers}
    return run.run, run.doing, run.migration, at, phase, share, blockers, bool(run.waiters)
