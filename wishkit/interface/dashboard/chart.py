"""How long attempts took, as a drawing that a browser needs no script for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from wishkit.interface.dashboard.words import clean
from wishkit.interface.output import count, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.timing import PastAttempt

_MOST = 24  # bars
_WIDTH, _LABEL, _TIME = 640, 150, 70  # of the drawing, and beside its bars
_ROW, _BAR = 26, 14
_HEAD = 22


def timing_chart(attempts: Sequence[PastAttempt]) -> Markup:
    """A bar for each attempt that ran, the newest on top; what was lost by waiting apart.

    The axis begins at zero: twice as long is twice as far.

    Args:
        attempts: the newest first.
    """
    shown = [it for it in attempts if it.direction in {"forward", "backward"}][:_MOST]
    if not shown:
        return Markup("")
    most = _round_up(max(it.seconds for it in shown))
    room = _WIDTH - _LABEL - _TIME
    height = _HEAD + _ROW * len(shown) + 4
    parts = [_axis(most, room, height)]
    for number, it in enumerate(shown):
        parts.append(_bar(it, _HEAD + _ROW * number, room / most))
    longest = max(shown, key=lambda it: it.seconds)
    told = (
        f"{count(len(shown), 'attempt')}; the longest took {seconds(longest.seconds)} "
        f"in {longest.environment}. The table below has all numbers."
    )
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-label="{told}">{parts}</svg>'
    ).format(w=_WIDTH, h=height, told=clean(told), parts=Markup("").join(parts))


def _axis(most: float, room: int, height: int) -> Markup:
    lines = []
    for part in range(5):
        x = round(_LABEL + room * part / 4, 1)
        text = seconds(most * part / 4) if part else "0"
        lines.append(
            Markup(
                '<line class="grid" x1="{x}" x2="{x}" y1="{y}" y2="{h}"/>'
                '<text class="tick" x="{x}" y="12" text-anchor="middle">{text}</text>'
            ).format(x=x, y=_HEAD - 4, h=height, text=text)
        )
    return Markup("").join(lines)


def _bar(it: PastAttempt, top: int, scale: float) -> Markup:
    whole = max(1.5, it.seconds * scale)
    waited = min(whole, it.waited.seconds * scale) if it.waited else 0.0
    outcome = "" if it.outcome == "done" else f" {it.outcome}"
    arrow = "→" if it.direction == "forward" else "←"
    label = it.environment if len(it.environment) <= _LABEL // 9 else f"{it.environment[:15]}…"
    return Markup(
        '<g class="bar {kind}"><title>{title}</title>'
        '<text class="who" x="{left}" y="{text}" text-anchor="end">{arrow} {label}</text>'
        '<rect class="work" x="{start}" y="{top}" width="{width}" height="{bar}" rx="3"/>'
        '<rect class="wait" x="{wait}" y="{top}" width="{waited}" height="{bar}" rx="3"/>'
        '<text class="took" x="{end}" y="{text}">{took}{outcome}</text></g>'
    ).format(
        kind="done" if it.outcome == "done" else "failed",
        title=clean(f"{it.at:%Y-%m-%d %H:%M:%S} UTC, {it.direction}, {it.outcome}"),
        left=_LABEL - 10,
        text=top + _BAR - 3,
        arrow=arrow,
        label=clean(label),
        start=_LABEL,
        top=top,
        width=round(whole, 1),
        bar=_BAR,
        wait=round(_LABEL + whole - waited, 1),
        waited=round(waited, 1),
        end=round(_LABEL + whole + 6, 1),
        took=seconds(it.seconds),
        outcome=outcome,
    )


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 8 times a power of ten: quarters of it are short numbers."""
    power: float = 10.0 ** math.floor(math.log10(max(value, 0.001)))
    return next(power * it for it in (1, 2, 4, 8, 10) if power * it >= value)
