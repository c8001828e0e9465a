"""EAP packets and how RADIUS carries them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire import Malformed
from gatekeeper.wire.eap import (
    MD5_CHALLENGE,
    REQUEST,
    RESPONSE,
    EapPacket,
    decode_eap,
    eap_attributes,
    encode_eap,
    md5_value,
    method_name,
    wanted_methods,
)
from gatekeeper.wire.radius import EAP_MESSAGE, decode
from gatekeeper.wire.radius_seal import Secret, chap_response, sealed_request
from tests.vectors.reader import name_of, octets, vectors


@pytest.mark.parametrize("vector", vectors("eap.txt"), ids=name_of)
def test_these_octets_are_this_packet_or_malformed(vector: object) -> None:
    """RFC 3748 4; expected: code id type data."""
    expected: str = vector.expected  # type: ignore[attr-defined]
    data: bytes = vector.data  # type: ignore[attr-defined]
    if expected.startswith("bad "):
        with pytest.raises(Malformed, match=expected.removeprefix("bad ")):
            decode_eap(data)
        return
    code, identifier, kind, *rest = expected.split()
    assert decode_eap(data) == EapPacket(int(code), int(identifier), int(kind), octets(" ".join(rest)))


@given(st.sampled_from([REQUEST, RESPONSE]), st.integers(0, 255), st.integers(1, 255), st.binary(max_size=1200))
def test_rfc3579_3_1_an_eap_packet_of_any_size_goes_through_radius(
    code: int, identifier: int, kind: int, data: bytes
) -> None:
    """Over 253 octets it is split, and joined again by the receiver."""
    sent = EapPacket(code, identifier, kind, data)
    body = eap_attributes(sent)
    assert len(body) == len(encode_eap(sent)) + 2 * ((len(data) + 5 + 252) // 253)
    packet = decode(sealed_request(1, 1, bytes(16), body, Secret(b"testing123")))
    assert decode_eap(packet.attributes[EAP_MESSAGE]) == sent


@given(st.binary(max_size=300))
def test_any_octets_are_an_eap_packet_or_malformed(data: bytes) -> None:
    """And so are the values in it."""
    for reader in (decode_eap, md5_value):
        try:
            reader(data)
        except Malformed as bad:
            assert 0 <= bad.offset <= max(len(data), 5)


@pytest.mark.parametrize(
    ("data", "value"), [("10 00*16", "00*16"), ('10 00*16 "name"', "00*16"), ("01 ff", "ff"), ("02 ff", None),
                        ("00 ff", None), ("10", None), ('""', None)],
)  # fmt: skip
def test_rfc1994_4_1_a_challenge_has_a_size_a_value_and_a_name(data: str, value: str | None) -> None:
    """A value of one octet or more; the name may be absent."""
    if value is None:
        with pytest.raises(Malformed, match="value size"):
            md5_value(octets(data))
    else:
        assert md5_value(octets(data)) == octets(value)


def test_rfc2865_7_2_the_chap_response_of_the_example() -> None:
    """flopsy, CHAP identifier 22; the challenge is the Request Authenticator, the password arctangent."""
    request = {vector.name: vector.data for vector in vectors("radius.txt")}["RFC 2865 7.2 Access-Request"]
    packet = decode(request)
    chap = packet.attributes[3]
    assert chap_response(chap[0], b"arctangent", packet.authenticator) == chap[1:]


def test_methods_have_names_for_people() -> None:
    """IANA's, or the number; a Nak may want nothing (RFC 3748 5.3.1)."""
    assert method_name(25) == "PEAP"
    assert method_name(99) == "EAP type 99"
    assert wanted_methods(bytes((25, 21, 25))) == "PEAP, EAP-TTLS"
    assert wanted_methods(b"\0") == wanted_methods(b"") == "nothing"
    assert method_name(MD5_CHALLENGE) == "MD5-Challenge"
