"""`wishkit env`: what environments ask for, how they are, and one that is down among others."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from wishkit.commands.environments import examine
from wishkit.config.windows import freeze, window

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import RunWishkit, SqlFolder


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "moment", "is_open"),
    [
        ("Mon-Fri 09:00-17:00 Europe/Berlin", "2031-05-19T07:00+00:00", True),  # a Monday
        ("Mon-Fri 09:00-17:00 Europe/Berlin", "2031-05-19T06:59+00:00", False),
        ("Mon-Fri 09:00-17:00 Europe/Berlin", "2031-05-19T15:00+00:00", False),
        ("Mon-Fri 09:00-17:00 Europe/Berlin", "2031-05-18T10:00+00:00", False),  # a Sunday
        ("Fri 22:00-04:00 UTC", "2031-05-24T03:59+00:00", True),  # Saturday morning
        ("Fri 22:00-04:00 UTC", "2031-05-23T03:59+00:00", False),
        ("Fri-Mon 10:00-24:00 UTC", "2031-05-18T23:59+00:00", True),
        ("Mon,Wed 10:00-11:00 UTC", "2031-05-20T10:30+00:00", False),
        ("22:00-23:00 America/New_York", "2031-01-02T03:30+00:00", True),  # winter: -5
        ("22:00-23:00 America/New_York", "2031-07-02T02:30+00:00", True),  # summer: -4
    ],
)
def test_a_window_is_open_by_its_own_clock(text: str, moment: str, is_open: bool) -> None:  # noqa: FBT001
    found = window(text)
    assert found is not None
    now = at(moment)
    assert found.is_open(now) is is_open
    opens = found.next_opening(now)
    assert opens > now
    assert found.is_open(opens)
    assert not found.is_open(opens - timedelta(minutes=1))


def test_a_freeze_holds_from_its_first_to_its_last_day() -> None:
    found = freeze("2026-12-20/2027-01-06 Europe/Berlin")
    assert found is not None
    assert found.holds(at("2026-12-19T23:00+00:00"))
    assert not found.holds(at("2026-12-19T22:59+00:00"))
    assert found.ends.astimezone(UTC) == at("2027-01-06T23:00+00:00")
    assert not found.holds(found.ends)


@pytest.mark.parametrize(
    "text",
    [
        "Mon 22:00-04:00",
        "Mon 22:00-04:00 Europe/Atlantis",
        "Mo 22:00-04:00 UTC",
        "Mon 25:00-26:00 UTC",
        "Mon 10:60-11:00 UTC",
        "Mon 10:00-10:00 UTC",
        "0 22 * * 1 UTC",
    ],
)
def test_what_is_no_window_is_refused_at_its_line(
    run_wishkit: RunWishkit, tmp_path: Path, text: str
) -> None:
    assert window(text) is None
    if text.startswith("0 "):
        (tmp_path / "wishkit.toml").write_text(
            f'[environments.a]\nurl = "embedded"\nwindows = ["{text}"]\n'
        )
        outcome = run_wishkit("env", "list")
        assert outcome.status == 2
        assert "wishkit.toml:3:1" in outcome.stderr
        assert "Mon-Fri 22:00-04:00 Europe/Berlin" in outcome.stderr


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('freeze = ["2027-01-06/2026-12-20 UTC"]', "holds what are no days"),
        ('soak = "long"', '"soak" is not a duration'),
        ('hooks = ["x"]', '"hooks" must hold tables'),
        ('hooks = [{ stage = "now", run = "x" }]', "is no stage of a promotion"),
        ('hooks = [{ stage = "failed" }]', 'has no "run"'),
        ('hooks = [{ stage = "failed", run = "x", on_failure = "panic" }]', 'write "stop" or'),
    ],
)
def test_keys_of_promotion_are_checked(
    run_wishkit: RunWishkit, tmp_path: Path, lines: str, words: str
) -> None:
    (tmp_path / "wishkit.toml").write_text(f'[environments.a]\nurl = "embedded"\n{lines}\n')
    outcome = run_wishkit("env", "list")
    assert outcome.status == 2
    assert words in outcome.stderr


PRODUCTION = """\
[environments.development]
url = "env:DEVELOPMENT_URL"

[environments.production]
url = "postgresql://deploy:secret@db.example.org/wishes"
role = "owner"
protected = true
rehearsed = true
verify = true
approvals = { high = 2 }
backup = { age = "24h", level = 2 }
soak = "24h"
windows = ["Mon-Thu 21:00-23:00 Europe/Berlin"]
freeze = ["2026-12-20/2027-01-06 Europe/Berlin"]
"""


def test_the_list_says_what_each_asks_for_and_no_secret(
    run_wishkit: RunWishkit, tmp_path: Path
) -> None:
    (tmp_path / "wishkit.toml").write_text(PRODUCTION)
    outcome = run_wishkit("env", "list")
    assert outcome.status == 0
    assert "secret" not in outcome.stdout
    assert "env:DEVELOPMENT_URL (not set)" in outcome.stdout
    assert (
        "rehearsed; verify; approvals (none 0, low 1, medium 1, high 2); backup of level 2, "
        "restored, not older than 24 h; 24 h of soak; window Mon-Thu 21:00-23:00 Europe/Berlin; "
        "frozen 2026-12-20/2027-01-06 Europe/Berlin"
    ) in outcome.stdout
    told = json.loads(run_wishkit("env", "list", "--json").stdout)
    assert [it["protected"] for it in told["environments"]] == [False, True]
    assert run_wishkit("env", "check", "prodution").stderr.count('meant "production"') == 1


# Everything that can be wrong with a database that answers.
WRONG = """
    CREATE TABLE twice (a int);
    INSERT INTO twice VALUES (1), (1);
    CREATE TABLE late (a int);
    ALTER TABLE late ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
    REVOKE CREATE ON SCHEMA public FROM public;
"""


def test_a_look_tells_what_is_wrong(
    make_database: MakeDatabase,
    sql_folder: SqlFolder,
    run_wishkit: RunWishkit,
) -> None:
    project = sql_folder({"0001_a.sql": "-- a\nSELECT 1;", "0001_a.rollback.sql": "SELECT 1;"})
    good, bad = make_database(), make_database()
    with psycopg.connect(bad, autocommit=True) as connection:
        connection.execute(WRONG.encode())
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON twice (a)")
        connection.execute("BEGIN; INSERT INTO late VALUES (1); PREPARE TRANSACTION 'left'")
        connection.execute("CREATE ROLE env_weak LOGIN")
    weak = make_conninfo(bad, user="env_weak")
    try:
        (project / "wishkit.toml").write_text(
            f'[environments.good]\nurl = "{good}"\n[environments.bad]\nurl = "{weak}"\n'
            '[environments.gone]\nurl = "env:NOT_THERE"\n'
        )
        outcome = run_wishkit("env", "check", "good", "bad", cwd=project)
        assert outcome.status == 1
        assert outcome.stdout.count("not well") == 1
        assert "base, 1 pending" in outcome.stdout
        for words in (
            'may not make tables in schema public: GRANT CREATE ON SCHEMA public TO "env_weak"',
            "may not make the ledger: GRANT CREATE ON DATABASE",
            "does not own late, twice",
            "INVALID, never finished: broken",
            "prepared transaction left is open",
            "bad: note: not validated: positive of late",
        ):
            assert words in outcome.stdout
        assert run_wishkit("env", "check", "good", cwd=project).status == 0
        outcome = run_wishkit("env", "check", "--json", cwd=project)
        assert outcome.status == 2
        told = json.loads(outcome.stdout)["environments"]
        assert [it["name"] for it in told] == ["good", "bad", "gone"]
        assert told[2]["error"]["code"] == "missing-variable"
        assert told[0]["rights"]["creates"]
    finally:
        with psycopg.connect(bad, autocommit=True) as connection:
            connection.execute("ROLLBACK PREPARED 'left'")
            connection.execute("DROP ROLE env_weak")


def test_all_are_asked_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    """Two that never answer are let go only when both were asked; the third has answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            both = [listening.accept()[0], listening.accept()[0]]
            for it in both:
                it.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"postgresql://x@127.0.0.1:{listening.getsockname()[1]}/x?connect_timeout=20"
        url += "&sslmode=disable&gssencmode=disable"
        (tmp_path / "wishkit.toml").write_text(
            f'[environments.one]\nurl = "{url}"\n[environments.two]\nurl = "{url}"\n'
            f'[environments.three]\nurl = "{database}"\n'
        )
        monkeypatch.chdir(tmp_path)
        found = examine()
        thread.join()
    one, two, three = found.environments
    assert one.error is not None
    assert two.error is not None
    assert {one.error.code, two.error.code} == {"connection-lost"}
    assert three.error is None
    assert found.exit_status == 2
