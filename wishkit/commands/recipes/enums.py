"""Enums: a value more, a value less, another name for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.commands.recipes.draft import Draft
from wishkit.core.request import closest, literal, words_of

if TYPE_CHECKING:
    from wishkit.core.request import Request
    from wishkit.errors import UsageError
    from wishkit.postgres.trial import Enum, Trial


def add(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """A value more: ``TYPE LABEL``, at the end or beside a neighbour.

    Raises:
        UsageError: there is no such type or neighbour, or the label is there already.
    """
    written, label = _words(request, 2, "a type and a label")
    enum = trial.enum(written)
    if label in enum.labels:
        raise _refused(request, enum, f'{enum.name} has "{label}" already', code="label-exists")
    place = ""
    if request.place:
        side, neighbour = request.place
        _known(request, enum, neighbour)
        place = f" {side} {literal(neighbour)}"
    return (_draft(trial, enum, "add", label, {"place": place}),)


def remove(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """A value less: ``TYPE LABEL``.

    Raises:
        UsageError: there is no such type or label.
    """
    written, label = _words(request, 2, "a type and a label")
    enum = trial.enum(written)
    _known(request, enum, label)
    if f"(removed) {label}" in enum.labels:
        message = f'{enum.name} has had "{label}" removed before'
        raise _refused(request, enum, message, code="label-exists")
    return (_draft(trial, enum, "remove", label, {}),)


def rename(trial: Trial, request: Request) -> tuple[Draft, ...]:
    """Another name for a value: ``TYPE OLD NEW``.

    Raises:
        UsageError: there is no such type or label, or the new one is there already.
    """
    written, old, new = _words(request, 3, "a type, a label and its new name")
    enum = trial.enum(written)
    _known(request, enum, old)
    if new in enum.labels:
        raise _refused(request, enum, f'{enum.name} has "{new}" already', code="label-exists")
    return (_draft(trial, enum, "rename", old, {"new_label": literal(new)}),)


def _words(request: Request, count: int, what: str) -> list[str]:
    """The words, also where all are given as one."""
    words = request.text.split() if len(request.words) == 1 else list(request.words)
    if len(words) != count or not all(words):
        raise request.refusal(
            f'{request.option} takes {what}, each a word of its own, not "{request.text}"'
        )
    return words


def _known(request: Request, enum: Enum, label: str) -> None:
    if label not in enum.labels:
        raise _refused(
            request,
            enum,
            f'{enum.name} has no "{label}"',
            code="unknown-label",
            suggestion=closest(label, enum.labels),
        )


def _refused(
    request: Request, enum: Enum, message: str, *, code: str, suggestion: str = ""
) -> UsageError:
    return request.refusal(
        message, code=code, help_=f"{suggestion}{enum.name}: {', '.join(enum.labels)}"
    )


def _draft(trial: Trial, enum: Enum, what: str, label: str, more: dict[str, str]) -> Draft:
    values = {
        "type": enum.name,
        "type_text": literal(enum.name),
        "label": literal(label),
        "removed": literal(f"(removed) {label}"),
        **more,
    }
    uses = tuple(
        {
            "table": table,
            "table_text": literal(table),
            "column": column,
            "column_text": literal(bare),
            "constraint": trial.free(trial.table(table), f"{words_of([table, bare])[:50]}_unused"),
        }
        for table, column, bare in enum.columns
    )
    return Draft(words_of([what, enum.name, label]), f"enum_{what}", values, uses=uses)
