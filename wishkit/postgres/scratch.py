"""Throwaway servers and databases: quick, in memory where there is room, and never left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import ServerError
from wishkit.postgres.account import choose_account
from wishkit.postgres.binaries import find_binaries
from wishkit.postgres.cluster import (
    RAISE_LIMIT,
    copy_cluster,
    make_template,
    server_env,
    settings_arguments,
    template_path,
)
from wishkit.postgres.location import (
    LONGEST_BASE,
    administer,
    reachable_binaries,
    server_url,
    short_folders,
)
from wishkit.postgres.postmaster import PORT, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from psycopg.sql import Composed

    from wishkit.postgres.account import Account
    from wishkit.postgres.binaries import Binaries

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the kernel's tmpfs; our folder in it is private
ENOUGH_ROOM = 1 << 30  # bytes free before a server is put into memory
FILE_COPY = 15  # the first major with CREATE DATABASE … STRATEGY
FORCE = 13  # the first major with DROP DATABASE … WITH (FORCE)

# Nothing that goes wrong with it is a loss, so nothing needs to reach a disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "jit": "off",
}

# Keeps a scratch folder and ends with us. Its standard input is a pipe: one line starts the
# server; when it closes, as it does when our process ends, however that comes about, the server
# is stopped and the folder removed. Immediate shutdown (SIGQUIT): there is nothing to save.
WATCHER = (
    RAISE_LIMIT
    + """
folder=$1; shift
trap '' HUP INT TERM
if read -r _; then
    { "$@" </dev/null >"$folder/log" 2>&1; : >"$folder/ended"; } &
    read -r _
    until [ -e "$folder/ended" ]; do
        if read -r pid <"$folder/data/postmaster.pid"; then kill -QUIT "$pid"; fi
        sleep 0.01
    done 2>/dev/null
fi
rm -rf "$folder"
"""
)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A running throwaway server.

    Attributes:
        folder: everything it has on disk or in memory; private to the account it runs as.
        binaries: what it runs.
    """

    folder: Path
    binaries: Binaries

    def url(self, database: str = "postgres") -> str:
        """A libpq URI of one of its databases."""
        return server_url(self.folder, database)

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "log"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database as a copy of another one to which nobody is connected.

        Returns:
            Its URI.
        """
        from psycopg import sql  # noqa: PLC0415 - heavy; only those who make databases pay

        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        if self.binaries.major >= FILE_COPY:
            statement += sql.SQL(" STRATEGY file_copy")
        self._run(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it; fine if it is not there."""
        from psycopg import sql  # noqa: PLC0415 - as above

        statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        if self.binaries.major >= FORCE:
            statement += sql.SQL(" WITH (FORCE)")
        self._run(statement)

    def _run(self, statement: Composed) -> None:
        with administer(self.url()) as connection:
            connection.execute(statement)


@contextmanager
def scratch_server(
    binaries: Binaries | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    room: int = 0,
) -> Iterator[Scratch]:
    """Run a throwaway server for the length of a ``with`` block.

    Args:
        binaries: what to run; by default what `find_binaries` finds.
        settings: configuration parameters on top of ours.
        room: bytes that are going to be put into it.

    Raises:
        ServerError: ``server-not-found``, ``server-init-failed``, ``server-start-failed``.
    """
    account = choose_account()
    binaries = reachable_binaries(binaries or find_binaries(), account)
    template = scratch_template(binaries)
    postgres = str(binaries.program("postgres"))
    arguments = settings_arguments(SETTINGS | dict(settings or {}))
    with watched_folder(account, postgres, *arguments, room=room) as (folder, start):
        try:
            copy_cluster(template, folder / "data", account)
        except OSError as error:
            raise ServerError(
                f"cannot make a scratch server in {folder.parent}: {error.strerror}",
                code="server-no-folder",
                help="make room there, or set TMPDIR to another folder with a short path",
            ) from error
        start()
        ended = folder / "ended"
        wait_until_ready(folder / "data", folder / "log", lambda: not ended.exists())
        yield Scratch(folder, binaries)


def scratch_template(binaries: Binaries) -> Path:
    """A ready-made cluster to copy, made once per build of PostgreSQL and kept in the cache.

    Whoever the copy is for: as root it is made as nobody, who unlike the owner of a project
    always has a name, which initdb insists on.
    """
    template = template_path(binaries)
    if not template.exists():
        account = choose_account()
        binaries = reachable_binaries(binaries, account)
        with watched_folder(account) as (folder, _):
            make_template(binaries, account, template, folder / "template")
    return template


@contextmanager
def watched_folder(
    account: Account, *command: str, room: int = 0
) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder of the account's that goes when the block is left or our process ends.

    Args:
        account: whose.
        command: the server to run; ``-D`` and ``-k`` are added.
        room: bytes that are going to be put into it.

    Yields:
        The folder, and what starts the server once its data is there.
    """
    folder = Path(tempfile.mkdtemp(prefix="wishkit-", dir=scratch_base(account, room)))
    account.own(folder)
    places = ("-D", f"{folder}/data", "-k", str(folder), "-p", str(PORT))
    try:
        with subprocess.Popen(
            ["/bin/sh", "-c", WATCHER, "wishkit-scratch", str(folder), *command, *places],
            cwd="/",
            env=server_env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
            umask=0o077,
            **account.switch,
        ) as watcher:  # leaving it closes the pipe and waits until the watcher is done

            def start() -> None:
                if watcher.stdin:
                    watcher.stdin.write(b"start\n")

            yield folder, start
    finally:
        # Nothing is left of it, unless the watcher was killed: a postmaster without its pid
        # file shuts down within a minute (RecheckDataDirLockFile).
        shutil.rmtree(folder, ignore_errors=True)


def scratch_base(account: Account, room: int = 0) -> Path:
    """Where scratch servers live: shared memory with room to spare, else a temporary folder.

    Args:
        account: who it runs as.
        room: bytes that are going to be put into it.
    """
    temporary = short_folders()
    if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= ENOUGH_ROOM + room:
        temporary.insert(0, SHARED_MEMORY)
    for base in temporary:
        if len(os.fsencode(base)) <= LONGEST_BASE and account.may("w", base):
            return base
    raise ServerError(
        f"the account {account.name} can write to none of {', '.join(map(str, temporary))}",
        code="server-no-folder",
        help="set TMPDIR to a folder with a short path that it can write to",
    )
