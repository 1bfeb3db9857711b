"""Migrations as they lie in a folder: pairs of forward and backward files, in order."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from wishkit.core.script import Script, checksum
from wishkit.errors import Location, MigrationFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from wishkit.core.header import Allow, Batched, Header

Direction = Literal["forward", "backward"]

NAME = re.compile(r"\d{4}_[a-z0-9_]+")
BACKWARD_SUFFIX = ".rollback.sql"
LONGEST = 80  # characters of a migration's name: more does not fit beside anything in a terminal


@dataclass(frozen=True, slots=True)
class Migration:
    """A forward and a backward text that belong together.

    Attributes:
        id: the stem both files share, such as ``0007_add_wishlist``.
        forward: what it does.
        backward: how it is undone; None when no such file exists.
        checksum: over both, see ``script.checksum``.
    """

    id: str
    forward: Script
    backward: Script | None
    checksum: str

    @classmethod
    def of(cls, id_: str, forward: Script, backward: Script | None) -> Migration:
        """Put a pair together and compute its checksum."""
        digest = checksum(forward.source, backward.source if backward else None)
        return cls(id_, forward, backward, digest)

    @property
    def number(self) -> str:
        """The four digits in front."""
        return self.id[:4]

    @property
    def header(self) -> Header:
        """What the forward file says about itself.

        Raises:
            MigrationFileError: a directive that cannot be understood.
        """
        return _header(self.forward, backward=False)

    def script(self, direction: Direction) -> Script | None:
        """The text to run in this direction, if there is one."""
        return self.forward if direction == "forward" else self.backward

    def transactional(self, direction: Direction) -> bool:
        """Whether this direction runs as one transaction.

        A backward file may say so for itself; otherwise it follows its forward file, as yoyo has
        it.
        """
        if direction == "backward" and self.backward:
            own = _header(self.backward, backward=True).transactional
            if own is not None:
                return own
        return self.header.transactional is not False

    def batched(self, direction: Direction) -> Batched | None:
        """Whether this direction runs in batches; each file says so for itself."""
        script = self.script(direction)
        return _header(script, backward=direction == "backward").batch if script else None

    def allowed(self, direction: Direction) -> tuple[Allow, ...]:
        """The rules that this direction may break; each file says so for itself."""
        script = self.script(direction)
        return _header(script, backward=direction == "backward").allow if script else ()


@cache
def _header(script: Script, *, backward: bool) -> Header:
    from wishkit.core.header import parse_header  # noqa: PLC0415 - not needed to find nothing to do

    return parse_header(script, backward=backward)


def read_folder(folder: Path, *, shown_as: str | None = None) -> tuple[Migration, ...]:
    """Read all pairs of a migrations folder, sorted by id.

    Only names and bytes are looked at, so that a folder of a thousand applied migrations costs
    little; texts are checked when they are about to run.

    Args:
        folder: the folder that holds the files; not searched recursively.
        shown_as: how messages name the folder; its path when None.

    Raises:
        MigrationFileError: ``no-folder``, ``file-name``, ``duplicate-number``,
            ``forward-missing``, or ``unreadable``.
    """
    migrations: list[Migration] = []
    for found in scan_folder(folder, shown_as=shown_as):
        if isinstance(found, MigrationFileError):
            raise found
        migrations.append(found)
    return tuple(migrations)


def scan_folder(
    folder: Path, *, shown_as: str | None = None
) -> Iterator[Migration | MigrationFileError]:
    """The pairs of a migrations folder, sorted by id, and between them what is wrong in it.

    Args:
        folder: as for ``read_folder``.
        shown_as: as for ``read_folder``.

    Yields:
        migrations and errors: ``file-name``, ``duplicate-number``, ``forward-missing``,
        ``unreadable``.

    Raises:
        MigrationFileError: ``no-folder``.
    """
    shown = str(folder) if shown_as is None else shown_as
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if e.name.lower().endswith((".sql", ".py"))]
    except OSError as error:
        raise MigrationFileError(
            f"no migrations: {shown}: {(error.strerror or str(error)).lower()}",
            code="no-folder",
            help="name the folder with `sql = …` in wishkit.toml, or make one: wishkit init",
        ) from None
    # A prefix, because joining a thousand paths is felt.
    place = os.path.join(folder, "")  # noqa: PTH118 - as above
    yield from pair(names, lambda name: _bytes(place + name), shown_as=shown)


def pair(
    names: Iterable[str], read: Callable[[str], bytes], *, shown_as: str
) -> Iterator[Migration | MigrationFileError]:
    """Put files together, wherever they lie; what is wrong with their names comes between them.

    Args:
        names: of the files of a folder, with endings.
        read: the content of one of them; may raise OSError.
        shown_as: how messages name the folder.
    """
    names = sorted(n for n in names if not n.startswith("."))
    shown = os.path.join(shown_as, "")  # noqa: PTH118 - as in scan_folder
    forward = [n for n in names if not n.endswith(BACKWARD_SUFFIX)]
    backward = {n for n in names if n.endswith(BACKWARD_SUFFIX)}
    before: Migration | None = None
    for name in forward:
        id_ = name.removesuffix(".sql")
        partner = id_ + BACKWARD_SUFFIX
        has_partner = partner in backward
        backward.discard(partner)
        try:
            _check_name(id_, name, shown, before)
            before = Migration.of(
                id_,
                _read(read, name, shown),
                _read(read, partner, shown) if has_partner else None,
            )
        except MigrationFileError as error:
            yield error
        else:
            yield before
    for name in sorted(backward):
        yield MigrationFileError(
            f"{name} has no forward file",
            code="forward-missing",
            where=Location(shown + name, 1),
            help=f"expected {name.removesuffix(BACKWARD_SUFFIX)}.sql beside it; "
            "was the forward file renamed or deleted alone?",
        )


def _check_name(id_: str, name: str, shown: str, before: Migration | None) -> None:
    twice = before and before.number == id_[:4]
    if NAME.fullmatch(id_) and not twice:
        return
    where = Location(shown + name, 1)
    if name.lower().endswith(".py"):
        raise MigrationFileError(
            f"{name} is a Python migration",
            code="file-name",
            where=where,
            help="wishkit runs plain SQL; write it as a pair of .sql files",
        )
    if not NAME.fullmatch(id_):
        raise MigrationFileError(
            f"{name} is not a migration's name",
            code="file-name",
            where=where,
            help="four digits, an underscore, then a-z, 0-9 and _: 0007_add_wishlist.sql",
        )
    if before and twice:
        raise MigrationFileError(
            f"number {id_[:4]} is used twice: {before.id} and {id_}",
            code="duplicate-number",
            where=where,
            help="give the one that is not applied anywhere the next free number "
            "(rename both of its files)",
        )


def _read(read: Callable[[str], bytes], name: str, shown: str) -> Script:
    try:
        return Script.normalise(shown + name, read(name))
    except OSError as error:
        raise MigrationFileError(
            f"cannot read {name}: {(error.strerror or str(error)).lower()}",
            code="unreadable",
            where=Location(shown + name, 1),
        ) from None


def _bytes(path: str) -> bytes:
    """A file's content; half as long as by a file object, which a thousand files make felt."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        data = os.read(descriptor, size)
        while len(data) < size and (more := os.read(descriptor, size - len(data))):
            data += more
    finally:
        os.close(descriptor)
    return data


def nearest_name(text: str) -> str:
    """What comes nearest to a text and can be the name of a migration; empty if nothing can."""
    import unicodedata  # noqa: PLC0415 - only for what gets a name

    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    near = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return re.sub(r"^\d{4}_", "", near)[:LONGEST].strip("_")


def resolve(reference: str, ids: Iterable[str]) -> str:
    """Find the id that a user means by an id, its number (``0006``, ``6``) or a unique beginning.

    Raises:
        UsageError: ``unknown-migration``, with a suggestion, or ``ambiguous-migration``.
    """
    known = list(ids)
    wanted = reference.removesuffix(".sql").removesuffix(".rollback").rsplit("/", 1)[-1]
    if wanted in known:
        return wanted
    number = wanted.zfill(4) if wanted.isdecimal() else ""
    found = [id_ for id_ in known if id_[:4] == number or id_.startswith(wanted + "_")]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f'"{reference}" could be {" or ".join(found)}',
            code="ambiguous-migration",
            help="name it by its full id",
        )
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is not found

    close = get_close_matches(wanted, known, n=1, cutoff=0.6)
    raise UsageError(
        f'there is no migration "{reference}"',
        code="unknown-migration",
        help=f'perhaps you meant "{close[0]}"' if close else "wishkit status lists them all",
    )
