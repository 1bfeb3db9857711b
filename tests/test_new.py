"""`wishkit new`: a pair of files with the next number, that nobody runs by accident."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wishkit.commands.new import new as new_pairs
from wishkit.config import Config
from wishkit.core.migration import read_folder
from wishkit.errors import WishkitError
from wishkit.interface.cli import execute

if TYPE_CHECKING:
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.pairs import Pair


@pytest.fixture
def config(sql_folder: SqlFolder) -> Config:
    """A project with two migrations."""
    files = {
        "0000_create_wishes.sql": "-- wishes\nCREATE TABLE wishes ();\n",
        "0000_create_wishes.rollback.sql": "DROP TABLE wishes;\n",
        "0006_add_more.sql": "-- more\nCREATE TABLE more ();\n",
        "0006_add_more.rollback.sql": "DROP TABLE more;\n",
    }
    return Config(sql=sql_folder(files) / "sql")


def new(config: Config, words: list[str], **options: Any) -> Pair:  # noqa: ANN401 - as new has them
    (pair,) = new_pairs(config, words, **options).migrations
    return pair


def texts(config: Config, id_: str) -> tuple[str, str]:
    folder = config.sql / "migrations"
    return (folder / f"{id_}.sql").read_text(), (folder / f"{id_}.rollback.sql").read_text()


def test_words_become_a_pair_with_the_next_number(config: Config) -> None:
    created = new(config, ["add", "wish notes"])
    assert created.id == "0007_add_wish_notes"
    assert Path(created.forward).name == "0007_add_wish_notes.sql"
    assert Path(created.backward or "").name == "0007_add_wish_notes.rollback.sql"
    migration = read_folder(config.sql / "migrations")[-1]
    assert migration.id == created.id
    assert migration.header.summary == "add wish notes"
    assert migration.transactional("forward")
    assert "{" not in "".join(texts(config, created.id))


def test_the_first_one_of_a_project(sql_folder: SqlFolder) -> None:
    assert new(Config(sql=sql_folder({}) / "sql"), ["begin"]).id == "0000_begin"


def test_a_number_that_only_a_backward_file_has_is_taken(config: Config) -> None:
    (config.sql / "migrations" / "0011_orphan.rollback.sql").write_text("")
    assert new(config, ["next"]).id == "0012_next"


def test_directives_are_written_and_understood(config: Config) -> None:
    created = new(config, ["index notes"], transactional=False, depends=["0006", "0000"])
    forward, backward = texts(config, created.id)
    assert forward.splitlines()[:4] == [
        "-- index notes",
        "-- transactional: false",
        "-- depends: 0006_add_more 0000_create_wishes",
        "",
    ]
    migration = read_folder(config.sql / "migrations")[-1]
    assert migration.header.depends == ("0006_add_more", "0000_create_wishes")
    assert not migration.transactional("forward")
    assert not migration.transactional("backward")
    assert "depends" not in backward


def test_nothing_is_made_that_depends_on_nothing_known(config: Config) -> None:
    before = sorted((config.sql / "migrations").iterdir())
    with pytest.raises(WishkitError, match="there is no migration") as caught:
        new(config, ["more"], depends=["0006_add_mor"])
    assert caught.value.code == "unknown-migration"
    assert "0006_add_more" in (caught.value.help or "")
    assert sorted((config.sql / "migrations").iterdir()) == before


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Add Wish Notes", "add_wish_notes"),
        ("add-wish  notes", "add_wish_notes"),
        (" 2nd try ", "2nd_try"),
    ],
)
def test_spelling_is_forgiven(config: Config, text: str, name: str) -> None:
    assert new(config, [text]).id == f"0007_{name}"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("add notes!", "add_notes"),
        ("Wünsche ergänzen", "wunsche_erganzen"),
        ("0007_add_notes.sql", "add_notes"),
        ("../../etc/passwd", "etc_passwd"),
        ("x" * 81, "x" * 80),
        ("願い", None),
        ("", None),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_what_could(
    config: Config, text: str, suggestion: str | None
) -> None:
    with pytest.raises(WishkitError) as caught:
        new(config, [text])
    assert caught.value.code == "migration-name"
    help_ = caught.value.help or ""
    assert (f"{suggestion}\n" in help_) if suggestion else ("perhaps" not in help_)
    assert len(list((config.sql / "migrations").iterdir())) == 4


def test_many_at_once_get_a_number_each(config: Config) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: new(config, [f"part {i}"]).id, range(24)))
    numbers = sorted(int(id_[:4]) for id_ in made)
    assert numbers == list(range(7, 31))
    assert len(read_folder(config.sql / "migrations")) == 26


def test_without_a_folder_init_is_named(tmp_path: Path) -> None:
    with pytest.raises(WishkitError) as caught:
        new(Config(sql=tmp_path / "sql"), ["begin"])
    assert caught.value.code == "no-folder"
    assert "wishkit init" in (caught.value.help or "")


def test_after_the_last_number_there_is_none(config: Config) -> None:
    (config.sql / "migrations" / "9999_end.sql").write_text("")
    with pytest.raises(WishkitError) as caught:
        new(config, ["more"])
    assert caught.value.code == "numbers-used-up"


def test_paths_on_stdout_and_what_to_do_on_stderr(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(config.sql.parent)
    monkeypatch.setenv("EDITOR", "ed")
    assert execute(["new", "add", "wish", "notes"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "sql/migrations/0007_add_wish_notes.sql",
        "sql/migrations/0007_add_wish_notes.rollback.sql",
    ]
    assert "with ed, then: wishkit migrate" in err


def test_as_json(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(config.sql.parent)
    assert execute(["new", "more", "notes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "migrations": [
            {
                "id": "0007_more_notes",
                "forward": "sql/migrations/0007_more_notes.sql",
                "backward": "sql/migrations/0007_more_notes.rollback.sql",
            }
        ],
        "hints": [],
    }


def test_migrate_refuses_a_pair_until_both_halves_are_written(
    config: Config, database: str, run_wishkit: RunWishkit
) -> None:
    project = config.sql.parent
    created = new(config, ["add", "notes"])
    folder = config.sql / "migrations"
    halves = ((f"{created.id}.sql", "CREATE TABLE notes ();"),
              (f"{created.id}.rollback.sql", "DROP TABLE notes;"))  # fmt: skip
    for name, statement in halves:
        refused = run_wishkit("migrate", "--url", database, cwd=project)
        assert refused.status == 2, refused
        assert "error[empty-migration]" in refused.stderr
        with (folder / name).open("a") as file:
            file.write(statement)
    assert run_wishkit("migrate", "--url", database, cwd=project).status == 0
    assert run_wishkit("rollback", "--to", "base", "--url", database, cwd=project).status == 0
