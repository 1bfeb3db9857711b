"""However a database came to be what it is, the same objects are the same."""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.catalog.catalogue import files, fresh_database, statements_of
from tests.plugins.changes import read_changes
from wishkit.core.schema import compare
from wishkit.postgres.catalog import read_snapshot

if TYPE_CHECKING:
    from tests.catalog.catalogue import Catalogue
    from tests.plugins.changes import SingleChange
    from wishkit.core.schema import Snapshot
    from wishkit.postgres.scratch import Scratch

PAIRS = 40
CHANGES = read_changes()


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


def apart(one: SingleChange, two: SingleChange) -> bool:
    """Whether two changes are of different objects."""
    first, second = ({it.name[:2] for it in change.expectations} for change in (one, two))
    return bool(first and second) and not first & second


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_objects_made_in_another_order_are_the_same(server: Scratch, seed: int) -> None:
    assert compare(shuffled(server, 0), shuffled(server, seed)) == ()


def test_changes_made_in_another_order_are_the_same(catalogue: Catalogue) -> None:
    possible = [it for it in CHANGES if it.needs in catalogue.can]
    pairs = [(one, two) for one, two in combinations(possible, 2) if apart(one, two)]
    compared = 0
    for one, two in random.Random(1).sample(pairs, 2 * PAIRS):  # noqa: S311 - as above
        if compared < PAIRS:
            try:
                sides = catalogue.after(one, two), catalogue.after(two, one)
            except psycopg.DatabaseError:
                continue  # one takes away what the other needs
            assert compare(*sides) == (), (one.place, two.place)
            compared += 1
    assert compared == PAIRS
