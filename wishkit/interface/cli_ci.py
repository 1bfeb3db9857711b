"""The command that proves all that can be proven before a merge: ci."""

import os
from typing import TYPE_CHECKING, Annotated

from wishkit.interface.options import Json, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Option
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from wishkit.commands.ci import Ci


def ci(
    *,
    base: Annotated[
        str | None,
        Option(
            "--base",
            metavar="REF",
            help="Judge and rehearse only what this git commit does not have.",
        ),
    ] = None,
    server: Annotated[
        str | None,
        Option("--server", metavar="URL", help="On this server, in databases that go again."),
    ] = None,
    jobs: Annotated[
        int | None, Option("--jobs", metavar="N", help="How many migrations to prove at a time.")
    ] = None,
    proof: Annotated[
        str | None, Option("--proof", metavar="FILE", help="Keep the rehearsal's proof in it.")
    ] = None,
    scale: Annotated[
        int | None,
        Option("--scale", metavar="ROWS", help="How many rows to try smoke probes with."),
    ] = None,
    junit: Annotated[
        str | None, Option("--junit", metavar="FILE", help="Write a JUnit report as well.")
    ] = None,
    sarif: Annotated[
        str | None, Option("--sarif", metavar="FILE", help="Write a SARIF report as well.")
    ] = None,
    json: Json = False,
) -> int:
    """All that can be proven before a merge, in one go.

    Example: wishkit ci --base origin/main --junit report.xml
    """
    from wishkit.commands import ci as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.ci(
            workspace(progress, None, None),
            base=base,
            server=server,
            jobs=jobs,
            proof=proof,
            scale=scale,
        )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_ci import render_ci  # noqa: PLC0415 - imported where used

        render_ci(result)
    _report(result, junit, sarif)
    _tell_github(result, annotate=not json)
    return result.exit_status


def _report(result: "Ci", junit: str | None, sarif: str | None) -> None:
    if junit is None and sarif is None:
        return
    from wishkit.interface.render_ci import ci_sheet  # noqa: PLC0415 - imported where used
    from wishkit.interface.report import junit as junit_report  # noqa: PLC0415 - as above
    from wishkit.interface.report import sarif as sarif_report  # noqa: PLC0415 - as above
    from wishkit.interface.report.sheet import write_report  # noqa: PLC0415 - as above

    sheet = ci_sheet(result)
    if junit is not None:
        write_report(junit, junit_report.junit(sheet))
    if sarif is not None:
        write_report(sarif, sarif_report.sarif(sheet))


def _tell_github(result: "Ci", *, annotate: bool) -> None:
    """In a GitHub workflow: annotations beside the code, and the table in its summary.

    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from wishkit.interface.render_ci import ci_markdown, ci_sheet  # noqa: PLC0415 - as above
    from wishkit.interface.report.github import github  # noqa: PLC0415 - as above

    if annotate and (text := github(ci_sheet(result)).removesuffix("\n")):
        answer(text)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - appended to
            file.write(ci_markdown(result))
