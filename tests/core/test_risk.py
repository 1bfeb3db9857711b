"""The risk of a migration, by what it locks, changes and destroys: the table of docs."""

from __future__ import annotations

import pytest

from wishkit.core.migration import Migration
from wishkit.core.plan import Step
from wishkit.core.risk import RISKS, highest, reasons
from wishkit.core.script import Script
from wishkit.core.stakes import Stake, Threat

CASES = {
    "CREATE TABLE b (id int);": "none",
    "CREATE VIEW v AS SELECT 1;": "none",
    "SELECT 1;": "none",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';": "low",
    "INSERT INTO a VALUES (1);": "low",
    "GRANT SELECT ON a TO b;": "low",
    "ALTER TYPE t ADD VALUE 'x';": "low",
    "COMMENT ON TABLE a IS 'x';": "low",
    "CREATE TABLE b (id int REFERENCES a);": "medium",
    "ALTER TABLE a ADD COLUMN x int;": "medium",
    "UPDATE a SET x = 1;": "medium",
    "-- x\n-- transactional: false\nCREATE INDEX CONCURRENTLY i ON a (id);": "medium",
    "DO $$ BEGIN END $$;": "high",
}


def step(text: str, *, backward: str | None = "SELECT;") -> Step:
    back = Script("b.sql", backward.encode()) if backward else None
    return Step(Migration.of("0001_x", Script("f.sql", text.encode()), back), "forward")


def risk(it: Step, *, rehearsed: bool = False, **facts: object) -> str:
    given = {"threats": (), "stakes": (), "hazards": (), "proof": None, **facts}
    return highest([r.risk for r in reasons(it, rehearsed=rehearsed, **given)])  # type: ignore[arg-type]


@pytest.mark.parametrize("text", CASES)
def test_the_table(text: str) -> None:
    assert risk(step(text)) == CASES[text]


def test_what_is_destroyed_counts_by_what_is_there() -> None:
    it = step("DROP TABLE a;")
    threat, stake = (
        Threat("0001_x", "table", None, "a"),
        Stake("0001_x", "table", "a", 2, exact=True),
    )
    assert risk(it, threats=[threat]) == "medium"
    assert risk(it, threats=[threat], stakes=[stake]) == "high"
    told = reasons(it, threats=[threat], stakes=[stake], hazards=(), proof=None, rehearsed=False)
    assert told[0].text == "destroys the table a: 2 rows"
    assert [RISKS.index(r.risk) for r in told] == sorted(
        (RISKS.index(r.risk) for r in told), reverse=True
    )


def test_no_way_back_is_a_risk_and_a_rehearsal_lowers_that_of_code() -> None:
    assert risk(step("CREATE TABLE b ();", backward=None)) == "high"
    assert risk(step("DO $$ BEGIN END $$;"), rehearsed=True) == "medium"
