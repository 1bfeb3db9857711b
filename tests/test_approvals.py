"""Approvals: what is run is what was approved, by enough people, for this state, and not later."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.approvals_place import ONE, Place
from tests.plain_yoyo import Project
from wishkit.commands import approvals, proofs, requests
from wishkit.commands.migrate import migrate
from wishkit.commands.rehearse import rehearse
from wishkit.commands.request import request
from wishkit.commands.workspace import Workspace
from wishkit.config import Approvals, Environment, Target
from wishkit.errors import ConsentNeeded, GateClosed, LedgerError, MigrationFailed, UsageError
from wishkit.interface.output import answer
from wishkit.interface.render_approvals import (
    render_approvers,
    render_decided,
    render_request,
    render_requests,
)

if TYPE_CHECKING:
    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder


def closed(place: Place, code: str, **options: Any) -> GateClosed:  # noqa: ANN401 - of migrate
    """Migrate is refused for this reason, and nothing was run."""
    before = place.rows("SELECT count(*) FROM wishkit.execution")
    with pytest.raises(GateClosed) as caught:
        place.migrate(**options)
    assert caught.value.code == code, caught.value.message
    assert caught.value.exit_status == 1
    assert place.rows("SELECT count(*) FROM wishkit.execution") == before
    return caught.value


def test_what_is_not_approved_does_not_run_and_what_is_does(place: Place) -> None:
    told = closed(place, "not-requested")
    assert told.message == "nobody has requested this for production"
    assert told.notes == ("required: a request with 1 approval (risk medium)",)
    asked = place.request(note="release 2.4")
    assert (asked.state, asked.risk, asked.required) == ("open", "medium", 1)
    assert [m.id for m in asked.migrations] == ["0002_age"]
    told = closed(place, "not-approved")
    assert told.message == "request 1 has 0 of 1 approval"
    assert told.help == ("alice or bob (of appr_managers): wishkit approve 1 --env production")
    decided = place.approve(asked.id)
    assert decided.state == "approved"
    assert decided.approvals[0].approver == "alice"
    assert place.migrate().error is None
    assert place.standing(1).state == "done"
    assert place.standing(1).migrations[0].done
    assert place.verify().faults == ()


def test_a_database_asks_however_it_is_named(sql_folder: SqlFolder, database: str) -> None:
    place = Place.make(sql_folder(ONE), database)
    with pytest.raises(GateClosed, match="nobody has requested this for production"):
        place.migrate(place.named("command line"))
    place.counts = Approvals(0, 0, 0, 0)  # an edited wishkit.toml asks for less, in vain
    closed(place, "not-requested")
    place.counts = Approvals(0, 2, 2, 2)  # but it may ask for more
    place.approve(place.request().id)
    closed(place, "not-approved")


def test_yoyo_on_our_engine_does_not_go_around_it(sql_folder: SqlFolder, database: str) -> None:
    place = Place.make(sql_folder(ONE), database)
    project = Project(place.folder, place.url)
    with pytest.raises(GateClosed, match="asks for approvals"):
        project.yoyo_apply("wishkit")


def test_a_copy_under_another_name_asks_for_nothing(place: Place) -> None:
    assert place.migrate(place.named("staging")).error is None


def test_an_environment_that_asks_where_nobody_can_give(place: Place) -> None:
    approvals.set_approvers(place.workspace(), None, reason="moved")
    told = closed(place, "no-approvers")
    assert told.help == "name the role of those who approve: wishkit approvers production ROLE"
    with pytest.raises(GateClosed, match="nobody may approve"):
        place.request()
    place.counts = None
    assert place.migrate().error is None


def test_what_risks_nothing_needs_nobody(place: Place) -> None:
    place.write("0002_age.sql", "-- new\nCREATE TABLE ages (id int);\n")
    place.write("0002_age.rollback.sql", "DROP TABLE ages;\n")
    assert place.migrate().error is None


def test_what_destroys_data_needs_two(place: Place) -> None:
    place.sql("INSERT INTO people VALUES (1, 'ann'), (2, 'ben')")
    asked = place.request(rollback_to="base")
    (only,) = asked.migrations
    assert only.reasons[0].text == "destroys the table people: 2 rows"
    assert (asked.verb, asked.risk, asked.required) == ("rollback", "high", 2)
    place.approve(asked.id)
    with pytest.raises(GateClosed, match="request 1 has 1 of 2 approvals by alice") as caught:
        place.rollback(to="base")
    assert caught.value.help == ("bob (of appr_managers): wishkit approve 1 --env production")
    place.approve(asked.id, "bob")
    assert place.rollback(to="base").error is None


def test_a_changed_file_voids_it(place: Place) -> None:
    place.approve(place.request().id)
    place.write("0002_age.rollback.sql", "ALTER TABLE people DROP COLUMN age CASCADE;\n")
    assert "the files of 0002_age have changed since" in closed(place, "request-void").message


def test_another_plan_voids_it(place: Place) -> None:
    place.approve(place.request().id)
    place.write("0003_more.sql", "-- m\nCREATE TABLE more (id int);\n")
    place.write("0003_more.rollback.sql", "DROP TABLE more;\n")
    assert "0003_more is not part of it" in closed(place, "request-void").message
    assert place.migrate(to="0002").error is None  # what was approved is still that


def test_part_of_a_plan_is_another_plan(place: Place) -> None:
    place.write("0003_more.sql", "-- m\nCREATE TABLE more (id int);\n")
    place.write("0003_more.rollback.sql", "DROP TABLE more;\n")
    place.approve(place.request().id)
    message = closed(place, "request-void", to="0002").message
    assert "0003_more is part of it, and would not run" in message


def test_the_other_direction_is_another_plan(place: Place) -> None:
    place.approve(place.request(rollback_to="base").id)
    assert "it is for rollback" in closed(place, "request-void").message


def test_a_change_of_the_schema_voids_it_and_its_use_does_not(place: Place) -> None:
    place.approve(place.request().id)
    place.sql(
        "INSERT INTO people SELECT g, 'x' FROM generate_series(1, 500) AS g",
        "VACUUM ANALYZE people",
    )
    place.sql("CREATE INDEX by_hand ON people (name)")
    told = closed(place, "request-void")
    assert "the schema of the database was changed since, outside wishkit" in told.message
    place.sql("DROP INDEX by_hand")
    assert place.migrate().error is None


def test_a_ledger_that_moved_voids_it(place: Place) -> None:
    place.approve(place.request().id)
    moved = "UPDATE _yoyo_migration SET applied_at_utc = applied_at_utc + interval '1 s'"
    place.sql(moved, "UPDATE wishkit.applied SET applied_at_utc = applied_at_utc + interval '1 s'")
    assert "0001_people is not applied as it was" in closed(place, "request-void").message


def test_a_risk_that_has_grown_voids_it(place: Place) -> None:
    asked = place.request(rollback_to="base")
    assert (asked.risk, asked.required) == ("medium", 1)
    place.approve(asked.id)
    place.sql("INSERT INTO people VALUES (1, 'ann')")
    with pytest.raises(GateClosed, match="its risk was medium, and is high now"):
        place.rollback(to="base")


def test_a_request_expires(place: Place) -> None:
    place.expires = 0.001
    approvals.set_approvers(place.workspace(), "appr_managers")
    place.expires = 3600  # who requests cannot ask for longer than the database has it
    asked = place.request()
    with pytest.raises(GateClosed, match="request 1 has expired"):
        place.approve(asked.id)
    assert "it expired at" in closed(place, "request-expired").message
    assert place.standing(1).state == "expired"


def test_a_rejection_closes_it(place: Place) -> None:
    asked = place.request()
    place.approve(asked.id)
    place.reject(asked.id, note="wait for Monday")  # one may think again
    told = closed(place, "request-rejected")
    assert told.message == "request 1 does not hold: alice rejected it: wait for Monday"
    with pytest.raises(GateClosed, match="request 1 was rejected"):
        place.approve(asked.id, "bob")
    with pytest.raises(UsageError, match="say why"):
        place.reject(asked.id, note=" ")


def test_a_new_request_replaces_the_old_one(place: Place) -> None:
    place.approve(place.request().id)
    asked = place.request(note="once more")
    assert place.standing(1).state == "superseded"
    assert closed(place, "not-approved").message == "request 2 has 0 of 1 approval"
    with pytest.raises(GateClosed, match="request 1 was replaced by request 2"):
        place.approve(1, "bob")
    place.approve(asked.id)
    assert place.migrate().error is None


def test_an_approval_is_good_for_one_time(place: Place) -> None:
    place.approve(place.request().id)
    place.migrate()
    # What was approved is pending again, on the very same schema and ledger.
    place.sql(
        "ALTER TABLE people DROP COLUMN age",
        "DELETE FROM wishkit.applied WHERE migration_id = '0002_age'",
        "DELETE FROM _yoyo_migration WHERE migration_id = '0002_age'",
    )
    assert "is good for that once" in closed(place, "request-spent").message


def test_a_run_that_failed_half_way_goes_on_with_what_is_left(place: Place) -> None:
    place.write("0003_fails.sql", "-- f\nINSERT INTO people SELECT id, name, age FROM people;\n")
    place.write("0003_fails.rollback.sql", "SELECT;\n")
    place.sql("INSERT INTO people VALUES (1, 'ann')")
    place.approve(place.request().id)
    assert isinstance(place.migrate().error, MigrationFailed)
    assert place.rows("SELECT max(migration_id) FROM _yoyo_migration") == [("0002_age",)]
    assert place.standing(1).state == "approved"
    place.sql("DELETE FROM people")
    assert place.migrate().error is None
    assert place.standing(1).state == "done"


def test_what_may_be_accepted_is_part_of_it(place: Place) -> None:
    place.approve(place.request().id)
    message = closed(place, "request-void", accept=["table-rewrite"]).message
    assert "--accept table-rewrite was not part of it" in message


def test_other_approvers_void_it(place: Place) -> None:
    place.approve(place.request().id)
    place.sql("DROP ROLE IF EXISTS appr_others", "CREATE ROLE appr_others")
    approvals.set_approvers(place.workspace(), "appr_others")
    told = closed(place, "request-void")
    assert "the approvers were appr_managers, and are appr_others" in told.message
    with pytest.raises(LedgerError, match="permission denied for table approval"):
        place.reject(1)
    place.sql("DROP OWNED BY appr_others", "DROP ROLE appr_others")


def test_two_approve_at_the_same_moment(place: Place) -> None:
    place.sql("INSERT INTO people VALUES (1, 'ann')")
    asked = place.request(rollback_to="base")
    ready = threading.Barrier(4)
    told: list[str] = []

    def decide(login: str) -> None:
        ready.wait()
        try:
            told.append(place.approve(asked.id, login).state)
        except GateClosed as error:
            told.append(error.message)

    threads = [threading.Thread(target=decide, args=[n]) for n in ("alice", "alice", "bob", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(place.standing(1).approvals[i].approver for i in (0, 1)) == ["alice", "bob"]
    assert sum("already" in it for it in told) == 2
    assert place.verify().faults == ()


def test_what_was_approved_can_be_read_without_a_checkout(place: Place) -> None:
    place.request()
    place.write("0002_age.sql", "-- something else\nSELECT;\n")
    text = requests.request_text(place.workspace(), 1, login="alice")
    assert ONE["0002_age.sql"] in text
    assert ONE["0002_age.rollback.sql"] in text


def test_a_rehearsal_is_part_of_it(place: Place, tmp_path: Any) -> None:  # noqa: ANN401
    path = tmp_path / "proof.json"
    rehearse(place.workspace(), pending=True, proof=str(path))
    (told,) = place.request(proof=str(path)).migrations
    assert told.proof is not None
    assert told.proof.proven
    assert proofs.kept(path)[told.id].checksum == told.checksum


def test_what_is_asked_has_to_make_sense(place: Place) -> None:
    for options, code in (
        ({"note": " "}, "reason-missing"),
        ({"to": "0002", "steps": 1}, "two-directions"),
        ({"to": "0001"}, "nothing-to-request"),
    ):
        with pytest.raises(UsageError) as caught:
            place.request(**options)
        assert caught.value.code == code
    with pytest.raises(UsageError, match="there is no request 7"):
        place.approve(7)
    with pytest.raises(LedgerError, match='there is no role "nobody"'):
        approvals.set_approvers(place.workspace(), "nobody")
    with pytest.raises(UsageError, match="--none needs --reason"):
        approvals.set_approvers(place.workspace(), None)
    asked = place.request()
    with pytest.raises(ConsentNeeded, match="risk medium"):
        approvals.decide(place.workspace(), 1, "approve", login="alice")
    with pytest.raises(GateClosed, match="is not what was read"):
        approvals.decide(
            place.workspace(), 1, "approve", login="alice", digest="00" + asked.digest, yes=True
        )
    with pytest.raises(LedgerError) as refused:
        place.approve(1, "dave")
    assert refused.value.code == "approval-permission"


def test_the_approvers_see_no_more_than_they_need(place: Place) -> None:
    place.request()
    with psycopg.connect(place.as_("alice")) as connection:
        seen = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'wishkit'::regnamespace "
            "AND relkind IN ('r', 'v') AND has_table_privilege(oid, 'SELECT') ORDER BY 1"
        ).fetchall()
    assert [name for (name,) in seen] == [
        *("acknowledgement", "approval", "approver", "ledger", "promotion"),
        *("request", "request_done"),
    ]


def test_a_dump_of_who_has_no_approvers_is_as_it_was(place: Place) -> None:
    forced = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    assert place.rows(forced) == [(2,)]
    approvals.set_approvers(place.workspace(), None, reason="it is a copy")
    assert place.rows(forced) == [(0,)]
    assert place.rows("SELECT count(*) FROM pg_class WHERE relrowsecurity") == [(0,)]


def test_a_request_says_how_long_it_may_take_and_what_backup_there_is(
    place: Place, make_database: MakeDatabase
) -> None:
    """By what staging took for the same text; one that is down is told where nothing is known."""
    place.write("0003_more.sql", "-- more\nCREATE TABLE more (id int);\n")
    place.write("0003_more.rollback.sql", "DROP TABLE more;\n")
    here = place.workspace()
    staging = Environment("staging", make_database())
    down = Environment("down", "postgresql://nobody@127.0.0.1:1/x")
    config = replace(here.config, environments=(staging, down, *here.config.environments))
    there = Workspace(config, Target(staging.url, "staging"), lambda _: None)
    assert migrate(there, to="2").error is None
    asked = request(replace(here, config=config), note="release 2.4")
    known, unknown = (it.expected for it in asked.migrations)
    assert known is not None
    assert unknown is not None
    assert known.seconds is not None
    assert known.seconds >= 0
    assert re.fullmatch(r"\d+ ms on staging, however large its tables are", known.basis)
    assert (unknown.seconds, unknown.basis) == (None, "it never ran; no answer from down")
    assert asked.backup == "none that the ledger knows of"
    place.approve(asked.id)
    assert place.standing(asked.id).migrations == asked.migrations
    assert place.migrate().error is None


def test_a_request_of_an_older_wishkit_is_as_good_as_it_was(place: Place) -> None:
    """It knows of no times and of no backup, and its digest is that of the text it was made as."""
    place.request()
    ((text,),) = place.rows("SELECT bundle FROM wishkit.request")
    made = json.loads(text) | {"timings": None, "backup": None}
    old = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    place.owner(
        "INSERT INTO wishkit.request (environment, digest, bundle, expires_at) "
        f"SELECT 'production', encode(sha256(convert_to(b, 'UTF8')), 'hex'), b, "
        f"now() + interval '1 h' FROM (SELECT $old${old}$old$) AS t (b)"
    )
    found = place.standing(2)
    assert (found.state, found.backup, found.migrations[0].expected) == ("open", None, None)
    place.approve(2)
    assert place.migrate().error is None


def test_screens(
    place: Place,
    golden: Golden,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    place.sql("INSERT INTO people VALUES (1, 'ann'), (2, 'ben')")
    place.reject(place.request(note="release 2.3").id, note="not on a Friday")
    place.write(
        "0003_code.sql", "-- clean up\nDO $$ BEGIN PERFORM 1; END $$;\nDELETE FROM people;\n"
    )
    place.write("0003_code.rollback.sql", "SELECT;\n")
    place.request(note="release 2.4, ticket 1187")
    render_decided(place.approve(2))
    render_requests(requests.requests(place.workspace()))
    answer("")
    render_request(place.standing(2))
    answer("")
    render_approvers(approvals.approvers(place.workspace()))
    golden(steady(capsys.readouterr().out), "approvals/screens.txt")


def steady(text: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-02 03:04", text)
    return re.sub(r"(?m)^  digest .*$", "  digest 0123…", text)


def test_the_command_line(place: Place, run_wishkit: RunWishkit) -> None:
    config = (
        f'[environments.production]\nurl = "{place.as_("deploy")}"\nrole = "appr_owner"\n'
        'protected = true\napprovals = { high = 3 }\napproval_expires = "24h"\n'
    )
    (place.folder / "wishkit.toml").write_text(config.replace("'", ""), encoding="utf-8")

    def run(*words: str, status: int = 0) -> str:
        outcome = run_wishkit(*words, cwd=place.folder)
        assert outcome.status == status, outcome.stderr + outcome.stdout
        return outcome.stdout + outcome.stderr

    assert "members: alice, bob" in run("approvers", "production")
    asked = json.loads(run("request", "production", "--note", "x", "--json"))
    assert (asked["state"], asked["required"]) == ("open", 1)
    assert "[not-approved]" in run("migrate", "--env", "production", "--yes", status=1)
    assert "deploy requested it" in run("approve", "1", "--env", "production", "--yes", status=1)
    run("approve", "1", "--env", "production", "--login", "bob", "--yes")
    assert "nothing: wishkit migrate --env production" in run("requests", "--env", "production")
    run("migrate", "--env", "production", "--yes")
    assert "nothing was changed behind them" in run("ledger", "verify", "--env", "production")
    assert replace(place.standing(1), approvals=()).state == "done"
