"""What DHCP refuses before it asks who the box is: octets, doors, Option 82 from where it must not come."""

from pathlib import Path

import pytest

from gatekeeper.model import Datagram, Outcome, Via
from gatekeeper.wire.dhcp import decode
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FIRST,
    OTHER,
    RELAYED,
    TRUSTED,
    Bench,
    circuit,
    discover,
    init_reboot,
    renewing,
    selecting,
    told,
)

GOOD = discover()
ELSEWHERE = 0xC6336401  # 198.51.100.1


@pytest.mark.parametrize(
    ("what", "data", "reason"),
    [
        ("empty", b"", "MALFORMED"),
        ("cut", GOOD[:239], "MALFORMED"),
        ("BOOTREPLY", b"\x02" + GOOD[1:], "MALFORMED"),
        ("hops 17", GOOD[:3] + b"\x11" + GOOD[4:], "MALFORMED"),
        ("token ring", b"\x01\x06" + GOOD[2:], "UNSUPPORTED"),
        ("hlen 5", b"\x01\x01\x05" + GOOD[3:], "UNSUPPORTED"),
        ("hlen 0", b"\x01\x01\x00" + GOOD[3:], "UNSUPPORTED"),
        ("a server's OFFER", GOOD.replace(b"\x35\x01\x01", b"\x35\x01\x02"), "UNSUPPORTED"),
        ("LEASEQUERY", GOOD.replace(b"\x35\x01\x01", b"\x35\x01\x0a"), "UNSUPPORTED"),
        ("a REQUEST that names nothing", GOOD.replace(b"\x35\x01\x01", b"\x35\x01\x03"), "UNSUPPORTED"),
    ],
)
def test_octets_that_are_no_question_get_no_answer(bench: Bench, what: str, data: bytes, reason: str) -> None:
    """Silence with a reason; the whitelisted box behind it makes no difference."""
    bench.install()
    assert told(bench.hear(data)) == ("silent", reason)


CUT = GOOD[: GOOD.rindex(b"\xff")] + b"\x3c\x40cut"
OVERLOADED = discover(options={52: b"\x03"})
# What stands in sname is a name, as boot clients write it, and no options.
OVERLOADED = OVERLOADED[:44] + b"tftp.example.net".ljust(64, b"\0") + OVERLOADED[108:]


@pytest.mark.parametrize(
    ("what", "data", "mac", "message"),
    [
        ("option 52 claims options where there is a name", OVERLOADED, BOX, "DHCPDISCOVER"),
        ("an option is cut", CUT, BOX, "DHCPDISCOVER"),
        ("the type behind the cut option", GOOD[:240] + b"\x3c\xf0cut", BOX, "DHCP"),
        ("no type: BOOTP (RFC 951)", GOOD[:240] + b"\xff", BOX, "DHCP"),
        ("a type of two octets", GOOD[:240] + b"\x35\x02\x01\x01\xff", BOX, "DHCP"),
        ("a type that nobody knows", GOOD[:240] + b"\x35\x01\x63\xff", BOX, "DHCP"),
        ("another magic cookie", GOOD[:236] + b"\x63\x82\x53\x64" + GOOD[240:], BOX, "DHCP"),
        ("hops 17", GOOD[:3] + b"\x11" + GOOD[4:], BOX, "DHCPDISCOVER"),
        ("the end comes behind chaddr", GOOD[:44], BOX, "DHCP"),
        ("hlen 17", GOOD[:2] + b"\x11" + GOOD[3:], b"", "DHCPDISCOVER"),
        ("cut, and of token ring", b"\x01\x06" + CUT[2:], b"", "DHCPDISCOVER"),
        ("cut, and chaddr is empty", CUT[:28] + bytes(16) + CUT[44:], b"", "DHCPDISCOVER"),
    ],
)
def test_what_is_malformed_behind_a_sound_header_names_box_and_relay(
    bench: Bench, what: str, data: bytes, mac: bytes, message: str
) -> None:
    """As people report it: a refused box that no log names. The relay is giaddr (RFC 2131 4.1), not our own address."""
    outcome = bench.hear(data, source=0xC6336407)
    assert told(outcome) == ("silent", "MALFORMED")
    assert (outcome.mac, outcome.message, outcome.where) == (mac, message, "10.20.0.1")


@pytest.mark.parametrize("data", [b"", GOOD[:43], b"\x02" + GOOD[1:]], ids=["empty", "cut in chaddr", "BOOTREPLY"])
def test_what_has_no_sound_header_names_whoever_sent_it(bench: Bench, data: bytes) -> None:
    """A server's answer has somebody else's chaddr in it, and garbage has nothing."""
    outcome = bench.hear(data, source=0xC6336407)
    assert (outcome.mac, outcome.where, outcome.message) == (b"", RELAYED.name, "DHCP")
    assert outcome.verdict.seen.endswith(", from 198.51.100.7")


def test_a_malformed_lease_query_is_nothing_that_its_box_did(bench: Bench) -> None:
    """RFC 4388 6.1: chaddr is whom it asks about."""
    outcome = bench.hear(CUT.replace(b"\x35\x01\x01", b"\x35\x01\x0a"))
    assert (outcome.mac, outcome.message) == (b"", "DHCPLEASEQUERY")


def test_a_box_that_plays_relay_is_named_with_the_interface_where_it_does(bench: Bench) -> None:
    """The giaddr that it writes is shown, and believed by nobody."""
    outcome = bench.hear(discover(), DIRECT)
    assert (outcome.mac, outcome.where) == (BOX, DIRECT.name)
    assert "giaddr 10.20.0.1 in a broadcast" in outcome.verdict.seen


def test_a_relay_is_not_heard_in_a_broadcast(bench: Bench) -> None:
    """Relays speak by unicast; a giaddr heard on the interface is a box that plays relay."""
    bench.install()
    assert told(bench.hear(discover(), DIRECT)) == ("silent", "MALFORMED")


def test_the_address_that_was_asked_is_the_servers_name(tmp_path: Path) -> None:
    """RFC 2131 4.3.1, of a listener on 0.0.0.0: the offer names it, and the REQUEST that names it is for us."""
    bench = Bench(tmp_path, CONFIG.replace('server_id = "10.20.0.2"\n', ""))
    bench.install()
    asked = Via("0.0.0.0:67", ELSEWHERE, raw=False)
    offer = bench.hear(discover(), asked)
    assert decode(offer.answer).options[54] == ELSEWHERE.to_bytes(4, "big")
    assert told(bench.hear(selecting(BOX, FIRST, server=ELSEWHERE), asked)) == ("DHCPACK", "")
    assert told(bench.hear(selecting(BOX, FIRST, server=ELSEWHERE + 1), asked)) == ("silent", "OTHER_SERVER")


def test_a_frame_whose_source_is_not_its_chaddr_is_forged(bench: Bench) -> None:
    """[dhcp] check_source_mac, on interfaces only: behind a relay the frame is the relay's."""
    bench.install()
    direct = discover(giaddr=0)
    assert told(bench.hear(direct, DIRECT, source_mac=OTHER)) == ("silent", "MAC_SPOOFED")
    assert told(bench.hear(direct, DIRECT, source_mac=BOX)) == ("DHCPOFFER", "")
    assert told(bench.hear(discover(), RELAYED, source_mac=OTHER)) == ("DHCPOFFER", "")


@pytest.mark.parametrize(
    ("via", "expected"), [(DIRECT, ("silent", "UNTRUSTED_OPTION_82")), (TRUSTED, ("DHCPOFFER", ""))]
)
def test_option_82_without_a_relay_is_believed_on_trusted_interfaces(
    bench: Bench, via: Via, expected: tuple[str, str]
) -> None:
    """Contract 10.13; RFC 3046 2.1."""
    bench.install()
    heard = bench.hear(discover(giaddr=0, agent=circuit("ge 1/0/7")), via)
    assert told(heard) == expected


def test_option_82_without_a_relay_is_not_believed_in_a_unicast_from_anywhere(bench: Bench) -> None:
    """Contract 10.13: a box could write the port it wants to be on into its own renewal."""
    bench.install()
    address = bench.bind()
    bench.hear(renewing(BOX, address, agent=circuit("forged 1/1")))
    facts = bench.store.facts([BOX])[BOX]
    assert facts.binding is not None
    assert facts.binding.port_state == "unlearned"


def test_the_server_may_be_named_by_any_of_its_own_addresses(bench: Bench) -> None:
    """RFC 2131 4.3.2: option 54 comes back as the box sent it, else it is the configured one."""
    bench.install()
    assert b"\x36\x04\x0a\x14\x00\x02" in bench.hear(discover()).answer
    nak = bench.hear(init_reboot(BOX, FIRST, giaddr=0x0A1E0001))
    assert (told(nak), b"\x36\x04\x0a\x14\x00\x02" in nak.answer) == (("DHCPNAK", "WRONG_ADDRESS"), True)


def test_a_malformed_datagram_says_where(bench: Bench) -> None:
    """For the log: what was wrong, and at which octet."""
    outcome = bench.dhcp.read(Datagram(b"", 0, 68, RELAYED), 0)
    assert isinstance(outcome, Outcome)
    assert outcome.verdict.seen == "shorter than a DHCP header at octet 0"
