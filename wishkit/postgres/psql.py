"""How PostgreSQL's programs are told a database so that the process list shows no password."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import pq
from psycopg.conninfo import make_conninfo

from wishkit.errors import ServerError
from wishkit.postgres.binaries import find_binaries
from wishkit.postgres.conninfo import parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

PSQL = "psql"


def find_psql() -> Path:
    """The psql of the PostgreSQL we would run, else the system's.

    Raises:
        ServerError: ``server-not-found``, ``program-not-found``.
    """
    try:
        return find_binaries().program(PSQL)
    except ServerError:
        if found := shutil.which(PSQL):
            return Path(found)
        raise


def psql_line(
    url: str,
    *,
    role: str | None,
    env: Mapping[str, str] = os.environ,
    application_name: str = "wishkit db psql",
) -> tuple[list[str], dict[str, str]]:
    """What psql needs to reach a database: arguments, and variables for what nobody shall see.

    pg_dump takes the same.

    libpq itself says which of its parameters are secret ("dispchar" of PQconninfoOption in the
    manual), and in which variable it looks for them; psql asks for one that has none.

    Args:
        url: anything libpq takes.
        role: act as this one, as `connect` would.
        env: the caller's environment variables.
        application_name: shown in pg_stat_activity unless the user names another.

    Raises:
        ConnectError: ``bad-conninfo``.
    """
    given = parameters(url, application_name=application_name)
    # psql knows better what the terminal speaks, and pg_dump what the database does.
    del given["client_encoding"]
    secrets = {}
    for option in pq.Conninfo.get_defaults():
        value = given.pop(option.keyword.decode(), None) if option.dispchar == b"*" else None
        if value and option.envvar:
            secrets[option.envvar.decode()] = value
    if role:
        words = role.replace("\\", "\\\\").replace(" ", "\\ ")
        before = given.get("options") or env.get("PGOPTIONS", "")
        given["options"] = f"{before} -c role={words}".strip()
    return ["-d", make_conninfo("", **given)], secrets
