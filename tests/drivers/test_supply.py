"""What the heart needs, from a store that answers, that does not, and that does again."""

from pathlib import Path

import pytest

from gatekeeper.drivers.supply import Supply
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import DHCP, Heart
from gatekeeper.model import Datagram
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.replies import Replies
from gatekeeper.store import StoreError
from gatekeeper.store.opening import open_store
from gatekeeper.store.ports import Store
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    SERVER,
    Bench,
    discover,
    told,
)
from tests.heart.test_life import AAA, ends


class Unreadable:
    """A store that cannot be read while it is broken."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.broken = False
        self.read = 0

    def __getattr__(self, name: str) -> object:
        if self.broken:
            raise StoreError("database is locked")
        self.read += name == "changes_since"
        return getattr(self._store, name)


class Loop:
    """What the packet loop has around the heart, over a store in a file that others write too."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder, store=str(folder / "gatekeeper.db"))
        self.store = Unreadable(open_store(f"sqlite:{folder}/gatekeeper.db"))
        self.alarms: list[str] = []
        self.now = float(NOW)
        engines = Engines.of(self.bench.book, self.bench.world, Replies(), NasCounts(), b"key", [SERVER])
        self.heart = Heart(engines.mouths(), self.bench.world)
        end = self.bench.store.feed_end()
        self.supply = Supply(self.heart, self.store, lambda text, _: self.alarms.append(text), end)  # type: ignore[arg-type]

    def discover(self, mac: bytes = BOX) -> list[tuple[str, str]]:
        self.now += 1
        self.supply.poll_feed(self.now)
        self.heart.receive(DHCP, [Datagram(discover(mac), GIADDR, 67, RELAYED)], None, self.now)
        self.supply.meet(self.now)
        return ends(self.heart)


@pytest.fixture
def loop(tmp_path: Path) -> Loop:
    return Loop(tmp_path)


def test_a_store_that_cannot_be_read_is_alarmed_and_its_boxes_hear_nothing(loop: Loop) -> None:
    """Design 8.2; when it can be read again they are served without a restart."""
    loop.bench.install()
    loop.store.broken = True
    assert loop.discover() == [("silent", "STORE_UNAVAILABLE")]
    assert loop.alarms
    assert all(alarm.startswith("STORE_UNAVAILABLE") for alarm in loop.alarms)
    loop.store.broken = False
    assert loop.discover() == [("DHCPOFFER", "")]


def test_the_feed_is_read_when_somebody_has_written_and_not_else(loop: Loop) -> None:
    """One page tells."""
    loop.bench.install()
    assert loop.discover() == [("DHCPOFFER", "")]
    read = loop.store.read
    assert loop.discover() == [("DHCPOFFER", "")]
    assert loop.store.read == read
    loop.bench.order("suspend")
    assert loop.discover() == [("silent", "SUSPENDED")]


def test_what_the_feed_said_while_it_could_not_be_read_is_read_later(loop: Loop) -> None:
    """An order is never missed."""
    loop.bench.install()
    assert loop.discover() == [("DHCPOFFER", "")]
    loop.bench.order("suspend")
    loop.store.broken = True
    loop.discover()
    loop.store.broken = False
    assert loop.discover() == [("silent", "SUSPENDED")]


def test_where_nobody_can_be_asked_aaa_is_unreachable(tmp_path: Path) -> None:
    """A question that finds no AAA ends in the same round."""
    bench = Bench(tmp_path, CONFIG.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + AAA)
    bench.supply.ask = lambda question, now: False
    assert told(bench.hear(discover(OTHER))) == ("silent", "AAA_UNREACHABLE")


def test_where_nothing_can_be_probed_the_offer_leaves(bench: Bench) -> None:
    """Its interface went away between the question and the probe."""
    bench.install()
    bench.start(probing=frozenset({DIRECT.name}))
    assert told(bench.hear(discover(giaddr=0), via=DIRECT)) == ("DHCPOFFER", "")


def test_the_feed_is_looked_at_every_few_milliseconds(loop: Loop) -> None:
    """However many packets stand in a queue; at once after a pause, and where the clock was set back."""
    loop.bench.install()
    loop.supply.poll_feed(loop.now)
    for passed, waited, kind, seen in (
        (0.001, False, "suspend", 0),
        (0.001, True, "resume", 1),
        (0.001, False, "suspend", 0),
        (0.005, False, "resume", 1),
        (-3600.0, False, "suspend", 1),
    ):
        loop.bench.order(kind)
        read = loop.store.read
        loop.now += passed
        loop.supply.poll_feed(loop.now, waited)
        assert loop.store.read - read == seen, kind
