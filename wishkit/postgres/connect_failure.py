"""Why a connection could not be made: psycopg's one long text → one ConnectError with a code.

A failed connection leaves no result, so libpq gives no SQLSTATE for it, only text (psycopg 3.3,
libpq 18): its own in English, the server's in the server's language. English is recognised by
pattern; for any other, ``_sqlstate`` asks once more and reads the code off the protocol.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import Identifier

from wishkit.core.redact import redact
from wishkit.errors import ConnectError
from wishkit.postgres.connect_cases import BY_SQLSTATE, CASES, MISSING_ROLE, Case
from wishkit.postgres.conninfo import hosts

if TYPE_CHECKING:
    from collections.abc import Iterator

# Those that only say that nobody was there. With several hosts the others tell more.
_NOBODY_THERE = frozenset(
    {"connection-refused", "unknown-host", "timeout", "unreachable", "socket-missing"}
)


class _Attempt(NamedTuple):
    """What one host answered."""

    at: str
    text: str

    @property
    def case(self) -> Case:
        """The kind of failure that its text shows."""
        bare = re.sub(r"'[^']*'", "''", re.sub(r"\"[^\"]*\"", '""', self.text))
        return next(case for case in CASES if re.search(case.text, bare, re.IGNORECASE))

    @property
    def said(self) -> str:
        """Libpq's text on one line, without what psycopg and libpq put in front of it."""
        text = self.text.partition("\nMultiple connection attempts")[0]
        text = re.sub(r"^connection (failed|is bad): ", "", text)
        text = re.sub(r"^connection to server .*? failed: |FATAL:  ", "", text, flags=re.MULTILINE)
        lines = [line for line in text.splitlines() if line and not line.startswith("\t")]
        return "; ".join(dict.fromkeys(lines))


def diagnose(error: psycopg.Error, params: dict[str, str]) -> ConnectError:
    """The one clear error for a failed connection.

    Args:
        error: what ``psycopg.connect`` raised.
        params: what it was given.

    Returns:
        An error without secrets; ``code`` is one of docs/errors.md's. With several hosts its notes
        say what happened to each.
    """
    attempts = list(_attempts(str(error), params))
    there = [attempt for attempt in attempts if attempt.case.code not in _NOBODY_THERE]
    chosen = (there or attempts)[0]
    case = chosen.case
    notes = [f"{attempt.at}: {attempt.said}" for attempt in attempts] if len(attempts) > 1 else []
    if case.code == "connect" and (state := _sqlstate(params)):
        code = "no-such-role" if state == MISSING_ROLE else BY_SQLSTATE.get(state[0])
        case = next((case for case in CASES if case.code == code), case)
        notes.append(f"the server's words: {chosen.said}")
    words = _words(chosen, params)
    return ConnectError(
        redact(case.message.format_map(words)),
        code=case.code,
        help=case.help.format_map(words),
        notes=tuple(redact(note) for note in dict.fromkeys(notes)),
    )


def _words(attempt: _Attempt, params: dict[str, str]) -> dict[str, str]:
    """What the messages speak of. Libpq's defaults are only known where the server repeats them."""
    user = re.search(r'(?:user|role) "([^"]*)"', attempt.text)
    dbname = re.search(r'database "([^"]*)"', attempt.text)
    words = {
        "user": user[1] if user else params.get("user") or os.environ.get("PGUSER") or "you",
        "dbname": dbname[1] if dbname else params.get("dbname") or os.environ.get("PGDATABASE", ""),
    }
    words |= {f"{name}_sql": Identifier(value).as_string() for name, value in words.items()}
    return words | {"at": attempt.at, "said": attempt.said}


def _attempts(text: str, params: dict[str, str]) -> Iterator[_Attempt]:
    """Every host's own failure. Psycopg lists them, but is silent on names it cannot resolve."""
    _, several, listed = text.partition("All failures were:\n")
    if several:
        field = r"(?:'([^']*)'|None)"
        entry = rf"^- host: {field}, port: {field}, hostaddr: {field}: "
        pieces = re.split(entry, listed, flags=re.MULTILINE)[1:]
        for host, port, address, said in zip(*[iter(pieces)] * 4, strict=True):
            place = _socket(said) or _place(host or address, port or _port(params))
            other = address and host and address != host
            yield _Attempt(f"{place} ({address})" if other else place, said)
    else:
        yield _Attempt(_server(text, params), text)
    if len(named := hosts(params)) > 1 and not text.startswith("could not match"):
        for host in named:
            if not host.startswith("/") and not _resolves(host):
                yield _Attempt(host, "the name cannot be resolved")


def _resolves(host: str) -> bool:
    import socket  # noqa: PLC0415 - only a failed connection to several hosts asks

    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def _server(text: str, params: dict[str, str]) -> str:
    """Which server: in the user's words where there is one host, else as libpq reports it."""
    if path := _socket(text):
        return path
    found = re.search(r'server at "(.*?)"(?: \(.*?\))?, port (\d+)', text)
    named = hosts(params)
    host = named[0] if len(named) == 1 else found[1] if found else "the server"
    return _place(host, found[2] if found else _port(params))


def _socket(text: str) -> str | None:
    found = re.search(r'on socket "(.*?)"', text)
    return found[1] if found else None


def _port(params: dict[str, str]) -> str:
    return (params.get("port") or os.environ.get("PGPORT") or "5432").partition(",")[0]


def _place(host: str, port: str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _sqlstate(params: dict[str, str]) -> tuple[str, str] | None:
    """SQLSTATE and C routine of the refusal, read off one more attempt; None where it cannot be.

    libpq keeps the code of a refused connection to itself, but its trace shows it (on Linux only:
    https://www.psycopg.org/psycopg3/docs/api/pq.html). The trace stays in memory and is gone when
    this returns, as it may hold the password.
    """
    import select  # noqa: PLC0415 - a server that does not speak English is rare

    if not hasattr(os, "memfd_create"):
        return None
    status = psycopg.pq.PollingStatus
    with open(os.memfd_create("trace"), "rb") as trace:  # noqa: PTH123 - a descriptor
        connection = psycopg.pq.PGconn.connect_start(make_conninfo(**params).encode())
        connection.trace(trace.fileno())
        while (step := connection.connect_poll()) not in {status.FAILED, status.OK}:
            wait = [connection.socket]
            read, write = (wait, []) if step == status.READING else ([], wait)
            if not any(select.select(read, write, [], 10)):
                break
        connection.untrace()
        connection.finish()
        trace.seek(0)
        text = trace.read().decode(errors="replace")
    found = re.findall(r'ErrorResponse\t S ".*?"(?: V "\w+")? C "(\w{5})"(?:.* R "(\w+)" )?', text)
    return found[-1] if found else None
