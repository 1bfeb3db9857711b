"""Pictures of every kind of page, to be looked at: ``make screenshots`` writes them to build/.

They are no golden images: fonts differ from machine to machine. What a program can tell of how a
page looks, test_browser.py asks the browser for.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import chdir
from pathlib import Path

MISSING = "nowhere"
KINDS: tuple[str, ...] = (
    "",
    "running",
    "requests",
    "drift",
    "history",
    "migrations/0010_index_recent_wishes",
    "environments/staging",
    MISSING,
)


def main(folder: Path) -> None:
    """Write them: each page on a desk and on a phone, in light and in dark."""
    from tests.dashboard.browser import chromium, window  # noqa: PLC0415 - heavy
    from tests.dashboard.conftest import served  # noqa: PLC0415 - as above
    from tests.dashboard.world import at_work, make_world  # noqa: PLC0415
    from tests.plugins.databases import SETTINGS, tested_binaries  # noqa: PLC0415
    from wishkit.commands.board import onlooker  # noqa: PLC0415
    from wishkit.postgres.scratch import scratch_server  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        scratch_server(tested_binaries(), settings=SETTINGS) as server,
    ):
        world = make_world(Path(place) / "bricks", server, whole=True)
        with chdir(world.folder), onlooker() as looks:
            board = at_work(looks.look())
        with served(lambda _: board) as site, chromium() as browser:
            with window(browser, width=1040, height=760, calm=True) as it:
                it.page.goto(site.url)  # that of the documentation
                it.page.wait_for_selector("#pulse[data-state=live]")
                it.page.screenshot(path=folder / "dashboard.png")
            for dark in (False, True):
                for name, width in (("desk", 1280), ("phone", 360)):
                    with window(browser, width=width, dark=dark, calm=True) as it:
                        for path in KINDS:
                            it.page.goto(site.url + path)
                            scheme = "dark" if dark else "light"
                            file = f"{(path or 'overview').replace('/', '-')}-{name}-{scheme}.png"
                            it.page.screenshot(path=folder / file, full_page=True)
    sys.stdout.write(f"look at {folder}/*.png\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "build/screenshots"))
