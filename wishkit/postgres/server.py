"""The durable embedded server of a project: started once, found again by every later command."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wishkit.errors import ServerError
from wishkit.postgres.account import Account, choose_account, keeper_of, make_folders
from wishkit.postgres.binaries import find_binaries
from wishkit.postgres.cluster import (
    RAISE_LIMIT,
    ROLE,
    check_version,
    copy_cluster,
    file_lock,
    major_of,
    server_env,
    settings_arguments,
)
from wishkit.postgres.location import (
    TEXT,
    administer,
    home_folder,
    pointer_file,
    reachable_binaries,
    remove_socket_folders,
    server_url,
    socket_folder,
)
from wishkit.postgres.postmaster import (
    PORT,
    answers,
    clear_pid_file,
    is_postgres,
    log_tail,
    poll,
    read_pid_file,
    wait_until_ready,
)
from wishkit.postgres.scratch import scratch_template

DATABASE = "wishkit"
MARKER = "WISHKIT"
MARKER_TEXT = """\
wishkit's embedded PostgreSQL lives in this folder and in nothing outside of it.
cluster/ is its data folder, server.log its log. `wishkit db destroy` removes it all.
"""
STOP_SECONDS = 60.0
LOG_BYTES = 8 << 20  # an older log is put aside, once, beyond this size
SETTINGS = {"listen_addresses": "", "cluster_name": "wishkit"}
# The server stays when the command ends: sh leaves it to init, in a session of its own.
LAUNCH = RAISE_LIMIT + 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 &'


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """How the embedded server stands.

    Attributes:
        state: ``absent`` (never started, or destroyed), ``stopped``, ``running``, or
            ``unreachable``: alive but not (yet) answering.
        folder: where it lives; not always where it was wanted, see `home_folder`.
        log: its log.
        major: the major version that made its data; None when absent.
        pid: of the postmaster, while alive.
        url: a libpq URI of its database, while running.
    """

    state: str
    folder: Path
    log: Path
    major: int | None = None
    pid: int | None = None
    url: str | None = None


class EmbeddedServer:
    """One durable PostgreSQL in a folder of its own.

    It listens on a socket in a private folder only. ``alive`` in its folder is locked (flock)
    for as long as any process of the server lives, as every one of them inherits the open file:
    unlike a process id this cannot be stale, recycled, or copied along with the folder.

    Args:
        folder: where it shall live, such as ``.wishkit/pg`` below the project.
    """

    def __init__(self, folder: Path) -> None:
        self.wanted = folder.resolve()
        self.keeper = keeper_of(self.wanted)
        self.account = choose_account(self.keeper)
        self.home = home_folder(self.wanted, self.account)
        self.data = self.home / "cluster"
        self.log = self.home / "server.log"

    def status(self) -> ServerStatus:
        """How it stands; changes nothing.

        Raises:
            ServerError: ``server-foreign-folder``, ``server-foreign-owner``.
        """
        self._check_folder()
        if not self.data.exists():
            return ServerStatus("absent", self.home, self.log)
        major = major_of(self.data)
        if not self._is_alive():
            return ServerStatus("stopped", self.home, self.log, major)
        pid_file = read_pid_file(self.data)
        if pid_file is None or pid_file.status != "ready" or not answers(pid_file.socket_folder):
            pid = pid_file.pid if pid_file else None
            return ServerStatus("unreachable", self.home, self.log, major, pid)
        url = server_url(Path(pid_file.socket_folder), DATABASE)
        return ServerStatus("running", self.home, self.log, major, pid_file.pid, url)

    def url(self, database: str = DATABASE) -> str:
        """A libpq URI of a database of the running server.

        Raises:
            ServerError: ``server-not-running``.
        """
        pid_file = read_pid_file(self.data)
        if self.status().state != "running" or pid_file is None:
            raise ServerError(
                "the embedded server is not running",
                code="server-not-running",
                help="wishkit db start",
            )
        return server_url(Path(pid_file.socket_folder), database)

    def start(self) -> ServerStatus:
        """Have it run, made on first use; many at once are safe.

        Raises:
            ServerError: ``server-not-found``, ``server-init-failed``, ``server-start-failed``,
                ``server-version``, ``server-foreign-folder``, ``server-foreign-owner``.
        """
        status = self.status()
        if status.state == "running" and self._is_complete():
            return status
        try:
            self._make_home()
            with file_lock(self.home / "lock"):
                self._start_locked()
                return self.status()
        except OSError as error:
            raise self._no_folder(error) from error

    def stop(self) -> bool:
        """Have it not run: connections are ended, what was committed is kept.

        Returns:
            Whether it ran.

        Raises:
            ServerError: ``server-stop-failed``.
        """
        if self.status().state in {"absent", "stopped"}:
            return False
        with file_lock(self.home / "lock"):
            return self._stop_locked()

    def destroy(self) -> bool:
        """Stop it and remove everything it ever held.

        Returns:
            Whether there was anything.

        Raises:
            ServerError: ``server-foreign-folder``: it is not ours to remove.
        """
        self._check_folder()
        if not self.home.exists():
            return False
        with file_lock(self.home / "lock"):
            self._stop_locked(signal.SIGQUIT)  # immediate: nothing needs to reach the disk
            # At once under another name, so that nobody finds half of it.
            removed = self.home.with_name(f"{self.home.name}.removed")
            shutil.rmtree(removed, ignore_errors=True)
            self.home.rename(removed)
            pointer_file(self.wanted).unlink(missing_ok=True)
            shutil.rmtree(removed)
            remove_socket_folders(self.account, self.wanted)
        return True

    def _start_locked(self) -> None:
        if self.status().state == "unreachable":
            # Still starting, when whoever started it was killed; else its socket is gone.
            with suppress(ServerError):
                wait_until_ready(self.data, self.log, self._is_alive)
            if self.status().state != "running":
                self._stop_locked()
        if self.status().state != "running":
            self._launch()
        if not self._is_complete():
            self._make_database()

    def _launch(self) -> None:
        found = find_binaries()
        binaries = reachable_binaries(found, self.account)
        if not self.data.exists():
            template = scratch_template(found)
            unfinished = self.home / "cluster.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            copy_cluster(template, unfinished, self.account)
            unfinished.rename(self.data)
            # PostgreSQL itself flushes only what it changes. Nobody needs to wait for this; the
            # command ends when it is done.
            threading.Thread(target=os.sync, name="flush the new cluster").start()
        check_version(self.data, binaries)
        clear_pid_file(self.data)
        self._make_log()
        sockets = socket_folder(self.account, self.wanted)
        command = [str(binaries.program("postgres")), "-D", str(self.data), "-k", str(sockets)]
        command += ["-p", str(PORT), *settings_arguments(SETTINGS)]
        with (self.home / "alive").open("ab") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)
            subprocess.run(
                ["/bin/sh", "-c", LAUNCH, "wishkit-server", str(self.log), *command],
                cwd="/",
                env=server_env(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                umask=0o077,
                pass_fds=(alive.fileno(),),
                check=True,
                **self.account.switch,
            )
        wait_until_ready(self.data, self.log, self._is_alive)

    def _make_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        if not self.log.exists():
            self.log.touch(mode=0o600)
            self.account.own(self.log)

    def _stop_locked(self, how: signal.Signals = signal.SIGINT) -> bool:  # fast shutdown
        pid_file = read_pid_file(self.data)
        if not self._is_alive():
            return False
        if pid_file and is_postgres(pid_file.pid):
            with suppress(ProcessLookupError):
                os.kill(pid_file.pid, how)
        for _ in poll(STOP_SECONDS):
            if not self._is_alive():
                if pid_file and pid_file.socket_folder:
                    with suppress(OSError):
                        Path(pid_file.socket_folder).rmdir()
                return True
        raise ServerError(
            f"the embedded server did not stop within {STOP_SECONDS:.0f} s",
            code="server-stop-failed",
            state="it is still shutting down",
            notes=log_tail(self.log),
        )

    def _make_database(self) -> None:
        """Make the database that URLs name; the file ``complete`` says that this is done."""
        with administer(self.url("postgres")) as connection:
            there = "SELECT FROM pg_database WHERE datname = %s"
            if connection.execute(there, (DATABASE,)).fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        self._keep("complete")

    def _is_complete(self) -> bool:
        return (self.home / "complete").exists()

    def _is_alive(self) -> bool:
        """Whether any process of the server lives: a shared lock on ``alive`` cannot be had."""
        try:
            with (self.home / "alive").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _make_home(self) -> None:
        # As root of a project of root's own the folder stays root's, and others may only pass:
        # the account that runs the server owns its data and its log, nothing more.
        shared = self.keeper != self.account
        make_folders(self.home, self.keeper, 0o711 if shared else 0o700)
        self._keep(MARKER, MARKER_TEXT)
        self._keep(".gitignore", "*\n")
        self._keep("lock")
        self._keep("alive")
        if self.home != self.wanted:
            pointer = pointer_file(self.wanted)
            make_folders(pointer.parent, self.keeper, 0o755)
            pointer.write_text(f"{self.home}\n{self.wanted}\n", **TEXT)

    def _keep(self, name: str, text: str = "") -> None:
        """Make a small file of ours, unless it is there."""
        path = self.home / name
        with suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(text)
            self.keeper.own(path)

    def _check_folder(self) -> None:
        """Refuse a folder that wishkit did not make, or whose data another account owns."""
        try:
            self._check_owner(self.home, self.keeper)
            names = {path.name for path in self.home.iterdir()}
            if "cluster" in names:
                self._check_owner(self.data, self.account)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._no_folder(error) from error
        if names and MARKER not in names:
            raise ServerError(
                f"{self.home} was not made by wishkit",
                code="server-foreign-folder",
                state="nothing in it was touched",
                help="move it away, or choose another data folder",
            )

    def _check_owner(self, path: Path, expected: Account) -> None:
        owner = path.stat().st_uid
        if owner != expected.uid:
            raise ServerError(
                f"{path} belongs to the account {Account(owner, -1).name}, not to {expected.name}",
                code="server-foreign-owner",
                state="nothing in it was touched",
                help=f"run wishkit as that account, or, as root: chown -R {expected.name} '{path}'",
            )

    def _no_folder(self, error: OSError) -> ServerError:
        return ServerError(
            f"cannot use {error.filename or self.home}: {error.strerror}",
            code="server-no-folder",
            help="wishkit needs a data folder it may write to; or name a database with --url",
        )
