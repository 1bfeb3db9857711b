"""Carry what is proven in one environment to the next, through every gate there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wishkit import config as configuration
from wishkit.commands import hazards
from wishkit.commands.migrate import Passage, migrate
from wishkit.commands.probes import smoke
from wishkit.commands.promotion_gates import closed_hazards, gates, looking
from wishkit.commands.promotion_hooks import HookRun, Hooks
from wishkit.core.plan import BASE
from wishkit.core.promotion import GATES, UNSKIPPABLE
from wishkit.errors import GateClosed, Interrupted, PromiseBroken, UsageError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wishkit.commands.migrate import Prepared
    from wishkit.commands.probes import Smoke
    from wishkit.commands.promotion_gates import Live, Seen
    from wishkit.commands.report import Report
    from wishkit.commands.workspace import Workspace
    from wishkit.config import Config
    from wishkit.core.gate import Gate
    from wishkit.postgres.run import Run


@dataclass(frozen=True, slots=True)
class Promoted:
    """One migration of a promotion.

    Attributes:
        id: which one.
        summary: its first comment line.
        irreversible: why it has no way back; null if it has one.
    """

    id: str
    summary: str
    irreversible: str | None


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a promotion came to, or would.

    Attributes:
        source: the environment that it comes from.
        environment: the one that it goes into.
        database: that one, without secrets.
        position: the migration applied last there, before.
        dry_run: nothing was to be run.
        migrations: what is promoted, in order.
        behind: ids that are pending and not applied in the source: they stay where they are.
        gates: every gate, open or closed; those after the first two only if these are open.
        skipped: closed gates that were gone past.
        emergency: why.
        report: what the run came to; null if there was none.
        smoke: what the smoke probes said afterwards.
        way_back: the command that undoes it, where something was applied and then failed.
        hooks: that were run.
        error: why it stopped, if it did; closed gates are told by ``gates``.
    """

    source: str
    environment: str
    database: str = ""
    position: str | None = None
    dry_run: bool = False
    migrations: tuple[Promoted, ...] = ()
    behind: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    skipped: tuple[str, ...] = ()
    emergency: str | None = None
    report: Report | None = None
    smoke: Smoke | None = None
    way_back: str | None = None
    hooks: tuple[HookRun, ...] = ()
    error: WishkitError | None = None

    @property
    def closed(self) -> tuple[Gate, ...]:
        """Gates that keep it from going on."""
        return tuple(it for it in self.gates if not it.passed and it.name not in self.skipped)

    @property
    def exit_status(self) -> int:
        """Of the error, if there is one; 1 if a gate is closed."""
        if self.error:
            return self.error.exit_status
        return 1 if self.closed else 0


def promote(
    workspace: Workspace,
    source: str,
    target: str,
    *,
    dry_run: bool = False,
    accept: Sequence[str] = (),
    emergency: str | None = None,
    skip: Sequence[str] = (),
    yes: bool = False,
) -> Promotion:
    """Apply in one environment what is applied, unchanged, verified and soaked in another.

    Args:
        workspace: the project; its own database is asked for nothing.
        source: the environment that it comes from.
        target: the one that it goes into.
        dry_run: only look at every gate.
        accept: rules about large tables that may be broken, as for migrate.
        emergency: why gates are gone past; the ledger keeps it until somebody acknowledges it.
        skip: which gates.
        yes: consent for a protected database.

    Returns:
        What was found at each gate, and what was done if all let it through. Closed gates and what
        fails on the way are in it, not raised: there is more to tell of them.

    Raises:
        UsageError: ``promotion-backwards``, ``promotion-same``, ``reason-missing``,
            ``unknown-gate`` or ``gate-not-skippable``.
        ConfigError: ``unknown-environment``.
        WishkitError: files, connections or ledgers cannot be read; nothing was run.
    """
    hazards.check(accept)
    _refuse_skips(emergency, skip)
    refuse_backwards(workspace.config, source, target)
    places = [
        replace(workspace, target=configuration.resolve_target(workspace.config, env=name))
        for name in (source, target)
    ]
    environment = configuration.environment_of(workspace.config, target)
    hooks = Hooks(environment, source)
    if not dry_run:
        error = hooks.run("before-promote")
        if error:
            return Promotion(source, target, hooks=tuple(hooks.done), error=error)
    with looking(*places) as (seen, live):
        found = gates(seen, live, accept=accept)
        accepted = _accepted(seen, live, accept) if "hazards" in skip else tuple(accept)
    result = _looked_at(seen, found, dry_run=dry_run)
    past = tuple(it.name for it in found if not it.passed and it.name in skip)
    result = replace(result, skipped=past, emergency=emergency if past else None)
    if not found or result.closed or dry_run:
        return replace(result, hooks=tuple(hooks.done))
    return _carry(seen, result, hooks, accept=accepted, yes=yes)


def _looked_at(seen: Seen, found: tuple[Gate, ...], *, dry_run: bool) -> Promotion:
    return Promotion(
        seen.asked.source,
        seen.asked.target,
        seen.database,
        seen.ledger.position,
        dry_run,
        tuple(
            Promoted(step.id, step.migration.header.summary, step.migration.header.irreversible)
            for step, _ in seen.prepared
        ),
        seen.asked.behind,
        found,
    )


def _carry(
    seen: Seen, result: Promotion, hooks: Hooks, *, accept: Sequence[str], yes: bool
) -> Promotion:
    """All gates are open, or gone past: run it, and ask whether it works."""
    target = seen.target
    what = f"{len(result.migrations)} migration{'' if len(result.migrations) == 1 else 's'}"
    past = f", past {', '.join(result.skipped)}" if result.skipped else ""
    if target.target.protected or result.skipped:
        question = f"promote {what} from {result.source} to {result.database}{past}?"
        target.consent(question, yes=yes, flag="--yes")
    hooks.migrations = [it.id for it in result.migrations]
    report, smoked = None, None
    error: WishkitError | None = hooks.run("before-migrate")
    if not error:
        try:
            report = _migrate(seen, result, accept=accept)
            error = report.error or hooks.run("after-migrate")
            if not error:
                smoked, error = _smoke(target)
        except WishkitError as failed:
            error = failed
        except KeyboardInterrupt:  # what was paused before has to be told
            state = "wishkit status says how things stand"
            error = Interrupted("interrupted", state=state)
    result = replace(result, report=report, smoke=smoked, error=error)
    result = replace(result, way_back=_way_back(seen, result))
    hooks.outcome = "failed" if error else "done"
    after = hooks.run("failed" if error else "after-promote")
    return replace(result, hooks=tuple(hooks.done), error=error or after)


def _migrate(seen: Seen, result: Promotion, *, accept: Sequence[str]) -> Report:
    expected = {step.id: step.migration.checksum for step, _ in seen.prepared}
    reason = f"promoted from {result.source}"
    if result.skipped:
        reason = f"EMERGENCY, past {', '.join(result.skipped)}: {result.emergency}"

    def enter(run: Run, prepared: Prepared) -> None:
        from wishkit.postgres.promotions import keep_promotion  # noqa: PLC0415 - heavy

        _refuse_others(prepared, expected)
        keep_promotion(
            run,
            source=result.source,
            migrations=[step.id for step, _ in prepared],
            gates=result.gates,
            skipped=result.skipped,
            emergency=result.emergency,
        )

    return migrate(
        seen.target,
        to=result.migrations[-1].id,
        accept=accept,
        yes=True,  # it was asked for before the hooks
        verify=True,
        no_backup=result.emergency if "backup" in result.skipped else None,
        passage=Passage(frozenset(result.skipped), reason, enter),
    )


def _smoke(target: Workspace) -> tuple[Smoke | None, WishkitError | None]:
    """Whether the application's path works now; what does not."""
    if not (target.config.sql / "smoke").is_dir():
        return None, None
    found = smoke(target)
    for verdict in found.verdicts:
        if error := verdict.error:
            how = "" if verdict.broken else "it could not be asked: "
            return found, PromiseBroken(
                f"smoke probe {verdict.id}: {how}{error.message}",
                code=error.code,
                where=error.where,
                notes=error.notes,
                state="all of it is applied and recorded, and the application's path does not work",
            )
    return found, None


def _refuse_others(prepared: Prepared, expected: Mapping[str, str]) -> None:
    """What is about to run is what the gates were asked about.

    Raises:
        GateClosed: ``changed-meanwhile``.
    """
    for step, _ in prepared:
        if expected.get(step.id) != step.migration.checksum:
            raise GateClosed(
                f"{step.id} is not what the gates were asked about: files or database have changed "
                "since",
                code="changed-meanwhile",
                help="run the same command again",
            )


def _way_back(seen: Seen, result: Promotion) -> str | None:
    """The command that undoes what was applied before it failed."""
    if not result.error or not result.report or not result.report.done:
        return None
    done = {it.id for it in result.report.done}
    if any(it.irreversible for it in result.migrations if it.id in done):
        return None
    return f"wishkit rollback --env {result.environment} --to {seen.ledger.position or BASE}"


def _accepted(seen: Seen, live: Live, accept: Sequence[str]) -> tuple[str, ...]:
    """The rules that an emergency breaks, so that the ledger has them with each migration."""
    judged = hazards.judge(live.connection, live.target, seen.prepared, accept)
    return tuple(dict.fromkeys((*accept, *(it.rule for it in closed_hazards(judged)))))


def refuse_backwards(config: Config, source: str, target: str) -> None:
    """Changes travel in the order of wishkit.toml.

    Raises:
        ConfigError: ``unknown-environment``.
        UsageError: ``promotion-backwards``.
    """
    names = [it.name for it in config.environments]
    places = [names.index(configuration.environment_of(config, it).name) for it in (source, target)]
    if places[0] < places[1]:
        return
    way = " → ".join(names)
    raise UsageError(
        f"{source} does not come before {target}: changes travel {way}",
        code="promotion-backwards",
        help=f"wishkit promote {target} {source}"
        if places[0] > places[1]
        else "name the environment it comes from, and the one it goes into",
        state="nothing was run",
    )


def _refuse_skips(emergency: str | None, skip: Collection[str]) -> None:
    """Gates are gone past by name, and for a reason.

    Raises:
        UsageError: ``reason-missing``, ``unknown-gate`` or ``gate-not-skippable``.
    """
    for name in skip:
        if name not in GATES:
            raise UsageError(
                f'there is no gate "{name}"',
                code="unknown-gate",
                help=configuration.suggestion(name, GATES, "there are"),
            )
        if name in UNSKIPPABLE:
            raise UsageError(
                f"nobody goes past the gate {name}: it says what is promoted at all",
                code="gate-not-skippable",
                help=f"what can be skipped: {', '.join(GATES[len(UNSKIPPABLE) :])}",
            )
    if emergency is not None and not emergency.strip():
        raise UsageError("--emergency needs a reason", code="reason-missing")
    if bool(skip) != (emergency is not None):
        raise UsageError(
            "--emergency says why, and --skip which gates: one needs the other",
            code="reason-missing",
            help='--emergency "payments are down, incident 88" --skip soaked --skip window',
        )
