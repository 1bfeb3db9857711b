"""What commands return, as JSON with the field names of the dataclasses (docs/json.md)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from wishkit.errors import Location, WishkitError


def to_json(result: object) -> str:
    """Indented JSON with a line a field, for people and for jq alike."""
    return msgspec.json.format(msgspec.json.encode(plain(result)), indent=2).decode()


def to_json_line(result: object) -> str:
    """The same on one line, for what comes one after the other."""
    return msgspec.json.encode(plain(result)).decode()


def error_value(error: WishkitError) -> dict[str, Any]:
    """An error as a plain value."""
    return {
        "code": error.code,
        "message": error.message,
        "exit_status": error.exit_status,
        "where": plain(error.where),
        "help": error.help,
        "state": error.state,
        "notes": list(error.notes),
    }


def plain(value: object) -> Any:  # noqa: ANN401, PLR0911 - whatever JSON has, one line a kind
    """The value as objects, lists and what JSON has."""
    match value:
        case WishkitError():
            return error_value(value)
        case Location():  # without the text around it, which is in the file
            return {"path": value.path, "line": value.line, "column": value.column}
        case Path():
            return str(value)
        case datetime(tzinfo=None):
            # Without a zone, JavaScript and others would take it for local time.
            return value.replace(tzinfo=UTC)
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value
