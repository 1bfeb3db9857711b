"""The proof that a database is what the migrations make that are to be recorded on it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wishkit.commands.check import Comparison
from wishkit.commands.checked import Check
from wishkit.config import Ignore
from wishkit.core.severity import Severity
from wishkit.core.state import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Target
    from wishkit.core.state import Ledger
    from wishkit.postgres.connection import Server


@dataclass(frozen=True, slots=True)
class Live:
    """A database that is to be taken over.

    Attributes:
        connection: to it.
        target: who named it.
        server: where it is.
        ledger: ours, as far as it has one.
    """

    connection: psycopg.Connection[Any]
    target: Target
    server: Server
    ledger: Ledger

    @property
    def name(self) -> str:
        """Which one, without secrets."""
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy

        return describe(self.target, self.server)


def prove(
    workspace: Workspace,
    live: Live,
    files: Mapping[str, bytes],
    applied: Sequence[str],
    own: Iterable[tuple[str, str]],
) -> Check:
    """Compare a database with what migrations make that are written nowhere yet.

    Args:
        workspace: project and database.
        live: the database.
        files: all files of the migrations, by name.
        applied: ids of those that are applied.
        own: kind and name of what another tool made for itself.

    Raises:
        CompareError: it cannot be found out what they make.
    """
    from wishkit.postgres.ledger import lifting  # noqa: PLC0415 - heavy

    schema, _ = lifting(live.connection, live.ledger)
    now = datetime.now(UTC)
    ledger = replace(
        live.ledger,
        records=tuple(Record(id_, None, now) for id_ in applied),
        partial=(),
        yoyo_schema=schema,
    )
    blank = Check(
        live.target.name,
        live.name,
        now,
        "migrations",
        ledger.position,
        fails=Severity(live.target.drift_fails),
    )
    ignore = (*workspace.config.ignore, *(Ignore(kind, name, "") for kind, name in own))
    with tempfile.TemporaryDirectory(prefix="wishkit-adopt-") as folder:
        migrations = Path(folder) / "migrations"
        migrations.mkdir()
        for name, text in files.items():
            (migrations / name).write_bytes(text)
        config = replace(workspace.config, sql=Path(folder), ignore=ignore)
        place = replace(workspace, config=config)
        comparison = Comparison(
            place,
            live.connection,
            live.server,
            ledger,
            blank,
            column_order=False,
            remedies=False,
        )
        found = comparison.with_migrations()
    return replace(found, ignored=tuple(it for it in found.ignored if it.reason))
