"""Migrations outside a transaction: every statement journalled, so that a crash is resumed.

A statement that can run in a transaction commits together with its line in the journal: it is done
exactly once. One that cannot (CREATE INDEX CONCURRENTLY, VACUUM, …) is announced before, closed
after, and if a crash came between, the catalog is asked whether it took effect.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from wishkit.core.events import Noted
from wishkit.core.statements import parse
from wishkit.errors import MigrationFailed, MigrationPartial, WishkitError
from wishkit.postgres import failure, online
from wishkit.postgres.backfill import run_in_batches
from wishkit.postgres.enums import added_by, verify_order
from wishkit.postgres.ledger import is_large, keep_large_script
from wishkit.postgres.patience import OutOfPatience, Stalled
from wishkit.postgres.session import Lost, Refused, unhurried
from wishkit.postgres.steps import (
    BEGIN,
    GaveUp,
    Line,
    NotWritten,
    begin_line,
    clean_for_journal,
    end_line,
    go_on,
    how_far,
    journal_lines,
    statement_text,
    writing,
)

if TYPE_CHECKING:
    from wishkit.core.batches import Batch
    from wishkit.postgres.attempt import Attempt
    from wishkit.postgres.patience import Settings


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
            if not (line and line.done) or batch.sets_session:
                _run_timed(attempt, batch, begun=line is not None)
        _verify_attached(attempt)
        _complete(attempt)
    except Refused as refused:
        raise _stopped(attempt, batch, refused) from refused.error
    except GaveUp as told:
        raise _gave_up(attempt, batch, told.error) from told
    except OutOfPatience as over:
        raise _gave_up(attempt, batch, failure.out_of_patience(attempt, over)) from over
    except Stalled as stalled:
        raise _gave_up(attempt, batch, failure.stalled(attempt, stalled)) from stalled
    except online.Unclear as unclear:
        raise _unclear(attempt, batch, unclear) from None


def _run_timed(attempt: Attempt, batch: Batch, *, begun: bool) -> None:
    attempt.announce(batch)
    began, waited = time.monotonic(), attempt.waits.seconds
    ran = True
    try:
        ran = _run(attempt, batch, begun=begun)
    finally:
        if ran:
            attempt.timed(batch, began, attempt.waits.seconds - waited)
    if ran:
        attempt.came_through(batch)


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
        run = line.done or line.position is not None
        if run and (batch is None or statement_text(attempt, batch) != line.sql):
            raise MigrationPartial(
                f"{step.id} stopped part-way, and statement {number}, which had been run"
                f"{'' if line.done else ' in part'}, reads differently now",
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


def _run(attempt: Attempt, batch: Batch, *, begun: bool) -> bool:
    """Run one statement and see that it is in the journal, in this order or at once.

    Returns:
        Whether there was anything to run.
    """
    if batch.sets_session:
        attempt.run.session.send(statement_text(attempt, batch).encode())
        _journal(attempt, begin_line(attempt, batch) + end_line(attempt, batch))
    elif batch.backfill:
        run_in_batches(attempt, batch, batch.backfill)
    elif batch.may_commit_itself:
        return _run_alone(attempt, batch, begun=begun)
    else:
        _run_in_transaction(attempt, batch)
    return True


def _run_alone(attempt: Attempt, batch: Batch, *, begun: bool) -> bool:
    run, sql = attempt.run, statement_text(attempt, batch)
    work = online.work(_statement(attempt, batch), sql)
    sent = begun or _undoes_incomplete(attempt)
    with unhurried(run.session), online.watching(run, attempt.step.id):
        done = work.is_done(run, begun=sent)
        if done is None:
            done = begun and _decided(attempt)
        if done:
            if not sent:
                attempt.note("NOTICE", f"it is there already: {sql}")
            _journal(attempt, begin_line(attempt, batch) + end_line(attempt, batch))
            return False
        _journal(attempt, begin_line(attempt, batch), attempt.question(batch))
        work.prepare(run)
        patient = run.patient(attempt.step.id, batch.wants, attempt.killed, attempt.waits)
        try:
            attempt.heard(work.send(run, sql.encode(), patient))
        except (Refused, OutOfPatience, Stalled) as stopped:
            refused = stopped if isinstance(stopped, Refused) else stopped.refused
            with suppress(Refused):  # then its line stays, and the next run looks again
                if work.left_nothing(run, refused):
                    _forget(attempt, batch)
            raise
        for warning in work.verify(run):
            attempt.note("WARNING", warning)
    _journal(attempt, end_line(attempt, batch))
    return True


def _run_in_transaction(attempt: Attempt, batch: Batch) -> None:
    record = begin_line(attempt, batch) + end_line(attempt, batch)
    patient = attempt.run.patient(attempt.step.id, batch.wants, attempt.killed, attempt.waits)
    attempt.hear_anew()
    try:
        patient.run(lambda settings: _send_with_line(attempt, batch, settings, record))
    except Refused as refused:
        if not (_undoes_incomplete(attempt) and _was_never_there(batch, refused)):
            raise
        _journal(attempt, record)
        text = f"{refused}: passed over, because the migration had not got that far"
        attempt.run.listener(Noted(attempt.step.id, "NOTICE", text))


def _send_with_line(attempt: Attempt, batch: Batch, settings: Settings, record: bytes) -> None:
    """One try at a statement with its line in the journal; leaves no transaction open."""
    session = attempt.run.session
    data = batch.spans[0].data
    sql = statement_text(attempt, batch).encode()
    attempt.hear_again()
    attempt.try_anew()
    try:
        question = attempt.question(batch)
        ahead = b"".join(f"{it};\n".encode() for it in settings) + question
        results = session.send(BEGIN + attempt.run.signpost.lasting(batch) + ahead)
        if question:
            attempt.answered(results[-1].get_value(0, 0))
        if data is None and not added_by(batch):
            tail = b"\n;\n" + clean_for_journal(attempt) + record + b"COMMIT"
            attempt.heard(session.send(sql + tail)[:1])
        else:
            if data is None:
                session.send(sql)
                verify_order(session, batch, attempt.batches)
            else:
                source = memoryview(attempt.step.script.source)
                attempt.wrote(session.copy(sql, [source[slice(*data)]]))
            with writing():
                session.send(clean_for_journal(attempt) + record + b"COMMIT")
    except Refused as refused:
        session.rollback()
        if refused.completed > 1:  # behind the statement and SET CONSTRAINTS
            raise NotWritten(refused.completed, refused.error) from refused
        raise


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


def _journal(attempt: Attempt, lines: bytes, question: bytes = b"") -> None:
    with writing():
        results = attempt.run.session.send(
            BEGIN + question + clean_for_journal(attempt) + lines + b"COMMIT"
        )
    if question:
        attempt.answered(results[1].get_value(0, 0))


def _verify_attached(attempt: Attempt) -> None:
    """An index of a partitioned table is made INVALID, and valid when the last one is attached."""
    trees = [b.statement.tree for b in attempt.batches if b.statement]
    made = {tree["IndexStmt"].get("idxname") for tree in trees if "IndexStmt" in tree}
    attached = [name for tree in trees if (name := online.attached(tree))]
    if attached:
        complete = {index: unquoted in made for index, unquoted in attached}
        session, warn = attempt.run.session, partial(attempt.note, "WARNING")
        online.verify_attached(session, complete, warn)


def _complete(attempt: Attempt) -> None:
    session = attempt.run.session
    with writing():
        session.send(BEGIN + session.clean + b";\n" + attempt.record() + b";\nCOMMIT")


def _statement(attempt: Attempt, batch: Batch) -> dict[str, Any]:
    statement = batch.statement or parse(attempt.step.script, batch.spans[0], index=batch.first)
    return dict(statement.tree)


def _stopped(attempt: Attempt, batch: Batch, refused: Refused) -> WishkitError:
    """A statement was refused, or what has to be written behind it."""
    far = _stop(attempt)
    where = attempt.place
    if not refused.completed and not isinstance(refused, NotWritten):
        where = failure.place(attempt.step.script, batch, 0, refused.error, 0)
    error = failure.describe(
        MigrationPartial if far else MigrationFailed,
        refused.error,
        where=where,
        state=_state(attempt, far),
        help_=_go_on(attempt, batch) if far else None,
    )
    error.notes += refused.notes
    if isinstance(refused, NotWritten):
        error.code = "ledger-not-written"
    attempt.record_failure(error, "partial" if far else "failed")
    return error


def _gave_up(attempt: Attempt, batch: Batch, error: WishkitError) -> WishkitError:
    """It could not be run without making clients wait."""
    if far := _stop(attempt):
        help_ = f"{error.help}\n{_go_on(attempt, batch)}"
        notes, where, code = error.notes, error.where, error.code
        error = MigrationPartial(error.message, code=code, where=where, help=help_, notes=notes)
    error.state = _state(attempt, far)
    attempt.record_failure(error, "partial" if far else "failed")
    return error


def _stop(attempt: Attempt) -> str | None:
    """Leave behind what the file has set (a role, a lock_timeout), and see how far it got."""
    session = attempt.run.session
    session.rollback()
    session.send(session.clean)
    return how_far(attempt)


def _go_on(attempt: Attempt, batch: Batch) -> str:
    what = f", or statement {batch.first} and what follows it in the file,"
    return f"mend the cause{'' if batch.backfill else what} and {go_on(attempt.step)}"


def _state(attempt: Attempt, far: str | None) -> str:
    id_ = attempt.step.id
    untouched = f"nothing of {id_} remains"
    if attempt.step.direction == "backward" and id_ in attempt.run.applied:
        untouched = f"{id_} stays applied"
    return f"{far or untouched}; {attempt.run.position}"


def _unclear(attempt: Attempt, batch: Batch, unclear: online.Unclear) -> WishkitError:
    span = batch.spans[0]
    far = _stop(attempt)
    error = (MigrationPartial if far else MigrationFailed)(
        unclear.message,
        code=unclear.code,
        where=attempt.step.script.locate(span.start, span.end),
        help=unclear.help_,
        state=_state(attempt, far),
        notes=unclear.notes,
    )
    attempt.record_failure(error, "partial" if far else "failed")
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
