"""The dashboard as a server: a socket, a loop, and a clean end."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wishkit.interface.dashboard.app import Dashboard

_PORTS = 1 << 16
_LAST_WORDS = 2  # seconds that an answer under way may still take at the end


def listen(host: str, port: int) -> socket.socket:
    """A socket that browsers can connect to.

    Args:
        host: a name or an address of this machine.
        port: 0: any that is free.

    Raises:
        UsageError: ``port-taken``, ``listen-refused``: it cannot be listened there.
    """
    state = "nothing listens"
    if port not in range(_PORTS):  # it would be taken for what is left of it
        raise UsageError(
            f"there is no port {port}",
            code="listen-refused",
            help="from 1 to 65535, or 0 for any that is free",
            state=state,
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(
            f"{host}:{port} is no place to listen: {_words(error)}",
            code="listen-refused",
            help="name an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them",
            state=state,
        ) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        raise UsageError(
            f"{host}:{port} is taken: another program listens there"
            if taken
            else f"{host}:{port} cannot be listened on: {_words(error)}",
            code="port-taken" if taken else "listen-refused",
            help="--port takes another one, or 0 for any that is free",
            state=state,
        ) from None
    return listener


def url_of(listener: socket.socket) -> str:
    """What a browser on this machine is given."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is told, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(dashboard: Dashboard, listener: socket.socket, *, ready: Callable[[], None]) -> None:
    """Answer browsers until a signal ends it: SIGINT, SIGTERM or SIGHUP.

    Args:
        dashboard: what is served.
        listener: where.
        ready: is called once it answers.
    """
    server(dashboard, ready).run(sockets=[listener])


def server(dashboard: Dashboard, ready: Callable[[], None]) -> Server:
    """What answers; as for `serve`."""
    # What goes wrong is told by ourselves, without secrets.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        dashboard.asgi,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who connects is who connects; what a proxy says is asked for
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=_LAST_WORDS,
    )
    return Server(config, dashboard, ready)


class Server(uvicorn.Server):
    """Ends its streams when it is told to end, and that is no failure."""

    def __init__(
        self, config: uvicorn.Config, dashboard: Dashboard, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._dashboard, self._ready = dashboard, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """In the place of uvicorn's, which would raise the signal again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are somebody else's
            return
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self.end)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Take no more requests, end the streams; at once if it is asked a second time."""
        self.force_exit = self.should_exit  # the second time
        self.should_exit = True
        self._dashboard.poller.close()


def _words(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]
