"""Look at what runs on a database right now. Writes nothing, takes no lock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.core.migration import Migration, scan_folder
from wishkit.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.core.live import Live


@dataclass(frozen=True, slots=True)
class Seen:
    """One look.

    Attributes:
        database: which one, without secrets.
        live: what runs there.
    """

    database: str
    live: Live


def running(workspace: Workspace) -> Seen:
    """What runs now, and how the last run ended.

    Raises:
        WishkitError: no usable connection, or the ledger is damaged.
    """
    ids = known_ids(workspace)
    with workspace.connect("running", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy

        return Seen(describe(target, server), look(connection, ids=ids))


def watch(workspace: Workspace, *, interval: float) -> Iterator[Seen | ConnectError]:
    """Look again and again; a database that goes away is told, and asked again.

    Args:
        workspace: whose database.
        interval: seconds from one look to the next.

    Raises:
        WishkitError: no usable connection at first, or the ledger is damaged.
    """
    ids = known_ids(workspace)
    seen = False
    while True:
        try:
            with workspace.connect("running", writes=False) as (connection, target, server):
                from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy

                database = describe(target, server)
                while True:
                    began = time.monotonic()
                    yield Seen(database, look(connection, ids=ids))
                    seen = True
                    time.sleep(max(0.0, began + interval - time.monotonic()))
        except ConnectError as error:
            if not seen:
                raise
            yield error
            time.sleep(interval)


def look(connection: psycopg.Connection[Any], *, ids: Iterable[str] = ()) -> Live:
    """One look on a connection that is there; see ``postgres.live.read_live``.

    Args:
        connection: idle, in autocommit mode.
        ids: of migrations, for those whose ids are too long for a run to say them whole.

    Raises:
        ConnectError: ``connection-lost``.
        LedgerError: the ledger is damaged.
    """
    from wishkit.postgres.live import read_live  # noqa: PLC0415 - the driver is heavy

    return read_live(connection, ids=ids)


def known_ids(workspace: Workspace) -> tuple[str, ...]:
    """The migrations whose files are here; none have to be."""
    if not workspace.folder.is_dir():
        return ()
    return tuple(it.id for it in scan_folder(workspace.folder) if isinstance(it, Migration))
