"""Rules about what destroys data, or breaks the release that is running.

A forward file may do so when it says that it is the second half of a change in two releases
(``phase: contract``), or that somebody thought of it (``allow``). A backward file takes away what
its forward file made: that is what it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.lint.book import Spot, of_file
from wishkit.core.lint.known import plain
from wishkit.core.locks.columns import SERIAL
from wishkit.core.locks.model import Name
from wishkit.core.locks.tree import quoted, range_var, strings, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wishkit.core.lint.reading import Around, File, Told
    from wishkit.core.locks import ObjectRef

_LATER = (
    "if the release that runs while this migration does no longer uses it, say so:\n"
    "-- phase: contract\n"
    "or say why it does not matter:\n-- allow: "
)


def _breaking(file: File) -> Iterator[Told]:
    """The statements of a file that has to think of the release that is running."""
    if file.forward and file.header.phase != "contract":
        yield from file.statements


def _drops(file: File, around: Around, kinds: Collection[str]) -> Iterator[tuple[Told, ObjectRef]]:
    for it in _breaking(file):
        for ref in it.effects.drops:
            if ref.kind in kinds and plain(Name(ref.schema, ref.name)) not in around.fresh:
                yield it, ref


@of_file("drop-table")
def _table(file: File, around: Around) -> Iterator[Spot]:
    for it, ref in _drops(file, around, {"table"}):
        name = written(Name(ref.schema, ref.name))
        yield Spot(
            it.where,
            f"{name} and all its rows are gone, and whatever still reads it fails",
            f"{_LATER}drop-table {name} was copied to the archive, and nothing reads it",
        )


@of_file("drop-column")
def _column(file: File, around: Around) -> Iterator[Spot]:
    for it, ref in _drops(file, around, {"column"}):
        if ref.column is None:
            continue
        name = f"{written(Name(ref.schema, ref.name))}.{quoted(ref.column)}"
        yield Spot(
            it.where,
            f"what is in {name} is lost, and every statement that still names it fails",
            f"{_LATER}drop-column nothing reads it since release 4.2",
        )


@of_file("drop-type")
def _type(file: File, around: Around) -> Iterator[Spot]:
    made = {ref.name for _, ref in file.made if ref.kind in {"type", "domain"}}
    for it, ref in _drops(file, around, {"type", "domain"}):
        if ref.name not in made:
            name = written(Name(ref.schema, ref.name))
            yield Spot(
                it.where,
                f"whatever still casts to {name} fails, with CASCADE every column of it is lost",
                f"{_LATER}drop-type its last column is gone since 0021",
            )


@of_file("drop-schema")
def _schema(file: File, around: Around) -> Iterator[Spot]:
    made = {ref.name for _, ref in file.made if ref.kind == "schema"}
    for it, ref in _drops(file, around, {"schema"}):
        if ref.name not in made:
            yield Spot(
                it.where,
                f"everything in schema {quoted(ref.name)} is gone with it",
                f"{_LATER}drop-schema it is empty since 0021",
            )


@of_file("truncate")
def _truncate(file: File, around: Around) -> Iterator[Spot]:
    for it, ref in _drops(file, around, {"rows"}):
        name = written(Name(ref.schema, ref.name))
        yield Spot(
            it.where,
            f"all rows of {name} are gone, and nobody can read it until the COMMIT",
            f"{_LATER}truncate the cache of prices is filled anew every hour",
        )


@of_file("delete-all")
def _delete(file: File, around: Around) -> Iterator[Spot]:
    yield from _without_where(
        file,
        around,
        "DeleteStmt",
        "all rows of {} are gone",
        "write which rows: DELETE … WHERE …; of many, in batches (-- batch: id 1000); if all are "
        "meant:\n-- allow: delete-all the cache of prices is filled anew every hour",
    )


@of_file("update-all")
def _update(file: File, around: Around) -> Iterator[Spot]:
    if file.header.batch is None:
        yield from _without_where(
            file,
            around,
            "UpdateStmt",
            "every row of {} is written anew and stays locked until the COMMIT",
            "in batches, in a file of its own, with a WHERE that leaves out what is done:\n"
            "-- transactional: false\n-- batch: id 1000",
        )


def _without_where(
    file: File, around: Around, node: str, message: str, help_: str
) -> Iterator[Spot]:
    for it in _breaking(file):
        fields = it.tree.get(node)
        if fields is None or "whereClause" in fields or "usingClause" in fields:
            continue
        name = range_var(fields["relation"])
        if "fromClause" not in fields and plain(name) not in around.fresh:
            yield Spot(it.where, message.format(written(name)), help_)


@of_file("rename-table")
def _rename_table(file: File, around: Around) -> Iterator[Spot]:
    for it in _breaking(file):
        fields = it.tree.get("RenameStmt", {})
        if fields.get("renameType") not in _RELATIONS or "relation" not in fields:
            continue
        old = range_var(fields["relation"])
        if plain(old) not in around.fresh:
            new = written(old._replace(name=fields["newname"]))
            yield Spot(
                it.where,
                f"whatever still says {written(old)} fails from the COMMIT on",
                "leave the old name as a view, until nobody uses it, and say so:\n"
                "-- allow: rename-table the view has the old name until release 4.3\n"
                f"CREATE VIEW {written(old)} AS TABLE {new};",
            )


_RELATIONS = {"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"}


@of_file("rename-column")
def _rename_column(file: File, around: Around) -> Iterator[Spot]:
    for it in _breaking(file):
        fields = it.tree.get("RenameStmt", {})
        if fields.get("renameType") != "OBJECT_COLUMN" or "relation" not in fields:
            continue
        table = range_var(fields["relation"])
        if plain(table) not in around.fresh:
            name = f"{written(table)}.{quoted(fields['subname'])}"
            call = f"{name} {quoted(fields['newname'])}"
            yield Spot(
                it.where,
                f"every statement that still says {name} fails from the COMMIT on",
                "both names side by side for a while, in two releases:\n"
                f"wishkit new --rename-column {call}\n"
                "or, if nothing that runs knows the old name:\n-- phase: contract",
            )


@of_file("required-column")
def _required(file: File, around: Around) -> Iterator[Spot]:
    for it in file.statements if file.forward else ():
        alter = it.tree.get("AlterTableStmt", {})
        for item in alter.get("cmds", ()):
            column = item["AlterTableCmd"].get("def", {}).get("ColumnDef", {})
            kinds = {c["Constraint"]["contype"] for c in column.get("constraints", ())}
            table = range_var(alter["relation"])
            if (
                item["AlterTableCmd"]["subtype"] == "AT_AddColumn"
                and kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY"}
                and not kinds & _FILLED
                and strings(column["typeName"]["names"])[-1] not in SERIAL
                and plain(table) not in around.fresh
            ):
                name, of = quoted(column["colname"]), written(table)
                where = file.script.locate(it.span.start + column.get("location", 0), it.span.end)
                yield Spot(
                    where,
                    f"fails as soon as {of} has a row, and so does every INSERT of the release "
                    "that does not know the column",
                    f"give it a default; or let it be empty first, fill it, then require it:\n"
                    f"wishkit new --not-null {of}.{name}",
                )


_FILLED = {"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"}
