"""The dashboard's addresses: pages, what changes on them, and the files they are made of."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from wishkit.interface.dashboard.guard import Guard
from wishkit.interface.dashboard.pages import Pages
from wishkit.interface.dashboard.poll import LookFailedError, Poller
from wishkit.interface.dashboard.press import Press
from wishkit.interface.dashboard.stream import MOST, Streams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from wishkit.commands.board import Board
    from wishkit.interface.dashboard.access import Access

_SILENCE = 30.0  # seconds that one look may take besides
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Dashboard:
    """The application.

    Args:
        look: asks everything, given what it found the last time.
        access: who may look.
        interval: seconds from the beginning of one look to that of the next, at least.
        say: is told of what went wrong inside, without secrets.
        log: is told of every request; None: nobody is.
        most: how many browsers may watch at the same time.
    """

    def __init__(
        self,
        look: Callable[[Board | None], Board],
        access: Access,
        *,
        interval: float,
        say: Callable[[str], None],
        log: Callable[[str], None] | None = None,
        most: int = MOST,
    ) -> None:
        self._static = static_files()
        self._build = _digest(b"".join(self._static.values()))
        self._pages = Pages(build=self._build, silence=2 * interval + _SILENCE)
        self.poller: Poller[Board] = Poller(look, interval=interval, say=say)
        self._press = Press(self._pages)
        self._streams = Streams(self.poller, self._press, build=self._build, most=most)
        routes = [
            Route("/healthz", self._health),
            Route("/static/{name}", self._file),
            Route("/events", _Direct(self._events)),
            Route("/{path:path}", self._page),
        ]
        inner = Starlette(routes=routes, lifespan=self._life)
        self.asgi: ASGIApp = Guard(inner, access, say=say, log=log)

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        self.poller.start()
        yield
        self.poller.close()

    async def _health(self, _: Request) -> Response:
        """That the process answers; no database is asked."""
        return PlainTextResponse("ok\n")

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = self._static.get(name)
        if content is None:
            return PlainTextResponse("there is no such file\n", HTTPStatus.NOT_FOUND)
        kind = _TYPES[name[name.rindex(".") :]]
        return _tagged(request, Response(content, media_type=kind), cache="no-cache")

    async def _page(self, request: Request) -> Response:
        try:
            edition = await self.poller.newest()
        except LookFailedError:
            return _not_seen()
        if edition is None:
            return _ending()
        path = request.path_params["path"]
        html = await self._press.page(edition, path)
        if html is None:
            text = self._pages.missing(edition.board, path)
            return HTMLResponse(text, HTTPStatus.NOT_FOUND)
        return _tagged(request, HTMLResponse(html))

    async def _events(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.requests import Request  # noqa: PLC0415 - a type above

        path = Request(scope).query_params.get("page", "")
        try:
            edition = await self.poller.newest()
        except LookFailedError:
            await _not_seen()(scope, receive, send)
            return
        if edition is None:
            await _ending()(scope, receive, send)
        elif scope["method"] == "HEAD" or not self._pages.has(edition.board, path):
            text, status = "there is no such page\n", HTTPStatus.NOT_FOUND
            await PlainTextResponse(text, status)(scope, receive, send)
        else:
            await self._streams.watch(path, scope, receive, send)


class _Direct:
    """An ASGI application where Starlette would take a method for a function of requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def static_files() -> dict[str, bytes]:
    """What pages are made of besides their HTML, by name."""
    folder = files("wishkit.interface.dashboard") / "static"
    return {it.name: it.read_bytes() for it in sorted(folder.iterdir(), key=lambda it: it.name)}


def _tagged(request: Request, response: Response, *, cache: str | None = None) -> Response:
    """With its ETag; without the content for who has it already."""
    tag = f'"{_digest(bytes(response.body))}"'
    response.headers["ETag"] = tag
    if cache:
        response.headers["Cache-Control"] = cache
    known = request.headers.get("if-none-match", "")
    if known == "*" or tag in [it.strip().removeprefix("W/") for it in known.split(",")]:
        kept = {
            it: response.headers[it] for it in ("ETag", "Cache-Control") if it in response.headers
        }
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)
    return response


def _ending() -> Response:
    return PlainTextResponse("the dashboard ends\n", HTTPStatus.SERVICE_UNAVAILABLE)


def _not_seen() -> Response:
    text = "it could not look, and should have: the reason is on the dashboard's stderr\n"
    return PlainTextResponse(text, HTTPStatus.INTERNAL_SERVER_ERROR)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
