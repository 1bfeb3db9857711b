"""Tables of a TOML file checked by hand, so that every complaint names file, line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.config import suggestion
from wishkit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reader:
    """Checks tables by hand: a validation library loses the key's name on the way to its line.

    Attributes:
        path: of the file, as the user would type it.
        lines: of the file.
        words: by what reads a text: what is wrong with one that it cannot read, and what would do.
    """

    path: str
    lines: list[str]
    words: Mapping[object, tuple[str, str]]

    def table(
        self, key: tuple[str, ...], content: dict[str, Any], kinds: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The table's values, each of the kind that ``kinds`` asks for."""
        place = f" in [{'.'.join(key)}]" if key else ""
        checked = {}
        for name, value in content.items():
            where = (*key, name)
            if name not in kinds:
                help_text = suggestion(name, kinds, "known here")
                raise self.error(where, f'unknown key "{name}"{place}', help=help_text)
            kind = kinds[name]
            checked[name] = value
            if kind in self.words:
                checked[name] = kind(value) if isinstance(value, str) else None
                if checked[name] is None:
                    problem, help_text = self.words[kind]
                    raise self.error(where, f'"{name}" {problem}', help=help_text)
            elif type(value) is not kind:
                raise self.error(where, f'"{name}" must be {_KIND[kind]}, not {kind_of(value)}')
        return checked

    def error(self, key: tuple[str, ...], message: str, *, help: str | None = None) -> ConfigError:  # noqa: A002
        """What is wrong with a key, and where it stands."""
        return ConfigError(message, where=self.locate(key), help=help)

    def locate(self, key: tuple[str, ...]) -> Location:
        """Where a key stands: its own line, else that of the table or inline table around it."""
        table: tuple[str, ...] = ()
        best, found = Location(self.path, 1), -1
        for number, line in enumerate(self.lines, 1):
            if header := re.match(r"\s*\[+([^\]]+)\]", line):
                here = table = _split(header[1])
                name = header[1]
            elif assignment := re.match(r"\s*([\w.\"' -]+?)\s*=", line):
                name = assignment[1]
                here = (*table, *_split(name))
            else:
                continue
            if len(here) > found and here == key[: len(here)]:
                found = len(here)
                column = line.index(name) + 1
                best = Location(self.path, number, column, masked(line), len(name))
        return best


_KIND: dict[object, str] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    dict: "a table",
    list: "a list",
}


def kind_of(value: object) -> str:
    """The kind of a value, in words."""
    return _KIND.get(type(value), f"{type(value).__name__}")


def _split(key: str) -> tuple[str, ...]:
    parts = re.findall(r"\"[^\"]*\"|'[^']*'|[^.\s]+", key)
    return tuple(part.strip("\"'") for part in parts)


def masked(line: str) -> str:
    """The line without its value, which may be or hold a password, unless it is plainly none."""
    if "=" not in line:
        return line if line.lstrip().startswith("[") else ""
    plain = r"[\"']env:\w+[\"']|true|false|[\d.]+"
    return re.sub(rf"=\s*+(?!({plain})\s*(#|$)).*", "= …", line)
