r"""A plan as one script for psql that keeps the ledger as the engine would.

What psql needs to be told differs from what the engine does in three places. The one session
holds the run lock itself. Statements psql would not pass on as they are written (it reads ``:name``
as one of its variables) are handed to it as strings, for ``\gexec``. And what happens after an
error is written down beforehand.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wishkit import __version__
from wishkit.postgres.ledger import lifting
from wishkit.postgres.lock import KEY
from wishkit.postgres.psql_steps import stepwise
from wishkit.postgres.psql_text import PsqlWriter, psql_quoted
from wishkit.postgres.recorder import Expression, Recorder
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from wishkit.config import Target
    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
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
        PlanError: ``partial``: only the engine can find out where to go on.
    """
    schema, statements = lifting(connection, ledger)
    recorder = Recorder(
        connection,
        schema,
        Expression(":wishkit_run_id"),
        Expression(":'wishkit_user'"),
        Expression(":'wishkit_host'"),
    )
    writer = PsqlWriter(connection, target, recorder)
    _open(writer, prepared, ledger, statements, database=database, commit=commit)
    for position, (step, batches) in enumerate(prepared, 1):
        writer.title(f"{position}/{len(prepared)} {step.id}", _about(step))
        writer.sql(recorder.step("psql_lock", **KEY))
        if step.transactional:
            _transaction(writer, step, batches)
        else:
            stepwise(writer, step, batches, resumable=bool(ledger.version))
        verb = "applied" if step.direction == "forward" else "rolled back"
        writer.raw(rb"\echo " + psql_quoted(f"{step.id}: {verb}"))
    _close(writer)
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


def _open(
    writer: PsqlWriter,
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
    writer.comment(
        f"wishkit {verb}, {count}, for\n"
        f"    {database}\n"
        f"made by wishkit {__version__} on {datetime.now(UTC):%Y-%m-%d at %H:%M:%S} UTC.\n"
        "\n"
        "Run it with psql -X -f and the name of this file, not with --single-transaction.\n"
        "It keeps the ledger as wishkit would: afterwards wishkit status shows what was done.\n"
        "It runs nothing while another run is at work, or when the ledger has changed since\n"
        "this script was made. Where it stops, wishkit goes on."
    )
    writer.raw(_SETTINGS)
    writer.comment("The session as wishkit has it.")
    writer.sql(writer.settings)
    writer.comment("One run at a time: the lock is held until this session ends.")
    writer.sql(writer.recorder.step("psql_lock", **KEY))
    writer.comment("The ledger must be what it was when this script was made, and names without a")
    writer.comment("schema must mean the same.")
    schema = writer.connection.execute("SELECT pg_catalog.current_schema()::text").fetchone()
    writer.sql(
        writer.recorder.step(
            "psql_guard",
            version=ledger.version,
            has_yoyo=ledger.yoyo_schema is not None,
            yoyo_lock=f"{quote(writer.recorder.yoyo_schema)}.yoyo_lock",
            fingerprint=fingerprint(ledger),
            schema=schema and schema[0],
        )
    )
    if lift:
        writer.title("the ledger is made, or lifted to the version this wishkit writes")
        writer.raw(b"BEGIN;")
        for statement in lift:
            writer.sql(statement)
        writer.raw(b"COMMIT;")
    writer.title("the run begins")
    writer.sql(writer.recorder.step("psql_orphans"))
    pid = "pg_catalog.pg_backend_pid()"
    begin = writer.recorder.step(
        "run_begin",
        verb=verb,
        user=writer.recorder.user,
        host=writer.recorder.host,
        environment=writer.target.name,
        version=__version__,
        commit=commit,
        reason=REASON,
        pid=Expression(pid),
        start=Expression(
            "(SELECT backend_start FROM pg_catalog.pg_stat_activity"  # noqa: S608 - constant
            f" WHERE pid = {pid})"
        ),
    )
    writer.raw(begin)
    writer.raw(rb"\gset wishkit_run_")


def _close(writer: PsqlWriter) -> None:
    """The run ends."""
    writer.title("the run ends")
    writer.sql(writer.recorder.step("run_end", outcome="done"))
    writer.sql(writer.recorder.step("psql_unlock"))


def _transaction(writer: PsqlWriter, step: Step, batches: Sequence[Batch]) -> None:
    """Everything and its record, or nothing."""
    script, migration = step.script, step.migration
    writer.raw(b"BEGIN;")
    end = 0
    for span in (span for batch in batches for span in batch.spans):
        end = writer.statement(script, span, end)
    writer.rest(script, end)
    writer.comment("A session like a new one, then the ledger.")
    writer.sql(writer.clean)
    writer.sql(writer.recorder.keep(migration))
    writer.sql(
        writer.recorder.done(
            migration, step.direction, transactional=True, elapsed=None, statements=None
        )
    )
    writer.raw(b"COMMIT;")


def _about(step: Step) -> str:
    way = "" if step.direction == "forward" else "undone: "
    source = f"text: {step.script.path}" + (f" ({step.why})" if step.why else "")
    return f"{way}{step.migration.header.summary}\n{source}"
