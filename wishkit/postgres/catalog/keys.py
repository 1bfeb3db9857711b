"""Definitions of plain indexes and keys, put together from names that are known already.

Most indexes are B-trees over columns, and asking the server for the definition of each takes longer
than all the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_MODIFIER = re.compile(r"\(.*?\)")


class Keys:
    """Knows the columns of every table, and how names are quoted."""

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        """Take what ``catalog_plain`` answers."""
        self._types: dict[str, str] = {}
        self._reserved: set[str] = set()
        for id_, word in words:
            if id_:
                self._types[id_] = word
            else:
                self._reserved.add(word)
        self._columns: dict[tuple[int, int], list[Any]] = {}

    def add(self, columns: Iterable[tuple[int, int, str, str, str | None]]) -> None:
        """Remember columns: OID of the table, number, name, type, collation if it has its own."""
        self._columns = {(table, number): rest for table, number, *rest in columns}

    def quote(self, name: str) -> str:
        """A name as quote_ident writes it."""
        if _PLAIN.fullmatch(name) and name not in self._reserved:
            return name
        return '"' + name.replace('"', '""') + '"'

    def columns(self, table: int, keys: str, classes: str | None = None) -> str | None:
        """The columns of an index, as they stand in parentheses.

        Args:
            table: its OID.
            keys: numbers of its columns, with spaces between, as in ``indkey``.
            classes: OIDs of operator classes likewise; None in a constraint, which names none.

        Returns:
            None if an operator class or a collation would have to be named.
        """
        columns = [self._columns[table, int(number)] for number in keys.split()]
        if classes is not None:
            for (_, type_, collation), class_ in zip(columns, classes.split(), strict=True):
                base, wanted = _MODIFIER.sub("", type_), self._types[class_]
                known = base == wanted or (base, wanted) == ("character varying", "text")
                if collation is not None or not known:
                    return None
        return ", ".join([self.quote(name) for name, _, _ in columns])

    def index(self, name: str, table: Sequence[str], columns: str, *, unique: bool) -> str:
        """What pg_get_indexdef says of a plain index."""
        on = ".".join(map(self.quote, table))
        made = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
        return f"{made} {self.quote(name)} ON {on} USING btree ({columns})"
