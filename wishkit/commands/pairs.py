"""Pairs of files with the next free numbers: all of them are written, or none."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.commands.workspace import shown
from wishkit.core.migration import LONGEST, NAME, nearest_name, resolve
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LAST_NUMBER = 9999
# What makes the two texts of a migration, by the ending of the file's name, of its id and of the
# ids that it depends on.
Texts = Callable[[str, str], dict[str, str]]
_PAIR = re.compile(rf"({NAME.pattern})(?:\.rollback)?\.sql")


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of files.

    Attributes:
        id: the new migration's.
        forward: path of the forward file, as the user would name it.
        backward: path of the backward file; null if there is none.
    """

    id: str
    forward: str
    backward: str | None = None


def write_pairs(
    folder: Path, wanted: Sequence[tuple[str, Texts]], depends: Sequence[str]
) -> tuple[Pair, ...]:
    """Number migrations and write them: all, or none.

    Args:
        folder: where.
        wanted: for each its name, and what makes its texts of its id and those it depends on.
        depends: what the first one cannot do without; each other one needs the one before it.

    Raises:
        UsageError: ``unknown-migration``.
        MigrationFileError: ``no-folder``, ``unwritable``, ``numbers-used-up``.
    """
    with _alone(folder):
        ids = sorted({m[1] for entry in folder.iterdir() if (m := _PAIR.fullmatch(entry.name))})
        needed = [resolve(reference, ids) for reference in depends]
        number = int(ids[-1][:4]) + 1 if ids else 0
        if number + len(wanted) - 1 > LAST_NUMBER:
            raise MigrationFileError(
                f"{ids[-1]} has the last number there is"
                if number > LAST_NUMBER
                else f"{ids[-1]} leaves no {len(wanted)} numbers",
                code="numbers-used-up",
            )
        files: dict[Path, str] = {}
        pairs: list[Pair] = []
        for name, texts in wanted:
            id_ = f"{number + len(pairs):04}_{name}"
            paths = {
                folder / (id_ + end): text for end, text in texts(id_, " ".join(needed)).items()
            }
            files |= paths
            pairs.append(Pair(id_, *map(shown, paths)))
            needed = [id_]
        written: list[Path] = []
        try:
            for path, text in files.items():
                _write(path, text, written)
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise
    return tuple(pairs)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else takes a number meanwhile: the folder itself is locked, so no lock file stays."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise MigrationFileError(
            f"no migrations: {shown(folder)}: {(error.strerror or str(error)).lower()}",
            code="no-folder",
            help="name the folder with `sql = …` in wishkit.toml, or make one: wishkit init",
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, text: str, written: list[Path]) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            written.append(path)
            file.write(text)
    except OSError as error:
        raise MigrationFileError(
            f"cannot write {shown(path)}: {(error.strerror or str(error)).lower()}",
            code="unwritable",
        ) from None


def migration_name(text: str) -> str:
    """``add wish notes`` as a migration is called.

    Raises:
        UsageError: ``migration-name``, with the nearest one that would do.
    """
    name = re.sub(r"[\s_-]+", "_", text.strip()).lower()
    near = nearest_name(name.removesuffix(".sql"))
    if name and name == near:
        return name
    raise UsageError(
        f'"{text}" cannot be the name of a migration',
        code="migration-name",
        help=(f"perhaps: {near}\n" if near else "")
        + f"a name has up to {LONGEST} of the characters a-z, 0-9 and _; "
        "the number comes from wishkit",
    )
