"""The kinds of failed connection: how each is recognised, and what a person is told about it."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A kind of failure: ``text`` recognises it, ``message`` and ``help`` speak of it.

    Both may use {at}, {user} and {dbname}, {user_sql} and {dbname_sql} (quoted as identifiers),
    and {said}: the text as it came, shortened.
    """

    code: str
    text: str
    message: str
    help: str


# First match wins; names in quotes are left out of the matching. The server's messages are those of
# libpq/auth.c, utils/init/postinit.c, utils/init/miscinit.c and tcop/backend_startup.c below
# src/backend of PostgreSQL 15 to 18; PgBouncer's are its own.
CASES = (
    Case(
        code="no-password",
        text=r"no password supplied|empty password returned",
        message='{at} asks for the password of "{user}", and none was given',
        help="give it by PGPASSWORD, ~/.pgpass or the URL",
    ),
    Case(
        code="pooler",
        text=r"unsupported startup parameter|FATAL:\s+no such database|pgbouncer"
        r"|no more connections allowed|query_wait_timeout",
        message="a connection pooler at {at} refused: {said}",
        help="give wishkit the direct connection to the server, usually port 5432",
    ),
    Case(
        code="wrong-password",
        text=r"(password|SASL|SCRAM|LDAP|PAM|RADIUS|MD5|BSD) authentication failed|no such user",
        message='password authentication failed for "{user}" at {at}',
        help="check user and password (in a URL, special characters are percent-encoded); a role"
        " that does not exist and a password that has expired look the same from here",
    ),
    Case(
        code="authentication",
        text=r"authentication failed|authentication method requirement",
        message='{at} did not accept "{user}": {said}',
        help="see which method its pg_hba.conf asks of this user",
    ),
    Case(
        code="not-postgresql",
        text=r"invalid response|expected authentication request|unsupported frontend protocol",
        message="what listens at {at} does not speak PostgreSQL's protocol: {said}",
        help="check the port: PostgreSQL's is usually 5432",
    ),
    Case(
        code="tls",
        text=r"SSL (error|SYSCALL|was required|not in use)|not support SSL|certificate|private key"
        r"|channel binding|ALPN|\bTLS\b",
        message="no TLS connection to {at}: {said}",
        help="check sslmode, sslrootcert and, for client certificates, sslcert and sslkey",
    ),
    Case(
        code="pg-hba",
        text=r"pg_hba\.conf",
        message='{at} does not let "{user}" into database "{dbname}": {said}',
        help="its administrator can add a line for this user, database and address; some servers"
        " only let in encrypted connections: try sslmode=require",
    ),
    Case(
        code="no-such-role",
        text=r'role "" (does not exist|is not permitted to log in)',
        message='{at} has no role "{user}" that may log in',
        help="check the user's name, or let an administrator CREATE ROLE {user_sql} LOGIN"
        " (ALTER ROLE {user_sql} LOGIN if it exists)",
    ),
    Case(
        code="no-such-database",
        text=r'database "" does not exist',
        message='there is no database "{dbname}" at {at}',
        help="check the name, or create it: CREATE DATABASE {dbname_sql}",
    ),
    Case(
        code="no-connect-privilege",
        text=r"not currently accepting connections|permission denied for database",
        message='"{user}" may not connect to database "{dbname}" at {at}: {said}',
        help="let an administrator GRANT CONNECT ON DATABASE {dbname_sql} TO {user_sql},"
        " or ALTER DATABASE {dbname_sql} ALLOW_CONNECTIONS true",
    ),
    Case(
        code="too-many-connections",
        text=r"too many (clients|connections)|connection slots are reserved",
        message="{at} has no connection left for us: {said}",
        help="end idle sessions or raise the limit (max_connections, or the CONNECTION LIMIT of"
        " the role or the database), then run again",
    ),
    Case(
        code="read-only",
        text=r"Hot standby mode is disabled",
        message="{at} is a standby that lets nobody in",
        help="give the URL of its primary",
    ),
    Case(
        code="starting-up",
        text=r"is starting up|not yet accepting connections|in recovery mode",
        message="{at} is still starting up",
        help="wait for its recovery to end (its log tells how far it is), then run again",
    ),
    Case(
        code="shutting-down",
        text=r"is shutting down|terminating connection due to administrator",
        message="{at} is shutting down",
        help="start it again, then run again",
    ),
    Case(
        code="timeout",
        text=r"timeout expired|timed out",
        message="{at} did not answer in time",
        help="check host, port and firewall; connect_timeout in the URL sets the seconds to wait",
    ),
    Case(
        code="unknown-host",
        text=r"failed to resolve host|could not translate host name|cannot be resolved",
        message="the host name of {at} cannot be resolved",
        help="check its spelling and this machine's DNS or VPN",
    ),
    Case(
        code="connection-refused",
        text=r"Connection refused",
        message="nobody listens at {at} (connection refused)",
        help="check host and port, and that the server runs and listens there (listen_addresses)",
    ),
    Case(
        code="socket-missing",
        text=r'on socket "" failed: (No such file|Permission denied|Not a dir)'
        r"|Unix-domain socket path",
        message="no server listens on the socket {at}",
        help="check that it runs, its port and its unix_socket_directories; or name a host",
    ),
    Case(
        code="unreachable",
        text=r"No route to host|is unreachable|Cannot assign requested",
        message="{at} cannot be reached: {said}",
        help="check the network, VPN and firewall",
    ),
    Case(
        code="read-only",
        text=r"session is read-only",
        message="{at} only lets us read, and the URL asks for target_session_attrs=read-write",
        help="name the primary: a standby cannot be migrated",
    ),
    Case(
        code="target-session-attrs",
        text=r"session is not read-only|in hot standby mode",
        message="{at} is not the kind of server that target_session_attrs asks for: {said}",
        help="name the host that is, or change target_session_attrs; migrations need read-write",
    ),
    Case(
        code="bad-options",
        text=r"unrecognized configuration parameter|invalid value for parameter|to set parameter",
        message="{at} does not accept a setting of the connection: {said}",
        help="check options= in the URL, and PGOPTIONS",
    ),
    Case(
        code="bad-conninfo",
        text=r"definition of service|service file|invalid port|could not match \d+"
        r"|invalid \S+ value|bad value for",
        message="the connection string cannot be used: {said}",
        help="what libpq takes: https://www.postgresql.org/docs/current/libpq-connect.html",
    ),
    Case(
        code="connection-lost",
        text=r"server closed the connection|Connection reset|Broken pipe",
        message="{at} closed the connection while it was being made: {said}",
        help="see the server's log; a proxy in between, or a wrong port, looks the same",
    ),
    Case(
        code="connect",
        text=r"",
        message="no connection to {at}: {said}",
        help="see the server's log",
    ),
)

# Code by SQLSTATE (https://www.postgresql.org/docs/18/errcodes-appendix.html). 28000 is shared with
# a missing role, which only the C routine that reported it tells apart.
BY_SQLSTATE = {
    "28P01": "wrong-password",
    "28000": "pg-hba",
    "3D000": "no-such-database",
    "42501": "no-connect-privilege",
    "55000": "no-connect-privilege",
    "53300": "too-many-connections",
    "57P03": "starting-up",
    "57P01": "shutting-down",
    "42704": "bad-options",
    "22023": "bad-options",
}
MISSING_ROLE = ("28000", "InitializeSessionUserId")
