"""Whether a relay gets a run of answers as many is seen by what its boxes do next. A receiver of these tests hears
either all of a run, or nothing but the first of it."""

import pytest

from gatekeeper.drivers.outbox import Outbox
from gatekeeper.drivers.trials import Trials
from gatekeeper.heart.told import Told
from gatekeeper.model import Action, Destination, Outcome, Verdict, Via

RELAY, OTHER = Destination(0x0A000001, 67), Destination(0x0A000002, 67)
VIA = Via("test", 0x0A0000FE, raw=False)
NOW = 1_800_000_000.0


def mac(number: int) -> bytes:
    return b"\x02" + number.to_bytes(5, "big")


class Door:
    """Whoever is behind it hears of a run of answers what its kind of receiver does."""

    segments, on_trial = True, True

    def __init__(self, hears_runs: bool) -> None:
        self.hears_runs = hears_runs
        self.heard: list[bytes] = []
        self.runs: list[int] = []

    def send(self, answer: bytes, to: Destination, via: Via) -> None:
        self.heard.append(answer)

    def send_run(self, answers: list[bytes], to: Destination, via: Via) -> None:
        self.runs.append(len(answers))
        self.heard += answers if self.hears_runs else answers[:1]


def told(door: object, box: int, message: str, reply: str, to: Destination | None = RELAY, at: float = NOW) -> Told:
    answer = mac(box) if reply else b""
    outcome = Outcome("dhcp", message, reply, mac(box), Verdict(Action.OFFER), "", None, None, (), answer, to, VIA)
    return Told(outcome, door, at)


class Gate:
    """What ``Telling`` does with these."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.outbox = Outbox(lambda one, error: pytest.fail(str(error)))

    def tell(self, *all_told: Told) -> None:
        for one in all_told:
            if one.outcome.mac in self.outbox.trials.watched:
                self.outbox.trials.look(one)
            if one.outcome.answer:
                self.outbox.put(one)
        self.outbox.flush()

    def offer(self, first: int, many: int, at: float = NOW, to: Destination = RELAY) -> list[int]:
        """The boxes that hear of their offers."""
        self.door.heard.clear()
        self.door.runs.clear()
        self.tell(*(told(self.door, box, "DHCPDISCOVER", "DHCPOFFER", to, at) for box in range(first, first + many)))
        return sorted(int.from_bytes(answer[1:], "big") for answer in self.door.heard)

    def come_back(self, boxes: list[int], first: int, many: int, at: float) -> None:
        """Those that have heard ask for their addresses, the others look for a server again after four seconds."""
        self.tell(*(told(self.door, box, "DHCPREQUEST", "DHCPACK", at=at + 0.1) for box in boxes))
        for box in set(range(first, first + many)) - set(boxes):
            self.tell(told(self.door, box, "DHCPDISCOVER", "DHCPOFFER", at=at + 4))


def test_a_relay_that_hears_a_run_gets_runs_from_then_on() -> None:
    gate = Gate(Door(hears_runs=True))
    heard = gate.offer(0, 16)
    assert heard == list(range(16))
    assert gate.door.runs == [2], "as long as it is not known"
    gate.come_back(heard, 0, 16, NOW)
    assert gate.offer(100, 16, NOW + 5) == list(range(100, 116))
    assert gate.door.runs == [16]


def test_a_relay_that_hears_the_first_of_a_run_alone_costs_one_box_one_try() -> None:
    """ISC's dhcrelay on the other end of a veth pair."""
    gate = Gate(Door(hears_runs=False))
    heard = gate.offer(0, 16)
    assert heard == [0, *range(2, 16)]
    gate.come_back(heard, 0, 16, NOW)
    for round_ in range(1, 20):
        assert len(gate.offer(100 * round_, 16, NOW + 5 * round_)) == 16
        assert gate.door.runs == []


def test_a_relay_that_is_another_one_today_is_noticed() -> None:
    """Two boxes one behind the other that hear nothing are no chance."""
    gate = Gate(Door(hears_runs=True))
    gate.come_back(gate.offer(0, 16), 0, 16, NOW)
    gate.door.hears_runs = False
    at = NOW
    for round_ in range(1, 4):
        at += 10
        gate.come_back(gate.offer(100 * round_, 16, at), 100 * round_, 16, at)
    assert gate.offer(1000, 16, at + 10) == list(range(1000, 1016))
    assert gate.door.runs == []


def test_one_box_that_comes_back_otherwise_does_not_change_what_others_have_shown() -> None:
    gate = Gate(Door(hears_runs=True))
    gate.come_back(gate.offer(0, 16), 0, 16, NOW)
    heard = gate.offer(100, 16, NOW + 5)
    gate.come_back(heard[:-1], 100, 16, NOW + 5)  # the last one was switched off and on
    gate.come_back(gate.offer(200, 16, NOW + 20), 200, 16, NOW + 20)
    gate.offer(300, 16, NOW + 30)
    assert gate.door.runs == [16]


def test_the_same_discover_by_two_relays_tells_nothing() -> None:
    """A box behind a pair of them: it comes twice within milliseconds."""
    gate = Gate(Door(hears_runs=True))
    gate.offer(0, 2)
    gate.tell(told(gate.door, 1, "DHCPDISCOVER", "DHCPOFFER", OTHER, NOW + 0.01))
    gate.tell(told(gate.door, 1, "DHCPREQUEST", "DHCPACK", RELAY, NOW + 0.1))
    gate.offer(100, 8, NOW + 1)
    assert gate.door.runs == [8]


def test_a_request_by_another_relay_tells_nothing_of_this_one() -> None:
    gate = Gate(Door(hears_runs=True))
    gate.offer(0, 2)
    gate.tell(told(gate.door, 1, "DHCPREQUEST", "DHCPACK", OTHER, NOW + 0.1))
    gate.offer(100, 8, NOW + 1)
    assert gate.door.runs == []


def test_a_box_that_never_comes_back_is_waited_for_so_long() -> None:
    gate = Gate(Door(hears_runs=True))
    gate.offer(0, 2)
    gate.offer(100, 8, NOW + 5)
    assert gate.door.runs == []
    gate.offer(200, 8, NOW + 16)
    assert gate.door.runs == [2], "another one is asked"


def test_boxes_are_watched_for_so_many_relays() -> None:
    """giaddr is whatever a packet says."""
    trials, door = Trials(), Door(hears_runs=True)
    for number in range(5000):
        to = Destination(number, 67)
        box = 10 * number
        assert trials.allowed([told(door, one, "DHCPDISCOVER", "DHCPOFFER", to) for one in (box, box + 1)]) == 2
    assert len(trials.watched) == 4096
