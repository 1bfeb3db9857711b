"""One look for all: while somebody watches, never more often than told, and none for nobody."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from wishkit.interface.dashboard.poll import LookFailedError, Poller


class Looks:
    """Counts looks, and may be held up."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.fail = False

    def look(self, before: int | None) -> int:
        self.times.append(time.monotonic())
        self.go_on.wait(30)
        if self.fail:
            raise RuntimeError("password=hush")
        return (before or 0) + 1


def poller(looks: Looks, interval: float, said: list[str] | None = None) -> Poller[int]:
    made = Poller(looks.look, interval=interval, say=(said if said is not None else []).append)
    made.start()
    return made


def test_many_who_ask_at_once_cost_one_look() -> None:
    looks = Looks()

    async def main() -> None:
        one = poller(looks, 60)
        editions = await asyncio.gather(*(one.newest() for _ in range(200)))
        assert {it.number for it in editions if it} == {1}
        assert (await one.newest()) is editions[0]  # it is new enough
        assert len(looks.times) == 1
        one.close()

    asyncio.run(main())


def test_it_looks_while_somebody_watches_and_not_more_often() -> None:
    looks, interval = Looks(), 0.05

    async def main() -> None:
        one = poller(looks, interval)
        await asyncio.sleep(3 * interval)
        assert looks.times == []  # nobody watches
        with one.watching():
            number = 0
            for _ in range(5):
                edition = await one.after(number)
                assert edition
                assert edition.board == edition.number > number
                number = edition.number
        one.close()
        assert await one.after(number + 5) is None
        assert await one.newest() is None or len(looks.times) <= number + 1

    asyncio.run(main())
    gaps = [b - a for a, b in zip(looks.times, looks.times[1:], strict=False)]
    assert len(gaps) >= 4
    assert min(gaps) >= interval * 0.99


def test_what_was_seen_before_anybody_watched_is_too_old() -> None:
    looks = Looks()

    async def main() -> None:
        one = poller(looks, 0.01)
        first = await one.newest()
        assert first
        await asyncio.sleep(0.05)
        looks.go_on.clear()
        with one.watching():
            newer = asyncio.ensure_future(one.newest())
            await asyncio.sleep(0.02)
            assert not newer.done()
            looks.go_on.set()
            found = await newer
            assert found
            assert found.number > first.number
        one.close()

    asyncio.run(main())


def test_a_look_that_fails_is_told_and_the_next_one_counts() -> None:
    looks, said = Looks(), list[str]()
    looks.fail = True

    async def main() -> None:
        one = poller(looks, 0.01, said)
        with pytest.raises(LookFailedError):
            await one.newest()
        looks.fail = False
        edition = await one.newest()
        assert edition
        assert edition.board == 1
        one.close()

    asyncio.run(main())
    assert "RuntimeError" in said[0]
    assert "hush" not in said[0]


def test_its_end_does_not_wait_for_a_look_that_hangs() -> None:
    looks = Looks()
    looks.go_on.clear()

    async def main() -> None:
        one = poller(looks, 0.01)
        waiting = asyncio.ensure_future(one.newest())
        await asyncio.sleep(0.02)
        one.close()
        assert await asyncio.wait_for(waiting, 5) is None

    asyncio.run(main())
    looks.go_on.set()
