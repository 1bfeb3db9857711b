"""Files and ledger in, the steps to run out; or why there is no safe answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.contradictions import refuse_changed, refuse_missing, refuse_unresumable
from wishkit.core.order import dependency_order, up_to
from wishkit.core.state import State, compare
from wishkit.errors import Location, PlanError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.header import Batched
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

    @property
    def batched(self) -> Batched | None:
        """Whether it runs in batches."""
        return self.migration.batched(self.direction)


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
            ``backward-missing``, ``irreversible-twice``, ``dependency-cycle``,
            ``half-rolled-back``.
        MigrationFileError: a pending migration's header is wrong, or ``unknown-dependency``.
    """
    entries = compare(migrations, ledger)
    pending = [e for e in entries if e.state is State.PENDING and e.migration]
    resumed = [e for e in entries if e.state is State.PARTIAL]
    refuse_changed(entries)
    for entry in resumed:
        refuse_unresumable(entry)
    todo = {e.id: e.migration for e in [*pending, *resumed] if e.migration}
    if not todo:
        return ()
    refuse_missing(entries, pending, allow_missing=allow_missing)
    ordered = dependency_order(todo, {m.id for m in migrations} | {r.id for r in ledger.records})
    if to is not None:
        ordered = up_to(ordered, to, {r.id for r in ledger.records})
    for migration in ordered:
        _check_way_back(migration)
    highest = max((r.id for r in ledger.records), default="")
    begun = {e.id for e in resumed}  # whether these may run was decided when they began
    late = [m for m in ordered if m.id < highest and m.id not in begun]
    if late and not allow_out_of_order:
        raise PlanError(
            f"{late[0].id} is pending, but {highest} is applied already",
            code="out-of-order",
            where=Location(late[0].forward.path, 1),
            help="if it came late from another branch, rename its files to the next free number; "
            "if it does not touch what the later ones build on, run it as it is: "
            "--allow-out-of-order",
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
        )
    for id_ in stay:
        needs = wanted.intersection(files[id_].header.depends if id_ in files else ())
        if needs:
            raise PlanError(
                f"{id_} depends on {min(needs)} and would stay",
                code="depended-on",
                help=f"undo {id_} as well",
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
    )


def _check_way_back(migration: Migration) -> None:
    irreversible = migration.header.irreversible
    if migration.backward is None and irreversible is None:
        raise no_way_back(migration)
    if migration.backward is not None and irreversible is not None:
        raise PlanError(
            f"{migration.id} is said to be irreversible, but has a backward file",
            code="irreversible-twice",
            where=Location(migration.backward.path, 1),
            help="either remove this file, or the `-- irreversible:` line of the forward file",
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
        )
    reason = step.migration.header.irreversible
    if reason is not None:
        raise PlanError(
            f"{id_} cannot be undone: {reason}",
            code="irreversible",
            where=Location(step.migration.forward.path, 1),
            help="go forward with a new migration, or restore a backup",
        )
    if step.migration.backward is None:
        raise no_way_back(step.migration)
    return step
