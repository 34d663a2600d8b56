"""Which addresses are on the open internet. Decided on what a name resolves to, never on its text.

`0x7f000001`, `127.1` and a name that points to loopback all resolve to the same thing. Python's own flags are not
enough (checked on 3.11): carrier NAT is neither private nor global, multicast and the NAT64 form of loopback count as
global.
Source: OWASP API7:2023; RFC 6890; RFC 6052.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

# Addresses that carry another address inside, that lead into somebody's own network, or that are nobody's.
_NEVER: Final = tuple(
    ip_network(text)
    for text in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "fec0::/10",
        "3fff::/20",
        "100.64.0.0/10",
        "192.88.99.0/24",
    )
)
# All that the internet uses of version 6 (RFC 4291 and IANA); whatever is given out later is not ours to guess.
_GLOBAL_V6: Final = IPv6Network("2000::/3")


def is_public(address: Address) -> bool:
    """Whether the address is one host on the open internet, and hides no other address."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NEVER if network.version == address.version)
    )
