"""A reply, octet by octet: header (RFC 2131 table 3), options in their sequence, echoes, sizes."""

from pathlib import Path

import pytest

from gatekeeper.config.load import load_file
from gatekeeper.reply.dhcp import DhcpReplies
from gatekeeper.wire.dhcp import ACK, HEADER, OFFER, decode, message
from tests.engine.bench import BOX, CONFIG, GIADDR, SERVER

ADDRESS = 0x0A140107
AGENT = b"\x01\x08ge 1/0/7\x02\x03olt\x97\x01\x00"
CLIENT_ID = b"\xff" + bytes(range(20))


class Counter:
    """Renders replies for the usual configuration."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        file = folder / "gatekeeper.toml"
        file.write_text(config, encoding="utf-8")
        self.book = load_file(file).book
        self.replies = DhcpReplies(self.book)

    def grant(
        self, kind: int = ACK, options: dict[int, bytes] | None = None, acs: str = "", plan: str = "", **header: int
    ) -> bytes:
        request = message(3, BOX, 77, options, **header)
        return self.replies.grant(kind, request, ADDRESS, SERVER, self.book.subnets[0], acs, plan)

    def nak(self, options: dict[int, bytes] | None = None, **header: int) -> bytes:
        return self.replies.nak(message(3, BOX, 77, options, **header), SERVER, "WRONG_ADDRESS")


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path)


def codes(reply: bytes) -> list[int]:
    """Option codes in the sequence of the octets; everything behind END must be zero."""
    found, at = [], 240
    while reply[at] != 255:
        found.append(reply[at])
        at += 2 + reply[at + 1]
    assert not any(reply[at + 1 :])
    return found


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([1, 3, 6, 43], [53, 54, 51, 1, 3, 6, 43]),
        ([6, 3, 1], [53, 54, 51, 6, 1, 3, 43]),  # RFC 2132 3.3: the mask before the routers
        ([43, 15, 42], [53, 54, 51, 43, 15, 42, 1]),
        ([51, 54, 53, 58, 59, 12], [53, 54, 51, 1, 43]),
        ([3, 3, 3], [53, 54, 51, 1, 3, 43]),
        ([50, 55, 61, 82, 0, 255], [53, 54, 51, 1, 43]),  # RFC 2131 table 3: MUST NOT
        ([], [53, 54, 51, 1, 3, 6, 42, 15, 43]),
    ],
    ids=str,
)
def test_rfc2132_9_8_options_come_in_the_sequence_of_the_request_list(
    counter: Counter, asked: list[int], expected: list[int]
) -> None:
    """Each once; then what is forced: the mask, and Option 43 for boxes that do not ask for it."""
    assert codes(counter.grant(options={55: bytes(asked)})) == expected


def test_without_a_request_list_all_that_is_configured_is_sent(counter: Counter) -> None:
    """RFC 2131 4.3.1."""
    assert codes(counter.grant()) == [53, 54, 51, 1, 3, 6, 42, 15, 43]


@pytest.mark.parametrize(
    ("force", "asked", "sent"), [("true", [1], True), ("false", [1], False), ("false", [43], True)]
)
def test_option_43_is_sent_unasked_where_it_is_forced(tmp_path: Path, force: str, asked: list[int], sent: bool) -> None:
    """Contract 2: Sichuan boxes do not ask."""
    counter = Counter(tmp_path, CONFIG.replace("[acs]", f"[acs]\nforce = {force}", 1))
    assert (43 in codes(counter.grant(options={55: bytes(asked)}))) is sent


def test_rfc3442_classless_routes_come_before_the_routers(tmp_path: Path) -> None:
    """Where both are asked for; a box that does not ask for 121 does not get it."""
    counter = Counter(tmp_path, CONFIG.replace("42 = ", '121 = "0.0.0.0/0 10.20.0.1", 42 = '))
    assert codes(counter.grant(options={55: bytes((3, 121))})) == [53, 54, 51, 1, 121, 3, 43]
    assert 121 not in codes(counter.grant(options={55: bytes((3,))}))


def test_the_values_are_those_of_the_configuration(counter: Counter) -> None:
    """One row each."""
    assert decode(counter.grant()).options == {
        53: b"\x05", 54: b"\x0a\x14\x00\x02", 51: b"\x00\x00\x0e\x10", 1: b"\xff\xff\x00\x00",
        3: b"\x0a\x14\x00\x01", 6: b"\x0a\x14\x00\x35", 42: b"\x0a\x14\x00\x01", 15: b"itv.example.net",
        43: b"\x01\x20http://itms.example.net:7547/acs\x02\x0aSC.IPTV.01",
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "ciaddr"), [(OFFER, 0), (ACK, ADDRESS)])
def test_rfc2131_table_3_the_header_of_offer_and_ack(counter: Counter, kind: int, ciaddr: int) -> None:
    """xid, flags, giaddr, chaddr as they came; hops, secs and siaddr 0; ciaddr only in an ACK."""
    reply = counter.grant(kind, hops=3, secs=9, flags=0x8000, ciaddr=ADDRESS, giaddr=GIADDR, siaddr=5)
    expected = (2, 1, 6, 0, 77, 0, 0x8000, ciaddr, ADDRESS, 0, GIADDR, BOX.ljust(16, b"\0"))
    assert HEADER.unpack(reply[:44]) == expected
    assert reply[44:240] == bytes(192) + b"\x63\x82\x53\x63"


def test_rfc2131_table_3_a_nak_has_no_address_and_no_lease(counter: Counter) -> None:
    """Type, server id, message; and the two echoes."""
    reply = counter.nak({61: CLIENT_ID, 82: AGENT, 55: b"\x01\x03"}, ciaddr=ADDRESS, giaddr=GIADDR)
    assert codes(reply) == [53, 54, 56, 61, 82]
    nak = decode(reply)
    assert (nak.ciaddr, nak.yiaddr, nak.siaddr) == (0, 0, 0)
    assert nak.options[56] == b"WRONG_ADDRESS"


@pytest.mark.parametrize(("giaddr", "flags"), [(GIADDR, 0x8000), (0, 0)])
def test_rfc2131_4_3_2_a_nak_through_a_relay_sets_the_broadcast_flag(counter: Counter, giaddr: int, flags: int) -> None:
    """The box may not have the address that it speaks from."""
    assert decode(counter.nak(giaddr=giaddr)).flags == flags


def test_rfc3046_2_2_option_82_comes_back_octet_for_octet_and_last(counter: Counter) -> None:
    """Sub-options that we do not know included."""
    reply = counter.grant(options={82: AGENT, 61: CLIENT_ID, 55: b"\x52\x3d\x01"})
    assert codes(reply)[-2:] == [61, 82]
    assert reply.rstrip(b"\0").endswith(bytes((82, len(AGENT))) + AGENT + b"\xff")


@pytest.mark.parametrize("sent", [None, b"", CLIENT_ID])
def test_rfc6842_3_the_client_identifier_comes_back_as_it_came(counter: Counter, sent: bytes | None) -> None:
    """In every reply, also in a NAK; none where none came."""
    options = {} if sent is None else {61: sent}
    assert decode(counter.grant(options=options)).options.get(61) == sent
    assert decode(counter.nak(options)).options.get(61) == sent


def test_rfc951_a_reply_has_300_octets_at_least(counter: Counter) -> None:
    """Old relays and clients drop less."""
    assert len(counter.nak()) == 300
    assert len(counter.grant(options={55: b"\x01"})) >= 300


BIG = CONFIG.replace("42 = ", f'66 = "{"t" * 200}", 67 = "{"b" * 200}", 42 = ')


@pytest.mark.parametrize(
    ("asked_size", "most"),
    [(None, 576), (0, 576), (300, 576), (576, 576), (700, 700), (1500, 1500), (65535, 1500)],
)
def test_rfc2132_9_10_a_reply_fits_the_size_that_the_box_takes(
    tmp_path: Path, asked_size: int | None, most: int
) -> None:
    """Counted with IP and UDP headers, the smaller reading; less than 576 is ignored, an Ethernet frame is the most."""
    options = {} if asked_size is None else {57: asked_size.to_bytes(2, "big")}
    reply = Counter(tmp_path, BIG).grant(options=options | {82: AGENT, 61: CLIENT_ID})
    assert len(reply) + 28 <= most
    assert {53, 54, 51, 1, 43, 61, 82} <= set(codes(reply))
    if most >= 1500:
        assert {66, 67} <= set(codes(reply))


def test_what_was_asked_for_last_goes_first_when_there_is_no_room(tmp_path: Path) -> None:
    """And what tells the box its ACS stays."""
    counter = Counter(tmp_path, BIG)
    assert codes(counter.grant(options={55: bytes((67, 66, 43))})) == [53, 54, 51, 67, 43, 1]
    assert codes(counter.grant(options={55: bytes((66, 67, 43))})) == [53, 54, 51, 66, 43, 1]


@pytest.mark.parametrize(("encoding", "code"), [("tr069", 43), ("option125", 125)])
def test_the_dialect_chooses_the_option(tmp_path: Path, encoding: str, code: int) -> None:
    """43, or 125 under enterprise 3561."""
    counter = Counter(tmp_path, CONFIG.replace("[acs]", f'[acs]\nencoding = "{encoding}"', 1))
    assert codes(counter.grant(options={55: b"\x01"})) == [53, 54, 51, 1, code]


def test_a_reply_depends_on_nothing_that_another_box_asked(counter: Counter) -> None:
    """What is compiled once is keyed by all that it depends on."""
    first = counter.grant(options={55: b"\x01\x03"})
    for other in ({55: b"\x06"}, {55: b"\x01\x03", 61: b"x"}, {}):
        assert counter.grant(options=other) != first
        assert counter.grant(OFFER, options={55: b"\x01\x03"}) != first
        assert counter.grant(options={55: b"\x01\x03"}, acs="http://other.example.net/") != first
    assert counter.grant(options={55: b"\x01\x03"}) == first
