"""What waits at a door is decided by urgency when there is much of it, never twice, and not when it is old."""

import select
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gatekeeper.drivers.arrivals import Arrivals, Line
from gatekeeper.drivers.buffers import WANTED, small_buffer, small_buffer_text
from gatekeeper.drivers.doors import Doors
from gatekeeper.drivers.hearing import BATCH
from gatekeeper.drivers.sockets import NOTHING, Heard, UdpDoor
from gatekeeper.heart.life import AUTHENTICATION, DHCP
from gatekeeper.model import Datagram, Reason, Via
from gatekeeper.state.counts import Fate, columns_of
from tests.engine.bench import BOX, Bench, access_request, discover, release, renewing, selecting

LOOPBACK = 0x7F000001
ADDRESS = 0x0A140105
VIA = Via("door", LOOPBACK, raw=False)


def box(number: int) -> bytes:
    return bytes(4) + number.to_bytes(2, "big")


class Station:
    """A door on loopback, and somebody who sends to it."""

    def __init__(self, door: UdpDoor) -> None:
        self.door = door
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", door._socket.getsockname()[1]))

    def send(self, *messages: bytes) -> None:
        for message in messages:
            self.socket.send(message)


@pytest.fixture
def station() -> Iterator[Station]:
    made = Station(UdpDoor(LOOPBACK, 0))
    yield made
    made.socket.close()
    made.door.close()


def hear_all(arrivals: Arrivals, door: UdpDoor, name: str = DHCP) -> list[bytes]:
    found: list[bytes] = []
    while heard := arrivals.hear(door, name):
        assert len(heard) <= BATCH
        found += [one.data for one in heard]
    return found


def test_under_pressure_who_renews_goes_first_then_who_ends_an_exchange(station: Station) -> None:
    """They came last, behind more than one reading; among equals the sequence of coming stays."""
    begin = [discover(box(n)) for n in range(150)]
    end = [selecting(box(n), ADDRESS) for n in range(10)]
    renew = [*(renewing(box(n), ADDRESS) for n in range(9)), release(BOX, ADDRESS)]
    station.send(*begin, *end, *renew)
    arrivals = Arrivals(Counter())
    assert hear_all(arrivals, station.door) == renew + end + begin
    assert not arrivals.lines


@pytest.mark.parametrize("count", [BATCH - 1, BATCH])
def test_what_one_reading_takes_is_decided_as_it_came(station: Station, count: int) -> None:
    """A reading that is full, and nothing behind it, is no pressure."""
    said = [*(discover(box(n)) for n in range(count - 1)), renewing(BOX, ADDRESS)]
    station.send(*said)
    assert [one.data for one in Arrivals(Counter()).hear(station.door, DHCP)] == said


def test_radius_is_decided_as_it_came_however_much_waits(station: Station) -> None:
    """A NAS's requests are alike."""
    said = [access_request(identifier=n % 256) for n in range(3 * BATCH)]
    station.send(*said)
    arrivals = Arrivals(Counter())
    assert len(arrivals.hear(station.door, AUTHENTICATION)) == BATCH
    assert not arrivals.lines
    assert hear_all(arrivals, station.door, AUTHENTICATION) == said[BATCH:]


def test_of_too_many_the_oldest_who_begin_give_way_and_are_counted(station: Station) -> None:
    """Memory is bounded; a DISCOVER comes again, a REQUEST has cost an offer."""
    begin = [discover(box(n)) for n in range(200)]
    end = [selecting(box(n), ADDRESS) for n in range(50)]
    station.send(*begin, *end)
    counts: Counter[tuple[str, ...]] = Counter()
    arrivals = Arrivals(counts, most=100)
    heard = hear_all(arrivals, station.door)
    assert heard == end + begin[150:]
    assert counts == {("dhcp", "DHCPDISCOVER", "no-answer", Reason.OVERRUN): 150}
    assert isinstance(columns_of(next(iter(counts))), Fate)
    assert arrivals.losses() == "150 gave way to more urgent ones"


def test_nobody_is_put_out_for_less_urgent_ones(station: Station) -> None:
    """Room for fewer than there are who end an exchange."""
    end = [selecting(box(n), ADDRESS) for n in range(150)]
    station.send(*end, *(discover(box(n)) for n in range(50)))
    counts: Counter[tuple[str, ...]] = Counter()
    assert hear_all(Arrivals(counts, most=100), station.door) == end[50:]
    assert counts == {
        ("dhcp", "DHCPDISCOVER", "no-answer", Reason.OVERRUN): 50,
        ("dhcp", "DHCPREQUEST", "no-answer", Reason.OVERRUN): 50,
    }


def datagrams(*messages: bytes) -> list[Datagram]:
    return [Datagram(message, 1, 68, VIA) for message in messages]


def test_a_line_gives_what_is_young_and_tells_what_has_waited_too_long() -> None:
    """Each by when it came."""
    line = Line()
    old, young, renewal = discover(box(1)), discover(box(2)), renewing(BOX, ADDRESS)
    line.put(datagrams(old), 10.0)
    line.put(datagrams(young), 12.0)
    line.put(datagrams(renewal), 10.5)
    taken, late = line.take(BATCH, not_before=10.2)
    assert [one.data for one in taken] == [renewal, young]
    assert [one.data for one in late] == [old]
    assert not len(line)


class Scripted:
    """A door that has what it is told to have."""

    name, segments = "scripted", False
    on_trial = False

    def __init__(self, *heard: Heard) -> None:
        self._heard = list(heard)

    def receive(self, max_age_s: float = 0.0) -> Heard:
        return self._heard.pop(0) if self._heard else NOTHING

    def fileno(self) -> int:
        return 0

    def dropped(self) -> int:
        return 0

    def send(self, answer: bytes, to: object, via: object) -> None: ...
    def send_run(self, answers: Sequence[bytes], to: object, via: object) -> None: ...
    def allow_runs(self, allowed: bool, on_trial: bool = False) -> None: ...
    def refuse_runs(self) -> None: ...
    def close(self) -> None: ...


def test_what_has_waited_too_long_in_the_kernel_is_counted_and_not_decided() -> None:
    """Of both protocols; the rest of the reading is."""
    counts: Counter[tuple[str, ...]] = Counter()
    arrivals = Arrivals(counts)
    young = datagrams(discover(box(2)))
    door = Scripted(Heard(young, datagrams(discover(), selecting(BOX, ADDRESS), b"?")))
    assert arrivals.hear(door, DHCP) == young
    assert not arrivals.hear(Scripted(Heard((), datagrams(access_request(), b""))), AUTHENTICATION)
    assert counts == {
        ("dhcp", "DHCPDISCOVER", "no-answer", Reason.STALE): 1,
        ("dhcp", "DHCPREQUEST", "no-answer", Reason.STALE): 1,
        ("dhcp", "DHCP", "no-answer", Reason.STALE): 1,
        ("radius", "Access-Request", "no-answer", Reason.STALE): 1,
        ("radius", "RADIUS", "no-answer", Reason.STALE): 1,
    }
    assert arrivals.losses() == "5 had waited too long"


@pytest.mark.parametrize(("max_age_s", "decided"), [(4.0, 65), (0.0, 130)])
def test_time_in_the_kernel_and_time_here_count_together(
    monkeypatch: pytest.MonkeyPatch, max_age_s: float, decided: int
) -> None:
    """Half of them have waited for 3.5 s when they are read, and for another second here; with 0 nothing is too old."""
    now = 1000.0
    monkeypatch.setattr("gatekeeper.drivers.arrivals.time.monotonic", lambda: now)
    old, young = ([discover(box(at + n)) for n in range(65)] for at in (0, 65))
    counts: Counter[tuple[str, ...]] = Counter()
    arrivals = Arrivals(counts)
    arrivals.max_age_s = max_age_s
    renewals = datagrams(*(renewing(box(n), ADDRESS) for n in range(BATCH)))
    door = Scripted(Heard(datagrams(*old), is_full=True, waited_s=3.5), Heard([*renewals, *datagrams(*young)]))
    assert arrivals.hear(door, DHCP) == renewals
    now += 1.0
    heard = hear_all(arrivals, door)  # type: ignore[arg-type]
    assert len(heard) == decided
    assert heard[-65:] == young
    assert counts.total() == 130 - decided


def test_each_reading_has_its_own_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read on behind the first batches may be the older one: it waited while those were decided."""
    now = 1000.0
    monkeypatch.setattr("gatekeeper.drivers.arrivals.time.monotonic", lambda: now)
    arrivals = Arrivals(Counter())
    arrivals.max_age_s = 4.0
    some, old = ([discover(box(at + n)) for n in range(BATCH)] for at in (0, BATCH))
    full = [Heard(datagrams(*some), is_full=True) for _ in range(2)]
    door = Scripted(*full, Heard(datagrams(*old), waited_s=3.5))
    arrivals.hear(door, DHCP)
    now += 1.0
    assert hear_all(arrivals, door) == some  # type: ignore[arg-type]


def test_a_loss_stands_for_ten_seconds_after_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whoever looks in between sees it."""
    now = 1000.0
    monkeypatch.setattr("gatekeeper.drivers.arrivals.time.monotonic", lambda: now)
    counts: Counter[tuple[str, ...]] = Counter()
    arrivals = Arrivals(counts)
    arrivals.note_dropped(DHCP, 3)
    now += 9.0
    arrivals.note_dropped(AUTHENTICATION, 2)
    now += 9.0
    assert arrivals.losses() == "5 found the receive buffer full"
    now += 2.0
    assert not arrivals.losses()
    assert counts == {("dhcp", "receive-buffer-full"): 3, ("radius", "receive-buffer-full"): 2}


def test_a_door_of_which_something_waits_here_is_ready_though_the_kernel_has_nothing(station: Station) -> None:
    """And one that is not to be listened to is not, so that the loop sleeps."""
    doors = Doors(Counter())
    doors.add_door(station.door, DHCP)
    station.send(*(discover(box(n)) for n in range(2 * BATCH + 1)))
    assert len(doors.arrivals.hear(station.door, DHCP)) == BATCH
    assert not select.select([station.door], [], [], 0)[0]
    assert doors.wait(10) == [station.door.fileno()]
    doors.listen_to_all_but(frozenset({DHCP}))
    assert doors.wait(0.0) == []
    doors.listen_to_all_but(frozenset())
    assert len(doors.arrivals.hear(station.door, DHCP)) == BATCH
    assert len(doors.arrivals.hear(station.door, DHCP)) == 1
    assert doors.wait(0.0) == []


def test_what_a_door_has_heard_goes_with_it(station: Station) -> None:
    """An interface that is lost; whoever it has heard is counted as not answered."""
    counts: Counter[tuple[str, ...]] = Counter()
    doors = Doors(counts)
    doors.add_door(station.door, DHCP)
    station.send(*(discover(box(n)) for n in range(2 * BATCH)))
    doors.arrivals.hear(station.door, DHCP)
    doors.remove_door(station.door)
    assert doors.wait(0.0) == []
    assert station.door.fileno() not in doors
    assert counts == {("dhcp", "DHCPDISCOVER", "no-answer", Reason.OVERRUN): BATCH}


@pytest.mark.parametrize(
    ("runs", "cards", "to_relays"),
    [("auto", True, True), ("auto", False, False), ("always", False, True), ("never", True, False)],
)
def test_relays_are_answered_in_runs_where_no_neighbour_listens_to_frames(
    station: Station, bench: Bench, monkeypatch: pytest.MonkeyPatch, runs: str, cards: bool, to_relays: bool
) -> None:
    """Or as the file says; a NAS is always a socket. Looked at again each second, as links come and go."""
    found = not cards
    monkeypatch.setattr("gatekeeper.drivers.links.Links.are_all_cards", lambda _: found)
    nas = UdpDoor(LOOPBACK, 0)
    doors = Doors(Counter())
    doors.add_door(station.door, DHCP)
    doors.add_door(nas, AUTHENTICATION)
    doors.set_book(bench.book._replace(answer_runs=runs))
    found = cards
    doors.look()
    nas.close()
    assert (station.door.segments and not station.door.on_trial) is to_relays
    assert nas.segments


@pytest.mark.parametrize("name", [DHCP, AUTHENTICATION])
def test_what_finds_the_receive_buffer_full_is_counted_once(station: Station, name: str) -> None:
    """SO_MEMINFO, socket(7): the kernel's own count, since the door was opened."""
    counts: Counter[tuple[str, ...]] = Counter()
    doors = Doors(counts)
    doors.add_door(station.door, name)
    station.door._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
    station.send(*(discover(box(n)) for n in range(200)))
    doors.look()
    doors.look()
    heard = len(hear_all(doors.arrivals, station.door))
    assert 0 < heard < 200
    assert counts == {("dhcp" if name == DHCP else "radius", "receive-buffer-full"): 200 - heard}


def test_a_buffer_that_is_too_small_is_told_with_what_mends_it() -> None:
    """Read back from a socket, as the kernel doubles and cuts what is asked for (socket(7), SO_RCVBUF)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 106_496)
        told = small_buffer_text(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    assert "106496 octets" in told
    assert f"sysctl -w net.core.rmem_max={WANTED}" in told
    assert small_buffer_text(2 * WANTED) == ""


def test_a_buffer_takes_as_many_messages_as_is_said() -> None:
    """So that the warning's number is no invention: within a third of it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        one.setblocking(False)
        one.bind(("127.0.0.1", 0))
        told = small_buffer_text(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(1000):
                sender.sendto(discover().ljust(300, b"\0"), one.getsockname())
        found = 0
        while select.select([one], [], [], 0)[0]:
            one.recv(2048)
            found += 1
    said = int(told.partition("about ")[2].split()[0])
    assert said * 2 / 3 < found < said * 4 / 3


def test_whether_a_buffer_is_too_small_is_what_the_kernel_allows() -> None:
    """Whoever asks, root too: the process that serves has given up the right to more."""
    allowed = int(Path("/proc/sys/net/core/rmem_max").read_text())
    assert bool(small_buffer()) is (allowed < WANTED)
