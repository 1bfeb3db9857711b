"""Go forward: apply what is pending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wishkit.commands import hazards, proofs
from wishkit.commands.approval_gate import approved, confirm
from wishkit.commands.backup_gate import backup_gate, destroyed, passing, refuse_no_reason
from wishkit.commands.report import Done, Report
from wishkit.commands.snapshot import refresh
from wishkit.core.migration import resolve
from wishkit.core.plan import forward_plan
from wishkit.core.state import State, compare
from wishkit.errors import ConnectError, Interrupted, Location, ProbeError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.core.batches import Batch
    from wishkit.core.migration import Migration
    from wishkit.core.plan import Step, Unfinished
    from wishkit.core.probes import Probe, Verdict
    from wishkit.core.stakes import Stake
    from wishkit.core.state import Ledger
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]

Prepared = list[tuple["Step", tuple["Batch", ...]]]


def _nothing(_run: Run, _prepared: Prepared) -> None:
    """What a run keeps besides, if nobody promotes."""


@dataclass(frozen=True, slots=True)
class Passage:
    """How a promotion goes through the gates of an environment; see `promote`.

    Attributes:
        skipped: gates that are gone past.
        reason: of the run, as the ledger keeps it.
        enter: is called under the run lock, with what is about to run, and may refuse.
    """

    skipped: frozenset[str] = frozenset()
    reason: str | None = None
    enter: Callable[[Run, Prepared], None] = _nothing


def migrate(
    workspace: Workspace,
    *,
    to: str | None = None,
    allow_out_of_order: bool = False,
    allow_missing: bool = False,
    accept: Sequence[str] = (),
    yes: bool = False,
    unfinished: Unfinished | None = None,
    proof: str | None = None,
    verify: bool | None = None,
    no_backup: str | None = None,
    passage: Passage | None = None,
) -> Report:
    """Apply pending migrations, each with its record in the ledger.

    Args:
        workspace: project and database.
        to: id or number of the last one to apply; all when None.
        allow_out_of_order: accept one numbered below an applied one.
        allow_missing: accept applied ones whose files are gone.
        accept: rules about tables that are not small which may be broken.
        yes: consent for a protected database.
        unfinished: what to do about a statement of which only a person can tell whether it took
            effect.
        proof: a file with proofs of a rehearsal: what has none that fits is refused. None: the
            environment says whether one is asked for.
        verify: after each migration run its file of verify/, and stop if a promise is broken; as
            the environment has it when None.
        no_backup: why to go on without the backup that the environment asks for; the ledger keeps
            it.
        passage: what a promotion knows already of the gates, and keeps.

    Returns:
        What was done; with an error when it stopped on the way.

    Raises:
        WishkitError: nothing was run.
    """
    hazards.check(accept)
    refuse_no_reason(no_backup)
    passage = passage or Passage()
    migrations = workspace.migrations()

    def plan(ledger: Ledger) -> tuple[Step, ...]:
        return pending(
            connection,
            migrations,
            ledger,
            to=to,
            allow_out_of_order=allow_out_of_order,
            allow_missing=allow_missing,
        )

    with workspace.connect("migrate", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe, refuse_unfit  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415

        database = describe(target, server)
        ledger = read_ledger(connection)
        steps = plan(ledger)
        if not steps:
            return _report(workspace, database, migrations, ledger)
        from wishkit.commands.probes import probes_for  # noqa: PLC0415 - as below
        from wishkit.postgres.online import refuse_on_partitioned  # noqa: PLC0415 - as below
        from wishkit.postgres.run import open_run  # noqa: PLC0415 - not for nothing to do

        refuse_unfit(server)
        prepared = prepare(steps)
        if "proof" not in passage.skipped:
            proofs.require(workspace.config, target, migrations, steps, path=proof)
        probes = probes_for(workspace, migrations, "verify", asked=verify, target=target)
        refuse_on_partitioned(connection, prepared)
        judged = hazards.judge(connection, target, prepared, accept)
        hazards.refuse(judged)
        reason = None
        if target.backup:
            lost = stakes_of(connection, prepared)
            gate = backup_gate(connection, target, server, ledger, destroys=destroyed(lost))
            reason = passing(gate, no_backup)
        approval = approved(
            workspace,
            connection,
            target,
            ledger,
            prepared,
            verb="migrate",
            judged=judged,
            accept=accept,
            proof=proof,
        )
        if "approvals" in passage.skipped:
            approval = None
        if approval:
            approval.gate.require()
        if target.protected:
            count = f"{len(steps)} migration{'s' if steps[1:] else ''}"
            workspace.consent(f"apply {count} to {database}?", yes=yes, flag="--yes")
        with open_run(
            connection,
            target,
            verb="migrate",
            reason=passage.reason or reason,
            listener=workspace.listener,
            unfinished=unfinished,
        ) as run:
            run.may_kill = workspace.may_kill
            if run.ledger.records != ledger.records or run.ledger.partial != ledger.partial:
                prepared = prepare(plan(run.ledger))  # another run was quicker
            passage.enter(run, prepared)
            if approval:
                confirm(
                    workspace,
                    run,
                    prepared,
                    verb="migrate",
                    judged=judged,
                    accept=accept,
                    proof=proof,
                )
            run.accepted |= hazards.accepted(judged, accept)
            done, error, verdicts = run_all(run, prepared, probes)
            ledger = run.read_ledger()
            notes = refresh(workspace, run.session.connection) if done else ()
        return _report(
            workspace,
            database,
            migrations,
            ledger,
            done=done,
            error=error,
            notes=notes,
            verdicts=verdicts,
        )


def pending(
    connection: Connection,
    migrations: Sequence[Migration],
    ledger: Ledger,
    *,
    to: str | None,
    allow_out_of_order: bool,
    allow_missing: bool,
) -> tuple[Step, ...]:
    """What there is to apply; see ``forward_plan``.

    Raises:
        WishkitError: there is no safe answer.
    """
    try:
        return forward_plan(
            migrations,
            ledger,
            to=_target(to, migrations, ledger),
            allow_out_of_order=allow_out_of_order,
            allow_missing=allow_missing,
        )
    except WishkitError as error:
        raise with_difference(error, migrations, ledger, connection) from None


def prepare(steps: Sequence[Step]) -> Prepared:
    """Check every text of a plan before the first one runs, its way back included.

    Raises:
        MigrationFileError: a text cannot work.
        PlanError: it has no text.
    """
    from wishkit.core.batches import batches  # noqa: PLC0415 - the parser is heavy

    for step in steps:
        if step.direction == "forward" and step.migration.backward:
            back = replace(step, direction="backward")
            batches(back.script, transactional=back.transactional, batched=back.batched)
    return [(s, batches(s.script, transactional=s.transactional, batched=s.batched)) for s in steps]


def stakes_of(connection: Connection, prepared: Prepared) -> tuple[Stake, ...]:
    """Which data a plan destroys, counted in the database."""
    from wishkit.core.stakes import threats  # noqa: PLC0415 - the parser is heavy
    from wishkit.postgres.stakes import stakes  # noqa: PLC0415 - as above

    return stakes(connection, threats(prepared))


def run_all(
    run: Run, prepared: Prepared, probes: Mapping[str, Probe] | None = None
) -> tuple[tuple[Done, ...], WishkitError | None, tuple[Verdict, ...]]:
    """Run a plan until its end, its first failure, or the first probe that does not pass.

    Args:
        run: holds the lock.
        prepared: what to run.
        probes: to be asked after the migrations of these ids.
    """
    from wishkit.commands.probes import refuse_broken  # noqa: PLC0415 - as below
    from wishkit.postgres.engine import run_step  # noqa: PLC0415 - heavy

    done: list[Done] = []
    verdicts: list[Verdict] = []
    try:
        for position, (step, batches) in enumerate(prepared, 1):
            attempt = run_step(run, step, batches, position=position, total=len(prepared))
            summary = step.migration.header.summary
            count = batches[-1].last
            done.append(Done(step.id, step.direction, attempt.elapsed, count, summary))
            if probe := (probes or {}).get(step.id):
                verdicts.append(_ask(run, probe))
                refuse_broken(verdicts[-1], run.position)
    except WishkitError as error:
        run.failure = error
    except KeyboardInterrupt:  # between migrations, or a second time
        state = f"wishkit status says how things stand; {run.position} as far as is known"
        run.failure = Interrupted("interrupted", state=state)
    if done:
        from wishkit.postgres.last_run import keep_snapshot  # noqa: PLC0415 - heavy

        keep_snapshot(run)
    return tuple(done), run.failure, tuple(verdicts)


def _ask(run: Run, probe: Probe) -> Verdict:
    from wishkit.core.probes import Verdict  # noqa: PLC0415 - not for nothing to do
    from wishkit.postgres.probe import run_probe  # noqa: PLC0415 - heavy

    try:
        return run_probe(run.session.connection, probe)
    except ConnectError as lost:
        run.settle(probe.id)
        error = ProbeError(lost.message, code=lost.code)
        return Verdict(probe.id, probe.kind, passed=False, seconds=0.0, error=error)


def with_difference(
    error: WishkitError,
    migrations: Sequence[Migration],
    ledger: Ledger,
    connection: Connection,
) -> WishkitError:
    """Show, for a migration that was changed since it was applied, what changed."""
    if error.code != "changed":
        return error
    from wishkit.core.difference import difference  # noqa: PLC0415 - only for this
    from wishkit.postgres.ledger import read_scripts  # noqa: PLC0415 - heavy

    changed = [e for e in compare(migrations, ledger) if e.state is State.CHANGED]
    applied = read_scripts(connection, ledger, [e.id for e in changed])
    for entry in changed:
        if entry.migration is None or entry.id not in applied:
            continue
        pairs = (
            (applied[entry.id].forward, entry.migration.forward),
            (applied[entry.id].backward, entry.migration.backward),
        )
        for before, after in pairs:
            if text := difference(before, after):
                if not error.notes and after:
                    error.where = Location(after.path, 1)
                error.notes = (*error.notes, text)
    return error


def _target(to: str | None, migrations: Sequence[Migration], ledger: Ledger) -> str | None:
    if to is None:
        return None
    return resolve(to, [*(m.id for m in migrations), *_only_applied(migrations, ledger)])


def _only_applied(migrations: Sequence[Migration], ledger: Ledger) -> list[str]:
    files = {m.id for m in migrations}
    return [r.id for r in ledger.records if r.id not in files]


def _report(
    workspace: Workspace,
    database: str,
    migrations: Sequence[Migration],
    ledger: Ledger,
    *,
    done: tuple[Done, ...] = (),
    error: WishkitError | None = None,
    notes: tuple[str, ...] = (),
    verdicts: tuple[Verdict, ...] = (),
) -> Report:
    entries = compare(migrations, ledger)
    missing = [e.id for e in entries if e.state is State.MISSING]
    gone = [f"applied, but the file is gone: {id_}" for id_ in missing]
    return Report(
        "migrate",
        database,
        done,
        ledger.position,
        sum(e.state is State.PENDING for e in entries),
        (*gone, *notes),
        error,
        psql_url(workspace),
        verdicts,
    )


def psql_url(workspace: Workspace) -> str | None:
    """How to connect with psql; only for the embedded server, whose URL holds no secret."""
    from wishkit.commands.workspace import start_embedded  # noqa: PLC0415 - rarely needed

    if workspace.target.embedded:
        return start_embedded(workspace.config, workspace.target).url
    return None
