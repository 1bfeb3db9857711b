"""Where a server's socket, files and programs lie so that the account it runs as can use them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote

from wishkit.errors import ServerError
from wishkit.postgres.account import Account, make_folders, private_folder
from wishkit.postgres.cluster import ROLE, file_lock
from wishkit.postgres.postmaster import PORT, answers

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import TupleRow

    from wishkit.postgres.binaries import Binaries


class TextCodec(TypedDict):
    """How `Path.read_text` and `Path.write_text` turn text into bytes."""

    encoding: str
    errors: str


# Paths are bytes; a pointer file keeps even those that are not UTF-8.
TEXT: TextCodec = {"encoding": "utf-8", "errors": "surrogateescape"}
# The second only where the first cannot be made: cleaners remove old files from it.
STATE_FOLDERS = (Path("/var/lib/wishkit"), Path("/var/tmp/wishkit-0"))  # noqa: S108 - see private_folder
LONGEST_BASE = 60  # bytes; a socket path holds 103 on macOS (sun_path), and our names need 40


def administer(url: str) -> Connection[TupleRow]:
    """Connect to a server of ours, in autocommit, whatever the caller's PG* variables say."""
    import psycopg  # noqa: PLC0415 - heavy; a server that is there already needs none

    return psycopg.connect(
        url,
        autocommit=True,
        options="",
        client_encoding="utf8",
        sslmode="disable",
        gssencmode="disable",
        channel_binding="disable",
        target_session_attrs="any",
    )


def server_url(socket_folder: Path, database: str) -> str:
    """A libpq URI (manual, "Connection URIs") that names everything PG* variables could change."""
    host = quote(str(socket_folder), safe="")
    return f"postgresql://{ROLE}@/{quote(database, safe='')}?host={host}&port={PORT}"


def digest(text: str) -> str:
    """A short name for a long path."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def state_folder() -> Path:
    """Root's folder for what other accounts shall reach; everybody may pass, only root may write.

    Raises:
        ServerError: ``server-unsafe-folder``.
    """
    root = Account(0, 0)
    for path in STATE_FOLDERS:
        with suppress(OSError):
            if private_folder(path, root):
                path.chmod(0o711)
                return path
    raise ServerError(
        f"none of {', '.join(map(str, STATE_FOLDERS))} can be made or is root's own",
        code="server-unsafe-folder",
        help="run wishkit as the owner of the project instead of root",
    )


def reachable_binaries(binaries: Binaries, account: Account) -> Binaries:
    """The same installation where ``account`` can run it: itself, or a copy made once.

    A Python environment below root's home may be closed to everybody else, the programs of
    the wheel in it too.
    """
    if not account.switch or account.may("x", binaries.bin / "postgres"):
        return binaries
    source = binaries.bin.parent
    stamp = (binaries.bin / "postgres").stat()
    name = digest(f"{source} {stamp.st_size} {stamp.st_mtime_ns}")
    target = state_folder() / f"postgresql-{binaries.major}-{name}"
    if not target.exists():
        with file_lock(target.with_name(target.name + ".lock")):
            unfinished = target.with_name(target.name + ".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            make_folders(unfinished, Account(0, 0), 0o755)
            for part in ("bin", "lib", "share"):
                if (source / part).is_dir():
                    copy_readable(source / part, unfinished / part)
            if not target.exists():
                unfinished.rename(target)
    return replace(binaries, bin=target / binaries.bin.name)


def copy_readable(source: Path, target: Path) -> None:
    """Copy a folder so that everybody may read it and run what is in it."""
    shutil.copytree(source, target, symlinks=True)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)


def short_folders() -> list[Path]:
    """Shared temporary folders whose names leave room for a socket's, best first."""
    bases = [Path("/tmp"), Path(tempfile.gettempdir()), Path("/var/tmp")]  # noqa: S108 - private_folder
    return list(dict.fromkeys(bases))


def socket_folder(account: Account, owner: Path) -> Path:
    """A private folder with a short path for the socket of the server that ``owner`` holds.

    Not below the data folder, whose path may be too long for a socket (103 bytes on macOS), and
    not in XDG_RUNTIME_DIR, which goes when its user logs out while the server stays. A name that
    somebody else has taken is avoided; where the socket is, postmaster.pid tells.

    Raises:
        ServerError: ``server-no-folder``.
    """
    for base in short_folders():
        if len(os.fsencode(base)) > LONGEST_BASE or not account.may("w", base):
            continue
        folder = base / f"wishkit-{account.uid}-{digest(str(owner))}"
        # Who answers there outlived its data folder (somebody removed it by hand), and would
        # take the socket away when it goes. Otherwise what is there was left by a crash.
        if private_folder(folder, account) and not answers(str(folder)):
            for left in folder.glob(".s.PGSQL.*"):
                left.unlink()
            return folder
        folder = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=base))
        account.own(folder)
        return folder
    raise ServerError(
        f"the account {account.name} can write to none of {', '.join(map(str, short_folders()))}",
        code="server-no-folder",
        help="set TMPDIR to a folder with a short path that it can write to",
    )


def remove_socket_folders(account: Account, owner: Path) -> None:
    """Remove what `socket_folder` made, now or in the past, where no server answers."""
    for base in short_folders():
        for folder in base.glob(f"wishkit-{account.uid}-{digest(str(owner))}*"):
            if folder.lstat().st_uid == account.uid and not answers(str(folder)):
                shutil.rmtree(folder, ignore_errors=True)


def home_folder(wanted: Path, account: Account) -> Path:
    """Where the server that is wanted at a path really lives.

    That is the path itself, unless ``account`` could not get there: below a home or a checkout
    that is closed to others. Then it is in `state_folder`, and a file beside the path says so.

    Args:
        wanted: absolute path, symbolic links resolved; neither made nor changed here.
        account: who the server runs as.
    """
    if not account.switch:
        return wanted
    pointer = pointer_file(wanted)
    elsewhere = state_folder() / f"server-{digest(str(wanted))}"
    if pointer.exists():
        there, meant, *_ = [*pointer.read_text(**TEXT).splitlines(), "", ""]
        # A project that was moved keeps its server; the copy of one gets its own.
        copied = Path(meant) != wanted and pointer_file(Path(meant)).exists()
        return elsewhere if copied or Path(there).parent != state_folder() else Path(there)
    existing = next(folder for folder in [wanted, *wanted.parents] if folder.exists())
    return wanted if account.may("x", existing) else elsewhere


def pointer_file(wanted: Path) -> Path:
    """The file that tells a person where the server went."""
    return wanted.with_name(f"{wanted.name}.location")
