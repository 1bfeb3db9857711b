"""Files of sql/verify, sql/smoke and sql/seeds as they lie in their folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wishkit.core.probes import read_seeds, read_smoke, read_verify, statements
from wishkit.core.script import Script
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

IDS = ["0001_create_wishes", "0002_add_notes"]


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"-- {name}\nSELECT 1;\n", encoding="utf-8")
    return folder


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert read_verify(tmp_path / "verify") == ()
    assert read_smoke(tmp_path / "smoke") == ()


def test_verify_has_two_files_a_migration(tmp_path: Path) -> None:
    names = ["0002_add_notes.sql", "0001_create_wishes.rollback.sql", "0001_create_wishes.sql"]
    folder = write(tmp_path, *names, "README.md", ".hidden.sql")
    found = read_verify(folder, shown_as="sql/verify", ids=IDS)
    assert [(probe.id, probe.kind) for probe in found] == [
        ("0001_create_wishes", "verify"),
        ("0001_create_wishes", "gone"),
        ("0002_add_notes", "verify"),
    ]
    assert found[1].script.path == "sql/verify/0001_create_wishes.rollback.sql"
    assert found[1].summary == "0001_create_wishes.rollback.sql"


def test_the_migrations_beside_it_are_known(tmp_path: Path) -> None:
    write(tmp_path / "migrations", "0001_a.sql", "0001_a.rollback.sql")
    write(tmp_path / "verify", "0001_a.sql")
    assert [probe.id for probe in read_verify(tmp_path / "verify")] == ["0001_a"]
    write(tmp_path / "verify", "0002_b.sql")
    with pytest.raises(MigrationFileError, match="no migration 0002_b"):
        read_verify(tmp_path / "verify")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("0002_add_note.sql", "verify-orphan", '"0002_add_notes"'),
        ("0003_add_notes.rollback.sql", "verify-orphan", '"0002_add_notes"'),
        ("0007_something_else.sql", "verify-orphan", "renamed or removed"),
        ("wishes.sql", "file-name", "0007_add_wishlist.sql"),
    ],
)
def test_a_file_without_its_migration_is_told(
    tmp_path: Path, name: str, code: str, words: str
) -> None:
    with pytest.raises(MigrationFileError) as caught:
        read_verify(write(tmp_path, name), shown_as="sql/verify", ids=IDS)
    assert caught.value.code == code
    assert words in (caught.value.help or "")
    assert str(caught.value.where) == f"sql/verify/{name}:1:1"


def test_smoke_is_read_by_name(tmp_path: Path) -> None:
    found = read_smoke(write(tmp_path, "b.sql", "a.sql"))
    assert [(probe.id, probe.kind) for probe in found] == [("a", "smoke"), ("b", "smoke")]


def test_common_seeds_come_first(tmp_path: Path) -> None:
    write(tmp_path, "development/20.sql", "development/10.sql", "common/99.sql", "production/1.sql")
    found = read_seeds(tmp_path, "development", shown_as="seeds")
    assert [script.path for script in found] == [
        "seeds/common/99.sql",
        "seeds/development/10.sql",
        "seeds/development/20.sql",
    ]


@pytest.mark.parametrize("env", ["develop", "nowhere", "..", "development/..", ""])
def test_seeds_that_are_not_there_are_told(tmp_path: Path, env: str) -> None:
    folder = write(tmp_path / "seeds", "development/1.sql", "common/1.sql")
    with pytest.raises(UsageError) as caught:
        read_seeds(folder, env)
    assert caught.value.code == "no-seeds"
    assert "development" in (caught.value.help or "")
    with pytest.raises(UsageError, match="no seeds"):
        read_seeds(tmp_path / "nothing", env)


def test_the_words_are_those_of_the_file() -> None:
    with pytest.raises(MigrationFileError, match="a seed does not begin or end") as caught:
        statements(Script("seeds/1.sql", b"SELECT 1; COMMIT;"), what="a seed")
    assert str(caught.value.where) == "seeds/1.sql:1:11"


@pytest.mark.parametrize(
    ("source", "summary"),
    [(b"-- what\n-- more\n", "what"), (b"\n--what", "what"), (b"SELECT 1; -- no", ""), (b"", "")],
)
def test_the_first_comment_says_what_it_promises(
    tmp_path: Path, source: bytes, summary: str
) -> None:
    (tmp_path / "a.sql").write_bytes(source)
    (found,) = read_smoke(tmp_path)
    assert found.summary == summary
