"""A non-transactional migration in a script for psql: every statement journalled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.core.statements import Span, parse, split
from wishkit.errors import PlanError
from wishkit.postgres.psql_text import BEGIN, behind
from wishkit.postgres.queries import query
from wishkit.postgres.recorder import Expression
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.postgres.psql_text import PsqlWriter


def stepwise(writer: PsqlWriter, step: Step, batches: Sequence[Batch], *, resumable: bool) -> None:
    """Statement by statement, each with its line in the journal."""
    run_already = _journal(writer, step) if resumable else frozenset()
    writer.comment("Not one transaction: every statement has a line in the journal, from which")
    writer.comment("wishkit goes on if this stops in between.")
    writer.sql(writer.recorder.keep(step.migration))
    end = 0
    for batch in batches:
        if batch.first in run_already and not batch.sets_session:
            end = behind(step.script, batch.spans[0])
            writer.comment(f"Statement {batch.first} was run already.")
        else:
            end = _journalled(writer, step, batch, batches[-1].last, end)
    writer.rest(step.script, end)
    writer.comment("All statements are done: a session like a new one, then the ledger.")
    writer.raw(BEGIN)
    writer.sql(writer.clean)
    began = writer.recorder.step("step_began", id=step.id).decode()
    writer.sql(
        writer.recorder.done(
            step.migration,
            step.direction,
            transactional=False,
            elapsed=Expression(f"({began})"),
            statements=None,
        )
    )
    writer.sql(writer.recorder.step("step_clear", id=step.id))
    writer.raw(b"COMMIT;")


def _journal(writer: PsqlWriter, step: Step) -> frozenset[int]:
    """The statements that were run already, by number.

    Raises:
        PlanError: where to go on has to be found out, which takes the engine.
    """
    rows = writer.connection.execute(query("step_rows"), {"id": step.id}).fetchall()
    spans = split(step.script) if rows else []
    for number, direction, sql, done, *_ in rows:
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


def _journalled(writer: PsqlWriter, step: Step, batch: Batch, total: int, end: int) -> int:
    """One statement with its line; returns the offset behind it."""
    span = batch.spans[0]
    begin = writer.recorder.step(
        "step_begin",
        id=step.id,
        direction=step.direction,
        statement=batch.first,
        statements=total,
        checksum=step.migration.checksum,
        sql=step.script.source[span.start : span.end].decode(),
    )
    done = writer.recorder.step("step_end", id=step.id, statement=batch.first)
    if batch.sets_session:
        end = writer.statement(step.script, span, end)
        writer.note(begin, done)
    elif batch.may_commit_itself:
        writer.note(begin)
        end = _alone(writer, step, batch, end)
        writer.note(done)
    else:
        writer.raw(BEGIN)
        end = writer.statement(step.script, span, end)
        writer.note(begin, done, opened=True)
    return end


def _alone(writer: PsqlWriter, step: Step, batch: Batch, end: int) -> int:
    """A statement outside a transaction, and what to do when it fails."""
    forget = writer.recorder.step("step_forget", id=step.id, statement=batch.first)
    stop = writer.recorder.step("psql_stop", id=step.id, statement=batch.first)
    statement = batch.statement or parse(step.script, batch.spans[0], index=batch.first)
    index = statement.tree.get("IndexStmt")
    writer.raw(b"SET lock_timeout = 0;\nSET statement_timeout = 0;")
    if index:
        writer.comment("What a build that was broken off has left goes first.")
        _drop_invalid(writer, index)
        if index.get("if_not_exists"):
            _expect(writer, index, there=False)
    else:
        _count(writer, b"number AS number_before")
    writer.raw(rb"\set ON_ERROR_STOP off")
    end = writer.statement(step.script, batch.spans[0], end)
    writer.raw(rb"\if :ERROR")
    if index:
        writer.comment("It failed; what it left goes, and its line in the journal with it.")
        _drop_invalid(writer, index)
        writer.note(forget)
    else:
        writer.comment("It failed; if it was one transaction, nothing of it remains. If not, its")
        writer.comment("line in the journal stays, and wishkit looks or asks how far it got.")
        _count(writer, b"number = :wishkit_number_before + 2 AS undone")
        writer.raw(rb"\if :wishkit_undone")
        writer.note(forget)
        writer.raw(rb"\endif")
    writer.raw(rb"\set ON_ERROR_STOP on")
    writer.sql(stop)
    writer.raw(b"\\endif\n\\set ON_ERROR_STOP on")
    if index:
        _expect(writer, index, there=True)
    return end


def _count(writer: PsqlWriter, what: bytes) -> None:
    """Ask for the number of this session's transaction, into variables of psql."""
    writer.raw(b"SELECT " + what + b" FROM (")
    writer.raw(writer.recorder.step("transaction_number"))
    writer.raw(b") AS now (number) \\gset wishkit_")


def _drop_invalid(writer: PsqlWriter, index: Mapping[str, Any]) -> None:
    """Unless somebody is building it just now."""
    writer.raw(b"SELECT 'DROP INDEX CONCURRENTLY ' || name FROM (")
    writer.raw(_state(writer, index))
    writer.raw(b") AS found WHERE own AND NOT valid AND builder IS NULL\n\\gexec")


def _expect(writer: PsqlWriter, index: Mapping[str, Any], *, there: bool) -> None:
    """IF NOT EXISTS proves nothing: the index is there when the catalog says so."""
    problem = (
        f"index {index['idxname']} is INVALID or not there after its build"
        if there
        else f"an index {index['idxname']} is there already"
    )
    state = Expression(_state(writer, index).decode())
    writer.sql(writer.recorder.step("psql_index", state=state, expected=there, problem=problem))


def _state(writer: PsqlWriter, index: Mapping[str, Any]) -> bytes:
    """The question whether the index that a statement builds is there and valid."""
    relation = index["relation"]
    parts = (relation.get("schemaname"), relation["relname"])
    table = ".".join(quote(part) for part in parts if part)
    return writer.recorder.step("index_state", index=index["idxname"], table=table)
