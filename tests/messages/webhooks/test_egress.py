"""Which addresses a webhook may go to: the table of what naive guards let through, and every odd spelling."""

from ipaddress import ip_address

import pytest

from homeward.infra.public_addresses import is_public
from homeward.messages.webhooks.egress import networks, refusal, target_of

PUBLIC = "93.184.216.34"
PUBLIC_V6 = "2606:2800:220:1:248:1893:25c8:1946"


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("100.64.0.1", "carrier NAT: neither private nor global"),
        ("100.127.255.255", "the end of carrier NAT"),
        ("224.0.0.1", "multicast: counts as global"),
        ("ff02::1", "multicast of version 6"),
        ("64:ff9b::7f00:1", "NAT64 of loopback"),
        ("64:ff9b::a9fe:a9fe", "NAT64 of the metadata address"),
        ("64:ff9b:1::1", "NAT64 for local use"),
        ("2002:7f00:1::", "6to4 of loopback"),
        ("2001:0:7f00:1::", "Teredo"),
        ("::127.0.0.1", "version 4 in version 6, the old way"),
        ("::ffff:127.0.0.1", "version 4 mapped"),
        ("::ffff:169.254.169.254", "the metadata address, mapped"),
        ("::ffff:0:127.0.0.1", "version 4 translated"),
        ("::ffff:10.0.0.1", "a private address, mapped"),
        ("fec0::1", "site-local, given up in 2004 and still counted as global"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback has sixteen million addresses"),
        ("0.0.0.0", "this host"),
        ("::", "this host"),
        ("::1", "loopback"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("169.254.169.254", "metadata of clouds"),
        ("fe80::1", "link-local"),
        ("fd00:ec2::254", "metadata of clouds, version 6"),
        ("192.0.2.1", "documentation"),
        ("198.18.0.1", "benchmarks"),
        ("192.88.99.1", "6to4 relays"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation, the newer one"),
        ("5f00::1", "segment routing"),
        ("4000::1", "not given out"),
    ],
)
def test_an_address_that_is_not_one_host_on_the_open_internet_is_refused(address: str, what: str) -> None:
    assert not is_public(ip_address(address)), what


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_V6, "8.8.8.8", "::ffff:8.8.8.8", "100.63.255.255", "172.32.0.1"])
def test_a_host_on_the_open_internet_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "port"), [("https://shop.example/hook", 443), ("https://shop.example:8443/hook?a=1", 8443)]
)
def test_a_public_https_address_is_allowed(url: str, port: int) -> None:
    target = target_of(url)
    assert (target.port, refusal(target, [PUBLIC, PUBLIC_V6], ())) == (port, None)


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    refused = refusal(target_of("https://shop.example/"), [PUBLIC, "10.0.0.7"], ())
    assert refused
    assert "10.0.0.7" not in refused, "an outsider learns nothing about our network"


@pytest.mark.parametrize("url", ["http://shop.example/", "https://shop.example:22/", "https://shop.example:80/"])
def test_other_schemes_and_ports_are_refused_also_on_public_hosts(url: str) -> None:
    assert refusal(target_of(url), [PUBLIC], ())


def test_a_port_of_nought_is_not_taken_for_the_usual_one() -> None:
    assert refusal(target_of("https://shop.example:0/"), [PUBLIC], ())


def test_a_name_that_does_not_resolve_is_refused() -> None:
    assert refusal(target_of("https://nowhere.example/"), [], ())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example/",
        "https://",
        "https:///hook",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "javascript:alert(1)",
        "https://user@shop.example/",
        "https://user:secret@shop.example/",
        "https://@shop.example/",
        "https://shop.example@10.0.0.1/",
        "https://shop.example:443\\@10.0.0.1/",
        "https://shop.example\\.evil.example/",
        "https://shop.example/\r\nX-Header: 1",
        "https://shop.example\r\n/",
        "https://shop.example/a b",
        "https://shop.example/\x00",
        "https://shop.example/\x7f",
        "https://shop.example/é",
        "https://127。0。0。1/",
        "https://127\uff0e0\uff0e0\uff0e1/",
        "https://①②⑦.0.0.1/",
        "https://loc\u00adalhost/",
        "https://%31%32%37.0.0.1/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://shop.example:99999/",
        "https://shop.example:abc/",
    ],
)
def test_what_is_no_plain_url_is_refused_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        target_of(url)


def test_an_operator_may_allow_a_network_of_its_own() -> None:
    own = networks("10.1.0.0/16, fd12::/16")
    target = target_of("http://erp.internal:8080/hook")
    assert refusal(target, ["10.1.2.3"], own) is None
    assert refusal(target, ["::ffff:10.1.2.3"], own) is None
    assert refusal(target, ["10.2.0.1"], own)
    assert refusal(target, ["10.1.2.3", "10.2.0.1"], own), "half in, half out is out"


def test_no_network_is_allowed_by_itself() -> None:
    assert networks("") == ()
    with pytest.raises(ValueError, match="does not appear"):
        networks("the office")
