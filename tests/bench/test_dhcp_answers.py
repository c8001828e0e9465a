"""What a relay's boxes send, and that no wrong answer passes for a right one (RFC 2131 4.3.1 table 3, RFC 3046 2.2)."""

from collections.abc import Callable

import pytest

from gatekeeper.bench.crowd import Crowd, numbered, stranger
from gatekeeper.bench.dhcp import DISCOVER, DORA, RENEW, DhcpPlan, DhcpTalk
from gatekeeper.bench.talk import GOES_ON, refused
from gatekeeper.bench.tally import Tally
from gatekeeper.wire.dhcp import decode
from gatekeeper.wire.text import parse_ip, parse_mac

GIADDR, SERVER = bytes((10, 0, 0, 2)), bytes((10, 0, 0, 1))
FIRST = parse_mac("00:0c:01:02:03:04")
ADDRESS = parse_ip("10.32.0.0")
COOKIE = b"\x63\x82\x53\x63"
OFFER, ACK, NAK = 2, 5, 6


class Talking:
    """A talk of one box with one slot in use, and a server's answers to what it says."""

    def __init__(self, plan: DhcpPlan, strangers: int = 0, boxes: int = 1) -> None:
        crowd: Crowd = numbered(FIRST, boxes, ADDRESS, strangers)
        self.tally = Tally()
        self.talk = DhcpTalk(plan, crowd, 8, self.tally)
        self.slot = 0
        self.wants_answer = self.talk.begin(0, 0)

    @property
    def said(self) -> bytes:
        """The last message."""
        return self.talk.outbox[0][-1]

    def answer(self, kind: int, change: Callable[[bytes], bytes] = bytes, **fields: bytes) -> int:
        """A right answer but for the fields that are named, and for the change to its octets."""
        said = self.said
        has = {
            "op": b"\x02", "xid": said[4:8], "yiaddr": ADDRESS.to_bytes(4, "big"), "giaddr": GIADDR,
            "chaddr": said[28:44], "cookie": COOKIE, "server": b"\x36\x04" + SERVER,
            "lease": b"\x33\x04\x00\x01\x51\x80", "more": b"\x2b\x01\x07", "end": b"\xff",
        } | fields  # fmt: skip
        head = has["op"] + b"\x01\x06\x00" + has["xid"] + bytes(8) + has["yiaddr"] + bytes(4) + has["giaddr"]
        options = bytes((53, 1, kind)) + has["server"] + has["lease"] + has["more"] + has["end"]
        return self.talk.heard(0, change(head + has["chaddr"] + bytes(192) + has["cookie"] + options), 5)

    def bind(self) -> int:
        assert self.answer(OFFER) == GOES_ON
        return self.answer(ACK)


def test_a_dora_is_two_questions_that_our_own_reader_understands() -> None:
    """DISCOVER, then REQUEST in SELECTING: server id and the offered address, no ciaddr (RFC 2131 4.3.2)."""
    one = Talking(DhcpPlan(DORA, GIADDR, b"SCITV", "OLT1/{}"))
    discover = decode(one.said)
    agent = b"\x52\x08\x01\x06OLT1/0"
    assert one.answer(OFFER, more=agent) == GOES_ON
    request = decode(one.said)
    assert one.answer(ACK, more=agent) == 0
    assert (discover.kind, request.kind) == (1, 3)
    assert discover.xid == request.xid and discover.mac == request.mac == FIRST
    assert (request.options[54], request.options[50]) == (SERVER, ADDRESS.to_bytes(4, "big"))
    assert discover.options[60] == b"SCITV" and discover.options[82] == request.options[82] == agent[2:]
    assert len(one.talk.outbox[0][0]) == len(one.talk.outbox[0][1]) >= 300
    assert one.tally.wrong == {}


def test_a_discover_alone_ends_with_its_offer() -> None:
    one = Talking(DhcpPlan(DISCOVER, GIADDR))
    assert one.answer(OFFER) == 0


def test_a_renewal_is_for_what_the_first_visit_got() -> None:
    """RFC 2131 4.3.2: ciaddr, neither server id nor requested address."""
    one = Talking(DhcpPlan(RENEW, GIADDR))
    assert one.bind() == 0
    one.talk.begin(0, 9)
    renewal = decode(one.said)
    assert (renewal.kind, renewal.ciaddr) == (3, ADDRESS)
    assert not {50, 54} & set(renewal.options)
    assert one.answer(ACK) == 0


# What is changed -> what is said of it. None: a stray, which nobody waits for.
IGNORED = [
    ({"op": b"\x01"}, None),
    ({"xid": b"\x00\x70\x00\x00"}, None),
    ({"xid": b"\x00\x00\x00\x05"}, None),
    ({"xid": b"\x00\x0f\x00\x00"}, None),
    ({"chaddr": b"\x00\x0c\x01\x02\x03\x05".ljust(16, b"\0")}, "giaddr or chaddr is not the request's"),
    ({"giaddr": SERVER}, "giaddr or chaddr is not the request's"),
    ({"cookie": b"\x63\x82\x53\x64"}, "no magic cookie"),
    ({"end": b"\x2b\x09\x01\xff"}, "an option overruns the message"),
    ({"end": b"\x2b"}, "an option overruns the message"),
    ({"end": b""}, "no end option"),
    ({"server": b""}, "no server id, lease time or address"),
    ({"lease": b""}, "no server id, lease time or address"),
    ({"lease": b"\x33\x04\0\0\0\0"}, "no server id, lease time or address"),
    ({"yiaddr": bytes(4)}, "no server id, lease time or address"),
]
COUNTED = [
    ({"yiaddr": bytes((10, 32, 0, 1))}, "an address other than the ordered one"),
    ({"more": b""}, "no option 43"),
]


@pytest.mark.parametrize("step", [OFFER, ACK])
@pytest.mark.parametrize(("fields", "what"), IGNORED)
def test_what_cannot_be_an_answer_is_counted_and_the_box_waits_on(
    step: int, fields: dict[str, bytes], what: str | None
) -> None:
    one = Talking(DhcpPlan(DORA, GIADDR, wanted=frozenset({43})))
    if step == ACK:
        one.answer(OFFER)
    sent = len(one.talk.outbox[0])
    assert one.answer(step, **fields) == GOES_ON
    assert one.tally.wrong == ({what: 1} if what else {}) and one.tally.strays == (0 if what else 1)
    assert len(one.talk.outbox[0]) == sent
    assert one.answer(step) == (GOES_ON if step == OFFER else 0)


@pytest.mark.parametrize(("fields", "what"), COUNTED)
def test_an_answer_with_something_else_in_it_is_counted_and_the_exchange_goes_on(
    fields: dict[str, bytes], what: str
) -> None:
    one = Talking(DhcpPlan(DORA, GIADDR, wanted=frozenset({43})))
    assert one.answer(OFFER, **fields) == GOES_ON
    assert one.answer(ACK, **fields) == 0
    assert one.tally.wrong == {what: 2}
    assert one.tally.first_wrong == f"{what} (box 00:0c:01:02:03:04)"


@pytest.mark.parametrize(
    ("more", "wrong"),
    [(b"\x52\x08\x01\x06OLT1/0", 0), (b"", 1), (b"\x52\x08\x01\x06OLT1/1", 1), (b"\x52\x07\x01\x05OLT1/", 1)],
)
def test_option_82_comes_back_octet_by_octet(more: bytes, wrong: int) -> None:
    """RFC 3046 2.2: the server shall echo the entire contents."""
    one = Talking(DhcpPlan(DISCOVER, GIADDR, circuit="OLT1/{}"))
    one.answer(OFFER, more=more)
    assert sum(one.tally.wrong.values()) == wrong


def test_offer_and_ack_agree() -> None:
    one = Talking(DhcpPlan(DORA, GIADDR))
    one.answer(OFFER)
    one.answer(ACK, server=b"\x36\x04\x0a\x00\x00\x03")
    assert one.tally.wrong == {"the ACK has another server id than the OFFER": 1}
    two = Talking(DhcpPlan(DORA, GIADDR))
    two.answer(OFFER)
    two.answer(ACK, yiaddr=bytes((10, 32, 0, 9)))
    assert two.tally.wrong["the ACK has another address than the OFFER"] == 1


def test_two_boxes_never_hold_one_address() -> None:
    one = Talking(DhcpPlan(DORA, GIADDR), boxes=2)
    assert one.bind() == 0
    one.talk.begin(1, 9)
    one.answer(OFFER)
    assert one.answer(ACK) == 1
    assert one.tally.wrong["an address of another box"] == 1


def test_a_nak_is_a_refusal_and_a_renewal_begins_anew_after_it() -> None:
    one = Talking(DhcpPlan(RENEW, GIADDR))
    one.bind()
    one.talk.begin(0, 9)
    assert one.answer(NAK) == refused(0)
    assert one.answer(NAK) == GOES_ON and one.tally.strays == 1
    one.talk.begin(0, 9)
    assert decode(one.said).kind == 1


def test_an_answer_to_a_stranger_is_wrong() -> None:
    one = Talking(DhcpPlan(DORA, GIADDR), strangers=100)
    assert not one.wants_answer and one.said[28:34] == stranger(FIRST)
    assert one.answer(OFFER) == GOES_ON
    assert one.tally.wrong == {"an answer to a stranger": 1}
    assert len(one.talk.outbox[0]) == 1


def test_what_comes_after_the_box_gave_up_is_a_stray() -> None:
    one = Talking(DhcpPlan(DORA, GIADDR))
    one.talk.give_up(0)
    assert one.answer(OFFER) == GOES_ON
    assert (one.tally.strays, one.tally.wrong) == (1, {})


def test_an_answer_of_the_slots_last_transaction_is_a_stray() -> None:
    one = Talking(DhcpPlan(DORA, GIADDR))
    old = one.said[4:8]
    one.talk.give_up(0)
    one.talk.begin(0, 9)
    assert one.answer(OFFER, xid=old) == GOES_ON
    assert one.tally.strays == 1


@pytest.mark.parametrize("size", range(0, 300, 7))
def test_an_answer_that_is_cut_anywhere_ends_nothing(size: int) -> None:
    one = Talking(DhcpPlan(DISCOVER, GIADDR, wanted=frozenset({43})))
    whole = len(one.said)
    assert whole >= 300
    cut = one.answer(OFFER, change=lambda data: data[:size])
    assert (cut == 0) == (size >= 259)
