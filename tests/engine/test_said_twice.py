"""Options that a box says twice: a client's own beside the one that it was given (OpenWrt udhcpc, -x 60:...)."""

from pathlib import Path

import pytest

from gatekeeper.model import Outcome
from gatekeeper.report.line import outcome_line
from gatekeeper.wire.dhcp import MINIMUM, decode, split_option
from tests.engine.bench import BOX, CONFIG, NOW, Bench, discover, renewing, selecting

CLASSES = """
[[acs.class]]
exact = "SCITV"
url = "http://scitv.example.net/"

[dhcp]
"""
OWN, GIVEN = b"udhcp 1.36.1", b"SCITV"


def with_options(data: bytes, *options: tuple[int, bytes]) -> bytes:
    """A message of the bench with more options at the end of it, in instances of their own."""
    body = data.rstrip(b"\0").removesuffix(b"\xff")
    return (body + b"".join(split_option(*option) for option in options) + b"\xff").ljust(MINIMUM, b"\0")


@pytest.fixture
def gate(tmp_path: Path) -> Bench:
    """[acs] and a class of SCITV's boxes; one box."""
    made = Bench(tmp_path, CONFIG.replace("\n[dhcp]\n", CLASSES, 1))
    made.install()
    return made


def bound(gate: Bench, *options: tuple[int, bytes]) -> Outcome:
    """The ACK to a box that says these."""
    offer = gate.hear(with_options(discover(), *options))
    return gate.hear(with_options(selecting(BOX, offer.verdict.address), *options))


@pytest.mark.parametrize(
    ("said", "scitv"),
    [
        ((GIVEN,), True),
        ((OWN,), False),
        ((OWN, GIVEN), True),  # joined they would be "udhcp 1.36.1SCITV"
        ((GIVEN, OWN), True),
        ((b"SCI", b"TV"), False),  # RFC 3396 5: no part of one value, a part is full
    ],
)
def test_each_of_two_makes_is_matched_for_itself(gate: Bench, said: tuple[bytes, ...], scitv: bool) -> None:
    """RFC 2132 9.13; exact = "SCITV" wants all of one of them."""
    ack = bound(gate, *((60, make) for make in said))
    assert (b"http://scitv.example.net/" in decode(ack.answer).options[43]) is scitv


def test_two_makes_are_told_once_a_lease(gate: Bench) -> None:
    """In the log line of the ACK and in the journal; a renewal does not repeat it."""
    ack = bound(gate, (60, OWN), (60, GIVEN))
    assert outcome_line(ack).endswith(' warning: option60="udhcp 1.36.1" option60="SCITV"')
    renewal = gate.hear(with_options(renewing(BOX, ack.verdict.address), (60, OWN), (60, GIVEN)), now=NOW + 1800)
    assert "warning" not in outcome_line(renewal)
    events = [row for row in gate.store.timeline("mac", BOX.hex(":"), 0) if row["kind"] == "option 60 twice"]
    assert [row["detail"] for row in events] == ["udhcp 1.36.1 and SCITV: each is matched for itself"]


def test_one_make_is_no_news(gate: Bench) -> None:
    """Nor is one that is parted because it is too long (RFC 3396 5)."""
    assert "warning" not in outcome_line(bound(gate, (60, GIVEN)))
    assert "warning" not in outcome_line(bound(gate, (60, b"a" * 300)))


def test_rfc6842_3_of_two_client_identifiers_the_first_comes_back(gate: Bench) -> None:
    """Joined they would be neither of those that the client knows."""
    ack = bound(gate, (61, b"\x01abcdef"), (61, b"\xff123"))
    assert decode(ack.answer).options[61] == b"\x01abcdef"


def test_an_address_that_is_asked_for_twice_is_asked_for(gate: Bench) -> None:
    """RFC 2132 9.1, 9.7: eight octets would be no address, and the REQUEST another server's."""
    offer = gate.hear(discover())
    address, server = offer.verdict.address.to_bytes(4, "big"), decode(offer.answer).options[54]
    twice = with_options(selecting(BOX, offer.verdict.address), (50, address), (54, server))
    assert gate.hear(twice).reply == "DHCPACK"
