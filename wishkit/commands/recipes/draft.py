"""A migration that a recipe wants written: a pair of templates and what to fill in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.commands.template import template
from wishkit.core.migration import BACKWARD_SUFFIX
from wishkit.core.request import flat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wishkit.core.header import Phase

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_TABLE = re.compile(r"\{table(_text)?\}")
_DIRECTIVES = "-- {directives}\n"


@dataclass(frozen=True, slots=True)
class Draft:
    """One migration, not yet numbered.

    Attributes:
        name: what its id is to say behind the number.
        template: name of the pair in templates/recipes.
        values: what its placeholders stand for.
        phase: half of an expand/contract pair.
        uses: further values; a paragraph that names a table stands there once for each of them.
    """

    name: str
    template: str
    values: Mapping[str, str]
    phase: Phase | None = None
    uses: tuple[Mapping[str, str], ...] | None = None

    def texts(self, depends: str) -> dict[str, str]:
        """The forward and the backward text, by the ending of the file's name.

        Args:
            depends: ids of the migrations it cannot do without, or nothing.
        """
        directives = f"-- phase: {self.phase}\n" if self.phase else ""
        directives += f"-- depends: {depends}\n" if depends else ""
        return {
            end: self._fill(template(f"recipes/{self.template}{end}"), directives)
            for end in (".sql", BACKWARD_SUFFIX)
        }

    def _fill(self, text: str, directives: str) -> str:
        text = text.replace(_DIRECTIVES, directives)
        if self.uses is None:
            return fill(text, self.values)
        return "\n\n".join(
            fill(paragraph, {**self.values, **use})
            for paragraph in text.split("\n\n")
            for use in (self.uses if _TABLE.search(paragraph) else [{}])
        )


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text of a template with its placeholders filled in, in comments on one line."""

    def filled(line: str) -> str:
        shape = flat if line.startswith("--") else str
        # In one go: what is filled in may hold braces of its own.
        return _PLACEHOLDER.sub(lambda found: shape(values[found[1]]), line)

    return "".join(map(filled, text.splitlines(keepends=True)))
