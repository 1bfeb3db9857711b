"""Rules that compare the files with what was applied: in a ledger, or on git's base branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.lint.book import RULES
from wishkit.core.lint.model import Finding
from wishkit.core.state import State
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.core.migration import Migration
    from wishkit.core.state import Entry

_PUT_BACK = "put the files back as they were, and write a new migration for the change"


@dataclass(frozen=True, slots=True)
class Base:
    """What another commit has in its migrations folder.

    Attributes:
        ref: as it was asked for.
        fork: the migrations where this branch began, by id.
        tip: those of that branch now.
    """

    ref: str
    fork: Mapping[str, Migration]
    tip: Mapping[str, Migration]

    def new(self, here: Sequence[Migration]) -> frozenset[str]:
        """Ids of migrations that this branch adds."""
        return frozenset(m.id for m in here if m.id not in self.fork and m.id not in self.tip)


def against_base(here: Sequence[Migration], base: Base, *, folder: str) -> Iterator[Finding]:
    """What this branch does to migrations that others have.

    Args:
        here: the files.
        base: what others have.
        folder: how messages name the folder.
    """
    files = {m.id: m for m in here}
    by_checksum = {m.checksum: m for m in here}
    for id_, before in base.fork.items():
        now, theirs = files.get(id_), base.tip.get(id_)
        if now is None and theirs is not None:
            twin = by_checksum.get(before.checksum)
            yield _gone(id_, twin, folder, f"it is on {base.ref}, and may be applied anywhere")
        elif now and theirs and now.checksum not in {before.checksum, theirs.checksum}:
            yield _edited(now, before, f"it is on {base.ref}, and may be applied anywhere")
    taken = {m.number: m.id for m in base.tip.values()}
    highest = max(base.tip, default="")
    for migration in here:
        if migration.id not in base.new(here):
            continue
        free = f"{max(int(n) for n in (*taken, '0')) + 1:04}"
        other = taken.get(migration.number)
        if other:
            yield _finding(
                "number-collides",
                migration,
                f"{base.ref} has given number {migration.number} to {other} meanwhile",
                f"rename both files of {migration.id} to the next free number, {free}",
            )
        elif migration.id < highest:
            yield _finding(
                "out-of-order",
                migration,
                f"{migration.id} is new, but {base.ref} is at {highest} already: where that is "
                "applied, this one is refused",
                f"rename both of its files to the next free number, {free}",
            )


def against_ledger(entries: Sequence[Entry], *, database: str, folder: str) -> Iterator[Finding]:
    """How the files contradict what a database has applied.

    Args:
        entries: files and ledger, compared.
        database: which one, without secrets.
        folder: how messages name the folder.
    """
    pending = {e.migration.checksum: e.migration for e in entries if _is_new(e) and e.migration}
    highest = max((e.id for e in entries if e.record), default="")
    for entry in entries:
        record, migration = entry.record, entry.migration
        if entry.state is State.CHANGED and migration:
            message = f"{entry.id} was edited since {database} applied it"
            yield _finding("changed", migration, message, _PUT_BACK)
        elif entry.state is State.MISSING and record:
            twin = pending.get(record.checksum or "")
            yield _gone(entry.id, twin, folder, f"it is applied on {database}")
        elif _is_new(entry) and migration and entry.id < highest:
            yield _finding(
                "out-of-order",
                migration,
                f"{entry.id} is not applied on {database}, but {highest} is",
                "rename both of its files to the next free number; or, if it does not touch what "
                "the later ones build on: wishkit migrate --allow-out-of-order",
            )


def _is_new(entry: Entry) -> bool:
    return entry.state is State.PENDING


def _edited(now: Migration, before: Migration, why: str) -> Finding:
    script = now.forward
    if now.forward.source == before.forward.source and now.backward:
        script = now.backward
    old = (before.forward if script is now.forward else before.backward) or now.forward
    at = _first_difference(script.source, old.source)
    end = script.source.find(b"\n", at)
    return Finding(
        "changed",
        RULES["changed"].severity,
        f"{now.id} was edited here, but {why}",
        script.locate(at, end if end > at else None),
        _PUT_BACK,
        now.id,
    )


def _first_difference(one: bytes, other: bytes) -> int:
    """Where the first line begins that differs."""
    at = 0
    for mine, theirs in zip(one.splitlines(True), other.splitlines(True), strict=False):  # noqa: FBT003 - keepends
        if mine != theirs:
            return at
        at += len(mine)
    return min(at, max(len(one) - 1, 0))


def _gone(id_: str, twin: Migration | None, folder: str, why: str) -> Finding:
    if twin is not None:
        return _finding(
            "renamed",
            twin,
            f"{id_} is called {twin.id} here, but {why}",
            "an applied migration keeps its name: rename the files back",
        )
    return Finding(
        "file-missing",
        RULES["file-missing"].severity,
        f"the files of {id_} are gone, but {why}",
        Location(f"{folder}/{id_}.sql", 1),
        f"put them back; to take back what it did, write a new migration\n"
        f"its text, where it was applied: wishkit show {id_}",
        id_,
    )


def _finding(rule: str, migration: Migration, message: str, help_: str) -> Finding:
    where = migration.forward.locate(0)
    return Finding(rule, RULES[rule].severity, message, where, help_, migration.id)
