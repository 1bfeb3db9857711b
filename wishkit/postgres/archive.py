"""The files of a backup: measured, held against their manifest, put in their place at once."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from wishkit.core.manifest import SUFFIX, FileDigest, Manifest, read_manifest
from wishkit.errors import BackupError, BackupUnfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PIECE = 1 << 20  # bytes read at a time


def manifest_path(path: Path) -> Path:
    """Where the manifest of a backup lies."""
    return path.with_name(path.name + SUFFIX)


def files_of(path: Path) -> tuple[Path, ...]:
    """The files of a backup, in order of name."""
    if path.is_dir():
        return tuple(sorted(it for it in path.iterdir() if it.is_file()))
    return (path,)


def size_of(path: Path) -> int:
    """How many bytes there are by now; whoever writes them may still be at it."""
    total = 0
    with suppress(OSError):
        for it in files_of(path):
            total += it.stat().st_size
    return total


def digests(path: Path, tell: Callable[[int], None]) -> tuple[FileDigest, ...]:
    """Size and checksum of every file of a backup.

    Args:
        path: of the file, or of the folder.
        tell: is given how many bytes have been read.

    Raises:
        BackupError: ``backup-unreadable``.
    """
    found, done = [], 0
    for it in files_of(path):
        size, digest = 0, hashlib.sha256()
        for piece in _pieces(it):
            digest.update(piece)
            size += len(piece)
            tell(done + size)
        done += size
        found.append(FileDigest(it.name, size, digest.hexdigest()))
    return tuple(found)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise BackupError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}",
            code="backup-unreadable",
        ) from None


def load_manifest(path: Path) -> tuple[Manifest, str] | None:
    """The manifest of a backup with its checksum; None where there is none.

    Raises:
        BackupError: ``backup-manifest``: it cannot be understood.
    """
    place = manifest_path(path)
    if not place.exists():
        return None
    data = b"".join(_pieces(place))
    try:
        return read_manifest(data), hashlib.sha256(data).hexdigest()
    except ValueError as error:
        raise BackupError(
            f"{place} is no manifest of a backup: {error}",
            code="backup-manifest",
            help="without it, a backup can be read to its end (wishkit backup verify --level 1, "
            "once it is out of the way), and not be compared with anything",
        ) from None


def hold_against(path: Path, manifest: Manifest, found: tuple[FileDigest, ...]) -> None:
    """The files are those that the manifest tells of, byte by byte.

    Raises:
        BackupUnfit: ``backup-damaged``, with what is wrong with the first bad file.
    """
    there = {it.name: it for it in found}
    if manifest.kind == "custom" and found:  # which may have been renamed
        there = {manifest.files[0].name: found[0]}
    for wanted in manifest.files:
        have = there.get(wanted.name)
        name = path.name if manifest.kind == "custom" else f"{path.name}/{wanted.name}"
        if have is None:
            raise unfit(f"{name} is missing")
        if have.size < wanted.size:
            share = have.size / wanted.size
            raise unfit(
                f"{name} is cut off: {have.size:,} of {wanted.size:,} bytes ({share:.0%}) are there"
            )
        if have.size > wanted.size:
            raise unfit(f"{name} has {have.size:,} bytes; {wanted.size:,} were written")
        if have.checksum != wanted.checksum:
            raise unfit(
                f"bytes of {name} have changed since it was written",
                notes=(f"SHA-256 is  {have.checksum}\n            was {wanted.checksum}",),
            )


def unfit(message: str, *, code: str | None = None, notes: tuple[str, ...] = ()) -> BackupUnfit:
    """A backup that would not bring the database back."""
    return BackupUnfit(
        message,
        code=code,
        notes=notes,
        help="do not count on it: make another one (wishkit backup create), and look what happened "
        "to this one",
    )


def put_in_place(unfinished: Path, path: Path, manifest: bytes) -> str:
    """Give a complete backup its name, and its manifest beside it, once both have reached the disk.

    Returns:
        The checksum of the manifest.

    Raises:
        OSError: the disk is full, or the folder has gone.
    """
    beside = manifest_path(path)
    draft = beside.with_name(f"{unfinished.name}{SUFFIX}")
    try:
        for it in files_of(unfinished):
            it.chmod(0o600)
            _sync(it)
        if unfinished.is_dir():
            unfinished.chmod(0o700)
            _sync(unfinished)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(manifest)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        draft.rename(beside)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return hashlib.sha256(manifest).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Take away what is not finished."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
