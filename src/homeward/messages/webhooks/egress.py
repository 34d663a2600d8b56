"""Where a webhook may go: to the open internet, never into our own network. Pure.

The decision is made on resolved addresses, never on text; see `infra/public_addresses.py`.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from homeward.infra.public_addresses import Address, is_public

Network = IPv4Network | IPv6Network

PORTS: Final = frozenset({443, 8443})


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
    """Raises ValueError with what is wrong, for people.

    Strict, so that no other parser down the line can read another host or port out of the same text.
    """
    if any(not 33 <= ord(ch) < 127 for ch in url) or "\\" in url:
        raise ValueError("write the address in plain characters without blanks (xn--… for an international name)")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as cause:
        raise ValueError("this is no URL") from cause
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("an https:// address is needed")
    if "@" in parts.netloc:
        raise ValueError("leave user name and password out of the address; the signature proves who sends")
    if "%" in parts.netloc:
        raise ValueError("the host name must be written without % signs")
    usual = 443 if parts.scheme == "https" else 80
    return Target(parts.scheme, parts.hostname, usual if port is None else port)


def refusal(
    target: Target, addresses: Sequence[str], allowed: Sequence[Network], ports: Set[int] = PORTS
) -> str | None:
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
    if target.port not in ports:
        return f"port {target.port} is not allowed; use 443 or 8443"
    if not all(is_public(address) for address in resolved):
        return "the host name leads to a network that is not public"
    return None


def _within(address: Address, allowed: Sequence[Network]) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in allowed if network.version == address.version)
