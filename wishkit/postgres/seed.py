"""Run seeds, and prove that running them again would change nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.probes import statements
from wishkit.core.redact import redact
from wishkit.errors import SeedFailed
from wishkit.postgres import failure
from wishkit.postgres.probe import LOCK_TIMEOUT, execute, place
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.batches import Batch
    from wishkit.core.script import Script

    Connection = psycopg.Connection[Any]
    Counts = dict[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Written:
    """What seeds wrote into one table.

    Attributes:
        table: with its schema.
        inserted: rows.
        updated: rows.
        deleted: rows.
    """

    table: str
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Sown:
    """What a run of seeds came to.

    Attributes:
        written: by table, without tables of which no row was written.
        seconds: how long it took, the proof included.
        proven: a second run was tried and changed nothing. False: this server does not count rows.
    """

    written: tuple[Written, ...]
    seconds: float
    proven: bool


def sow(
    connection: Connection, scripts: Sequence[Script], *, lock_timeout: float = LOCK_TIMEOUT
) -> Sown:
    """Run seeds twice in one transaction, and commit if the second time changed nothing.

    Args:
        connection: in autocommit mode, in no transaction.
        scripts: in order.
        lock_timeout: seconds that a statement queues for a lock.

    Raises:
        MigrationFileError: a text cannot work; nothing was run.
        SeedFailed: ``seed-failed`` or ``seed-not-idempotent``; everything was rolled back.
        ConnectError: ``connection-lost``.
    """
    texts = [(script, statements(script, what="a seed")) for script in scripts]
    began = time.monotonic()
    with failure.of_connection(), connection.transaction():
        values = {"name": "lock_timeout", "value": f"{lock_timeout}s"}
        connection.execute(query("setting"), values)
        # Somebody else's statements in this session may not have been reported yet.
        before = _counts(connection)
        proven = _counts_rows(connection)
        for script, part in _one_by_one(texts):
            _run(connection, script, part)
        first = _counts(connection)
        _again(connection, texts, first)
        try:
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            raise _failed(error, None, None) from error
    written = tuple(Written(table, *numbers) for table, numbers in _more(first, before).items())
    return Sown(written, time.monotonic() - began, proven)


def _again(
    connection: Connection, texts: Sequence[tuple[Script, Sequence[Batch]]], before: Counts
) -> None:
    """Run everything once more, and refuse the first statement that does not leave it at that."""
    for script, part in _one_by_one(texts):
        try:
            execute(connection, script, part)
        except psycopg.Error as error:
            told = _failed(error, script, part)
            if isinstance(error, psycopg.OperationalError):
                raise told from error
            raise SeedFailed(
                f"run a second time it fails: {told.message}",
                code="seed-not-idempotent",
                where=told.where,
                help=IDEMPOTENT,
                state=told.state,
                notes=told.notes,
            ) from error
        if (after := _counts(connection)) != before:
            more = _more(after, before)
            what = ", ".join(_worded(table, *numbers) for table, numbers in more.items())
            (span,) = part.spans
            raise SeedFailed(
                f"run a second time it changes rows again: {what}",
                code="seed-not-idempotent",
                where=script.locate(span.start, span.end),
                help=IDEMPOTENT,
                state=_STATE,
            )


_STATE = "all seeds of this run were rolled back"
IDEMPOTENT = (
    "seeds may be run at any time, so a second run must find nothing to do:\n"
    "INSERT … ON CONFLICT DO NOTHING, with a key that is the same each time; to bring rows up to "
    "date:\nON CONFLICT (id) DO UPDATE SET title = excluded.title WHERE t.title IS DISTINCT FROM "
    "excluded.title"
)


def _one_by_one(
    texts: Sequence[tuple[Script, Sequence[Batch]]],
) -> Iterator[tuple[Script, Batch]]:
    for script, parts in texts:
        for part in parts:
            for index, span in enumerate(part.spans, part.first):
                yield script, replace(part, first=index, spans=(span,))


def _run(connection: Connection, script: Script, part: Batch) -> None:
    try:
        execute(connection, script, part)
    except psycopg.Error as error:
        raise _failed(error, script, part) from error


def _failed(error: psycopg.Error, script: Script | None, part: Batch | None) -> SeedFailed:
    if failure.is_lost(error):
        raise error
    diag = error.diag
    notes = [redact(diag.message_detail)] if diag.message_detail else []
    return SeedFailed(
        redact(diag.message_primary or str(error).strip()),
        where=place(script, part, error) if script and part else None,
        help=diag.message_hint,
        state=_STATE,
        notes=(*notes, f"SQLSTATE {error.sqlstate} ({type(error).__name__})"),
    )


def _counts_rows(connection: Connection) -> bool:
    row = connection.execute(query("counts_rows")).fetchone()
    return bool(row and any(row))


def _counts(connection: Connection) -> Counts:
    return {row[0]: row[1:] for row in connection.execute(query("rows_written")).fetchall()}


def _more(after: Counts, before: Counts) -> Counts:
    """By how much counts have grown, where they have; TRUNCATE makes them shrink."""
    nothing = (0, 0, 0)
    grown = {}
    for table in sorted(after.keys() | before.keys()):
        (a, b, c), (x, y, z) = after.get(table, nothing), before.get(table, nothing)
        grown[table] = (a - x, b - y, c - z)
    return {table: numbers for table, numbers in grown.items() if numbers != nothing}


def _worded(table: str, inserted: int, updated: int, deleted: int) -> str:
    numbers = {"inserted": inserted, "updated": updated, "deleted": deleted}
    if min(numbers.values()) < 0:
        return f"{table} (truncated)"
    return f"{table} ({', '.join(f'{n:,} {word}' for word, n in numbers.items() if n)})"
