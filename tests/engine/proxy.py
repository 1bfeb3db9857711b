"""A proxy that knows the protocol well enough to cut a connection at a chosen message."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.relay import exactly, message

if TYPE_CHECKING:
    from collections.abc import Callable

# before: the message never reaches the server. half: the first half of it does. after: it does,
# and the client is gone before it can be answered. answered: the server's answer is on its way
# when the line is cut.
Moment = Literal["before", "half", "after", "answered"]
READY = b"Z"


@dataclass(frozen=True, slots=True)
class Cut:
    """Where to cut.

    Attributes:
        moment: see above.
        matches: a message of the client, its type byte first.
        also: called when it is cut, before anything is closed.
    """

    moment: Moment
    matches: Callable[[bytes], bool]
    also: Callable[[], object] = lambda: None


def commits(data: bytes) -> bool:
    """A query that ends with COMMIT."""
    return data[:1] == b"Q" and data.rstrip(b"\0").endswith(b"COMMIT")


class Proxy:
    """Passes everything on, message by message, until it is told to cut; cuts once.

    Args:
        url: of a server behind a Unix socket.
        cut: where.
        client_bytes: cut when this many bytes have come from clients.
        server_bytes: cut when this many bytes have come from the server.
    """

    def __init__(
        self,
        url: str,
        *,
        cut: Cut | None = None,
        client_bytes: int | None = None,
        server_bytes: int | None = None,
    ) -> None:
        parameters = conninfo_to_dict(url)
        self._server = f"{parameters['host']}/.s.PGSQL.{parameters.get('port') or 5432}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = make_conninfo(
            url,
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
            sslmode="disable",
            gssencmode="disable",
        )
        self.cut = cut
        self.has_cut = threading.Event()
        self.seen = {"client": 0, "server": 0}
        self._limits = {"client": client_bytes, "server": server_bytes}
        self._turn = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more, and cut who is."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def cut_all(self) -> None:
        """Cut every connection there is; new ones are welcome."""
        for pair in self._pairs:
            _end(*pair)
        self._pairs.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._pairs.append((client, server))
                for work in (self._upward, self._downward):
                    threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _upward(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            (length,) = struct.unpack("!i", head := exactly(client, 4))
            self._pass(server, head + exactly(client, length - 4), "client")
            while data := message(client):
                cut = self.cut
                if cut and not self.has_cut.is_set() and cut.matches(data):
                    self.has_cut.set()
                    if cut.moment == "answered":
                        server.sendall(data)
                        continue
                    if cut.moment != "before":
                        server.sendall(data[: len(data) // 2] if cut.moment == "half" else data)
                    cut.also()
                    break
                self._pass(server, data, "client")
        _end(client, server)

    def _downward(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                cut = self.cut
                if cut and cut.moment == "answered" and self.has_cut.is_set():
                    self.cut = None
                    _until_ready(server, data)
                    cut.also()
                    break
                self._pass(client, data, "server")
        _end(client, server)

    def _pass(self, target: socket.socket, data: bytes, side: str) -> None:
        """Send what the limit lets through."""
        with self._turn:
            limit, before = self._limits[side], self.seen[side]
            self.seen[side] += len(data)
            here = limit is not None and before < limit <= self.seen[side]
            if here and limit is not None:
                data = data[: limit - before]
                self.has_cut.set()
        target.sendall(data)
        if here:
            raise ConnectionAbortedError


def _until_ready(server: socket.socket, data: bytes) -> None:
    """Read on to the server's ReadyForQuery, so that it is done with the message."""
    while data[-6:-5] != READY:
        more = server.recv(65536)
        if not more:
            return
        data = (data + more)[-65536:]


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
