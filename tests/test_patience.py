"""Nobody notices: who holds a lock is waited for without queueing, and nobody waits for us."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.config import Patience
from wishkit.core.events import Blocked, Event
from wishkit.core.locks import LockMode, effects_in_order
from wishkit.core.script import Script
from wishkit.core.statements import parse, split
from wishkit.core.wants import Want, wants
from wishkit.postgres.lookout import Lookout
from wishkit.postgres.patience import OutOfPatience, Patient, Stalled
from wishkit.postgres.session import Refused, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.postgres.patience import Settings

    Connection = psycopg.Connection[Any]

ITEMS = (Want(LockMode.ACCESS_EXCLUSIVE, '"items"'),)
ALTER = "ALTER TABLE items ADD COLUMN note text"


class Bench:
    """A table, a connection that works, one that looks, and what was told."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.work = psycopg.connect(url, autocommit=True)
        self.monitor = psycopg.connect(url, autocommit=True)
        self.session = Session(self.work, role=None)
        self.events: list[Event] = []
        self.attempts = 0
        self.work.execute("CREATE TABLE items (id integer PRIMARY KEY)")
        self.work.execute("INSERT INTO items SELECT generate_series(1, 100)")

    def run(
        self,
        sql: str = ALTER,
        *,
        wanted: tuple[Want, ...] = ITEMS,
        patience: Patience | None = None,
        **options: Any,  # noqa: ANN401 - as Patient has them
    ) -> Patient:
        def attempt(settings: Settings) -> None:
            self.attempts += 1
            statements = ["BEGIN", *settings, sql, "COMMIT"]
            try:
                self.session.send(";\n".join(statements).encode())
            except Refused:
                self.session.rollback()
                raise

        patience = patience or Patience(deadline=20)
        lookout = Lookout(self.monitor, self.session, patience)
        patient = Patient(
            "0001_x", wanted, self.session, lookout, patience, self.events.append, **options
        )
        try:
            patient.run(attempt)
        finally:
            lookout.close()
        return patient

    def in_the_way(self, *wanted: Want) -> list[str | None]:
        lookout = Lookout(self.monitor, self.session, Patience())
        return [b.relation for b in lookout.in_the_way(wanted)]

    def columns(self) -> set[str]:
        cursor = self.monitor.execute("SELECT * FROM items LIMIT 0")
        return {column.name for column in cursor.description or ()}

    def close(self) -> None:
        self.work.close()
        self.monitor.close()


@pytest.fixture
def bench(database: str) -> Iterator[Bench]:
    made = Bench(database)
    yield made
    made.close()


@contextmanager
def holding(url: str, sql: str, seconds: float | None = None) -> Iterator[Connection]:
    """Somebody whose transaction holds a lock, until the block or so many seconds are over."""
    connection = psycopg.connect(url, application_name="reporting")
    connection.execute(sql.encode())
    timer = threading.Timer(seconds, connection.rollback) if seconds is not None else None
    if timer:
        timer.start()
    try:
        yield connection
    finally:
        if timer:
            timer.cancel()
            timer.join()
        connection.close()


@contextmanager
def longest_wait(url: str) -> Iterator[list[float]]:
    """A client that reads every 5 ms; yields its waits."""
    waits: list[float] = []
    over = threading.Event()
    connection = psycopg.connect(url, autocommit=True)

    def read() -> None:
        while not over.is_set():
            began = time.monotonic()
            connection.execute("SELECT count(id) FROM items")
            waits.append(time.monotonic() - began)
            over.wait(0.005)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()
        connection.close()


def test_without_wants_it_is_simply_done(bench: Bench) -> None:
    bench.run(wanted=())
    assert bench.attempts == 1
    assert "note" in bench.columns()


def test_a_free_table_is_taken_at_once(bench: Bench) -> None:
    bench.run()
    assert bench.attempts == 1
    assert not bench.events


@pytest.mark.parametrize(
    "held_by",
    [
        "SELECT * FROM items",
        "UPDATE items SET id = id WHERE id = 1",
        "LOCK TABLE items IN SHARE MODE",
    ],
)
def test_an_old_holder_is_waited_for_and_clients_notice_nothing(bench: Bench, held_by: str) -> None:
    held = 1.5
    with holding(bench.url, held_by, held), longest_wait(bench.url) as waits:
        time.sleep(0.3)  # the holder gets old
        began = time.monotonic()
        bench.run()
        waited = time.monotonic() - began
    assert "note" in bench.columns()
    assert waited > max(waits)
    # Queueing behind the holder would have made the client wait for all the rest of its time.
    assert max(waits) < (held - 0.3) / 2
    told = {b.application for e in bench.events if isinstance(e, Blocked) for b in e.blockers}
    assert "reporting" in told


@pytest.mark.parametrize(
    ("seconds", "patience"),
    [
        (0.03, Patience(deadline=20)),
        # There always is one who is older than that.
        (0.15, Patience(deadline=20, old=0.05)),
    ],
    ids=["young", "old"],
)
def test_overlapping_short_readers_do_not_keep_it_out_for_ever(
    bench: Bench, seconds: float, patience: Patience
) -> None:
    over = threading.Event()

    def read_on_and_on() -> None:
        with psycopg.connect(bench.url) as connection:
            while not over.is_set():
                connection.execute("SELECT count(*) FROM items")
                over.wait(seconds)
                connection.rollback()

    readers = [threading.Timer(seconds * k / 3, read_on_and_on) for k in range(3)]
    for reader in readers:
        reader.start()
    try:
        bench.run(patience=patience)
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert "note" in bench.columns()


def test_the_deadline_leaves_everything_and_names_who_was_in_the_way(bench: Bench) -> None:
    with holding(bench.url, "SELECT * FROM items") as blocker:
        with pytest.raises(OutOfPatience) as error:
            bench.run(patience=Patience(deadline=0.8))
        (holder,) = error.value.blockers
        assert holder.pid == blocker.info.backend_pid
        assert holder.state == "idle in transaction"
        assert "SELECT * FROM items" in str(holder)
        assert not bench.session.in_transaction
        assert "note" not in bench.columns()


def test_a_holder_who_stays_young_but_blocks_is_met_by_retries(bench: Bench) -> None:
    """A transaction younger than the gate minds: the attempt times out and comes back."""
    with holding(bench.url, "LOCK TABLE items IN ACCESS SHARE MODE", 1.0):
        bench.run(patience=Patience(old=30, deadline=20))
    assert bench.attempts > 1
    assert "note" in bench.columns()


def test_a_statement_that_works_too_long_under_its_lock_is_cancelled(bench: Bench) -> None:
    with longest_wait(bench.url) as waits, pytest.raises(Stalled):
        bench.run(f"{ALTER}; SELECT pg_sleep(5)")
    assert max(waits) < 2.5  # half of what the statement would have taken
    assert bench.attempts == 1, "it would take as long the next time"
    assert "note" not in bench.columns()


def test_what_else_goes_wrong_is_not_retried(bench: Bench) -> None:
    with pytest.raises(Refused, match="already exists"):
        bench.run("ALTER TABLE items ADD COLUMN id text")
    assert bench.attempts == 1


def test_a_holder_of_a_partition_closes_the_gate_of_its_parent(bench: Bench) -> None:
    bench.work.execute("CREATE TABLE logs (at date) PARTITION BY RANGE (at)")
    bench.work.execute(
        "CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
    )
    with holding(bench.url, "SELECT * FROM logs_1"):
        whole = Want(LockMode.ACCESS_EXCLUSIVE, '"logs"', spread=True)
        assert bench.in_the_way(whole) == ["public.logs_1"]
        assert bench.in_the_way(Want(LockMode.ACCESS_EXCLUSIVE, '"logs"')) == []
        assert bench.in_the_way(Want(LockMode.SHARE, '"logs"', spread=True)) == []


def test_a_prepared_transaction_is_named(bench: Bench) -> None:
    with psycopg.connect(bench.url, autocommit=True) as other:
        other.execute("BEGIN")
        other.execute("UPDATE items SET id = id WHERE id = 1")
        other.execute("PREPARE TRANSACTION 'forgotten'")
        try:
            with pytest.raises(OutOfPatience) as error:
                bench.run(patience=Patience(deadline=0.5))
        finally:
            other.execute("ROLLBACK PREPARED 'forgotten'")
    (holder,) = error.value.blockers
    assert holder.pid == 0
    assert "prepared transaction forgotten" in str(holder)


def test_a_role_that_sees_nothing_of_others_still_waits_for_them(
    bench: Bench, database: str
) -> None:
    bench.work.execute("CREATE ROLE modest LOGIN")
    try:
        with (
            psycopg.connect(database, user="modest", autocommit=True) as modest,
            holding(bench.url, "SELECT * FROM items"),
        ):
            lookout = Lookout(modest, bench.session, Patience())
            (holder,) = lookout.in_the_way(ITEMS)
            assert holder.query in {None, "<insufficient privilege>"}
            assert not holder.autovacuum
            while lookout.in_the_way(ITEMS)[0].age <= holder.age:
                time.sleep(0.02)  # its age is counted from when it was first seen
    finally:
        bench.work.execute("DROP ROLE modest")


def test_wants_are_the_locks_that_block_others() -> None:
    script = Script(
        "x.sql",
        b"CREATE TABLE new (id int); ALTER TABLE new ADD COLUMN n int;"
        b"ALTER TABLE items ADD COLUMN n int; CREATE INDEX ON other.things (id);"
        b"INSERT INTO items VALUES (1); COMMENT ON TABLE items IS 'x'",
    )
    trees = [parse(script, span, index=i).tree for i, span in enumerate(split(script), 1)]
    found = wants(effects_in_order(trees))
    assert Want(LockMode.SHARE, '"other"."things"') in [Want(w.mode, w.relation) for w in found]
    assert ("ACCESS EXCLUSIVE", '"items"') in {(w.mode.label, w.relation) for w in found}
    assert not any("new" in w.relation for w in found)
    assert all(w.mode.blocks_writes for w in found)
