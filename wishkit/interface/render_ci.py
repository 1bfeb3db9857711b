"""What `wishkit ci` found: one table, then what is wrong; as text, as Markdown, as cases."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.errors import Location
from wishkit.interface.errors import error_lines
from wishkit.interface.output import answer, count, seconds, styled, width
from wishkit.interface.render_lint import lint_sheet, lint_text, verdict
from wishkit.interface.render_probes import sentence
from wishkit.interface.render_rehearse import problem_lines, rehearsal_verdict
from wishkit.interface.report.sheet import Case, Sheet
from wishkit.interface.table import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wishkit.commands.ci import Check, Ci, Examined, Slow
    from wishkit.core.probes import Verdict
    from wishkit.core.rehearsal import Rehearsed
    from wishkit.errors import WishkitError
    from wishkit.interface.report.sheet import Outcome

_WORDS = {"passed": "ok", "failed": "FAILED", "skipped": "-", "error": "NOT DONE"}
_STYLES = {"ok": "green", "FAILED": "bold red", "NOT DONE": "bold red"}
_SLOW = "too-slow"
_TITLES = ("check", "", "time", "what was found")


def render_ci(found: Ci) -> None:
    """What is wrong, then one row a check, then the answer."""
    for line in _troubles(found):
        answer(line)
    lines = table(
        _TITLES,
        ((it.name, _WORDS[it.outcome], _time(it), _told(found, it)) for it in found.checks),
        width=width(sys.stdout),
        right=("time",),
        paint=lambda title, text: styled(
            text, "" if title else _STYLES.get(text.strip(), ""), sys.stdout
        ),
    )
    for line in lines:
        answer(line)
    answer("")
    answer(styled(_verdict(found), "bold red" if found.exit_status else "green", sys.stdout))


def ci_markdown(found: Ci) -> str:
    """The same as Markdown, as GitHub shows it beside a run."""
    rows = [
        f"| {it.name} | {_WORDS[it.outcome]} | {_time(it)} | {_cell(_told(found, it))} |"
        for it in found.checks
    ]
    head = [f"### wishkit: {_verdict(found)}", "", "| check | | time | what was found |"]
    lines = [*head, "|---|---|---:|---|", *rows, ""]
    if found.rehearsal:
        lines += ["| migration | forward | backward | again | verify | strongest lock |"]
        lines += ["|---|---|---|---|---|---|"]
        for it in found.rehearsal.migrations:
            lock = f"{it.strongest.mode}: {it.strongest.relation}" if it.strongest else ""
            phases = f"{it.forward} | {it.backward} | {it.again} | {it.verify}"
            lines.append(f"| `{it.id}` | {phases} | {_cell(lock)} |")
        lines.append("")
    if troubles := list(_troubles(found)):
        lines += ["```text", *troubles, "```", ""]
    return "\n".join(lines)


def ci_sheet(found: Ci) -> Sheet:
    """The same for reports: a case for everything that was looked at."""
    lint = lint_sheet(found.lint) if found.lint else Sheet("lint", ())
    cases = list(lint.cases)
    cases += [case for it in _rehearsed(found) for case in _rehearsal_cases(it)]
    cases += [_slow_case(it) for it in found.slow]
    for name, verdicts in _verdicts(found):
        cases += [_verdict_case(name, it) for it in verdicts]
    for it in found.checks:
        if it.error:
            where, help_ = it.error.where, it.error.help
            cases.append(Case(it.name, it.error.code, "failed", it.error.message, help_, where))
        elif it.skipped:
            cases.append(Case(it.name, it.name, "skipped", reason=it.skipped))
        elif it.name in {"seed", "snapshot"}:
            passed = it.outcome == "passed"
            text = "" if passed else _told(found, it)
            outcome: Outcome = "passed" if passed else "failed"
            cases.append(Case(it.name, it.name, outcome, text, seconds=it.seconds))
    return Sheet("ci", tuple(cases), lint.summaries, lint.pages)


def _rehearsed(found: Ci) -> tuple[Rehearsed, ...]:
    return found.rehearsal.migrations if found.rehearsal else ()


def _verdicts(found: Ci) -> Iterator[tuple[Check, tuple[Verdict, ...]]]:
    if found.verification:
        yield "verify", found.verification.verdicts
    if found.smoke:
        yield "smoke", found.smoke.verdicts


def _rehearsal_cases(it: Rehearsed) -> Iterator[Case]:
    if it.proven:
        yield Case(it.path, "rehearse", "passed", seconds=it.seconds)
    for problem in it.problems:
        where = (problem.error.where if problem.error else None) or Location(it.path, 1)
        help_ = "\n".join(problem.details) or (problem.error.help if problem.error else None)
        yield Case(it.path, problem.code, "failed", problem.text, help_, where)


def _slow_case(it: Slow) -> Case:
    outcome: Outcome = "failed" if it.above == "fail" else "warned"
    where = Location(it.path, 1)
    return Case(it.path, _SLOW, outcome, _slow_words(it), where=where, seconds=it.seconds)


def _verdict_case(name: str, it: Verdict) -> Case:
    if it.error is None:
        return Case(f"{name} {it.id}", name, "passed", seconds=it.seconds)
    error = it.error
    return Case(f"{name} {it.id}", name, "failed", error.message, error.help, error.where)


def _told(found: Ci, it: Examined) -> str:
    """What a check found, in a sentence."""
    if it.skipped:
        return it.skipped
    if it.error:
        return it.error.message
    return _SENTENCES[it.name](found)


def _slow_words(it: Slow) -> str:
    """How long, and above what that is."""
    does = "fails" if it.above == "fail" else "warns"
    limit = seconds(it.limit)
    return f"forward took {seconds(it.seconds)}, and {does} above {limit} ([thresholds] duration)"


def _rehearsed_words(found: Ci) -> str:
    text = rehearsal_verdict(found.rehearsal) if found.rehearsal else ""
    return f"{text}; {len(found.slow):,} above [thresholds]" if found.slow else text


def _seeded(found: Ci) -> str:
    rows = sum(it.inserted for it in found.seeded.written) if found.seeded else 0
    return f"{count(rows, 'row')}, and none a second time"


def _schema(found: Ci) -> str:
    if not found.schema:
        return ""
    if found.schema.outcome == "stale":
        return f"{found.schema.path} is not what the migrations make; wishkit snapshot writes it"
    return f"{found.schema.path} is current: {count(found.schema.objects, 'object')}"


_SENTENCES: dict[Check, Callable[[Ci], str]] = {
    "lint": lambda it: verdict(it.lint) if it.lint else "",
    "rehearse": _rehearsed_words,
    "verify": lambda it: sentence(it.verification.verdicts) if it.verification else "",
    "smoke": lambda it: sentence(it.smoke.verdicts) if it.smoke else "",
    "seed": _seeded,
    "snapshot": _schema,
}


def _troubles(found: Ci) -> Iterator[str]:
    """All that is wrong, in full."""
    if found.lint and found.lint.findings:
        yield from lint_text(found.lint, sys.stdout)
        yield ""
    for it in _rehearsed(found):
        for problem in it.problems:
            yield from problem_lines(it, problem)
    for slow in found.slow:
        yield f"{slow.id}: {_SLOW}: {_slow_words(slow)}"
        yield ""
    errors: list[WishkitError] = [it.error for it in found.checks if it.error]
    errors += [it.error for _, verdicts in _verdicts(found) for it in verdicts if it.error]
    for error in errors:
        yield from error_lines(error)
        yield ""
    if found.schema and found.schema.difference:
        yield from found.schema.difference.splitlines()
        yield ""


def _verdict(found: Ci) -> str:
    bad = [it.name for it in found.checks if it.outcome in {"failed", "error"}]
    if bad:
        return f"not ready to be merged: {', '.join(bad)}"
    done = sum(it.outcome == "passed" for it in found.checks)
    return f"ready to be merged: {count(done, 'check')} passed"


def _time(it: Examined) -> str:
    return "" if it.outcome == "skipped" else seconds(it.seconds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
