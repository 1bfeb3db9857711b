"""What stands between client and server in real life: a proxy, the end of TLS, a pooler."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSS_REQUEST = struct.pack("!ii", 8, 80877104)
FOREIGN_PID = 7


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve every connection to an ephemeral loopback port in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):  # closed at the end of the test
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=serve_one, args=(client,), daemon=True).start()

        def serve_one(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                serve(client)

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(
    server_socket: str,
    *,
    tls: ssl.SSLContext | None = None,
    rewrite: Callable[[bytes], bytes] = lambda data: data,
) -> Iterator[int]:
    """Pass bytes from a loopback port to the server's socket.

    Args:
        server_socket: path of the Unix socket.
        tls: end TLS here, as a load balancer does.
        rewrite: applied to what the server says.
    """

    def serve(client: socket.socket) -> None:
        if tls:
            assert client.recv(8) == SSL_REQUEST
            client.sendall(b"S")
            with tls.wrap_socket(client, server_side=True) as wrapped:
                join(wrapped)
        else:
            join(client)

    def join(client: socket.socket) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(server_socket)
            upward = threading.Thread(target=pump, args=(client, server), daemon=True)
            upward.start()
            pump(server, client, rewrite)
            upward.join()

    with listening(serve) as port:
        yield port


def pump(
    source: socket.socket,
    target: socket.socket,
    rewrite: Callable[[bytes], bytes] = lambda data: data,
) -> None:
    """Copy until the source ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(rewrite(data))
        target.shutdown(socket.SHUT_WR)


def foreign_pid(data: bytes) -> bytes:
    """The server's greeting with another process id in BackendKeyData, as poolers give it."""
    place = data.find(b"K\0\0\0\x0c")
    return (
        data
        if place < 0
        else data[: place + 5] + struct.pack("!i", FOREIGN_PID) + data[place + 9 :]
    )


@contextmanager
def transaction_pooler(server_socket: str, user: str, database: str) -> Iterator[int]:
    """A pooler in transaction mode with one backend, for simple queries outside transactions."""
    with socket.socket(socket.AF_UNIX) as backend:
        backend.connect(server_socket)
        startup = f"user\0{user}\0database\0{database}\0client_encoding\0UTF8\0\0".encode()
        backend.sendall(struct.pack("!ii", 8 + len(startup), 196608) + startup)
        greeting = foreign_pid(until_ready(backend))
        turn = threading.Lock()

        def serve(client: socket.socket) -> None:
            while client.recv(4096) in {SSL_REQUEST, GSS_REQUEST}:
                client.sendall(b"N")
            client.sendall(greeting)
            while (query := message(client)) and query[:1] == b"Q":
                with turn:
                    backend.sendall(query)
                    answer = until_ready(backend)
                client.sendall(answer)

        with listening(serve) as port:
            yield port


def message(source: socket.socket) -> bytes:
    """One whole message; empty at the end."""
    head = exactly(source, 5)
    return head and head + exactly(source, struct.unpack("!i", head[1:])[0] - 4)


def until_ready(source: socket.socket) -> bytes:
    """Messages up to ReadyForQuery."""
    data = b""
    while part := message(source):
        data += part
        if part[:1] == b"Z":
            break
    return data


def exactly(source: socket.socket, length: int) -> bytes:
    """So many bytes, or none when the source has ended."""
    data = b""
    while len(data) < length:
        part = source.recv(length - len(data))
        if not part:
            return b""
        data += part
    return data
