"""graphile-migrate: committed/000001.sql, each with its hash and that of the one before.

Source: https://github.com/graphile/migrate, src/migration.ts and src/hash.ts: a file begins with
``--! Previous: …``, ``--! Hash: …`` and perhaps ``--! Message: …``; the hash is SHA-1 over the hash
before, a line feed and the body without white space around it; what the body includes was put into
it when it was committed. ``--! no-transaction`` is the body's first line. Nothing is kept of a way
back.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import has_sql
from wishkit.core.script import Script
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Folder, Row

_NAME = re.compile(r"(?:(?:.*/)?committed/)?((\d{6})(?:-([-_a-zA-Z0-9]*))?\.sql)")
_CURRENT = re.compile(r"(?:.*/)?current(?:\.sql|/.*\.sql)")
_HEADER = re.compile(rb"--! ([A-Z][a-zA-Z0-9_]*)(?::([^\n]*))?(?:\n|\Z)")
_NO_TRANSACTION = re.compile(rb"--![ \t]*no-transaction\b")
_INCLUDE = re.compile(rb"^--![ \t]*include[ \t]+(\S+)", re.MULTILINE)
_PLACEHOLDER = re.compile(rb"(?<![:\w]):([A-Z][A-Z0-9_]*)\b")


def hash_of(body: bytes, previous: str) -> str:
    """What graphile-migrate keeps of a body, without the name of the algorithm."""
    text = (previous.encode() + b"\n" + body.strip()).strip() + b"\n"
    return hashlib.sha1(text).hexdigest()  # noqa: S324 - the tool's own


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of graphile-migrate."""
    applied = {str(row["filename"]): str(row["hash"]) for row in rows or ()}
    originals: list[Original] = []
    troubles: list[Trouble] = []
    notes: list[str] = []
    known: set[str] = set()
    before = ""
    for path in sorted(folder.files):
        script = folder.files[path]
        found = _NAME.fullmatch(path)
        if not found:
            if _CURRENT.fullmatch(path) and has_sql(script):
                notes.append(f"left out: {path} is not committed; commit it, or write its pair")
            continue
        headers, start = _headers(script)
        filename = f"{found[2]}.sql"
        known.add(filename)
        previous = headers.get("Previous", "-").removeprefix("-")
        own = headers.get("Hash", "")
        if previous != before:
            message = f"it comes after {previous or 'nothing'}, and not after {before or 'nothing'}"
            troubles.append(Trouble(message, Location(script.path, 1)))
        before = own
        if own.rpartition(":")[2] != hash_of(script.source[start:], previous):
            allowed = "AllowInvalidHash" in headers
            notes.append(
                f"{path} is not what its hash says" + (", which it allows" if allowed else "")
            )
        if applied.get(filename, own) != own:
            notes.append(f"{path} is not what was applied: its hash is another one")
        includes = tuple(
            Trouble(
                f"{it[1].decode(errors='replace')} is still to be included",
                script.locate(*it.span(1)),
                "commit it again with graphile-migrate, which puts the text here",
            )
            for it in _INCLUDE.finditer(script.source, start)
        )
        body = script.source[start:]
        originals.append(
            Original(
                found[1],
                headers.get("Message") or (found[3] or "").replace("-", " ") or f"step {found[2]}",
                Script(script.path, b"\n" * script.source.count(b"\n", 0, start) + body),
                irreversible="graphile-migrate keeps no way back; write it in a .rollback.sql",
                transactional=False if _NO_TRANSACTION.match(body.lstrip()) else None,
                applied=filename in applied,
                variable=_PLACEHOLDER,
                troubles=includes,
            )
        )
    troubles += [
        Trouble(f"{it} is applied, but its file is not there; graphile-migrate keeps no text")
        for it in sorted(applied.keys() - known)
    ]
    return History(tuple(originals), tuple(troubles), tuple(notes))


def _headers(script: Script) -> tuple[dict[str, str], int]:
    """What a file says of itself, and where its body begins."""
    headers, at = {}, 0
    while found := _HEADER.match(script.source, at):
        headers[found[1].decode()] = (found[2] or b"").decode(errors="replace").strip()
        at = found.end()
    return headers, at


TOOL = Tool(
    "graphile-migrate",
    ("migrations",),
    (".sql",),
    Registry(
        "migrations",
        "adopt_graphile_migrate",
        frozenset({"hash", "previous_hash", "filename", "date"}),
        schema="graphile_migrate",
    ),
    read,
)
