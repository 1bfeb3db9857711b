"""Take over a database that has no history: what there is becomes its first migration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.commands.adoption.adopt import live
from wishkit.commands.adoption.carry_out import carry_out
from wishkit.commands.adoption.proof import prove
from wishkit.commands.adoption.result import NOTHING_CHANGED, Adoption, Taken
from wishkit.commands.pairs import migration_name
from wishkit.commands.workspace import shown
from wishkit.core.adoption.registry import TOOLS
from wishkit.errors import CompareError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.commands.adoption.proof import Live
    from wishkit.commands.workspace import Workspace

_WHY = "the history begins here: what was there before it is not wishkit's to take away"


@dataclass(frozen=True, slots=True)
class Baseline:
    """All that it takes to do it.

    Attributes:
        adoption: what is to be shown before.
        text: of the forward file.
    """

    adoption: Adoption
    text: bytes


def prepare_baseline(workspace: Workspace, name: str) -> Baseline:
    """Write a database down as one migration, and prove that it is; changes nothing.

    Args:
        workspace: project and database.
        name: what the migration shall be called.

    Raises:
        UsageError: ``migration-name``; ``already-adopted``: there are migrations, here or there.
        CompareError: ``unseen``, or it cannot be found out what the migration makes.
        WishkitError: configuration, files, connection or ledger cannot be read.
    """
    id_ = f"0000_{migration_name(name)}"
    there = workspace.migrations() if workspace.folder.is_dir() else ()
    if there:
        raise UsageError(
            f"{shown(workspace.folder)} is not empty: {there[0].id} is in it",
            code="already-adopted",
            help="a baseline is the first migration. If it is that of another environment, record "
            f"it here and look: wishkit mark {there[0].id} --reason baseline; wishkit check",
            state=NOTHING_CHANGED,
        )
    with live(workspace) as database:
        if records := database.ledger.records:
            raise UsageError(
                f"this database has a history already: {records[0].id} is applied",
                code="already-adopted",
                help="put its files into sql/migrations; wishkit show prints those that wishkit "
                "applied",
                state=NOTHING_CHANGED,
            )
        text, objects, unwritten = _written(database, id_)
        check = prove(workspace, database, {f"{id_}.sql": text}, [id_], ())
        notes = (*_foreign(database), *(f"not as SQL: {it}" for it in unwritten))
        adoption = Adoption(
            database.name,
            "baseline",
            None,
            None,
            shown(workspace.folder),
            "drift" if check.exit_status else "planned",
            (Taken(f"{objects} objects", id_, True, "new", True, _WHY, None),),  # noqa: FBT003
            notes=notes,
            check=check,
        )
    return Baseline(adoption, text)


def adopt_baseline(workspace: Workspace, prepared: Baseline) -> Adoption:
    """Put the file in place, and record it as applied.

    Args:
        workspace: as for `prepare_baseline`.
        prepared: what it said, with the outcome ``planned``.

    Raises:
        WishkitError: file or ledger cannot be written; nothing was changed.
    """
    (taken,) = prepared.adoption.migrations
    files = {f"{taken.id}.sql": prepared.text}
    return carry_out(
        workspace, prepared.adoption, files, [taken.id], (), reason="the baseline of what there was"
    )


def _written(database: Live, id_: str) -> tuple[bytes, int, tuple[str, ...]]:
    """The text, how many objects it makes, and what it only tells of."""
    from wishkit.core.ddl import script  # noqa: PLC0415 - only where something is written
    from wishkit.postgres.catalog import read_snapshot  # noqa: PLC0415 - heavy

    snapshot = read_snapshot(database.connection)
    if snapshot.unseen:
        raise CompareError(
            f"this role may not read all of the catalog: {', '.join(snapshot.unseen)}",
            code="unseen",
            help="look as a role that may: wishkit adopt --baseline --url …",
        )
    head = (
        f"-- {id_[5:].replace('_', ' ')}\n"
        f"-- irreversible: {_WHY}\n"
        "--\n"
        "-- Written by `wishkit adopt --baseline` from what there was. There it is only recorded;\n"
        "-- an empty database becomes the same by it.\n"
    )
    found = script(snapshot, head=head)
    return found.text.encode(), found.objects, found.unwritten


def _foreign(database: Live) -> Iterator[str]:
    """Ledgers of other tools: what they know would be lost."""
    from wishkit.errors import LedgerError  # noqa: PLC0415 - as the next
    from wishkit.postgres.adoption import find  # noqa: PLC0415 - heavy

    for tool in TOOLS.values():
        try:
            found = find(database.connection, tool.registry, None) if tool.registry else None
        except LedgerError:
            continue
        if found:
            yield (
                f"{found.name} looks like the ledger of {tool.name}: it is part of this baseline; "
                f"wishkit adopt --from {tool.name} converts its history instead"
            )
