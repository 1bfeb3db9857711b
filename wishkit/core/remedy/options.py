"""Lists of ``name=value``: what is set, and what is reset, to make one of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.model import texts_of
from wishkit.core.ddl.names import dotted, literal, quote
from wishkit.core.ddl.tables import parameter
from wishkit.core.remedy.model import ByHandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.schema import Value


def reset(want: Value, have: Value) -> Iterator[str]:
    """``SET (…)`` and ``RESET (…)``, for storage parameters and the like."""
    wanted, given = texts_of(want), texts_of(have)
    kept = {it.partition("=")[0] for it in wanted}
    names = [it.partition("=")[0] for it in given]
    gone = [dotted(it.split(".")) for it in names if it not in kept]
    if gone:
        yield f"RESET ({', '.join(gone)})"
    if new := [parameter(it) for it in wanted if it not in given]:
        yield f"SET ({', '.join(new)})"


def foreign(want: Value, have: Value) -> str:
    """``OPTIONS (ADD …, SET …, DROP …)`` of foreign data.

    Raises:
        ByHandError: a value is a secret.
    """
    wanted, given = (dict(_pairs(it)) for it in (want, have))
    if "…" in wanted.values():
        raise ByHandError("an option is a secret, which is not read")
    words = [f"DROP {quote(name)}" for name in given if name not in wanted]
    words += [
        f"{'SET' if name in given else 'ADD'} {quote(name)} {literal(value)}"
        for name, value in wanted.items()
        if given.get(name) != value
    ]
    return f"OPTIONS ({', '.join(words)})"


def _pairs(value: Value) -> Iterator[tuple[str, str]]:
    for it in texts_of(value):
        name, _, text = it.partition("=")
        yield name, text
