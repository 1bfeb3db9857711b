"""Whether a database is still as the last run left it: asked again and again, and seldom compared.

`check --last-run` reads the whole catalog. Here that is done only when the fingerprint of the
catalogs has changed since, and never for more than a small part of the time: temporary tables
change it too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from wishkit.commands.check import Comparison
from wishkit.commands.checked import Check
from wishkit.commands.workspace import Workspace
from wishkit.core.severity import Severity
from wishkit.errors import CompareError

if TYPE_CHECKING:
    from wishkit.commands.everywhere import Asked
    from wishkit.config import Config
    from wishkit.core.drift import Drift, Ignored
    from wishkit.postgres.glance import Glance

_SHARE = 10  # of the time, comparing may take one part in so many


@dataclass(frozen=True, slots=True)
class Drifting:
    """What is not as the last run left it.

    Attributes:
        state: none, some, or unknown.
        drifts: what has changed since, the worst first, as `check --last-run` tells it.
        fails: whether some is so severe that `check` would fail in this environment.
        ignored: the entries of ``[[drift.ignore]]``, and what each took out.
        why: it is not known; null where it is.
        last_run: when the last run that changed the database ended; null where that is not kept.
        compared_at: when all objects were compared, in UTC; null where they need not be.
    """

    state: Literal["none", "some", "unknown"]
    drifts: tuple[Drift, ...] = ()
    fails: bool = False
    ignored: tuple[Ignored, ...] = ()
    why: str | None = None
    last_run: datetime | None = None
    compared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, kept until something changes.

    Attributes:
        since: when the last run had ended.
        fingerprint: of the catalogs before it.
        found: its answer.
        rest_until: by the monotonic clock, when there may be another one.
    """

    since: datetime
    fingerprint: str | None
    found: Drifting
    rest_until: float


def drifting(
    asked: Asked, config: Config, seen: Glance, before: Compared | None
) -> tuple[Drifting, Compared | None]:
    """Whether a database is as the last run left it, and what is to be kept for the next time.

    Args:
        asked: the database.
        config: the project's.
        seen: of the database just now.
        before: what was kept the last time.

    Raises:
        ConnectError: the connection went away.
    """
    left = seen.left
    if left is None or seen.at_work or seen.fingerprint is None:
        ended_at = left.ended_at if left else None
        return Drifting("unknown", why=_why(seen), last_run=ended_at), before
    if left.fingerprint == seen.fingerprint:
        return Drifting("none", last_run=left.ended_at), None
    if before and before.since == left.ended_at:
        same = before.fingerprint == seen.fingerprint
        if same or time.monotonic() < before.rest_until:
            return before.found, before
    if not left.comparable:
        when = f"{left.ended_at:%Y-%m-%d %H:%M %Z}"
        why = f"something has changed since the last run ({when}), and what it was is not kept"
        return Drifting("unknown", why=why, last_run=left.ended_at), None
    began = time.monotonic()
    found = _compare(asked, config, seen, left.ended_at)
    ended = time.monotonic()
    rest_until = ended + _SHARE * (ended - began)
    return found, Compared(left.ended_at, seen.fingerprint, found, rest_until)


def _why(seen: Glance) -> str:
    """What keeps it from being known."""
    if seen.at_work:
        return f"a run is at work ({seen.at_work})"
    if "snapshot" in seen.denied:
        return "this role may not read wishkit.snapshot and wishkit.execution"
    if seen.left:
        return "this role may not read all catalogs"
    if not seen.ledger.records:
        return "nothing is applied"
    return "the ledger does not say how the last run left it: the next one keeps that"


def _compare(asked: Asked, config: Config, seen: Glance, last_run: datetime) -> Drifting:
    from wishkit.postgres.glance import of_comparison  # noqa: PLC0415 - the driver is heavy

    now = datetime.now(UTC)
    target = asked.target
    fails = Severity(target.drift_fails)
    blank = Check(target.name, "", now, "last run", seen.ledger.position, fails=fails)
    place = Workspace(config, target, lambda _: None)
    unknown = Drifting("unknown", last_run=last_run, compared_at=now)
    try:
        with of_comparison():
            found = Comparison(
                place,
                asked.connection,
                asked.server,
                seen.ledger,
                blank,
                column_order=False,
                remedies=False,
            ).with_last_run()
    except CompareError as error:
        return replace(unknown, why=error.message)
    if found.unseen and not found.drifts:
        why = f"this role may not read {', '.join(found.unseen)}"
        return replace(unknown, why=why, ignored=found.ignored)
    return Drifting(
        "some" if found.drifts else "none",
        found.drifts,
        any(it.severity.rank >= fails.rank for it in found.drifts),
        found.ignored,
        last_run=last_run,
        compared_at=now,
    )
