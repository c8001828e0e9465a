"""Boxes that DHCP refuses: who is told NAK, and who hears nothing (contract 10.2, 10.6; wire-facts C.3)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    NOW,
    OTHER,
    Bench,
    circuit,
    discover,
    init_reboot,
    renewing,
    selecting,
    told,
)

HOME, AWAY = circuit("ge 1/0/7"), circuit("ge 1/0/8")


def _suspend(bench: Bench) -> None:
    bench.order("suspend")


def _cancel(bench: Bench) -> None:
    bench.order("cancel")


def _swap(bench: Bench) -> None:
    bench.order("swap", old_mac=BOX.hex(), mac=OTHER.hex())


def _move(bench: Bench) -> None:
    bench.order("move", port="ge 1/0/9")


QUESTIONS: dict[str, Callable[[bytes], bytes]] = {
    "discover": lambda agent: discover(agent=agent),
    "selecting": lambda agent: selecting(BOX, FIRST, agent=agent),
    "init-reboot": lambda agent: init_reboot(BOX, FIRST, agent=agent),
    "renewing": lambda agent: renewing(BOX, FIRST),
    "rebinding": lambda agent: renewing(BOX, FIRST, agent=agent, giaddr=0x0A140001),
}
ORDERS = {"UNKNOWN_MAC": [_cancel, _swap], "SUSPENDED": [_suspend], "PORT_MISMATCH": [_move]}
# "renewing" is unicast and names no port: a moved box is refused at its next broadcast (contract 10.2).
ROWS = [
    (state, order, reason)
    for reason, orders in ORDERS.items()
    for order in orders
    for state in QUESTIONS
    if (state, reason) != ("renewing", "PORT_MISMATCH")
]


@pytest.mark.parametrize(("state", "order", "reason"), ROWS, ids=lambda value: getattr(value, "__name__", value))
def test_a_refused_box_with_a_lease_is_told_but_never_offered(
    bench: Bench, state: str, order: Callable[[Bench], None], reason: str
) -> None:
    """Contract 10.6: its renewal gets a NAK, its DISCOVER silence."""
    bench.install(port="ge 1/0/7")
    assert bench.hear(selecting(BOX, FIRST, agent=HOME)).reply == "DHCPACK"
    order(bench)
    expected = "silent" if state == "discover" else "DHCPNAK"
    assert told(bench.hear(QUESTIONS[state](HOME), now=NOW + 60)) == (expected, reason)


@pytest.mark.parametrize("state", QUESTIONS)
def test_a_stranger_hears_nothing_in_any_state(bench: Bench, state: str) -> None:
    """Wire-facts C.6: refusal is silent; it may be another server's box."""
    assert told(bench.hear(QUESTIONS[state](HOME))) == ("silent", "UNKNOWN_MAC")


@pytest.mark.parametrize("state", QUESTIONS)
def test_a_suspended_box_without_a_lease_hears_nothing(bench: Bench, state: str) -> None:
    """Nothing is to be taken from it."""
    bench.install()
    bench.order("suspend")
    assert told(bench.hear(QUESTIONS[state](HOME))) == ("silent", "SUSPENDED")


def test_a_box_refused_between_offer_and_request_is_told(bench: Bench) -> None:
    """It holds an offer of ours."""
    bench.install()
    bench.hear(discover())
    bench.order("suspend")
    assert told(bench.hear(selecting(BOX, FIRST))) == ("DHCPNAK", "SUSPENDED")


def test_a_refusal_carries_the_two_values_compared(bench: Bench) -> None:
    """For log and explain."""
    bench.install(port="10.20.0.1|ge 1/0/7")
    verdict = bench.hear(discover(agent=AWAY)).verdict
    assert (verdict.bound, verdict.seen) == ("10.20.0.1|ge 1/0/7", "10.20.0.1|ge 1/0/8")


@pytest.mark.parametrize(
    ("missing", "state", "expected"),
    [
        ("refuse", "discover", ("silent", "PORT_MISSING")),
        ("refuse", "selecting", ("silent", "PORT_MISSING")),
        ("refuse", "init-reboot", ("silent", "PORT_MISSING")),
        ("refuse", "rebinding", ("silent", "PORT_MISSING")),
        ("refuse", "renewing", ("DHCPACK", "")),
        ("allow", "discover", ("DHCPOFFER", "")),
        ("allow", "selecting", ("DHCPACK", "")),
    ],
)
def test_a_bound_box_without_option_82(tmp_path: Path, missing: str, state: str, expected: tuple[str, str]) -> None:
    """Contract 10.2: a renewal is served, any other packet without a port is refused unless the operator allows it."""
    bench = Bench(tmp_path, f'{CONFIG}\n[binding]\nmissing = "{missing}"\n')
    bench.install(port="ge 1/0/7")
    bench.hear(selecting(BOX, FIRST, agent=HOME))
    assert told(bench.hear(QUESTIONS[state](b""), now=NOW + 60)) == expected


def test_nothing_is_learned_from_a_packet_without_a_port(bench: Bench) -> None:
    """Contract 10.2."""
    bench.install()
    bench.bind()
    binding = bench.store.facts([BOX])[BOX].binding
    assert binding is not None
    assert (binding.port, binding.port_state) == (None, "unlearned")


@pytest.mark.parametrize(
    ("port_key", "agent", "text"),
    [
        ("circuit-id", b"\x01\x02ge\x02\x03olt", "10.20.0.1|ge"),
        ("remote-id", b"\x01\x02ge\x02\x03olt", "10.20.0.1|olt"),
        ("both", b"\x01\x02ge\x02\x03olt", "10.20.0.1|ge olt"),
        ("both", b"\x02\x03olt", "10.20.0.1|olt"),
        ("circuit-id", b"\x02\x03olt", None),
        ("circuit-id", b"\x01\x00", None),
        ("circuit-id", b"\x01\x02\x00\x04", "10.20.0.1|0x0004"),
    ],
)
def test_the_port_is_the_part_of_option_82_that_port_key_names(
    tmp_path: Path, port_key: str, agent: bytes, text: str | None
) -> None:
    """Contract 10.1."""
    bench = Bench(tmp_path, f'{CONFIG}\n[binding]\nport_key = "{port_key}"\n')
    port = bench.hear(discover(agent=agent)).port
    assert (port and port.text) == text


@pytest.mark.parametrize(
    ("mode", "ordered", "expected"),
    [
        ("learn", "", ("DHCPOFFER", "")),
        ("learn", "ge 1/0/8", ("silent", "PORT_MISMATCH")),
        ("strict", "", ("silent", "PORT_MISMATCH")),
        ("strict", "ge 1/0/7", ("DHCPOFFER", "")),
        ("strict", "ge 1/0/8", ("silent", "PORT_MISMATCH")),
        ("off", "ge 1/0/8", ("DHCPOFFER", "")),
    ],
)
def test_what_binds_a_box_to_a_port(tmp_path: Path, mode: str, ordered: str, expected: tuple[str, str]) -> None:
    """[binding] port: off, learn, or strict (only the ordered port)."""
    bench = Bench(tmp_path, f'{CONFIG}\n[binding]\nport = "{mode}"\n')
    bench.install(port=ordered)
    assert told(bench.hear(discover(agent=HOME))) == expected


def test_a_box_is_served_again_as_soon_as_its_order_comes(bench: Bench) -> None:
    """Contract 3: boxes may already be retrying; an order takes effect at the next packet."""
    assert told(bench.hear(discover())) == ("silent", "UNKNOWN_MAC")
    bench.install()
    assert told(bench.hear(discover())) == ("DHCPOFFER", "")
    bench.order("suspend")
    assert told(bench.hear(discover())) == ("silent", "SUSPENDED")
    bench.order("resume")
    assert told(bench.hear(discover())) == ("DHCPOFFER", "")


def test_a_technicians_late_mac_opens_the_gate(bench: Bench) -> None:
    """Contract 3: the account waits until an amend names the box."""
    assert bench.order("install").record.state == "applied"
    assert told(bench.hear(discover())) == ("silent", "UNKNOWN_MAC")
    bench.order("amend", mac=BOX.hex())
    assert told(bench.hear(discover())) == ("DHCPOFFER", "")
