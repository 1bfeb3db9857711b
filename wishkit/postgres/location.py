"""Where a server's socket, files and programs lie so that the account it runs as can use them."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from wishkit.errors import ServerError
from wishkit.postgres.account import Account, make_folders, private_folder
from wishkit.postgres.cluster import PORT, ROLE, file_lock

if TYPE_CHECKING:
    from wishkit.postgres.binaries import Binaries


def server_url(socket_folder: Path, database: str) -> str:
    """A libpq URI (manual, "Connection URIs") that names everything PG* variables could change."""
    host = quote(str(socket_folder), safe="")
    return f"postgresql://{ROLE}@/{quote(database, safe='')}?host={host}&port={PORT}"


def digest(text: str) -> str:
    """A short name for a long path."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def state_folder() -> Path:
    """Root's folder for what other accounts shall reach; everybody may pass, only root may write.

    /var/tmp only where /var/lib cannot be written: cleaners remove old files from it.

    Raises:
        ServerError: ``server-unsafe-folder``.
    """
    root = Account(0, 0)
    for path in (Path("/var/lib/wishkit"), Path("/var/tmp/wishkit-0")):  # noqa: S108 - checked by private_folder
        try:
            made = private_folder(path, root)
        except OSError:
            continue
        if made:
            path.chmod(0o711)
            return path
    raise ServerError(
        "neither /var/lib/wishkit nor /var/tmp/wishkit-0 can be made or is root's own",
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
