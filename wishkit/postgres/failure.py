"""From what the server refused to an error that names file, line and column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.redact import redact

if TYPE_CHECKING:
    import psycopg

    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.errors import Location, WishkitError

_WORD = re.compile(rb'"(?:[^"]|"")+"|[\w$]+|.', re.DOTALL)
_COPY_LINE = re.compile(r"COPY [^,]+, \D+ (\d+)|\(?(?:line|Zeile|ligne|línea)\D*(\d+)")


def place(step: Step, batch: Batch, completed: int, error: psycopg.Error, prefix: int) -> Location:
    """Where in the file the server found fault.

    Args:
        step: what was running.
        batch: the message's statements.
        completed: how many of them had succeeded.
        error: what the server said; its position counts characters of the whole message.
        prefix: how many characters of the message stand before the first statement.
    """
    script = step.script
    span = batch.spans[min(completed, len(batch.spans) - 1)]
    if span.data is not None and (line := _COPY_LINE.search(error.diag.context or "")):
        offset = span.data[0]
        for _ in range(int(line.group(1) or line.group(2)) - 1):
            offset = script.source.find(b"\n", offset) + 1
        return script.locate(offset, script.source.find(b"\n", offset))
    if error.diag.statement_position is None:
        return script.locate(span.start, span.end)
    characters = int(error.diag.statement_position) - 1 - prefix
    body = script.source[batch.start : batch.end].decode()
    offset = batch.start + len(body[:characters].encode())
    word = _WORD.match(script.source, offset)
    return script.locate(offset, word.end() if word else None)


def describe(
    kind: type[WishkitError],
    error: psycopg.Error,
    *,
    where: Location,
    state: str,
    help_: str | None = None,
) -> WishkitError:
    """The error to raise for a statement that the server refused."""
    diag = error.diag
    message = diag.message_primary or str(error).strip() or type(error).__name__
    notes = [
        f"{label}: {redact(text)}"
        for label, text in (("detail", diag.message_detail), ("context", diag.context))
        if text
    ]
    if error.sqlstate:
        notes.append(f"SQLSTATE {error.sqlstate} ({type(error).__name__})")
    return kind(
        redact(message),
        where=where,
        help=help_ or diag.message_hint or _HELP.get(error.sqlstate or ""),
        state=state,
        notes=tuple(notes),
    )


# What to do about errors that the server gives no hint for.
_HELP = {
    "42501": "grant what is missing, or run as the owner: role = … in wishkit.toml",
    "42P07": "something of that name is there already; if it is what this migration makes, "
    "record that: wishkit mark",
    "55P03": "another session holds a lock this statement needs; run again when it is quieter",
    "40P01": "this statement and another session waited for each other; run again",
    "53100": "the server's disk is full; make room and run again",
    "25006": "the session is read-only; a migration has to write",
    "57014": "a statement_timeout or somebody else cancelled it; "
    "see SHOW statement_timeout, and ALTER ROLE … SET statement_timeout",
}
