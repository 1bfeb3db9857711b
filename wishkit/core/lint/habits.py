"""Rules about what a statement leaves to others: rows in a log, names that mean something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.core.lint.book import Spot, of_file
from wishkit.core.locks.tree import node, nodes, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.lint.reading import Around, File, Told


@of_file("returns-rows")
def _rows(file: File, _around: Around) -> Iterator[Spot]:
    for it in file.statements:
        what = _returned(it)
        if what:
            yield Spot(
                it.where,
                f"{what}: nobody watches a migration, and its log is kept",
                "remove it; or, if it is there for what it does or proves, in PL/pgSQL:\n"
                "DO $$ BEGIN PERFORM …; END $$;",
            )


def _returned(it: Told) -> str | None:
    kind, fields = node(it.tree)
    if kind == "SelectStmt":
        return "its rows go to nobody" if _selects(fields) else None
    if kind in {"ExplainStmt", "VariableShowStmt"}:
        return "its answer goes to nobody"
    if "returningClause" in fields or "returningList" in fields:
        return "what RETURNING gives goes to nobody"
    return None


def _selects(fields: Any) -> bool:  # noqa: ANN401 - a node's fields
    """Whether a SELECT reads; one that calls functions is there for what they do."""
    if "intoClause" in fields:
        return False
    if "valuesLists" in fields or fields.get("op") != "SETOP_NONE":
        return True
    sources = fields.get("fromClause", ())
    if sources:
        return not all("RangeFunction" in source for source in sources)
    targets = fields.get("targetList", ())
    return bool(targets) and next(nodes(targets, "FuncCall"), None) is None


@of_file("search-path")
def _search_path(file: File, _around: Around) -> Iterator[Spot]:
    for it in file.statements:
        fields = it.tree.get("VariableSetStmt", {})
        if fields.get("name") != "search_path" or fields.get("is_local"):
            continue
        if fields.get("kind") != "VAR_SET_VALUE":
            continue
        values = [a["A_Const"].get("sval", {}).get("sval", "") for a in fields.get("args", ())]
        if any(values):
            yield Spot(
                it.where,
                "from here on every name without a schema means another table, and with psql or "
                "yoyo it stays so for the files behind this one",
                "write the schema in front of the names: "
                f"{quoted(values[0])}.table_name\nor, in a transaction: SET LOCAL search_path = "
                f"{', '.join(map(quoted, values))};",
            )
