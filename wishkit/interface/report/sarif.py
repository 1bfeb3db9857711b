"""SARIF 2.1.0, which GitHub's code scanning and most editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wishkit import __version__
from wishkit.interface.report.sheet import fingerprints

if TYPE_CHECKING:
    from wishkit.errors import Location
    from wishkit.interface.report.sheet import Case, Outcome, Sheet

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Outcome, str] = {"failed": "error", "warned": "warning", "excused": "note"}


def sarif(sheet: Sheet) -> str:
    """One run with a result for each case that has something to tell."""
    import msgspec.json  # noqa: PLC0415 - heavy

    told = [(case, print_) for case, print_ in fingerprints(sheet) if case.outcome in _LEVELS]
    names = list(dict.fromkeys(case.name for case, _ in told))
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": f"wishkit {sheet.command}",
                        "semanticVersion": __version__,
                        "rules": [_rule(sheet, name) for name in names],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(case, names.index(case.name), print_) for case, print_ in told],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode()


def _rule(sheet: Sheet, name: str) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": sheet.summaries.get(name, name)},
    }
    if page := sheet.pages.get(name):
        rule["help"] = {"text": f"see {page}"}
    return rule


def _result(case: Case, index: int, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": case.name,
        "ruleIndex": index,
        "level": _LEVELS[case.outcome],
        "message": {"text": "\n".join(filter(None, (case.message, case.help)))},
        "partialFingerprints": {"wishkit/v1": fingerprint},
    }
    if case.where:
        result["locations"] = [{"physicalLocation": _place(case.where)}]
    if case.outcome == "excused":
        suppression = {"kind": "inSource", "justification": case.reason or ""}
        result["suppressions"] = [suppression]
    return result


def _place(where: Location) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(where.path)},
        "region": {
            "startLine": where.line,
            "startColumn": where.column,
            "endColumn": where.column + where.length,
        },
    }
