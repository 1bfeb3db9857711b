"""What a rehearsal proved, as a file that CI keeps and that a run can ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads it from the annotations
from typing import TYPE_CHECKING

import msgspec

from wishkit.core.rehearsal import Measured  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Proof:
    """That a migration went forward, backward and forward again, and what that did.

    Attributes:
        id: which one.
        checksum: of the texts that were rehearsed.
        base: tells what was there before it, see `rehearsal.base_of`.
        proven: whether nothing was wrong.
        problems: what was, one sentence each.
        irreversible: why it has no way back, if it has none.
        verified: whether its file in sql/verify passed; null if there is none.
        rows: how many rows were there.
        seconds: how long forward took.
        server: the version of PostgreSQL, such as ``18.6``.
        wishkit: the version of wishkit.
        at: when, in UTC.
        statements: what each statement locked and rewrote.
        backward_statements: the same of the backward file.
    """

    id: str
    checksum: str
    base: str
    proven: bool
    problems: tuple[str, ...]
    irreversible: str | None
    verified: bool | None
    rows: int
    seconds: float
    server: str
    wishkit: str
    at: datetime
    statements: tuple[Measured, ...] = ()
    backward_statements: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    format: int
    proofs: tuple[Proof, ...]


def write_proofs(proofs: Iterable[Proof]) -> bytes:
    """Proofs as the content of a file, sorted by id."""
    ordered = tuple(sorted(proofs, key=lambda it: it.id))
    data = msgspec.json.encode(_File(FORMAT, ordered))
    return msgspec.json.format(data, indent=1) + b"\n"


def read_proofs(content: bytes) -> Mapping[str, Proof]:
    """The proofs in a file, by id.

    Raises:
        ValueError: it holds none, or in a form that a newer wishkit writes.
    """
    try:
        file = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    if file.format != FORMAT:
        raise ValueError(f"its format is {file.format}, and this is wishkit for format {FORMAT}")
    return {it.id: it for it in file.proofs}
