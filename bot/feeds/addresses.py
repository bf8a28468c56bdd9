"""Which addresses the outside world may send us to: public ones, looked at when we connect."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any

from yarl import URL

from bot.errors import FeedError
from bot.log import hide_logins

# Networks of IPv6 that carry addresses of IPv4, private ones too, and those withdrawn from use.
_CARRIERS = tuple(
    ipaddress.IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
)

_LOCAL = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain")


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet; what is none is not."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.version == 6 and any(found in network for network in _CARRIERS):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def is_public_name(host: str) -> bool:
    """Say whether a name may be handed to a proxy, which looks it up where we cannot see.

    Numbers are read as C reads them (127.1, 0x7f000001); names without a dot, and those of local
    networks (RFC 6761, 6762, 8375), are no names of the public internet.
    """
    host = host.rstrip(".").lower()
    if ":" in host:
        return is_public(host)
    try:
        return is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except (OSError, UnicodeError):
        return "." in host and not f".{host}".endswith(_LOCAL)


def read_address(text: str) -> URL:
    """Return an http(s) address as it is written, byte for byte where it can be sent so.

    Raises FeedError for other schemes, for no host, and for a user name or password in it.
    """
    try:
        url = make_url(text)
        port = url.port
    except ValueError as error:
        raise FeedError(hide_logins(f"{text[:200]!r} is no address: {error}")) from error
    check_address(url)
    if port is None:
        raise FeedError(f"{text[:200]!r} is no address")
    return url


def make_url(text: str) -> URL:
    """Return an address, byte for byte where it can be sent so; raises ValueError for none."""
    return URL(text, encoded=text.isascii() and text.isprintable() and " " not in text)


def mend_address(typed: str) -> str:
    """Return the address that was meant: without blanks, without `feed:`, with a scheme."""
    address = "".join(typed.split())
    for scheme in ("feed:", "rss:"):
        if address.lower().startswith(scheme):
            address = address[len(scheme) :].removeprefix("//")
    return address if "://" in address else f"https://{address}"


def check_address(url: URL) -> None:
    """Raise FeedError for what is not to be fetched, whoever sent us there."""
    if url.scheme not in ("http", "https"):
        raise FeedError(f"an address of {url.scheme or 'no scheme'}: is not fetched")
    if not url.host:
        raise FeedError("an address without a host")
    if url.user is not None or url.password is not None:
        raise FeedError(
            "an address with a user name or password is not fetched: feeds.yaml has `username` and "
            "`password` for them"
        )


def open_public_socket(address: tuple[Any, ...]) -> socket.socket:
    """Return a socket for the address about to be connected to; raise OSError if it is private.

    Asked for each connection, with the very address, whatever a name resolved to before.
    """
    family, kind, protocol, _, at = address
    if not is_public(str(at[0])):
        said = f"{at[0]} is a private address (allow_private: true admits a feed's own host)"
        raise OSError(errno.EACCES, said)
    return socket.socket(family, kind, protocol)
