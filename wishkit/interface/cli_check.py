"""The command that looks for drift: check."""

from typing import Annotated

from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Option
from wishkit.interface.progress import Progress


def check(
    *,
    severity: Annotated[
        str | None,
        Option(
            "--severity",
            metavar="info|warning|error",
            help="Tell, and exit 1 for, only what is at least this severe.",
        ),
    ] = None,
    column_order: Annotated[
        bool, Option("--column-order", help="Columns in another order are drift.")
    ] = False,
    last_run: Annotated[
        bool,
        Option(
            "--last-run",
            help="What was changed by hand since the last run; needs no scratch server.",
        ),
    ] = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Whether a database is what its migrations say; changes nothing.

    Example: wishkit check --env production --severity warning
    """
    from wishkit.commands import check as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.check(
            workspace(progress, url, env),
            severity=severity,
            column_order=column_order,
            last_run=last_run,
        )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_check import render_check  # noqa: PLC0415 - as above

        render_check(result)
    return result.exit_status
