"""From one environment to the next: promote, and what has to be looked at afterwards."""

from typing import Annotated

from wishkit.interface.audience import audience_of_run
from wishkit.interface.options import (
    Accept,
    Env,
    Json,
    LogJson,
    Metrics,
    Url,
    Yes,
    refuse_metrics_of_nothing,
    workspace,
)
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress


def promote(
    *,
    source: Annotated[str, Argument(metavar="NAME", help="Where it is applied and has soaked.")],
    target: Annotated[str, Argument(metavar="NAME", help="Where it shall be applied.")],
    dry_run: Annotated[
        bool, Option("--dry-run", help="Only show every gate: open, or who can open it.")
    ] = False,
    accept: Accept = None,
    emergency: Annotated[
        str | None,
        Option("--emergency", metavar="REASON", help="Go past closed gates; needs --skip."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        Option("--skip", metavar="GATE", help="Which gate to go past. Repeatable."),
    ] = None,
    report: Annotated[
        str | None,
        Option("--report", metavar="FILE", help="Write it as Markdown too, for the ticket."),
    ] = None,
    yes: Yes = False,
    json: Json = False,
    log_json: LogJson = False,
    metrics: Metrics = None,
) -> int:
    """Apply in one environment what is proven in another.

    Example: wishkit promote staging production --dry-run
    """
    from wishkit.commands import promote as verb  # noqa: PLC0415 - imported where used

    if dry_run:
        refuse_metrics_of_nothing(metrics)
    with audience_of_run("promote", quiet=json, log_json=log_json, metrics=metrics) as listening:
        listening.about(target)
        result = verb.promote(
            workspace(listening, "embedded", None),
            source,
            target,
            dry_run=dry_run,
            accept=accept or (),
            emergency=emergency,
            skip=skip or (),
            yes=yes,
        )
        listening.ended(result.error, result.exit_status)
    if report:
        from wishkit.interface.report.ticket import ticket, write  # noqa: PLC0415 - rarely needed

        write(report, ticket(result))
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_promote import render_promotion  # noqa: PLC0415 - as above

        render_promotion(result)
    return result.exit_status


def review(
    *,
    ack: Annotated[
        int | None, Option("--ack", metavar="N", help="Acknowledge this one; needs --note.")
    ] = None,
    note: Annotated[str | None, Option("--note", metavar="TEXT", help="What came of it.")] = None,
    all_: Annotated[
        bool, Option("--all", help="Those too that somebody has acknowledged.")
    ] = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """What went past closed gates, and nobody has looked at yet.

    Example: wishkit ledger review --env production
    """
    from wishkit.commands import review as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        place = workspace(progress, url, env)
        result = verb.review(place, ack=ack, note=note, everything=all_)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_promote import render_review  # noqa: PLC0415 - as above

        render_review(result)
    return result.exit_status
