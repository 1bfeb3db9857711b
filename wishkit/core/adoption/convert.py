"""From another tool's history to pairs of ours: numbers, headers, texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import Trouble
from wishkit.core.adoption.text import convert as convert_text
from wishkit.core.header import FORWARD_KEYS, parse_header
from wishkit.core.migration import BACKWARD_SUFFIX, nearest_name
from wishkit.core.script import Script
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.core.adoption.model import History, Original
    from wishkit.core.adoption.text import Text
    from wishkit.core.migration import Migration

_ORIGIN = re.compile(rb"^--[ \t]*converted from ([\w-]+): (.+?)[ \t]*$", re.MULTILINE)
_LEADING = re.compile(rb"\A(?:[ \t]*(?:--[^\n]*)?\n)*")
_LIKE_DIRECTIVE = re.compile(
    rb"^([ \t]*--[ \t]*)(?=([A-Za-z][A-Za-z_-]*)[ \t]*:(?!:))", re.MULTILINE
)
_NOTHING = b"SELECT;  -- nothing to do\n"
LAST_NUMBER = 9999


@dataclass(frozen=True, slots=True)
class Converted:
    """A pair of ours, made of one migration of the other tool.

    Attributes:
        original: what it was made of.
        id: what it is called from now on.
        files: texts by name: the pair, and ``verify/…`` where there is something to verify; none
            where no pair could be made.
        kept: it was converted before, and stands as it is in sql/migrations.
        transactional: whether it runs as one transaction.
        irreversible: why there is no way back; empty if there is one.
        notes: what is to be known of it.
    """

    original: Original
    id: str
    files: Mapping[str, bytes]
    kept: bool = False
    transactional: bool = True
    irreversible: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A whole history.

    Attributes:
        pairs: in their order; what is applied comes first.
        troubles: what keeps it from being done.
        notes: what is to be known.
    """

    pairs: tuple[Converted, ...]
    troubles: tuple[Trouble, ...]
    notes: tuple[str, ...]


def convert(
    history: History, tool: str, existing: Sequence[Migration], values: Mapping[str, str]
) -> Conversion:
    """Make a whole history ours.

    Args:
        history: of the other tool.
        tool: its name.
        existing: what is in sql/migrations already; what was converted before stays as it is there.
        values: what placeholders stand for.
    """
    before = {name: it for it in existing if (name := origin(it, tool)) is not None}
    native = {it.id: it for it in existing}
    order = sorted(history.originals, key=lambda it: not it.applied)
    notes = list(history.notes)
    if order != list(history.originals):
        notes.append("what is not applied yet comes behind what is, in the order it has there")
    number = max((int(it.number) for it in existing), default=0) + 1
    pairs, troubles = [], list(history.troubles)
    for original in order:
        kept = before.get(original.name) or (native.get(original.name) if original.native else None)
        if kept:
            pairs.append(_kept(original, kept))
            continue
        if original.native:
            pairs.append(_native(original))
            continue
        if number > LAST_NUMBER:
            troubles.append(Trouble(f"there is no number left for {original.name}"))
            break
        id_ = f"{number:04}_{nearest_name(original.title) or 'step'}"
        number += 1
        pair, faults = _Pair(original, id_, tool, values).made()
        troubles += faults
        pairs.append(pair)
    pairs.sort(key=lambda it: it.id)
    notes += [f"{it.id}: {note}" for it in pairs for note in it.notes]
    return Conversion(tuple(pairs), tuple(troubles), tuple(notes))


def origin(migration: Migration, tool: str) -> str | None:
    """What a migration was called by the tool that it was converted from."""
    leading = _LEADING.match(migration.forward.source)
    found = _ORIGIN.search(leading.group() if leading else b"")
    if not found or found[1].decode() != tool:
        return None
    return found[2].decode(errors="replace")


def _kept(original: Original, migration: Migration) -> Converted:
    files = {f"{migration.id}.sql": migration.forward.source}
    if migration.backward:
        files[migration.id + BACKWARD_SUFFIX] = migration.backward.source
    try:
        transactional = migration.transactional("forward")
        why = migration.header.irreversible or ""
    except MigrationFileError:
        transactional, why = True, ""  # it is told when its text is checked
    return Converted(original, migration.id, files, True, transactional, why)  # noqa: FBT003


def _native(original: Original) -> Converted:
    files = {f"{original.name}.sql": original.forward.source}
    if original.backward:
        files[original.name + BACKWARD_SUFFIX] = original.backward.source
    return Converted(
        original, original.name, files, transactional=original.transactional is not False
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    original: Original
    id: str
    tool: str
    values: Mapping[str, str]

    def made(self) -> tuple[Converted, list[Trouble]]:
        original = self.original
        if original.troubles:
            return Converted(original, self.id, {}), list(original.troubles)
        forward = self._text(original.forward)
        backward = self._text(original.backward) if original.backward else None
        verify = self._text(original.verify, verify=True) if original.verify else None
        texts = [it for it in (forward, backward, verify) if it]
        troubles = [trouble for it in texts for trouble in it.troubles]
        alone = forward.alone or original.transactional is False
        back_alone = backward is not None and (
            backward.alone or (original.transactional is False and not backward.empty)
        )
        why = "" if backward else original.irreversible
        files = {f"{self.id}.sql": self._forward(forward, why, alone=alone)}
        if backward:
            name = self.id + BACKWARD_SUFFIX
            files[name] = self._backward(backward, alone=back_alone, differs=back_alone != alone)
        if verify:
            head = f"-- {self._summary()}\n-- {self._origin()}\n\n"
            files[f"verify/{self.id}.sql"] = head.encode() + verify.sql
        if not troubles:
            troubles += self._faults(files)
        notes = []
        if forward.several or (backward and backward.several):
            notes.append(
                "held several transactions; now it runs statement by statement, each kept in the "
                "journal"
            )
        pair = Converted(original, self.id, files, False, not alone, why, tuple(notes))  # noqa: FBT003
        return pair, troubles

    def _text(self, script: Script, *, verify: bool = False) -> Text:
        return convert_text(
            script, variable=self.original.variable, values=self.values, verify=verify
        )

    def _summary(self) -> str:
        return self.id[5:].replace("_", " ")

    def _origin(self) -> str:
        return f"converted from {self.tool}: {self.original.name}"

    def _forward(self, text: Text, why: str, *, alone: bool) -> bytes:
        head = [f"-- {self._summary()}"]
        head += ["-- transactional: false"] if alone else []
        head += [f"-- irreversible: {why}"] if why else []
        head += [f"-- {self._origin()}", "", ""]
        return "\n".join(head).encode() + _body(text)

    def _backward(self, text: Text, *, alone: bool, differs: bool) -> bytes:
        head = [f"-- undo: {self._summary()}"]
        head += [f"-- transactional: {'false' if alone else 'true'}"] if differs else []
        head += ["", ""]
        return "\n".join(head).encode() + _body(text)

    def _faults(self, files: Mapping[str, bytes]) -> Iterator[Trouble]:
        """What is wrong with a header only as a whole."""
        for name, text in files.items():
            if name.startswith("verify/"):
                continue
            script = Script(self.original.name, text)
            try:
                parse_header(script, backward=name.endswith(BACKWARD_SUFFIX))
            except MigrationFileError as error:
                yield Trouble(f"{self.original.name}: {error.message}", None, error.help)


def _body(text: Text) -> bytes:
    """The SQL, with comments that would be read as directives made mere comments."""
    sql = text.sql.lstrip(b"\n") + (_NOTHING if text.empty else b"")
    leading = _LEADING.match(sql)
    length = leading.end() if leading else 0
    return _LIKE_DIRECTIVE.sub(_quoted, sql[:length]) + sql[length:]


def _quoted(found: re.Match[bytes]) -> bytes:
    key = found[2].decode().lower()
    near = get_close_matches(key, FORWARD_KEYS, n=1, cutoff=0.75)
    return found[1] + (b"| " if near else b"")
