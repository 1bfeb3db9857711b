"""Texts kept in tests/golden and compared whole; WISHKIT_GOLDEN=write writes them anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest

FOLDER = Path(__file__).parents[1] / "golden"


class Golden(Protocol):
    """Compares a text with the file ``name`` of tests/golden."""

    def __call__(self, text: str, name: str) -> None: ...


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that `make golden` selects by."""
    config.addinivalue_line("markers", "golden: compares with a file of tests/golden")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for the fixture."""
    for item in items:
        if isinstance(item, pytest.Function) and "golden" in item.fixturenames:
            item.add_marker("golden")


@pytest.fixture
def golden() -> Golden:
    """Compare with a golden file, or write it when WISHKIT_GOLDEN=write."""

    def compare(text: str, name: str) -> None:
        path = FOLDER / name
        if os.environ.get("WISHKIT_GOLDEN") == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"there is no {path}; `make golden` writes it"
        assert text == path.read_text(encoding="utf-8"), f"{name}: `make golden` writes it anew"

    return compare
