"""A folder of files becomes migrations, or an error that says which file is at fault."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wishkit.core.migration import read_folder, resolve
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"0001_a.sql": b"SELECT 1;\n", "0001_a.rollback.sql": b"SELECT 2;\n"}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def refused(folder: Path, files: dict[str, bytes]) -> MigrationFileError:
    with pytest.raises(MigrationFileError) as caught:
        read_folder(write(folder, files), shown_as="sql/migrations")
    return caught.value


def test_pairs_in_order_of_their_numbers(tmp_path: Path) -> None:
    write(tmp_path, {"0010_c.sql": b"SELECT 3;", "0002_b.sql": b"SELECT 2;", **GOOD})
    a, b, c = read_folder(tmp_path, shown_as="sql/migrations")
    assert [m.id for m in (a, b, c)] == ["0001_a", "0002_b", "0010_c"]
    assert a.forward.path == "sql/migrations/0001_a.sql"
    assert a.backward
    assert a.backward.source == b"SELECT 2;\n"
    assert b.backward is None
    assert c.number == "0010"


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    others = ["README.md", ".gitkeep", ".0002_b.sql.swp", ".hidden.sql", "0001_a.sql~", "x.SQL.bak"]
    write(tmp_path, GOOD | dict.fromkeys(others, b"?"))
    (tmp_path / "0002_folder").mkdir()
    assert [m.id for m in read_folder(tmp_path)] == ["0001_a"]


def test_an_empty_folder_has_no_migrations(tmp_path: Path) -> None:
    assert read_folder(tmp_path) == ()


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MigrationFileError) as caught:
        read_folder(tmp_path / "nowhere", shown_as="sql/migrations")
    assert caught.value.code == "no-folder"
    assert caught.value.message == "no migrations: sql/migrations: no such file or directory"


@pytest.mark.parametrize(
    "name",
    [
        "1_short_number.sql",
        "00001_long_number.sql",
        "0002-dash.sql",
        "0002_Capital.sql",
        "0002_größe.sql",
        "0002_with space.sql",
        "0002_.SQL",
        "0002_b.SQL",
        "0002_b.Rollback.sql",
        "0002.sql",
        "add_wishlist.sql",
        "post-apply.sql",
        "0002_b.py",
        "__init__.py",
    ],
)
def test_a_name_that_is_no_migrations_name_is_refused(tmp_path: Path, name: str) -> None:
    error = refused(tmp_path, GOOD | {name: b"SELECT 1;"})
    assert error.code == "file-name"
    assert name in error.message
    assert str(error.where) == f"sql/migrations/{name}:1:1"


def test_a_number_is_used_once(tmp_path: Path) -> None:
    error = refused(tmp_path, GOOD | {"0001_b.sql": b"SELECT 1;"})
    assert (error.code, error.message) == (
        "duplicate-number",
        "number 0001 is used twice: 0001_a and 0001_b",
    )


def test_a_backward_file_needs_its_forward_file(tmp_path: Path) -> None:
    error = refused(tmp_path, GOOD | {"0002_b.rollback.sql": b"SELECT 1;"})
    assert (error.code, error.message) == (
        "forward-missing",
        "0002_b.rollback.sql has no forward file",
    )


def test_a_folder_named_like_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "0002_b.sql").mkdir()
    assert refused(tmp_path, GOOD).code == "unreadable"


def test_a_link_to_nowhere_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "0002_b.sql").symlink_to(tmp_path / "gone")
    error = refused(tmp_path, GOOD)
    assert (error.code, error.message) == (
        "unreadable",
        "cannot read 0002_b.sql: no such file or directory",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_one_may_not_read(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "0001_a.sql").chmod(0)
    assert refused(tmp_path, {}).message == "cannot read 0001_a.sql: permission denied"


def test_a_backward_file_follows_its_forward_file_unless_it_speaks_for_itself(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        {
            "0001_a.sql": b"-- s\n-- transactional: false\nSELECT 1;",
            "0001_a.rollback.sql": b"SELECT 1;",
            "0002_b.sql": b"SELECT 1;",
            "0002_b.rollback.sql": b"-- s\n-- transactional: false\nSELECT 1;",
        },
    )
    a, b = read_folder(tmp_path)
    assert [m.transactional("forward") for m in (a, b)] == [False, True]
    assert [m.transactional("backward") for m in (a, b)] == [False, False]


IDS = ["0001_add_sets", "0002_add_wishlist", "0002_add_wishes", "0010_add"]


@pytest.mark.parametrize(
    ("reference", "id_"),
    [
        ("0001_add_sets", "0001_add_sets"),
        ("0001", "0001_add_sets"),
        ("1", "0001_add_sets"),
        ("10", "0010_add"),
        ("0001_add", "0001_add_sets"),
        ("sql/migrations/0001_add_sets.rollback.sql", "0001_add_sets"),
    ],
)
def test_a_migration_is_found_by_id_number_or_path(reference: str, id_: str) -> None:
    assert resolve(reference, IDS) == id_


@pytest.mark.parametrize(
    ("reference", "help_"),
    [
        ("0001_add_set", 'perhaps you meant "0001_add_sets"'),
        ("0003", "wishkit status lists them all"),
        ("", "wishkit status lists them all"),
    ],
)
def test_what_is_not_found_gets_a_suggestion(reference: str, help_: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(reference, IDS)
    assert (caught.value.code, caught.value.help) == ("unknown-migration", help_)


def test_what_could_be_two_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        resolve("2", IDS)
    assert (caught.value.code, caught.value.message) == (
        "ambiguous-migration",
        '"2" could be 0002_add_wishlist or 0002_add_wishes',
    )
