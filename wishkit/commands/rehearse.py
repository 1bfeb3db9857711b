"""Prove migrations before they are merged: forward, backward and forward again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wishkit import __version__
from wishkit.commands import proofs
from wishkit.commands.throwaway import stage_for
from wishkit.commands.workspace import shown
from wishkit.core.events import Replaying
from wishkit.core.migration import resolve
from wishkit.core.order import dependency_order
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wishkit.commands.workspace import Workspace
    from wishkit.core.migration import Migration
    from wishkit.core.proof import Proof
    from wishkit.core.rehearsal import Rehearsed
    from wishkit.core.script import Script
    from wishkit.postgres.proving import Part
    from wishkit.postgres.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Rehearsing:
    """How a rehearsal went.

    Attributes:
        server: the version of PostgreSQL it was on, such as ``18.6``.
        at: when it began, in UTC.
        seconds: how long it took.
        jobs: how many migrations were proven at a time.
        migrations: each with what was found, in the order in which they run.
        unreached: ids of those that it did not get to, because one before them failed.
        without_rows: tables that never held a row: what migrations do to their rows is not known.
        seeds: whether the seeds could be put in; null if there are none.
        proof: the file with the proof.
    """

    server: str
    at: datetime
    seconds: float
    jobs: int
    migrations: tuple[Rehearsed, ...]
    unreached: tuple[str, ...]
    without_rows: tuple[str, ...]
    seeds: bool | None
    proof: str | None

    @property
    def exit_status(self) -> int:
        """1 if a migration is not proven."""
        return 1 if self.unreached or not all(it.proven for it in self.migrations) else 0


def rehearse(
    workspace: Workspace,
    *,
    ids: Sequence[str] = (),
    pending: bool = False,
    from_: str | None = None,
    changed: str | None = None,
    server: str | None = None,
    jobs: int | None = None,
    proof: str | None = None,
) -> Rehearsing:
    """Run migrations forward, backward and forward again, and compare schema and rows.

    Args:
        workspace: the project; its database is asked for nothing but what is pending.
        ids: only these, by id or number; all when nothing narrows it down.
        pending: only those that are not applied to the database.
        from_: only this one and those that run after it.
        changed: only those whose files differ from what they were at this git revision.
        server: URL of the server to rehearse on; a throwaway one when None.
        jobs: how many migrations to prove at a time; as many as there are cores when None.
        proof: the file for the proof; that of the configuration when None.

    Raises:
        UsageError: what to rehearse is said twice, or there is no such migration.
        MigrationFileError: ``no-migrations``, or files that do not go together.
        WishkitError: the server does not start, or lacks an extension.
    """
    asked = [bool(ids), pending, from_ is not None, changed is not None]
    if sum(asked) > 1:
        raise UsageError(
            "IDs, --pending, --from and --changed each say what to rehearse",
            help="give one of them, or none for all",
        )
    migrations = workspace.migrations()
    known = {it.id: it for it in migrations}
    if not known:
        raise MigrationFileError(
            f"there is nothing to rehearse: {shown(workspace.folder)} holds no migrations",
            code="no-migrations",
            help="wishkit new begins one; or name another folder: sql = … in wishkit.toml",
        )
    ordered = dependency_order(known, known.keys())
    names = [it.id for it in ordered]
    if pending:
        chosen = _pending(workspace)
    elif from_ is not None:
        chosen = {*names[names.index(resolve(from_, names)) :]}
    elif changed is not None:
        chosen = _changed(workspace, changed, names)
    else:
        chosen = {resolve(it, names) for it in ids} or {*names}
    return _rehearse(workspace, ordered, chosen, server=server, jobs=jobs, proof=proof)


def _rehearse(
    workspace: Workspace,
    ordered: Sequence[Migration],
    chosen: Collection[str],
    *,
    server: str | None,
    jobs: int | None,
    proof: str | None,
) -> Rehearsing:
    from wishkit.core.roles import foreign_roles  # noqa: PLC0415 - heavy, as below
    from wishkit.postgres.rehearsal import Rehearsal, default_jobs  # noqa: PLC0415
    from wishkit.postgres.workbench import Workbench  # noqa: PLC0415

    config = workspace.config
    at, began = datetime.now(UTC), time.monotonic()
    last = max((n for n, it in enumerate(ordered) if it.id in chosen), default=-1)
    parts = _parts(workspace, ordered[: last + 1], chosen)
    seeds = _seeds(workspace)
    jobs = jobs or config.rehearse.jobs or default_jobs()

    def tell(id_: str, position: int) -> None:
        elapsed = time.monotonic() - began
        workspace.listener(Replaying("rehearsing", id_, position, len(chosen), elapsed))

    with stage_for(config, server) as place:
        rehearsal = Rehearsal(Workbench(place), parts, seeds, jobs, tell)
        rehearsal.run(foreign_roles(ordered))
        version = rehearsal.version
    results = rehearsal.results
    file = proofs.proof_file(config, proof)
    found = [_proof(it, version, at) for it in results]
    if found:
        proofs.keep(file, found, ordered)
    return Rehearsing(
        version,
        at,
        time.monotonic() - began,
        jobs,
        results,
        rehearsal.unreached,
        _without_rows(rehearsal),
        rehearsal.seeded if seeds and parts else None,
        shown(file) if found else None,
    )


def _parts(
    workspace: Workspace, ordered: Sequence[Migration], chosen: Collection[str]
) -> list[Part]:
    from wishkit.core.probes import read_fixtures, read_verify  # noqa: PLC0415 - the parser
    from wishkit.core.rehearsal import base_of  # noqa: PLC0415
    from wishkit.core.roles import changes_server  # noqa: PLC0415
    from wishkit.postgres.proving import Part  # noqa: PLC0415 - heavy

    sql = workspace.config.sql
    ids = [it.id for it in workspace.migrations()]
    probes = read_verify(sql / "verify", shown_as=shown(sql / "verify"), ids=ids)
    verify = {it.id: it for it in probes if it.kind == "verify"}
    gone = {it.id: it for it in probes if it.kind == "gone"}
    fixtures = read_fixtures(sql / "fixtures", shown_as=shown(sql / "fixtures"), ids=ids)
    return [
        Part(
            it,
            base_of(ordered[:number]),
            proven=it.id in chosen,
            shared=changes_server(it),
            verify=verify.get(it.id),
            gone=gone.get(it.id),
            fixture=fixtures.get(it.id),
        )
        for number, it in enumerate(ordered)
    ]


def _seeds(workspace: Workspace) -> tuple[Script, ...]:
    """The seeds that rows for a rehearsal come from; none where there is no such folder."""
    from wishkit.core.probes import read_seeds  # noqa: PLC0415 - the parser is heavy

    folder, env = workspace.config.sql / "seeds", workspace.config.rehearse.seeds
    if not (folder / env).is_dir():
        return ()
    return read_seeds(folder, env, shown_as=shown(folder))


def _pending(workspace: Workspace) -> set[str]:
    """Ids of what is not applied to the database."""
    with workspace.connect("rehearse", writes=False) as (connection, _, _):
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - heavy

        applied = {it.id for it in read_ledger(connection).records}
    return {it.id for it in workspace.migrations()} - applied


def _changed(workspace: Workspace, revision: str, names: Sequence[str]) -> set[str]:
    """Ids of migrations with a file that is not as it was where this branch left a revision."""
    from wishkit.commands.git import changed_since  # noqa: PLC0415 - rarely needed

    files = changed_since(workspace.folder, revision)
    stems = {it.removesuffix(".sql").removesuffix(".rollback") for it in files}
    return {*names} & stems


def _without_rows(rehearsal: Rehearsal) -> tuple[str, ...]:
    return tuple(sorted(table for table, rows in rehearsal.held.items() if not rows))


def _proof(it: Rehearsed, server: str, at: datetime) -> Proof:
    from wishkit.core.proof import Proof  # noqa: PLC0415 - as above

    return Proof(
        it.id,
        it.checksum,
        it.base,
        it.proven,
        tuple(problem.text for problem in it.problems),
        it.irreversible,
        None if it.verify == "none" else it.verify == "passed",
        it.rows,
        it.seconds,
        server,
        __version__,
        at,
        it.statements,
        it.backward_statements,
    )
