"""What a database should consist of: its migrations as applied, run again on a scratch server."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.conninfo import make_conninfo

from wishkit.config import Patience, Target
from wishkit.core.events import MigrationStarted, Replaying
from wishkit.errors import CompareError, Interrupted, WishkitError
from wishkit.postgres.catalog import read_snapshot
from wishkit.postgres.last_run import reader
from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import psycopg

    from wishkit.core.events import Event, Listener
    from wishkit.core.migration import Migration
    from wishkit.core.plan import Step
    from wishkit.core.schema import Snapshot
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]

_CACHED = 20  # snapshots in the folder; each is some kilobytes for an ordinary database
_NO_EXTENSION = re.compile(r'extension "([^"]+)" is not available')
_CREATE_ROLE = re.compile(
    rb'^\s*CREATE\s+(?:ROLE|USER|GROUP)\s+(?:"([^"]+)"|(\w+))', re.IGNORECASE | re.MULTILINE
)
_MAINTENANCE = "postgres"  # a scratch server has it from the beginning, and empty


@dataclass(frozen=True, slots=True)
class Replay:
    """All that it takes to run the migrations of a database again.

    Attributes:
        applied: id and checksum of the migrations, in the order in which they were applied.
        database: its name, which a migration may hold.
        database_owner: the role it belongs to, which is no migration's business.
        owner: the role that made most of what there is; it runs the migrations.
        schema: where tables go whose name has no schema.
        major: the server's major version.
        roles: of the server; migrations grant them things. Whoever a migration makes itself is
            not made before.
    """

    applied: tuple[tuple[str, str], ...]
    database: str
    database_owner: str
    owner: str
    schema: str
    major: int
    roles: tuple[str, ...]

    @property
    def key(self) -> str:
        """The same for the same result; the database's name and who else is there do not matter."""
        told = (
            reader(),
            self.major,
            self.database_owner,
            self.owner,
            self.schema,
            self.applied,
        )
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def replay_of(
    connection: Connection, applied: Sequence[tuple[str, str]], *, schema: str | None
) -> Replay:
    """What it takes to run the migrations of a database again.

    Args:
        connection: to the database.
        applied: id and checksum of its migrations, in order.
        schema: of yoyo's tables: the first run put them where the search_path led it.
    """
    row = connection.execute(query("replay_place")).fetchone()
    if row is None:
        raise LookupError("the server did not say where we are")
    database, database_owner, owner, roles = row
    major = connection.info.server_version // 10000
    schema = schema or "public"
    return Replay(tuple(applied), database, database_owner, owner, schema, major, tuple(roles))


def expected_snapshot(
    replay: Replay, texts: Callable[[], Sequence[Migration]], folder: Path, listener: Listener
) -> Snapshot:
    """What the database should consist of; from the cache, where it has been found out before.

    Args:
        replay: what to run.
        texts: the migrations, as applied and in that order; asked where the cache has nothing.
        folder: of the cache.
        listener: is told how far it is.

    Raises:
        CompareError: ``extension-missing``, ``replay-failed``.
        ServerError: there is no scratch server to be had.
        Interrupted: asked to stop.
    """
    from wishkit.core.snapshot_text import pack, unpack  # noqa: PLC0415 - heavy

    kept = folder / f"expected-{replay.key}"
    with suppress(OSError, ValueError):
        return unpack(kept.read_bytes())
    snapshot = _run(replay, texts(), listener)
    keep_file(kept, pack(snapshot))
    return snapshot


def keep_file(path: Path, data: bytes) -> None:
    """Write a file of the cache, whole or not at all; where it cannot be, it is not."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_bytes(data)
        unfinished.replace(path)
        family = path.name.partition("-")[0]
        old = sorted(path.parent.glob(f"{family}-*"), key=lambda it: -it.stat().st_mtime)
        for it in old[_CACHED:]:
            it.unlink()


def _run(replay: Replay, migrations: Sequence[Migration], listener: Listener) -> Snapshot:
    # What runs migrations is heavy, and an answer from the cache needs none of it.
    from wishkit.core.plan import Step  # noqa: PLC0415
    from wishkit.postgres.connection import connect  # noqa: PLC0415
    from wishkit.postgres.run import open_run  # noqa: PLC0415
    from wishkit.postgres.scratch import scratch_server  # noqa: PLC0415

    steps = [Step(it, "forward", source="ledger") for it in migrations]
    began = time.monotonic()

    def hear(event: Event) -> None:
        if isinstance(event, MigrationStarted):
            elapsed = time.monotonic() - began
            listener(Replaying("replaying", event.id, event.position, event.total, elapsed))

    with scratch_server(_binaries(replay.major)) as server:
        url = server.url()
        if replay.database != _MAINTENANCE:
            url = server.create_database(replay.database)
        _furnish(url, replay, migrations)
        path = f"-c search_path={_escaped(_search_path(replay.schema))}"
        target = Target(
            make_conninfo(url, options=path),
            "scratch",
            role=replay.owner,
            patience=Patience(deadline=0),
        )
        connection = connect(target, application_name="wishkit check")
        with (
            connection,
            open_run(connection, target, verb="migrate", reason=None, listener=hear) as run,
        ):
            for position, step in enumerate(steps, 1):
                _run_one(run, step, position, len(steps))
        with connect(target, application_name="wishkit check") as connection:
            return read_snapshot(connection)


def _run_one(run: Run, step: Step, position: int, total: int) -> None:
    from wishkit.core.batches import batches  # noqa: PLC0415 - as in _run
    from wishkit.postgres.binaries import VARIABLE  # noqa: PLC0415 - as in _run
    from wishkit.postgres.engine import run_step  # noqa: PLC0415 - as in _run

    try:
        parts = batches(step.script, transactional=step.transactional, batched=step.batched)
        run_step(run, step, parts, position=position, total=total)
    except Interrupted:
        raise Interrupted("interrupted", state="nothing was changed") from None
    except WishkitError as error:
        if missing := _NO_EXTENSION.search(error.message):
            raise CompareError(
                f"the scratch server lacks the extension {missing[1]}, which {step.id} makes",
                code="extension-missing",
                where=error.where,
                help=f"install it for the PostgreSQL that {VARIABLE} names, and name one of the "
                "live major that has it",
            ) from error
        raise CompareError(
            f"{step.id} is applied, but cannot be run again on a scratch server: {error.message}",
            code="replay-failed",
            where=error.where,
            notes=error.notes,
            help="a scratch server has the roles of the live one, and neither its rows, its "
            "tablespaces nor what was there before the first migration; --last-run compares "
            "without one",
        ) from error


def _furnish(url: str, replay: Replay, migrations: Sequence[Migration]) -> None:
    """Roles that nobody can log in as, and the schema that was there before the first run."""
    from wishkit.postgres.location import administer  # noqa: PLC0415 - as in _run

    made = {name for it in migrations for name in _roles_made(it)}
    with administer(url) as connection:
        there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        owners = {replay.owner, replay.database_owner}
        for role in ({*replay.roles} - made | owners) - there:
            option = sql.SQL("SUPERUSER" if role == replay.owner else "NOSUPERUSER")
            create = sql.SQL("CREATE ROLE {} NOLOGIN {}")
            connection.execute(create.format(sql.Identifier(role), option))
        give = sql.SQL("ALTER DATABASE {} OWNER TO {}")
        database = sql.Identifier(replay.database)
        connection.execute(give.format(database, sql.Identifier(replay.database_owner)))
        if replay.schema != "public":
            schema = sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}")
            owner = sql.Identifier(replay.owner)
            connection.execute(schema.format(sql.Identifier(replay.schema), owner))


def _roles_made(migration: Migration) -> list[str]:
    """Roles that a migration creates whether they are there or not."""
    found = _CREATE_ROLE.findall(migration.forward.source)
    return [(quoted or plain.lower()).decode(errors="replace") for quoted, plain in found]


def _search_path(schema: str) -> str:
    """PostgreSQL's default, with the schema in front that the first run was led to."""
    path = ['"$user"', "public"]
    return ", ".join(path if schema == "public" else [quote(schema), *path])


def _escaped(value: str) -> str:
    """As one word of ``options`` (libpq, "options": backslashes before spaces)."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _binaries(major: int) -> Binaries:
    """The PostgreSQL that is nearest to the live one: of its major, if one is installed here."""
    from wishkit.postgres.binaries import (  # noqa: PLC0415 - as in _run
        VARIABLE,
        find_binaries,
        system_binaries,
    )

    usual = find_binaries()
    if usual.major == major or os.environ.get(VARIABLE):
        return usual
    return max((it for it in system_binaries() if it.major == major), default=usual)
