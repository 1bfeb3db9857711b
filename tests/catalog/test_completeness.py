"""Every column of every system catalog is told, or left out for a reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

import wishkit
from wishkit.postgres.catalog.questions import FACTS, OBJECTS

if TYPE_CHECKING:
    from collections.abc import Mapping

QUERIES = Path(wishkit.__file__).parent / "postgres" / "queries"
COVERAGE = tomllib.loads((Path(__file__).parent / "coverage.toml").read_text(encoding="utf-8"))
CATALOGS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'pg_catalog'::regnamespace
    GROUP BY c.relname
"""


def read_by(texts: list[str], catalog: str) -> set[str]:
    """Every word of the queries that read a catalog."""
    return {
        word
        for text in texts
        if re.search(rf"\b{catalog}\b", text)
        for word in re.findall(r"\w+", text)
    }


def unclassified(catalogs: Mapping[str, list[str]]) -> list[str]:
    """What is neither read by a query nor left out, or both."""
    texts = [re.sub("--.*", "", it.sql.decode()) for it in (*FACTS, *OBJECTS)]
    found = []
    for catalog, columns in sorted(catalogs.items()):
        if catalog in COVERAGE["catalogs"]:
            continue
        words = read_by(texts, catalog)
        reasons = COVERAGE["columns"].get(catalog, {})
        ignored = {column for group in reasons.values() for column in group.split()}
        found += [f"{catalog}.{it}" for it in columns if (it in words) == (it in ignored)]
    return found


@pytest.fixture
def catalogs(database: str) -> dict[str, list[str]]:
    """The columns of every catalog of the server."""
    with psycopg.connect(database) as connection:
        return dict(connection.execute(CATALOGS).fetchall())


def test_every_column_of_every_catalog_is_told_or_left_out(
    catalogs: dict[str, list[str]],
) -> None:
    assert len(catalogs) > 60
    assert unclassified(catalogs) == []


def test_a_column_of_a_newer_server_would_be_noticed(catalogs: dict[str, list[str]]) -> None:
    catalogs["pg_class"].append("relcolour")
    catalogs["pg_colour"] = ["oid", "colname"]
    assert unclassified(catalogs) == ["pg_class.relcolour", "pg_colour.oid", "pg_colour.colname"]


def test_reasons_are_given() -> None:
    reasons = [
        *COVERAGE["catalogs"].values(),
        *(r for c in COVERAGE["columns"].values() for r in c),
    ]
    assert all(len(reason) >= len("data") for reason in reasons)
