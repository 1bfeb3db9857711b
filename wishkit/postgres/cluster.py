"""Make, start and watch one PostgreSQL data folder, as the account that owns it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import ServerError
from wishkit.postgres.account import Account, as_named_account, cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wishkit.postgres.binaries import Binaries

ROLE = "wishkit"
PORT = 5432
START_SECONDS = 60.0
POLL_SECONDS = 0.003
BUILTIN_PROVIDER = 17  # the first major with --locale-provider=builtin (initdb)
# A server wants some 100 file descriptors; a low soft limit of the caller's shell must not
# stop it. Signals: sh starts "&" commands with SIGINT and SIGQUIT ignored, but the
# postmaster sets its own handlers.
RAISE_LIMIT = 'ulimit -S -n "$(ulimit -H -n)" 2>/dev/null || ulimit -S -n 4096 2>/dev/null; '


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


def server_env(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of PostgreSQL's processes: nothing of the caller's PG*, locale or zone."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
    return {name: env[name] for name in kept if name in env} | {"LC_ALL": "C", "TZ": "UTC"}


def settings_arguments(settings: Mapping[str, str]) -> list[str]:
    """Settings as arguments of ``postgres``."""
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


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
        if pid_file and pid_file.status == "ready" and pid_file.data == data:
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


def initdb_arguments(major: int, locale: str) -> list[str]:
    """How we make a cluster: UTF-8, and a locale that is there on every machine."""
    arguments = ["--encoding=UTF8", f"--username={ROLE}", "--auth=trust", "--no-sync"]
    if major >= BUILTIN_PROVIDER:
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [*arguments, f"--locale={locale}"]


def initdb(binaries: Binaries, account: Account, data: Path) -> None:
    """Make a new cluster in ``data``, a folder that is the account's.

    Raises:
        ServerError: ``server-init-failed``, with what initdb said.
    """
    # Before 17 only libc can offer C.UTF-8, and not every libc does.
    locales = ("C",) if binaries.major >= BUILTIN_PROVIDER else ("C.UTF-8", "C")
    for locale in locales:
        command = [str(binaries.program("initdb")), f"--pgdata={data}"]
        command += initdb_arguments(binaries.major, locale)
        done = subprocess.run(
            as_named_account(account, command),
            cwd="/",
            env=server_env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            umask=0o077,
            **account.switch,
        )
        if done.returncode == 0:
            return
        if "invalid locale" not in done.stdout:
            break
    raise ServerError(
        f"could not make a new {binaries} cluster",
        code="server-init-failed",
        help="if initdb finds no user for this id: add it to /etc/passwd, run as a user that "
        "has an entry there, or name another database with --url",
        notes=(done.stdout.strip(),),
    )


def template_cluster(binaries: Binaries, account: Account, workshop: Path) -> Path:
    """A ready-made cluster to copy, made once per build of PostgreSQL and kept in the cache.

    Args:
        binaries: whose cluster.
        account: who runs initdb.
        workshop: a folder where the account may write.
    """
    facts = [binaries.version, (binaries.bin / "postgres").stat().st_size]
    facts += [initdb_arguments(binaries.major, "")]
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    template = cache_folder() / f"cluster-{binaries.major}.{binaries.version[1]}-{digest}"
    if template.exists():
        return template
    with file_lock(template.with_name(template.name + ".lock")):
        if not template.exists():
            made = Path(tempfile.mkdtemp(prefix="wishkit-", dir=workshop))
            account.own(made)
            unfinished = template.with_name(template.name + ".new")
            try:
                initdb(binaries, account, made / "data")
                shutil.rmtree(unfinished, ignore_errors=True)
                me = Account(os.geteuid(), os.getegid())
                copy_cluster(made / "data", unfinished, me)
                unfinished.rename(template)
            finally:
                shutil.rmtree(made, ignore_errors=True)
    return template


def copy_cluster(source: Path, target: Path, account: Account, *, sync: bool = False) -> None:
    """Copy a stopped cluster; the copy is the account's.

    Args:
        source: its data folder.
        target: a path where nothing is yet.
        account: who shall own the copy.
        sync: flush it to disk, for a cluster that shall survive a power cut.
    """
    for folder, _, files in os.walk(source):
        made = target / Path(folder).relative_to(source)
        made.mkdir(mode=0o700)
        account.own(made)
        for name in files:
            shutil.copyfile(f"{folder}/{name}", made / name)
            (made / name).chmod(0o600)
            account.own(made / name)
    if sync:
        os.sync()


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock that is a file; waits for whoever has it. The file may be removed meanwhile."""
    while True:
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                same = path.stat().st_ino == os.fstat(file.fileno()).st_ino
            except FileNotFoundError:
                same = False
            if same:
                yield
                return
