"""SQL statements by name: ``query("ledger_rows")`` is the text of ledger_rows.sql."""

from __future__ import annotations

import os
from functools import cache
from typing import LiteralString

_FOLDER = os.path.dirname(__file__)  # noqa: PTH120 - pathlib would cost every start


@cache
def query(name: str) -> LiteralString:
    """The statement in ``<name>.sql``; a file of this package, so as good as a literal."""
    with open(os.path.join(_FOLDER, name + ".sql"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
        text: LiteralString = file.read()
        return text
