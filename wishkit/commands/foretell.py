"""What a migration does, by its files alone and by what a rehearsal measured; asks no database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from wishkit.core.plan import Step
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from wishkit.core.migration import Direction, Migration
    from wishkit.core.outline import Outline
    from wishkit.core.proof import Proof


@dataclass(frozen=True, slots=True)
class Foretold:
    """What one direction of a migration does to everybody else.

    Attributes:
        direction: forward or backward.
        transactional: whether it is one transaction.
        statements: those alike in a row told once; with what was measured where it was.
        measured: whether a rehearsal of these very texts measured them.
        error: why it cannot be told.
    """

    direction: Direction
    transactional: bool
    statements: tuple[Outline, ...]
    measured: bool = False
    error: MigrationFileError | None = None


def foretell(
    migration: Migration, direction: Direction, proof: Proof | None = None
) -> Foretold | None:
    """What one direction does; None where it has no text.

    Args:
        migration: its files.
        direction: which way.
        proof: of a rehearsal; one of other texts says nothing.
    """
    if migration.script(direction) is None:
        return None
    told = _told(migration, direction)
    if proof is None or proof.checksum != migration.checksum or not told.statements:
        return told
    from wishkit.core.outline import with_measured  # noqa: PLC0415 - the parser is heavy

    measured = proof.statements if direction == "forward" else proof.backward_statements
    return replace(
        told, statements=with_measured(told.statements, measured), measured=bool(measured)
    )


@lru_cache(maxsize=1000)
def _told(migration: Migration, direction: Direction) -> Foretold:
    from wishkit.core.outline import outline  # noqa: PLC0415 - the parser is heavy

    try:
        transactional = migration.transactional(direction)
        return Foretold(direction, transactional, outline(Step(migration, direction)))
    except MigrationFileError as error:
        return Foretold(direction, transactional=True, statements=(), error=error)
