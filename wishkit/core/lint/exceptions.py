"""Exceptions from rules: ``-- allow: rule reason`` in the header of the file that breaks it."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from wishkit.core.lint.book import RULES
from wishkit.core.lint.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wishkit.core.lint.reading import File
    from wishkit.errors import Location

SQUAWK = "squawk/"


def excepted(findings: Iterable[Finding], files: Iterable[File]) -> Iterator[Finding]:
    """The findings, with the reason where the file says that it may break the rule."""
    allowed = {(file.script.path, it.rule): it.reason for file in files for it in file.header.allow}
    for finding in findings:
        rule = RULES.get(finding.rule)
        reason = allowed.get((finding.where.path, finding.rule))
        yield finding if rule and rule.refused else replace(finding, allowed=reason)


def about_exceptions(
    files: Iterable[File], findings: Sequence[Finding], *, second_opinion: bool
) -> Iterator[Finding]:
    """Exceptions that are none, and those that nothing needs.

    Args:
        files: those that are judged.
        findings: all of them, also those that are excepted.
        second_opinion: whether squawk was asked.
    """
    broken = {(it.where.path, it.rule) for it in findings}
    for file in files:
        for exception in file.header.allow:
            name = exception.rule
            if name == "unused-allow":  # it is about the lines beside it
                continue
            if name.startswith(SQUAWK):
                if second_opinion and (file.script.path, name) not in broken:
                    yield _unused(file, name)
                continue
            rule = RULES.get(name)
            if rule is None:
                close = get_close_matches(name, RULES, n=1)
                yield _finding(
                    file,
                    "unknown-allow",
                    _place(file, name),
                    f'there is no rule "{name}" to make an exception from',
                    f'perhaps you meant "{close[0]}"' if close else "wishkit lint --rules",
                )
            elif rule.refused:
                yield _finding(
                    file,
                    "unknown-allow",
                    _place(file, name),
                    f'"{name}" knows no exception: wishkit refuses to run what breaks it',
                    "remove this line, and mend what it is about",
                )
            elif rule.seen == "text" and (file.script.path, name) not in broken:
                yield _unused(file, name)


def _unused(file: File, name: str) -> Finding:
    return _finding(
        file,
        "unused-allow",
        _place(file, name),
        f'nothing in this file breaks "{name}", as far as its text tells: the exception would '
        "cover up the next thing that does",
        "remove this line",
    )


def _finding(file: File, rule: str, where: Location, message: str, help_: str) -> Finding:
    return Finding(rule, RULES[rule].severity, message, where, help_, file.id)


def _place(file: File, name: str) -> Location:
    pattern = rb"^[ \t]*--[ \t]*allow[ \t]*:[ \t]*(" + re.escape(name.encode()) + rb")(?=\s)"
    found = re.search(pattern, file.script.source, re.MULTILINE)
    return file.script.locate(*found.span(1)) if found else file.top
