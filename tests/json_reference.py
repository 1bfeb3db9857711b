"""The reference of docs/json.md, made from the dataclasses that the commands return."""

from __future__ import annotations

import inspect
import re
import types
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from wishkit.core import events
from wishkit.errors import Location, WishkitError
from wishkit.interface.json_log import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# What each command with --json returns.
RESULTS = {
    "migrate": "report.Report",
    "rollback": "report.Report",
    "status": "status.Status",
    "running": "live.Seen",
    "verify": "probes.Verification",
    "smoke": "probes.Smoke",
    "seed": "seed.Seeded",
    "check": "checked.Check",
    "lint": "lint.Lint",
    "plan": "plan.Plan",
    "ci": "ci.Ci",
    "rehearse": "rehearse.Rehearsing",
    "show": "show.Shown",
    "history": "history.History",
    "stats": "stats.Stats",
    "mark": "mark.Marked",
    "unmark": "mark.Marked",
    "approvers": "approvals.Approvers",
    "request": "requests.Standing",
    "requests": "requests.Requests",
    "approve": "requests.Standing",
    "reject": "requests.Standing",
    "ledger verify": "verify_ledger.VerifiedLedger",
    "ledger review": "review.Review",
    "promote": "promote.Promotion",
    "env list": "environments.Environments",
    "env check": "environments.Examination",
    "snapshot": "snapshot.SchemaFile",
    "backup create": "backup.MadeBackup",
    "backup verify": "backup_verify.VerifiedBackup",
    "backup record": "backup_record.RecordedBackup",
    "backup list": "backup.Backups",
    "new": "new.Created",
    "adopt": "adoption.result.Adoption",
    "init": "init.Project",
    "audit on": "audit.Audit",
    "audit off": "audit.Audit",
    "audit show": "audit.Audit",
    "db start": "database.ServerStatus",
    "db stop": "database.ServerStatus",
    "db status": "database.ServerStatus",
}
# What the same command returns with another option.
WITH_OPTIONS = {
    "status --all": "matrix.Matrix",
    "lint --rules": "lint.Rules",
    "check --sql": "remedy.Mended",
    "check --adopt": "remedy.Adopted",
}
_ALL = {**RESULTS, **WITH_OPTIONS}
# Annotations name some types that are imported for the type checker only.
_MODULES = (
    "wishkit.commands.check",
    "wishkit.commands.drifting",
    "wishkit.commands.history",
    "wishkit.commands.requests",
    "wishkit.commands.status",
    "wishkit.errors",
    "wishkit.config.rules",
    "wishkit.core.approval",
    "wishkit.core.drift",
    "wishkit.core.drift_origin",
    "wishkit.core.evidence",
    "wishkit.core.gate",
    "wishkit.core.hazards.model",
    "wishkit.core.header",
    "wishkit.core.lint.model",
    "wishkit.core.picture",
    "wishkit.core.manifest",
    "wishkit.core.migration",
    "wishkit.core.outline",
    "wishkit.core.pool_advice",
    "wishkit.core.pools",
    "wishkit.core.rehearsal",
    "wishkit.core.probes",
    "wishkit.core.remedy",
    "wishkit.core.risk",
    "wishkit.core.stakes",
    "wishkit.core.state",
    "wishkit.core.timing",
    "wishkit.core.expected",
    "wishkit.core.ranking",
    "wishkit.postgres.audit",
    "wishkit.postgres.environment",
    "wishkit.postgres.promotions",
    "wishkit.commands.promotion_hooks",
    "wishkit.commands.report",
    "wishkit.commands.probes",
    "wishkit.postgres.seed",
    "wishkit.postgres.server",
)
_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "text (a path)",
    datetime: "text (a time)",
}
# The two whose fields are not those of their class; see interface/json.py.
_ERROR = {
    "code": ("text", "the case, as docs/errors.md lists it."),
    "message": ("text", "one sentence."),
    "exit_status": ("whole number", "of the command."),
    "where": ("Location or null", "the place in a file that is to blame."),
    "help": ("text or null", "what to do next."),
    "state": ("text or null", "what state the database is in now."),
    "notes": ("list of text", "further facts."),
}
_LOCATION = ("path", "line", "column")


def result_type(command: str) -> type:
    """The dataclass a command returns."""
    module, _, name = _ALL[command].rpartition(".")
    names = {**vars(import_module("wishkit.postgres.server"))}
    found: type = vars(import_module(f"wishkit.commands.{module}")).get(name) or names[name]
    return found


def log_reference() -> str:
    """Markdown: every line of a log, by its event."""
    parts = [_section(kind, name_of(kind)) for kind in get_args(events.Event)]
    return "\n\n".join([*parts, _section(events.Blocker)])


def reference() -> str:
    """Markdown: the commands, and below them every object with its fields."""
    rows = [f"| `wishkit {c} --json` | {_link(result_type(c).__name__)} |" for c in _ALL]
    parts = ["| command | result |\n|---|---|\n" + "\n".join(rows)]
    seen: list[type] = []
    waiting: list[type] = [result_type(command) for command in _ALL]
    while waiting:
        kind = waiting.pop(0)
        if kind not in seen:
            seen.append(kind)
            waiting += [it for _, hint, _ in _fields(kind) for it in _inside(hint)]
    parts += [_section(kind) for kind in sorted(seen, key=_name)]
    return "\n\n".join(parts)


def _section(kind: type, name: str | None = None) -> str:
    rows = [f"| `{name}` | {_written(hint)} | {what} |" for name, hint, what in _fields(kind)]
    if issubclass(kind, WishkitError):
        rows = [f"| `{name}` | {_linked(of)} | {what} |" for name, (of, what) in _ERROR.items()]
        summary = "An error; its fields never change, its sentences may."
    else:
        summary = _plainly((inspect.getdoc(kind) or "").splitlines()[0])
    head = f"### {name or _name(kind)}\n\n{summary}\n\n| field | type | |\n|---|---|---|\n"
    return head + "\n".join(rows)


def _fields(kind: Any) -> Iterator[tuple[str, Any, str]]:  # noqa: ANN401 - a dataclass
    """Name, type and description of each field."""
    if issubclass(kind, WishkitError):
        yield "where", Location, ""
        return
    names = {k: v for module in _MODULES for k, v in vars(import_module(module)).items()}
    hints = get_type_hints(kind, localns={**names, "datetime": datetime, "Path": Path})
    told = _told(kind)
    for field in fields(kind):
        if kind is not Location or field.name in _LOCATION:
            yield field.name, hints[field.name], told.get(field.name, "")


def _told(kind: type) -> dict[str, str]:
    """The Attributes section of a docstring."""
    section = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE)
    return {name: _plainly(text) for name, text in found}


def _plainly(text: str) -> str:
    """Python's words in JSON's."""
    words = " ".join(text.replace("``", "`").split())
    for python, json in (("None", "null"), ("True", "true"), ("False", "false")):
        words = re.sub(rf"\b{python}\b", json, words)
    return words


def _inside(hint: Any) -> Iterator[type]:  # noqa: ANN401 - any annotation
    if is_dataclass(hint) or (inspect.isclass(hint) and issubclass(hint, WishkitError)):
        yield hint  # type: ignore[misc]
    for argument in get_args(hint) if get_origin(hint) is not Literal else ():
        yield from _inside(argument)


def _written(hint: Any) -> str:  # noqa: ANN401, PLR0911 - any annotation, one line a kind
    if hint in _PLAIN:
        return _PLAIN[hint]
    arguments = get_args(hint)
    origin = get_origin(hint)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in {Union, types.UnionType}:
        return " or ".join("null" if it is type(None) else _written(it) for it in arguments)
    if origin is tuple:
        return f"list of {_written(arguments[0])}"
    if origin is dict:
        return f"object: {_written(arguments[0])} to {_written(arguments[1])}"
    if issubclass(hint, StrEnum):
        return " or ".join(f"`{value}`" for value in hint)
    return _link(_name(hint))


def _name(kind: type) -> str:
    return "Error" if issubclass(kind, WishkitError) else kind.__name__


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _linked(text: str) -> str:
    return text.replace("Location", _link("Location"))
