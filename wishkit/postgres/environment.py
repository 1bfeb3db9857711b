"""What one environment is like right now: its server, rights, replicas and leftovers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.postgres.ledger import read_ledger
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    import psycopg

    from wishkit.core.state import Ledger
    from wishkit.postgres.connection import Server

    Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Replica:
    """A server that replicates from here.

    Attributes:
        name: that it gives itself.
        state: such as streaming; null where this role may not see it (it takes pg_monitor).
        lag: seconds that it is behind; null where nothing is on its way, or is not to be seen.
    """

    name: str
    state: str | None
    lag: float | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What who is connected may do.

    Attributes:
        schema: where new tables go; null where the search_path names no schema that is there.
        creates: may make tables there.
        creates_schemas: may make schemas, as the first run does.
        member_of: roles that the login may act as; none for a superuser, who may as all.
        not_owned: tables that can be neither altered nor dropped by this role.
    """

    schema: str | None
    creates: bool
    creates_schemas: bool
    member_of: tuple[str, ...]
    not_owned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something begun and not ended.

    Attributes:
        kind: index (INVALID), building (INVALID until it is built), constraint (NOT VALID) or
            prepared (a transaction).
        name: of it.
        age: seconds, of a prepared transaction.
    """

    kind: str
    name: str
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at an environment found.

    Attributes:
        server: what it is.
        ledger: what is applied.
        rights: of this role.
        replicas: of it.
        behind: seconds, of a standby itself; None for a primary.
        leftovers: what was begun and not ended.
    """

    server: Server
    ledger: Ledger
    rights: Rights
    replicas: tuple[Replica, ...]
    behind: float | None
    leftovers: tuple[Leftover, ...]


def inspect(connection: Connection, server: Server) -> Inspection:
    """Look at an environment. Writes nothing and takes no lock.

    Raises:
        LedgerError: its ledger cannot be read.
    """
    row = connection.execute(query("environment_rights")).fetchone()
    schema, creates, creates_schemas, member_of, not_owned = row or (None, False, False, [], [])
    replicas = connection.execute(query("environment_replicas")).fetchall()
    leftovers = connection.execute(query("environment_leftovers")).fetchall()
    behind = None
    if server.in_recovery:
        (behind,) = connection.execute(query("environment_behind")).fetchone() or (None,)
    return Inspection(
        server,
        read_ledger(connection),
        Rights(schema, creates, creates_schemas, tuple(member_of), tuple(not_owned)),
        tuple(Replica(*row) for row in replicas),
        behind,
        tuple(Leftover(*row) for row in leftovers),
    )
