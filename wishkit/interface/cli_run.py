"""The commands that run migrations: migrate, rollback."""

from typing import Annotated

from wishkit.interface.audience import audience_of_run
from wishkit.interface.options import (
    Accept,
    Attempt,
    Env,
    Json,
    KillBlockers,
    LockWait,
    LogJson,
    Metrics,
    NoBackup,
    Patience,
    Unfinished,
    Url,
    Verify,
    VerifyGone,
    Yes,
    decision,
    finish,
    refuse_metrics_of_nothing,
    workspace,
)
from wishkit.interface.parameters import Argument, Option


def migrate(
    *,
    to: Annotated[
        str | None, Option("--to", metavar="ID", help="Stop after this migration.")
    ] = None,
    allow_out_of_order: Annotated[
        bool,
        Option(
            "--allow-out-of-order", help="Accept a pending migration numbered below an applied one."
        ),
    ] = False,
    allow_missing: Annotated[
        bool, Option("--allow-missing", help="Accept applied migrations whose files are gone.")
    ] = False,
    accept: Accept = None,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Only show the plan, as `wishkit plan` does.")
    ] = False,
    yes: Yes = False,
    lock_wait: LockWait = None,
    patience: Patience = None,
    attempt: Attempt = None,
    kill_blockers: KillBlockers = None,
    unfinished: Unfinished = None,
    proof: Annotated[
        str | None,
        Option("--proof", metavar="FILE", help="Run only what this file says was rehearsed."),
    ] = None,
    verify: Verify = None,
    no_backup: NoBackup = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
    log_json: LogJson = False,
    metrics: Metrics = None,
) -> int:
    """Apply what is pending.

    Example: wishkit migrate --env staging --to 0007
    """
    if dry_run:
        refuse_metrics_of_nothing(metrics)
        from wishkit.interface.cli_plan import plan  # noqa: PLC0415 - imported where used

        return plan(
            to=to,
            allow_out_of_order=allow_out_of_order,
            allow_missing=allow_missing,
            accept=accept,
            url=url,
            env=env,
            json=json,
            log_json=log_json,
        )
    from wishkit.commands import migrate as verb  # noqa: PLC0415 - imported where used

    with audience_of_run("migrate", quiet=json, log_json=log_json, metrics=metrics) as listening:
        place = workspace(
            listening,
            url,
            env,
            lock_wait=lock_wait,
            patience=patience,
            attempt=attempt,
            kill_blockers=kill_blockers,
        )
        listening.about(place.target.name)
        report = verb.migrate(
            place,
            to=to,
            allow_out_of_order=allow_out_of_order,
            allow_missing=allow_missing,
            accept=accept or (),
            yes=yes,
            unfinished=decision(unfinished),
            proof=proof,
            verify=verify,
            no_backup=no_backup,
        )
        listening.ended(report.error)
    return finish(report, as_json=json, log_json=log_json)


def rollback(
    *,
    ids: Annotated[list[str] | None, Argument(metavar="ID", help="Undo these migrations.")] = None,
    to: Annotated[
        str | None,
        Option("--to", metavar="ID", help="Undo everything applied after it; base: all."),
    ] = None,
    steps: Annotated[int | None, Option("--steps", metavar="N", help="Undo the N newest.")] = None,
    allow_out_of_order: Annotated[
        bool, Option("--allow-out-of-order", help="Undo some while later ones stay.")
    ] = False,
    accept: Accept = None,
    accept_data_loss: Annotated[
        bool, Option("--accept-data-loss", help="Consent to losing the rows at stake.")
    ] = False,
    yes: Yes = False,
    lock_wait: LockWait = None,
    patience: Patience = None,
    attempt: Attempt = None,
    kill_blockers: KillBlockers = None,
    unfinished: Unfinished = None,
    verify: VerifyGone = None,
    no_backup: NoBackup = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
    log_json: LogJson = False,
    metrics: Metrics = None,
) -> int:
    """Undo migrations, newest applied first.

    Example: wishkit rollback --to 0006
    """
    from wishkit.commands import rollback as verb  # noqa: PLC0415 - imported where used
    from wishkit.interface.render import render_rollback_plan  # noqa: PLC0415 - as above

    with audience_of_run("rollback", quiet=json, log_json=log_json, metrics=metrics) as listening:
        place = workspace(
            listening,
            url,
            env,
            lock_wait=lock_wait,
            patience=patience,
            attempt=attempt,
            kill_blockers=kill_blockers,
        )
        listening.about(place.target.name)
        report = verb.rollback(
            place,
            to=to,
            steps=steps,
            ids=ids or (),
            allow_out_of_order=allow_out_of_order,
            accept=accept or (),
            accept_data_loss=accept_data_loss,
            yes=yes,
            unfinished=decision(unfinished),
            verify=verify,
            no_backup=no_backup,
            show=None if json or log_json else render_rollback_plan,
        )
        listening.ended(report.error)
    return finish(report, as_json=json, log_json=log_json)
