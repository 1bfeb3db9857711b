"""Every single change of a database is found and named, and nothing else is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import pytest

from tests.plugins.changes import batches, in_parts, read_changes
from wishkit.core.schema import Change, Difference, compare
from wishkit.postgres.catalog import fingerprint

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from tests.catalog.catalogue import Catalogue
    from tests.plugins.changes import Expectation, SingleChange

MIRRORED: dict[str, Literal["missing", "extra", "different"]] = {
    "missing": "extra",
    "extra": "missing",
    "different": "different",
}
# What cannot be otherwise, or not without another name.
FIXED = {
    ("aggregate", "arguments"),
    ("aggregate", "direct_arguments"),
    ("base type", "defined"),
    ("column", "position"),  # told when asked for
    ("database", "extra"),
    ("database", "missing"),
    ("publication schema", "different"),
}
CHANGES = read_changes()


def missed(
    changes: Sequence[SingleChange], differences: Sequence[Difference], can: Container[str]
) -> list[str]:
    """What should have been said and was not, and what was said besides."""
    rest, found = list(differences), []
    for expectation in (it for change in changes for it in change.expectations):
        if expectation.needs in can:
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


def mirrored(difference: Difference) -> Difference:
    """The same difference, seen from the other side."""
    return Difference(
        MIRRORED[difference.type],
        difference.identity,
        tuple(Change(it.attribute, it.actual, it.expected) for it in difference.changes),
        difference.actual,
        difference.expected,
    )


@pytest.mark.parametrize("batch", batches(16), ids=lambda it: f"{it[0].place}, {len(it)} in all")
def test_every_change_is_found_and_nothing_else(
    catalogue: Catalogue, batch: list[SingleChange]
) -> None:
    possible = [it for it in batch if it.needs in catalogue.can]
    in_parts(possible, partial(found_and_nothing_else, catalogue))


@pytest.mark.soak
@pytest.mark.parametrize("change", CHANGES, ids=lambda it: f"{it.place} {it.title}")
def test_a_single_change_is_found_and_nothing_else(
    catalogue: Catalogue, change: SingleChange
) -> None:
    if change.needs not in catalogue.can:
        pytest.skip(f"needs {change.needs}")
    found_and_nothing_else(catalogue, change)


def found_and_nothing_else(catalogue: Catalogue, *changes: SingleChange) -> None:
    """What is told of changes is what they say, from either side."""
    after = catalogue.after(*changes)
    differences = compare(catalogue.before, after)
    assert missed(changes, differences, catalogue.can) == []
    assert compare(after, catalogue.before) == tuple(map(mirrored, differences))


def test_every_attribute_of_every_kind_is_among_the_changes(catalogue: Catalogue) -> None:
    tried = {
        (expectation.kind, attribute)
        for change in CHANGES
        for expectation in change.expectations
        for attribute in expectation.attributes
    }
    there = {
        (identity.kind, attribute)
        for identity, attributes in catalogue.before.items.items()
        for attribute in attributes
    }
    assert sorted(there - tried - FIXED) == []


def test_every_kind_comes_and_goes_and_changes() -> None:
    tried = {
        (expectation.kind, expectation.type)
        for change in CHANGES
        for expectation in change.expectations
    }
    kinds = {kind for kind, _ in tried}
    wanted = {(kind, type_) for kind in kinds for type_ in ("missing", "extra", "different")}
    assert sorted(wanted - tried - FIXED) == []


def test_a_change_in_the_order_of_columns_is_told_when_asked_for(catalogue: Catalogue) -> None:
    (change,) = [it for it in CHANGES if it.title == "nothing: but for the order of columns"]
    after = catalogue.after(change)
    (one, two) = compare(catalogue.before, after, column_order=True)
    assert [(it.identity.name[-1], it.changes) for it in (one, two)] == [
        ("d", (Change("position", 4, 5),)),
        ("e", (Change("position", 5, 4),)),
    ]


def one_of_each() -> list[SingleChange]:
    """The first change of each kind that makes an object, takes one away, or makes it another."""
    chosen: dict[object, SingleChange] = {}
    for change in CHANGES:
        for it in change.expectations[:1]:
            chosen.setdefault((it.kind, it.type, change.needs), change)
    return [*chosen.values()]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(one_of_each(), id="one of each"),
        pytest.param([it for it in CHANGES if it.expectations], id="all", marks=pytest.mark.soak),
    ],
)
def test_the_fingerprint_notices_every_change(
    catalogue: Catalogue, changes: list[SingleChange]
) -> None:
    with catalogue.changed() as connection:
        before = fingerprint(connection)
        assert before == fingerprint(connection)
    unnoticed = []
    for change in changes:
        if change.needs in catalogue.can:
            with catalogue.changed(change) as connection:
                if fingerprint(connection) == before:
                    unnoticed.append(f"{change.place} {change.title}")
    assert unnoticed == []
