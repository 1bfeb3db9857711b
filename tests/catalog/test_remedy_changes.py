"""The remedy of every single change: applied, there is no difference, forward and back."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plugins.changes import batches, in_parts, read_changes
from wishkit.core.remedy import remedy
from wishkit.core.remedy.registry import ALTERS, EVERY, REBUILT
from wishkit.core.remedy.script import psql_script
from wishkit.core.schema import compare
from wishkit.postgres.catalog import read_snapshot

if TYPE_CHECKING:
    import psycopg

    from tests.catalog.catalogue import Catalogue
    from tests.plugins.changes import SingleChange
    from wishkit.core.schema import Snapshot

DOCS = Path(__file__).parents[2] / "docs" / "remedy.md"
BEGIN, END = "<!-- generated: `make golden` -->\n", "\n<!-- end -->"
# What is no SQL of a user's: catalogs written to by hand, labels of a provider that is not there,
# what belongs to an extension, a role that was a superuser for the moment.
UNREACHABLE = re.compile(r"(?:UPDATE|INSERT INTO|DELETE FROM) pg_|ALTER EXTENSION|SUPERUSER")
# Of these not even the way back is.
ONE_WAY = re.compile(r"INSERT INTO pg_seclabel|ALTER EXTENSION \S+ (?:ADD|DROP)")


def reachable(change: SingleChange) -> tuple[bool, bool]:
    """Which of its two ways are SQL of a user's: only those that go the same ways go together."""
    return ONE_WAY.search(change.sql) is None, UNREACHABLE.search(change.sql) is None


@pytest.mark.parametrize(
    "batch", batches(16, reachable), ids=lambda it: f"{it[0].place}, {len(it)} in all"
)
def test_the_remedy_leaves_no_difference(catalogue: Catalogue, batch: list[SingleChange]) -> None:
    possible = [it for it in batch if it.needs in catalogue.can]
    in_parts(possible, partial(both_ways, catalogue))


@pytest.mark.soak
@pytest.mark.parametrize("change", read_changes(), ids=lambda it: f"{it.place} {it.title}")
def test_the_remedy_of_each_leaves_no_difference(
    catalogue: Catalogue, change: SingleChange
) -> None:
    if change.needs not in catalogue.can:
        pytest.skip(f"needs {change.needs}")
    both_ways(catalogue, change)


def both_ways(catalogue: Catalogue, *changes: SingleChange) -> None:
    """From the changed database to the one it was, and from that to the changed one."""
    with catalogue.changed(*changes) as connection:
        after = read_snapshot(connection)
        if not ONE_WAY.search(changes[0].sql):
            proven(connection, catalogue.before, after)
    if not UNREACHABLE.search(changes[0].sql):
        with catalogue.changed() as connection:
            proven(connection, after, catalogue.before)


def proven(connection: psycopg.Connection, expected: Snapshot, actual: Snapshot) -> None:
    """Nothing is left but what it says is left to a person, with both definitions."""
    found = remedy(compare(expected, actual), expected, actual)
    for step in found.steps:
        for command in step.commands:
            connection.execute(command.encode())
    left = {it.identity for it in compare(expected, read_snapshot(connection))}
    by_hand = {it.difference.identity for it in found.by_hand}
    assert left <= by_hand
    told = psql_script(found, "here")
    assert told.count("-- BY HAND: ") == len(found.by_hand)
    assert all(any(it.reason.startswith(p) for p in phrases()) for it in found.by_hand), (
        found.by_hand
    )


def phrases() -> list[str]:
    """What docs/remedy.md says is left to a person, as the first words of the reason."""
    return re.findall(r"^\| “(.+?)…?” \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.golden
def test_the_manual_says_what_is_changed_in_place() -> None:
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    current = f"{before}{BEGIN}{table()}{END}{after}"
    if os.environ.get("WISHKIT_GOLDEN") == "write":
        DOCS.write_text(current, encoding="utf-8")
    assert DOCS.read_text(encoding="utf-8") == current, "`make golden` writes docs/remedy.md anew"


def table() -> str:
    """Every kind, what of it is changed where it stands, and whether the rest is made again."""
    attributes: dict[str, list[str]] = {kind: [] for kind in REBUILT}
    for kinds, names, _ in ALTERS:
        for kind in kinds:
            attributes.setdefault(kind, []).extend(names)
    every = ", ".join(attributes.pop(EVERY))
    rows = [
        f"| {kind} | {', '.join(names)} | {'made again' if kind in REBUILT else 'by hand'} |"
        for kind, names in sorted(attributes.items())
    ]
    return "\n".join(
        ("| kind | changed in place | anything else |", "|---|---|---|", *rows,
         f"| every kind | {every} | |")
    )  # fmt: skip
