"""Asking a database what a probe asks, and leaving nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.core.probes import Probe
from wishkit.core.script import Script
from wishkit.errors import PromiseBroken, WishkitError
from wishkit.postgres.probe import run_probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from wishkit.core.probes import Verdict


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE wishes (id int PRIMARY KEY, stars int CHECK (stars < 6))")
        yield connection


def ask(
    connection: psycopg.Connection[Any],
    sql: str,
    settings: dict[str, str] | None = None,
    **options: float,
) -> Verdict:
    return run_probe(
        connection, Probe("p", "smoke", Script("p.sql", sql.encode())), settings=settings, **options
    )


def value(connection: psycopg.Connection[Any], sql: str) -> object:
    row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def do(body: str) -> str:
    return f"-- comment\n\nDO $x$\nBEGIN\n{body}\nEND\n$x$;\n"


def told(error: WishkitError | None) -> tuple[str, str, str]:
    """Where, which words of that line are meant, and what is said."""
    assert error
    assert error.where
    where = error.where
    marked = where.text[where.column - 1 :][: where.length]
    return str(where), marked, error.message


def test_what_holds_passes_and_says_what_it_says(connection: psycopg.Connection[Any]) -> None:
    found = ask(connection, do("    ASSERT 1 = 1; RAISE NOTICE 'seen'; RAISE WARNING 'hm';"))
    assert (found.id, found.kind, found.passed, found.error) == ("p", "smoke", True, None)
    assert found.notices == ("seen", "warning: hm")
    assert found.seconds > 0


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            do("    PERFORM 1;\n    ASSERT 1 = 2, 'there are two';"),
            ("p.sql:6:5", "ASSERT 1 = 2, 'there are two';", "there are two"),
        ),
        (
            do("    PERFORM 1;\n    RAISE EXCEPTION 'no %', 'wish';"),
            ("p.sql:6:5", "RAISE EXCEPTION 'no %', 'wish';", "no wish"),
        ),
        (
            do("    INSERT INTO wishes\n    VALUES (1, 10);"),
            (
                "p.sql:5:5",
                "INSERT INTO wishes",
                'new row for relation "wishes" violates check constraint "wishes_stars_check"',
            ),
        ),
        (
            "SELECT 1;\nSELECT titel\nFROM wishes;",
            ("p.sql:2:8", "titel", 'column "titel" does not exist'),
        ),
        (do("ASSERT missing.id = 1 FROM missing;"), None),
        (
            "DO 'BEGIN ASSERT false, $$é$$; END';",
            ("p.sql:1:4", "'BEGIN ASSERT false, $$é$$; END'", "é"),
        ),
        ("SELECT 1;\nSELECT 1 / 0;", ("p.sql:2:1", "SELECT 1 / 0", "division by zero")),
        (
            "COPY wishes FROM stdin;\n1\t3\n2\t7\n\\.\n",
            (
                "p.sql:3:1",
                "2\t7",
                'new row for relation "wishes" violates check constraint "wishes_stars_check"',
            ),
        ),
    ],
)
def test_what_is_broken_is_told_with_its_place(
    connection: psycopg.Connection[Any], sql: str, expected: tuple[str, str, str] | None
) -> None:
    error = ask(connection, sql).error
    assert isinstance(error, PromiseBroken)
    if expected:
        assert told(error) == expected
    assert value(connection, "SELECT count(*) FROM wishes") == 0
