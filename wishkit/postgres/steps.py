"""The lines of the journal: read, and written with the SQL whose progress they tell."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.postgres.queries import query
from wishkit.postgres.session import Lost, Refused, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.errors import WishkitError
    from wishkit.postgres.attempt import Attempt

# The file may have made the session's transactions read-only; the journal's are not.
BEGIN = b"BEGIN READ WRITE;\n"
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
class Line:
    """One line of the journal as it was found.

    Attributes:
        direction: which way the migration was going.
        sql: the statement.
        done: whether it is complete.
        position: up to which key, for one that runs in batches; None before its first one.
        rows: how many rows it has gone through.
    """

    direction: str
    sql: str
    done: bool
    position: str | None
    rows: int | None


def journal_lines(attempt: Attempt) -> dict[int, Line]:
    """The journal of this migration, by number of the statement."""
    rows = attempt.run.session.ask(query("step_rows"), {"id": attempt.step.id})
    return {number: Line(*fields) for number, *fields in rows}


def locally_clean(role: str | None) -> bytes:
    """Inside a transaction: settings under which the journal can be written, until it ends."""
    settings = (*_LOCALLY_CLEAN, f"SET LOCAL ROLE {quote(role)}" if role else "SET LOCAL ROLE NONE")
    return (";\n".join(settings) + ";\n").encode()


def clean_for_journal(attempt: Attempt) -> bytes:
    """See ``locally_clean``."""
    return locally_clean(attempt.run.target.role)


def begin_line(attempt: Attempt, batch: Batch) -> bytes:
    """SQL that says a statement is about to be sent, and forgets the other direction.

    The session says it too, by its name.
    """
    step, recorder = attempt.step, attempt.run.recorder
    turn = recorder.step("step_turn", id=step.id, direction=step.direction)
    begin = recorder.step(
        "step_begin",
        id=step.id,
        direction=step.direction,
        statement=batch.first,
        statements=attempt.batches[-1].last,
        checksum=step.migration.checksum,
        sql=statement_text(attempt, batch),
    )
    return attempt.run.signpost.lasting(batch) + turn + b";\n" + begin + b";\n"


def end_line(attempt: Attempt, batch: Batch) -> bytes:
    """SQL that says a statement is complete."""
    recorder = attempt.run.recorder
    end = recorder.step("step_end", id=attempt.step.id, statement=batch.first)
    return end + b";\n" + recorder.intact() + b";\n"


def statement_text(attempt: Attempt, batch: Batch) -> str:
    """A statement as it stands in the file; as the journal knows it, if it runs in batches."""
    if batch.backfill:
        return batch.backfill.text
    return attempt.step.script.source[batch.start : batch.end].decode()


def how_far(attempt: Attempt) -> str | None:
    """How much of a non-transactional migration is done, by its journal; None: it is not begun."""
    id_ = attempt.step.id
    try:
        lines = journal_lines(attempt).values()
    except (Refused, Lost):
        return f"how far {id_} got is not known: its journal cannot be read"
    if not lines:
        return None
    done = sum(line.done for line in lines)
    way = "applied" if {line.direction for line in lines} == {"forward"} else "rolled back"
    for line in lines:
        if line.rows is not None and not line.done:
            return f"{id_} is partly {way}: {line.rows:,} rows are done, as far as {line.position}"
    return f"{id_} is partly {way}: {done} of {attempt.batches[-1].last} statements are done"


def go_on(step: Step) -> str:
    """What can be done about one that stopped part-way."""
    back = f"rollback {step.id}" if step.direction == "forward" else "migrate"
    return f"run the same command again: it goes on there.\nOr undo what was done: wishkit {back}"


class GaveUp(Exception):
    """Work stops here, for a reason of ours.

    Attributes:
        error: the reason; it still lacks the state in which that leaves the migration.
    """

    def __init__(self, error: WishkitError) -> None:
        super().__init__(error.message)
        self.error = error


class NotWritten(Refused):
    """It was not the migration's statement that was refused, but the ledger's."""


@contextmanager
def writing() -> Iterator[None]:
    """What is refused inside is the ledger's, not the migration's.

    Raises:
        NotWritten: instead of Refused.
    """
    try:
        yield
    except Refused as refused:
        raise NotWritten(refused.completed, refused.error) from refused
