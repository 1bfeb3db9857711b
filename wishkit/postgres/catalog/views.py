"""Views of servers before 16, told as newer ones tell them."""

from __future__ import annotations

import re

_NAME = r'(?:"(?:[^"]|"")*"|[a-z_\x80-\U0010ffff][\w$]*)'
# The only relation of the outermost query. The server indents: a second one would stand in the
# next line, after a comma or a JOIN.
_ONLY_RELATION = re.compile(
    rf"^   FROM (?:ONLY )?(?:{_NAME}\.)?(?P<name>{_NAME})(?: (?P<alias>{_NAME}))?(?:\([^()]*\))?;?$"
    r"(?!\n     \S)",
    re.MULTILINE,
)
_TOKEN = re.compile(rf"'(?:[^']|'')*'|{_NAME}(?:\.{_NAME})*")


def unqualified(definition: str) -> str:
    """A view's definition without the name of its table before each column.

    Newer servers leave it out where the query has one relation (``get_query_def`` in ruleutils.c).
    """
    found = _ONLY_RELATION.search(definition)
    if not found or re.search(r"^(?:UNION|INTERSECT|EXCEPT)", definition, re.MULTILINE):
        return definition
    prefix = (found["alias"] or found["name"]) + "."

    def plain(token: re.Match[str]) -> str:
        text = token[0]
        rest = text.removeprefix(prefix)
        return rest if re.fullmatch(_NAME, rest) else text

    begin, end = found.span()
    return _TOKEN.sub(plain, definition[:begin]) + found[0] + _TOKEN.sub(plain, definition[end:])
