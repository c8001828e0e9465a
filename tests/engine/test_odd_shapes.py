"""Messages of a shape that servers have fallen over: what is of another length than its type, nested without end, or
says twice what may be said once. Elsewhere: Kea ended on some options of a unicast without a subnet (CVE-2025-40779),
FreeBSD's dhclient on pointers in option 119 (CVE-2020-7461)."""

from collections.abc import Callable

import pytest

from gatekeeper.wire.dhcp import BROADCAST, decode
from gatekeeper.wire.radius import attribute
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    DIRECT,
    FAR,
    FIRST,
    GIADDR,
    SERVER,
    Bench,
    access_request,
    circuit,
    discover,
    inform,
    init_reboot,
    renewing,
    selecting,
    told,
)

LONGER = FIRST.to_bytes(4, "big") + b"\x00"


@pytest.mark.rfc(2132, "2-9")
@pytest.mark.parametrize("tail", [b"\x00", bytes(4), bytes(60)], ids=["5", "8", "64"])
def test_an_address_that_is_longer_than_one_is_none(bench: Bench, tail: bytes) -> None:
    """9.1, 9.7: the length is 4. No part of it is read, and it is said that it was not."""
    bench.install()
    own = bench.bind().to_bytes(4, "big") + tail
    wish = bench.hear(discover(options={50: (FIRST + 2).to_bytes(4, "big") + tail}))
    assert (wish.reply, wish.verdict.address) == ("DHCPOFFER", FIRST)
    assert wish.verdict.seen == f"option 50 has {4 + len(tail)} octets, not 4"
    reboot = bench.hear(init_reboot(BOX, 0).replace(b"\x32\x04" + bytes(4), bytes((50, len(own))) + own))
    assert told(reboot) == ("silent", "UNSUPPORTED")
    server = SERVER.to_bytes(4, "big") + tail
    for options in ({54: server}, {54: server, 50: own}):
        assert bench.hear(discover(options=options).replace(b"\x35\x01\x01", b"\x35\x01\x03")).reply == ""


@pytest.mark.parametrize("size", [0, 1, 3, 4, 255])
def test_a_size_of_another_length_is_none(bench: Bench, size: int) -> None:
    """RFC 2132 9.10: two octets; the default of 576 is then what the box takes."""
    bench.install()
    offer = bench.hear(discover(options={57: b"\xff" * size, 51: b"\xff" * size}, agent=circuit("x" * 200)))
    assert offer.reply == "DHCPOFFER"
    assert len(offer.answer) <= 576 - 28


def _nested(code: int, depth: int) -> bytes:
    """A value within a value within a value."""
    value = b""
    for _ in range(depth):
        value = bytes((code, len(value))) + value
    return value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (125, b"".join((3561 + at).to_bytes(4, "big") + bytes((120,)) + _nested(1, 60) for at in range(8))),
        (125, b"\x00\x00\x0d\xe9\xff" + _nested(125, 100)),
        (124, b"\x00\x00\x0d\xe9\xff" + _nested(1, 100)),
        (82, _nested(82, 120)),
        (82, _nested(9, 120) + b"\x01\xff"),
        (43, _nested(43, 127)),
        (77, _nested(1, 120)),
    ],
    ids=["125 in 125", "125 that lies", "124 that lies", "82 in 82", "82 in 82 that lies", "43 in 43", "77 in 77"],
)
def test_options_that_are_nested_without_end_cost_the_box_nothing(bench: Bench, code: int, value: bytes) -> None:
    """RFC 3925 4, RFC 3046 2.0: two levels mean something, and no more of them are looked at. It is served."""
    bench.install()
    offer = bench.hear(discover(options={57: b"\x05\xdc", code: value}))
    assert told(offer) == ("DHCPOFFER", "")
    assert decode(offer.answer).options.get(82, b"") == (value if code == 82 else b"")


@pytest.mark.parametrize("flags", [0, BROADCAST])
def test_a_relayed_nak_has_the_broadcast_flag(bench: Bench, flags: int) -> None:
    """RFC 2131 4.3.2: "the server MUST set the broadcast bit", so that the relay does not send to an address which the
    box must not use."""
    bench.install()
    nak = bench.hear(init_reboot(BOX, FAR, flags=flags))
    assert (nak.reply, decode(nak.answer).flags) == ("DHCPNAK", BROADCAST)
    assert nak.to is not None and nak.to.address == GIADDR


@pytest.mark.parametrize(
    ("make", "field", "at"),
    [
        (lambda odd: discover(giaddr=odd), "giaddr", 24),
        (lambda odd: renewing(BOX, odd), "ciaddr", 12),
        (lambda odd: selecting(BOX, FIRST, ciaddr=odd), "ciaddr", 12),
    ],
    ids=["giaddr", "a renewal's ciaddr", "ciaddr"],
)
@pytest.mark.parametrize(
    ("odd", "what"),
    [
        ("0.0.0.9", "of 0.0.0.0/8"),
        ("127.0.0.1", "a loopback address"),
        ("224.0.0.1", "a multicast address"),
        ("239.255.255.250", "a multicast address"),
        ("240.0.0.1", "of 240.0.0.0/4"),
        ("255.255.255.255", "of 240.0.0.0/4"),
        ("10.20.255.255", "the broadcast address of 10.20.0.0/16"),
        ("10.20.0.0", "the network address of 10.20.0.0/16"),
        ("10.30.0.255", "the broadcast address of 10.30.0.0/24"),
    ],
)
def test_an_address_that_no_answer_may_go_to_makes_a_message_malformed(
    bench: Bench, make: Callable[[int], bytes], field: str, at: int, odd: str, what: str
) -> None:
    """RFC 1122 3.2.1.3. An ordered box's message would make us send to everybody, or to ourselves."""
    bench.install()
    outcome = bench.hear(make(parse_ip(odd)), source=GIADDR)
    assert (told(outcome), outcome.to) == (("silent", "MALFORMED"), None)
    assert outcome.verdict.seen.startswith(f"{field} {odd} is {what}")
    assert f" at octet {at}" in outcome.verdict.seen


@pytest.mark.parametrize("source", ["127.0.0.1", "224.0.0.1", "255.255.255.255", "10.20.255.255", "10.20.0.0"])
def test_an_inform_is_not_answered_at_an_address_of_many(bench: Bench, source: str) -> None:
    """RFC 2131 4.3.5: without ciaddr it is answered where it came from."""
    bench.install()
    outcome = bench.hear(inform(BOX, 0), DIRECT, source=parse_ip(source))
    assert (told(outcome), outcome.to) == (("silent", "UNSUPPORTED"), None)
    assert bench.hear(inform(BOX, 0), DIRECT, source=FIRST).to is not None


NAME, OTHERS = b"d4c1c8ee9b1f", b"d4c1c8000002"


@pytest.mark.parametrize(
    ("again", "why"),
    [
        (attribute(1, OTHERS), "User-Name twice"),
        (attribute(1, NAME), "User-Name twice"),
        (attribute(2, bytes(16)), "User-Password twice"),
        (attribute(31, OTHERS) + attribute(31, NAME), "Calling-Station-Id twice"),
        (attribute(87, b"e1") + attribute(87, b"e2"), "NAS-Port-Id twice"),
    ],
)
def test_a_request_that_says_twice_who_it_is_is_refused(bench: Bench, again: bytes, why: str) -> None:
    """RFC 2865 5.44: which one is meant? FreeRADIUS takes the first, others the last."""
    bench.install()
    assert bench.ask(access_request()).reply == "Access-Accept"
    refused = bench.ask(access_request(extra=again), port=40002)
    assert told(refused) == ("silent", "MALFORMED")
    assert refused.verdict.seen.startswith(why)
