"""Take the secrets out of any text that is about to be shown or kept.

Text from elsewhere (a driver's message, a statement that failed, a line of a configuration file)
goes through ``redact`` before anybody reads it. It knows the shapes a secret comes in; it does not
need to know the secret.
"""

from __future__ import annotations

import re

MASK = "***"

# libpq's own secrets, https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-PARAMKEYWORDS,
# and its variables; oauth_client_secret and scram_*_key are passwords by another name.
_KEY = (
    r"(?:pgpassword|pgsslpassword|password|passwd|passphrase|sslpassword"
    r"|oauth_client_secret|scram_client_key|scram_server_key)"
)
# SQL literals: 'it''s', E'it\'s', U&'…', $tag$…$tag$, and one that a cut-off text leaves open.
_LITERAL = (
    r"(?:E'(?:[^'\\]|\\.|'')*(?:'|\\?\Z)"
    r"|(?:U&)?'(?:[^']|'')*(?:'|\Z)"
    r"|\$(\w*)\$.*?(?:\$\2\$|\Z))"
)

# What may hold a quote that opens no literal comes before the literals: names and comments. A
# comment inside a comment is cut out with all there is up to the last end of any.
_PIECES = (
    r"(?P<name>\"(?:[^\"]|\"\")*(?:\"|\Z))"
    r"|(?P<comment>--[^\n]*|/\*(?:.*\*/|.*\Z))"
    r"|\bE'(?:[^'\\]|\\.|'')*(?:'|\\?\Z)"
    r"|'(?:[^']|'')*(?:'|\Z)"
    r"|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)"
)

# scheme://user:password@host. The password reaches to the last @ of the word, because one with an
# unescaped / or @ in it is exactly what makes a URI end up in an error message.
_URI = r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s:/@]*:)(\S+)"

# Compiled when first used (re keeps them): most runs have nothing to redact.
_RULES = (
    # SQL: [ENCRYPTED] PASSWORD 'x'; OPTIONS (user 'u', password 'x')
    (rf"(\b{_KEY}\s*)" + _LITERAL, rf"\1'{MASK}'"),
    # key = value, as in a connection string, a URI's query, TOML, an environment variable
    (rf"(\b{_KEY}\s*=\s*)'(?:[^'\\]|\\.)*(?:'|\\?\Z)", rf"\1'{MASK}'"),
    (rf"(\b{_KEY}\s*=\s*)\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z)", rf'\1"{MASK}"'),
    (rf"(\b{_KEY}\s*=\s*)(?!['\"])(?:\\.|[^\s&;,'\"\\])(?:\\.|[^\s&])*", rf"\1{MASK}"),
    # what the server stores instead of a password is worth as much to an attacker
    (r"SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+", MASK),
    (r"\bmd5[0-9a-f]{32}\b", MASK),
)


def redact(text: str) -> str:
    """The text with every password in it replaced by ``***``.

    Known are the password of a URI and of its query, ``password=`` and ``sslpassword=`` of a
    connection string (quoted or not), the literal after PASSWORD in CREATE or ALTER ROLE and in the
    OPTIONS of a user mapping, PGPASSWORD=…, and the SCRAM and MD5 verifiers of pg_authid.
    """
    text = re.sub(_URI, _without_password, text, flags=re.IGNORECASE)
    for pattern, replacement in _RULES:
        text = re.sub(pattern, replacement, text, flags=re.IGNORECASE | re.DOTALL)
    return text


def without_literals(sql: str) -> str:
    """A statement, or its beginning, without what is in its literals and comments.

    Each literal reads ``'…'``, each comment is a blank. Names in double quotes stay.
    """
    return re.sub(_PIECES, _without_literal, sql, flags=re.IGNORECASE | re.DOTALL)


def _without_literal(piece: re.Match[str]) -> str:
    if piece["name"]:
        return piece["name"]
    return " " if piece["comment"] else "'…'"


def _without_password(uri: re.Match[str]) -> str:
    _, at, place = uri[2].rpartition("@")
    return f"{uri[1]}{MASK}@{place}" if at else uri[0]
