"""The command that looks for drift: check."""

import sys
from typing import TYPE_CHECKING, Annotated

from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer, say, styled
from wishkit.interface.parameters import Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.commands.checked import Check


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
    sql: Annotated[
        bool,
        Option("--sql", help="Print the statements that would bring it back; docs/remedy.md."),
    ] = False,
    adopt: Annotated[
        str | None,
        Option(
            "--adopt",
            metavar="NAME",
            help="Write a migration that makes of sql/ what the database is.",
        ),
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Whether a database is what its migrations say; changes nothing.

    Example: wishkit check --env production --severity warning
    """
    if sql or adopt is not None:
        asked = {"--sql": sql, "--adopt": adopt is not None}
        told = {"--severity": severity, "--last-run": last_run, "--column-order": column_order}
        _refuse_both([option for option, given in (asked | told).items() if given])
        return _remedy(url, env, adopt=adopt, json=json, quiet=json or sql)
    result = None if last_run else _unchanged(severity, column_order, url, env, quiet=json)
    if result is None:
        from wishkit.commands.check import check as verb  # noqa: PLC0415 - not where nothing changed
        from wishkit.interface.progress import Progress  # noqa: PLC0415 - as above

        with Progress(quiet=json) as progress:
            result = verb(
                workspace(progress, url, env),
                severity=severity,
                column_order=column_order,
                last_run=last_run,
                remedies=json,
            )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_check import render_check  # noqa: PLC0415 - as above

        render_check(result)
    return result.exit_status


def _refuse_both(options: "Sequence[str]") -> None:
    """The remedy is for all drift from the migrations: nothing else goes with it.

    Raises:
        UsageError: something else was asked for as well.
    """
    if options[1:]:
        from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

        raise UsageError(
            f"{options[0]} and {options[1]} do not go together",
            help="--sql and --adopt each stand alone: they are about all drift from the migrations",
        )


def _unchanged(
    severity: str | None,
    column_order: bool,  # noqa: FBT001 - private
    url: str | None,
    env: str | None,
    *,
    quiet: bool,
) -> "Check | None":
    """The answer, where nothing has changed since it was given; imports next to nothing."""
    from wishkit.commands.unchanged import unchanged  # noqa: PLC0415 - imported where used
    from wishkit.config import load, resolve_target  # noqa: PLC0415 - as above

    config = load()
    target = resolve_target(config, url=url, env=env)
    result = unchanged(config, target, severity=severity, column_order=column_order)
    if result and not quiet:
        say(styled(result.database, "dim", sys.stderr))
    return result


def _remedy(url: str | None, env: str | None, *, adopt: str | None, json: bool, quiet: bool) -> int:
    """What is to be done about drift, as a script or as a migration."""
    from wishkit.commands import remedy as verb  # noqa: PLC0415 - rarely needed
    from wishkit.interface.progress import Progress  # noqa: PLC0415 - heavy

    with Progress(quiet=quiet) as progress:
        place = workspace(progress, url, env)
        result = verb.mend(place) if adopt is None else verb.adopt(place, adopt)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    elif isinstance(result, verb.Mended):
        from wishkit.interface.render_plan import emit  # noqa: PLC0415 - imported where used

        emit(result.script.encode())
    else:
        from wishkit.interface.render_check import render_adopted  # noqa: PLC0415 - as above

        render_adopted(result)
    return result.exit_status if isinstance(result, verb.Mended) else 0
