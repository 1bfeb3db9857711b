"""The examples of docs/rules.md: for each rule what breaks it, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "rules.md"
BEFORE = ("0005_create_sets", "0007_add_wishlist")  # what the examples build on

_SECTION = re.compile(r"^### (\S+)\n(.*?)(?=^##+ |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(
    r"((?:^(?!```)[^\n]+\n)+)\n^```(?:sql|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE = re.compile(r"`(\d{4}_\w+(?:\.rollback)?\.sql)`")


@dataclass(frozen=True, slots=True)
class Example:
    """Both sides of a section, as files by name; empty where it shows none."""

    rule: str
    text: str
    bad: dict[str, str]
    instead: dict[str, str]


def examples() -> list[Example]:
    """One a section, in order."""
    return [_example(rule, text) for rule, text in _SECTION.findall(PAGE.read_text("utf-8"))]


def _example(rule: str, text: str) -> Example:
    bad: dict[str, str] = {}
    instead: dict[str, str] = {}
    side = instead
    for words, content in _BLOCK.findall(text):
        side = bad if words.startswith("Breaks it") else instead if "nstead" in words else side
        names = _FILE.findall(words)
        side[names[-1] if names else "0008_change.sql"] = content
    return Example(rule, text, completed(bad), completed(instead))


def completed(files: dict[str, str]) -> dict[str, str]:
    """The files with those beside them that the page leaves out; they name what was made."""
    whole = dict(files)
    for name, text in files.items():
        stem = name.removesuffix(".sql").removesuffix(".rollback")
        if name.endswith(".rollback.sql"):
            whole.setdefault(f"{stem}.sql", "-- what is undone\nSELECT;\n")
        elif "irreversible:" not in text:
            words = " ".join(re.findall(r"\w+", text))
            undo = f"DO $undo$ BEGIN PERFORM '{words}'; END $undo$;"
            header = "-- undone\n-- transactional: true\n"
            whole.setdefault(f"{stem}.rollback.sql", f"{header}{undo}\n")
    return whole
