"""Files and ledger in, the steps to run out; or why there is no safe answer."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.state import Entry, State, compare
from wishkit.errors import Location, MigrationFileError, PlanError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.migration import Direction, Migration
    from wishkit.core.script import Script
    from wishkit.core.state import Ledger

BASE = "base"

# What a person decides about a statement that was sent and of which nobody saw the end: that it
# took effect, or that it is to be run again.
Unfinished = Literal["done", "redo"]

@dataclass(frozen=True, slots=True)
class Step:
    """One migration to run in one direction.

    Attributes:
        migration: the pair of texts that will be recorded.
        direction: forward or backward.
        source: where the text comes from: the file, or the ledger when the file is gone or
            differs from what was applied.
        why: one line for the reader when the source is not the obvious one.
        done: statements already complete, of a non-transactional migration that is resumed.
    """

    migration: Migration
    direction: Direction
    source: Literal["file", "ledger"] = "file"
    why: str | None = None
    done: int = 0

    @property
    def id(self) -> str:
        """The migration's id."""
        return self.migration.id

    @property
    def script(self) -> Script:
        """The text to run."""
        script = self.migration.script(self.direction)
        if script is None:
            raise no_way_back(self.migration)
        return script

    @property
    def transactional(self) -> bool:
        """Whether it runs as one transaction with the ledger."""
        return self.migration.transactional(self.direction)


def forward_plan(
    migrations: Sequence[Migration],
    ledger: Ledger,
    *,
    to: str | None = None,
    allow_out_of_order: bool = False,
    allow_missing: bool = False,
) -> tuple[Step, ...]:
    """What ``migrate`` has to run, in dependency order.

    Args:
        migrations: the files, sorted by id.
        ledger: what the database says.
        to: id of the last migration to apply; all pending when None.
        allow_out_of_order: accept a pending migration numbered below an applied one.
        allow_missing: accept applied migrations whose files are gone.

    Raises:
        PlanError: ``changed``, ``renamed``, ``file-missing``, ``out-of-order``,
            ``backward-missing``, ``dependency-cycle``, ``half-rolled-back``.
        MigrationFileError: a pending migration's header is wrong, or ``unknown-dependency``.
    """
    entries = compare(migrations, ledger)
    pending = [e for e in entries if e.state is State.PENDING and e.migration]
    resumed = [e for e in entries if e.state is State.PARTIAL]
    _refuse_changed(entries)
    for entry in resumed:
        _refuse_unresumable(entry)
    todo = {e.id: e.migration for e in [*pending, *resumed] if e.migration}
    if not todo:
        return ()
    _refuse_missing(entries, pending, allow_missing=allow_missing)
    ordered = _dependency_order(todo, {m.id for m in migrations} | {r.id for r in ledger.records})
    if to is not None:
        ordered = _up_to(ordered, to, {r.id for r in ledger.records})
    for migration in ordered:
        if migration.backward is None and migration.header.irreversible is None:
            raise no_way_back(migration)
    highest = max((r.id for r in ledger.records), default="")
    late = [m for m in ordered if m.id < highest]
    if late and not allow_out_of_order:
        raise PlanError(
            f"{late[0].id} is pending, but {highest} is applied already",
            code="out-of-order",
            where=Location(late[0].forward.path, 1),
            help="if it came late from another branch, rename its files to the next free number; "
            "if it does not touch what the later ones build on, run it as it is: "
            "--allow-out-of-order",
            state="nothing was run",
        )
    done = {e.id: e.partial.done for e in resumed if e.partial}
    return tuple(Step(m, "forward", done=done.get(m.id, 0)) for m in ordered)


def backward_plan(
    migrations: Sequence[Migration],
    ledger: Ledger,
    applied: Mapping[str, Migration],
    *,
    ids: Sequence[str],
    allow_out_of_order: bool = False,
) -> tuple[Step, ...]:
    """What ``rollback`` has to run, newest applied first.

    Args:
        migrations: the files.
        ledger: what the database says.
        applied: the texts as applied, by id; for those the ledger has.
        ids: which migrations to undo, see ``ids_after`` and ``last_ids``.
        allow_out_of_order: undo a migration while later ones stay.

    Raises:
        PlanError: ``irreversible``, ``backward-missing``, ``out-of-order``, ``depended-on``.
    """
    files = {m.id: m for m in migrations}
    order = [r.id for r in ledger.records]
    partial = {p.id: p for p in ledger.partial}
    wanted = set(ids)
    steps = []
    for id_ in [*sorted(partial.keys() - set(order), reverse=True), *reversed(order)]:
        if id_ not in wanted:
            continue
        step = _backward_step(id_, files.get(id_), applied.get(id_))
        journal = partial.get(id_)
        done = journal.done if journal and journal.direction == "backward" else 0
        steps.append(Step(step.migration, "backward", step.source, step.why, done))
    first = min((order.index(s.id) for s in steps if s.id in order), default=len(order))
    stay = [id_ for id_ in order[first:] if id_ not in wanted]
    if stay and not allow_out_of_order:
        before = order[first - 1] if first else BASE
        raise PlanError(
            f"{order[first]} is not the last one: {', '.join(stay)} came after it",
            code="out-of-order",
            help=f"undo them too: wishkit rollback --to {before}\n"
            "or leave them, if they do not build on it: --allow-out-of-order",
            state="nothing was run",
        )
    for id_ in stay:
        needs = wanted.intersection(files[id_].header.depends if id_ in files else ())
        if needs:
            raise PlanError(
                f"{id_} depends on {min(needs)} and would stay",
                code="depended-on",
                help=f"undo {id_} as well",
                state="nothing was run",
            )
    return tuple(steps)


def ids_after(ledger: Ledger, target: str) -> tuple[str, ...]:
    """Everything applied after ``target`` (an applied id, or ``base``), in ledger order.

    Raises:
        UsageError: ``not-applied``.
    """
    order = [r.id for r in ledger.records]
    begun = [p.id for p in ledger.partial if p.id not in order]
    if target == BASE:
        return (*order, *begun)
    if target not in order:
        raise UsageError(
            f"{target} is not applied, so nothing was applied after it",
            code="not-applied",
            help=f"the database is at {order[-1] if order else BASE}",
        )
    return (*order[order.index(target) + 1 :], *begun)


def last_ids(ledger: Ledger, steps: int) -> tuple[str, ...]:
    """The newest ``steps`` applied (or begun) migrations, in ledger order."""
    everything = ids_after(ledger, BASE)
    return everything[max(0, len(everything) - steps) :]


def no_way_back(migration: Migration) -> PlanError:
    """The error for a migration that has no backward file."""
    expected = migration.forward.path.removesuffix(".sql") + ".rollback.sql"
    return PlanError(
        f"{migration.id} has no way back: {expected} does not exist",
        code="backward-missing",
        where=Location(migration.forward.path, 1),
        help="write it; or, if there can be none, say why in the forward file: "
        "-- irreversible: <reason>",
        state="nothing was run",
    )


def _backward_step(id_: str, file: Migration | None, applied: Migration | None) -> Step:
    """The text to undo a migration with: what was applied, wherever it is still to be had."""
    if applied is not None and (file is None or file.checksum != applied.checksum):
        why = "its file is gone" if file is None else "its file differs from what was applied"
        step = Step(applied, "backward", "ledger", f"{why}; the text in the ledger is used")
    elif file is not None:
        step = Step(file, "backward")
    else:
        raise PlanError(
            f"{id_} has no file, and the ledger has no text of it",
            code="backward-missing",
            help="plain yoyo applied it, which keeps no text; restore its pair of files, or, "
            f"after undoing it by hand: wishkit unmark {id_}",
            state="nothing was run",
        )
    reason = step.migration.header.irreversible
    if reason is not None:
        raise PlanError(
            f"{id_} cannot be undone: {reason}",
            code="irreversible",
            where=Location(step.migration.forward.path, 1),
            help="go forward with a new migration, or restore a backup",
            state="nothing was run",
        )
    if step.migration.backward is None:
        raise no_way_back(step.migration)
    return step


def _refuse_changed(entries: Sequence[Entry]) -> None:
    changed = [e for e in entries if e.state is State.CHANGED]
    if not changed:
        return
    entry = changed[0]
    more = f" (and {len(changed) - 1} more)" if changed[1:] else ""
    raise PlanError(
        f"{entry.id} was changed since it was applied{more}",
        code="changed",
        where=Location(entry.migration.forward.path, 1) if entry.migration else None,
        help="put the file back as it was and write a new migration for the change;\n"
        "if the database already is as the file says now, record that: "
        f"wishkit mark {entry.id} --reason …",
        state="nothing was run",
    )


def _refuse_unresumable(entry: Entry) -> None:
    partial = entry.partial
    if partial and partial.direction == "backward":
        raise PlanError(
            f"{entry.id} is half rolled back ({partial.done} of {partial.total} statements)",
            code="half-rolled-back",
            help=f"finish that first: wishkit rollback {entry.id}",
            state="nothing was run",
        )
    if partial and entry.migration is None:
        raise PlanError(
            f"{entry.id} stopped part-way, and its file is gone",
            code="file-missing",
            help=f"restore the file, or undo what was done: wishkit rollback {entry.id}",
            state="nothing was run",
        )


def _refuse_missing(
    entries: Sequence[Entry], pending: Sequence[Entry], *, allow_missing: bool
) -> None:
    missing = [e for e in entries if e.state is State.MISSING]
    by_checksum = {e.migration.checksum: e for e in pending if e.migration}
    for entry in missing:
        twin = by_checksum.get(entry.record.checksum or "") if entry.record else None
        if twin:
            raise PlanError(
                f"{entry.id} was applied and is now called {twin.id}",
                code="renamed",
                help="an applied migration keeps its name: rename the files back",
                state="nothing was run",
            )
    if missing and not allow_missing:
        raise PlanError(
            f"{', '.join(e.id for e in missing)}: applied, but the files are gone",
            code="file-missing",
            help="is this checkout older than the database? The applied text is kept: "
            f"wishkit show {missing[0].id}\nto go on without them: --allow-missing",
            state="nothing was run",
        )


def _up_to(ordered: Sequence[Migration], to: str, applied: set[str]) -> list[Migration]:
    """The target and, of what is pending, everything numbered below it or needed by it."""
    if to in applied:
        later = [m.id for m in ordered if m.id < to]
        return [m for m in ordered if m.id in later]
    by_id = {m.id: m for m in ordered}
    needed: set[str] = set()
    waiting = [id_ for id_ in by_id if id_ <= to]
    while waiting:
        id_ = waiting.pop()
        if id_ in by_id and id_ not in needed:
            needed.add(id_)
            waiting.extend(by_id[id_].header.depends)
    return [m for m in ordered if m.id in needed]


def _dependency_order(todo: Mapping[str, Migration], known: set[str]) -> list[Migration]:
    """By id, except where a dependency says otherwise: the order yoyo has.

    Kahn's algorithm with a heap: always the lowest id whose dependencies are met.
    """
    blocked_by: dict[str, set[str]] = {}
    blocks: dict[str, list[str]] = {}
    for id_, migration in todo.items():
        for needed in migration.header.depends:
            if needed not in known:
                raise _unknown_dependency(migration, needed, known)
        blocked_by[id_] = {d for d in migration.header.depends if d in todo}
        for needed in blocked_by[id_]:
            blocks.setdefault(needed, []).append(id_)
    ready = [id_ for id_, needs in blocked_by.items() if not needs]
    heapq.heapify(ready)
    ordered = []
    while ready:
        id_ = heapq.heappop(ready)
        ordered.append(todo[id_])
        for waiting in blocks.get(id_, ()):
            blocked_by[waiting].discard(id_)
            if not blocked_by[waiting]:
                heapq.heappush(ready, waiting)
    if len(ordered) < len(todo):
        circle = sorted(todo.keys() - {m.id for m in ordered})
        raise PlanError(
            f"these migrations depend on each other in a circle: {', '.join(circle)}",
            code="dependency-cycle",
            where=Location(todo[circle[0]].forward.path, 1),
            help="remove one of their `-- depends:` lines",
            state="nothing was run",
        )
    return ordered


def _unknown_dependency(migration: Migration, needed: str, known: set[str]) -> MigrationFileError:
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    start = migration.forward.source.find(needed.encode())
    close = get_close_matches(needed, sorted(known), n=1, cutoff=0.5)
    return MigrationFileError(
        f'{migration.id} depends on "{needed}", which does not exist',
        code="unknown-dependency",
        where=migration.forward.locate(start, start + len(needed.encode())),
        help=f'perhaps you meant "{close[0]}"' if close else "a dependency is named by its full id",
        state="nothing was run",
    )
