"""The command that takes over a database that already lives: adopt."""

from typing import TYPE_CHECKING, Annotated

from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.commands.adoption.result import Adoption
    from wishkit.commands.workspace import Workspace
    from wishkit.core.events import Event, Listener


def adopt(
    *,
    folder: Annotated[
        str | None, Argument(metavar="FOLDER", help="Where the other tool's files are.")
    ] = None,
    tool: Annotated[
        str | None,
        Option(
            "--from",
            metavar="TOOL",
            help="yoyo, drizzle, alembic, flyway, dbmate, golang-migrate, goose, sqitch, "
            "graphile-migrate, or sql: numbered files.",
        ),
    ] = None,
    baseline: Annotated[
        bool,
        Option("--baseline", help="No history: what there is becomes 0000."),
    ] = False,
    name: Annotated[
        str | None, Option("--name", metavar="WORDS", help="What the baseline is called.")
    ] = None,
    ledger: Annotated[
        str | None,
        Option(
            "--ledger",
            metavar="TABLE",
            help="The other tool's own table, where it has another name: schema.table.",
        ),
    ] = None,
    applied_to: Annotated[
        str | None,
        Option(
            "--applied-to",
            metavar="FILE",
            help="With --from sql: the last file that is applied, or none.",
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        Option("--set", metavar="NAME=VALUE", help="What a placeholder stands for. Repeatable."),
    ] = None,
    program: Annotated[
        str | None,
        Option(
            "--with",
            metavar="COMMAND",
            help='How the other tool is called, where it has to be run: "poetry run alembic".',
        ),
    ] = None,
    yes: Annotated[
        bool, Option("--yes", "-y", help="Do it; without, only the plan is shown.")
    ] = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Take over a database from another migration tool, or as it is.

    Example: wishkit adopt --from flyway src/main/resources/db/migration

    What becomes what is shown, and proven on a scratch server; nothing is changed until somebody
    says yes.
    """
    import shlex  # noqa: PLC0415 - imported where used
    from dataclasses import replace  # noqa: PLC0415 - as above

    from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

    if baseline == (tool is not None):
        raise UsageError(
            "--from and --baseline do not go together" if baseline else "from which tool?",
            help="wishkit adopt --from TOOL FOLDER, or wishkit adopt --baseline",
        )
    others = {
        "FOLDER": folder,
        "--ledger": ledger,
        "--applied-to": applied_to,
        "--set": given,
        "--with": program,
    }
    wrong = [option for option, value in others.items() if baseline and value]
    if wrong or (name and not baseline):
        raise UsageError(
            f"{wrong[0]} does not go with --baseline" if wrong else "--name is for --baseline",
            help="wishkit adopt --from TOOL FOLDER, or wishkit adopt --baseline --name start",
        )
    with Progress(quiet=json) as progress:
        place = workspace(progress, url, env)
        again = replace(place, listener=_without_heads(progress))
        if baseline:
            from wishkit.commands.adoption import baseline as first  # noqa: PLC0415 - as above

            start = first.prepare_baseline(place, name or "baseline")
            plan, act = start.adoption, lambda: first.adopt_baseline(again, start)
        else:
            from wishkit.commands.adoption import adopt as verb  # noqa: PLC0415 - as above

            wish = verb.Wish(
                tool or "",
                folder,
                ledger,
                applied_to,
                _values(given or []),
                tuple(shlex.split(program or "")),
            )
            prepared = verb.prepare(place, wish)
            plan, act = prepared.adoption, lambda: verb.adopt(again, prepared)
        progress.stop()
        return _finish(place, plan, act, yes=yes, json=json)


def _finish(
    place: "Workspace",
    plan: "Adoption",
    act: "Callable[[], Adoption]",
    *,
    yes: bool,
    json: bool,
) -> int:
    """Show the plan; carry it out if somebody says so."""
    from wishkit.interface.render_adopt import question, render_done, render_plan  # noqa: PLC0415

    if not json:
        render_plan(plan)
    agreed = plan.outcome == "planned" and (
        yes or (not json and place.ask is not None and place.ask(question(plan)))
    )
    result = act() if agreed else plan
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        render_done(result)
    return result.exit_status


def _without_heads(listener: "Listener") -> "Listener":
    """Which database it is has been said when the plan was made."""
    from wishkit.core.events import Connected  # noqa: PLC0415 - imported where used

    def hear(event: "Event") -> None:
        if not isinstance(event, Connected):
            listener(event)

    return hear


def _values(given: list[str]) -> dict[str, str]:
    """``NAME=VALUE`` as names and values."""
    values = {}
    for it in given:
        name, equals, value = it.partition("=")
        if not equals or not name:
            from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

            raise UsageError(f'"{it}" is no NAME=VALUE', help="for example --set schema=app")
        values[name] = value
    return values
