"""The command that looks at a run from outside: running."""

from typing import Annotated

from wishkit.interface.options import Env, Json, Url, pause_of, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Option
from wishkit.interface.progress import Progress

INTERVAL = 1.0  # seconds between two looks of --watch


def running(
    *,
    watch: Annotated[
        bool,
        Option("--watch", help="Look again and again; on a terminal in place, until Ctrl-C."),
    ] = False,
    interval: Annotated[
        str | None,
        Option("--interval", metavar="TIME", help=f"How often --watch looks: {INTERVAL:g}s."),
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

            pause = pause_of(interval, usual=INTERVAL)
            return watch_running(verb.watch(place, interval=pause), as_json=json)
        seen = verb.running(place)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(seen))
    else:
        from wishkit.interface.render_running import running_lines  # noqa: PLC0415 - as above

        for line in running_lines(seen.live):
            answer(line.styled())
    return 0
