"""A gate starts with a store of so many boxes that neither its leases nor its pages can all be read first."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from gatekeeper.wire.dhcp import ACK, DISCOVER, OFFER, REQUEST
from gatekeeper.wire.text import ip_text, parse_ip
from tests.benchmarks.start import boxes, make_store
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

_COUNT: Final = 50_000
_FIRST: Final = parse_ip("10.21.1.0")
_NEW: Final = "02:ff:ff:00:00:01"


def _store(folder: Path) -> dict[str, int]:
    """MACs with their addresses; and an account whose box has no lease. Their ports are still to be learned."""
    make_store(folder, _COUNT, first=_FIRST)
    with sqlite3.connect(folder / "gatekeeper.db") as connection:
        connection.execute("UPDATE accounts SET port = '', line = '', port_state = 'unlearned'")
        connection.execute("INSERT INTO accounts SELECT 'new@itv', subscriber, state, 1, 1, '', port_state, 0, '', 1,"
                           " '', '', '', 0, '' FROM accounts LIMIT 1")  # fmt: skip
        connection.execute("INSERT INTO boxes VALUES (?, 'new@itv', '')", (_NEW,))
    connection.close()
    return {mac: address for mac, _, _, address in boxes(_COUNT, _FIRST)}


def test_each_box_keeps_its_address_and_a_new_one_gets_the_lowest_that_nobody_had(
    relayed: Callable[..., Relayed], tmp_path: Path
) -> None:
    """Whatever part of the leases is read when it asks."""
    world = relayed()
    held = _store(tmp_path)
    world.gate.start()
    agent = RelayAgent(world.relay)
    for number, (mac, address) in enumerate(list(held.items())[:: _COUNT // 100]):
        wanted = {50: address.to_bytes(4, "big")}
        answer = agent.answer_to(agent.ask(REQUEST, mac, f"line{number}".encode(), wanted))
        assert answer and (answer.kind, answer.yiaddr) == (ACK, address), ip_text(address)
    world.gate.wait_for("the store is sound", 20)
    assert agent.dora(_NEW, b"new") == ip_text(_FIRST + 15)
    world.gate.assert_sound()
    assert world.gate.stop() == 0


def test_damage_that_no_quick_look_shows_is_found_while_the_gate_serves_and_ends_the_acks(
    relayed: Callable[..., Relayed], tmp_path: Path
) -> None:
    """Pages in the middle of a table: the gate starts, says it, and promises nothing more."""
    world = relayed()
    held = _store(tmp_path)
    file = tmp_path / "gatekeeper.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sessions_mac'").fetchone()
    connection.close()
    with file.open("r+b") as octets:
        octets.seek((page[0] - 1) * 4096)
        octets.write(b"\xa5" * 4096)
    world.gate.start()
    world.gate.wait_for("is damaged", 20)
    agent = RelayAgent(world.relay)
    mac, address = next(iter(held.items()))
    offer = agent.answer_to(agent.ask(DISCOVER, mac, b"line"))
    assert offer and (offer.kind, offer.yiaddr) == (OFFER, address)
    wanted = {50: address.to_bytes(4, "big")}
    taken = agent.ask(REQUEST, mac, b"line", {**wanted, 54: offer.options[54]})
    assert agent.answer_to(taken, timeout_s=1) is None
    # What it was promised before stays promised, and no longer: a box that goes on with it is told what is left.
    again = agent.answer_to(agent.ask(REQUEST, mac, b"line", wanted))
    assert again and (again.kind, again.yiaddr) == (ACK, address)
    world.gate.wait_for("extension=deferred")
    world.gate.wait_for("STORE_UNAVAILABLE")
    assert world.gate.stop() == 0
