"""A world to show, and the dashboard that shows it, on a real socket."""

from __future__ import annotations

import asyncio
import http.client
import threading
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.dashboard.world import World, at_work, make_world
from wishkit.commands.board import Board, onlooker
from wishkit.interface.dashboard.access import Access
from wishkit.interface.dashboard.app import Dashboard
from wishkit.interface.dashboard.serve import listen, server
from wishkit.interface.dashboard.stream import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wishkit.postgres.scratch import Scratch

    Look = Callable[[Board | None], Board]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(slots=True)
class Site:
    """A dashboard that is served.

    Attributes:
        port: of this machine.
        dashboard: itself.
        said: what it told its operator.
        logged: a line for each request.
    """

    port: int
    dashboard: Dashboard
    said: list[str]
    logged: list[str]

    @property
    def url(self) -> str:
        """Of the start page."""
        return f"http://127.0.0.1:{self.port}/"

    def ask(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        source: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, from an address of this machine."""
        place = (source, 0) if source else None
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=30, source_address=place
        )
        try:
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read().decode())
        finally:
            connection.close()


class Serve(Protocol):
    """Serves a dashboard until the test's end."""

    def __call__(
        self,
        look: Look,
        access: Access | None = None,
        *,
        interval: float = 0.05,
        most: int = MOST,
    ) -> Site: ...


@contextmanager
def served(
    look: Look,
    access: Access | None = None,
    *,
    interval: float = 0.05,
    most: int = MOST,
    port: int = 0,
) -> Iterator[Site]:
    """A dashboard in a thread, for as long as the block."""
    said, logged = list[str](), list[str]()
    dashboard = Dashboard(
        look,
        access or Access(),
        interval=interval,
        say=said.append,
        log=logged.append,
        most=most,
    )
    started = threading.Event()
    loop = asyncio.new_event_loop()
    with listen("127.0.0.1", port) as listener:
        answers = server(dashboard, started.set)

        def run() -> None:
            loop.run_until_complete(answers.serve(sockets=[listener]))
            loop.close()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert started.wait(30)
            yield Site(listener.getsockname()[1], dashboard, said, logged)
        finally:
            loop.call_soon_threadsafe(answers.end)
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A factory of served dashboards."""
    from contextlib import ExitStack  # noqa: PLC0415 - only here

    with ExitStack() as stack:
        yield lambda look, access=None, **options: stack.enter_context(
            served(look, access, **options)
        )


@pytest.fixture(scope="session")
def world(server: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three environments; leave them as they are."""
    made = make_world(tmp_path_factory.mktemp("world") / "bricks", server)
    yield made
    for name in made.urls:
        server.drop_database(f"board_{name}")


@pytest.fixture(scope="session")
def board(world: World) -> Board:
    """What there is to see of them."""
    with chdir(world.folder), onlooker() as looks:
        return looks.look()


@pytest.fixture(scope="session")
def site(board: Board) -> Iterator[Site]:
    """What there is to see while something runs, served to anybody on this machine."""
    busy = at_work(board)
    with served(lambda _: busy, interval=2) as found:
        yield found
