"""The pages as files: the same, whole, and without anything that needs a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.dashboard.reading import Read
from wishkit.errors import UsageError
from wishkit.interface.dashboard.export import export_to

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboard.world import World
    from tests.plugins.project import RunWishkit
    from wishkit.commands.board import Board


def test_every_link_of_the_files_leads_to_a_file(board: Board, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "site"
    assert export_to(str(folder), board) == 23
    pages = [*folder.rglob("*.html")]
    assert len(pages) == 23
    for file in pages:
        page = Read.of(file.read_text(encoding="utf-8"))
        assert page.problems == []
        assert "script" not in {tag for tag, _ in page.elements}
        assert page.all("data-events") == []
        for link in page.all("href") + page.all("src"):
            parts = urlsplit(link)
            assert not parts.scheme
            assert not parts.path.startswith("/")
            target = (file.parent / parts.path).resolve() if parts.path else file
            assert target.is_file(), f"{file}: {link}"
            assert target.is_relative_to(folder)
    said = Read.of((folder / "index.html").read_text()).text
    assert "Look here" in said
    assert "UTC" in said
    assert "just now" not in said  # it may be read at any time


def test_only_an_earlier_export_is_overwritten(board: Board, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    export_to(str(folder), board)
    (folder / "migrations" / "0099_gone.html").write_text("old")
    export_to(str(folder), board)
    assert not (folder / "migrations" / "0099_gone.html").exists()
    others = tmp_path / "others"
    others.mkdir()
    (others / "letter.txt").write_text("dear")
    with pytest.raises(UsageError) as refusal:
        export_to(str(others), board)
    assert refusal.value.code == "export-folder"
    assert [it.name for it in others.iterdir()] == ["letter.txt"]
    for wrong in (others / "letter.txt", others / "letter.txt" / "x"):
        with pytest.raises(UsageError) as refusal:
            export_to(str(wrong), board)
        assert refusal.value.code == "export-folder"


def test_what_a_link_of_the_folder_points_to_stays(board: Board, tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "site"
    elsewhere.mkdir()
    (elsewhere / "letter.txt").write_text("dear")
    export_to(str(folder), board)
    (folder / "link").symlink_to(elsewhere)
    os.chmod(folder / "index.html", 0o400)  # noqa: PTH101 - as plain as can be
    export_to(str(folder), board)
    assert (elsewhere / "letter.txt").exists()
    assert not (folder / "link").exists()


def test_by_the_command_line(world: World, run_wishkit: RunWishkit, tmp_path: Path) -> None:
    done = run_wishkit("dashboard", "--export", str(tmp_path / "site"), cwd=world.folder)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == f"23 pages in {tmp_path}/site: open {tmp_path}/site/index.html\n"
    refused = run_wishkit("dashboard", "--export", str(world.folder), cwd=world.folder)
    assert refused.status == 2
    assert "error[export-folder]" in refused.stderr
