"""What AAA said, kept for a short while."""

from gatekeeper.model import Reason
from gatekeeper.state import grants
from gatekeeper.state.grants import Grants
from gatekeeper.wire.aaa import AaaQuestion, Grant
from tests.engine.bench import BOX, NOW, OTHER

HOME, AWAY = AaaQuestion(BOX, "d4c1c8ee9b1f", b"ge 1/0/7", b""), AaaQuestion(BOX, "d4c1c8ee9b1f", b"ge 1/0/8", b"")
YES, NO = Grant(None), Grant(Reason.AAA_REJECTED)


def test_an_answer_is_found_until_its_time_is_over() -> None:
    kept = Grants()
    kept.keep(HOME, YES, NOW + 30)
    assert [kept.find(HOME, NOW + at) for at in (0, 30, 30.1)] == [YES, YES, None]


def test_what_is_kept_for_no_time_is_found_at_that_very_time() -> None:
    """So that the question that caused it can be answered."""
    kept = Grants()
    kept.keep(HOME, NO, NOW)
    assert (kept.find(HOME, NOW), kept.find(HOME, NOW + 0.001)) == (NO, None)


def test_a_box_that_moved_is_another_question() -> None:
    """The answer for its old line says nothing of the new one."""
    kept = Grants()
    kept.keep(HOME, YES, NOW + 30)
    assert kept.find(AWAY, NOW) is None
    kept.keep(AWAY, NO, NOW + 30)
    assert (kept.find(AWAY, NOW), kept.find(HOME, NOW), len(kept)) == (NO, None, 1)


def test_a_box_is_forgotten_by_its_mac() -> None:
    kept = Grants()
    other = HOME._replace(mac=OTHER)
    for asked, grant in ((HOME, YES), (other, NO)):
        kept.keep(asked, grant, NOW + 30)
    kept.forget((BOX,))
    assert (kept.find(HOME, NOW), kept.find(other, NOW)) == (None, NO)
    kept.forget(None)
    assert len(kept) == 0


def test_a_flood_of_strangers_pushes_out_strangers_only() -> None:
    """Both tables are bounded, each for itself."""
    kept = Grants()
    kept.keep(HOME, YES, NOW + 30)
    for number in range(grants.MAX_REFUSED + 100):
        kept.keep(HOME._replace(mac=b"\2" + number.to_bytes(5, "big")), NO, NOW + 5)
    assert kept.find(HOME, NOW) == YES
    assert len(kept) == grants.MAX_REFUSED + 1
