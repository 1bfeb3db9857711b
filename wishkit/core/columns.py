"""What types columns have: as the catalog says, and as the files of a plan change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.locks.model import Name
from wishkit.core.locks.tree import dotted, parts_of, range_var, strings

if TYPE_CHECKING:
    from wishkit.core.locks.tree import Tree


@dataclass(slots=True)
class Columns:
    """Columns and their types. A name without schema stands for the visible one, if there is one.

    Attributes:
        tables: columns in the order of the table, with their types; None for a type that is of no
            interest.
        table_schemas: where tables are found whose schema is not written.
        type_schemas: where types are found whose schema is not written.
    """

    tables: dict[Name, dict[str, Name | None]] = field(default_factory=dict)
    table_schemas: dict[str, str] = field(default_factory=dict)
    type_schemas: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Columns:
        """Another one that knows the same, and learns for itself."""
        tables = {name: dict(columns) for name, columns in self.tables.items()}
        return Columns(tables, dict(self.table_schemas), dict(self.type_schemas))

    def of(self, table: Name) -> dict[str, Name | None]:
        """The columns of a table; none where nothing is known of it."""
        return self.tables.get(self._full(table), {})

    def full_type(self, name: Name) -> Name:
        """A type as written, with its schema where that is known."""
        return name if name.schema else Name(self.type_schemas.get(name.name), name.name)

    def _full(self, table: Name) -> Name:
        return table if table.schema else Name(self.table_schemas.get(table.name), table.name)

    def learn(self, tree: Tree) -> None:
        """Take over what a statement does to tables and columns."""
        if create := tree.get("CreateStmt"):
            if not create.get("if_not_exists"):
                self.tables[self._full(range_var(create["relation"]))] = dict(
                    _column(item["ColumnDef"])
                    for item in create.get("tableElts", ())
                    if "ColumnDef" in item
                )
        elif (alter := tree.get("AlterTableStmt")) and "relation" in alter:
            self._alter(self._full(range_var(alter["relation"])), alter)
        elif rename := tree.get("RenameStmt"):
            self._rename(rename)
        elif tree.get("VariableSetStmt", {}).get("name") == "search_path":
            self.tables.clear()  # names may stand for other things from here on
        elif (drop := tree.get("DropStmt")) and drop["removeType"] == "OBJECT_TABLE":
            for item in drop["objects"]:
                self.tables.pop(self._full(dotted(parts_of(item))), None)

    def _alter(self, table: Name, fields: Tree) -> None:
        known = self.of(table)
        for item in fields.get("cmds", ()):
            command = item["AlterTableCmd"]
            match command.get("subtype"):
                case "AT_AddColumn":
                    name, type_ = _column(command["def"]["ColumnDef"])
                    self.tables.setdefault(table, known)[name] = type_
                case "AT_DropColumn":
                    known.pop(command["name"], None)
                case "AT_AlterColumnType":
                    _, type_ = _column({"colname": "", **command["def"]["ColumnDef"]})
                    self.tables.setdefault(table, known)[command["name"]] = type_

    def _rename(self, fields: Tree) -> None:
        if "relation" not in fields:
            return
        table = self._full(range_var(fields["relation"]))
        known = self.of(table)
        if fields["renameType"] == "OBJECT_COLUMN":
            renamed = {
                fields["newname"] if n == fields["subname"] else n: t for n, t in known.items()
            }
            self.tables[table] = renamed
        elif fields["renameType"] == "OBJECT_TABLE":
            self.tables.pop(table, None)
            self.tables[table._replace(name=fields["newname"])] = known
            if table.schema and self.table_schemas.get(table.name) == table.schema:
                self.table_schemas[fields["newname"]] = table.schema


def _column(fields: Tree) -> tuple[str, Name | None]:
    """Name and type of a column; of an array, None."""
    type_ = fields.get("typeName") or {}
    plain = "names" in type_ and not type_.get("arrayBounds")
    return fields["colname"], dotted(strings(type_["names"])) if plain else None
