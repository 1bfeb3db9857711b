"""Builds the SQL that records what happened, to travel with the SQL that makes it happen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any

from psycopg.pq import Escaping

from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from wishkit.core.migration import Direction, Migration

    Connection = psycopg.Connection[Any]

# What has to be written when a migration is, or is no longer, applied; in this order.
_APPLIED = ("record_execution", "record_log", "record_mark", "record_applied")
_NOT_APPLIED = ("record_execution", "record_log", "record_unmark", "record_unapplied")


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL, or one of psql's variables, in the place of a value."""

    sql: str


@dataclass(frozen=True, slots=True)
class Met:
    """What an attempt met with.

    Attributes:
        accepted: rules that it broke with consent.
        killed: sessions that were ended because they were in its way.
        waits: what it lost by others being in its way, as JSON.
        rows: how many it wrote.
    """

    accepted: Sequence[str] = ()
    killed: Sequence[str] = ()
    waits: str | None = None
    rows: int | None = None

    @property
    def values(self) -> dict[str, object]:
        """As the ledger's statements take it."""
        return {
            "accepted": _list(self.accepted),
            "killed": _list(self.killed),
            "waits": self.waits,
            "rows": self.rows,
        }


_NOTHING = Met()


@dataclass(frozen=True, slots=True)
class Recorder:
    """Fills in the ledger's statements for one run.

    Attributes:
        connection: for quoting only.
        yoyo_schema: where yoyo's tables are.
        run: number of the run.
        user: login name on this machine.
        host: name of this machine.

    The last three are expressions in a script that psql is to run: there, psql knows them.
    """

    connection: Connection
    yoyo_schema: str
    run: int | Expression
    user: str | Expression
    host: str | Expression

    def done(
        self,
        migration: Migration,
        direction: Direction,
        *,
        transactional: bool,
        elapsed: float | Expression | None,
        statements: str | None,
        last: tuple[int, int] | None = None,
        met: Met = _NOTHING,
    ) -> bytes:
        """That a migration ran.

        Args:
            migration: as recorded.
            direction: which way it ran.
            transactional: whether it was one transaction, the one this SQL is sent in.
            elapsed: seconds since it began; None: since this transaction began.
            statements: timings as JSON.
            last: numbers of the first and last statement that this SQL is sent with: the server
                adds for how long it has been at work on that message.
            met: what it met with.
        """
        operation = "apply" if direction == "forward" else "rollback"
        return self._merge(
            _APPLIED if direction == "forward" else _NOT_APPLIED,
            self._values(migration, direction, operation)
            | {"transactional": transactional, "elapsed": elapsed, "statements": statements}
            | dict(zip(("first", "last"), last or (None, None), strict=True))
            | met.values,
        )

    def by_hand(self, migration: Migration, *, mark: bool, reason: str | None) -> bytes:
        """That somebody said a migration is, or is not, applied."""
        direction = operation = "mark" if mark else "unmark"
        return self._merge(
            _APPLIED if mark else _NOT_APPLIED,
            self._values(migration, direction, operation, comment=reason and reason[:255])
            | _BY_HAND,
        )

    def text(self, migration: Migration) -> bytes:
        """That an applied migration is known by this text from now on; ``keep`` has to come first.

        When it was applied does not change.
        """
        return self._merge(
            ("record_execution", "record_applied"),
            self._values(migration, "mark", "mark") | _BY_HAND,
        )

    def failed(
        self,
        migration: Migration,
        direction: Direction,
        *,
        outcome: str,
        error: str,
        elapsed: float,
        transactional: bool,
        statements: str | None,
        met: Met = _NOTHING,
    ) -> bytes:
        """That an attempt came to nothing."""
        return self._merge(
            ("record_failure",),
            self._values(migration, direction, "apply")
            | {"outcome": outcome, "error": error, "elapsed": elapsed}
            | {"transactional": transactional, "statements": statements}
            | met.values,
        )

    def keep(self, migration: Migration) -> bytes:
        """The texts of a migration."""
        backward = migration.backward
        values = {
            "checksum": migration.checksum,
            "forward": migration.forward.source.decode(),
            "backward": backward.source.decode() if backward else None,
        }
        return self._merge(("script_keep",), values)

    def intact(self) -> bytes:
        """A question that fails if the ledger's tables are no longer there."""
        return self._merge(("ledger_intact",), {"yoyo": quote(self.yoyo_schema)})

    def ask_applied(self, id_: str) -> bytes:
        """A question: one row if this migration is applied."""
        return self._merge(("is_applied",), {"id": id_})

    def step(self, name: str, **values: object) -> bytes:
        """A line of the journal: ``step_begin``, ``step_end`` or ``step_clear``."""
        return self._merge((name,), {**values, "run": self.run})

    def _values(
        self, migration: Migration, direction: str, operation: str, comment: str | None = None
    ) -> dict[str, object]:
        return {
            "run": self.run,
            "id": migration.id,
            "hash": hashlib.sha256(migration.id.encode()).hexdigest(),  # as yoyo has it
            "checksum": migration.checksum,
            "direction": direction,
            "operation": operation,
            "user": self.user,
            "host": self.host,
            "comment": comment,
        }

    def _merge(self, names: tuple[str, ...], values: Mapping[str, object]) -> bytes:
        """Named statements with their values filled in, to be part of a message.

        Messages of several statements cannot carry parameters. psycopg's client-side cursor does
        the same as this, in several times the time, and there are a handful for every migration.
        """
        escape = Escaping(self.connection.pgconn).escape_literal
        literals = {
            name.encode(): escape(value.encode())
            if isinstance(value, str)
            else _PLAIN[type(value)](value)
            for name, value in values.items()
        }
        schema = quote(self.yoyo_schema)
        return b";\n".join(_template(name, schema) % literals for name in names)


def _list(texts: Sequence[str]) -> str | None:
    """As JSON; None where there is nothing to keep."""
    return json.dumps(list(texts)) if texts else None


_BY_HAND = _NOTHING.values | {
    "transactional": True,
    "elapsed": None,
    "statements": None,
    "first": None,
    "last": None,
}

_PLAIN: dict[type, Callable[[Any], bytes]] = {
    bool: lambda value: b"true" if value else b"false",
    int: lambda value: b"%d" % value,
    float: lambda value: repr(value).encode(),
    NoneType: lambda _: b"NULL",
    Expression: lambda value: value.sql.encode(),
}


@cache
def _template(name: str, schema: str) -> bytes:
    lines = query(name).replace("{yoyo}", schema.replace("%", "%%")).splitlines()
    text = "\n".join(line for line in lines if not line.startswith("--"))
    return text.replace(")s", ")b").encode()
