"""Where a webhook may go: to the open internet, never into our own network. Pure.

The decision is made on resolved addresses, never on text: `0x7f000001`, `127.1` and a name that points to loopback
all resolve to the same thing. Python's own flags are not enough (checked on 3.11): carrier NAT is neither private nor
global, multicast and the NAT64 form of loopback count as global. Source: OWASP API7:2023; RFC 6890; RFC 6052.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS: Final = frozenset({443, 8443})

# Addresses that carry another address inside, or that lead into somebody's own network.
_NEVER: Final = tuple(
    ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10", "100.64.0.0/10")
)


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook URL taken apart. `port` is the real one, also when the URL does not name it."""

    scheme: str
    host: str
    port: int


def networks(text: str) -> tuple[Network, ...]:
    """The operator's allow-list: CIDRs separated by commas. Raises ValueError for one that is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def target_of(url: str) -> Target:
    """Raises ValueError with what is wrong, for people."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as cause:
        raise ValueError("this is no URL") from cause
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("an https:// address is needed")
    if parts.username or parts.password:
        raise ValueError("leave user name and password out of the address; the signature proves who sends")
    if any(ord(ch) < 33 for ch in url):
        raise ValueError("the address holds blanks or control characters")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))


def refusal(target: Target, addresses: Sequence[str], allowed: Sequence[Network]) -> str | None:
    """Why nothing may be sent there, or None if it may. *Every* resolved address must pass.

    The text does not repeat the addresses: it would tell an outsider how our network looks from inside.
    """
    if not addresses:
        return "the host name does not resolve"
    resolved = [ip_address(address.split("%", maxsplit=1)[0]) for address in addresses]
    if all(_within(address, allowed) for address in resolved):
        return None
    if target.scheme != "https":
        return "only https:// is allowed"
    if target.port not in PORTS:
        return f"port {target.port} is not allowed; use 443 or 8443"
    if not all(is_public(address) for address in resolved):
        return "the host name leads to a network that is not public"
    return None


def is_public(address: Address) -> bool:
    """Whether the address is one host on the open internet, and hides no other address."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NEVER if network.version == address.version)
    )


def _within(address: Address, allowed: Sequence[Network]) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in allowed if network.version == address.version)
