"""Views of servers before 16, told as newer ones tell them."""

from __future__ import annotations

import re

_NAME = r'(?:"(?:[^"]|"")*"|[a-z_\x80-\U0010ffff][\w$]*)'
# What matters of a query's text: strings, where a query inside it begins, parentheses, names.
_TOKEN = re.compile(
    rf"'(?:[^']|'')*'|\(\s*(?:SELECT|VALUES|WITH)\b|[()]|{_NAME}(?:\.{_NAME})*|[A-Z]+|.", re.DOTALL
)
# The outermost query of what the server has laid out in lines; a second relation would stand behind
# a comma or a JOIN.
_FROM = re.compile(r"\n   FROM (?P<relation>.*?)(?=\n {1,2}[A-Z]|;|\Z)", re.DOTALL)
_SEVERAL = re.compile(r",|\bJOIN\b")
_UNITED = re.compile(r"^(?:UNION|INTERSECT|EXCEPT)\b", re.MULTILINE)


def unqualified(definition: str) -> str:
    """A view's definition without the name of its table before each column.

    Newer servers leave it out where the outermost query has one relation (``get_query_def`` in
    ruleutils.c; before 16 a view had two more, OLD and NEW).

    Args:
        definition: as pg_get_viewdef lays it out.
    """
    parts = _outermost(definition)
    # What is in queries inside, or in parentheses, says nothing of the outermost.
    text = "".join(word for word, depth, _ in parts if not depth and word not in "()")
    found = _FROM.search(text)
    if not found or _SEVERAL.search(found["relation"]) or _UNITED.search(text):
        return definition
    names = re.findall(_NAME, found["relation"].partition(" TABLESAMPLE ")[0])
    prefix = f"{names[-1]}." if names else ""

    def plain(word: str, *, inside: bool) -> str:
        rest = word.removeprefix(prefix)
        return word if inside or not re.fullmatch(_NAME, rest) else rest

    return "".join(plain(word, inside=inside) for word, _, inside in parts)


def _outermost(definition: str) -> list[tuple[str, int, bool]]:
    """Tokens, each with how many parentheses it is in, and whether in a query inside."""
    parts, open_ = [], [False]
    for found in _TOKEN.finditer(definition):
        word = found[0]
        if word == ")" and len(open_) > 1:
            open_.pop()
        parts.append((word, len(open_) - 1, open_[-1]))
        if word.startswith("("):
            open_.append(open_[-1] or word != "(")
    return parts
