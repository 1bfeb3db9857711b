"""GitLab's code quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.interface.report.sheet import fingerprints

if TYPE_CHECKING:
    from wishkit.interface.report.sheet import Sheet


def gitlab(sheet: Sheet) -> str:
    """An entry for each case that has something to tell and a place to tell it at."""
    import msgspec.json  # noqa: PLC0415 - heavy

    entries = [
        {
            "description": f"{case.name}: {case.message}",
            "check_name": case.name,
            "fingerprint": fingerprint,
            "severity": "major" if case.outcome == "failed" else "minor",
            "location": {"path": case.where.path, "lines": {"begin": case.where.line}},
        }
        for case, fingerprint in fingerprints(sheet)
        if case.told and case.where
    ]
    return msgspec.json.format(msgspec.json.encode(entries), indent=2).decode()
