"""RFC 2131 4.3: each state of a box, with and without a record, on the right net and on the wrong one."""

from pathlib import Path

import pytest

from gatekeeper.model import Destination, Lease, Via
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FAR,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    SERVER,
    THIRD,
    TRUSTED,
    Bench,
    circuit,
    decline,
    discover,
    init_reboot,
    release,
    renewing,
    selecting,
    told,
)


def _lease(bench: Bench, mac: bytes = BOX) -> Lease:
    lease = bench.store.facts([mac])[mac].lease
    assert lease is not None
    return lease


def test_4_3_1_a_discover_is_offered_the_first_address_and_writes_nothing(bench: Bench) -> None:
    """The offer is in memory; a stranger or a wanderer costs no row."""
    bench.install()
    offer = bench.hear(discover())
    assert told(offer) == ("DHCPOFFER", "")
    assert offer.verdict.address == FIRST
    assert not offer.durable
    assert list(bench.store.all_leases()) == []


def test_4_3_1_an_offer_is_kept_for_its_box(bench: Bench) -> None:
    """The same box gets it again, another box another one; after offer_s it may go to others."""
    bench.install()
    bench.install(OTHER)
    assert [bench.hear(discover()).verdict.address for _ in range(3)] == [FIRST] * 3
    assert bench.hear(discover(OTHER), now=NOW + 29).verdict.address == FIRST + 1


def test_4_3_2_selecting_us_is_acknowledged_and_on_record(bench: Bench) -> None:
    """The lease as it is in the store."""
    bench.install(port="ge 1/0/7")
    offered = bench.hear(discover(agent=b"\x01\x08ge 1/0/7")).verdict.address
    ack = bench.hear(selecting(BOX, offered, options={61: b"\x01" + BOX}, agent=b"\x01\x08ge 1/0/7"))
    assert told(ack) == ("DHCPACK", "")
    assert ack.durable
    assert _lease(bench) == Lease(
        offered, BOX, "A", "10.20.0.1|ge 1/0/7", "active", NOW + 3600, NOW, NOW, b"\x01\x08ge 1/0/7", b"\x01" + BOX
    )


def test_4_3_2_selecting_another_server_is_silence_and_forgets_the_offer(bench: Bench) -> None:
    """The address is free for others at once."""
    bench.install()
    bench.install(OTHER)
    offered = bench.hear(discover()).verdict.address
    assert told(bench.hear(selecting(BOX, offered, server=SERVER + 9))) == ("silent", "OTHER_SERVER")
    assert bench.hear(discover(OTHER)).verdict.address == offered


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(FIRST, ("DHCPACK", "")), (FIRST + 1, ("DHCPACK", "")), (FIRST + 9, ("DHCPNAK", "WRONG_ADDRESS")),
     (FAR + 10, ("DHCPNAK", "WRONG_ADDRESS")), (0, ("DHCPNAK", "WRONG_ADDRESS"))],
    ids=["offered", "free in the pool", "outside the pool", "another net", "0.0.0.0"],
)  # fmt: skip
def test_4_3_2_selecting_us_after_we_forgot_the_offer(bench: Bench, wanted: int, expected: tuple[str, str]) -> None:
    """After a restart, what we may have offered is granted while it is free."""
    bench.install()
    bench.hear(discover())
    bench.start()
    assert told(bench.hear(selecting(BOX, wanted))) == expected


def test_4_3_2_selecting_an_address_that_is_on_offer_to_another_box_is_refused(bench: Bench) -> None:
    """Two boxes, one address."""
    bench.install()
    bench.install(OTHER)
    offered = bench.hear(discover()).verdict.address
    assert told(bench.hear(selecting(OTHER, offered))) == ("DHCPNAK", "WRONG_ADDRESS")


RECORDS = {
    # state, has the box a record?, the address it names relative to its own, giaddr -> what the gate does
    ("init-reboot", True, "own", "right"): ("DHCPACK", ""),
    ("init-reboot", True, "other", "right"): ("DHCPNAK", "WRONG_ADDRESS"),
    ("init-reboot", True, "own", "wrong"): ("DHCPNAK", "WRONG_ADDRESS"),
    ("init-reboot", False, "own", "right"): ("silent", "NO_LEASE"),
    ("init-reboot", False, "own", "wrong"): ("DHCPNAK", "WRONG_ADDRESS"),
    ("renewing", True, "own", "right"): ("DHCPACK", ""),
    ("renewing", True, "other", "right"): ("DHCPNAK", "WRONG_ADDRESS"),
    ("renewing", False, "own", "right"): ("DHCPACK", ""),
    ("renewing", False, "foreign", "right"): ("DHCPNAK", "WRONG_ADDRESS"),
    ("rebinding", True, "own", "right"): ("DHCPACK", ""),
    ("rebinding", True, "other", "right"): ("DHCPNAK", "WRONG_ADDRESS"),
    ("rebinding", True, "own", "wrong"): ("DHCPNAK", "WRONG_ADDRESS"),
    ("rebinding", False, "own", "right"): ("silent", "NO_LEASE"),
}


@pytest.mark.parametrize("row", RECORDS, ids=lambda row: f"{row[0]}-{'record' if row[1] else 'none'}-{row[2]}-{row[3]}")
def test_4_3_2_a_request_without_server_id(bench: Bench, row: tuple[str, bool, str, str]) -> None:
    """Table 4 of RFC 2131 4.3.2. A renewal is unicast and tells no net; a lost lease is granted anew while free."""
    state, has_record, named, net = row
    bench.install()
    if has_record:
        assert bench.bind() == FIRST
    address = {"own": FIRST, "other": FIRST + 2, "foreign": 0x0A630001}[named]
    giaddr = FAR if net == "wrong" else 0x0A140001
    data = {
        "init-reboot": init_reboot(BOX, address, giaddr=giaddr),
        "renewing": renewing(BOX, address),
        "rebinding": renewing(BOX, address, giaddr=giaddr),
    }[state]
    assert told(bench.hear(data, now=NOW + 1800)) == RECORDS[row]


LOST = {
    "free in the pool": (FIRST + 1, ("DHCPACK", "")),
    "held by another box": (FIRST, ("DHCPNAK", "WRONG_ADDRESS")),
    "on offer to another box": (FIRST + 2, ("DHCPNAK", "WRONG_ADDRESS")),
    "fixed for another account": (FIRST + 3, ("DHCPNAK", "WRONG_ADDRESS")),
    "in the subnet, outside the pool": (FIRST + 9, ("DHCPNAK", "WRONG_ADDRESS")),
}


@pytest.mark.rfc(2131, "4.3.2")
@pytest.mark.parametrize("where", LOST)
def test_4_3_2_a_renewal_without_a_record_is_granted_anew_if_the_address_is_free(bench: Bench, where: str) -> None:
    """A store that was lost must not end the service of boxes that hold addresses; nor give one to two of them."""
    bench.install()
    bench.install(OTHER, "B")
    bench.install(THIRD, "C")
    bench.install(bytes((2, 0, 0, 0, 0, 4)), "D", address="10.20.1.3")
    assert bench.bind(OTHER) == FIRST
    bench.hear(discover(THIRD, options={50: (FIRST + 2).to_bytes(4, "big")}))
    address, expected = LOST[where]
    renewed = bench.hear(renewing(BOX, address))
    assert told(renewed) == expected
    granted = {lease.address for lease in bench.store.all_leases() if lease.mac == BOX}
    assert granted == ({address} if renewed.reply == "DHCPACK" else set())


def test_4_3_2_a_broadcast_with_ciaddr_is_rebinding(bench: Bench) -> None:
    """Heard on the interface, not sent to us: without a record it may be another server's, so silence."""
    bench.install()
    assert told(bench.hear(renewing(BOX, FIRST), DIRECT)) == ("silent", "NO_LEASE")
    bench.bind()
    assert told(bench.hear(renewing(BOX, FIRST), DIRECT)) == ("DHCPACK", "")


def test_4_3_2_a_renewal_prolongs_the_lease_and_keeps_what_came_with_it(bench: Bench) -> None:
    """RFC 3046 2.1: a unicast renewal has no Option 82; the stored one stays."""
    bench.install()
    address = bench.bind()
    bench.hear(init_reboot(BOX, address, agent=b"\x01\x08ge 1/0/7"), now=NOW + 10)
    assert told(bench.hear(renewing(BOX, address), now=NOW + 1800)) == ("DHCPACK", "")
    lease = _lease(bench)
    assert (lease.first_seen, lease.last_seen, lease.expires_at) == (NOW, NOW + 1800, NOW + 5400)
    assert (lease.agent, lease.port) == (b"\x01\x08ge 1/0/7", "10.20.0.1|ge 1/0/7")


HOME = circuit("ge 1/0/7")
EVERYBODY, ELSEWHERE = 0xFFFFFFFF, 0x0A630005
SHARED = CONFIG.replace("lease_s = 3600", 'lease_s = 3600\nshared_network = "north"').replace(
    'routers = ["10.30.0.1"]', 'routers = ["10.30.0.1"]\nshared_network = "north"'
)


@pytest.mark.rfc(2131, "4.1")
@pytest.mark.parametrize(
    ("config", "local", "ciaddr", "target"),
    [
        (CONFIG, SERVER, FIRST, EVERYBODY),
        (CONFIG, SERVER, FAR + 9, FAR + 9),
        (CONFIG, 0xC0000201, FIRST, FIRST),
        (CONFIG, SERVER, ELSEWHERE, EVERYBODY),
        (CONFIG, 0xC0000201, ELSEWHERE, EVERYBODY),
        (SHARED, SERVER, FAR + 9, EVERYBODY),
    ],
    ids=["our link", "another subnet", "we are in no subnet", "its address is in none", "neither is", "shared network"],
)
def test_rfc2131_4_1_a_nak_to_a_renewal_by_unicast_is_broadcast_unless_it_came_through_a_router(
    tmp_path: Path, config: str, local: int, ciaddr: int, target: int
) -> None:
    """A broadcast reaches the boxes on the link of the address that heard the packet, and nobody behind a router."""
    bench = Bench(tmp_path, config)
    bench.install()
    nak = bench.hear(renewing(BOX, ciaddr + 100), Via("udp", local, raw=False))
    assert (nak.reply, nak.to) == ("DHCPNAK", Destination(target + 100 if target != EVERYBODY else target, 68))


@pytest.mark.rfc(2131, "4.1")
@pytest.mark.parametrize(
    ("bound_by", "giaddr", "heard_by", "target"),
    [
        (RELAYED, GIADDR, RELAYED, FIRST),
        (TRUSTED, 0, Via(TRUSTED.name, SERVER, raw=False), EVERYBODY),
    ],
    ids=["a relay inserted Option 82", "an access node on our own link did"],
)
def test_rfc2131_4_1_a_nak_to_a_box_behind_a_relay_goes_to_its_address(
    bench: Bench, bound_by: Via, giaddr: int, heard_by: Via, target: int
) -> None:
    """Relays are where broadcasts end, also where both sides are one subnet: a BRAS that answers ARP for its boxes."""
    bench.install()
    for data in (discover(agent=HOME, giaddr=giaddr), selecting(BOX, FIRST, agent=HOME, giaddr=giaddr)):
        assert bench.hear(data, bound_by).reply
    bench.order("cancel")
    nak = bench.hear(renewing(BOX, FIRST), heard_by)
    assert (told(nak), nak.to) == (("DHCPNAK", "UNKNOWN_MAC"), Destination(target, 68))


def test_4_3_4_a_release_frees_the_address_and_keeps_the_record(bench: Bench) -> None:
    """No answer; the address stays the box's own until somebody needs it."""
    bench.install()
    address = bench.bind()
    freed = bench.hear(release(BOX, address), now=NOW + 60)
    assert (told(freed), freed.answer) == (("silent", ""), b"")
    assert (_lease(bench).state, _lease(bench).expires_at) == ("released", NOW + 60)
    assert bench.bind(now=NOW + 120) == address


@pytest.mark.parametrize("again", [release, decline])
def test_4_3_4_a_box_that_gave_its_address_back_has_no_say_in_it(bench: Bench, again: object) -> None:
    """It gives it back once, and cannot have it quarantined."""
    bench.install()
    address = bench.bind()
    bench.hear(release(BOX, address), now=NOW + 60)
    refused = bench.hear(again(BOX, address), now=NOW + 70)  # type: ignore[operator]
    assert (told(refused), refused.effects) == (("silent", "NO_LEASE"), ())


def test_4_3_3_a_decline_of_no_address_changes_nothing(bench: Bench) -> None:
    """0.0.0.0 is not an address that nobody was offered."""
    bench.install()
    refused = bench.hear(decline(BOX, 0))
    assert (told(refused), refused.effects) == (("silent", "NO_LEASE"), ())


@pytest.mark.parametrize("address", [FIRST + 1, 0x0A630001], ids=["another address", "another net"])
def test_4_3_4_a_release_of_what_the_box_does_not_hold_changes_nothing(bench: Bench, address: int) -> None:
    """The lease stays as it is."""
    bench.install()
    bench.bind()
    assert told(bench.hear(release(BOX, address))) == ("silent", "NO_LEASE")
    assert _lease(bench).state == "active"


def test_4_3_1_a_box_that_comes_back_gets_its_old_address(bench: Bench) -> None:
    """Also after its lease has ended, while others are left to give."""
    bench.install()
    bench.install(OTHER)
    assert (bench.bind(), bench.bind(OTHER)) == (FIRST, FIRST + 1)
    assert bench.bind(OTHER, now=NOW + 10_000) == FIRST + 1
    assert bench.bind(now=NOW + 10_001) == FIRST


def test_4_3_1_an_address_asked_for_is_given_where_it_is_free(bench: Bench) -> None:
    """Option 50 in a DISCOVER."""
    bench.install()
    wanted = {50: (FIRST + 2).to_bytes(4, "big")}
    assert bench.hear(discover(options=wanted)).verdict.address == FIRST + 2


def test_an_exhausted_pool_is_silence_until_a_lease_ends(bench: Bench) -> None:
    """Four addresses for five boxes."""
    boxes = [bytes((2, 0, 0, 0, 0, number)) for number in range(5)]
    for number, mac in enumerate(boxes):
        bench.install(mac, account=f"A{number}")
    assert [bench.bind(mac, now=NOW + at) for at, mac in enumerate(boxes)] == [
        FIRST,
        FIRST + 1,
        FIRST + 2,
        FIRST + 3,
        0,
    ]
    assert told(bench.hear(discover(boxes[4]), now=NOW + 3599)) == ("silent", "POOL_EXHAUSTED")
    assert bench.bind(boxes[4], now=NOW + 3600) == FIRST


def test_a_giaddr_outside_every_subnet_is_silence(bench: Bench) -> None:
    """NO_SUBNET; and a renewal from there is sent back to the start."""
    bench.install()
    assert told(bench.hear(discover(giaddr=0x0A630001))) == ("silent", "NO_SUBNET")
    assert told(bench.hear(renewing(BOX, 0x0A630005))) == ("DHCPNAK", "WRONG_ADDRESS")


def test_a_box_in_another_subnet_gets_an_address_there_and_gives_up_the_old_one(bench: Bench) -> None:
    """A move: one box, one active lease."""
    bench.install()
    old = bench.bind()
    assert bench.bind(now=NOW + 5, giaddr=FAR) == 0x0A1E000A
    states = {lease.address: lease.state for lease in bench.store.all_leases()}
    assert states == {old: "released", 0x0A1E000A: "active"}
