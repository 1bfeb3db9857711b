"""The second opinion: in our words, where we have nothing to say, and never in the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lint.examples import PROJECT
from wishkit.commands import second_opinion
from wishkit.commands.lint import lint
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.lint import RULES
from wishkit.core.lint.squawk import NOT_ASKED, OURS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.project import SqlFolder
    from wishkit.commands.lint import Lint

BACK = "-- undone\n-- transactional: true\nDROP TABLE boxes;\n"
BOXES = """-- boxes: 😀
CREATE TABLE boxes (
    id serial PRIMARY KEY, "Größe" char(3)
);
CREATE INDEX IF NOT EXISTS by_size ON shelves ("Größe");
"""


def linted(folder: Path) -> Lint:
    config = Config(sql=folder / "sql")
    return lint(Workspace(config, Target(url=None, name="embedded"), lambda _: None))


def test_what_it_finds_is_a_warning_at_its_place(sql_folder: SqlFolder) -> None:
    result = linted(sql_folder({"0000_a.sql": BOXES, "0000_a.rollback.sql": BACK}))
    assert result.second_opinion is None
    theirs = [it for it in result.findings if it.rule.startswith("squawk/")]
    assert {it.severity for it in theirs} == {"warning"}
    places = {it.rule: (it.where.line, it.where.column, it.where.length) for it in theirs}
    assert places["squawk/ban-char-field"] == (3, 36, len("char(3)"))
    assert places["squawk/prefer-identity"] == (3, 8, len("serial"))


def test_what_is_ours_or_not_asked_is_left_out(sql_folder: SqlFolder) -> None:
    result = linted(sql_folder({"0000_a.sql": BOXES, "0000_a.rollback.sql": BACK}))
    rules = {it.rule for it in result.findings}
    assert "index-not-concurrent" in rules
    assert not rules & {f"squawk/{name}" for name in (*OURS, *NOT_ASKED)}


def test_exceptions_work_as_for_ours(sql_folder: SqlFolder) -> None:
    allow = "-- allow: squawk/prefer-identity the ORM wants it\n-- allow: squawk/nothing x\n"
    text = BOXES.replace("\n", f"\n{allow}", 1)
    result = linted(sql_folder({"0000_a.sql": text, "0000_a.rollback.sql": BACK}))
    assert [(it.rule, it.allowed) for it in result.allowed] == [
        ("squawk/prefer-identity", "the ORM wants it")
    ]
    assert [it.where.line for it in result.findings if it.rule == "unused-allow"] == [3]


def test_without_it_lint_works_and_says_so(
    sql_folder: SqlFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "find_squawk", lambda: None)
    result = linted(sql_folder({"0000_a.sql": BOXES, "0000_a.rollback.sql": BACK}))
    assert "not installed" in (result.second_opinion or "")
    assert "index-not-concurrent" in {it.rule for it in result.findings}


@pytest.mark.parametrize(
    ("script", "words"),
    [("echo nonsense", "not understood"), ("echo broken >&2; exit 3", "broken")],
)
def test_a_squawk_that_fails_is_no_failure(
    script: str,
    words: str,
    sql_folder: SqlFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = tmp_path / "squawk"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(second_opinion, "find_squawk", lambda: str(program))
    result = linted(sql_folder({"0000_a.sql": BOXES, "0000_a.rollback.sql": BACK}))
    assert words in (result.second_opinion or "")
    assert "index-not-concurrent" in {it.rule for it in result.findings}


def test_the_page_lists_what_gives_way_and_why() -> None:
    page = (PROJECT / "docs" / "lint.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", page, re.MULTILINE)
    told = {name: words for name, words in rows if name in OURS or name in NOT_ASKED}
    assert told == NOT_ASKED | {name: f"[{ours}](rules.md#{ours})" for name, ours in OURS.items()}
    assert {*OURS.values()} <= {*RULES}
