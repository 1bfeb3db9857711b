"""What one parsed statement locks, rewrites and scans, and whether a transaction may hold it.

The facts come from the PostgreSQL manual (13.3, Explicit Locking, and each command's page) and
its source (AlterTableGetLockLevel, reloptions.c, the callers of PreventInTransactionBlock); a test
measures every one on a real server. Locks of ACCESS SHARE on schemas, types and functions that a
statement merely uses are left out: only a DROP of the same thing would wait for them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wishkit.core.locks import alter, define, objects, queries, upkeep
from wishkit.core.locks.draft import Draft
from wishkit.core.locks.model import Beyond, Effects, Lock, LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.tree import node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "Beyond",
    "Effects",
    "Lock",
    "LockMode",
    "Name",
    "ObjectRef",
    "Reach",
    "effects",
    "effects_in_order",
]

_HANDLERS = queries.HANDLERS | alter.HANDLERS | define.HANDLERS | objects.HANDLERS | upkeep.HANDLERS

_NOTHING: frozenset[tuple[str | None, str]] = frozenset()

# Whose name, once made, stands for something new that nobody else can be using. A domain is not
# among them: a column of it may cost a rewrite, and that is asked by the same name.
_FRESH = frozenset(
    {"table", "foreign table", "view", "materialized view", "index", "sequence", "type"}
)


def effects(
    tree: Mapping[str, Any],
    *,
    created: frozenset[tuple[str | None, str]] = _NOTHING,
    filled: frozenset[tuple[str | None, str]] = _NOTHING,
) -> Effects:
    """What a statement does to everybody else.

    Args:
        tree: one statement as libpg_query's JSON has it: one key, the type of the node.
        created: (schema, name) as written of relations created earlier in the same file.
        filled: those of them that may hold rows by now; work on the others takes no time.

    Returns:
        the effects; of a statement that is not understood, ``known`` is False.
    """
    kind, fields = node(tree)
    draft = Draft(created=created, filled=filled)
    handler = _HANDLERS.get(kind)
    if handler is None:
        command = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.removesuffix("Stmt")).upper()
        draft.command, draft.known, draft.long = command, False, True
    else:
        handler(draft, fields)
    return draft.finish()


def effects_in_order(trees: Iterable[Mapping[str, Any]]) -> Iterator[Effects]:
    """The effects of a file's statements, each told with what the ones before it created."""
    created, filled = _NOTHING, _NOTHING
    for tree in trees:
        result = effects(tree, created=created, filled=filled)
        yield result
        made = {
            (ref.schema, ref.name) for ref in result.creates if ref.kind in _FRESH and not ref.maybe
        }
        gone = {(ref.schema, ref.name) for ref in result.drops if ref.kind in _FRESH}
        created = (created | made) - gone
        filled = (filled | {*result.fills}) & created
        for old, new in result.renames:
            # The old name may stand for something older now, and the new one is ours.
            if old in created:
                created = (created - {old}) | {new}
                filled = (filled - {old}) | ({new} if old in filled else _NOTHING)
