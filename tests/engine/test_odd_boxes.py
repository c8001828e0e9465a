"""What boxes send beside the textbook, and what they may not have by sending it (RFC 2131, 2132 and their kin)."""

from pathlib import Path

import pytest

from gatekeeper.model import Destination, Via
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire.dhcp import DhcpMessage
from gatekeeper.wire.dhcp_header import OPTIONS
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FAR,
    FIRST,
    OTHER,
    RELAYED,
    Bench,
    discover,
    inform,
    selecting,
    told,
)

OFFERED = ("DHCPOFFER", "")
FAR_ADDRESS, FOR_EVER = 0x0A1E000A, b"\xff\xff\xff\xff"


def offered(bench: Bench, options: dict[int, bytes]) -> DhcpMessage:
    """The OFFER to a DISCOVER with these options."""
    outcome = bench.hear(discover(options=options))
    assert told(outcome) == OFFERED
    return dhcp_wire.decode(outcome.answer)


@pytest.mark.rfc(2131, "4.1")
def test_a_message_without_end_and_with_pads_is_served(bench: Bench) -> None:
    """Clients forget END, and pad where they like (RFC 2132 3.1)."""
    bench.install()
    head, options = discover()[:OPTIONS], discover()[OPTIONS:]
    kind = options[:3]
    assert told(bench.hear(head + b"\0\0" + kind + b"\0")) == OFFERED
    assert told(bench.hear(head + kind)) == OFFERED


@pytest.mark.rfc(2132, "3.14")
def test_an_empty_host_name_is_no_reason_to_be_silent(bench: Bench) -> None:
    """Length 1 at least, says the RFC; some boxes have none to tell."""
    bench.install()
    assert 12 not in offered(bench, {12: b""}).options


@pytest.mark.rfc(2132, "2")
def test_a_trailing_nul_does_not_change_the_make_of_a_box(tmp_path: Path) -> None:
    """Receivers must be prepared to delete it; nor does the box have to send one."""
    bench = Bench(tmp_path, CONFIG + '\n[[acs.class]]\nexact = "SCITV"\nurl = "http://sichuan.example.net/"\n')
    bench.install()
    for make in (b"SCITV", b"SCITV\0"):
        assert b"http://sichuan.example.net/" in offered(bench, {60: make}).options[43]
    assert b"http://sichuan.example.net/" not in offered(bench, {60: b"SCITV2"}).options[43]


@pytest.mark.rfc(2131, "3.3")
@pytest.mark.parametrize("asked", [FOR_EVER, b"\0\0\0\0", b"\0\0\0\x3c", b"\0"])
def test_a_box_does_not_choose_its_lease_time(bench: Bench, asked: bytes) -> None:
    """Infinity least of all: option 51 of a request is a wish (RFC 2132 9.2), and a pool outlives no eternal lease."""
    bench.install()
    assert offered(bench, {51: asked}).options[51] == (3600).to_bytes(4, "big")
    ack = bench.hear(selecting(BOX, FIRST, options={51: asked}))
    assert dhcp_wire.decode(ack.answer).options[51] == (3600).to_bytes(4, "big")
    lease = bench.store.facts([BOX])[BOX].lease
    assert lease and lease.expires_at - lease.last_seen == 3600


@pytest.mark.rfc(3011, "2")
@pytest.mark.parametrize(("agent", "address"), [(b"", FIRST), (b"\x05\x04\x0a\x1e\x00\x00", FAR_ADDRESS)])
def test_a_box_does_not_choose_its_subnet_but_its_relay_does(bench: Bench, agent: bytes, address: int) -> None:
    """Option 118 is honoured only where a server allows it, and comes back only then; RFC 3527 stands above it."""
    bench.install()
    outcome = bench.hear(discover(options={118: FAR.to_bytes(4, "big")}, agent=agent))
    assert outcome.verdict.address == address
    assert 118 not in dhcp_wire.decode(outcome.answer).options


@pytest.mark.rfc(2131, "4.2")
def test_the_whitelist_is_asked_for_chaddr_and_not_for_the_client_identifier(bench: Bench) -> None:
    """A box can send any client identifier: a stranger with an installed box's stays one, and an installed box is let
    in whatever it says of itself."""
    bench.install()
    assert told(bench.hear(discover(OTHER, {61: b"\x01" + BOX}))) == ("silent", "UNKNOWN_MAC")
    assert told(bench.hear(discover(BOX, {61: b"\x01" + OTHER}))) == OFFERED


@pytest.mark.rfc(3203, "2")
def test_a_forcerenew_is_neither_served_nor_sent(bench: Bench) -> None:
    """Type 9 must be authenticated, and the nonce that a box offers for it (RFC 6704, option 145) is not taken up."""
    bench.install()
    assert told(bench.hear(dhcp_wire.encode(dhcp_wire.message(9, BOX, 1, ciaddr=FIRST)))) == ("silent", "UNSUPPORTED")
    ack = bench.hear(selecting(BOX, FIRST, options={145: b"\x01"}))
    assert (told(ack), 90 in dhcp_wire.decode(ack.answer).options) == (("DHCPACK", ""), False)


@pytest.mark.rfc(3118, "2")
@pytest.mark.rfc(4702, "3")
@pytest.mark.parametrize("option", [{90: bytes(11)}, {90: b""}, {81: b"\x01\x00\x00\x03box"}, {81: b""}])
def test_what_we_do_not_serve_does_no_harm_and_does_not_come_back(bench: Bench, option: dict[int, bytes]) -> None:
    """Authentication and names for the DNS."""
    bench.install()
    assert not offered(bench, option).options.keys() & option.keys()


@pytest.mark.rfc(2131, "4.3.5")
@pytest.mark.parametrize("flags", [0, 0x8000])
@pytest.mark.parametrize(("via", "mac"), [(DIRECT, BOX), (RELAYED, b"")])
def test_an_inform_without_ciaddr_is_answered_where_it_came_from(
    bench: Bench, via: Via, mac: bytes, flags: int
) -> None:
    """The box has an address, it only does not say so. Without any it is silence: there is nobody to send to."""
    bench.install()
    sent = inform(BOX, 0, flags=flags)
    outcome = bench.hear(sent, via, source=FIRST + 9)
    assert (told(outcome), outcome.to) == (("DHCPACK", ""), Destination(FIRST + 9, 68, mac))
    assert told(bench.hear(sent, via)) == ("silent", "UNSUPPORTED")
