"""Judge migration files by their text; runs nothing, and without --env or --url asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.commands.workspace import shown
from wishkit.core.lint import RULES
from wishkit.core.lint import lint as judge
from wishkit.core.lint.against import against_base, against_ledger
from wishkit.core.migration import Migration, resolve, scan_folder
from wishkit.core.state import State, compare
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.commands.workspace import Workspace
    from wishkit.core.lint.model import Finding, Rule


@dataclass(frozen=True, slots=True)
class Lint:
    """What is wrong with migration files.

    Attributes:
        findings: what counts, file by file.
        allowed: what the files make an exception for, with their reason.
        files: paths of the files that were judged.
        rules: those that were broken, allowed or not; a second opinion has none of ours.
        compared_with: what decided which files are new: the base branch, the database, or both.
        second_opinion: why there is none; null when squawk was asked.
        strict: warnings make the answer a no as well.
    """

    findings: tuple[Finding, ...]
    allowed: tuple[Finding, ...]
    files: tuple[str, ...]
    rules: tuple[Rule, ...]
    compared_with: tuple[str, ...] = ()
    second_opinion: str | None = None
    strict: bool = False

    @property
    def exit_status(self) -> int:
        """1: something is wrong; 0: nothing is."""
        return 1 if any(map(self.fails, self.findings)) else 0

    def fails(self, finding: Finding) -> bool:
        """Whether a finding makes the answer a no."""
        return self.strict or finding.severity == "error"


@dataclass(frozen=True, slots=True)
class Rules:
    """What lint looks for.

    Attributes:
        rules: all of them, by what they are about.
    """

    rules: tuple[Rule, ...]


def rules() -> Rules:
    """Every rule."""
    return Rules(tuple(RULES.values()))


def lint(
    workspace: Workspace,
    references: Sequence[str] = (),
    *,
    base: str | None = None,
    database: bool = False,
    version: int | None = None,
    strict: bool = False,
) -> Lint:
    """Judge the files.

    Args:
        workspace: the project; its database is only asked with ``database``.
        references: ids, numbers or paths of what is to be judged; all when there are none.
        base: a commit of git: only what it does not have is judged, and compared with it.
        database: only what it has not applied is judged, and compared with its ledger.
        version: major version of the target server, where no database tells.
        strict: warnings make the answer a no as well.

    Raises:
        UsageError: ``unknown-migration`` or ``ambiguous-migration``; for ``base`` as ``read_base``.
        MigrationFileError: ``no-folder``.
        ConnectError: there is no usable connection, where one is asked for.
    """
    folder = shown(workspace.folder)
    scanned = list(scan_folder(workspace.folder, shown_as=folder))
    migrations = [it for it in scanned if isinstance(it, Migration)]
    only, loose = _chosen(references, migrations, scanned)
    others: list[Finding] = []
    compared: list[str] = []
    new: set[str] | None = None
    applied: set[str] = set()
    if base is not None:
        from wishkit.commands.branch import read_base  # noqa: PLC0415 - only for this

        theirs = read_base(workspace.folder, base)
        others += against_base(migrations, theirs, folder=folder)
        new = {*theirs.new(migrations)}
        compared.append(base)
    if database:
        with workspace.connect("lint", writes=False) as (connection, target, server):
            from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
            from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - as above

            name, ledger = describe(target, server), read_ledger(connection)
            version = version or connection.info.server_version // 10000
        entries = compare(migrations, ledger)
        others += against_ledger(entries, database=target.name, folder=folder)
        new = (new or set()) | {e.id for e in entries if e.state is State.PENDING}
        applied = {record.id for record in ledger.records}
        compared.append(name)
    from wishkit.commands.second_opinion import Squawk, find_squawk  # noqa: PLC0415 - heavy

    judged = [
        it for it in migrations if (new is None or it.id in new) and (only is None or it.id in only)
    ]
    program = find_squawk()
    paths = [str(workspace.folder / f"{it.id}.sql") for it in judged]
    squawk = Squawk(program, paths, version) if program else None
    found = judge(
        scanned if only is None else [*migrations, *loose],
        new=new,
        only=only,
        applied=applied,
        version=version,
        others=others,
        second_opinion=squawk,
    )
    return Lint(
        tuple(it for it in found if it.allowed is None),
        tuple(it for it in found if it.allowed is not None),
        tuple(script.path for it in judged for script in (it.forward, it.backward) if script),
        tuple(RULES[name] for name in dict.fromkeys(it.rule for it in found) if name in RULES),
        tuple(compared),
        squawk.trouble if squawk else _NO_SQUAWK,
        strict,
    )


_NO_SQUAWK = "squawk is not installed: pip install squawk-cli"


def _chosen(
    references: Sequence[str],
    migrations: Sequence[Migration],
    scanned: Sequence[Migration | MigrationFileError],
) -> tuple[set[str] | None, list[MigrationFileError]]:
    """Ids that are meant, and errors about files that are meant and are no migration."""
    if not references:
        return None, []
    ids: set[str] = set()
    loose: list[MigrationFileError] = []
    wrong = {
        it.where.path.rsplit("/", 1)[-1]: it
        for it in scanned
        if isinstance(it, MigrationFileError) and it.where
    }
    for reference in references:
        name = reference.rsplit("/", 1)[-1]
        if name in wrong:
            loose.append(wrong[name])
        else:
            ids.add(resolve(reference, [m.id for m in migrations]))
    return ids, loose
