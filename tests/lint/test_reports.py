"""Reports for other programs: well-formed, complete, and stable from run to run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from wishkit.errors import Location
from wishkit.interface.report.github import github
from wishkit.interface.report.gitlab import gitlab
from wishkit.interface.report.junit import junit
from wishkit.interface.report.sarif import sarif
from wishkit.interface.report.sheet import Case, Sheet

NASTY = '100 % <of> "it", a:b,\r\nnext \x00\x1b[31m & ü 😀'
PATH = "sql/migrations/0008 größe,100%.sql"
WHERE = Location(PATH, 3, 5, "    DROP TABLE x;", 12)
CASES = (
    Case(PATH, "drop-table", "failed", NASTY, "first\nsecond", WHERE),
    Case(PATH, "drop-table", "failed", "again", None, WHERE),
    Case(PATH, "returns-rows", "warned", "rows", None, Location(PATH, 9, 1, "SELECT 1;", 8)),
    Case(PATH, "truncate", "excused", "gone", None, Location(PATH, 7), reason="it is a cache"),
    Case("0009_b", "forward", "passed", seconds=0.25),
    Case("0010_c", "forward", "skipped", reason="irreversible"),
)
SHEET = Sheet(
    "lint", CASES, {"drop-table": "DROP TABLE"}, {"drop-table": "docs/rules.md#drop-table"}
)
EMPTY = Sheet("lint", ())


def moved(by: int) -> Sheet:
    """The same findings, further down."""
    return Sheet("lint", tuple(replace(c, where=lower(c.where, by)) for c in CASES))


def lower(where: Location | None, by: int) -> Location | None:
    return replace(where, line=where.line + by) if where else None


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - we wrote it ourselves


def test_github_escapes_what_workflow_commands_need() -> None:
    error, again, warning = github(SHEET).splitlines()
    assert error == (
        "::error file=sql/migrations/0008 größe%2C100%25.sql,line=3,col=5,endColumn=17,"
        'title=drop-table::100 %25 <of> "it", a:b,%0D%0Anext \x00\x1b[31m & ü 😀%0Afirst%0Asecond'
    )
    assert again.startswith("::error ")
    assert warning.startswith("::warning ")
    assert github(EMPTY) == ""


def test_junit_is_xml_that_adds_up() -> None:
    root = parsed(junit(SHEET))
    (suite,) = root
    for element in (root, suite):
        counts = {key: element.attrib[key] for key in ("tests", "failures", "errors", "skipped")}
        assert counts == {"tests": "6", "failures": "2", "errors": "0", "skipped": "2"}
    assert len(suite.findall("testcase")) == 6
    assert len(suite.findall("testcase/failure")) == 2
    assert len(suite.findall("testcase/skipped")) == 2
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "�[31m & ü 😀" in (failure.text or "")
    assert suite.findtext("testcase/system-out") == f"warning: {PATH}:9:1\nrows"
    assert float(suite.attrib["time"]) == 0.25
    assert parsed(junit(EMPTY)).attrib["tests"] == "0"


def test_gitlab_has_what_the_widget_wants() -> None:
    entries = json.loads(gitlab(SHEET))
    assert [it["severity"] for it in entries] == ["major", "major", "minor"]
    assert len({it["fingerprint"] for it in entries}) == 3
    for entry in entries:
        assert {*entry} == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["location"]["path"] == PATH
        assert entry["location"]["lines"]["begin"] >= 1
    assert json.loads(gitlab(EMPTY)) == []


def test_a_finding_stays_the_same_when_it_moves() -> None:
    def known(sheet: Sheet) -> list[str]:
        return [it["fingerprint"] for it in json.loads(gitlab(sheet))]

    assert known(SHEET) == known(moved(40))


# The parts of sarif-schema-2.1.0.json that the log uses: required, and all that may be there.
SARIF: dict[str, tuple[set[str], set[str]]] = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"results", "columnKind"}),
    "driver": ({"name"}, {"semanticVersion", "rules", "informationUri"}),
    "rule": ({"id"}, {"shortDescription", "help"}),
    "result": (
        {"message"},
        {"ruleId", "ruleIndex", "level", "locations", "partialFingerprints", "suppressions"},
    ),
    "region": (set(), {"startLine", "startColumn", "endColumn"}),
    "suppression": ({"kind"}, {"justification"}),
}


def conforms(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    required, optional = SARIF[kind]
    assert required <= {*value} <= required | optional
    return value


def test_sarif_is_as_its_schema_says() -> None:
    log = conforms("log", json.loads(sarif(SHEET)))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = conforms("driver", conforms("run", run)["tool"]["driver"])
    rules = [conforms("rule", it)["id"] for it in driver["rules"]]
    assert rules == ["drop-table", "returns-rows", "truncate"]
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:[-.+]\w[\w.]*)?", driver["semanticVersion"])
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        conforms("result", result)
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        ((place,),) = (it.values() for it in result["locations"])
        assert place["artifactLocation"]["uri"] == (
            "sql/migrations/0008%20gr%C3%B6%C3%9Fe%2C100%25.sql"
        )
        region = conforms("region", place["region"])
        assert region["startLine"] >= 1
        assert region["endColumn"] > region["startColumn"] >= 1
    (excused,) = [it for it in run["results"] if "suppressions" in it]
    assert conforms("suppression", excused["suppressions"][0]) == {
        "kind": "inSource",
        "justification": "it is a cache",
    }
    assert json.loads(sarif(EMPTY))["runs"][0]["results"] == []


@pytest.mark.parametrize("report", [github, gitlab, junit, sarif])
def test_the_same_findings_make_the_same_report(report: Any) -> None:  # noqa: ANN401 - any of them
    assert report(SHEET) == report(SHEET)
