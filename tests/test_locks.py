"""What the lock table says of a statement is what a real server does."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from postgast.native import lib

from wishkit.core.locks import Effects, LockMode, effects, effects_in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "locks"))

from measured import Catalog, Measured, differences, measure  # noqa: E402

SCHEMA = (HERE / "locks" / "schema.sql").read_text()
CANNOT_RUN_IN_A_TRANSACTION = "25001"
QUERIES = frozenset(
    """SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt CreateTableAsStmt ExplainStmt
    PrepareStmt DeclareCursorStmt CopyStmt RefreshMatViewStmt""".split()  # noqa: SIM905
)


def parse(sql: str) -> list[dict[str, Any]]:
    result = lib.pg_query_parse(sql.encode())
    try:
        assert not result.error, f"{sql}: {result.error.contents.message.decode()}"
        return [item["stmt"] for item in json.loads(result.parse_tree)["stmts"]]
    finally:
        lib.pg_query_free_parse_result(result)


def told(sql: str, **given: Any) -> Effects:  # noqa: ANN401
    [tree] = parse(sql)
    return effects(tree, **given)


def sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (HERE / "locks" / "statements.sql").read_text().splitlines():
        if line.startswith("-- "):
            lines = found[line[3:]] = []
        elif line:
            lines.append(line)
    return {title: lines for title, lines in found.items() if lines}


SECTIONS = sections()


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as found:
        yield found


def try_one(catalog: Catalog, line: str) -> list[str]:
    """Measures one line of statements.sql in a transaction that is rolled back."""
    oldest, _, rest = re.fullmatch(r"((\d\d): )?(.*)", line).groups()  # type: ignore[union-attr]
    if oldest and catalog.connection.info.server_version // 10000 < int(oldest[:2]):
        return []
    statement, *before = rest.split(" ;; ")
    [tree] = parse(statement)
    expected = effects(tree)
    with catalog.connection.transaction(force_rollback=True):
        for sql in before:
            catalog.connection.execute(sql.encode())
        try:
            real: Measured = measure(catalog, statement)
        except psycopg.Error as error:
            refused = error.sqlstate == CANNOT_RUN_IN_A_TRANSACTION
            if refused and (expected.autocommit or "refused" in " ".join(expected.unsure)):
                return []
            return [f"{line}\n    {error}"]
    problems = differences(catalog, expected, real, ddl=not tree.keys() & QUERIES)
    if expected.autocommit and not expected.unsure:
        problems.append("said to need autocommit, and ran in a transaction")
    return [f"{line}\n    {problem}" for problem in problems]


@pytest.mark.parametrize("section", SECTIONS)
def test_what_is_told_is_what_is_measured(
    connection: psycopg.Connection[Any], section: str
) -> None:
    connection.execute(SCHEMA.encode())
    catalog = Catalog(connection)
    wrong = [problem for line in SECTIONS[section] for problem in try_one(catalog, line)]
    assert not wrong, "\n".join(wrong)


def test_enough_is_measured() -> None:
    assert sum(len(lines) for lines in SECTIONS.values()) > 400
