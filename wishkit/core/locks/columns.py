"""Columns and constraints: what adding one to a new or an existing table costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.locks.model import LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.queries import functions, lock_query, sequences
from wishkit.core.locks.tree import Tree, nodes, range_var, strings, words

if TYPE_CHECKING:
    from wishkit.core.locks.draft import Draft

_GUARD = LockMode.SHARE_ROW_EXCLUSIVE
_ALL = LockMode.ACCESS_EXCLUSIVE

# What changes with the type of a column: foreign keys in both directions and owned sequences.
COLUMN_PARTNERS = (Reach.REFERENCED, Reach.REFERENCING, Reach.SEQUENCES)

# Functions whose value is the same for all rows of one statement, and those whose value is not
# (pg_proc.provolatile). A default of the second kind rewrites the table; of the third, those we
# do not know, it may.
STEADY = words(
    """now transaction_timestamp statement_timestamp current_setting current_database
    current_schema lower upper trim btrim ltrim rtrim concat concat_ws left right replace
    substring substr md5 sha256 encode decode to_char to_date to_timestamp to_number date_trunc
    timezone date_part extract make_date make_interval make_timestamp array_fill
    array_append jsonb_build_object jsonb_build_array json_build_object json_build_array to_json
    to_jsonb abs round floor ceil ceiling length char_length nullif txid_current
    pg_current_xact_id int4 text daterange tstzrange int4range numrange age"""
)
_VOLATILE = words(
    """random gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday nextval setval
    currval lastval uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_salt
    gen_random_bytes random_normal"""
)

SERIAL = frozenset({"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"})

# Types that are no domains, beside those the parser itself puts into pg_catalog.
_BUILT_IN = words(
    """text uuid json jsonb bytea date timestamptz timetz inet cidr macaddr macaddr8 money name
    oid regclass regtype regproc point line lseg box path polygon circle tsvector tsquery xml
    int2 int4 int8 float4 float8 bool numeric varchar bpchar time timestamp interval bit varbit
    int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange
    nummultirange tsmultirange tstzmultirange datemultirange pg_lsn xid xid8 jsonpath citext
    hstore ltree vector halfvec geometry geography"""
)


def foreign_key(draft: Draft, table: Name, constraint: Tree) -> None:
    """Locks the referenced table, which gets triggers; its partitions get them too."""
    referenced = range_var(constraint["pktable"])
    if referenced == table:
        return
    draft.lock(
        referenced,
        _GUARD,
        why="referenced by the new foreign key",
        reach={Reach.DESCENDANTS: _GUARD},
    )


def add_constraint(draft: Draft, table: Name, constraint: Tree) -> tuple[str, LockMode]:
    """ALTER TABLE ADD CONSTRAINT: its words, and the lock on the table itself."""
    unchecked = constraint.get("skip_validation", False)
    kind = constraint["contype"]
    label, mode = _CONSTRAINTS.get(kind, ("ADD CONSTRAINT", _ALL))
    if name := constraint.get("conname"):
        draft.creates.append(ObjectRef("constraint", *table, name))
    if "indexname" in constraint:
        # Manual, ADD table_constraint_using_index: no build; a primary key must see that its
        # columns are NOT NULL.
        index = Name(table.schema, constraint["indexname"])
        draft.lock(
            index,
            LockMode.SHARE_UPDATE_EXCLUSIVE,
            "index",
            why="it becomes the constraint's index",
        )
        if kind == "CONSTR_PRIMARY":
            draft.scan(table, "no scan where the columns are NOT NULL already")
        return f"{label} USING INDEX", mode
    if kind == "CONSTR_FOREIGN":
        foreign_key(draft, table, constraint)
    unenforced = not constraint.get("is_enforced", False) and kind in _ENFORCEABLE
    if unenforced:
        return f"{label} NOT ENFORCED", mode
    if unchecked:
        return f"{label} NOT VALID", mode
    unless = ("no scan where the column is proven NOT NULL",) if kind == "CONSTR_NOTNULL" else ()
    draft.scan(table, *unless)
    return label, mode


_ENFORCEABLE = frozenset({"CONSTR_FOREIGN", "CONSTR_CHECK"})
_CONSTRAINTS = {
    "CONSTR_FOREIGN": ("ADD FOREIGN KEY", _GUARD),
    "CONSTR_CHECK": ("ADD CHECK", _ALL),
    "CONSTR_NOTNULL": ("ADD NOT NULL", _ALL),
    "CONSTR_UNIQUE": ("ADD UNIQUE", _ALL),
    "CONSTR_PRIMARY": ("ADD PRIMARY KEY", _ALL),
    "CONSTR_EXCLUSION": ("ADD EXCLUDE", _ALL),
}


def add_column(draft: Draft, table: Name, cmd: Tree) -> None:
    """ALTER TABLE ADD COLUMN (manual, its Notes): rewrites for a default that varies by row."""
    column = cmd["def"]["ColumnDef"]
    name = column["colname"]
    draft.creates.append(ObjectRef("column", *table, name, maybe=bool(cmd.get("missing_ok"))))
    constraints = {
        item["Constraint"]["contype"]: item["Constraint"] for item in column.get("constraints", ())
    }
    given = constraints.get("CONSTR_DEFAULT", {}).get("raw_expr")
    rewriting = _default_rewrites(draft, table, column, constraints)
    if foreign := constraints.get("CONSTR_FOREIGN"):
        foreign_key(draft, table, foreign)
        if given is not None and not rewriting:
            draft.scan(table)
    if rewriting:
        return
    checked = "CONSTR_CHECK" in constraints
    built = {"CONSTR_UNIQUE", "CONSTR_PRIMARY"} & constraints.keys()
    # NOT NULL without a default fails on the first row: it is checked, row by row.
    proven = "CONSTR_NOTNULL" not in constraints or given is not None
    if checked or built or not proven:
        draft.scan(table)


def _default_rewrites(
    draft: Draft, table: Name, column: Tree, constraints: dict[str, Tree]
) -> bool:
    """Notes the rewrite a new column brings; whether it is certain."""
    kinds = strings(column["typeName"]["names"])
    generated = constraints.get("CONSTR_GENERATED", {})
    # Virtual columns (PostgreSQL 18) have generated_kind "v".
    stored = bool(generated) and generated.get("generated_kind") != "v"
    default = constraints.get("CONSTR_DEFAULT", {})
    lock_query(draft, default)
    called = functions(default)
    if kinds[-1] in SERIAL or stored or "CONSTR_IDENTITY" in constraints or called & _VOLATILE:
        draft.rewrite(table)
        return True
    if strange := called - STEADY:
        names = ", ".join(f"{name}()" for name in sorted(strange))
        draft.rewrite(table, f"no rewrite if {names} is STABLE or IMMUTABLE")
    elif not generated and not _is_built_in(draft, kinds, column):
        draft.rewrite(table, f"rewritten only if {'.'.join(kinds)} is a domain with constraints")
    return False


def _is_built_in(draft: Draft, kinds: list[str], column: Tree) -> bool:
    name = Name(kinds[-2] if len(kinds) > 1 else None, kinds[-1])
    return (
        name.schema == "pg_catalog"
        or name.name in _BUILT_IN
        or bool(column["typeName"].get("arrayBounds"))
        or name in draft.created
    )


def new_table_constraints(draft: Draft, table: Name, elements: list[Tree]) -> None:
    """Foreign keys and defaults of a table that is being created."""
    for constraint in nodes(elements, "Constraint"):
        if constraint["contype"] == "CONSTR_FOREIGN":
            foreign_key(draft, table, constraint)
    for call in nodes(elements, "FuncCall"):
        for name in sequences(call):
            note = "PostgreSQL 18 and newer; none before"
            draft.lock(name, LockMode.ACCESS_SHARE, "sequence", why="a default", note=note)
