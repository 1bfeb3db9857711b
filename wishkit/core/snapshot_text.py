"""A snapshot as compressed JSON, to be kept in a file or in the ledger, and back."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, cast

import msgspec

from wishkit.core.schema import Identity, Snapshot

if TYPE_CHECKING:
    from wishkit.core.schema import Attributes

# Nested lists have to come back as tuples; attributes are at most this deep (labels in a tuple,
# grants in tuples of tuples), with one level to spare.
_Plain = str | int | bool | None
_Value = _Plain | tuple[_Plain | tuple[_Plain | tuple[_Plain, ...], ...], ...]
_Items = list[tuple[str, tuple[str, ...], dict[str, _Value]]]


class _Kept(msgspec.Struct, array_like=True):
    version: int
    unseen: tuple[str, ...]
    items: _Items


def pack(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes; the same ones for the same snapshot."""
    return zlib.compress(unpacked(snapshot), level=1)


def unpacked(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON; the same for the same snapshot."""
    items = sorted((it.kind, it.name, dict(found)) for it, found in snapshot.items.items())
    kept = _Kept(snapshot.version, snapshot.unseen, cast("_Items", items))
    return msgspec.json.encode(kept, order="sorted")


def unpack(data: bytes) -> Snapshot:
    """What `pack` made bytes of.

    Raises:
        ValueError: it is none of its making, or damaged.
    """
    try:
        kept = msgspec.json.decode(zlib.decompress(data), type=_Kept)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    items: dict[Identity, Attributes] = {
        Identity(kind, name): cast("Any", found) for kind, name, found in kept.items
    }
    return Snapshot(kept.version, items, kept.unseen)
