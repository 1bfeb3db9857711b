"""What SELECT, INSERT, UPDATE, DELETE, MERGE and COPY lock (manual, 13.3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from wishkit.core.locks.model import LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.tree import (
    Tree,
    literal_name,
    node,
    nodes,
    on,
    options,
    range_var,
    strings,
    words,
)

if TYPE_CHECKING:
    from wishkit.core.locks.draft import Draft

_READ = LockMode.ACCESS_SHARE
_ROWS = LockMode.ROW_SHARE
_WRITE = LockMode.ROW_EXCLUSIVE

# A view is read by way of what is under it, with the same lock.
_READING = {Reach.DESCENDANTS: _READ, Reach.UNDERLYING: _READ}
_LOCKING = {Reach.DESCENDANTS: _ROWS, Reach.UNDERLYING: _ROWS}

# A write goes on to partitions, through updatable views, and into triggers; foreign keys lock
# the referenced row (INSERT, UPDATE) or look for, change or delete referring rows (DELETE, UPDATE).
_WRITING = {
    Reach.DESCENDANTS: _WRITE,
    Reach.UNDERLYING: _WRITE,
    Reach.TRIGGERED: _WRITE,
    Reach.SEQUENCES: _WRITE,
}
_REFERRING = {Reach.REFERENCED: _ROWS}
_REFERRED = {Reach.REFERENCING: _WRITE}
_WRITES = {
    "InsertStmt": _WRITING | _REFERRING,
    "UpdateStmt": _WRITING | _REFERRING | _REFERRED,
    "DeleteStmt": _WRITING | _REFERRED,
    "MergeStmt": _WRITING | _REFERRING | _REFERRED,
}
WRITE_REACH = _WRITES["InsertStmt"]

# Functions whose first argument names a sequence.
_SEQUENCE_FUNCTIONS = frozenset({"nextval", "setval", "currval"})

# Functions that lock no relation but that, and return at once; pg_dump's own are among them. Of
# any other function in a SELECT we know nothing.
_QUICK_FUNCTIONS = _SEQUENCE_FUNCTIONS | words(
    """abs array_agg avg bool_and bool_or ceil clock_timestamp concat count current_database
    current_schema current_setting date_trunc floor format gen_random_uuid greatest jsonb_agg
    jsonb_build_object json_agg json_build_object lastval least left length lower max md5 min
    now nullif pg_backend_pid random regexp_replace replace right round row_number set_config
    setseed split_part statement_timestamp string_agg substr substring sum
    timezone to_char to_date to_timestamp transaction_timestamp trim txid_current unnest upper
    version extract date_part btrim ltrim rtrim position strpos array_length cardinality
    generate_series"""
)


def functions(tree: object) -> set[str]:
    """The functions called by name anywhere in a tree; built-in ones without their schema."""
    called = set()
    for call in nodes(tree, "FuncCall"):
        parts = strings(call["funcname"])
        called.add(".".join(parts[1:] if parts[0] == "pg_catalog" else parts))
    return called


def lock_query(draft: Draft, tree: object, *, hidden: frozenset[str] = frozenset()) -> None:
    """Locks everything a query, or an expression with queries in it, reads and writes.

    Args:
        draft: what is gathered.
        tree: any part of a parse tree.
        hidden: names of WITH queries that hide relations of the same name here.
    """
    if isinstance(tree, list):
        for item in tree:
            lock_query(draft, item, hidden=hidden)
    elif isinstance(tree, Mapping):
        _lock_fields(draft, tree, hidden)


def _lock_fields(draft: Draft, tree: Tree, hidden: frozenset[str]) -> None:
    if clause := tree.get("withClause"):
        hidden = _lock_with(draft, clause, hidden)
    for item in tree.get("lockingClause", ()):
        _lock_rows(draft, tree, item["LockingClause"], hidden)
    for key, value in tree.items():
        if key in {"withClause", "intoClause"}:
            continue
        if key in _WRITES:
            _lock_target(draft, key, value)
        elif key == "RangeVar":
            _lock_read(draft, value, hidden)
        elif key == "FuncCall":
            for name in sequences(value):
                draft.lock(name, _WRITE, "sequence")
        lock_query(draft, value, hidden=hidden)


def _lock_target(draft: Draft, kind: str, fields: Tree) -> None:
    # The target's fields are not wrapped as a RangeVar, so it is not taken for a table read.
    name = range_var(fields["relation"])
    draft.lock(name, _WRITE, reach=_WRITES[kind])
    if kind in {"InsertStmt", "MergeStmt"}:
        draft.fills.append(name)


def _lock_with(draft: Draft, clause: Tree, hidden: frozenset[str]) -> frozenset[str]:
    ctes = [item["CommonTableExpr"] for item in clause["ctes"]]
    every = hidden | {cte["ctename"] for cte in ctes}
    for cte in ctes:
        lock_query(draft, cte["ctequery"], hidden=every if clause.get("recursive") else hidden)
        hidden |= {cte["ctename"]}
    return every


def _lock_read(draft: Draft, fields: Tree, hidden: frozenset[str]) -> None:
    name = range_var(fields)
    if name.schema is None and name.name in hidden:
        return
    reach = _READING if fields.get("inh") else {Reach.UNDERLYING: _READ}
    draft.lock(name, _READ, reach=reach)


def _lock_rows(draft: Draft, select: Tree, clause: Tree, hidden: frozenset[str]) -> None:
    """FOR UPDATE and its like: of the tables named, else of all in FROM, subqueries included."""
    wanted = {item["RangeVar"]["relname"] for item in clause.get("lockedRels", ())}
    for fields in nodes(select.get("fromClause", []), "RangeVar"):
        name = range_var(fields)
        alias = fields.get("alias", {}).get("aliasname", name.name)
        if (name.schema is None and name.name in hidden) or (wanted and alias not in wanted):
            continue
        draft.lock(name, _ROWS, reach=_LOCKING)


def sequences(call: Tree) -> Iterator[Name]:
    """The sequence a call such as ``nextval('public.seq')`` names, if it is one."""
    if strings(call["funcname"])[-1] in _SEQUENCE_FUNCTIONS:
        for literal in nodes(call.get("args", [])[:1], "A_Const"):
            if text := literal.get("sval", {}).get("sval"):
                yield literal_name(text)


def _is_long(draft: Draft, tree: Tree) -> bool:
    """Whether a query does more than put given values into a table."""
    kind, fields = node(tree)
    source = fields.get("selectStmt", {}).get("SelectStmt", {})
    if kind == "InsertStmt" and ("valuesLists" in source or not source):
        # The values themselves may hold queries; functions in them run once a row.
        touched = [range_var(item) for item in nodes(source, "RangeVar")]
    else:
        if functions(tree) - (_QUICK_FUNCTIONS - {"generate_series"}):
            return True
        touched = [range_var(item) for item in nodes(tree, "RangeVar")]
        if kind in _WRITES:
            target = range_var(fields["relation"])
            touched += [] if kind == "InsertStmt" else [target]
    return any(not draft.empty(name) for name in touched)


_TAGS = {
    "SelectStmt": "SELECT",
    "InsertStmt": "INSERT",
    "UpdateStmt": "UPDATE",
    "DeleteStmt": "DELETE",
    "MergeStmt": "MERGE",
}


def query(draft: Draft, tree: Tree) -> None:
    """One of SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE, MERGE as a statement of its own."""
    kind, fields = node(tree)
    draft.command = _TAGS.get(kind, kind)
    draft.long |= _is_long(draft, tree)
    lock_query(draft, tree)
    if unknown := functions(tree) - _QUICK_FUNCTIONS:
        draft.unsure.append(f"what {', '.join(sorted(unknown))}() does is not in the text")
        # A function in the middle of a write is seldom the point of it; a SELECT of one is.
        draft.known = draft.known and kind != "SelectStmt"
    if kind == "SelectStmt" and "intoClause" in fields:
        into = range_var(fields["intoClause"]["rel"])
        draft.command = "SELECT INTO"
        draft.creates.append(ObjectRef("table", *into))
        draft.fills.append(into)


def _carried(draft: Draft, fields: Tree) -> None:
    """PREPARE, DECLARE: planned, and so locked, as if it ran."""
    query(draft, fields["query"])


def _prepare(draft: Draft, fields: Tree) -> None:
    _carried(draft, fields)
    draft.command, draft.long = "PREPARE", False


def _declare(draft: Draft, fields: Tree) -> None:
    _carried(draft, fields)
    draft.command, draft.long = "DECLARE CURSOR", False


def _explain(draft: Draft, fields: Tree) -> None:
    _carried(draft, fields)
    draft.command = "EXPLAIN"
    if not on(options(fields.get("options", ())), "analyze"):
        draft.long, draft.known = False, True
        draft.fills.clear()


def _copy(draft: Draft, fields: Tree) -> None:
    draft.command = "COPY FROM" if fields.get("is_from") else "COPY TO"
    draft.long = True
    if "query" in fields:
        lock_query(draft, fields["query"])
        return
    name = range_var(fields["relation"])
    if fields.get("is_from"):
        draft.lock(name, _WRITE, reach=WRITE_REACH)
        draft.fills.append(name)
    else:
        draft.lock(name, _READ, reach=_READING)


def _lock_table(draft: Draft, fields: Tree) -> None:
    draft.command = "LOCK TABLE"
    mode = LockMode(fields["mode"])
    for item in fields["relations"]:
        fields = item["RangeVar"]
        reach = {Reach.UNDERLYING: mode} | ({Reach.DESCENDANTS: mode} if fields.get("inh") else {})
        draft.lock(range_var(fields), mode, reach=reach)


HANDLERS = {
    "CopyStmt": _copy,
    "DeclareCursorStmt": _declare,
    "ExplainStmt": _explain,
    "LockStmt": _lock_table,
    "PrepareStmt": _prepare,
} | {kind: (lambda draft, fields, kind=kind: query(draft, {kind: fields})) for kind in _TAGS}
