"""What a NAS sends, and that no wrong answer passes for a right one (RFC 2865 3, RFC 2866 4.2, RFC 3579 3.2)."""

from collections.abc import Callable

import pytest

from gatekeeper.bench.crowd import numbered
from gatekeeper.bench.radius import RadiusPlan, RadiusTalk
from gatekeeper.bench.talk import GOES_ON, refused
from gatekeeper.bench.tally import Tally
from gatekeeper.wire.radius import attribute, decode
from gatekeeper.wire.radius_seal import (
    Secret,
    plain_reply,
    reveal_password,
    seal_is_right,
    sealed_reply,
    signature_is_right,
)
from gatekeeper.wire.text import parse_ip, parse_mac

NAS = bytes((10, 0, 0, 2))
FIRST = parse_mac("00:0c:01:02:03:04")
ADDRESS = parse_ip("10.32.0.0")
SECRET, OTHER = Secret(b"testing123"), Secret(b"testing124")
ACCEPT, REJECT, ACCOUNTED, CHALLENGE = 2, 3, 5, 11
FRAMED = attribute(8, ADDRESS.to_bytes(4, "big"))


class Talking:
    """A talk of one box, and a server's answers to what it says. Slot 256 is identifier 0 of the second door."""

    def __init__(self, plan: RadiusPlan, slot: int = 258, strangers: int = 0) -> None:
        self.tally = Tally()
        self.talk = RadiusTalk(plan, SECRET, numbered(FIRST, 1, ADDRESS, strangers), 2, self.tally)
        self.slot = slot
        self.talk.begin(slot, 0)

    @property
    def said(self) -> bytes:
        return self.talk.outbox[self.slot >> 8][-1]

    def answer(self, code: int, body: bytes = FRAMED, secret: Secret = SECRET, sealed: bool = True) -> bytes:
        """An answer that is right under this secret."""
        make = sealed_reply if sealed else plain_reply
        return make(code, self.said[1], self.said[4:20], body, secret)

    def hears(self, data: bytes) -> int:
        return self.talk.heard(self.slot >> 8, data, 5)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("plain", b"000c01020304"), ("PLAIN", b"000C01020304"), ("colon", b"00:0c:01:02:03:04"),
     ("COLON", b"00:0C:01:02:03:04"), ("dash", b"00-0c-01-02-03-04"), ("DASH", b"00-0C-01-02-03-04"),
     ("dot", b"000c.0102.0304")],
)  # fmt: skip
def test_an_access_request_says_who_in_the_spelling_asked_for(spelling: str, name: bytes) -> None:
    """MAC authentication by PAP: User-Name is User-Password; sealed."""
    one = Talking(RadiusPlan("auth", NAS, spelling, "eth 1/{}"))
    packet = decode(one.said)
    assert (packet.code, packet.identifier) == (1, 2)
    assert packet.attributes[1] == name and seal_is_right(packet, SECRET)
    assert reveal_password(packet.attributes[2], packet.authenticator, SECRET) == name
    assert (packet.attributes[31], packet.attributes[87]) == (b"00-0C-01-02-03-04", b"eth 1/0")
    assert one.hears(one.answer(ACCEPT)) == 258 and one.tally.wrong == {}


def test_requests_are_drawn_anew_so_that_no_server_takes_them_for_repeats() -> None:
    """RFC 2865 3: the Request Authenticator is unpredictable and unique."""
    one = Talking(RadiusPlan("auth", NAS))
    for _ in range(600):
        one.talk.begin(258, 0)
    assert len({data[4:20] for data in one.talk.outbox[1]}) == 601


def test_a_request_without_message_authenticator_is_one_without() -> None:
    packet = decode(Talking(RadiusPlan("auth", NAS, sealed=False)).said)
    assert packet.seal_at == 0 and packet.code == 1


def test_sessions_start_go_on_and_stop() -> None:
    """RFC 2866 5.1, 5.5: one Acct-Session-Id from Start to Stop, another one for the next session."""
    one = Talking(RadiusPlan("all", NAS, sealed=False))
    for _ in range(3):
        assert one.hears(one.answer(ACCOUNTED, b"", sealed=False)) == 258
        one.talk.begin(258, 0)
    packets = [decode(data) for data in one.talk.outbox[1]]
    assert all(signature_is_right(packet, SECRET) for packet in packets)
    assert [packet.attributes[40][3] for packet in packets] == [1, 3, 2, 1]
    sessions = [packet.attributes[44] for packet in packets]
    assert sessions[0] == sessions[1] == sessions[2] != sessions[3]
    assert packets[1].attributes[46] < packets[2].attributes[46]
    assert packets[0].attributes[8] == ADDRESS.to_bytes(4, "big")


def _with(at: int, octet: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes((octet,)) + data[at + 1 :]


def _resigned(change: Callable[[bytes], bytes]) -> Callable[["Talking"], bytes]:
    """An answer whose attributes are changed, and whose Response Authenticator is right all the same."""
    return lambda one: one.answer(ACCEPT, change(one.answer(ACCEPT)[20:]), sealed=False)


WRONG: list[tuple[Callable[[Talking], bytes], str]] = [
    (lambda one: one.answer(ACCEPT, secret=OTHER), "the Response Authenticator is not right"),
    (lambda one: _with(0, REJECT)(one.answer(ACCEPT)), "the Response Authenticator is not right"),
    (lambda one: _with(43, 9)(one.answer(ACCEPT)), "the Response Authenticator is not right"),
    (lambda one: _with(3, 255)(one.answer(ACCEPT)), "a length field that is not the packet's"),
    (lambda one: _with(3, 19)(one.answer(ACCEPT)), "a length field that is not the packet's"),
    (_resigned(_with(7, 1)), "the Message-Authenticator is not right"),
    (_resigned(_with(19, 7)), "an attribute overruns the packet"),
    (_resigned(_with(19, 1)), "an attribute overruns the packet"),
    (_resigned(lambda body: body + b"\x19"), "an attribute overruns the packet"),
]


@pytest.mark.parametrize(("answer", "what"), WRONG)
def test_an_answer_that_cannot_be_the_servers_is_counted_and_the_nas_waits_on(
    answer: Callable[[Talking], bytes], what: str
) -> None:
    one = Talking(RadiusPlan("auth", NAS))
    assert one.hears(answer(one)) == GOES_ON
    assert one.tally.wrong == {what: 1}
    assert one.hears(one.answer(ACCEPT)) == 258


def test_the_address_is_the_ordered_one() -> None:
    one = Talking(RadiusPlan("auth", NAS))
    assert one.hears(one.answer(ACCEPT, attribute(8, bytes((10, 32, 0, 1))))) == 258
    assert one.tally.wrong == {"a Framed-IP-Address other than the ordered one": 1}


def test_a_seal_is_missed_only_where_it_was_asked_for() -> None:
    for wanted, wrong in ((False, {}), (True, {"no Message-Authenticator": 1})):
        one = Talking(RadiusPlan("auth", NAS, seal_wanted=wanted))
        assert one.hears(one.answer(ACCEPT, sealed=False)) == 258
        assert one.tally.wrong == wrong


def test_a_reject_refuses_a_box_and_is_right_for_a_stranger() -> None:
    one, two = Talking(RadiusPlan("auth", NAS)), Talking(RadiusPlan("auth", NAS), strangers=100)
    assert one.hears(one.answer(REJECT, b"")) == refused(258)
    assert decode(two.said).attributes[1] == b"020c01020304"
    assert two.hears(two.answer(REJECT, b"")) == 258 and two.tally.wrong == {}
    two.talk.begin(258, 0)
    two.hears(two.answer(ACCEPT))
    assert two.tally.wrong == {"an Access-Accept for a stranger": 1}


@pytest.mark.parametrize(("kind", "code"), [("auth", CHALLENGE), ("auth", ACCOUNTED), ("start", ACCEPT)])
def test_an_answer_of_another_kind_is_wrong(kind: str, code: int) -> None:
    one = Talking(RadiusPlan(kind, NAS))
    one.hears(one.answer(code, b""))
    assert list(one.tally.wrong) == [f"code {code} answers an {'Access' if kind == 'auth' else 'Accounting'}-Request"]


def test_what_nobody_asked_for_is_a_stray() -> None:
    """Another identifier, another door, the same answer again, what is no packet."""
    one = Talking(RadiusPlan("auth", NAS))
    right = one.answer(ACCEPT)
    assert one.hears(_with(1, 9)(right)) == one.talk.heard(0, right, 5) == one.hears(b"\x02") == GOES_ON
    assert one.hears(right) == 258
    assert one.hears(right) == GOES_ON
    assert (one.tally.strays, one.tally.wrong) == (4, {})


def test_what_comes_after_the_nas_gave_up_is_a_stray() -> None:
    one = Talking(RadiusPlan("auth", NAS))
    right = one.answer(ACCEPT)
    one.talk.give_up(258)
    assert one.hears(right) == GOES_ON and one.tally.strays == 1
