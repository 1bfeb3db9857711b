"""Editions as pages: each is made once, whoever shows it, and only if something has happened."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wishkit.commands.board import Board, Place
    from wishkit.interface.dashboard.pages import Pages
    from wishkit.interface.dashboard.poll import Edition

T = TypeVar("T")
_KEPT = 4  # editions


class Press:
    """Makes pages in threads, so that whoever waits for another answer need not wait for them.

    Args:
        pages: what there is to be made.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._made: dict[tuple[int, str, str], asyncio.Future[Any]] = {}
        # By the number of an edition: that of the first one which says the same.
        self._origins: dict[int, int] = {}
        self._last: Edition[Board] | None = None

    async def page(self, edition: Edition[Board], path: str) -> str | None:
        """A page as a browser loads it; None: there is none."""
        self._origin(edition)
        key = edition.number, "page", path
        return await self._once(key, lambda: self._pages.page(edition.board, path))

    async def changed(
        self, edition: Edition[Board], path: str, *, since: int
    ) -> Mapping[str, str] | None:
        """What of a page differs from an earlier edition; all of it if that is not known any more.

        Args:
            edition: now.
            path: of the page.
            since: number of the earlier edition.

        Returns:
            HTML by the id of its place; None where there is no such page.
        """
        origin, then = self._origin(edition), self._origins.get(since)
        if origin == then:
            return {}
        before = self._made.get((then or 0, "parts", path))
        key = origin, "parts", path
        now = await self._once(key, lambda: self._pages.parts(edition.board, path))
        if now is None or before is None or not before.done() or before.exception():
            return now
        old = before.result() or {}
        return {id_: html for id_, html in now.items() if old.get(id_) != html}

    def _origin(self, edition: Edition[Board]) -> int:
        """The number of the first edition that says the same as this one."""
        number = edition.number
        if number not in self._origins:
            last = self._last
            same = last and says_the_same(last.board, edition.board)
            self._origins[number] = self._origins[last.number] if last and same else number
            self._last = edition
            self._forget()
        return self._origins[number]

    def _forget(self) -> None:
        for old in sorted(self._origins)[:-_KEPT]:
            del self._origins[old]
        known = {*self._origins, *self._origins.values()}
        for key in [it for it in self._made if it[0] not in known]:
            del self._made[key]

    async def _once(self, key: tuple[int, str, str], make: Callable[[], T]) -> T:
        if key not in self._made:
            self._made[key] = asyncio.ensure_future(asyncio.to_thread(make))
        made: T = await asyncio.shield(self._made[key])
        return made


def says_the_same(one: Board, other: Board) -> bool:
    """Whether nothing has happened between two looks; how long ago what was, a script tells."""
    return (
        one.matrix is other.matrix
        and one.errors == other.errors
        and len(one.places) == len(other.places)
        and all(map(_still, one.places, other.places))
    )


def _still(one: Place, other: Place) -> bool:
    if one.running or other.running or (one.error is None) != (other.error is None):
        return False
    return (
        one.status is other.status
        and one.insight is other.insight
        and (one.error is None or str(one.error) == str(other.error))
        and _timeless(one) == _timeless(other)
    )


def _timeless(place: Place) -> object:
    """What runs, without when it was asked."""
    live = place.live
    if live is None:
        return None
    ended = live.ended and replace(live.ended, ago=None)
    return live.queued, ended, live.unlooked, live.advice
