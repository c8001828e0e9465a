"""Addresses that orders fix, and what an order may say about a box's ACS."""

from pathlib import Path

import pytest

from gatekeeper.drivers.memory import look_up, whole_world
from gatekeeper.model import Lease, LeaseBound
from gatekeeper.policy.explain import explain_dhcp, explain_radius
from gatekeeper.policy.orders import Account, Changes
from gatekeeper.wire.dhcp import decode
from gatekeeper.wire.radius import decode as decode_radius
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    THIRD,
    Bench,
    access_request,
    discover,
    init_reboot,
    renewing,
    selecting,
    told,
)

FIXED = 0x0A140909
URL = "http://acs2.example.net/"


def _options(answer: bytes) -> dict[int, bytes]:
    return decode(answer).options


def test_an_ordered_address_is_the_boxs_own_and_nobody_elses(bench: Bench) -> None:
    """Inside the pool and outside it."""
    bench.install(address="10.20.1.0")
    bench.install(OTHER, account="B", address="10.20.9.9")
    bench.install(THIRD, account="C")
    assert (bench.bind(), bench.bind(OTHER), bench.bind(THIRD)) == (FIRST, 0x0A140909, FIRST + 1)


def test_an_account_with_two_boxes_has_one_fixed_address(bench: Bench) -> None:
    """The first box that comes gets it, the second one an address of the pool."""
    bench.install(address="10.20.9.9")
    bench.install(OTHER)
    assert (bench.bind(), bench.bind(OTHER)) == (0x0A140909, FIRST)


def test_a_box_is_moved_to_its_ordered_address(bench: Bench) -> None:
    """Its renewal of the old one gets a NAK."""
    bench.install()
    old = bench.bind()
    bench.order("amend", address="10.20.9.9")
    assert told(bench.hear(renewing(BOX, old), now=NOW + 60)) == ("DHCPNAK", "WRONG_ADDRESS")
    assert bench.bind(now=NOW + 61) == 0x0A140909


@pytest.mark.rfc(2131, "4.3.2")
def test_rfc2131_4_3_2_a_box_with_a_fixed_address_is_told_nak_when_it_selects_another(bench: Bench) -> None:
    """Free in the pool or not: the order says which one is its own. After the NAK it is offered that."""
    bench.install(address="10.20.9.9")
    assert bench.hear(discover()).verdict.address == FIXED
    refused = bench.hear(selecting(BOX, FIRST))
    assert (told(refused), refused.verdict.bound, refused.verdict.seen) == (
        ("DHCPNAK", "WRONG_ADDRESS"),
        "10.20.9.9",
        "10.20.1.0",
    )
    assert bench.bind() == FIXED


@pytest.mark.rfc(2131, "4.3.2")
def test_rfc2131_4_3_2_a_renewal_without_record_is_not_granted_past_the_fixed_address(bench: Bench) -> None:
    """Where nothing is fixed, a lost lease is granted anew."""
    bench.install(address="10.20.9.9")
    assert told(bench.hear(renewing(BOX, FIRST))) == ("DHCPNAK", "WRONG_ADDRESS")
    bench.install(OTHER, account="B")
    assert told(bench.hear(renewing(OTHER, FIRST))) == ("DHCPACK", "")


def test_the_second_box_of_an_account_may_select_from_the_pool_while_the_first_has_the_fixed_address(
    bench: Bench,
) -> None:
    """Two boxes, one address: the other gets what the pool has, also after a restart has forgotten the offer."""
    bench.install(address="10.20.9.9")
    bench.install(OTHER)
    assert bench.bind() == FIXED
    assert bench.hear(discover(OTHER)).verdict.address == FIRST
    bench.start()
    assert told(bench.hear(selecting(OTHER, FIRST))) == ("DHCPACK", "")


@pytest.mark.rfc(2131, "4.3.2")
@pytest.mark.parametrize("heading", [{}, {"ciaddr": FIXED}], ids=["init-reboot", "rebinding"])
def test_rfc2131_4_3_2_a_fixed_address_needs_no_lease_on_record(bench: Bench, heading: dict[str, int]) -> None:
    """The order is the record: who asks for that address is acknowledged, on this net; another one gets a NAK."""
    bench.install(address="10.20.9.9")
    ask = renewing if heading else init_reboot
    ack = bench.hear(ask(BOX, FIXED, giaddr=GIADDR))
    assert (told(ack), ack.verdict.address) == (("DHCPACK", ""), FIXED)
    bench.install(OTHER, account="B", address="10.20.9.10")
    assert told(bench.hear(ask(OTHER, FIRST, giaddr=GIADDR))) == ("DHCPNAK", "WRONG_ADDRESS")


def test_a_fixed_address_that_the_accounts_other_box_holds_is_no_record(bench: Bench) -> None:
    """RFC 2131 4.3.2: no record of this client, so silence; the second box gets an address by DISCOVER."""
    bench.install(address="10.20.9.9")
    bench.install(OTHER)
    assert bench.bind() == FIXED
    assert told(bench.hear(init_reboot(OTHER, FIXED))) == ("silent", "NO_LEASE")


def test_a_fixed_address_survives_a_restart(bench: Bench) -> None:
    """Nobody is given it meanwhile."""
    bench.install(address="10.20.1.0")
    bench.install(OTHER, account="B")
    bench.start()
    assert bench.bind(OTHER) == FIRST + 1


@pytest.mark.parametrize("ask", [init_reboot, renewing])
def test_an_address_fixed_for_another_account_is_not_confirmed_to_its_former_holder(bench: Bench, ask: object) -> None:
    """The lease had ended, so the order was applied; the old box must not squat on it."""
    bench.install()
    bench.install(OTHER, account="B")
    old = bench.bind()
    later = NOW + 7200
    assert bench.order("amend", "B", later, address="10.20.1.0").record.state == "applied"
    assert bench.hear(ask(BOX, old), now=later).reply == "DHCPNAK"  # type: ignore[operator]
    assert bench.bind(OTHER, now=later) == old


def test_an_address_fixed_while_it_is_on_offer_goes_to_its_account(bench: Bench) -> None:
    """The box that was offered it may be acknowledged or not; the two never hold it together."""
    bench.install()
    bench.install(OTHER, account="B")
    bench.hear(discover())
    bench.order("amend", "B", address="10.20.1.0")
    first = bench.hear(selecting(BOX, FIRST)).reply == "DHCPACK"
    second = bench.bind(OTHER) == FIRST
    assert not (first and second)


def test_an_order_may_name_another_acs(bench: Bench) -> None:
    """Contract 2: an order may override url; the other fields stay."""
    bench.install(acs_url=URL)
    option = _options(bench.hear(discover()).answer)[43]
    assert option == bytes((1, len(URL))) + URL.encode() + b"\x02\x0aSC.IPTV.01"


def test_an_orders_acs_is_told_also_where_none_is_configured(tmp_path: Path) -> None:
    """No packet may raise; orders.read does not refuse the field."""
    bench = Bench(tmp_path, CONFIG[CONFIG.index("[dhcp]") :])
    bench.install(acs_url=URL)
    assert URL.encode() in bench.hear(discover()).answer


def test_a_long_url_in_an_order_does_not_silence_the_box(bench: Bench) -> None:
    """The longest one that an order may name fills 255 octets with the provisioning code beside it: it goes alone."""
    url = "http://a.example.net/" + "x" * 225
    bench.install(acs_url=url)
    assert _options(bench.hear(discover()).answer)[43] == b"\x01\xf6" + url.encode()
    assert bench.dhcp.drain_counts() == {("dhcp", "acs-url-alone"): 1}
    bench.order("amend", acs_url=URL)
    bench.hear(discover())
    assert bench.dhcp.drain_counts() == {}


def test_without_acs_no_option_43_is_sent(tmp_path: Path) -> None:
    """Nothing is made up."""
    bench = Bench(tmp_path, CONFIG[CONFIG.index("[dhcp]") :])
    bench.install()
    assert 43 not in _options(bench.hear(discover()).answer)


@pytest.mark.parametrize("kind", ["install", "amend", "move", "rate"])
def test_an_order_with_the_routers_address_is_refused_and_changes_nothing(bench: Bench, kind: str) -> None:
    """Whatever kind of order writes it; what lets the field pass does not look at it."""
    bench.install()
    refused = bench.order(kind, address="10.20.0.1", rate_down_kbps="1")
    assert (refused.record.state, refused.record.reason) == ("refused", "BAD_FIELD")
    assert refused.record.detail == "address 10.20.0.1 is the router of 10.20.0.0/16: no box may have it"
    assert bench.bind() == FIRST
    assert bench.order("suspend", address="10.20.0.1").record.state == "applied"


def test_an_order_of_any_address_takes_the_fixed_one_away(bench: Bench) -> None:
    """RFC 2865 5.8, with a note; the box is told so at its next renewal."""
    bench.install(address="10.20.9.9")
    assert bench.bind() == FIXED
    result = bench.order("amend", address="255.255.255.254")
    assert result.record.state == "applied"
    assert result.note == "255.255.255.254 means any address (RFC 2865 5.8): none is ordered"
    assert result.record.effects.endswith(f"(address 10.20.9.9 -> none); {result.note}")
    binding = bench.store.facts([BOX])[BOX].binding
    assert binding is not None and binding.address == 0


def _ordered_before(bench: Bench, address: int) -> None:
    """As a store of a version that did not look at addresses has it."""
    account = Account("A", address=address)
    with bench.store.order_transaction():
        bench.store.write_changes(Changes(account, ((BOX, ""),), (), ""), NOW)
    bench.start()


@pytest.mark.parametrize("address", ["10.20.0.1", "10.20.0.2", "10.20.0.0", "10.20.255.255"])
def test_what_older_orders_fixed_is_given_to_nobody_where_it_is_no_boxs(bench: Bench, address: str) -> None:
    """DHCP takes one of the pool, RADIUS tells none, and explain says why."""
    _ordered_before(bench, parse_ip(address))
    assert bench.bind() == FIRST
    accept = bench.ask(access_request())
    assert accept.reply == "Access-Accept" and 8 not in decode_radius(accept.answer).attributes
    bras = bench.book.clients[0]
    world = whole_world(bench.book, bench.store)
    look_up(world, bench.store, BOX, None, counts_boxes=False)
    told_by = explain_dhcp(bench.book, world, BOX, None, NOW), explain_radius(bench.book, world, BOX, None, bras, NOW)
    for found in told_by:
        assert f"; the ordered address {address} is " in found.gives


@pytest.mark.parametrize("address", ["255.255.255.254", "224.0.0.1", "127.0.0.1"])
def test_radius_tells_no_older_order_that_names_no_hosts_address(bench: Bench, address: str) -> None:
    _ordered_before(bench, parse_ip(address))
    accept = bench.ask(access_request())
    assert accept.reply == "Access-Accept" and 8 not in decode_radius(accept.answer).attributes


def test_a_lease_of_the_routers_address_is_not_renewed(bench: Bench) -> None:
    """It was given by an order of an older version: the NAK takes the box off it, and it gets one of the pool."""
    router = parse_ip("10.20.0.1")
    lease = Lease(router, BOX, "A", "", "active", NOW + 3600, NOW, NOW, b"", b"")
    bench.store.commit([LeaseBound(lease)])
    _ordered_before(bench, router)
    assert told(bench.hear(renewing(BOX, router))) == ("DHCPNAK", "WRONG_ADDRESS")
    assert bench.bind() == FIRST
