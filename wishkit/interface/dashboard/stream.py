"""What changes on a page, sent to every browser that shows it (server-sent events).

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import PlainTextResponse

from wishkit.interface.dashboard.poll import LookFailedError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from wishkit.commands.board import Board
    from wishkit.interface.dashboard.poll import Edition, Poller
    from wishkit.interface.dashboard.press import Press

MOST = 500  # browsers that watch at the same time
SLOWEST = 20.0  # seconds that a browser may take to accept what is sent
_RETRY = 2000  # milliseconds after which a browser comes back
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),  # nginx would keep it until there is a lot
]


class Streams:
    """All browsers that watch.

    Args:
        poller: has the editions.
        press: makes what is sent of them.
        build: tells templates and script of this process from those of another.
        most: how many browsers may watch at the same time.
    """

    def __init__(
        self, poller: Poller[Board], press: Press, *, build: str, most: int = MOST
    ) -> None:
        self._poller, self._press, self._build, self._most = poller, press, build, most
        self._open = 0

    async def watch(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what changes on one page until the browser goes, or everything ends."""
        if self._open >= self._most:
            text, again = f"{self._most} browsers watch already\n", {"Retry-After": "30"}
            refusal = PlainTextResponse(text, HTTPStatus.SERVICE_UNAVAILABLE, again)
            await refusal(scope, receive, send)
            return
        self._open += 1
        sending = asyncio.ensure_future(self._send(path, send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= 1
            for task in (sending, gone):
                task.cancel()
            sent, _ = await asyncio.gather(sending, gone, return_exceptions=True)
        if isinstance(sent, Exception) and not isinstance(sent, (OSError, LookFailedError)):
            raise sent

    async def _send(self, path: str, send: Send) -> None:
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": _HEADERS})
        await _body(send, f"retry: {_RETRY}\n\n")
        sent = 0
        with self._poller.watching():
            # Whoever is slow skips editions, and is let go when nothing gets through at all.
            while edition := await self._poller.after(sent):
                message = await self._message(path, sent, edition)
                async with asyncio.timeout(SLOWEST):
                    await _body(send, message)
                sent = edition.number
        await send({"type": "http.response.body", "body": b""})

    async def _message(self, path: str, sent: int, edition: Edition[Board]) -> str:
        parts = await self._press.changed(edition, path, since=sent)
        content = {
            "build": self._build,
            "at": edition.board.asked_at,
            "parts": parts or {},
            "gone": parts is None,
        }
        return f"data: {msgspec.json.encode(content).decode()}\n\n"


async def _body(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
