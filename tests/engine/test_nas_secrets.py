"""A wrong shared secret, seen: by authenticators, by a password that is no text; and sources that nobody configured."""

from gatekeeper.wire.radius import attribute
from gatekeeper.wire.radius_seal import Secret, sealed_request
from tests.engine.bench import BRAS, H3C, OTHER, Bench, access_request, accounting_request, told

WRONG = Secret(b"testing124")
STRANGER = 0xCB007101
START = 1


def _shown(bench: Bench) -> list[tuple[str, str, str]]:
    return [(one.name, one.port, one.reason) for one in bench.engines.seen.secrets.drain()]


def test_a_message_authenticator_shows_it(bench: Bench) -> None:
    """RFC 3579 3.2. The refusal names the address, and no box: what the packet says of one is nothing."""
    bench.install()
    outcome = bench.ask(access_request(secret=WRONG))
    assert (outcome.mac, outcome.where, outcome.verdict.seen) == (b"", "bras1", "192.0.2.1")
    assert _shown(bench) == [("bras1", "authentication", "BAD_AUTHENTICATOR")]
    bench.ask(access_request(identifier=2))
    assert _shown(bench) == [("bras1", "authentication", "")]


def test_the_authenticator_of_accounting_shows_it(bench: Bench) -> None:
    """RFC 2866 3."""
    outcome = bench.report(accounting_request(START, secret=WRONG))
    assert (told(outcome), outcome.verdict.seen) == (("silent", "BAD_AUTHENTICATOR"), "192.0.2.1")
    assert _shown(bench) == [("bras1", "accounting", "BAD_AUTHENTICATOR")]
    bench.report(accounting_request(START))
    assert _shown(bench) == [("bras1", "accounting", "")]


def test_a_status_server_shows_it_on_either_port(bench: Bench) -> None:
    """RFC 5997 3: it bears Message-Authenticator."""
    wrong, right = (sealed_request(12, 9, bytes(16), attribute(4, b"\xc0\0\x02\1"), Secret(key))
                    for key in (b"guess", b"testing123"))  # fmt: skip
    assert told(bench.ask(wrong)) == told(bench.report(wrong)) == ("silent", "BAD_AUTHENTICATOR")
    assert {port for _, port, reason in _shown(bench) if reason} == {"authentication", "accounting"}
    bench.ask(right)
    bench.report(right)
    assert _shown(bench) == [("bras1", "authentication", ""), ("bras1", "accounting", "")]


def test_a_password_that_is_no_text_is_a_hint_where_nothing_seals_the_request(bench: Bench) -> None:
    """RFC 2865 5.2: another secret uncovers octets by chance. A password that is right shows that the secret is."""
    bench.install()
    outcome = bench.ask(access_request(secret=WRONG, sealed=False), source=H3C)
    assert told(outcome) == ("Access-Reject", "BAD_PASSWORD")
    assert "perhaps the secret" in outcome.verdict.seen
    assert _shown(bench) == [("h3c1", "authentication", "BAD_PASSWORD")]
    assert told(bench.ask(access_request(sealed=False, identifier=2), source=H3C)) == ("Access-Accept", "")
    assert _shown(bench) == [("h3c1", "authentication", "")]


def test_a_wrong_password_in_letters_says_nothing_of_the_secret(bench: Bench) -> None:
    """Nor do odd octets in a request whose seal is right."""
    bench.install()
    assert bench.ask(access_request(password=OTHER.hex(), sealed=False)).verdict.seen == ""
    assert _shown(bench) == []
    sealed = bench.ask(access_request(password=b"\x01\xff" * 8, identifier=2))
    assert (told(sealed), sealed.verdict.seen) == (("Access-Reject", "BAD_PASSWORD"), "")
    assert _shown(bench) == [("bras1", "authentication", "")]


def test_a_source_that_is_no_client_is_named_by_its_address(bench: Bench) -> None:
    """RFC 2865 3: it gets no answer, on either port; the engineer hears of it."""
    for hear in (bench.ask, bench.report):
        outcome = hear(access_request(), source=STRANGER)
        assert (told(outcome), outcome.where) == (("silent", "UNKNOWN_NAS"), "203.0.113.1")
    assert _shown(bench) == [("", "authentication", "UNKNOWN_NAS"), ("", "accounting", "UNKNOWN_NAS")]


def test_what_is_shown_is_of_the_source_and_not_of_the_client(bench: Bench) -> None:
    """A client may be a network of NASes."""
    bench.ask(access_request(secret=WRONG))
    bench.ask(access_request(), source=H3C)
    assert {(one.source, one.reason) for one in bench.engines.seen.secrets.drain()} == {
        (BRAS, "BAD_AUTHENTICATOR"),
        (H3C, ""),
    }
    assert bench.engines.seen.drain()[0].requests == 1  # the forged one apart
