"""What lies beside a backup: what it is of, and what it has to come to when it is restored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal

import msgspec

from wishkit.core.snapshot_text import unpack

if TYPE_CHECKING:
    from wishkit.core.schema import Snapshot

Kind = Literal["custom", "directory"]
SUFFIX = ".json"  # behind the name of the backup
FORMAT = 1


@dataclass(frozen=True, slots=True)
class FileDigest:
    """One file of a backup.

    Attributes:
        name: within the folder; of the file itself where there is no folder.
        size: in bytes.
        checksum: SHA-256, in hexadecimal.
    """

    name: str
    size: int
    checksum: str


@dataclass(frozen=True, slots=True)
class TableRows:
    """What a table held in the snapshot that was dumped.

    Attributes:
        name: with its schema, as SQL would write it; ``large objects`` for these.
        rows: how many.
        size: in bytes, without indexes.
        digest: the sum of the hashes of its rows, whatever their order; None where none was taken.
    """

    name: str
    rows: int
    size: int
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is of, and what its snapshot held.

    Attributes:
        format: of this file; a number.
        id: of the backup.
        kind: one file, or a folder of them.
        database: its name.
        system_identifier: of its cluster; None where the role might not ask.
        environment: who named the database: an environment, ``command line``, ….
        server_version: as a number, such as 180001.
        dump_version: of pg_dump.
        tool_version: of wishkit.
        encoding: of the database.
        lsn: position in the write-ahead log when the snapshot was taken.
        taken_at: when that was, by the server's clock: the data is of then.
        finished_at: when the dump was complete, by the server's clock.
        roles: of the server; objects belong to them.
        public: whether there is a schema of this name, which every new database has.
        tables: in order of name.
        hashed: whether hashes of their rows were taken.
        size: in bytes, of all files.
        checksum: of the file; for a folder, of the list of its files.
        files: each of them.
        reader: what read the catalogs: another one may see more in them, or less.
        schema: the catalog snapshot, packed; None where the role might not read all catalogs.
    """

    format: int = FORMAT
    id: str
    kind: Kind
    database: str
    system_identifier: str | None
    environment: str
    server_version: int
    dump_version: str
    tool_version: str
    encoding: str
    lsn: str | None
    taken_at: datetime
    finished_at: datetime
    roles: tuple[str, ...]
    public: bool
    tables: tuple[TableRows, ...]
    hashed: bool
    size: int
    checksum: str
    files: tuple[FileDigest, ...]
    reader: str
    schema: bytes | None

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.server_version // 10000

    @property
    def dump_major(self) -> int:
        """The major version of pg_dump."""
        return int(self.dump_version.partition(".")[0])

    def snapshot(self) -> Snapshot:
        """Every object of the database.

        Raises:
            ValueError: it is damaged, or not known.
        """
        return unpack(self.schema or b"")


def write_manifest(manifest: Manifest) -> bytes:
    """The text of the file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read_manifest(data: bytes) -> Manifest:
    """What `write_manifest` wrote.

    Raises:
        ValueError: it is none of its making, or of a format that is not known.
    """
    found = msgspec.json.decode(data, type=Manifest)
    if found.format != FORMAT:
        raise ValueError(f"its format is {found.format}; this wishkit knows {FORMAT}")
    return found


def checksum_of(kind: Kind, files: tuple[FileDigest, ...]) -> str:
    """One checksum for all files: ``sha256sum`` of a folder's sorted list gives the same."""
    if kind == "custom":
        return files[0].checksum
    told = "".join(f"{it.checksum}  {it.name}\n" for it in sorted(files, key=lambda it: it.name))
    return hashlib.sha256(told.encode()).hexdigest()
