"""The tally of refused boxes: what is kept of one, what is news, and how it stays bounded."""

import pytest

from gatekeeper.model import Action, Binding, Outcome, Rate, Reason, Verdict
from gatekeeper.state.evidence import Refused
from gatekeeper.state.refusals import MAX_REFUSALS, MAX_UNPROVEN, UNPROVEN, Refusals, is_news, joined
from gatekeeper.wire.line_id import port_from_text

BOX = b"\x02\0\0\0\0\x01"
BINDING = Binding("A", "", "", "active", Rate(0, 0), None, "unlearned", 0, "", "#1")


def _refused(reason: Reason, at: int, port: str | None = "p", mac: bytes = BOX, protocol: str = "dhcp") -> Refused:
    return Refused(mac, protocol, reason, port, 1, at, at, where=f"relay {at}")


def _met(refused: Refused, ours: bool = True) -> Outcome:
    """The outcome that this is kept of."""
    line = port_from_text(refused.port) if refused.port else None
    verdict = Verdict(Action.SILENT, refused.reason)
    where, binding = refused.where, BINDING if ours else None
    return Outcome(refused.protocol, refused.message, "", refused.mac, verdict, where, line, binding)


def _mac(number: int) -> bytes:
    return number.to_bytes(6, "big")


def _count(refusals: Refusals, *refused: Refused, ours: bool = True) -> list[Refused]:
    for one in refused:
        refusals.count(_met(one, ours), one.reason, one.last_seen)
    return refusals.drain()


def _flood(refusals: Refusals, stranger: Refused) -> None:
    refusals.count(_met(stranger, ours=False), stranger.reason, stranger.last_seen)


def test_the_same_refusal_again_is_counted_and_told_as_it_was_last() -> None:
    """Since the first time; drained once, then new."""
    refusals = Refusals()
    first, last = _refused(Reason.PORT_MISMATCH, 1000, "p"), _refused(Reason.PORT_MISMATCH, 1005, "")
    assert _count(refusals, first, last) == [last._replace(times=2, first_seen=1000)]
    assert refusals.drain() == []


@pytest.mark.parametrize(
    "other",
    [
        _refused(Reason.RATE_LIMITED, 1001),
        _refused(Reason.UNKNOWN_MAC, 1001, protocol="radius"),
        _refused(Reason.UNKNOWN_MAC, 1001, mac=_mac(7)),
    ],
    ids=["reason", "protocol", "box"],
)
def test_what_differs_is_never_added_up(other: Refused) -> None:
    """An unauthenticated packet that names a box does not hide why that box is refused."""
    one = _refused(Reason.UNKNOWN_MAC, 1000)
    assert _count(Refusals(), one, other) == [one, other]


@pytest.mark.parametrize("reason", sorted(UNPROVEN))
def test_a_flood_that_says_nothing_of_its_boxes_leaves_room_for_those_who_are_refused(reason: Reason) -> None:
    """It pushes nobody out, and lists no more of its invented MACs than that."""
    refusals = Refusals()
    for number in range(MAX_REFUSALS * 2):
        _flood(refusals, _refused(reason, 1000, mac=_mac(number)))
    for number in range(MAX_REFUSALS - MAX_UNPROVEN):
        _flood(refusals, _refused(Reason.UNKNOWN_MAC, 1000, mac=_mac(100_000 + number)))
    listed = [refused.reason for refused in refusals.drain()]
    assert (listed.count(reason), len(listed)) == (MAX_UNPROVEN, MAX_REFUSALS)


def test_a_flood_of_invented_macs_pushes_out_strangers_only() -> None:
    """It costs no more memory than that, and a box of ours keeps its evidence."""
    refusals = Refusals()
    ours = _refused(Reason.PORT_MISMATCH, 1000)
    refusals.count(_met(ours), ours.reason, 1000)
    for number in range(MAX_REFUSALS + 100):
        _flood(refusals, _refused(Reason.UNKNOWN_MAC, 1000, mac=_mac(number)))
    drained = refusals.drain()
    assert ours in drained
    assert MAX_REFUSALS * 7 // 8 < len(drained) - 1 <= MAX_REFUSALS
    assert _refused(Reason.UNKNOWN_MAC, 1000, mac=_mac(MAX_REFUSALS + 99)) in drained


def test_joined_is_the_sum_with_the_newer_evidence() -> None:
    older, newer = _refused(Reason.SUSPENDED, 1000), _refused(Reason.SUSPENDED, 1060, "")
    both = joined(older._replace(times=3), newer._replace(times=2, ms=7))
    assert both == newer._replace(times=5, first_seen=1000, ms=7)


@pytest.mark.parametrize(("before", "news"), [(None, True), (1000, False), (-2601, True), (-2600, False)])
def test_a_refusal_is_news_once_an_hour(before: int | None, news: bool) -> None:
    """A box of ours in a loop must not fill the journal. before: when it was refused for this reason."""
    known = _refused(Reason.SUSPENDED, before) if before is not None else None
    assert is_news(_refused(Reason.SUSPENDED, 1000), known) is news
