"""Migrations outside a transaction: every statement journalled, so that a crash is resumed.

A statement that can run in a transaction commits together with its line in the journal: it is done
exactly once. One that cannot (CREATE INDEX CONCURRENTLY, VACUUM, …) is announced before, closed
after, and if a crash came between, the catalog is asked whether it took effect.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.core.statements import parse
from wishkit.errors import LedgerError, MigrationFailed, MigrationPartial, WishkitError
from wishkit.postgres import failure, online
from wishkit.postgres.engine import settle_interrupt
from wishkit.postgres.ledger import is_large, keep_large_script
from wishkit.postgres.queries import query
from wishkit.postgres.session import Lost, Refused, quote

if TYPE_CHECKING:
    import psycopg

    from wishkit.core.batches import Batch
    from wishkit.postgres.engine import Attempt

# What a statement of the migration may have set and the journal must not be subject to; it comes
# back when the transaction ends, because the file's next statements may rely on it.
_LOCALLY_CLEAN = (
    "SET CONSTRAINTS ALL IMMEDIATE",
    "SET LOCAL SESSION AUTHORIZATION DEFAULT",
    "SET LOCAL search_path = pg_catalog",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL lock_timeout = 0",
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the journal as it was found."""

    direction: str
    sql: str
    done: bool


def run_stepwise(attempt: Attempt) -> None:
    """Run a non-transactional migration from where it stands.

    Raises:
        MigrationFailed: its first statement failed and nothing of it remains.
        MigrationPartial: stopped between statements.
        OutcomeUnknown: the connection was lost and the server did not come back.
        Interrupted: asked to stop.
    """
    journal = _read(attempt)
    batch = attempt.batches[0]
    try:
        _keep(attempt)
        for batch in attempt.batches:
            line = journal.get(batch.first)
            if not (line and line.done) or sets_session(batch):
                attempt.announce(batch)
                began = time.monotonic()
                _run(attempt, batch, begun=line is not None)
                attempt.timed(batch, began)
        _complete(attempt)
    except Refused as refused:
        raise _stopped(attempt, batch, refused) from refused.error
    except Lost as lost:
        raise _lost(attempt, lost) from lost.error
    except KeyboardInterrupt:
        error = settle_interrupt(attempt)
        error.state = f"{_how_far(attempt)}; {attempt.run.position}"
        raise error from None


def _read(attempt: Attempt) -> dict[int, _Line]:
    """The journal of an earlier attempt, if it is one at the same text.

    What was done stays done, so the statements up to there must be those of the file; behind
    them the file may have been mended.

    Raises:
        MigrationPartial: a statement that was run already reads differently now.
    """
    step = attempt.step
    lines = _lines(attempt)
    if any(line.direction != step.direction for line in lines.values()):
        # Turning round: the way back looks at the catalog, not at the way there.
        attempt.run.session.send(attempt.run.recorder.step("step_clear", id=step.id))
        return {}
    for number, line in lines.items():
        batch = attempt.batches[number - 1] if number <= len(attempt.batches) else None
        if line.done and (batch is None or _sql(attempt, batch) != line.sql):
            raise MigrationPartial(
                f"{step.id} stopped part-way, and statement {number}, which had been run, "
                "reads differently now",
                code="changed",
                where=step.script.locate(batch.start) if batch else None,
                notes=(f"it was:\n{line.sql}",),
                help="put it back as it was; what comes behind the statements that were run may "
                "be changed",
                state=f"{_how_far(attempt)}; {attempt.run.position}",
            )
    return lines


def _lines(attempt: Attempt) -> dict[int, _Line]:
    connection: psycopg.Connection[Any] = attempt.run.session.connection
    rows = connection.execute(query("step_rows"), {"id": attempt.step.id}).fetchall()
    return {number: _Line(direction, sql, done) for number, direction, sql, done in rows}


def _keep(attempt: Attempt) -> None:
    session, migration = attempt.run.session, attempt.step.migration
    if is_large(migration):
        keep_large_script(session, migration)
    else:
        session.send(attempt.run.recorder.keep(migration))


def _run(attempt: Attempt, batch: Batch, *, begun: bool) -> None:
    """Run one statement and see that it is in the journal, in this order or at once."""
    session = attempt.run.session
    if sets_session(batch):
        session.send(_sql(attempt, batch).encode())
        _journal(attempt, _begin(attempt, batch) + _end(attempt, batch))
        return
    if not may_commit_itself(batch):
        _run_in_transaction(attempt, batch)
        return
    work = online.work(_statement(attempt, batch))
    if begun and work.took_effect(session.connection):
        _journal(attempt, _end(attempt, batch))
        return
    _journal(attempt, _begin(attempt, batch))
    work.prepare(session)
    # A timeout that strikes while an index build waits for old snapshots leaves it INVALID, and
    # that wait stalls nobody.
    session.send(b"SET lock_timeout = 0; SET statement_timeout = 0")
    try:
        attempt.note_rows(session.send(_sql(attempt, batch).encode()))
    except Refused:
        work.clean_up(session)
        raise
    work.verify(session)
    _journal(attempt, _end(attempt, batch))


def _run_in_transaction(attempt: Attempt, batch: Batch) -> None:
    session = attempt.run.session
    record = _begin(attempt, batch) + _end(attempt, batch)
    data = batch.spans[0].data
    sql = _sql(attempt, batch).encode()
    if data is None:
        results = session.send(b"BEGIN;\n" + sql + b"\n;\n" + _clean(attempt) + record + b"COMMIT")
        attempt.note_rows(results[1:2])
    else:
        session.send(b"BEGIN")
        session.copy(sql, [memoryview(attempt.step.script.source)[slice(*data)]])
        session.send(_clean(attempt) + record + b"COMMIT")


def _journal(attempt: Attempt, lines: bytes) -> None:
    attempt.run.session.send(b"BEGIN;\n" + _clean(attempt) + lines + b"COMMIT")


def _complete(attempt: Attempt) -> None:
    session = attempt.run.session
    clear = attempt.run.recorder.step("step_clear", id=attempt.step.id)
    record = attempt.record()
    session.send(b"BEGIN;\n" + session.clean + b";\n" + record + b";\n" + clear + b";\nCOMMIT")


def locally_clean(role: str | None) -> bytes:
    """Inside a transaction: settings under which the journal can be written, until it ends."""
    settings = (*_LOCALLY_CLEAN, f"SET LOCAL ROLE {quote(role)}" if role else "SET LOCAL ROLE NONE")
    return (";\n".join(settings) + ";\n").encode()


def _clean(attempt: Attempt) -> bytes:
    return locally_clean(attempt.run.target.role)


def _begin(attempt: Attempt, batch: Batch) -> bytes:
    return (
        attempt.run.recorder.step(
            "step_begin",
            id=attempt.step.id,
            direction=attempt.step.direction,
            statement=batch.first,
            statements=attempt.batches[-1].last,
            checksum=attempt.step.migration.checksum,
            sql=_sql(attempt, batch),
        )
        + b";\n"
    )


def _end(attempt: Attempt, batch: Batch) -> bytes:
    recorder = attempt.run.recorder
    return recorder.step("step_end", id=attempt.step.id, statement=batch.first) + b";\n"


def _sql(attempt: Attempt, batch: Batch) -> str:
    return attempt.step.script.source[batch.start : batch.end].decode()


def _statement(attempt: Attempt, batch: Batch) -> dict[str, Any]:
    statement = batch.statement or parse(attempt.step.script, batch.spans[0], index=batch.first)
    return dict(statement.tree)


def sets_session(batch: Batch) -> bool:
    """SET and RESET count for what follows, so they are run again when a migration is resumed."""
    return batch.statement is not None and batch.statement.node == "VariableSetStmt"


def may_commit_itself(batch: Batch) -> bool:
    """Statements that must be sent outside a transaction block, because they need to commit."""
    node = batch.statement.node if batch.statement else ""
    return batch.kind == "autocommit" or node in {"CallStmt", "DoStmt"}


def _how_far(attempt: Attempt) -> str:
    done = sum(line.done for line in _lines(attempt).values())
    total = attempt.batches[-1].last
    way = "applied" if attempt.step.direction == "forward" else "rolled back"
    return f"{attempt.step.id} is partly {way}: {done} of {total} statements are done"


def _stopped(attempt: Attempt, batch: Batch, refused: Refused) -> WishkitError:
    run, step = attempt.run, attempt.step
    run.session.rollback()
    run.session.send(run.session.clean)
    _forget(attempt, batch)
    rows = _lines(attempt)
    prefix = 0 if may_commit_itself(batch) else len(b"BEGIN;\n")
    where = failure.place(step, batch, 0, refused.error, prefix)
    kind: type[WishkitError] = MigrationPartial if rows else MigrationFailed
    state = _how_far(attempt) if rows else f"nothing of {step.id} remains"
    help_ = None
    if rows:
        help_ = (
            f"mend the cause, or statement {batch.first} and what follows it in the file, and run "
            f"the same command again: it goes on there.\nOr undo what was done: "
            f"wishkit rollback {step.id}"
        )
    error = failure.describe(
        kind, refused.error, where=where, state=f"{state}; {run.position}", help_=help_
    )
    attempt.record_failure(error, "partial" if rows else "failed")
    return error


def _forget(attempt: Attempt, batch: Batch) -> None:
    """A statement that failed did not take effect; the journal must not ask about it."""
    recorder = attempt.run.recorder
    attempt.run.session.send(
        recorder.step("step_forget", id=attempt.step.id, statement=batch.first)
    )


def _lost(attempt: Attempt, lost: Lost) -> WishkitError:
    run, step = attempt.run, attempt.step
    run.reconnect()
    if run.is_applied(step.id) == (step.direction == "forward") and not _lines(attempt):
        return LedgerError(
            "the connection was lost after the last statement; the migration is complete",
            code="connection-lost",
            state=f"{step.id} is complete",
            help="run the same command again for the rest",
        )
    error = failure.describe(
        MigrationPartial,
        lost.error,
        where=step.script.locate(attempt.batches[0].start),
        state=f"{_how_far(attempt)}; {run.position}",
        help_="the connection to the server was lost; run the same command again: it looks at "
        "the journal and the catalog, and goes on",
    )
    error.code = "connection-lost"
    attempt.record_failure(error, "partial")
    return error
