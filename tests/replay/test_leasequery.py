"""Lease queries in a capture are answered as serve would, by the capture's own clock."""

from pathlib import Path

from gatekeeper.drivers.capture import Packet
from gatekeeper.drivers.replay import Replay
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.dhcp import LEASEACTIVE, LEASEUNASSIGNED, decode
from tests.config.book import load_text
from tests.engine.bench import BOX, FIRST, GIADDR, NOW, SERVER, Bench, discover, selecting
from tests.engine.test_leasequery import ASKING, CLIENT, query


def test_a_query_in_a_capture_is_answered_from_the_leases_before_it(tmp_path: Path) -> None:
    """The box binds, and the relay asks for its client identifier before and after the lease has run out."""
    gate = Bench(tmp_path, ASKING, str(tmp_path / "store.db"))
    gate.install()
    gate.store.close()
    known = {61: CLIENT}
    payloads = (
        (NOW, discover(BOX, known)),
        (NOW, selecting(BOX, FIRST, options=known)),
        (NOW + 100, query(options=known)),
        (NOW + 9000, query(ciaddr=FIRST)),
    )
    packets = [
        Packet(frame=at, time=float(time), source=GIADDR, source_port=67, destination=SERVER, destination_port=67,
               payload=payload, source_mac=b"", destination_mac=b"")
        for at, (time, payload) in enumerate(payloads, 1)
    ]  # fmt: skip
    store = SqliteStore.copy_of(str(tmp_path / "store.db"))
    outcomes = [step.outcome for step in Replay(load_text(tmp_path, ASKING), packets, store).run()]
    active, unassigned = (decode(outcome.answer) for outcome in outcomes[2:])
    assert (active.kind, active.ciaddr, active.mac) == (LEASEACTIVE, FIRST, BOX)
    assert int.from_bytes(active.options[51], "big") == 3500
    assert (unassigned.kind, unassigned.ciaddr) == (LEASEUNASSIGNED, FIRST)
    store.close()
