"""The command that looks at a run from outside: running."""

from typing import Annotated

from wishkit.interface.options import Env, Json, Url, seconds_of, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Option
from wishkit.interface.progress import Progress


def running(
    *,
    watch: Annotated[
        bool,
        Option("--watch", help="Look again and again; on a terminal in place, until Ctrl-C."),
    ] = False,
    every: Annotated[
        str | None, Option("--every", metavar="TIME", help="How often --watch looks: 1s.")
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """What runs right now, how far it is, and who waits for whom.

    Example: wishkit running --env production --watch
    """
    from wishkit.commands import live as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        place = workspace(progress, url, env)
        if watch:
            from wishkit.interface.watch_running import watch_running  # noqa: PLC0415 - as above

            watch_running(verb.watch(place, interval=seconds_of(every) or 1.0), as_json=json)
            return 0
        seen = verb.running(place)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(seen))
    else:
        from wishkit.interface.render_running import running_lines  # noqa: PLC0415 - as above

        for line in running_lines(seen.live):
            answer(line.styled())
    return 0
