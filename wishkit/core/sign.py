"""What a run says of itself in its sessions' ``application_name``, for who looks from elsewhere.

The ledger's rows of a transactional migration are not to be seen until it commits, but the name of
a session is, by everybody, at once. A name has at most 63 bytes of printable ASCII, so this is as
short as can be while a person who looks into pg_stat_activity still understands it:

    wishkit migrate (ann@build-7, process 4711)                 connected, nothing begun
    wishkit migrate waits (ann@build-7, process 4711)           another run has the lock
    wishkit migrate 3/5 0007_add_wishlist 2/14                  third of five, statement 2 of 14
    wishkit rollback 1/1 <0007_add_wishlist 1-3/3               backward; one message of three
    wishkit migrate 4/5 0012_fill_slugs 1/1 of 120000           how much there is to do
    wishkit migrate 5/5 0010_index_rec~ 1/2 waits 812:16402,77  without queueing, for process 812,
                                                                which holds relation 16402, and 77

Manual: pg_stat_activity; NAMEDATALEN; 19.8.2, application_name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wishkit.core.migration import Direction

LONGEST = 63  # bytes; the server cuts what is longer
PREFIX = "wishkit "
_CUT = "~"  # ends an id that did not fit; no id holds one
_NUMBER = 4  # characters of an id that tell it from all others


@dataclass(frozen=True, slots=True)
class Caller:
    """Who connected, before anything is run.

    Attributes:
        verb: what was asked.
        who: login name and machine, ``ann@build-7``; may have been cut.
        process: on that machine; None where it was cut off.
        waits: another run has the lock, and this one asks for it again and again.
    """

    verb: str
    who: str
    process: int | None = None
    waits: bool = False

    def __str__(self) -> str:
        waits = " waits" if self.waits else ""
        process = "" if self.process is None else f", process {self.process}"
        return _plain(f"{PREFIX}{self.verb}{waits} ({self.who}{process})")[:LONGEST]


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody whom a run waits for.

    Attributes:
        pid: server process; 0 for a prepared transaction.
        relation: OID of what it holds; None where that is not known or did not fit.
    """

    pid: int
    relation: int | None = None

    def __str__(self) -> str:
        return f"{self.pid}" if self.relation is None else f"{self.pid}:{self.relation}"


@dataclass(frozen=True, slots=True)
class Sign:
    """Where a run is.

    Attributes:
        verb: what was asked: migrate, rollback, rehearse, …
        position: 1-based place of the migration among ``total``.
        total: how many migrations the run has.
        id: the migration; ends with ``~`` where it did not fit.
        direction: which way.
        first: number of the first statement of the message that is at work.
        last: number of its last one.
        statements: how many statements the file has.
        of: how much that statement has to do, in what is counted of it; None: nobody knows.
        gate: it waits without queueing, until somebody lets go.
        waits: for whom, then; as many as fitted.
    """

    verb: str
    position: int
    total: int
    id: str
    direction: Direction
    first: int
    last: int
    statements: int
    of: int | None = None
    gate: bool = False
    waits: tuple[Wait, ...] = ()

    def __str__(self) -> str:
        """As it stands in ``application_name``: what matters less gives way."""
        arrow = "<" if self.direction == "backward" else ""
        head = f"{PREFIX}{self.verb} {self.position}/{self.total} {arrow}"
        numbers = f" {self.first}" + (f"-{self.last}" if self.last > self.first else "")
        tail = f"{numbers}/{self.statements}"
        least = len(head) + min(len(self.id), _NUMBER + len(_CUT))
        waits, shown = "", self.waits[:1]
        if self.gate:
            forms = [f" waits {it}" for wait in shown for it in (wait, wait.pid)] + [" waits"]
            waits = next((it for it in forms if least + len(tail + it) <= LONGEST), "")
        much = "" if self.of is None else f" of {self.of}"
        if least + len(tail + much + waits) <= LONGEST:
            tail += much
        id_ = _cut(self.id, LONGEST - len(head + tail + waits))
        text = head + id_ + tail + waits
        whole = shown and waits == f" waits {shown[0]}"
        for wait in self.waits[1:] if whole else ():
            if len(more := f"{text},{wait}") > LONGEST:
                break
            text = more
        return _plain(text)[:LONGEST]

    def named(self, ids: Iterable[str]) -> Sign:
        """With the whole id, if it was cut and is one of these."""
        if not self.id.endswith(_CUT):
            return self
        start = self.id.removesuffix(_CUT)
        found = {id_ for id_ in ids if id_.startswith(start)}
        return replace(self, id=found.pop()) if len(found) == 1 else self


def parse(name: str) -> Sign | Caller | None:
    """What an ``application_name`` says; None where it is nobody's sign."""
    if match := _SIGN.fullmatch(name):
        first, last, of, waits = (match[it] for it in ("first", "last", "of", "waits"))
        return Sign(
            match["verb"],
            int(match["position"]),
            int(match["total"]),
            match["id"],
            "backward" if match["arrow"] else "forward",
            int(first),
            int(last or first),
            int(match["statements"]),
            int(of) if of else None,
            gate=waits is not None,
            waits=tuple(_wait(it) for it in (waits or "").strip().split(",") if it),
        )
    if match := _CALLER.fullmatch(name):
        process = match["process"]
        waits = bool(match["waits"])
        return Caller(match["verb"], match["who"], int(process) if process else None, waits)
    return None


_VERB = r"wishkit (?P<verb>[a-z]+(?: (?!waits\b)[a-z]+)?)"
_SIGN = re.compile(
    _VERB + r" (?P<position>\d+)/(?P<total>\d+) (?P<arrow><?)(?P<id>[0-9a-z_]+~?)"
    r" (?P<first>\d+)(?:-(?P<last>\d+))?/(?P<statements>\d+)(?: of (?P<of>\d+))?"
    r"(?: waits(?P<waits>| \d+(?::\d+)?(?:,\d+(?::\d+)?)*))?"
)
_CALLER = re.compile(
    _VERB + r"(?P<waits> waits)? \((?P<who>[^,()]*@[^,()]*)(?:, process (?P<process>\d+)\)|.*)"
)


def _wait(text: str) -> Wait:
    pid, _, relation = text.partition(":")
    return Wait(int(pid), int(relation) if relation else None)


def _cut(id_: str, room: int) -> str:
    return id_ if len(id_) <= room else id_[: max(_NUMBER, room - len(_CUT))] + _CUT


def _plain(text: str) -> str:
    """What the server would not keep as it is (manual, application_name), and quotes."""
    return re.sub(r"[^ -~]|'", "?", text)
