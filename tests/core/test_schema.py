"""Two databases compared: what is missing, extra or different, and what is no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wishkit.core.schema import Change, Difference, Identity, Snapshot, compare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wishkit.core.schema import Attributes

TABLE = Identity("table", ("public", "t"))
PRICE = Identity("column", ("public", "t", "price"))
NAMED = Identity("constraint", ("public", "t", "named"))


def database(items: Mapping[Identity, Attributes], version: int = 180006) -> Snapshot:
    return Snapshot(version, items)


def test_the_same_is_no_difference() -> None:
    table: Attributes = {"owner": "me"}
    price: Attributes = {"type": "text", "position": 1}
    one, other = {TABLE: table, PRICE: price}, {PRICE: price, TABLE: table}
    assert compare(database(one), database(other)) == ()


def test_missing_extra_and_different_in_order_of_kind_and_name() -> None:
    old = {TABLE: {"owner": "me"}, PRICE: {"type": "text"}}
    new = {TABLE: {"owner": "you"}, NAMED: {"type": "check", "definition": "CHECK (true)"}}
    assert compare(database(old), database(new)) == (
        Difference("missing", PRICE, (), {"type": "text"}, None),
        Difference("extra", NAMED, (), None, {"type": "check", "definition": "CHECK (true)"}),
        Difference(
            "different", TABLE, (Change("owner", "me", "you"),), {"owner": "me"}, {"owner": "you"}
        ),
    )


def test_every_attribute_that_differs_is_told_and_absence_is_the_default() -> None:
    (found,) = compare(
        database({PRICE: {"type": "text", "statistics": 7}}),
        database({PRICE: {"type": "varchar(80)", "default": "'x'"}}),
    )
    assert found.changes == (
        Change("default", None, "'x'"),
        Change("statistics", 7, None),
        Change("type", "text", "varchar(80)"),
    )


def test_the_order_of_columns_counts_when_asked_and_that_of_attributes_always() -> None:
    def at(kind: str, position: int) -> Snapshot:
        return database({Identity(kind, ("public", "t", "price")): {"position": position}})

    assert compare(at("column", 1), at("column", 2)) == ()
    (found,) = compare(at("column", 1), at("column", 2), column_order=True)
    assert found.changes == (Change("position", 1, 2),)
    assert len(compare(at("attribute", 1), at("attribute", 2))) == 1


@pytest.mark.parametrize("older", [140000, 150012, 179999])
def test_a_name_for_not_null_is_compared_where_both_servers_have_it(older: int) -> None:
    named = {NAMED: {"type": "not null", "definition": "NOT NULL price"}}
    assert compare(database({}, older), database(named)) == ()
    assert compare(database(named), database({}, older)) == ()
    assert [it.type for it in compare(database({}), database(named))] == ["extra"]


def test_the_privilege_to_maintain_is_compared_where_both_servers_have_it() -> None:
    read, maintain = ("app", "SELECT", False), ("app", "MAINTAIN", False)
    all_, one, none = (
        {TABLE: {"grants": it} if it else {}} for it in ((read, maintain), (read,), ())
    )
    assert compare(database(all_), database(one, 160000)) == ()
    assert compare(database({TABLE: {"grants": (maintain,)}}), database(none, 160000)) == ()
    assert len(compare(database(all_), database(one))) == 1
    assert len(compare(database(all_), database(none, 160000))) == 1


def test_the_version_of_an_extension_is_the_majors() -> None:
    def has(version: str, server: int) -> Snapshot:
        return database({Identity("extension", ("hstore",)): {"version": version}}, server)

    assert compare(has("1.8", 150000), has("1.9", 180000)) == ()
    assert len(compare(has("1.8", 180000), has("1.9", 180001))) == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_what_a_role_may_not_see_is_not_compared(swapped: bool) -> None:  # noqa: FBT001 - a parameter
    mapping = Identity("user mapping", ("s", "me"))
    sides = [
        database({mapping: {"options": ("password",)}}),
        database({mapping: {"options": (), "hidden": ("options",)}}),
    ]
    assert compare(*(reversed(sides) if swapped else sides)) == ()
