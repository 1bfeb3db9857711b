"""docs/json.md tells every field that --json prints, with its type; and nothing else."""

from __future__ import annotations

import inspect
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.json_reference import RESULTS, log_reference, reference, result_type
from wishkit.interface.cli import load
from wishkit.interface.overview import COMMANDS

if TYPE_CHECKING:
    from tests.plugins.project import RunWishkit, SqlFolder

DOCUMENT = Path(__file__).parents[1] / "docs" / "json.md"
BEGIN, END = "<!-- generated: `make golden` -->\n", "\n<!-- end -->"
LOG = "<!-- generated: `make golden`, the log -->\n"


@pytest.mark.golden
def test_the_reference_is_that_of_the_dataclasses() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    current = text
    for begin, generated in ((BEGIN, reference()), (LOG, log_reference())):
        before, _, rest = current.partition(begin)
        current = f"{before}{begin}{generated}{END}{rest.partition(END)[2]}"
    if os.environ.get("WISHKIT_GOLDEN") == "write":
        DOCUMENT.write_text(current, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == current, "`make golden` writes it anew"


def test_every_command_with_json_is_in_the_reference() -> None:
    assert {c for c in COMMANDS if "json" in inspect.signature(load(c)).parameters} == set(RESULTS)


def test_every_field_is_described() -> None:
    assert re.findall(r"^\| `\w+` \| .*\|  \|$", reference() + log_reference(), re.MULTILINE) == []


def shape(kind: str, *, log: bool = False) -> list[str]:
    """The fields that the reference tells of an object, or of an event of the log."""
    section = (
        (log_reference() if log else reference()).split(f"### {kind}\n", 1)[1].split("###", 1)[0]
    )
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def assert_told(command: str, value: dict[str, Any]) -> None:
    assert list(value) == shape(result_type(command).__name__)


def test_what_is_printed_is_what_is_told(
    database: str, sql_folder: SqlFolder, run_wishkit: RunWishkit
) -> None:
    project = sql_folder(
        {
            "0001_one.sql": "-- the first\n-- allow: some-rule a reason\nCREATE TABLE one ();",
            "0001_one.rollback.sql": "DROP TABLE one;",
            "0002_two.sql": "SELECT 1 / 0;",
            "0002_two.rollback.sql": "SELECT;",
        }
    )

    def told(command: str, *rest: str, status: int = 0) -> dict[str, Any]:
        words = [*command.split(), *rest, "--json", "--url", database]
        done = run_wishkit(*words, cwd=project)
        assert done.status == status, done.stderr
        value: dict[str, Any] = json.loads(done.stdout)
        return value

    planned = told("plan")
    assert_told("plan", planned)
    assert list(planned["migrations"][0]) == shape("PlannedMigration")
    assert list(planned["migrations"][0]["statements"][0]) == shape("Outline")

    run = told("migrate", status=3)
    assert_told("migrate", run)
    assert list(run["done"][0]) == shape("Done")
    assert list(run["error"]) == shape("Error")
    assert list(run["error"]["where"]) == shape("Location")
    assert run["error"]["exit_status"] == 3

    checked = told("check")
    assert_told("check", checked)
    assert (checked["drifts"], checked["compared_with"]) == ([], "migrations")

    found = told("status")
    assert_told("status", found)
    assert list(found["migrations"][0]) == shape("Row")
    assert found["migrations"][0]["applied_at"].endswith("Z")

    shown = told("show", "1")
    assert_told("show", shown)
    assert list(shown["header"]["allow"][0]) == shape("Allow")
    assert list(shown["history"][0]) == shape("Event")

    marked = told("mark", "2", "--reason", "made by hand")
    assert_told("mark", marked)
    assert list(marked["changes"][0]) == shape("Change")


def test_an_error_that_stops_everything_is_json_as_well(
    database: str, sql_folder: SqlFolder, run_wishkit: RunWishkit
) -> None:
    project = sql_folder({})
    for words, status in ((["status", "--url", database, "--no-such"], 2), (["show", "7"], 2)):
        done = run_wishkit(*words, "--json", cwd=project, env={"DATABASE_URL": database})
        assert done.status == status
        value = json.loads(done.stdout)
        assert list(value) == ["error"]
        assert list(value["error"]) == shape("Error")
        assert done.stderr == ""
