"""wishkit.toml, the variables, and which database is meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wishkit.config import (
    BackupRule,
    Config,
    Environment,
    Patience,
    Small,
    Threshold,
    Thresholds,
    duration,
    load,
    resolve_target,
    thresholds_of,
)
from wishkit.errors import ConfigError

FULL = """\
sql = "database"

[patience]
lock_wait = "30s"
deadline = "10min"
stall = "100ms"

[small]
rows = 500
size = "2MB"

[environments.development]
url = "embedded"

[environments.staging]
url = "env:STAGING_URL"
role = "owner"

[environments."pro duction"]
url = "postgresql://deploy:hunter2@db/wishes"   # discouraged
protected = true
lock_wait = "500ms"
deadline = "1h"
kill_blockers = "idle"
backup = { age = "12h", level = 1, destructive_level = 3 }

[environments."pro duction".thresholds]
expected = { fail = "10min" }

[thresholds]
duration = { warn = "10s", fail = "1min" }
expected = { warn = "1min" }

[backup]
folder = "kept"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config_of(folder: Path, text: str) -> Config:
    (folder / "wishkit.toml").write_text(text, encoding="utf-8")
    return load(folder, environ={})


def error_of(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        config_of(folder, text)
    assert caught.value.exit_status == 2
    return caught.value


def test_a_whole_file(project: Path) -> None:
    config = config_of(project, FULL)
    assert config.sql == project / "database"
    assert config.path == project / "wishkit.toml"
    assert [(e.name, e.role, e.protected, e.lock_wait) for e in config.environments] == [
        ("development", None, False, 30.0),
        ("staging", "owner", False, 30.0),
        ("pro duction", None, True, 0.5),
    ]
    assert "hunter2" not in repr(config)
    assert config.backups == project / "kept"
    rule = BackupRule(age=12 * 3600, level=1, destructive_level=3)
    assert [e.backup for e in config.environments] == [None, None, rule]
    assert resolve_target(config, env="pro duction", environ={}).backup == rule
    assert config.thresholds == Thresholds(Threshold(10, 60), Threshold(60))
    assert [thresholds_of(config, it).expected for it in ("staging", "pro duction", "other")] == [
        Threshold(60),
        Threshold(None, 600),  # in place of the other, not beside it
        Threshold(60),
    ]
    assert thresholds_of(config, "pro duction").duration == Threshold(10, 60)
    assert config.patience == Patience(deadline=600, stall=0.1)
    assert config.small == Small(rows=500, bytes=2 * 1024 * 1024)
    patience = [e.patience for e in config.environments]
    assert patience == [config.patience] * 2 + [
        Patience(deadline=3600, stall=0.1, kill_blockers="idle")
    ]
    target = resolve_target(config, env="pro duction", environ={})
    assert (target.patience, target.small) == (patience[2], config.small)
    target = resolve_target(config, url="postgresql:///wishes", environ={})
    assert (target.patience, target.small) == (config.patience, config.small)


def test_without_a_file_everything_has_a_default(project: Path) -> None:
    (project / ".git").mkdir()
    config = load(project, environ={})
    assert config == Config()
    assert (config.sql, config.environments) == (Path("sql"), ())


def test_the_file_is_found_from_below_but_not_beyond_the_repository(project: Path) -> None:
    outer = project / "wishkit.toml"
    outer.write_text('sql = "outer"\n')
    deep = project / "repository" / "src" / "deep"
    deep.mkdir(parents=True)
    assert load(deep, environ={}).path == outer
    (project / "repository" / ".git").mkdir()
    assert load(deep, environ={}).path is None
    inner = project / "repository" / "wishkit.toml"
    inner.write_text('sql = "inner"\n')
    assert load(deep, environ={}).sql == project / "repository" / "inner"


def test_variables(project: Path) -> None:
    elsewhere = project / "other.toml"
    elsewhere.write_text(FULL)
    environ = {"WISHKIT_CONFIG": str(elsewhere), "WISHKIT_ENV": "staging", "NO_COLOR": "1"}
    config = load(project, environ=environ)
    assert (config.path, config.default_environment) == (elsewhere, "staging")
    with pytest.raises(ConfigError, match=r"nowhere\.toml") as caught:
        load(project, environ={"WISHKIT_CONFIG": "nowhere.toml"})
    assert caught.value.code == "config-missing"


@pytest.mark.parametrize(
    ("text", "line", "message", "help_text"),
    [
        ("sqll = 'x'", 1, 'unknown key "sqll"', 'perhaps you meant "sql"'),
        ("\n[patienc]\nx = 1", 2, 'unknown key "patienc"', 'perhaps you meant "patience"'),
        ("[patience]\n\nlock_wiat = '1s'", 3, '"lock_wiat" in [patience]', '"lock_wait"'),
        ("[patience]\nlock_wait = 10", 2, '"lock_wait" is not a duration', '"10s"'),
        ("[patience]\nlock_wait = '10 parsecs'", 2, "not a duration", '"5min"'),
        ("[patience]\nkill_blockers = 'all'", 2, '"kill_blockers" does not', '"idle" or "any"'),
        (
            "[thresholds]\nduraton = { warn = '1s' }",
            2,
            'unknown key "duraton" in [thresholds]',
            '"duration"',
        ),
        (
            "[thresholds.waited]\nwarn = 5",
            2,
            '"warn" is not a duration',
            '"10s"',
        ),
        (
            "[thresholds]\n\nwaited = {}",
            3,
            '"waited" has neither "warn" nor "fail"',
            "write one or both",
        ),
        (
            "[environments.a]\nurl = 'x'\nthresholds.expected = { fail = '1s', warn = '2s' }",
            3,
            '"expected" would fail before it warns',
            "what fails is above",
        ),
        ("[backup]\nfoldr = 'x'", 2, 'unknown key "foldr" in [backup]', '"folder"'),
        (
            "[environments.a]\nurl = 'x'\nbackup = { age = '1 day' }",
            3,
            '"age" is not a duration',
            '"1h"',
        ),
        (
            "[environments.a]\nurl = 'x'\n[environments.a.backup]\nlevel = 4",
            4,
            '"level" is no level of a backup',
            "3: compared",
        ),
        (
            "[environments.a]\nurl = 'x'\nbackup = { level = 3, destructive_level = 2 }",
            3,
            '"destructive_level" is lower',
            "leave it out",
        ),
        ("[small]\nsize = '10 apples'", 2, '"size" is not a size', '"10MB"'),
        ("[small]\nrows = '10'", 2, '"rows" must be a whole number, not a string', None),
        ("sql = 1", 1, '"sql" must be a string, not a whole number', None),
        (
            FULL.replace("protected = true", 'protected = "yes"'),
            21,
            '"protected" must be true or false, not a string',
            None,
        ),
        ("environments = 1", 1, '"environments" must be a table', None),
        ("[environments]\nstaging = 'x'", 2, '"staging" must be a table', "[environments.staging]"),
        ("[environments.a]\nurl='x'\n[environments.b]\nurI='x'", 4, '"urI"', 'meant "url"'),
        ("[environments]\na = {url = 'x', rol = 'y'}", 2, '"rol" in [environments.a]', '"role"'),
        ("environments.a.url = 1", 1, '"url" must be a string', None),
        ("[environments.a]\nrole = 'x'", 1, 'environment "a" has no url', "env:VARIABLE"),
        ("sql = \nx", 1, "not valid TOML", None),
        ("[patience\n", 1, "not valid TOML", None),
    ],
)
def test_a_mistake_is_told_with_its_line(
    project: Path, text: str, line: int, message: str, help_text: str | None
) -> None:
    error = error_of(project, text)
    assert message in error.message
    assert (help_text or "") in str(error.help)
    assert error.where is not None
    assert (error.where.path, error.where.line) == ("wishkit.toml", line)


def test_an_unfinished_file_is_told_with_its_last_line(project: Path) -> None:
    error = error_of(project, 'sql = """\nopen')
    assert error.code == "config-syntax"


@pytest.mark.parametrize(
    "text",
    [
        "[environments.a]\nulr = 'postgresql://u:hunter2@h/d'",
        "[environments.a]\npassword = 'hunter2'",
        "[environments.a]\nurl = ['hunter2']",
        "[environments.a]\nurl = 'hunter2",
        "[environments.a]\nurl = '''\nhunter2",
        "[environments.a]\nurl = hunter2",
    ],
)
def test_a_mistake_does_not_show_the_value(project: Path, text: str) -> None:
    error = error_of(project, text)
    assert "hunter2" not in f"{error.message} {error.help} {error.where!r} {error.notes}"


def test_files_that_cannot_be_read(project: Path) -> None:
    (project / "wishkit.toml").write_bytes(b"sql = '\xff'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(project, environ={})
    (project / "wishkit.toml").write_bytes(b"\xef\xbb\xbfsql = 'x'\r\n")
    assert load(project, environ={}).sql == project / "x"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("10s", 10.0), ("1.5 s", 1.5), ("5min", 300.0), ("2h", 7200.0), ("0s", 0.0),
     ("10", None), ("", None), ("-1s", None), ("10 m", None), ("1s2s", None)],
)  # fmt: skip
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == seconds


# --- which database


CONFIG = Config(
    lock_wait=7.0,
    environments=(
        Environment(name="development", url="embedded"),
        Environment(name="staging", url="env:STAGING_URL", role="owner", protected=True),
    ),
)


DRIFT = """\
[drift]
fails = "warning"

[[drift.ignore]]
kind = "table"
name = "partman.*"
reason = "not ours"

[[drift.ignore]]
kind = "*"
name = "audit_*"
reason = "operations"

[environments.a]
url = "embedded"

[environments.b]
url = "embedded"
drift_fails = "error"
"""


def test_drift_that_is_known_and_what_fails(project: Path) -> None:
    config = config_of(project, DRIFT)
    assert [(it.kind, it.name, it.reason) for it in config.ignore] == [
        ("table", "partman.*", "not ours"),
        ("*", "audit_*", "operations"),
    ]
    assert [it.where.line for it in config.ignore if it.where] == [4, 9]
    fails = [resolve_target(config, env=name, environ={}).drift_fails for name in ("a", "b")]
    assert fails == ["warning", "error"]
    assert resolve_target(config, url="embedded", environ={}).drift_fails == "warning"
    assert resolve_target(Config(), environ={}).drift_fails == "info"


@pytest.mark.parametrize(
    ("before", "after", "message", "line"),
    [
        ('fails = "warning"', 'fails = "bad"', '"fails" is no severity', 2),
        ('drift_fails = "error"', 'drift_fails = "e"', '"drift_fails" is no severity', 19),
        ('reason = "operations"\n', "", r'an entry of \[\[drift.ignore\]\] has no "reason"', 9),
        ('reason = "operations"', 'reason = " "', 'has no "reason"', 9),
        ('kind = "*"', 'kinds = "*"', 'unknown key "kinds"', 10),
    ],
)
def test_mistakes_about_drift(
    project: Path, before: str, after: str, message: str, line: int
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        config_of(project, DRIFT.replace(before, after))
    assert caught.value.where is not None
    assert caught.value.where.line == line


def test_the_order_of_who_decides() -> None:
    environ = {
        "DATABASE_URL": "postgresql://from-variable/db",
        "PGHOST": "from-libpq",
        "STAGING_URL": "postgresql://staging/db",
    }
    chosen = resolve_target(CONFIG, url="host=option", env="staging", environ=environ)
    assert (chosen.name, chosen.url, chosen.role) == ("command line", "host=option", None)
    chosen = resolve_target(CONFIG, env="staging", environ=environ)
    assert (chosen.name, chosen.url) == ("staging", "postgresql://staging/db")
    assert (chosen.role, chosen.protected, chosen.embedded) == ("owner", True, False)
    chosen = resolve_target(CONFIG, environ=environ)
    assert (chosen.name, chosen.url) == ("DATABASE_URL", "postgresql://from-variable/db")
    chosen = resolve_target(CONFIG, environ={"PGHOST": "from-libpq", "DATABASE_URL": ""})
    assert (chosen.name, chosen.url, chosen.lock_wait) == ("PG* variables", "", 7.0)
    chosen = resolve_target(CONFIG, environ={"PGUSER": "me", "PGPASSWORD": "x", "PGHOST": ""})
    assert (chosen.name, chosen.url, chosen.embedded) == ("embedded", None, True)


def test_wishkit_env_is_the_default_of_env() -> None:
    config = Config(environments=CONFIG.environments, default_environment="development")
    chosen = resolve_target(config, environ={"DATABASE_URL": "postgresql://x/y"})
    assert (chosen.name, chosen.embedded, chosen.url) == ("development", True, None)


def test_an_unknown_environment() -> None:
    with pytest.raises(ConfigError, match='no environment "stagin"') as caught:
        resolve_target(CONFIG, env="stagin", environ={})
    assert caught.value.code == "unknown-environment"
    assert caught.value.help == 'perhaps you meant "staging"'
    with pytest.raises(ConfigError, match="none was found"):
        resolve_target(Config(), env="staging", environ={})


@pytest.mark.parametrize("environ", [{}, {"STAGING_URL": ""}])
def test_a_missing_variable_is_named_and_no_other_is_shown(
    project: Path, environ: dict[str, str]
) -> None:
    config = config_of(project, FULL)
    with pytest.raises(ConfigError, match="the variable STAGING_URL is") as caught:
        resolve_target(config, env="staging", environ={**environ, "OTHER_URL": "hunter2"})
    error = caught.value
    assert error.code == "missing-variable"
    assert error.where is not None
    assert (error.where.line, error.where.text) == (16, 'url = "env:STAGING_URL"')
    assert "hunter2" not in f"{error.message} {error.help} {error.where!r}"


def test_the_command_line_may_name_a_variable_too() -> None:
    assert resolve_target(CONFIG, url="env:X", environ={"X": "host=h"}).url == "host=h"
    assert resolve_target(CONFIG, url="embedded", environ={}).embedded
    with pytest.raises(ConfigError, match="--url is empty"):
        resolve_target(CONFIG, url="", environ={"DATABASE_URL": "postgresql://x/y"})


def test_nothing_heavy_is_imported_without_a_file(project: Path) -> None:
    (project / ".git").mkdir()
    code = (
        "import sys, wishkit.config as c; c.load(environ={});"
        "print([m for m in ('tomllib', 'msgspec', 'psycopg', 'difflib') if m in sys.modules])"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, check=True, text=True, cwd=project, env={"PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_the_documented_file_is_valid(project: Path) -> None:
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    config = config_of(project, text.partition("```toml\n")[2].partition("```")[0])
    assert [environment.name for environment in config.environments] == [
        "development",
        "staging",
        "production",
    ]


def test_what_is_above_a_threshold() -> None:
    both = Threshold(warn=10, fail=60)
    assert [both.above(it) for it in (0, 10, 10.1, 60, 61)] == [None, None, "warn", "warn", "fail"]
    assert [Threshold(fail=60).above(it) for it in (60, 61)] == [None, "fail"]
    assert Threshold().above(1e9) is None
