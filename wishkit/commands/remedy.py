"""What to do about drift: bring the database back, or adopt what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.commands.check import comparing
from wishkit.commands.pairs import Pair, migration_name, write_pairs
from wishkit.core.migration import BACKWARD_SUFFIX
from wishkit.errors import CompareError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from wishkit.commands.check import Comparison
    from wishkit.commands.workspace import Workspace
    from wishkit.config import Ignore, Small
    from wishkit.core.remedy import Remedy
    from wishkit.core.schema import Difference, Snapshot


@dataclass(frozen=True, slots=True)
class Mended:
    """A script that brings a database back to what its migrations define.

    Attributes:
        database: which one, without secrets.
        script: for psql.
        statements: how many commands it holds, those that lose data included.
        destructive: what would be lost by those that are commented out.
        by_hand: what no SQL is written for, each with the reason.
    """

    database: str
    script: str
    statements: int
    destructive: tuple[str, ...]
    by_hand: tuple[str, ...]

    @property
    def exit_status(self) -> int:
        """1: there is drift; 0: there is none."""
        return 1 if self.statements or self.by_hand else 0


@dataclass(frozen=True, slots=True)
class Adopted:
    """A migration that makes of the migrations what the database is.

    Attributes:
        database: which one, without secrets.
        migration: its files; without a backward one where there is no way back by SQL alone.
        destructive: what its forward file loses where it is run.
        by_hand: what is left to be written by hand, each with the reason.
        hints: what to do next, in words.
    """

    database: str
    migration: Pair
    destructive: tuple[str, ...]
    by_hand: tuple[str, ...]
    hints: tuple[str, ...]


def mend(workspace: Workspace) -> Mended:
    """What would bring a database back to what its migrations define; changes nothing.

    Args:
        workspace: project and database.

    Raises:
        CompareError: what it should be cannot be found out.
        WishkitError: configuration, connection or ledger cannot be read.
    """
    from wishkit.core.remedy.script import psql_script  # noqa: PLC0415 - rarely needed

    with comparing(workspace) as comparison:
        forward = _sides(comparison).mending(anywhere=False)
        database = comparison.blank.database
    return Mended(
        database,
        psql_script(forward, database),
        sum(len(it.commands) for it in forward.steps),
        forward.loses,
        _reasons(forward),
    )


def adopt(workspace: Workspace, name: str) -> Adopted:
    """Write the migration that makes of the migrations what a database is.

    On that database everything is done already: there it is only recorded.

    Args:
        workspace: project and database.
        name: what the migration shall be called.

    Raises:
        UsageError: ``migration-name``, ``nothing-to-adopt``.
        MigrationFileError: ``no-folder``, ``unwritable``, ``numbers-used-up``.
        CompareError: what the database should be cannot be found out.
        WishkitError: configuration, connection or ledger cannot be read.
    """
    from wishkit.core.remedy.script import file_text  # noqa: PLC0415 - rarely needed

    name = migration_name(name)
    with comparing(workspace) as comparison:
        sides = _sides(comparison)
        blank = comparison.blank
    forward, back = sides.adopting(), sides.mending(anywhere=True)
    if not forward.steps:
        raise UsageError(
            "there is nothing of which a migration could be made",
            code="nothing-to-adopt",
            help="wishkit check --sql says what is left to a person"
            if forward.by_hand
            else "the database is what its migrations define",
            state="no file was written",
        )

    def texts(id_: str, needed: str) -> dict[str, str]:
        del needed
        head = _Head(name, blank.environment, id_, forward, back)
        files = {".sql": head.forward() + file_text(forward)}
        if not back.by_hand:
            files[BACKWARD_SUFFIX] = head.backward() + file_text(back)
        return _checked(id_, files)

    (pair,) = write_pairs(workspace.folder, [(name, texts)], ())
    hints = (
        f"read it, then record it on this database: wishkit mark {pair.id} --reason adopted",
        "everywhere else: wishkit migrate",
    )
    return Adopted(blank.database, pair, forward.loses, _reasons(forward), hints)


def _checked(id_: str, files: dict[str, str]) -> dict[str, str]:
    """The texts, after the checks that migrate would make."""
    from wishkit.commands.migrate import prepare  # noqa: PLC0415 - imported where used
    from wishkit.core.migration import Migration  # noqa: PLC0415 - as above
    from wishkit.core.plan import Step  # noqa: PLC0415 - as above
    from wishkit.core.script import Script  # noqa: PLC0415 - as above

    forward, *backward = [Script(id_ + end, text.encode()) for end, text in files.items()]
    prepare([Step(Migration.of(id_, forward, next(iter(backward), None)), "forward")])
    return files


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    environment: str
    id: str
    ahead: Remedy
    back: Remedy

    def forward(self) -> str:
        """Summary, directives, and where it comes from."""
        lines = [f"-- {self.name.replace('_', ' ')}"]
        lines += self._directives(self.ahead)
        if self.back.by_hand:
            lines.append(f"-- irreversible: {self.back.by_hand[0].reason}")
        whence = f"-- Written by `wishkit check --adopt` from what {self.environment} is."
        done = f"-- There it is done already: wishkit mark {self.id} --reason adopted"
        return "\n".join((*lines, "", whence, done, "", ""))

    def backward(self) -> str:
        """The same for the way back."""
        lines = [f"-- undo: {self.name.replace('_', ' ')}", *self._directives(self.back)]
        return "\n".join((*lines, "", ""))

    def _directives(self, side: Remedy) -> list[str]:
        return ["-- transactional: false"] if any(it.alone for it in side.steps) else []


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both databases, and where they differ in what is not to stay."""

    expected: Snapshot
    actual: Snapshot
    large: frozenset[tuple[str, ...]]
    differences: tuple[Difference, ...]

    def mending(self, *, anywhere: bool) -> Remedy:
        """From what the database is to what it should be."""
        from wishkit.core.remedy import remedy  # noqa: PLC0415 - rarely needed

        return remedy(
            self.differences, self.expected, self.actual, large=self.large, anywhere=anywhere
        )

    def adopting(self) -> Remedy:
        """From what the database should be to what it is."""
        from wishkit.core.remedy import remedy  # noqa: PLC0415 - rarely needed
        from wishkit.core.schema import compare  # noqa: PLC0415 - as above

        drift = {it.identity for it in self.differences}
        mirrored = [it for it in compare(self.actual, self.expected) if it.identity in drift]
        return remedy(mirrored, self.actual, self.expected, large=self.large, anywhere=True)


def _sides(comparison: Comparison) -> _Sides:
    from wishkit.core.schema import compare  # noqa: PLC0415 - rarely needed

    expected, actual = comparison.snapshots()
    if actual.unseen:
        raise CompareError(
            f"this role may not read all of the catalog: {', '.join(actual.unseen)}",
            code="unseen",
            help="look as a role that may: wishkit check --url …",
        )
    found = to_be_mended(compare(expected, actual), comparison.workspace.config.ignore)
    large = large_tables(comparison.connection, actual, comparison.workspace.target.small)
    return _Sides(expected, actual, large, tuple(found))


def to_be_mended(differences: Sequence[Difference], ignore: Sequence[Ignore]) -> list[Difference]:
    """What is drift, and nobody said that it is to stay."""
    from wishkit.core.drift import judged, without_ignored, without_tombstones  # noqa: PLC0415

    drifts = judged(differences, made_by=lambda _: None, by_hand={})
    left, _ = without_ignored(drifts, ignore)
    stay = {(it.type, it.name) for it in drifts if it not in left}

    def stays(difference: Difference) -> bool:
        name = difference.identity.name
        return any((difference.type, ".".join(name[:n])) in stay for n in range(1, len(name) + 1))

    return [it for it in differences if without_tombstones(it) and not stays(it)]


def large_tables(
    connection: psycopg.Connection[Any], actual: Snapshot, small: Small
) -> frozenset[tuple[str, ...]]:
    """Tables that are not small, or of which nobody can tell."""
    from wishkit.core.hazards.model import Question  # noqa: PLC0415 - rarely needed
    from wishkit.core.locks.model import Name  # noqa: PLC0415 - as above
    from wishkit.postgres.hazards import facts  # noqa: PLC0415 - as above

    names = [it.name for it in actual.items if it.kind in {"table", "materialized view"}]
    known = facts(connection, Question(tuple(Name(*it) for it in names))).tables
    return frozenset(
        name
        for name in names
        if (table := known.get(Name(*name))) and not (table.size and table.size.within(small))
    )


def _reasons(side: Remedy) -> tuple[str, ...]:
    from wishkit.core.drift_words import object_words  # noqa: PLC0415 - rarely needed

    return tuple(f"{object_words(it.difference.identity)}: {it.reason}" for it in side.by_hand)
