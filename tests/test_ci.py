"""`wishkit ci`: all that can be proven before a merge, and what a project needs to have it done."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from wishkit.commands.ci import CHECKS, Ci, ci
from wishkit.commands.template import template
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target, Threshold, Thresholds
from wishkit.interface.render_ci import ci_markdown, ci_sheet, render_ci

if TYPE_CHECKING:
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.postgres.scratch import Scratch

PROJECT = Path(__file__).parents[1]


def workspace(project: Path) -> Workspace:
    config = Config(sql=project / "sql", path=project / "wishkit.toml")
    return Workspace(config, Target(None, "test"), lambda _: None)


def outcomes(found: Ci) -> dict[str, str]:
    return {it.name: it.outcome for it in found.checks}


@pytest.fixture
def small(sql_folder: SqlFolder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one of everything, and we are in it."""
    project = sql_folder(
        {
            "0001_people.sql": "-- who there is\nCREATE TABLE people (id int PRIMARY KEY);\n"
            "COMMENT ON TABLE people IS 'Who there is.';\n"
            "COMMENT ON COLUMN people.id IS 'Given by hand.';\n",
            "0001_people.rollback.sql": "-- nobody\nDROP TABLE people;\n",
        }
    )
    for name, text in {
        "verify/0001_people.sql": "SELECT id FROM people;",
        "smoke/people.sql": "INSERT INTO people VALUES (-1);",
        "seeds/development/people.sql": "INSERT INTO people VALUES (1) ON CONFLICT DO NOTHING;",
    }.items():
        path = project / "sql" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(project)
    return project


def test_everything_passes_or_is_skipped(small: Path, server: Scratch) -> None:
    found = ci(workspace(Path()), server=server.url(), proof="proof.json")
    assert outcomes(found) == {**dict.fromkeys(CHECKS, "passed"), "snapshot": "skipped"}
    assert found.checks[-1].skipped == "there is no sql/schema.sql"
    assert found.exit_status == 0
    assert json.loads((small / "proof.json").read_text())["proofs"][0]["proven"]


def scrubbed(text: str) -> str:
    text = re.sub(r"\d+(\.\d+)? m?s\b", "… s", text)
    return re.sub(r" {2,}… s", "  … s", re.sub(r"PostgreSQL [\d.]+", "PostgreSQL 18", text))


def test_everything_that_is_wrong_is_told(
    small: Path, server: Scratch, golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = small / "sql"
    (sql / "migrations/0002_pets.sql").write_text("-- pets\nCREATE TABLE pets ();\n")
    (sql / "migrations/0002_pets.rollback.sql").write_text("SELECT;\n")
    (sql / "verify/0001_people.sql").write_text("DO $$ BEGIN ASSERT false, 'nobody'; END $$;")
    (sql / "smoke/people.sql").write_text("SELECT nme FROM people;")
    (sql / "seeds/development/people.sql").write_text("INSERT INTO people VALUES (1);")
    (sql / "schema.sql").write_text("-- old\n")
    found = ci(workspace(Path()), server=server.url())
    assert outcomes(found) == dict.fromkeys(CHECKS, "failed")
    assert found.exit_status == 1
    capsys.readouterr()
    render_ci(found)
    golden(scrubbed(capsys.readouterr().out), "ci/wrong.txt")
    golden(scrubbed(ci_markdown(found)), "ci/wrong.md")
    failed = {case.name for case in ci_sheet(found).cases if case.outcome == "failed"}
    assert {"schema-not-restored", "verify", "smoke", "snapshot"} <= failed
    assert any("seed" in name for name in failed)


def test_what_takes_too_long_in_the_rehearsal(
    small: Path, server: Scratch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything does, where nothing may take any time."""
    del small
    place = workspace(Path())
    bounds = Thresholds(duration=Threshold(warn=0.0, fail=0.0))
    place = replace(place, config=replace(place.config, thresholds=bounds))
    found = ci(place, server=server.url())
    assert outcomes(found)["rehearse"] == "failed"
    assert (found.exit_status, [(it.id, it.above) for it in found.slow]) == (
        1,
        [("0001_people", "fail")],
    )
    assert found.rehearsal is not None
    assert found.rehearsal.exit_status == 0, "what was rehearsed is right all the same"
    render_ci(found)
    assert re.search(
        r"0001_people: too-slow: forward took .*, and fails above 0 ms", capsys.readouterr().out
    )
    assert "1 above [thresholds]" in ci_markdown(found)
    slow = {it.outcome for it in ci_sheet(found).cases if it.name == "too-slow"}
    warned = replace(found, slow=tuple(replace(it, above="warn") for it in found.slow))
    slow |= {it.outcome for it in ci_sheet(warned).cases if it.name == "too-slow"}
    assert slow == {"failed", "warned"}


def test_what_cannot_be_checked_is_no_success(small: Path, server: Scratch) -> None:
    (small / "sql/migrations/0002_bad.sql").write_text("-- x\nSELECT 1 / 0;\n")
    (small / "sql/migrations/0002_bad.rollback.sql").write_text("-- x\nSELECT;\n")
    found = ci(workspace(Path()), server=server.url())
    assert outcomes(found)["rehearse"] == "failed"
    assert outcomes(found)["verify"] == "skipped"
    assert found.checks[2].skipped == "migrate fails: division by zero"
    found = ci(workspace(Path()), server="postgresql://nobody@127.0.0.1:1/x")
    assert (outcomes(found)["rehearse"], found.exit_status) in {("error", 2), ("error", 1)}


def git(*words: str, cwd: Path) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *words], cwd=cwd, check=True, capture_output=True)


def test_in_a_github_workflow(small: Path, run_wishkit: RunWishkit, server: Scratch) -> None:
    git("init", "-q", "-b", "main", cwd=small)
    git("add", ".", cwd=small)
    git("commit", "-qm", "one", cwd=small)
    (small / "sql/migrations/0002_pets.sql").write_text("-- pets\nCREATE TABLE pets ();\n")
    (small / "sql/migrations/0002_pets.rollback.sql").write_text("-- x\nSELECT;\n")
    summary = small / "summary.md"
    done = run_wishkit(
        *("ci", "--base", "main", "--server", server.url()),
        *("--junit", "report.xml", "--sarif", "report.sarif"),
        cwd=small,
        env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)},
    )
    assert done.status == 1, done.stderr
    assert re.search(
        r"^::error file=sql/migrations/0002_pets\S*,line=\d+,.*title=schema-not-restored::",
        done.stdout,
        re.MULTILINE,
    )
    text = summary.read_text()
    assert text.startswith("### wishkit: not ready to be merged: ")
    assert "| `0002_pets` | passed | failed |" in text
    assert "0001_people` |" not in text  # main has it
    cases = ET.parse(small / "report.xml").getroot().iter("testcase")  # noqa: S314 - ours
    assert "schema-not-restored" in {str(it.get("name")).split(" ")[0] for it in cases}
    assert json.loads((small / "report.sarif").read_text())["version"] == "2.1.0"


def runs(workflow: str) -> list[str]:
    """The shell commands of a workflow's steps."""
    return re.findall(r"^ +(?:- )?run: (.+)$", workflow, re.MULTILINE)


def test_a_project_from_nothing_until_its_ci_passes(
    tmp_path: Path, run_wishkit: RunWishkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What README.md and `wishkit init` say, word by word, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    assert run_wishkit("init", cwd=tmp_path).status == 0
    assert run_wishkit("new", "add", "customers", cwd=tmp_path).status == 0
    workflow = (tmp_path / ".github/workflows/migrations.yml").read_text()
    assert workflow == template("migrations.yml")
    install, command = runs(workflow)
    assert install == "pip install wishkit"  # the tests' own environment has it

    def in_ci() -> subprocess.CompletedProcess[str]:
        wishkit = f'"{sys.executable}" -m wishkit'
        return subprocess.run(
            ["/bin/bash", "-e", "-c", command.replace("wishkit", wishkit, 1)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    begun = in_ci()
    assert begun.returncode == 1  # both files are still to be written
    assert "0000_add_customers.rollback.sql" in begun.stdout
    migrations = tmp_path / "sql" / "migrations"
    (migrations / "0000_add_customers.sql").write_text(
        "-- who buys\nCREATE TABLE customers (\n"
        "    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),\n    name text NOT NULL\n);\n"
        "COMMENT ON TABLE customers IS 'Who buys.';\n"
        "COMMENT ON COLUMN customers.id IS 'Not told to anybody.';\n"
        "COMMENT ON COLUMN customers.name IS 'As on the invoice.';\n"
    )
    backward = migrations / "0000_add_customers.rollback.sql"
    backward.write_text("-- nobody\nDROP TABLE customers;\n")
    done = in_ci()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ready to be merged: 2 checks passed" in done.stdout
    assert (tmp_path / "rehearsal.json").exists()
    made = subprocess.run(
        ["make", "-n", "ci", "ARGS=--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == "wishkit ci --json\n"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("vendor.github-workflows", ".github/workflows/migrations.yml"),
        ("vendor.github-workflows", "wishkit/templates/migrations.yml"),
        ("vendor.github-actions", ".github/actions/wishkit/action.yml"),
    ],
)
def test_what_github_reads_is_what_it_takes(schema: str, path: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(PROJECT / path)],
        check=True,
        capture_output=True,
    )


def test_the_action_runs_what_exists(small: Path, server: Scratch) -> None:
    """The script of the composite action, with its inputs, in a shell."""
    text = (PROJECT / ".github/actions/wishkit/action.yml").read_text()
    (script,) = re.findall(r"run: \|\n +(wishkit ci .+)\n", text)
    wishkit = f'"{sys.executable}" -m wishkit'
    done = subprocess.run(
        ["/bin/bash", "-e", "-c", script.replace("wishkit", wishkit, 1)],
        cwd=small,
        env={"PATH": "/usr/bin:/bin", "BASE": "", "SERVER": server.url(), "PROOF": "p.json"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (small / "p.json").exists()


def test_the_hooks_are_commands_that_exist(small: Path, run_wishkit: RunWishkit) -> None:
    """What pre-commit would run, with the files it would name."""
    text = (PROJECT / ".pre-commit-hooks.yaml").read_text()
    lint, rehearse = re.findall(r"entry: (.+)", text)
    assert lint == "wishkit lint"
    files = sorted(str(it) for it in Path("sql/migrations").glob("*.sql"))
    done = run_wishkit(*lint.split()[1:], *files, cwd=small)
    assert done.status == 0, done.stdout + done.stderr
    git("init", "-q", "-b", "main", cwd=small)
    git("add", ".", cwd=small)
    git("commit", "-qm", "one", cwd=small)
    git("update-ref", "refs/remotes/origin/main", "HEAD", cwd=small)
    done = run_wishkit(*rehearse.split()[1:], cwd=small)
    assert done.stdout == "nothing to rehearse\n"


def test_the_example_is_ready(tmp_path: Path, server: Scratch) -> None:
    """The project's own sql/, which its CI proves in this way."""
    shutil.copytree(PROJECT / "sql", tmp_path / "sql")
    found = ci(workspace(tmp_path), server=server.url())
    assert outcomes(found) == dict.fromkeys(CHECKS, "passed")
