"""Ask a database whether what was promised holds, and whether the application's path works."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wishkit.commands.workspace import shown
from wishkit.core.events import Asking
from wishkit.core.migration import resolve
from wishkit.core.probes import read_smoke, read_verify, statements
from wishkit.errors import PromiseBroken, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Target
    from wishkit.core.migration import Migration
    from wishkit.core.probes import Probe, ProbeKind, Verdict

    Connection = psycopg.Connection[Any]

SCALE = 1000  # rows: what a smoke probe makes do with unless it is told otherwise
LONG = 600.0  # seconds that one statement of a smoke probe may take
NOTHING_ASKED = "nothing was asked"
NO_PROBES: Mapping[str, Probe] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the promises of the applied migrations hold.

    Attributes:
        database: which one, without secrets.
        position: the migration applied last.
        verdicts: one for each migration that was asked about, in the order they were applied.
        without: applied migrations that have no file in verify/; empty where some were named.
    """

    database: str
    position: str | None
    verdicts: tuple[Verdict, ...]
    without: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """1: a promise is broken; 2: a file could not be asked; 0: all hold."""
        return exit_status(self.verdicts)


@dataclass(frozen=True, slots=True)
class Smoke:
    """Whether the application's path works.

    Attributes:
        database: which one, without secrets.
        scale: how many rows the probes were told to make.
        verdicts: one for each file, by name.
    """

    database: str
    scale: int
    verdicts: tuple[Verdict, ...]

    @property
    def exit_status(self) -> int:
        """1: a promise is broken; 2: a file could not be asked; 0: all hold."""
        return exit_status(self.verdicts)


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """1: a promise is broken; 2: a file could not be asked; 0: all hold."""
    if any(verdict.broken for verdict in verdicts):
        return 1
    return 0 if all(verdict.passed for verdict in verdicts) else 2


def verify(workspace: Workspace, references: Sequence[str] = ()) -> Verification:
    """Run the files of sql/verify of applied migrations, and roll each back.

    Args:
        workspace: project and database.
        references: ids or numbers of the migrations to ask about; all applied ones when empty.

    Raises:
        UsageError: ``unknown-migration``, ``not-applied`` or ``no-verify-file``.
        MigrationFileError: a file without its migration.
        WishkitError: files, connection or ledger cannot be read.
    """
    migrations = workspace.migrations()
    files = verify_files(workspace, migrations, "verify")
    with workspace.connect("verify", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe, refuse_pooler  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - as above

        refuse_pooler(server)  # a session cannot be left clean that is another one each time
        ledger = read_ledger(connection)
        applied = [record.id for record in ledger.records]
        known = dict.fromkeys([*applied, *(migration.id for migration in migrations)])
        wanted = {resolve(reference, known) for reference in references}
        _refuse_unknown(workspace, wanted, applied, files)
        chosen = [files[id_] for id_ in applied if id_ in files and (id_ in wanted or not wanted)]
        verdicts = _ask(workspace, connection, chosen)
        database = describe(target, server)
    without = () if wanted else tuple(id_ for id_ in applied if id_ not in files)
    return Verification(database, ledger.position, verdicts, without)


def _refuse_unknown(
    workspace: Workspace, wanted: Collection[str], applied: Collection[str], files: Collection[str]
) -> None:
    for id_ in sorted(wanted):
        if id_ not in applied:
            raise UsageError(
                f"{id_} is not applied",
                code="not-applied",
                help="wishkit status shows what is",
                state=NOTHING_ASKED,
            )
        if id_ not in files:
            raise UsageError(
                f"{id_} has no file that says what it promised",
                code="no-verify-file",
                help=f"write {shown(workspace.config.sql / 'verify' / id_)}.sql; docs/verify.md",
                state=NOTHING_ASKED,
            )


def verify_files(
    workspace: Workspace, migrations: Sequence[Migration], kind: ProbeKind
) -> dict[str, Probe]:
    """The files of sql/verify by id.

    Raises:
        MigrationFileError: a file that cannot be read, or has no migration.
    """
    folder = workspace.config.sql / "verify"
    ids = [migration.id for migration in migrations]
    found = read_verify(folder, shown_as=shown(folder), ids=ids)
    return {probe.id: probe for probe in found if probe.kind == kind}


def probes_for(
    workspace: Workspace,
    migrations: Sequence[Migration],
    kind: ProbeKind,
    *,
    asked: bool | None,
    target: Target,
) -> Mapping[str, Probe]:
    """What a run has to ask after each of its migrations; nothing, unless it shall.

    Args:
        workspace: project and database.
        migrations: all there are.
        kind: ``verify`` forward, ``gone`` backward.
        asked: what the command line says; None: as the environment has it.
        target: the database.

    Raises:
        MigrationFileError: a file that cannot work.
    """
    if not (target.verify if asked is None else asked):
        return NO_PROBES
    probes = verify_files(workspace, migrations, kind)
    for probe in probes.values():
        statements(probe.script)
    return probes


def refuse_broken(verdict: Verdict, position: str) -> None:
    """Stop a run after a migration that did not do what it should.

    Args:
        verdict: what was found after it.
        position: where the database stands, in words.

    Raises:
        PromiseBroken: the verdict's error, with the state that the run leaves. A file that could
            not be asked stops the run as well: nobody knows.
    """
    error = verdict.error
    if error is None:
        return
    if verdict.kind == "gone":
        state = f"{verdict.id} is rolled back, and recorded so"
        help_ = "remove by hand what remains, then go on; and mend the backward file, so that it "
        help_ += "does not happen where it is still to run"
    else:
        state = f"{verdict.id} is applied and recorded, committed before it was asked"
        help_ = f"to go back: wishkit rollback {verdict.id}\nif the file of verify/ is wrong, mend "
        help_ += f"it, then: wishkit verify {verdict.id}"
    how = "" if verdict.broken else "it could not be verified: "
    raise PromiseBroken(
        f"{how}{error.message}",
        code=error.code,
        where=error.where,
        help="\n".join(filter(None, (error.help, help_))),
        state=f"{state}; {position}",
        notes=error.notes,
    )


def smoke(
    workspace: Workspace,
    names: Sequence[str] = (),
    *,
    scale: int | None = None,
    limit: int | None = None,
    yes: bool = False,
) -> Smoke:
    """Run the files of sql/smoke, and roll each back.

    Args:
        workspace: project and database.
        names: of the files to run; all when empty.
        scale: how many rows they shall make: their setting ``wishkit.scale``.
        limit: milliseconds that a query may take, where a file says so: ``wishkit.limit``.
        yes: consent for many rows on a protected database.

    Raises:
        UsageError: ``no-smoke``: no file of that name; or a scale or limit below 1.
        ConsentNeeded: many rows on a protected database.
        WishkitError: files or connection cannot be read.
    """
    scale = SCALE if scale is None else scale
    if scale < 1 or (limit is not None and limit < 1):
        raise UsageError("--scale and --limit must be 1 or more", state=NOTHING_ASKED)
    folder = workspace.config.sql / "smoke"
    probes = _named(read_smoke(folder, shown_as=shown(folder)), names, shown(folder))
    settings = {"wishkit.scale": str(scale)}
    if limit is not None:
        settings["wishkit.limit"] = str(limit)
    with workspace.connect("smoke", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe, refuse_pooler  # noqa: PLC0415 - heavy

        refuse_pooler(server)
        database = describe(target, server)
        if target.protected and scale > SCALE:
            question = f"write {scale:,} rows into {database}, and roll them back?"
            workspace.consent(question, yes=yes, flag="--yes")
        verdicts = _ask(workspace, connection, probes, settings, LONG)
    return Smoke(database, scale, verdicts)


def _named(probes: Sequence[Probe], names: Sequence[str], folder: str) -> list[Probe]:
    there = {probe.id: probe for probe in probes}
    wanted = [name.removesuffix(".sql").rsplit("/", 1)[-1] for name in names]
    for name in wanted:
        if name not in there:
            from wishkit.config import suggestion  # noqa: PLC0415 - only for what is wrong

            raise UsageError(
                f'there is no smoke probe "{name}"',
                code="no-smoke",
                help=suggestion(name, there, "there are")
                if there
                else f"write {folder}/{name}.sql; docs/smoke-and-seeds.md",
                state=NOTHING_ASKED,
            )
    return [there[name] for name in dict.fromkeys(wanted)] if wanted else list(probes)


def _ask(
    workspace: Workspace,
    connection: Connection,
    probes: Sequence[Probe],
    settings: Mapping[str, str] | None = None,
    statement_timeout: float | None = None,
) -> tuple[Verdict, ...]:
    from wishkit.postgres.probe import STATEMENT_TIMEOUT, run_probe  # noqa: PLC0415 - heavy

    found = []
    for position, probe in enumerate(probes, 1):
        workspace.listener(Asking(probe.id, position, len(probes)))
        timeout = statement_timeout or STATEMENT_TIMEOUT
        found.append(run_probe(connection, probe, settings=settings, statement_timeout=timeout))
    return tuple(found)
