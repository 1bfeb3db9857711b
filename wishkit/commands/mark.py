"""Say by hand that a migration is, or is not, applied: the ledger changes, no SQL is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.migration import Migration, resolve
from wishkit.core.script import Script
from wishkit.core.state import State, compare
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.commands.workspace import Workspace
    from wishkit.core.state import Entry, Ledger
    from wishkit.postgres.recorder import Recorder

Verb = Literal["mark", "unmark"]
What = Literal["marked", "text", "unchanged", "unmarked", "cleared"]


@dataclass(frozen=True, slots=True)
class Change:
    """What is recorded of one migration.

    Attributes:
        id: which one.
        what: ``marked``: recorded as applied; ``text``: it was applied, and is known by the text
            of its files from now on; ``unchanged``: the ledger said so already; ``unmarked``:
            recorded as not applied; ``cleared``: the journal of a partial one is gone, and it was
            not applied before.
        note: what the reader should know besides.
    """

    id: str
    what: What
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """What was recorded by hand.

    Attributes:
        verb: mark or unmark.
        database: which one, without secrets.
        reason: as given; the ledger keeps it.
        changes: in the order they were recorded.
        position: the migration applied last, afterwards.
    """

    verb: Verb
    database: str
    reason: str
    changes: tuple[Change, ...]
    position: str | None


def mark(workspace: Workspace, ids: Sequence[str], *, reason: str, yes: bool = False) -> Marked:
    """Record migrations as applied, with the text their files have now.

    Args:
        workspace: project and database.
        ids: which ones; ids or numbers.
        reason: why; the ledger keeps it.
        yes: consent for a protected database.

    Raises:
        UsageError: ``reason-missing``, ``unknown-migration`` or ``file-missing``.
        WishkitError: nothing was recorded.
    """
    return _record(workspace, ids, verb="mark", reason=reason, yes=yes)


def unmark(workspace: Workspace, ids: Sequence[str], *, reason: str, yes: bool = False) -> Marked:
    """Record migrations as not applied; what they did to the database stays.

    Args:
        workspace: project and database.
        ids: which ones; ids or numbers.
        reason: why; the ledger keeps it.
        yes: consent for a protected database.

    Raises:
        UsageError: ``reason-missing``, ``unknown-migration`` or ``not-applied``.
        WishkitError: nothing was recorded.
    """
    return _record(workspace, ids, verb="unmark", reason=reason, yes=yes)


def exchange(
    workspace: Workspace, gone: Sequence[str], ids: Sequence[str], *, reason: str
) -> Marked:
    """Record some as not applied and others as applied, in one transaction; consent is given.

    Args:
        workspace: project and database.
        gone: ids under which the ledger has them until now.
        ids: ids under which it shall have them.
        reason: why; the ledger keeps it.

    Raises:
        UsageError: as for `mark` and `unmark`.
        WishkitError: nothing was recorded.
    """
    return _record(workspace, ids, verb="mark", reason=reason, yes=True, gone=gone)


def _record(
    workspace: Workspace,
    ids: Sequence[str],
    *,
    verb: Verb,
    reason: str,
    yes: bool,
    gone: Sequence[str] = (),
) -> Marked:
    if not reason.strip():
        raise UsageError(
            "say why: --reason is empty",
            code="reason-missing",
            help='for example --reason "made by hand before wishkit, checked against the file"',
        )
    migrations = workspace.migrations()
    with workspace.connect(verb, writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe, refuse_unfit  # noqa: PLC0415 - heavy
        from wishkit.postgres.failure import of_ledger  # noqa: PLC0415
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415
        from wishkit.postgres.run import open_run  # noqa: PLC0415

        database = describe(target, server)
        ledger = read_ledger(connection)
        todo = _todo(migrations, ledger, gone, "unmark") + _todo(migrations, ledger, ids, verb)
        if all(change.what == "unchanged" for _, change in todo):
            changes = tuple(change for _, change in todo)
            return Marked(verb, database, reason, changes, ledger.position)
        refuse_unfit(server)
        if target.protected:
            names = ", ".join(entry.id for entry, _ in todo)
            state = "applied" if verb == "mark" else "not applied"
            workspace.consent(f"record {names} as {state} on {database}?", yes=yes, flag="--yes")
        with open_run(
            connection, target, verb=verb, reason=reason, listener=workspace.listener
        ) as run:
            ledger = run.ledger  # another run may have been quicker
            todo = _todo(migrations, ledger, gone, "unmark") + _todo(migrations, ledger, ids, verb)
            lines = [line for entry, it in todo for line in _sql(run.recorder, entry, it, reason)]
            with of_ledger():
                run.session.send(b";\n".join([b"BEGIN", *lines, b"COMMIT"]))
            position = read_ledger(connection).position
    return Marked(verb, database, reason, tuple(change for _, change in todo), position)


def _todo(
    migrations: Sequence[Migration], ledger: Ledger, ids: Sequence[str], verb: Verb
) -> list[tuple[Entry, Change]]:
    """What to record, in the order the ledger shall have it."""
    entries = {entry.id: entry for entry in compare(migrations, ledger)}
    wanted = dict.fromkeys(resolve(reference, entries) for reference in ids)
    if verb == "mark":
        return [(entries[id_], _to_mark(entries[id_])) for id_ in sorted(wanted)]
    return [(entries[id_], _to_unmark(entries[id_])) for id_ in sorted(wanted, reverse=True)]


def _to_mark(entry: Entry) -> Change:
    migration = entry.migration
    if migration is None:
        raise UsageError(
            f"{entry.id} has no file whose text could be recorded",
            code="file-missing",
            help="put its pair of files back; wishkit show prints them as they were applied",
            state="nothing was recorded",
        )
    for script in filter(None, (migration.forward, migration.backward)):
        script.check_text()
    _ = migration.header  # a directive that is not understood is refused here as well
    note = _of_journal(entry)
    if entry.record is None:
        return Change(entry.id, "marked", note)
    if entry.record.checksum != migration.checksum:
        return Change(entry.id, "text", note)
    return Change(entry.id, "marked" if entry.partial else "unchanged", note)


def _to_unmark(entry: Entry) -> Change:
    if entry.state is State.PENDING:
        raise UsageError(
            f"{entry.id} is not applied",
            code="not-applied",
            help="wishkit status shows what is",
            state="nothing was recorded",
        )
    return Change(entry.id, "unmarked" if entry.record else "cleared", _of_journal(entry))


def _of_journal(entry: Entry) -> str | None:
    partial = entry.partial
    if partial is None:
        return None
    way = "applied" if partial.direction == "forward" else "rolled back"
    return (
        f"{partial.done} of {partial.total} statements had been {way}; "
        "the journal that said so is cleared"
    )


def _sql(recorder: Recorder, entry: Entry, change: Change, reason: str) -> list[bytes]:
    """What goes into the ledger, all of it in one transaction."""
    lines = [recorder.step("step_clear", id=entry.id)] if entry.partial else []
    if change.what == "unchanged":
        return lines
    if change.what in {"unmarked", "cleared"}:
        checksum = entry.record.checksum if entry.record else None
        gone = Migration(entry.id, Script(entry.id, b""), None, checksum or "")
        return [*lines, recorder.by_hand(gone, mark=False, reason=reason)]
    if entry.migration:
        lines.append(recorder.keep(entry.migration))
        lines.append(
            recorder.text(entry.migration)
            if entry.record
            else recorder.by_hand(entry.migration, mark=True, reason=reason)
        )
    return lines
