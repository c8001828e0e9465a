"""Strangers' bytes: whatever comes, the decoders give a value or Malformed, and what is encoded is read back."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire import Malformed
from gatekeeper.wire.acs import decode_tr069
from gatekeeper.wire.dhcp import MAGIC, DhcpMessage, decode, encode, message, split_option
from gatekeeper.wire.dhcp_options import show_value
from gatekeeper.wire.radius import decode as decode_radius
from gatekeeper.wire.relay_agent import CUT, TEXT, SubOptions, read_relay_info, read_suboptions

# Mostly octets that mean something to a TLV reader, so that the interesting paths are met.
_TLVS = st.lists(
    st.one_of(
        st.builds(lambda code, value: bytes((code, len(value))) + value, st.integers(0, 255), st.binary(max_size=20)),
        st.binary(max_size=4),
    ),
    max_size=12,
).map(b"".join)
_HEADERS = st.binary(min_size=236, max_size=236)
_DHCP = st.builds(lambda head, hlen, tail: head[:2] + bytes((hlen, 0)) + head[4:] + MAGIC + tail,
                  _HEADERS, st.integers(0, 17), _TLVS)  # fmt: skip
_RADIUS = st.builds(
    lambda code, size, authenticator, tail: bytes((code, 1)) + (20 + len(tail) + size).to_bytes(2, "big")
    + authenticator + tail,
    st.integers(0, 50), st.integers(-2, 2), st.binary(min_size=16, max_size=16), _TLVS,
)  # fmt: skip
_WORD = st.integers(0, 2**32 - 1)


def _relay_info(data: bytes) -> object:
    return read_relay_info(data, "both")


@pytest.mark.parametrize("reader", [decode, decode_radius, read_suboptions, decode_tr069, _relay_info])
@given(st.one_of(st.binary(max_size=600), _TLVS, _DHCP, _RADIUS))
def test_any_octets_are_read_or_malformed(reader: Callable[[bytes], object], data: bytes) -> None:
    """Nothing but Malformed leaves a decoder, and where it says it shows lies inside or at the end of the data."""
    try:
        reader(data)
    except Malformed as bad:
        assert 0 <= bad.offset <= max(len(data), 240)


@given(
    st.builds(
        DhcpMessage,
        op=st.integers(0, 255), htype=st.integers(0, 255), hops=st.integers(0, 16), xid=_WORD,
        secs=st.integers(0, 65535), flags=st.integers(0, 65535), ciaddr=_WORD, yiaddr=_WORD, siaddr=_WORD,
        giaddr=_WORD, mac=st.binary(max_size=16), kind=st.just(1),
        options=st.dictionaries(
            st.integers(1, 254).filter(lambda code: code not in (52, 53)),
            st.one_of(st.binary(max_size=40), st.binary(min_size=250, max_size=600)),
            max_size=8,
        ),
        instances=st.just({}),
    )
)  # fmt: skip
def test_rfc3396_a_message_that_is_encoded_and_decoded_is_itself(sent: DhcpMessage) -> None:
    """Options longer than 255 octets are split and joined again; the sequence of options is kept."""
    sent = sent._replace(options={53: b"\x01", **sent.options})
    received = decode(encode(sent))
    assert received == sent
    assert list(received.options) == list(sent.options)


@given(st.lists(st.one_of(st.binary(max_size=9), st.sampled_from([bytes(255), bytes(510), bytes(511)])), min_size=2))
def test_values_that_came_one_by_one_go_out_one_by_one(values: list[bytes]) -> None:
    """RFC 3396 5: also one whose last part is full, for an empty part ends it."""
    sent = message(1, bytes(6), 7, {43: b"".join(values), 60: b"stb"})._replace(instances={43: tuple(values)})
    assert decode(encode(sent)) == sent


@pytest.mark.parametrize(
    ("length", "parts"), [(0, [0]), (1, [1]), (255, [255]), (256, [255, 1]), (510, [255, 255]), (511, [255, 255, 1])]
)
def test_rfc3396_5_an_option_is_split_into_full_parts(length: int, parts: list[int]) -> None:
    """All but the last are 255 octets long."""
    octets = split_option(43, bytes(length))
    found = []
    while octets:
        assert octets[0] == 43
        found.append(octets[1])
        octets = octets[2 + octets[1] :]
    assert found == parts


def test_rfc951_a_message_has_300_octets_at_least() -> None:
    """Old relays drop less."""
    assert len(encode(message(1, bytes(6), 1))) == 300


@given(st.integers(0, 255), st.binary(max_size=64))
def test_any_option_can_be_shown(code: int, value: bytes) -> None:
    """As text that a terminal may have."""
    assert show_value(code, value).isprintable()


@pytest.mark.parametrize(
    ("value", "parts", "odd"),
    [
        ("", {}, ""),
        ("0100", {1: b""}, ""),
        ("0103616263 0202aabb", {1: b"abc", 2: b"\xaa\xbb"}, ""),
        # RFC 3396 5: a snooping switch's option and the relay's own are one value; the first node is nearest the box.
        ("0103616263 020141 010178 020142", {1: b"abc", 2: b"A"}, ""),
        ("010161 010162", {1: b"a"}, ""),
        ("0103616263 ff", {1: b"abc"}, ""),
        ("0103616263 ff 010178 0504c0000201", {1: b"abc", 5: b"\xc0\x00\x02\x01"}, ""),
        ("0103616263 000000", {1: b"abc"}, ""),
        ("0000 0103616263", {1: b"abc"}, ""),
        ("20036162630101 61", {0x20: b"abc", 1: b"a"}, ""),
        ("01", {}, CUT),
        ("0102aa", {}, CUT),
        ("010161 02", {1: b"a"}, CUT),
        ("020141 010561", {2: b"A"}, CUT),
        (b"eth 0/1/3:100".hex(), {1: b"eth 0/1/3:100"}, TEXT),
        (b"p 0/0/0:4096.1 node7/0/0/1/0/3:100".hex(), {1: b"p 0/0/0:4096.1 node7/0/0/1/0/3:100"}, TEXT),
        (b"eth 0/1".hex() + "0000", {1: b"eth 0/1"}, TEXT),
        (b"eth 0/1".hex() + "010178 020142", {1: b"eth 0/1", 2: b"B"}, TEXT),
        (b"eth 0/1".hex() + "010578", {}, CUT),
        (b"eth 0/1".hex() + "ff", {1: b"eth 0/1"}, TEXT),
        ("广州 eth 0/1".encode().hex(), {1: "广州 eth 0/1".encode()}, TEXT),
        ("OLT-广州 eth 0/1".encode("gbk").hex(), {1: "OLT-广州 eth 0/1".encode("gbk")}, TEXT),
        # Cisco's 151 (VSS), cut: it is no text in any encoding that may begin so.
        ("972076706e3761", {}, CUT),
        ("9703616263", {0x97: b"abc"}, ""),
    ],
)
def test_option_82_is_read_as_equipment_writes_it(value: str, parts: dict[int, bytes], odd: str) -> None:
    """RFC 3046 2.0 as it should be; then twice (RFC 3396 5), ended or filled as options are, cut, and as bare text.

    One of the texts is as long as its second character says: it would pass for one sub-option 112.
    """
    assert read_suboptions(bytes.fromhex(value)) == SubOptions(parts, odd)


_SUB_OPTION = st.tuples(st.sampled_from([2, 5, 9, 10, 11, 19, 151]), st.binary(max_size=20))
_ASSIGNED = st.lists(_SUB_OPTION, max_size=4).map(
    lambda pairs: b"".join(bytes((code, len(value))) + value for code, value in pairs)
)
_CIRCUIT = st.binary(max_size=20)


@given(_ASSIGNED, _CIRCUIT, _ASSIGNED, _CIRCUIT, st.sampled_from([b"", b"\xff", bytes(3), b"\xff\0\0"]))
def test_the_first_circuit_id_counts_whatever_is_appended(
    before: bytes, first: bytes, behind: bytes, second: bytes, end: bytes
) -> None:
    """Each of the two options may be ended or filled as options are."""
    node, relay = before + bytes((1, len(first))) + first, behind + bytes((1, len(second))) + second
    told = read_suboptions(node + end + relay + end)
    assert (told.parts[1], told.odd) == (first, "")


@given(_ASSIGNED, st.binary(min_size=1, max_size=20), _ASSIGNED, st.integers(0, 200))
def test_an_option_82_that_is_cut_anywhere_names_its_own_line_or_none(
    before: bytes, line: bytes, behind: bytes, at: int
) -> None:
    """Never a part of one, and never one made of other octets."""
    whole = before + bytes((1, len(line))) + line + behind
    assert read_suboptions(whole[:at]).parts.get(1) in (None, line)


@pytest.mark.parametrize(
    ("value", "port_key", "line"),
    [
        ("0103616263 020578", "circuit-id", b"abc"),
        ("0103616263 020578", "both", b""),
        ("0103616263 0201ff", "both", b"abc \xff"),
        ("0103616263 0201ff 09", "both", b"abc \xff"),
        ("0103616263", "both", b"abc"),
        ("020178 010561", "circuit-id", b""),
        (b"eth 0/1".hex(), "remote-id", b""),
        (b"eth 0/1".hex(), "both", b"eth 0/1"),
    ],
)
def test_what_is_cut_names_no_line(value: str, port_key: str, line: bytes) -> None:
    """Design 8.8: it must never bind to a line that may be another one's."""
    assert read_relay_info(bytes.fromhex(value), port_key).line == line
