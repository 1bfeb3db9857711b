"""However a database came to be what it is, the same objects are the same."""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.catalog.catalogue import files, fresh_database, statements_of
from tests.plugins.changes import batches
from wishkit.core.schema import compare
from wishkit.postgres.catalog import read_snapshot

if TYPE_CHECKING:
    from tests.catalog.catalogue import Catalogue
    from tests.plugins.changes import SingleChange
    from wishkit.core.schema import Snapshot
    from wishkit.postgres.scratch import Scratch

TOGETHER = 16


def shuffled(server: Scratch, seed: int) -> Snapshot:
    """One of every kind of object, made in some order (0: that of the files).

    What cannot be made yet, for want of something that it needs, is tried again later.
    """
    with fresh_database(server, f"order_{seed}") as connection:
        statements = [it for file in files(connection) for it in statements_of(file)]
        if seed:
            random.Random(seed).shuffle(statements)  # noqa: S311 - repeatable is what it has to be
        while statements:
            late = [it for it in statements if not made(connection, it)]
            assert len(late) < len(statements), late
            statements = late
        return read_snapshot(connection)


def made(connection: psycopg.Connection, statement: str) -> bool:
    """Run a statement, if what it needs is there."""
    try:
        with connection.transaction():
            connection.execute(statement.encode())
    except (psycopg.errors.ProgrammingError, psycopg.errors.NotSupportedError):
        return False
    return True


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_objects_made_in_another_order_are_the_same(server: Scratch, seed: int) -> None:
    assert compare(shuffled(server, 0), shuffled(server, seed)) == ()


def test_changes_made_in_another_order_are_the_same(catalogue: Catalogue) -> None:
    """Of any two in a batch, one is made before the other, and then after it."""
    pairs = 0
    for batch in batches(TOGETHER)[::6]:
        possible = [it for it in batch if it.needs in catalogue.can]
        pairs += both_orders(catalogue, of_different_objects(possible))
    assert pairs > 200


def of_different_objects(changes: list[SingleChange]) -> list[SingleChange]:
    """Without those that change an object that one before them does."""
    taken: set[tuple[str, ...]] = set()
    apart = []
    for change in changes:
        touched = {it.name[:2] for it in change.expectations}
        if touched and not touched & taken:
            taken |= touched
            apart.append(change)
    return apart


def both_orders(catalogue: Catalogue, changes: list[SingleChange]) -> int:
    """How many pairs of changes came to the same in both orders."""
    try:
        sides = catalogue.after(*changes), catalogue.after(*reversed(changes))
    except psycopg.DatabaseError:  # one takes away what another needs
        half = len(changes) // 2
        return both_orders(catalogue, changes[:half]) + both_orders(catalogue, changes[half:])
    assert compare(*sides) == (), [it.place for it in changes]
    return len([*combinations(changes, 2)])
