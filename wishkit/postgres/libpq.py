"""libpq itself, for one question that is answered before its driver would be imported.

Importing psycopg takes several times as long as connecting. This binds the dozen functions that
one statement needs, of the very library that psycopg brings. It knows no errors: what does not work
at once is `Unanswered`, and the driver finds out why.

https://www.postgresql.org/docs/18/libpq.html
"""

from __future__ import annotations

import ctypes
import os
import select
import sys
import time
from ctypes import POINTER, byref, c_char_p, c_int, c_void_p
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

_CONNECT_SECONDS = 3.0  # the driver has more patience
_BAD, _READING, _WRITING, _OK = range(4)  # PostgresPollingStatusType, of which 0 is failed, 3 is ok
_COMMAND_OK, _TUPLES_OK = 1, 2  # ExecStatusType


class Unanswered(Exception):
    """It did not work."""


class _Option(ctypes.Structure):
    """PQconninfoOption."""

    _fields_ = (
        ("keyword", c_char_p),
        ("envvar", c_char_p),
        ("compiled", c_char_p),
        ("val", c_char_p),
        ("label", c_char_p),
        ("dispchar", c_char_p),
        ("dispsize", c_int),
    )


_Ignore = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
_ignored = _Ignore(lambda _argument, _result: None)  # must live as long as any connection
_FUNCTIONS: dict[str, tuple[object, tuple[object, ...]]] = {
    "PQconninfoParse": (POINTER(_Option), (c_char_p, POINTER(c_void_p))),
    "PQconninfoFree": (None, (POINTER(_Option),)),
    "PQfreemem": (None, (c_void_p,)),
    "PQconnectStartParams": (c_void_p, (POINTER(c_char_p), POINTER(c_char_p), c_int)),
    "PQconnectPoll": (c_int, (c_void_p,)),
    "PQsetNoticeReceiver": (c_void_p, (c_void_p, _Ignore, c_void_p)),
    "PQsocket": (c_int, (c_void_p,)),
    "PQhost": (c_char_p, (c_void_p,)),
    "PQport": (c_char_p, (c_void_p,)),
    "PQsendQuery": (c_int, (c_void_p, c_char_p)),
    "PQconsumeInput": (c_int, (c_void_p,)),
    "PQisBusy": (c_int, (c_void_p,)),
    "PQgetResult": (c_void_p, (c_void_p,)),
    "PQresultStatus": (c_int, (c_void_p,)),
    "PQgetvalue": (c_char_p, (c_void_p, c_int, c_int)),
    "PQclear": (None, (c_void_p,)),
    "PQfinish": (None, (c_void_p,)),
}


def parse(text: str) -> dict[str, str]:
    """What a connection string says, as libpq reads it.

    Raises:
        Unanswered: it cannot be read, or there is no libpq.
    """
    libpq, message = _library(), c_void_p()
    options = libpq.PQconninfoParse(text.encode(), byref(message))
    libpq.PQfreemem(message)
    if not options:
        raise Unanswered
    given, position = {}, 0
    while options[position].keyword:
        option = options[position]
        if option.val is not None:
            given[option.keyword.decode()] = option.val.decode()
        position += 1
    libpq.PQconninfoFree(options)
    return given


class Session:
    """A connection; a context manager.

    Args:
        parameters: libpq's, by name.

    Raises:
        Unanswered: there is none within three seconds.
    """

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._libpq = _library()
        names = (c_char_p * (len(parameters) + 1))(*(it.encode() for it in parameters), None)
        values = (c_char_p * (len(parameters) + 1))(
            *(it.encode() for it in parameters.values()), None
        )
        self._connection = self._libpq.PQconnectStartParams(names, values, 0)
        if not self._connection:
            raise Unanswered
        # Without one, libpq would print what the server remarks.
        self._libpq.PQsetNoticeReceiver(self._connection, _ignored, None)
        try:
            self._connect(time.monotonic() + _CONNECT_SECONDS)
        except BaseException:
            self._libpq.PQfinish(self._connection)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._libpq.PQfinish(self._connection)

    @property
    def place(self) -> str:
        """Where the server is, as host:port."""
        told = (self._libpq.PQhost(self._connection), self._libpq.PQport(self._connection))
        return ":".join((it or b"").decode(errors="replace") for it in told)

    def ask(self, statement: str) -> str | None:
        """Run one statement; the first value of the first row, if it gives rows.

        Raises:
            Unanswered: it fails.
        """
        libpq, connection = self._libpq, self._connection
        if not libpq.PQsendQuery(connection, statement.encode()):
            raise Unanswered
        while libpq.PQisBusy(connection):
            self._wait(writes=False)
            if not libpq.PQconsumeInput(connection):
                raise Unanswered
        result = libpq.PQgetResult(connection)
        try:
            status = libpq.PQresultStatus(result)
            if status not in {_COMMAND_OK, _TUPLES_OK}:
                raise Unanswered
            value = libpq.PQgetvalue(result, 0, 0) if status == _TUPLES_OK else None
        finally:
            libpq.PQclear(result)
        while more := libpq.PQgetResult(connection):
            libpq.PQclear(more)
        return None if value is None else str(value, "utf-8")

    def _connect(self, deadline: float) -> None:
        state = _WRITING
        while state != _OK:
            if state == _BAD or not self._wait(writes=state == _WRITING, deadline=deadline):
                raise Unanswered
            state = self._libpq.PQconnectPoll(self._connection)

    def _wait(self, *, writes: bool, deadline: float | None = None) -> bool:
        """Until the socket is ready; in Python, so that an interrupt is heard."""
        socket = self._libpq.PQsocket(self._connection)
        if socket < 0:
            raise Unanswered
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        poll = select.poll()
        poll.register(socket, select.POLLOUT if writes else select.POLLIN)
        return bool(poll.poll(left))


@cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_path())
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        raise Unanswered from None
    return library


def _path() -> str:
    """The library that came with psycopg, else the system's."""
    for folder in sys.path:
        libraries = os.path.join(folder, "psycopg_binary.libs")  # noqa: PTH118 - pathlib is slower
        if os.path.isdir(libraries):  # noqa: PTH112 - as above
            for name in os.listdir(libraries):  # noqa: PTH208 - as above
                if name.startswith("libpq"):
                    return os.path.join(libraries, name)  # noqa: PTH118 - as above
    return "libpq.so.5"
