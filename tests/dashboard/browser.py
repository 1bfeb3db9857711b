"""A real browser, without a screen: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page

CHROMIUM = shutil.which("chromium")
_FLAGS = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
IN_CI = bool(os.environ.get("CI"))  # read before tests take it out of the environment
# What the policy of the pages forbids is told on the console, and so is everything else.
_SAID = """
    document.addEventListener("securitypolicyviolation",
        it => console.error(`CSP: ${it.violatedDirective} ${it.blockedURI}`))
"""


def needed() -> str:
    """The browser's path; where it is not installed the test is skipped, in CI it fails."""
    if CHROMIUM is None:
        why = "chromium is not installed: .ci/install does it"
        if IN_CI:
            pytest.fail(why)
        pytest.skip(why)
    return CHROMIUM


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, for as long as the block; in that time no other loop may run in the thread."""
    path = needed()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - heavy, and not always needed

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@dataclass(slots=True)
class Window:
    """A page in a browser, and what went wrong on it.

    Attributes:
        page: Playwright's.
        problems: errors and warnings of its console, answers that were none.
    """

    page: Page
    problems: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Something was written to the console."""
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text}")


@contextmanager
def window(
    browser: Browser,
    *,
    width: int = 1280,
    height: int = 800,
    dark: bool = False,
    script: bool = True,
    calm: bool = False,
) -> Iterator[Window]:
    """A window of its own: no cookies, nothing kept."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        reduced_motion="reduce" if calm else "no-preference",
    )
    found = Window(context.new_page())
    if script:
        found.page.add_init_script(_SAID)
    found.page.on("console", lambda message: found.hear(message))  # noqa: PLW0108 - it marks what it is given
    found.page.on("pageerror", lambda error: found.problems.append(f"thrown: {error}"))
    found.page.set_default_timeout(20_000)
    yield found
    context.close()
