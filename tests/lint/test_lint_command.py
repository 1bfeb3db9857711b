"""`wishkit lint` as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from wishkit.core.lint import RULES
from wishkit.interface.cli import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.project import SqlFolder

GOOD = {
    "0001_fill.sql": "-- notes are never null\nUPDATE wishes SET notes = '' WHERE notes IS NULL;\n",
    "0001_fill.rollback.sql": "-- notes may stay\nSELECT;\n",
}
WARNED = {**GOOD, "0001_fill.rollback.sql": "SELECT;\n"}
BAD = {**GOOD, "0001_fill.sql": "-- notes are never null\nUPDATE wishes SET notes = '';\n"}


@pytest.fixture
def project(sql_folder: SqlFolder, monkeypatch: pytest.MonkeyPatch) -> SqlFolder:
    """A factory of projects, in which the command then runs."""

    def write(files: object) -> Path:
        folder = sql_folder(files)  # type: ignore[arg-type]
        monkeypatch.chdir(folder)
        return folder

    return write


@pytest.mark.parametrize(
    ("files", "options", "status"),
    [
        (GOOD, [], 0),
        (GOOD, ["--strict"], 0),
        (WARNED, [], 0),
        (WARNED, ["--strict"], 1),
        (BAD, [], 1),
        (BAD, ["--format", "github"], 1),
    ],
)
def test_exit_status(
    files: dict[str, str], options: list[str], status: int, project: SqlFolder
) -> None:
    project({**files})
    assert run(["lint", *options]) == status


def test_text(project: SqlFolder, capsys: pytest.CaptureFixture[str]) -> None:
    project({**BAD})
    assert run(["lint"]) == 1
    seen = capsys.readouterr()
    assert seen.out == (
        "error[update-all]: every row of wishes is written anew and stays locked until the COMMIT\n"
        " --> sql/migrations/0001_fill.sql:2:1\n"
        "  |\n"
        "2 | UPDATE wishes SET notes = '';\n"
        "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "help: in batches, in a file of its own, with a WHERE that leaves out what is done:\n"
        "      -- transactional: false\n"
        "      -- batch: id 1000\n"
        "\n"
        "2 files: 1 error\n"
    )
    assert seen.err == ""


def test_every_format(project: SqlFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project({**BAD})

    def printed(name: str) -> str:
        assert run(["lint", "--format", name]) == 1
        return capsys.readouterr().out

    result = json.loads(printed("json"))
    assert [it["rule"] for it in result["findings"]] == ["update-all"]
    assert result["files"] == [f"sql/migrations/{name}" for name in BAD]
    assert json.loads(printed("sarif"))["runs"][0]["results"][0]["ruleId"] == "update-all"
    assert printed("github").startswith("::error file=sql/migrations/0001_fill.sql,line=2,")
    assert json.loads(printed("gitlab"))[0]["check_name"] == "update-all"
    assert ET.fromstring(printed("junit")).attrib["failures"] == "1"  # noqa: S314 - our own
    assert run(["lint", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == result
    assert run(["lint", "--format", "gitlab", "--output", "report.json"]) == 1
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", "2 files: 1 error\n")
    assert json.loads((folder / "report.json").read_text("utf-8"))[0]["severity"] == "major"


def test_what_cannot_be_asked_for(project: SqlFolder, capsys: pytest.CaptureFixture[str]) -> None:
    project({**GOOD})
    for options, words in (
        (["--format", "xml"], 'there is no format "xml"'),
        (["--output", "no/where/x"], "cannot be written"),
        (["7"], 'there is no migration "7"'),
        (["--base", "main"], "git"),
    ):
        assert run(["lint", *options]) == 2
        assert words in capsys.readouterr().err


def test_only_some(project: SqlFolder, capsys: pytest.CaptureFixture[str]) -> None:
    project(
        {
            **BAD,
            "0002_fill.sql": BAD["0001_fill.sql"],
            "0002_fill.rollback.sql": GOOD["0001_fill.rollback.sql"],
            "3_wrong.sql": "SELECT;\n",
        }
    )
    for asked, lines in (
        (["2"], ["sql/migrations/0002_fill.sql:2:1"]),
        (["sql/migrations/0001_fill.rollback.sql"], ["sql/migrations/0001_fill.sql:2:1"]),
        (["sql/migrations/3_wrong.sql"], ["sql/migrations/3_wrong.sql:1:1"]),
    ):
        run(["lint", *asked])
        out = capsys.readouterr().out
        assert [line.split("--> ")[1] for line in out.splitlines() if "--> " in line] == lines


def test_a_file_that_cannot_be_read(project: SqlFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project({**GOOD})
    (folder / "sql" / "migrations" / "0002_link.sql").symlink_to("nowhere.sql")
    assert run(["lint"]) == 1
    assert "error[unreadable]: cannot read 0002_link.sql: no such" in capsys.readouterr().out


def test_a_folder_without_migrations(
    project: SqlFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project({})
    assert run(["lint"]) == 0
    assert capsys.readouterr().out == "0 files: nothing to find fault with\n"
    (folder / "sql" / "migrations").rmdir()
    assert run(["lint"]) == 2
    assert "error[no-folder]" in capsys.readouterr().err


def test_no_database_has_to_be_known(
    project: SqlFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project({**GOOD})
    (folder / "wishkit.toml").write_text(
        '[environments.production]\nurl = "env:NOT_SET_HERE"\n', encoding="utf-8"
    )
    monkeypatch.setenv("WISHKIT_ENV", "production")
    assert run(["lint"]) == 0
    assert run(["lint", "--env", "production"]) == 2
    assert "NOT_SET_HERE" in capsys.readouterr().err


def test_the_rules(project: SqlFolder, capsys: pytest.CaptureFixture[str]) -> None:
    project({**GOOD})
    assert run(["lint", "--rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1 : len(RULES) + 1]] == list(RULES)
    assert run(["lint", "--rules", "--json"]) == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert [it["name"] for it in rules] == list(RULES)
