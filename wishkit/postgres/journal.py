"""Migrations outside a transaction: every statement journalled, so that a crash is resumed.

A statement that can run in a transaction commits together with its line in the journal: it is done
exactly once. One that cannot (CREATE INDEX CONCURRENTLY, VACUUM, …) is announced before, closed
after, and if a crash came between, the catalog is asked whether it took effect.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wishkit.core.events import Noted
from wishkit.core.statements import parse
from wishkit.errors import MigrationFailed, MigrationPartial, WishkitError
from wishkit.postgres import failure, online
from wishkit.postgres.ledger import is_large, keep_large_script
from wishkit.postgres.session import Lost, Refused
from wishkit.postgres.steps import (
    BEGIN,
    Line,
    NotWritten,
    begin_line,
    clean_for_journal,
    end_line,
    how_far,
    journal_lines,
    statement_text,
    writing,
)

if TYPE_CHECKING:
    from wishkit.core.batches import Batch
    from wishkit.postgres.engine import Attempt


def run_stepwise(attempt: Attempt) -> None:
    """Run a non-transactional migration from where it stands.

    Raises:
        MigrationFailed: its first statement failed and nothing of it remains.
        MigrationPartial: stopped between statements.
        OutcomeUnknown: the connection was lost and the server did not come back.
        Interrupted: asked to stop.
    """
    try:
        _run_all(attempt)
    except Lost as lost:
        _settle_lost(attempt, lost)


def _run_all(attempt: Attempt) -> None:
    batch = attempt.batches[0]
    try:
        journal = _read(attempt)
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
    except online.Unclear as unclear:
        raise _unclear(attempt, batch, unclear) from None


def _read(attempt: Attempt) -> dict[int, Line]:
    """The journal of an earlier attempt, if it is one at the same text.

    What was done stays done, so the statements up to there must be those of the file; behind
    them the file may have been mended.

    Raises:
        MigrationPartial: a statement that was run already reads differently now.
    """
    step = attempt.step
    lines = journal_lines(attempt)
    if any(line.direction != step.direction for line in lines.values()):
        return {}  # it turns round; the first line that is written ends what was there
    for number, line in lines.items():
        batch = attempt.batches[number - 1] if number <= len(attempt.batches) else None
        if line.done and (batch is None or statement_text(attempt, batch) != line.sql):
            raise MigrationPartial(
                f"{step.id} stopped part-way, and statement {number}, which had been run, "
                "reads differently now",
                code="changed",
                where=step.script.locate(batch.start) if batch else None,
                notes=(f"it was:\n{line.sql}",),
                help="put it back as it was; what comes behind the statements that were run may "
                "be changed",
                state=_state(attempt, how_far(attempt)),
            )
    return lines


def _keep(attempt: Attempt) -> None:
    session, migration = attempt.run.session, attempt.step.migration
    with writing():
        if is_large(migration):
            keep_large_script(session, migration)
        else:
            session.send(attempt.run.recorder.keep(migration))


def _run(attempt: Attempt, batch: Batch, *, begun: bool) -> None:
    """Run one statement and see that it is in the journal, in this order or at once."""
    if sets_session(batch):
        attempt.run.session.send(statement_text(attempt, batch).encode())
        _journal(attempt, begin_line(attempt, batch) + end_line(attempt, batch))
    elif may_commit_itself(batch):
        _run_alone(attempt, batch, begun=begun)
    else:
        _run_in_transaction(attempt, batch)


def _run_alone(attempt: Attempt, batch: Batch, *, begun: bool) -> None:
    session = attempt.run.session
    work = online.work(_statement(attempt, batch), statement_text(attempt, batch))
    done: bool | None = False
    if begun or _undoes_incomplete(attempt):
        done = work.took_effect(session)
        if done is None and begun:
            done = _decided(attempt)
    if done:
        _journal(attempt, begin_line(attempt, batch) + end_line(attempt, batch))
        return
    _journal(attempt, begin_line(attempt, batch))
    # A timeout that strikes while an index build waits for old snapshots leaves it INVALID, and
    # that wait stalls nobody.
    session.send(b"SET lock_timeout = 0; SET statement_timeout = 0")
    work.prepare(session, attempt.run.listener)
    try:
        attempt.note_rows(session.send(statement_text(attempt, batch).encode()))
    except Refused:
        with suppress(Refused):  # then its line stays, and the next run looks again
            if work.left_nothing(session):
                _forget(attempt, batch)
        raise
    work.verify(session)
    _journal(attempt, end_line(attempt, batch))


def _run_in_transaction(attempt: Attempt, batch: Batch) -> None:
    session = attempt.run.session
    record = begin_line(attempt, batch) + end_line(attempt, batch)
    data = batch.spans[0].data
    sql = statement_text(attempt, batch).encode()
    try:
        if data is None:
            tail = b"\n;\n" + clean_for_journal(attempt) + record + b"COMMIT"
            attempt.note_rows(session.send(BEGIN + sql + tail)[1:2])
        else:
            session.send(BEGIN)
            session.copy(sql, [memoryview(attempt.step.script.source)[slice(*data)]])
            with writing():
                session.send(clean_for_journal(attempt) + record + b"COMMIT")
    except Refused as refused:
        if refused.completed > _USERS + 1:  # behind SET CONSTRAINTS
            raise NotWritten(refused.completed, refused.error) from refused
        if not (_undoes_incomplete(attempt) and _was_never_there(batch, refused)):
            raise
        session.rollback()
        _journal(attempt, record)
        text = f"{refused}: passed over, because the migration had not got that far"
        attempt.run.listener(Noted(attempt.step.id, "NOTICE", text))


def _undoes_incomplete(attempt: Attempt) -> bool:
    """Whether a migration is undone that was never complete, so that some of it is not there."""
    step = attempt.step
    return step.direction == "backward" and step.id not in attempt.run.applied


def _was_never_there(batch: Batch, refused: Refused) -> bool:
    """Whether a statement only failed to remove what does not exist."""
    ((node, fields),) = batch.statement.tree.items() if batch.statement else (("", {}),)
    subtypes = {item["AlterTableCmd"].get("subtype") for item in fields.get("cmds", ())}
    removes = node == "DropStmt" or bool(subtypes and subtypes <= _REMOVING)
    return removes and refused.error.sqlstate in _UNDEFINED


_REMOVING = {"AT_DropColumn", "AT_DropConstraint"}
# Of a table, column, object, function, schema; PostgreSQL manual, appendix A.
_UNDEFINED = {"42P01", "42703", "42704", "42883", "3F000"}


def _decided(attempt: Attempt) -> bool:
    """Whether a statement that was begun counts as done, where only a person can tell.

    Raises:
        Unclear: nobody has said.
    """
    if attempt.run.unfinished is None:
        raise online.Unclear(
            "an earlier run sent this statement and did not see it end; whether it took effect, "
            "or how much of it did, cannot be told from the catalog",
            code="step-unknown",
            help_="look at what it was to do, then run the same command again and say:\n"
            "--unfinished done   it took effect, or what was missing has been done by hand\n"
            "--unfinished redo   it did not, or may be run again from its beginning",
        )
    return attempt.run.unfinished == "done"


def _journal(attempt: Attempt, lines: bytes) -> None:
    with writing():
        attempt.run.session.send(BEGIN + clean_for_journal(attempt) + lines + b"COMMIT")


def _complete(attempt: Attempt) -> None:
    session = attempt.run.session
    with writing():
        session.send(BEGIN + session.clean + b";\n" + attempt.record() + b";\nCOMMIT")


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


def _stopped(attempt: Attempt, batch: Batch, refused: Refused) -> WishkitError:
    """A statement was refused, or what has to be written behind it."""
    attempt.run.session.rollback()
    attempt.run.session.send(attempt.run.session.clean)
    far = how_far(attempt)
    where = attempt.place
    if refused.completed <= _USERS and not isinstance(refused, NotWritten):
        prefix = len(BEGIN) if refused.completed else 0
        where = failure.place(attempt.step, batch, 0, refused.error, prefix)
    help_ = None
    if far:
        help_ = (
            f"mend the cause, or statement {batch.first} and what follows it in the file, and run "
            f"the same command again: it goes on there.\nOr undo what was done: "
            f"wishkit rollback {attempt.step.id}"
        )
    error = failure.describe(
        MigrationPartial if far else MigrationFailed,
        refused.error,
        where=where,
        state=_state(attempt, far),
        help_=help_,
    )
    if isinstance(refused, NotWritten):
        error.code = "ledger-not-written"
    attempt.record_failure(error, "partial" if far else "failed")
    return error


# In a message of ours, BEGIN comes first, then the migration's statement.
_USERS = 1


def _state(attempt: Attempt, far: str | None) -> str:
    return f"{far or f'nothing of {attempt.step.id} remains'}; {attempt.run.position}"


def _unclear(attempt: Attempt, batch: Batch, unclear: online.Unclear) -> WishkitError:
    attempt.run.session.send(attempt.run.session.clean)
    span = batch.spans[0]
    error = MigrationPartial(
        unclear.message,
        code=unclear.code,
        where=attempt.step.script.locate(span.start, span.end),
        help=unclear.help_,
        state=_state(attempt, how_far(attempt)),
    )
    attempt.record_failure(error, "partial")
    return error


def _forget(attempt: Attempt, batch: Batch) -> None:
    """A statement that failed and left nothing; the journal must not ask about it."""
    with writing():
        attempt.run.session.send(
            attempt.run.recorder.step("step_forget", id=attempt.step.id, statement=batch.first)
        )


def _settle_lost(attempt: Attempt, lost: Lost) -> None:
    """The connection died: find out from ledger and journal how far the migration got."""
    run, step = attempt.run, attempt.step
    applied = run.settle(step.id)
    far = how_far(attempt)
    if applied == (step.direction == "forward") and far is None:
        text = "the connection was lost at the end; the ledger says the migration is complete"
        run.listener(Noted(step.id, "WARNING", text))
        return
    error = failure.describe(
        MigrationPartial if far else MigrationFailed,
        lost.error,
        where=attempt.place,
        state=_state(attempt, far),
        help_="the connection to the server was lost; run the same command again: it looks at "
        "the journal and the catalog, and goes on",
    )
    error.code = "connection-lost"
    attempt.record_failure(error, "partial" if far else "failed")
    raise error from lost.error
