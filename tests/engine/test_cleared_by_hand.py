"""What a person clears is true at the next packet of a running engine (contract 10.7)."""

from tests.engine.bench import (
    BOX,
    FIRST,
    NOW,
    Bench,
    circuit,
    decline,
    discover,
    release,
    renewing,
    told,
)

BOXES = [bytes.fromhex(f"d4c1c80000{number:02x}") for number in range(1, 6)]


def _full(bench: Bench) -> list[int]:
    """Five boxes, and the pool's four addresses with the first four of them."""
    for number, mac in enumerate(BOXES):
        bench.install(mac, account=f"A{number}")
    return [bench.bind(mac) for mac in BOXES[:4]]


def test_a_cleared_address_is_the_next_boxs_at_its_next_packet(bench: Bench) -> None:
    """Though the pool was full, and its holder's time is not over. The one who had it is told at its renewal."""
    held = _full(bench)
    assert told(bench.hear(discover(BOXES[4]), now=NOW + 10)) == ("silent", "POOL_EXHAUSTED")
    assert bench.store.clear_lease(held[2], NOW + 10)
    assert bench.bind(BOXES[4], now=NOW + 10) == held[2]
    assert told(bench.hear(renewing(BOXES[2], held[2]), now=NOW + 11))[0] == "DHCPNAK"
    assert bench.lost == 0


def test_a_cleared_box_may_have_its_address_again(bench: Bench) -> None:
    """As long as nobody else came: clearing is no punishment."""
    held = _full(bench)
    assert bench.store.clear_lease(held[0], NOW + 10)
    assert told(bench.hear(renewing(BOXES[0], held[0]), now=NOW + 10)) == ("DHCPACK", "")
    assert told(bench.hear(discover(BOXES[4]), now=NOW + 11)) == ("silent", "POOL_EXHAUSTED")
    assert bench.lost == 0


def test_what_is_over_cannot_be_cleared(bench: Bench) -> None:
    """Never leased, released, expired."""
    bench.install()
    assert not bench.store.clear_lease(FIRST, NOW)
    address = bench.bind()
    bench.hear(release(BOX, address), now=NOW + 5)
    assert not bench.store.clear_lease(address, NOW + 5)
    assert bench.bind(now=NOW + 6) == address
    assert not bench.store.clear_lease(address, NOW + 86_400)


def test_a_quarantine_is_cleared_like_a_lease(bench: Bench) -> None:
    """The address that was declined is given again."""
    held = _full(bench)
    bench.hear(decline(BOXES[0], held[0]), now=NOW + 5)
    assert told(bench.hear(discover(BOXES[4]), now=NOW + 6)) == ("silent", "POOL_EXHAUSTED")
    assert bench.store.clear_lease(held[0], NOW + 6)
    assert bench.bind(BOXES[4], now=NOW + 6) == held[0]


def test_a_forgotten_port_is_learned_anew(bench: Bench) -> None:
    """The box is let in where it is now, and is bound to that."""
    bench.install()
    bench.bind(agent=circuit("ge 1/0/7"))
    assert told(bench.hear(discover(agent=circuit("ge 1/0/8")), now=NOW + 5)) == ("silent", "PORT_MISMATCH")
    assert bench.store.clear_port_binding("D4-C1-C8-EE-9B-1F", NOW + 6)
    assert bench.bind(now=NOW + 6, agent=circuit("ge 1/0/8")) == FIRST
    assert told(bench.hear(discover(agent=circuit("ge 1/0/7")), now=NOW + 7)) == ("silent", "PORT_MISMATCH")


def test_an_ordered_port_is_not_forgotten(bench: Bench) -> None:
    """An order changes it."""
    bench.install(port="ge 1/0/7")
    assert not bench.store.clear_port_binding("A", NOW)
    assert bench.store.port_state("A") == bench.store.port_state(BOX.hex()) == "ordered"
    assert bench.store.port_state("nobody") == ""


def test_what_was_cleared_is_on_record(bench: Bench) -> None:
    """The timeline tells it."""
    bench.install()
    address = bench.bind(agent=circuit("ge 1/0/7"))
    assert bench.store.clear_lease(address, NOW + 6)
    assert bench.store.clear_port_binding("A", NOW + 7)
    told = [(row["kind"], row["detail"]) for row in bench.store.timeline("mac", BOX.hex(":"), NOW + 6)]
    assert told == [("lease ended", "10.20.1.0 cleared by hand"), ("port cleared", "cleared by hand")]
    assert bench.store.holder(address, NOW + 3)
    assert bench.store.holder(address, NOW + 6) is None
