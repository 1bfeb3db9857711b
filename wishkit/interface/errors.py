"""An error as a person reads it: what, where, what to do next, what state is left."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

from wishkit.interface.output import console, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from wishkit.errors import Location, WishkitError


def print_error(error: WishkitError) -> None:
    """The error on stderr, coloured where a person reads it."""
    if sys.stderr.isatty():
        console(stderr=True).print(render_error(error), soft_wrap=True)
    else:
        say("\n".join(error_lines(error)))


def error_lines(error: WishkitError) -> list[str]:
    """The error without colour, line by line."""
    return [text for text, _ in _styled(error)]


def render_error(error: WishkitError) -> Text:
    """The error for a terminal."""
    from rich.text import Text  # noqa: PLC0415 - heavy

    text = Text()
    for line, style in _styled(error):
        text.append(line + "\n", style)
    text.rstrip()
    return text


def _styled(error: WishkitError) -> Iterator[tuple[str, str]]:
    yield f"error[{error.code}]: {error.message}", "bold red"
    where = error.where
    if where:
        margin = " " * len(str(where.line))
        yield f"{margin}--> {where}", "blue"
        if where.text:
            line, mark = _underlined(where)
            yield f"{margin} |", "blue"
            yield f"{where.line} | {line}", ""
            yield f"{margin} | {mark}", "bold red"
    for note in error.notes:
        yield from _block("note", note, "")
    if error.help:
        yield from _block("help", error.help, "green")
    if error.state:
        yield from _block("state", error.state, "bold")


def _underlined(where: Location) -> tuple[str, str]:
    """The source line around the place, and the marks to print below it."""
    begin = max(0, where.column - 1 - _SHOWN // 2) if len(where.text) > _SHOWN else 0
    shown = where.text[begin : begin + _SHOWN]
    before = shown[: where.column - 1 - begin]
    mark = "".join(map(_blank, before)) + "^" * max(1, min(where.length, len(shown) - len(before)))
    cut = "…" if begin else ""
    more = "…" if begin + _SHOWN < len(where.text) else ""
    return f"{cut}{shown.translate(_VISIBLE)}{more}", " " * len(cut) + mark


_SHOWN = 160  # of a line; a dump has lines of a megabyte
# A NUL or an escape sequence in a file must not reach the terminal: their symbols stand for them.
_VISIBLE = {code: 0x2400 + code for code in range(32) if chr(code) != "\t"} | {127: 0x2421}


def _blank(character: str) -> str:
    """White space as wide as the character on a terminal, so that marks stand where they should."""
    if character == "\t":
        return character
    if unicodedata.combining(character):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "


def _block(label: str, text: str, style: str) -> Iterator[tuple[str, str]]:
    first, *rest = text.splitlines() or [""]
    yield f"{label}: {first}", style
    for line in rest:
        yield f"{' ' * (len(label) + 2)}{line}", style
