"""A real server's own account of what a statement locked, rewrote and scanned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wishkit.core.locks import Beyond, Effects, LockMode, Reach

if TYPE_CHECKING:
    import psycopg

_MODES = {mode.name.title().replace("_", "") + "Lock": mode for mode in LockMode}

Oid = int
Rows = list[tuple[Any, ...]]

# Non-relations by what `Lock.kind` calls them: their catalog and how to find one by name.
_OBJECTS = {
    "type": ("pg_type", "typname", "typnamespace"),
    "domain": ("pg_type", "typname", "typnamespace"),
    "function": ("pg_proc", "proname", "pronamespace"),
    "procedure": ("pg_proc", "proname", "pronamespace"),
    "schema": ("pg_namespace", "nspname", None),
    "publication": ("pg_publication", "pubname", None),
    "statistics": ("pg_statistic_ext", "stxname", "stxnamespace"),
    "collation": ("pg_collation", "collname", "collnamespace"),
    "extension": ("pg_extension", "extname", None),
    "server": ("pg_foreign_server", "srvname", None),
}
RELATIONS = frozenset(
    {"table", "index", "sequence", "view", "materialized view", "foreign table", "type"}
)


@dataclass(slots=True)
class Catalog:
    """The relations of a database before anything is measured, and what belongs to what."""

    connection: psycopg.Connection[Any]
    relations: dict[Oid, tuple[str, str, str]] = field(default_factory=dict)
    edges: dict[Reach, dict[Oid, set[Oid]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        user = "relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace,"
        user += " 'information_schema'::regnamespace)"
        for oid, schema, name, kind in self._rows(
            "SELECT oid, relnamespace::regnamespace::text, relname, relkind::text FROM pg_class"
            f" WHERE {user}"
        ):
            self.relations[oid] = (schema, name, kind)
        for reach, query in _EDGES.items():
            pairs = self.edges.setdefault(reach, {})
            for start, end in self._rows(query):
                pairs.setdefault(start, set()).add(end)

    def _rows(self, query: str, *args: object) -> Rows:
        return self.connection.execute(query, args).fetchall()

    def find(self, schema: str | None, name: str) -> Oid | None:
        wanted = (schema or "public", name)
        return next((oid for oid, (s, n, _) in self.relations.items() if (s, n) == wanted), None)

    def find_object(self, kind: str, schema: str | None, name: str) -> tuple[str, Oid] | None:
        if kind not in _OBJECTS:
            return None
        table, column, namespace = _OBJECTS[kind]
        where = f"{column} = %s"
        args: list[object] = [name]
        if namespace:
            where += f" AND {namespace} = %s::regnamespace"
            args.append(schema or "public")
        rows = self._rows(f"SELECT oid FROM {table} WHERE {where}", *args)
        return (table, rows[0][0]) if rows else None

    def closure(self, reach: Reach, starts: set[Oid]) -> set[Oid]:
        """Everything a reach leads to, over and over where that is its meaning."""
        found: set[Oid] = set()
        todo = set(starts)
        while todo:
            step = set().union(*(self.edges[reach].get(oid, set()) for oid in todo))
            todo = step - found if reach in _TRANSITIVE else set()
            found |= step
        return found

    def reached(self, beyond: Beyond, *, descending: bool) -> set[Oid]:
        """The relations one Beyond stands for."""
        if beyond.reach is Reach.DEPENDENTS:
            return self._dependents(beyond)
        if beyond.reach is Reach.MEMBERS:
            return self._members(beyond)
        oid = self.find(beyond.schema, beyond.name)
        if oid is None:
            if beyond.kind == "statistics" and beyond.reach is Reach.TABLE:
                return {
                    row[0]
                    for row in self._rows(
                        "SELECT stxrelid FROM pg_statistic_ext WHERE stxname = %s", beyond.name
                    )
                }
            return set(self.relations) if beyond.kind in {"function", "procedure"} else set()
        starts = {oid} | (self.closure(Reach.DESCENDANTS, {oid}) if descending else set())
        return self.closure(beyond.reach, starts)

    def _members(self, beyond: Beyond) -> set[Oid]:
        if beyond.kind == "publication":
            query = (
                "SELECT prrelid FROM pg_publication_rel JOIN pg_publication p ON p.oid = prpubid"
            )
            return {row[0] for row in self._rows(f"{query} WHERE pubname = %s", beyond.name)}
        if beyond.kind == "schema":
            return {oid for oid, (s, _, _) in self.relations.items() if s == beyond.name}
        return set(self.relations)

    def _dependents(self, beyond: Beyond) -> set[Oid]:
        start = self.find_object(beyond.kind, beyond.schema, beyond.name)
        starts = [start] if start else []
        if (oid := self.find(beyond.schema, beyond.name)) is not None:
            starts.append(("pg_class", oid))
        links = self._rows(
            "SELECT classid::regclass::text, objid, refclassid::regclass::text, refobjid,"
            " deptype::text FROM pg_depend"
        )
        seen: set[tuple[str, Oid]] = set(starts)
        found: set[Oid] = set()
        todo = set(starts)
        while todo:
            after = {(c, o) for c, o, rc, ro, _ in links if (rc, ro) in todo}
            owners = [(rc, ro, d) for c, o, rc, ro, d in links if (c, o) in todo]
            # A view goes with its rule; a table is locked for what is taken from it.
            after |= {(rc, ro) for rc, ro, d in owners if d == "i"}
            found |= {
                ro
                for c, o, rc, ro, _ in links
                if (c, o) in todo and c in _PARTS and rc == "pg_class"
            }
            todo = after - seen
            seen |= todo
        return found | {oid for table, oid in seen if table == "pg_class"}


_PARTS = frozenset({"pg_rewrite", "pg_trigger", "pg_constraint", "pg_attrdef", "pg_policy"})
_TRANSITIVE = frozenset({Reach.DESCENDANTS, Reach.REFERENCING, Reach.UNDERLYING, Reach.PARENT})

_DEFAULT = "SELECT partrelid, partdefid FROM pg_partitioned_table WHERE partdefid <> 0"
_OWNED = (
    "SELECT refobjid, objid FROM pg_depend JOIN pg_class c ON c.oid = objid WHERE relkind = 'S'"
    " AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i')"
)
_EDGES = {
    Reach.DESCENDANTS: "SELECT inhparent, inhrelid FROM pg_inherits",
    Reach.INDEXES: "SELECT indrelid, indexrelid FROM pg_index",
    Reach.TABLE: "SELECT indexrelid, indrelid FROM pg_index",
    Reach.SEQUENCES: _OWNED,
    Reach.PARENT: "SELECT inhrelid, inhparent FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
    " WHERE relispartition UNION SELECT inhrelid, partdefid FROM pg_inherits"
    " JOIN pg_partitioned_table ON partrelid = inhparent WHERE partdefid <> 0",
    Reach.DEFAULT_PARTITION: _DEFAULT,
    Reach.REFERENCED: "SELECT conrelid, confrelid FROM pg_constraint WHERE contype = 'f'",
    Reach.REFERENCING: "SELECT confrelid, conrelid FROM pg_constraint WHERE contype = 'f'",
    Reach.UNDERLYING: "SELECT ev_class, d.refobjid FROM pg_rewrite r JOIN pg_depend d"
    " ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass"
    " WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> ev_class",
    Reach.TRIGGERED: "SELECT adrelid, d.refobjid FROM pg_attrdef a JOIN pg_depend d"
    " ON d.objid = a.oid AND d.classid = 'pg_attrdef'::regclass"
    " WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> adrelid",
}


@dataclass(slots=True)
class Measured:
    """What one statement did, by OID."""

    locks: dict[Oid, LockMode]
    objects: dict[tuple[str, Oid], LockMode]
    rewritten: set[Oid]
    scanned: set[Oid]


def _strongest(rows: Rows) -> dict[Any, LockMode]:
    found: dict[Any, LockMode] = {}
    for key, mode in rows:
        found[key] = max(found.get(key, LockMode.ACCESS_SHARE), _MODES[mode])
    return found


_SCANS = "SELECT relid, seq_scan FROM pg_stat_xact_user_tables"
_NODES = "SELECT oid, pg_relation_filenode(oid) FROM pg_class WHERE relkind IN ('r', 'm')"


def measure(catalog: Catalog, statement: str) -> Measured:
    """Runs a statement in the open transaction and reads what it did."""
    connection = catalog.connection
    nodes = dict(connection.execute(_NODES).fetchall())
    scans = dict(connection.execute(_SCANS).fetchall())
    connection.execute(statement.encode(), prepare=False)
    locks = connection.execute(
        "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND granted"
        " AND locktype = 'relation'"
    ).fetchall()
    objects = connection.execute(
        "SELECT classid::regclass::text, objid, mode FROM pg_locks WHERE granted"
        " AND pid = pg_backend_pid() AND locktype = 'object'"
    ).fetchall()
    after = connection.execute(_NODES).fetchall()
    counted = connection.execute(_SCANS).fetchall()
    return Measured(
        {o: m for o, m in _strongest(locks).items() if o in catalog.relations},
        _strongest([((table, oid), mode) for table, oid, mode in objects]),
        {o for o, filenode in after if o in catalog.relations and nodes.get(o) != filenode},
        {o for o, n in counted if o in catalog.relations and n > scans.get(o, 0)},
    )


def differences(catalog: Catalog, told: Effects, real: Measured, *, ddl: bool) -> list[str]:
    """Where what was told is weaker than what was measured, or stronger without saying why."""
    if not told.known:
        return []
    problems = _named(catalog, told, real)
    allowed = _allowed(catalog, told)
    for oid, mode in real.locks.items():
        if mode > allowed.get(oid, 0):
            problems.append(f"{mode.label} on {catalog.relations[oid][1]} is not told")
    if not ddl:
        return problems
    if told.command != "TRUNCATE":
        problems += _work(catalog, told, told.rewrites, real.rewritten, "rewrite")
    read = real.scanned - real.rewritten
    problems += _work(catalog, told, told.scans, read, "scan")
    return problems


def _named(catalog: Catalog, told: Effects, real: Measured) -> list[str]:
    """Of what the statement names, the mode must be equal, or have a note that says why not."""
    problems = []
    for lock in told.locks:
        oid = catalog.find(lock.schema, lock.name) if lock.kind in RELATIONS else None
        key = catalog.find_object(lock.kind, lock.schema, lock.name)
        if oid is None and key is None:
            continue
        modes = [mode for o, mode in real.locks.items() if o == oid]
        modes += [mode for k, mode in real.objects.items() if k == key]
        mode = max(modes, default=None)
        if mode is None or mode < lock.mode:
            if lock.note is None:
                got = mode.label if mode else "nothing"
                problems.append(f"{lock.mode.label} on {lock.relation} is told, {got} is taken")
        elif mode > lock.mode:
            problems.append(f"{lock.mode.label} on {lock.relation} is told, {mode.label} taken")
    return problems


def _allowed(catalog: Catalog, told: Effects) -> dict[Oid, int]:
    """The strongest mode told of each relation: named, reached, or an index of those."""
    allowed: dict[Oid, int] = {}

    def allow(oid: Oid, mode: LockMode) -> None:
        for it in {oid} | catalog.edges[Reach.INDEXES].get(oid, set()):
            allowed[it] = max(allowed.get(it, 0), mode)

    for lock in told.locks:
        if (oid := catalog.find(lock.schema, lock.name)) is not None:
            allow(oid, lock.mode)
    descending = {b.relation for b in told.beyond if b.reach is Reach.DESCENDANTS}
    for beyond in told.beyond:
        for oid in catalog.reached(beyond, descending=beyond.relation in descending):
            allow(oid, beyond.mode)
    return allowed


def _work(
    catalog: Catalog, told: Effects, claimed: tuple[str, ...], real: set[Oid], what: str
) -> list[str]:
    names = {oid: name for oid, (_, name, _) in catalog.relations.items()}
    written = {name.rsplit(".", 1)[-1].strip('"') for name in claimed}
    starts = {oid for oid, name in names.items() if name in written}
    covered = starts | catalog.closure(Reach.DESCENDANTS, starts)
    partners = {
        oid
        for lock in told.locks
        if (lock.why or "").startswith("referenced")
        and (oid := catalog.find(lock.schema, lock.name)) is not None
    } | catalog.closure(Reach.REFERENCED, covered)
    missing = real - covered - (partners if what == "scan" else set())
    if missing and "scanned" not in " ".join(told.unsure):
        return [f"{what} of {', '.join(names[oid] for oid in missing)} is not told"]
    if claimed and not told.unsure and not covered & real:
        return [f"{what} of {', '.join(claimed)} is told and did not happen"]
    return []
