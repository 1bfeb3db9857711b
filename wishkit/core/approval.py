"""A request to run something, as it is frozen, and whether what is about to run is what it says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads it from the annotations
from typing import TYPE_CHECKING, Literal

import msgspec

from wishkit.core.risk import Reason, Risk  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wishkit.core.plan import Step
    from wishkit.core.state import Ledger

FORMAT = 1
Verdict = Literal["approve", "reject"]


@dataclass(frozen=True, slots=True)
class InProof:
    """What a rehearsal of these very texts found.

    Attributes:
        at: when, in UTC.
        server: the version of PostgreSQL.
        proven: whether nothing was wrong.
        problems: what was, one sentence each.
        rows: how many rows were there.
        seconds: how long forward took.
    """

    at: datetime
    server: str
    proven: bool
    problems: tuple[str, ...]
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class InExpected:
    """How long a migration was expected to take, when it was requested.

    Attributes:
        seconds: without waits; null where nothing was known.
        rough: whether it may well be many times as long, or as short.
        basis: what it rests on, in words, or why nothing was known.
    """

    seconds: float | None
    rough: bool
    basis: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One migration of a request.

    Attributes:
        id: which one.
        direction: which way it would run.
        checksum: of both texts.
        summary: its first comment line.
        forward: its text.
        backward: the text that undoes it; null if there is none.
        risk: the highest of its reasons.
        reasons: why, the highest first.
        proof: of its rehearsal; null if it was not rehearsed as it is.
    """

    id: str
    direction: Literal["forward", "backward"]
    checksum: str
    summary: str
    forward: str
    backward: str | None
    risk: Risk
    reasons: tuple[Reason, ...]
    proof: InProof | None


@dataclass(frozen=True, slots=True)
class Applied:
    """One applied migration of the state that a request is for.

    Attributes:
        id: which one.
        checksum: of the text as applied; null if the ledger has none.
        at: when it was applied, in UTC.
    """

    id: str
    checksum: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TargetState:
    """The state of a database, as far as nobody changes it by merely using it.

    Attributes:
        position: the migration applied last.
        applied: all of them, in order.
        schema: SHA-256 over every object with its attributes; no rows, no statistics.
        reader: what read the catalogs: a later wishkit may see more.
    """

    position: str | None
    applied: tuple[Applied, ...]
    schema: str
    reader: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that is approved with a request.

    Attributes:
        format: of this JSON.
        environment: for which environment.
        database: name of the database.
        verb: migrate or rollback.
        migrations: in the order they would run.
        plan: SHA-256 over what would run, in order; see `plan_digest`.
        state: of the database it was planned for.
        risk: the highest of its migrations.
        required: how many approvals that asks for.
        approvers: the role whose members give them; null if none was set.
        accepted: rules about large tables that it may break.
        note: why, in the requester's words.
        git_commit: what was checked out.
        wishkit: the version of wishkit.
        timings: how long each migration was expected to take, by its id; null in a request of an
            older wishkit.
        backup: the last backup that the ledger knew of, in words; null as above.
    """

    format: int
    environment: str
    database: str
    verb: Literal["migrate", "rollback"]
    migrations: tuple[Asked, ...]
    plan: str
    state: TargetState
    risk: Risk
    required: int
    approvers: str | None
    accepted: tuple[str, ...]
    note: str
    git_commit: str | None
    wishkit: str
    timings: dict[str, InExpected] | None = None
    backup: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What one person decided.

    Attributes:
        id: number of its row.
        verdict: approve or reject.
        approver: who the database says it was.
        at: when.
        note: in their words.
        authenticated_as: how the server knew: method and identity; null if it trusts, or is older
            than 16.
    """

    id: int
    verdict: Verdict
    approver: str
    at: datetime
    note: str | None
    authenticated_as: str | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Who approves in a database, and how many it takes.

    Attributes:
        environment: that the database is.
        role: whose members approve; null: nothing is asked for.
        none: approvals that a request without a risk needs.
        low: the same, of a low risk.
        medium: the same, of a medium risk.
        high: the same, of a high risk.
        expires: seconds that a request is good for.
        set_by: who the database says set it.
        set_at: when.
        here: it was set in this database, and did not come in a copy of another one.
    """

    environment: str
    role: str | None
    none: int
    low: int
    medium: int
    high: int
    expires: float
    set_by: str
    set_at: datetime
    here: bool = True

    def required(self, risk: Risk) -> int:
        """How many approvals a risk asks for."""
        return (self.none, self.low, self.medium, self.high)[_ORDER[risk]]


_ORDER = {"none": 0, "low": 1, "medium": 2, "high": 3}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the ledger has it.

    Attributes:
        id: its number.
        environment: for which environment.
        digest: of the bundle, as it was requested.
        bundle: what is asked for; null if it cannot be read, or is not what the digest says.
        requested_by: who the database says it was.
        requested_at: when.
        expires_at: until when it is good.
        expired: whether that is over, by the server's clock.
        superseded_by: the number of a later request for the same environment.
        approvals: what was decided, in order.
        done: which of its migrations have been run on it.
    """

    id: int
    environment: str
    digest: str
    bundle: Bundle | None
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    expired: bool
    superseded_by: int | None
    approvals: tuple[Approval, ...]
    done: tuple[str, ...]

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Who approved."""
        return tuple(it.approver for it in self.approvals if it.verdict == "approve")

    @property
    def rejected(self) -> Approval | None:
        """The rejection that closed it."""
        return next((it for it in self.approvals if it.verdict == "reject"), None)

    @property
    def spent(self) -> bool:
        """Whether all of it was run; it is good for that once."""
        return self.bundle is not None and {it.id for it in self.bundle.migrations} <= {*self.done}


def encode(bundle: Bundle) -> str:
    """Canonical JSON: the same text for the same bundle."""
    return msgspec.json.encode(bundle, order="sorted").decode()


def decode(text: str) -> Bundle | None:
    """The bundle in a text; None if it is none that this wishkit can read."""
    try:
        bundle = msgspec.json.decode(text, type=Bundle)
    except (msgspec.DecodeError, UnicodeError):
        return None
    return bundle if bundle.format == FORMAT else None


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def plan_digest(steps: Iterable[Step]) -> str:
    """SHA-256 over what would run: which migrations, which way, which texts, in which order."""
    return _plan_digest((it.id, it.direction, it.migration.checksum) for it in steps)


def _plan_digest(steps: Iterable[tuple[str, str, str]]) -> str:
    return digest("\n".join(" ".join(step) for step in steps))


def intact(request: Request) -> bool:
    """Whether the bundle is what its digest says, its plan and its risk included."""
    bundle = request.bundle
    return (
        bundle is not None
        and digest(encode(bundle)) == request.digest
        and bundle.plan
        == _plan_digest((it.id, it.direction, it.checksum) for it in bundle.migrations)
    )


def applied(ledger: Ledger) -> tuple[Applied, ...]:
    """The applied migrations of a ledger."""
    return tuple(Applied(it.id, it.checksum, it.applied_at) for it in ledger.records)
