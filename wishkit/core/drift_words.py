"""A difference between two databases in words, as somebody would say it who has seen both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wishkit.core.schema import OWNER, PUBLIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wishkit.core.schema import Attributes, Change, Identity, Value

# What it means that an attribute is, or is not, set: said of the object itself.
_STATES: dict[str, tuple[str, str]] = {
    "not_null": ("is NOT NULL, expected nullable", "is nullable, expected NOT NULL"),
    "valid": ("is valid, expected INVALID", "is INVALID"),
    "validated": ("is validated, expected NOT VALID", "is NOT VALID"),
    "enforced": ("is enforced, expected NOT ENFORCED", "is NOT ENFORCED"),
    "populated": ("is populated, expected WITH NO DATA", "is not populated"),
    "clustered": ("is what its table is clustered on", "is not what its table is clustered on"),
    "row_security": ("has row security on", "has row security off"),
    "force_row_security": ("forces row security on its owner", "does not force row security"),
}
# Attributes that read better under another name.
_NAMES = {
    "of_type": "type",
    "partition_bound": "bound",
    "foreign_options": "options",
}
# How a trigger, a rule or an event trigger stands.
_ENABLED = {
    None: "is enabled",
    "origin": "is enabled",
    "disabled": "is disabled",
    "replica": "is enabled in replicas only",
    "always": "is always enabled",
}
_SAID_ELSEWHERE = {"of", "position"}  # in the definition; by the order that is told apart
_LABELS = "labels"
_GRANTS = "grants"
_LONGEST = 60  # characters of a value in the middle of a sentence; longer ones are told as such
TOMBSTONE = "(removed) "  # before the name of an enum's value that nobody may write again


def object_words(identity: Identity) -> str:
    """What an object is called: ``column wishlist_items.price``, without the schema public."""
    return f"{identity.kind} {short_name(identity)}".rstrip()


def short_name(identity: Identity) -> str:
    """Its name without the schema public; a function's with its arguments."""
    parts = identity.name
    if len(parts) > 1 and parts[0] == "public":
        parts = parts[1:]
    if identity.kind in {"function", "procedure", "aggregate", "window function"}:
        *parts_, arguments = parts
        return f"{'.'.join(parts_)}({arguments})"
    return ".".join(parts)


def full_name(identity: Identity) -> str:
    """Its whole name, as an entry of [[drift.ignore]] may give it."""
    return ".".join(identity.name)


def definition(attributes: Attributes | None) -> str | None:
    """An object's attributes, a line each, its definition first; None for none."""
    if attributes is None:
        return None
    lines = [str(attributes["definition"])] if attributes.get("definition") is not None else []
    told = sorted(attributes.keys() - {"definition", *_SAID_ELSEWHERE})
    lines += [f"{_name(it)}: {value_words(attributes[it])}" for it in told]
    return "\n".join(lines)


def change_words(change: Change, *, owner: Value = None) -> tuple[str, ...]:  # noqa: PLR0911
    """One attribute that differs, in one sentence or several, without a subject or with its own.

    Args:
        change: which, and how.
        owner: whose the object is now; grants to its owner say nothing.
    """
    name, expected, actual = change.attribute, change.expected, change.actual
    if name == _LABELS:
        return (_labels(_texts(expected), _texts(actual)),)
    if name == _GRANTS:
        return tuple(_grants(expected, actual, owner))
    if name == "enabled" and isinstance(actual, str | None) and actual in _ENABLED:
        return (_ENABLED[actual],)
    if name in _STATES and isinstance(expected, bool | None) and isinstance(actual, bool | None):
        # None is the default, and the other side says which that is not.
        now = actual if actual is not None else not expected
        return (_STATES[name][0 if now else 1],)
    if isinstance(actual, str) and isinstance(expected, str) and len(actual) > _LONGEST:
        return (f"{_name(name)} is another one",)
    wanted = value_words(expected)
    if actual is None:
        return (f"has no {_name(name)}, expected {wanted}",)
    return (f"{_name(name)} is {value_words(actual)}, expected {wanted}",)


def sentence(subject: str, changes: Iterable[str]) -> str:
    """All that is to be said of an object: ``index idx_x is INVALID``."""
    first, *others = changes
    own = first.split(" ", 1)[0] in {"is", "has", "lacks", "forces", "does"}
    text = f"{subject}{' ' if own else ': '}{first}"
    return "; ".join([text, *others])


def value_words(value: Value) -> str:
    """A value as it is read: lists with commas, nothing as ``none``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(
            " ".join(map(value_words, it)) if isinstance(it, tuple) else value_words(it)
            for it in value
        )
    return _role(value) if isinstance(value, str) else str(value)


def _labels(expected: list[str], actual: list[str]) -> str:
    lacks = [it for it in expected if it not in actual]
    more = [it for it in actual if it not in expected]
    parts = []
    if lacks:
        parts.append(f"lacks {_quoted(lacks)}")
    if more:
        parts.append(f"has {_quoted(more)}, which no migration added")
    if [it for it in expected if it in actual] != [it for it in actual if it in expected]:
        parts.append(f"is in another order: {', '.join(actual)}; expected {', '.join(expected)}")
    return " and ".join(parts)


def _grants(expected: Value, actual: Value, owner: Value) -> Iterator[str]:
    """What each role may no longer do, and what it may besides, each in one sentence."""
    before, now = _privileges(expected), _privileges(actual)
    changed: dict[tuple[str, str], list[str]] = {}
    for who, privilege in sorted(before.keys() | now.keys()):
        was, is_ = before.get((who, privilege)), now.get((who, privilege))
        if was != is_ and who != owner:
            words = _GRANTED[_may(was, other=is_), _may(is_, other=was)]
            changed.setdefault((_role(who), words), []).append(privilege)
    for (who, words), privileges in changed.items():
        yield f"{who} {words.format(_and(privileges))}"


_May = Literal["may", "may not", "may pass on"]
_GRANTED: dict[tuple[_May, _May], str] = {
    ("may", "may not"): "may no longer {}",
    ("may pass on", "may not"): "may no longer {}",
    ("may pass on", "may"): "may no longer grant {} to others",
    ("may not", "may"): "may {}, which no migration granted",
    ("may not", "may pass on"): "may {} and grant that to others, which no migration granted",
    ("may", "may pass on"): "may grant {} to others, which no migration granted",
}


def _may(grantable: str | None, *, other: str | None) -> _May:
    """What an entry comes to; without one the built-in default holds, which the other side tells.

    An empty one says that something was taken away that the default gives.
    """
    if grantable == "true":
        return "may pass on"
    return "may" if grantable == "false" or (grantable is None and other == "") else "may not"


def _privileges(grants: Value) -> dict[tuple[str, str], str]:
    """By grantee and privilege, whether it may be passed on."""
    entries = grants if isinstance(grants, tuple) else ()
    return {
        (str(it[0]), str(it[1])): "" if it[2] is None else str(it[2]).lower()
        for it in entries
        if isinstance(it, tuple) and it[2:]
    }


def _role(name: str) -> str:
    return {OWNER: "the owner", PUBLIC: "everybody"}.get(name, name)


def _name(attribute: str) -> str:
    return _NAMES.get(attribute, attribute.replace("_", " "))


def _texts(value: Value) -> list[str]:
    return [str(it) for it in value] if isinstance(value, tuple) else []


def _quoted(labels: list[str]) -> str:
    return _and([f'"{it}"' for it in labels])


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
