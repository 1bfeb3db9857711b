"""Where the files and the ledger contradict each other, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.state import Entry, State
from wishkit.errors import Location, PlanError

if TYPE_CHECKING:
    from collections.abc import Sequence


def refuse_changed(entries: Sequence[Entry]) -> None:
    """An applied file was edited.

    Raises:
        PlanError: ``changed``.
    """
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
    )


def refuse_unresumable(entry: Entry) -> None:
    """A migration that stopped part-way cannot be gone on with.

    Raises:
        PlanError: ``half-rolled-back``, ``file-missing`` or ``changed``.
    """
    partial = entry.partial
    if partial and partial.direction == "backward":
        raise PlanError(
            f"{entry.id} is half rolled back ({partial.done} of {partial.total} statements)",
            code="half-rolled-back",
            help=f"finish that first: wishkit rollback {entry.id}",
        )
    if partial and entry.migration is None:
        raise PlanError(
            f"{entry.id} stopped part-way, and its file is gone",
            code="file-missing",
            help=f"restore the file, or undo what was done: wishkit rollback {entry.id}",
        )
    if partial and entry.migration and entry.migration.transactional("forward"):
        raise PlanError(
            f"{entry.id} stopped part-way outside a transaction, and its file reads differently "
            "now: as one transaction it would run again from its beginning",
            code="changed",
            where=Location(entry.migration.forward.path, 1),
            help="put back into its header: -- transactional: false\n"
            f"or undo what was done: wishkit rollback {entry.id}",
        )


def refuse_missing(
    entries: Sequence[Entry], pending: Sequence[Entry], *, allow_missing: bool
) -> None:
    """An applied file is gone, or has another name.

    Args:
        entries: everything known.
        pending: those of them that are not applied.
        allow_missing: go on without files, as long as they were not renamed.

    Raises:
        PlanError: ``renamed`` or ``file-missing``.
    """
    missing = [e for e in entries if e.state is State.MISSING]
    by_checksum = {e.migration.checksum: e for e in pending if e.migration}
    for entry in missing:
        twin = by_checksum.get(entry.record.checksum or "") if entry.record else None
        if twin:
            raise PlanError(
                f"{entry.id} was applied and is now called {twin.id}",
                code="renamed",
                help="an applied migration keeps its name: rename the files back",
            )
    if missing and not allow_missing:
        raise PlanError(
            f"{', '.join(e.id for e in missing)}: applied, but the files are gone",
            code="file-missing",
            help="is this checkout older than the database? The applied text is kept: "
            f"wishkit show {missing[0].id}\nto go on without them: --allow-missing",
        )
