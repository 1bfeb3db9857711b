"""An error as a person reads it: what, where, what to do next, what state is left."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, folded, say, styled, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.errors import Location, WishkitError

    Pieces = tuple[tuple[str, str], ...]

_LONGEST = 160  # columns of a source line that are shown; a dump has lines of a megabyte
# A NUL or an escape sequence in a file must not reach the terminal: their symbols stand for them.
_VISIBLE = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {127: 0x2421}
_VISIBLE |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)  # C1 has escape sequences of its own


def print_error(error: WishkitError, *, as_json: bool = False) -> None:
    """The error on stderr, coloured where a person reads it; as JSON it is a result, on stdout."""
    if as_json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json({"error": error}))
        return
    for line in _lines(error, columns=width(sys.stderr)):
        say("".join(styled(text, style, sys.stderr) for text, style in line))


def error_lines(error: WishkitError) -> list[str]:
    """The error without colour, line by line."""
    return ["".join(text for text, _ in line) for line in _lines(error, columns=None)]


def _lines(error: WishkitError, *, columns: int | None) -> Iterator[Pieces]:
    """Every line as pieces of text with their style."""
    yield from told(f"error[{error.code}]:", "bold red", error.message, error.where, columns)
    for note in error.notes:
        yield from block("note", note, None)  # a diff, a list: lines that stay lines
    for label, text in (("help", error.help), ("state", error.state)):
        if text:
            yield from block(label, text, columns)


def told(
    label: str, style: str, message: str, where: Location | None, columns: int | None
) -> Iterator[Pieces]:
    """What is wrong and where, with the line and marks below it; lines of pieces with their style.

    Args:
        label: in front of the message, such as ``error[syntax]:``.
        style: of the label and of the marks.
        message: one sentence.
        where: the place.
        columns: of the terminal; None: nothing is folded.
    """
    first, *rest = folded(message.translate(_VISIBLE), columns, len(label) + 1)
    yield (label, style), (f" {first}", "bold")
    yield from ((("  " + line, "bold"),) for line in rest)
    if where:
        margin = " " * len(str(where.line))
        yield (f"{margin}--> ", "dim"), (str(where).translate(_VISIBLE), "")
        if where.text:
            line, mark = _underlined(where, (columns or _LONGEST) - len(margin) - len(" | ……"))
            yield ((f"{margin} |", "dim"),)
            yield (f"{where.line} | ", "dim"), (line, "")
            yield (f"{margin} | ", "dim"), (mark, style)


def _underlined(where: Location, shown_length: int) -> tuple[str, str]:
    """The source line around the place, and the marks to print below it."""
    room = max(20, min(_LONGEST, shown_length))
    begin = max(0, where.column - 1 - room // 2) if len(where.text) > room else 0
    shown = where.text[begin : begin + room]
    before = shown[: where.column - 1 - begin]
    mark = "".join(map(_blank, before)) + "^" * max(1, min(where.length, len(shown) - len(before)))
    cut = "…" if begin else ""
    more = "…" if begin + room < len(where.text) else ""
    return f"{cut}{shown.translate(_VISIBLE)}{more}", " " * len(cut) + mark


def _blank(character: str) -> str:
    """White space as wide as the character on a terminal, so that marks stand where they should."""
    if character == "\t":
        return character
    if unicodedata.combining(character):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "


def block(label: str, text: str, columns: int | None) -> Iterator[Pieces]:
    """A paragraph behind its label, such as ``help:``; lines of pieces with their style."""
    margin = len(label) + 2
    first, *rest = folded(text.translate(_VISIBLE), columns, margin)
    yield (f"{label}:", "bold"), (f" {first}", "")
    for line in rest:
        yield ((" " * margin + line, ""),)
