"""Status-Server (RFC 5997), clients exempted from Message-Authenticator, and what is counted of each client."""

from pathlib import Path

import pytest

from gatekeeper.model import Action
from gatekeeper.reply.radius import status_reply
from gatekeeper.report.line import outcome_line
from gatekeeper.state.nas import NasSeen
from gatekeeper.wire.eap import RESPONSE, EapPacket, eap_attributes
from gatekeeper.wire.radius import ACCOUNTING_RESPONSE, STATUS_SERVER, attribute, decode
from gatekeeper.wire.radius_seal import Secret, reply_is_right, sealed_request
from tests.engine.bench import BOX, BRAS, CONFIG, H3C, NOW, SECRET, Bench, access_request, told
from tests.vectors.reader import vectors

RFC = {vector.name: vector.data for vector in vectors("radius.txt")}
EXEMPTED = CONFIG.replace('nas = "huawei"', "send_message_authenticator = false")


def _status(identifier: int = 9, secret: Secret = SECRET, body: bytes = b"") -> bytes:
    return sealed_request(STATUS_SERVER, identifier, bytes(range(16)), body, secret)


def test_rfc5997_6_1_request_and_reply_octet_for_octet(tmp_path: Path) -> None:
    """Both as we make them, where the reply goes without Message-Authenticator as the RFC's does."""
    asked = RFC["RFC 5997 6.1 Status-Server"]
    secret = Secret(b"xyzzy5461")
    assert sealed_request(STATUS_SERVER, 0xDA, asked[4:20], b"", secret) == asked
    nas = Bench(tmp_path, EXEMPTED.replace('"testing123"', '"xyzzy5461"')).book.clients[0]
    assert status_reply(decode(asked), nas, accounting=False) == RFC["RFC 5997 6.1 Access-Accept"]


def test_rfc5997_3_the_authentication_port_answers_access_accept(bench: Bench) -> None:
    """Sealed first; nothing else is in it."""
    outcome = bench.ask(_status())
    assert (outcome.message, *told(outcome)) == ("Status-Server", "Access-Accept", "")
    answer = decode(outcome.answer)
    assert reply_is_right(answer, bytes(range(16)), SECRET)
    assert list(answer.attributes) == [80]


def test_rfc5997_3_the_accounting_port_answers_accounting_response(bench: Bench) -> None:
    """The same seal."""
    outcome = bench.report(_status())
    assert (outcome.message, *told(outcome)) == ("Status-Server", "Accounting-Response", "")
    assert outcome_line(outcome) == "Accounting-Response from bras1 to Status-Server"
    answer = decode(outcome.answer)
    assert answer.code == ACCOUNTING_RESPONSE
    assert reply_is_right(answer, bytes(range(16)), SECRET)


def test_a_status_server_is_neither_kept_nor_takes_the_place_of_a_request(bench: Bench) -> None:
    """The same source, port and identifier; each one is answered anew."""
    first = bench.ask(access_request(identifier=9))
    bench.install()
    assert told(bench.ask(_status(9))) == told(bench.ask(_status(9))) == ("Access-Accept", "")
    again = bench.ask(access_request(identifier=9))
    assert (again.answer, told(again)) == (first.answer, ("Access-Reject", "DUPLICATE"))


@pytest.mark.parametrize(
    ("data", "source", "reason"),
    [
        (_status(secret=Secret(b"guess")), BRAS, "BAD_AUTHENTICATOR"),
        (b"\x0c\x09\x00\x14" + bytes(16), BRAS, "MALFORMED"),
        (_status(), 0xCB007101, "UNKNOWN_NAS"),
    ],
)
def test_a_status_server_that_is_not_believed_gets_no_answer(
    bench: Bench, data: bytes, source: int, reason: str
) -> None:
    """RFC 5997 3: without a right Message-Authenticator it is discarded."""
    assert told(bench.ask(data, source)) == ("silent", reason)


def test_a_status_server_is_no_refusal_and_no_admission(bench: Bench) -> None:
    """Its line says what it was."""
    outcome = bench.ask(_status())
    assert (outcome.verdict.action, outcome.verdict.reason, outcome.mac) == (Action.TELL, None, b"")
    assert outcome_line(outcome) == "Access-Accept from bras1 to Status-Server"


def test_the_seal_of_a_status_server_teaches_auto_nothing(bench: Bench) -> None:
    """RFC 5997 demands it of every client, also of one that never seals an Access-Request."""
    bench.install()
    bench.ask(_status())
    assert told(bench.ask(access_request(sealed=False))) == ("Access-Accept", "")


@pytest.mark.parametrize("known", [True, False])
def test_an_exempted_client_gets_answers_without_message_authenticator(tmp_path: Path, known: bool) -> None:
    """Check Point sk182516: it throws others away. The Response Authenticator holds, Proxy-State comes back."""
    bench = Bench(tmp_path, EXEMPTED)
    if known:
        bench.install()
    answer = bench.ask(access_request(extra=b"\x21\x04\x00\x01")).answer
    assert reply_is_right(decode(answer), bytes(range(16)), SECRET)
    assert decode(answer).seal_at == 0
    assert answer.endswith(b"\x21\x04\x00\x01")
    assert decode(bench.ask(access_request(), source=H3C).answer).seal_at == 22


def test_rfc3579_3_2_an_answer_with_eap_is_sealed_for_everybody(tmp_path: Path) -> None:
    """MUST, and a client that speaks EAP can take it."""
    bench = Bench(tmp_path, EXEMPTED)
    extra = eap_attributes(EapPacket(RESPONSE, 1, 1, BOX.hex().encode()))
    assert decode(bench.ask(access_request(password=None, extra=extra)).answer).seal_at == 22


def test_what_each_client_sends_is_counted(bench: Bench) -> None:
    """Accepts, rejects, with and without seal, whose was the last without; forged ones and repeats of answers apart."""
    bench.install()
    bench.ask(access_request(identifier=1, sealed=False), now=NOW)
    bench.ask(access_request(identifier=1, sealed=False), now=NOW + 1)
    bench.ask(access_request("d4c1c8000009", password="d4c1c8000009", identifier=2), now=NOW + 2)
    bench.ask(access_request(identifier=3, sealed=False), now=NOW + 3)  # auto has learnt: not believed, and counted
    bench.ask(access_request(identifier=4, secret=Secret(b"guess")), now=NOW + 4)
    bench.ask(_status(), source=H3C, now=NOW + 5)
    assert bench.engines.seen.drain() == [
        NasSeen("bras1", 4, 1, 1, sealed=1, unsealed=3, unsealed_from="192.0.2.1", last_seen=NOW + 3),
        NasSeen("h3c1", 0, 0, 0, sealed=0, unsealed=0, unsealed_from="", last_seen=NOW + 5),
    ]
    assert bench.engines.seen.drain() == []


def test_a_challenge_is_neither_an_accept_nor_a_reject(bench: Bench) -> None:
    """It is counted when the exchange has ended."""
    extra = eap_attributes(EapPacket(RESPONSE, 1, 1, BOX.hex().encode()))
    bench.ask(access_request(password=None, extra=extra + attribute(31, BOX.hex("-").encode())))
    (seen,) = bench.engines.seen.drain()
    assert (seen.requests, seen.accepts, seen.rejects) == (1, 0, 0)
