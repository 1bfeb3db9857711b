"""Ask a database what a probe asks: in one transaction that is always rolled back."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq

from wishkit.core.probes import Verdict, line_of_body, statements
from wishkit.core.redact import redact
from wishkit.errors import MigrationFileError, ProbeError, PromiseBroken
from wishkit.postgres import failure
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.core.batches import Batch
    from wishkit.core.probes import Probe
    from wishkit.core.script import Script
    from wishkit.errors import Location, WishkitError

    Connection = psycopg.Connection[Any]

LOCK_TIMEOUT = 2.0
STATEMENT_TIMEOUT = 60.0

# SQLSTATEs, and classes of them, with which the server says that it could not answer; with any
# other one it says no: an assertion or RAISE of the file, a row that is refused, a table or column
# that is not there. (Manual, appendix A.)
_NOT_ASKED = (
    *("08", "0A", "28", "40", "53", "54", "55", "57", "58", "F0", "XX"),
    *("25006", "42501", "42601", "42602", "42622", "42939"),
)
_RAISED = {"P0001", "P0004"}  # RAISE and ASSERT: the file's own words
_MISSING = {"42P01", "42703", "42704", "42883", "3F000"}
# A DO has no name of its own, and the server calls it this in every language.
_LINE_OF_DO = re.compile(r"inline_code_block\D+(\d+)")


def run_probe(
    connection: Connection,
    probe: Probe,
    *,
    settings: Mapping[str, str] | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
    statement_timeout: float = STATEMENT_TIMEOUT,
) -> Verdict:
    """Run one probe and roll it back.

    Afterwards the session is as it was, but for advisory locks and prepared statements: there are
    none, whoever made them.

    Args:
        connection: in autocommit mode, in no transaction.
        probe: what to ask.
        settings: for the probe's transaction, such as ``wishkit.scale``.
        lock_timeout: seconds that it queues for a lock; others queue behind it meanwhile.
        statement_timeout: seconds that one statement may take.

    Returns:
        what it found. A text that cannot work and a statement that the server could not answer
        are told in it as well.

    Raises:
        ConnectError: ``connection-lost``.
        KeyboardInterrupt: after the running statement was cancelled and all was rolled back.
    """
    heard: list[str] = []
    error: WishkitError | None = None
    began = time.monotonic()
    try:
        parts = statements(probe.script)
        began = time.monotonic()  # understanding the text is not the database's doing
        with failure.of_connection(), _hearing(connection, heard), undone(connection):
            values = {"lock": f"{lock_timeout}s", "statement": f"{statement_timeout}s"}
            connection.execute(query("probe_settings"), values)
            for name, value in (settings or {}).items():
                connection.execute(query("setting"), {"name": name, "value": value})
            error = run_script(connection, probe.script, parts)
    except MigrationFileError as refused:
        error = refused
    elapsed = time.monotonic() - began
    passed, said = error is None, tuple(heard)
    return Verdict(probe.id, probe.kind, passed, elapsed, error, said, probe.summary)


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """A transaction that is rolled back, and a session that nothing of it remains in."""
    try:
        with connection.transaction(force_rollback=True):
            try:
                yield
            except BaseException:
                _end_command(connection)
                raise
    finally:
        # What a ROLLBACK leaves; everything else of a session is undone by it.
        if connection.pgconn.status == pq.ConnStatus.OK:
            connection.execute(query("advisory_unlock"))
            connection.execute("DEALLOCATE ALL")


def _end_command(connection: Connection) -> None:
    """What an interrupt between sending and waiting left under way; else nothing can be sent."""
    pgconn = connection.pgconn
    if pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
        connection.cancel_safe()
        while pgconn.get_result():
            pass


def run_script(
    connection: Connection, script: Script, parts: tuple[Batch, ...]
) -> WishkitError | None:
    """Run the statements of a script in the transaction that is open.

    Deferred constraints are checked at the end, as a COMMIT would.

    Returns:
        ``PromiseBroken`` or ``ProbeError`` for the first statement that fails.
    """
    for part in parts:
        for index, span in enumerate(part.spans, part.first):
            one = replace(part, first=index, spans=(span,))
            try:
                execute(connection, script, one)
            except psycopg.Error as error:
                return _told(error, script, one)
    try:
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        return _told(error, script, None)
    return None


def execute(connection: Connection, script: Script, part: Batch) -> None:
    """Run one statement, COPY with its data included.

    Raises:
        psycopg.Error: the server refused it.
    """
    (span,) = part.spans
    body = script.source[span.start : span.end]
    if span.data is None:
        connection.execute(body, prepare=False)
        return
    with connection.cursor() as cursor, cursor.copy(body) as copy:
        copy.write(script.source[slice(*span.data)])


def _told(error: psycopg.Error, script: Script, part: Batch | None) -> WishkitError:
    """What the server said, as an answer or as the lack of one."""
    if failure.is_lost(error):
        raise error
    diag, sqlstate = error.diag, error.sqlstate or ""
    message = redact(diag.message_primary or str(error).strip())
    where = place(script, part, error) if part else None
    notes = [redact(diag.message_detail)] if diag.message_detail else []
    if sqlstate.startswith(_NOT_ASKED):
        notes.append(f"SQLSTATE {sqlstate} ({type(error).__name__})")
        help_ = diag.message_hint or _WHY_NOT.get(sqlstate, _WHY_NOT.get(sqlstate[:2]))
        return ProbeError(message, where=where, help=help_, notes=tuple(notes), state=_STATE)
    help_ = diag.message_hint
    if sqlstate in _MISSING and not help_:
        help_ = "it is gone, or was never there; or this file misspells it"
    if sqlstate not in _RAISED:
        notes.append(f"SQLSTATE {sqlstate} ({type(error).__name__})")
    return PromiseBroken(message, where=where, help=help_, notes=tuple(notes), state=_STATE)


def place(script: Script, part: Batch, error: psycopg.Error) -> Location:
    """Where in a file the server found fault: in the body of a DO, the line."""
    line = _LINE_OF_DO.findall(error.diag.context or "")
    if line and error.diag.statement_position is None:
        where = line_of_body(script, part, int(line[-1]))
        if where is not None:
            return where
    return failure.place(script, part, 0, error, 0)


_STATE = "the probe was rolled back; it changed nothing"
# What to do where the server could not answer and gives no hint itself.
_WHY_NOT = {
    "42501": "grant what is missing, or act as the owner: role = … in wishkit.toml",
    "25006": "it writes rows, which are rolled back: ask a primary, in a session that may write",
    "55P03": "another session holds a lock that it needs; try again when it is quieter",
    "57014": "it took longer than it may, or somebody cancelled it",
    "42601": "this is no SQL that the server understands: mend the file",
    "0A": "this server cannot do that; is the file written for a newer one?",
    "40": "another session was in the way; try again",
}


@contextmanager
def _hearing(connection: Connection, heard: list[str]) -> Iterator[None]:
    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        severity = diagnostic.severity_nonlocalized or diagnostic.severity or "NOTICE"
        text = redact(diagnostic.message_primary or "")
        heard.append(text if severity in {"NOTICE", "INFO"} else f"{severity.lower()}: {text}")

    connection.add_notice_handler(hear)
    try:
        yield
    finally:
        connection.remove_notice_handler(hear)
