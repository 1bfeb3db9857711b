"""Every rule: its page is true, its example is found by it and by no other, its remedy is clean."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

from tests.lint.examples import examples
from wishkit.commands.lint import Lint
from wishkit.core.hazards import REFUSING
from wishkit.core.lint import RULES
from wishkit.interface.render_lint import lint_text

if TYPE_CHECKING:
    from tests.lint.conftest import Linted
    from tests.lint.examples import Example
    from tests.plugins.golden import Golden

EXAMPLES = {it.rule: it for it in examples()}
SHOWN = [it for it in EXAMPLES.values() if it.bad]
# What the page shows in words only, as files.
FORWARD = "-- lids\nUPDATE sets SET notes = '' WHERE notes IS NULL;\n"
BACK = "-- no lids\nSELECT;\n"
IN_WORDS: dict[str, dict[str, str | bytes]] = {
    "file-name": {"8_add_lids.sql": FORWARD},
    "duplicate-number": {
        "0008_add_boxes.sql": FORWARD,
        "0008_add_boxes.rollback.sql": BACK,
        "0008_add_lids.sql": FORWARD,
        "0008_add_lids.rollback.sql": BACK,
    },
    "forward-missing": {"0008_add_lids.rollback.sql": BACK},
    "backward-missing": {"0008_add_lids.sql": FORWARD},
    "irreversible-twice": {
        "0008_add_lids.sql": f"-- lids\n-- irreversible: no lid comes off\n{FORWARD[8:]}",
        "0008_add_lids.rollback.sql": BACK,
    },
    "not-utf8": {
        "0008_add_lids.sql": "-- Größe\nSELECT;\n".encode("latin-1"),
        "0008_add_lids.rollback.sql": BACK,
    },
    "nul-byte": {
        "0008_add_lids.sql": "-- lids\nSELECT;\n".encode("utf-16-le"),
        "0008_add_lids.rollback.sql": BACK,
    },
}
BAD: dict[str, dict[str, str | bytes]] = {**{it.rule: {**it.bad} for it in SHOWN}, **IN_WORDS}
# Short examples have no comments, and what is new here is told by nothing else.
BESIDE = {"comment-missing"}
VERSIONS = {"newer-syntax": 15}


def test_every_rule_has_its_section_and_every_section_its_rule() -> None:
    assert list(EXAMPLES) == list(RULES)


def test_every_rule_that_the_text_tells_has_an_example() -> None:
    # root may read everything, so that an unreadable file has a test of its own
    assert {name for name, it in RULES.items() if it.seen == "text"} == {*BAD, "unreadable"}


@pytest.mark.parametrize("name", RULES)
def test_the_page_says_how_severe_it_is(name: str) -> None:
    rule, text = RULES[name], EXAMPLES[name].text.strip()
    word = "Only" if rule.seen == "run" else "Refused" if rule.refused else rule.severity.title()
    assert re.match(rf"{word}\b", text)


def test_every_hazard_is_a_rule() -> None:
    assert {*REFUSING} <= {*RULES}


@pytest.mark.parametrize("rule", BAD)
def test_what_breaks_a_rule_is_found_by_it_alone(rule: str, linted: Linted, golden: Golden) -> None:
    found = linted(BAD[rule], version=VERSIONS.get(rule))
    told = [it for it in found if it.rule not in BESIDE or it.rule == rule]
    assert {it.rule for it in told} == {rule}
    assert all(it.help for it in told)
    assert all(it.severity == RULES[rule].severity for it in told)
    lines = lint_text(Lint(tuple(told), (), tuple(BAD[rule]), ()), io.StringIO())
    golden("".join(f"{line}\n" for line in lines), f"lint/{rule}.txt")


@pytest.mark.parametrize(
    "example", [it for it in EXAMPLES.values() if it.instead], ids=lambda it: it.rule
)
def test_what_is_written_instead_is_clean(example: Example, linted: Linted) -> None:
    found = linted(example.instead, version=VERSIONS.get(example.rule))
    beside = BESIDE - {example.rule}
    assert [it for it in found if it.rule not in beside and it.allowed is None] == []
