"""What was applied: compared with git's base branch and with a database's ledger."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from wishkit.commands.lint import lint
from wishkit.commands.migrate import migrate
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.project import SqlFolder
    from wishkit.commands.lint import Lint

A = {
    "0001_add_shelves.sql": "-- shelves\nCREATE TABLE shelves (id int PRIMARY KEY);\n",
    "0001_add_shelves.rollback.sql": "-- no shelves\nDROP TABLE shelves;\n",
    "0002_add_boxes.sql": "-- boxes\nCREATE TABLE boxes (id int PRIMARY KEY);\n",
    "0002_add_boxes.rollback.sql": "-- no boxes\nDROP TABLE boxes;\n",
}


def new(number: int, name: str) -> dict[str, str | bytes | None]:
    """A migration that would be found fault with if it were judged."""
    return {
        f"{number:04}_{name}.sql": f"-- {name}\nCREATE INDEX {name} ON shelves (id);\n",
        f"{number:04}_{name}.rollback.sql": f"-- no {name}\nDROP INDEX CONCURRENTLY {name};\n"
        "-- no transaction\n",
    }


class Repository:
    """A git checkout of a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.commit()

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        command = ["git", *who, *arguments]
        return subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def lint(self, base: str = "main", *references: str) -> Lint:
        config = Config(sql=self.folder / "sql")
        place = Workspace(config, Target(url=None, name="embedded"), lambda _: None)
        return lint(place, references, base=base)


BESIDE = {"comment-missing", "needs-autocommit", "number-gap"}  # other tests are about them


def told(result: Lint) -> list[tuple[str, str]]:
    found = [(it.where.path.rsplit("/", 1)[-1], it.rule) for it in result.findings]
    return [
        it for it in found if it[1] not in {"comment-missing", "needs-autocommit", "number-gap"}
    ]


@pytest.fixture
def repository(sql_folder: SqlFolder) -> Repository:
    """Two migrations on main, and a branch that is checked out."""
    made = Repository(sql_folder({**A}))
    made.git("checkout", "-q", "-b", "topic")
    return made


def test_only_what_is_new_is_judged(repository: Repository, sql_folder: SqlFolder) -> None:
    assert told(repository.lint()) == []
    assert repository.lint().files == ()
    sql_folder(new(3, "by_id"))  # not even committed
    result = repository.lint()
    assert told(result) == [("0003_by_id.sql", "index-not-concurrent")]
    assert [path.rsplit("/", 1)[-1] for path in result.files] == [*new(3, "by_id")]
    assert result.compared_with == ("main",)
    assert result.exit_status == 1
    assert told(repository.lint("main", "2")) == []


def test_what_others_have_is_left_alone(repository: Repository, sql_folder: SqlFolder) -> None:
    sql_folder(
        {
            "0001_add_shelves.sql": "-- shelves\n\nCREATE TABLE shelves (id bigint PRIMARY KEY);\n",
            "0002_add_boxes.sql": None,
            "0002_add_boxes.rollback.sql": None,
        }
    )
    found = repository.lint().findings
    assert [(it.rule, it.migration, it.where.line) for it in found] == [
        ("changed", "0001_add_shelves", 2),
        ("file-missing", "0002_add_boxes", 1),
    ]


def test_an_edited_way_back_is_an_edit(repository: Repository, sql_folder: SqlFolder) -> None:
    sql_folder({"0002_add_boxes.rollback.sql": "-- no boxes\nDROP TABLE boxes CASCADE;\n"})
    (found,) = repository.lint().findings
    assert (found.rule, found.where.path.rsplit("/", 1)[-1]) == (
        "changed",
        "0002_add_boxes.rollback.sql",
    )
    assert found.where.text == "DROP TABLE boxes CASCADE;"


def test_line_ends_are_no_edit(repository: Repository, sql_folder: SqlFolder) -> None:
    name = "0001_add_shelves.sql"
    sql_folder({name: A[name].replace("\n", "\r\n")})
    assert told(repository.lint()) == []


def test_another_name_is_no_new_migration(repository: Repository, sql_folder: SqlFolder) -> None:
    files: dict[str, str | bytes | None] = {}
    for suffix in (".sql", ".rollback.sql"):
        files[f"0002_add_boxes{suffix}"] = None
        files[f"0002_add_crates{suffix}"] = A[f"0002_add_boxes{suffix}"]
    sql_folder(files)
    assert ("0002_add_crates.sql", "renamed") in told(repository.lint())


def test_a_base_that_has_moved_on(repository: Repository, sql_folder: SqlFolder) -> None:
    sql_folder({**new(3, "mine"), **new(4, "mine_too")})
    repository.commit()
    repository.git("checkout", "-q", "main")
    sql_folder({**new(3, "theirs"), **new(5, "theirs_too"), "0001_add_shelves.sql": "SELECT;\n"})
    repository.commit()
    repository.git("checkout", "-q", "topic")
    result = repository.lint()
    # what main edited is main's business, and what it added is not ours to miss
    assert [it for it in told(result) if it[1] != "index-not-concurrent"] == [
        ("0003_mine.sql", "number-collides"),
        ("0004_mine_too.sql", "out-of-order"),
    ]
    helps = [it.help or "" for it in result.findings if it.rule == "number-collides"]
    assert "0006" in helps[0]


def test_a_base_that_git_does_not_know(repository: Repository, tmp_path: Path) -> None:
    for base in ("nowhere", "-x", ""):
        with pytest.raises(UsageError) as caught:
            repository.lint(base)
        assert caught.value.code == "unknown-revision"
    repository.git("checkout", "-q", "--orphan", "other")
    (repository.folder / "another").touch()  # within the same second, it would be the same commit
    repository.commit()
    with pytest.raises(UsageError, match="shares history"):
        repository.lint()
    outside = tmp_path / "outside"
    (outside / "sql" / "migrations").mkdir(parents=True)
    place = Workspace(Config(sql=outside / "sql"), Target(None, "embedded"), lambda _: None)
    with pytest.raises(UsageError, match="git"):
        lint(place, base="main")


def test_a_ledger(sql_folder: SqlFolder, database: str) -> None:
    folder = sql_folder({**A, **new(4, "late")} | {"0004_late.sql": "-- late\nSELECT;\n"})
    place = Workspace(
        Config(sql=folder / "sql"), Target(url=database, name="staging"), lambda _: None
    )
    backward = {"0004_late.rollback.sql": "-- nothing\nSELECT;\n"}
    sql_folder(backward)
    assert migrate(place).error is None
    assert lint(place, database=True).findings == ()
    sql_folder(
        {
            "0001_add_shelves.sql": "-- shelves\nCREATE TABLE shelves (id bigint);\n",
            "0002_add_boxes.sql": None,
            "0002_add_boxes.rollback.sql": None,
            **new(3, "between"),
            **new(5, "behind"),
        }
    )
    result = lint(place, database=True)
    assert told(result) == [
        ("0001_add_shelves.sql", "changed"),
        ("0002_add_boxes.sql", "file-missing"),
        ("0003_between.sql", "out-of-order"),
        ("0003_between.sql", "index-not-concurrent"),
        ("0005_behind.sql", "index-not-concurrent"),
    ]
    assert result.compared_with[0].startswith("staging: ")
