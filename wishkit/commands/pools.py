"""The pools that an environment's configuration names, held against what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit import config as configuration
from wishkit.core.pool_advice import advise
from wishkit.core.pools import PoolSeen
from wishkit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wishkit.commands.everywhere import Asked
    from wishkit.config.pools import ApplicationPool
    from wishkit.core.pool_advice import Advice
    from wishkit.core.pools import Room

LONGEST = 12.0  # seconds that one pool may add: its connection may never be answered


def examine_pools(
    asked: Asked, pools: Sequence[ApplicationPool]
) -> tuple[Room, tuple[PoolSeen, ...], tuple[Advice, ...]]:
    """The server's connections, what each pool meets, and what does not fit.

    Args:
        asked: the environment.
        pools: of its configuration.
    """
    from wishkit.postgres.pools import look_for_room, running_since  # noqa: PLC0415 - heavy

    since = running_since(asked.connection)
    seen = tuple(_seen(it, since) for it in pools)
    server = asked.server
    logins = {it.login or server.session_user for it in seen}
    room = look_for_room(asked.connection, server.database, logins)
    return room, seen, advise(room, seen, server.database)


def _seen(pool: ApplicationPool, since: datetime) -> PoolSeen:
    from dataclasses import replace  # noqa: PLC0415 - imported where used

    from wishkit.postgres.pools import look_at_pool  # noqa: PLC0415 - heavy

    said = PoolSeen(pool.name, pool.size, pool.instances, pool.prepares)
    if pool.url is None:
        return said
    try:
        url = configuration.dereference(pool.url, where=pool.where)
    except ConfigError as error:
        return replace(said, failure=error.message)
    return look_at_pool(said, url, since)
