r"""A plan as one script for psql that keeps the ledger as the engine would.

What psql needs to be told differs from what the engine does in three places. The one session
holds the run lock itself. Statements psql would not pass on as they are written (it reads ``:name``
as one of its variables) are handed to it as strings, for ``\gexec``. And what happens after an
error is written down beforehand.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wishkit import __version__
from wishkit.core.statements import Span, parse, split
from wishkit.errors import PlanError
from wishkit.postgres.journal import locally_clean, may_commit_itself, sets_session
from wishkit.postgres.ledger import lifting
from wishkit.postgres.lock import KEY
from wishkit.postgres.queries import query
from wishkit.postgres.recorder import Expression, Recorder
from wishkit.postgres.session import CLEAN, Session, quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from wishkit.config import Target
    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.core.script import Script
    from wishkit.core.state import Ledger

    Connection = psycopg.Connection[Any]

REASON = "run by psql, from wishkit plan --sql"

_SETTINGS = rb"""\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set SINGLELINE off
\set QUIET on
\encoding UTF8
\set wishkit_user `id -un`
\set wishkit_host `uname -n`
"""

# The file may have made the session's transactions read-only; the journal's are not.
_BEGIN = b"BEGIN READ WRITE;"

# What psql passes on as it stands, whatever is in it: strings, quoted names, dollar quotes and
# comments. A comment within a comment is cut short here, which errs on the safe side.
_OPAQUE = re.compile(
    rb"""[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$"""
    rb"""|--[^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
# Elsewhere :name, :'name', :"name" and :{?name} are its variables (psql, Advanced Features: SQL
# Interpolation), and where the body of a SQL-standard function ends it guesses from keywords.
_MISREAD = re.compile(rb"""(?<!:):(?=[\w'"{\x80-\xff])|\bATOMIC\b""", re.IGNORECASE)


def psql_script(
    connection: Connection,
    target: Target,
    ledger: Ledger,
    prepared: Sequence[tuple[Step, Sequence[Batch]]],
    *,
    database: str,
    commit: str | None,
) -> str:
    """The whole script.

    Args:
        connection: for quoting, and to read the journal of what stopped part-way.
        target: whose role the script takes on.
        ledger: as it was read for the plan; the script refuses to run on another.
        prepared: the plan.
        database: in words, for the script's first lines.
        commit: of the checkout the texts come from.

    Raises:
        LedgerError: the ledger cannot be made as things stand.
        PlanError: ``step-unknown``: only the engine can find out where to go on.
    """
    schema, statements = lifting(connection, ledger)
    recorder = Recorder(
        connection,
        schema,
        Expression(":wishkit_run_id"),
        Expression(":'wishkit_user'"),
        Expression(":'wishkit_host'"),
    )
    writer = _Writer(connection, target, recorder)
    writer.open(prepared, ledger, statements, database=database, commit=commit)
    for position, (step, batches) in enumerate(prepared, 1):
        writer.title(f"{position}/{len(prepared)} {step.id}", _about(step))
        writer.sql(recorder.step("psql_lock", **KEY))
        if step.transactional:
            writer.transaction(step, batches)
        else:
            writer.stepwise(step, batches, resumable=bool(ledger.version))
        verb = "applied" if step.direction == "forward" else "rolled back"
        writer.raw(rb"\echo " + _psql_quoted(f"{step.id}: {verb}"))
    writer.close()
    return b"".join(writer.pieces).decode()


def fingerprint(ledger: Ledger) -> str:
    """What psql_guard.sql computes from the tables: SHA-256 over what is applied and begun."""
    records = ", ".join(
        f"{r.id} {r.applied_at:%Y-%m-%d %H:%M:%S.%f} {r.checksum or '-'}"
        for r in sorted(ledger.records, key=lambda r: r.id)
    )
    steps = ", ".join(
        f"{p.id} {p.direction} {p.done}/{p.total}"
        for p in sorted(ledger.partial, key=lambda p: (p.id, p.direction))
    )
    text = " + ".join((records, steps) if ledger.partial else (records,))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True)
class _Writer:
    """Puts the script together, piece by piece."""

    connection: Connection
    target: Target
    recorder: Recorder
    pieces: list[bytes] = field(default_factory=list)

    @property
    def clean(self) -> bytes:
        """As the engine cleans its session, but for the run lock, which this one holds itself."""
        kept = [statement for statement in CLEAN if "advisory" not in statement]
        return ";\n".join(kept).encode() + b";\n" + self.settings

    @property
    def settings(self) -> bytes:
        session = Session(self.connection, role=self.target.role)
        return session.begin_settings + b";\nSET client_encoding = 'UTF8'"

    def raw(self, text: bytes) -> None:
        self.pieces.append(text.rstrip(b"\n") + b"\n")

    def sql(self, statement: bytes) -> None:
        self.raw(statement.rstrip(b"\n;") + b";")

    def comment(self, text: str) -> None:
        lines = text.splitlines() or [""]
        self.raw("\n".join(f"-- {line}".rstrip() for line in lines).encode())

    def title(self, text: str, about: str = "") -> None:
        self.raw(b"\n-- " + b"=" * 76)
        self.comment(text)
        if about:
            self.comment(about)
        self.raw(b"-- " + b"=" * 76)

    def open(
        self,
        prepared: Sequence[tuple[Step, Sequence[Batch]]],
        ledger: Ledger,
        lift: Sequence[bytes],
        *,
        database: str,
        commit: str | None,
    ) -> None:
        """From the first line to the row of the run."""
        step = prepared[0][0].direction
        verb = "migrate" if step == "forward" else "rollback"
        count = f"{len(prepared)} migration{'s' if prepared[1:] else ''}"
        self.comment(
            f"wishkit {verb}, {count}, for\n"
            f"    {database}\n"
            f"made by wishkit {__version__} on {datetime.now(UTC):%Y-%m-%d at %H:%M:%S} UTC.\n"
            "\n"
            "Run it with psql -X -f and the name of this file, not with --single-transaction.\n"
            "It keeps the ledger as wishkit would: afterwards wishkit status shows what was done.\n"
            "It runs nothing while another run is at work, or when the ledger has changed since\n"
            "this script was made. Where it stops, wishkit goes on."
        )
        self.raw(_SETTINGS)
        self.comment("The session as wishkit has it.")
        self.sql(self.settings)
        self.comment("One run at a time: the lock is held until this session ends.")
        self.sql(self.recorder.step("psql_lock", **KEY))
        self.comment("The ledger must be what it was when this script was made.")
        self.sql(
            self.recorder.step(
                "psql_guard",
                version=ledger.version,
                has_yoyo=ledger.yoyo_schema is not None,
                yoyo_lock=f"{quote(self.recorder.yoyo_schema)}.yoyo_lock",
                fingerprint=fingerprint(ledger),
            )
        )
        if lift:
            self.title("the ledger is made, or lifted to the version this wishkit writes")
            self.raw(b"BEGIN;")
            for statement in lift:
                self.sql(statement)
            self.raw(b"COMMIT;")
        self.title("the run begins")
        self.sql(self.recorder.step("psql_orphans"))
        pid = "pg_catalog.pg_backend_pid()"
        begin = self.recorder.step(
            "run_begin",
            verb=verb,
            user=self.recorder.user,
            host=self.recorder.host,
            environment=self.target.name,
            version=__version__,
            commit=commit,
            reason=REASON,
            pid=Expression(pid),
            start=Expression(
                "(SELECT backend_start FROM pg_catalog.pg_stat_activity"  # noqa: S608 - constant
                f" WHERE pid = {pid})"
            ),
        )
        self.raw(begin)
        self.raw(rb"\gset wishkit_run_")

    def close(self) -> None:
        """The run ends."""
        self.title("the run ends")
        self.sql(self.recorder.step("run_end", outcome="done"))
        self.sql(self.recorder.step("psql_unlock"))

    def transaction(self, step: Step, batches: Sequence[Batch]) -> None:
        """Everything and its record, or nothing."""
        script, migration = step.script, step.migration
        self.raw(b"BEGIN;")
        end = 0
        for span in (span for batch in batches for span in batch.spans):
            end = self.statement(script, span, end)
        self.rest(script, end)
        self.comment("A session like a new one, then the ledger.")
        self.sql(self.clean)
        self.sql(self.recorder.keep(migration))
        self.sql(
            self.recorder.done(
                migration, step.direction, transactional=True, elapsed=None, statements=None
            )
        )
        self.raw(b"COMMIT;")

    def stepwise(self, step: Step, batches: Sequence[Batch], *, resumable: bool) -> None:
        """Statement by statement, each with its line in the journal."""
        run_already = self.journal(step) if resumable else frozenset()
        self.comment("Not one transaction: every statement has a line in the journal, from which")
        self.comment("wishkit goes on if this stops in between.")
        self.sql(self.recorder.keep(step.migration))
        end = 0
        for batch in batches:
            if batch.first in run_already and not sets_session(batch):
                end = _behind(step.script, batch.spans[0])
                self.comment(f"Statement {batch.first} was run already.")
            else:
                end = self.journalled(step, batch, batches[-1].last, end)
        self.rest(step.script, end)
        self.comment("All statements are done: a session like a new one, then the ledger.")
        self.raw(_BEGIN)
        self.sql(self.clean)
        began = self.recorder.step("step_began", id=step.id).decode()
        self.sql(
            self.recorder.done(
                step.migration,
                step.direction,
                transactional=False,
                elapsed=Expression(f"({began})"),
                statements=None,
            )
        )
        self.sql(self.recorder.step("step_clear", id=step.id))
        self.raw(b"COMMIT;")

    def journal(self, step: Step) -> frozenset[int]:
        """The statements that were run already, by number.

        Raises:
            PlanError: where to go on has to be found out, which takes the engine.
        """
        rows = self.connection.execute(query("step_rows"), {"id": step.id}).fetchall()
        spans = split(step.script) if rows else []
        for number, direction, sql, done in rows:
            span = spans[number - 1] if number <= len(spans) else Span(0, 0)
            same = step.script.source[span.start : span.end].decode() == sql
            if direction == step.direction and done and same:
                continue
            raise PlanError(
                f"{step.id} stopped part-way, and how to go on depends on what is found there",
                code="partial",
                help="a script cannot look; run the same without --sql",
                state="nothing was run",
            )
        return frozenset(row[0] for row in rows)

    def journalled(self, step: Step, batch: Batch, total: int, end: int) -> int:
        """One statement with its line; returns the offset behind it."""
        span = batch.spans[0]
        begin = self.recorder.step(
            "step_begin",
            id=step.id,
            direction=step.direction,
            statement=batch.first,
            statements=total,
            checksum=step.migration.checksum,
            sql=step.script.source[span.start : span.end].decode(),
        )
        done = self.recorder.step("step_end", id=step.id, statement=batch.first)
        if sets_session(batch):
            end = self.statement(step.script, span, end)
            self.note(begin, done)
        elif may_commit_itself(batch):
            self.note(begin)
            end = self.alone(step, batch, end)
            self.note(done)
        else:
            self.raw(_BEGIN)
            end = self.statement(step.script, span, end)
            self.note(begin, done, opened=True)
        return end

    def note(self, *lines: bytes, opened: bool = False) -> None:
        """Lines of the journal, in a transaction of their own unless one is open."""
        if not opened:
            self.raw(_BEGIN)
        self.sql(locally_clean(self.target.role))
        for line in lines:
            self.sql(line)
        self.raw(b"COMMIT;")

    def alone(self, step: Step, batch: Batch, end: int) -> int:
        """A statement outside a transaction, and what to do when it fails."""
        forget = self.recorder.step("step_forget", id=step.id, statement=batch.first)
        stop = self.recorder.step("psql_stop", id=step.id, statement=batch.first)
        statement = batch.statement or parse(step.script, batch.spans[0], index=batch.first)
        index = statement.tree.get("IndexStmt")
        self.raw(b"SET lock_timeout = 0;\nSET statement_timeout = 0;")
        if index:
            self.comment("What a build that was broken off has left goes first.")
            self.drop_invalid(index)
            if index.get("if_not_exists"):
                self.expect(index, there=False)
        else:
            self.count(b"number AS number_before")
        self.raw(rb"\set ON_ERROR_STOP off")
        end = self.statement(step.script, batch.spans[0], end)
        self.raw(rb"\if :ERROR")
        if index:
            self.comment("It failed; what it left goes, and its line in the journal with it.")
            self.drop_invalid(index)
            self.note(forget)
        else:
            self.comment("It failed; if it was one transaction, nothing of it remains. If not, its")
            self.comment("line in the journal stays, and wishkit looks or asks how far it got.")
            self.count(b"number = :wishkit_number_before + 2 AS undone")
            self.raw(rb"\if :wishkit_undone")
            self.note(forget)
            self.raw(rb"\endif")
        self.raw(rb"\set ON_ERROR_STOP on")
        self.sql(stop)
        self.raw(b"\\endif\n\\set ON_ERROR_STOP on")
        if index:
            self.expect(index, there=True)
        return end

    def count(self, what: bytes) -> None:
        """Ask for the number of this session's transaction, into variables of psql."""
        self.raw(b"SELECT " + what + b" FROM (")
        self.raw(self.recorder.step("transaction_number"))
        self.raw(b") AS now (number) \\gset wishkit_")

    def drop_invalid(self, index: Mapping[str, Any]) -> None:
        """Unless somebody is building it just now."""
        self.raw(b"SELECT 'DROP INDEX CONCURRENTLY ' || name FROM (")
        self.raw(self.state(index))
        self.raw(b") AS found WHERE NOT valid AND builder IS NULL\n\\gexec")

    def expect(self, index: Mapping[str, Any], *, there: bool) -> None:
        """IF NOT EXISTS proves nothing: the index is there when the catalog says so."""
        problem = (
            f"index {index['idxname']} is INVALID or not there after its build"
            if there
            else f"an index {index['idxname']} is there already"
        )
        state = Expression(self.state(index).decode())
        self.sql(self.recorder.step("psql_index", state=state, expected=there, problem=problem))

    def state(self, index: Mapping[str, Any]) -> bytes:
        """The question whether the index that a statement builds is there and valid."""
        relation = index["relation"]
        parts = (relation.get("schemaname"), relation["relname"])
        table = ".".join(quote(part) for part in parts if part)
        return self.recorder.step("index_state", index=index["idxname"], table=table)

    def statement(self, script: Script, span: Span, end: int) -> int:
        """A statement with the comments before it; returns the offset behind it."""
        lead = script.source[end : span.start].strip(b" \t")
        sql = script.source[span.start : span.end]
        behind = _behind(script, span)
        self.pieces.append(lead)
        if span.data:
            self.raw(script.source[span.start : span.data[1]].rstrip(b"\n") + b"\n\\.")
        elif _passes_unread(sql):
            written = script.source[span.start : behind]
            self.raw(written if behind > span.end else written + b"\n;")
        else:
            self.comment("As a string, so that psql does not look for its variables in it.")
            quoted = b"$" + _tag(sql) + b"$"
            self.raw(b"SELECT " + quoted + sql + quoted + b"\n\\gexec")
        return behind

    def rest(self, script: Script, end: int) -> None:
        """The comments behind the last statement."""
        if rest := script.source[end:].strip():
            self.raw(b"\n" + rest)


def _behind(script: Script, span: Span) -> int:
    """The offset behind a statement, its semicolon, or its data."""
    source = script.source
    if span.data:
        end = source.find(b"\n", span.data[1])
        return len(source) if end < 0 else end + 1
    rest = re.compile(rb"\s*;?").match(source, span.end)
    return rest.end() if rest and rest.group().endswith(b";") else span.end


def _passes_unread(sql: bytes) -> bool:
    """Whether psql passes a statement on as it stands."""
    if b":" not in sql and b"atomic" not in sql.lower():
        return True
    return not _MISREAD.search(_OPAQUE.sub(b"''", sql))


def _tag(sql: bytes) -> bytes:
    tag, number = b"wishkit", 0
    while b"$" + tag + b"$" in sql:
        number += 1
        tag = b"wishkit%d" % number
    return tag


def _psql_quoted(text: str) -> bytes:
    """An argument of one of psql's own commands (psql, Meta-Commands)."""
    return b"'" + text.replace("\\", "\\\\").replace("'", "''").encode() + b"'"


def _about(step: Step) -> str:
    way = "" if step.direction == "forward" else "undone: "
    source = f"text: {step.script.path}" + (f" ({step.why})" if step.why else "")
    return f"{way}{step.migration.header.summary}\n{source}"
