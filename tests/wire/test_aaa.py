"""The question to an upstream AAA, and what its answers grant."""

import pytest

from gatekeeper.model import Reason
from gatekeeper.wire.aaa import AaaQuestion, Grant, access_request, read_grant
from gatekeeper.wire.radius import attribute, decode, vendor_values
from gatekeeper.wire.radius_seal import Secret, reveal_password, seal_is_right, sealed_reply

MAC = bytes.fromhex("d4c1c8ee9b1f")
SECRET, RANDOM = Secret(b"a long upstream secret"), bytes(range(16))
ACCEPT, REJECT, CHALLENGE = 2, 3, 11


def request(circuit: bytes = b"", remote: bytes = b"", password: bytes = b"d4c1c8ee9b1f") -> bytes:
    asked = AaaQuestion(MAC, "d4c1c8ee9b1f@itv", circuit, remote)
    return access_request(asked, password, "gatekeeper", 7, RANDOM, SECRET)


def test_a_question_has_these_attributes() -> None:
    """RFC 2865 4.1, 5.6, 5.41; RFC 3580 3.21 for the station."""
    packet = decode(request())
    assert (packet.code, packet.identifier, packet.authenticator) == (1, 7, RANDOM)
    known = {kind: packet.attributes[kind] for kind in (1, 32, 6, 61, 31)}
    assert known == {
        1: b"d4c1c8ee9b1f@itv",
        32: b"gatekeeper",
        6: b"\0\0\0\2",
        61: b"\0\0\0\x0f",
        31: b"D4-C1-C8-EE-9B-1F",
    }
    assert reveal_password(packet.attributes[2], RANDOM, SECRET) == b"d4c1c8ee9b1f"
    assert not packet.vendor and 87 not in packet.attributes


def test_the_seal_comes_first_and_is_right() -> None:
    """CVE-2024-3596."""
    packet = decode(request(b"ge 1/0/7"))
    assert packet.seal_at == 22
    assert seal_is_right(packet, SECRET)


def test_rfc4679_the_line_stands_in_the_dsl_forums_attributes() -> None:
    """Octets as they came; NAS-Port-Id is text (RFC 2869 5.17)."""
    packet = decode(request(b"\x00\x04\x07", b"olt7"))
    assert vendor_values(packet, 3561, 1) == [b"\x00\x04\x07"]
    assert vendor_values(packet, 3561, 2) == [b"olt7"]
    assert packet.attributes[87] == b"0x000407"


@pytest.mark.parametrize(("length", "port", "line"), [(247, True, True), (248, True, False), (254, False, False)])
def test_a_line_too_long_for_its_attribute_is_left_out(length: int, port: bool, line: bool) -> None:
    """Cut, it might be another one's."""
    packet = decode(request(b"x" * length))
    assert (87 in packet.attributes, bool(packet.vendor)) == (port, line)


def answer(code: int, *attributes: tuple[int, bytes]) -> Grant:
    body = b"".join(attribute(kind, value) for kind, value in attributes)
    return read_grant(decode(sealed_reply(code, 7, RANDOM, body, SECRET)))


ANSWERS: list[tuple[str, Grant, Grant]] = [
    ("nothing but yes", answer(ACCEPT), Grant(None)),
    ("an address", answer(ACCEPT, (8, b"\x0a\x14\x07\x07")), Grant(None, address=0x0A140707)),
    ("RFC 2865 5.8: the user selects", answer(ACCEPT, (8, b"\xff\xff\xff\xff")), Grant(None)),
    ("RFC 2865 5.8: the NAS selects", answer(ACCEPT, (8, b"\xff\xff\xff\xfe")), Grant(None)),
    ("an address of 3 octets", answer(ACCEPT, (8, b"\x0a\x14\x07")), Grant(None)),
    ("a time", answer(ACCEPT, (27, b"\0\0\0\x78")), Grant(None, session_s=120)),
    ("a name", answer(ACCEPT, (1, "028@itv-四川".encode())), Grant(None, account="028@itv-四川")),
    ("a name that is no text", answer(ACCEPT, (1, b"\xff\xfe")), Grant(None, account="0xfffe")),
    ("a name with a line end", answer(ACCEPT, (1, b"a\nb")), Grant(None, account="0x610a62")),
    ("Framed", answer(ACCEPT, (6, b"\0\0\0\2")), Grant(None)),
    ("Call Check", answer(ACCEPT, (6, b"\0\0\0\x0a")), Grant(None)),
    ("no", answer(REJECT, (18, b"not paid")), Grant(Reason.AAA_REJECTED, said="not paid")),
    ("no, with an address", answer(REJECT, (8, b"\x0a\x14\x07\x07")), Grant(Reason.AAA_REJECTED)),
    ("RFC 2865 4.4: a challenge", answer(CHALLENGE, (18, b"code?")), Grant(Reason.AAA_REJECTED, said="code?")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "grant", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_an_answer_grants_this(what: str, grant: Grant, expected: Grant) -> None:
    assert grant == expected


def test_rfc2865_5_6_a_service_that_is_not_served_is_a_reject() -> None:
    """MUST treat unknown or unsupported Service-Types as though an Access-Reject had been received."""
    grant = answer(ACCEPT, (6, b"\0\0\0\1"), (8, b"\x0a\x14\x07\x07"))
    assert (grant.refusal, grant.address) == (Reason.AAA_REJECTED, 0)
    assert "Service-Type 1" in grant.said
