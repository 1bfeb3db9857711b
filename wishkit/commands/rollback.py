"""Go back: undo what was applied, newest first, and say before what that would destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.commands import hazards
from wishkit.commands.approval_gate import approved, confirm
from wishkit.commands.backup_gate import backup_gate, destroyed, passing, refuse_no_reason
from wishkit.commands.migrate import prepare, psql_url, run_all, stakes_of
from wishkit.commands.probes import probes_for
from wishkit.commands.report import Report
from wishkit.commands.snapshot import refresh
from wishkit.core.migration import resolve
from wishkit.core.plan import BASE, backward_plan, ids_after, last_ids
from wishkit.core.state import State, compare
from wishkit.errors import ConsentNeeded, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg

    from wishkit.commands.migrate import Prepared
    from wishkit.commands.workspace import Workspace
    from wishkit.core.migration import Migration
    from wishkit.core.plan import Unfinished
    from wishkit.core.stakes import Stake
    from wishkit.core.state import Ledger

    Connection = psycopg.Connection[Any]
    Show = Callable[[Prepared, tuple[Stake, ...]], None]


def rollback(
    workspace: Workspace,
    *,
    to: str | None = None,
    steps: int | None = None,
    ids: Sequence[str] = (),
    allow_out_of_order: bool = False,
    accept: Sequence[str] = (),
    accept_data_loss: bool = False,
    yes: bool = False,
    unfinished: Unfinished | None = None,
    verify: bool | None = None,
    no_backup: str | None = None,
    show: Show | None = None,
) -> Report:
    """Undo migrations, newest applied first, by the ledger's order.

    Args:
        workspace: project and database.
        to: undo everything applied after this one; ``base`` for all.
        steps: undo this many.
        ids: undo these.
        allow_out_of_order: undo some while later ones stay.
        accept: rules about tables that are not small which may be broken.
        accept_data_loss: consent to losing the rows at stake.
        yes: consent for a protected database.
        unfinished: what to do about a statement of which only a person can tell whether it took
            effect.
        verify: after each migration run the mirror of its file of verify/, and stop if something
            of it remains; as the environment has it when None.
        no_backup: why to go on without the backup that the environment asks for; the ledger keeps
            it.
        show: is given the plan and the data at stake before anything runs.

    Returns:
        What was done; with an error when it stopped on the way.

    Raises:
        WishkitError: nothing was run.
    """
    refuse_unclear(to=to, steps=steps, ids=ids)
    hazards.check(accept)
    refuse_no_reason(no_backup)
    with workspace.connect("rollback", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe, refuse_unfit  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415
        from wishkit.postgres.run import open_run  # noqa: PLC0415

        migrations = workspace.migrations()
        database = describe(target, server)
        ledger = read_ledger(connection)
        wanted = chosen(ledger, migrations, to=to, steps=steps, ids=ids)

        def plan(ledger: Ledger) -> Prepared:
            return planned(connection, migrations, ledger, wanted, allow=allow_out_of_order)

        prepared = plan(ledger)
        if not prepared:
            return _report(workspace, database, migrations, ledger, Report("rollback", database))
        refuse_unfit(server)
        probes = probes_for(workspace, migrations, "gone", asked=verify, target=target)
        judged = hazards.judge(connection, target, prepared, accept)
        hazards.refuse(judged)
        lost = stakes_of(connection, prepared)
        if show:
            show(prepared, lost)
        gate = backup_gate(connection, target, server, ledger, destroys=destroyed(lost))
        reason = passing(gate, no_backup)
        approval = approved(
            workspace,
            connection,
            target,
            ledger,
            prepared,
            verb="rollback",
            judged=judged,
            accept=accept,
        )
        if approval:
            approval.gate.require()
        _consent(
            workspace,
            database,
            prepared,
            lost,
            accepted=accept_data_loss,
            protected=target.protected,
            yes=yes,
        )
        with open_run(
            connection,
            target,
            verb="rollback",
            reason=reason,
            listener=workspace.listener,
            unfinished=unfinished,
        ) as run:
            run.may_kill = workspace.may_kill
            if run.ledger.records != ledger.records or run.ledger.partial != ledger.partial:
                raise ConsentNeeded(
                    "the database changed while the question was open: another run was at work",
                    code="changed-meanwhile",
                    help="look at the new state, then ask again: wishkit status",
                    state="nothing was run",
                )
            if approval:
                confirm(workspace, run, prepared, verb="rollback", judged=judged, accept=accept)
            run.accepted |= hazards.accepted(judged, accept)
            done, error, verdicts = run_all(run, prepared, probes)
            ledger = run.read_ledger()
            notes = refresh(workspace, run.session.connection) if done else ()
        report = Report("rollback", database, done, notes=notes, error=error, verdicts=verdicts)
        return _report(workspace, database, migrations, ledger, report)


def planned(
    connection: Connection,
    migrations: Sequence[Migration],
    ledger: Ledger,
    wanted: Sequence[str],
    *,
    allow: bool,
) -> Prepared:
    """The plan, with the ledger's texts where the files are gone or differ, and every text checked.

    Raises:
        PlanError: there is no safe way back.
        MigrationFileError: a text cannot work.
    """
    from wishkit.postgres.ledger import read_scripts  # noqa: PLC0415 - heavy

    by_id = {e.id: e for e in compare(migrations, ledger)}
    need = [i for i in wanted if by_id[i].state not in {State.APPLIED, State.PENDING}]
    applied = read_scripts(connection, ledger, need)
    return prepare(backward_plan(migrations, ledger, applied, ids=wanted, allow_out_of_order=allow))


def refuse_unclear(*, to: str | None, steps: int | None, ids: Sequence[str] = ()) -> None:
    """Exactly one way of saying what to undo, before anything is connected to.

    Raises:
        UsageError: ``what-to-undo``.
    """
    if sum((to is not None, steps is not None, bool(ids))) != 1:
        raise UsageError(
            "say what to undo: --to ID, --steps N, or the migrations themselves",
            code="what-to-undo",
            help="wishkit rollback --to 0006 keeps 0006 and undoes everything applied after it",
        )
    if steps is not None and steps < 1:
        raise UsageError("--steps must be 1 or more", code="what-to-undo")


def chosen(
    ledger: Ledger,
    migrations: Sequence[Migration],
    *,
    to: str | None = None,
    steps: int | None = None,
    ids: Sequence[str] = (),
) -> tuple[str, ...]:
    """The ids that are meant by one of ``to``, ``steps`` and ``ids``; see ``rollback``.

    Raises:
        UsageError: ``unknown-migration`` or ``not-applied``.
    """
    known = [r.id for r in ledger.records] + [p.id for p in ledger.partial]
    if steps is not None:
        return last_ids(ledger, steps)
    everything = dict.fromkeys([*known, *(m.id for m in migrations)])
    if to is not None:
        return ids_after(ledger, BASE if to == BASE else resolve(to, everything))
    wanted = tuple(resolve(reference, everything) for reference in ids)
    for id_ in wanted:
        if id_ not in known:
            raise UsageError(
                f"{id_} is not applied",
                code="not-applied",
                help="wishkit status shows what is",
                state="nothing was run",
            )
    return wanted


def _consent(
    workspace: Workspace,
    database: str,
    prepared: Prepared,
    lost: Sequence[Stake],
    *,
    accepted: bool,
    protected: bool,
    yes: bool,
) -> None:
    count = f"{len(prepared)} migration{'s' if prepared[1:] else ''}"
    if lost:
        what = ", ".join(
            f"{s.name} ({'' if s.exact else 'about '}{s.rows:,} row{'' if s.rows == 1 else 's'})"
            for s in lost
        )
        workspace.consent(
            f"roll back {count} on {database} and lose the data of {what}?",
            yes=accepted,
            flag="--accept-data-loss",
        )
    if protected or (not lost and workspace.ask is not None):
        workspace.consent(f"roll back {count} on {database}?", yes=yes, flag="--yes")


def _report(
    workspace: Workspace,
    database: str,
    migrations: Sequence[Migration],
    ledger: Ledger,
    report: Report,
) -> Report:
    entries = compare(migrations, ledger)
    return Report(
        "rollback",
        database,
        report.done,
        ledger.position,
        sum(e.state is State.PENDING for e in entries),
        report.notes,
        report.error,
        psql_url(workspace),
        report.verdicts,
    )
