"""Why a text does not parse, in words for whoever wrote it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from wishkit.core.script import Script
    from wishkit.errors import Location

_NEAR = re.compile(r' at or near "(.*)"$', re.DOTALL)
_BACKSLASH = re.compile(r"\\[\w.!?]*")
_VARIABLE = re.compile(r""":(?:\w+|'\w+'|"\w+"|\{\?\w+\})""")
_CONFLICT = re.compile(r"<{7}|={7}|>{7}")
_STRINGS_OFF = re.compile(
    rb"^[ \t]*SET\s+(?:(?:LOCAL|SESSION)\s+)?standard_conforming_strings\s*(?:=|\bTO\b)\s*"
    rb"'?(?:off|false|no|0)\b",
    re.IGNORECASE | re.MULTILINE,
)
# Words that begin a statement and hardly ever stand first in a line otherwise.
_BEGINNINGS = frozenset(
    """ALTER ANALYZE CALL CLUSTER COMMENT COPY CREATE DELETE DO DROP GRANT INSERT LOCK MERGE REFRESH
    REINDEX REVOKE SELECT TRUNCATE UPDATE VACUUM WITH""".split()  # noqa: SIM905 - easier to read
)


def syntax_error(
    script: Script, start: int, stop: int, error: tuple[str, int]
) -> MigrationFileError:
    """The error for a text that the parser refuses.

    Args:
        script: the text.
        start: byte offset of the piece that was parsed.
        stop: byte offset behind it.
        error: the parser's message, and the 0-based character of the piece it points at.

    Returns:
        ``nonstandard-strings``, ``psql-command`` or ``syntax``.
    """
    message, position = error
    piece = script.source[start:stop].decode(errors="replace")
    offset = start + len(piece[: max(position, 0)].encode())
    near = _NEAR.search(message)
    word = near.group(1) if near else ""
    if "\n" in word:  # of an unterminated string: all of the rest
        message = message[: near.start()] if near else message
    if off := _STRINGS_OFF.search(script.source, 0, offset):
        return nonstandard_strings(script.locate(off.start(), off.end()))
    where = script.locate(offset, offset + max(1, len(word.encode())))
    rest = where.text[where.column - 1 :]
    if command := _BACKSLASH.match(rest):
        return _psql_command(script.locate(offset, offset + command.end()), command.group())
    return MigrationFileError(
        message, code="syntax", where=where, help=_help(script, offset, word, rest)
    )


def nonstandard_strings(where: Location | None = None) -> MigrationFileError:
    """The error for a text that turns standard_conforming_strings off."""
    return MigrationFileError(
        "standard_conforming_strings must stay on",
        code="nonstandard-strings",
        where=where,
        help="with it off, where a string ends depends on the session and not on the text; "
        "write E'…' for strings with backslash escapes",
    )


def _psql_command(where: Location, command: str) -> MigrationFileError:
    if command == "\\.":
        message = "\\. ends the data of a COPY … FROM stdin, and none begins before it"
    else:
        message = f"{command} is a psql command, not SQL"
    return MigrationFileError(
        message, code="psql-command", where=where, help=_INSTEAD.get(command, _REMOVE)
    )


_REMOVE = "only psql understands its backslash commands: write it as SQL, or remove it"
# psql's own commands (manual: psql, Meta-Commands) that dumps and scripts hold, and what to do.
_INSTEAD = {
    "\\copy": "write COPY … FROM stdin; with the data behind it, and a line that holds only \\.",
    "\\i": "put the text of that file here",
    "\\ir": "put the text of that file here",
    "\\restrict": "pg_dump writes it for psql only: remove it",
    "\\unrestrict": "pg_dump writes it for psql only: remove it",
    "\\connect": "a migration runs on one database, which the command line names: remove it",
    "\\c": "a migration runs on one database, which the command line names: remove it",
    "\\.": "was the COPY removed, or is there a second \\. for it?",
}


def _help(script: Script, offset: int, word: str, rest: str) -> str:
    if _CONFLICT.match(rest):
        return "git left a merge conflict here: choose a side and remove its marks"
    if variable := _VARIABLE.match(rest):
        return f"{variable.group()} would be a variable of psql; write the value itself"
    for character in word:
        if unicodedata.category(character) in {"Cf", "Zs"} and character != " ":
            name = unicodedata.name(character, "no name").lower()
            return f"an invisible character is in it: U+{ord(character):04X}, {name}"
    before = script.source[:offset].rpartition(b"\n")
    if word.upper() in _BEGINNINGS and not before[2].strip():
        return "is a semicolon missing before it?"
    return "this is the verdict of PostgreSQL 18's own grammar; no server was asked"
