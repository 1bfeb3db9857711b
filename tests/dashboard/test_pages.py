"""Every page: whole, linked, escaped, without secrets; and what it says when things go wrong."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest

from tests.dashboard.reading import Read
from tests.dashboard.world import PASSWORD
from tests.plugins.databases import scratch_pid
from wishkit.commands.board import Board, onlooker
from wishkit.commands.migrate import migrate
from wishkit.commands.workspace import open_workspace
from wishkit.core.events import Blocker, Progressed
from wishkit.core.live import At, Doing, Edge, EndedRun, Live, Queued, Running, Waiter
from wishkit.errors import ConnectError
from wishkit.interface.dashboard.links import environment_path, migration_path, slug
from wishkit.interface.dashboard.pages import Pages
from wishkit.interface.dashboard.words import ago, clean

if TYPE_CHECKING:
    from tests.dashboard.conftest import Site
    from tests.dashboard.world import World
    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import SqlFolder
    from wishkit.postgres.scratch import Scratch

EVIL = "<script>alert(1)</script>"
INJECTED = f"\"'>{EVIL}<img src=x onerror=alert(1)>"
SECRET = "tops3cret"


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(build="test")


def texts(pages: Pages, board: Board) -> dict[str, str]:
    return {path: pages.page(board, path) or "" for path in pages.paths(board)}


def look(folder: Path) -> Board:
    with chdir(folder), onlooker() as looks:
        return looks.look()


def test_every_page_is_whole_and_every_link_leads_somewhere(site: Site) -> None:
    todo, seen = ["/"], dict[str, Read]()
    while todo:
        path = todo.pop()
        answer = site.ask(path)
        assert answer.status == 200, path
        if path.startswith("/static/"):
            continue
        seen[path] = page = Read.of(answer.text)
        assert page.problems == [], path
        assert [tag for tag, _ in page.elements].count("h1") == 1, path
        assert page.all("style") == page.all("onclick") == []
        for link in page.all("href") + page.all("src"):
            parts = urlsplit(urljoin(path, link))
            assert not parts.netloc, link
            if parts.path not in seen and parts.path not in todo:
                todo.append(parts.path)
    assert len(seen) == 5 + 14 + 3  # nothing leads to the page of all while there are few
    assert site.ask("/migrations").status == 200


def test_a_part_of_a_page_is_what_the_page_has_in_its_place(pages: Pages, board: Board) -> None:
    for path in pages.paths(board):
        whole = pages.page(board, path) or ""
        parts = pages.parts(board, path) or {}
        assert {it for it in Read.of(whole).all("id") if it.startswith("part_")} == {*parts}
        assert [name for name, html in parts.items() if html not in whole] == []
        for name, html in parts.items():
            assert Read.of(html).problems == [], f"{path} {name}"
    assert pages.parts(board, "nowhere") is None


def test_what_the_pages_say(pages: Pages, board: Board) -> None:
    said = {path: Read.of(html).text for path, html in texts(pages, board).items()}
    assert "Look here" in said[""]
    assert "default is 'space'::text, expected none" in said[""]
    assert "1 of 2 approvals" in said["requests"]
    assert "ben (of board_managers)" in said["requests"]
    assert "Gates from staging to production" in said["requests"]
    assert "not in staging for 24 h yet" in said["requests"]
    assert "index sets_title_by_hand is extra" in said["drift"]
    assert "Nothing runs right now" in said["running"]
    assert "0013_validate_wishlist_reference" in said["history"]
    one = said["migrations/0010_index_recent_wishes"]
    assert "outside a transaction" in one
    assert "CREATE INDEX CONCURRENTLY idx_wishlist_user_created" in one
    assert "SHARE UPDATE EXCLUSIVE" in one
    assert "not rehearsed" in one
    assert "the release of the wishlist" in said["migrations/0011_index_coming_releases"]
    assert "not validated: sets_wishlist_item_id_fkey" in said["environments/staging"]
    assert "protected" in said["environments/production"]


def test_head_and_etag(site: Site) -> None:
    for path in ("/", "/migrations/0007_add_wishlist", "/static/live.js", "/healthz"):
        page, head = site.ask(path), site.ask(path, method="HEAD")
        assert (head.status, head.text) == (200, "")
        assert head.headers.get("etag") == page.headers.get("etag")
        assert head.headers["content-length"] == str(len(page.text.encode()))
        if tag := page.headers.get("etag"):
            for known in (tag, f'"x", W/{tag}', "*"):
                again = site.ask(path, headers={"If-None-Match": known})
                assert (again.status, again.text, again.headers["etag"]) == (304, "", tag)
            assert site.ask(path, headers={"If-None-Match": '"x"'}).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/migrations/",
        "/migrations/0099_x",
        "/environments",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/templates/layout.html",
        f"/migrations/{EVIL.replace(' ', '')}",
        "/migrations/0007_add_wishlist/",
        "/%00",
    ],
)
def test_what_is_not_there(site: Site, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 404
    assert EVIL not in answer.text


def test_a_name_is_a_place_of_its_own() -> None:
    names = ["production", "Production", "a/b", "a b", "..", ".", "", "ä", "ö", "x" * 300, EVIL]
    slugs = [slug(it) for it in names]
    assert slugs[0] == "production"
    assert len({*slugs}) == len(names)
    assert all(len(it) < 101 and it.isascii() and not {*it} & {*"/.?#% <>"} for it in slugs)


def test_everything_is_escaped(
    sql_folder: SqlFolder, make_database: MakeDatabase, pages: Pages
) -> None:
    forward = f"-- {INJECTED}\nCREATE TABLE \"{EVIL}\" (a text DEFAULT '{EVIL}'); -- {EVIL}\n"
    files = {
        "0001_a.sql": forward,
        "0001_a.rollback.sql": f'-- {EVIL}\nDROP TABLE "{EVIL}";',
        "0002_b.sql": "-- b\nSELECT 1;",
        "0002_b.rollback.sql": "-- b\nSELECT 1;",
    }
    folder = sql_folder(files)
    url = make_database().replace("'", "\\'")
    config = f"[environments.'{EVIL}']\nurl = '{url}'\n"
    (folder / "wishkit.toml").write_text(config, encoding="utf-8")
    board = look(folder)
    assert board.errors == ()
    with chdir(folder):
        workspace = open_workspace(url=None, env=EVIL, listener=lambda _: None)
        migrate(workspace)
        sql_folder(
            {"0001_a.sql": f"{forward}-- {EVIL} changed\n", "0002_b.sql": "-- b: c\n-- x: y"}
        )
    board = look(folder)
    (place,) = board.places
    wrong = ConnectError(INJECTED, help=EVIL, notes=(EVIL,), state=EVIL)
    busy = replace(board, places=(replace(place, live=_live(EVIL)),), errors=(wrong,))
    away = replace(
        board, places=(replace(place, error=wrong, status=replace(place.status, error=wrong)),)
    )
    for one in (board, busy, away):
        for path, html in texts(pages, one).items():
            page = Read.of(html)
            assert page.problems == [], path
            assert [attrs for tag, attrs in page.elements if tag == "script"] == [
                {"src": f"{'../' * path.count('/') or './'}static/live.js", "defer": ""}
            ]
            images = [attrs["src"] for tag, attrs in page.elements if tag == "img"]
            assert all(it.endswith("static/icon.svg") for it in images)
            assert [name for _, attrs in page.elements for name in attrs if name[:2] == "on"] == []
            assert EVIL in page.text or path in {"history", "requests", "drift", "running"}, path
    assert EVIL in Read.of(texts(pages, busy)["running"]).text


def _live(text: str, *, seconds: float = 3.0) -> Live:
    from datetime import UTC, datetime  # noqa: PLC0415 - only here

    now = datetime(2031, 5, 19, tzinfo=UTC)
    blocker = Blocker(7, "1/2", text, text, text, text, text, text, autovacuum=False, age=seconds)
    waiter = Waiter(8, text, text, text, now, seconds, text, text)
    run = Running(
        1,
        text,
        text,
        text,
        text,
        text,
        now,
        seconds,
        9,
        Doing.WAITING,
        migration="0001_a",
        direction="forward",
        position=1,
        total=2,
        at=At(1, 2, 3, text, seconds),
        progress=Progressed("0001_a", text, 1, 2, text, text, text),
        fraction=0.5,
        blockers=(blocker,),
        waiters=(waiter, replace(waiter, pid=10)),
        edges=(Edge(9, 7), Edge(8, 9), Edge(10, 8)),
    )
    ended = EndedRun(
        1, text, text, text, text, text, now, now, 1.0, "failed", 0, text, None, text, text
    )
    return Live(now, (run,), (Queued(text, text, text, text, 5, seconds),), ended, 3, (text,))


def test_who_waits_for_whom(pages: Pages, board: Board) -> None:
    busy = replace(board, places=(replace(board.places[0], live=_live("x")), *board.places[1:]))
    said = " ".join(Read.of(pages.page(busy, "running") or "").text.split())
    assert "Statement 1 to 2 of 3" in said
    assert "x, 50%, 1 of 2 x, x, waits for x" in said
    assert "It waits for pid 7, x, x, x, 3 s, holds x on x" in said
    assert "2 wait for it pid 8, x, x, for 3.00 s" in said
    assert "behind pid 8" in said
    assert "3 sessions more wait" in said
    home = Read.of(pages.page(busy, "") or "").text
    assert "under way" in home


def test_no_secret_is_on_any_page(world: World, tmp_path: Path, pages: Pages) -> None:
    shutil.copytree(world.folder / "sql", tmp_path / "sql")
    secret = (
        f"CREATE ROLE nobody PASSWORD '{SECRET}'; -- postgresql://u:{SECRET}@db.example.org/x\n"
    )
    for suffix in (".sql", ".rollback.sql"):
        (tmp_path / "sql" / "migrations" / f"0099_secret{suffix}").write_text(f"-- s\n{secret}")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        text = (world.folder / "wishkit.toml").read_text()
        text += f'[environments.far]\nurl = "postgresql://u:{SECRET}@127.0.0.1:{port}/x"\n'
        (tmp_path / "wishkit.toml").write_text(text)
        board = look(tmp_path)
    assert "connection-refused" in str([it.error and it.error.code for it in board.places])
    told = f"cannot connect to postgresql://u:{SECRET}@db/x?password={SECRET}"
    wrong = ConnectError(told, help=f"PGPASSWORD={SECRET}", notes=(told,))
    away = tuple(
        replace(it, error=wrong, status=replace(it.status, error=wrong)) for it in board.places
    )
    worse = replace(
        board,
        errors=(wrong,),
        places=away,
        matrix=replace(board.matrix, environments=tuple(it.status for it in away)),
    )
    for one in (board, worse):
        for path, html in texts(pages, one).items():
            assert PASSWORD not in html, path
            assert SECRET not in html, path
            assert "postgresql://u" not in html, path
            assert "postgresql://postgres" not in html, path
    assert "CREATE ROLE" in Read.of(pages.page(board, "migrations/0099_secret") or "").text


def test_clean_texts() -> None:
    assert clean("see postgres://a:b@c/d and 'postgresql://e/f'") == (
        "see postgres://… and 'postgresql://…'"
    )
    assert clean("nothing to hide: https://example.org") == "nothing to hide: https://example.org"


def test_an_environment_that_is_away_says_why_and_the_others_are_shown(
    world: World, tmp_path: Path, pages: Pages
) -> None:
    shutil.copytree(world.folder / "sql", tmp_path / "sql")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        text = f'[environments.away]\nurl = "postgresql://u@127.0.0.1:{port}/x"\n'
        staging = f'[environments.staging]\nurl = "{world.urls["staging"]}"\n'
        (tmp_path / "wishkit.toml").write_text(text + staging)
        board = look(tmp_path)
    said = {path: Read.of(html).text for path, html in texts(pages, board).items()}
    for path in ("", "running", "drift", environment_path("away")):
        assert "nobody listens" in said[path], path
    assert "0012_reference_wishlist_from_sets" in said[environment_path("staging")]
    assert "Look here" in said[""]


def test_one_that_goes_away_is_missed_by_the_very_next_look(
    private_server: Scratch, tmp_path: Path
) -> None:
    (tmp_path / "sql" / "migrations").mkdir(parents=True)
    (tmp_path / "wishkit.toml").write_text(f'[environments.a]\nurl = "{private_server.url()}"\n')
    with chdir(tmp_path), onlooker() as looks:
        board = looks.look()
        assert board.places[0].error is None
        quiet = looks.look(board)  # nothing has happened: only what runs was asked
        assert quiet.matrix is board.matrix
        os.kill(pid := scratch_pid(private_server), signal.SIGQUIT)  # at once, as after a crash
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)
        board = looks.look(quiet)
        assert board.places[0].error
        assert board.places[0].status.error
        assert board.matrix is not quiet.matrix


def test_what_only_runs_change_is_read_when_one_has_ended(
    sql_folder: SqlFolder, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"0001_a.sql": "-- a\nSELECT 1;", "0001_a.rollback.sql": "-- b\nSELECT 1;"}
    folder = sql_folder(files)
    monkeypatch.setenv("DATABASE_URL", database)
    with chdir(folder), onlooker() as looks:
        workspace = open_workspace(url=None, env=None, listener=lambda _: None)
        migrate(workspace)
        first = looks.look()
        looks._due = 0
        second = looks.look(first)
        one, two = first.places[0].insight, second.places[0].insight
        assert one
        assert two
        assert two is not one
        assert two.attempts is one.attempts
        sql_folder({"0002_b.sql": "-- b\nSELECT 1/0;", "0002_b.rollback.sql": "-- b\nSELECT 1;"})
        assert migrate(workspace).error
        third = looks.look(second).places[0].insight
        assert third
        assert [it.outcome for it in third.attempts] == ["failed", "done"]


def test_many_migrations_are_shown_in_parts(pages: Pages, board: Board) -> None:
    place = board.places[0]
    row = place.status.migrations[0]
    rows = tuple(replace(row, id=f"{n:04}_a") for n in range(300))
    ids = tuple(it.id for it in rows)
    status = replace(place.status, migrations=rows)
    many = replace(
        board,
        matrix=replace(board.matrix, migrations=ids, environments=(status,)),
        places=(replace(place, status=status),),
    )
    home = Read.of(pages.page(many, "") or "")
    assert "All 300 migrations" in home.text
    assert home.text.count("_a") < 100
    every = Read.of(pages.page(many, "migrations") or "").text
    assert [it for it in ids if it not in every] == []


def test_a_project_without_anything(
    sql_folder: SqlFolder, database: str, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sql_folder({})
    monkeypatch.setenv("DATABASE_URL", database)
    board = look(folder)
    said = {path: Read.of(html).text for path, html in texts(pages, board).items()}
    assert "Nothing here yet" in said[""]
    assert "There are no migrations yet" in said[""]
    assert "Nothing was ever run" in said["history"]
    assert [it.name for it in board.places] == ["DATABASE_URL"]


def test_files_that_cannot_be_read_are_told_and_the_rest_is_shown(
    sql_folder: SqlFolder, database: str, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"0001_a.sql": "-- a\nSELECT 1;", "0001_a.rollback.sql": "-- b\nSELECT 1;"}
    folder = sql_folder(good)
    monkeypatch.setenv("DATABASE_URL", database)
    with chdir(folder), onlooker() as looks:
        before = looks.look()
        sql_folder({"bad name.sql": "SELECT"})
        looks._due = 0
        board = looks.look(before)
        assert [it.code for it in board.errors] == ["file-name"]
        assert "bad name.sql" in (pages.page(board, "") or "")
        assert "0001_a" in (pages.page(board, "") or "")
        sql_folder(
            {"bad name.sql": None, "0001_a.sql": "-- transactional: perhaps\n-- a\nSELECT 1;"}
        )
        looks._due = 0
        board = looks.look(board)
    assert board.errors == ()
    page = Read.of(pages.page(board, migration_path("0001_a")) or "")
    assert page.problems == []
    assert "perhaps" in page.text
    shutil.rmtree(folder / "sql")
    assert "no-folder" in [it.code for it in look(folder).errors]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (44, "just now"),
        (-44, "just now"),
        (45, "1 min ago"),
        (89, "1 min ago"),
        (3600, "60 min ago"),
        (5400, "2 h ago"),
        (35 * 3600, "35 h ago"),
        (36 * 3600, "2 days ago"),
        (-3 * 86400, "in 3 days"),
    ],
)
def test_how_long_ago(seconds: float, text: str) -> None:
    assert ago(seconds) == text
