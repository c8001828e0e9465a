"""One bad row never costs a batch: what no store takes is told apart from a store that takes nothing."""

import pytest

from gatekeeper.model import Effect, LeaseBound, SessionReported
from gatekeeper.state.clock import Beat
from gatekeeper.state.evidence import Admitted
from gatekeeper.store import RecordError
from gatekeeper.store.ports import Store
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, THIRD, bound, learned, report, states

_TOO_LARGE = 1 << 63  # the first number that 64 bits with a sign do not hold
_NO_TEXT = "\ud800"  # a half of a character, which UTF-8 cannot say


def too_large(mac: bytes = BOX, address: int = ADDRESS) -> LeaseBound:
    effect = bound(mac, address)
    return effect._replace(lease=effect.lease._replace(expires_at=_TOO_LARGE))


def no_text() -> LeaseBound:
    effect = bound()
    return effect._replace(lease=effect.lease._replace(port=_NO_TEXT))


def counting(octets: int) -> SessionReported:
    effect = report(BOX, "A")
    return effect._replace(session=effect.session._replace(bytes_in=octets))


@pytest.mark.parametrize(
    "bad", [too_large(), no_text(), counting(_TOO_LARGE), object()], ids=["number", "text", "octets", "bug of ours"]
)
def test_a_batch_with_a_bad_row_is_not_written_and_the_store_says_that_it_is_sound(store: Store, bad: Effect) -> None:
    """Nobody knows yet which one it is."""
    with pytest.raises(RecordError):
        store.commit([bound(OTHER, ADDRESS + 1), bad])
    assert states(store) == {}


@pytest.mark.parametrize("place", range(7))
def test_the_bad_row_is_found_and_the_others_are_written(store: Store, place: int) -> None:
    """Wherever it stands."""
    effects: list[Effect] = [bound(bytes((2, 0, 0, 0, 1, number)), ADDRESS + number) for number in range(7)]
    effects[place] = too_large(BOX, ADDRESS + place)
    lost, unfit = store.commit_apart(effects, [1] * 7)
    assert (lost, list(unfit)) == (set(), [place])
    assert unfit[place].startswith("bind: ")
    assert sorted(states(store)) == [ADDRESS + number for number in range(7) if number != place]


def test_what_one_question_led_to_is_written_wholly_or_not_at_all(store: Store) -> None:
    """A port that is learned of a box whose lease is no row is not learned."""
    effects: list[Effect] = [
        bound(OTHER, ADDRESS + 1),
        too_large(BOX),
        learned(BOX),
        bound(THIRD, ADDRESS + 2),
        learned(THIRD, "n|3"),
    ]
    lost, unfit = store.commit_apart(effects, [1, 2, 0, 2])
    assert (lost, unfit.keys()) == (set(), {1})
    assert unfit[1].startswith("bind and learn: ")
    assert sorted(states(store)) == [ADDRESS + 1, ADDRESS + 2]
    binding = store.facts([BOX])[BOX].binding
    assert binding and binding.port
    assert binding.port.text == "n|3"


def test_what_is_lost_to_another_claim_is_told_by_its_place_in_the_whole_batch(store: Store) -> None:
    """As if there were no bad row among them, the journal too."""
    store.commit([bound(OTHER)])
    effects: list[Effect] = [
        counting(_TOO_LARGE),
        bound(THIRD, ADDRESS + 1),
        too_large(BOX, ADDRESS + 2),
        bound(THIRD),
        report(OTHER, "B"),
    ]
    lost, unfit = store.commit_apart(effects, [1] * 5, at_ms=[NOW * 1000 + place for place in range(5)])
    assert (lost, unfit.keys()) == ({3}, {0, 2})
    told = [(row["mac"], row["at_ms"]) for row in store.timeline("account", "A", 0) if row["kind"] == "lease"]
    assert told == [("02:00:00:00:00:03", NOW * 1000 + 1)]
    assert [row["session"] for row in store.view("sessions", NOW)] == ["2"]


def test_the_first_in_the_batch_has_the_address_however_it_is_halved(store: Store) -> None:
    """Two boxes that want one address are told in their sequence."""
    effects: list[Effect] = [bound(OTHER), too_large(BOX, ADDRESS + 1), bound(THIRD), bound(BOX)]
    assert store.commit_apart(effects, [1] * 4).lost == {2, 3}
    assert states(store) == {ADDRESS: (OTHER, "active")}


def test_a_batch_of_nothing_but_bad_rows_writes_nothing(store: Store) -> None:
    """And each of them is told."""
    assert store.commit_apart([too_large()] * 100, [1] * 100).unfit.keys() == set(range(100))
    assert states(store) == {}


def test_counts_that_cannot_be_written_cost_neither_the_others_nor_the_heartbeat(store: Store) -> None:
    """A monitor that sees no heartbeat takes the gate for dead."""
    admitted = [Admitted(mac, "A", "bras1", port, NOW) for mac, port in ((BOX, "p"), (OTHER, _NO_TEXT))]
    counts = {("loop", "rounds"): 7, ("bugs",): _TOO_LARGE, ("dhcp", "DHCPDISCOVER", "DHCPOFFER", "ok"): 3}
    beat = Beat(NOW, float(NOW))
    with pytest.raises(RecordError, match="2 rows are lost, the others are kept"):
        store.note([], counts, admitted=admitted, beat=beat)
    assert store.beat() == beat
    assert [(counted.name, count) for counted, count in store.counters()] == [("loop.rounds", 7)]
    assert [count for _, count in store.fates()] == [3]
    assert [one.mac for mac in (BOX, OTHER) for one in store.heard(mac).admitted] == [BOX]
