"""RFC 5080 2.2.2: a duplicate gets the same answer; a forged packet never touches what is kept."""

from gatekeeper.heart.life import AUTHENTICATION
from gatekeeper.model import Datagram
from gatekeeper.wire.radius_seal import Secret
from tests.engine.bench import BRAS, NOW, RADIUS, Bench, access_request, told


def test_a_duplicate_gets_the_same_octets_whatever_changed_meanwhile(bench: Bench) -> None:
    """It is not decided again."""
    first = bench.ask(access_request())
    bench.install()
    again = bench.ask(access_request(), now=NOW + 5)
    assert (again.answer, again.to) == (first.answer, first.to)
    assert told(again) == ("Access-Reject", "DUPLICATE")


def test_a_request_is_new_when_anything_of_its_key_differs(bench: Bench) -> None:
    """Source address, source port, identifier, authenticator."""
    bench.ask(access_request())
    bench.install()
    assert told(bench.ask(access_request(), port=40001)) == ("Access-Accept", "")
    assert told(bench.ask(access_request(identifier=2))) == ("Access-Accept", "")
    assert told(bench.ask(access_request(), source=BRAS + 1)) == ("Access-Accept", "")
    assert told(bench.ask(access_request(authenticator=bytes(16)))) == ("Access-Accept", "")


def test_another_request_under_the_same_key_purges_what_was_kept(bench: Bench) -> None:
    """RFC 5080 2.2.2: even one that has no answer yet; the first one, should it come again, is decided anew."""
    bench.ask(access_request())
    bench.install()
    bench.radius.read(Datagram(access_request(authenticator=bytes(16)), BRAS, 40000, RADIUS), NOW)
    assert told(bench.ask(access_request())) == ("Access-Accept", "")


def test_a_duplicate_that_came_through_another_door_is_another_request(bench: Bench) -> None:
    """RFC 5080 2.2.2: the receiving socket is a part of the key."""
    bench.ask(access_request())
    bench.install()
    elsewhere = Datagram(access_request(), BRAS, 40000, RADIUS._replace(name="10.20.0.2:1812"))
    assert told(bench.handle(AUTHENTICATION, elsewhere)) == ("Access-Accept", "")


def test_an_unsealed_forgery_of_a_client_that_seals_does_not_touch_what_is_kept(bench: Bench) -> None:
    """Neither with the seal left out, nor as EAP or Status-Server without one."""
    first = bench.ask(access_request())
    forged = access_request(sealed=False, authenticator=bytes(16))
    assert told(bench.ask(forged)) == ("silent", "NO_MESSAGE_AUTHENTICATOR")
    assert told(bench.ask(b"\x0c" + forged[1:])) == ("silent", "MALFORMED")
    assert bench.ask(access_request()).answer == first.answer


def test_an_answer_is_kept_for_some_seconds_only(bench: Bench) -> None:
    """At least 5, at most 30 (RFC 5080 2.2.2)."""
    bench.ask(access_request())
    bench.install()
    assert told(bench.ask(access_request(), now=NOW + 5))[1] == "DUPLICATE"
    assert told(bench.ask(access_request(), now=NOW + 30)) == ("Access-Accept", "")


def test_a_forged_packet_does_not_touch_what_is_kept(bench: Bench) -> None:
    """The same key with a wrong seal: silence, and the real duplicate still gets its answer."""
    first = bench.ask(access_request())
    forged = access_request(secret=Secret(b"guess"), authenticator=bytes(16))
    assert told(bench.ask(forged)) == ("silent", "BAD_AUTHENTICATOR")
    assert bench.ask(access_request()).answer == first.answer


def test_a_forged_copy_of_a_request_learns_no_answer(bench: Bench) -> None:
    """Even with the right authenticator: the seal is checked before the kept answers are looked at."""
    bench.ask(access_request())
    turned = bytearray(access_request())
    turned[-1] ^= 1
    assert bench.ask(bytes(turned)).answer == b""


def test_while_the_answer_is_being_made_a_duplicate_hears_nothing(bench: Bench) -> None:
    """RFC 5080 2.2.2: pending, drop."""
    datagram = Datagram(access_request(), BRAS, 40000, RADIUS)
    bench.radius.read(datagram, NOW)
    assert told(bench.radius.read(datagram, NOW)) == ("silent", "DUPLICATE")  # type: ignore[arg-type]


def test_an_answer_that_was_lost_makes_room_for_the_next_try(bench: Bench) -> None:
    """The store failed: the NAS's retry is a new request."""
    datagram = Datagram(access_request(), BRAS, 40000, RADIUS)
    question = bench.radius.read(datagram, NOW)
    bench.radius.forget(question)  # type: ignore[arg-type]
    assert told(bench.ask(access_request())) == ("Access-Reject", "UNKNOWN_MAC")
