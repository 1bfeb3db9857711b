"""What PgBouncer says of itself, where its console lets us in (admin_users or stats_users)."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from wishkit.core.pools import Bouncer

CONSOLE = "pgbouncer"  # the database that is none


def ask_bouncer(connection: psycopg.Connection[Any]) -> Bouncer | None:
    """The PgBouncer that a connection leads through.

    Args:
        connection: through it, to some database.

    Returns:
        None where it is another pooler, or does not let this user look.
    """
    info = connection.info
    place = make_conninfo(info.dsn, dbname=CONSOLE, password=info.password)
    try:
        with closing(psycopg.connect(place, autocommit=True, row_factory=dict_row)) as console:
            said = console.execute("SHOW VERSION").fetchone() or {}
            version = re.search(r"PgBouncer (\d[\w.]*)", str(said.get("version")))
            settings = {row["key"]: row["value"] for row in console.execute("SHOW CONFIG")}
            databases = console.execute("SHOW DATABASES").fetchall()
            pools = console.execute("SHOW POOLS").fetchall()
    except psycopg.Error:
        return None
    found = [row for row in databases if row["name"] == info.dbname]
    if not (version and found):
        return None
    prepared = settings.get("max_prepared_statements")
    (ours,) = found[:1]
    near = {
        row["name"]: row
        for row in databases
        if (row["host"], row["port"]) == (ours["host"], ours["port"])
    }
    pairs = [row["database"] for row in pools if row["database"] in near]
    return Bouncer(
        version=version[1],
        mode=ours["pool_mode"] or settings["pool_mode"],
        pool_size=_capped(ours, 1),
        max_client_conn=int(settings["max_client_conn"]),
        max_prepared_statements=None if prepared is None else int(prepared),
        query_wait_timeout=float(settings["query_wait_timeout"]),
        pairs=len(pairs),
        most=sum(_capped(row, pairs.count(name)) for name, row in near.items()),
    )


def _capped(row: dict[str, Any], pairs: int) -> int:
    """Sessions to a database for so many users, as far as its own limit lets them."""
    reserve = row.get("reserve_pool_size", row.get("reserve_pool", 0))
    wanted = (int(row["pool_size"]) + int(reserve)) * pairs
    most = int(row["max_connections"])
    return min(wanted, most) if most else wanted
