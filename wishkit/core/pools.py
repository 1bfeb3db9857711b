"""Connections of an application: what its pools want, what is in front, what the server has."""

from __future__ import annotations

from dataclasses import dataclass

# A run has its own connection and one that looks out for who waits for it; and somebody looks on.
OURS = 3
SESSION, TRANSACTION, STATEMENT = "session", "transaction", "statement"


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections a server has.

    Attributes:
        most: max_connections.
        kept: of those, for superusers and members of pg_use_reserved_connections.
        in_database: how many this database takes; null: as many as there are.
        others: who is connected now besides the pools and wishkit, on the whole server.
        others_here: the same, to this database.
    """

    most: int
    kept: int
    in_database: int | None
    others: int
    others_here: int

    @property
    def usable(self) -> int:
        """Connections for those who are no superusers."""
        return self.most - self.kept


@dataclass(frozen=True, slots=True)
class Bouncer:
    """PgBouncer's settings as they are for one database.

    Attributes:
        version: such as ``1.24.1``.
        mode: session, transaction or statement.
        pool_size: sessions that one pair of database and user has, the reserve included.
        max_client_conn: how many clients there may be.
        max_prepared_statements: of a client, in transaction mode; null where it cannot (before
            1.21).
        query_wait_timeout: seconds that a client waits for a session; 0: for ever.
        pairs: of databases and users that it has pools for, on the same server.
        most: sessions that all of those may have together.
    """

    version: str
    mode: str
    pool_size: int
    max_client_conn: int
    max_prepared_statements: int | None
    query_wait_timeout: float
    pairs: int
    most: int


@dataclass(frozen=True, slots=True)
class PoolerSeen:
    """A pooler between an application and the server.

    Attributes:
        mode: session, transaction or statement, as it behaves.
        prepares: prepared statements work through it; null: not found out.
        leaks: what one client SETs, the next one has; null: not found out.
        bouncer: what PgBouncer's console says; null where it is another, or does not let us look.
    """

    mode: str
    prepares: bool | None = None
    leaks: bool | None = None
    bouncer: Bouncer | None = None


@dataclass(frozen=True, slots=True)
class PoolSeen:
    """A pool of an application's, and what its connections meet.

    Attributes:
        name: of it.
        size: connections of one instance.
        instances: how many there are.
        prepares: the application prepares statements.
        place: where it connects to, without secrets; null where it has no url of its own.
        login: who logs in.
        database: which one; null where it could not be asked.
        elsewhere: it leads to another server than the environment.
        login_limit: how many connections this login may have; null: as many as there are.
        superuser: who logs in is one.
        idle_timeout: seconds after which a transaction that does nothing is ended; 0: never.
        statement_timeout: seconds that a statement may take; 0: for ever.
        pooler: in front of it; null: none.
        failure: why it could not be asked.
    """

    name: str
    size: int
    instances: int
    prepares: bool = True
    place: str | None = None
    login: str | None = None
    database: str | None = None
    elsewhere: bool = False
    login_limit: int | None = None
    superuser: bool = False
    idle_timeout: float = 0.0
    statement_timeout: float = 0.0
    pooler: PoolerSeen | None = None
    failure: str | None = None

    @property
    def clients(self) -> int:
        """Connections of all instances."""
        return self.size * self.instances

    @property
    def takes(self) -> int | None:
        """Of the server's connections; None where a pooler decides, and does not tell."""
        if self.pooler and self.pooler.bouncer:
            return min(self.clients, self.pooler.bouncer.pool_size)
        return self.clients if self.pooler is None or self.pooler.mode == SESSION else None
