"""Backups as a person reads them on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.core.evidence import LEVELS, level_words
from wishkit.interface.output import answer, byte_words, count, folded, seconds, styled, width
from wishkit.interface.render import print_table

if TYPE_CHECKING:
    from wishkit.commands.backup import Backups, MadeBackup
    from wishkit.commands.backup_record import RecordedBackup
    from wishkit.commands.backup_verify import VerifiedBackup
    from wishkit.core.evidence import Evidence
    from wishkit.core.gate import Gate


def render_made(made: MadeBackup) -> None:
    """A backup that was made, and how far it is known to work."""
    held = f"{count(made.tables, 'table')}, {count(made.rows, 'row')}, {byte_words(made.size)}"
    answer(f"{made.path}: {held}, in {seconds(made.seconds)}")
    answer(f"sha256 {made.checksum}")
    answer(f"the data is of {made.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    _notes(made.notes)
    if made.level:
        answer(f"level {level_words(made.level)}")
    else:
        answer(f"not verified yet: wishkit backup verify {made.path}")


def render_verified(found: VerifiedBackup) -> None:
    """How far a backup is known to work."""
    answer(found.path)
    answer(f"all {byte_words(found.size)} are readable")
    if found.server:
        same = "with the same schema and numbers of rows"
        if found.level == len(LEVELS) - 1:
            same = "with the same schema and the same rows"
        held = f"{count(found.tables, 'table')}, {count(found.rows, 'row')}"
        answer(f"restored into {found.server} {same}: {held}")
    _notes(found.notes)
    answer(f"level {level_words(found.level)}, in {seconds(found.seconds)}")


def render_recorded(recorded: RecordedBackup) -> None:
    """A backup that others keep."""
    claim = ""
    if recorded.claimed_level is not None:
        claim = f"; its keeper claims level {level_words(recorded.claimed_level)}"
    answer(f"{recorded.id}: of {recorded.taken_at:%Y-%m-%d %H:%M:%S %Z}{claim}")
    _notes(recorded.notes)
    if recorded.kept:
        answer("recorded as external, level 0: wishkit has not seen it")


def render_backups(found: Backups) -> None:
    """Every backup, the newest data first, and whether a migration would go on."""
    if found.backups:
        print_table(
            ("backup", "data of (UTC)", "level", "size", "by", "where"),
            (
                (
                    it.id,
                    f"{it.taken_at:%Y-%m-%d %H:%M:%S}",
                    _level(it),
                    byte_words(it.size) if it.size is not None else "",
                    it.recorded_by,
                    f"{it.host}:{it.location}" if it.host else it.location or "",
                )
                for it in found.backups
            ),
            right=("size",),
        )
    else:
        answer("the ledger knows of no backup of this database")
    if found.others:
        answer(f"{count(found.others, 'backup')} of another database, of which this is a copy")
    for it in found.backups:
        if it.failure:
            answer(f"damaged: {it.id}: {it.failure}")
    gates = [found.gate]
    if found.destructive_gate and found.destructive_gate != found.gate:
        gates.append(found.destructive_gate)
    for gate, plan in zip(gates, ("migrate", "a plan that destroys data"), strict=False):
        if gate:
            _gate(gate, plan)


def _gate(gate: Gate, plan: str) -> None:
    word = styled("may run", "green", sys.stdout) if gate.passed else "has to wait"
    answer(f"\n{plan} {word}: {gate.found}")
    if gate.missing:
        answer(f"  required: {gate.missing}")
    for line in (gate.who or "").splitlines():
        answer(f"  {line}")


def _level(backup: Evidence) -> str:
    if backup.failure:
        return "damaged"
    claim = f" ({backup.claimed_level} claimed)" if backup.claimed_level is not None else ""
    return f"{level_words(backup.level)}{claim}"


def _notes(notes: tuple[str, ...]) -> None:
    for note in notes:
        for line in folded(f"note: {note}", width(sys.stdout), 0):
            answer(line)
