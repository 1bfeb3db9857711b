"""The rule about ways back that leave something behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wishkit.core.lint.book import Spot, few, of_pair
from wishkit.core.locks.model import Name
from wishkit.core.locks.tree import quoted, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.lint.reading import Around, File, Pair, Told
    from wishkit.core.locks import ObjectRef

_WORD = re.compile(r"[^\W\d][\w$]*")


@of_pair("backward-forgets")
def _forgets(pair: Pair, around: Around) -> Iterator[Spot]:
    if pair.backward is None or not pair.backward.statements:
        return
    mentioned = _mentioned(pair.backward)
    gone = {
        (ref.kind, ref.name)
        for it in pair.backward.statements
        for ref in it.effects.drops
        if ref.kind in {"table", "schema"}
    }
    owners = dict(_indexed(it) for it in pair.forward.statements)
    left: dict[str, tuple[Told, ObjectRef]] = {}
    for it, ref in pair.forward.made:
        owner = owners.get(ref.name) if ref.kind == "index" else ref.name if ref.column else None
        if (
            ref.kind in _MADE
            and mentioned.isdisjoint(_wholes(ref.column or ref.name, around))
            and not gone & {("table", owner), ("schema", ref.schema)}
            and "partbound" not in it.tree.get("CreateStmt", ())
        ):
            left.setdefault(_labelled(ref), (it, ref))
    if left:
        first, _ = next(iter(left.values()))
        one = len(left) == 1
        yield Spot(
            pair.backward.statements[-1].where,
            f"{few(list(left))} {'stays' if one else 'stay'} behind: the forward file makes "
            f"{'it' if one else 'them'} (line {first.line}), and nothing here names "
            f"{'it' if one else 'them'}",
            "\n".join(_undone(it, ref) for it, ref in left.values()),
        )


_MADE = {
    *("table", "foreign table", "view", "materialized view", "index", "sequence", "type"),
    *("domain", "function", "procedure", "aggregate", "schema", "extension", "column"),
    *("constraint", "trigger", "policy", "rule", "statistics", "publication", "collation"),
}


def _labelled(ref: ObjectRef) -> str:
    name = quoted(ref.name)
    return f"{ref.kind} {name}.{quoted(ref.column)}" if ref.column else f"{ref.kind} {name}"


def _undone(it: Told, ref: ObjectRef) -> str:
    """The statement that takes it away."""
    name, kind = written(Name(ref.schema, ref.name)), ref.kind.upper()
    match ref.kind:
        case "column" | "constraint":
            return f"ALTER TABLE {name} DROP {kind} {quoted(ref.column or '')};"
        case "trigger" | "policy" | "rule":
            return f"DROP {kind} {quoted(ref.column or '')} ON {name};"
        case "index" if it.tree.get("IndexStmt", {}).get("concurrent"):
            return f"DROP INDEX CONCURRENTLY {name};"
        case "aggregate":
            return f"DROP AGGREGATE {name}(…);"
        case _:
            return f"DROP {kind} {name};"


def _indexed(it: Told) -> tuple[str | None, str | None]:
    """An index that a statement makes, and its table."""
    index = it.tree.get("IndexStmt", {})
    return index.get("idxname"), index.get("relation", {}).get("relname")


def _wholes(name: str, around: Around) -> Iterator[str]:
    """A name, and those of the index or table that it is, or becomes, a part of."""
    yield name
    while (whole := around.attached.get(name)) is not None:
        yield (name := whole)


def _mentioned(file: File) -> set[str]:
    """Every word that a file's statements say: names, and what is in strings and bodies of code."""
    found: set[str] = set()
    waiting: list[Any] = [it.tree for it in file.statements]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            found.add(item)
            if not item.isidentifier():
                found.update(_WORD.findall(item))
    return found
