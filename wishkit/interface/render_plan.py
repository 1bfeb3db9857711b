"""Plans, single migrations and marks as a person reads them on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, console, count, folded, seconds, styled, width
from wishkit.interface.render import describe_stake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wishkit.commands.mark import Change, Marked
    from wishkit.commands.plan import Plan, PlannedMigration
    from wishkit.commands.show import Shown, Text
    from wishkit.core.hazards.model import Hazard, Size
    from wishkit.core.outline import Outline
    from wishkit.core.rehearsal import Measured

_NOT_KNOWN = "not known: assume ACCESS EXCLUSIVE"
_DOES = {"migrate": "apply", "rollback": "roll back"}
_CHANGED = {
    "marked": "recorded as applied",
    "text": "was applied; recorded with the text its files have now",
    "unchanged": "is applied already, with this text; nothing was recorded",
    "unmarked": "recorded as not applied",
    "cleared": "recorded as not applied",
}


def emit(text: bytes) -> None:
    """A text that is the result itself, byte by byte, whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def render_plan(plan: Plan) -> None:
    """Each migration with its statements, what they lock, and what data would go."""
    at = f"at {plan.position}" if plan.position else "empty: nothing is applied"
    if not plan.migrations:
        answer(f"nothing to do: the database is {at}")
        return
    number = count(len(plan.migrations), "migration")
    answer(f"{plan.verb} would {_DOES[plan.verb]} {number}; the database is {at}")
    sizes = {it.name: it.size for it in plan.tables}
    for migration in plan.migrations:
        _render_migration(migration, sizes)
    answer("")
    for stake in plan.stakes:
        lost = f"data that would be lost: {describe_stake(stake)}"
        answer(styled(lost, "bold red", sys.stdout))
    if not plan.stakes:
        answer("no rows are at stake")


def _render_migration(migration: PlannedMigration, sizes: Mapping[str, Size]) -> None:
    from rich.table import Table  # noqa: PLC0415 - heavy

    screen = console(stderr=False)
    answer("")
    _prose(f"{migration.id}: {migration.summary}".rstrip(": "), "", "bold")
    how = (
        "one transaction, together with its record"
        if migration.transactional
        else "statement by statement, each with a line in the journal"
    )
    if batched := migration.batched:
        how = (
            f"in batches of {batched.rows:,} by {batched.key}, each a transaction with its place "
            "in the journal"
        )
    _prose(f"{migration.path}: {how}", "  ", "dim")
    if migration.why:
        _prose(migration.why, "  ", "bold")
    _render_rehearsal(migration)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("  no.", justify="right", no_wrap=True)
    table.add_column("line", justify="right", no_wrap=True)
    # Sentences are folded, also where lines are not.
    table.add_column("statement", max_width=60)
    table.add_column("lock", max_width=60)
    table.add_column("who waits, work")
    for item in migration.statements:
        numbers = str(item.first) if item.count == 1 else f"{item.first}-{item.last}"
        table.add_row(
            numbers,
            str(item.line),
            _statement(item),
            _measured_locks(item.measured, sizes) if item.measured else _locks(item, sizes),
            _waits(item),
            style="red" if _blocks(item, reads=True) else "bold" if _blocks(item) else "",
        )
    with screen.capture() as drawn:
        screen.print(table)
    for line in drawn.get().splitlines():
        answer(line.rstrip())  # rich fills every row with blanks
    for hazard in migration.hazards:
        _render_hazard(hazard)


def _render_hazard(hazard: Hazard) -> None:
    """What would keep clients waiting, and the form that would not, ready to be pasted."""
    label = "hazard" if hazard.refused else "warning"
    style = "bold red" if hazard.refused and not hazard.accepted else "bold"
    _prose(f"{label}: line {hazard.where.line}: {hazard.rule}: {hazard.what}", "  ", style)
    if hazard.accepted:
        _prose(f"accepted: {hazard.accepted}", "    ", "")
    elif hazard.refused:
        _prose(f"migrate and rollback refuse this, unless --accept {hazard.rule}", "    ", "")
    for number, text in enumerate(hazard.safe, 1):
        several = f", migration {number} of {len(hazard.safe)}" if hazard.safe[1:] else ""
        answer(styled(f"    instead{several}:", "dim", sys.stdout))
        for line in text.splitlines():
            answer(f"      {line}")
    if hazard.note:
        _prose(hazard.note, "    ", "dim")


def _prose(text: str, margin: str, style: str) -> None:
    for line in folded(text, width(sys.stdout), len(margin)):
        answer(styled(margin + line, style, sys.stdout))


def _statement(item: Outline) -> str:
    lines = [f"{item.command} {item.subject}".rstrip()]
    if item.count > 1:
        lines[0] += f" ({item.count} times)"
    if item.autocommit:
        lines.append("  outside a transaction")
    if item.done:
        lines.append("  done already")
    notes = () if item.measured else item.notes  # why it may turn out otherwise
    return "\n".join(lines + [f"  {note}" for note in notes])


def _render_rehearsal(migration: PlannedMigration) -> None:
    """Whether what is told below was seen, or is only known from the text."""
    found = migration.rehearsal
    if found is None:
        _prose("not rehearsed: locks are told by the text", "  ", "dim")
        return
    told = f"rehearsed on PostgreSQL {found.server}, {found.at:%Y-%m-%d %H:%M} UTC"
    _prose(f"{told}: {'proven' if found.proven else 'not proven'}", "  ", "dim")
    for problem in found.problems:
        _prose(problem, "    ", "bold red")


def _measured_locks(measured: Measured, sizes: Mapping[str, Size]) -> str:
    """What was seen to be locked; the indexes of a table go with it."""
    seen = [it for it in measured.locks if it.kind != "index"] or list(measured.locks)
    lines: dict[str, list[str]] = {}
    for lock in seen:
        relation = lock.relation if lock.kind == "table" else f"{lock.kind} {lock.relation}"
        lines.setdefault(lock.mode, []).append(relation + _size(lock.relation, sizes))
    return "\n".join(f"{mode}: {', '.join(relations)}" for mode, relations in lines.items())


def _size(relation: str, sizes: Mapping[str, Size]) -> str:
    if relation not in sizes:
        return ""
    return f" ({sizes[relation] if sizes[relation].bytes else 'empty'})"


def _blocks(item: Outline, *, reads: bool = False) -> bool:
    """Whether writers, or readers, wait for it."""
    if item.measured is None:
        return item.blocks_reads if reads else item.blocks_writes
    held = [it.strength for it in item.measured.locks]
    return any(it.blocks_reads if reads else it.blocks_writes for it in held)


def _locks(item: Outline, sizes: Mapping[str, Size]) -> str:
    """One line a mode; what is part of a relation goes without saying."""
    if not item.known:
        return _NOT_KNOWN
    lines: dict[str, list[str]] = {}
    around: dict[str, list[str]] = {}
    for held in item.locks:
        relation = held.relation if held.kind == "table" else f"{held.kind} {held.relation}"
        relation += _size(held.relation, sizes)
        if held.reach is None:
            lines.setdefault(held.mode, []).append(relation)
        elif not held.own:
            its = "" if held.relation == item.subject else f" ({relation})"
            around.setdefault(held.mode, []).append(f"  + {held.reach}{its}")
    return "\n".join(
        text
        for mode in dict.fromkeys((*lines, *around))
        for text in (
            f"{mode}: {', '.join(lines.get(mode, ()))}".rstrip(": "),
            *around.get(mode, ()),
        )
    )


def _waits(item: Outline) -> str:
    reads, writes = _blocks(item, reads=True), _blocks(item)
    who = "reads and writes" if reads else "writes" if writes else ""
    work = [f"rewrites {table}" for table in (item.measured or item).rewrites]
    if item.measured and writes and not work:
        work.append("no rewrite")
    work += [f"scans {table}" for table in item.scans]
    if item.measured:
        work.append(f"{seconds(item.measured.seconds)} in rehearsal")
    return "\n".join(filter(None, (who, *work)))


def render_shown(shown: Shown) -> None:
    """One migration: what is known about it, its texts, and where they differ."""
    header = shown.header
    screen = console(stderr=False)
    screen.print(f"{shown.id}: {header.summary}", style="bold", soft_wrap=True)
    applied = ""
    if shown.applied_at:
        applied = f"{shown.applied_at:%Y-%m-%d %H:%M:%S} UTC"
        applied += f" by {shown.applied_by}" if shown.applied_by else ""
    facts = {
        "state": shown.state.value,
        "applied": applied,
        "depends": " ".join(header.depends),
        "transactional": "no" if header.transactional is False else "",
        "irreversible": header.irreversible,
        "phase": header.phase,
        "allow": "; ".join(f"{it.rule}: {it.reason}" for it in header.allow),
        "files": " ".join(filter(None, (shown.forward.path, shown.backward.path))) or "gone",
        "checksum": shown.checksum,
        "as applied": shown.applied_checksum if shown.applied_checksum != shown.checksum else "",
    }
    for name, value in facts.items():
        if value:
            screen.print(f"  {name + ':':15}{value}", soft_wrap=True)
    for note in shown.notes:
        screen.print(f"  {'note:':15}{note}", style="bold", soft_wrap=True)
    for event in shown.history:
        who = f"{event.role} ({event.user}@{event.host})"
        reason = f": {event.reason}" if event.reason else ""
        reason += "".join(f"; accepted {rule}" for rule in event.accepted)
        reason += "".join(f"; ended {session}" for session in event.killed)
        screen.print(
            f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.direction} {event.outcome} by {who}, "
            f"{seconds(event.seconds)}{reason}",
            style="dim",
            soft_wrap=True,
        )
    for text in (shown.forward, shown.backward):
        _render_text(text)


def _render_text(text: Text) -> None:
    screen = console(stderr=False)
    source = "as applied" if text.applied is not None else text.path
    content = text.applied if text.applied is not None else text.file
    if content is None:
        return
    screen.print(f"\n-- {text.direction}, {source}", style="bold", soft_wrap=True)
    answer(content.rstrip("\n"))
    if text.difference:
        screen.print(f"\n-- {text.direction}, what changed since", style="bold red")
        answer(text.difference)


def render_marked(marked: Marked) -> None:
    """What was recorded by hand."""
    for change in marked.changes:
        answer(_change(change))
    at = f"at {marked.position}" if marked.position else "empty: nothing is applied"
    answer(f"no SQL was run; by the ledger the database is {at}")


def _change(change: Change) -> str:
    note = f" ({change.note})" if change.note else ""
    return f"{change.id}: {_CHANGED[change.what]}{note}"
