"""Doors read many datagrams at once (recvmmsg(2)), or one by one where that cannot be had: the same is heard."""

import ctypes
import errno
import select
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from gatekeeper.drivers.ages import Ages, age
from gatekeeper.drivers.frames import FrameDoor
from gatekeeper.drivers.hearing import BATCH, CONTROL, Places, told_beside
from gatekeeper.drivers.sockets import AnyAddressDoor, Door, Link, UdpDoor
from gatekeeper.model import Datagram, Via
from tests.drivers.wires import BOX, frame, wire

LOOPBACK = 0x7F000001
AGE_S = 4.0
UNTAGGED = Via("near", 0x0A140001, raw=True)
TAGGED = Via("near.100", 0x0A150001, raw=True)


@pytest.fixture(params=[False, True], ids=["at once", "one by one"])
def plain(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        one.bind(("127.0.0.1", 0))
        yield one


@pytest.fixture
def udp(plain: bool) -> Iterator[UdpDoor]:
    door = UdpDoor(LOOPBACK, 0, plain=plain)
    yield door
    door.close()


def port_of(door: UdpDoor) -> int:
    return int(door._socket.getsockname()[1])


def all_of(door: Door) -> list[Datagram]:
    """Whatever waits."""
    select.select([door], [], [], 10)
    return [one for batch in iter(lambda: list(door.receive(AGE_S).datagrams), []) for one in batch]


def test_every_datagram_is_heard_once_with_who_sent_it(udp: UdpDoor, sender: socket.socket) -> None:
    """Short ones after long ones among them, an empty one too: nothing is left of what was in a place before."""
    said = [bytes([number]) * (1400 if number < 100 else 300 - number) for number in range(200)] + [b""]
    for data in said:
        sender.sendto(data, ("127.0.0.1", port_of(udp)))
    port = sender.getsockname()[1]
    heard = all_of(udp)
    assert [one.data for one in heard] == said
    assert {(one.source, one.source_port, one.via.local, one.source_mac) for one in heard} == {
        (LOOPBACK, port, LOOPBACK, b"")
    }


def test_a_batch_is_bounded_and_the_rest_waits(udp: UdpDoor, sender: socket.socket) -> None:
    """So that another door has its turn."""
    for _ in range(BATCH + 1):
        sender.sendto(b"x", ("127.0.0.1", port_of(udp)))
    assert [len(udp.receive().datagrams) for _ in range(3)] == [BATCH, 1, 0]


def test_a_listener_on_all_addresses_knows_at_which_it_was_asked(plain: bool, sender: socket.socket) -> None:
    """IP_PKTINFO, ip(7): its answers leave from there; broadcasts are left to who hears frames."""
    door = AnyAddressDoor(0, broadcasts=False, plain=plain)
    asked = ["127.0.0.1", "127.0.0.2", "127.0.0.1", "255.255.255.255", "127.0.0.3"] * 20
    for host in asked:
        try:
            sender.sendto(host.encode(), (host, port_of(door)))
        except OSError as error:  # a namespace without a default route has no way for that broadcast
            assert host == "255.255.255.255" and error.errno == errno.ENETUNREACH
    heard = all_of(door)
    door.close()
    assert [one.data.decode() for one in heard] == [host for host in asked if host != "255.255.255.255"]
    assert [socket.inet_ntoa(one.via.local.to_bytes(4, "big")) for one in heard] == [one.data.decode() for one in heard]
    assert {one.source for one in heard} == {LOOPBACK}


def test_a_trunk_s_frames_are_heard_with_their_tags(plain: bool) -> None:
    """PACKET_AUXDATA, packet(7); a tag that no subnet has is heard as such."""
    with wire() as (name, far):
        door = FrameDoor(Link(name, b"", 0), {0: UNTAGGED, 100: TAGGED}, plain=plain)
        for number in range(90):
            far.send(frame(bytes([number]) * 300, (0, 100, 7)[number % 3]))
        heard = []
        while len(heard) < 90:
            assert select.select([door], [], [], 10)[0]
            heard += door.receive(AGE_S).datagrams
        door.close()
    assert [one.data[0] for one in heard] == list(range(90))
    assert [one.via.name for one in heard] == ["near", "near.100", f"{name}.7"] * 30
    assert {one.source_mac for one in heard} == {BOX}


def test_a_wire_that_becomes_a_trunk_is_heard_with_its_tags(plain: bool) -> None:
    """After a reload: the kernel tells more beside each frame than it did before."""
    with wire() as (name, far):
        door = FrameDoor(Link(name, b"", 0), {0: UNTAGGED}, plain=plain)
        far.send(frame(b"x" * 300))
        assert select.select([door], [], [], 10)[0]
        assert [one.via for one in door.receive().datagrams] == [UNTAGGED]
        door.set_vias({100: TAGGED})
        far.send(frame(b"y" * 300, 100))
        assert select.select([door], [], [], 10)[0]
        assert [one.via for one in door.receive().datagrams] == [TAGGED]
        door.close()


def test_an_untagged_wire_is_heard_and_one_that_goes_down_is_lost(plain: bool) -> None:
    """packet(7): ENETDOWN, once what was queued is read."""
    with wire() as (name, far):
        door = FrameDoor(Link(name, b"", 0), {0: UNTAGGED}, plain=plain)
        far.send(frame(b"x" * 300))
        assert select.select([door], [], [], 10)[0]
        assert [(one.data, one.via) for one in door.receive().datagrams] == [(b"x" * 300, UNTAGGED)]
        assert 0 <= time.time() - door._ear.places.stamp(0) < 60, "frames are stamped too"
        assert not door.lost
    assert select.select([door], [], [], 10)[0]
    assert not door.receive().datagrams
    assert door.lost
    door.close()


def test_a_kernel_without_the_call_is_read_one_by_one_from_then_on(sender: socket.socket) -> None:
    """Tried, and not looked up by version: a filter of system calls answers ENOSYS or EPERM."""
    places = Places()
    asked: list[int] = []

    def refuse(*_: object) -> int:
        asked.append(1)
        ctypes.set_errno(errno.ENOSYS)
        return -1

    places._recvmmsg = refuse
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.setblocking(False)
        for number in range(3):
            sender.sendto(bytes([number]), one.getsockname())
        assert places.fill(one) == 3
        assert places.datagrams(0, 3) == [b"\0", b"\1", b"\2"]
        assert places.fill(one) == 0
    assert len(asked) == 1


def test_a_socket_s_error_is_raised_and_nothing_is_an_empty_batch(plain: bool) -> None:
    """Both are told apart."""
    places = Places(plain=plain)
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    one.bind(("127.0.0.1", 0))
    assert places.fill(one) == 0
    one.close()
    with pytest.raises(OSError):
        places.fill(one)


def test_what_has_waited_too_long_is_told_apart_from_the_rest(
    udp: UdpDoor, sender: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the kernel's own stamps, SO_TIMESTAMPNS in socket(7): of those that waited, the older ones only."""
    target = ("127.0.0.1", port_of(udp))
    for data in (b"old", b"older"):
        sender.sendto(data, target)
    places = udp._ear.places
    seen: list[float] = []
    stamp = places.stamp

    def as_if_the_first_two_were_old(place: int) -> float:
        seen.append(stamp(place))
        return seen[-1] - (60.0 if place < 2 else 0.0)

    monkeypatch.setattr(places, "stamp", as_if_the_first_two_were_old)
    udp._ear._emptied -= 100  # nobody has looked for so long
    sender.sendto(b"young", target)
    heard = udp.receive(AGE_S)
    assert [one.data for one in heard.late] == [b"old", b"older"]
    assert [one.data for one in heard.datagrams] == [b"young"]
    assert 60 <= heard.waited_s < 70
    assert all(seen), "the kernel has told its time"


def test_without_a_limit_nothing_is_late(udp: UdpDoor, sender: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """max_age_s = 0."""
    sender.sendto(b"old", ("127.0.0.1", port_of(udp)))
    monkeypatch.setattr(udp._ear.places, "stamp", lambda place: 1.0)
    udp._ear._emptied -= 100
    assert [one.data for one in udp.receive(0.0).datagrams] == [b"old"]


def test_what_came_since_the_queue_was_empty_is_young_whatever_its_stamp_says(
    udp: UdpDoor, sender: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time since boot is not set by anybody."""
    assert not udp.receive(AGE_S).datagrams
    sender.sendto(b"new", ("127.0.0.1", port_of(udp)))
    monkeypatch.setattr(udp._ear.places, "stamp", lambda place: 1.0)
    assert [one.data for one in udp.receive(AGE_S).datagrams] == [b"new"]


@pytest.mark.parametrize(
    ("what", "stamp", "jump", "waited_s"),
    [
        ("no jump", 90.0, 0.0, 10.0),
        ("CPUs differ", 100.005, 0.0, 0.0),
        ("from the future", 200.0, 0.0, 0.0),
        ("before the clock was set forward by an hour", 100.0 - 3600.0 - 1.0, 3600.0, 1.0),
        ("after it", 99.0, 3600.0, 1.0),
        ("before it was set back by an hour", 100.0 + 3600.0 - 1.0, -3600.0, 1.0),
        ("after that", 99.0, -3600.0, 1.0),
        ("as old by either", 90.0, 3.0, 7.0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_clock_that_is_set_makes_nothing_old(what: str, stamp: float, jump: float, waited_s: float) -> None:
    """The wall clock says 100 now: in doubt it is the younger age, never less than none."""
    assert age(stamp, 100.0, jump) == pytest.approx(waited_s)


def test_a_jump_is_seen_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute later nothing waits any more that was stamped before."""
    passed, ahead = 1000.0, 5000.0
    monkeypatch.setattr("gatekeeper.drivers.ages.since_boot", lambda: passed)
    monkeypatch.setattr("gatekeeper.drivers.ages.time.time", lambda: passed + ahead)
    ages = Ages()
    stamp = passed + ahead
    passed, ahead = 1001.0, 8600.0
    assert ages.of(stamp, ages.wall()) == pytest.approx(1.0)
    passed += 61.0
    wall = ages.wall()
    assert ages.of(wall - 3601.0, wall) == pytest.approx(3601.0)
    assert ages.of(0.0, wall) == 0.0


def test_control_messages_are_found_behind_others_and_a_broken_one_ends_them() -> None:
    """cmsg(3): each begins on a word's boundary."""
    header = struct.Struct("@Nii")
    first, second = header.pack(19, 1, 2) + b"abc" + bytes(5), header.pack(20, 3, 4) + b"defg" + bytes(4)
    control = (first + second).ljust(CONTROL, b"\0")
    assert told_beside(control, 1, 2) == b"abc"
    assert told_beside(control, 3, 4) == b"defg"
    assert told_beside(control, 5, 6) == b""
    assert told_beside(header.pack(3, 3, 4) + second, 3, 4) == b""
