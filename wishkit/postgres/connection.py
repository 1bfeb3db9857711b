"""Connect to a database, find out what it is, and refuse what cannot be migrated safely."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from wishkit.core.redact import redact
from wishkit.errors import ConnectError
from wishkit.postgres import pooler
from wishkit.postgres.conninfo import parameters
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.config import Target

# pg_locks.waitstart, which patience rests on, came with 14.
MINIMUM_VERSION = 140000

# One round trip. The scalar subqueries of a CASE are only run where the CASE needs them:
# pg_settings takes a millisecond that nobody owes who may write.
_IDENTIFY = """
SELECT
    current_setting('server_version_num')::int AS version_number,
    split_part(current_setting('server_version'), ' ', 1) AS version,
    current_database() AS database,
    session_user AS session_user,
    current_user AS current_user,
    current_setting('is_superuser')::bool AS is_superuser,
    pg_is_in_recovery() AS in_recovery,
    current_setting('transaction_read_only')::bool AS read_only,
    CASE WHEN current_setting('transaction_read_only')::bool THEN
        (SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only')
    END AS read_only_source,
    {system_identifier} AS system_identifier,
    pg_backend_pid() AS backend_pid
"""
_SYSTEM_IDENTIFIER = "(SELECT system_identifier FROM pg_control_system())"


@dataclass(frozen=True, slots=True)
class Server:
    """What is at the other end of a connection.

    Attributes:
        version_number: 160004 for 16.4.
        version: "16.4", "19beta1".
        database: its name.
        session_user: who logged in.
        current_user: who acts, after SET ROLE.
        is_superuser: of the current user.
        in_recovery: it is a standby.
        read_only: transactions are read-only, as a standby's are or by a setting.
        read_only_source: where default_transaction_read_only was set, as pg_settings.source has
            it ("database", "user", "client", …); None when transactions may write.
        system_identifier: of the cluster; None where we may not ask.
        pooled: successive transactions may run on different backends: a transaction-mode pooler.
        host: name, address or socket folder.
        port: as connected to.
    """

    version_number: int
    version: str
    database: str
    session_user: str
    current_user: str
    is_superuser: bool
    in_recovery: bool
    read_only: bool
    read_only_source: str | None
    system_identifier: int | None
    pooled: bool
    host: str
    port: int

    @property
    def place(self) -> str:
        """Where it is: ``db.example.org:5432``, ``[::1]:5432`` or ``/run/postgresql:5432``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def connect(
    target: Target,
    *,
    application_name: str,
    autocommit: bool = True,
    startup_wait: float = 30.0,
    on_wait: Callable[[str], None] | None = None,
) -> psycopg.Connection:
    """A connection to the target, acting as its role.

    Behind a pooler that shares sessions it acts as who logged in: a SET ROLE would be the next
    client's as well.

    Args:
        target: whose ``url`` is anything libpq takes; what it leaves out comes from the PG*
            variables, service files and .pgpass.
        application_name: shown in pg_stat_activity unless the user names another.
        autocommit: as psycopg has it.
        startup_wait: seconds to wait for a server that is starting up.
        on_wait: told once, in words, when that wait begins.

    Raises:
        ConnectError: the one reason, with a code of its own and without secrets.
    """
    if target.url is None:
        raise ValueError(f"the {target.name} server has not been started")
    params = parameters(target.url, application_name=application_name)
    connection = _connect_patiently(params, autocommit, time.monotonic() + startup_wait, on_wait)
    if target.role:
        try:
            if not _is_pooled(connection):
                set_role(connection, target.role)
        except BaseException:
            connection.close()
            raise
    return connection


def set_role(connection: psycopg.Connection, role: str) -> None:
    """SET ROLE, for a new connection and again after a DISCARD ALL.

    Raises:
        ConnectError: ``role``: it does not exist, or the session's user may not act as it.
    """
    try:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    except psycopg.errors.InvalidParameterValue:
        raise ConnectError(
            f'the role "{role}" that the configuration names does not exist',
            code="role",
            help=f"check role = … of the environment, or CREATE ROLE {_identifier(role)}",
        ) from None
    except psycopg.errors.InsufficientPrivilege:
        user = connection.info.user
        option = " WITH SET TRUE" if connection.info.server_version >= 160000 else ""  # noqa: PLR2004
        raise ConnectError(
            f'"{user}" may not act as role "{role}"',
            code="role",
            help=f"let an administrator GRANT {_identifier(role)} TO {_identifier(user)}{option}",
        ) from None
    except psycopg.OperationalError as error:
        raise _lost(error) from None


def identify(connection: psycopg.Connection) -> Server:
    """Ask the server what it is, in one round trip.

    A second connection is made only when the backend's process id is not the one the connection was
    told: then there is a pooler, and whether it pools sessions (fine) or transactions is found out.
    Behind the latter nothing is prepared any more: the next transaction has another session.

    Args:
        connection: idle, in autocommit.

    Raises:
        ConnectError: the connection broke, or what answers is not PostgreSQL; ``pooler``: one that
            lets no transaction through, and nothing is read without one.
    """
    try:
        with connection.cursor(row_factory=dict_row) as cursor:
            try:
                row = cursor.execute(_identify(_SYSTEM_IDENTIFIER)).fetchone()
            except psycopg.errors.InsufficientPrivilege:
                row = cursor.execute(_identify("NULL::bigint")).fetchone()
        if row is None:
            raise psycopg.InternalError("no row")
    except psycopg.Error as error:
        if connection.closed:
            raise _lost(error) from None
        raise ConnectError(
            f"what answers is not a PostgreSQL server that wishkit knows: {redact(str(error))}",
            code="not-postgresql",
            help="is this a pooler's administration console, or a database that only resembles"
            " PostgreSQL?",
        ) from None
    info = connection.info
    if pooled := _shares_backends(connection, row.pop("backend_pid")):
        connection.prepare_threshold = None
    return Server(**row, pooled=pooled, host=info.host, port=info.port)


def describe(target: Target, server: Server) -> str:
    """Which database this is, in one line without secrets, for the first line of every run."""
    who = server.session_user
    if server.current_user != server.session_user:
        who += f", acting as {server.current_user}"
    standby = ", standby" if server.in_recovery else ""
    # The socket folder of our own server says nothing to anybody.
    place = "" if target.embedded else f"{server.place}/"
    return (
        f"{target.name}: {place}{server.database} as {who} (PostgreSQL {server.version}{standby})"
    )


def refuse_unfit(server: Server) -> None:
    """All the refusals below, for a run that is going to write.

    Raises:
        ConnectError: as they do.
    """
    refuse_old(server)
    refuse_pooler(server)
    refuse_read_only(server)


def refuse_old(server: Server) -> None:
    """Refuse a server older than 14.

    Raises:
        ConnectError: ``server-version``.
    """
    if server.version_number < MINIMUM_VERSION:
        raise ConnectError(
            f"{server.place} is PostgreSQL {server.version}; wishkit needs 14 or newer",
            code="server-version",
            help="upgrade the server; wishkit is tested on 15 and 18",
        )


def refuse_pooler(server: Server) -> None:
    """Refuse a pooler that gives every transaction another backend: locks and SETs would leak.

    Raises:
        ConnectError: ``pooler``; its help names the URL that is needed.
    """
    if server.pooled:
        raise ConnectError(
            f"{server.place} is a connection pooler in transaction mode",
            code="pooler",
            help=pooler.direct_url_hint(server.host, server.port),
            state="nothing was run; the lock of a run is held by one session and would leak here",
        )


def refuse_read_only(server: Server) -> None:
    """Refuse a database that cannot be written.

    Raises:
        ConnectError: ``read-only``; a standby and a setting are told apart.
    """
    if server.in_recovery:
        raise ConnectError(
            f"{server.place} is a standby: it can only be read",
            code="read-only",
            help="give the URL of its primary; with several hosts in one URL,"
            " target_session_attrs=read-write finds it",
        )
    if server.read_only:
        raise ConnectError(
            f'transactions in "{server.database}" are read-only'
            f" (default_transaction_read_only, set by: {server.read_only_source})",
            code="read-only",
            help=_how_to_write(server),
        )


def _how_to_write(server: Server) -> str:
    database, user = _identifier(server.database), _identifier(server.session_user)
    setting = "default_transaction_read_only"
    return {
        "database": f"ALTER DATABASE {database} RESET {setting}",
        "user": f"ALTER ROLE {user} RESET {setting}",
        "database user": f"ALTER ROLE {user} IN DATABASE {database} RESET {setting}",
        "global": f"ALTER ROLE ALL RESET {setting}",
        "client": f"take {setting} out of options= in the URL, and out of PGOPTIONS",
        "configuration file": f"ALTER SYSTEM RESET {setting} (or edit postgresql.conf), then"
        " SELECT pg_reload_conf()",
    }.get(server.read_only_source or "", f"set {setting} to off for this connection")


def _connect_patiently(
    params: dict[str, str],
    autocommit: bool,  # noqa: FBT001 - private
    deadline: float,
    on_wait: Callable[[str], None] | None,
) -> psycopg.Connection:
    pause = 0.1
    while True:
        try:
            return psycopg.connect(make_conninfo(**params), autocommit=autocommit)
        except psycopg.Error as error:
            # Only a failure has to pay for knowing them all.
            from wishkit.postgres.connect_failure import diagnose  # noqa: PLC0415

            failure = diagnose(error, params)
        if failure.code != "starting-up" or time.monotonic() >= deadline:
            raise failure
        if on_wait is not None:
            on_wait(f"{failure.message}; waiting for it")
            on_wait = None
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, 1.0)


def _is_pooled(connection: psycopg.Connection) -> bool:
    try:
        row = connection.execute(query("backend_pid")).fetchone()
    except psycopg.OperationalError as error:
        raise _lost(error) from None
    return row is None or _shares_backends(connection, row[0])


def _shares_backends(connection: psycopg.Connection, backend_pid: int) -> bool:
    info = connection.info
    if backend_pid == info.backend_pid:
        return False
    shared = pooler.sharing(connection)
    if shared is pooler.Sharing.STATEMENT:
        raise ConnectError(
            f"{info.host}:{info.port} is a connection pooler in statement mode: it lets no"
            " transaction through",
            code="pooler",
            help=pooler.direct_url_hint(info.host, info.port),
            state="nothing was run",
        )
    return shared is not None


def _identify(system_identifier: str) -> sql.Composed:
    return sql.SQL(_IDENTIFY).format(system_identifier=sql.SQL(system_identifier))


def _identifier(name: str) -> str:
    return sql.Identifier(name).as_string()


def _lost(error: psycopg.Error) -> ConnectError:
    return ConnectError(
        f"the connection broke before anything was run: {redact(str(error)).strip()}",
        code="connection-lost",
        help="see the server's log, then run again",
    )
