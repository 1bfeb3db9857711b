"""No secret leaves: not from text that passes through redact, not from any error of connect."""

from __future__ import annotations

import traceback
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wishkit.config import Target
from wishkit.core.redact import redact
from wishkit.errors import ConnectError
from wishkit.postgres.connection import connect

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"postgresql://u:{SECRET}@h:5432/db", "postgresql://u:***@h:5432/db"),
        (f"at postgres+psycopg://u:{SECRET}%40@h/d now", "at postgres+psycopg://u:***@h/d now"),
        (f"postgres://u:a/{SECRET}@b@h/db", "postgres://u:***@h/db"),
        (f"postgres://u:it's{SECRET}@h/db", "postgres://u:***@h/db"),
        (f"redis://:{SECRET}@h", "redis://:***@h"),
        (f"postgresql://h/d?user=u&password={SECRET}&x=1", "postgresql://h/d?user=u&password=***&x=1"),
        (f"postgresql://h/db?sslpassword={SECRET}", "postgresql://h/db?sslpassword=***"),
        (f"host=h password={SECRET} user=u", "host=h password=*** user=u"),
        (f"host=h password = 'a {SECRET}\\' b' user=u", "host=h password = '***' user=u"),
        (f"password=a\\ {SECRET} user=u", "password=*** user=u"),
        (f"password='a {SECRET}", "password='***'"),
        (f"PGPASSWORD={SECRET} psql", "PGPASSWORD=*** psql"),
        (f'password = "{SECRET} x" # toml', 'password = "***" # toml'),
        (f"CREATE ROLE r PASSWORD 'it''s {SECRET}' LOGIN", "CREATE ROLE r PASSWORD '***' LOGIN"),
        (f"alter role r password E'\\'{SECRET}' x", "alter role r password '***' x"),
        (f"ALTER USER r PASSWORD\n  $a$it's {SECRET}$a$;", "ALTER USER r PASSWORD\n  '***';"),
        (f"ALTER USER r PASSWORD U&'{SECRET}'", "ALTER USER r PASSWORD '***'"),
        (f"OPTIONS (user 'u', password '{SECRET}')", "OPTIONS (user 'u', password '***')"),
        ("md5" + "0123456789abcdef" * 2, "***"),
        ("SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5", "***"),
    ],
)  # fmt: skip
def test_secrets_are_masked_and_the_rest_stays(text: str, clean: str) -> None:
    assert redact(text) == clean
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        'password authentication failed for user "deploy"',
        "ALTER TABLE users ADD COLUMN password text NOT NULL",
        "ALTER ROLE r PASSWORD NULL VALID UNTIL 'infinity'",
        "postgresql://db.example.org:5432/wishes as deploy",
        "postgresql://deploy@db.example.org:5432/wishes?sslmode=require",
        "INSERT INTO hints (password_hint) VALUES ('x')",
        "see https://www.postgresql.org/docs/18/libpq.html",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_long_text_takes_no_long_time() -> None:
    # Quadratic or worse would take minutes: the patterns must not backtrack over each other.
    for piece in ("password ", "a://b:", "password='\\", "$a$", "password = \\", "a-", "a://"):
        assert len(redact(piece * 100_000)) > 0


# A word that stands nowhere else, between pieces of what breaks quoting and of what is merely rare:
# however a password is taken apart, every part of it that is worth having holds the word.
MARK = "Zq7xK"
awkward = st.text(st.sampled_from("ab12:/?#@%&='\\\" \t;,[]$"), max_size=3)
rare = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
passwords = st.lists(awkward | rare, min_size=2, max_size=6).map(MARK.join)


def everything_said(error: ConnectError) -> str:
    """All that a person, a log or a traceback could show of an error."""
    parts = [repr(error), error.message, str(error.help), str(error.where), *error.notes]
    parts += traceback.format_exception(error)
    return "\n".join(parts)


def attempt(url: str) -> str:
    try:
        connect(Target(url=url, name="x"), application_name="wishkit", startup_wait=0).close()
    except ConnectError as error:
        return everything_said(error)
    return ""


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(password=passwords)
def test_a_password_survives_in_no_error_of_connect(database: str, password: str) -> None:
    options = conninfo_to_dict(database)
    socket, encoded = quote(str(options["host"]), safe=""), quote(password, safe="")
    for said in (
        # as it should be written: fails later, for a database that is not there
        attempt(f"postgresql://wishkit:{encoded}@/nowhere?host={socket}&port=5432"),
        attempt(make_conninfo(database, password=password, dbname="nowhere")),
        # an option nobody knows, next to a good password
        attempt(f"postgresql://wishkit:{encoded}@/nowhere?host={socket}&hots=1"),
        # as people write it: nothing quoted
        attempt(f"postgresql://wishkit:{password}@/nowhere?host={socket}&port=5432"),
        attempt(f"postgresql://wishkit:{password}@127.0.0.1:1/nowhere"),
        attempt(f"host={options['host']} user=postgres password={password} dbname=nowhere"),
        attempt(f"user=postgres password='{password}' dbname=nowhere host={options['host']}"),
    ):
        assert MARK.lower() not in said.lower()


def test_a_target_and_an_environment_do_not_show_their_url() -> None:
    assert SECRET not in repr(Target(url=f"postgresql://u:{SECRET}@h/d", name="x"))
