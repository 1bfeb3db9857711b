"""Partitioned tables: DETACH PARTITION CONCURRENTLY, and their indexes, built online by a recipe.

Manual: ALTER TABLE, "DETACH PARTITION"; CREATE INDEX, "Building Indexes Concurrently", on why a
partitioned table's index cannot be built so; 5.12.2.2 on ON ONLY and ATTACH PARTITION.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

from wishkit.core.locks import LockMode
from wishkit.core.wants import Want
from wishkit.errors import MigrationFileError
from wishkit.postgres.online.work import Unclear, Work
from wishkit.postgres.queries import query
from wishkit.postgres.session import Refused, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from psycopg.pq.abc import PGresult

    from wishkit.core.script import Script
    from wishkit.core.statements import Span
    from wishkit.postgres.online.index import BuildIndex
    from wishkit.postgres.patience import Patient, Settings
    from wishkit.postgres.run import Run
    from wishkit.postgres.session import Session

    # Runs one statement with parameters and fetches its rows.
    Ask = Callable[[LiteralString, Mapping[str, object]], Sequence[tuple[Any, ...]]]

_NAME_BYTES = 63  # NAMEDATALEN - 1
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(slots=True)
class DetachPartition(Work):
    """ALTER TABLE … DETACH PARTITION … CONCURRENTLY, which may stop half-way.

    Attributes:
        parent: as written, quoted where needed.
        partition: as written, quoted where needed.
        before: whether it was half detached before the statement was sent.
    """

    parent: str
    partition: str
    before: bool | None = None

    def is_done(self, run: Run, *, begun: bool) -> bool:
        """Whether it is detached, since an attempt was begun."""
        return begun and self._pending(run.session) is None

    def prepare(self, run: Run) -> None:
        """Look whether somebody's detaching stopped half-way."""
        self.before = self._pending(run.session)

    def send(self, run: Run, sql: bytes, patient: Patient) -> Sequence[PGresult]:
        """Detach it, or finish what stopped half-way.

        The wait for those who use the parent stalls nobody and may take its time. Then it needs
        the partition for itself: when that makes clients wait, the lookout cancels it, and what is
        left to do is done in a moment when nobody minds.
        """
        lookout = patient.lookout
        watching = lookout.watching(may_stall=patient.may_stall)
        try:
            if not self.before:
                with watching if patient.patience.deadline else nullcontext():
                    return run.session.send(sql)
        except Refused:
            if not lookout.barked or not self._pending(run.session):
                raise
        return self._finalize(run, replace(patient, wanted=(self._want,)))

    def _finalize(self, run: Run, patient: Patient) -> Sequence[PGresult]:
        finalize = f"ALTER TABLE {self.parent} DETACH PARTITION {self.partition} FINALIZE"

        def attempt(settings: Settings) -> None:
            try:
                run.session.send("; ".join(("BEGIN", *settings, finalize, "COMMIT")).encode())
            except Refused:
                run.session.rollback()
                raise

        patient.run(attempt)
        return ()

    @property
    def _want(self) -> Want:
        return Want(LockMode.ACCESS_EXCLUSIVE, self.partition, spread=True)

    def left_nothing(self, run: Run, refused: Refused) -> bool:  # noqa: ARG002 - looked up, not told
        """Whether all is as it was; half detached, it waits to be finished."""
        return self._pending(run.session) == self.before

    def verify(self, run: Run) -> Sequence[str]:
        """It must be no partition any more."""
        if self._pending(run.session) is not None:
            raise Unclear(
                f"{self.partition} is still a partition of {self.parent}",
                code="not-detached",
                help_="run the same command again: it finishes the detaching",
            )
        return ()

    def _pending(self, session: Session) -> bool | None:
        """Whether its detaching is half done; None: it is no partition."""
        values = {"parent": self.parent, "partition": self.partition}
        rows = session.ask(query("partition_state"), values)
        return rows[0][0] if rows else None


class _Relation(NamedTuple):
    """A member of a tree of partitions."""

    relation: str
    parent: str | None
    prefix: str
    name: str
    kind: str


def recipe(ask: Ask, build: BuildIndex) -> str | None:
    """SQL that builds an index on a partitioned table and stalls nobody.

    Args:
        ask: looks the partitions up, with the search_path the statement would have.
        build: the statement that PostgreSQL refuses.

    Returns:
        None: the table is not partitioned.
    """
    tree = [_Relation(*row) for row in ask(query("partition_tree"), {"table": build.table})]
    kind = "UNIQUE INDEX" if build.unique else "INDEX"
    body = build.body.strip()
    names: dict[str, str] = {}
    lines = ["-- transactional: false"] if tree else []
    for it in tree:
        name = build.index if it.parent is None else _shortened(f"{it.name}_{build.index}")
        names[it.relation] = it.prefix + _written(name)
        if it.kind == "p":
            lines.append(f"CREATE {kind} {_written(name)} ON ONLY {it.relation} {body};")
        elif it.kind == "f":
            lines.append(f"-- {it.relation} is a foreign table: it cannot have an index")
            continue
        else:
            lines.append(f"CREATE {kind} CONCURRENTLY {_written(name)} ON {it.relation} {body};")
        if it.parent:
            attached = names[it.relation]
            lines.append(f"ALTER INDEX {names[it.parent]} ATTACH PARTITION {attached};")
    return "\n".join(lines) or None


def _shortened(name: str) -> str:
    """A name as long as PostgreSQL keeps it, different from its neighbours'."""
    raw = name.encode()
    if len(raw) <= _NAME_BYTES:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:8]
    return raw[: _NAME_BYTES - 9].decode(errors="ignore") + "_" + digest


def _written(name: str) -> str:
    """As a person would write it; the words that would have to be quoted hold no underscore."""
    return name if _PLAIN.fullmatch(name) and "_" in name else quote(name)


_MESSAGE = "an index on the partitioned table {} cannot be built concurrently"
_HELP = "build it on the partitions, and join them:\n{}"


def refuse_partitioned(session: Session, build: BuildIndex) -> None:
    """Refuse, in the middle of a run, what PostgreSQL would.

    Raises:
        Unclear: ``index-on-partitioned``.
    """
    if text := recipe(session.ask, build):
        raise Unclear(
            _MESSAGE.format(build.table), code="index-on-partitioned", help_=_HELP.format(text)
        )


def refuse_in_file(ask: Ask, build: BuildIndex, script: Script, span: Span) -> None:
    """Refuse it before anything runs.

    Raises:
        MigrationFileError: ``index-on-partitioned``, with the recipe for these partitions.
    """
    if text := recipe(ask, build):
        raise MigrationFileError(
            _MESSAGE.format(build.table),
            code="index-on-partitioned",
            where=script.locate(span.start, span.end),
            help=_HELP.format(text),
        )


def verify_attached(
    session: Session, attached: Mapping[str, bool], warn: Callable[[str], object]
) -> None:
    """See that the indexes of partitioned tables are valid, when all was attached.

    Args:
        session: asks.
        attached: the indexes that got something attached, as written; with True those which the
            same file has made, and so must have completed.
        warn: is told of those that another file may have to complete.

    Raises:
        Unclear: ``index-invalid``.
    """
    for index, complete in attached.items():
        rows = session.ask(query("partitioned_index"), {"index": index})
        if not rows or rows[0][0]:
            continue
        message = f"the index {index} of a partitioned table is INVALID"
        missing = ", ".join(rows[0][1]) or "none; attach one of them again"
        if not complete:
            warn(f"{message}: partitions without one attached: {missing}")
            continue
        raise Unclear(
            message,
            code="index-invalid",
            notes=(f"partitions without a valid index attached to it: {missing}",),
            help_="for each of them: CREATE INDEX CONCURRENTLY … ON partition …; "
            f"ALTER INDEX {index} ATTACH PARTITION …;\nthen run the same command again",
        )
