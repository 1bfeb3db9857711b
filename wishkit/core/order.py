"""In which order pending migrations run: by number, unless a dependency says otherwise."""

from __future__ import annotations

import heapq
import re
from typing import TYPE_CHECKING

from wishkit.errors import Location, MigrationFileError, PlanError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wishkit.core.migration import Migration


def dependency_order(todo: Mapping[str, Migration], known: Collection[str]) -> list[Migration]:
    """By id, unless a dependency says otherwise: the order yoyo has.

    Kahn's algorithm with a heap: always the lowest id whose dependencies are met.

    Args:
        todo: what is to be run, by id.
        known: ids that may be depended on.

    Raises:
        MigrationFileError: ``unknown-dependency``, or a header is wrong.
        PlanError: ``dependency-cycle``.
    """
    blocked_by: dict[str, set[str]] = {}
    blocks: dict[str, list[str]] = {}
    for id_, migration in todo.items():
        for needed in migration.header.depends:
            if needed not in known:
                raise unknown_dependency(migration, needed, known)
        blocked_by[id_] = {d for d in migration.header.depends if d in todo}
        for needed in blocked_by[id_]:
            blocks.setdefault(needed, []).append(id_)
    ready = [id_ for id_, needs in blocked_by.items() if not needs]
    heapq.heapify(ready)
    ordered = []
    while ready:
        id_ = heapq.heappop(ready)
        ordered.append(todo[id_])
        for waiting in blocks.get(id_, ()):
            blocked_by[waiting].discard(id_)
            if not blocked_by[waiting]:
                heapq.heappush(ready, waiting)
    if len(ordered) < len(todo):
        raise _cycle(todo, blocked_by)
    return ordered


def up_to(ordered: Sequence[Migration], to: str, applied: set[str]) -> list[Migration]:
    """The target and, of what is pending, everything numbered below it or needed by it."""
    if to in applied:
        later = [m.id for m in ordered if m.id < to]
        return [m for m in ordered if m.id in later]
    by_id = {m.id: m for m in ordered}
    needed: set[str] = set()
    waiting = [id_ for id_ in by_id if id_ <= to]
    while waiting:
        id_ = waiting.pop()
        if id_ in by_id and id_ not in needed:
            needed.add(id_)
            waiting.extend(by_id[id_].header.depends)
    return [m for m in ordered if m.id in needed]


def _cycle(todo: Mapping[str, Migration], blocked_by: Mapping[str, Collection[str]]) -> PlanError:
    """The error for dependencies that cannot all be met."""
    path = [min(id_ for id_, needs in blocked_by.items() if needs)]
    while (needed := min(blocked_by[path[-1]])) not in path:
        path.append(needed)
    circle = [*path[path.index(needed) :], needed]
    if circle[:1] == circle[1:]:
        message = f"{needed} depends on itself"
    else:
        message = f"migrations depend on each other in a circle: {' → '.join(circle)}"
    return PlanError(
        message,
        code="dependency-cycle",
        where=depends_line(todo[circle[0]], circle[1]),
        help='an arrow means "depends on": remove the `-- depends:` that is not so',
    )


def unknown_dependency(
    migration: Migration, needed: str, known: Collection[str]
) -> MigrationFileError:
    """The error for a dependency on a migration that is nowhere."""
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    close = get_close_matches(needed, sorted(known), n=1, cutoff=0.5)
    return MigrationFileError(
        f'{migration.id} depends on "{needed}", which does not exist',
        code="unknown-dependency",
        where=depends_line(migration, needed),
        help=f'perhaps you meant "{close[0]}"' if close else "a dependency is named by its full id",
    )


def depends_line(migration: Migration, needed: str) -> Location:
    """Where a forward file says that it depends on another one."""
    name = re.escape(needed.encode())
    pattern = rb"^[ \t]*--[ \t]*depends[ \t]*:[^\n]*?(?<!\S)(" + name + rb")(?!\S)"
    found = re.search(pattern, migration.forward.source, re.MULTILINE)
    span = found.span(1) if found else (0, 0)
    return migration.forward.locate(*span)
