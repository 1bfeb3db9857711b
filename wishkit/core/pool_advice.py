"""Do the pools of an application fit the server and the pooler in front of it?

docs/pooling.md has the same arithmetic for people.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.pools import OURS, SESSION, STATEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.pools import Bouncer, PoolerSeen, PoolSeen, Room

_PREPARING = "1.21"  # of PgBouncer


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing about an application's connections.

    Attributes:
        pool: which one it is about; null: all of them together.
        wrong: it fails sooner or later; otherwise it is worth to know.
        what: is the case.
        why: that matters.
        remedy: SQL, a line of an ini file or of wishkit.toml, ready to be used.
    """

    pool: str | None
    wrong: bool
    what: str
    why: str
    remedy: str


def advise(room: Room, pools: Sequence[PoolSeen], database: str) -> tuple[Advice, ...]:
    """What does not fit, and what is worth to know.

    Args:
        room: of the server.
        pools: that the environment's configuration names.
        database: the environment's.
    """
    here = [it for it in pools if not it.failure and not it.elsewhere]
    return (
        *(advice for it in pools for advice in _of_place(it)),
        *_of_server(room, here, database),
        *_of_logins(here),
        *(advice for it in here if it.pooler for advice in _of_pooler(it, it.pooler)),
        *_of_bouncers(room, here),
        *_of_sessions(here),
    )


def _of_place(pool: PoolSeen) -> Iterator[Advice]:
    if pool.failure:
        yield _wrong(
            pool.name,
            f"it does not connect: {pool.failure}",
            "nor will the application",
            f"see to its url in wishkit.toml; psql {pool.place} shows the same",
        )
    elif pool.elsewhere:
        yield _wrong(
            pool.name,
            f"it leads to another server, {pool.place}",
            "migrations would run in one database and the application in another",
            "name the same server in both URLs, the one of the environment without a pooler",
        )


def _shares(pools: Sequence[PoolSeen]) -> dict[tuple[object, ...], int]:
    """Of the server's connections, by who has them together: a pooler's pairs are shared."""
    shares: dict[tuple[object, ...], int] = defaultdict(int)
    for it in pools:
        if it.takes is None:
            continue
        if it.pooler and it.pooler.bouncer:
            key: tuple[object, ...] = (it.place, it.database, it.login)
            shares[key] = min(shares[key] + it.clients, it.pooler.bouncer.pool_size)
        else:
            shares[(it.name,)] = it.takes
    return shares


def _of_server(room: Room, pools: Sequence[PoolSeen], database: str) -> Iterator[Advice]:
    for limit, others, whose, change in (
        (
            room.usable,
            room.others,
            f"max_connections = {room.most}, {room.kept} of them kept for superusers",
            "ALTER SYSTEM SET max_connections = {}; and restart the server",
        ),
        (
            room.in_database,
            room.others_here,
            f"the limit of database {database}",
            f"ALTER DATABASE {_quoted(database)} CONNECTION LIMIT {{}};",
        ),
    ):
        if limit is None or not pools:
            continue
        taken = sum(_shares(pools).values())
        wanted = taken + others + OURS
        if wanted <= limit:
            continue
        kept = room.kept if limit == room.usable else 0
        told = [_told(it) for it in pools if it.takes is not None]
        told += [f"{others} of others now"] * bool(others) + [f"{OURS} of wishkit"]
        yield _wrong(
            None,
            f"{wanted} connections are wanted ({', '.join(told)}), and {limit} are there: {whose}",
            "whoever comes last is refused: sorry, too many clients already",
            change.format(wanted + kept) + _smaller(pools, limit - others - OURS),
        )


def _smaller(pools: Sequence[PoolSeen], left: int) -> str:
    """Sizes in proportion that would fit."""
    direct = [it for it in pools if it.takes == it.clients]
    clients, instances = sum(it.clients for it in direct), sum(it.instances for it in direct)
    if not direct or left < instances:
        return "; or a pooler in front of the server"
    sizes = [f"size = {max(1, it.size * left // clients)} for {it.name}" for it in direct]
    return f"; or {', '.join(sizes)}; or a pooler in front of the server"


def _told(it: PoolSeen) -> str:
    if it.takes != it.clients:
        return f"{it.takes} of {it.name} behind its pooler"
    each = f" ({it.instances} instances of {it.size})" if it.instances > 1 else ""
    return f"{it.clients} of {it.name}{each}"


def _of_logins(pools: Sequence[PoolSeen]) -> Iterator[Advice]:
    for login, its in _by_login(pools).items():
        taken, limit = sum(_shares(its).values()), its[0].login_limit
        if limit is not None and taken > limit:
            yield _wrong(
                its[0].name if len(its) == 1 else None,
                f"{taken} connections are wanted as {login}, whose limit is {limit}",
                "the others are refused: too many connections for role",
                f"ALTER ROLE {_quoted(login)} CONNECTION LIMIT {taken};",
            )


def _of_pooler(pool: PoolSeen, pooler: PoolerSeen) -> Iterator[Advice]:
    bouncer = pooler.bouncer
    if pooler.mode == STATEMENT:
        yield _wrong(
            pool.name,
            "its pooler is in statement mode",
            "no transaction of more than one statement gets through",
            "pool_mode = transaction",
        )
        return
    if pooler.mode == SESSION:
        if bouncer and pool.clients > bouncer.pool_size:
            yield _wrong(
                pool.name,
                f"its pooler is in session mode and has {bouncer.pool_size} sessions for"
                f" {pool.clients} clients",
                "a client keeps its session for as long as it is connected: the rest wait, and"
                f" are refused after query_wait_timeout, {bouncer.query_wait_timeout:g} s",
                f"default_pool_size = {pool.clients}, or pool_mode = transaction",
            )
        return
    if pooler.prepares is False and pool.prepares:
        yield _wrong(
            pool.name,
            "prepared statements do not work through its pooler: tried",
            "drivers prepare what they run often, and fail then: prepared statement does not"
            " exist, or already exists",
            _how_to_prepare(bouncer),
        )
    if pooler.leaks:
        yield _note(
            pool.name,
            "what one client SETs, the next one has: its pooler shares sessions by transaction",
            "search_path, time-outs, roles and session locks of one request would be another's",
            "SET LOCAL inside a transaction, or ALTER ROLE … SET for all of them; docs/pooling.md",
        )
    if bouncer is None:
        yield _note(
            pool.name,
            "how many sessions its pooler has is not to be seen",
            "so it is not counted here",
            f"stats_users = {pool.login} in pgbouncer.ini, and a line for it in its auth_file",
        )
    elif bouncer.query_wait_timeout == 0:
        yield _note(
            pool.name,
            "clients wait for a session for ever: query_wait_timeout = 0",
            "requests pile up without an error when all sessions are busy",
            "query_wait_timeout = 15",
        )


def _how_to_prepare(bouncer: Bouncer | None) -> str:
    off = (
        "or tell the driver not to (psycopg: prepare_threshold = None), and say so:"
        " prepares = false"
    )
    if bouncer is None:
        return (
            f"turn them on in the pooler (PgBouncer {_PREPARING}: max_prepared_statements), {off}"
        )
    if bouncer.max_prepared_statements is None:
        return (
            f"PgBouncer {_PREPARING} or later with max_prepared_statements = 200 (it is"
            f" {bouncer.version}), {off}"
        )
    return f"max_prepared_statements = 200 (it is {bouncer.max_prepared_statements}), {off}"


def _of_bouncers(room: Room, pools: Sequence[PoolSeen]) -> Iterator[Advice]:
    by_place: dict[str | None, tuple[Bouncer, list[PoolSeen]]] = {}
    for it in pools:
        if it.pooler and it.pooler.bouncer:
            by_place.setdefault(it.place, (it.pooler.bouncer, []))[1].append(it)
    for bouncer, its in by_place.values():
        name = its[0].name if len(its) == 1 else None
        clients = sum(it.clients for it in its)
        if clients > bouncer.max_client_conn:
            yield _wrong(
                name,
                f"{clients} clients for a pooler that takes {bouncer.max_client_conn}",
                "the others are refused: no more connections allowed (max_client_conn)",
                f"max_client_conn = {clients + clients // 4}",
            )
        left = room.usable - OURS
        if bouncer.most > left and bouncer.pairs:
            yield _wrong(
                name,
                f"its pooler may open {bouncer.most} sessions, for {bouncer.pairs} pairs of"
                f" database and user, and {left} are there besides wishkit's",
                "default_pool_size counts for each pair of database and user",
                f"default_pool_size = {max(1, left // bouncer.pairs)}, or a max_db_connections",
            )


def _of_sessions(pools: Sequence[PoolSeen]) -> Iterator[Advice]:
    for login, its in _by_login(pools).items():
        it, name = its[0], its[0].name if len(its) == 1 else None
        if it.superuser:
            yield _note(
                name,
                f"{login}, who logs in, is a superuser",
                "it may do everything, and takes also the connections kept for who has to help",
                "a login of its own that owns nothing: CREATE ROLE … LOGIN; GRANT … TO …;",
            )
        for value, setting, why, some in (
            (
                it.idle_timeout,
                "idle_in_transaction_session_timeout",
                "a client that hangs in a transaction keeps its locks, and migrations wait for it",
                "'60s'",
            ),
            (
                it.statement_timeout,
                "statement_timeout",
                "a statement that goes wrong runs on when nobody waits for it any more",
                "'30s'",
            ),
        ):
            if not value:
                yield _note(
                    name,
                    f"{login} has no {setting}",
                    why,
                    f"ALTER ROLE {_quoted(login)} SET {setting} = {some};",
                )


def _by_login(pools: Sequence[PoolSeen]) -> dict[str, list[PoolSeen]]:
    found: dict[str, list[PoolSeen]] = defaultdict(list)
    for it in pools:
        if it.login:
            found[it.login].append(it)
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _wrong(pool: str | None, what: str, why: str, remedy: str) -> Advice:
    return Advice(pool, wrong=True, what=what, why=why, remedy=remedy)


def _note(pool: str | None, what: str, why: str, remedy: str) -> Advice:
    return Advice(pool, wrong=False, what=what, why=why, remedy=remedy)
