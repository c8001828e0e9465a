"""RFC 5080 2.2.2: kept answers, bounded by age and count."""

from gatekeeper.state.replies import MAX_KEPT, Replies

KEY = (1, 2, 3, "door")
AUTHENTICATOR, ANSWER = bytes(16), b"answer"


def test_an_answer_is_found_under_its_key_and_authenticator() -> None:
    """None for anything else."""
    kept = Replies()
    kept.keep(KEY, AUTHENTICATOR, ANSWER, 0)
    assert kept.find(KEY, AUTHENTICATOR, 1) == ANSWER
    assert kept.find(KEY, b"another" + bytes(9), 1) is None
    assert kept.find((1, 9, 3, "door"), AUTHENTICATOR, 1) is None


def test_rfc5080_2_2_2_another_authenticator_takes_the_place_of_the_old_answer() -> None:
    """The client has gone on to another request under this identifier: what came before is purged."""
    kept = Replies()
    kept.keep(KEY, AUTHENTICATOR, ANSWER, 0)
    kept.keep(KEY, b"another authent.", b"later", 1)
    assert kept.find(KEY, AUTHENTICATOR, 1) is None
    assert kept.find(KEY, b"another authent.", 1) == b"later"


def test_an_answer_in_the_making_is_empty() -> None:
    """So that a duplicate is dropped, not decided again; dropped, it is new."""
    kept = Replies()
    kept.keep(KEY, AUTHENTICATOR, b"", 0)
    assert kept.find(KEY, AUTHENTICATOR, 1) == b""
    kept.drop(KEY)
    assert kept.find(KEY, AUTHENTICATOR, 1) is None


def test_an_answer_lives_between_5_and_30_seconds() -> None:
    """RFC 5080 2.2.2."""
    kept = Replies()
    kept.keep(KEY, AUTHENTICATOR, ANSWER, 0)
    assert kept.find(KEY, AUTHENTICATOR, 5) == ANSWER
    assert kept.find(KEY, AUTHENTICATOR, 30) is None


def test_the_oldest_answers_make_room() -> None:
    """Design 5.11: everything is bounded."""
    kept = Replies()
    for number in range(MAX_KEPT + 5):
        kept.keep((number, 0, 0, ""), AUTHENTICATOR, ANSWER, 0)
    found = [kept.find((number, 0, 0, ""), AUTHENTICATOR, 0) for number in (0, MAX_KEPT + 4)]
    assert found == [None, ANSWER]
