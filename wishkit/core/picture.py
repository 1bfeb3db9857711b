"""From one look at a database to what runs there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from wishkit.core.events import Blocker, Progressed
from wishkit.core.live import At, Doing, Edge, EndedRun, Live, Queued, Running, Waiter
from wishkit.core.locks import LockMode
from wishkit.core.redact import redact
from wishkit.core.sign import Caller, Sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wishkit.core.sight import Counted, Journalled, OpenRun, Session, Sight, Waits

_HIDDEN = "<insufficient privilege>"  # in the place of a query; manual, pg_stat_activity
_SHOWN = 200  # characters of a statement
# What the engine sends ahead of a migration's statements in the same message, and comments.
_AHEAD = re.compile(r"\A(?:(?:BEGIN[ A-Z]*|SET (?:LOCAL )?\w+ = '[^']*');\s*|--[^\n]*\n\s*)+")
_OWN = re.compile(r"\b(?:pg_catalog|wishkit)\.")  # what wishkit itself asks names the schema
_BEHIND = "\n;\n"  # and what it sends behind them comes behind this


def picture(sight: Sight, found: Iterable[Found], ids: Iterable[str] = ()) -> Live:
    """What runs.

    Args:
        sight: one look.
        found: those ``in_the_way`` of its workers, as far as they are there.
        ids: of migrations, for those whose ids had to be cut to say them.
    """
    return _Picture(sight, tuple(found), (*ids, *(it.migration for it in sight.steps))).live()


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who is in the way: live_blockers.sql.

    Attributes:
        asked: OID of the relation that was asked for; None: of none.
        mode: which lock it holds on that, as pg_locks spells it; None: it holds none.
        age: of its transaction, in seconds; None where it cannot be seen.

    The others are those of ``Blocker``.
    """

    pid: int
    transaction: str
    relation: str | None
    mode: str | None
    role: str | None
    application: str | None
    state: str | None
    query: str | None
    autovacuum: bool
    age: float | None
    asked: int | None


@dataclass(frozen=True, slots=True)
class _Picture:
    sight: Sight
    found: Sequence[Found]
    ids: Sequence[str]

    def live(self) -> Live:
        sight = self.sight
        running, gone = [], None
        for run in sight.runs:
            worker = sight.worker(run)
            if worker or (run is sight.runs[0] and (sight.holder or sight.place.standby)):
                running.append(self._recorded(run, worker))
            elif not (sight.holder or sight.place.standby):
                gone = gone or run
        if not running and sight.holder:
            running.append(self._unrecorded(sight.holder))
        crowd = next((it.crowd for it in sight.waits.values()), 0)
        return Live(
            sight.place.now.astimezone(UTC),
            tuple(running),
            tuple(self._queued()),
            self._ended(gone),
            crowd - len(sight.waits),
            tuple(self._advice()),
        )

    def _recorded(self, run: OpenRun, worker: Session | None) -> Running:
        running = Running(
            run.run,
            run.verb,
            run.role,
            run.os_user,
            run.host,
            run.environment,
            run.started_at.astimezone(UTC),
            self._since(run.started_at),
            worker.pid if worker else None,
            Doing.BETWEEN,
        )
        step = next((it for it in self.sight.steps if it.run == run.run), None)
        return self._at_work(running, worker, step)

    def _unrecorded(self, holder: Session) -> Running:
        """Of whom the ledger does not say anything, or not to us."""
        worker, says = self.sight.unrecorded, holder.says
        user, _, host = says.who.partition("@") if isinstance(says, Caller) else ("", "", "")
        began = holder.backend_start
        running = Running(
            None,
            says.verb if says else None,
            holder.role,
            user or None,
            host or None,
            None,
            began and began.astimezone(UTC),
            self._since(began),
            (worker or holder).pid,
            Doing.PREPARING,
        )
        begun = worker or self.sight.gate(None)
        return self._at_work(running, worker, None) if begun else running

    def _at_work(
        self, running: Running, worker: Session | None, step: Journalled | None
    ) -> Running:
        sight = self.sight
        gate = sight.gate(worker)
        said = worker.says if worker else None
        sign = gate or (said if isinstance(said, Sign) else None)
        if sign:
            sign = sign.named(self.ids)
            running = replace(
                running,
                migration=sign.id,
                direction=sign.direction,
                position=sign.position,
                total=sign.total,
            )
        elif step and not step.done:
            running = replace(running, migration=step.migration, direction=step.direction)
        if step and step.migration != running.migration:
            step = None
        running = replace(
            running,
            doing=self._doing(worker, gate, busy=bool(sign or (step and not step.done))),
            at=self._at(worker, sign, step),
        )
        running = self._with_progress(running, sign, step)
        return self._with_others(running, worker)

    def _doing(self, worker: Session | None, gate: Sign | None, *, busy: bool) -> Doing:
        sight = self.sight
        if gate:
            return Doing.GATE
        if worker is None:
            return Doing.UNSEEN if sight.place.standby else Doing.BETWEEN
        if sight.holder is None:
            return Doing.ORPHANED
        if worker.pid in sight.waits:
            return Doing.WAITING
        active = worker.state in {"active", "idle in transaction"}
        return Doing.WORKING if busy or active else Doing.BETWEEN

    def _at(self, worker: Session | None, sign: Sign | None, step: Journalled | None) -> At | None:
        begun = step if step and (sign is None or sign.first == step.statement) else None
        if begun and (sign or not begun.done):
            numbers = begun.statement, begun.statement, begun.statements
            return At(*numbers, _line(begun.sql), self._since(begun.started_at))
        active = worker is not None and worker.state == "active"
        sql = _line(worker.query) if worker and active else None
        if sign is None and sql and _OWN.search(sql):
            return None
        since = self._since(worker.query_start) if worker and active else None
        if sign:
            return At(sign.first, sign.last, sign.statements, sql, since)
        return At(None, None, None, sql, since) if sql else None

    def _with_progress(
        self, running: Running, sign: Sign | None, step: Journalled | None
    ) -> Running:
        counted = self.sight.counted.get(running.pid or 0)
        of = sign.of if sign else None
        id_ = running.migration or ""
        if counted:
            total = counted.total or (of if counted.unit == "bytes" else None)
            told = Progressed(id_, counted.phase, counted.done, total, counted.unit)
            told = replace(told, detail=_detail(counted))
        elif step and step.rows is not None and not step.done:
            total = None if of is None else max(of, step.rows)
            told = Progressed(id_, "rows", step.rows, total, "rows")
        else:
            return running
        return replace(running, progress=told, fraction=_fraction(told, counted))

    def _with_others(self, running: Running, worker: Session | None) -> Running:
        sight, found = self.sight, {(it.pid, it.asked): it for it in self.found}
        gate = sight.gate(worker)
        blockers: dict[int, Blocker] = {}
        edges: dict[Edge, None] = {}
        for wait in sight.in_the_way(worker):
            who = found.get((wait.pid, wait.relation))
            # At the gate, who has let go of what was needed may not have been told of yet.
            there = who and (who.mode or who.role or who.application)
            if who and there and wait.pid not in blockers:
                let_go = gate and wait in gate.waits and wait.relation and not who.mode
                if not let_go:
                    blockers[wait.pid] = self._blocker(who)
        if gate and running.pid is not None:
            direct = [it.pid for it in gate.waits if it.pid in blockers]
            edges |= dict.fromkeys(Edge(running.pid, pid) for pid in direct)
        waiters = tuple(self._behind(running.pid)) if worker else ()
        inside = {running.pid, *blockers, *(it.pid for it in waiters)}
        edges |= {
            Edge(waits.pid, blocker): None
            for waits in sight.waits.values()
            for blocker in waits.blockers
            if waits.pid in inside and blocker in inside
        }
        return replace(
            running, blockers=tuple(blockers.values()), waiters=waiters, edges=tuple(edges)
        )

    def _behind(self, pid: int | None) -> Iterator[Waiter]:
        """Who waits for a process, directly or behind others."""
        behind, before = {pid}, 0
        waits = self.sight.waits.values()
        while len(behind) > before:
            before = len(behind)
            behind |= {it.pid for it in waits if not behind.isdisjoint(it.blockers)}
        for it in waits:
            if it.pid in behind and it.pid != pid:
                yield self._waiter(it)

    def _waiter(self, it: Waits) -> Waiter:
        return Waiter(
            it.pid,
            it.role,
            it.application,
            _line(it.query),
            it.query_start and it.query_start.astimezone(UTC),
            self._since(it.since) or 0.0,
            LockMode.label_of(it.mode) if it.relation else None,
            it.relation,
        )

    def _blocker(self, it: Found) -> Blocker:
        """Where its age is hidden, it is at least as old as others have waited for it."""
        behind = [w for w in self.sight.waits.values() if it.pid in w.blockers]
        age = it.age
        if age is None:
            age = max((self._since(w.since) or 0.0 for w in behind), default=0.0)
        return Blocker(
            it.pid,
            it.transaction,
            it.relation,
            LockMode.label_of(it.mode),
            it.role,
            it.application,
            it.state,
            _line(it.query),
            it.autovacuum,
            age,
            it.asked,
        )

    def _queued(self) -> Iterator[Queued]:
        for it in self.sight.sessions:
            says = it.says
            if isinstance(says, Caller) and says.waits and not it.has_lock:
                user, _, host = says.who.partition("@")
                since = self._since(it.backend_start)
                yield Queued(says.verb, it.role, user, host, it.pid, since)

    def _ended(self, gone: OpenRun | None) -> EndedRun | None:
        last = self.sight.last
        if gone and (last is None or gone.run > last.run):
            who = gone.verb, gone.role, gone.os_user, gone.host, gone.environment
            began = gone.started_at.astimezone(UTC)
            return EndedRun(gone.run, *who, began, None, None, "gone", 0, None, None, None, None)
        if last is None:
            return None
        return EndedRun(
            last.run,
            last.verb,
            last.role,
            last.os_user,
            last.host,
            last.environment,
            last.started_at.astimezone(UTC),
            last.ended_at.astimezone(UTC),
            self._since(last.ended_at),
            last.outcome,
            last.done,
            last.migration,
            last.direction,
            last.code,
            redact(last.message) if last.message else None,
        )

    def _advice(self) -> Iterator[str]:
        place, workers = self.sight.place, self.sight.workers()
        role = '"' + place.role.replace('"', '""') + '"'
        if place.ledger and not place.readable:
            yield (
                f"the ledger is not to be read: GRANT USAGE ON SCHEMA wishkit TO {role}; GRANT "
                f"SELECT ON ALL TABLES IN SCHEMA wishkit TO {role} would show who runs what, and "
                "how it ended"
            )
        if any(it and it.state is None for it in workers):
            yield (
                f"GRANT pg_monitor TO {role} would show statements, how far they are, and since "
                "when others have been at work"
            )
        if place.standby and self.sight.runs:
            yield "this is a standby: what runs is only to be seen on the primary"

    def _since(self, moment: datetime | None) -> float | None:
        if moment is None:
            return None
        return max(0.0, (self.sight.place.now - moment).total_seconds())


def _line(sql: str | None) -> str | None:
    """The beginning of a statement, on one line and without secrets."""
    if sql is None or sql == _HIDDEN:
        return None
    sql = _AHEAD.sub("", sql).partition(_BEHIND)[0]
    return " ".join(redact(sql).split())[:_SHOWN] or None


def _detail(counted: Counted) -> str | None:
    parts = [counted.relation] if counted.relation else []
    if counted.parts_total:
        parts.append(f"{counted.parts_done or 0} of {counted.parts_total} partitions done")
    return ", ".join(parts) or None


def _fraction(told: Progressed, counted: Counted | None) -> float | None:
    share = min(1.0, told.done / told.total) if told.done is not None and told.total else None
    if counted and counted.parts_total:
        return min(1.0, ((counted.parts_done or 0) + (share or 0.0)) / counted.parts_total)
    return share
