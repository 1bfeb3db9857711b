"""`-- allow:` lines: each file speaks for itself, and only of what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lint.conftest import Linted

BACK = "-- undone\nSELECT;\n"
DROP = "ALTER TABLE wishlist_items DROP COLUMN notes;\n"


def test_the_reason_is_kept(linted: Linted) -> None:
    text = f"-- no notes\n-- allow: drop-column nothing reads it\n{DROP}"
    (found,) = linted({"0008_a.sql": text, "0008_a.rollback.sql": BACK})
    assert (found.rule, found.allowed) == ("drop-column", "nothing reads it")


def test_a_file_speaks_for_itself(linted: Linted) -> None:
    text = "-- notes\n-- allow: set-not-null the table is small\nSELECT;\n"
    back = "-- undone\nALTER TABLE wishlist_items ALTER COLUMN notes SET NOT NULL;\n"
    found = linted({"0008_a.sql": text, "0008_a.rollback.sql": back})
    assert [(it.where.path.rsplit("/", 1)[-1], it.rule, it.allowed) for it in found] == [
        ("0008_a.sql", "unused-allow", None),
        ("0008_a.rollback.sql", "set-not-null", None),
    ]


@pytest.mark.parametrize("rule", ["syntax", "duplicate-number", "backward-missing"])
def test_what_is_refused_knows_no_exception(rule: str, linted: Linted) -> None:
    text = f"-- a\n-- allow: {rule} because\nSELECT;\n"
    (found,) = linted({"0008_a.sql": text, "0008_a.rollback.sql": BACK})
    assert found.rule == "unknown-allow"
    assert "knows no exception" in found.message


@pytest.mark.parametrize("rule", ["enum-swap", "stalls-clients", "squawk/ban-char-field"])
def test_what_the_text_cannot_tell_is_not_called_unused(rule: str, linted: Linted) -> None:
    text = f"-- a\n-- allow: {rule} because\nSELECT;\n"
    assert linted({"0008_a.sql": text, "0008_a.rollback.sql": BACK}) == ()


def test_an_exception_from_the_rule_about_exceptions(linted: Linted) -> None:
    text = (
        "-- a\n-- allow: drop-column it comes in the next release\n"
        "-- allow: unused-allow the line above waits for it\nSELECT;\n"
    )
    found = linted({"0008_a.sql": text, "0008_a.rollback.sql": BACK})
    assert [(it.rule, it.allowed) for it in found] == [
        ("unused-allow", "the line above waits for it")
    ]
