"""The dashboard in a real browser: live, on a phone, without a mouse, without a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import chdir, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.dashboard.browser import chromium, window
from tests.dashboard.conftest import served
from tests.dashboard.screenshots import KINDS, MISSING
from tests.plugins.databases import scratch_pid
from wishkit.commands.board import onlooker
from wishkit.interface.dashboard.access import Access
from wishkit.interface.dashboard.export import export_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.dashboard.browser import Window
    from tests.dashboard.conftest import Site
    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import SqlFolder
    from wishkit.commands.board import Board
    from wishkit.postgres.scratch import Scratch

KEY = 4711
MORE = [["tbody tr:nth-child(n+4)"], [".l:nth-child(n+15)"]]  # more of the same
LIVE = "#pulse[data-state=live]"
QUEUES = 'deadline = "0s"\n'  # like any client: otherwise it would come back again and again
HELD = {
    "0001_toys.sql": f"-- toys\nCREATE TABLE toys ();\nSELECT pg_advisory_xact_lock({KEY});\n",
    "0001_toys.rollback.sql": "-- no toys\nDROP TABLE toys;\n",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@contextmanager
def started(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # where the test has failed, it may wait for what the test holds


@contextmanager
def watched(folder: Path) -> Iterator[Site]:
    with chdir(folder):
        looks = onlooker()
        with looks as eyes, served(eyes.look, interval=0.2) as site:
            yield site


def visit(it: Window, site: Site, path: str, *, live: bool = True) -> None:
    it.page.goto(site.url + path)
    if path == MISSING:  # a browser tells of the answer, and there is nothing to watch
        it.problems.pop()
    elif live:
        it.page.wait_for_selector(LIVE)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_in_the_way_of_anybody(browser: Browser, site: Site, *, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - needs the browser

    axe = Axe()
    options: dict[str, object] = {"resultTypes": ["violations"]}
    paths = KINDS
    if dark:  # the same elements in other colours
        options["runOnly"] = ["color-contrast"]
        paths = ("", "requests", "migrations/0010_index_recent_wishes")
    with window(browser, dark=dark) as it:
        for path in paths:
            visit(it, site, path)
            if not path:
                it.page.locator("#settled > summary").click()
            found = axe.run(it.page, {"include": [["html"]], "exclude": MORE}, options)
            told = [
                f"{path}: {one['id']} ({one['impact']}): {one['nodes'][0]['html']}"
                for one in found.response["violations"]
            ]
            assert told == []
        assert it.problems == []


def test_on_a_phone_no_page_is_wider_than_the_screen(browser: Browser, site: Site) -> None:
    with window(browser, width=320, height=640, calm=True) as it:
        for path in KINDS:
            visit(it, site, path)
            assert it.page.evaluate("document.documentElement.scrollWidth") <= 320, path
            dot = "getComputedStyle(document.querySelector('.dot')).animationName"
            assert it.page.evaluate(dot) == "none"
        assert it.problems == []


def test_without_a_mouse(browser: Browser, site: Site) -> None:
    with window(browser) as it:
        page = it.page
        page.goto(site.url)
        page.wait_for_selector(LIVE)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.goto(site.url)
        visited = []
        for _ in range(12):
            page.keyboard.press("Tab")
            visited.append(
                page.evaluate(
                    "(e => [e.textContent.trim(), getComputedStyle(e).outlineStyle])"
                    "(document.activeElement)"
                )
            )
        assert all(outline == "solid" for _, outline in visited), visited
        assert [text.split()[0] for text, _ in visited][2:5] == ["Overview", "Running", "Requests"]
        page.focus("a:has-text('Running')")
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('Running')")
        assert it.problems == []


def test_without_a_script_everything_can_be_read(browser: Browser, site: Site) -> None:
    with window(browser, script=False) as it:
        for path in KINDS:
            visit(it, site, path, live=False)
            assert it.page.inner_text("h1")
        it.page.goto(site.url)
        assert it.page.is_visible("text=reload it to look again")
        assert it.page.is_visible("text=0013_validate_wishlist_reference")
        assert it.problems == []


def test_a_migration_of_another_process_appears_and_finishes(
    browser: Browser, sql_folder: SqlFolder, database: str
) -> None:
    folder = sql_folder(HELD)
    (folder / "wishkit.toml").write_text(f'[environments.shop]\nurl = "{database}"\n{QUEUES}')
    with (
        watched(folder) as site,
        window(browser) as home,
        window(browser) as it,
        psycopg.connect(database, autocommit=True) as holder,
    ):
        holder.execute("SELECT pg_advisory_lock(%s)", [KEY])
        home.page.goto(site.url)
        it.page.goto(f"{site.url}running")
        for one in (home, it):
            one.page.wait_for_selector(LIVE)
            one.page.evaluate("window.same = true")  # gone if the page is loaded again
        assert it.page.is_visible("text=Nothing runs right now")
        command = [sys.executable, "-m", "wishkit", "migrate", "--env", "shop"]
        with started(command, folder) as process:
            card = it.page.wait_for_selector("article.run:has-text('0001_toys')")
            assert card
            it.page.wait_for_selector("article.run:has-text('pg_advisory_xact_lock')")
            it.page.wait_for_selector("article.run:has-text('It waits for')")
            told = it.page.inner_text("article.run")
            assert f"pid {holder.info.backend_pid}" in told
            assert "migrate, 1 of 1, forward, by " in told
            home.page.wait_for_selector("h1:has-text('At work')")
            home.page.wait_for_selector("nav a:has-text('Running') .badge")
            assert "At work" in home.page.inner_text("#announce")
            holder.execute("SELECT pg_advisory_unlock(%s)", [KEY])
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, out + err
        it.page.wait_for_selector("text=Nothing runs right now")
        it.page.wait_for_selector("#part_quiet:has-text('done')")
        home.page.wait_for_selector("h1:has-text('All is well')")
        home.page.wait_for_selector("table.matrix .chip.ok:has-text('applied')")
        for one in (home, it):
            assert one.page.evaluate("window.same") is True
            assert one.problems == []


def test_an_environment_that_goes_away_is_shown_within_a_look(
    browser: Browser, private_server: Scratch, tmp_path: Path
) -> None:
    (tmp_path / "sql" / "migrations").mkdir(parents=True)
    (tmp_path / "wishkit.toml").write_text(f'[environments.far]\nurl = "{private_server.url()}"\n')
    with watched(tmp_path) as site, window(browser) as it:
        it.page.goto(site.url)
        it.page.wait_for_selector(LIVE)
        assert it.page.is_visible(".place .chip:has-text('well')")
        before = site.dashboard.poller._edition
        assert before
        os.kill(scratch_pid(private_server), signal.SIGQUIT)  # at once, as after a crash
        it.page.wait_for_selector(".place .chip:has-text('not there')")
        it.page.wait_for_selector("h1:has-text('Look here')")
        after = site.dashboard.poller._edition
        assert after
        # A look may have begun just before, and another one may have ended since.
        assert it.page.inner_text(".place .remarks")
        assert it.problems == []


def test_what_a_person_does_with_a_page_stays_when_it_changes(
    browser: Browser, sql_folder: SqlFolder, make_database: MakeDatabase
) -> None:
    url = make_database()
    files = {f"{n:04}_a.sql": f"-- number {n}\nSELECT {n};" for n in range(12)}
    files |= {f"{n:04}_a.rollback.sql": "-- back\nSELECT;" for n in range(12)}
    folder = sql_folder(files)
    (folder / "wishkit.toml").write_text(f'[environments.shop]\nurl = "{url}"\n')
    command = [sys.executable, "-m", "wishkit", "migrate", "--env", "shop"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with watched(folder) as site, window(browser) as it:
        page = it.page
        page.goto(site.url)
        page.wait_for_selector(LIVE)
        page.locator("#settled > summary").click()
        page.focus("#settled a:has-text('0002_a')")
        sql_folder({"0012_b.sql": "-- new\nSELECT;", "0012_b.rollback.sql": "-- new\nSELECT;"})
        site.dashboard.poller._look.__self__._due = 0  # type: ignore[attr-defined]
        page.wait_for_selector("table.matrix .chip:has-text('pending')")
        page.wait_for_selector("h1:has-text('On its way')")
        assert page.evaluate("document.getElementById('settled').open") is True
        assert page.evaluate("document.activeElement.nodeName") == "A"
        assert page.evaluate("document.activeElement.closest('#settled') !== null") is True
        assert it.problems == []


def test_it_says_that_it_lost_the_server_and_comes_back(browser: Browser, board: Board) -> None:
    with window(browser) as it:
        with served(lambda _: board) as site:
            it.page.goto(site.url)
            it.page.wait_for_selector(LIVE)
            port = site.port
        it.page.wait_for_selector("#pulse[data-state=lost]")
        assert "lost the server" in it.page.inner_text("#pulse")
        with served(lambda _: board, port=port):
            it.page.wait_for_selector(LIVE)
        it.problems.clear()  # a browser tells that it could not connect


def test_with_a_token_the_address_is_clean_and_streams_work(browser: Browser, board: Board) -> None:
    token = "0123456789abcdef"
    with served(lambda _: board, Access(token=token)) as site, window(browser) as it:
        it.page.goto(f"{site.url}drift?token={token}")
        it.page.wait_for_selector(LIVE)
        assert it.page.url == f"{site.url}drift"
        assert it.page.evaluate("document.cookie") == ""
        assert it.problems == []


def test_the_files_open_from_disk(browser: Browser, board: Board, tmp_path: Path) -> None:
    export_to(str(tmp_path / "site"), board)
    with window(browser, width=320) as it:
        it.page.goto((tmp_path / "site" / "index.html").as_uri())
        it.page.click("a:has-text('0010_index_recent_wishes')")
        it.page.wait_for_selector("h1:has-text('0010_index_recent_wishes')")
        assert it.page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius")
        colour = "getComputedStyle(document.querySelector('pre.sql .k')).color"
        assert it.page.evaluate(colour) != it.page.evaluate("getComputedStyle(document.body).color")
        assert it.page.evaluate("document.documentElement.scrollWidth") <= 320
        it.page.click("nav a:has-text('Drift')")
        it.page.wait_for_selector("text=sets_title_by_hand")
        assert it.problems == []
