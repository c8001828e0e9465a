"""RADIUS with the shared secret, against the bytes that stand in the RFCs."""

from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.radius import ACCESS_REQUEST, RadiusPacket, attribute, decode, vendor_attribute, vendor_values
from gatekeeper.wire.radius_seal import (
    Secret,
    hide_password,
    reply_is_right,
    reveal_password,
    seal_is_right,
    sealed_reply,
    sealed_request,
)
from tests.vectors.reader import vectors

RFC = {vector.name: vector.data for vector in vectors("radius.txt")}
SECRET = Secret(b"xyzzy5461")  # RFC 2865 7, and RFC 5997 6.1


def test_rfc2865_7_1_the_password_is_arctangent() -> None:
    """User-Password is revealed, and hidden again to the same octets."""
    request = decode(RFC["RFC 2865 7.1 Access-Request"])
    assert reveal_password(request.attributes[2], request.authenticator, SECRET) == b"arctangent"
    assert hide_password(b"arctangent", request.authenticator, SECRET) == request.attributes[2]


@pytest.mark.parametrize("section", ["RFC 2865 7.1", "RFC 2865 7.2"])
def test_rfc2865_7_the_response_authenticator_holds(section: str) -> None:
    """Reply and request of one exchange."""
    request, reply = decode(RFC[f"{section} Access-Request"]), decode(RFC[f"{section} Access-Accept"])
    assert reply_is_right(reply, request.authenticator, SECRET)
    assert not reply_is_right(reply, request.authenticator, Secret(b"xyzzy5462"))
    assert not reply_is_right(reply, bytes(16), SECRET)


def test_rfc5997_6_1_the_message_authenticator_holds() -> None:
    """Status-Server and its answer."""
    request, reply = decode(RFC["RFC 5997 6.1 Status-Server"]), decode(RFC["RFC 5997 6.1 Access-Accept"])
    assert seal_is_right(request, SECRET)
    assert reply_is_right(reply, request.authenticator, SECRET)


def test_rfc3579_3_2_a_sealed_packet_with_any_bit_turned_is_wrong() -> None:
    """The length field apart, which makes it malformed before that."""
    data = RFC["RFC 5997 6.1 Status-Server"]
    for octet in (0, 1, *range(4, 20), *range(22, 38)):
        turned = bytearray(data)
        turned[octet] ^= 1
        packet = RadiusPacket(turned[0], turned[1], bytes(turned[4:20]), {}, (), b"", 22, bytes(turned))
        assert not seal_is_right(packet, SECRET), f"octet {octet}"


def test_rfc2104_a_key_longer_than_a_block_is_hashed_first() -> None:
    """RFC 2202 2, cases 1 to 3 and 6: HMAC-MD5 of known keys."""
    assert Secret(b"\x0b" * 16).hmac(b"Hi There").hex() == "9294727a3638bb1c13f48ef8158bfc9d"
    assert Secret(b"Jefe").hmac(b"what do ya want for nothing?").hex() == "750c783e6ab0b503eaa86e310a5db738"
    assert Secret(b"\xaa" * 16).hmac(b"\xdd" * 50).hex() == "56be34521d144c88dbb8c733f0e8b3f6"
    text = b"Test Using Larger Than Block-Size Key - Hash Key First"
    assert Secret(b"\xaa" * 80).hmac(text).hex() == "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"


def test_cve_2024_3596_the_message_authenticator_is_the_first_attribute_of_a_reply() -> None:
    """And the Response Authenticator is MD5 over code, id, length, request authenticator, attributes and secret."""
    body = attribute(18, b"UNKNOWN_MAC")
    reply = sealed_reply(3, 9, bytes(range(16)), body, SECRET)
    assert reply[20:22] == b"\x50\x12"
    assert reply[38:] == body
    assert reply[4:20] == md5(reply[:4] + bytes(range(16)) + reply[20:] + b"xyzzy5461").digest()
    assert reply_is_right(decode(reply), bytes(range(16)), SECRET)


def test_a_reply_whose_seal_is_wrong_is_wrong_although_its_authenticator_is_right() -> None:
    """RFC 3579 3.2: a client must check both."""
    reply = bytearray(sealed_reply(2, 9, bytes(16), b"", SECRET))
    reply[22] ^= 1
    reply[4:20] = md5(bytes(reply[:4]) + bytes(16) + bytes(reply[20:]) + b"xyzzy5461").digest()
    assert not reply_is_right(decode(bytes(reply)), bytes(16), SECRET)


def test_a_secret_is_never_printed() -> None:
    """Design 11."""
    assert "xyzzy" not in f"{SECRET!r} {SECRET} {[SECRET]}"


@given(st.binary(max_size=128).filter(lambda text: not text.endswith(b"\0")), st.binary(min_size=16, max_size=16))
def test_rfc2865_5_2_any_password_is_hidden_and_revealed(password: bytes, authenticator: bytes) -> None:
    """Whole blocks of 16 octets, at least one; trailing NULs are padding."""
    hidden = hide_password(password, authenticator, SECRET)
    assert len(hidden) % 16 == 0
    assert len(hidden) >= 16
    assert reveal_password(hidden, authenticator, SECRET) == password


@given(st.binary(max_size=200), st.binary(min_size=16, max_size=16), st.binary(min_size=1, max_size=90))
def test_any_sealed_request_is_right_under_its_own_secret_only(value: bytes, authenticator: bytes, key: bytes) -> None:
    """RFC 3579 3.2."""
    packet = decode(sealed_request(ACCESS_REQUEST, 7, authenticator, attribute(31, value), Secret(key)))
    assert seal_is_right(packet, Secret(key))
    assert not seal_is_right(packet, Secret(key + b"x"))


def test_rfc2865_5_an_attribute_holds_253_octets_at_most() -> None:
    """254 do not fit its length octet."""
    assert len(attribute(18, bytes(253))) == 255
    with pytest.raises(ValueError, match="253 at most"):
        attribute(18, bytes(254))


def test_rfc2865_5_26_vendor_attributes_are_found_in_sequence() -> None:
    """Several in one attribute 26, other vendors and broken ones passed over."""
    two = (2011).to_bytes(4, "big") + b"\x02\x06\x00\x00\x00\x01" + b"\x03\x06\x00\x00\x00\x02"
    cut = attribute(26, (2011).to_bytes(4, "big") + b"\x02\x09\x00")
    body = attribute(26, two) + vendor_attribute(25506, 2, b"no") + cut + vendor_attribute(2011, 2, b"last")
    packet = decode(sealed_request(ACCESS_REQUEST, 1, bytes(16), body, SECRET))
    assert vendor_values(packet, 2011, 2) == [b"\0\0\0\1", b"last"]
    assert vendor_values(packet, 2011, 3) == [b"\0\0\0\2"]
    assert vendor_values(packet, 9, 1) == []
