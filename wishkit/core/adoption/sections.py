"""Parts of another tool's file, each line where it was, so that places in them stay true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.script import Script
from wishkit.core.statements import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")
_NUMBERS = re.compile(r"\d+")


def section(script: Script, start: int, end: int) -> Script:
    """A part of a text; what is before it leaves empty lines."""
    before = b"\n" * script.source.count(b"\n", 0, start)
    return Script(script.path, before + script.source[start:end])


def without(script: Script, mark: re.Pattern[bytes]) -> Script:
    """The text without what a pattern finds; line feeds stay."""
    emptied = mark.sub(lambda it: b"\n" * it.group().count(b"\n"), script.source)
    return Script(script.path, emptied)


def lines(script: Script) -> Iterable[tuple[int, int, bytes]]:
    """Each line with where it begins and ends, its line feed included."""
    for found in _LINE.finditer(script.source):
        yield found.start(), found.end(), found.group()


def ended(piece: bytes) -> bytes:
    """A piece of SQL that is sent by itself, with a semicolon behind its last statement."""
    last = next(iter([*tokens(piece)][-1:]), None)
    if last is None or piece[last[0] : last[1]] == b";":
        return piece
    return piece[: last[1]] + b";" + piece[last[1] :]


def has_sql(script: Script | None) -> bool:
    """Whether there is anything in it but comments."""
    return script is not None and next(iter(tokens(script.source)), None) is not None


def stem(path: str) -> str:
    """The name of a file without folder and ``.sql``."""
    return path.rsplit("/", 1)[-1].removesuffix(".sql")


def numbers(text: str) -> tuple[int, ...]:
    """The numbers in a version such as ``1.10`` or ``2_1``; trailing zeros do not count."""
    found = [int(it) for it in _NUMBERS.findall(text)]
    while found[1:] and found[-1] == 0:
        found.pop()
    return tuple(found)
