"""The commands that look at migrations or record them by hand: plan, show, mark, unmark."""

from typing import TYPE_CHECKING, Annotated, cast

from wishkit.errors import UsageError
from wishkit.interface.audience import audience
from wishkit.interface.options import Accept, Env, Json, LockWait, LogJson, Url, Yes, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from wishkit.core.migration import Direction

Reason = Annotated[
    str | None, Option("--reason", metavar="TEXT", help="Why; the ledger keeps it. Required.")
]


def plan(
    *,
    to: Annotated[str | None, Option("--to", metavar="ID", help="Plan migrate up to this.")] = None,
    rollback_to: Annotated[
        str | None,
        Option("--rollback-to", metavar="ID", help="Plan rollback of all after it; base: of all."),
    ] = None,
    steps: Annotated[
        int | None, Option("--steps", metavar="N", help="Plan rollback of the N newest.")
    ] = None,
    sql: Annotated[
        bool, Option("--sql", help="Print one script for psql that keeps the ledger.")
    ] = False,
    allow_out_of_order: Annotated[
        bool, Option("--allow-out-of-order", help="As for migrate and rollback.")
    ] = False,
    allow_missing: Annotated[bool, Option("--allow-missing", help="As for migrate.")] = False,
    accept: Accept = None,
    proof: Annotated[
        str | None,
        Option("--proof", metavar="FILE", help="What rehearsals have measured is in this file."),
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
    log_json: LogJson = False,
) -> int:
    """What migrate or rollback would run; changes nothing.

    Example: wishkit plan --rollback-to 0006
    """
    from wishkit.commands import plan as verb  # noqa: PLC0415 - imported where used

    with audience("plan", quiet=json, log_json=log_json) as listening:
        place = workspace(listening, url, env)
        listening.about(place.target.name)
        result = verb.plan(
            place,
            to=to,
            rollback_to=rollback_to,
            steps=steps,
            allow_out_of_order=allow_out_of_order,
            allow_missing=allow_missing,
            accept=accept or (),
            sql=sql,
            proof=proof,
        )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    elif sql:
        from wishkit.interface.render_plan import emit  # noqa: PLC0415 - imported where used

        emit((result.script or f"-- nothing to do on {result.database}\n").encode())
    else:
        from wishkit.interface.render_plan import render_plan  # noqa: PLC0415 - as above

        render_plan(result)
    return 0


def show(
    *,
    id_: Annotated[str, Argument(metavar="ID", help="Which migration.")],
    sql: Annotated[
        str | None,
        Option(
            "--sql",
            metavar="forward|backward",
            help="Print only the forward or backward text: as applied, else as in the file.",
        ),
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """One migration: its text, and what was done with it.

    Example: wishkit show 0007 --sql backward
    """
    from wishkit.commands import show as verb  # noqa: PLC0415 - imported where used

    if sql not in {None, "forward", "backward"}:
        raise UsageError(
            f'--sql takes forward or backward, not "{sql}"', help="wishkit show 0007 --sql forward"
        )
    with Progress(quiet=json or sql is not None) as progress:
        place = workspace(progress, url, env)
        if sql is not None:
            from wishkit.interface.render_plan import emit  # noqa: PLC0415 - imported where used

            emit(verb.text(place, id_, cast("Direction", sql)))
            return 0
        result = verb.show(place, id_)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_plan import render_shown  # noqa: PLC0415 - as above

        render_shown(result)
    return 0


def mark(
    *,
    ids: Annotated[list[str], Argument(metavar="ID...", help="Which migrations.")],
    reason: Reason = None,
    yes: Yes = False,
    lock_wait: LockWait = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Record migrations as applied, without running them.

    Example: wishkit mark 0000 0001 --reason "made by hand before wishkit"
    """
    return _record("mark", ids, reason, yes=yes, lock_wait=lock_wait, url=url, env=env, json=json)


def unmark(
    *,
    ids: Annotated[list[str], Argument(metavar="ID...", help="Which migrations.")],
    reason: Reason = None,
    yes: Yes = False,
    lock_wait: LockWait = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Record migrations as not applied, without undoing them.

    Example: wishkit unmark 0013 --reason "undone by hand"
    """
    return _record("unmark", ids, reason, yes=yes, lock_wait=lock_wait, url=url, env=env, json=json)


def _record(
    name: str,
    ids: list[str],
    reason: str | None,
    *,
    yes: bool,
    lock_wait: str | None,
    url: str | None,
    env: str | None,
    json: bool,
) -> int:
    from wishkit.commands import mark as verb  # noqa: PLC0415 - imported where used

    record = verb.mark if name == "mark" else verb.unmark
    with Progress(quiet=json) as progress:
        place = workspace(progress, url, env, lock_wait=lock_wait)
        result = record(place, ids, reason=reason or "", yes=yes)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_plan import render_marked  # noqa: PLC0415 - as above

        render_marked(result)
    return 0
