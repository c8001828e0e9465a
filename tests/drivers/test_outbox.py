"""The answers of a round over real sockets: with one call for many where the kernel has it (UDP_SEGMENT, udp(7)), or
one by one. Nothing is lost or doubled by either way, or by going from one to the other."""

import socket
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from gatekeeper.drivers import sockets
from gatekeeper.drivers.outbox import Outbox
from gatekeeper.drivers.sockets import AnyAddressDoor, UdpDoor
from gatekeeper.heart.told import Told
from gatekeeper.model import Action, Destination, Outcome, Verdict, Via
from gatekeeper.wire.text import parse_ip

LOOPBACK = 0x7F000001
NOBODY = Via("nobody", LOOPBACK, raw=False)


class Nas:
    """Who is answered."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.to = Destination(LOOPBACK, self.socket.getsockname()[1])

    def heard(self) -> list[tuple[bytes, str]]:
        """(answer, from where), all of them."""
        self.socket.setblocking(False)
        found = []
        while True:
            try:
                data, (host, _) = self.socket.recvfrom(65535)
            except BlockingIOError:
                return found
            found.append((data, host))


@pytest.fixture
def nases() -> Iterator[list[Nas]]:
    made = [Nas(), Nas()]
    yield made
    for one in made:
        one.socket.close()


@pytest.fixture(params=[True, False], ids=["segments", "one by one"])
def door(request: pytest.FixtureRequest) -> Iterator[AnyAddressDoor]:
    made = AnyAddressDoor(0, broadcasts=True)
    made.allow_runs(request.param)
    yield made
    made.close()


class Failed:
    """Whom the outbox tells of what did not leave."""

    def __init__(self) -> None:
        self.told: list[tuple[bytes, OSError]] = []

    def __call__(self, told: Told, error: OSError) -> None:
        self.told.append((told.outcome.answer, error))


def told(door: object, answer: bytes, to: Destination, via: Via = NOBODY) -> Told:
    outcome = Outcome("radius", "m", "r", b"", Verdict(Action.ACCEPT), "", None, None, answer=answer, to=to, via=via)
    return Told(outcome, door, 0.0)


def numbered(count: int, size: int = 300) -> list[bytes]:
    return [number.to_bytes(2, "big") * (size // 2) for number in range(count)]


def test_every_answer_of_a_round_arrives_once_from_the_address_that_was_asked(
    door: AnyAddressDoor, nases: list[Nas]
) -> None:
    """Many receivers, lengths and addresses of ours at once, more of them than one call takes: 64 and 65507 octets."""
    failed = Failed()
    outbox = Outbox(failed)
    sent: list[Counter[tuple[bytes, str]]] = [Counter(), Counter()]
    for at, nas in enumerate(nases):
        for host in ("127.0.0.1", "127.0.0.2"):
            via = Via("any", parse_ip(host), raw=False)
            for answer in numbered(150) + numbered(80, 1232) + numbered(3, 2000) + numbered(1, 20):
                outbox.put(told(door, answer, nas.to, via))
                sent[at][answer, host] += 1
    outbox.flush()
    assert [Counter(nas.heard()) for nas in nases] == sent
    assert not failed.told
    outbox.flush()
    assert [nas.heard() for nas in nases] == [[], []]


def test_answers_alike_take_one_call(nases: list[Nas], monkeypatch: pytest.MonkeyPatch) -> None:
    """Else this file would test the plain way twice."""
    door = UdpDoor(LOOPBACK, 0)
    door.allow_runs(True)
    runs: list[int] = []
    send_run = door.send_run

    def watched(answers: Sequence[bytes], to: Destination, via: Via) -> None:
        runs.append(len(answers))
        send_run(answers, to, via)

    monkeypatch.setattr(door, "send_run", watched)
    outbox = Outbox(Failed())
    for answer in numbered(65) + numbered(1, 40):
        outbox.put(told(door, answer, nases[0].to))
    outbox.flush()
    door.close()
    assert runs == [64]
    assert len(nases[0].heard()) == 66


def test_where_the_kernel_refuses_it_all_leave_one_by_one_from_then_on(
    nases: list[Nas], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control message that it does not know is EINVAL (udp_cmsg_send), as UDP_SEGMENT before Linux 4.18."""
    monkeypatch.setattr(sockets, "_UDP_SEGMENT", 250)
    door = UdpDoor(LOOPBACK, 0)
    door.allow_runs(True)
    failed = Failed()
    outbox = Outbox(failed)
    answers = numbered(100)
    for answer in answers:
        outbox.put(told(door, answer, nases[0].to))
    outbox.flush()
    door.allow_runs(True)
    door.close()
    assert not door.segments, "for good"
    assert sorted(data for data, _ in nases[0].heard()) == sorted(answers)
    assert not failed.told


def test_an_answer_that_cannot_be_sent_either_way_is_told_once_and_costs_no_other(
    door: AnyAddressDoor, nases: list[Nas]
) -> None:
    """Nothing can be sent to port 0. The way is not to blame: others go it on."""
    before = door.segments
    failed = Failed()
    outbox = Outbox(failed)
    for answer in numbered(10):
        outbox.put(told(door, answer, Destination(LOOPBACK, 0)))
        outbox.put(told(door, answer, nases[0].to))
    outbox.flush()
    assert [answer for answer, _ in failed.told] == numbered(10)
    assert [data for data, _ in nases[0].heard()] == numbered(10)
    assert door.segments is before


class Full:
    """A door whose socket has room for one answer, and not for many at once."""

    def __init__(self) -> None:
        self.segments, self.on_trial = True, False
        self.sent: list[bytes] = []

    def send_run(self, answers: Sequence[bytes], to: Destination, via: Via) -> None:
        raise BlockingIOError

    def send(self, answer: bytes, to: Destination, via: Via) -> None:
        self.sent.append(answer)

    def refuse_runs(self) -> None:
        self.segments = False


def test_a_send_buffer_that_is_full_for_many_is_no_reason_to_give_the_way_up(nases: list[Nas]) -> None:
    """EAGAIN tells of this moment."""
    door = Full()
    outbox = Outbox(Failed())
    for answer in numbered(3):
        outbox.put(told(door, answer, nases[0].to))
    outbox.flush()
    assert door.sent == numbered(3)
    assert door.segments


def test_one_answer_alone_is_sent_alone(nases: list[Nas]) -> None:
    """It gains nothing from a run."""
    door = Full()
    outbox = Outbox(Failed())
    outbox.put(told(door, b"one", nases[0].to))
    outbox.flush()
    assert door.sent == [b"one"]
