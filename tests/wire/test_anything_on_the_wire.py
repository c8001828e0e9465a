"""Strangers' bytes: whatever comes, the decoders give a value or Malformed, and what is encoded is read back."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire import Malformed
from gatekeeper.wire.acs import decode_tr069
from gatekeeper.wire.dhcp import MAGIC, DhcpMessage, decode, encode, message, split_option, suboptions
from gatekeeper.wire.dhcp_options import show_value
from gatekeeper.wire.radius import decode as decode_radius
from gatekeeper.wire.relay_agent import read_relay_info

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


@pytest.mark.parametrize("reader", [decode, decode_radius, suboptions, decode_tr069, _relay_info])
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
    ("value", "parts"),
    [("", {}), ("0100", {1: b""}), ("0103616263 0202aabb", {1: b"abc", 2: b"\xaa\xbb"}), ("0001ff", {0: b"\xff"})],
)
def test_rfc3046_2_0_sub_options_are_read(value: str, parts: dict[int, bytes]) -> None:
    """No pad and no end inside Option 82: 0 and 255 are codes like any other."""
    assert suboptions(bytes.fromhex(value)) == parts


@pytest.mark.parametrize("value", ["01", "0102aa", "010161 02", "010161 010162"])
def test_a_cut_or_doubled_sub_option_is_malformed(value: str) -> None:
    """Design 8.8: it must never bind."""
    with pytest.raises(Malformed):
        suboptions(bytes.fromhex(value))
