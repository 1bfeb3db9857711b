"""The web page: dashboard."""

from typing import Annotated

from wishkit.interface.options import Env, Url, seconds_of
from wishkit.interface.output import answer, say
from wishkit.interface.parameters import Option

HOST = "127.0.0.1"
PORT = 9474  # w, i, s, h on the keys of a telephone
INTERVAL = "2s"
SHORTEST = 0.2  # seconds


def dashboard(
    *,
    host: Annotated[
        str | None,
        Option("--host", metavar="ADDRESS", help=f"Where to listen; {HOST}: this machine alone."),
    ] = None,
    port: Annotated[
        int | None,
        Option("--port", metavar="N", help=f"Which port; {PORT} unless told; 0: any free one."),
    ] = None,
    export: Annotated[
        str | None,
        Option("--export", metavar="DIR", help="Write the pages as files instead, and end."),
    ] = None,
    interval: Annotated[
        str | None,
        Option(
            "--interval",
            metavar="TIME",
            help=f"How often to look, while somebody does; {INTERVAL}.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        Option(
            "--token",
            metavar="env:VARIABLE",
            help="Let in who has this token; generate: make one, and print it.",
        ),
    ] = None,
    trusted_header: Annotated[
        str | None,
        Option("--trusted-header", metavar="NAME", help="Header in which a proxy says who looks."),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        Option("--trusted-proxy", metavar="ADDRESS", help="From where it is believed. Repeatable."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        Option("--allow-host", metavar="NAME", help="A name by which it is called. Repeatable."),
    ] = None,
    log_requests: Annotated[
        bool, Option("--log-requests", help="A line on stderr for every request.")
    ] = False,
    url: Url = None,
    env: Env = None,
) -> int:
    """A web page of all environments that only reads, or its files.

    Example: wishkit dashboard --port 8080
    """
    _require_extra()
    from wishkit.commands.board import onlooker  # noqa: PLC0415 - heavy
    from wishkit.interface.dashboard.access import GENERATE, access  # noqa: PLC0415

    if export is not None:
        from pathlib import Path  # noqa: PLC0415

        from wishkit.interface.dashboard.export import export_to, refuse_foreign  # noqa: PLC0415

        refuse_foreign(Path(export))  # before anybody is asked
        with onlooker(url=url, env=env) as looks:
            number = export_to(export, looks.look())
        answer(f"{number} pages in {export}: open {Path(export) / 'index.html'}")
        return 0
    from wishkit.interface.dashboard.app import Dashboard  # noqa: PLC0415
    from wishkit.interface.dashboard.serve import listen, serve, url_of  # noqa: PLC0415

    every = _pause(interval or INTERVAL)
    who = access(
        host or HOST,
        token=token,
        header=trusted_header,
        proxies=trusted_proxy or (),
        names=allow_host or (),
    )
    with (
        onlooker(url=url, env=env) as looks,
        listen(host or HOST, PORT if port is None else port) as listener,
    ):
        page = Dashboard(
            looks.look, who, interval=every, say=say, log=say if log_requests else None
        )

        def ready() -> None:
            shown = url_of(listener)
            answer(f"{shown}?token={who.token}" if token == GENERATE else shown)
            say("Ctrl-C ends it")

        serve(page, listener, ready=ready)
    say("the dashboard has ended")
    return 0


def _pause(interval: str) -> float:
    """Seconds from one look to the next.

    Raises:
        UsageError: no duration, or so short that looking would be a burden.
    """
    every = seconds_of(interval)
    if every is None or every < SHORTEST:
        from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

        raise UsageError(
            f"looking every {interval} would be a burden", help="--interval 200ms is the shortest"
        )
    return every


def _require_extra() -> None:
    from importlib.util import find_spec  # noqa: PLC0415 - imported where used

    missing = [it for it in ("starlette", "uvicorn", "jinja2") if find_spec(it) is None]
    if missing:
        from wishkit.errors import UsageError  # noqa: PLC0415 - as above

        raise UsageError(
            f"the dashboard is not installed: {', '.join(missing)} is missing",
            code="dashboard-missing",
            help="pip install 'wishkit[dashboard]'",
            state="nothing listens",
        )
