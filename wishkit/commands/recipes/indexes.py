"""Indexes and unique constraints, built while everybody goes on working."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.commands.recipes.draft import Draft
from wishkit.core.request import identifier, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.request import Request
    from wishkit.postgres.table import Table
    from wishkit.postgres.trial import Trial


def index(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """An index: ``TABLE(COLUMNS)``, or whatever CREATE INDEX takes behind ON.

    Raises:
        UsageError: it cannot be, or is there already.
    """
    written, definition, _ = _asked(request)
    return (index_draft(trial, trial.table(written), definition),)


def unique(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """A unique constraint; a unique index where a constraint could not say it.

    Raises:
        UsageError: it cannot be, or is there already.
    """
    written, definition, elements = _asked(request)
    table = trial.plain_table(written)
    if not all(_plain(element) for element in elements) or "WHERE" in definition.upper():
        return (index_draft(trial, table, definition, unique=True),)
    trial.index(table, definition, unique=True)
    columns = [trial.column(table, identifier(element["name"])).name for element in elements]
    constraint = trial.constraint(table, f"UNIQUE ({', '.join(columns)})")
    values = {
        "table": table.written,
        "constraint": constraint.name,
        "definition": definition,
        "columns": ", ".join(columns),
        "present": " AND ".join(f"{column} IS NOT NULL" for column in columns),
    }
    return (Draft(words_of(["make", table.name, *columns, "unique"]), "unique", values),)


def index_draft(trial: Trial, table: Table, definition: str, *, unique: bool = False) -> Draft:
    """The migration that builds an index.

    Raises:
        UsageError: it cannot be, or is there already.
    """
    made = trial.index(table, definition, unique=unique)
    values = {
        "unique": "UNIQUE " if unique else "",
        "index": made.name,
        "place": table.prefix,
        "table": table.written,
        "definition": definition,
    }
    name = words_of(["index", made.name.removesuffix("_idx")])
    if table.kind == "p":
        values["statements"] = trial.per_partition(table, made, definition)
        return Draft(name, "index_partitioned", values)
    return Draft(name, "index", values)


def _asked(request: Request) -> tuple[str, str, Sequence[Mapping[str, Any]]]:
    written, definition = request.relation()
    tree = request.parse(f"CREATE INDEX ON {written} {definition}", "IndexStmt")
    elements = [element["IndexElem"] for element in tree["indexParams"]]
    return written, definition, elements


def _plain(element: Mapping[str, Any]) -> bool:
    """Whether it is a column as a unique constraint takes it: no expression, no order."""
    return element.keys() == {"name", "ordering", "nulls_ordering"} and (
        element["ordering"] == "SORTBY_DEFAULT"
        and element["nulls_ordering"] == "SORTBY_NULLS_DEFAULT"
    )
