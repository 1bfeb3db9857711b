"""What commands return, as JSON with the field names of the dataclasses (docs/json.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from wishkit.errors import WishkitError


def to_json(result: object) -> str:
    """Indented JSON with a line a field, for people and for jq alike."""
    return msgspec.json.format(msgspec.json.encode(result, enc_hook=_plain), indent=2).decode()


def error_value(error: WishkitError) -> dict[str, Any]:
    """An error as a plain value."""
    where = error.where
    return {
        "code": error.code,
        "message": error.message,
        "exit_status": error.exit_status,
        "where": {"path": where.path, "line": where.line, "column": where.column}
        if where
        else None,
        "help": error.help,
        "state": error.state,
        "notes": list(error.notes),
    }


def _plain(value: object) -> object:
    if isinstance(value, WishkitError):
        return error_value(value)
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")
