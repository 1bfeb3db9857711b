"""How large tables are now, asked as it is asked before a statement whose time depends on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wishkit.core.timing import Weight
from wishkit.postgres.failure import of_connection
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from wishkit.core.locks.model import Name


def read_weights(connection: psycopg.Connection[Any], names: Iterable[Name]) -> dict[str, Weight]:
    """Tables by name with their schema; those that are not there are left out.

    Args:
        connection: asks; its search_path says what a name without a schema means.
        names: of tables, or of indexes for their tables, as written.
    """
    asked = list(dict.fromkeys(names))
    if not asked:
        return {}
    with of_connection():
        row = connection.execute(query("weights"), {"names": json.dumps(asked)}).fetchone()
    found = (row and row[0]) or {}
    return {name: Weight(name, *size) for name, size in found.items()}
