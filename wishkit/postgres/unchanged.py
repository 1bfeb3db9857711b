"""Whether anything can have changed since a check that found nothing: the server is asked."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, Any

from wishkit import __version__
from wishkit.postgres.conninfo import parameters
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from wishkit.config import Target

    Connection = psycopg.Connection[Any]

_APPLICATION = "wishkit check"
_FOLDER = os.path.dirname(__file__)  # noqa: PTH120 - see queries
_READS: dict[str, str | tuple[str, ...]] = {
    "catalog": "",
    "queries": ("catalog_", "check_"),
}  # how the names of files begin
# What tells one database from another, and holds no secret.
_NAMING = ("service", "host", "hostaddr", "port", "dbname", "user", "options")


def naming(target: Target, *, parse: Callable[[str], dict[str, str]] | None = None) -> list[str]:
    """Which database is meant, and who looks at it: without secrets.

    Args:
        target: with a URL.
        parse: as `parameters` takes it.

    Raises:
        ConnectError: ``bad-conninfo``.
    """
    given = parameters(target.url or "", application_name=_APPLICATION, parse=parse)
    return [target.name, target.role or "", *(given.get(name, "") for name in _NAMING)]


def reading() -> str:
    """Tells what reads catalogs here from any other version of it.

    So does `last_run.reader`, on every machine, and it takes ten times as long: this reads no file.
    """
    told = [__version__]
    for folder, begins in _READS.items():
        with os.scandir(os.path.join(_FOLDER, folder)) as entries:  # noqa: PTH118 - see queries
            told += [
                f"{entry.name} {entry.stat().st_size} {entry.stat().st_mtime_ns}"
                for entry in entries
                if entry.name.endswith((".py", ".sql")) and entry.name.startswith(begins)
            ]
    return f"{zlib.crc32(','.join(sorted(told)).encode()):08x}"


def state(connection: Connection, schema: str) -> str | None:
    """Changes whenever the answer of a check could; None for a role that may not read all of it.

    Args:
        connection: outside a transaction.
        schema: of yoyo's tables; wishkit's own are of this version.
    """
    import psycopg  # noqa: PLC0415 - heavy

    try:
        with connection.transaction():
            row = connection.execute(_statement(schema).encode()).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    return str(row[0]) if row else None


def state_without_driver(target: Target, schema: str) -> tuple[str, str | None]:
    """Where the server is, as host:port, and `state`, for a fraction of what the driver costs.

    Raises:
        Unanswered: that did not work; the driver will find out why.
    """
    from wishkit.postgres import libpq  # noqa: PLC0415 - for this road only

    given = parameters(target.url or "", application_name=_APPLICATION, parse=libpq.parse)
    with libpq.Session(given) as session:
        if target.role:
            session.ask(f"SET ROLE {_quoted(target.role)}")
        return session.place, session.ask(_statement(schema))


def _statement(schema: str) -> str:
    text = query("check_unchanged").replace("{fingerprint}", query("catalog_fingerprint"))
    return text.replace("{yoyo}", _quoted(schema))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
