"""Who may look at the dashboard: a token, a proxy that says who it is, and by which names."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from wishkit.config import dereference
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network

    Network = IPv4Network | IPv6Network

GENERATE = "generate"
SHORTEST = 16  # characters of a token: who can reach the port can try them
_LOCAL_NAMES = ("localhost",)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may look.

    Attributes:
        token: that has to be given; None: there is none.
        header: in which a proxy says who looks; None: there is no such proxy.
        proxies: where that proxy connects from.
        hosts: names by which the page may be called, in lower case; addresses always may.
    """

    token: str | None = None
    header: str | None = None
    proxies: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset(_LOCAL_NAMES)

    @property
    def open(self) -> bool:
        """Whoever can connect may look."""
        return self.token is None and self.header is None

    @property
    def cookie(self) -> str:
        """What a browser keeps in place of the token, and what does not tell it."""
        return hmac.digest((self.token or "").encode(), b"wishkit dashboard", "sha256").hex()

    def is_token(self, given: str) -> bool:
        """Whether it is the token; takes as long for a wrong one."""
        return self.token is not None and _same(given, self.token)

    def is_cookie(self, given: str) -> bool:
        """Whether it is what a browser was given for the token; takes as long for a wrong one."""
        return self.token is not None and _same(given, self.cookie)

    def is_proxy(self, address: str) -> bool:
        """Whether the trusted proxy connects from there."""
        try:
            client = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(client, "ipv4_mapped", None)
        return any((mapped or client) in network for network in self.proxies)

    def is_called(self, host: str) -> bool:
        """Whether a Host header names this page.

        A page of another site can have its own name point to this address (DNS rebinding), and
        would then read what is here as its own. It cannot do so with an address as its name.
        """
        name = host.strip().lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        return name.rstrip(".") in self.hosts or _is_address(name)


def access(
    host: str,
    *,
    token: str | None = None,
    header: str | None = None,
    proxies: Iterable[str] = (),
    names: Iterable[str] = (),
) -> Access:
    """Who may look, by the options of the command line.

    Args:
        host: that is listened on.
        token: ``env:VARIABLE``, or ``generate``.
        header: in which a proxy says who looks.
        proxies: addresses or networks that it connects from.
        names: by which the page may be called besides ``host`` and localhost.

    Raises:
        UsageError: ``dashboard-open``: anybody could look; ``dashboard-token``,
            ``dashboard-proxy``: an option says what cannot be.
        ConfigError: ``missing-variable``.
    """
    known = frozenset(it.lower().rstrip(".") for it in (host, *_LOCAL_NAMES, *names))
    found = Access(_token(token), *_proxy(header, tuple(proxies)), known)
    if found.open and not is_loopback(host):
        raise UsageError(
            f"anybody who reaches {host} could look",
            code="dashboard-open",
            help="say who may: --token env:VARIABLE, or --token generate; or, behind a proxy that "
            "knows its users, --trusted-header NAME --trusted-proxy ADDRESS",
            state="nothing listens",
        )
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") in _LOCAL_NAMES


def _token(option: str | None) -> str | None:
    if option is None:
        return None
    if option == GENERATE:
        return secrets.token_urlsafe(32)
    if not option.startswith("env:"):
        raise UsageError(
            "--token takes the name of a variable, not the token itself",
            code="dashboard-token",
            help="whoever may list processes would see it: --token env:VARIABLE, or generate",
        )
    token = dereference(option)
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            f"the token in {option.removeprefix('env:')} is too easily guessed, or cannot be sent",
            code="dashboard-token",
            help=f"{SHORTEST} characters of ASCII at least, without spaces: openssl rand -hex 32",
        )
    return token


def _proxy(header: str | None, proxies: tuple[str, ...]) -> tuple[str | None, tuple[Network, ...]]:
    if (header is None) != (not proxies):
        raise UsageError(
            "--trusted-header and --trusted-proxy belong together",
            code="dashboard-proxy",
            help="anybody can send a header: say from which addresses it is believed",
        )
    try:
        return header, tuple(ip_network(it) for it in proxies)
    except ValueError as error:
        raise UsageError(
            f"--trusted-proxy: {error}",
            code="dashboard-proxy",
            help="write an address or a network: 10.0.0.1, 10.0.0.0/24, fd00::/64",
        ) from None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
