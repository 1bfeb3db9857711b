"""Rows in aligned columns; what a narrow terminal has no room for goes below its row."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    Style = Callable[[str, str], str]

_GAP = "  "
_BESIDE = 32  # a sentence folded into fewer columns than these is a tower of words


def table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    width: int | None,
    right: Collection[str] = (),
    paint: Style = lambda _, text: text,
) -> Iterator[str]:
    """Lay out a table, line by line.

    The last column holds sentences and is folded. Where it does not fit beside the others, it
    and the columns in front of it that do not fit either go on lines of their own, indented.

    Args:
        titles: of the columns.
        rows: a text for each column.
        width: columns of the terminal; None: as many as it takes.
        right: titles of the columns that are aligned to the right.
        paint: given a column's title (empty for the titles' own line) and a padded text, returns
            it as it is to be printed.
    """
    lines = [tuple(titles), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    beside, margin = _fitting(widths, width)
    for number, line in enumerate(lines):
        cells = [
            paint(
                title if number else "",
                text.rjust(size) if title in right else text.ljust(size),
            )
            for title, text, size in zip(titles[:beside], line[:beside], widths, strict=False)
        ]
        rest = _GAP.join(filter(None, line[beside:]))
        folded = textwrap.wrap(rest, width - margin) if width else [rest]
        if margin > len(_GAP) and folded:
            cells.append(paint("" if not number else titles[-1], folded.pop(0)))
        yield _GAP.join(cells).rstrip()
        for more in folded:
            yield " " * margin + paint("" if not number else titles[-1], more)


def _fitting(widths: Sequence[int], width: int | None) -> tuple[int, int]:
    """How many columns stand in a row, and where the text of the others begins."""
    last = len(widths) - 1
    margin = sum(widths[:last]) + last * len(_GAP)
    if width is None or width - margin >= min(widths[last], _BESIDE):
        return last, margin
    fit = 1
    while fit < last and sum(widths[: fit + 1]) + fit * len(_GAP) <= width:
        fit += 1
    return fit, len(_GAP)
