"""Run one migration exactly: all of it with its record, or none of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wishkit.core.events import MigrationStarted, Noted
from wishkit.errors import Interrupted, MigrationFailed, WishkitError
from wishkit.postgres import failure
from wishkit.postgres.attempt import Attempt
from wishkit.postgres.enums import verify_order
from wishkit.postgres.ledger import is_large, keep_large_script
from wishkit.postgres.patience import OutOfPatience, Stalled
from wishkit.postgres.run import outcome_of
from wishkit.postgres.session import Lost, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg

    from wishkit.core.batches import Batch
    from wishkit.core.events import MigrationFinished, MigrationStopped
    from wishkit.core.plan import Step
    from wishkit.postgres.patience import Settings
    from wishkit.postgres.run import Run

_ROLLED_BACK = "40"  # class of SQLSTATE: serialization failure, deadlock; nobody's mistake


def run_step(
    run: Run, step: Step, batches: Sequence[Batch], *, position: int, total: int
) -> Attempt:
    """Run one migration and record it.

    Args:
        run: holds the lock.
        step: what to run.
        batches: of ``step.script``, already checked.
        position: 1-based place among ``total``, for the listener.
        total: how many migrations this run has.

    Raises:
        MigrationFailed: rolled back.
        MigrationPartial: stopped between statements of a non-transactional migration.
        OutcomeUnknown: the connection was lost and the server did not come back.
        Interrupted: asked to stop.
    """
    run.check_lock()
    note = step.why or (f"resumed after statement {step.done}" if step.done else None)
    count = batches[-1].last
    run.listener(MigrationStarted(step.id, step.direction, position, total, count, note))
    attempt = Attempt(run, step, batches)  # its clock starts when everybody has been told
    try:
        _run(attempt)
    except WishkitError as error:
        run.listener(_how_stopped(attempt, error))
        raise
    if step.direction == "forward":
        run.applied.append(step.id)
    elif step.id in run.applied:
        run.applied.remove(step.id)
    run.listener(attempt.finished)
    return attempt


def _how_stopped(attempt: Attempt, error: WishkitError) -> MigrationFinished | MigrationStopped:
    """What the listener is told; who was asked to stop may have been done by then."""
    forward = attempt.step.direction == "forward"
    if isinstance(error, Interrupted) and (attempt.step.id in attempt.run.applied) == forward:
        return attempt.finished
    return attempt.stopped(outcome_of(error), error.code)


def _run(attempt: Attempt) -> None:
    from wishkit.postgres.journal import run_stepwise  # noqa: PLC0415 - builds on this
    from wishkit.postgres.steps import go_on, how_far  # noqa: PLC0415 - as above

    step = attempt.step
    removals = _listen(attempt)
    try:
        if step.transactional:
            _run_transaction(attempt)
        else:
            run_stepwise(attempt)
    except KeyboardInterrupt:
        error = _settle_interrupt(attempt)
        if not step.transactional and (far := how_far(attempt)):
            error.state, error.help = f"{far}; {attempt.run.position}", go_on(step)
        raise error from None
    finally:
        removals()


def _listen(attempt: Attempt) -> Callable[[], None]:
    """Pass on what the server says; returns what ends that."""
    connection = attempt.run.session.connection

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        severity = diagnostic.severity_nonlocalized or diagnostic.severity or "NOTICE"
        attempt.note(severity, diagnostic.message_primary or "")

    connection.add_notice_handler(hear)
    return lambda: connection.remove_notice_handler(hear)


def _run_transaction(attempt: Attempt) -> None:
    """Statements, cleaning and ledger in one transaction; in one message where nothing forbids.

    The COMMIT travels with what it commits, so a connection that dies leaves all or nothing, and
    the ledger knows which.
    """
    wanted = tuple({want for batch in attempt.batches for want in batch.wants})
    patient = attempt.run.patient(attempt.step.id, wanted, attempt.killed, attempt.waits)
    try:
        patient.run(lambda settings: _send(attempt, settings))
    except _Afterwards as refused:
        raise _after_statements(attempt, refused) from refused.error
    except Refused as refused:
        raise _failed(attempt, refused) from refused.error
    except OutOfPatience as over:
        raise _gave_up(attempt, failure.out_of_patience(attempt, over)) from over.refused.error
    except Stalled as stalled:
        raise _gave_up(attempt, failure.stalled(attempt, stalled)) from stalled.refused.error
    except Lost as lost:
        _settle_lost(attempt, lost)


class _Afterwards(Refused):
    """The migration's own statements went through, but not what has to come behind them.

    ``completed`` counts the statements behind its own.
    """


def _send(attempt: Attempt, settings: Settings) -> None:
    """One try; what is refused leaves no transaction open."""
    attempt.hear_again()
    attempt.timings.clear()
    attempt.try_anew()
    try:
        _send_all(attempt, (";\n".join(("BEGIN", *settings)) + ";\n").encode())
    except Refused:
        attempt.run.session.rollback()
        raise


def _send_all(attempt: Attempt, prefix: bytes) -> None:
    session = attempt.run.session
    large = is_large(attempt.step.migration)
    if large:
        session.send(prefix)
        keep_large_script(session, attempt.step.migration)
        prefix = b""
    signpost = attempt.run.signpost
    for batch in attempt.batches:
        if prefix or signpost.is_worth_a_message(batch):
            prefix += signpost.local(batch)
        if batch.kind == "copy" and prefix:
            session.send(prefix)
            prefix = b""
        question = attempt.question(batch)
        attempt.announce(batch, prefix + question)
        # How many rows it writes has to be known before that is recorded.
        final = batch is attempt.batches[-1] and batch.kind == "together" and not batch.writes
        if final:
            _finish(attempt, prefix, batch, keep=not large)
            return
        _send_batch(attempt, batch, answers=bool(question))
        prefix = b""
    _finish(attempt, b"", None, keep=not large)


def _send_batch(attempt: Attempt, batch: Batch, *, answers: bool) -> None:
    """Send one message.

    Args:
        attempt: knows what is sent ahead of it.
        batch: its statements.
        answers: whether the last one sent ahead is the question for sizes.
    """
    session, source, prefix = attempt.run.session, attempt.step.script.source, attempt.prefix
    began = time.monotonic()
    body = source[batch.start : batch.end]
    data = batch.spans[0].data
    try:
        if data is None:
            results = session.send(prefix + body)
            ahead = _count(prefix)
            if answers:
                attempt.answered(results[ahead - 1].get_value(0, 0))
            attempt.heard(results[ahead:])
        else:
            attempt.wrote(session.copy(body, [memoryview(source)[slice(*data)]]))
    finally:
        attempt.timed(batch, began)
    attempt.came_through(batch)
    verify_order(session, batch, attempt.batches)


def _finish(attempt: Attempt, prefix: bytes, batch: Batch | None, *, keep: bool) -> None:
    """Send what is left, clean the session, record, commit."""
    session, migration = attempt.run.session, attempt.step.migration
    message, statements = b"", 0
    if batch:
        message = prefix + attempt.step.script.source[batch.start : batch.end] + b"\n;\n"
        statements = _count(prefix) + len(batch.spans)
    message += session.clean + b";\n"
    if keep:
        message += attempt.run.recorder.keep(migration) + b";\n"
    began = time.monotonic()
    try:
        results = session.send(message + attempt.record(batch) + b";\nCOMMIT")
    except Refused as refused:
        if refused.completed < statements:
            raise
        raise _Afterwards(refused.completed - statements, refused.error) from refused
    finally:
        if batch:
            attempt.timed(batch, began)
    attempt.heard(results[:statements])
    if batch:
        attempt.came_through(batch)


def _count(prefix: bytes) -> int:
    """How many statements are sent ahead."""
    return prefix.count(b";\n")


def _after_statements(attempt: Attempt, refused: _Afterwards) -> WishkitError:
    """The migration's own statements went through, but it cannot be committed as it leaves things.

    The first statement of the tail fires deferred constraints, the last one commits; between them,
    a session or a ledger is found that the migration has broken.
    """
    ledger = refused.completed > 0 and (refused.error.sqlstate or "")[:2] != _ROLLED_BACK
    help_ = (
        "its statements went through, but afterwards the ledger could not be written: does it "
        "drop, rename or lock the ledger's tables, or make the transaction read-only?"
    )
    error = failure.describe(
        MigrationFailed,
        refused.error,
        where=attempt.place,
        state=_undone(attempt),
        help_=help_ if ledger else None,
    )
    if ledger:
        error.code = "ledger-not-written"
    attempt.record_failure(error, "failed")
    return error


def _failed(attempt: Attempt, refused: Refused) -> WishkitError:
    batch = attempt.current or attempt.batches[0]
    completed = max(0, refused.completed - _count(attempt.prefix))
    script, prefix = attempt.step.script, len(attempt.prefix)
    where = failure.place(script, batch, completed, refused.error, prefix)
    state = _undone(attempt)
    error = failure.describe(MigrationFailed, refused.error, where=where, state=state)
    attempt.record_failure(error, "failed")
    return error


def _gave_up(attempt: Attempt, error: WishkitError) -> WishkitError:
    error.state = _undone(attempt)
    attempt.record_failure(error, "failed")
    return error


def _undone(attempt: Attempt) -> str:
    verb = "was rolled back" if attempt.step.direction == "forward" else "stays applied"
    return f"{attempt.step.id} {verb}; {attempt.run.position}"


def _settle_lost(attempt: Attempt, lost: Lost) -> None:
    """The connection died: find out from the ledger whether the COMMIT got through."""
    run, step = attempt.run, attempt.step
    if run.settle(step.id) == (step.direction == "forward"):
        text = "the connection was lost at COMMIT; the ledger says the migration was committed"
        run.listener(Noted(step.id, "WARNING", text))
        return
    error = failure.describe(
        MigrationFailed,
        lost.error,
        where=attempt.place,
        state=_undone(attempt),
        help_="the connection to the server was lost; the ledger was asked on a new one. "
        "Run the same command again",
    )
    error.code = "connection-lost"
    attempt.record_failure(error, "failed")
    raise error from lost.error


def _settle_interrupt(attempt: Attempt) -> Interrupted:
    """Asked to stop: the running statement was cancelled; find out how that ended."""
    run, step = attempt.run, attempt.step
    try:
        run.session.rollback()
        run.session.send(run.session.clean)
        applied = run.is_applied(step.id)
    except Lost:
        applied = run.settle(step.id)
    if applied and step.id not in run.applied:
        run.applied.append(step.id)
    elif not applied and step.id in run.applied:
        run.applied.remove(step.id)
    if applied == (step.direction == "forward"):
        state = f"{step.id} was committed before the interrupt; {run.position}"
        return Interrupted("interrupted", state=state)
    error = Interrupted("interrupted", state=_undone(attempt))
    attempt.record_failure(error, "interrupted")
    return error
