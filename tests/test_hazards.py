"""Hazards at the command line: refused with the form that would not, accepted, kept, planned."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.hazard_plans import SCHEMA
from wishkit.commands.migrate import migrate
from wishkit.commands.plan import plan
from wishkit.commands.rollback import rollback
from wishkit.commands.show import show
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Small, Target
from wishkit.core.hazards import REFUSING
from wishkit.core.hazards.rules import RULES
from wishkit.errors import ConsentNeeded, UsageError, WishkitError
from wishkit.interface.errors import error_lines
from wishkit.interface.render_plan import render_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.core.hazards import Hazard
    from wishkit.postgres.scratch import Scratch

# Beside what the truth is measured on: a materialized view, and a table that nobody has a key for.
MORE = """CREATE MATERIALIZED VIEW seen AS SELECT id, a FROM big;
CREATE UNIQUE INDEX seen_id ON seen (id);
CREATE TABLE keyless (n int, m int, "Odd Name" text);
INSERT INTO keyless SELECT n, n, n FROM generate_series(1, 100) AS n;
ANALYZE;
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A project whose first migration has made tables of a hundred rows, where ten are few."""

    folder: Path
    write: SqlFolder
    url: str

    @property
    def workspace(self) -> Workspace:
        target = Target(url=self.url, name="test", small=Small(rows=10))
        return Workspace(Config(sql=self.folder / "sql"), target, lambda _: None)

    def pair(self, name: str, forward: str, backward: str = "SELECT 1;") -> None:
        self.write({f"{name}.sql": forward, f"{name}.rollback.sql": backward})

    def refused(self, **options: Any) -> ConsentNeeded:  # noqa: ANN401 - as migrate has them
        with pytest.raises(ConsentNeeded) as caught:
            migrate(self.workspace, **options)
        assert (caught.value.code, caught.value.exit_status) == ("hazard", 1)
        assert caught.value.state == "nothing was run"
        return caught.value

    def done(self, **options: Any) -> None:  # noqa: ANN401 - as migrate has them
        error = migrate(self.workspace, **options).error
        assert error is None, "\n".join(error_lines(error))

    def found(self, **options: Any) -> list[Hazard]:  # noqa: ANN401 - as plan has them
        planned = plan(self.workspace, **options).migrations
        return [it for migration in planned for it in migration.hazards]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


FIRST: dict[str, str | bytes | None] = {
    "0001_make.sql": SCHEMA + MORE,
    "0001_make.rollback.sql": "SELECT 1;",
}


@pytest.fixture(scope="module")
def template(server: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the first migration applied, to make others from."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "sql" / "migrations").mkdir(parents=True)
    for name, text in FIRST.items():
        (folder / "sql" / "migrations" / name).write_text(str(text), encoding="utf-8")
    url = server.create_database("hazards_template")
    Place(folder, lambda _: folder, url).done()
    yield "hazards_template"
    server.drop_database("hazards_template")


@pytest.fixture
def place(sql_folder: SqlFolder, make_database: MakeDatabase, template: str) -> Place:
    return Place(sql_folder(FIRST), sql_folder, make_database(template=template))


@pytest.fixture
def places(place: Place, make_database: MakeDatabase, template: str) -> tuple[Place, Place]:
    """Two databases for the same files."""
    return place, replace(place, url=make_database(template=template))


SHAPE = """SELECT 'column ' || a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE a.attrelid = 'TABLE'::regclass AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', pg_get_constraintdef(oid), convalidated::text, condeferrable::text
FROM pg_constraint WHERE conrelid = 'TABLE'::regclass AND contype <> 'n'
UNION ALL
SELECT 'index', regexp_replace(pg_get_indexdef(indexrelid), 'INDEX .* ON', 'INDEX ON'),
       indisvalid::text, NULL
FROM pg_index JOIN pg_inherits_of AS f ON f.oid = indrelid
ORDER BY 1, 2, 3, 4"""
SHAPE = f"""WITH pg_inherits_of AS (SELECT 'TABLE'::regclass::oid AS oid UNION ALL
SELECT inhrelid FROM pg_inherits WHERE inhparent = 'TABLE'::regclass) {SHAPE}"""

# What breaks a rule, by its rule, and on which table.
CASES = [
    ("column-type-change", "keyless", "ALTER TABLE keyless ALTER n TYPE bigint;"),
    ("column-type-change", "big", "ALTER TABLE big ALTER h TYPE text USING 'h' || h;"),
    (
        "volatile-default",
        "big",
        "ALTER TABLE big ADD COLUMN z uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;",
    ),
    ("set-not-null", "keyless", 'ALTER TABLE keyless ALTER "Odd Name" SET NOT NULL;'),
    ("foreign-key-validates", "big", "ALTER TABLE big ADD FOREIGN KEY (e) REFERENCES parent;"),
    (
        "foreign-key-validates",
        "big",
        "ALTER TABLE big ADD z int DEFAULT 1 REFERENCES parent (id) ON DELETE CASCADE DEFERRABLE;",
    ),
    ("check-validates", "big", "ALTER TABLE big ADD CHECK (a > 0 AND b <> 'it''s');"),
    (
        "check-validates",
        "split",
        "ALTER TABLE split ADD CONSTRAINT known CHECK (id > 0);",
    ),
    ("check-validates", "big", "ALTER TABLE big ADD COLUMN z int DEFAULT 1 CHECK (z > 0);"),
    (
        "unique-without-index",
        "big",
        "ALTER TABLE big ADD UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (e) DEFERRABLE;",
    ),
    ("unique-without-index", "keyless", "ALTER TABLE keyless ADD PRIMARY KEY (n, m);"),
    ("unique-without-index", "split", "ALTER TABLE split ADD UNIQUE (id, k);"),
    (
        "index-not-concurrent",
        "big",
        "CREATE UNIQUE INDEX IF NOT EXISTS odd ON public.big (lower(b) DESC, a) WHERE a > 0;",
    ),
    ("index-not-concurrent", "split", "CREATE INDEX ON split (id);"),
    ("full-scan", "big", "REINDEX INDEX big_b;"),
    ("table-rewrite", "seen", "REFRESH MATERIALIZED VIEW seen;"),
]


@pytest.mark.parametrize(("rule", "table", "sql"), CASES)
def test_the_safe_form_comes_to_the_same_and_is_none(
    places: tuple[Place, Place], rule: str, table: str, sql: str
) -> None:
    place, other = places
    place.pair("0002_try", sql)
    (hazard,) = place.found()
    assert (hazard.rule, hazard.refused, hazard.accepted) == (rule, True, None)
    place.refused()
    other.done(accept=[rule])
    place.write({"0002_try.sql": None, "0002_try.rollback.sql": None})
    assert hazard.safe
    for number, text in enumerate(hazard.safe, 2):
        place.pair(f"{number:04}_safe", text)
    assert not [it for it in place.found() if it.refused]
    place.done()
    shapes = [it.rows(SHAPE.replace("TABLE", table)) for it in (place, other)]
    assert shapes[0] == shapes[1]
    contents = f"SELECT count(*) FROM {table} WHERE NOT ({table} IS NOT NULL)"
    assert place.rows(contents) == other.rows(contents)


def test_what_is_validated_elsewhere_is_none(place: Place) -> None:
    place.pair("0002_try", "ALTER TABLE big ALTER g SET DEFAULT 1;")
    place.pair(
        "0003_try", "ALTER TABLE big DROP COLUMN j; ALTER TABLE big VALIDATE CONSTRAINT g_given;"
    )
    (hazard,) = place.found()
    assert hazard.rule == "validate-holds-locks"
    place.pair("0003_try", "ALTER TABLE big DROP COLUMN j;")
    place.pair("0004_validate", *hazard.safe)
    assert place.found() == []
    place.done()
    assert place.rows("SELECT convalidated FROM pg_constraint WHERE conname = 'g_given'") == [
        (True,)
    ]


def test_every_refusal_in_its_words(place: Place, golden: Golden) -> None:
    texts = []
    hold = "ALTER TABLE few ADD COLUMN z int;\nALTER TABLE big VALIDATE CONSTRAINT g_given;"
    cases = [(rule, sql) for rule, _, sql in CASES]
    cases.append(("validate-holds-locks", hold))
    cases.append(("table-rewrite", "ALTER TABLE big SET UNLOGGED;"))
    cases.append(("full-scan", "ALTER TABLE big ADD EXCLUDE (a WITH =);"))
    several = "ALTER TABLE big\n    ADD CHECK (a > 0),\n    ALTER b SET NOT NULL;\n"
    cases.append(("check-validates", several + "CREATE INDEX ON keyless (n);"))
    for rule, sql in cases:
        place.pair("0002_try", sql)
        error = place.refused()
        assert error.message.startswith(f"{rule}: ")
        texts.append("\n".join(error_lines(error)))
    assert {rule for rule, _ in cases} == RULES.keys()
    text = re.sub(r"\S*sql/migrations/", "sql/migrations/", "\n\n".join(texts))
    golden(text + "\n", "hazards/refusals.txt")


def test_a_plan_tells_and_refuses_nothing(
    place: Place, golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    place.pair("0002_try", "ALTER TABLE big ALTER b SET NOT NULL;\n")
    place.pair(
        "0003_allowed",
        "-- allowed\n-- allow: check-validates two seconds at night are fine\n\n"
        "ALTER TABLE big ADD CHECK (a > 0);\n",
    )
    place.pair(
        "0004_pile",
        "ALTER TABLE big ADD COLUMN y int;\nCOMMENT ON COLUMN big.y IS 'Yes.';\n"
        "ALTER TABLE few ADD COLUMN y int;\nALTER TABLE big ADD COLUMN z int;\n",
    )
    capsys.readouterr()
    render_plan(plan(place.workspace, accept=["full-scan"]))
    shown = re.sub(r"\S*sql/migrations/", "sql/migrations/", capsys.readouterr().out)
    golden(shown, "hazards/plan.txt")
    refused = place.refused()
    assert "set-not-null" in refused.message
    assert not refused.notes[0].count("check-validates")


def test_locks_pile_up_only_over_several_statements(place: Place) -> None:
    """A warning, which stops nobody; what one statement locks together is no pile."""
    for sql, told in (
        ("ALTER TABLE big ADD COLUMN z int; ALTER TABLE big ADD COLUMN y int;", False),
        ("ALTER TABLE big ADD FOREIGN KEY (e) REFERENCES parent NOT VALID;", False),
        ("CREATE TABLE fresh (); ALTER TABLE fresh ADD z int; ALTER TABLE few ADD z int;", False),
        ("-- transactional: false\nALTER TABLE few ADD z int; ALTER TABLE big ADD z int;", False),
        ("ALTER TABLE few ADD COLUMN y int; SELECT 1; DROP INDEX big_i;", True),
        ("ALTER TABLE few ADD COLUMN y int; LOCK TABLE parent IN SHARE MODE;", True),
    ):
        place.pair("0002_try", sql)
        found = place.found()
        assert [it.rule for it in found] == ["locks-pile-up"] * told, sql
    (warning,) = found
    assert (warning.refused, warning.where.column) == (False, 35)
    assert warning.safe == (
        "ALTER TABLE few ADD COLUMN y int;\n",
        "LOCK TABLE parent IN SHARE MODE;\n",
    )
    place.done()


def test_what_is_accepted_is_kept_and_shown(place: Place, run_wishkit: RunWishkit) -> None:
    place.pair(
        "0002_try",
        "-- two at once\n-- allow: check-validates nobody is there at night\n\n"
        "ALTER TABLE big ADD CHECK (a > 0);\nALTER TABLE big ALTER b SET NOT NULL;",
        "-- allow: set-not-null it was so before\nALTER TABLE big ALTER g SET NOT NULL;",
    )
    place.pair("0003_none", "ALTER TABLE big ADD COLUMN z int;")
    assert place.refused().help.count("--accept") == 1  # type: ignore[union-attr]
    place.done(accept=["set-not-null", "table-rewrite"])
    assert place.rows(
        "SELECT migration_id, accepted FROM wishkit.execution WHERE id > 1 ORDER BY id"
    ) == [
        ("0002_try", ["check-validates: nobody is there at night", "set-not-null"]),
        ("0003_none", None),
    ]
    report = rollback(place.workspace, to="0001", accept_data_loss=True)
    assert report.error is None
    first, second = show(place.workspace, "0002").history
    assert first.accepted == ("check-validates: nobody is there at night", "set-not-null")
    assert second.accepted == ("set-not-null: it was so before",)
    shown = run_wishkit("show", "0002", "--url", place.url, cwd=place.folder).stdout
    assert "accepted check-validates: nobody is there at night; accepted set-not-null" in shown


def test_a_way_back_is_judged_like_a_way_forward(place: Place) -> None:
    place.pair("0002_try", "SELECT 1;", "ALTER TABLE keyless ALTER n TYPE bigint;")
    place.done()
    with pytest.raises(ConsentNeeded) as caught:
        rollback(place.workspace, steps=1)
    assert caught.value.code == "hazard"
    assert str(caught.value.where).endswith("0002_try.rollback.sql:1:1")
    (hazard,) = place.found(steps=1)
    assert hazard.rule == "column-type-change"
    assert rollback(place.workspace, steps=1, accept=["column-type-change"]).error is None


def test_a_rule_that_does_not_exist_is_refused_before_anything(place: Place) -> None:
    for accept in (["set-not-nul"], ["full-scan", "quickly"]):
        for call in (migrate, plan):
            with pytest.raises(UsageError) as caught:
                call(place.workspace, accept=accept)
            assert caught.value.code == "unknown-rule"
        with pytest.raises(UsageError) as caught:
            rollback(place.workspace, steps=1, accept=accept)
    assert caught.value.help == f"rules are {', '.join(REFUSING)}"
    with pytest.raises(UsageError, match="set-not-nul") as caught:
        migrate(place.workspace, accept=["set-not-nul"])
    assert caught.value.help == 'perhaps you meant "set-not-null"'


def test_the_command_line(place: Place, run_wishkit: RunWishkit) -> None:
    """What is small is configured, hazards are in JSON, --accept is given as often as needed."""
    place.pair("0002_try", "ALTER TABLE big ADD CHECK (a > 0), ALTER b SET NOT NULL;")
    config = f'[small]\nrows = 10\n[environments.test]\nurl = "{place.url}"\n'
    (place.folder / "wishkit.toml").write_text(config, encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        outcome = run_wishkit(*words, "--env", "test", cwd=place.folder)
        return outcome.status, outcome.stdout, outcome.stderr

    status, stdout, stderr = run("migrate")
    assert (status, stdout) == (1, "")
    assert "error[hazard]: check-validates: reads all of big (about 100 rows" in stderr
    status, stdout, _ = run("plan", "--json", "--accept", "set-not-null")
    assert status == 0
    (migration,) = json.loads(stdout)["migrations"]
    assert [(it["rule"], it["accepted"]) for it in migration["hazards"]] == [
        ("check-validates", None),
        ("set-not-null", "set-not-null"),
    ]
    status, stdout, _ = run("migrate", "--dry-run", "--accept", "set-not-null")
    assert (status, "accepted: set-not-null" in stdout) == (0, True)
    status, stdout, _ = run("migrate", "--json", "--accept", "check-validates")
    assert status == 1
    assert json.loads(stdout)["error"]["code"] == "hazard"
    status, _, stderr = run("migrate", "--accept", "check-validates", "--accept=set-not-null")
    assert (status, place.found()) == (0, []), stderr


def test_nothing_is_asked_before_a_hazard_is_refused(place: Place) -> None:
    place.pair("0002_try", "ALTER TABLE big ADD CHECK (a > 0);")
    target = replace(place.workspace.target, protected=True)
    workspace = replace(place.workspace, target=target, ask=lambda _: pytest.fail("asked"))
    with pytest.raises(WishkitError, match="check-validates"):
        migrate(workspace)
    assert place.rows("SELECT count(*) FROM wishkit.run") == [(1,)]


def test_the_rules_are_documented() -> None:
    text = (Path(__file__).parents[1] / "docs" / "hazards.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    assert told == [*REFUSING, "locks-pile-up"]
