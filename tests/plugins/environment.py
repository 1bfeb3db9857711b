"""Tests see none of the settings of whoever runs them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIXES = ("PG", "WISHKIT_", "LC_", "YOYO", "GITHUB_", "COV_", "MAKE", "OTEL_", "TRACE")
NAMES = {
    # What `make test` hands down to any other make: its flags, and variables of its command line.
    "MFLAGS",
    "GNUMAKEFLAGS",
    "ARGS",
    "TESTS",
    "WORKERS",
    "TO",
    "DATABASE_URL",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
    "TERM",
    "CI",
    "LANG",
    "LANGUAGE",
    "TZ",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
    "PYTHONDONTWRITEBYTECODE",  # would have each process compile all of wishkit again
}
# How the suite itself is steered; the plugins read these before any test runs.
STEERING = ("WISHKIT_TEST_", "WISHKIT_GOLDEN")


def is_foreign(name: str) -> bool:
    """Whether a variable could change what a test sees."""
    return not name.startswith(STEERING) and (name in NAMES or name.startswith(PREFIXES))


@pytest.fixture(autouse=True, scope="session")
def clean_environment() -> Iterator[None]:
    """Take foreign variables out of `os.environ` for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        for name in filter(is_foreign, list(os.environ)):
            patch.delenv(name)
        yield
