"""The chain of hashes over the ledger: what each entry has to be, and where it is not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as docs/ledger.md tells its columns.

    Attributes:
        id: from 1, without a gap.
        at: microseconds since 1970.
        relation: which table.
        key: the key of the row.
        role: who was logged in.
        content: SHA-256 of the row.
        hash: over the entry before it and this one.
    """

    id: int
    at: int
    relation: str
    key: str
    role: str
    content: str
    hash: str

    def computed(self, before: str) -> str:
        """The hash that it has to have, after an entry with that hash."""
        lines = (before, self.id, self.at, self.relation, self.key, self.role, self.content)
        return hashlib.sha256("\n".join(map(str, lines)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """A row that has to have an entry.

    Attributes:
        content: SHA-256 of it.
        role: who it says wrote it; None where it does not say that.
    """

    content: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was changed behind the ledger's back.

    Attributes:
        kind: what was done; ``chain``: to the chain itself; ``forged``: it says somebody else
            wrote it; ``guard``: what keeps rows from being changed is not as it was made.
        entry: number of the entry of the chain; null where there is none.
        relation: the table.
        key: of the row.
        text: one sentence.
    """

    kind: Literal["altered", "deleted", "inserted", "forged", "chain", "guard"]
    entry: int | None
    relation: str
    key: str
    text: str


def faults(
    entries: Sequence[Entry], rows: Mapping[str, Mapping[str, Row]], head: str | None = None
) -> Iterator[Fault]:
    """Everything that does not fit, the earliest first.

    Args:
        entries: the chain, in order.
        rows: by table and key.
        head: the hash of an entry that was kept elsewhere.
    """
    before, number = "", 0
    for it in entries:
        number += 1
        if it.id != number:
            text = f"entries {number} to {it.id - 1} of the chain were deleted"
            yield Fault("chain", number, it.relation, it.key, text)
            number = it.id
        elif it.hash != it.computed(before):
            text = f"entry {it.id} of the chain, of {it.relation} {it.key}, was altered"
            yield Fault("chain", it.id, it.relation, it.key, text)
        before = it.hash
        if it.relation in rows:
            yield from _of_row(it, rows[it.relation].get(it.key))
    yield from _without_entry(entries, rows)
    if head and head not in {it.hash for it in entries}:
        text = f"the head {head[:12]}… is not in the chain: it was cut, or written anew"
        yield Fault("chain", None, "chain", head, text)


def row_faults(entries: Sequence[Entry], rows: Mapping[str, Mapping[str, Row]]) -> Iterator[Fault]:
    """What of some tables does not fit their entries, whatever the links between those."""
    for it in entries:
        yield from _of_row(it, rows[it.relation].get(it.key))
    yield from _without_entry(entries, rows)


def _without_entry(
    entries: Sequence[Entry], rows: Mapping[str, Mapping[str, Row]]
) -> Iterator[Fault]:
    seen = {(it.relation, it.key) for it in entries}
    for relation, found in rows.items():
        for key in found:
            if (relation, key) not in seen:
                text = f"{relation} {key} was inserted without its entry in the chain"
                yield Fault("inserted", None, relation, key, text)


def _of_row(it: Entry, row: Row | None) -> Iterator[Fault]:
    what = f"{it.relation} {it.key}"
    if row is None:
        yield Fault("deleted", it.id, it.relation, it.key, f"{what} was deleted")
    elif row.content != it.content:
        yield Fault("altered", it.id, it.relation, it.key, f"{what} was altered")
    elif row.role is not None and row.role != it.role:
        text = f"{what} says that {row.role} wrote it, and it was {it.role}"
        yield Fault("forged", it.id, it.relation, it.key, text)
