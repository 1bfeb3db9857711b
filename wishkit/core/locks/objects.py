"""What DROP, RENAME, SET SCHEMA, OWNER, COMMENT, GRANT and the smaller ALTERs lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.locks.define import alter_policy, lock_published, own_sequence
from wishkit.core.locks.model import LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.tree import Tree, dotted, on, options, parts_of, range_var, strings, written

if TYPE_CHECKING:
    from wishkit.core.locks.draft import Draft

_READ = LockMode.ACCESS_SHARE
_UPKEEP = LockMode.SHARE_UPDATE_EXCLUSIVE
_GUARD = LockMode.SHARE_ROW_EXCLUSIVE
_ALL = LockMode.ACCESS_EXCLUSIVE

_WORDS = {
    "MATVIEW": "materialized view",
    "TABCONSTRAINT": "constraint",
    "DOMCONSTRAINT": "constraint",
    "STATISTIC_EXT": "statistics",
    "FDW": "foreign data wrapper",
    "FOREIGN_SERVER": "server",
    "LARGEOBJECT": "large object",
    "OPCLASS": "operator class",
    "OPFAMILY": "operator family",
    "TSCONFIGURATION": "text search configuration",
    "TSDICTIONARY": "text search dictionary",
    "TSPARSER": "text search parser",
    "TSTEMPLATE": "text search template",
}

# Objects that are relations: they have a row in pg_class and are locked as tables are.
_RELATIONS = frozenset({"table", "index", "sequence", "view", "materialized view", "foreign table"})
# Objects that belong to a table and are named with it.
_OF_TABLE = frozenset({"trigger", "rule", "policy", "constraint", "column"})
# Objects in no schema: their name is all there is.
_GLOBAL = frozenset(
    {"schema", "database", "role", "tablespace", "extension", "publication", "subscription"}
    | {"language", "event trigger", "access method", "foreign data wrapper", "server"}
)


def word(objtype: str) -> str:
    """The kind of an ObjectType: ``materialized view`` for ``OBJECT_MATVIEW``."""
    bare = objtype.removeprefix("OBJECT_")
    return _WORDS.get(bare, bare.replace("_", " ").lower())


# What else goes, or has to be told, when a relation is dropped.
_DROP_REACH: dict[str, tuple[Reach, ...]] = {
    "table": (Reach.DESCENDANTS, Reach.PARENT, Reach.REFERENCED, Reach.SEQUENCES),
    "foreign table": (Reach.PARENT,),
    "index": (Reach.TABLE, Reach.DESCENDANTS),
}


def _drop(draft: Draft, fields: Tree) -> None:
    kind = word(fields["removeType"])
    concurrent = bool(fields.get("concurrent"))
    cascade = fields.get("behavior") == "DROP_CASCADE"
    draft.command = f"DROP {kind.upper()}{' CONCURRENTLY' if concurrent else ''}"
    draft.autocommit = draft.long = concurrent
    maybe = bool(fields.get("missing_ok"))
    mode = _UPKEEP if concurrent else _ALL
    for item in fields["objects"]:
        parts = parts_of(item)
        if not parts:
            continue  # casts, transforms: their names are types, and they lock no relation
        if kind in _OF_TABLE and len(parts) > 1:
            table = dotted(parts[:-1])
            draft.drops.append(ObjectRef(kind, *table, parts[-1], maybe=maybe))
            draft.lock(table, _ALL, reach={Reach.DESCENDANTS: _ALL})
        else:
            name = Name(None, ".".join(parts)) if kind in _GLOBAL else dotted(parts)
            draft.drops.append(ObjectRef(kind, *name, maybe=maybe))
            _lock_dropped(draft, name, kind, mode)
        if cascade:
            draft.beyond(dotted(parts), Reach.DEPENDENTS, _ALL, kind)


def _lock_dropped(draft: Draft, name: Name, kind: str, mode: LockMode) -> None:
    draft.lock(name, mode, kind, reach=dict.fromkeys(_DROP_REACH.get(kind, ()), mode))
    if kind == "statistics":
        draft.beyond(name, Reach.TABLE, _UPKEEP, kind)
    if kind == "subscription":
        # Manual, DROP SUBSCRIPTION: not in a transaction block while it has a slot.
        draft.autocommit = True
        draft.unsure.append("a subscription without a slot can be dropped in a transaction")


# Locks on objects that are no relations, where renaming takes one (measured): nobody who reads
# or writes data waits for it.
_RENAMED_OBJECTS = frozenset(
    {"function", "procedure", "aggregate", "routine", "publication", "collation", "statistics"}
    | {"conversion", "operator class", "operator family", "language", "subscription"}
    | {"text search configuration", "text search dictionary", "event trigger", "server"}
)


def _rename(draft: Draft, fields: Tree) -> None:
    kind = word(fields["renameType"])
    new = fields["newname"]
    draft.command = f"ALTER {kind.upper()} … RENAME"
    relation = fields.get("relation")
    if relation is None:
        _lock_object(draft, fields, kind)
        return
    name = range_var(relation)
    if kind in _RELATIONS:
        # Manual, ALTER INDEX: renaming one needs SHARE UPDATE EXCLUSIVE only.
        draft.lock(name, _UPKEEP if kind == "index" else _ALL, kind)
        draft.renames.append((name, Name(name.schema, new)))
        return
    owner = word(fields.get("relationType", "OBJECT_TABLE"))
    owner = owner if owner in _RELATIONS or owner == "type" else "table"
    if kind == "attribute":
        owner = "type"
    if kind in {"column", "constraint"}:
        draft.command = f"ALTER {owner.upper()} … RENAME {kind.upper()}"
    descends = owner == "table" and relation.get("inh") and kind not in {"rule", "policy"}
    draft.lock(name, _ALL, owner, reach={Reach.DESCENDANTS: _ALL} if descends else {})
    if kind == "attribute" and fields.get("behavior") == "DROP_CASCADE":
        draft.beyond(name, Reach.DEPENDENTS, _ALL, owner)


def _lock_object(draft: Draft, fields: Tree, kind: str) -> None:
    if kind in _RENAMED_OBJECTS and (parts := parts_of(fields.get("object", {"": {}}))):
        name = Name(None, parts[-1]) if kind in _GLOBAL else dotted(parts)
        draft.lock(name, _ALL, kind)


def _set_schema(draft: Draft, fields: Tree) -> None:
    kind = word(fields["objectType"])
    draft.command = f"ALTER {kind.upper()} … SET SCHEMA"
    if relation := fields.get("relation"):
        name = range_var(relation)
        draft.lock(name, _ALL, kind, reach={Reach.SEQUENCES: _ALL} if kind == "table" else {})
        draft.renames.append((name, Name(fields["newschema"], name.name)))
    elif kind == "extension":
        draft.beyond(Name(None, parts_of(fields["object"])[-1]), Reach.MEMBERS, _ALL, kind)
    else:
        _lock_object(draft, fields, kind)


def _owner(draft: Draft, fields: Tree) -> None:
    kind = word(fields["objectType"])
    draft.command = f"ALTER {kind.upper()} … OWNER TO"
    _lock_object(draft, fields, kind)


def _comment(draft: Draft, fields: Tree) -> None:
    """COMMENT, manual, Notes: SHARE UPDATE EXCLUSIVE on the object itself."""
    kind = word(fields["objtype"])
    draft.command = f"COMMENT ON {kind.upper()}"
    _lock_described(draft, fields, kind)


def _label(draft: Draft, fields: Tree) -> None:
    kind = word(fields["objtype"])
    draft.command = "SECURITY LABEL"
    _lock_described(draft, fields, kind)


def _lock_described(draft: Draft, fields: Tree, kind: str) -> None:
    parts = parts_of(fields["object"])
    if fields["objtype"] == "OBJECT_DOMCONSTRAINT" or not parts:
        return
    if kind == "column":
        draft.lock(dotted(parts[:-1]), _UPKEEP)
    elif kind in _OF_TABLE:
        draft.lock(dotted(parts[:-1]), _READ)
    else:
        name = Name(None, parts[-1]) if kind in _GLOBAL else dotted(parts)
        draft.lock(name, _UPKEEP, kind)


def _grant(draft: Draft, fields: Tree) -> None:
    draft.command = "GRANT" if fields.get("is_grant") else "REVOKE"
    kind = word(fields["objtype"])
    if kind in {"table", "sequence"} and fields["targtype"] == "ACL_TARGET_OBJECT":
        for item in fields["objects"]:
            note = "PostgreSQL 18 and newer; none before"
            draft.lock(range_var(item["RangeVar"]), _READ, kind, note=note)


def _enum(draft: Draft, fields: Tree) -> None:
    """ALTER TYPE ADD VALUE: allowed in a transaction, but the label is unusable until commit."""
    name = dotted(strings(fields["typeName"]))
    form = "RENAME VALUE" if "oldVal" in fields else "ADD VALUE"
    draft.command = f"ALTER TYPE … {form}"
    draft.lock(name, LockMode.EXCLUSIVE, "type")
    draft.long = form == "ADD VALUE"  # not that it is: but what it did is looked at by itself


_DOMAIN_FORMS = {
    "T": "SET DEFAULT",
    "N": "DROP NOT NULL",
    "O": "SET NOT NULL",
    "C": "ADD CONSTRAINT",
    "X": "DROP CONSTRAINT",
    "V": "VALIDATE CONSTRAINT",
}


def _domain(draft: Draft, fields: Tree) -> None:
    """ALTER DOMAIN: what must hold of old rows is checked in every table with such a column."""
    name = dotted(strings(fields["typeName"]))
    subtype = fields["subtype"]
    draft.command = f"ALTER DOMAIN … {_DOMAIN_FORMS.get(subtype, '')}".rstrip(" …")
    unchecked = fields.get("def", {}).get("Constraint", {}).get("skip_validation")
    if subtype in {"O", "V"} or (subtype == "C" and not unchecked):
        # Only the catalog knows the tables, so `scans` cannot name them.
        draft.beyond(name, Reach.DEPENDENTS, LockMode.SHARE, "domain")
        draft.long = name not in draft.created
        draft.unsure.append(f"every table with a column of {written(name)} is scanned")


def _sequence(draft: Draft, fields: Tree) -> None:
    draft.command = "ALTER SEQUENCE"
    draft.lock(range_var(fields["sequence"]), _GUARD, "sequence")
    own_sequence(draft, fields)


def _publication(draft: Draft, fields: Tree) -> None:
    draft.command = "ALTER PUBLICATION"
    lock_published(draft, fields)
    if fields.get("action") == "AP_SetObjects":
        draft.beyond(Name(None, fields["pubname"]), Reach.MEMBERS, _UPKEEP, "publication")


_REFRESHING = frozenset(
    {"ALTER_SUBSCRIPTION_REFRESH", "ALTER_SUBSCRIPTION_SET_PUBLICATION"}
    | {"ALTER_SUBSCRIPTION_ADD_PUBLICATION", "ALTER_SUBSCRIPTION_DROP_PUBLICATION"}
)


def _subscription(draft: Draft, fields: Tree) -> None:
    """ALTER SUBSCRIPTION, manual: REFRESH, or anything that refreshes, not in a transaction."""
    draft.command = "ALTER SUBSCRIPTION"
    given = options(fields.get("options", ()))
    if fields["kind"] in _REFRESHING and on({"refresh": "true"} | given, "refresh"):
        draft.autocommit = draft.long = True
        draft.known = False
    elif {"failover", "two_phase"} & given.keys():
        draft.autocommit = True


def _extension_content(draft: Draft, fields: Tree) -> None:
    draft.command = "ALTER EXTENSION"
    kind = word(fields["objtype"])
    if kind in _RELATIONS:
        draft.lock(dotted(parts_of(fields["object"])), _UPKEEP, kind)


HANDLERS = {
    "AlterDomainStmt": _domain,
    "AlterEnumStmt": _enum,
    "AlterExtensionContentsStmt": _extension_content,
    "AlterObjectSchemaStmt": _set_schema,
    "AlterOwnerStmt": _owner,
    "AlterPolicyStmt": alter_policy,
    "AlterPublicationStmt": _publication,
    "AlterSeqStmt": _sequence,
    "AlterSubscriptionStmt": _subscription,
    "CommentStmt": _comment,
    "DropStmt": _drop,
    "GrantStmt": _grant,
    "RenameStmt": _rename,
    "SecLabelStmt": _label,
}
