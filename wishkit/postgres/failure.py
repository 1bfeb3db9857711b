"""From what the server refused to an error that names file, line and column."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from wishkit.core.redact import redact
from wishkit.errors import ConnectError, LedgerError, MigrationFailed
from wishkit.postgres.session import Lost, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.batches import Batch
    from wishkit.core.script import Script
    from wishkit.core.statements import Span
    from wishkit.errors import Location, WishkitError
    from wishkit.postgres.attempt import Attempt
    from wishkit.postgres.patience import OutOfPatience, Stalled

_WORD = re.compile(rb'"(?:[^"]|"")+"|[\w$\x80-\xff]+|.', re.DOTALL)
_COPY_LINE = re.compile(r"COPY [^,]+, \D+ (\d+)|\(?(?:line|Zeile|ligne|línea)\D*(\d+)")


@contextmanager
def of_ledger() -> Iterator[None]:
    """Whatever goes wrong with the ledger before anything is run, as one clear error.

    Raises:
        LedgerError: ``ledger-permission``, ``ledger-damaged`` or ``ledger``.
        ConnectError: ``connection-lost``.
    """
    try:
        yield
    except (Refused, Lost) as told:
        raise _of_ledger(told.error) from told
    except psycopg.Error as error:
        raise _of_ledger(error) from error


def _of_ledger(error: psycopg.Error) -> WishkitError:
    message = redact(error.diag.message_primary or _first_line(error))
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return LedgerError(
            f"this role may not read and write the ledger: {message}",
            code="ledger-permission",
            help="connect as the role that runs the migrations, or act as it: role = … in "
            "wishkit.toml\nfor looking only: GRANT USAGE ON SCHEMA wishkit TO …; "
            "GRANT SELECT ON ALL TABLES IN SCHEMA wishkit TO …; and SELECT on yoyo's tables",
        )
    if isinstance(error, _OTHER_SHAPE):
        return LedgerError(
            f"a table of the ledger is missing or has another shape: {message}",
            code="ledger-damaged",
            help="if it was renamed, rename it back; if schema wishkit was dropped in part, drop "
            "the rest of it: yoyo's tables still know what is applied",
        )
    if is_lost(error):
        return _lost(error)
    return LedgerError(f"the ledger cannot be used: {message}")


@contextmanager
def of_connection() -> Iterator[None]:
    """A connection that goes away while something is only looked up.

    Raises:
        ConnectError: ``connection-lost``.
    """
    try:
        yield
    except psycopg.OperationalError as error:
        if not is_lost(error):
            raise
        raise _lost(error) from error


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection went away with it."""
    return error.sqlstate is None or error.diag.severity_nonlocalized in {"FATAL", "PANIC"}


def _lost(error: psycopg.Error) -> ConnectError:
    return ConnectError(
        f"the connection went away: {redact(error.diag.message_primary or _first_line(error))}",
        code="connection-lost",
        help="see the server's log, then run again",
    )


_OTHER_SHAPE = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.InvalidSchemaName,
)


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def place(
    script: Script, batch: Batch, completed: int, error: psycopg.Error, prefix: int
) -> Location:
    """Where in the file the server found fault.

    Args:
        script: what was running.
        batch: the message's statements.
        completed: how many of them had succeeded.
        error: what the server said; its position counts characters of the whole message.
        prefix: how many characters of the message stand before the first statement.
    """
    span = batch.spans[min(completed, len(batch.spans) - 1)]
    if span.data is not None and (line := _COPY_LINE.search(error.diag.context or "")):
        offset = span.data[0]
        for _ in range(int(line.group(1) or line.group(2)) - 1):
            offset = script.source.find(b"\n", offset) + 1
        return script.locate(offset, script.source.find(b"\n", offset))
    if error.diag.statement_position is None:
        return script.locate(*_named(error, script.source, span))
    characters: int | None = int(error.diag.statement_position) - 1 - prefix
    if batch.backfill and characters is not None:
        characters = batch.backfill.unrestricted(characters)
    if characters is None:
        return script.locate(span.start, span.end)
    body = script.source[batch.start : batch.end].decode()
    offset = batch.start + len(body[:characters].encode())
    word = _WORD.match(script.source, offset)
    return script.locate(offset, word.end() if word else None)


def _named(error: psycopg.Error, source: bytes, span: Span) -> tuple[int, int]:
    """The one word of the statement that the message quotes; else the statement.

    The server gives no position for a name that is looked up late, such as a column in CREATE
    INDEX, nor for one inside the body of a DO.
    """
    quoted = _QUOTED.search(error.diag.message_primary or "")
    if quoted and (error.sqlstate or "").startswith(_NAMES):
        word = rb"(?<![\w$])" + re.escape(quoted.group(1).encode()) + rb"(?![\w$])"
        found = list(re.finditer(word, source[span.start : span.end]))
        if len(found) == 1:
            return span.start + found[0].start(), span.start + found[0].end()
    return span.start, span.end


_QUOTED = re.compile(r'"([^"]+)"')
_NAMES = "42"  # class of SQLSTATE: syntax error or access rule violation


def describe(
    kind: type[WishkitError],
    error: psycopg.Error,
    *,
    where: Location,
    state: str,
    help_: str | None = None,
) -> WishkitError:
    """The error to raise for a statement that the server refused."""
    diag = error.diag
    message = diag.message_primary or _first_line(error)
    notes = [
        f"{label}: {redact(text)}"
        for label, text in (("detail", diag.message_detail), ("context", diag.context))
        if text
    ]
    if diag.sqlstate:
        notes.append(f"SQLSTATE {error.sqlstate} ({type(error).__name__})")
    code, better = _case(error.sqlstate)
    return kind(
        redact(message),
        code=code,
        where=where,
        help=help_ or better or diag.message_hint or _HELP.get(error.sqlstate or ""),
        state=state,
        notes=tuple(notes),
    )


def out_of_patience(attempt: Attempt, over: OutOfPatience) -> WishkitError:
    """The error for a statement that could not get its locks without making clients wait."""
    patience = attempt.run.target.patience
    seconds, whose = patience.deadline, patience.kill_blockers
    pids = [b.pid for b in over.blockers if b.pid]
    help_ = [f"give it longer: --patience {max(10, round(seconds / 30))}min"]
    help_ += [f"or end who is in the way: SELECT pg_terminate_backend({pid})" for pid in pids[:3]]
    if pids and not whose:
        help_.append("or let wishkit do that at the deadline: --kill-blockers idle")
    elif pids and not attempt.killed:
        help_.append(
            f"--kill-blockers {whose} has ended nobody: it does if this role may, if whoever is "
            "asked agrees, and if nobody else would remain in the way"
        )
    if any(not b.pid for b in over.blockers):
        help_.append(
            "a prepared transaction holds its locks until somebody says COMMIT PREPARED or "
            "ROLLBACK PREPARED; see pg_prepared_xacts"
        )
    if any(b.pid and b.state is None and not b.autovacuum for b in over.blockers):
        help_.append(SEE_MORE)
    killed = [f"was ended, and that was not enough: {b}" for b in attempt.killed]
    return MigrationFailed(
        f"gave up after {seconds:g} s: others hold locks that it needs, and queueing behind them "
        "would have made the clients wait",
        code="lock-deadline",
        where=attempt.place_behind(over.refused.completed),
        help="\n".join(help_),
        notes=tuple(
            [f"in the way: {b}" for b in over.blockers]
            or ["whoever was in the way had gone by the last look"]
        )
        + tuple(killed),
    )


SEE_MORE = (
    "to see what the others are doing, this role needs: GRANT pg_monitor TO …\n"
    "and to end their sessions: GRANT pg_signal_backend TO …"
)


def stalled(attempt: Attempt, stopped: Stalled) -> WishkitError:
    """The error for a statement that worked under its locks while clients waited for it."""
    milliseconds = round(attempt.run.target.patience.stall * 1000)
    return MigrationFailed(
        f"cancelled, because clients had been waiting for its locks for {milliseconds} ms",
        code="stalls-clients",
        where=attempt.place_behind(stopped.refused.completed),
        help="it had its locks and was at work: waiting longer would not help. Put what takes "
        "long (reading or changing many rows) where it stalls nobody: NOT VALID and VALIDATE in "
        "files of their own, indexes CONCURRENTLY, data in batches; docs/hazards.md has each "
        "form.\nTo run it all the same, in a quiet hour: --accept stalls-clients",
    )


OUT_OF_ORDER = "WK001"  # our own, in the manner of a SQLSTATE: see postgres/enums.py


def _case(sqlstate: str | None) -> tuple[str | None, str | None]:
    """Code and help of a case that has its own; the help says more than the server's hint."""
    code = help_ = None
    if sqlstate == "55P04":
        from wishkit.core.enums import TWO_FILES  # noqa: PLC0415 - the parser is heavy

        code = "new-enum-value"
        help_ = TWO_FILES
    elif sqlstate == OUT_OF_ORDER:
        code = "enum-order"
        help_ = (
            "the value was there already, and IF NOT EXISTS passes over that. If this order is "
            "right, ask for it; PostgreSQL cannot move a value, so otherwise add one of another "
            "name, or exchange the type: see docs/enums.md"
        )
    return code, help_


# What to do about errors that the server gives no hint for.
_HELP = {
    "42501": "grant what is missing, or run as the owner: role = … in wishkit.toml",
    "42P07": "something of that name is there already; if it is what this migration makes, "
    "record that: wishkit mark",
    **dict.fromkeys(
        ("23502", "23503", "23505", "23514"),
        "rows break this rule: mend them, or the statement, and run the same command again",
    ),
    "55P03": "another session holds a lock this statement needs; run again when it is quieter",
    "40P01": "this statement and another session waited for each other; run again",
    "53100": "the server's disk is full; make room and run again",
    "25006": "the session is read-only; a migration has to write",
    "57014": "a statement_timeout or somebody else cancelled it; "
    "see SHOW statement_timeout, and ALTER ROLE … SET statement_timeout",
}
