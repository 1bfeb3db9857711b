"""The command line: one table, help that tells the truth, clear words for every mistake."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from wishkit import __version__
from wishkit.interface import application, cli
from wishkit.interface.cli import load, run
from wishkit.interface.overview import COMMANDS, overview
from wishkit.interface.parameters import Option, parameters, read_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder

WIDTH = 78  # typer's, on a terminal of 80 columns or more


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """What `run` does to the process is undone."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def help_of(words: str) -> str:
    """What typer prints for ``wishkit WORDS --help``."""
    context: Any = None
    command: Any = get_command(application.application(words.partition(" ")[0]))
    for name in ["wishkit", *words.split()]:
        if context:
            command = command.get_command(context, name)
        context = command.make_context(
            name, [], parent=context, resilient_parsing=True, terminal_width=WIDTH
        )
    return str(context.get_help())


def test_the_quick_overview_is_what_typer_would_print() -> None:
    assert overview() == help_of("")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_summed_up_as_in_the_table_and_has_an_example(words: str) -> None:
    lines = (inspect.getdoc(load(words)) or "").splitlines()
    assert lines[0] == COMMANDS[words][1]
    examples = [line for line in lines if line.startswith("Example: ")]
    assert examples
    assert f"wishkit {words}" in examples[0]


def test_the_reference_is_generated_from_help(golden: Golden) -> None:
    head = (
        "# The command line\n\n"
        "What `--help` prints, command by command; `make golden` writes this file. What the exit\n"
        "statuses mean is told in [errors.md](errors.md), which database a command means in\n"
        "[configuration.md](configuration.md).\n\n"
        f"```text\n{overview()}\n```\n"
    )
    parts = [f"\n## wishkit {words}\n\n```text\n{help_of(words)}\n```\n" for words in COMMANDS]
    golden("".join([head, *parts]), "../../docs/cli.md")


def recorded(words: str) -> tuple[Any, dict[str, Any]]:
    """A command as typer parses it, and where it leaves the values instead of running."""
    function = load(words)
    values: dict[str, Any] = {}

    @wraps(function)
    def record(**given: object) -> int:
        values.clear()
        values.update(given)
        return 0

    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command()(application._for_typer(record))
    return get_command(app), values


@pytest.mark.parametrize("words", COMMANDS)
def test_a_plain_line_means_what_it_means_to_typer(words: str) -> None:
    function = load(words)
    command, seen = recorded(words)
    spellings = [
        spelling
        for _, declared in parameters(function).values()
        if isinstance(declared, Option)
        for pair in declared.names
        for spelling in pair.split("/")
    ]
    given_ = [it for it in parameters(function) if it not in (function.__kwdefaults__ or {})]
    needed = ["0006"] * len(given_)
    texts = ["0006", "a b", "", "3", "-1", "-", "--", "x=y", "-y", "-h", "--unknown", "-yy"]
    word = st.sampled_from([*texts, *spellings, *(f"{s}={t}" for s in spellings for t in "3x")])
    plain_lines = 0

    @settings(max_examples=80, deadline=None, database=None, derandomize=True)
    @given(st.lists(word, max_size=5) | st.lists(word, max_size=3).map(lambda it: [*needed, *it]))
    def check(line: list[str]) -> None:
        nonlocal plain_lines
        plain = read_plain(function, line)
        if plain is None:
            return
        plain_lines += 1
        with command.make_context(words, list(line)) as context:
            command.invoke(context)
        assert {**(function.__kwdefaults__ or {}), **plain} == seen

    check()
    assert plain_lines


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["migrat"], ['no such command "migrat"', 'perhaps you meant "migrate"']),
        (["db", "strt"], ['no such command "strt"', 'perhaps you meant "start"']),
        (["frobnicate"], ["wishkit --help tells what there is"]),
        (["migrate", "--jsn"], ["no such option: --jsn", "--json"]),
        (["rollback", "--steps", "x"], ['invalid value for "--steps"']),
        (["migrate", "--to"], ['option "--to" requires an argument']),
        (["migrate", "0007"], ["unexpected extra argument", "wishkit migrate --help"]),
        (["show"], ['missing argument "ID"', "wishkit show --help"]),
        (["db"], ["missing command", "wishkit db --help"]),
        (["--jsn"], ["no such option: --jsn"]),
    ],
)
def test_a_line_that_makes_no_sense_is_one_clear_error(
    line: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(line) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error[usage]: ")
    assert "Traceback" not in err
    for expected in words:
        assert expected in err


@pytest.mark.parametrize("line", [["-h"], ["--help"]])
def test_help_goes_to_stdout(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line) == 0
    assert capsys.readouterr() == (overview() + "\n", "")


def test_without_a_word_help_goes_to_stderr_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert capsys.readouterr() == ("", overview() + "\n")


@pytest.mark.parametrize("words", ["migrate", "db start"])
def test_help_of_one_command(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words.split(), "-h"]) == 0
    assert f"Usage: wishkit {words} [OPTIONS]" in capsys.readouterr().out


def test_the_version(run_wishkit: RunWishkit) -> None:
    done = run_wishkit("--version")
    assert (done.status, done.stdout) == (0, f"wishkit {__version__}\n")


def test_whoever_stops_reading_help_hears_no_complaint() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "wishkit", "--help"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


SECRET = "hunter2"


def break_down(**_: object) -> NoReturn:
    raise RuntimeError(f"cannot parse postgresql://me:{SECRET}@db/wishes")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Every command breaks down."""
    break_down.__kwdefaults__ = {"names": None, "url": None}
    monkeypatch.setattr(cli, "load", lambda _: wraps(load("status"))(break_down))
    return break_down


@pytest.mark.usefixtures("broken")
def test_a_bug_is_told_in_a_few_lines_and_kept_whole_in_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run(["status", "--url", f"postgresql://me:{SECRET}@db/wishes"]) == 101
    err = capsys.readouterr().err
    (log,) = tmp_path.glob("wishkit-bug-*.log")
    assert err.startswith("error[bug]: this is a bug in wishkit: RuntimeError: cannot parse")
    assert str(log) in err
    assert "Traceback" not in err
    story = log.read_text()
    assert "Traceback" in story
    assert "in break_down" in story
    assert f"wishkit {__version__}" in story
    assert SECRET not in err + story
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("broken")
def test_a_bug_without_a_place_for_its_log_is_told_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert run(["status"]) == 101
    err = capsys.readouterr().err
    assert "in break_down" in err
    assert SECRET not in err


def complete(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """What bash is offered for the last word of a line."""
    monkeypatch.setenv("_WISHKIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    with pytest.raises(SystemExit) as leave:
        run([])
    assert leave.value.code in {0, None}
    return capsys.readouterr().out.split()


def test_a_shell_completes_commands_migrations_and_environments(
    sql_folder: SqlFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = sql_folder({"0000_a.sql": "", "0000_a.rollback.sql": "", "0001_b.sql": ""})
    (project / "wishkit.toml").write_text(
        '[environments.staging]\nurl = "embedded"\n[environments.production]\nurl = "embedded"\n'
    )
    monkeypatch.chdir(project)
    assert complete("wishkit m", monkeypatch, capsys) == ["migrate", "mark"]
    assert complete("wishkit db sta", monkeypatch, capsys) == ["start", "status"]
    assert complete("wishkit migrate --to 00", monkeypatch, capsys) == ["0000_a", "0001_b"]
    assert complete("wishkit show 0001", monkeypatch, capsys) == ["0001_b"]
    assert complete("wishkit rollback --env s", monkeypatch, capsys) == ["staging"]
    for path in ("smoke/plans.sql", "seeds/development/1.sql"):
        (project / "sql" / path).parent.mkdir(parents=True)
        (project / "sql" / path).touch()
    assert complete("wishkit smoke p", monkeypatch, capsys) == ["plans"]
    assert complete("wishkit seed d", monkeypatch, capsys) == ["development"]
    (project / "wishkit.toml").write_text("not toml at all")
    assert complete("wishkit rollback --env s", monkeypatch, capsys) == []


def test_completion_can_be_installed(run_wishkit: RunWishkit, tmp_path: Path) -> None:
    env = {
        "HOME": str(tmp_path),
        "SHELL": "/bin/bash",
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    done = run_wishkit("--install-completion", "bash", env=env)
    assert done.status == 0, done.stderr
    script = tmp_path / ".bash_completions" / "wishkit.sh"
    assert "_WISHKIT_COMPLETE=complete_bash" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()
