"""Folders to lint, without a process or a database."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.lint.examples import BEFORE, PROJECT
from wishkit.core.lint import lint
from wishkit.core.migration import scan_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from wishkit.core.lint.model import Finding


class Linted(Protocol):
    """Lints some files on top of the wishlist; options are those of ``lint``."""

    def __call__(
        self,
        files: Mapping[str, str] | Mapping[str, str | bytes],
        *,
        version: int | None = None,
        new: Collection[str] | None = None,
    ) -> tuple[Finding, ...]: ...


@pytest.fixture
def linted(tmp_path: Path) -> Linted:
    """The findings in some files, those of the wishlist they build on left out."""

    def run(
        files: Mapping[str, str] | Mapping[str, str | bytes],
        *,
        version: int | None = None,
        new: Collection[str] | None = None,
    ) -> tuple[Finding, ...]:
        folder = tmp_path / "migrations"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for id_ in BEFORE:
            for path in (PROJECT / "sql" / "migrations").glob(f"{id_}.*"):
                shutil.copy(path, folder)
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(data)
        found = lint(scan_folder(folder, shown_as="migrations"), version=version, new=new)
        ours = (it for it in found if it.where.path.rsplit("/", 1)[-1] in files)
        return tuple(ours)

    return run
