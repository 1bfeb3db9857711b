"""From a snapshot to the SQL that makes it: object by object, or as one text for people to read."""

from __future__ import annotations

from wishkit.core.ddl.model import Statement, UnwritableError
from wishkit.core.ddl.script import Script, script
from wishkit.core.ddl.statements import statement, statements

__all__ = ["Script", "Statement", "UnwritableError", "script", "statement", "statements"]
