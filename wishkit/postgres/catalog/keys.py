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
        self._quoted: dict[str, str] = {}
        self._columns: dict[tuple[int, int], tuple[Any, ...]] = {}
        self._at = (0, 0, 0)
        self._fits: dict[tuple[str, str | None, str], bool] = {}

    def add(self, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Remember columns, as ``catalog_columns`` tells them; the names are those of its own."""
        oid, sub = names.index("oid"), names.index("sub")
        self._columns = {(row[oid], row[sub]): row for row in rows}
        self._at = (names.index("name"), names.index("type"), names.index("collation"))

    def quote(self, name: str) -> str:
        """A name as quote_ident writes it."""
        quoted = self._quoted.get(name)
        if quoted is None:
            plain = _PLAIN.fullmatch(name) and name not in self._reserved
            quoted = name if plain else '"' + name.replace('"', '""') + '"'
            self._quoted[name] = quoted
        return quoted

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
        name, type_, collation = self._at
        if classes is not None:
            for column, class_ in zip(columns, classes.split(), strict=True):
                told = (column[type_], column[collation], class_)
                fits = self._fits.get(told)
                if fits is None:
                    fits = self._fits[told] = self._usual(*told)
                if not fits:
                    return None
        return ", ".join([self.quote(column[name]) for column in columns])

    def _usual(self, type_: str, collation: str | None, class_: str) -> bool:
        """Whether an index on a column of that type needs to name neither class nor collation."""
        base, wanted = _MODIFIER.sub("", type_), self._types[class_]
        known = base == wanted or (base, wanted) == ("character varying", "text")
        return collation is None and known

    def index(self, name: str, table: Sequence[str], columns: str, *, unique: bool) -> str:
        """What pg_get_indexdef says of a plain index."""
        quote = self.quote
        on = ".".join([quote(it) for it in table])
        made = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
        return f"{made} {quote(name)} ON {on} USING btree ({columns})"
