"""In front of every page: who asks, by which name and how, and what a browser may do with it."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import URL, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from wishkit.core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wishkit.interface.dashboard.access import Access

COOKIE = "wishkit_dashboard"
# What there is to see without being anybody: nothing of any database.
OPEN = ("/healthz", "/static/")
HEADERS = {
    # What a page may load and do, should anything of a database ever come to be read as HTML.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets through who may look, and says of every answer what a browser may do with it.

    Args:
        app: what is guarded.
        access: who may look.
        say: is told of what went wrong inside, without secrets.
        log: is told of every request; None: nobody is.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        *,
        say: Callable[[str], None],
        log: Callable[[str], None] | None = None,
    ) -> None:
        self._app, self._access, self._say, self._log = app, access, say, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                self._note(request, message["status"])
            await send(message)

        refusal = self._refusal(request)
        try:
            await (refusal or self._app)(scope, receive, answer)
        except Exception:  # noqa: BLE001 - the others who look must not notice
            self._say(redact(traceback.format_exc().rstrip()))
            if not started:
                text = "something went wrong inside: it is on the dashboard's stderr\n"
                await PlainTextResponse(text, HTTPStatus.INTERNAL_SERVER_ERROR)(
                    scope, receive, answer
                )

    def _note(self, request: Request, status: int) -> None:
        if self._log:  # without the query: a token may be in it
            client = request.client.host if request.client else "-"
            self._log(f"{client} {request.method} {ascii(request.url.path)[1:-1]} {status}")

    def _refusal(self, request: Request) -> Response | None:
        """What is answered in the place of the page; None: the page."""
        if request.method not in {"GET", "HEAD"}:
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "it only reads", {"Allow": "GET, HEAD"})
        if not self._is_called(request):
            return _plain(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this is not called by that name; --allow-host NAME lets it be",
            )
        if request.url.path.startswith(OPEN):
            return None
        if _of_another_site(request):
            return _plain(HTTPStatus.FORBIDDEN, "a page of another site asks for this")
        return self._stranger(request)

    def _is_called(self, request: Request) -> bool:
        hosts = request.headers.getlist("host")
        return len(hosts) == 1 and self._access.is_called(hosts[0])

    def _stranger(self, request: Request) -> Response | None:
        """What is answered to who may not look; None: they may."""
        access = self._access
        if access.open or (access.header and self._proxied(request)):
            return None
        if access.token is None:
            return _plain(
                HTTPStatus.FORBIDDEN, "come by way of the proxy, which has to say who you are"
            )
        if "token" in request.query_params:
            given = request.query_params.getlist("token")
            if len(given) == 1 and access.is_token(given[0]):
                return self._enter(request)
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        bearer = scheme.lower() == "bearer" and access.is_token(told.strip())
        if bearer or access.is_cookie(request.cookies.get(COOKIE, "")):
            return None
        return _plain(
            HTTPStatus.UNAUTHORIZED,
            "open the page once with ?token=… at the end of its address, "
            "or send it as Authorization: Bearer …",
            {"WWW-Authenticate": 'Bearer realm="wishkit dashboard"'},
        )

    def _proxied(self, request: Request) -> bool:
        """Whether the trusted proxy says who asks."""
        if not request.client or not self._access.is_proxy(request.client.host):
            return False
        # Two of them: one may be what the client sent.
        said = request.headers.getlist(self._access.header or "")
        return len(said) == 1 and bool(said[0].strip())

    def _enter(self, request: Request) -> Response:
        """The token becomes a cookie, and leaves the address."""
        url = URL(scope=request.scope).remove_query_params("token")
        # Relative, and never //elsewhere: the page may be known by another name outside.
        name = url.path.rsplit("/", 1)[-1]
        response = RedirectResponse(
            f"./{name}" + (f"?{url.query}" if url.query else ""), HTTPStatus.SEE_OTHER
        )
        response.set_cookie(
            COOKIE,
            self._access.cookie,
            path="/",
            httponly=True,
            samesite="strict",
            secure=request.headers.get("x-forwarded-proto") == "https",
        )
        return response


def user(request: Request, access: Access) -> str | None:
    """Whom the trusted proxy says it is for; None where nobody says."""
    return request.headers.get(access.header) if access.header else None


def _of_another_site(request: Request) -> bool:
    """Whether a browser says that another site's page loads it, and no person follows a link.

    https://www.w3.org/TR/fetch-metadata/
    """
    site = request.headers.get("sec-fetch-site", "none")
    navigates = request.headers.get("sec-fetch-mode") == "navigate"
    return site in {"cross-site", "same-site"} and not (
        navigates and request.headers.get("sec-fetch-dest") == "document"
    )


def _plain(status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers)
