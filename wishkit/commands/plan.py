"""Say what migrate or rollback would run, and what that does to everybody else; change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from wishkit.commands import hazards, proofs
from wishkit.commands.migrate import pending, prepare
from wishkit.commands.rollback import chosen, planned, refuse_unclear
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.core.hazards.model import Hazard, Size
    from wishkit.core.header import Batched
    from wishkit.core.migration import Direction
    from wishkit.core.outline import Outline
    from wishkit.core.plan import Step
    from wishkit.core.proof import Proof
    from wishkit.core.stakes import Stake

    Connection = psycopg.Connection[Any]

_SERVERS = ("pg_catalog", "information_schema")  # whose size says nothing about a plan


@dataclass(frozen=True, slots=True)
class PlannedMigration:
    """One migration of a plan.

    Attributes:
        id: which one.
        direction: which way it would run.
        summary: its first comment line.
        path: the file, or ``ledger:…`` where the text as applied is used.
        transactional: whether it is one transaction, together with its record in the ledger.
        why: why the text is not the obvious one, if so.
        done: how many statements an earlier run has completed.
        statements: those alike in a row told once.
        hazards: what it would do to tables that are not small, and what to write instead.
        batched: that its one statement runs for a number of rows at a time.
        rehearsal: when these texts were rehearsed, on which server, and what was found.
    """

    id: str
    direction: Direction
    summary: str
    path: str
    transactional: bool
    why: str | None
    done: int
    statements: tuple[Outline, ...]
    hazards: tuple[Hazard, ...]
    batched: Batched | None
    rehearsal: InRehearsal | None = None


@dataclass(frozen=True, slots=True)
class InRehearsal:
    """A rehearsal of these very texts.

    Attributes:
        at: when, in UTC.
        server: the version of PostgreSQL, such as ``18.6``.
        proven: whether nothing was wrong.
        problems: what was, one sentence each.
    """

    at: datetime
    server: str
    proven: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table of the connected database that a plan locks.

    Attributes:
        name: with its schema unless that is public.
        size: with its partitions.
    """

    name: str
    size: Size


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    Attributes:
        verb: migrate or rollback.
        database: which one, without secrets.
        position: the migration applied last, as things stand.
        migrations: in the order they would run.
        stakes: data that would be lost.
        tables: that are locked and there already.
        script: the same for psql, when it was asked for.
    """

    verb: Literal["migrate", "rollback"]
    database: str
    position: str | None
    migrations: tuple[PlannedMigration, ...] = ()
    stakes: tuple[Stake, ...] = ()
    tables: tuple[TableSize, ...] = ()
    script: str | None = None


def plan(
    workspace: Workspace,
    *,
    to: str | None = None,
    rollback_to: str | None = None,
    steps: int | None = None,
    allow_out_of_order: bool = False,
    allow_missing: bool = False,
    accept: Sequence[str] = (),
    sql: bool = False,
    proof: str | None = None,
) -> Plan:
    """Plan a run. Writes nothing and takes no lock; a read-only connection will do.

    Args:
        workspace: project and database.
        to: plan migrate up to this one; all that is pending when nothing is said.
        rollback_to: plan rollback of everything applied after this one; ``base`` for all.
        steps: plan rollback of this many.
        allow_out_of_order: as for migrate and rollback.
        allow_missing: as for migrate.
        accept: as for migrate and rollback; a plan tells hazards, accepted or not.
        sql: write the script for psql as well.
        proof: the file with what rehearsals have found; that of the configuration when None.

    Raises:
        UsageError: both directions are asked for, or a rule to accept does not exist.
        WishkitError: there is no safe answer, or no way to find one.
    """
    hazards.check(accept)
    backward = rollback_to is not None or steps is not None
    if backward:
        refuse_unclear(to=rollback_to, steps=steps)
        if to is not None:
            raise UsageError(
                "--to plans migrate; --rollback-to and --steps plan rollback",
                code="two-directions",
                help="ask for one of the two",
            )
    migrations = workspace.migrations()
    verb: Literal["migrate", "rollback"] = "rollback" if backward else "migrate"
    with workspace.connect("plan", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415

        database = describe(target, server)
        ledger = read_ledger(connection)
        if backward:
            wanted = chosen(ledger, migrations, to=rollback_to, steps=steps)
            prepared = planned(connection, migrations, ledger, wanted, allow=allow_out_of_order)
        else:
            prepared = prepare(
                pending(
                    connection,
                    migrations,
                    ledger,
                    to=to,
                    allow_out_of_order=allow_out_of_order,
                    allow_missing=allow_missing,
                )
            )
        if not prepared:
            return Plan(verb, database, ledger.position)
        from wishkit.core.stakes import threats  # noqa: PLC0415 - the parser is heavy
        from wishkit.postgres.online import refuse_on_partitioned  # noqa: PLC0415
        from wishkit.postgres.stakes import stakes  # noqa: PLC0415

        refuse_on_partitioned(connection, prepared)
        lost = stakes(connection, threats(prepared))
        judged = hazards.judge(connection, target, prepared, accept)
        proofs_ = proofs.kept(proofs.proof_file(workspace.config, proof))
        outlined = tuple(_planned(step, judged[step.id], proofs_) for step, _ in prepared)
        tables = _tables(connection, outlined)
        script = None
        if sql:
            from wishkit.postgres.origin import git_commit  # noqa: PLC0415
            from wishkit.postgres.psql_script import psql_script  # noqa: PLC0415 - only for this

            script = psql_script(
                connection, target, ledger, prepared, database=database, commit=git_commit()
            )
    return Plan(verb, database, ledger.position, outlined, lost, tables, script)


def _planned(
    step: Step, found: tuple[Hazard, ...], proofs_: Mapping[str, Proof]
) -> PlannedMigration:
    from wishkit.core.outline import outline, with_measured  # noqa: PLC0415 - the parser is heavy

    proof = proofs_.get(step.id)
    outlined, rehearsal = outline(step), None
    if proof and proof.checksum == step.migration.checksum:
        forward = step.direction == "forward"
        measured = proof.statements if forward else proof.backward_statements
        outlined = with_measured(outlined, measured)
        rehearsal = InRehearsal(proof.at, proof.server, proof.proven, proof.problems)
    return PlannedMigration(
        step.id,
        step.direction,
        step.migration.header.summary,
        step.script.path,
        step.transactional,
        step.why,
        step.done,
        outlined,
        found,
        step.batched,
        rehearsal,
    )


def _tables(connection: Connection, outlined: Sequence[PlannedMigration]) -> tuple[TableSize, ...]:
    """How large the tables are that a plan locks."""
    from wishkit.core.hazards.model import Question  # noqa: PLC0415 - heavy, as below
    from wishkit.core.locks.tree import literal_name, written  # noqa: PLC0415
    from wishkit.postgres.hazards import facts  # noqa: PLC0415

    named = {
        lock.relation
        for migration in outlined
        for it in migration.statements
        for lock in (it.measured.locks if it.measured else it.locks)
        if lock.kind == "table"
    }
    known = facts(connection, Question(relations=tuple(map(literal_name, sorted(named)))))
    found = {
        written(name._replace(schema=None) if name.schema == "public" else name): table.size
        for name, table in known.tables.items()
        if table.name.schema not in _SERVERS
    }
    return tuple(TableSize(name, size) for name, size in sorted(found.items()) if size)
