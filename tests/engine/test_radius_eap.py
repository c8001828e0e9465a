"""EAP-MD5 for MAC authentication, and the clear no to every other type. The box's side is made here by hand."""

from hashlib import md5
from pathlib import Path
from typing import NamedTuple

import pytest

from gatekeeper.model import Action, Outcome
from gatekeeper.wire.eap import FAILURE, RESPONSE, SUCCESS, EapPacket, decode_eap, eap_attributes
from gatekeeper.wire.radius import EAP_MESSAGE, REPLY_MESSAGE, STATE, attribute, decode
from gatekeeper.wire.radius_seal import reply_is_right
from tests.engine.bench import BOX, BRAS, CONFIG, H3C, NOW, OTHER, SECRET, Bench, access_request, told

PROXY = b"\x21\x04\x00\x01"
IDENTITY = EapPacket(RESPONSE, 7, 1, BOX.hex().encode())
MD5_TYPE, NAK = 4, 3


class Heard(NamedTuple):
    """What the NAS is told."""

    reply: str
    reason: str
    eap: EapPacket
    state: bytes
    outcome: Outcome


class Nas:
    """A NAS that passes EAP between a box and the gate; each request has an authenticator of its own."""

    def __init__(self, bench: Bench, source: int = BRAS, name: str = BOX.hex(), station: str | None = None) -> None:
        self.bench, self.source, self.name, self.station = bench, source, name, station
        self.asked = 0

    def request(self, eap: EapPacket | bytes, state: bytes = b"", extra: bytes = b"") -> bytes:
        self.asked += 1
        body = eap_attributes(eap) if isinstance(eap, EapPacket) else attribute(EAP_MESSAGE, eap)
        body += (attribute(STATE, state) if state else b"") + extra
        authenticator = self.asked.to_bytes(16, "big")
        return access_request(
            self.name, self.station, password=None, extra=body, identifier=self.asked, authenticator=authenticator
        )

    def say(self, eap: EapPacket | bytes, state: bytes = b"", now: int = NOW, extra: bytes = b"") -> Heard:
        outcome = self.bench.ask(self.request(eap, state, extra), source=self.source, now=now)
        answer = decode(outcome.answer)
        assert reply_is_right(answer, self.asked.to_bytes(16, "big"), SECRET)
        assert outcome.answer[20:22] == b"\x50\x12", "Message-Authenticator is not the first attribute"
        assert answer.proxy == extra
        octets, state = answer.attributes[EAP_MESSAGE], answer.attributes.get(STATE, b"")
        return Heard(*told(outcome), decode_eap(octets), state, outcome)

    def begin(self, now: int = NOW) -> Heard:
        """Identity, to which the gate asks for MD5."""
        return self.say(EapPacket(RESPONSE, 7, 1, self.name.encode()), now=now)

    def finish(self, asked: Heard, password: bytes, now: int = NOW, extra: bytes = b"") -> Heard:
        return self.say(response(asked, password), asked.state, now, extra)


def response(asked: Heard, password: bytes) -> EapPacket:
    """RFC 1994 4.1: MD5 over identifier, password, challenge."""
    challenge = asked.eap.data[1 : 1 + asked.eap.data[0]]
    octets = md5(bytes((asked.eap.identifier,)) + password + challenge).digest()
    return EapPacket(RESPONSE, asked.eap.identifier, MD5_TYPE, bytes((16,)) + octets)


def _bench(folder: Path, mode: str = '"mac"') -> Bench:
    bench = Bench(folder, CONFIG.replace('nas = "huawei"', f"mac_password = {mode}"))
    bench.install(rate_down_kbps="20000", rate_up_kbps="4000")
    return bench


def test_rfc3748_5_4_a_box_that_knows_its_mac_is_let_in(bench: Bench) -> None:
    """Identity, MD5-Challenge with State, the response, Success with the response's identifier, and the rate."""
    bench.install(rate_down_kbps="20000", rate_up_kbps="4000")
    nas = Nas(bench)
    asked = nas.begin()
    assert (asked.reply, asked.reason, asked.outcome.verdict.action) == ("Access-Challenge", "", Action.CHALLENGE)
    assert (asked.eap.code, asked.eap.identifier, asked.eap.kind) == (1, 8, MD5_TYPE)
    assert (asked.eap.data[0], len(asked.eap.data)) == (16, 17)
    ended = nas.finish(asked, BOX.hex().encode(), extra=PROXY)
    assert (ended.reply, ended.reason) == ("Access-Accept", "")
    assert ended.eap == EapPacket(SUCCESS, 8, 0, b"")
    assert ended.state == b""
    assert len(decode(ended.outcome.answer).vendor) == 4


def test_rfc3579_2_1_an_empty_message_is_asked_for_its_identity(bench: Bench) -> None:
    """EAP-Start; it needs no name yet."""
    nas = Nas(bench, name="")
    asked = nas.say(b"")
    assert (asked.reply, asked.reason, asked.eap.code, asked.eap.kind) == ("Access-Challenge", "", 1, 1)


@pytest.mark.parametrize(
    ("mode", "password", "expected"),
    [
        ('"mac"', BOX.hex().encode(), ("Access-Accept", "")),
        ('"mac"', BOX.hex("-").upper().encode(), ("Access-Accept", "")),
        ('"mac"', OTHER.hex().encode(), ("Access-Reject", "BAD_PASSWORD")),
        ('"mac"', b"", ("Access-Reject", "BAD_PASSWORD")),
        ('{ shared = "cisco" }', b"cisco", ("Access-Accept", "")),
        ('{ shared = "cisco" }', BOX.hex().encode(), ("Access-Reject", "BAD_PASSWORD")),
        ('"any"', b"whatever", ("Access-Accept", "")),
    ],
)
def test_the_password_is_what_mac_password_asks_for(
    tmp_path: Path, mode: str, password: bytes, expected: tuple[str, str]
) -> None:
    """Success or Failure goes with the answer (RFC 3579 2.6.3)."""
    nas = Nas(_bench(tmp_path, mode))
    ended = nas.finish(nas.begin(), password)
    assert ended[:2] == expected
    assert ended.eap == EapPacket(SUCCESS if expected[1] == "" else FAILURE, 8, 0, b"")


def test_the_shared_rules_decide_as_they_do_for_any_method(bench: Bench) -> None:
    """A stranger that knows its own MAC is a stranger; RFC 3579 2.6.5: no Reply-Message beside EAP-Message."""
    nas = Nas(bench)
    ended = nas.finish(nas.begin(), BOX.hex().encode())
    assert (ended.reply, ended.reason, ended.eap) == ("Access-Reject", "UNKNOWN_MAC", EapPacket(FAILURE, 8, 0, b""))
    assert REPLY_MESSAGE not in decode(ended.outcome.answer).attributes


@pytest.mark.parametrize(
    ("kind", "data", "seen"),
    [(NAK, bytes((25, 21)), "PEAP, EAP-TTLS"), (NAK, b"\0", "nothing"), (25, b"\0", "PEAP"), (99, b"", "EAP type 99"),
     (254, bytes(7), "expanded type")],
)  # fmt: skip
def test_a_box_that_wants_another_type_is_refused_by_its_name(bench: Bench, kind: int, data: bytes, seen: str) -> None:
    """RFC 3748 5.3.1: it says which it wants; the verdict repeats it."""
    bench.install()
    nas = Nas(bench)
    asked = nas.begin()
    ended = nas.say(EapPacket(RESPONSE, asked.eap.identifier, kind, data), asked.state)
    assert (ended.reply, ended.reason) == ("Access-Reject", "UNSUPPORTED")
    assert ended.eap == EapPacket(FAILURE, asked.eap.identifier, 0, b"")
    assert ended.outcome.verdict.seen == seen


def test_whatever_type_a_box_begins_with_is_offered_md5(bench: Bench) -> None:
    """Before anything was proposed there is nothing to refuse."""
    bench.install()
    nas = Nas(bench)
    asked = nas.say(EapPacket(RESPONSE, 3, 13, b"\x20"))
    assert (asked.reply, asked.eap.kind, asked.eap.identifier) == ("Access-Challenge", MD5_TYPE, 4)
    assert nas.finish(asked, BOX.hex().encode()).reply == "Access-Accept"


@pytest.mark.parametrize("at", [0, 4, 5, 20, 21, 36])
def test_a_state_with_any_part_turned_is_refused(bench: Bench, at: int) -> None:
    """Time, identifier, challenge, seal."""
    bench.install()
    nas = Nas(bench)
    asked = nas.begin()
    turned = bytearray(asked.state)
    turned[at] ^= 1
    ended = nas.finish(asked._replace(state=bytes(turned)), BOX.hex().encode())
    assert (ended.reply, ended.reason, ended.eap.code) == ("Access-Reject", "BAD_STATE", FAILURE)


@pytest.mark.parametrize("state", [b"", b"x", bytes(37), bytes(253)])
def test_a_response_without_a_state_of_ours_is_refused(bench: Bench, state: bytes) -> None:
    """None, short, made up, long."""
    bench.install()
    nas = Nas(bench)
    ended = nas.finish(nas.begin()._replace(state=state), BOX.hex().encode())
    assert (ended.reply, ended.reason) == ("Access-Reject", "BAD_STATE")


@pytest.mark.parametrize(("after_s", "reason"), [(0, ""), (30, ""), (31, "BAD_STATE"), (-1, "BAD_STATE")])
def test_a_state_is_good_for_30_seconds(bench: Bench, after_s: int, reason: str) -> None:
    """And not from the future."""
    bench.install()
    nas = Nas(bench)
    assert nas.finish(nas.begin(), BOX.hex().encode(), now=NOW + after_s).reason == reason


def test_a_state_is_bound_to_its_nas_its_box_and_its_identifier(bench: Bench) -> None:
    """Taken elsewhere it is nobody's."""
    bench.install()
    bench.install(OTHER)
    asked = Nas(bench).begin()
    elsewhere = Nas(bench, source=H3C)
    elsewhere.asked = 10
    assert elsewhere.finish(asked, BOX.hex().encode()).reason == "BAD_STATE"
    other = Nas(bench, name=OTHER.hex())
    other.asked = 20
    assert other.finish(asked, OTHER.hex().encode()).reason == "BAD_STATE"
    same = Nas(bench)
    same.asked = 30
    later = asked._replace(eap=asked.eap._replace(identifier=asked.eap.identifier + 1))
    assert same.finish(later, BOX.hex().encode()).reason == "BAD_STATE"
    assert same.finish(asked, BOX.hex().encode()).reason == ""


def test_a_restarted_process_knows_no_state_of_the_one_before(bench: Bench) -> None:
    """Another key: the box begins again."""
    bench.install()
    nas = Nas(bench)
    asked = nas.begin()
    bench.start(b"another key")
    assert nas.finish(asked, BOX.hex().encode()).reason == "BAD_STATE"
    assert nas.finish(nas.begin(), BOX.hex().encode()).reason == ""


def test_no_two_challenges_are_alike(bench: Bench) -> None:
    """Each comes from the Request Authenticator; to whom has not the key it tells nothing of the next."""
    nas = Nas(bench)
    assert len({nas.begin().eap.data for _ in range(50)}) == 50


def test_rfc5080_2_2_2_a_duplicate_gets_the_same_challenge(bench: Bench) -> None:
    """Octet for octet."""
    nas = Nas(bench)
    asked = nas.request(IDENTITY)
    first, again = bench.ask(asked), bench.ask(asked, now=NOW + 3)
    assert first.answer == again.answer != b""
    assert told(again) == ("Access-Challenge", "DUPLICATE")


@pytest.mark.parametrize(
    ("name", "identity", "reply"),
    [
        (BOX.hex(), BOX.hex(), "Access-Challenge"),
        (BOX.hex(), BOX.hex() + "\0networkid=x", "Access-Challenge"),
        (BOX.hex() + "@itv", BOX.hex(), "Access-Challenge"),
        ("1/0/7", "1/0/7", "Access-Challenge"),
        (BOX.hex(), OTHER.hex(), "Access-Reject"),
        (BOX.hex(), "", "Access-Reject"),
        (OTHER.hex(), OTHER.hex(), "Access-Reject"),
    ],
)
def test_rfc3579_2_1_identity_and_user_name_agree(bench: Bench, name: str, identity: str, reply: str) -> None:
    """The NAS copies one into the other; Calling-Station-Id is the box's here."""
    nas = Nas(bench, name=name, station=BOX.hex("-"))
    heard = nas.say(EapPacket(RESPONSE, 7, 1, identity.encode()))
    assert heard[:2] == (reply, "NO_IDENTITY" if reply == "Access-Reject" else "")


@pytest.mark.parametrize(
    "octets",
    [b"\x02\x07\x00\x09\x01n", b"\x02", b"\x02\x07\x00\x04", b"\x09\x07\x00\x05\x01", b"\x01\x07\x00\x05\x01",
     b"\x03\x07\x00\x04"],
)  # fmt: skip
def test_what_is_no_eap_response_is_refused(bench: Bench, octets: bytes) -> None:
    """RFC 3579 2.2: a fatal error is an Access-Reject with EAP-Failure."""
    bench.install()
    heard = Nas(bench).say(octets)
    assert (heard.reply, heard.reason, heard.eap.code) == ("Access-Reject", "MALFORMED", FAILURE)


def test_a_response_of_another_size_is_refused(bench: Bench) -> None:
    """RFC 1994 4.1: MD5 makes 16 octets."""
    bench.install()
    nas = Nas(bench)
    for data in (b"", b"\x10", b"\x05abcde", b"\x11" + bytes(17)):
        asked = nas.begin()
        ended = nas.say(EapPacket(RESPONSE, asked.eap.identifier, MD5_TYPE, data), asked.state)
        assert ended.reply == "Access-Reject"
        assert ended.reason in ("MALFORMED", "BAD_PASSWORD")


def test_rfc3579_3_2_eap_without_a_seal_is_silence(bench: Bench) -> None:
    """And a forged one too."""
    bench.install()
    unsealed = access_request(password=None, extra=eap_attributes(IDENTITY), sealed=False)
    assert told(bench.ask(unsealed)) == ("silent", "MALFORMED")
    forged = bytearray(Nas(bench).request(IDENTITY))
    forged[-1] ^= 1
    assert told(bench.ask(bytes(forged))) == ("silent", "BAD_AUTHENTICATOR")


def test_the_seal_of_eap_teaches_auto_nothing(bench: Bench) -> None:
    """As FreeRADIUS 3.2.9: EAP always has one, so it says nothing of the client's PAP requests."""
    bench.install()
    nas = Nas(bench)
    nas.finish(nas.begin(), BOX.hex().encode())
    assert told(bench.ask(access_request(identifier=200, sealed=False))) == ("Access-Accept", "")
