"""What of a text needs which PostgreSQL. Source: the release notes of 15 to 18, appendix E."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.lint.book import Spot, of_file
from wishkit.core.locks.tree import nodes, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wishkit.core.lint.reading import Around, File
    from wishkit.core.locks.tree import Tree


@of_file("newer-syntax")
def _newer(file: File, around: Around) -> Iterator[Spot]:
    if around.version is None:
        return
    for it in file.statements:
        for version, what in newer_than(it.tree, around.version):
            yield Spot(
                it.where,
                f"{what} exists from PostgreSQL {version} on, and the target is "
                f"{around.version}: it fails there",
                f"write it without, or upgrade the server to {version} first",
            )


def newer_than(tree: Tree, version: int) -> Iterator[tuple[int, str]]:
    """What a statement uses that servers of a major version do not have: since when, and what."""
    for since, what, uses in FEATURES:
        if since > version and uses(tree):
            yield since, what


def _any(kind: str, **fields: object) -> Callable[[Tree], bool]:
    """Whether a node of a kind is anywhere in a statement, with these fields."""

    def found(tree: Tree) -> bool:
        return any(
            all(it.get(key) == value for key, value in fields.items()) for it in nodes(tree, kind)
        )

    return found


def _either(*uses: Callable[[Tree], bool]) -> Callable[[Tree], bool]:
    return lambda tree: any(it(tree) for it in uses)


def _security_invoker(tree: Tree) -> bool:
    return "security_invoker" in options(tree.get("ViewStmt", {}).get("options", ()))


def _merge_returning(tree: Tree) -> bool:
    return any("returningClause" in it for it in nodes(tree, "MergeStmt"))


def _default_access_method(tree: Tree) -> bool:
    commands = nodes(tree, "AlterTableCmd")
    return any(it["subtype"] == "AT_SetAccessMethod" and "name" not in it for it in commands)


def _not_null_constraint(tree: Tree) -> bool:
    """NOT NULL as a constraint of the table, rather than of the column."""
    elements = tree.get("CreateStmt", {}).get("tableElts", ())
    added = (it.get("def", {}) for it in nodes(tree, "AlterTableCmd"))
    return any(
        it.get("Constraint", {}).get("contype") == "CONSTR_NOTNULL" for it in (*elements, *added)
    )


def _not_enforced(tree: Tree) -> bool:
    return any(
        it["contype"] == "CONSTR_ATTR_NOT_ENFORCED"
        or (it["contype"] in _ENFORCED and not it.get("is_enforced"))
        for it in nodes(tree, "Constraint")
    ) or any(it.get("alterEnforceability") for it in nodes(tree, "ATAlterConstraint"))


_ENFORCED = {"CONSTR_CHECK", "CONSTR_FOREIGN"}


def _old_and_new(tree: Tree) -> bool:
    for clause in nodes(tree, "returningClause"):
        if "options" in clause:
            return True
        for column in nodes(clause, "ColumnRef"):
            first = column["fields"][0].get("String", {}).get("sval")
            if column["fields"][1:] and first in {"old", "new"}:
                return True
    return False


FEATURES: tuple[tuple[int, str, Callable[[Tree], bool]], ...] = (
    (15, "MERGE", _any("MergeStmt")),
    (
        15,
        "NULLS NOT DISTINCT",
        _either(
            _any("IndexStmt", nulls_not_distinct=True), _any("Constraint", nulls_not_distinct=True)
        ),
    ),
    (15, "security_invoker", _security_invoker),
    (16, "IS JSON", _any("JsonIsPredicate")),
    (
        16,
        "JSON_OBJECT, JSON_ARRAY and their aggregates",
        _either(
            _any("JsonObjectConstructor"),
            _any("JsonArrayConstructor"),
            _any("JsonObjectAgg"),
            _any("JsonArrayAgg"),
            _any("JsonArrayQueryConstructor"),
        ),
    ),
    (17, "JSON_TABLE", _any("JsonTable")),
    (17, "JSON_VALUE, JSON_QUERY and JSON_EXISTS", _any("JsonFuncExpr")),
    (
        17,
        "WHEN NOT MATCHED BY SOURCE",
        _any("MergeWhenClause", matchKind="MERGE_WHEN_NOT_MATCHED_BY_SOURCE"),
    ),
    (17, "MERGE … RETURNING", _merge_returning),
    (17, "ALTER COLUMN … SET EXPRESSION", _any("AlterTableCmd", subtype="AT_SetExpression")),
    (17, "SET ACCESS METHOD DEFAULT", _default_access_method),
    (18, "a virtual generated column", _any("Constraint", generated_kind="v")),
    (18, "WITHOUT OVERLAPS", _any("Constraint", without_overlaps=True)),
    (18, "PERIOD in a foreign key", _any("Constraint", fk_with_period=True)),
    (18, "NOT NULL as a constraint of the table", _not_null_constraint),
    (18, "NOT ENFORCED", _not_enforced),
    (18, "RETURNING with OLD and NEW", _old_and_new),
)
