"""Statements that cannot run in a transaction: what the journal asks about each of them.

What a crash may have left is told from the catalog, never from the fact that a statement was sent.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.events import Waiting
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.pq.abc import PGresult

    from wishkit.postgres.patience import Patient, Settings
    from wishkit.postgres.run import Run
    from wishkit.postgres.session import Refused, Session

POLL = 0.1  # seconds


class Unclear(Exception):
    """The catalog does not answer, or not as it should; a person has to look.

    Attributes:
        message: one sentence.
        code: kebab-case name of the case.
        help_: what to do next.
        notes: further facts.
    """

    def __init__(self, message: str, *, code: str, help_: str, notes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.help_ = help_
        self.notes = notes


class Work:
    """What is known about any such statement: nothing.

    ``is_done`` is asked before anything is written, ``prepare`` before the statement is sent,
    ``left_nothing`` when it failed, ``verify`` when it succeeded. All raise Refused and Lost as the
    session does.
    """

    def is_done(self, run: Run, *, begun: bool) -> bool | None:  # noqa: ARG002 - for those who know
        """Whether what it is to do is done already.

        Args:
            run: asks and tells.
            begun: an earlier attempt was sent, and its end was not seen.

        Returns:
            None when only a person can tell.

        Raises:
            Unclear: something is there, but not what the statement makes.
        """
        return None

    def prepare(self, run: Run) -> None:
        """Remove what an earlier attempt left half-done.

        Raises:
            Unclear: what is there is in the way.
        """

    def send(self, run: Run, sql: bytes, patient: Patient) -> Sequence[PGresult]:  # noqa: ARG002 - as above
        """Do it.

        Args:
            run: works.
            sql: the statement as it stands in the file.
            patient: for what clients would have to wait for.

        Raises:
            OutOfPatience: the deadline came before it got its locks.
            Stalled: it had them, and clients were waiting.
        """
        return run.session.send(sql)

    def left_nothing(self, run: Run, refused: Refused) -> bool:  # noqa: ARG002 - as above
        """Remove what the failed statement left behind; whether nothing of it remains.

        Args:
            run: works.
            refused: what the server said; takes up notes that explain it.
        """
        return True

    def verify(self, run: Run) -> Sequence[str]:  # noqa: ARG002 - as above
        """See that it did what it said.

        Returns:
            What is left for somebody else to see to.

        Raises:
            Unclear: it did not.
        """
        return ()


class Repeatable(Work):
    """VACUUM, CLUSTER, ALTER SYSTEM, …: running it again does no harm."""

    def is_done(self, run: Run, *, begun: bool) -> bool:  # noqa: ARG002 - need not look
        """Not known and not needed."""
        return False

    def send(self, run: Run, sql: bytes, patient: Patient) -> Sequence[PGresult]:
        """Do it; where clients would have to wait (VACUUM FULL, CLUSTER, …), try until it fits."""
        if not patient.wanted:
            return run.session.send(sql)
        results: Sequence[PGresult] = ()

        def attempt(settings: Settings) -> None:
            nonlocal results
            for setting in settings:  # there is no transaction to which they could be local
                run.session.send(setting.replace("SET LOCAL", "SET", 1).encode())
            results = run.session.send(sql)
            run.session.send(b"SET lock_timeout = 0")

        patient.run(attempt)
        return results


@dataclass(slots=True)
class Procedure(Work):
    """CALL and DO, which may commit on their way.

    Attributes:
        before: number of the session's transaction before it.
    """

    before: int = 0

    def prepare(self, run: Run) -> None:
        """Remember where the session's count of transactions stands."""
        self.before = _transaction_number(run.session)

    def left_nothing(self, run: Run, refused: Refused) -> bool:  # noqa: ARG002 - counted, not told
        """Whether it was one transaction, so that its failure undid all of it."""
        return _transaction_number(run.session) == self.before + 2


def _transaction_number(session: Session) -> int:
    ((number,),) = session.ask(query("transaction_number"))
    return int(number)


@dataclass(frozen=True, slots=True)
class CreateOrDrop(Work):
    """CREATE or DROP of a DATABASE, TABLESPACE or SUBSCRIPTION.

    Attributes:
        kind: database, tablespace or subscription.
        name: unquoted.
        creates: whether it makes or removes it.
    """

    kind: str
    name: str
    creates: bool

    def is_done(self, run: Run, *, begun: bool) -> bool:
        """Whether it is there, or gone, since an attempt was begun."""
        values = {"kind": self.kind, "name": self.name}
        exists = begun and run.session.ask(query("named_exists"), values)[0][0]
        return begun and bool(exists) == self.creates


def wait_while(run: Run, working: Callable[[], tuple[str, int | None] | None]) -> None:
    """Wait for somebody who is at work on an index: what is INVALID may be about to become valid.

    Args:
        run: tells for whom.
        working: the index and the process at work on its table, as things stand; None: nobody.
    """
    while found := working():
        index, pid = found
        run.listener(Waiting(f"whoever is at work on the table of {index}", f"backend {pid}"))
        time.sleep(POLL)
