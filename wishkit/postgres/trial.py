"""Ask the server what it thinks of a change, on empty copies of the tables, and keep nothing of it.

The copy has the name of its table and lies in ``pg_temp``; all happens in one transaction that is
rolled back. So types, operators, defaults and the names that PostgreSQL would choose are the
server's own answers, and nobody waits: the table itself is only looked at (ACCESS SHARE).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

import psycopg

from wishkit.core.redact import redact
from wishkit.core.request import closest
from wishkit.postgres.queries import query
from wishkit.postgres.table import look
from wishkit.postgres.trial_refusal import ANY_OTHER, CASES, listed, place, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.core.request import Request
    from wishkit.errors import UsageError
    from wishkit.postgres.table import Column, Constraint, Index, Table

    Connection = psycopg.Connection[Any]

# Nobody shall wait long for somebody who only wants to write a file.
_SETTINGS = ("SET LOCAL lock_timeout = '2s'", "SET LOCAL statement_timeout = '10s'")
_LONGEST = 63  # bytes of a name (manual, 4.1.1)
_OTHERS = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "i": "an index",
           "I": "an index", "S": "a sequence", "c": "a composite type"}  # fmt: skip


class Enum(NamedTuple):
    """An enum.

    Attributes:
        name: as it has to stand in SQL.
        labels: in order.
        columns: table and column as they have to stand in SQL, and the column's bare name.
    """

    name: str
    labels: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]


@contextmanager
def trial(connection: Connection, request: Request) -> Iterator[Trial]:
    """A transaction to try things in; nothing of it stays.

    Raises:
        UsageError: what the server refuses, in words for whoever made the request.
    """
    with connection.transaction(force_rollback=True):
        for setting in _SETTINGS:
            connection.execute(setting)
        try:
            yield Trial(connection, request)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            raise request.refusal(
                f"the database cannot be asked now: {error.diag.message_primary}",
                code="table-locked",
                help_="somebody holds a table of these; try again when it is quieter",
            ) from None


class Trial:
    """Changes to empty copies of tables.

    Args:
        connection: inside a transaction that will be rolled back.
        request: on whose behalf; refusals name it.
    """

    def __init__(self, connection: Connection, request: Request) -> None:
        self.connection = connection
        self.request = request
        self._twins: dict[str, Table] = {}

    def table(self, written: str) -> Table:
        """Look a table up.

        Raises:
            UsageError: ``unknown-table`` or ``not-a-table``.
        """
        try:
            found = look(self.connection, written)
        except psycopg.errors.FeatureNotSupported as error:  # a name with three parts
            raise self._refused(error, written) from None
        if found is None:
            names = self.connection.execute(query("table_names")).fetchall()
            known = [name for (name,) in names]
            message = f"there is no table {shown(written)}"
            raise self._unknown(message, written, known, code="unknown-table")
        if found.kind in _OTHERS:
            message = f"{written} is {_OTHERS[found.kind]}, not a table"
            raise self.request.refusal(message, code="not-a-table")
        return found

    def plain_table(self, written: str) -> Table:
        """Look a table up that has no partitions.

        Raises:
            UsageError: as ``table`` does, and ``partitioned-table``.
        """
        found = self.table(written)
        if found.kind == "p":
            raise self.request.refusal(
                f"{written} is partitioned, and there PostgreSQL cannot do this without a stall",
                code="partitioned-table",
                help_="do it for each partition, then for the table: wishkit new WORDS",
            )
        return found

    def column(self, table: Table, written: str) -> Column:
        """Look a column up.

        Raises:
            UsageError: ``unknown-column``.
        """
        name = self.spelled(written)
        for column in table.columns:
            if column.name == name:
                return column
        raise self._unknown_column(table, name)

    def type(self, written: str) -> None:
        """See that there is such a type.

        Raises:
            UsageError: ``unknown-type``.
        """
        row = self.connection.execute(query("type_known"), {"name": written}).fetchone()
        if row and not row[0]:
            message = f"there is no type {shown(written)}"
            raise self._unknown(message, written, row[1], code="unknown-type")

    def spelled(self, written: str) -> str:
        """A name as PostgreSQL spells it: folded, and quoted only where needed."""
        parse = "SELECT pg_catalog.quote_ident((pg_catalog.parse_ident(%s))[1])"
        row = self.connection.execute(parse, [written]).fetchone()
        return str(row[0]) if row else written

    def enum(self, written: str) -> Enum:
        """Look an enum up.

        Raises:
            UsageError: ``unknown-type`` or ``not-an-enum``.
        """
        try:
            with self.connection.transaction():
                row = self.connection.execute(query("enum_shape"), {"type": written}).fetchone()
        except psycopg.errors.SyntaxError:
            raise self.request.refusal(f'"{written}" is no name of a type') from None
        names = [name for (name,) in self.connection.execute(query("enum_names")).fetchall()]
        if row is None:
            message = f"there is no type {shown(written)}"
            raise self._unknown(message, written, names, code="unknown-type")
        name, labels, columns = row
        if labels is None:
            raise self.request.refusal(
                f"{name} is a type, but no enum", code="not-an-enum", help_=listed(names)
            )
        return Enum(name, tuple(labels), tuple((t, c, bare) for t, c, bare in columns))

    def index(self, table: Table, definition: str, *, unique: bool = False) -> Index:
        """The index that a definition makes, under the name that PostgreSQL would give it.

        Args:
            table: on which.
            definition: what stands behind the table's name in CREATE INDEX.
            unique: whether it allows no duplicates.

        Raises:
            UsageError: the server refuses it, or it is there already (``index-exists``).
        """
        kind = "UNIQUE INDEX" if unique else "INDEX"
        before, after = self._change(table, f"CREATE {kind} ON {_twin(table)} {definition}")
        (made,) = [index for index in after.indexes if index not in before.indexes]
        for index in table.indexes:
            if (index.definition, index.unique) == (made.definition, made.unique):
                broken = f"it is INVALID: DROP INDEX CONCURRENTLY {table.prefix}{index.name}; first"
                raise self.request.refusal(
                    f"{table.written} has this index already: {index.name}",
                    code="index-exists",
                    help_="use that one" if index.valid else broken,
                )
        return replace(made, name=self.free(table, made.name))

    def per_partition(self, table: Table, index: Index, definition: str) -> str:
        """The statements that build an index of a partitioned table while everybody goes on."""
        from wishkit.postgres.online.index import BuildIndex  # noqa: PLC0415 - only for this
        from wishkit.postgres.online.partition import recipe  # noqa: PLC0415 - as above

        def ask(statement: LiteralString, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
            return self.connection.execute(statement, values).fetchall()

        self._run(f"DROP TABLE {_twin(table)}")  # it hides the table it is the copy of
        del self._twins[table.id]
        name = index.name.strip('"').replace('""', '"')
        build = BuildIndex(name, table.written, definition, index.unique, if_not_exists=False)
        _, _, statements = (recipe(ask, build) or "").partition("\n")
        return statements

    def constraint(self, table: Table, definition: str) -> Constraint:
        """The constraint that a definition makes, under the name that PostgreSQL would give it.

        Args:
            table: on which; other tables that it names are looked up among the copies first.
            definition: what stands behind ADD in ALTER TABLE.

        Raises:
            UsageError: the server refuses it, or it is there already (``constraint-exists``).
        """
        before, after = self._change(table, f"ALTER TABLE {_twin(table)} ADD {definition}")
        (made,) = [c for c in after.constraints if c not in before.constraints]
        originals = {twin.id: original for original, twin in self._twins.items()}
        made = replace(made, target=originals.get(made.target, made.target))
        for there in table.constraints:
            if _same(there, made):
                state = "" if there.valid else ", but NOT VALID"
                raise self.request.refusal(
                    f"{table.written} has this constraint already: {there.name}{state}",
                    code="constraint-exists",
                    help_="use that one"
                    if there.valid
                    else f"ALTER TABLE {table.written} VALIDATE CONSTRAINT {there.name};",
                )
        return replace(made, name=self.free(table, made.name))

    def rewrites(self, table: Table, change: str) -> bool:
        """Make a change and say whether it writes every row anew.

        Args:
            table: which.
            change: what stands behind the table's name in ALTER TABLE.

        Raises:
            UsageError: the server refuses it.
        """
        before, after = self._change(table, f"ALTER TABLE {_twin(table)} {change}")
        return before.filenode != after.filenode

    def explain(self, statement: str) -> None:
        """Have a statement planned, on the real tables; it is not run.

        Raises:
            UsageError: the server refuses it.
        """
        self._run(f"EXPLAIN {statement}", hidden="EXPLAIN ")

    def twin(self, table: Table, *, indexes: bool = False) -> Table:
        """The copy of a table, made on first use."""
        if table.id not in self._twins:
            including = " INCLUDING INDEXES" if indexes else ""
            original = f"{table.schema}.{table.name}"
            self._run(f"CREATE TEMPORARY TABLE {table.name} (LIKE {original}{including})")
            self._remember(table)
        return self._twins[table.id]

    def free(self, table: Table, wanted: str) -> str:
        """A name like this one that nothing beside the table has yet, by PostgreSQL's own rule."""
        bare = wanted[1:-1] if wanted.startswith('"') else wanted
        for number in range(1, 1000):
            row = self.connection.execute(
                query("name_taken"), {"name": wanted, "schema": table.schema}
            ).fetchone()
            if row and not row[0]:
                break
            end = str(number)
            shortened = bare.encode()[: _LONGEST - len(end)].decode(errors="ignore") + end
            wanted = f'"{shortened}"' if wanted.startswith('"') else shortened
        return wanted

    def _remember(self, table: Table) -> Table:
        twin = look(self.connection, _twin(table))
        if twin is None:
            raise LookupError(f"the copy of {table.written} is gone")
        self._twins[table.id] = twin
        return twin

    def _change(self, table: Table, statement: str) -> tuple[Table, Table]:
        before = self.twin(table)
        self._run(statement, table)
        return before, self._remember(table)

    def _run(self, statement: str, table: Table | None = None, *, hidden: str = "pg_temp.") -> None:
        try:
            with self.connection.transaction():
                self.connection.execute(statement.encode())
        except psycopg.OperationalError:  # told elsewhere: a lock, a timeout, a lost connection
            raise
        except psycopg.Error as error:
            raise self._refused(error, statement, table, hidden) from None

    def _refused(
        self, error: psycopg.Error, statement: str, table: Table | None = None, hidden: str = ""
    ) -> UsageError:
        """The server's words, the place they point at, and what would do."""
        message = redact(error.diag.message_primary or str(error)).replace('"pg_temp.', '"')
        case = CASES.get(error.sqlstate or "", ANY_OTHER)
        if case.code == "unknown-column" and table and (name := _QUOTED.search(message)):
            return self._unknown_column(table, name[1])
        return self.request.refusal(
            message,
            code=case.code,
            where=place(error, statement, self.request.option, hidden),
            help_=case.help or error.diag.message_hint or error.diag.message_detail,
        )

    def _unknown_column(self, table: Table, written: str) -> UsageError:
        known = [column.name for column in table.columns]
        return self._unknown(
            f"{table.written} has no column {shown(written)}",
            written,
            known,
            code="unknown-column",
        )

    def _unknown(
        self, message: str, written: str, known: Sequence[str], *, code: str
    ) -> UsageError:
        help_ = closest(written, known) + listed(known)
        return self.request.refusal(message, code=code, help_=help_)


_QUOTED = re.compile(r'"([^"]+)"')


def _twin(table: Table) -> str:
    return f"pg_temp.{table.name}"


def _same(one: Constraint, other: Constraint) -> bool:
    if one.kind == other.kind == "f":
        return (one.columns, one.target, one.target_columns) == (
            other.columns,
            other.target,
            other.target_columns,
        )
    return (one.kind, one.definition) == (other.kind, other.definition)
