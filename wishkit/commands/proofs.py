"""Proofs of rehearsals: where they are kept, and what a run asks of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.commands.snapshot import write
from wishkit.commands.workspace import embedded_folder, shown
from wishkit.errors import ConfigError, ConsentNeeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wishkit.config import Config, Target
    from wishkit.core.migration import Migration
    from wishkit.core.plan import Step
    from wishkit.core.proof import Proof

FILE_NAME = "rehearsal.json"


def proof_file(config: Config, path: str | None = None) -> Path:
    """Where proofs are: as named, as configured, or in the project's data folder."""
    if path is not None:
        return Path(path)
    return config.rehearse.proof or embedded_folder(config).parent / FILE_NAME


def kept(path: Path) -> Mapping[str, Proof]:
    """The proofs in a file; none where there is no file.

    Raises:
        ConfigError: ``proof-unreadable``.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _unreadable(path, (error.strerror or str(error)).lower()) from None
    from wishkit.core.proof import read_proofs  # noqa: PLC0415 - only where there are some

    try:
        return read_proofs(content)
    except ValueError as error:
        raise _unreadable(path, str(error)) from None


def keep(path: Path, proofs: Iterable[Proof], migrations: Iterable[Migration]) -> None:
    """Put proofs into a file, in the place of older ones of the same migrations.

    Args:
        path: the file.
        proofs: new ones.
        migrations: that there are: proofs of others go.

    Raises:
        ConfigError: it cannot be written.
    """
    from wishkit.core.proof import write_proofs  # noqa: PLC0415 - only where there are some

    try:
        before = kept(path)
    except ConfigError:
        before = {}  # what nobody can read is of no use to anybody
    known = {it.id for it in migrations}
    merged = {id_: it for id_, it in before.items() if id_ in known}
    merged |= {it.id: it for it in proofs}
    write(path, write_proofs(merged.values()).decode())


def bases(migrations: Sequence[Migration]) -> dict[str, str]:
    """By id, what tells what is there before a migration."""
    from wishkit.core.order import dependency_order  # noqa: PLC0415 - not for nothing to do
    from wishkit.core.rehearsal import base_of  # noqa: PLC0415 - as above

    known = {it.id: it for it in migrations}
    ordered = dependency_order(known, known.keys())
    return {it.id: base_of(ordered[:number]) for number, it in enumerate(ordered)}


def require(
    config: Config,
    target: Target,
    migrations: Sequence[Migration],
    steps: Sequence[Step],
    *,
    path: str | None,
) -> None:
    """Where a rehearsal is asked for, refuse what has not passed one as it is.

    Args:
        config: says where proofs are.
        target: says whether they are asked for.
        migrations: all files.
        steps: what is about to run.
        path: a file with proofs; given, they are asked for whatever the target says.

    Raises:
        ConsentNeeded: ``not-rehearsed``.
        ConfigError: ``proof-unreadable``.
    """
    if not target.rehearsed and path is None:
        return
    file = proof_file(config, path)
    proofs, told = kept(file), bases(migrations)
    wrong = [
        f"{step.id}: {why}"
        for step in steps
        if step.direction == "forward"
        and (why := why_not(proofs.get(step.id), step.migration, told.get(step.id)))
    ]
    if wrong:
        several = "migrations have" if wrong[1:] else "migration has"
        raise ConsentNeeded(
            f"{len(wrong)} {several} not passed a rehearsal as it is now",
            code="not-rehearsed",
            notes=tuple(wrong),
            help=f"wishkit rehearse --pending keeps its proof in {shown(file)}",
        )


def why_not(proof: Proof | None, migration: Migration, base: str | None) -> str | None:
    """Why a proof does not hold for a migration as it is; None where it does.

    Args:
        proof: that is kept of it.
        migration: its files.
        base: what tells what is there before it; None where that is not known.
    """
    if proof is None:
        return "never rehearsed"
    if proof.checksum != migration.checksum:
        return "its files have changed since"
    if base is not None and proof.base != base:
        return "what runs before it has changed since"
    return None if proof.proven else proof.problems[0]


def _unreadable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{shown(path)} holds no proofs of a rehearsal that can be read: {why}",
        code="proof-unreadable",
        help="wishkit rehearse writes it anew",
    )
