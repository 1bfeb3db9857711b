"""On which tables' size it depends how long a statement takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.locks.model import Name, Reach
from wishkit.core.locks.tree import literal_name

if TYPE_CHECKING:
    from wishkit.core.locks import Effects


def weighs(effects: Effects) -> tuple[Name, ...] | None:
    """The tables a statement reads or writes as a whole, by name as written.

    What only touches the catalog depends on none, however large its table is. A query, an UPDATE
    or the like is told with every table that it names: how much of each it reads is for the
    planner to decide. The target of an INSERT is not among them: it costs what is put into it.

    Returns:
        None where it does not depend on any; nothing where only running it would tell on which.
    """
    if not effects.may_be_long:
        return None
    if effects.rewrites or effects.scans:
        return tuple(map(literal_name, dict.fromkeys((*effects.rewrites, *effects.scans))))
    if not effects.known or any(it.reach in _ANYWHERE for it in effects.beyond):
        return ()
    if not effects.command.startswith(_READING):
        return None
    filled = set(effects.fills) if effects.command == "INSERT" else set()
    named = {Name(it.schema, it.name): None for it in effects.locks if it.kind in _STORED}
    return tuple(it for it in named if it not in filled) or None


_STORED = frozenset({"table", "materialized view", "index"})
_ANYWHERE = frozenset({Reach.DEPENDENTS, Reach.MEMBERS})
# Commands that go through what they name, as far as `scans` and `rewrites` do not tell.
_READING = (
    *("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY TO", "EXPLAIN"),
    *("CREATE TABLE AS", "CREATE MATERIALIZED VIEW", "REFRESH", "VACUUM", "ANALYZE", "REINDEX"),
)
