"""What changes is sent to every browser; however many look, databases are asked as if by one."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.dashboard.conftest import served
from wishkit.commands.board import Board, onlooker
from wishkit.interface.dashboard import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dashboard.conftest import Serve, Site
    from tests.dashboard.world import World
    from wishkit.postgres.scratch import Scratch


@dataclass(slots=True)
class Stream:
    """One browser that watches."""

    connection: socket.socket
    rest: bytes = b""

    def next(self) -> dict[str, Any]:
        """The next message."""
        while True:
            while b"\n\n" not in self.rest:
                data = self.connection.recv(1 << 16)
                if not data:
                    raise EOFError
                self.rest += data
            event, _, self.rest = self.rest.partition(b"\n\n")
            if b"data: " in event:
                found: dict[str, Any] = json.loads(_unchunked(event).partition(b"data: ")[2])
                return found

    def ends(self) -> bool:
        """Whether the server has said that this is all."""
        while data := self.connection.recv(1 << 16):
            self.rest = (self.rest + data)[-10:]
        return self.rest.endswith(b"0\r\n\r\n")


def _unchunked(event: bytes) -> bytes:
    """Without the sizes that HTTP puts between pieces; a message is a piece."""
    return b"\n".join(line for line in event.split(b"\n") if not line.endswith(b"\r"))


@contextmanager
def watching(site: Site, path: str = "") -> Iterator[Stream]:
    with socket.create_connection(("127.0.0.1", site.port), 30) as connection:
        request = f"GET /events?page={path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(request.encode())
        yield Stream(connection)


class Changing:
    """A world in which a second goes by with each look."""

    def __init__(self, board: Board) -> None:
        self.board, self.looks = board, 0

    def look(self, _: Board | None) -> Board:
        self.looks += 1
        at = self.board.asked_at + timedelta(seconds=self.looks)
        return replace(self.board, asked_at=at)


def test_all_of_a_page_at_first_and_then_what_changes(serve: Serve, board: Board) -> None:
    world = Changing(board)
    site = serve(world.look)
    with watching(site, "drift") as one:
        first = one.next()
        assert {"part_drift", "part_signals", "part_navigation", "part_errors"} == {*first["parts"]}
        assert first["gone"] is False
        assert one.next()["parts"] == {}  # nothing has happened
        world.board = replace(board, project="x", errors=(stream_error(),))
        while not (parts := one.next()["parts"]):
            pass
        assert {*parts} == {"part_errors", "part_signals"}
        looks = world.looks
        world.board = replace(world.board, asked_at=board.asked_at + timedelta(hours=3))
        while world.looks < looks + 3:
            assert one.next()["parts"] == {}  # how long ago it was is for the script to tell
        away = replace(board.places[0], error=stream_error())
        world.board = replace(world.board, places=(away, *board.places[1:]))
        while not (parts := one.next()["parts"]):
            pass
        assert "something is wrong" in parts["part_drift"]
    with watching(site, "migrations/0007_add_wishlist") as one:
        assert one.next()["gone"] is False
        empty = replace(board.matrix, migrations=())
        world.board = replace(board, matrix=empty, files={})
        while not (last := one.next())["gone"]:
            pass
        assert last["parts"] == {}


def stream_error() -> Any:  # noqa: ANN401 - any error will do
    from wishkit.errors import MigrationFileError  # noqa: PLC0415 - only here

    return MigrationFileError("something is wrong")


def test_all_browsers_share_one_look(serve: Serve, board: Board) -> None:
    world = Changing(board)
    site = serve(world.look, interval=0.1)
    began = time.monotonic()
    with ExitStack() as stack:
        streams = [stack.enter_context(watching(site)) for _ in range(50)]
        for _ in range(3):
            for one in streams:
                one.next()
        most = (time.monotonic() - began) / 0.1 + 2
        assert 3 <= world.looks <= most
    while site.dashboard.poller._watchers:  # who went is noticed
        time.sleep(0.01)
    looks = world.looks
    time.sleep(0.3)
    assert world.looks <= looks + 2  # nobody looks, so it does not look either


def test_too_many_are_told_to_come_back(serve: Serve, board: Board) -> None:
    site = serve(lambda _: board, most=2)
    with watching(site) as one, watching(site) as other:
        one.next()
        other.next()
        refused = site.ask("/events")
        assert (refused.status, refused.headers["retry-after"]) == (503, "30")
        assert site.ask("/").status == 200
    while site.dashboard.poller._watchers:
        time.sleep(0.01)
    with watching(site) as one:
        one.next()


def test_who_does_not_read_is_let_go_and_holds_up_nobody(
    serve: Serve, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SLOWEST", 0.2)
    world = Changing(board)
    big = replace(board, project="x" * 2_000_000)
    site = serve(world.look, interval=0.01)
    with watching(site) as deaf, watching(site, "drift") as one:
        deaf.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        flip = False
        while site.dashboard.poller._watchers > 1 or not flip:
            # Every page changes as a whole, and much, each time.
            flip = not flip
            from wishkit.errors import MigrationFileError  # noqa: PLC0415 - only here

            text = ("a" if flip else "b") * 500_000
            world.board = replace(big, errors=(MigrationFileError(text),), project="p")
            one.next()


def test_at_the_end_streams_end(board: Board) -> None:
    with ExitStack() as streams:
        with served(lambda _: board) as site:
            one = streams.enter_context(watching(site))
            one.next()
        assert one.ends()


def _load(site: Site, streams: int, seconds: float) -> Counter[int]:
    """Messages of each of many browsers, in some seconds."""
    heard: Counter[int] = Counter()
    stop = time.monotonic() + seconds
    with ExitStack() as stack:
        every = [stack.enter_context(watching(site)) for _ in range(streams)]

        def read(number: int, one: Stream) -> None:
            while time.monotonic() < stop:
                one.next()
                heard[number] += 1

        threads = [threading.Thread(target=read, args=it) for it in enumerate(every)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 30)
    return heard


def _statements(server: Scratch) -> int:
    """How many were sent to the one database that logs them."""
    return len(re.findall(r"LOG:  (?:statement|execute [^:]*):", server.log.read_text()))


def _many_browsers(
    world: World, server: Scratch, *, streams: int, seconds: float, interval: float
) -> None:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("ALTER DATABASE board_production SET log_statement = 'all'")
        try:
            with (
                chdir(world.folder),
                onlooker() as looks,
                served(looks.look, interval=interval) as site,
            ):
                site.ask("/")  # connected, and everything looked at once
                before = _statements(server)
                alone = _load(site, 1, seconds)
                between = _statements(server)
                many = _load(site, streams, seconds)
                after = _statements(server)
        finally:
            admin.execute("ALTER DATABASE board_production RESET log_statement")
        one, all_ = between - before, after - between
    assert len(many) == streams
    assert min(many.values()) >= 2
    assert one > alone[0]  # it does ask
    # What one browser costs is what all of them cost: at most a look more, which began in between.
    each = 40  # statements of a look at everything
    assert all_ <= one * 1.5 + each


def test_two_hundred_browsers_ask_as_much_as_one(world: World, server: Scratch) -> None:
    _many_browsers(world, server, streams=200, seconds=3, interval=0.5)


@pytest.mark.soak
def test_two_hundred_browsers_for_a_minute(world: World, server: Scratch) -> None:
    _many_browsers(world, server, streams=200, seconds=60, interval=1)
