"""The command that judges files by their text: lint."""

from typing import TYPE_CHECKING, Annotated

from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer, say
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from wishkit.commands.lint import Lint, Rules

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab")


def lint(
    *,
    ids: Annotated[
        list[str] | None,
        Argument(metavar="ID...", help="Only these migrations, by id, number or path."),
    ] = None,
    base: Annotated[
        str | None,
        Option("--base", metavar="REF", help="Judge what this git commit does not have."),
    ] = None,
    url: Url = None,
    env: Env = None,
    server_version: Annotated[
        int | None,
        Option("--server-version", metavar="N", help="The PostgreSQL that will run it: 15."),
    ] = None,
    strict: Annotated[bool, Option("--strict", help="Exit 1 for warnings, too.")] = False,
    format_: Annotated[
        str, Option("--format", metavar="|".join(FORMATS), help="How to print it.")
    ] = "text",
    output: Annotated[
        str | None, Option("--output", metavar="FILE", help="Write it there instead.")
    ] = None,
    rules: Annotated[bool, Option("--rules", help="List the rules.")] = False,
    json: Json = False,
) -> int:
    """What is wrong with migration files; runs nothing.

    Example: wishkit lint --base origin/main --format github
    """
    from wishkit.commands import lint as verb  # noqa: PLC0415 - imported where used
    from wishkit.commands.workspace import open_files  # noqa: PLC0415 - as above

    chosen = "json" if json else format_
    _refuse_unknown(chosen)
    if rules:
        _list_rules(verb.rules(), as_json=chosen == "json")
        return 0
    asked = url is not None or env is not None
    with Progress(quiet=chosen != "text" or output is not None) as progress:
        result = verb.lint(
            workspace(progress, url, env) if asked else open_files(progress),
            ids or (),
            base=base,
            database=asked,
            version=server_version,
            strict=strict,
        )
    if result.second_opinion:
        say(f"no second opinion: {result.second_opinion}")
    if output is not None:
        from wishkit.interface.report.sheet import write_report  # noqa: PLC0415 - only here

        write_report(output, _report(result, chosen))
        say(_verdict(result))
    elif chosen == "text":
        _answer_text(result)
    elif text := _report(result, chosen).removesuffix("\n"):
        answer(text)
    return result.exit_status


def _refuse_unknown(name: str) -> None:
    if name not in FORMATS:
        from wishkit.errors import UsageError  # noqa: PLC0415 - rarely needed

        raise UsageError(f'there is no format "{name}"', help=f"formats are {', '.join(FORMATS)}")


def _answer_text(result: "Lint") -> None:
    import sys  # noqa: PLC0415 - only here

    from wishkit.interface.render_lint import lint_text  # noqa: PLC0415 - imported where used

    for line in lint_text(result, sys.stdout):
        answer(line)


def _verdict(result: "Lint") -> str:
    from wishkit.interface.render_lint import verdict  # noqa: PLC0415 - imported where used

    return verdict(result)


def _list_rules(listed: "Rules", *, as_json: bool) -> None:
    if as_json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(listed))
    else:
        from wishkit.interface.render_lint import render_rules  # noqa: PLC0415 - imported where used

        render_rules(listed)


def _report(result: "Lint", chosen: str) -> str:
    """The whole report as one text."""
    from importlib import import_module  # noqa: PLC0415 - as above

    if chosen == "json":
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        return to_json(result) + "\n"
    from wishkit.interface.render_lint import lint_sheet, lint_text  # noqa: PLC0415 - as above

    if chosen == "text":
        import io  # noqa: PLC0415 - only here

        return "".join(f"{line}\n" for line in lint_text(result, io.StringIO()))
    module = import_module(f"wishkit.interface.report.{chosen}")
    text: str = getattr(module, chosen)(lint_sheet(result))
    return text
