"""A matrix of environments as a person reads it: one table, or several where it is too wide."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.matrix_words import NOTHING, Line, facts, migrations, remarks
from wishkit.interface.output import answer, folded, styled, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.commands.matrix import Matrix

_GAP = "  "
_SHORTEST = 24  # columns of a label that has to make room
_STYLES = {"✓": "green", "✗": "bold red", "!": "bold", "▸": "bold"}


def render_matrix(found: Matrix) -> None:
    """All of it."""
    for line in lines(found):
        answer(line)


def lines(found: Matrix) -> Iterator[str]:
    """The tables, and below them what is wrong; as wide as stdout allows, and coloured for it."""
    columns = width(sys.stdout)
    parts = facts(found), migrations(found)
    names = [it.name for it in found.environments]
    for number, band in enumerate(_bands(parts, names, columns)):
        if number:
            yield ""
        yield from _band(parts, names, band, columns)
    said = list(remarks(found))
    if said:
        yield ""
    for text in said:
        first, *rest = folded(text, columns, len(_GAP))
        yield first
        for line in rest:
            yield _GAP + line


def _bands(
    parts: Sequence[Sequence[Line]], names: Sequence[str], columns: int | None
) -> list[range]:
    """Which environments stand beside each other: as many as there is room for."""
    if columns is None:
        return [range(len(names))]
    room = columns - min(_SHORTEST, _label_width(parts))
    bands, start, used = [], 0, 0
    for i, size in enumerate(_widths(parts, names)):
        if i > start and used + len(_GAP) + size > room:
            bands.append(range(start, i))
            start, used = i, 0
        used += len(_GAP) + size
    return [*bands, range(start, len(names))]


def _band(
    parts: Sequence[Sequence[Line]],
    names: Sequence[str],
    band: range,
    columns: int | None,
) -> Iterator[str]:
    sizes = [_widths(parts, names)[i] for i in band]
    label = _label_width(parts)
    if columns is not None:
        room = columns - sum(sizes) - len(_GAP) * len(sizes)
        label = min(label, max(_SHORTEST, room))
    heads = [_paint(names[i].ljust(size), "bold") for i, size in zip(band, sizes, strict=True)]
    yield _GAP.join([" " * label, *heads]).rstrip()
    for number, part in enumerate(parts):
        said = [line for line in part if any(line.cells[i] != NOTHING for i in band)]
        if number and said:
            yield ""
        for line in said:
            cells = [
                _paint(str(line.cells[i]).ljust(size), _STYLES.get(line.cells[i].mark, ""))
                for i, size in zip(band, sizes, strict=True)
            ]
            yield _GAP.join([_cut(line.label, label).ljust(label), *cells]).rstrip()


def _paint(text: str, style: str) -> str:
    return styled(text, style, sys.stdout)


def _label_width(parts: Sequence[Sequence[Line]]) -> int:
    return max(len(line.label) for part in parts for line in part)


def _widths(parts: Sequence[Sequence[Line]], names: Sequence[str]) -> list[int]:
    return [
        max([len(name), *(len(str(line.cells[i])) for part in parts for line in part)])
        for i, name in enumerate(names)
    ]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
