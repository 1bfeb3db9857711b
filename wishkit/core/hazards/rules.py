"""The rules: one function each, which says what a part of a statement does to a large table.

Facts about what PostgreSQL reads and rewrites are from the manual (ALTER TABLE with its Notes,
CREATE INDEX) and from src/backend/commands/tablecmds.c; a test holds every one against a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.hazards import retype, safe
from wishkit.core.locks.columns import SERIAL
from wishkit.core.locks.model import Name, Reach
from wishkit.core.locks.queries import functions
from wishkit.core.locks.tree import Tree, quoted, range_var, strings, written

if TYPE_CHECKING:
    from wishkit.core.hazards.model import Table
    from wishkit.core.hazards.parts import Part
    from wishkit.core.hazards.scene import Scene
    from wishkit.core.locks.model import LockMode


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says.

    Attributes:
        what: a verb, what it is done to, and perhaps why.
        files: the safe form.
        note: about the safe form.
        why: what stands behind the lock in the sentence.
    """

    what: str
    files: safe.Files = ()
    note: str | None = None
    why: str = ""

    def sentence(self, part: Part, scene: Scene) -> str:
        """What happens to which table, how large that is, and under which lock."""
        table = scene.is_large(part.table, alone=stands_alone(part))
        size = None
        if table:
            size = table.own if stands_alone(part) else table.size
        mode = lock_on(part)
        under = f" under {mode.label}" if mode and mode.blocks_writes else ""
        return f"{self.what} {part.relation} ({size or 'of unknown size'}){under}{self.why}"


Rule = Callable[["Part", "Scene", "Table"], Finding | None]

_NO_FORM = "there is no form of it that lets clients go on: accept it when few of them are there"


def column_type_change(part: Part, scene: Scene, table: Table) -> Finding | None:
    """ALTER COLUMN TYPE: a rewrite, or what goes on the column is checked or built anew."""
    if part.kind != "AT_AlterColumnType":
        return None
    name = part.fields["name"]
    column = part.fields["def"]["ColumnDef"]
    using = column.get("raw_default")
    old = table.columns.get(name)
    if old is None:
        return None  # it came with this plan, or it will fail
    tree = column["typeName"]
    trivial = retype.plain_conversion(using, name, tree)
    form = safe.second_column(part, table, using) if table.kind == "r" else ()
    note = (
        f"indexes, constraints and a default of {quoted(name)} are made on the second column, the "
        "safe way, before the last of these"
    )
    note = "; ".join(filter(None, (note, safe.batch_note(table))))
    if not trivial or not retype.keeps_rows(old, tree, scene.facts, utc=scene.utc):
        return Finding("rewrites", form, note, f", to change {quoted(name)} from {old.type}")
    checked = sorted(
        key
        for key, it in table.constraints.items()
        if it.kind == "c" and it.valid and name in it.columns
    )
    if checked:
        return Finding("reads all of", form, note, f", to check {', '.join(checked)} anew")
    sorted_anew = "collClause" in column or not retype.keeps_indexes(old, tree, scene.facts)
    if old.indexed and sorted_anew:
        return Finding("builds the indexes of", form, note, f", those on {quoted(name)} anew")
    return None


def volatile_default(part: Part, scene: Scene, table: Table) -> Finding | None:
    """ADD COLUMN with a default that every row has to be asked for (manual, ALTER TABLE, Notes)."""
    default = _constraints(part).get("CONSTR_DEFAULT")
    if part.kind != "AT_AddColumn" or default is None:
        return None
    moving = sorted(functions(default) - scene.facts.steady)
    if not moving:
        return None
    name = quoted(part.fields["def"]["ColumnDef"]["colname"])
    files = safe.column_first(part, table, drop=("CONSTR_DEFAULT", "CONSTR_NOTNULL"))
    why = f", as every {name} has a value of its own: {moving[0]}()"
    return Finding("rewrites", files, safe.batch_note(table), why)


def set_not_null(part: Part, scene: Scene, table: Table) -> Finding | None:
    """NOT NULL on a column of which nothing proves that it holds no NULL."""
    match part.kind:
        case "AT_SetNotNull":
            columns = [part.fields["name"]]
        case "AT_AddConstraint":
            constraint = part.fields["def"]["Constraint"]
            if constraint["contype"] == "CONSTR_NOTNULL":
                skipped = constraint.get("skip_validation", False)
                columns = [] if skipped else strings(constraint["keys"])
            elif constraint["contype"] == "CONSTR_PRIMARY" and "indexname" in constraint:
                columns = list(scene.index(Name(part.table.schema, constraint["indexname"])))
            else:
                return None
        case _:
            return None
    unproven = [column for column in columns if not table.proven_not_null(column)]
    if not unproven:
        return None
    files = tuple(text for column in unproven for text in safe.not_null(table, part.table, column))
    what = f", to look for a NULL in {', '.join(map(quoted, unproven))}"
    return Finding("reads all of", files, why=what)


def foreign_key_validates(part: Part, scene: Scene, table: Table) -> Finding | None:
    """A foreign key that looks every row up."""
    constraint = _added(part, "CONSTR_FOREIGN")
    if constraint is None or part.relation not in part.effects.scans:
        return None
    why = f", to look every row up in {written(range_var(constraint['pktable']))}"
    if part.kind == "AT_AddColumn":
        return Finding("reads all of", safe.column_first(part, table), why=why)
    if table.kind == "p" and scene.facts.version < 18:  # noqa: PLR2004 - PostgreSQL 18
        note = (
            "PostgreSQL 18 can add it NOT VALID to a partitioned table; before, add it NOT VALID "
            "to each partition, validate each, and then accept this: it finds them, and reads "
            "nothing"
        )
        return Finding("reads all of", note=note, why=why)
    return Finding("reads all of", safe.validated_later(table, part.table, constraint), why=why)


def check_validates(part: Part, scene: Scene, table: Table) -> Finding | None:
    """A CHECK that is tried on every row."""
    _ = scene
    constraint = _added(part, "CONSTR_CHECK")
    if constraint is None or part.relation not in part.effects.scans:
        return None
    files = (
        safe.column_first(part, table)
        if part.kind == "AT_AddColumn"
        else safe.validated_later(table, part.table, constraint)
    )
    return Finding("reads all of", files, why=", to check every row")


def unique_without_index(part: Part, scene: Scene, table: Table) -> Finding | None:
    """UNIQUE or PRIMARY KEY whose index is not there yet."""
    _ = scene
    constraint = _added(part, "CONSTR_UNIQUE") or _added(part, "CONSTR_PRIMARY")
    if constraint is None or "indexname" in constraint:
        return None
    files = (
        safe.column_first(part, table)
        if part.kind == "AT_AddColumn"
        else safe.by_index(table, part.table, constraint)
    )
    return Finding("builds an index on", files)


def index_not_concurrent(part: Part, scene: Scene, table: Table) -> Finding | None:
    """CREATE INDEX while nobody can write."""
    if part.kind != "IndexStmt" or part.fields.get("concurrent"):
        return None
    name = Name(part.table.schema, part.fields.get("idxname", ""))
    if part.fields.get("if_not_exists") and scene.index(name):
        return None
    return Finding("builds an index on", safe.concurrently(table, part.fields))


def validate_holds_locks(part: Part, scene: Scene, table: Table) -> Finding | None:
    """VALIDATE CONSTRAINT in a transaction that holds what others wait for."""
    if part.kind != "AT_ValidateConstraint":
        return None
    found = table.constraints.get(part.fields["name"])
    if found and found.valid:
        return None
    held = [*scene.held, *scene.holding(part.statement)]
    if not held:
        return None
    worst = max(held, key=lambda it: it.mode)
    what = (
        f" while {worst.mode.label} on {worst.relation} (line {worst.line}) is held to the end of "
        "the transaction"
    )
    files = (
        safe.file(safe.altered(part.table, f"VALIDATE CONSTRAINT {quoted(part.fields['name'])}")),
    )
    note = "in a migration of its own, after this one"
    return Finding("reads all of", files, note, what)


def table_rewrite(part: Part, scene: Scene, table: Table) -> Finding | None:
    """Whatever else writes every row of a table anew."""
    _ = table
    if part.relation not in part.effects.rewrites or part.kind == "AT_AlterColumnType":
        return None
    if part.kind == "AT_AddColumn" and not _column_rewrites(part, scene):
        return None
    if part.kind == "RefreshMatViewStmt":
        text = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {part.relation}"
        return Finding("fills", (safe.file(text),), "it needs a unique index on the view")
    return Finding("rewrites", note=_NO_FORM)


def full_scan(part: Part, scene: Scene, table: Table) -> Finding | None:
    """Whatever else reads a table from end to end while others wait."""
    _ = scene
    if part.kind == "ReindexStmt":
        what = part.effects.command
        name = written(range_var(part.fields["relation"]))
        text = f"{what} CONCURRENTLY {name}"
        of_index = what == "REINDEX INDEX"
        return Finding(
            "reads all of the table of" if of_index else "builds the indexes of",
            (safe.file(text, transactional=False),),
        )
    if part.kind == "AT_AttachPartition":
        proven = any(it.kind == "c" and it.valid for it in table.constraints.values())
        if proven:  # whether it proves the bounds is not known here: it is there for that
            return None
        note = (
            "add a CHECK with the bounds of the partition, its key IS NOT NULL among them, NOT "
            "VALID; validate it in a migration of its own; then this reads nothing"
        )
        return Finding("reads all of", note=note)
    if _added(part, "CONSTR_EXCLUSION"):
        return Finding("builds an index on", note=_NO_FORM)
    return None


RULES: Mapping[str, Rule] = {
    "column-type-change": column_type_change,
    "volatile-default": volatile_default,
    "set-not-null": set_not_null,
    "foreign-key-validates": foreign_key_validates,
    "check-validates": check_validates,
    "unique-without-index": unique_without_index,
    "index-not-concurrent": index_not_concurrent,
    "validate-holds-locks": validate_holds_locks,
    "table-rewrite": table_rewrite,
    "full-scan": full_scan,
}


def lock_on(part: Part) -> LockMode | None:
    """The strongest lock of a part on its table; None where it names neither."""
    named = (
        lock.mode
        for lock in part.effects.locks
        if Name(lock.schema, lock.name) == part.table and lock.kind != "index"
    )
    behind = (it.mode for it in part.effects.beyond if it.reach is Reach.TABLE)
    return max((*named, *behind), default=None)


def stands_alone(part: Part) -> bool:
    """Whether partitions and children of its table are left out."""
    descends = any(it.reach is Reach.DESCENDANTS for it in part.effects.beyond)
    return not descends and (part.kind == "IndexStmt" or part.kind.startswith("AT_"))


def findings(part: Part, scene: Scene) -> Iterator[tuple[str, Finding]]:
    """The first rule that a part breaks, if it does something to a large table."""
    mode = lock_on(part)
    waits = mode is not None and (mode.blocks_writes or part.kind == "AT_ValidateConstraint")
    table = scene.is_large(part.table, alone=stands_alone(part))
    if table is None or not waits:
        return
    for name, rule in RULES.items():
        if finding := rule(part, scene, table):
            yield name, finding
            return


def _constraints(part: Part) -> dict[str, Tree]:
    """The constraints of a column that is added, by their kind."""
    column = part.fields.get("def", {}).get("ColumnDef", {})
    return {
        item["Constraint"]["contype"]: item["Constraint"] for item in column.get("constraints", ())
    }


def _added(part: Part, kind: str) -> Tree | None:
    """The constraint of a kind that a part adds to a table, with a column or by itself."""
    if part.kind == "AT_AddColumn":
        return _constraints(part).get(kind)
    if part.kind != "AT_AddConstraint":
        return None
    constraint: Tree = part.fields["def"]["Constraint"]
    return constraint if constraint["contype"] == kind else None


def _column_rewrites(part: Part, scene: Scene) -> bool:
    """Whether a new column's type is what rewrites the table: stored, counted, or a domain."""
    constraints = _constraints(part)
    generated = constraints.get("CONSTR_GENERATED", {})
    if generated.get("generated_kind", "v" if not generated else "s") != "v":
        return True
    if "CONSTR_IDENTITY" in constraints:
        return True
    name = retype.type_name(part.fields["def"]["ColumnDef"]["typeName"])
    known = scene.facts.types.get(name)
    if known is None:  # a type that the plan makes, if not one of the words for int and a sequence
        return name.name.name in SERIAL or name.name in scene.domains
    return known.constrained
