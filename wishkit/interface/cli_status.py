"""Where migrations stand: in one database, or in every environment at a glance."""

from typing import Annotated

from wishkit.interface.options import Env, Environments, Json, Url, pause_of, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Option
from wishkit.interface.progress import Progress

INTERVAL = 2.0  # seconds between two questions of --watch


def status(
    *,
    names: Environments = None,
    all_: Annotated[
        bool, Option("--all", help="Every environment side by side, asked at the same time.")
    ] = False,
    watch: Annotated[
        bool, Option("--watch", help="With --all: ask again and again, in place, until Ctrl-C.")
    ] = False,
    interval: Annotated[
        str | None,
        Option("--interval", metavar="TIME", help=f"How often --watch asks: {INTERVAL:g}s."),
    ] = None,
    exit_code: Annotated[
        bool, Option("--exit-code", help="Exit 1 unless everything is applied.")
    ] = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Every migration and its state; writes nothing, takes no lock.

    Example: wishkit status --env production --exit-code
    """
    _refuse_unclear(names, all_=all_, watch=watch, one=bool(url or env), json=json)
    if all_:
        pause = pause_of(interval, usual=INTERVAL)
        return _everywhere(
            names, url=url, env=env, pause=pause if watch else None, exit_code=exit_code, json=json
        )
    from wishkit.commands import status as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.status(workspace(progress, url, env))
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render import render_status  # noqa: PLC0415 - imported where used

        render_status(result)
    return 1 if exit_code and not result.up_to_date else 0


def _everywhere(
    names: list[str] | None,
    *,
    url: str | None,
    env: str | None,
    pause: float | None,
    exit_code: bool,
    json: bool,
) -> int:
    from wishkit.commands.everywhere import open_everywhere  # noqa: PLC0415 - imported where used
    from wishkit.commands.matrix import matrix  # noqa: PLC0415 - as above

    with open_everywhere(
        names or (), url=url, env=env, application_name="wishkit status"
    ) as everywhere:
        if pause is not None:
            from wishkit.interface.watch import watch  # noqa: PLC0415 - as above

            return watch(everywhere, pause)
        found = matrix(everywhere)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(found))
    else:
        from wishkit.interface.render_matrix import render_matrix  # noqa: PLC0415 - as above

        render_matrix(found)
    return found.exit_status or (1 if exit_code and not found.up_to_date else 0)


def _refuse_unclear(
    names: list[str] | None, *, all_: bool, watch: bool, one: bool, json: bool
) -> None:
    """Options that say two things at once, or nothing.

    Raises:
        UsageError: they do.
    """
    from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

    if (names or watch) and not all_:
        what = "--watch goes" if watch else "names of environments go"
        words = " ".join([*(names or ()), *(["--watch"] if watch else [])])
        raise UsageError(f"{what} with --all", help=f"wishkit status --all {words}")
    if names and one:
        raise UsageError(
            "names of environments and one database were given",
            help="leave out --url and --env, or the names",
        )
    if watch and json:
        raise UsageError(
            "--watch is for people, and --json is not",
            help="ask for --json again and again, or pipe --watch: it prints what changes",
        )
