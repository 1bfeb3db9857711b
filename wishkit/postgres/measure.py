"""What each statement of a migration locks and rewrites, as the server itself tells it.

On a database nobody else uses, every statement is run in a transaction of its own, and pg_locks is
read before it ends (manual, "pg_locks"). A statement that cannot be in a transaction is held up for
a moment by an old transaction of ours, which all of these wait for, and is looked at from there.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from wishkit.core.locks.model import LockMode
from wishkit.core.rehearsal import Measured, MeasuredLock
from wishkit.core.statements import insert_target
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    import psycopg

    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.core.statements import Span
    from wishkit.postgres.session import Session

    Connection = psycopg.Connection[Any]
    Seen = dict[int, LockMode]  # the strongest mode, by OID

# By the names of pg_locks: AccessExclusiveLock.
_MODES = {f"{mode.name.title().replace('_', '')}Lock": mode for mode in LockMode}
_LONGEST_HOLD = 5.0  # seconds for which a statement is held up at most
_POLL = 0.0005  # seconds
_NONE = ("", "")


@dataclass(slots=True)
class Measurer:
    """Looks at the statements of one database.

    Args:
        session: runs them.
        watcher: another connection to the same database, in autocommit, that looks.
    """

    session: Session
    watcher: Connection

    def measure(self, step: Step, batches: Sequence[Batch]) -> tuple[Measured, ...]:
        """Run a step, statement by statement, each committed; nothing is recorded.

        Args:
            step: which migration, and which way.
            batches: of its script.

        Raises:
            Refused: a statement does not work by itself.
            Lost: the connection went away.
        """
        rows = self.watcher.execute(query("measure_relations")).fetchall()
        there = {oid: (name, kind) for oid, name, kind in rows}
        found = []
        line, counted = 1, 0
        source = step.script.source
        for first, spans, batch in _pieces(step, batches):
            line += source.count(b"\n", counted, spans[0].start)
            counted = spans[0].start
            before = self._files()
            began = time.monotonic()
            if batch.may_commit_itself:
                seen = self._held_up(source[spans[0].start : spans[-1].end], batch)
                # At its end it may have one alone that nobody uses any more; how long is chance.
                seen = {oid: it for oid, it in seen.items() if there.get(oid, _NONE)[1] != "index"}
                took = time.monotonic() - began
                after = self._files()
            else:
                took, seen, after = self._in_transaction(source, spans)
            locks = sorted(
                (
                    MeasuredLock(mode.label, *there[oid])
                    for oid, mode in seen.items()
                    if oid in there
                ),
                key=lambda it: (-it.strength, it.relation),
            )
            rewrites = sorted(
                there[oid][0]
                for oid, file in after.items()
                if oid in there and oid in before and before[oid] != file
            )
            last = first + len(spans) - 1
            found.append(Measured(first, last, line, tuple(locks), tuple(rewrites), took))
        self.session.send(self.session.clean)
        return tuple(found)

    def _in_transaction(
        self, source: bytes, spans: Sequence[Span]
    ) -> tuple[float, Seen, dict[int, int]]:
        """Seconds, locks and files, as they are before the transaction commits."""
        session = self.session
        session.send(b"BEGIN")
        began = time.monotonic()
        try:
            if (data := spans[0].data) is not None:
                session.copy(
                    source[spans[0].start : spans[0].end], [memoryview(source)[slice(*data)]]
                )
            else:
                session.send(source[spans[0].start : spans[-1].end])
            took = time.monotonic() - began
            seen = self._locks(session.connection, session.connection.info.backend_pid)
            files = self._files(session.connection)
            session.send(b"COMMIT")
        except BaseException:
            session.rollback()
            raise
        return took, seen, files

    def _held_up(self, statement: bytes, batch: Batch) -> Seen:
        """The locks of a statement that runs in transactions of its own."""
        watcher, pid = self.watcher, self.session.connection.info.backend_pid
        seen: Seen = {}
        with ThreadPoolExecutor(1) as pool:
            try:
                with watcher.transaction(force_rollback=True):
                    self._stand_in_the_way(batch)
                    running = pool.submit(self.session.send, statement)
                    for mode in self._look(running, pid, until=_LONGEST_HOLD):
                        seen |= mode
            finally:
                # It goes on now; whatever it takes until its end is seen as well, if it lasts.
                for mode in self._look(running, pid, until=None):
                    seen |= {oid: max(it, seen.get(oid, it)) for oid, it in mode.items()}
            running.result()
        return seen

    def _stand_in_the_way(self, batch: Batch) -> None:
        """Hold an old snapshot and the weakest lock there is on every table that is named.

        What runs CONCURRENTLY waits for the one, the other, or both (manual, CREATE INDEX, REINDEX,
        DROP INDEX, ALTER TABLE … DETACH PARTITION … CONCURRENTLY).
        """
        self.watcher.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        names = [it.relation for it in batch.effects.locks] if batch.effects else []
        tables = self.watcher.execute(query("measure_tables"), {"names": names}).fetchall()
        for (table,) in tables:
            lock = sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(table))
            self.watcher.execute(lock)

    def _look(self, running: Future[Any], pid: int, *, until: float | None) -> Iterator[Seen]:
        """What is locked, again and again: until it waits for us, or to its end."""
        began = time.monotonic()
        while not running.done():
            enough = False
            if until is not None:
                # Asked before its locks are: what it took while it was not yet waiting is seen.
                waits = self.watcher.execute(query("measure_blocked"), {"pid": pid}).fetchone()
                enough = bool(waits and waits[0]) or time.monotonic() - began > until
            yield self._locks(self.watcher, pid)
            if enough:
                return
            time.sleep(_POLL)

    def _locks(self, connection: Connection, pid: int) -> Seen:
        found: Seen = {}
        for oid, mode in connection.execute(query("measure_locks"), {"pid": pid}).fetchall():
            known = _MODES.get(mode)
            if known is not None:
                found[oid] = max(known, found.get(oid, known))
        return found

    def _files(self, connection: Connection | None = None) -> dict[int, int]:
        rows = (connection or self.watcher).execute(query("measure_files")).fetchall()
        return dict(rows)


def _pieces(step: Step, batches: Sequence[Batch]) -> Iterator[tuple[int, list[Span], Batch]]:
    """Statements one by one; INSERTs in a row into the same columns are one piece."""
    script = step.script
    piece: list[Span] = []
    target: bytes | None = None
    begun, of = 0, batches[0]
    for batch in batches:
        for number, span in enumerate(batch.spans, batch.first):
            into = None if span.data else insert_target(script, span)
            if into and into == target and batch is of:
                piece.append(span)
                continue
            if piece:
                yield begun, piece, of
            begun, piece, target, of = number, [span], into, batch
    if piece:
        yield begun, piece, of
