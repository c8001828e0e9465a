"""Contract 10.13: which box is told its ACS in which dialect, by what it says of its make."""

from pathlib import Path

import pytest

from gatekeeper.wire.acs import show
from gatekeeper.wire.dhcp import decode
from tests.engine.bench import CONFIG
from tests.reply.test_dhcp_reply import Counter, codes

CLASSES = """
[[acs.class]]
exact = "SCITV"
url = "http://exact.example.net/"

[[acs.class]]
match = "SCITV"
encoding = "plain"
url = "http://plain.example.net/"

[[acs.class]]
match = "dslforum.org"
encoding = "option125"

[[acs.class]]
match = "quiet"
force = false

[[acs.class]]
match = "spelled"
encoding = "hex"
hex = "010161"

[dhcp]
"""
WITH_CLASSES = CONFIG.replace("\n[dhcp]\n", CLASSES, 1)
DSLFORUM = bytes.fromhex("00000de90c64736c666f72756d2e6f7267")
USUAL = "url=http://itms.example.net:7547/acs provisioning_code=SC.IPTV.01"


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    """Five classes beside [acs]."""
    return Counter(tmp_path, WITH_CLASSES)


@pytest.mark.parametrize(
    ("make", "code", "encoding", "text"),
    [
        ({}, 43, "tr069", USUAL),
        ({60: b"other"}, 43, "tr069", USUAL),
        ({60: b""}, 43, "tr069", USUAL),
        ({60: b"scitv"}, 43, "tr069", USUAL),  # small letters are another make
        ({60: b"SCITV"}, 43, "tr069", "url=http://exact.example.net/ provisioning_code=SC.IPTV.01"),
        ({60: b"SCITV\0"}, 43, "tr069", "url=http://exact.example.net/ provisioning_code=SC.IPTV.01"),  # RFC 2132 2
        ({60: b"B860 SCITV 2"}, 43, "plain", "http://plain.example.net/"),
        ({60: b"eRouter1.0 dslforum.org"}, 125, "option125", USUAL),
        ({124: DSLFORUM}, 125, "option125", USUAL),  # TR-069: or in option 124
        ({60: b"other", 124: DSLFORUM}, 125, "option125", USUAL),
        ({60: b"other", 124: DSLFORUM[:-1]}, 43, "tr069", USUAL),  # cut: it names no make
        ({60: b"SCITV and dslforum.org"}, 43, "plain", "http://plain.example.net/"),  # the first that fits
        ({60: b"spelled"}, 43, "hex", "url=a"),
    ],
)
def test_the_first_class_that_fits_has_the_say(
    counter: Counter, make: dict[int, bytes], code: int, encoding: str, text: str
) -> None:
    """exact: the whole of option 60, or the data of an enterprise in 124; match: a part of it (RFC 3925 3)."""
    for _ in range(2):  # compiled, and from what was compiled
        reply = counter.grant(options={55: b"\x01", **make})
        assert codes(reply) == [53, 54, 51, 1, code]
        assert show(encoding, decode(reply).options[code]) == text


@pytest.mark.parametrize(("asked", "sent"), [(b"\x01", False), (b"\x2b", True)])
def test_a_class_may_leave_it_to_the_box_to_ask(counter: Counter, asked: bytes, sent: bool) -> None:
    """force = false in the class, true in [acs]."""
    assert (43 in codes(counter.grant(options={55: asked, 60: b"quiet"}))) is sent


@pytest.mark.parametrize(
    ("make", "code", "encoding", "text"),
    [
        ({}, 43, "tr069", "url=http://order.example.net/ provisioning_code=SC.IPTV.01"),
        ({60: b"x SCITV"}, 43, "plain", "http://order.example.net/"),
        ({60: b"dslforum.org"}, 125, "option125", "url=http://order.example.net/ provisioning_code=SC.IPTV.01"),
        ({60: b"spelled"}, 43, "tr069", "url=http://order.example.net/ provisioning_code=SC.IPTV.01"),
    ],
)
def test_an_orders_own_url_goes_into_the_dialect_of_the_class(
    counter: Counter, make: dict[int, bytes], code: int, encoding: str, text: str
) -> None:
    """Octets that were spelled out cannot take it in: TR-069 then."""
    reply = counter.grant(options={55: b"\x01", **make}, acs="http://order.example.net/")
    assert show(encoding, decode(reply).options[code]) == text


def test_an_orders_url_that_is_too_long_with_the_rest_goes_alone(counter: Counter) -> None:
    """Its length is bounded by what one option holds."""
    url = "http://order.example.net/" + "a" * 220
    assert decode(counter.grant(acs=url)).options[43] == b"\x01" + bytes((len(url),)) + url.encode()


def test_makes_that_nobody_has_heard_of_are_not_remembered_without_end(counter: Counter) -> None:
    """Design 5.11: everything bounded."""
    for number in range(5000):
        counter.grant(options={55: b"\x01", 60: number.to_bytes(4, "big")})
    assert max(map(len, (counter.replies.kinds._known, counter.replies._compiled))) <= 4096
    assert len(counter.replies._compiled) == 1
