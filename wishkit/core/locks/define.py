"""What the CREATE statements lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.core.locks import partitions
from wishkit.core.locks.columns import new_table_constraints
from wishkit.core.locks.model import LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.queries import lock_query, query
from wishkit.core.locks.tree import Tree, dotted, node, on, options, range_var, strings

if TYPE_CHECKING:
    from wishkit.core.locks.draft import Draft

_READ = LockMode.ACCESS_SHARE
_UPKEEP = LockMode.SHARE_UPDATE_EXCLUSIVE
_GUARD = LockMode.SHARE_ROW_EXCLUSIVE
_ALL = LockMode.ACCESS_EXCLUSIVE


def _table(draft: Draft, fields: Tree) -> None:
    # CreateForeignTableStmt wraps the same fields.
    base = fields.get("base", fields)
    word = "FOREIGN TABLE" if "base" in fields else "TABLE"
    draft.command = f"CREATE {word}"
    table = range_var(base["relation"])
    maybe = bool(base.get("if_not_exists"))
    elements: list[Tree] = base.get("tableElts", [])
    for item in elements:
        if like := item.get("TableLikeClause"):
            draft.lock(range_var(like["relation"]), _READ, why="LIKE")
    new_table_constraints(draft, table, elements)
    for item in base.get("inhRelations", ()):
        if "partbound" in base:
            draft.command += " … PARTITION OF"
            partitions.partition_of(draft, range_var(item["RangeVar"]))
        else:
            partitions.inherit(draft, table, {"def": item})
    if of := base.get("ofTypename"):
        draft.lock(dotted(strings(of["names"])), _READ, "type", why="the table is of this type")
    draft.creates.append(ObjectRef(word.lower(), *table, maybe=maybe))


def _table_as(draft: Draft, fields: Tree) -> None:
    kind = "materialized view" if fields.get("objtype") == "OBJECT_MATVIEW" else "table"
    into = fields["into"]
    name = range_var(into["rel"])
    if "ExecuteStmt" in fields["query"]:
        draft.known, draft.long = False, True
    else:
        query(draft, fields["query"])
    if into.get("skipData"):
        draft.long = False
    else:
        draft.fills.append(name)
    draft.command = f"CREATE {kind.upper()} AS".replace("VIEW AS", "VIEW")
    draft.creates.append(ObjectRef(kind, *name, maybe=bool(fields.get("if_not_exists"))))


def _index(draft: Draft, fields: Tree) -> None:
    """CREATE INDEX, manual: SHARE; SHARE UPDATE EXCLUSIVE with CONCURRENTLY."""
    concurrent = bool(fields.get("concurrent"))
    unique = "UNIQUE " if fields.get("unique") else ""
    draft.command = f"CREATE {unique}INDEX{' CONCURRENTLY' if concurrent else ''}"
    draft.autocommit = concurrent
    relation = fields["relation"]
    table = range_var(relation)
    mode = _UPKEEP if concurrent else LockMode.SHARE
    draft.lock(table, mode, reach={Reach.DESCENDANTS: mode} if relation.get("inh") else {})
    only = () if relation.get("inh") else ("ON ONLY a partitioned table builds nothing",)
    exists = ("nothing is built if it exists",) if fields.get("if_not_exists") else ()
    draft.scan(table, *only, *exists)
    draft.long |= concurrent
    if name := fields.get("idxname"):
        maybe = bool(fields.get("if_not_exists"))
        draft.creates.append(ObjectRef("index", table.schema, name, maybe=maybe))


def _view(draft: Draft, fields: Tree) -> None:
    view = range_var(fields["view"])
    replace = bool(fields.get("replace"))
    draft.command = "CREATE OR REPLACE VIEW" if replace else "CREATE VIEW"
    if replace:
        draft.lock(view, _ALL, "view", why="replaced", note="only if it exists")
    lock_query(draft, fields["query"])
    draft.creates.append(ObjectRef("view", *view, maybe=replace))


def _sequence(draft: Draft, fields: Tree) -> None:
    draft.command = "CREATE SEQUENCE"
    maybe = bool(fields.get("if_not_exists"))
    own_sequence(draft, fields)
    draft.creates.append(ObjectRef("sequence", *range_var(fields["sequence"]), maybe=maybe))


def own_sequence(draft: Draft, fields: Tree) -> None:
    """OWNED BY table.column, in CREATE SEQUENCE and ALTER SEQUENCE."""
    for item in fields.get("options", ()):
        element = item["DefElem"]
        if element["defname"] == "owned_by":
            parts = strings(element["arg"]["List"]["items"])
            if len(parts) > 1:
                draft.lock(dotted(parts[:-1]), _READ, why="it owns the sequence")


def _schema(draft: Draft, fields: Tree) -> None:
    """CREATE SCHEMA with what is made inside it in the same breath."""
    maybe = bool(fields.get("if_not_exists"))
    for item in fields.get("schemaElts", ()):
        kind, inner = node(item)
        if handler := HANDLERS.get(kind):
            handler(draft, inner)
        else:
            draft.known = False
    draft.command = "CREATE SCHEMA"
    role = fields.get("authrole", {}).get("rolename", "")
    draft.creates.append(ObjectRef("schema", None, fields.get("schemaname", role), maybe=maybe))


def _trigger(draft: Draft, fields: Tree) -> None:
    """CREATE TRIGGER, manual 13.3.1: SHARE ROW EXCLUSIVE; on every partition for row triggers."""
    replace = bool(fields.get("replace"))
    draft.command = "CREATE OR REPLACE TRIGGER" if replace else "CREATE TRIGGER"
    table = range_var(fields["relation"])
    draft.lock(table, _GUARD, reach={Reach.DESCENDANTS: _GUARD} if fields.get("row") else {})
    if other := fields.get("constrrel"):
        draft.lock(range_var(other), _READ, why="FROM")
    draft.creates.append(ObjectRef("trigger", *table, fields["trigname"], maybe=replace))


def _rule(draft: Draft, fields: Tree) -> None:
    replace = bool(fields.get("replace"))
    draft.command = "CREATE OR REPLACE RULE" if replace else "CREATE RULE"
    table = range_var(fields["relation"])
    draft.lock(table, _ALL)
    inner = type(draft)(created=draft.created)
    lock_query(inner, [fields.get("actions"), fields.get("whereClause")])
    for lock in inner.finish().locks:
        if lock.name not in {"new", "old"}:
            draft.lock(Name(lock.schema, lock.name), lock.mode, why="named by the rule")
    draft.creates.append(ObjectRef("rule", *table, fields["rulename"], maybe=replace))


def _policy(draft: Draft, fields: Tree) -> None:
    draft.command = "CREATE POLICY"
    table = range_var(fields["table"])
    alter_policy(draft, fields)
    draft.command = "CREATE POLICY"
    draft.creates.append(ObjectRef("policy", *table, fields["policy_name"]))


def alter_policy(draft: Draft, fields: Tree) -> None:
    """CREATE POLICY and ALTER POLICY lock alike; their expressions may hold queries."""
    draft.command = "ALTER POLICY"
    draft.lock(range_var(fields["table"]), _ALL)
    lock_query(draft, [fields.get("qual"), fields.get("with_check")])


def _statistics(draft: Draft, fields: Tree) -> None:
    draft.command = "CREATE STATISTICS"
    for item in fields["relations"]:
        draft.lock(range_var(item["RangeVar"]), _UPKEEP)
    if names := fields.get("defnames"):
        maybe = bool(fields.get("if_not_exists"))
        draft.creates.append(ObjectRef("statistics", *dotted(strings(names)), maybe=maybe))


def lock_published(draft: Draft, fields: Tree) -> None:
    """The tables in CREATE PUBLICATION and ALTER PUBLICATION ADD, SET, DROP."""
    for item in fields.get("pubobjects", ()):
        if table := item["PublicationObjSpec"].get("pubtable"):
            relation = table["relation"]
            inherit = relation.get("inh")
            reach = {Reach.DESCENDANTS: _UPKEEP} if inherit else {}
            draft.lock(range_var(relation), _UPKEEP, reach=reach)
            lock_query(draft, table.get("whereClause"))


def _publication(draft: Draft, fields: Tree) -> None:
    draft.command = "CREATE PUBLICATION"
    lock_published(draft, fields)
    draft.creates.append(ObjectRef("publication", None, fields["pubname"]))


def _subscription(draft: Draft, fields: Tree) -> None:
    """CREATE SUBSCRIPTION, manual: not in a transaction block if it creates a slot."""
    draft.command = "CREATE SUBSCRIPTION"
    given = options(fields.get("options", ()))
    connects = on({"connect": "true"} | given, "connect")
    draft.autocommit = connects and on({"create_slot": "true"} | given, "create_slot")
    draft.long = connects
    draft.known = not connects  # the publisher says which tables
    draft.creates.append(ObjectRef("subscription", None, fields["subname"]))


def _function(draft: Draft, fields: Tree) -> None:
    """A body written as SQL is parsed, and so locked, at once; one in a string may be checked."""
    replace = bool(fields.get("replace"))
    word = "PROCEDURE" if fields.get("is_procedure") else "FUNCTION"
    draft.command = f"CREATE {'OR REPLACE ' if replace else ''}{word}"
    lock_query(draft, fields.get("sql_body"))
    name = dotted(strings(fields["funcname"]))
    if not fields.get("sql_body"):
        draft.beyond(name, Reach.UNDERLYING, LockMode.ROW_EXCLUSIVE, word.lower())
    draft.fills.clear()
    draft.creates.append(ObjectRef(word.lower(), *name, maybe=replace))


def _named(command: str, kind: str, key: str, *, dots: bool = False) -> Any:  # noqa: ANN401
    """A CREATE that locks no relation: its command, and where its name stands."""

    def handler(draft: Draft, fields: Tree) -> None:
        draft.command = command
        value = fields[key]
        name = dotted(strings(value)) if dots else Name(None, value)
        draft.creates.append(ObjectRef(kind, *name, maybe=bool(fields.get("if_not_exists"))))

    return handler


def _composite(draft: Draft, fields: Tree) -> None:
    draft.command = "CREATE TYPE"
    draft.creates.append(ObjectRef("type", *range_var(fields["typevar"])))


def _define(draft: Draft, fields: Tree) -> None:
    kind = fields["kind"].removeprefix("OBJECT_").replace("TS", "TEXT SEARCH ").replace("_", " ")
    draft.command = f"CREATE {kind}"
    maybe = bool(fields.get("if_not_exists") or fields.get("replace"))
    draft.creates.append(ObjectRef(kind.lower(), *dotted(strings(fields["defnames"])), maybe=maybe))


def _extension(draft: Draft, fields: Tree) -> None:
    draft.command, draft.known, draft.long = "CREATE EXTENSION", False, True
    draft.unsure.append("an extension's script may do anything")
    maybe = bool(fields.get("if_not_exists"))
    draft.creates.append(ObjectRef("extension", None, fields["extname"], maybe=maybe))


def _database(draft: Draft, fields: Tree) -> None:
    draft.command, draft.autocommit, draft.long = "CREATE DATABASE", True, True
    draft.creates.append(ObjectRef("database", None, fields["dbname"]))


def _tablespace(draft: Draft, fields: Tree) -> None:
    draft.command, draft.autocommit = "CREATE TABLESPACE", True
    draft.creates.append(ObjectRef("tablespace", None, fields["tablespacename"]))


HANDLERS: dict[str, Any] = {
    "CompositeTypeStmt": _composite,
    "CreateAmStmt": _named("CREATE ACCESS METHOD", "access method", "amname"),
    "CreateDomainStmt": _named("CREATE DOMAIN", "domain", "domainname", dots=True),
    "CreateEnumStmt": _named("CREATE TYPE", "type", "typeName", dots=True),
    "CreateEventTrigStmt": _named("CREATE EVENT TRIGGER", "event trigger", "trigname"),
    "CreateExtensionStmt": _extension,
    "CreateFdwStmt": _named("CREATE FOREIGN DATA WRAPPER", "foreign data wrapper", "fdwname"),
    "CreateForeignServerStmt": _named("CREATE SERVER", "server", "servername"),
    "CreateForeignTableStmt": lambda draft, fields: _table(draft, {"base": fields["base"]}),
    "CreateFunctionStmt": _function,
    "CreatePLangStmt": _named("CREATE LANGUAGE", "language", "plname"),
    "CreatePolicyStmt": _policy,
    "CreatePublicationStmt": _publication,
    "CreateRangeStmt": _named("CREATE TYPE", "type", "typeName", dots=True),
    "CreateRoleStmt": _named("CREATE ROLE", "role", "role"),
    "CreateSchemaStmt": _schema,
    "CreateSeqStmt": _sequence,
    "CreateStatsStmt": _statistics,
    "CreateStmt": _table,
    "CreateSubscriptionStmt": _subscription,
    "CreateTableAsStmt": _table_as,
    "CreateTableSpaceStmt": _tablespace,
    "CreateTrigStmt": _trigger,
    "CreatedbStmt": _database,
    "DefineStmt": _define,
    "IndexStmt": _index,
    "RuleStmt": _rule,
    "ViewStmt": _view,
}
