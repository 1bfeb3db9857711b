"""Editions as pages: each is made once, however many browsers show it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from wishkit.commands.board import Board
    from wishkit.interface.dashboard.pages import Pages
    from wishkit.interface.dashboard.poll import Edition

T = TypeVar("T")
_KEPT = 3  # editions


class Press:
    """Makes pages in threads, so that whoever waits for another answer need not wait for them.

    Args:
        pages: what there is to be made.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._made: dict[tuple[int, Hashable], asyncio.Future[Any]] = {}

    async def page(self, edition: Edition[Board], path: str) -> str | None:
        """A page as a browser loads it; None: there is none."""
        return await self._once(
            edition.number, ("page", path), lambda: self._pages.page(edition.board, path)
        )

    async def parts(self, edition: Edition[Board], path: str) -> Mapping[str, str] | None:
        """What of a page may change, by the id of its place; None: there is no such page."""
        return await self._once(
            edition.number, ("parts", path), lambda: self._pages.parts(edition.board, path)
        )

    async def changed(
        self, edition: Edition[Board], path: str, *, since: int
    ) -> Mapping[str, str] | None:
        """What of a page differs from an earlier edition; all of it if that is not known any more.

        Args:
            edition: now.
            path: of the page.
            since: number of the earlier edition.
        """
        before = self._made.get((since, ("parts", path)))
        now = await self.parts(edition, path)
        then = before.result() if before and before.done() and not before.exception() else None
        if now is None or not isinstance(then, dict):
            return now
        return {id_: html for id_, html in now.items() if then.get(id_) != html}

    async def _once(self, number: int, what: Hashable, make: Callable[[], T]) -> T:
        key = number, what
        if key not in self._made:
            for old in [it for it in self._made if it[0] <= number - _KEPT]:
                del self._made[old]
            self._made[key] = asyncio.ensure_future(asyncio.to_thread(make))
        made: T = await asyncio.shield(self._made[key])
        return made
