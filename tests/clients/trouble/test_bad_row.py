"""Fault: something of what is to be written is no row that the store takes. It costs itself and nobody else."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.gate import RADIUS
from tests.clients.nas import accounting_request
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

_BAD = "d4:c1:c8:00:01:00"
_OTHERS = [f"d4:c1:c8:00:00:{n:02x}" for n in range(200)]


@pytest.fixture
def world(relayed: Callable[..., Relayed], tmp_path: Path) -> Relayed:
    """With accounting, and orders for all of the boxes."""
    world = relayed()
    text = world.gate.file.read_text().replace(
        RADIUS.splitlines()[2], 'listen_auth = ["192.0.2.1:1812"]\nlisten_acct = ["192.0.2.1:1813"]'
    )
    world.gate.file.write_text(text)
    orders = tmp_path / "orders.csv"
    lines = [f"o{n},a{n}@itv,{mac}" for n, mac in enumerate([_BAD, *_OTHERS])]
    orders.write_text("order,account,mac\n" + "\n".join(lines) + "\n")
    world.gate.cli("orders", "import", str(orders))
    return world


def store_of(world: Relayed) -> sqlite3.Connection:
    return sqlite3.connect(world.gate.file.with_name("gatekeeper.db"), isolation_level=None)


def heartbeat(world: Relayed) -> int:
    return int(store_of(world).execute("SELECT at FROM heartbeat").fetchone()[0])


def test_octets_of_all_ones_are_acknowledged(world: Relayed) -> None:
    """Gigawords and octets are 64 bits together (RFC 2869 5.1), of which SQLite holds 63: a NAS that counts wrong."""
    world.gate.start()
    ones = str(0xFFFFFFFF)
    counters = {f"Acct_{way}_{what}": ones for way in ("Input", "Output") for what in ("Octets", "Gigawords")}
    reply = accounting_request(world.bras, "Interim-Update", "77", User_Name=_BAD, **counters)
    assert reply.name == "Accounting-Response"
    (session,) = world.gate.show("sessions")
    assert (session["bytes_in"], session["bytes_out"]) == (2**63 - 1, 2**63 - 1)
    assert world.gate.counted("BAD_RECORD") == world.gate.counted("STORE_UNAVAILABLE") == 0
    world.gate.assert_sound()


def test_a_box_whose_lease_the_store_does_not_take_is_refused_alone(world: Relayed) -> None:
    """It asks again and again among 200 others, all of whom get theirs; and it does too, once that is mended."""
    with store_of(world) as store:
        store.execute(
            f"CREATE TRIGGER bad BEFORE INSERT ON lease_log WHEN instr(new.body, x'{_BAD.replace(':', '')}')"
            " BEGIN SELECT RAISE(ABORT, 'no lease for this one'); END"
        )
    world.gate.start()
    agent = RelayAgent(world.relay)
    bound = agent.drive([*_OTHERS[:20], _BAD, *_OTHERS[20:]], seconds=4, window=32)
    assert sorted(bound) == _OTHERS
    assert len(set(bound.values())) == len(_OTHERS)
    world.gate.wait_for("alarm: BAD_RECORD: 1 of a batch cannot be written, the others are: bind")
    world.gate.wait_for(f"DHCPREQUEST from {_BAD} via 10.21.0.1: no answer BAD_RECORD")
    assert world.gate.counted("BAD_RECORD") >= 2
    (refused,) = world.gate.show("refused", "--mac", _BAD)
    assert (refused["reason"], refused["seen"]) == ("BAD_RECORD", "bind and learn: no lease for this one")
    assert world.gate.counted("STORE_UNAVAILABLE") == world.gate.counted("NAK") == 0
    with store_of(world) as store:
        store.execute("DROP TRIGGER bad")
    assert agent.dora(_BAD, _BAD.encode())
    world.gate.assert_sound()


def test_a_count_that_cannot_be_written_costs_neither_the_others_nor_the_heartbeat(world: Relayed) -> None:
    """A monitor that hears no heartbeat takes the gate for dead."""
    with store_of(world) as store:
        store.execute(
            "CREATE TRIGGER bad BEFORE INSERT ON outcomes WHEN new.reply = 'DHCPOFFER'"
            " BEGIN SELECT RAISE(ABORT, 'no offers'); END"
        )
    world.gate.start()
    agent = RelayAgent(world.relay)
    assert agent.dora(_OTHERS[0], b"1")
    world.gate.wait_for("alarm: counts are not kept:")
    before, boxes = heartbeat(world), iter(_OTHERS[1:])
    # Every second of this has an offer to be counted.
    wait_until(lambda: agent.dora(next(boxes), b"") and heartbeat(world) > before + 1, 6, "heartbeats", every_s=0.1)
    assert world.gate.counted("DHCPACK") >= 1
    assert world.gate.counted("DHCPOFFER") == 0
    world.gate.assert_sound()
