"""Who may look: names, tokens, proxies; and what a browser is told it may do."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from wishkit.errors import ConfigError, UsageError
from wishkit.interface.dashboard.access import Access, access, is_loopback
from wishkit.interface.dashboard.guard import COOKIE, HEADERS

if TYPE_CHECKING:
    from tests.dashboard.conftest import Serve, Site
    from wishkit.commands.board import Board

TOKEN = "0123456789abcdef-token"
PROXIED = {"X-Forwarded-User": "ann"}


def refused(**options: object) -> str:
    with pytest.raises(UsageError) as refusal:
        access(**{"host": "127.0.0.1", **options})  # type: ignore[arg-type]
    return refusal.value.code


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "board.example.org"])  # noqa: S104
def test_beyond_this_machine_somebody_has_to_be_let_in(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(host=host) == "dashboard-open"
    monkeypatch.setenv("BOARD_TOKEN", TOKEN)
    assert access(host, token="env:BOARD_TOKEN").is_token(TOKEN)
    assert not access(host, header="X-User", proxies=["10.0.0.1"]).open


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST."])
def test_this_machine_alone_needs_nothing(host: str) -> None:
    assert is_loopback(host)
    assert access(host).open


def test_a_token_is_neither_short_nor_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(token=TOKEN) == "dashboard-token"
    for bad in ("short", "with a space in it, long", "ümläute-sind-nicht-erlaubt", "new\nline" * 4):
        monkeypatch.setenv("BOARD_TOKEN", bad)
        assert refused(token="env:BOARD_TOKEN") == "dashboard-token"
    monkeypatch.delenv("BOARD_TOKEN")
    with pytest.raises(ConfigError, match="not set"):
        access("127.0.0.1", token="env:BOARD_TOKEN")
    made = [access("127.0.0.1", token="generate").token for _ in range(2)]
    assert made[0] != made[1]
    assert all(len(it or "") > 40 for it in made)


def test_a_header_is_believed_from_a_known_place_only() -> None:
    assert refused(header="X-User") == "dashboard-proxy"
    assert refused(proxies=["10.0.0.1"]) == "dashboard-proxy"
    assert refused(header="X-User", proxies=["everywhere"]) == "dashboard-proxy"
    assert refused(header="X-User", proxies=["10.0.0.1/8"]) == "dashboard-proxy"
    who = access("127.0.0.1", header="X-User", proxies=["10.0.0.0/24", "fd00::/64"])
    assert [it for it in ("10.0.0.9", "::ffff:10.0.0.9", "fd00::7") if not who.is_proxy(it)] == []
    assert [it for it in ("10.0.1.1", "fd01::1", "testclient", "") if who.is_proxy(it)] == []


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost", True),
        ("localhost:9474", True),
        ("LocalHost.:80", True),
        ("127.0.0.1:9474", True),
        ("[::1]:9474", True),
        ("192.168.7.7", True),
        ("board.example.org", True),
        ("evil.example.org", False),
        ("127.0.0.1.evil.example.org:9474", False),
        ("localhost.evil.example.org", False),
        ("board.example.org.evil", False),
        ("", False),
        ("[::1", True),
        ("[evil]", False),
    ],
)
def test_by_which_names_it_is_called(host: str, *, known: bool) -> None:
    assert access("127.0.0.1", names=["Board.Example.org"]).is_called(host) is known


def test_every_answer_says_what_a_browser_may_do(site: Site) -> None:
    tag = site.ask("/static/style.css").headers["etag"]
    answers = [
        site.ask("/"),
        site.ask("/nowhere"),
        site.ask("/healthz"),
        site.ask("/static/live.js"),
        site.ask("/static/style.css", headers={"If-None-Match": tag}),
        site.ask("/", method="POST"),
        site.ask("/", headers={"Host": "evil.example.org"}),
        site.ask("/events?page=nowhere"),
    ]
    assert [it.status for it in answers] == [200, 404, 200, 200, 304, 405, 421, 404]
    for answer in answers:
        found = {name: answer.headers[name.lower()] for name in HEADERS}
        found["Cache-Control"] = HEADERS["Cache-Control"]  # files are kept, and asked for again
        assert found == HEADERS
        assert "server" not in answer.headers
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_it_only_reads(site: Site, method: str) -> None:
    for path in ("/", "/events", "/healthz", "/static/style.css"):
        answer = site.ask(path, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_page_of_another_site_reads_nothing(site: Site) -> None:
    def status(path: str, site_: str, mode: str, dest: str) -> int:
        headers = {"Sec-Fetch-Site": site_, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        return site.ask(path, headers=headers).status

    assert status("/", "cross-site", "cors", "empty") == 403
    assert status("/events", "same-site", "no-cors", "empty") == 403
    assert status("/", "cross-site", "navigate", "iframe") == 403
    assert status("/", "cross-site", "navigate", "document") == 200  # a link that is followed
    assert status("/", "same-origin", "cors", "empty") == 200


def test_with_a_token(serve: Serve, board: Board) -> None:
    site = serve(lambda _: board, Access(token=TOKEN))
    for path in ("/", "/migrations/0007_add_wishlist", "/events", "/nowhere", "/?token=wrong"):
        answer = site.ask(path)
        assert (answer.status, "bricks" in answer.text) == (401, False)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert site.ask("/healthz").status == 200
    assert site.ask("/static/style.css").status == 200
    assert site.ask("/", headers={"Authorization": f"Bearer {TOKEN}"}).status == 200
    assert site.ask("/", headers={"Authorization": f"bearer {TOKEN}"}).status == 200
    assert site.ask("/", headers={"Authorization": "Bearer wrong"}).status == 401
    assert site.ask("/", headers={"Authorization": f"Basic {TOKEN}"}).status == 401
    assert site.ask("/", headers={"Cookie": f"{COOKIE}={TOKEN}"}).status == 401
    assert site.ask(f"/?token={TOKEN}&token=x").status == 401

    entered = site.ask(f"/migrations/0007_add_wishlist?a=b&token={TOKEN}")
    assert (entered.status, entered.headers["location"]) == (303, "./0007_add_wishlist?a=b")
    cookie = entered.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {*cookie.split("; ")}
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    kept = {"Cookie": cookie.partition(";")[0]}
    assert site.ask("/migrations/0007_add_wishlist", headers=kept).status == 200
    behind_tls = site.ask(f"/?token={TOKEN}", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in behind_tls.headers["set-cookie"]
    assert behind_tls.headers["location"] == "./"
    # An address that looks like another host stays on this one.
    assert site.ask(f"//evil.example.org/x?token={TOKEN}").headers["location"] == "./x"

    assert len(site.logged) > 10
    assert not [line for line in site.logged if TOKEN in line or "?" in line]


def test_behind_a_proxy_that_knows_its_users(serve: Serve, board: Board) -> None:
    who = Access(header="X-Forwarded-User", proxies=(ip_network("127.0.0.2"),))
    site = serve(lambda _: board, who)
    assert site.ask("/", source="127.0.0.2", headers=PROXIED).status == 200
    assert site.ask("/", source="127.0.0.3", headers=PROXIED).status == 403
    assert site.ask("/", headers=PROXIED | {"X-Forwarded-For": "127.0.0.2"}).status == 403
    assert site.ask("/", source="127.0.0.2").status == 403
    assert site.ask("/", source="127.0.0.2", headers={"X-Forwarded-User": " "}).status == 403
    assert site.ask("/?token=", source="127.0.0.2").status == 403


def test_what_goes_wrong_inside_is_told_without_secrets(serve: Serve) -> None:
    def look(_: Board | None) -> Board:
        raise RuntimeError("postgresql://ann:hush@db/x password=hush")

    site = serve(look)
    answer = site.ask("/")
    assert answer.status == 500
    assert "hush" not in answer.text
    assert "RuntimeError" in "\n".join(site.said)
    assert "hush" not in "\n".join(site.said)
