"""`wishkit init`: a project from nothing, and nothing overwritten."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wishkit import config as configuration
from wishkit.commands.init import init
from wishkit.commands.template import FOLDER, template
from wishkit.config import Config, resolve_target
from wishkit.errors import WishkitError
from wishkit.interface.cli import execute

if TYPE_CHECKING:
    from tests.plugins.project import RunWishkit

FILES = [
    "wishkit.toml",
    "sql/README.md",
    "sql/migrations/.gitkeep",
    "Makefile",
    ".github/workflows/migrations.yml",
    ".gitignore",
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and we are in it."""
    folder = tmp_path / "my project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def outcomes(**given: object) -> dict[str, str]:
    project = init(Config(**given), Path())  # type: ignore[arg-type]
    return {file.path: file.outcome for file in project.files}


def test_everything_is_made_once() -> None:
    assert outcomes() == dict.fromkeys(FILES, "created")
    before = {name: Path(name).read_text() for name in FILES}
    assert outcomes() == dict.fromkeys(FILES, "kept")
    assert {name: Path(name).read_text() for name in FILES} == before


@pytest.mark.parametrize("name", FILES[:4])
def test_what_is_there_stays_as_it_is(name: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("# mine, about wishkit\n")
    assert outcomes() == dict.fromkeys(FILES, "created") | {name: "kept"}
    assert Path(name).read_text() == "# mine, about wishkit\n"


@pytest.mark.parametrize("name", ["Makefile", "makefile", "GNUmakefile"])
def test_a_makefile_of_ones_own_gets_one_beside_it_and_a_hint(name: str) -> None:
    Path(name).write_text("all:\n\ttrue\n")
    project = init(Config(), Path())
    (hint,) = project.hints
    assert hint == f"add this line to {name}: include Makefile.wishkit"
    assert Path(name).read_text() == "all:\n\ttrue\n"
    assert Path("Makefile.wishkit").read_text() == template("Makefile")
    with Path(name).open("a") as file:
        file.write(hint.partition(": ")[2] + "\n")
    assert init(Config(), Path()).hints == ()
    done = subprocess.run(
        ["make", "-n", "status", "WISHKIT=wishkit"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "wishkit status"


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ("*.pyc", "*.pyc\n/.wishkit/\n", "extended"),
        ("*.pyc\n", "*.pyc\n/.wishkit/\n", "extended"),
        ("", "/.wishkit/\n", "extended"),
        (".wishkit\n", ".wishkit\n", "kept"),
        ("a\n/.wishkit/\nb\n", "a\n/.wishkit/\nb\n", "kept"),
    ],
)
def test_git_does_not_see_the_server(before: str, after: str, outcome: str) -> None:
    Path(".gitignore").write_text(before)
    assert outcomes()[".gitignore"] == outcome
    assert Path(".gitignore").read_text() == after


def test_the_folder_of_an_existing_configuration_is_taken() -> None:
    Path("wishkit.toml").write_text('sql = "db"\n')
    init(configuration.load(), Path())
    assert Path("db/migrations").is_dir()
    assert not Path("sql").exists()


def test_a_project_inside_of_another_is_its_own(project: Path) -> None:
    (project / "wishkit.toml").write_text('sql = "db"\n')
    inner = project / "inner"
    inner.mkdir()
    os.chdir(inner)
    init(configuration.load(), Path())
    assert (inner / "sql" / "migrations").is_dir()
    assert (inner / "wishkit.toml").exists()
    assert not (project / "db").exists()


def test_the_example_configuration_is_valid_as_it_is_and_without_its_comment_signs() -> None:
    init(Config(), Path())
    assert configuration.load().environments == ()
    text = re.sub(r"^# (?=\[|\w+ =)", "", Path("wishkit.toml").read_text(), flags=re.MULTILINE)
    Path("wishkit.toml").write_text(text)
    config = configuration.load()
    names = [environment.name for environment in config.environments]
    assert names == ["development", "staging", "production"]
    assert config.environments[-1].protected
    target = resolve_target(config, env="staging", environ={"STAGING_URL": "postgresql://x/y"})
    assert (target.url, target.role) == ("postgresql://x/y", "owner")


def test_a_folder_that_cannot_be_written_is_said(project: Path) -> None:
    (project / "sql").write_text("a file where a folder should be")
    with pytest.raises(WishkitError, match="cannot write") as caught:
        init(Config(), Path())
    assert caught.value.code == "unwritable"


def test_each_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["init"]) == 0
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()] == [["created", name] for name in FILES]
    assert "wishkit new" in err
    assert execute(["init", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"files": [{"path": n, "outcome": "kept"} for n in FILES], "hints": []}


def test_templates_are_part_of_the_package() -> None:
    names = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert names == {
        *("Makefile", "README.md", "backward.sql", "forward.sql", "migrations.yml", "wishkit.toml")
    }


def test_a_stranger_follows_it_from_nothing_to_a_database_and_back(
    project: Path, run_wishkit: RunWishkit
) -> None:
    assert run_wishkit("init", cwd=project).status == 0
    made = run_wishkit("new", "create", "wishes", cwd=project)
    assert made.status == 0, made
    forward, backward = (project / line for line in made.stdout.splitlines())
    with forward.open("a") as file:
        file.write("\nCREATE TABLE wishes (id int PRIMARY KEY);\n")
    with backward.open("a") as file:
        file.write("\nDROP TABLE wishes;\n")
    try:
        done = run_wishkit("migrate", cwd=project)
        assert done.status == 0, done
        assert "0000_create_wishes" in done.stdout
        make = subprocess.run(
            ["make", "-s", "status", f"WISHKIT='{sys.executable}' -m wishkit", "ARGS=--exit-code"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert make.returncode == 0, make
        assert "1 applied" in make.stdout
        tables = run_wishkit("db", "psql", "-XAtc", r"\dt wishes", cwd=project)
        assert "wishes" in tables.stdout
        assert run_wishkit("rollback", "--to", "base", cwd=project).status == 0
        assert run_wishkit("status", "--exit-code", cwd=project).status == 1
        assert run_wishkit("db", "psql", "-XAtc", r"\dt wishes", cwd=project).stdout == ""
    finally:
        gone = run_wishkit("db", "destroy", "--yes", cwd=project)
    assert gone.status == 0, gone
    assert not (project / ".wishkit" / "pg").exists()
