"""Constraints that come NOT VALID first, and are validated while everybody goes on working."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from wishkit.commands.recipes.draft import Draft, fill
from wishkit.commands.recipes.indexes import index_draft
from wishkit.core.request import identifier, words_of

if TYPE_CHECKING:
    from wishkit.core.request import Request
    from wishkit.postgres.table import Table
    from wishkit.postgres.trial import Trial

# Rows that break a rule.
_NULL = "SELECT * FROM {table} WHERE {column} IS NULL;"
_BROKEN = "SELECT * FROM {table} WHERE NOT ({expression});"
_LOST = (
    "SELECT * FROM {table} AS c WHERE {present} "
    "AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {same});"
)
_ARROW = re.compile(r"->|→|\breferences\b", re.IGNORECASE)


def not_null(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """A required column: ``TABLE.COLUMN``.

    Raises:
        UsageError: it cannot be, or is required already.
    """
    written, name, rest = request.column()
    if rest:
        raise request.refusal(f'{request.option} does not understand "{rest}"')
    table = trial.table(written)
    column = trial.column(table, name)
    if column.required:
        message = f"{written}.{column.name} is NOT NULL already"
        raise request.refusal(message, code="already-required", help_="there is nothing to do")
    return not_null_drafts(trial, table, column.name)


def not_null_drafts(trial: Trial, table: Table, column: str) -> tuple[Draft, ...]:
    """The migrations that make a column required.

    Raises:
        UsageError: the same check is there already.
    """
    definition = f"CHECK ({column} IS NOT NULL)"
    values = _values(trial, table, definition) | {
        "column": column,
        "summary": f"{table.written}.{column} is filled in every new row",
        "proof": f"every row of {table.written} has {column}",
    }
    values["offenders"] = fill(_NULL, values)
    what = [table.name, column]
    return (
        Draft(words_of(["require", *what]), "check", values),
        Draft(words_of(["validate", *what, "not_null"]), "validate", values),
        Draft(words_of(["set", *what, "not_null"]), "not_null", values),
    )


def check(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """A check: ``TABLE: EXPRESSION``.

    Raises:
        UsageError: it cannot be, or is there already.
    """
    written, rest = request.relation()
    if not rest.startswith(":"):
        raise request.refusal(f"{request.option} is a table, a colon and an expression")
    expression = rest[1:].strip()
    definition = f"CHECK ({expression})"
    tree = request.parse(f"ALTER TABLE {written} ADD {definition}", "AlterTableStmt")
    if len(tree["cmds"]) > 1:
        raise request.refusal(f'"{expression}" is not one expression')
    table = trial.table(written)
    values = _values(trial, table, definition) | {
        "expression": expression,
        "summary": f"new rows of {table.written} obey: {expression}",
        "proof": f"every row of {table.written} obeys: {expression}",
    }
    values["offenders"] = fill(_BROKEN, values)
    constraint = words_of([values["constraint"]])
    return (
        Draft(words_of(["check", constraint.removesuffix("_check")]), "check", values),
        Draft(words_of(["validate", constraint]), "validate", values),
    )


def foreign_key(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """A foreign key, with the index behind it: ``TABLE.COLUMN -> TABLE(COLUMN) …``.

    Raises:
        UsageError: it cannot be, or is there already.
    """
    left, *right = _ARROW.split(request.text, maxsplit=1)
    if not right:
        raise request.refusal(
            f"{request.option} has an arrow between what refers and what is meant"
        )
    source = replace(request, words=(left,))
    written, columns = source.relation()
    if not columns:
        written, column, _ = source.column()
        columns = f"({column})"
    target, rest = replace(request, words=(right[0],)).relation()
    definition = f"FOREIGN KEY {columns} REFERENCES"
    tree = request.parse(
        f"ALTER TABLE {written} ADD {definition} {target} {rest}", "AlterTableStmt"
    )
    if len(tree["cmds"]) > 1:
        raise request.refusal(f'"{rest}" is not one list of columns')
    table, parent = trial.plain_table(written), trial.table(target)
    tree = tree["cmds"][0]["AlterTableCmd"]["def"]["Constraint"]
    for whose, names in ((table, "fk_attrs"), (parent, "pk_attrs")):
        for name in tree.get(names, ()):
            trial.column(whose, identifier(name["String"]["sval"]))
    trial.twin(parent, indexes=True)
    made = trial.constraint(table, f"{definition} pg_temp.{parent.name} {rest}")
    here, there = made.columns, made.target_columns
    pairs = zip(there, here, strict=True)
    values = {
        "table": table.written,
        "parent": parent.written,
        "columns": ", ".join(here),
        "constraint": made.name,
        "definition": f"{definition} {parent.written} {rest}".rstrip(),
        "proof": f"every {', '.join(here)} of {table.written} is there in {parent.written}",
        "present": " AND ".join(f"c.{column} IS NOT NULL" for column in here),
        "same": " AND ".join(f"p.{theirs} = c.{ours}" for theirs, ours in pairs),
    }
    values["offenders"] = fill(_LOST, values)
    support = [] if table.supports(here) else [index_draft(trial, table, f"({', '.join(here)})")]
    return (
        *support,
        Draft(words_of(["reference", parent.name, "from", table.name]), "foreign_key", values),
        Draft(words_of(["validate", made.name]), "validate", values),
    )


def _values(trial: Trial, table: Table, definition: str) -> dict[str, str]:
    name = trial.constraint(table, definition).name
    return {"table": table.written, "definition": definition, "constraint": name}
