"""Addresses that orders name: whose they may not be, what means "any", and what is outside every subnet."""

from pathlib import Path

import pytest

from gatekeeper.book import Policybook
from gatekeeper.model import Reason
from gatekeeper.policy.order_addresses import AddressRules, OrderedAddress, address_rules, ordered_address
from gatekeeper.policy.order_fields import OrderRefused
from gatekeeper.wire.text import parse_ip
from tests.config.book import load_text

TEXT = """
[dhcp]
listen = ["192.0.2.40:67"]
server_id = "10.20.0.2"
[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.0-10.20.1.250"]
routers = ["10.20.0.1", "10.20.0.9"]
[[dhcp.subnet]]
network = "10.30.0.0/24"
server = "10.30.0.2"
options = { 121 = ["0.0.0.0/0 10.30.0.1", "10.99.0.0/24 10.30.0.7"], 33 = ["10.9.0.0 10.30.0.8"] }
[radius]
listen_auth = ["192.0.2.41:1812"]
listen_acct = ["192.0.2.42:1813"]
[api]
listen = "192.0.2.43:8067"
[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.1"
secret = "a long random one"
"""


def _book(folder: Path, text: str = TEXT) -> Policybook:
    return load_text(folder, text).book


@pytest.fixture
def rules(tmp_path: Path) -> AddressRules:
    return address_rules(_book(tmp_path))


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("10.20.0.1", "the router of 10.20.0.0/16"),
        ("10.20.0.9", "the router of 10.20.0.0/16"),
        ("10.30.0.1", "the router of 10.30.0.0/24"),
        ("10.30.0.7", "the router of 10.30.0.0/24"),
        ("10.30.0.8", "the router of 10.30.0.0/24"),
        ("10.20.0.2", "our own address"),
        ("10.30.0.2", "our own address"),
        ("192.0.2.40", "our own address"),
        ("192.0.2.41", "our own address"),
        ("192.0.2.42", "our own address"),
        ("192.0.2.43", "our own address"),
        ("10.20.0.0", "the network address of 10.20.0.0/16"),
        ("10.20.255.255", "the broadcast address of 10.20.0.0/16"),
        ("10.30.0.255", "the broadcast address of 10.30.0.0/24"),
        ("224.0.0.1", "a multicast address"),
        ("239.255.255.255", "a multicast address"),
        ("127.0.0.1", "a loopback address"),
        ("0.0.0.1", "of 0.0.0.0/8"),
        ("240.0.0.1", "of 240.0.0.0/4"),
        ("255.255.255.253", "of 240.0.0.0/4"),
    ],
)
def test_what_no_box_may_have_is_refused_by_what_it_is(rules: AddressRules, address: str, what: str) -> None:
    """An order that slipped a row would take a whole link down (immortalwrt/immortalwrt#2184)."""
    with pytest.raises(OrderRefused) as refused:
        ordered_address(parse_ip(address), rules)
    assert refused.value.reason is Reason.BAD_FIELD
    assert refused.value.detail.startswith(f"address {address} is {what}")


@pytest.mark.parametrize("address", ["10.20.0.3", "10.20.1.0", "10.20.1.255"])
def test_any_other_address_of_a_subnet_is_taken(rules: AddressRules, address: str) -> None:
    """.0 and .255 inside of a /16 are boxes'."""
    assert ordered_address(parse_ip(address), rules) == OrderedAddress(parse_ip(address), False, "")


@pytest.mark.parametrize("address", ["255.255.255.254", "255.255.255.255"])
def test_rfc2865_5_8_any_address_is_none(rules: AddressRules, address: str) -> None:
    """As users files of FreeRADIUS have it."""
    asked = ordered_address(parse_ip(address), rules)
    assert (asked.address, asked.any_) == (0, True)
    assert asked.note == f"{address} means any address (RFC 2865 5.8): none is ordered"


def test_an_address_outside_every_subnet_is_remarked_on_or_refused(tmp_path: Path, rules: AddressRules) -> None:
    """[orders] address. A gate without DHCP knows of no subnets, and says nothing."""
    far = parse_ip("10.99.0.5")
    assert ordered_address(far, rules) == OrderedAddress(
        far, False, "10.99.0.5 is in no [[dhcp.subnet]]: DHCP never gives it"
    )
    strict = address_rules(_book(tmp_path, TEXT + '[orders]\naddress = "strict"\n'))
    with pytest.raises(OrderRefused, match=r"address 10\.99\.0\.5 is in no \[\[dhcp\.subnet\]\]"):
        ordered_address(far, strict)
    assert ordered_address(parse_ip("10.20.1.7"), strict).address
    alone = address_rules(_book(tmp_path, TEXT[TEXT.index("[radius]") :] + '[orders]\naddress = "strict"\n'))
    assert ordered_address(far, alone) == OrderedAddress(far, False, "")


def test_no_address_is_none(rules: AddressRules) -> None:
    assert ordered_address(0, rules) == OrderedAddress(0, False, "")
