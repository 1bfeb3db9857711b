"""What maintenance, server-wide and session statements lock, and which stand alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.locks.model import LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.tree import Tree, on, options, range_var

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.core.locks.draft import Draft

_READ = LockMode.ACCESS_SHARE
_UPKEEP = LockMode.SHARE_UPDATE_EXCLUSIVE
_ALL = LockMode.ACCESS_EXCLUSIVE
_EVERYTHING = Name(None, "")


def _refresh(draft: Draft, fields: Tree) -> None:
    concurrent = fields.get("concurrent")
    draft.command = f"REFRESH MATERIALIZED VIEW{' CONCURRENTLY' if concurrent else ''}"
    name = range_var(fields["relation"])
    mode = LockMode.EXCLUSIVE if concurrent else _ALL
    draft.lock(name, mode, "materialized view", reach={Reach.UNDERLYING: _READ})
    draft.fills.append(name)
    if not concurrent and not fields.get("skipData"):
        draft.rewrite(name)
    draft.long = not fields.get("skipData")


_WHOLE = {
    "REINDEX_OBJECT_SCHEMA": "SCHEMA",
    "REINDEX_OBJECT_SYSTEM": "SYSTEM",
    "REINDEX_OBJECT_DATABASE": "DATABASE",
}


def _reindex(draft: Draft, fields: Tree) -> None:
    """REINDEX, manual, Notes: SHARE on the table, ACCESS EXCLUSIVE on the index."""
    concurrent = on(options(fields.get("params", ())), "concurrently")
    table_mode = _UPKEEP if concurrent else LockMode.SHARE
    index_mode = _UPKEEP if concurrent else _ALL
    draft.autocommit, draft.long = concurrent, True
    whole = _WHOLE.get(fields["kind"])
    if whole:
        draft.autocommit = True
        name = Name(None, fields.get("name", ""))
        draft.beyond(name, Reach.MEMBERS, index_mode, whole.lower())
    else:
        name = range_var(fields["relation"])
        if fields["kind"] == "REINDEX_OBJECT_INDEX":
            draft.lock(name, index_mode, "index", reach={Reach.TABLE: table_mode})
            draft.unsure.append("the table it is an index of is scanned")
        else:
            draft.lock(name, table_mode, reach={Reach.INDEXES: index_mode})
            draft.scan(name)
        if name in draft.created:
            draft.long = not draft.empty(name)
        if not concurrent:
            draft.unsure.append("refused in a transaction if the table or index is partitioned")
    suffix = " CONCURRENTLY" if concurrent else ""
    draft.command = f"REINDEX {whole or fields['kind'].rsplit('_', 1)[-1]}{suffix}"


def _vacuum(draft: Draft, fields: Tree) -> None:
    vacuum = bool(fields.get("is_vacuumcmd"))
    flags = options(fields.get("options", ()))
    full = vacuum and on(flags, "full")
    mode = _ALL if full else _UPKEEP
    draft.command = ("VACUUM FULL" if full else "VACUUM") if vacuum else "ANALYZE"
    draft.autocommit, draft.long = vacuum, True
    relations = [item["VacuumRelation"]["relation"] for item in fields.get("rels", ())]
    for relation in relations:
        name = range_var(relation)
        draft.lock(name, mode, reach={Reach.DESCENDANTS: mode} if relation.get("inh") else {})
        if full:
            draft.rewrite(name)
    if not relations:
        draft.beyond(_EVERYTHING, Reach.MEMBERS, mode, "database")
    elif not vacuum:
        draft.long = any(not draft.empty(range_var(relation)) for relation in relations)


def _cluster(draft: Draft, fields: Tree) -> None:
    draft.command, draft.long = "CLUSTER", True
    if "relation" not in fields:
        draft.autocommit = True
        draft.beyond(_EVERYTHING, Reach.MEMBERS, _ALL, "database")
        return
    name = range_var(fields["relation"])
    draft.lock(name, _ALL)
    draft.rewrite(name)
    draft.unsure.append("refused in a transaction if the table is partitioned")


def _truncate(draft: Draft, fields: Tree) -> None:
    draft.command = "TRUNCATE"
    cascade = fields.get("behavior") == "DROP_CASCADE"
    for item in fields["relations"]:
        relation = item["RangeVar"]
        name = range_var(relation)
        reach = {Reach.DESCENDANTS: _ALL} if relation.get("inh") else {}
        if cascade:
            reach[Reach.REFERENCING] = _ALL
        if fields.get("restart_seqs"):
            reach[Reach.SEQUENCES] = _ALL
        draft.lock(name, _ALL, reach=reach)
        draft.drops.append(ObjectRef("rows", *name))


def _move_all(draft: Draft, fields: Tree) -> None:
    draft.command, draft.long = "ALTER … ALL IN TABLESPACE", True
    name = Name(None, fields["orig_tablespacename"])
    draft.beyond(name, Reach.MEMBERS, _ALL, "tablespace")


def _alter_database(draft: Draft, fields: Tree) -> None:
    draft.command = "ALTER DATABASE"
    if "tablespace" in options(fields.get("options", ())):
        draft.command, draft.autocommit, draft.long = "ALTER DATABASE … SET TABLESPACE", True, True


def _drop_database(draft: Draft, fields: Tree) -> None:
    draft.command, draft.autocommit, draft.long = "DROP DATABASE", True, True
    maybe = bool(fields.get("missing_ok"))
    draft.drops.append(ObjectRef("database", None, fields["dbname"], maybe=maybe))


def _drop_tablespace(draft: Draft, fields: Tree) -> None:
    draft.command, draft.autocommit = "DROP TABLESPACE", True
    maybe = bool(fields.get("missing_ok"))
    draft.drops.append(ObjectRef("tablespace", None, fields["tablespacename"], maybe=maybe))


def _drop_subscription(draft: Draft, fields: Tree) -> None:
    # Manual, DROP SUBSCRIPTION: not in a transaction block while it has a slot.
    draft.command, draft.autocommit, draft.long = "DROP SUBSCRIPTION", True, True
    draft.unsure.append("a subscription without a slot can be dropped in a transaction")
    maybe = bool(fields.get("missing_ok"))
    draft.drops.append(ObjectRef("subscription", None, fields["subname"], maybe=maybe))


def _discard(draft: Draft, fields: Tree) -> None:
    target = fields["target"].removeprefix("DISCARD_")
    draft.command, draft.autocommit = f"DISCARD {target}", target == "ALL"


_TRANSACTION_WORDS = {"TRANS_STMT_COMMIT_PREPARED", "TRANS_STMT_ROLLBACK_PREPARED"}


def _transaction(draft: Draft, fields: Tree) -> None:
    kind = fields["kind"]
    draft.command = kind.removeprefix("TRANS_STMT_").replace("_", " ")
    draft.autocommit = kind in _TRANSACTION_WORDS


def _unknown(command: str, why: str) -> Callable[[Draft, Tree], None]:
    """A statement whose locks only running it would tell."""

    def handler(draft: Draft, _fields: Tree) -> None:
        draft.command, draft.known, draft.long = command, False, True
        draft.unsure.append(why)

    return handler


def _quiet(command: str, *, autocommit: bool = False) -> Callable[[Draft, Tree], None]:
    """A statement that locks no relation."""

    def handler(draft: Draft, _fields: Tree) -> None:
        draft.command, draft.autocommit = command, autocommit

    return handler


_CODE = "what the code does is not in the parse tree"

HANDLERS = (
    {
        "AlterDatabaseStmt": _alter_database,
        "AlterExtensionStmt": _unknown("ALTER EXTENSION", "an extension's script may do anything"),
        "AlterTableMoveAllStmt": _move_all,
        "CallStmt": _unknown("CALL", f"{_CODE}; a procedure that commits must run outside one"),
        "ClusterStmt": _cluster,
        "DiscardStmt": _discard,
        "DoStmt": _unknown("DO", _CODE),
        "DropOwnedStmt": _unknown("DROP OWNED", "which objects the role owns is not in the text"),
        "DropSubscriptionStmt": _drop_subscription,
        "DropTableSpaceStmt": _drop_tablespace,
        "DropdbStmt": _drop_database,
        "ExecuteStmt": _unknown("EXECUTE", "the prepared statement is not in the text"),
        "ImportForeignSchemaStmt": _unknown(
            "IMPORT FOREIGN SCHEMA", "the server says which tables"
        ),
        "ReassignOwnedStmt": _unknown("REASSIGN OWNED", "which objects it owns is not in the text"),
        "RefreshMatViewStmt": _refresh,
        "ReindexStmt": _reindex,
        "TransactionStmt": _transaction,
        "TruncateStmt": _truncate,
        "VacuumStmt": _vacuum,
    }
    | {
        f"{kind}Stmt": _quiet(command)
        for kind, command in {
            "AlterCollation": "ALTER COLLATION",
            "AlterDatabaseRefreshColl": "ALTER DATABASE … REFRESH COLLATION VERSION",
            "AlterDatabaseSet": "ALTER DATABASE … SET",
            "AlterDefaultPrivileges": "ALTER DEFAULT PRIVILEGES",
            "AlterEventTrig": "ALTER EVENT TRIGGER",
            "AlterFdw": "ALTER FOREIGN DATA WRAPPER",
            "AlterForeignServer": "ALTER SERVER",
            "AlterFunction": "ALTER FUNCTION",
            "AlterObjectDepends": "ALTER … DEPENDS ON EXTENSION",
            "AlterOpFamily": "ALTER OPERATOR FAMILY",
            "AlterOperator": "ALTER OPERATOR",
            "AlterRole": "ALTER ROLE",
            "AlterRoleSet": "ALTER ROLE … SET",
            "AlterStats": "ALTER STATISTICS",
            "AlterTSConfiguration": "ALTER TEXT SEARCH CONFIGURATION",
            "AlterTSDictionary": "ALTER TEXT SEARCH DICTIONARY",
            "AlterTableSpaceOptions": "ALTER TABLESPACE",
            "AlterType": "ALTER TYPE … SET (…)",
            "AlterUserMapping": "ALTER USER MAPPING",
            "CheckPoint": "CHECKPOINT",
            "ClosePortal": "CLOSE",
            "ConstraintsSet": "SET CONSTRAINTS",
            "CreateCast": "CREATE CAST",
            "CreateConversion": "CREATE CONVERSION",
            "CreateOpClass": "CREATE OPERATOR CLASS",
            "CreateOpFamily": "CREATE OPERATOR FAMILY",
            "CreateTransform": "CREATE TRANSFORM",
            "CreateUserMapping": "CREATE USER MAPPING",
            "Deallocate": "DEALLOCATE",
            "DropRole": "DROP ROLE",
            "DropUserMapping": "DROP USER MAPPING",
            "Fetch": "FETCH",
            "GrantRole": "GRANT",
            "Listen": "LISTEN",
            "Load": "LOAD",
            "Notify": "NOTIFY",
            "Unlisten": "UNLISTEN",
            "VariableSet": "SET",
            "VariableShow": "SHOW",
        }.items()
    }
    | {"AlterSystemStmt": _quiet("ALTER SYSTEM", autocommit=True)}
)
