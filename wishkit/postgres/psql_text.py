r"""Text that psql sends on exactly as it is meant, with what a run has to say around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wishkit.postgres.session import CLEAN, Session
from wishkit.postgres.steps import locally_clean

if TYPE_CHECKING:
    import psycopg

    from wishkit.config import Target
    from wishkit.core.script import Script
    from wishkit.core.statements import Span
    from wishkit.postgres.recorder import Recorder

    Connection = psycopg.Connection[Any]

# The file may have made the session's transactions read-only; the journal's are not.
BEGIN = b"BEGIN READ WRITE;"

# What psql passes on as it stands, whatever is in it: strings, quoted names, dollar quotes and
# comments. A comment within a comment is cut short here, which errs on the safe side.
_OPAQUE = re.compile(
    rb"""[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$"""
    rb"""|--[^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
# Elsewhere :name, :'name', :"name" and :{?name} are its variables (psql, Advanced Features: SQL
# Interpolation), and where the body of a SQL-standard function ends it guesses from keywords.
_MISREAD = re.compile(rb"""(?<!:):(?=[\w'"{\x80-\xff])|\bATOMIC\b""", re.IGNORECASE)


@dataclass(slots=True)
class PsqlWriter:
    """A script for psql in the making.

    Attributes:
        connection: for quoting, and to ask what the script depends on.
        target: whose role the script takes on.
        recorder: writes the ledger; the run, user and host are variables of psql.
        pieces: what is written so far.
    """

    connection: Connection
    target: Target
    recorder: Recorder
    pieces: list[bytes] = field(default_factory=list)

    @property
    def clean(self) -> bytes:
        """As the engine cleans its session, but for the run lock, which this one holds itself."""
        kept = [statement for statement in CLEAN if "advisory" not in statement]
        return ";\n".join(kept).encode() + b";\n" + self.settings

    @property
    def settings(self) -> bytes:
        """What the engine tells a new session, and that the script is UTF-8."""
        session = Session(self.connection, role=self.target.role)
        return session.begin_settings + b";\nSET client_encoding = 'UTF8'"

    def raw(self, text: bytes) -> None:
        """Lines as they are."""
        self.pieces.append(text.rstrip(b"\n") + b"\n")

    def sql(self, statement: bytes) -> None:
        """A statement, or several, of wishkit's own."""
        self.raw(statement.rstrip(b"\n;") + b";")

    def comment(self, text: str) -> None:
        """Words for who reads the script."""
        lines = text.splitlines() or [""]
        self.raw("\n".join(f"-- {line}".rstrip() for line in lines).encode())

    def title(self, text: str, about: str = "") -> None:
        """A part of the script begins."""
        self.raw(b"\n-- " + b"=" * 76)
        self.comment(text)
        if about:
            self.comment(about)
        self.raw(b"-- " + b"=" * 76)

    def note(self, *lines: bytes, opened: bool = False) -> None:
        """Lines of the journal, in a transaction of their own unless one is open."""
        if not opened:
            self.raw(BEGIN)
        self.sql(locally_clean(self.target.role))
        for line in lines:
            self.sql(line)
        self.raw(b"COMMIT;")

    def statement(self, script: Script, span: Span, end: int) -> int:
        """A statement with the comments before it; returns the offset behind it."""
        lead = script.source[end : span.start].strip(b" \t").removeprefix(b"\n" if end else b"")
        sql = script.source[span.start : span.end]
        after = behind(script, span)
        self.pieces.append(lead)
        if span.data:
            # To the byte: an empty line of data is a row with an empty string.
            self.pieces.append(script.source[span.start : span.data[1]] + b"\\.\n")
        elif _passes_unread(sql):
            written = script.source[span.start : after]
            self.raw(written if after > span.end else written + b"\n;")
        else:
            self.comment("As a string, so that psql does not look for its variables in it.")
            quoted = b"$" + _tag(sql) + b"$"
            self.raw(b"SELECT " + quoted + sql + quoted + b"\n\\gexec")
        return after

    def rest(self, script: Script, end: int) -> None:
        """The comments behind the last statement."""
        if rest := script.source[end:].strip():
            self.raw(b"\n" + rest)


def behind(script: Script, span: Span) -> int:
    """The offset behind a statement, its semicolon, or its data."""
    source = script.source
    if span.data:
        end = source.find(b"\n", span.data[1])
        return len(source) if end < 0 else end + 1
    rest = re.compile(rb"\s*;?").match(source, span.end)
    return rest.end() if rest and rest.group().endswith(b";") else span.end


def _passes_unread(sql: bytes) -> bool:
    """Whether psql passes a statement on as it stands."""
    if b":" not in sql and b"atomic" not in sql.lower():
        return True
    return not _MISREAD.search(_OPAQUE.sub(b"''", sql))


def _tag(sql: bytes) -> bytes:
    tag, number = b"wishkit", 0
    while b"$" + tag + b"$" in sql:
        number += 1
        tag = b"wishkit%d" % number
    return tag


def psql_quoted(text: str) -> bytes:
    """An argument of one of psql's own commands (psql, Meta-Commands)."""
    return b"'" + text.replace("\\", "\\\\").replace("'", "''").encode() + b"'"
