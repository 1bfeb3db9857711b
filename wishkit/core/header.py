"""The comment block a migration file opens with: one line of summary, then directives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.core.script import Script

Phase = Literal["expand", "contract"]

FORWARD_KEYS = ("depends", "transactional", "batch", "irreversible", "allow", "phase")
BACKWARD_KEYS = ("transactional", "batch", "allow")
_COMMENT = re.compile(rb"[ \t]*--[ \t]*(.*)")
# What is meant as a directive, but stands where only a comment can be.
_BELOW = re.compile(
    rb"\n--[ \t]*(?:(transactional)[ \t]*:[ \t]*(?:true|false)"
    rb"|(phase)[ \t]*:[ \t]*(?:expand|contract)"
    rb"|(batch)[ \t]*:[ \t]*\S+[ \t]+\d+"
    rb"|(depends)[ \t]*:[ \t]*\d{4}_\w+(?:[ \t]+\d{4}_\w+)*)[ \t]*(?=\n|\Z)"
)
_DIRECTIVE = re.compile(r"([A-Za-z][A-Za-z_-]*)[ \t]*:(?!:)[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class Allow:
    """An exception from one lint rule.

    Attributes:
        rule: its name.
        reason: why, in the words of the file.
    """

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batched:
    """That the one statement of a file is run in batches.

    Attributes:
        key: the column whose values tell one batch from the next; unquoted.
        rows: how many rows a batch has at most.
    """

    key: str
    rows: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about itself.

    Attributes:
        summary: the first comment line; empty when there is none.
        depends: ids of migrations that must be applied before.
        transactional: as the directive says; None when the file is silent.
        batch: how it runs in batches; None when it does not.
        irreversible: why there is no way back; None when there is one.
        phase: half of an expand/contract pair.
        allow: exceptions from lint rules.
    """

    summary: str = ""
    depends: tuple[str, ...] = ()
    transactional: bool | None = None
    batch: Batched | None = None
    irreversible: str | None = None
    phase: Phase | None = None
    allow: tuple[Allow, ...] = ()


def parse_header(script: Script, *, backward: bool = False) -> Header:
    """Read the leading comment lines.

    A known key is a directive wherever it stands among them (as it is for yoyo). An unknown one
    is an error where directives are expected, directly behind the summary; further down, in the
    prose, only when it looks like a slip of the pen.

    Raises:
        MigrationFileError: ``unknown-directive``, ``directive-value``, ``directive-twice`` or
            ``directive-misplaced``.
    """
    summary = ""
    values: dict[str, list[tuple[str, int]]] = {}
    in_directives = True
    offset = 0
    lines_seen = 0
    while offset < len(script.source):
        end = script.source.find(b"\n", offset)
        end = len(script.source) if end < 0 else end
        line = script.source[offset:end]
        comment = _COMMENT.match(line)
        if line.strip() and not comment:
            break
        text = comment.group(1).decode(errors="replace").strip() if comment else ""
        directive = _DIRECTIVE.fullmatch(text)
        if directive and (key := _known(script, directive, offset, in_directives, lines_seen)):
            values.setdefault(key, []).append((directive.group(2).strip(), offset))
        elif text and not lines_seen:
            summary = text
        elif not directive:
            in_directives = False
        lines_seen += bool(text)
        offset = end + 1
    if late := _BELOW.search(script.source, offset):
        key = late.group(late.lastindex or 0).decode()
        raise MigrationFileError(
            f'"{key}" stands below the first statement, where it would be a mere comment',
            code="directive-misplaced",
            where=script.locate(*late.span(late.lastindex or 0)),
            help="move it up, below the summary; if it is prose, indent the line",
        )
    return _header(script, summary, values, backward=backward)


def _known(
    script: Script,
    directive: re.Match[str],
    offset: int,
    in_directives: bool,  # noqa: FBT001 - private, one caller
    lines_seen: int,
) -> str | None:
    """The directive's key; None when the line is prose."""
    key = directive.group(1)
    if key in FORWARD_KEYS:
        return key
    from difflib import get_close_matches  # noqa: PLC0415 - only for lines that look wrong

    close = get_close_matches(key.lower(), FORWARD_KEYS, n=1, cutoff=0.75)
    expected_here = in_directives and lines_seen > 0 and key.islower()
    if not close and not expected_here:
        return None
    raise MigrationFileError(
        f'unknown directive "{key}"',
        code="unknown-directive",
        where=script.locate(*_span(script, offset, key)),
        help=f'perhaps you meant "{close[0]}"'
        if close
        else f"known are {', '.join(FORWARD_KEYS)}; for prose, leave a line with only -- before it",
    )


def _span(script: Script, offset: int, word: str) -> tuple[int, int]:
    start = script.source.find(word.encode(), offset)
    return start, start + len(word.encode())


def _header(
    script: Script, summary: str, values: dict[str, list[tuple[str, int]]], *, backward: bool
) -> Header:
    def refuse(message: str, offset: int, word: str, help_: str, *, code: str) -> NoReturn:
        where = script.locate(*_span(script, offset, word))
        raise MigrationFileError(message, code=code, where=where, help=help_)

    for key, given in values.items():
        if backward and key not in BACKWARD_KEYS:
            help_ = f"a backward file knows {', '.join(BACKWARD_KEYS)}"
            message = f'"{key}" belongs into the forward file'
            refuse(message, given[0][1], key, help_, code="directive-misplaced")
        if len(given) > 1 and key not in {"depends", "allow"}:
            refuse(f'"{key}" is given twice', given[1][1], key, "keep one", code="directive-twice")
        for value, offset in given:
            if problem := _VALUES[key](value):
                help_ = f"for example: {_EXAMPLES[key]}"
                refuse(f'"{key}" {problem}', offset, key, help_, code="directive-value")

    first = {key: given[0][0] for key, given in values.items()}
    transactional = first.get("transactional")
    phase = first.get("phase")
    allows = (value.split(None, 1) for value, _ in values.get("allow", ()))
    return Header(
        summary=summary,
        depends=tuple(id_ for value, _ in values.get("depends", ()) for id_ in value.split()),
        transactional=None if transactional is None else transactional.lower() == "true",
        batch=_batched(first["batch"]) if "batch" in first else None,
        irreversible=first.get("irreversible"),
        phase="expand" if phase == "expand" else "contract" if phase == "contract" else None,
        allow=tuple(Allow(rule, reason) for rule, reason in allows),
    )


_KEY_AND_ROWS = re.compile(r'(?:"((?:[^"]|"")+)"|([^\W\d][\w$]*))[ \t]+([1-9]\d{0,8})')


def _batched(value: str) -> Batched | None:
    found = _KEY_AND_ROWS.fullmatch(value)
    if not found:
        return None
    quoted, plain, rows = found.groups()
    return Batched(quoted.replace('""', '"') if quoted else plain.lower(), int(rows))


def _not_batched(value: str) -> str | None:
    if _batched(value):
        return None
    if "," in value:
        return (
            "goes by one column; of a composite key name the leading one, which its index sorts by"
        )
    return f'must be a key column and how many rows a batch has, not "{value}"'


# One check a directive: None when the value is understood, else what is wrong with it.
_VALUES: dict[str, Callable[[str], str | None]] = {
    "depends": lambda v: None if v else "names no migration",
    "transactional": lambda v: (
        None if v.lower() in {"true", "false"} else f'must be true or false, not "{v}"'
    ),
    "batch": _not_batched,
    "irreversible": lambda v: None if v else "needs a reason",
    "allow": lambda v: None if len(v.split(None, 1)) > 1 else "needs a rule and a reason",
    "phase": lambda v: (
        None if v in {"expand", "contract"} else f'must be expand or contract, not "{v}"'
    ),
}
_EXAMPLES = {
    "depends": "-- depends: 0006_validate_set_images_foreign_key",
    "transactional": "-- transactional: false",
    "batch": "-- batch: id 1000",
    "irreversible": "-- irreversible: the old passwords cannot be computed from their hashes",
    "allow": "-- allow: drop-column nothing reads it since release 4.2",
    "phase": "-- phase: expand",
}
