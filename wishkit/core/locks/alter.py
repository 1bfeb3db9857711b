"""What each form of ALTER TABLE locks, rewrites and scans.

Sources: the manual's page on ALTER TABLE; AlterTableGetLockLevel in
src/backend/commands/tablecmds.c; reloptions.c for storage parameters; all of it measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wishkit.core.locks import partitions
from wishkit.core.locks.columns import COLUMN_PARTNERS, add_column, add_constraint
from wishkit.core.locks.model import LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.tree import Tree, options, range_var, strings, words

if TYPE_CHECKING:
    from wishkit.core.locks.draft import Draft

_READ = LockMode.ACCESS_SHARE
_UPKEEP = LockMode.SHARE_UPDATE_EXCLUSIVE
_GUARD = LockMode.SHARE_ROW_EXCLUSIVE
_ALL = LockMode.ACCESS_EXCLUSIVE

# Sub-commands that need no more than this line: their words and their lock.
_PLAIN: Mapping[str, tuple[str, LockMode]] = {
    f"AT_{subtype}": (label, mode)
    for mode, forms in (
        (
            _UPKEEP,
            {
                "SetStatistics": "SET STATISTICS",
                "SetOptions": "ALTER COLUMN SET (…)",
                "ResetOptions": "ALTER COLUMN RESET (…)",
                "DropCluster": "SET WITHOUT CLUSTER",
            },
        ),
        (
            _GUARD,
            {
                "EnableTrig": "ENABLE TRIGGER",
                "EnableAlwaysTrig": "ENABLE ALWAYS TRIGGER",
                "EnableReplicaTrig": "ENABLE REPLICA TRIGGER",
                "EnableTrigAll": "ENABLE TRIGGER ALL",
                "EnableTrigUser": "ENABLE TRIGGER USER",
                "DisableTrig": "DISABLE TRIGGER",
                "DisableTrigAll": "DISABLE TRIGGER ALL",
                "DisableTrigUser": "DISABLE TRIGGER USER",
            },
        ),
        (
            _ALL,
            {
                "ColumnDefault": "ALTER COLUMN SET DEFAULT",
                "DropNotNull": "DROP NOT NULL",
                "DropExpression": "DROP EXPRESSION",
                "SetStorage": "SET STORAGE",
                "SetCompression": "SET COMPRESSION",
                "DropOids": "SET WITHOUT OIDS",
                "DropOf": "NOT OF",
                "ChangeOwner": "OWNER TO",
                "EnableRule": "ENABLE RULE",
                "EnableAlwaysRule": "ENABLE ALWAYS RULE",
                "EnableReplicaRule": "ENABLE REPLICA RULE",
                "DisableRule": "DISABLE RULE",
                "EnableRowSecurity": "ENABLE ROW LEVEL SECURITY",
                "DisableRowSecurity": "DISABLE ROW LEVEL SECURITY",
                "ForceRowSecurity": "FORCE ROW LEVEL SECURITY",
                "NoForceRowSecurity": "NO FORCE ROW LEVEL SECURITY",
                "GenericOptions": "OPTIONS",
                "AlterColumnGenericOptions": "ALTER COLUMN OPTIONS",
            },
        ),
    )
    for subtype, label in forms.items()
}

# Storage parameters that may change while others read and write; every other takes it all.
_MILD_OPTION = re.compile(
    r"(toast\.)?(log_)?autovacuum_\w+|(toast\.)?vacuum_\w+|fillfactor|parallel_workers"
    r"|toast_tuple_target|deduplicate_items"
)


def _drop_column(draft: Draft, table: Name, cmd: Tree) -> None:
    maybe = bool(cmd.get("missing_ok"))
    draft.drops.append(ObjectRef("column", *table, cmd["name"], maybe=maybe))
    _drop_part(draft, table, cmd, Reach.SEQUENCES)


def _drop_constraint(draft: Draft, table: Name, cmd: Tree) -> None:
    maybe = bool(cmd.get("missing_ok"))
    draft.drops.append(ObjectRef("constraint", *table, cmd["name"], maybe=maybe))
    _drop_part(draft, table, cmd)


def _drop_part(draft: Draft, table: Name, cmd: Tree, *reaches: Reach) -> None:
    """A foreign key takes its triggers on the other table with it."""
    cascade = cmd.get("behavior") == "DROP_CASCADE"
    for reach in (Reach.REFERENCED, *reaches, *((Reach.DEPENDENTS,) if cascade else ())):
        draft.beyond(table, reach, _ALL)


def _alter_type(draft: Draft, table: Name, _cmd: Tree) -> None:
    for reach in COLUMN_PARTNERS:
        draft.beyond(table, reach, _ALL)
    draft.rewrite(
        table,
        "ALTER COLUMN TYPE rewrites no row where the old type is binary-coercible to the new one "
        "(varchar to text, a longer varchar, a wider numeric of the same scale)",
        "foreign keys on the column are checked anew: their tables are scanned",
    )


def _set_not_null(draft: Draft, table: Name, cmd: Tree) -> None:
    draft.scan(table, f"no scan where a valid CHECK proves {cmd['name']} NOT NULL")


def _set_expression(draft: Draft, table: Name, _cmd: Tree) -> None:
    draft.rewrite(table, "SET EXPRESSION rewrites no row of a virtual column")


def _identity(draft: Draft, table: Name, _cmd: Tree) -> None:
    draft.beyond(table, Reach.SEQUENCES, _ALL)


def _storage_parameters(_draft: Draft, _table: Name, cmd: Tree) -> tuple[str, LockMode]:
    label = "RESET (…)" if cmd["subtype"] == "AT_ResetRelOptions" else "SET (…)"
    names = options(cmd.get("def", {}).get("List", {}).get("items", ()))
    return label, _UPKEEP if all(_MILD_OPTION.fullmatch(name) for name in names) else _ALL


def _add_constraint(draft: Draft, table: Name, cmd: Tree) -> tuple[str, LockMode]:
    return add_constraint(draft, table, cmd["def"]["Constraint"])


def _validate(draft: Draft, table: Name, _cmd: Tree) -> None:
    draft.beyond(table, Reach.REFERENCED, LockMode.ROW_SHARE)
    draft.scan(table)


def _alter_constraint(draft: Draft, table: Name, _cmd: Tree) -> None:
    draft.beyond(table, Reach.REFERENCED, _ALL)


def _set_logged(draft: Draft, table: Name, _cmd: Tree) -> None:
    draft.beyond(table, Reach.SEQUENCES, _ALL)
    draft.rewrite(table, "SET LOGGED and SET UNLOGGED rewrite nothing where it is so already")


def _set_access_method(draft: Draft, table: Name, _cmd: Tree) -> None:
    draft.rewrite(table, "SET ACCESS METHOD rewrites nothing where it is so already")


def _set_tablespace(draft: Draft, table: Name, _cmd: Tree) -> None:
    draft.rewrite(table, "SET TABLESPACE copies nothing where it is there already")


def _named_index(draft: Draft, table: Name, cmd: Tree) -> None:
    draft.lock(
        Name(table.schema, cmd["name"]), _UPKEEP, "index", why="the table is clustered on it"
    )


def _replica_identity(draft: Draft, table: Name, cmd: Tree) -> None:
    if name := cmd["def"]["ReplicaIdentityStmt"].get("name"):
        index = Name(table.schema, name)
        draft.lock(index, LockMode.SHARE, "index", why="it becomes the replica identity")


def _of_type(draft: Draft, _table: Name, cmd: Tree) -> None:
    parts = strings(cmd["def"]["TypeName"]["names"])
    name = Name(parts[-2] if len(parts) > 1 else None, parts[-1])
    draft.lock(name, _READ, "type", why="the table becomes of this type")


# Sub-commands that do more than lock the table: their words, their lock, and the rest. Where
# words or lock depend on what is asked, the rest returns them.
_Form = Callable[["Draft", Name, Tree], tuple[str, LockMode] | None]
_FORMS: Mapping[str, tuple[str, LockMode, _Form]] = {
    "AT_AddConstraint": ("ADD CONSTRAINT", _ALL, _add_constraint),
    "AT_SetRelOptions": ("SET (…)", _ALL, _storage_parameters),
    "AT_ResetRelOptions": ("RESET (…)", _ALL, _storage_parameters),
    "AT_AddColumn": ("ADD COLUMN", _ALL, add_column),
    "AT_DropColumn": ("DROP COLUMN", _ALL, _drop_column),
    "AT_AlterColumnType": ("ALTER COLUMN TYPE", _ALL, _alter_type),
    "AT_SetNotNull": ("SET NOT NULL", _ALL, _set_not_null),
    "AT_SetExpression": ("SET EXPRESSION", _ALL, _set_expression),
    "AT_AddIdentity": ("ADD IDENTITY", _ALL, _identity),
    "AT_SetIdentity": ("ALTER IDENTITY", _ALL, _identity),
    "AT_DropIdentity": ("DROP IDENTITY", _ALL, _identity),
    "AT_DropConstraint": ("DROP CONSTRAINT", _ALL, _drop_constraint),
    "AT_ValidateConstraint": ("VALIDATE CONSTRAINT", _UPKEEP, _validate),
    "AT_AlterConstraint": ("ALTER CONSTRAINT", _ALL, _alter_constraint),
    "AT_SetLogged": ("SET LOGGED", _ALL, _set_logged),
    "AT_SetUnLogged": ("SET UNLOGGED", _ALL, _set_logged),
    "AT_SetAccessMethod": ("SET ACCESS METHOD", _ALL, _set_access_method),
    "AT_SetTableSpace": ("SET TABLESPACE", _ALL, _set_tablespace),
    "AT_ClusterOn": ("CLUSTER ON", _UPKEEP, _named_index),
    "AT_ReplicaIdentity": ("REPLICA IDENTITY", _ALL, _replica_identity),
    "AT_AddInherit": ("INHERIT", _ALL, partitions.inherit),
    "AT_DropInherit": ("NO INHERIT", _ALL, partitions.disinherit),
    "AT_AddOf": ("OF", _ALL, _of_type),
    "AT_AttachPartition": ("ATTACH PARTITION", _UPKEEP, partitions.attach),
    "AT_DetachPartition": ("DETACH PARTITION", _UPKEEP, partitions.detach),
    "AT_DetachPartitionFinalize": ("DETACH PARTITION FINALIZE", _UPKEEP, partitions.finalize),
}

# Forms that stop at the table named even when it has partitions or children.
_ALONE = words(
    """AT_SetOptions AT_ResetOptions AT_SetRelOptions AT_ResetRelOptions AT_SetCompression
    AT_ChangeOwner AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity
    AT_NoForceRowSecurity AT_ReplicaIdentity AT_SetTableSpace AT_SetLogged AT_SetUnLogged
    AT_SetAccessMethod AT_ClusterOn AT_DropCluster AT_AddInherit AT_DropInherit AT_AddOf
    AT_DropOf AT_EnableRule AT_DisableRule AT_EnableAlwaysRule AT_EnableReplicaRule
    AT_GenericOptions AT_AttachPartition AT_DetachPartition AT_DetachPartitionFinalize"""
)

_RELATION_KINDS = {
    "OBJECT_TABLE": ("TABLE", "table"),
    "OBJECT_INDEX": ("INDEX", "index"),
    "OBJECT_VIEW": ("VIEW", "view"),
    "OBJECT_MATVIEW": ("MATERIALIZED VIEW", "materialized view"),
    "OBJECT_SEQUENCE": ("SEQUENCE", "sequence"),
    "OBJECT_FOREIGN_TABLE": ("FOREIGN TABLE", "foreign table"),
    "OBJECT_TYPE": ("TYPE", "type"),
}

_ATTRIBUTES = {
    "AT_AddColumn": "ADD ATTRIBUTE",
    "AT_DropColumn": "DROP ATTRIBUTE",
    "AT_AlterColumnType": "ALTER ATTRIBUTE TYPE",
}


def alter_table(draft: Draft, fields: Tree) -> None:
    """ALTER TABLE, and ALTER INDEX, VIEW, SEQUENCE, … where they are the same statement."""
    word, kind = _RELATION_KINDS.get(fields["objtype"], ("TABLE", "table"))
    table = range_var(fields["relation"])
    forms = []
    for item in fields["cmds"]:
        cmd = item["AlterTableCmd"]
        if kind == "type":
            forms.append(_alter_composite(draft, table, cmd))
            continue
        forms.append(_alter(draft, table, cmd, kind, inherit="inh" in fields["relation"]))
    draft.command = f"ALTER {word} … {', '.join(dict.fromkeys(forms))}"


def _alter(draft: Draft, table: Name, cmd: Tree, kind: str, *, inherit: bool) -> str:
    subtype = cmd["subtype"]
    if kind == "index" and subtype == "AT_AttachPartition":
        return partitions.attach_index(draft, table, cmd)
    if subtype in _FORMS:
        label, mode, form = _FORMS[subtype]
        label, mode = form(draft, table, cmd) or (label, mode)
    elif subtype in _PLAIN:
        label, mode = _PLAIN[subtype]
    else:
        label, mode, draft.known = subtype.removeprefix("AT_"), _ALL, False
    descends = inherit and kind in {"table", "foreign table"} and subtype not in _ALONE
    draft.lock(table, mode, kind, reach={Reach.DESCENDANTS: mode} if descends else {})
    return label


def _alter_composite(draft: Draft, name: Name, cmd: Tree) -> str:
    """A composite type's attributes: tables OF the type change with it."""
    cascade = cmd.get("behavior") == "DROP_CASCADE"
    draft.lock(name, _ALL, "type", reach={Reach.DEPENDENTS: _ALL} if cascade else {})
    draft.long |= cascade
    subtype: str = cmd["subtype"]
    return _ATTRIBUTES.get(subtype, subtype)


HANDLERS = {"AlterTableStmt": alter_table}
