"""Begin a migration: the next number, and a pair of files to write in."""

from __future__ import annotations

import fcntl
import os
import re
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.commands.template import template
from wishkit.commands.workspace import shown
from wishkit.core.migration import BACKWARD_SUFFIX, NAME, resolve
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wishkit.config import Config

LAST_NUMBER = 9999
LONGEST = 80  # characters of a name: more does not fit beside anything in a terminal


@dataclass(frozen=True, slots=True)
class Created:
    """A pair of files, ready to be written.

    Attributes:
        id: the new migration's.
        forward: path of the forward file, as the user would name it.
        backward: path of the backward file.
    """

    id: str
    forward: str
    backward: str


def new(
    config: Config,
    words: Sequence[str],
    *,
    transactional: bool = True,
    depends: Sequence[str] = (),
) -> Created:
    """Make the files of a new migration.

    They hold no statement, so that nobody runs them by accident: migrate refuses an empty file.

    Args:
        config: says where the migrations lie.
        words: what it shall be called; also its summary, until somebody writes a better one.
        transactional: whether it shall run as one transaction.
        depends: ids or numbers of migrations it cannot do without.

    Raises:
        UsageError: ``migration-name``, ``unknown-migration``.
        MigrationFileError: ``no-folder``, ``unwritable``, ``numbers-used-up``.
    """
    name = _name(" ".join(words))
    folder = config.sql / "migrations"
    with _alone(folder):
        ids = sorted({m[1] for entry in folder.iterdir() if (m := _PAIR.fullmatch(entry.name))})
        needed = [resolve(reference, ids) for reference in depends]
        number = int(ids[-1][:4]) + 1 if ids else 0
        if number > LAST_NUMBER:
            raise MigrationFileError(
                f"{ids[-1]} has the last number there is", code="numbers-used-up"
            )
        id_ = f"{number:04}_{name}"
        directives = "-- transactional: false\n" if not transactional else ""
        if needed:
            directives += f"-- depends: {' '.join(needed)}\n"
        paths = []
        for template_name, suffix in (("forward", ".sql"), ("backward", BACKWARD_SUFFIX)):
            text = template(f"{template_name}.sql")
            text = text.replace("{summary}", name.replace("_", " "))
            text = text.replace("-- {directives}\n", directives)
            paths.append(_write(folder / f"{id_}{suffix}", text.replace("{id}", id_)))
    return Created(id_, *paths)


_PAIR = re.compile(rf"({NAME.pattern})(?:\.rollback)?\.sql")


def _name(text: str) -> str:
    """``add wish notes`` as a migration is called.

    Raises:
        UsageError: ``migration-name``, with the nearest one that would do.
    """
    name = re.sub(r"[\s_-]+", "_", text.strip()).lower()
    plain = unicodedata.normalize("NFKD", name.removesuffix(".sql")).encode("ascii", "ignore")
    near = re.sub(r"[^a-z0-9]+", "_", plain.decode()).strip("_")
    near = re.sub(r"^\d{4}_", "", near)[:LONGEST].strip("_")
    if name and name == near:
        return name
    raise UsageError(
        f'"{text}" cannot be the name of a migration',
        code="migration-name",
        help=(f"perhaps: wishkit new {near}\n" if near else "")
        + f"a name has up to {LONGEST} of the characters a-z, 0-9 and _; "
        "the number comes from wishkit",
    )


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


def _write(path: Path, text: str) -> str:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise MigrationFileError(
            f"cannot write {shown(path)}: {(error.strerror or str(error)).lower()}",
            code="unwritable",
        ) from None
    return shown(path)
