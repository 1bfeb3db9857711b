"""What one environment's ledger knows of its past, for who looks at it again and again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wishkit.commands.requests import SHOWN, found, policy_of, standing
from wishkit.core.state import Ledger, State, compare
from wishkit.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from wishkit.commands.everywhere import Asked
    from wishkit.commands.requests import Standing
    from wishkit.core.approval import Policy
    from wishkit.core.migration import Migration
    from wishkit.core.timing import PastAttempt

    Connection = psycopg.Connection[Any]

ATTEMPTS = 1000  # the newest that are read


@dataclass(frozen=True, slots=True)
class Insight:
    """What a ledger knows.

    Attributes:
        ledger: what is applied.
        attempts: the newest first.
        requests: the newest first, with those that are done, rejected or expired.
        policy: who approves; None where nobody ever said so.
        texts: as applied, by id, of those whose files have changed or are gone.
        denied: what this role may not read, in words.
    """

    ledger: Ledger
    attempts: tuple[PastAttempt, ...] = ()
    requests: tuple[Standing, ...] = ()
    policy: Policy | None = None
    texts: Mapping[str, Migration] = field(default_factory=dict)
    denied: tuple[str, ...] = ()


def insight(asked: Asked, files: Sequence[Migration], before: Insight | None = None) -> Insight:
    """Read it. Writes nothing, takes no lock.

    Args:
        asked: the database.
        files: the migrations as they lie in the folder.
        before: of an earlier time, if no run has ended since: what only runs change is taken from
            it.

    Raises:
        LedgerError: what is applied cannot be read.
        ConnectError: the connection went away.
    """
    from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - the driver is heavy

    connection = asked.connection
    ledger = read_ledger(connection)
    denied = []
    requests: tuple[Standing, ...] = ()
    attempts: tuple[PastAttempt, ...] = ()
    texts: Mapping[str, Migration] = {}
    policy = None
    try:
        policy, requests = _requests(asked, ledger)
    except LedgerError as error:
        denied.append(f"requests: {error.message}")
    if before and before.ledger == ledger and not before.denied:
        attempts = before.attempts
    else:
        try:
            from wishkit.postgres.history import read_attempts  # noqa: PLC0415 - as above

            attempts = read_attempts(connection, asked.target.name, limit=ATTEMPTS)
        except LedgerError as error:
            denied.append(f"attempts: {error.message}")
    try:
        texts = _texts(connection, ledger, files)
    except LedgerError as error:
        denied.append(f"texts as applied: {error.message}")
    return Insight(ledger, attempts, requests, policy, texts, tuple(denied))


def _requests(asked: Asked, ledger: Ledger) -> tuple[Policy | None, tuple[Standing, ...]]:
    from wishkit.postgres.approvals import KNOWN_SINCE  # noqa: PLC0415 - the driver is heavy

    if ledger.version < KNOWN_SINCE:
        return None, ()
    rows = found(asked.connection, None, limit=SHOWN)
    policy, members = policy_of(asked.connection, asked.target)
    return policy, tuple(standing(it, policy, members) for it in rows)


def _texts(
    connection: Connection, ledger: Ledger, files: Sequence[Migration]
) -> Mapping[str, Migration]:
    from wishkit.postgres.ledger import read_scripts  # noqa: PLC0415 - the driver is heavy

    wanted = [
        it.id
        for it in compare(files, ledger)
        if it.state in {State.CHANGED, State.MISSING, State.PARTIAL}
    ]
    if not wanted or not ledger.version:
        return {}
    return read_scripts(connection, ledger, wanted)
