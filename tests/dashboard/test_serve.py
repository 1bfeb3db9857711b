"""The command: what it prints, what it refuses, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import chdir, contextmanager
from typing import TYPE_CHECKING

import pytest

from wishkit.errors import WishkitError
from wishkit.interface.cli import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dashboard.world import World


@contextmanager
def running(
    world: World, *options: str, env: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the address it printed."""
    command = [sys.executable, "-m", "wishkit", "dashboard", "--port", "0", *options]
    with subprocess.Popen(
        command,
        cwd=world.folder,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().strip()
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_and_ends_well(world: World, number: int) -> None:
    with running(world) as (process, url):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
        with (
            urllib.request.urlopen(f"{url}healthz") as health,  # noqa: S310 - it printed it
            urllib.request.urlopen(f"{url}events") as events,  # noqa: S310 - as above
        ):
            assert health.read() == b"ok\n"
            assert events.readline().startswith(b"retry")
            process.send_signal(number)
            assert events.read().endswith(b"\n\n")
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "")
        assert err == "Ctrl-C ends it\nthe dashboard has ended\n"


def test_a_generated_token_is_in_the_address_and_nowhere_else(world: World) -> None:
    options = ("--host", "0.0.0.0", "--token", "generate", "--log-requests")  # noqa: S104
    with running(world, *options) as (process, url):
        page, token = url.split("?token=")
        assert len(token) > 40
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(url) as answer:
            assert answer.url == page
            assert b"bricks" in answer.read()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert [re.sub(r"^\S+ ", "", line) for line in err.splitlines()[1:-1]] == [
            "GET / 303",
            "GET / 200",
        ]
        assert token not in err


def test_what_it_refuses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def error(*options: str) -> str:
        with chdir(world.folder), pytest.raises(WishkitError) as refusal:
            execute(["dashboard", *options])
        assert refusal.value.exit_status == 2
        return refusal.value.code

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert error("--port", str(taken.getsockname()[1])) == "port-taken"
    monkeypatch.setenv("T", "short")
    assert error("--port", "99999") == "listen-refused"
    assert error("--host", "203.0.113.7", "--token", "generate") == "listen-refused"
    assert error("--host", "0.0.0.0") == "dashboard-open"  # noqa: S104
    assert error("--token", "0123456789abcdef") == "dashboard-token"
    assert error("--token", "env:T") == "dashboard-token"
    assert error("--interval", "soon") == "usage"
    assert error("--interval", "1ms") == "usage"
    assert error("--env", "nowhere") == "unknown-environment"


def test_without_the_extra_it_says_how_to_get_it(world: World) -> None:
    program = (
        "import sys\n"
        "sys.modules |= {'uvicorn': None, 'jinja2': None}\n"
        "from wishkit.interface.cli import run\n"
        "sys.exit(run(['dashboard']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=world.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error[dashboard-missing]" in done.stderr
    assert "pip install 'wishkit[dashboard]'" in done.stderr
