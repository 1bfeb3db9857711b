"""What stands in the database at each point of a plan, as far as hazards depend on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wishkit.core.hazards.model import Column, Constraint, Facts, Index, Table
from wishkit.core.hazards.parts import blocked
from wishkit.core.hazards.proof import proves
from wishkit.core.locks.model import LockMode, Name
from wishkit.core.locks.tree import Tree, range_var, strings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wishkit.config import Small
    from wishkit.core.hazards.parts import Part, Stated

_UTC = frozenset({"utc", "gmt", "etc/utc", "etc/gmt", "zulu", "universal", "uct", "0"})


@dataclass(frozen=True, slots=True)
class Held:
    """A lock of the open transaction that keeps others from writing.

    Attributes:
        table: of what.
        relation: the same as written.
        mode: how strong.
        line: of the statement that took it.
    """

    table: Name
    relation: str
    mode: LockMode
    line: int


@dataclass(slots=True)
class Scene:
    """Follows a plan, statement by statement.

    Attributes:
        facts: as the catalog had them before the plan.
        small: up to what size a table may be rewritten while clients wait.
        tables: those that exist and existed before, by schema and name.
        names: what names as written mean where it is not what the catalog said.
        indexes: key columns of indexes made by the plan, by name as written.
        domains: those that the plan made.
        path: schemas set by the file; empty for those of the session.
        utc: whether the session's time zone is UTC.
        held: locks of the open transaction, in the order they were taken.
    """

    facts: Facts
    small: Small
    tables: dict[Name, Table] = field(default_factory=dict)
    names: dict[Name, Name | None] = field(default_factory=dict)
    indexes: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    domains: set[Name] = field(default_factory=set)
    path: tuple[str, ...] = ()
    utc: bool = False
    held: list[Held] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tables = {table.name: table for table in self.facts.tables.values()}
        self.begin()

    def begin(self) -> None:
        """A new migration, and so a clean session and a new transaction."""
        self.held.clear()
        self.path = ()
        self.utc = self.facts.utc

    def table(self, name: Name) -> Table | None:
        """The table that a name means; None for one that did not exist before the plan."""
        for candidate in candidates(name, self.path):
            if candidate in self.names:
                real = self.names[candidate]
            else:
                found = self.facts.tables.get(candidate)
                real = found.name if found else None
            if real in self.tables:
                return self.tables[real]
        return None

    def index(self, name: Name) -> tuple[str, ...]:
        """The key columns of an index; empty where they are not known."""
        for candidate in candidates(name, self.path):
            if candidate in self.indexes:
                return self.indexes[candidate]
            known: Index | None = self.facts.indexes.get(candidate)
            if known:
                return known.columns
        return ()

    def is_large(self, name: Name, *, alone: bool = False) -> Table | None:
        """The table, if it existed before the plan and is not small.

        Args:
            name: as written.
            alone: without its partitions and children.
        """
        table = self.table(name)
        if table is None:
            return None
        size = table.own if alone else table.size
        return table if size is None or not size.within(self.small) else None

    def holding(self, statement: Stated) -> Iterator[Held]:
        """The locks a statement adds to those of its transaction."""
        for name, relation, mode in blocked(statement.effects):
            if table := self.table(name):
                yield Held(table.name, relation, mode, statement.line)

    def went(self, statement: Stated, parts: Sequence[Part]) -> None:
        """A statement has been run."""
        self.held.extend(self.holding(statement))
        for part in parts:
            if change := _CHANGES.get(part.kind):
                change(self, part)
        if setting := statement.tree.get("VariableSetStmt"):
            self._set(setting)
        if index := statement.tree.get("IndexStmt"):
            self._indexed(index)
        if rename := statement.tree.get("RenameStmt"):
            self._renamed(rename)
        self.domains |= {
            Name(ref.schema, ref.name) for ref in statement.effects.creates if ref.kind == "domain"
        }
        for old, new in statement.effects.renames:
            table = self.table(old)
            self.names[new] = table.name if table else None
            self.names[old] = None
        for ref in statement.effects.drops:
            self._dropped(ref.kind, Name(ref.schema, ref.name))

    def alter(self, part: Part, **changes: object) -> None:
        """Its table is not what it was."""
        table = self.table(part.table)
        if table is not None:
            self.tables[table.name] = replace(table, **changes)  # type: ignore[arg-type]

    def _dropped(self, kind: str, name: Name) -> None:
        if kind == "schema":
            self.tables = {key: it for key, it in self.tables.items() if key.schema != name.name}
        elif kind in {"table", "materialized view"} and (table := self.table(name)):
            self.tables.pop(table.name)

    def _indexed(self, fields: Tree) -> None:
        table = range_var(fields["relation"])
        columns = [item["IndexElem"].get("name") for item in fields["indexParams"]]
        if "idxname" in fields and None not in columns:
            self.indexes[Name(table.schema, fields["idxname"])] = tuple(columns)

    def _renamed(self, fields: Tree) -> None:
        if fields.get("renameType") != "OBJECT_COLUMN" or "relation" not in fields:
            return
        table = self.table(range_var(fields["relation"]))
        if table and (column := table.columns.get(fields["subname"])):
            columns = {n: c for n, c in table.columns.items() if n != fields["subname"]}
            columns[fields["newname"]] = replace(
                column, not_null=table.proven_not_null(fields["subname"])
            )
            self.tables[table.name] = replace(table, columns=columns)

    def _set(self, fields: Tree) -> None:
        values = [
            next(iter(arg["A_Const"].values()))
            for arg in fields.get("args", ())
            if "A_Const" in arg
        ]
        words = [str(it.get("sval", it.get("ival", 0))) for it in values if isinstance(it, dict)]
        if fields.get("name") == "search_path":
            self.path = tuple(words)
        elif fields.get("name") == "timezone":
            self.utc = bool(words) and is_utc(words[0])


def is_utc(zone: str) -> bool:
    """Whether a time zone is UTC at all times, so that timestamps do not change with it."""
    return zone.lower() in _UTC


def candidates(name: Name, path: tuple[str, ...]) -> tuple[Name, ...]:
    """What a name may mean: itself, or, where the file sets a search_path, one of its schemas."""
    if name.schema is not None or not path:
        return (name,)
    return tuple(Name(schema, name.name) for schema in path)


def _column(scene: Scene, part: Part, name: str, **changes: object) -> None:
    table = scene.table(part.table)
    if table is not None:
        column = replace(table.columns.get(name, Column()), **changes)  # type: ignore[arg-type]
        scene.alter(part, columns={**table.columns, name: column})


def _constraint(scene: Scene, part: Part, name: str, constraint: Constraint | None) -> None:
    table = scene.table(part.table)
    if table is not None:
        others = {key: it for key, it in table.constraints.items() if key != name}
        scene.alter(part, constraints={**others, **({name: constraint} if constraint else {})})


def _added(scene: Scene, part: Part) -> None:
    fields = part.fields["def"]["Constraint"]
    columns = frozenset(strings(fields.get("keys", ())))
    valid = not fields.get("skip_validation", False)
    match fields["contype"]:
        case "CONSTR_CHECK":
            shown = Constraint("c", valid, proves=proves(fields["raw_expr"]))
        case "CONSTR_NOTNULL":
            shown = Constraint("n", valid, columns, proves=columns)
        case "CONSTR_PRIMARY":
            for column in columns:
                _column(scene, part, column, not_null=True)
            return
        case _:
            shown = Constraint("f" if "pktable" in fields else "u", valid)
    _constraint(scene, part, fields.get("conname", ""), shown)


def _validated(scene: Scene, part: Part) -> None:
    table = scene.table(part.table)
    if table and (found := table.constraints.get(part.fields["name"])):
        _constraint(scene, part, part.fields["name"], replace(found, valid=True))


def _retyped(scene: Scene, part: Part) -> None:
    # What it is now is not looked up: another change of it is taken for the worst.
    _column(scene, part, part.fields["name"], type="", declared=0, base=0)


_CHANGES: dict[str, Callable[[Scene, Part], None]] = {
    "AT_AddConstraint": _added,
    "AT_ValidateConstraint": _validated,
    "AT_DropConstraint": lambda scene, part: _constraint(scene, part, part.fields["name"], None),
    "AT_SetNotNull": lambda scene, part: _column(scene, part, part.fields["name"], not_null=True),
    "AT_DropNotNull": lambda scene, part: _column(scene, part, part.fields["name"], not_null=False),
    "AT_AlterColumnType": _retyped,
}
