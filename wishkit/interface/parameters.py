"""What a command takes: declared without typer, and read without it where the line is plain.

Typer needs a tenth of a second to be imported and, from 0.29 on, more than another one for
pydantic as soon as a command has an option with a value. Somebody who asks for help or made a
mistake does not notice; a command with nothing to do would take twice as long. So options are
declared here, `application` hands them to typer for help, completion and complaints, and a line
that is plain (options spelled out, nothing left to complain about) is read here. A test holds the
two against each other.
"""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Argument:
    """A positional argument; stands in ``Annotated``, as typer's own would.

    Args:
        metavar: what stands for the value in help; it also decides what a shell offers for it, see
            `complete`.
        help: one line, or two.
    """

    names: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        help: str,  # noqa: A002 - typer's word
        metavar: str | None = None,
    ) -> None:
        self.metavar = metavar
        self.help = help


class Option(Argument):
    """An option; ``"--this/--no-this"`` names both sides of a flag.

    Args:
        *names: all its spellings.
        metavar: what stands for the value in help; it also decides what a shell offers for it, see
            `complete`.
        help: one line, or two.
    """

    def __init__(
        self,
        *names: str,
        help: str,  # noqa: A002 - typer's word
        metavar: str | None = None,
    ) -> None:
        super().__init__(help=help, metavar=metavar)
        self.names = names


def parameters(function: Callable[..., Any]) -> dict[str, tuple[Any, Argument]]:
    """The type and the declaration of each parameter of a command."""
    hints = get_type_hints(function, include_extras=True)
    return {name: get_args(hint)[:2] for name, hint in hints.items() if name != "return"}


def read_plain(function: Callable[..., Any], words: Sequence[str]) -> dict[str, Any] | None:
    """The values that a line gives to the parameters of a command.

    Returns:
        None for what is not plain and left to typer: a request for help, a mistake, ``--``, short
        options that are joined.
    """
    try:
        spellings, places = _accepted(function)
        values: dict[str, Any] = {}
        rest: list[str] = []
        remaining = iter(words)
        for word in remaining:
            if word.startswith("-"):
                name, value = _option(spellings, word, remaining)
                values[name] = value
            else:
                rest.append(word)
        optional = function.__kwdefaults__ or {}
        if len(rest) < sum(it.name not in optional for it in places):
            return None
        if rest and len(places) == 1 and places[0].many:
            values[places[0].name] = rest
        elif len(rest) > len(places) or any(it.many for it in places[1:]):
            return None
        else:
            values |= {it.name: word for it, word in zip(places, rest, strict=False)}
    except _NotPlainError:
        return None
    return values


class _NotPlainError(Exception):
    pass


class _Parameter(NamedTuple):
    name: str
    kind: type
    many: bool
    state: bool = True


def _accepted(function: Callable[..., Any]) -> tuple[dict[str, _Parameter], list[_Parameter]]:
    """What each spelling of an option stands for, and what takes the words that are none."""
    spellings: dict[str, _Parameter] = {}
    places: list[_Parameter] = []
    for name, (hint, declared) in parameters(function).items():
        kinds = [kind for kind in (get_args(hint) or [hint]) if kind is not NoneType]
        many = get_origin(hint) is list or get_origin(kinds[0]) is list
        kind = (get_args(kinds[0]) or kinds)[0]
        if kind not in {bool, str, int} or not isinstance(declared, Argument):
            raise _NotPlainError
        if not isinstance(declared, Option):
            places.append(_Parameter(name, kind, many))
        for pair in declared.names:
            for spelling, state in zip(pair.split("/"), (True, False), strict=False):
                spellings[spelling] = _Parameter(name, kind, many, state)
    return spellings, places


def _option(
    spellings: dict[str, _Parameter], word: str, remaining: Iterator[str]
) -> tuple[str, object]:
    spelling, equals, value = word.partition("=")
    if spelling not in spellings or (equals and not spelling.startswith("--")):
        raise _NotPlainError
    parameter = spellings[spelling]
    if parameter.kind is bool and not equals:
        return parameter.name, parameter.state
    if not equals:
        value = next(remaining, "-")
    number = value.isascii() and value.isdecimal()
    if (
        parameter.many
        or parameter.kind is bool
        or (parameter.kind is int and not number)
        or (value.startswith("-") and not equals)
    ):
        raise _NotPlainError
    return parameter.name, parameter.kind(value)
