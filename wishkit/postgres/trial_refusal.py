"""What the server says to a change that is tried, in words for whoever asked for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

_SHOWN = 30  # names that an error lists at the most
_WORD = re.compile(r'"(?:[^"]|"")+"|[\w$]+|.')


class Case(NamedTuple):
    """What the server refused, and what to do where it gives no hint."""

    code: str
    help: str | None = None


# By SQLSTATE.
CASES = {
    "42703": Case(code="unknown-column"),
    "42701": Case(code="column-exists", help="choose another name"),
    "42830": Case(
        code="not-unique",
        help="a foreign key refers to a primary key or to unique columns: "
        "wishkit new --unique first",
    ),
    "42501": Case(
        code="recipe-permission",
        help="it is tried on an empty copy: that takes SELECT on the table and TEMPORARY on the "
        "database",
    ),
}
ANY_OTHER = Case(code="recipe-refused")


def place(error: psycopg.Error, statement: str, option: str, hidden: str) -> Location | None:
    """Where in a statement the server found fault.

    Args:
        error: what it said.
        statement: what it was sent.
        option: whose words the statement is made of.
        hidden: what stands in it that nobody wrote.
    """
    if error.diag.statement_position is None:
        return None
    before = statement[: int(error.diag.statement_position) - 1].replace(hidden, "", 1)
    line = before.count("\n")
    text = statement.replace(hidden, "", 1).split("\n")[line]
    column = len(before.rpartition("\n")[2])
    length = len((_WORD.match(text, column) or [" "])[0])
    return Location(option, line + 1, column + 1, text, length)


def shown(written: str) -> str:
    """A name in quotes, unless it has some."""
    return written if '"' in written else f'"{written}"'


def listed(names: Sequence[str]) -> str:
    """``known: sets, wishlist_items``."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"known: {', '.join(names[:_SHOWN])}{more}" if names else "there is none here"
