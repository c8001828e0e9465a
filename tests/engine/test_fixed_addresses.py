"""Addresses that orders fix, and what an order may say about a box's ACS."""

from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import decode
from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    THIRD,
    Bench,
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
