"""Watch the postmaster of a data folder: its pid file, its socket, its log."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PORT = 5432
START_SECONDS = 60.0
POLL_SECONDS = 0.003


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a postmaster writes about itself (src/include/utils/pidfile.h).

    Attributes:
        pid: of the postmaster.
        data: its data folder.
        socket_folder: where its socket is; empty before it listens.
        status: ``starting``, ``stopping``, ``ready``, ``standby``; empty at first.
    """

    pid: int
    data: Path
    socket_folder: str
    status: str


def read_pid_file(data: Path) -> PidFile | None:
    """The postmaster.pid of a data folder; None when there is none, or not yet a whole one."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
        lines += [""] * (8 - len(lines))
        return PidFile(abs(int(lines[0])), Path(lines[1]), lines[4].strip(), lines[7].strip())
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None


def log_tail(log: Path, lines: int = 12) -> tuple[str, ...]:
    """The last lines of a server's log, as one block for an error; empty without a log."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    tail = "\n".join(text.splitlines()[-lines:])
    return (f"end of the server's log ({log}):\n{tail}",) if tail else ()


def wait_until_ready(data: Path, log: Path, is_alive: Callable[[], bool]) -> PidFile:
    """Wait until the server of ``data`` accepts connections.

    Args:
        data: the data folder.
        log: the server's log.
        is_alive: tells whether the server's process is still there.

    Raises:
        ServerError: ``server-start-failed``: it ended, or took longer than a minute.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        alive = is_alive()
        pid_file = read_pid_file(data)
        if pid_file and pid_file.status == "ready":
            return pid_file
        if not alive:
            raise ServerError(
                f"PostgreSQL did not start in {data}",
                code="server-start-failed",
                notes=log_tail(log),
            )
        time.sleep(POLL_SECONDS)
    raise ServerError(
        f"PostgreSQL in {data} was not ready after {START_SECONDS:.0f} s",
        code="server-start-failed",
        help="it may still be recovering from a crash; try again",
        notes=log_tail(log),
    )


def answers(folder: str) -> bool:
    """Whether something listens on the server socket of a folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(f"{folder}/.s.PGSQL.{PORT}")
        except OSError:
            return False
    return True


def is_postgres(pid: int) -> bool:
    """Whether a process may be a PostgreSQL: not when the system knows its name as another."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    except OSError:
        return not Path("/proc/self/comm").exists()


def poll(seconds: float) -> Iterator[None]:
    """Yield again and again, with short pauses, until the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(POLL_SECONDS)


def clear_pid_file(data: Path) -> None:
    """Remove the postmaster.pid of a server that crashed or that the folder was copied from.

    PostgreSQL does that itself, but gives up when the process id has been given to another
    process. The caller knows that no server started by us is there; one started by hand
    answers, and PostgreSQL's second guard, shared memory keyed by the data folder's
    inode (src/backend/port/sysv_shmem.c), holds all the same.

    Raises:
        ServerError: ``server-start-failed``: somebody runs a server of their own in it.
    """
    pid_file = read_pid_file(data)
    if pid_file and pid_file.data == data and answers(pid_file.socket_folder):
        raise ServerError(
            f"a PostgreSQL that wishkit did not start (pid {pid_file.pid}) runs in {data}",
            code="server-start-failed",
            help=f"stop it: pg_ctl stop -D '{data}'",
        )
    (data / "postmaster.pid").unlink(missing_ok=True)
