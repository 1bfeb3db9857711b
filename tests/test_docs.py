"""The documents are true: their commands run, their screens are real, their links lead somewhere.

In a fenced block of a document, by its language:

    console  lines that begin with "$ " are run, on a terminal; what stands below them is what they
             print, a line with only … for any number of lines. Times, versions, addresses and
             folding may differ. `make golden` writes it anew.
    sh       is run, and must succeed.
    sql      parses; with <!-- file: PATH --> before it, it is that file.
    toml     is a wishkit.toml that can be read.
    python   is a file of tests for the sql/ of this project, and they pass.
    text     is not looked at.

The blocks of one document are run in order in one fresh clone with an embedded server. A block
that is not run has a comment before it that says why: <!-- not run: … -->.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict
from ruamel.yaml import YAML

from tests.terminal import on_a_terminal
from wishkit.config import load
from wishkit.core.script import Script
from wishkit.core.statements import parse, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.plugins.checkout import MakeClone
    from tests.plugins.golden import Golden
    from tests.terminal import Seen
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.scratch import Scratch

PROJECT = Path(__file__).parents[1]
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "sql/README.md",
    *sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "docs").glob("*.md")),
]
LANGUAGES = {"console", "sh", "sql", "toml", "python", "text", "yaml"}
RUN = {"console", "sh"}
WRITE = os.environ.get("WISHKIT_GOLDEN") == "write"
BY_HAND = "sql/README.md"  # speaks of psql, from the folder it lies in, on whatever PG* names
_FENCE = re.compile(
    r"(?:<!-- (?P<key>not run|file): (?P<value>.+?) -->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_LEFT_OUT = re.compile(r"(?:^|  )…$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
# What differs from run to run, and what stands for it in a comparison.
_VARIES = [
    (re.compile(pattern), text)
    for pattern, text in (
        (r"postgresql://[^\s']+", "URL"),
        (r"\d\d\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)?", "WHEN"),
        (r"\d\d\d\d-\d\d-\d\dT[\d:.]+Z", "WHEN"),
        (r"\b\d[\d.]* (ms|s|min)\b( \d\d s)?", "TIME"),
        (r"PostgreSQL [\d.]+", "PostgreSQL N"),
        (r"wishkit \d[\w.]*", "wishkit N"),
        (r"\b\d{8}T\d{6}Z-[0-9a-f]{6}", "ID"),
        (r"\b[0-9a-f]{64}\b", "SUM"),
        (r"\b\d[\d.]* [kMG]B", "SIZE"),
        (r"\b[\d,]+ (tables|rows)\b", "SOME"),
    )
]
_EXAMPLE_URL = "postgresql://postgres@/wishkit?host=%2Ftmp%2Fwishkit-1000-5c1e0fa7&port=5432"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        document: path of the document, below the project.
        line: where it begins.
        language: the word behind the fence.
        text: what is in it.
        reason: why it is not run.
        file: which file it is.
        span: where ``text`` lies in the document.
    """

    document: str
    line: int
    language: str
    text: str
    reason: str | None
    file: str | None
    span: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: str) -> Iterator[Block]:
    """The fenced blocks of a document, in order."""
    content = (PROJECT / document).read_text(encoding="utf-8")
    for found in _FENCE.finditer(content):
        given = {found["key"]: found["value"]}
        yield Block(
            document,
            content.count("\n", 0, found.start("text")),
            found["language"],
            found["text"],
            given.get("not run"),
            given.get("file"),
            found.span("text"),
        )


ALL = [block for document in DOCUMENTS for block in blocks(document)]


def of(*languages: str) -> pytest.MarkDecorator:
    """Once for each block in these languages that says nothing to the contrary."""
    chosen = [b for b in ALL if b.language in languages and not b.reason]
    return pytest.mark.parametrize("block", chosen, ids=str)


@pytest.mark.parametrize(
    "document", sorted({b.document for b in ALL if b.language in RUN and not b.reason})
)
@pytest.mark.golden
def test_commands_do_what_the_document_says(
    document: str, make_clone: MakeClone, binaries: Binaries, database: str
) -> None:
    clone = make_clone().furnish()
    programs = clone.folder / ".venv" / "bin"
    command = programs / "wishkit"
    command.write_text(f'#!/bin/sh\nexec "{programs}/python" -m wishkit "$@"\n', encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    env = {"PATH": os.pathsep.join([str(programs), str(binaries.bin), os.environ["PATH"]])}
    if document == BY_HAND:
        parts = {"dbname": "PGDATABASE", "host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
        values = conninfo_to_dict(database)
        env |= {variable: str(values[part]) for part, variable in parts.items()}
    folder = (clone.folder / document).parent if document == BY_HAND else clone.folder
    shell = Shell(folder, env, clone.folder / "cwd")
    for block in blocks(document):
        if block.reason or block.language not in RUN:
            continue
        if block.language == "sh":
            ended = shell.run(f"set -e\n{block.text}")
            assert ended.status == 0, f"{block}: {ended.screen}"
            continue
        real = ""
        for line, expected in commands(block.text):
            ended = shell.run(line, answers=re.findall(r"\[y/N\] (\w+)", expected))
            screen = ended.screen.lstrip("\n")
            real += f"$ {line}\n{expected if _LEFT_OUT.search(expected) else screen}"
            if not WRITE:
                assert matches(expected, screen), f"{block}: $ {line}\n{screen}"
        if WRITE:
            rewrite(block, real)


@dataclass(slots=True)
class Shell:
    """One shell after another, each going on in the folder where the last one stopped."""

    folder: Path
    env: dict[str, str]
    note: Path

    def run(self, text: str, *, answers: Sequence[str] = ()) -> Seen:
        script = f"trap 'pwd > \"{self.note}\"' EXIT\n{text}"
        ended = on_a_terminal(["sh", "-c", script], self.folder, env=self.env, answers=answers)
        self.folder = Path(self.note.read_text(encoding="utf-8").rstrip("\n"))
        return ended


def commands(text: str) -> list[tuple[str, str]]:
    """Each command of a console block with what it is expected to print."""
    _, *parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    pairs = [part.split("\n", 1) for part in parts]
    return [(command, expected) for command, expected in pairs]


def matches(expected: str, real: str) -> bool:
    """Whether a screen is the expected one, but for what varies and what … leaves out."""
    pieces = [re.escape(varying_out(piece)) for piece in _LEFT_OUT.split(expected)]
    return re.fullmatch(".*".join(pieces), varying_out(real)) is not None


def varying_out(text: str) -> str:
    """A text in which what varies has one form; how lines are folded varies, too."""
    for pattern, form in _VARIES:
        text = pattern.sub(form, text)
    return " ".join(text.split())


def rewrite(block: Block, text: str) -> None:
    """Put what was really printed into the document, unless only what varies would change."""
    if varying_out(text) == varying_out(block.text):
        return
    text = _VARIES[0][0].sub(_EXAMPLE_URL, text)  # where we are is nobody's business
    path = PROJECT / block.document
    content = path.read_text(encoding="utf-8")
    assert content.count(block.text) == 1
    path.write_text(content.replace(block.text, text), encoding="utf-8")


@of("sql")
def test_sql_is_sql(block: Block) -> None:
    if block.file:
        assert block.text == (PROJECT / block.file).read_text(encoding="utf-8")
    script = Script(str(block), block.text.encode())
    spans = split(script)
    assert spans
    for index, span in enumerate(spans, 1):
        parse(script, span, index=index)


@of("toml")
def test_toml_is_a_configuration(block: Block, tmp_path: Path) -> None:
    (tmp_path / "wishkit.toml").write_text(block.text, encoding="utf-8")
    assert load(tmp_path, environ={}).path


@of("yaml")
def test_yaml_is_yaml(block: Block) -> None:
    assert isinstance(YAML(typ="safe").load(block.text), dict)


@pytest.mark.parametrize(
    "document", sorted({b.document for b in ALL if b.language == "python" and not b.reason})
)
def test_python_is_tests_that_pass(
    document: str, pytester: pytest.Pytester, server: Scratch
) -> None:
    for number, block in enumerate(blocks(document)):
        if block.language == "python" and not block.reason:
            pytester.makepyfile(**{f"test_{number}": block.text})
    result = pytester.runpytest_inprocess(
        *("-W", "error", "-p", "no:hypothesispytest", "--wishkit-server", server.url()),
        *("-o", f"wishkit_sql={PROJECT / 'sql'}"),
    )
    assert result.ret == 0
    written = (PROJECT / document).read_text(encoding="utf-8")
    result.assert_outcomes(passed=len(re.findall(r"^ *def test_", written, re.MULTILINE)))


def test_every_block_says_what_it_is() -> None:
    assert ALL
    assert [str(b) for b in ALL if b.language not in LANGUAGES] == []


def test_blocks_that_are_not_run_say_why(golden: Golden) -> None:
    skipped = [b for b in ALL if b.reason]
    lines = [f"{b.document}: {b.text.splitlines()[0]}: {b.reason}\n" for b in skipped]
    golden(f"{len(skipped)} blocks\n" + "".join(lines), "docs-not-run.txt")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    content = (PROJECT / document).read_text(encoding="utf-8")
    broken = []
    for target, anchor in _LINK.findall(_FENCE.sub("", content)):
        if "://" in target:
            continue
        path = (PROJECT / document).parent / target if target else PROJECT / document
        found = path.exists() and (not anchor or anchor in anchors(path))
        broken += [] if found else [f"{target}#{anchor}"]
    assert broken == []


def anchors(path: Path) -> set[str]:
    """What can stand behind # in a link to a document: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_every_document_is_in_the_index() -> None:
    index = (PROJECT / "docs" / "README.md").read_text(encoding="utf-8")
    missing = [d for d in DOCUMENTS if d.startswith("docs/") and f"({d[5:]})" not in index]
    assert missing == ["docs/README.md"]


@pytest.mark.parametrize(
    ("expected", "real", "same"),
    [
        ("done in 12 ms\n", "done   in 3 ms\n", True),
        ("done in 12 ms\n", "done in 12 ms, or so\n", False),
        ("one\n…\nfive\n", "one\ntwo\nthree\nfive\n", True),
        ("one\n…\n", "two\nthree\n", False),
        ("…\nfive\n", "one\nfive\nsix\n", False),
        ("", "anything\n", False),
    ],
)
def test_a_screen_that_differs_is_noticed(expected: str, real: str, *, same: bool) -> None:
    assert matches(expected, real) is same
