"""What the files up to some point have made, as far as hazards depend on it; no database is asked.

Every table that the files name is taken to exist and to be large, except for those that nobody can
be using yet. What else a catalog would say (types of columns, constraints, keys) is learned from
the files.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wishkit.config import Small
from wishkit.core.columns import Columns
from wishkit.core.hazards.model import Column, Constraint, Facts, Size, Table
from wishkit.core.hazards.proof import proves
from wishkit.core.hazards.retype import modifier, type_name
from wishkit.core.hazards.scene import Held, Scene, candidates
from wishkit.core.lint.builtin import COERCIBLE, NAMES, STEADY, TYPES
from wishkit.core.locks.model import Name
from wishkit.core.locks.tree import Tree, range_var, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.hazards.parts import Part, Stated

_UNKNOWN = Column("what it is")
_EMPTY = Size(0, 0)  # of a partitioned table without its partitions
_FACTS = Facts(types=TYPES, coercible=COERCIBLE, steady=STEADY)


@dataclass(slots=True)
class Known(Scene):
    """A scene that begins with nothing and learns from every file.

    Attributes:
        fresh: tables that nobody can be using yet.
        enums: columns and their types, for values of enums.
        owners: the tables of indexes, by the index's name.
    """

    fresh: set[Name] = field(default_factory=set)
    enums: Columns = field(default_factory=Columns)
    owners: dict[Name, Name] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begin()

    @classmethod
    def nothing(cls, version: int | None) -> Known:
        """Before the first file, on a server of this major version."""
        facts = _FACTS if version is None else replace(_FACTS, version=version)
        return cls(facts, Small(0, 0))

    def copy(self) -> Known:
        """Another one that knows the same and goes its own way, but for what it knows of enums."""
        return replace(
            self,
            tables=dict(self.tables),
            names=dict(self.names),
            indexes=dict(self.indexes),
            domains=set(self.domains),
            held=[],
            fresh=set(self.fresh),
        )

    def table(self, name: Name) -> Table | None:
        """The table that a name means; one of which nothing is known, where no file has made it."""
        meant = [plain(it) for it in candidates(name, self.path)]
        for candidate in meant:
            if candidate in self.tables:
                return self.tables[candidate]
            if candidate in self.owners:
                return self.table(self.owners[candidate])
        first = meant[0]
        return self.tables.setdefault(first, Table(first, "r", None, None))

    def is_large(self, name: Name, *, alone: bool = False) -> Table | None:
        """The table, unless nobody can be using it yet."""
        table = Scene.is_large(self, name, alone=alone)
        return None if table is None or table.name in self.fresh else table

    def holding(self, statement: Stated) -> Iterator[Held]:
        """The locks a statement adds, but for those nobody can be waiting for."""
        for held in Scene.holding(self, statement):
            if held.table not in self.fresh:
                yield held

    def meet(self, parts: Sequence[Part]) -> None:
        """What a statement says about its tables before it does anything."""
        for part in parts:
            table = self.table(part.table)
            if table is None:
                continue
            if part.kind == "AT_AlterColumnType" and part.fields["name"] not in table.columns:
                self._column(part.table, part.fields["name"], _UNKNOWN)
            if part.kind == "IndexStmt" and not part.fields["relation"].get("inh", False):
                # ON ONLY is for tables that have partitions, and their own part holds no rows.
                self.tables[table.name] = replace(table, kind="p", own=_EMPTY)

    def went(self, statement: Stated, parts: Sequence[Part]) -> None:
        """A statement has been run."""
        for ref in statement.effects.drops:
            if ref.kind == "column" and ref.column:
                self._column(Name(ref.schema, ref.name), ref.column, None)
        Scene.went(self, statement, parts)
        for old, new in statement.effects.renames:
            self._renamed_to(plain(old), plain(new))
        self.fresh.update(fresh_names(statement))
        if create := statement.tree.get("CreateStmt"):
            self._created(create)
        for part in parts:
            if part.kind == "AT_AddColumn":
                column = part.fields["def"]["ColumnDef"]
                self._column(part.table, column["colname"], self._defined(column))
            elif part.kind == "AT_AlterColumnType":
                column = part.fields["def"]["ColumnDef"]
                self._column(part.table, part.fields["name"], self._typed(column))
        if (index := statement.tree.get("IndexStmt")) and "idxname" in index:
            table = range_var(index["relation"])
            name = Name(table.schema, index["idxname"])
            self.indexes[plain(name)] = self.indexes.get(name, ())
            self.owners[plain(name)] = plain(table)

    def index(self, name: Name) -> tuple[str, ...]:
        """The key columns of an index; empty where they are not known."""
        return Scene.index(self, plain(name))

    def _renamed_to(self, old: Name, new: Name) -> None:
        self.names.clear()  # a scene keeps the name that the catalog knows; here there is none
        if table := self.tables.pop(old, None):
            self.tables[new] = replace(table, name=new)
        if old in self.fresh:
            self.fresh.remove(old)
            self.fresh.add(new)

    def _column(self, table: Name, name: str, column: Column | None) -> None:
        found = self.table(table)
        if found is not None:
            others = {key: it for key, it in found.columns.items() if key != name}
            changed = {**others, name: column} if column else others
            self.tables[found.name] = replace(found, columns=changed)

    def _typed(self, column: Tree) -> Column:
        """A column as its definition has it, but for its constraints."""
        name = type_name(column["typeName"])
        known = TYPES.get(name)
        bare = name.name.name
        if known is None:
            return Column(bare + ("[]" if name.array else ""))
        length = modifier(known, column["typeName"])
        return Column(
            NAMES.get(bare, bare), known.declared, known.base, -1 if length is None else length
        )

    def _defined(self, column: Tree) -> Column:
        """A column as its definition has it."""
        made = self._typed(column) if "typeName" in column else _UNKNOWN
        return replace(made, not_null=bool(_kinds(column) & _NOT_NULL))

    def _created(self, fields: Tree) -> None:
        name = plain(range_var(fields["relation"]))
        columns: dict[str, Column] = {}
        constraints: dict[str, Constraint] = {}
        keys: list[str] = []
        for item in fields.get("tableElts", ()):
            if column := item.get("ColumnDef"):
                columns[column["colname"]] = self._defined(column)
                keys += [column["colname"]] if "CONSTR_PRIMARY" in _kinds(column) else []
            elif constraint := item.get("Constraint"):
                if constraint["contype"] == "CONSTR_CHECK":
                    proven = proves(constraint["raw_expr"])
                    made = Constraint("c", valid=True, proves=proven)
                    constraints[constraint.get("conname", "")] = made
                elif constraint["contype"] == "CONSTR_PRIMARY":
                    keys += strings(constraint.get("keys", ()))
        for key in columns.keys() & {*keys}:
            columns[key] = replace(columns[key], not_null=True)
        partitioned = "partspec" in fields
        self.tables[name] = Table(
            name,
            "p" if partitioned else "r",
            None,
            _EMPTY if partitioned else None,
            columns,
            constraints,
            key=tuple(keys),
        )
        if "partbound" in fields:
            parent = self.table(range_var(fields["inhRelations"][0]["RangeVar"]))
            if parent is not None:
                partitions = (*parent.partitions, name)
                self.tables[parent.name] = replace(parent, kind="p", partitions=partitions)


def fresh_names(statement: Stated) -> Iterator[Name]:
    """Relations that a statement makes: nobody else can be using them yet."""
    for ref in statement.effects.creates:
        if ref.column is None and not ref.maybe:
            yield plain(Name(ref.schema, ref.name))


def _kinds(column: Tree) -> set[str]:
    return {item["Constraint"]["contype"] for item in column.get("constraints", ())}


_NOT_NULL = {"CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"}


def plain(name: Name) -> Name:
    """A name without the schema that everybody leaves out."""
    return Name(None, name.name) if name.schema == "public" else name
