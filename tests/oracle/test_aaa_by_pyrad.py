"""pyrad against our questions to an upstream AAA: read as they were meant, and its answers believed."""

from typing import Any

import pytest

from gatekeeper.config.dictionary import shipped_folder
from gatekeeper.wire.aaa import AaaQuestion, Grant, access_request, read_grant
from gatekeeper.wire.radius import decode
from gatekeeper.wire.radius_seal import Secret, reply_is_right

SECRET, RANDOM = b"a long upstream secret", bytes(range(16))
ASKED = AaaQuestion(bytes.fromhex("d4c1c8ee9b1f"), "d4c1c8ee9b1f@itv", b"ge 1/0/7", b"olt7")


def _read(raw: bytes, secret: bytes = SECRET) -> Any:
    from pyrad.dictionary import Dictionary
    from pyrad.packet import AuthPacket

    return AuthPacket(packet=raw, secret=secret, dict=Dictionary(str(shipped_folder() / "dictionary")))


def _request(password: bytes = b"d4c1c8ee9b1f") -> bytes:
    return access_request(ASKED, password, "gatekeeper", 7, RANDOM, Secret(SECRET))


@pytest.mark.parametrize("password", [b"x", b"d4c1c8ee9b1f", b"sixteen octets..", b"p" * 128])
def test_pyrad_reads_the_question_as_it_was_meant(password: bytes) -> None:
    packet = _read(_request(password))
    assert packet.verify_message_authenticator()
    assert packet.PwDecrypt(packet["User-Password"][0]) == password.decode()
    assert packet["User-Name"] == ["d4c1c8ee9b1f@itv"]
    assert packet["Calling-Station-Id"] == ["D4-C1-C8-EE-9B-1F"]
    assert packet["NAS-Identifier"] == ["gatekeeper"]
    assert packet["NAS-Port-Id"] == ["ge 1/0/7"]


def test_pyrad_finds_a_question_under_another_secret_wrong() -> None:
    assert not _read(_request(), b"another").verify_message_authenticator()


def test_what_pyrad_answers_is_believed_and_read() -> None:
    """Under the right secret only, and for this very question only."""
    reply = _read(_request()).CreateReply()
    reply.code = 2
    reply["Framed-IP-Address"] = "10.20.7.7"
    reply["Session-Timeout"] = 120
    reply.add_message_authenticator()
    packet = decode(reply.ReplyPacket())
    assert packet.seal_at
    assert reply_is_right(packet, RANDOM, Secret(SECRET))
    assert not reply_is_right(packet, RANDOM, Secret(b"another"))
    assert not reply_is_right(packet, bytes(16), Secret(SECRET))
    assert read_grant(packet) == Grant(None, address=0x0A140707, session_s=120)
