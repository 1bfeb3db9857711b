"""Nobody notices: a statement queues for its locks only where that stalls no client.

A lock that has to be waited for is worse than one that is held: every client behind us in the
queue waits as long as we do. So we do not even queue while somebody holds what we need for longer
than a moment (the gate); when we do, only for a moment (the attempt, by lock_timeout); a second
connection watches whether anybody waits for us all the same (the watchdog); and we come back later
(the retry), until a deadline.

Manual: 13.3 Explicit Locking; 19.11 lock_timeout; pg_blocking_pids and pg_locks.waitstart.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.events import Blocked, Blocker, Noted
from wishkit.core.waits import Waits
from wishkit.postgres.session import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wishkit.config import Patience
    from wishkit.core.events import Listener
    from wishkit.core.wants import Want
    from wishkit.postgres.lookout import Lookout
    from wishkit.postgres.session import Session

Settings = tuple[str, ...]
RETRIED = {"55P03": "lock timeout", "40P01": "deadlock"}
CANCELLED = "57014"
_NAP = 0.05  # between two looks at a closed gate
_LONGEST_NAP = 0.5  # between two attempts that failed
_AFTER_KILLING = 5.0  # how much longer it tries when it has ended who was in the way
# Autovacuum gives way to a lock that is waited for longer than deadlock_timeout (manual, 24.1.6).
# This one lets readers and writers pass, so the second it takes costs nobody anything.
_SHOO = (
    "BEGIN; SELECT pg_catalog.set_config('lock_timeout', (500 + 1000 * extract(epoch FROM "
    "pg_catalog.current_setting('deadlock_timeout')::interval))::int::text, true); "
    "LOCK TABLE {relation} IN SHARE UPDATE EXCLUSIVE MODE; ROLLBACK"
)


class OutOfPatience(Exception):
    """The deadline came first.

    Attributes:
        blockers: who was in the way at the last look.
        refused: what the server said to the last attempt.
    """

    def __init__(self, blockers: tuple[Blocker, ...], refused: Refused) -> None:
        super().__init__("out of patience")
        self.blockers = blockers
        self.refused = refused


class Stalled(Exception):
    """We cancelled ourselves: the statement held its lock for longer than clients can wait."""

    def __init__(self, refused: Refused) -> None:
        super().__init__("clients were waiting")
        self.refused = refused


@dataclass(slots=True)
class Patient:
    """One piece of work that is attempted until nobody notices it.

    Attributes:
        id: the migration it is part of, for the listener.
        wanted: the locks it needs on relations others may be using, as far as its text tells.
        session: does the work.
        lookout: sees who is in the way and who waits.
        patience: how much anybody may notice.
        listener: is told whom we wait for.
        may_stall: somebody has accepted that clients wait while it works.
        may_kill: asked before sessions are ended; None: nobody can be asked, the setting decides.
        killed: the sessions it has ended.
        waits: takes up what is lost by others being in the way.
    """

    id: str
    wanted: tuple[Want, ...]
    session: Session
    lookout: Lookout
    patience: Patience
    listener: Listener
    may_stall: bool = False
    may_kill: Callable[[Sequence[Blocker]], bool] | None = None
    killed: list[Blocker] = field(default_factory=list)
    waits: Waits = field(default_factory=Waits)

    def run(self, attempt: Callable[[Settings], None]) -> None:
        """Do it.

        Args:
            attempt: does the work in a transaction, given statements to send behind BEGIN; leaves
                no transaction open when it raises Refused, and can then be made again.

        Raises:
            OutOfPatience: the deadline came first; nothing was kept.
            Stalled: the work takes too long under its locks; nothing was kept.
            Refused: what the attempt raises for other reasons.
        """
        if not self.patience.deadline:
            attempt(())
            return
        began = time.monotonic()
        deadline = began + self.patience.deadline
        tries = 0
        # The first attempt goes without a look: on a quiet database it is the only one, and where
        # somebody is in the way its lock_timeout is all that a client can notice of it.
        while refused := self._try(attempt, tries):
            tries += 1
            self.waits.retried(RETRIED.get(refused.error.sqlstate or "", "clients waited"))
            # Somebody was in the way: come back at another moment than everybody else.
            nap = min(_LONGEST_NAP, self.patience.attempt * tries)
            try:
                time.sleep(nap * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
                deadline = self._pass_gate(refused, deadline)
            finally:
                now = time.monotonic()
                self.waits.seconds += now - began
                began = now

    def _try(self, attempt: Callable[[Settings], None], tries: int) -> Refused | None:
        """One attempt; what refused it, if it is worth another one."""
        # Readers that come one after the other, each only a little longer than an attempt, would
        # keep it out for ever: it dares a little more each time, up to what a client may notice.
        dared = self.patience.attempt * (1 + tries / 10)
        longest = max(self.patience.attempt, min(dared, 0.9 * self.patience.stall))
        timeout = max(1, round(1000 * longest))  # 0 would be no limit at all
        try:
            with self.lookout.watching(may_stall=self.may_stall):
                attempt((f"SET LOCAL lock_timeout = '{timeout}ms'",))
        except Refused as refused:
            barked = refused.error.sqlstate == CANCELLED and self.lookout.barked
            if barked and not self.lookout.queued:
                raise Stalled(refused) from refused
            if not barked and refused.error.sqlstate not in RETRIED:
                raise
            return refused
        return None

    def _pass_gate(self, refused: Refused, deadline: float) -> float:
        """Wait until nobody old is in the way of those who were there at the first look.

        Who comes later does not close the gate: where readers overlap, one of them always is old.

        Returns:
            The deadline, put off when sessions were ended for it.

        Raises:
            OutOfPatience: the deadline came first.
        """
        met: set[tuple[int, str]] | None = None
        while True:
            blockers = self.lookout.in_the_way(self.wanted)
            if met is None:
                met = {(b.pid, b.transaction) for b in blockers}
                self.waits.met(blockers)
            old = tuple(
                b for b in blockers if b.age > self.patience.old and (b.pid, b.transaction) in met
            )
            if time.monotonic() >= deadline:
                if self.killed or not self._end(blockers):
                    raise OutOfPatience(blockers, refused)
                deadline = time.monotonic() + _AFTER_KILLING
            if blockers:
                left = max(0.0, deadline - time.monotonic())
                self.listener(Blocked(self.id, blockers, left))
            if not old:
                return deadline
            for blocker in old:
                if blocker.autovacuum and blocker.relation:
                    self._shoo(blocker.relation)
            time.sleep(_NAP)

    def _shoo(self, relation: str) -> None:
        """Make autovacuum leave a table; the one that prevents wraparound stays."""
        try:
            self.session.send(_SHOO.format(relation=relation).encode())
        except Refused:
            self.session.rollback()

    def _end(self, blockers: tuple[Blocker, ...]) -> bool:
        """End the sessions in the way, where that is allowed and would be enough."""
        whose = self.patience.kill_blockers
        mortal = [b for b in blockers if b.pid and (whose == "any" or _is_idle(b))]
        if not whose or not mortal or len(mortal) < len(blockers):
            return False
        if self.may_kill and not self.may_kill(mortal):
            return False
        for blocker in mortal:
            if self.lookout.end(blocker):
                self.killed.append(blocker)
                text = f"ended, because it held what this needs: {blocker}"
                self.listener(Noted(self.id, "WARNING", text))
        return bool(self.killed)


def _is_idle(blocker: Blocker) -> bool:
    return (blocker.state or "").startswith("idle in transaction")
