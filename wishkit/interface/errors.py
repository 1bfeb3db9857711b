"""An error as a person reads it: what, where, what to do next, what state is left."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import console, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from wishkit.errors import WishkitError


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
            yield f"{margin} |", "blue"
            yield f"{where.line} | {where.text}", ""
            # Tabs before the place are kept, so that the mark stands under it.
            lead = "".join(c if c == "\t" else " " for c in where.text[: where.column - 1])
            yield f"{margin} | {lead}{'^' * where.length}", "bold red"
    for note in error.notes:
        yield from _block("note", note, "")
    if error.help:
        yield from _block("help", error.help, "green")
    if error.state:
        yield from _block("state", error.state, "bold")


def _block(label: str, text: str, style: str) -> Iterator[tuple[str, str]]:
    first, *rest = text.splitlines() or [""]
    yield f"{label}: {first}", style
    for line in rest:
        yield f"{' ' * (len(label) + 2)}{line}", style
