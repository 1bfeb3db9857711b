"""What a glance at a database tells: ledger, approvals, backups, leftovers; at one moment.

It is one transaction with one snapshot, in four round trips, so that a database may be glanced at
every few seconds. What a role may not read is left out, and said.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.approval import Approval, Policy, Request, decode, digest
from wishkit.errors import CompareError
from wishkit.postgres import approvals, backups, failure, last_run, promotions
from wishkit.postgres.environment import Leftover
from wishkit.postgres.ledger import read_ledger
from wishkit.postgres.lock import KEY, holder_words
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from datetime import datetime

    from wishkit.core.approval import Bundle
    from wishkit.core.evidence import Evidence
    from wishkit.core.state import Ledger
    from wishkit.postgres.promotions import Emergency

    Connection = psycopg.Connection[Any]
    Cursor = psycopg.Cursor[Any]
    Bundles = MutableMapping[str, Bundle | None]

BACKUPS = 100  # how many are looked at: one of the newest will do, or none
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# What is read of the ledger: since which version of it, and which tables that takes.
_PARTS = {
    "snapshot": (last_run.KEPT_SINCE, {"snapshot", "execution"}),
    "backups": (backups.KEPT_SINCE, {"backup"}),
    "requests": (approvals.KNOWN_SINCE, {"request", "request_done", "approval", "approver"}),
    "promotions": (6, {"promotion", "acknowledgement"}),
}


@dataclass(frozen=True, slots=True)
class Left:
    """What the last run that changed a database left behind.

    Attributes:
        ended_at: when that was.
        fingerprint: of the catalogs then; None where it could not be taken.
        comparable: every object is kept as this version of wishkit reads it.
    """

    ended_at: datetime
    fingerprint: str | None
    comparable: bool


@dataclass(frozen=True, slots=True)
class Glance:
    """What there is to see of a database.

    Attributes:
        now: by the server's clock.
        ledger: what is applied.
        denied: parts of the ledger that this role may not read: snapshot, backups, requests,
            promotions. They are empty here.
        leftovers: what was begun and not ended.
        at_work: who holds the run lock, in words; None if nobody does.
        left: by the last run; None where that is not known.
        fingerprint: of the catalogs now; None for a role that may not read some.
        requests: the last of each environment, unless it has expired.
        policy: who approves; None where nobody ever said so.
        members: who they are now.
        evidence: of the newest backups, in the order in which it was written.
        emergencies: promotions past closed gates that nobody has acknowledged.
    """

    now: datetime
    ledger: Ledger
    denied: frozenset[str]
    leftovers: tuple[Leftover, ...]
    at_work: str | None
    left: Left | None
    fingerprint: str | None
    requests: tuple[Request, ...]
    policy: Policy | None
    members: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    emergencies: tuple[Emergency, ...]


def glance(connection: Connection, *, environment: str, bundles: Bundles) -> Glance:
    """Glance at a database. Writes nothing, and waits for nobody.

    Args:
        connection: in autocommit mode.
        environment: that it is, for who approves.
        bundles: of requests, by digest, that are known from earlier; added to.

    Raises:
        LedgerError: the ledger cannot be read.
        ConnectError: the connection went away.
    """
    asked: dict[str, Cursor] = {}
    with failure.of_ledger(), _at_one_moment(connection):
        readable = connection.execute(query("glance_readable"), binary=True)
        leftovers = connection.execute(query("environment_leftovers"))
        holder = connection.execute(query("lock_holder"), KEY)
        ledger = read_ledger(connection)
        now, tables = _one(readable)
        denied = frozenset(
            part
            for part, (since, needed) in _PARTS.items()
            if ledger.version >= since and not needed <= {*tables}
        )
        asked = _ask(connection, ledger, denied, environment, bundles)
    with failure.of_ledger():
        fingerprint = _fingerprint(asked.pop("catalog_fingerprint", None))
        found = {name: cursor.fetchall() for name, cursor in asked.items()}
    owner = holder.fetchone()
    policy, members = _policy(found.get("glance_approvers", []))
    left = [Left(*row) for row in found.get("glance_snapshot", [])]
    return Glance(
        now=now,
        ledger=ledger,
        denied=denied,
        leftovers=tuple(Leftover(*row) for row in leftovers.fetchall()),
        at_work=holder_words(owner) if owner else None,
        left=left[0] if left else None,
        fingerprint=fingerprint,
        requests=_requests(found, bundles),
        policy=policy,
        members=members,
        evidence=tuple(backups.evidence(row) for row in found.get("glance_backups", [])),
        emergencies=tuple(promotions.emergency(row) for row in found.get("promotion_rows", [])),
    )


@contextmanager
def of_comparison() -> Iterator[None]:
    """What goes wrong while catalogs are compared.

    Raises:
        CompareError: ``catalog-unread``: in the server's words.
        ConnectError: ``connection-lost``.
    """
    try:
        with failure.of_connection():
            yield
    except psycopg.Error as error:
        raise CompareError(
            f"the catalog could not be read: {error.diag.message_primary or error}",
            code="catalog-unread",
            help="wishkit check --last-run asks again, without a time limit",
        ) from error


def _ask(
    connection: Connection,
    ledger: Ledger,
    denied: frozenset[str],
    environment: str,
    bundles: Bundles,
) -> dict[str, Cursor]:
    """Questions that are on their way together, by the name of their query."""
    known = {"known": list(bundles)}
    values: dict[str, dict[str, dict[str, Any]]] = {
        "snapshot": {"glance_snapshot": {"reader": last_run.reader()}},
        "backups": {"glance_backups": {"limit": BACKUPS}},
        "requests": {
            "glance_requests": known,
            "glance_approvals": {},
            "glance_approvers": {"environment": environment},
        },
        "promotions": {"promotion_rows": {"all": False}},
    }
    asked = {
        name: connection.execute(query(name), given, binary=True)
        for part, (since, _) in _PARTS.items()
        if ledger.version >= since and part not in denied
        for name, given in values[part].items()
    }
    if "glance_snapshot" in asked:  # last: it is refused where a role may not read some catalog
        asked["catalog_fingerprint"] = connection.execute(query("catalog_fingerprint"))
    return asked


@contextmanager
def _at_one_moment(connection: Connection) -> Iterator[None]:
    """One transaction, in one pipeline from its BEGIN to its COMMIT.

    What was asked last may have been refused for lack of rights: its cursor has no answer then.
    """
    try:
        with suppress(psycopg.errors.InsufficientPrivilege), connection.pipeline():
            connection.execute(_BEGIN)
            yield
            connection.execute("COMMIT")
    finally:
        if not connection.closed:  # nothing where it was committed
            connection.rollback()


def _fingerprint(cursor: Cursor | None) -> str | None:
    if cursor is None or cursor.description is None:
        return None
    return str(_one(cursor)[0])


def _policy(rows: list[Any]) -> tuple[Policy | None, tuple[str, ...]]:
    if not rows:
        return None, ()
    *said, members = rows[0]
    return Policy(*said), tuple(members)


def _requests(found: dict[str, list[Any]], bundles: Bundles) -> tuple[Request, ...]:
    decided: dict[int, list[Approval]] = {}
    for number, *rest in found.get("glance_approvals", []):
        decided.setdefault(number, []).append(Approval(*rest))
    requests = []
    for id_, environment, hash_, text, by, at, until, done in found.get("glance_requests", []):
        if text is not None and digest(text) == hash_:
            bundles[hash_] = decode(text)
        verdicts = tuple(decided.get(id_, ()))
        requests.append(
            Request(
                id_,
                environment,
                hash_,
                bundles.get(hash_),
                by,
                at,
                until,
                expired=False,
                superseded_by=None,
                approvals=verdicts,
                done=tuple(done),
            )
        )
    return tuple(requests)


def _one(cursor: Cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    if row is None:
        raise LookupError("the server gave no row")
    return tuple(row)
