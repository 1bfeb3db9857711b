"""Clients of the wishlist at a fixed rate: a process of its own, which notes how long each waited.

    python bench/stall_clients.py URL CLIENTS RATE ROWS

Open loop: every request has a time at which it is due, whatever became of the one before, and its
latency counts from then. So a stall of six seconds is six seconds for the first request, a little
less for the next one, and so on, as it is for users, who do not wait for one another before they
click. (Counted from when it was sent, all of them but one would look quick.)

Says "ready" when it runs, ends when its standard input does, and prints what it noted as JSON:
one list [due, latency, kind, error] a request; times in seconds of the monotonic clock, which all
processes of a machine share.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

APPLICATION = "stall client"  # how the others tell who waits
CONTROL = "control"
LEAD = 0.1  # seconds between "ready" and the first request
CONTROL_RATE = 60.0

# What a client does: its name, how often out of 100, and the statements, together a transaction.
QUERIES = (
    ("read one", 45, ("SELECT title, store, price FROM wishlist_items WHERE id = %(wish)s",)),
    (
        "read a page",
        20,
        (
            """SELECT id, title, store, priority FROM wishlist_items WHERE user_id = %(user)s
               ORDER BY sort_order LIMIT 20""",
        ),
    ),
    (
        "update",
        20,
        (
            """UPDATE wishlist_items SET sort_order = sort_order + 1, updated_at = now()
               WHERE id = %(wish)s""",
        ),
    ),
    (
        "insert",
        10,
        (
            """INSERT INTO wishlist_items (user_id, title, store)
               VALUES (%(user)s, 'a wish', 'LEGO')""",
        ),
    ),
    # Locks the wishlist before the sets: a foreign key between them is added the other way round.
    (
        "fulfil",
        5,
        (
            "UPDATE wishlist_items SET priority = 0 WHERE id = %(wish)s",
            """INSERT INTO sets (user_id, title, wishlist_item_id)
               VALUES (%(user)s, 'a set', %(wish)s)""",
        ),
    ),
)
# A table that no migration touches: what this one waits, it waits for the machine.
CONTROL_QUERY = ("SELECT count(*) FROM user_daily_uploads WHERE user_id = %(user)s",)

Sample = tuple[float, float, str, str | None]


@dataclass(slots=True)
class Client:
    """One connection with its schedule.

    Attributes:
        url: of the database.
        number: tells it from the others; -1 for the control.
        rate: requests a second.
        offset: in parts of a period, so that the clients do not march in step.
        rows: how many wishes there are to choose from.
        samples: what it noted.
    """

    url: str
    number: int
    rate: float
    offset: float
    rows: int
    samples: list[Sample] = field(default_factory=list)
    connection: psycopg.Connection[Any] | None = None

    def connect(self) -> psycopg.Connection[Any]:
        """The connection, a new one if the old one is gone."""
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(
                self.url, autocommit=True, application_name=f"{APPLICATION} {self.number}"
            )
        return self.connection

    def work(self, start: float, over: threading.Event) -> None:
        """Send what is due until ``over`` is set, and what was due before that."""
        chance = random.Random(self.number)  # noqa: S311 - the same requests in every run
        weights = [weight for _, weight, _ in QUERIES]
        statements: tuple[str, ...]
        due = start + self.offset / self.rate
        while True:
            if over.wait(max(0.0, due - time.monotonic())) and due > time.monotonic():
                return
            if self.number < 0:
                kind, statements = CONTROL, CONTROL_QUERY
            else:
                ((kind, _, statements),) = chance.choices(QUERIES, weights)
            # The first wish is the blocker's: its row lock would be no fault of a migration.
            wish = wish_id(chance.randint(2, self.rows))
            user = user_id(chance.randint(1, self.rows), self.rows)
            error = self.ask(statements, {"wish": wish, "user": user})
            self.samples.append((due, time.monotonic() - due, kind, error))
            due += 1 / self.rate

    def ask(self, statements: tuple[str, ...], values: dict[str, object]) -> str | None:
        """Run statements as one transaction; returns what went wrong."""
        try:
            connection = self.connect()
            connection.autocommit = len(statements) == 1
            for statement in statements:
                connection.execute(statement.encode(), values).close()
            connection.commit()
        except psycopg.Error as error:
            if self.connection:
                self.connection.close()
            return f"{error.sqlstate or 'no connection'}: {error}".strip()
        return None


def wish_id(number: int) -> uuid.UUID:
    """The id of the wish with a number, as stall_fill.sql makes it."""
    return uuid.UUID(hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest())


def user_id(number: int, rows: int) -> str:
    """Whose wish it is: everybody has about fifty."""
    return f"user-{number % max(1, rows // 50)}"


def main(url: str, clients: int, rate: float, rows: int) -> None:
    """Run all clients and the control until standard input ends; print what they noted."""
    over = threading.Event()
    everybody = [Client(url, k, rate, k / clients, rows) for k in range(clients)]
    everybody.append(Client(url, -1, CONTROL_RATE, 0.5, rows))
    for client in everybody:
        client.connect()
    start = time.monotonic() + LEAD
    threads = [threading.Thread(target=client.work, args=(start, over)) for client in everybody]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    with suppress(KeyboardInterrupt):  # of the whole terminal: who started us closes our input
        sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    json.dump([sample for client in everybody for sample in client.samples], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
