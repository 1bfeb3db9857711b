"""JUnit's XML, as GitLab, Jenkins and most CI systems show it: one suite, a case for each outcome.

There is no standard; this keeps to what testmoapp/junitxml and Jenkins' xunit plugin document.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from wishkit.interface.report.sheet import Case, Sheet

# What XML 1.0 cannot hold, not even escaped (section 2.2).
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(sheet: Sheet) -> str:
    """A warning is a case that passed, with what it says as its output."""
    failures = sum(case.outcome == "failed" for case in sheet.cases)
    skipped = sum(case.outcome in {"skipped", "excused"} for case in sheet.cases)
    counts = {
        "tests": str(len(sheet.cases)),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(skipped),
        "time": _time(sum(case.seconds or 0 for case in sheet.cases)),
    }
    name = f"wishkit {sheet.command}"
    suites = ET.Element("testsuites", {"name": name, **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": name, **counts})
    for case in sheet.cases:
        suite.append(_case(case))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(case: Case) -> ET.Element:
    line = f" (line {case.where.line})" if case.where and case.told else ""
    attributes = {"classname": _clean(case.group), "name": _clean(case.name + line)}
    if case.where:
        attributes |= {"file": _clean(case.where.path), "line": str(case.where.line)}
    attributes["time"] = _time(case.seconds or 0)
    element = ET.Element("testcase", attributes)
    text = "\n".join(filter(None, (str(case.where or ""), case.message, case.help)))
    if case.outcome == "failed":
        said = {"message": _clean(case.message), "type": _clean(case.name)}
        ET.SubElement(element, "failure", said).text = _clean(text)
    elif case.outcome in {"skipped", "excused"}:
        ET.SubElement(element, "skipped", {"message": _clean(case.reason or case.message)})
    elif case.outcome == "warned":
        ET.SubElement(element, "system-out").text = _clean(f"warning: {text}")
    return element


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    return _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", text)
