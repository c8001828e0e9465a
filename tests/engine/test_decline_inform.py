"""RFC 2131 4.3.3 DHCPDECLINE and 4.3.5 DHCPINFORM; RFC 4039 rapid commit."""

from pathlib import Path

import pytest

from gatekeeper.model import Destination, Reason
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    CONFIG,
    FAR,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    Bench,
    decline,
    discover,
    inform,
    init_reboot,
    renewing,
    selecting,
    told,
)


def _leases(bench: Bench, now: int = NOW) -> dict[str, tuple[object, object]]:
    return {str(row["address"]): (row["mac"], row["state"]) for row in bench.store.view("leases", now)}


def test_4_3_3_a_declined_address_goes_to_nobody_for_its_quarantine(bench: Bench) -> None:
    """No reply; the box itself and another one get other addresses, also after a restart."""
    bench.install()
    bench.install(OTHER, "B")
    address = bench.bind()
    outcome = bench.hear(decline(BOX, address))
    assert (told(outcome), outcome.answer, outcome.durable) == (("silent", ""), b"", True)
    assert _leases(bench) == {"10.20.1.0": (BOX.hex(":"), "declined")}
    bench.start()
    assert bench.bind() == FIRST + 1
    assert bench.bind(OTHER) == FIRST + 2
    assert _leases(bench, NOW + 3601)["10.20.1.0"] == (BOX.hex(":"), "expired")
    assert bench.book.quarantine_s == 3600
    taken = [bench.world.pools.choose(0, bytes((2, 0, 0, 0, 0, at)), (), NOW + 3599) for at in range(1)]
    assert taken == [FIRST + 3]


def test_a_declined_address_returns_after_its_quarantine(bench: Bench) -> None:
    """The last address of a full pool is the one that was declined."""
    for at in range(4):
        bench.install(bytes((2, 0, 0, 0, 0, at)), f"N{at}")
    declined = bench.bind(bytes((2, 0, 0, 0, 0, 0)))
    bench.hear(decline(bytes((2, 0, 0, 0, 0, 0)), declined))
    held = [bench.bind(bytes((2, 0, 0, 0, 0, at)), now=NOW + 10) for at in range(1, 4)]
    assert sorted(held) == [FIRST + 1, FIRST + 2, FIRST + 3]
    last = bytes((2, 0, 0, 0, 0, 0))
    assert told(bench.hear(discover(last), now=NOW + 3599)) == ("silent", "POOL_EXHAUSTED")
    assert bench.bind(last, now=NOW + 3601) == declined


def test_an_offered_address_can_be_declined_before_it_is_bound(bench: Bench) -> None:
    """A box may probe the offer (RFC 2131 4.4.1)."""
    bench.install()
    address = bench.hear(discover()).verdict.address
    assert bench.hear(decline(BOX, address)).durable
    assert bench.hear(discover()).verdict.address == address + 1


def test_nobody_declines_what_is_not_his(bench: Bench) -> None:
    """Else a box could empty the pool by words: another's address, a free one, another server's."""
    bench.install()
    bench.install(OTHER, "B")
    address = bench.bind()
    assert told(bench.hear(decline(OTHER, address))) == ("silent", "NO_LEASE")
    assert told(bench.hear(decline(BOX, address + 2))) == ("silent", "NO_LEASE")
    assert told(bench.hear(decline(BOX, address, server=address))) == ("silent", "OTHER_SERVER")
    assert _leases(bench) == {"10.20.1.0": (BOX.hex(":"), "active")}


def test_a_box_whose_lease_is_over_cannot_decline_the_address_of_the_next(bench: Bench) -> None:
    """RFC 2131 4.3.3 is about what the box was given; the one who has it now would be put off by a NAK."""
    late = NOW + 3600
    bench.install()
    bench.install(OTHER, "B")
    address = bench.bind()
    assert told(bench.hear(selecting(OTHER, address), now=late)) == ("DHCPACK", "")
    assert told(bench.hear(decline(BOX, address), now=late)) == ("silent", "NO_LEASE")
    assert told(bench.hear(renewing(OTHER, address), now=late + 1)) == ("DHCPACK", "")


def test_a_declined_lease_is_neither_renewed_nor_confirmed(bench: Bench) -> None:
    """The box has no record any more: its INIT-REBOOT is silence, its renewal of the address a NAK."""
    bench.install()
    address = bench.bind()
    bench.hear(decline(BOX, address))
    assert told(bench.hear(init_reboot(BOX, address))) == ("silent", "NO_LEASE")
    assert told(bench.hear(renewing(BOX, address))) == ("DHCPNAK", "WRONG_ADDRESS")


def test_4_3_5_an_inform_is_answered_without_address_and_lease_time(bench: Bench) -> None:
    """Unicast to ciaddr; options as asked, nothing written."""
    bench.install()
    address = FIRST + 99
    outcome = bench.hear(inform(BOX, address))
    reply = dhcp_wire.decode(outcome.answer)
    assert told(outcome) == ("DHCPACK", "")
    assert outcome.to == Destination(address, 68)
    assert (reply.kind, reply.yiaddr, reply.ciaddr) == (dhcp_wire.ACK, 0, address)
    assert 51 not in reply.options and {1, 3, 6, 42, 43, 54} <= reply.options.keys()
    assert (outcome.durable, outcome.effects) == (False, ())


@pytest.mark.rfc(2131, "4.3.5")
@pytest.mark.parametrize(
    ("header", "routers"),
    [
        ({}, "10.30.0.1"),
        ({"giaddr": GIADDR}, "10.20.0.1"),
        ({"ciaddr": 0xC0A80105}, "10.20.0.1"),
    ],
    ids=["routed", "relayed", "an address of no subnet"],
)
def test_4_3_5_an_inform_by_unicast_is_told_what_its_own_subnet_has(
    bench: Bench, header: dict[str, int], routers: str
) -> None:
    """It comes past the relay as a renewal does, so ciaddr says where the box is; a relay knows it better."""
    bench.install()
    outcome = bench.hear(inform(BOX, FAR + 9, **header))
    assert told(outcome) == ("DHCPACK", "")
    assert dhcp_wire.decode(outcome.answer).options[3] == parse_ip(routers).to_bytes(4, "big")


@pytest.mark.rfc(2131, "4.3.5")
@pytest.mark.parametrize("agent", [b"", bytes((19, 0))], ids=["plain", "RFC 8357 source port"])
def test_4_3_5_an_inform_is_answered_at_ciaddr_also_where_a_relay_passed_it_on(bench: Bench, agent: bytes) -> None:
    """The relay could not: its answer has no yiaddr. Without ciaddr it goes to the relay, to be broadcast."""
    bench.install()
    direct = bench.hear(inform(BOX, FIRST, giaddr=GIADDR, agent=agent))
    assert direct.to == Destination(FIRST, 68)
    assert dhcp_wire.decode(direct.answer).flags == 0
    broken = bench.hear(inform(BOX, 0, giaddr=GIADDR))
    assert broken.to == Destination(GIADDR, 67)
    assert dhcp_wire.decode(broken.answer).flags == 0x8000


def test_an_inform_of_an_unknown_box_is_silence(bench: Bench) -> None:
    assert told(bench.hear(inform(BOX, FIRST))) == ("silent", Reason.UNKNOWN_MAC)


def test_rfc_4039_rapid_commit_is_off_by_default_and_an_ack_at_once_where_it_is_on(tmp_path: Path) -> None:
    """3.1: option 80 in the DISCOVER and in the ACK; the lease is committed, and the box's REQUEST still works."""
    off, on = (tmp_path / name for name in ("off", "on"))
    off.mkdir()
    on.mkdir()
    plain = Bench(off)
    plain.install()
    offer = plain.hear(discover(options={80: b""}))
    assert told(offer) == ("DHCPOFFER", "") and 80 not in dhcp_wire.decode(offer.answer).options
    rapid = Bench(on, CONFIG.replace("[dhcp]\n", "[dhcp]\nrapid_commit = true\n"))
    rapid.install()
    ack = rapid.hear(discover(options={80: b""}))
    reply = dhcp_wire.decode(ack.answer)
    assert (told(ack), ack.durable, reply.yiaddr, reply.options[80]) == (("DHCPACK", ""), True, FIRST, b"")
    assert _leases(rapid) == {"10.20.1.0": (BOX.hex(":"), "active")}
    assert told(rapid.hear(discover())) == ("DHCPOFFER", "")
    assert told(rapid.hear(selecting(BOX, FIRST))) == ("DHCPACK", "")
    assert told(rapid.hear(discover(OTHER, options={80: b""}))) == ("silent", "UNKNOWN_MAC")


def test_rfc_2563_a_refused_box_that_asks_is_told_not_to_make_up_an_address(tmp_path: Path) -> None:
    """2.3: an OFFER of 0.0.0.0 with option 116 = 0, only where it is configured, and only to a box that sent 116."""
    off, on = (tmp_path / name for name in ("off", "on"))
    off.mkdir()
    on.mkdir()
    assert told(Bench(off).hear(discover(options={116: b"\x01"}))) == ("silent", "UNKNOWN_MAC")
    bench = Bench(on, CONFIG.replace("[dhcp]\n", "[dhcp]\ndeny_auto_configure = true\n"))
    outcome = bench.hear(discover(options={116: b"\x01"}))
    reply = dhcp_wire.decode(outcome.answer)
    assert told(outcome) == ("DHCPOFFER", "UNKNOWN_MAC")
    assert (reply.yiaddr, reply.options[116], 51 in reply.options) == (0, b"\x00", False)
    assert (outcome.durable, outcome.effects) == (False, ())
    assert told(bench.hear(discover())) == ("silent", "UNKNOWN_MAC")


def test_rfc_8925_option_108_goes_to_those_who_ask_for_it(tmp_path: Path) -> None:
    """3.3: only where configured, only if listed in option 55."""
    bench = Bench(tmp_path, CONFIG.replace("options = { 42", "options = { 108 = 300, 42"))
    bench.install()
    asking = dhcp_wire.decode(bench.hear(discover(options={55: b"\x01\x03\x6c"})).answer)
    silent = dhcp_wire.decode(bench.hear(discover(options={55: b"\x01\x03"})).answer)
    assert asking.options[108] == (300).to_bytes(4, "big") and 108 not in silent.options


def test_a_pool_that_is_nine_tenths_full_is_reported_before_it_is_exhausted(bench: Bench) -> None:
    """The share counts addresses in use; those whose lease has ended are free."""
    for at in range(4):
        bench.install(bytes((2, 0, 0, 0, 0, at)), f"N{at}")
        assert bench.world.pools.nearly_full(NOW, 0.9) == []
        bench.bind(bytes((2, 0, 0, 0, 0, at)))
    assert bench.world.pools.nearly_full(NOW, 0.9) == [(0, 4, 4)]
    assert bench.world.pools.nearly_full(NOW + 3600, 0.9) == []
