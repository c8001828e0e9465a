"""[[dhcp.class]] and [[dhcp.profile]] through the whole engine: by option 60, and by the plan of an order."""

from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import decode
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import BOX, CONFIG, NOW, OTHER, Bench, discover, inform, renewing, selecting

TABLES = """
[[dhcp.class]]
match = "KreaTV"
next_server = "10.20.0.10"
lease_s = 600

[[dhcp.profile]]
plan = "gold"
boot_file = "gold.bin"
lease_s = 1200
"""


@pytest.fixture
def gate(tmp_path: Path) -> Bench:
    made = Bench(tmp_path, CONFIG + TABLES)
    made.install(plan="gold")
    made.install(OTHER, "B")
    return made


def lease_time(answer: bytes) -> int:
    return int.from_bytes(decode(answer).options[51], "big")


@pytest.mark.parametrize(
    ("mac", "make", "lease_s"), [(OTHER, b"", 3600), (OTHER, b"KreaTV", 600), (BOX, b"", 1200), (BOX, b"KreaTV", 1200)]
)
def test_a_lease_lasts_as_class_or_plan_says(gate: Bench, mac: bytes, make: bytes, lease_s: int) -> None:
    """In OFFER, ACK and on record alike; the plan stands above the class."""
    options = {60: make} if make else {}
    offer = gate.hear(discover(mac, options))
    ack = gate.hear(selecting(mac, offer.verdict.address, options=options))
    assert (lease_time(offer.answer), lease_time(ack.answer)) == (lease_s, lease_s)
    (lease,) = [row for row in gate.store.view("leases", NOW) if row["mac"] == mac.hex(":")]
    assert lease["lease_expires"] == NOW + lease_s


def test_a_plan_tells_its_boxes_what_to_start_from(gate: Bench) -> None:
    """OFFER, ACK, the ACK to a renewal and to an INFORM."""
    offer = gate.hear(discover())
    ack = gate.hear(selecting(BOX, offer.verdict.address))
    renewal = gate.hear(renewing(BOX, offer.verdict.address))
    told = gate.hear(inform(BOX, offer.verdict.address))
    for outcome in (offer, ack, renewal, told):
        assert outcome.answer[108:236].rstrip(b"\0") == b"gold.bin", outcome.message
    assert decode(told.answer).options[53] == b"\x05"


def test_another_plan_counts_at_the_next_packet(gate: Bench) -> None:
    """An order works at once (contract 3)."""
    assert decode(gate.hear(discover()).answer).options[51] == (1200).to_bytes(4, "big")
    gate.order("amend", plan="silver")
    answer = gate.hear(discover()).answer
    assert lease_time(answer) == 3600
    assert not any(answer[44:236])


def test_a_plan_outlives_the_learning_of_the_port(gate: Bench) -> None:
    """What memory makes of a binding when its port is learned has all that the orders said."""
    agent = b"\x01\x08ge 1/0/7"
    offer = gate.hear(discover(agent=agent))
    gate.hear(selecting(BOX, offer.verdict.address, agent=agent))
    binding = gate.world.facts(BOX).binding
    assert binding and (binding.port_state, binding.plan) == ("learned", "gold")


def test_a_box_of_a_class_is_told_by_its_siaddr(gate: Bench) -> None:
    """RFC 2131 2: siaddr is the next server, whoever we are."""
    assert decode(gate.hear(discover(OTHER, {60: b"Motorola KreaTV"})).answer).siaddr == parse_ip("10.20.0.10")
    assert decode(gate.hear(discover(OTHER)).answer).siaddr == 0


ROWS = '[[dhcp.option]]\ncode = 224\nname = "STB_Profile"\ntype = "text"\n'


def test_what_has_no_room_is_counted_by_name(tmp_path: Path) -> None:
    """By the table's name, by the operator's own in small letters, else by number."""
    long = ", ".join(
        f'{name} = "{"01" * size}"' for name, size in (("root-path", 120), ("STB_Profile", 120), ("225", 240))
    )
    text = CONFIG.replace("options = { ", f"options = {{ {long}, ", 1)
    gate = Bench(tmp_path, text + ROWS)
    gate.install()
    gate.hear(discover(options={55: bytes((17, 224, 225))}))
    found = gate.dhcp.drain_counts()
    assert set(found) == {("dhcp", "option-left-out", name) for name in ("root-path", "stb-profile", "225")}
    assert gate.dhcp.drain_counts() == {}
