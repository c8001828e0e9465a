"""Questions to AAA servers on the loopback, and the time given by the test: nobody waits for anything."""

import select
import socket
from collections import Counter
from collections.abc import Iterator

import pytest

from gatekeeper.book import AaaPolicy, AaaServer
from gatekeeper.drivers import upstream as module
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.upstream import Ended, Upstream
from gatekeeper.model import Reason
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant
from gatekeeper.wire.radius import HEADER, RadiusPacket, decode
from gatekeeper.wire.radius_seal import Secret, sealed_reply
from gatekeeper.wire.user_name import parse_template

SECRET, LOCALHOST, NOW = Secret(b"a long upstream secret"), 0x7F000001, 1000.0
ACCEPT, REJECT = 2, 3


class Server:
    """A AAA server that answers when it is told to."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.heard: list[tuple[RadiusPacket, tuple[str, int]]] = []

    def hear(self) -> list[RadiusPacket]:
        """What came since the last time."""
        before = len(self.heard)
        while select.select([self.socket], [], [], 0)[0]:
            data, peer = self.socket.recvfrom(4096)
            self.heard.append((decode(data), peer))
        return [packet for packet, _ in self.heard[before:]]

    def answer(self, number: int = -1, code: int = ACCEPT, secret: Secret = SECRET) -> None:
        """To the number-th question heard."""
        request, peer = self.heard[number]
        self.socket.sendto(sealed_reply(code, request.identifier, request.authenticator, b"", secret), peer)

    def answer_unsealed(self) -> None:
        """As RFC 2865 alone has it."""
        from hashlib import md5

        request, peer = self.heard[-1]
        head = HEADER.pack(ACCEPT, request.identifier, 20, request.authenticator)
        self.socket.sendto(head[:4] + md5(head + SECRET.key).digest(), peer)


class Aaa:
    """An Upstream over these servers, and a loop that looks whenever it is asked to."""

    def __init__(self, log: Log, servers: list[Server], sealed_only: bool = True, tries: int = 2) -> None:
        rows = tuple(AaaServer(LOCALHOST, one.port, SECRET, sealed_only) for one in servers)
        policy = AaaPolicy(rows, parse_template("{mac}"), None, 1.0, tries, 30, 30, "gatekeeper")
        self.poll = select.epoll()
        self.descriptors: set[int] = set()
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.upstream = Upstream(policy, log, self, self.counts)

    def watch(self, descriptor: int) -> None:
        self.descriptors.add(descriptor)
        self.poll.register(descriptor, select.EPOLLIN)

    def unwatch(self, descriptor: int) -> None:
        self.descriptors.discard(descriptor)
        self.poll.unregister(descriptor)

    def ask(self, now: float = NOW, box: int = 1, line: bytes = b"") -> bool:
        return self.upstream.ask(question(box, line), now)

    def ended(self, now: float) -> list[Ended]:
        """One round of the loop."""
        for descriptor, _ in self.poll.poll(0):
            self.upstream.hear(descriptor, now)
        return self.upstream.ended(now)

    def count(self, what: str) -> int:
        return self.counts["radius", "upstream", what]


def question(box: int = 1, line: bytes = b"") -> AaaQuestion:
    mac = box.to_bytes(6, "big")
    return AaaQuestion(mac, mac.hex(), line, b"")


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log("none")
    yield made
    made.stop()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    made = [Server(), Server()]
    yield made
    for one in made:
        one.socket.close()


@pytest.fixture
def aaa(log: Log, servers: list[Server]) -> Iterator[Aaa]:
    made = Aaa(log, servers)
    yield made
    made.upstream.close()


@pytest.mark.parametrize(("code", "grant"), [(ACCEPT, Grant(None)), (REJECT, Grant(Reason.AAA_REJECTED))])
def test_an_answer_ends_the_question(aaa: Aaa, servers: list[Server], code: int, grant: Grant) -> None:
    """Only the first server was asked, once; afterwards nobody waits for anything."""
    assert aaa.ask()
    assert aaa.ended(NOW) == []
    assert (len(servers[0].hear()), len(servers[1].hear())) == (1, 0)
    servers[0].answer(code=code)
    assert aaa.ended(NOW + 0.1) == [(question(), grant)]
    assert aaa.upstream.next_end() == float("inf")


def test_rfc5080_2_2_1_the_same_octets_are_sent_again_then_the_next_server_is_asked(
    aaa: Aaa, servers: list[Server]
) -> None:
    """Two tries a server, a second each; then it is over, and that takes no longer than was configured."""
    first, second = servers
    aaa.ask()
    seen = []
    for at in (0.0, 0.9, 1.0, 1.9, 2.0, 3.0, 3.9):
        assert aaa.ended(NOW + at) == []
        seen.append((at, len(first.hear()), len(second.hear())))
    assert seen == [(0.0, 1, 0), (0.9, 0, 0), (1.0, 1, 0), (1.9, 0, 0), (2.0, 0, 1), (3.0, 0, 1), (3.9, 0, 0)]
    assert first.heard[0] == first.heard[1]
    assert second.heard[0] == second.heard[1] != first.heard[0]
    assert aaa.upstream.next_end() == NOW + 4.0
    assert aaa.ended(NOW + 4.0) == [(question(), UNREACHABLE)]


def test_an_answer_to_the_second_try_is_as_good(aaa: Aaa, servers: list[Server]) -> None:
    """Both tries are one question; a second answer is unasked."""
    aaa.ask()
    aaa.ended(NOW + 1)
    assert len(servers[0].hear()) == 2
    servers[0].answer(0)
    servers[0].answer(1)
    assert aaa.ended(NOW + 1.1) == [(question(), Grant(None))]
    assert aaa.count("unasked") == 1


def test_a_silent_server_is_asked_last_until_hold_down_is_over(aaa: Aaa, servers: list[Server]) -> None:
    """Then it is the preferred one again."""
    first, second = servers
    aaa.ask(box=1)
    for at in (1, 2):
        aaa.ended(NOW + at)
    first.hear()
    aaa.ask(NOW + 10, box=2)
    assert (len(first.hear()), len(second.hear())) == (0, 2)
    aaa.ask(NOW + 33, box=3)
    assert (len(first.hear()), len(second.hear())) == (1, 0)


def test_one_lost_question_does_not_condemn_a_server_that_answers_others(aaa: Aaa, servers: list[Server]) -> None:
    first, second = servers
    aaa.ask(box=1)
    first.hear()
    aaa.ask(NOW + 0.5, box=2)
    first.hear()
    first.answer()
    assert aaa.ended(NOW + 0.6) == [(question(2), Grant(None))]
    for at in (1, 2):
        aaa.ended(NOW + at)
    first.hear()
    assert (aaa.count("server-silent"), len(second.hear())) == (0, 1)
    aaa.ask(NOW + 2.1, box=3)
    assert len(first.hear()) == 1


def test_an_answer_under_another_secret_is_not_believed_and_the_right_one_still_waited_for(
    aaa: Aaa, servers: list[Server]
) -> None:
    """RFC 2865 3: silently discarded."""
    aaa.ask()
    servers[0].hear()
    servers[0].answer(secret=Secret(b"another"))
    assert aaa.ended(NOW + 0.1) == []
    assert aaa.count(Reason.BAD_AUTHENTICATOR) == 1
    servers[0].answer()
    assert aaa.ended(NOW + 0.2) == [(question(), Grant(None))]


@pytest.mark.parametrize("sealed_only", [True, False])
def test_an_unsealed_answer_is_believed_only_where_that_is_configured(
    log: Log, servers: list[Server], sealed_only: bool
) -> None:
    """CVE-2024-3596."""
    aaa = Aaa(log, servers, sealed_only)
    aaa.ask()
    servers[0].hear()
    servers[0].answer_unsealed()
    assert aaa.ended(NOW + 0.1) == ([] if sealed_only else [(question(), Grant(None))])
    assert aaa.count(Reason.NO_MESSAGE_AUTHENTICATOR) == int(sealed_only)
    aaa.upstream.close()


def test_octets_that_are_no_answer_are_counted(aaa: Aaa, servers: list[Server]) -> None:
    aaa.ask()
    servers[0].hear()
    request, peer = servers[0].heard[0]
    servers[0].socket.sendto(b"no RADIUS", peer)
    servers[0].socket.sendto(request.data, peer)
    assert aaa.ended(NOW + 0.1) == []
    assert (aaa.count(Reason.MALFORMED), aaa.count("unasked")) == (1, 1)


def test_a_question_that_is_on_its_way_is_not_sent_anew(aaa: Aaa, servers: list[Server]) -> None:
    """A box that repeats itself is asked about once, and the question ends once."""
    for _ in range(3):
        assert aaa.ask()
    assert len(servers[0].hear()) == 1
    servers[0].answer()
    assert aaa.ended(NOW + 0.1) == [(question(), Grant(None))]
    assert aaa.count("superseded") == 2


def test_a_question_that_has_ended_is_asked_again(aaa: Aaa, servers: list[Server]) -> None:
    """Answered or unanswered: what is over stands in nobody's way."""
    first, second = servers
    for _ in range(2):
        aaa.ask()
        assert len(first.hear()) == 1
        first.answer()
        assert aaa.ended(NOW) == [(question(), Grant(None))]
    for start in (NOW, NOW + 100):
        aaa.ask(start)
        ended = [one for at in (1, 2, 3, 4) for one in aaa.ended(start + at)]
        assert (len(first.hear()), len(second.hear()), ended) == (2, 2, [(question(), UNREACHABLE)])


def test_a_question_that_cannot_be_put_stands_in_nobodys_way(aaa: Aaa, servers: list[Server]) -> None:
    """RFC 2865 5: no attribute holds 254 octets. That is a bug of who asks; the box may be asked about again."""
    aaa.ask()
    with pytest.raises(ValueError, match="253 at most"):
        aaa.upstream.ask(question()._replace(user_name="x" * 254), NOW)
    aaa.ask()
    assert len(servers[0].hear()) == 2
    servers[0].answer()
    assert aaa.ended(NOW) == [(question(), Grant(None))]


def test_a_box_that_turns_up_on_another_line_is_asked_about_anew(aaa: Aaa, servers: list[Server]) -> None:
    """The answer for the old line says nothing of the new one, and the old question does not end any more."""
    aaa.ask(line=b"ge 1/0/7")
    assert aaa.ask(line=b"ge 1/0/8")
    assert len(servers[0].hear()) == 2
    servers[0].answer(0)
    assert aaa.ended(NOW + 0.1) == []
    servers[0].answer(1)
    assert aaa.ended(NOW + 0.2) == [(question(line=b"ge 1/0/8"), Grant(None))]
    assert aaa.upstream.next_end() == float("inf")


def test_each_256_questions_have_a_socket_of_their_own(aaa: Aaa, servers: list[Server]) -> None:
    """RFC 2865 3: an identifier has one octet. What is answered makes room."""
    for box in range(600):
        assert aaa.ask(box=box)
        servers[0].hear()
    assert len(aaa.descriptors) == 3
    peers = [(peer, packet.identifier) for packet, peer in servers[0].heard]
    assert len(set(peers)) == 600
    for number in range(600):
        servers[0].answer(number)
    ended = [about for _ in range(20) for about, _ in aaa.ended(NOW + 0.5)]
    assert (len(ended), set(ended)) == (600, {question(box) for box in range(600)})
    for box in range(600):
        aaa.ask(NOW + 1, box=box)
    assert len(aaa.descriptors) == 3


def test_a_round_of_the_loop_deals_with_so_many_at_most(aaa: Aaa, servers: list[Server]) -> None:
    """Answers and timeouts alike: other packets are to have their turn."""
    for box in range(200):
        aaa.ask(box=box)
    servers[0].hear()
    for number in range(100):
        servers[0].answer(number)
    assert len(aaa.ended(NOW)) == module._BATCH
    assert len(aaa.ended(NOW)) == 36
    counted = []
    for _ in range(3):
        aaa.ended(NOW + 1)
        counted.append(aaa.count("asked-again"))
    assert counted == [64, 100, 100]


def test_no_more_than_so_many_questions_are_on_their_way(aaa: Aaa) -> None:
    """The next one is refused at once; its box asks again. Another one about a box that waits takes its place."""
    for box in range(module.MOST_ASKED):
        assert aaa.ask(box=box)
    assert not aaa.ask(box=module.MOST_ASKED)
    assert aaa.ask(box=7, line=b"ge 1/0/8")
    assert aaa.count("too-many") == 1


def test_a_server_where_nobody_listens_is_one_that_does_not_answer(log: Log, servers: list[Server]) -> None:
    """The kernel says so (ECONNREFUSED), which is no reason to stop."""
    servers[0].socket.close()
    aaa = Aaa(log, servers)
    aaa.ask()
    for at in (0.1, 1, 1.1, 2):
        assert aaa.ended(NOW + at) == []
    assert len(servers[1].hear()) == 1
    servers[1].answer()
    assert aaa.ended(NOW + 2.1) == [(question(), Grant(None))]
    aaa.upstream.close()


def test_a_closed_one_watches_nothing(aaa: Aaa) -> None:
    """A reload goes on with sockets of its own."""
    aaa.ask(box=1)
    assert len(aaa.descriptors) == 1
    aaa.upstream.close()
    assert not aaa.descriptors


def test_servers_are_silent_when_none_of_them_answers_and_until_one_does(aaa: Aaa, servers: list[Server]) -> None:
    """One that was not asked is none of them: nobody knows."""
    assert aaa.upstream.silence() == ""
    assert aaa.ask()
    now = NOW
    told = []
    for _ in range(2 * len(servers)):
        now += 1.01
        aaa.ended(now)
        told.append(aaa.upstream.silence())
    assert told[:-1] == [""] * (len(told) - 1)
    assert told[-1] == ", ".join(f"127.0.0.1:{one.port}" for one in servers)
    assert aaa.ask(now, box=2)
    servers[0].hear()
    servers[0].answer()
    aaa.ended(now)
    assert aaa.upstream.silence() == ""
