"""The guide and the policy are true: the ten examples are what `new` writes, and are proven."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from wishkit.commands.migrate import migrate
from wishkit.commands.new import new_from_recipe
from wishkit.commands.probes import verify
from wishkit.commands.rehearse import rehearse
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Patience, Small, Target
from wishkit.core.lint import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from wishkit.core.locks.model import LockMode
    from wishkit.core.rehearsal import Measured, Rehearsed

PROJECT = Path(__file__).parents[1]
EXAMPLES = sorted((PROJECT / "examples" / "evolution").glob("[0-9]*"))
GUIDE = PROJECT / "docs" / "evolution.md"
POLICY = PROJECT / "docs" / "policy.md"
BEFORE = "0013_validate_wishlist_reference"  # the examples go on from here
BEGIN, END = "<!-- generated: `make golden` -->\n", "\n<!-- end -->"
# In an example whose other files are written by `new`.
BY_HAND = {"0038_fill_wishlist_items_store"}
_ALLOW = re.compile(r"^-- allow: rows-lost .*\n", re.MULTILINE)
_COMMAND = re.compile(r"^wishkit new (.+)$", re.MULTILINE)


def ids(folder: Path) -> list[str]:
    """The migrations of an example, in their order."""
    return [path.stem for path in files(folder) if not path.name.endswith(".rollback.sql")]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sql"))


ALL = [id_ for folder in EXAMPLES for id_ in ids(folder)]


def project(tmp_path: Path, examples: Iterable[Path] = ()) -> Workspace:
    """A project with sql/ as the examples find it, and with these examples; no table is small."""
    sql = tmp_path / "sql"
    for source in (PROJECT / "sql", *examples):
        for name in ("migrations", "fixtures", "verify"):
            (sql / name).mkdir(parents=True, exist_ok=True)
            flat = source in EXAMPLES and name == "migrations"
            for path in files(source if flat else source / name):
                if source in EXAMPLES or path.name[:4] <= BEFORE[:4]:
                    shutil.copy(path, sql / name)
    return Workspace(
        Config(sql=sql, path=tmp_path / "wishkit.toml"),
        Target(None, "test", small=Small(rows=0, bytes=0), patience=Patience(deadline=0)),
        lambda _: None,
    )


def test_the_examples_are_proven_and_lock_what_the_guide_says(
    tmp_path: Path, golden: Golden
) -> None:
    found = rehearse(project(tmp_path, EXAMPLES), ids=ALL)
    assert [it.id for it in found.migrations] == ALL
    assert {it.id: it.problems for it in found.migrations if it.problems} == {}
    # All of them are tried on rows.
    assert "wishlist_items" not in found.without_rows
    assert {it.backward for it in found.migrations} == {"passed"}
    assert {it.unmeasured for it in found.migrations} == {None}
    statements = [x for it in found.migrations for x in (*it.statements, *it.backward_statements)]
    assert [it for it in statements if it.rewrites] == []
    text = GUIDE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    golden(before + BEGIN + table(found.migrations) + END + after, "../../docs/evolution.md")


def table(found: Iterable[Rehearsed]) -> str:
    """What each migration locks of the tables that were there, forward and back."""
    lines = ["| | forward | back |", "|---|---|---|"]
    for it in found:
        cells = (locks(it.statements), locks(it.backward_statements))
        lines.append(f"| {it.id} | {' | '.join(cells)} |")
    return "\n".join(lines)


def locks(measured: Sequence[Measured]) -> str:
    strongest: dict[str, LockMode] = {}
    for lock in (lock for it in measured for lock in it.locks if lock.kind == "table"):
        strongest[lock.relation] = max(strongest.get(lock.relation, lock.strength), lock.strength)
    tables: dict[LockMode, list[str]] = {}
    for relation in sorted(strongest):
        tables.setdefault(strongest[relation], []).append(relation)
    told = [f"{mode.name.replace('_', ' ')} on {' and '.join(tables[mode])}" for mode in
            sorted(tables, reverse=True)]  # fmt: skip
    return ", ".join(told) or "*none*"


def test_the_files_are_what_new_writes_and_the_way_back_brings_the_rows_back(
    tmp_path: Path, make_database: MakeDatabase
) -> None:
    place = project(tmp_path)
    url = make_database()
    place = Workspace(place.config, Target(url, "test", small=place.target.small), place.listener)
    done(place)
    for fixture in files(place.config.sql / "fixtures"):
        execute(url, fixture.read_text(encoding="utf-8"))
    before = wishes(url, "notes, price, image_url")
    for number, folder in enumerate(EXAMPLES, 1):
        written = set[str]()
        for words in commands(number):
            written |= run_new(place, words)
            check_written(place.config.sql / "migrations", folder, written)
            for path in (p for p in files(folder) if p.name.split(".")[0] in written):
                shutil.copy(path, place.config.sql / "migrations")
            done(place)
        for path in files(folder):
            shutil.copy(path, place.config.sql / "migrations")
        for path in files(folder / "verify"):
            shutil.copy(path, place.config.sql / "verify")
        for id_ in ids(folder):
            fixture = folder / "fixtures" / f"{id_}.sql"
            if fixture.exists():
                done(place, to=None if id_ in written else id_)
                execute(url, fixture.read_text(encoding="utf-8"))
        done(place)
        assert written in (set(ids(folder)), set()), folder
    # Nothing of the above needed an exception, although every table counts as large.
    now = wishes(url, "remarks, amount::text, retires_on::text")
    assert [row[1:] for row in now] == [
        ("LEGO", "for the shelf in the hall", "499.99", "2027-12-31"),
        ("Other", None, None, None),
        ("BrickLink", None, "49.90", None),
        ("Other", None, None, None),
    ]
    # What contract halves take back, as the guide says; everything else still holds.
    broken = {it.id for it in verify(place).verdicts if not it.passed}
    assert broken == {
        "0007_add_wishlist",
        "0009_extend_currencies",
        "0025_add_wishlist_items_amount",
    }
    report = rollback(place, to=BEFORE, accept_data_loss=True)
    assert report.error is None, (report.error, report.error.notes)
    after = wishes(url, "notes, price, image_url")
    assert after[: len(before)] == before
    assert [row[3] for row in after] == ["499.99", None, "49.90", None]


def wishes(url: str, columns: str) -> list[tuple[str | None, ...]]:
    with psycopg.connect(url) as connection:
        query = f"SELECT id::text, store::text, {columns} FROM wishlist_items ORDER BY id"
        return connection.execute(query.encode()).fetchall()


def execute(url: str, text: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(text.encode())


def done(place: Workspace, to: str | None = None) -> None:
    report = migrate(place, to=to)
    assert report.error is None, (report.error, report.error.notes)


def commands(number: int) -> Iterator[list[str]]:
    """The words behind `wishkit new` in the section of an example."""
    text = GUIDE.read_text(encoding="utf-8")
    section = text.partition(f"\n### {number}: ")[2].partition("\n### ")[0]
    assert section
    for line in _COMMAND.findall(section):
        yield shlex.split(line)


def run_new(place: Workspace, words: list[str]) -> set[str]:
    """Do what the command line would; the ids that were written."""
    options = {}
    for name in ("--before", "--depends"):
        if name in words:
            at = words.index(name)
            options[name] = words[at + 1]
            del words[at : at + 2]
    recipe, *values = words
    created = new_from_recipe(
        place,
        recipe.removeprefix("--").replace("-", "_"),
        values,
        place=("BEFORE", options["--before"]) if "--before" in options else None,
        depends=[options["--depends"]] if "--depends" in options else (),
    )
    return {pair.id for pair in created.migrations}


def check_written(migrations: Path, folder: Path, written: set[str]) -> None:
    """The example's files are those that were written, with nothing but a COMMENT at the end."""
    for id_ in written - BY_HAND:
        for name in (f"{id_}.sql", f"{id_}.rollback.sql"):
            theirs = (migrations / name).read_text(encoding="utf-8")
            ours = (folder / name).read_text(encoding="utf-8")
            assert ours.startswith(theirs), name
            assert re.fullmatch(r"(\nCOMMENT ON [^\n]+;\n)?", ours.removeprefix(theirs)), name


def test_what_is_lost_has_to_be_said(tmp_path: Path) -> None:
    lost = {
        "0028_drop_wishlist_items_price": "price",
        "0029_drop_wishlist_items_image_url": "image_url",
    }
    needed = [it for it in EXAMPLES if it.name[:2] in {"01", "04", "05"}]
    place = project(tmp_path, needed)
    for id_ in lost:
        backward = place.config.sql / "migrations" / f"{id_}.rollback.sql"
        text, removed = _ALLOW.subn("", backward.read_text(encoding="utf-8"))
        assert removed
        backward.write_text(text, encoding="utf-8")
    found = rehearse(place, ids=[*lost]).migrations
    assert {it.id: [(p.code, p.details) for p in it.problems] for it in found} == {
        id_: [("rows-lost", (f"wishlist_items: other values in {column}",))]
        for id_, column in lost.items()
    }


# What the documents name exists


def named(kind: str) -> set[str]:
    """Names in backticks behind a word, in both documents."""
    text = "".join(path.read_text(encoding="utf-8") for path in (GUIDE, POLICY))
    found = set(re.findall(rf"\b{kind}\s+`([a-z-]+)`", text))
    assert found
    return found


def test_every_rule_that_the_documents_name_exists() -> None:
    assert named("lint") - {*RULES} == set()


def test_what_a_rehearsal_finds_is_called_as_the_documents_say() -> None:
    told = (PROJECT / "docs" / "rehearse.md").read_text(encoding="utf-8")
    assert [it for it in named("rehearse") if f"`{it}`" not in told] == []


def test_every_code_that_the_documents_name_exists() -> None:
    rules = POLICY.read_text(encoding="utf-8").partition("## What nothing")[0]
    cells = [line.split(" | ")[-1] for line in rules.splitlines() if re.match(r"\| \d", line)]
    assert len(cells) == 17
    stops = [line for line in POLICY.read_text(encoding="utf-8").splitlines() if "`not-re" in line]
    codes = set(re.findall(r"(?<!lint\s)(?<!rehearse\s)`([a-z]+(?:-[a-z]+)*)`", "".join(cells)))
    codes |= set(re.findall(r"(?<!lint\s)`([a-z]+-[a-z-]+)`", stops[-1]))
    codes |= set(re.findall(r"\[`([a-z-]+)`\]", GUIDE.read_text(encoding="utf-8")))
    known = (PROJECT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert len(codes) > 15
    assert sorted(it for it in codes if f"| `{it}` |" not in known) == []
