"""How lists are laid out, so that they are read with ease."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 100
INDENT = "    "
# A column of a table is not made wider than this by one long entry.
_WIDEST = 36


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of words, each word under the one above; a long one moves only its own row."""
    if not rows:
        return []
    widths = [
        max((len(row[at]) for row in rows if len(row[at]) <= _WIDEST), default=0)
        for at in range(len(rows[0]))
    ]
    return [
        " ".join(
            word.ljust(width) for word, width in zip(row, widths, strict=True) if word or width
        ).rstrip()
        for row in rows
    ]


def listed(head: str, items: Iterable[str], tail: str = "") -> str:
    """``head (a, b, c)tail`` on one line where it fits, else with as many a line as fit."""
    items = list(items)
    line = f"{head} ({', '.join(items)}){tail}"
    if len(line) < WIDTH or not items:
        return line
    lines = [""]
    for item in items:
        if lines[-1] and len(INDENT) + len(lines[-1]) + len(item) + 2 > WIDTH:
            lines.append("")
        lines[-1] += f" {item}," if lines[-1] else f"{item},"
    lines[-1] = lines[-1].removesuffix(",")
    return f"{head} (\n" + "".join(f"{INDENT}{it}\n" for it in lines) + f"){tail}"


def stacked(head: str, items: Iterable[str], tail: str = "") -> str:
    """``head (…)tail`` with a line for every item."""
    lines = ",\n".join(INDENT + item for item in items)
    return f"{head} (\n{lines}\n){tail}" if lines else f"{head} (){tail}"
