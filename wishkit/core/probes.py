"""Plain SQL that asks a database something and leaves nothing behind: verify, smoke; and seeds.

A file of sql/verify asserts what the migration of the same name promised, its mirror
(``….rollback.sql``) that nothing of it remains after the way back; a file of sql/smoke tries the
application's whole path. All of them raise where a promise is broken, and are always rolled back.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from wishkit.core.migration import BACKWARD_SUFFIX, NAME
from wishkit.core.script import Script
from wishkit.errors import Location, MigrationFileError, PromiseBroken, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wishkit.core.batches import Batch
    from wishkit.errors import WishkitError

ProbeKind = Literal["verify", "gone", "smoke"]

PROBE = "a probe"
COMMON = "common"  # the folder of seeds that every environment gets


@dataclass(frozen=True, slots=True)
class Probe:
    """One file that asserts something.

    Attributes:
        id: the migration that it is about; of a smoke probe, the file's own name.
        kind: ``verify``: what the migration promised is there; ``gone``: nothing of it remains;
            ``smoke``: the application's path works.
        script: its text.
    """

    id: str
    kind: ProbeKind
    script: Script

    @property
    def summary(self) -> str:
        """Its first comment line: what it promises; empty if there is none."""
        first = self.script.source.lstrip().partition(b"\n")[0].decode(errors="replace")
        return first.removeprefix("--").strip() if first.startswith("--") else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a probe found.

    Attributes:
        id: of the probe.
        kind: of the probe.
        passed: whether every promise holds.
        seconds: how long it took.
        error: why it did not pass. ``promise-broken``: something is not as it should be; any other
            code: it could not be asked.
        notices: what it said, in order.
        summary: its first comment line: what it promises.
    """

    id: str
    kind: ProbeKind
    passed: bool
    seconds: float
    error: WishkitError | None = None
    notices: tuple[str, ...] = ()
    summary: str = ""

    @property
    def broken(self) -> bool:
        """Whether it was asked, and the answer is no."""
        return isinstance(self.error, PromiseBroken)


def read_verify(
    folder: Path, *, shown_as: str | None = None, ids: Iterable[str] | None = None
) -> tuple[Probe, ...]:
    """Read sql/verify: each migration's promises, and what must be gone after its way back.

    Args:
        folder: the folder that holds the files; one that does not exist holds none.
        shown_as: how messages name it; its path when None.
        ids: of the migrations there are; a file that belongs to none of them is refused. None:
            those in the folder ``migrations`` beside it, if there is one.

    Returns:
        sorted by id, ``verify`` before ``gone``.

    Raises:
        MigrationFileError: ``verify-orphan``, ``file-name`` or ``unreadable``.
    """
    shown = str(folder) if shown_as is None else shown_as
    known = _migrations_beside(folder) if ids is None else list(ids)
    found = []
    for name in _names(folder, shown):
        gone = name.endswith(BACKWARD_SUFFIX)
        id_ = name.removesuffix(BACKWARD_SUFFIX if gone else ".sql")
        if known is not None and id_ not in known:
            raise _orphan(name, id_, shown, known)
        found.append(Probe(id_, "gone" if gone else "verify", _read(folder, name, shown)))
    return tuple(sorted(found, key=lambda probe: (probe.id, probe.kind != "verify")))


def read_smoke(folder: Path, *, shown_as: str | None = None) -> tuple[Probe, ...]:
    """Read sql/smoke, sorted by name; a folder that does not exist holds nothing.

    Raises:
        MigrationFileError: ``unreadable``.
    """
    shown = str(folder) if shown_as is None else shown_as
    return tuple(
        Probe(name.removesuffix(".sql"), "smoke", _read(folder, name, shown))
        for name in _names(folder, shown)
    )


def read_fixtures(
    folder: Path, *, shown_as: str | None = None, ids: Iterable[str]
) -> dict[str, Script]:
    """Read sql/fixtures: by id of a migration, the rows that are put in once it has run.

    Args:
        folder: the folder that holds the files; one that does not exist holds none.
        shown_as: how messages name it; its path when None.
        ids: of the migrations there are; a file that belongs to none of them is refused.

    Raises:
        MigrationFileError: ``fixture-orphan`` or ``unreadable``.
    """
    shown = str(folder) if shown_as is None else shown_as
    known = list(ids)
    found = {}
    for name in _names(folder, shown):
        id_ = name.removesuffix(".sql")
        if id_ not in known:
            same = [it for it in known if it[:4] == id_[:4]]
            raise MigrationFileError(
                f"there is no migration {id_}",
                code="fixture-orphan",
                where=Location(f"{shown}/{name}", 1),
                help=f'perhaps it belongs to "{same[0]}": rename it'
                if same
                else "rows that come after 0007_add_wishlist are in 0007_add_wishlist.sql",
            )
        found[id_] = _read(folder, name, shown)
    return found


def read_seeds(folder: Path, env: str, *, shown_as: str | None = None) -> tuple[Script, ...]:
    """The seeds of an environment, in the order in which they run: common ones first.

    Args:
        folder: sql/seeds, which holds ``common/`` and a folder for each environment.
        env: whose.
        shown_as: how messages name the folder; its path when None.

    Raises:
        UsageError: ``no-seeds``: there are none for it, with what there is.
        MigrationFileError: ``unreadable``.
    """
    shown = str(folder) if shown_as is None else shown_as
    own = folder / env
    if env in {"", ".", ".."} or "/" in env or not own.is_dir():
        raise _no_seeds(folder, env, shown)
    return tuple(
        _read(folder / part, name, f"{shown}/{part}")
        for part in dict.fromkeys((COMMON, env))
        for name in _names(folder / part, f"{shown}/{part}")
    )


@cache
def statements(script: Script, *, what: str = PROBE) -> tuple[Batch, ...]:
    """The statements of a probe or seed, each known to be able to run in a transaction.

    Args:
        script: the text.
        what: it is, for messages.

    Raises:
        MigrationFileError: it cannot work: see ``batches``, whose codes these are.
    """
    from wishkit.core.batches import batches  # noqa: PLC0415 - the parser is heavy

    try:
        return batches(script, transactional=True)
    except MigrationFileError as error:
        raise _in_other_words(error, what) from None


def _in_other_words(error: MigrationFileError, what: str) -> MigrationFileError:
    """The same error, where it speaks of migrations."""
    message, help_ = error.message, error.help
    if error.code == "transaction-control":
        message = f"{what} does not begin or end transactions: wishkit does"
        help_ = "remove it: "
        help_ += _ONE_TRANSACTION if what != PROBE else _ALWAYS_BACK
    elif error.code == "needs-autocommit":
        help_ = f"{what} runs inside a transaction: leave this out"
    elif error.code == "empty-migration":
        help_ = "was it saved? A file that has nothing to say is better removed"
    return MigrationFileError(message, code=error.code, where=error.where, help=help_)


_ALWAYS_BACK = "whatever a probe does is rolled back, and a COMMIT would keep it"
_ONE_TRANSACTION = "the files of a run are one transaction"


def line_of_body(script: Script, batch: Batch, line: int) -> Location | None:
    """Where a line of the body of a DO stands in its file.

    Args:
        script: the file.
        batch: one statement.
        line: as the server counts: the one behind the opening quote is 1.

    Returns:
        its place without the white space around; None where the statement is no DO, or has no
        such line.
    """
    from wishkit.core.statements import parse  # noqa: PLC0415 - the parser is heavy

    (span,) = batch.spans
    tree = parse(script, span, index=batch.first).tree
    arguments = tree.get("DoStmt", {}).get("args", ())
    bodies = [it["DefElem"] for it in arguments if it["DefElem"]["defname"] == "as"]
    if not bodies:
        return None
    start = span.start + bodies[0].get("location", 0)
    for _ in range(line - 1):
        start = script.source.find(b"\n", start, span.end) + 1
        if not start:
            return None
    end = script.source.find(b"\n", start)
    text = script.source[start : end if end >= 0 else span.end]
    return script.locate(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _names(folder: Path, shown: str) -> list[str]:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MigrationFileError(
            f"{shown} cannot be read: {(error.strerror or str(error)).lower()}", code="unreadable"
        ) from None
    return [name for name in names if name.endswith(".sql") and not name.startswith(".")]


def _read(folder: Path, name: str, shown: str) -> Script:
    try:
        return Script.normalise(os.path.join(shown, name), (folder / name).read_bytes())  # noqa: PTH118 - text
    except OSError as error:
        raise MigrationFileError(
            f"cannot read {name}: {(error.strerror or str(error)).lower()}",
            code="unreadable",
            where=Location(f"{shown}/{name}", 1),
        ) from None


def _migrations_beside(folder: Path) -> list[str] | None:
    migrations = folder.parent / "migrations"
    if not migrations.is_dir():
        return None
    names = (path.name for path in migrations.glob("*.sql"))
    return [name.removesuffix(".sql") for name in names if not name.endswith(BACKWARD_SUFFIX)]


def _orphan(name: str, id_: str, shown: str, known: Sequence[str]) -> MigrationFileError:
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is wrong

    where = Location(f"{shown}/{name}", 1)
    if not NAME.fullmatch(id_):
        return MigrationFileError(
            f"{name} is not named after a migration",
            code="file-name",
            where=where,
            help="0007_add_wishlist.sql asserts what that migration promised, "
            "0007_add_wishlist.rollback.sql that nothing of it remains",
        )
    same = [it for it in known if it[:4] == id_[:4]] or get_close_matches(id_, known, n=1)
    return MigrationFileError(
        f"there is no migration {id_}",
        code="verify-orphan",
        where=where,
        help=f'perhaps it belongs to "{same[0]}": rename it'
        if same
        else "was the migration renamed or removed? Its verify file goes with it",
    )


def _no_seeds(folder: Path, env: str, shown: str) -> UsageError:
    there = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is wrong

    there = [name for name in there if name != COMMON and not name.startswith(".")]
    if close := get_close_matches(env, there, n=1):
        help_ = f'perhaps you meant "{close[0]}"'
    else:
        known = f"there are seeds for {', '.join(there)}\n" if there else ""
        help_ = f"{known}write them: {shown}/{env or 'development'}/10_something.sql"
    return UsageError(f'there are no seeds for "{env}"', code="no-seeds", help=help_)
