"""What a recipe of ``wishkit new`` is asked for, taken apart by PostgreSQL's own grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wishkit.core.migration import LONGEST
from wishkit.core.script import Script
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wishkit.errors import Location

_PART = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_NAME = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*")
_COLUMN = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})?)\s*\.\s*({_PART})\s*")
_END = ";SELECT"  # parses behind one whole statement, and behind nothing else

NOTHING_WRITTEN = "no file was written"


@dataclass(frozen=True, slots=True)
class Request:
    """A recipe's option and what was written behind it.

    Attributes:
        option: such as ``--index``.
        words: its value, and the words of the line that are no option's.
        example: what could have been written.
        place: ``("BEFORE", "Other")`` where a neighbour was named.
    """

    option: str
    words: tuple[str, ...]
    example: str
    place: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """All words as one."""
        return " ".join(self.words).strip()

    def refusal(
        self,
        message: str,
        *,
        code: str | None = None,
        where: Location | None = None,
        help_: str | None = None,
    ) -> UsageError:
        """The error that ends it; without a code it cannot be understood."""
        if code is None:
            code = "recipe-syntax"
            help_ = f"for example: wishkit new {self.option} {self.example}"
        state = NOTHING_WRITTEN
        return UsageError(message, code=code, where=where, help=help_, state=state)

    def relation(self) -> tuple[str, str]:
        """The table that the text begins with, as written, and the rest.

        Raises:
            UsageError: ``recipe-syntax``.
        """
        table, rest = self._begin(_NAME, "a table")
        return table, rest

    def column(self) -> tuple[str, str, str]:
        """The ``TABLE.COLUMN`` that the text begins with, as written, and the rest.

        Raises:
            UsageError: ``recipe-syntax``.
        """
        table, column, rest = self._begin(_COLUMN, "TABLE.COLUMN")
        return table, column, rest

    def _begin(self, pattern: re.Pattern[str], what: str) -> tuple[str, ...]:
        found = pattern.match(self.text)
        if found is None:
            raise self.refusal(f'{self.option} begins with {what}, not with "{self.text}"')
        return *found.groups(), self.text[found.end() :].strip()

    def parse(self, sql: str, node: str) -> Mapping[str, Any]:
        """The fields of the one statement that a text is.

        Args:
            sql: made of what was written.
            node: the type of parse tree that it shall be.

        Raises:
            UsageError: ``recipe-syntax``, with the parser's words and the place in ``sql``.
        """
        from wishkit.core.statements import parse, split  # noqa: PLC0415 - the parser is heavy

        script = Script(self.option, f"{sql}{_END}".encode())
        try:
            spans = split(script)
        except MigrationFileError as error:
            raise self._unparsed(error) from None
        # A comment at the end would swallow what stands behind it in a file.
        if [script.source[s.start : s.end] for s in spans[1:]] == [_END[1:].encode()]:
            tree = parse(script, spans[0], index=1).tree
            if node in tree:
                fields: Mapping[str, Any] = tree[node]
                return fields
        raise self.refusal(f'{self.option} does not understand "{self.text}"')

    def _unparsed(self, error: MigrationFileError) -> UsageError:
        where = error.where
        if where is None:
            return self.refusal(error.message)
        text = where.text.removesuffix(_END)
        if text != where.text and where.column > len(text):
            return self.refusal(f'{self.option}: "{self.text}" is not complete')
        return self.refusal(error.message, where=replace(where, text=text))


def words_of(names: Iterable[str]) -> str:
    """Names as they may stand in the name of a migration: ``wishlist_items_user_id``."""
    return re.sub(r"[^a-z0-9]+", "_", " ".join(names).lower()).strip("_")[:LONGEST].rstrip("_")


def flat(text: str) -> str:
    """A text on one line, as it may stand in a comment."""
    return " ".join(text.split())


def literal(text: str) -> str:
    """A text as a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name in quotes, as it may always stand in SQL."""
    return '"' + name.replace('"', '""') + '"'


def is_name(text: str) -> bool:
    """Whether a text is one name as it may stand in SQL, quoted or not."""
    return re.fullmatch(_PART, text) is not None


def closest(written: str, known: Sequence[str]) -> str:
    """A line that suggests what may have been meant; nothing where nothing comes near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is wrong

    folded = {name.casefold(): name for name in known}
    close = get_close_matches(written.casefold().replace('"', ""), folded, n=1)
    return f'perhaps you meant "{folded[close[0]]}"\n' if close else ""
