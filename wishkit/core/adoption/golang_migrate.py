"""golang-migrate: ``000001_create_users.up.sql`` beside ``000001_create_users.down.sql``.

Sources: https://github.com/golang-migrate/migrate, source/parse.go (names) and
database/postgres/postgres.go: schema_migrations holds one row, the version applied last and whether
it failed half-way ("dirty"); everything numbered up to there is applied. A file is sent as one
message, which is one transaction where it does not say otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import has_sql
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Folder, Row
    from wishkit.core.script import Script

_NAME = re.compile(r"(\d+)_(.*)\.(up|down)\.sql")


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of golang-migrate."""
    troubles, notes = [], []
    found: dict[int, dict[str, tuple[str, str, Script]]] = {}
    for path in sorted(folder.files):
        name = _NAME.fullmatch(path)
        if not name:
            notes.append(f"left out: {path} is no migration by its name")
            continue
        sides = found.setdefault(int(name[1]), {})
        if name[3] in sides:
            message = f"version {name[1]} is used twice: {sides[name[3]][0]} and {path}"
            troubles.append(Trouble(message, Location(folder.files[path].path, 1)))
        sides[name[3]] = (path, name[2], folder.files[path])
    at = max((int(row["version"]) for row in rows or ()), default=-1)
    if any(row["dirty"] for row in rows or ()):
        troubles.append(
            Trouble(
                f"version {at} failed half-way: golang-migrate calls the database dirty",
                help="see to the database, then: migrate force VERSION",
            )
        )
    if at >= 0 and at not in found:
        troubles.append(
            Trouble(f"version {at} is the one applied last, but its files are not there")
        )
    originals = []
    for version, sides in sorted(found.items()):
        if "up" not in sides:
            path, _, script = sides["down"]
            troubles.append(Trouble(f"{path} has no .up.sql", Location(script.path, 1)))
            continue
        path, title, script = sides["up"]
        down = sides["down"][2] if "down" in sides else None
        originals.append(
            Original(
                path,
                title,
                script,
                down if has_sql(down) or not has_sql(script) else None,
                f"there is no {path.removesuffix('.up.sql')}.down.sql"
                if down is None
                else "its .down.sql is empty",
                applied=version <= at,
            )
        )
    return History(tuple(originals), tuple(troubles), tuple(notes))


TOOL = Tool(
    "golang-migrate",
    ("db/migrations", "migrations", "database/migrations"),
    (".sql",),
    Registry("schema_migrations", "adopt_golang_migrate", frozenset({"version", "dirty"})),
    read,
)
