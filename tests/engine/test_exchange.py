"""Retransmission and belief, with the time and the dice given: when a request is tried, what ends it, what does not."""

from collections.abc import Callable
from math import inf
from struct import pack

import pytest

from gatekeeper.engine.exchange import ANSWERS, IDENTIFIERS, Doubt, Exchange, Exchanges, Place, Schedule, Turn
from gatekeeper.wire import Malformed
from gatekeeper.wire.dynauth import COA_REQUEST, DISCONNECT_REQUEST, ERROR_CAUSE, error_cause
from gatekeeper.wire.radius import ACCESS_REQUEST, NAMES, attribute, decode
from gatekeeper.wire.radius_seal import Secret, plain_reply, sealed_reply, sealed_request, signed_request

SECRET, OTHER, NOW = Secret(b"one secret"), Secret(b"another secret"), 1000.0
ACCEPT, REJECT, CHALLENGE = 2, 3, 11
AAA = Schedule(1.0, 1.0, 2)
DYNAUTH = Schedule(2.0, 16.0, 5, 30.0)

Made = Exchange[str, int]


class Sender:
    """Exchanges at two places, and what has been sent."""

    def __init__(
        self, schedule: Schedule = AAA, most: int = 1000, chance: float = 0.0, check: Callable[..., object] = id
    ) -> None:
        self.exchanges: Exchanges[str, int] = Exchanges(schedule, most, lambda: chance, check)
        self.here: Place[str, int] = Place("here", Turn())
        self.there: Place[str, int] = Place("there", Turn())
        self.began = 0

    def ask(
        self, now: float = NOW, place: Place[str, int] | None = None, code: int = ACCESS_REQUEST, sealed: bool = False
    ) -> Made:
        """One more, with octets of its own."""
        self.began += 1
        authenticator = self.began.to_bytes(16, "big")

        def make(identifier: int) -> bytes:
            if code == ACCESS_REQUEST:
                return sealed_request(code, identifier, authenticator, b"", SECRET)
            return signed_request(code, identifier, b"", SECRET, sealed=True)

        return self.exchanges.ask(place or self.here, self.began, make, SECRET, now, sealed)

    def sent(self) -> list[bytes]:
        return [one.data for one in self.exchanges.to_send()]


def answer(one: Made, code: int = ACCEPT, secret: Secret = SECRET, body: bytes = b"") -> bytes:
    return sealed_reply(code, one.identifier, one.data[4:20], body, secret)


@pytest.mark.parametrize(
    ("schedule", "chance", "tries", "end"),
    [
        (Schedule(1, 1, 2), 0, [0, 1], 2),
        (Schedule(0.25, 0.25, 4), 0, [0, 0.25, 0.5, 0.75], 1),
        (Schedule(2, 16, 1), 0, [0], 2),
        (Schedule(2, 16, 5), 0, [0, 2, 6, 14, 30], 46),
        (Schedule(2, 3, 4), 0, [0, 2, 5, 8], 11),
        (DYNAUTH, 0, [0, 2, 6, 14], 30),
        (Schedule(2, 16, 5, 5), 0, [0, 2], 5),
        (Schedule(2, 16, 5, 1), 0, [0], 1),
        (Schedule(2, 16, 5), 0.1, [0, 2.2, 6.82, 16.522, 34.122], 51.722),
        (Schedule(2, 16, 5), -0.1, [0, 1.8, 5.22, 11.718, 24.0642], 38.4642),
    ],
    ids=lambda value: str(value) if isinstance(value, tuple) else None,
)
def test_rfc5080_2_2_1_a_request_is_tried_by_its_schedule(
    schedule: Schedule, chance: float, tries: list[float], end: float
) -> None:
    """RT = IRT + RAND*IRT; then 2*RTprev + RAND*RTprev; above MRT, MRT + RAND*MRT. Over after MRC tries or MRD."""
    sender = Sender(schedule, chance=chance)
    sender.ask(0.0)
    seen, over, now = [0.0], [], 0.0
    first = sender.sent()
    while not over:
        now = sender.exchanges.next_due()
        assert sender.exchanges.handle_time(now - 0.001, 9) == [] == sender.sent()
        over = sender.exchanges.handle_time(now, 9)
        again = sender.sent()
        assert again == ([] if over else first)
        seen += [now] * len(again)
    assert (seen, now) == (pytest.approx(tries), pytest.approx(end))
    assert (sender.exchanges.next_due(), len(sender.exchanges)) == (inf, 0)


def test_a_try_that_comes_late_is_waited_for_as_long_as_one_that_comes_in_time() -> None:
    """A busy loop does not send several at once; the whole time (MRD) stays what it was."""
    sender = Sender(DYNAUTH)
    sender.ask(0.0)
    sender.sent()
    due = []
    for now in (3.0, 8.0, 17.0):
        assert sender.exchanges.handle_time(now, 9) == []
        assert len(sender.sent()) == 1
        due.append(sender.exchanges.next_due())
    assert due == [7.0, 16.0, 30.0]


def test_the_longest_due_come_first_and_no_more_than_asked_for() -> None:
    """Other packets are to have their turn; the rest is due at once again."""
    sender = Sender(Schedule(1, 1, 1))
    began = [sender.ask(NOW + number / 10) for number in (3, 0, 2, 1)]
    ended = [sender.exchanges.handle_time(NOW + 9, 3), sender.exchanges.handle_time(NOW + 9, 3)]
    assert ended == [[began[1], began[3], began[2]], [began[0]]]


def test_what_is_due_at_the_same_time_comes_in_the_sequence_of_asking() -> None:
    """Nobody is passed over for ever."""
    sender = Sender(Schedule(1, 1, 1))
    began = [sender.ask() for _ in range(100)]
    assert sender.exchanges.handle_time(NOW + 1, 100) == began


def test_every_try_is_handed_out_once() -> None:
    """In the sequence of asking."""
    sender = Sender()
    began = [sender.ask() for _ in range(3)]
    assert sender.exchanges.to_send() == began
    assert sender.exchanges.to_send() == []


def forgeries() -> list[tuple[str, Callable[[Made], bytes], Doubt]]:
    def unsealed(one: Made) -> bytes:
        return plain_reply(ACCEPT, one.identifier, one.data[4:20], b"", SECRET)

    def sealed_wrongly(one: Made) -> bytes:
        # The Response Authenticator is right over a Message-Authenticator that is not.
        return plain_reply(ACCEPT, one.identifier, one.data[4:20], attribute(80, bytes(16)), SECRET)

    return [
        ("no RADIUS", lambda one: b"no RADIUS", Doubt.MALFORMED),
        ("cut", lambda one: answer(one)[:-1], Doubt.MALFORMED),
        ("another identifier", lambda one: sealed_reply(ACCEPT, 7, one.data[4:20], b"", SECRET), Doubt.UNASKED),
        ("our own request", lambda one: one.data, Doubt.UNASKED),
        ("another secret", lambda one: answer(one, secret=OTHER), Doubt.BAD_AUTHENTICATOR),
        ("another request", lambda one: sealed_reply(ACCEPT, one.identifier, bytes(16), b"", SECRET),
         Doubt.BAD_AUTHENTICATOR),
        ("changed", lambda one: pack("B", REJECT) + answer(one)[1:], Doubt.BAD_AUTHENTICATOR),
        ("sealed wrongly", sealed_wrongly, Doubt.BAD_AUTHENTICATOR),
        ("not sealed", unsealed, Doubt.NO_MESSAGE_AUTHENTICATOR),
    ]  # fmt: skip


@pytest.mark.parametrize(("make", "doubt"), [row[1:] for row in forgeries()], ids=[row[0] for row in forgeries()])
def test_rfc2865_3_what_is_not_believed_is_discarded_and_the_right_answer_still_waited_for(
    make: Callable[[Made], bytes], doubt: Doubt
) -> None:
    """RFC 3579 3.2; CVE-2024-3596 for what is not sealed. The schedule goes on as if nothing had come."""
    sender = Sender()
    one = sender.ask(sealed=True)
    before = (sender.exchanges.next_due(), len(sender.exchanges), one.tries)
    assert sender.exchanges.receive(sender.here, make(one)) is doubt
    assert (sender.exchanges.next_due(), len(sender.exchanges), one.tries) == before
    assert sender.exchanges.receive(sender.here, answer(one)) == (one, decode(answer(one)))


def test_an_answer_without_a_seal_is_believed_where_none_is_demanded() -> None:
    """RFC 2865 alone."""
    sender = Sender()
    one = sender.ask()
    heard = sender.exchanges.receive(sender.here, plain_reply(ACCEPT, one.identifier, one.data[4:20], b"", SECRET))
    assert not isinstance(heard, Doubt)


@pytest.mark.parametrize("request_code", [ACCESS_REQUEST, DISCONNECT_REQUEST, COA_REQUEST])
def test_only_the_answers_of_a_request_answer_it(request_code: int) -> None:
    """RFC 2865 3, RFC 5176 2.1 and 2.2: by name, an answer bears its request's."""
    believed = set()
    for code in NAMES:
        sender = Sender()
        one = sender.ask(code=request_code)
        if not isinstance(sender.exchanges.receive(sender.here, answer(one, code)), Doubt):
            believed.add(code)
    stem = NAMES[request_code].removesuffix("Request")
    assert believed == {code for code, name in NAMES.items() if name.startswith(stem)} - {request_code}
    assert believed == ANSWERS[request_code]


def test_an_answer_from_another_place_is_unasked() -> None:
    """The same identifier is under way at both."""
    sender = Sender()
    one, two = sender.ask(), sender.ask(place=sender.there)
    assert one.identifier == two.identifier
    assert sender.exchanges.receive(sender.there, answer(one)) is Doubt.BAD_AUTHENTICATOR
    sender.exchanges.drop(two)
    assert sender.exchanges.receive(sender.there, answer(one)) is Doubt.UNASKED
    assert len(sender.exchanges) == 1


def test_an_answer_to_any_try_ends_the_exchange_and_a_second_one_is_unasked() -> None:
    """All tries are one question."""
    sender = Sender()
    one = sender.ask()
    sender.exchanges.handle_time(NOW + 1, 9)
    assert sender.exchanges.receive(sender.here, answer(one, REJECT)) == (one, decode(answer(one, REJECT)))
    assert sender.exchanges.receive(sender.here, answer(one)) is Doubt.UNASKED
    assert (sender.sent(), sender.exchanges.next_due()) == ([], inf)


def test_an_authentic_answer_that_cannot_be_used_is_discarded() -> None:
    """An Error-Cause of three octets (RFC 5176 3.5) says nothing: another answer is waited for."""
    sender = Sender(check=error_cause)
    one = sender.ask(code=COA_REQUEST)
    unusable = answer(one, 45, body=attribute(ERROR_CAUSE, bytes(3)))
    with pytest.raises(Malformed):
        error_cause(decode(unusable))
    assert sender.exchanges.receive(sender.here, unusable) is Doubt.MALFORMED
    assert not isinstance(sender.exchanges.receive(sender.here, answer(one, 45)), Doubt)


def test_rfc2865_3_a_place_has_an_identifier_for_each_of_256_exchanges() -> None:
    """The 257th has no room there, but elsewhere."""
    sender = Sender()
    began = [sender.ask() for _ in range(IDENTIFIERS)]
    assert {one.identifier for one in began} == {one.data[1] for one in began} == set(range(256))
    assert (sender.exchanges.has_room(sender.here), sender.exchanges.has_room(sender.there)) == (False, True)
    with pytest.raises(ValueError, match="identifiers"):
        sender.ask()
    sender.exchanges.drop(began[77])
    assert sender.ask().identifier == 77


def test_the_longest_unused_identifier_is_next() -> None:
    """So that a late answer meets nobody rather than somebody else."""
    sender = Sender()
    for expected in (0, 1, 2):
        one = sender.ask()
        assert one.identifier == expected
        sender.exchanges.drop(one)


def test_places_that_share_a_turn_go_through_the_identifiers_together() -> None:
    """A place that is forgotten meanwhile does not begin anew."""
    sender, turn = Sender(), Turn(255)
    taken = [sender.ask(place=Place(name, turn)).identifier for name in ("a", "b", "a")]
    assert taken == [255, 0, 1]


def test_so_many_are_under_way_at_the_most() -> None:
    """Wherever they go."""
    sender = Sender(most=2)
    one = sender.ask()
    sender.ask(place=sender.there)
    assert not sender.exchanges.has_room(sender.here)
    with pytest.raises(ValueError, match="2 exchanges"):
        sender.ask()
    sender.exchanges.drop(one)
    assert sender.exchanges.has_room(sender.here)


def test_what_is_dropped_is_neither_sent_nor_waited_for() -> None:
    """Who asked wants to know something else."""
    sender = Sender()
    one = sender.ask()
    sender.exchanges.drop(one)
    assert (sender.sent(), sender.exchanges.next_due(), len(sender.exchanges)) == ([], inf, 0)
    assert sender.exchanges.receive(sender.here, answer(one)) is Doubt.UNASKED


def test_dropping_what_has_ended_leaves_the_next_owner_of_its_identifier_alone() -> None:
    """An exchange ends once."""
    sender = Sender()
    one = sender.ask()
    sender.exchanges.drop(one)
    sender.here.turn.upcoming = one.identifier
    two = sender.ask()
    sender.exchanges.drop(one)
    assert (one.identifier, len(sender.exchanges)) == (two.identifier, 1)
    assert sender.exchanges.receive(sender.here, answer(two)) == (two, decode(answer(two)))


def test_a_request_that_cannot_be_made_takes_no_identifier() -> None:
    """Nor one with a code that nothing answers: both are bugs of who asks, and cost nobody else anything."""
    sender = Sender()
    with pytest.raises(ZeroDivisionError):
        sender.exchanges.ask(sender.here, 1, lambda identifier: bytes(1 // 0), SECRET, NOW)
    with pytest.raises(KeyError):
        sender.exchanges.ask(sender.here, 1, lambda identifier: bytes(20), SECRET, NOW)
    assert (len(sender.exchanges), len(sender.here.under_way), sender.sent()) == (0, 0, [])


def test_what_has_ended_takes_no_memory_until_its_time_would_have_come() -> None:
    """Ten thousand answered at once, all due an hour later."""
    sender = Sender(Schedule(3600, 3600, 1))
    for _ in range(10_000):
        sender.exchanges.receive(sender.here, answer(sender.ask()))
    assert len(sender.exchanges._dues) <= 65
    assert len(sender.exchanges._unsent) == 0


def test_the_others_stay_in_sequence_when_many_have_ended() -> None:
    """Two hundred of 250 answered, and what is left is due in the sequence of its time."""
    sender = Sender(Schedule(1, 1, 1))
    began = [sender.ask(NOW + number * 97 % 250) for number in range(250)]
    for number, one in enumerate(began):
        if number % 5:
            sender.exchanges.drop(one)
    assert len(sender.exchanges._dues) <= 2 * 50 + 65
    due = [one.due for one in sender.exchanges.handle_time(NOW + 999, 250)]
    assert due == sorted(due)
    assert len(due) == 50
