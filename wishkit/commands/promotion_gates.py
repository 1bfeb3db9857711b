"""The gates of a promotion, each asked of the databases that can tell."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wishkit.commands import hazards, proofs
from wishkit.commands.approval_gate import approved
from wishkit.commands.backup_gate import backup_gate, destroyed
from wishkit.commands.check import check
from wishkit.commands.expectation import outlook
from wishkit.commands.migrate import pending, prepare, stakes_of
from wishkit.commands.probes import verify, verify_files
from wishkit.config import Thresholds, dereference, environment_of
from wishkit.core.gate import Gate
from wishkit.core.plan import Step
from wishkit.core.promotion import (
    applied_gate,
    between,
    order_gate,
    soaked_gate,
    timing_gate,
    window_gate,
)
from wishkit.errors import UsageError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    import psycopg

    from wishkit.commands.migrate import Prepared
    from wishkit.commands.workspace import Workspace
    from wishkit.config import Environment, Target
    from wishkit.core.hazards.model import Hazard
    from wishkit.core.migration import Migration
    from wishkit.core.promotion import Between
    from wishkit.core.state import Ledger
    from wishkit.postgres.connection import Server

    Connection = psycopg.Connection[Any]
    Judged = Mapping[str, tuple[Hazard, ...]]


@dataclass(frozen=True, slots=True)
class Seen:
    """Two environments as they were looked at.

    Attributes:
        source: project and the database that it comes from.
        target: project and the database that it goes into.
        environment: the latter, as wishkit.toml has it.
        asked: what is to be promoted.
        prepared: the same as a plan; empty where nothing is.
        migrations: all files.
        source_ledger: of the first.
        ledger: of the second.
        database: the second, in words.
        now_there: by the clock of the first one's server.
        now_here: by the clock of the second one's.
    """

    source: Workspace
    target: Workspace
    environment: Environment
    asked: Between
    prepared: Prepared
    migrations: tuple[Migration, ...]
    source_ledger: Ledger
    ledger: Ledger
    database: str
    now_there: datetime
    now_here: datetime


@contextmanager
def looking(source: Workspace, target: Workspace) -> Iterator[tuple[Seen, Live]]:
    """Both databases, looked at; the connection to the second stays for as long as the block.

    Raises:
        UsageError: ``promotion-same``: they are one database.
        WishkitError: files, connections or ledgers cannot be read, or there is no safe plan.
    """
    from wishkit.postgres.backups import instance, server_time  # noqa: PLC0415 - heavy
    from wishkit.postgres.connection import describe, refuse_unfit  # noqa: PLC0415 - as above
    from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415

    migrations = source.migrations()
    with source.connect("promote", writes=False) as (connection, _, _):
        here = instance(connection)
        source_ledger, now_there = read_ledger(connection), server_time(connection)
    with target.connect("promote", writes=False) as (connection, live, server):
        refuse_unfit(server)
        if instance(connection) == here:
            raise _same(source, target, server)
        ledger = read_ledger(connection)
        steps = pending(
            connection, migrations, ledger, to=None, allow_out_of_order=False, allow_missing=False
        )
        asked = between(
            source.target.name, target.target.name, source_ledger, [it.id for it in steps]
        )
        seen = Seen(
            source,
            target,
            environment_of(target.config, target.target.name),
            asked,
            prepare(steps[: len(asked.ids)]),
            migrations,
            source_ledger,
            ledger,
            describe(live, server),
            now_there,
            server_time(connection),
        )
        yield seen, Live(connection, live, server)


@dataclass(frozen=True, slots=True)
class Live:
    """The connection to the environment that is promoted into.

    Attributes:
        connection: in autocommit mode.
        target: as connected to.
        server: what it is.
    """

    connection: Connection
    target: Target
    server: Server


def _same(source: Workspace, target: Workspace, server: Server) -> UsageError:
    return UsageError(
        f"{source.target.name} and {target.target.name} are the same database, "
        f"{server.database} at {server.place}",
        code="promotion-same",
        help="look at their urls in wishkit.toml: wishkit env list",
        state="nothing was run",
    )


def gates(seen: Seen, live: Live, *, accept: Sequence[str]) -> tuple[Gate, ...]:
    """Every gate, open or closed; those that only make sense for a plan, if there is one.

    A gate that cannot be asked is closed, and says why.
    """
    asked = seen.asked
    files = {it.id: it for it in seen.migrations}
    found = [
        order_gate(asked, seen.source_ledger, seen.ledger),
        applied_gate(asked, seen.source_ledger, files),
    ]
    if not all(it.passed for it in found):
        return tuple(found)  # what the others would be asked about is not what would run
    if not asked.ids:
        return ()
    soak, windows = seen.environment.soak, seen.environment.windows
    freeze = seen.environment.freeze
    judged = _Judged(seen, live, accept)
    questions: list[tuple[str, Callable[[], Gate | None]]] = [
        ("verified", lambda: _verified(seen)),
        (
            "soaked",
            lambda: soaked_gate(asked, seen.source_ledger, soak=soak, now=seen.now_there),
        ),
        ("rehearsal", lambda: _rehearsal(seen, live)),
        ("proof", lambda: _proof(seen, live)),
        ("hazards", judged.hazards),
        ("drift", lambda: _drift(seen)),
        ("backup", judged.backup),
        ("approvals", judged.approvals),
        ("timing", lambda: _timing(seen, live)),
        ("window", lambda: window_gate(asked, windows, freeze, now=seen.now_here)),
    ]
    for name, ask in questions:
        try:
            gate = ask()
        except WishkitError as error:
            gate = _not_asked(name, error)
        if gate:
            found.append(gate)
    return tuple(found)


def _not_asked(name: str, error: WishkitError) -> Gate:
    return Gate(
        name,
        passed=False,
        found=error.message,
        missing=", ".join(error.notes[:3]) or "an answer",
        who=error.help,
        code=error.code,
    )


def _verified(seen: Seen) -> Gate:
    """What they promised holds where they are."""
    asked = seen.asked
    files = verify_files(seen.source, seen.migrations, "verify")
    ids = [it for it in asked.ids if it in files]
    without = len(asked.ids) - len(ids)
    also = f"; {without} without a file in verify/" if without else ""
    if not ids:
        found = "none of them has a file in verify/ that could be asked"
        return Gate("verified", passed=True, found=found)
    broken = [it for it in verify(seen.source, ids).verdicts if not it.passed]
    if not broken:
        found = f"{len(ids)} of {len(asked.ids)} keep their promise in {asked.source}{also}"
        return Gate("verified", passed=True, found=found)
    first = broken[0]
    told = first.error.message if first.error else ""
    return Gate(
        "verified",
        passed=False,
        found=f"{first.id} does not keep its promise in {asked.source}: {told}",
        missing=f"what {', '.join(it.id for it in broken)} promised",
        who=f"whoever wrote it: wishkit verify {first.id} --env {asked.source}",
        code="promotion",
    )


def _rehearsal(seen: Seen, live: Live) -> Gate:
    """They go forward, backward and forward again on a copy of the target's schema."""
    from wishkit.postgres.schema_copy import try_on_copy  # noqa: PLC0415 - heavy

    server = seen.target.config.rehearse.server
    backward = [
        Step(step.migration, "backward")
        for step, _ in reversed(seen.prepared)
        if not step.migration.header.irreversible
    ]
    tried = try_on_copy(
        live.connection,
        live.target,
        live.server,
        seen.ledger,
        seen.prepared,
        backward=prepare(backward),
        stage_url=dereference(server) if server else None,
    )
    if tried.problem:
        return Gate(
            "rehearsal",
            passed=False,
            found=f"on a copy of {seen.asked.target}'s schema: {tried.problem}",
            missing=", ".join(tried.details[:3]) or "a way that works there",
            who="whoever wrote it; then: wishkit rehearse",
            code="promotion",
        )
    ways = "forward, backward and forward again"
    if tried.irreversible:
        ways = f"forward; {tried.irreversible[0]} has no way back"
    found = f"{ways}, on a copy of {seen.asked.target}'s schema (PostgreSQL {tried.server})"
    return Gate("rehearsal", passed=True, found=found)


def _proof(seen: Seen, live: Live) -> Gate | None:
    """They have passed a rehearsal with rows, where the environment asks for one."""
    if not live.target.rehearsed:
        return None
    steps = [step for step, _ in seen.prepared]
    proofs.require(seen.target.config, live.target, seen.migrations, steps, path=None)
    found = "rehearsed with rows, as they are now"
    return Gate("proof", passed=True, found=found)


def _drift(seen: Seen) -> Gate:
    """The target is what its migrations define."""
    name = seen.asked.target
    found = check(seen.target)
    if not found.exit_status:
        since = found.unchanged_since
        when = f", unchanged since {since:%Y-%m-%d %H:%M} UTC" if since else ""
        return Gate("drift", passed=True, found=f"{name} is what its migrations define{when}")
    if found.unseen:
        told = f"not all of {name} could be compared: {', '.join(found.unseen)}"
    else:
        first, *others = found.drifts
        more = f" (and {len(others)} more)" if others else ""
        told = f"{name} is not what its migrations define: {first.text}{more}"
    return Gate(
        "drift",
        passed=False,
        found=told,
        missing="the schema as its migrations make it",
        who=f"who changed it: wishkit check --env {name} --sql mends it, --adopt keeps it",
        code="promotion",
    )


def _timing(seen: Seen, live: Live) -> Gate:
    """None of it takes, or waits, longer than the target lets it; and what is to be expected."""
    from wishkit.postgres.history import read_attempts  # noqa: PLC0415 - heavy

    asked, thresholds = seen.asked, seen.environment.thresholds
    try:
        with seen.source.connect("promote", writes=False) as (connection, _, _):
            there = read_attempts(connection, asked.source, asked.ids)
        here = read_attempts(live.connection, asked.target, asked.ids)
        found = outlook(live.connection, seen.prepared)
    except WishkitError as error:
        if thresholds != Thresholds():
            raise
        told = f"how long it takes in {asked.target} is not known: {error.message}"
        return Gate("timing", passed=True, found=told)
    expected = found.expected((*there, *here), thresholds.expected)
    return timing_gate(asked, expected, there, thresholds)


@dataclass(frozen=True, slots=True)
class _Judged:
    """Gates that rest on what the plan does to the target."""

    seen: Seen
    live: Live
    accept: Sequence[str]

    def hazards(self) -> Gate:
        """Nothing keeps clients of a large table waiting, unless somebody said that it may."""
        from wishkit.postgres.online import refuse_on_partitioned  # noqa: PLC0415 - heavy

        refuse_on_partitioned(self.live.connection, self.seen.prepared)
        judged = self._judged()
        refused = closed_hazards(judged)
        if not refused:
            accepted = sorted({it.rule for found in judged.values() for it in found if it.accepted})
            told = (
                f"accepted: {', '.join(accepted)}"
                if accepted
                else "no client would be kept waiting"
            )
            return Gate("hazards", passed=True, found=told)
        first, *others = refused
        more = f" (and {len(others)} more)" if others else ""
        flags = " ".join(f"--accept {rule}" for rule in dict.fromkeys(it.rule for it in refused))
        return Gate(
            "hazards",
            passed=False,
            found=f"{first.rule}: {first.what}{more}",
            missing="a form that keeps nobody waiting: wishkit plan shows it",
            who=f"whoever wrote it; or who answers for it: {flags}",
            code="hazard",
        )

    def backup(self) -> Gate | None:
        """There is a backup as the environment asks for it."""
        live = self.live
        if live.target.backup is None:
            return None
        lost = destroyed(stakes_of(live.connection, self.seen.prepared))
        gate = backup_gate(
            live.connection, live.target, live.server, self.seen.ledger, destroys=lost
        )
        return replace(gate, who=first_line(gate.who)) if gate else None

    def approvals(self) -> Gate | None:
        """It is approved, just as it is."""
        found = approved(
            self.seen.target,
            self.live.connection,
            self.live.target,
            self.seen.ledger,
            self.seen.prepared,
            verb="migrate",
            judged=self._judged(),
            accept=self.accept,
        )
        if found is None or found.gate.passed or not self.seen.asked.behind:
            return found.gate if found else None
        # A request without --to would be for all that is pending.
        last = self.seen.asked.ids[-1]
        who = (found.gate.who or "").replace(" --note …", f" --to {last[:4]} --note …")
        return replace(found.gate, who=who)

    def _judged(self) -> Judged:
        live = self.live
        return hazards.judge(live.connection, live.target, self.seen.prepared, self.accept)


def closed_hazards(judged: Judged) -> list[Hazard]:
    """Those that nobody has accepted."""
    return [it for found in judged.values() for it in found if it.refused and not it.accepted]


def first_line(text: str | None) -> str | None:
    """The first line of several; the others tell of options that a promotion does not have."""
    return text.splitlines()[0] if text else text
