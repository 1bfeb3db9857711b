"""Approvals cannot be forged: what people try at the database, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.core.approval import encode
from wishkit.errors import GateClosed
from wishkit.postgres.approvals import requests
from wishkit.postgres.chain import CHAINED

if TYPE_CHECKING:
    from tests.approvals_place import Place

INSERT = """
    INSERT INTO wishkit.approval (request_id, verdict, digest{column})
    SELECT id, 'approve', digest{value} FROM wishkit.request WHERE id = 1
"""
PLAIN = INSERT.format(column="", value="")
FORGED = INSERT.format(column=", approver", value=", 'bob'")


@pytest.fixture(autouse=True)
def requested(place: Place) -> None:
    place.request()


def refused(place: Place, words: str, *statements: str, login: str = "deploy") -> None:
    """The last of these statements is refused, and there is no approval."""
    with pytest.raises(psycopg.Error) as caught:
        place.sql(*statements, login=login)
    assert words in str(caught.value)
    assert place.standing(1).approvals == ()


OWNER = "SET ROLE appr_owner"
TRIES = {
    "the requester": (
        (PLAIN,),
        "deploy requested it, and nobody decides on a request of their own",
    ),
    "the requester as the owner": (
        (OWNER, PLAIN),
        "deploy requested it, and nobody decides on a request of their own",
    ),
    "the owner in the name of another": (
        (OWNER, FORGED),
        "approver is filled by the server: deploy is logged in",
    ),
    "SET ROLE to an approver": (("SET ROLE alice",), "permission denied to set role"),
    "SET SESSION AUTHORIZATION": (
        ("SET SESSION AUTHORIZATION alice",),
        "permission denied to set session authorization",
    ),
    "a later time": (
        (
            OWNER,
            (
                "INSERT INTO wishkit.approval (request_id, verdict, digest, approved_at) "
                "VALUES (1, 'approve', 'x', '2000-01-01')"
            ),
        ),
        "nobody decides on a request of their own",
    ),
    "its triggers ignored as on a replica": (
        ("SET session_replication_role = replica",),
        "permission denied to set parameter",
    ),
}


@pytest.mark.parametrize("name", TRIES)
def test_the_requester_cannot_approve(place: Place, name: str) -> None:
    statements, words = TRIES[name]
    refused(place, words, *statements)


def test_an_approver_speaks_only_for_itself(place: Place) -> None:
    refused(place, "permission denied for table approval", FORGED, login="alice")
    other = PLAIN.replace(", digest FROM", ", 'another' FROM")
    refused(place, "request 1 is not what was looked at", other, login="alice")
    refused(place, "permission denied", "SET ROLE appr_owner", PLAIN, login="dave")


def test_who_is_no_member_is_no_approver_whatever_was_granted(place: Place) -> None:
    place.owner(
        "GRANT USAGE ON SCHEMA wishkit TO dave",
        "GRANT SELECT ON wishkit.request TO dave",
        "GRANT INSERT ON wishkit.approval TO dave",
    )
    refused(place, "dave is no member of the approvers' role appr_managers", PLAIN, login="dave")
    forged = FORGED.replace("'bob'", "'alice'")
    refused(place, "approver is filled by the server: dave is logged in", forged, login="dave")
    refused(place, "root is no member of the approvers' role", PLAIN, login="root")
    place.sql("REVOKE ALL ON ALL TABLES IN SCHEMA wishkit FROM dave")


def test_a_superuser_who_becomes_somebody_else_is_found_out(place: Place) -> None:
    refused(
        place,
        "this session began as root: SET SESSION AUTHORIZATION makes no approver",
        "SET SESSION AUTHORIZATION alice",
        PLAIN,
        login="root",
    )
    refused(
        place,
        "root is no member of the approvers' role",
        "SET session_replication_role = replica",
        PLAIN,
        login="root",
    )


def test_an_approver_may_act_as_the_role_it_is_a_member_of(place: Place) -> None:
    place.sql("SET ROLE appr_managers", PLAIN, login="alice")
    assert [it.approver for it in place.standing(1).approvals] == ["alice"]


COLUMNS = {
    "request": "digest",
    "approval": "note",
    "approver": "reason",
    "chain": "hash",
    "request_run": "begun_at",
}


@pytest.mark.parametrize("table", COLUMNS)
def test_no_row_is_changed_not_even_by_a_superuser(place: Place, table: str) -> None:
    for statement in (
        f"UPDATE wishkit.{table} SET {COLUMNS[table]} = DEFAULT",
        f"DELETE FROM wishkit.{table}",
        f"TRUNCATE wishkit.{table} CASCADE",
    ):
        for login, first in (("deploy", OWNER), ("root", "SELECT")):
            with pytest.raises(psycopg.Error, match="its rows are never changed"):
                place.sql(first, statement, login=login)


def test_row_level_security_holds_where_the_trigger_was_switched_off(place: Place) -> None:
    off = "ALTER TABLE wishkit.approval DISABLE TRIGGER stamp"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        place.owner(off, FORGED)
    with pytest.raises(GateClosed) as caught:
        place.migrate()
    assert caught.value.code == "approvals-tampered"
    assert caught.value.message == (
        "the approvals cannot be believed: the trigger approval.stamp was disabled"
    )


SHAMS = {
    "a trigger behind ours": (
        (
            "CREATE FUNCTION public.sham() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.approver := 'bob'; RETURN NEW; END $$"
        ),
        "CREATE TRIGGER zz BEFORE INSERT ON wishkit.approval FOR EACH ROW EXECUTE FUNCTION sham()",
    ),
    "another body": (
        (
            "CREATE OR REPLACE FUNCTION wishkit.stamp_approval() RETURNS trigger "
            "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        ),
    ),
    "no row-level security": ("ALTER TABLE wishkit.approval NO FORCE ROW LEVEL SECURITY",),
    "another policy": ("CREATE POLICY all_ ON wishkit.approval FOR ALL USING (true)",),
    "no trigger": ("DROP TRIGGER stay ON wishkit.request",),
    "a rule": ("CREATE RULE r AS ON INSERT TO wishkit.approval DO ALSO SELECT 1",),
}


@pytest.mark.parametrize("name", SHAMS)
def test_what_the_owner_does_to_the_tables_is_seen_before_they_are_believed(
    place: Place, name: str
) -> None:
    place.approve(1)
    place.owner(*SHAMS[name])
    with pytest.raises(GateClosed) as caught:
        place.migrate()
    assert caught.value.code == "approvals-tampered"
    assert "guard" in {fault.kind for fault in place.verify().faults}


def test_what_the_owner_forges_and_covers_up_is_found_in_the_chain(place: Place) -> None:
    place.owner(
        "ALTER TABLE wishkit.approval DISABLE TRIGGER stamp",
        "ALTER TABLE wishkit.approval DISABLE ROW LEVEL SECURITY",
        FORGED,
        "ALTER TABLE wishkit.approval ENABLE ALWAYS TRIGGER stamp",
        "ALTER TABLE wishkit.approval ENABLE ROW LEVEL SECURITY",
    )
    (fault,) = place.verify().faults
    assert (fault.kind, fault.text) == (
        "forged",
        "approval 1 says that bob wrote it, and it was deploy",
    )
    with pytest.raises(GateClosed, match="approval 1 says that bob wrote it"):
        place.migrate()


def test_an_altered_bundle_is_not_approved_and_not_run(place: Place) -> None:
    with psycopg.connect(place.url) as connection:
        (found,) = requests(connection, id_=1)
    assert found.bundle is not None
    other = encode(found.bundle).replace("ADD COLUMN age int", "ADD COLUMN age xml")
    alter = (
        "ALTER TABLE wishkit.request DISABLE TRIGGER stay",
        "ALTER TABLE wishkit.request DISABLE ROW LEVEL SECURITY",
        f"UPDATE wishkit.request SET bundle = '{other.replace(chr(39), chr(39) * 2)}'",
        "ALTER TABLE wishkit.request ENABLE ALWAYS TRIGGER stay",
        "ALTER TABLE wishkit.request ENABLE ROW LEVEL SECURITY",
    )
    place.owner(*alter)
    assert place.standing(1).state == "altered"
    with pytest.raises(GateClosed) as caught:
        place.approve(1)
    assert caught.value.code == "approvals-tampered"
    refused(place, "request 1 is not what was looked at", PLAIN, login="alice")
    with pytest.raises(GateClosed, match="request 1 was altered"):
        place.migrate()
    assert [fault.text for fault in place.verify().faults] == ["request 1 was altered"]


def test_an_old_approval_does_not_count_for_a_new_request(place: Place) -> None:
    place.approve(1)
    place.request()
    place.owner(
        "ALTER TABLE wishkit.approval DISABLE TRIGGER stay",
        "ALTER TABLE wishkit.approval DISABLE ROW LEVEL SECURITY",
        "UPDATE wishkit.approval SET request_id = 2",
        "ALTER TABLE wishkit.approval ENABLE ALWAYS TRIGGER stay",
        "ALTER TABLE wishkit.approval ENABLE ROW LEVEL SECURITY",
    )
    with pytest.raises(GateClosed, match="approval 1 was altered"):
        place.migrate()


def test_every_table_that_is_chained_is_read_back(place: Place) -> None:
    chained = place.rows(
        "SELECT tgrelid::regclass::text FROM pg_trigger "
        "WHERE tgfoid = 'wishkit.add_to_chain'::regproc"
    )
    assert {name.removeprefix("wishkit.") for (name,) in chained} == {*CHAINED}
