"""radius_others.txt: what radclient, eapol_test, pyrad and FreeRADIUS made, under a known secret, verifies here."""

import pytest

from gatekeeper.wire.eap import decode_eap, md5_value
from gatekeeper.wire.radius import NAMES, decode
from gatekeeper.wire.radius_seal import Secret, chap_response, reply_is_right, reveal_password, seal_is_right
from tests.vectors.reader import Vector, vectors

SECRET, OTHER = Secret(b"testing123"), Secret(b"testing124")
LINES = vectors("radius_others.txt")
PAIRS = list(zip(LINES[::2], LINES[1::2], strict=True))
_ids = [request.name.partition(":")[0] for request, _ in PAIRS]


def _expected(vector: Vector) -> tuple[str, dict[str, str]]:
    name, *words = vector.expected.split()
    return name, dict(word.split("=", 1) for word in words)


@pytest.mark.parametrize("vector", LINES, ids=lambda vector: f"{vector.name} by {vector.source}")
def test_a_packet_of_another_maker_is_read_as_it_was_meant(vector: Vector) -> None:
    """Code, password, CHAP response, EAP packet; the seal where there is one."""
    packet = decode(vector.data)
    name, words = _expected(vector)
    assert NAMES[packet.code] == name
    if "pap" in words:
        password = reveal_password(packet.attributes[2], packet.authenticator, SECRET)
        assert password == words["pap"].replace("_", " ").encode()
    if "chap" in words:
        chap = packet.attributes[3]
        assert chap_response(chap[0], words["chap"].encode(), packet.attributes[60]) == chap[1:]
    if "eap" in words:
        eap = decode_eap(packet.attributes[79])
        assert f"{eap.code}/{eap.identifier}/{eap.kind}" == words["eap"]
    if vector.name.endswith("request") and packet.seal_at:
        assert seal_is_right(packet, SECRET)
        assert not seal_is_right(packet, OTHER)


@pytest.mark.parametrize(("request_", "answer"), PAIRS, ids=_ids)
def test_an_answer_of_another_maker_is_believed_for_its_request_only(request_: Vector, answer: Vector) -> None:
    """Response Authenticator and Message-Authenticator (RFC 2865 3, RFC 3579 3.2)."""
    asked, told = decode(request_.data), decode(answer.data)
    assert asked.identifier == told.identifier
    assert reply_is_right(told, asked.authenticator, SECRET)
    assert not reply_is_right(told, asked.authenticator, OTHER)
    assert not reply_is_right(told, bytes(16), SECRET)
    assert told.proxy == asked.proxy


def test_the_md5_response_of_another_maker_answers_the_challenge_before_it() -> None:
    """RFC 1994 4.1."""
    packets = {vector.name: (decode(vector.data), _expected(vector)[1]) for vector in LINES}
    challenge, _ = packets["EAP identity: answer"]
    response, words = packets["EAP-MD5: request"]
    asked, given = decode_eap(challenge.attributes[79]), decode_eap(response.attributes[79])
    password = words["md5"].encode()
    assert chap_response(given.identifier, password, md5_value(asked.data)) == md5_value(given.data)
    assert response.attributes[24] == challenge.attributes[24]
