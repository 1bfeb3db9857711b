"""A new enum value stands where it was asked to, and the server's word on its use is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine.conftest import Project

HEAD = {True: "-- s\n", False: "-- s\n-- transactional: false\n"}
LABELS = "SELECT enum_range(NULL::colour)::text"


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        ("ADD VALUE IF NOT EXISTS 'blue' BEFORE 'green'", "'blue' BEFORE 'green'"),
        ("ADD VALUE IF NOT EXISTS 'red' AFTER 'green'", "'red' AFTER 'green'"),
        ("ADD VALUE IF NOT EXISTS 'red'", "'red' at the end"),
    ],
)
def test_a_value_that_stands_elsewhere_is_a_failure(
    project: Project, statement: str, asked: str, *, transactional: bool
) -> None:
    project.pair("0000_a", "CREATE TYPE colour AS ENUM ('red', 'green', 'blue');")
    project.pair("0001_b", f"{HEAD[transactional]}SELECT;\nALTER TYPE colour {statement};")
    error = project.fails()
    assert error.code == "enum-order"
    assert error.message == f"colour shall have {asked}, but its order is: red, green, blue"
    assert error.where
    assert error.where.path.endswith("0001_b.sql")
    assert error.where.line == (3 if transactional else 4)
    assert error.exit_status == (3 if transactional else 4)
    assert not [note for note in error.notes if "SQLSTATE" in note]
    assert project.states() == {
        "0000": "applied",
        "0001": "pending" if transactional else "partial",
    }

    # Mended, it goes through: what stands where it is asked for is left alone.
    mended = "ADD VALUE IF NOT EXISTS 'blue' AFTER 'green'"
    project.pair("0001_b", f"{HEAD[transactional]}SELECT;\nALTER TYPE colour {mended};")
    project.migrate()
    project.assert_done()
    assert project.value(LABELS) == "{red,green,blue}"


@pytest.mark.parametrize("transactional", [True, False])
def test_values_that_one_file_adds_may_stand_between(
    project: Project, *, transactional: bool
) -> None:
    adds = (
        "ALTER TYPE colour ADD VALUE IF NOT EXISTS 'ochre' BEFORE 'green';"
        "ALTER TYPE colour ADD VALUE IF NOT EXISTS 'pink' BEFORE 'green';"
        "ALTER TYPE colour ADD VALUE IF NOT EXISTS 'teal';"
        "ALTER TYPE colour ADD VALUE IF NOT EXISTS 'white';"
    )
    project.pair("0000_a", "CREATE TYPE colour AS ENUM ('red', 'green');")
    project.pair("0001_b", HEAD[transactional] + adds)
    project.pair("0002_c", HEAD[transactional] + adds)  # once more: all are there, in this order
    project.migrate()
    project.assert_done()
    assert project.value(LABELS) == "{red,ochre,pink,green,teal,white}"


def test_nothing_of_the_file_remains_when_the_order_is_wrong(project: Project) -> None:
    project.pair("0000_a", "CREATE TYPE colour AS ENUM ('red', 'green');")
    project.pair(
        "0001_b",
        "CREATE TABLE made ();\nALTER TYPE colour ADD VALUE 'blue';\n"
        "ALTER TYPE colour ADD VALUE IF NOT EXISTS 'red' AFTER 'green';\nCREATE TABLE later ();",
    )
    error = project.fails()
    assert error.code == "enum-order"
    assert error.state == "0001_b was rolled back; the database is at 0000_a"
    assert project.value(LABELS) == "{red,green}"
    assert project.value("SELECT to_regclass('made')") is None
    project.assert_sound()


def test_the_path_at_that_moment_says_which_type(project: Project) -> None:
    project.pair(
        "0000_a",
        "CREATE SCHEMA one; CREATE TYPE one.colour AS ENUM ('a');"
        "CREATE SCHEMA two; CREATE TYPE two.colour AS ENUM ('b');",
    )
    project.pair(
        "0001_b",
        "SET search_path = one; ALTER TYPE colour ADD VALUE 'x' BEFORE 'a';"
        "SET search_path = two; ALTER TYPE colour ADD VALUE 'x' AFTER 'b';"
        "CREATE TYPE \"Two words\" AS ENUM (); ALTER TYPE \"Two words\" ADD VALUE 'it''s';",
    )
    project.migrate()
    project.assert_done()


def test_what_only_the_server_sees_is_explained(project: Project) -> None:
    project.pair("0000_a", "CREATE TYPE colour AS ENUM ('red');")
    project.pair(
        "0001_b",
        "ALTER TYPE colour ADD VALUE 'blue';\nSELECT enum_range(NULL::colour);",
    )
    error = project.fails()
    assert (error.code, error.exit_status) == ("new-enum-value", 3)
    assert error.where
    assert error.where.line == 2
    assert error.help
    assert "move what uses the value into the next" in error.help
    assert project.value(LABELS) == "{red}"
