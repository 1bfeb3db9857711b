"""Columns: new ones, renamed ones, and rows that get a value batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.commands.recipes.constraints import not_null_drafts
from wishkit.commands.recipes.draft import Draft, fill
from wishkit.commands.template import template
from wishkit.core.request import identifier, is_name, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wishkit.core.request import Request
    from wishkit.postgres.table import Table
    from wishkit.postgres.trial import Trial

# What else a column may be given is not told to everybody at once; this is who does it afterwards.
_LATER = {
    "CONSTR_CHECK": "--check",
    "CONSTR_FOREIGN": "--foreign-key",
    "CONSTR_UNIQUE": "--unique",
    "CONSTR_PRIMARY": "--unique",
}


def column(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """A new column: ``TABLE.COLUMN TYPE [DEFAULT …] [NOT NULL]``.

    A default that differs from row to row would make the server write every row while nobody may
    use the table: then the column comes empty and is filled in batches.

    Raises:
        UsageError: it cannot be, or is there already.
    """
    written, name, definition = request.column()
    alter = f"ALTER TABLE {written} ADD COLUMN {name} "
    tree = request.parse(alter + definition, "AlterTableStmt")
    if len(tree["cmds"]) > 1:
        raise request.refusal(f'"{definition}" is more than one column')
    column_tree = tree["cmds"][0]["AlterTableCmd"]["def"]["ColumnDef"]
    parts = _parts(request, column_tree, alter, definition)
    if "CONSTR_NOTNULL" in parts and "CONSTR_DEFAULT" not in parts:
        raise request.refusal(
            "rows that are there would have no value for it",
            code="column-needs-default",
            help_="add DEFAULT …; or add it without NOT NULL, fill it (--backfill), and then "
            f"require it: wishkit new --not-null {written}.{name}",
        )
    table = trial.table(written)
    if made_of := _type_name(column_tree):
        trial.type(made_of)
    name = trial.spelled(name)
    values = {"table": table.written, "column": name, "definition": definition}
    added = words_of(["add", table.name, name])
    whole = f"ADD COLUMN {name} {definition}"
    if not trial.rewrites(table, whole):
        return (Draft(added, "column", values),)
    trial.rewrites(table, f"DROP COLUMN {name}")
    default = parts.get("CONSTR_DEFAULT", "")
    if not default or trial.rewrites(table, f"ADD COLUMN {name} {parts['']}"):
        raise request.refusal(
            f"PostgreSQL would write every row of {written} anew while nobody can use it",
            code="column-rewrites",
            help_="add it with a plain type and without what the server computes for each row",
        )
    values |= {"definition": parts[""], "default": default[len("DEFAULT") :].strip()}
    values |= _batched(request, table, fill(_FILL_DEFAULT, values))
    values["summary"] = f"every row of {table.written} has its {name}"
    values["why"] = "Rows from before the column have no value in it yet."
    values["undo"] = _GOES_WITH_COLUMN
    required = not_null_drafts(trial, table, name) if "CONSTR_NOTNULL" in parts else ()
    return (
        Draft(added, "column_default", values),
        Draft(words_of(["fill", table.name, name]), "backfill", values),
        *required,
    )


def _type_name(tree: Mapping[str, Any]) -> str | None:
    """The name of a column's type, quoted; None for those that the grammar knows."""
    names = [part["String"]["sval"] for part in tree["typeName"]["names"]]
    if names[0] == "pg_catalog" or "serial" in names[-1]:
        return None
    return ".".join(identifier(name) for name in names)


def _parts(
    request: Request, tree: Mapping[str, Any], alter: str, definition: str
) -> dict[str, str]:
    """The definition of a column cut into its type, under "", and its constraints by their kind."""
    before = len(alter.encode())
    source = definition.encode()
    marks = [("", before)]
    for item in tree.get("constraints", ()):
        kind = item["Constraint"]["contype"]
        if kind in _LATER:
            raise request.refusal(
                f"{request.option} takes a type, DEFAULT and NOT NULL",
                code="column-later",
                help_=f"add the column first, then: wishkit new {_LATER[kind]} …",
            )
        marks.append((kind, item["Constraint"]["location"]))
    ends = [*(start for _, start in marks[1:]), before + len(source)]
    return {
        kind: source[start - before : end - before].decode().strip()
        for (kind, start), end in zip(marks, ends, strict=True)
    }


def rename_column(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """Another name for a column: ``TABLE.COLUMN NAME``, without a release that finds neither.

    Raises:
        UsageError: there is no such column, or the name is taken.
    """
    written, old, new = request.column()
    request.parse(f"ALTER TABLE {written} RENAME COLUMN {old} TO {new}", "RenameStmt")
    if not is_name(new):
        raise request.refusal(f'"{new}" is not one name')
    table = trial.table(written)
    column = trial.column(table, old)
    new = trial.spelled(new)
    if column.generated:
        message = (
            f"the values of {column.name} are made by the server, so no copy of it can be kept"
        )
        raise request.refusal(message, code="column-generated", help_="rename it in one step")
    values = {"table": table.written, "column": column.name, "new": new, "type": column.type}
    # There are types without equality.
    trial.explain(fill(_COMPARE, values))
    trial.rewrites(table, f"RENAME COLUMN {column.name} TO {new}")
    both = trial.free(table, trial.spelled(words_of([table.name, column.name, "and", new])[:60]))
    values |= {"function": table.prefix + both, "trigger": both}
    values["sync"] = fill(template("recipes/rename_sync.sql"), values).strip()
    values |= _batched(request, table, fill(_FILL_COPY, values))
    values["why"] = f"Rows from before the new name have nothing in {new} yet."
    values["undo"] = _GOES_WITH_COLUMN
    values["summary"] = f"{table.written}.{new} holds what {column.name} holds"
    what = [table.name, column.name]
    return (
        Draft(
            words_of(["add", table.name, new, "for", column.name]), "rename_add", values, "expand"
        ),
        Draft(words_of(["fill", table.name, new]), "backfill", values, "expand"),
        Draft(words_of(["prove", *what, "copied"]), "rename_prove", values, "contract"),
        Draft(words_of(["rename", *what, "to", new]), "rename", values, "contract"),
    )


def backfill(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """An UPDATE of many rows, in batches.

    Raises:
        UsageError: it is no UPDATE, it cannot be, or its table has no key to go by.
    """
    statement = request.text.rstrip("; \n")
    tree = request.parse(statement, "UpdateStmt")
    relation = tree["relation"]
    parts = (relation.get("schemaname"), relation["relname"])
    table = trial.table(".".join(identifier(part) for part in parts if part))
    trial.explain(statement)
    columns = dict.fromkeys(target["ResTarget"]["name"] for target in tree["targetList"])
    name = words_of(["fill", table.name, *columns])
    values = {"summary": statement, "why": "Say here why.", "undo": _LOST}
    return (Draft(name, "backfill", values | _batched(request, table, statement)),)


_FILL_DEFAULT = "UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL"
_FILL_COPY = "UPDATE {table} SET {new} = {column} WHERE {new} IS DISTINCT FROM {column}"
_COMPARE = "SELECT FROM {table} WHERE {column} IS DISTINCT FROM {column}"
_LOST = "WHAT STOOD IN THESE ROWS BEFORE IS KEPT NOWHERE. If other columns tell it, say here how."
# Read by a rehearsal, which finds the column's values gone.
_GOES_WITH_COLUMN = "allow: rows-lost the column goes with the way back of the migration before"


def _batched(request: Request, table: Table, statement: str) -> dict[str, str]:
    key = table.key()
    if key is None:
        raise request.refusal(
            f"{table.written} has no column to go by, batch after batch",
            code="no-batch-key",
            help_="it takes a column that is NOT NULL and unique by itself, as a primary key is",
        )
    return {"key": key, "statement": statement}
