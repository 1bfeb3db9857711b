"""Every single change of a database is found and named, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.plugins.changes import SingleChange, read_changes
from wishkit.core.schema import compare
from wishkit.core.script import Script
from wishkit.core.statements import split
from wishkit.postgres.catalog import read_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.changes import Expectation
    from wishkit.core.schema import Difference, Snapshot
    from wishkit.postgres.scratch import Scratch

OBJECTS = Path(__file__).parent / "objects"
MIRRORED = {"missing": "extra", "extra": "missing", "different": "different"}
CHANGES = read_changes()


def abilities(connection: psycopg.Connection) -> set[str]:
    """What a change may need: the majors up to this server's, and "icu" if it has it."""
    major = connection.info.server_version // 10000
    (icu,) = connection.execute(
        "SELECT count(*) > 1 FROM pg_collation WHERE collprovider = 'i'"
    ).fetchone() or (False,)
    return {"", *map(str, range(15, major + 1)), *(["icu"] if icu else [])}


def objects(connection: psycopg.Connection) -> list[str]:
    """The statements that make one of every kind this server has."""
    can = abilities(connection)
    files = ["roles", *(name for name in ("15", "17", "18", "icu") if name in can)]
    scripts = [
        Script.normalise(name, (OBJECTS / f"{name}.sql").read_bytes()) for name in files
    ]
    return [
        script.source[span.start : span.end].decode() for script in scripts for span in split(script)
    ]


class Catalogue:
    """A database with one of every kind, in a transaction that never commits."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.can = abilities(connection)
        for statement in objects(connection):
            connection.execute(statement.encode())
        self.before = read_snapshot(connection)

    def after(self, *changes: SingleChange) -> Snapshot:
        """The database with changes made, which are undone again."""
        with self.connection.transaction(force_rollback=True):
            for change in changes:
                self.connection.execute(change.sql.encode())
            return read_snapshot(self.connection)


@pytest.fixture(scope="module")
def catalogue(server: Scratch) -> Iterator[Catalogue]:
    url = server.create_database("catalogue")
    with psycopg.connect(url) as connection:
        yield Catalogue(connection)
        connection.rollback()
    server.drop_database("catalogue")


def missed(change: SingleChange, differences: tuple[Difference, ...]) -> list[str]:
    """What should have been said and was not, and what was said besides."""
    rest, found = list(differences), []
    for expectation in change.expectations:
        said = [it for it in rest if answers(expectation, it)]
        if not any(it.identity.name == expectation.name for it in said):
            found.append(f"not said: {expectation}")
        rest = [it for it in rest if it not in said]
    return found + [f"said besides: {it}" for it in rest]


def answers(expectation: Expectation, difference: Difference) -> bool:
    """Whether this is what is expected, or goes with it."""
    kind, name = difference.identity
    if (kind, name) == (expectation.kind, expectation.name):
        changed = {it.attribute for it in difference.changes}
        return difference.type == expectation.type and changed == expectation.attributes
    within = name[: len(expectation.name)] == expectation.name
    return expectation.whole and within and difference.type == expectation.type


@pytest.mark.parametrize("change", CHANGES, ids=lambda it: f"{it.place}-{it.title}")
def test_a_single_change_is_found_and_nothing_else(
    catalogue: Catalogue, change: SingleChange
) -> None:
    if change.needs not in catalogue.can:
        pytest.skip(f"needs {change.needs}")
    after = catalogue.after(change)
    there = compare(catalogue.before, after)
    assert missed(change, there) == []
    back = compare(after, catalogue.before)
    assert [
        (MIRRORED[it.type], it.identity, it.actual, it.expected)
        + tuple((c.attribute, c.actual, c.expected) for c in it.changes)
        for it in back
    ] == [
        (it.type, it.identity, it.expected, it.actual)
        + tuple((c.attribute, c.expected, c.actual) for c in it.changes)
        for it in there
    ]
