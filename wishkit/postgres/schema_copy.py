"""Try migrations on a copy of a live database's schema: its objects and its ledger, no rows."""

from __future__ import annotations

import os
import re
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from wishkit.config import Patience, Target
from wishkit.core.plan import Step
from wishkit.core.redact import redact
from wishkit.core.rehearsal import not_the_same_again, not_undone
from wishkit.errors import CompareError, WishkitError
from wishkit.postgres.binaries import VARIABLE
from wishkit.postgres.catalog import read_snapshot
from wishkit.postgres.cluster import server_env
from wishkit.postgres.connection import connect
from wishkit.postgres.contents import tables_of
from wishkit.postgres.engine import run_step
from wishkit.postgres.failure import of_connection
from wishkit.postgres.programs import complaints, fitting_tools, run_program
from wishkit.postgres.psql import psql_line
from wishkit.postgres.queries import query
from wishkit.postgres.restore import binaries_for
from wishkit.postgres.run import open_run
from wishkit.postgres.stage import make_roles, stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from wishkit.core.batches import Batch
    from wishkit.core.state import Ledger
    from wishkit.postgres.connection import Server
    from wishkit.postgres.programs import Tools
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]
    Prepared = Sequence[tuple[Step, Sequence[Batch]]]

NAME = "copy"
# What a run asks of the ledger. Approvals and the chain stay where they are: nothing runs on them.
_LEDGER = {"ledger", "run", "execution", "applied", "script", "step"}
_NO_EXTENSION = re.compile(r'extension "([^"]+)" is not available')
_LOCK_WAIT = "10s"


@dataclass(frozen=True, slots=True)
class Tried:
    """How migrations went on a copy.

    Attributes:
        server: the version of PostgreSQL that the copy was on.
        seconds: how long all of it took.
        irreversible: those that were not undone, because they say that they cannot be.
        problem: what went wrong, in one sentence; None if nothing did.
        details: more of that.
    """

    server: str
    seconds: float
    irreversible: tuple[str, ...]
    problem: str | None = None
    details: tuple[str, ...] = ()


def try_on_copy(
    connection: Connection,
    target: Target,
    server: Server,
    ledger: Ledger,
    prepared: Prepared,
    *,
    backward: Prepared,
    stage_url: str | None,
) -> Tried:
    """Copy a schema into a throwaway server, and run a plan there: forward, backward, forward.

    Args:
        connection: to the live database; it is only read.
        target: of it.
        server: what it is.
        ledger: of it.
        prepared: the plan.
        backward: the same backward, newest first; of those that can be undone.
        stage_url: a server to make the copy on; None: a throwaway one.

    Raises:
        CompareError: ``extension-missing`` or ``copy-failed``.
        ServerError: there is no scratch server, or no pg_dump that fits.
    """
    began = time.monotonic()
    tools = fitting_tools(server.version_number // 10000)
    binaries = None if stage_url else binaries_for(tools.major)
    with stage(stage_url, binaries) as place:
        url = place.create_database(NAME)
        try:
            copy = Target(url, "a copy of the schema", patience=Patience(deadline=0))
            with connect(copy, application_name="wishkit promote") as there:
                with of_connection():
                    roles = [name for (name,) in connection.execute(query("role_names"))]
                make_roles(there, {it for it in roles if not it.startswith("pg_")})
                with _dumped(connection, target, ledger, tools) as path:
                    _restore(path, url, tools, ours=stage_url is None)
                version = str(there.info.server_version // 10000)
                irreversible = tuple(
                    step.id for step, _ in prepared if step.migration.header.irreversible
                )
                problem, details = _there_and_back(copy, there, prepared, backward, irreversible)
        finally:
            place.drop_database(NAME)
    return Tried(version, time.monotonic() - began, irreversible, problem, details)


def _there_and_back(
    copy: Target,
    looker: Connection,
    prepared: Prepared,
    backward: Prepared,
    irreversible: tuple[str, ...],
) -> tuple[str | None, tuple[str, ...]]:
    """What is wrong, in one sentence and more of them."""
    before = read_snapshot(looker)
    for way, plan in (("forward", prepared), ("backward", backward), ("forward again", prepared)):
        if irreversible and way != "forward":
            continue  # what cannot be undone is not done twice
        try:
            _run(copy, plan if way != "forward again" else _anew(prepared))
        except WishkitError as error:
            where = (str(error.where),) if error.where else ()
            return f"{way}: {error.message}", where
        if way == "forward":
            first = read_snapshot(looker)
        elif way == "backward":
            problem, _ = not_undone(before, read_snapshot(looker))
            if problem:
                return problem.text, problem.details
        elif again := not_the_same_again(first, read_snapshot(looker)):
            return again.text, again.details
    return None, ()


def _anew(prepared: Prepared) -> Prepared:
    """The plan for what has been undone: from the first statement, whatever was done before."""
    return [(Step(step.migration, "forward"), parts) for step, parts in prepared]


def _run(copy: Target, plan: Prepared) -> None:
    with (
        connect(copy, application_name="wishkit promote") as connection,
        open_run(connection, copy, verb="rehearse", reason=None, listener=lambda _: None) as run,
    ):
        _steps(run, plan)


def _steps(run: Run, plan: Prepared) -> None:
    for position, (step, parts) in enumerate(plan, 1):
        run_step(run, step, parts, position=position, total=len(plan))


@contextmanager
def _dumped(connection: Connection, target: Target, ledger: Ledger, tools: Tools) -> Iterator[Path]:
    """A dump of everything but rows, with those rows of the ledger that a run asks for."""
    with of_connection():
        tables = tables_of(connection)
    schemas = {"wishkit": _LEDGER}
    without = [
        sql.Identifier(it.schema, it.name).as_string()
        for it in tables
        if it.name not in schemas.get(it.schema, ())
        and not (it.schema == ledger.yoyo_schema and it.name.startswith("_yoyo_"))
    ]
    place, secrets = psql_line(
        target.url or "", role=target.role, application_name="wishkit promote (pg_dump)"
    )
    with tempfile.TemporaryDirectory(prefix="wishkit-copy-") as folder:
        path = Path(folder) / "schema.dump"
        line = [
            tools.program("pg_dump"),
            *place,
            "--no-password",
            "--format=custom",
            f"--file={path}",
            "-B",  # large objects are rows; their long option has another name before 16
            f"--lock-wait-timeout={_LOCK_WAIT}",
            *(f"--exclude-table-data={it}" for it in without),
        ]
        status, said = run_program(line, secrets=secrets)
        if status:
            raise _failed("the schema cannot be dumped", complaints(said))
        yield path


def _restore(path: Path, url: str, tools: Tools, *, ours: bool) -> None:
    place, secrets = psql_line(url, role=None, application_name="wishkit promote (pg_restore)")
    line = [
        tools.program("pg_restore"),
        *place,
        "--no-password",
        "--exit-on-error",
        "--no-tablespaces",
        "--no-publications",
        "--no-subscriptions",
        str(path),
    ]
    # Nothing of the caller's PG* reaches a server of ours.
    env = server_env() if ours else os.environ
    status, said = run_program(line, secrets=secrets, env=env)
    if not status:
        return
    told = complaints(said)
    if missing := _NO_EXTENSION.search("\n".join(told)):
        raise CompareError(
            f"the scratch server lacks the extension {missing[1]}, which the database has",
            code="extension-missing",
            help=f"install it for the PostgreSQL that {VARIABLE} names, or name a server that has "
            "it: server = … in [rehearse] of wishkit.toml",
        )
    raise _failed("a copy of the schema cannot be made", told)


def _failed(what: str, told: Sequence[str]) -> CompareError:
    first, *more = [redact(it) for it in told] or ["it said nothing"]
    text = re.sub(r"^error: ", "", first)
    return CompareError(f"{what}: {text}", code="copy-failed", notes=tuple(more))
