"""A connection string as users write it → libpq's parameters, with our defaults; or why not.

libpq's own words for a string it cannot parse quote pieces of it, which may be pieces of a
password. So nothing of such a message is repeated unless it stands clear of the password.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from wishkit.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Callable

_URI = re.compile(r"(?P<scheme>[A-Za-z][\w.+-]*)://(?P<rest>.*)", re.DOTALL)

# Only filled in when the user does not say otherwise. connect_timeout: libpq would wait for ever,
# the kernel some two minutes. keepalives: a firewall forgets an idle connection while a long index
# build is silent on it; 30 s and six probes 10 s apart find a dead peer in 90 s instead of two
# hours.
_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "6",
}


def parameters(
    url: str, *, application_name: str, parse: Callable[[str], dict[str, str]] | None = None
) -> dict[str, str]:
    """Parameters of libpq for a URI or a key=value string.

    ``postgresql+psycopg://`` and its like (SQLAlchemy's and yoyo's spelling) are taken for
    ``postgresql://``. The encoding is always UTF8, as files and ledger are.

    Args:
        url: "" leaves everything to libpq's variables.
        application_name: shown in pg_stat_activity unless the user names another.
        parse: takes a string to pieces, as libpq does; the driver does by default.

    Raises:
        ConnectError: ``bad-conninfo``.
    """
    text = _known_scheme(url.strip())
    if re.search(r"[\0\ud800-\udfff]", text):
        raise _bad("it holds a NUL character, or bytes that are not UTF-8")
    _refuse_unescaped_password(text)
    given = (parse or _parsed)(text)
    for port in filter(None, given.get("port", "").split(",")):
        # Its text is not repeated: it may be a piece of a password that was not encoded.
        if not (port.isdecimal() and 0 < int(port) < 65536):  # noqa: PLR2004
            raise _bad("a port in it is not a number from 1 to 65535", help=_QUOTING)
    given["client_encoding"] = "UTF8"
    given.setdefault("fallback_application_name", application_name)
    if "service" in given or os.environ.get("PGSERVICE"):
        # A service file ranks below the string: a default put there would override the file.
        return given
    timeout_set = os.environ.get("PGCONNECT_TIMEOUT")
    defaults = {k: v for k, v in _DEFAULTS.items() if k != "connect_timeout" or not timeout_set}
    return defaults | given


def as_login(url: str, login: str) -> str:
    """The same connection, logging in as another role; its password is left to .pgpass and PG*.

    Raises:
        ConnectError: ``bad-conninfo``.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415 - heavy

    parameters(url, application_name="")  # refuses, without repeating a secret
    given = conninfo_to_dict(_known_scheme(url.strip()))
    given.pop("password", None)
    return make_conninfo("", **{**given, "user": login})


def hosts(params: dict[str, str]) -> list[str]:
    """The hosts that will be tried, as far as the string or the variables name them."""
    named = params.get("host") or params.get("hostaddr")
    named = named or os.environ.get("PGHOST") or os.environ.get("PGHOSTADDR") or ""
    return [host for host in named.split(",") if host]


def _parsed(text: str) -> dict[str, str]:
    from psycopg import ProgrammingError  # noqa: PLC0415 - heavy, and whoever brings `parse` has none
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - as above

    try:
        return {key: str(value) for key, value in conninfo_to_dict(text).items()}
    except ProgrammingError as error:
        raise _unparsable(text, str(error).strip()) from None


def _known_scheme(text: str) -> str:
    match = _URI.fullmatch(text.removeprefix("jdbc:"))
    if match is None:
        return text
    base, _, driver = match["scheme"].lower().partition("+")
    if base in {"postgresql", "postgres"}:
        return f"postgresql://{match['rest']}" if driver else f"{base}://{match['rest']}"
    raise _bad(
        f'"{match["scheme"]}://" is not a scheme of PostgreSQL',
        help="write postgresql://user@host:5432/database",
    )


def _refuse_unescaped_password(text: str) -> None:
    """A password with a raw / or @ makes libpq read the rest of it as host, port or database.

    That would fail further on with a piece of the password in the message.
    """
    match = _URI.fullmatch(text)
    if match is None:
        return
    rest = match["rest"]
    # As libpq does: credentials end at the first @ before the first /.
    authority, _, path = rest.partition("/")
    credentials, at, address = authority.partition("@")
    path = path.partition("?")[0]
    if at:
        broken = ":" in credentials and "@" in address + path
    else:
        port = authority.rpartition("]")[2].partition("?")[0]
        numeric = re.fullmatch(r"[^:]*(:\d*(,[^:]*(:\d*)?)*)?", port)
        broken = "@" in path or ("@" in rest and not numeric)
    if broken:
        raise _bad(
            "the password seems to hold a character that has to be percent-encoded in a URI",
            help="write @ as %40, / as %2F, : as %3A, % as %25; or leave the password out and give"
            " it by PGPASSWORD or ~/.pgpass",
        )


def _unparsable(text: str, message: str) -> ConnectError:
    """Libpq's parse error, without what may be a piece of a password."""
    option = re.fullmatch(r'invalid (?:connection option|URI query parameter): ?"(.*)"', message)
    option = option or re.fullmatch(r'invalid connection option "(.*)"', message)
    if option and not _may_be_secret(option[1], text):
        return _bad(f'libpq knows no option "{option[1]}"', help=_option_help(option[1]))
    if option:
        help_text = f"{_option_help(option[1])}; {_QUOTING}"
        return _bad("it holds an option that libpq does not know", help=help_text)
    if "percent-encoded" in message or "%00" in message:
        return _bad("it holds a % that is not followed by two hexadecimal digits", help=_QUOTING)
    if 'missing "="' in message and "missing key/value" not in message:
        return _bad('a word in it is neither a URI nor key=value ("=" is missing)', help=_QUOTING)
    # What is left of it when every quoted piece is gone is libpq's own text.
    return _bad(re.sub(r'"[^"]*"|: .*', "…", message, flags=re.DOTALL), help=_QUOTING)


_QUOTING = (
    "as in postgresql://user@host:5432/database?sslmode=require (special characters of the user and"
    " password percent-encoded: % is %25, @ is %40), or host=… dbname=… password='…' (in quotes)"
)


def _may_be_secret(word: str, text: str) -> bool:
    """Whether a word could be part of the password, had its quoting been forgotten."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,40}", word):
        return True
    if match := _URI.fullmatch(text):
        from urllib.parse import unquote  # noqa: PLC0415 - only an error has to pay for it

        region = match["rest"].rpartition("@")[0].partition(":")[2]
        return word in region or word in unquote(region)
    return re.search(rf"pass.*{re.escape(word)}", text, re.DOTALL | re.IGNORECASE) is not None


def _option_help(name: str) -> str:
    import difflib  # noqa: PLC0415 - only an error has to pay for it

    from psycopg import pq  # noqa: PLC0415 - as above

    if name == "schema":
        return "for a search path write options=-csearch_path%3Dname"
    known = [option.keyword.decode() for option in pq.Conninfo.get_defaults()]
    if close := difflib.get_close_matches(name.lower(), known, n=1):
        return f'perhaps you meant "{close[0]}"'
    return "leave it out if it is meant for another driver"


def _bad(reason: str, *, help: str | None = None) -> ConnectError:  # noqa: A002
    return ConnectError(
        f"the connection string cannot be used: {reason}", code="bad-conninfo", help=help
    )
