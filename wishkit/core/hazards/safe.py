"""The form of a statement that makes nobody wait: texts of migrations, in order, ready to run."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from wishkit.core.locks.model import Name
from wishkit.core.locks.tree import Tree, node, nodes, quoted, range_var, strings, written
from wishkit.core.statements import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wishkit.core.hazards.model import Table
    from wishkit.core.hazards.parts import Part

Files = tuple[str, ...]

_ALONE = "-- transactional: false\n"
_LONGEST = 63  # NAMEDATALEN - 1: the server cuts what is longer


def file(*statements: str, transactional: bool = True) -> str:
    """The text of one migration."""
    return ("" if transactional else _ALONE) + "".join(f"{sql};\n" for sql in statements)


def altered(table: Name, *commands: str) -> str:
    """ALTER TABLE with some sub-commands."""
    return f"ALTER TABLE {written(table)} {', '.join(commands)}"


def not_null(table: Table, name: Name, column: str) -> Files:
    """SET NOT NULL by way of a CHECK that is validated before (manual, ALTER TABLE, Notes)."""
    check = quoted(fitting(table, name.name, column, "not_null"))
    column = quoted(column)
    return (
        file(altered(name, f"ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID")),
        file(altered(name, f"VALIDATE CONSTRAINT {check}")),
        file(
            altered(name, f"ALTER COLUMN {column} SET NOT NULL"),
            altered(name, f"DROP CONSTRAINT {check}"),
        ),
    )


def validated_later(table: Table, name: Name, constraint: Tree) -> Files:
    """A CHECK or foreign key that is added NOT VALID, and validated in a migration of its own."""
    columns = _columns(constraint)
    kind = "fkey" if "pktable" in constraint else "check"
    own = constraint.get("conname") or fitting(table, name.name, *columns[:2], kind)
    fields = {**constraint, "conname": own, "skip_validation": True, "initially_valid": False}
    return (
        file(_add_constraint(name, fields)),
        file(altered(name, f"VALIDATE CONSTRAINT {quoted(own)}")),
    )


def by_index(table: Table, name: Name, constraint: Tree) -> Files:
    """UNIQUE or PRIMARY KEY by way of an index that is built before.

    Args:
        table: which one.
        name: the same as written.
        constraint: the Constraint node's fields, with its columns in ``keys``.
    """
    columns = strings(constraint["keys"])
    primary = constraint["contype"] == "CONSTR_PRIMARY"
    index = constraint.get("conname") or fitting(
        table, name.name, *(() if primary else columns[:2]), "pkey" if primary else "key"
    )
    nullable = [c for c in columns if primary and not table.proven_not_null(c)]
    before, after = [], []
    for column in nullable:
        add, validate, finish = not_null(table, name, column)
        before += [add, validate]
        after.append(finish)
    moved = ("options", "indexspace", "including", "nulls_not_distinct", "keys")
    rest = {key: value for key, value in constraint.items() if key not in moved}
    fields: dict[str, Any] = {
        "relation": relation(name),
        "idxname": index,
        "indexParams": _elements(columns),
        "indexIncludingParams": _elements(strings(constraint.get("including", ()))),
        "options": constraint.get("options", []),
        "unique": True,
        "nulls_not_distinct": constraint.get("nulls_not_distinct", False),
    }
    if "indexspace" in constraint:
        fields["tableSpace"] = constraint["indexspace"]
    if table.kind == "p":
        only = {**constraint, "conname": index}
        return (
            *before,
            *after,
            file(_add_constraint(name, only, inherit=False)),
            _per_partition(table, fields, rest),
        )
    using = {**rest, "conname": index, "indexname": index}
    return (
        *before,
        *after,
        file(write({"IndexStmt": {**fields, "concurrent": True}}), transactional=False),
        file(_add_constraint(name, using)),
    )


def concurrently(table: Table, fields: Tree) -> Files:
    """CREATE INDEX that lets clients write on; of a partitioned table, partition by partition."""
    name = range_var(fields["relation"])
    columns = [item["IndexElem"].get("name", "expr") for item in fields["indexParams"]]
    index = fields.get("idxname") or fitting(table, name.name, *columns[:2], "idx")
    # IF NOT EXISTS never counts as proof that an index is there and valid.
    left_out = {"if_not_exists", *(("accessMethod",) if fields["accessMethod"] == "btree" else ())}
    kept = {key: value for key, value in fields.items() if key not in left_out}
    named = {**kept, "idxname": index}
    if table.kind == "p":
        only = {**named, "relation": {**fields["relation"], "inh": False}}
        return file(write({"IndexStmt": only})), _per_partition(table, named, None)
    return (file(write({"IndexStmt": {**named, "concurrent": True}}), transactional=False),)


def _per_partition(table: Table, fields: Mapping[str, Any], constraint: Tree | None) -> str:
    """An index built on each partition, and attached to the one that ON ONLY made."""
    parent = Name(range_var(fields["relation"]).schema, fields["idxname"])
    statements = []
    for partition in table.partitions:
        here = Name(range_var(fields["relation"]).schema and partition.schema, partition.name)
        index = fitting(None, here.name, fields["idxname"])
        own = {**fields, "relation": relation(here), "idxname": index, "concurrent": True}
        statements.append(write({"IndexStmt": own}))
        if constraint:
            using = {**constraint, "conname": index, "indexname": index}
            statements.append(_add_constraint(here, using))
        attached = written(Name(here.schema, index))
        statements.append(f"ALTER INDEX {written(parent)} ATTACH PARTITION {attached}")
    return file(*statements, transactional=False)


def column_first(part: Part, table: Table, *, drop: Iterable[str] = ()) -> Files:
    """ADD COLUMN without what would read or rewrite the table, and each of that afterwards.

    Args:
        part: the ADD COLUMN.
        table: which one.
        drop: kinds of constraints that come later beside those that read the table.
    """
    column = part.fields["def"]["ColumnDef"]
    later = {*_READING, *drop}
    kept: list[Tree] = []
    steps: list[dict[str, Any]] = []
    for item in column.get("constraints", ()):
        constraint = item["Constraint"]
        if (attribute := _ATTRIBUTES.get(constraint["contype"])) is not None:
            # DEFERRABLE and the like are items of their own, behind what they are said of.
            steps[-1].update(attribute)
        elif constraint["contype"] in later:
            steps.append(dict(constraint))
        else:
            kept.append(item)
    name = column["colname"]
    files = [file(_add_column(part, {**column, "constraints": kept}))]
    by_kind = {step["contype"]: step for step in steps}
    if default := by_kind.get("CONSTR_DEFAULT"):
        files[0] += file(
            _command(
                part, {"subtype": "AT_ColumnDefault", "name": name, "def": default["raw_expr"]}
            )
        )
        files.append(backfill(part.table, table, name, "DEFAULT", f"{quoted(name)} IS NULL"))
    if "CONSTR_NOTNULL" in by_kind:
        files += not_null(table, part.table, name)
    for step in steps:
        if step["contype"] in {"CONSTR_UNIQUE", "CONSTR_PRIMARY"}:
            files += by_index(table, part.table, {**step, "keys": [{"String": {"sval": name}}]})
        elif step["contype"] == "CONSTR_CHECK":
            files += validated_later(table, part.table, step)
        elif step["contype"] == "CONSTR_FOREIGN":
            files += validated_later(
                table, part.table, {**step, "fk_attrs": [{"String": {"sval": name}}]}
            )
    return tuple(files)


# Only keys and foreign keys can be deferred, and those always come later.
_ATTRIBUTES: Mapping[str, Mapping[str, bool]] = {
    "CONSTR_ATTR_DEFERRABLE": {"deferrable": True},
    "CONSTR_ATTR_NOT_DEFERRABLE": {},
    "CONSTR_ATTR_DEFERRED": {"deferrable": True, "initdeferred": True},
    "CONSTR_ATTR_IMMEDIATE": {},
}
_READING = frozenset({"CONSTR_CHECK", "CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_FOREIGN"})


def second_column(part: Part, table: Table, using: Tree | None) -> Files:
    """ALTER COLUMN TYPE by way of a second column that a trigger keeps equal to the first."""
    old = part.fields["name"]
    new = fitting(None, old, "new")
    column = {
        key: value
        for key, value in part.fields["def"]["ColumnDef"].items()
        if key in {"typeName", "collClause"}
    }
    reference = {"ColumnRef": {"fields": [{"String": {"sval": old}}]}}
    value = using or {"TypeCast": {"arg": reference, "typeName": column["typeName"]}}
    name = fitting(None, part.table.name, new)
    function = written(replace_name(part.table, name))
    add = {"colname": new, "is_local": True, **column}
    known = table.columns.get(old)
    on = written(part.table)
    return (
        file(
            _command(part, {"subtype": "AT_AddColumn", "def": {"ColumnDef": add}}),
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
            f"BEGIN new.{quoted(new)} := {_expression(_of_new_row(value))}; RETURN new; END $$",
            f"CREATE TRIGGER {quoted(name)} BEFORE INSERT OR UPDATE ON {on}\n"
            f"    FOR EACH ROW EXECUTE FUNCTION {function}()",
        ),
        backfill(
            part.table,
            table,
            new,
            _expression(value),
            f"{quoted(new)} IS NULL AND {quoted(old)} IS NOT NULL",
        ),
        *(not_null(table, part.table, new) if known and known.not_null else ()),
        file(
            f"DROP TRIGGER {quoted(name)} ON {on}",
            f"DROP FUNCTION {function}()",
            altered(part.table, f"DROP COLUMN {quoted(old)}"),
            f"ALTER TABLE {on} RENAME COLUMN {quoted(new)} TO {quoted(old)}",
        ),
    )


def backfill(name: Name, table: Table, column: str, value: str, where: str) -> str:
    """A migration that gives every row its value; in batches, where there is a key for that."""
    batch = f"-- batch: {table.key[0]} 1000\n" if len(table.key) == 1 else ""
    change = f"SET {quoted(column)} = {value} WHERE {where}"
    return batch + file(f"UPDATE {written(name)} {change}", transactional=False)


def batch_note(table: Table) -> str | None:
    """What a backfill lacks where no column alone is the primary key."""
    if len(table.key) == 1:
        return None
    return (
        "the UPDATE goes over all rows at once, as no column alone is the primary key: name one "
        "that is unique and NOT NULL, as in -- batch: id 1000"
    )


def fitting(table: Table | None, *words: str) -> str:
    """A name in the server's own style (ChooseConstraintName): new, and not too long.

    Args:
        table: whose names are taken; None: no names are known.
        words: what it is made of; only the last one is never cut.
    """
    taken = table.taken if table else frozenset()
    for number in count():
        suffix = f"_{words[-1]}{number or ''}"
        start = "_".join(words[:-1]).encode()[: _LONGEST - len(suffix.encode())]
        name = start.decode(errors="ignore") + suffix
        if name not in taken:
            break
    return name


def replace_name(table: Name, name: str) -> Name:
    """Another name in the same schema, as far as one is written."""
    return table._replace(name=name)


def relation(name: Name, *, inherit: bool = True) -> dict[str, Any]:
    """The fields of a RangeVar."""
    schema = {"schemaname": name.schema} if name.schema else {}
    return {**schema, "relname": name.name, "inh": inherit, "relpersistence": "p"}


def _elements(columns: Iterable[str]) -> list[dict[str, Any]]:
    plain = {"ordering": "SORTBY_DEFAULT", "nulls_ordering": "SORTBY_NULLS_DEFAULT"}
    return [{"IndexElem": {"name": column, **plain}} for column in columns]


def _add_constraint(table: Name, fields: Tree, *, inherit: bool = True) -> str:
    command = {
        "subtype": "AT_AddConstraint",
        "def": {"Constraint": fields},
        "behavior": "DROP_RESTRICT",
    }
    statement = {
        "relation": relation(table, inherit=inherit),
        "cmds": [{"AlterTableCmd": command}],
        "objtype": "OBJECT_TABLE",
    }
    return write({"AlterTableStmt": statement})


def _command(part: Part, command: Tree) -> str:
    """The part's ALTER TABLE with another sub-command."""
    kind, fields = node(part.tree)
    item = {"AlterTableCmd": {**command, "behavior": "DROP_RESTRICT"}}
    return write({kind: {**fields, "cmds": [item]}})


def _add_column(part: Part, column: Tree) -> str:
    return _command(part, {**part.fields, "def": {"ColumnDef": column}})


def _columns(constraint: Tree) -> list[str]:
    if "pktable" in constraint:
        return strings(constraint.get("fk_attrs", ()))
    found = [
        field["String"]["sval"]
        for reference in nodes(constraint, "ColumnRef")
        for field in reference["fields"][-1:]
        if "String" in field
    ]
    return list(dict.fromkeys(found))


def _of_new_row(tree: Any) -> Any:  # noqa: ANN401 - any part of a tree
    """An expression with every column that of a trigger's NEW row."""
    if isinstance(tree, list):
        return [_of_new_row(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if reference := tree.get("ColumnRef"):
        fields = [{"String": {"sval": "new"}}, *reference["fields"][-1:]]
        return {"ColumnRef": {**reference, "fields": fields}}
    return {key: _of_new_row(value) for key, value in tree.items()}


def _expression(tree: Tree) -> str:
    target = {"ResTarget": {"val": tree}}
    select = {"targetList": [target], "limitOption": "LIMIT_OPTION_DEFAULT", "op": "SETOP_NONE"}
    return write({"SelectStmt": select}).removeprefix("SELECT ")
