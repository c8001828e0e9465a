"""Exchanges in any sequence of asking, time, and answers that are right, late, doubled, crossed or forged. Laws:

an exchange ends exactly once; no identifier is in use twice at one place; every try has the same octets; nothing
forged is believed; bounds hold.
"""

from collections import Counter
from math import inf
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gatekeeper.engine.exchange import ANSWERS, Doubt, Exchange, Exchanges, Place, Schedule, Turn
from gatekeeper.wire.dynauth import DISCONNECT_REQUEST
from gatekeeper.wire.radius import ACCESS_REQUEST
from gatekeeper.wire.radius_seal import Secret, plain_reply, sealed_reply, sealed_request, signed_request

SECRETS = [Secret(b"first"), Secret(b"second")]
SCHEDULE = Schedule(1.0, 4.0, 4, 9.0)
MOST = 300
CHANCE = st.floats(-0.1, 0.1)


class Asked(NamedTuple):
    """What the test knows of an exchange by itself."""

    number: int
    where: int
    began: float
    sealed_only: bool


class Life(RuleBasedStateMachine):
    """One sender with two places, and a world around it that is not to be trusted."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = 0.0
        self.exchanges: Exchanges[int, Asked] = Exchanges(SCHEDULE, MOST, lambda: self.chance)
        turn = Turn(250)
        self.places: list[Place[int, Asked]] = [Place(0, turn), Place(1, Turn())]
        self.now = 0.0
        self.handled = 0.0
        self.began: list[Exchange[int, Asked]] = []
        self.ends: Counter[int] = Counter()
        self.tries: Counter[int] = Counter()
        self.octets: dict[int, set[bytes]] = {}

    def alive(self) -> list[Exchange[int, Asked]]:
        return [one for one in self.began if not self.ends[one.subject.number]]

    @rule(
        where=st.integers(0, 1), count=st.sampled_from([1, 1, 1, 5, 300]), code=st.sampled_from(sorted(ANSWERS)),
        sealed_only=st.booleans(), chance=CHANCE,
    )  # fmt: skip
    def ask(self, where: int, count: int, code: int, sealed_only: bool, chance: float) -> None:
        """As many as there is room for; then there is none because the bound or the identifiers are used up."""
        self.chance = chance
        place = self.places[where]
        for _ in range(count):
            if not self.exchanges.has_room(place):
                at_place = [one for one in self.alive() if one.subject.where == where]
                assert len(self.alive()) == MOST or len(at_place) == 256
                return
            self._ask(place, code, sealed_only)

    def _ask(self, place: Place[int, Asked], code: int, sealed_only: bool) -> None:
        number = len(self.began)
        used = {one.data[1] for one in self.alive() if one.place is place}

        def make(identifier: int) -> bytes:
            assert identifier not in used
            body = b"\x21\x06" + number.to_bytes(4, "big")
            if code == ACCESS_REQUEST:
                return sealed_request(code, identifier, number.to_bytes(16, "big"), body, SECRETS[place.at])
            return signed_request(code, identifier, body, SECRETS[place.at], sealed=code == DISCONNECT_REQUEST)

        asked = Asked(number, place.at, self.now, sealed_only)
        self.began.append(self.exchanges.ask(place, asked, make, SECRETS[place.at], self.now, sealed_only))

    @rule(seconds=st.floats(0, 3))
    def time_passes(self, seconds: float) -> None:
        """And nobody looks."""
        self.now += seconds

    @rule(most=st.sampled_from([1, 7, 1000]), chance=CHANCE)
    def look(self, most: int, chance: float) -> None:
        """One round of the loop, by now or by when something is due."""
        self.chance = chance
        self._look(most)

    @rule(chance=CHANCE)
    def sleep_until_due(self, chance: float) -> None:
        self.chance = chance
        if self.alive():
            self.now = max(self.now, self.exchanges.next_due())
            self._look(1000)

    def _look(self, most: int) -> None:
        due = sum(one.due <= self.now for one in self.alive())
        for one in self.exchanges.handle_time(self.now, most):
            assert one.tries == SCHEDULE.mrc or self.now >= one.subject.began + SCHEDULE.mrd_s
            self._end(one)
        # Waits are longer than nothing: what was tried again is not due, and the rest is what was left over.
        assert sum(one.due <= self.now for one in self.alive()) == max(due - most, 0)

    @rule()
    def send(self) -> None:
        """Only what is waited for, one datagram a try, always the same octets."""
        out = self.exchanges.to_send()
        assert len(out) == len(set(out))
        for one in out:
            number = one.subject.number
            assert not self.ends[number]
            self.tries[number] += 1
            self.octets.setdefault(number, set()).add(one.data)

    @precondition(lambda self: self.began)
    @rule(pick=st.integers(0), sealed=st.booleans(), code=st.integers(0), doubled=st.booleans())
    def answer(self, pick: int, sealed: bool, code: int, doubled: bool) -> None:
        """By the server itself, to any request that there ever was: also to one that has ended."""
        one = self.began[pick % len(self.began)]
        believable = not self.ends[one.subject.number] and (sealed or not one.subject.sealed_only)
        data = self._answer(one, code, sealed)
        heard = self.exchanges.receive(self.places[one.subject.where], data)
        assert isinstance(heard, Doubt) != believable
        if not isinstance(heard, Doubt):
            assert (heard[0], heard[1].data) == (one, data)
            self._end(one)
        if doubled:
            assert isinstance(self.exchanges.receive(self.places[one.subject.where], data), Doubt)

    @precondition(lambda self: self.alive())
    @rule(pick=st.integers(0), code=st.integers(0), octet=st.integers(0), bit=st.integers(0, 7))
    def forge(self, pick: int, code: int, octet: int, bit: int) -> None:
        """One bit of a right answer is another one."""
        one = self._pick(pick)
        data = bytearray(self._answer(one, code, sealed=True))
        data[octet % len(data)] ^= 1 << bit
        assert isinstance(self.exchanges.receive(one.place, bytes(data)), Doubt)

    @precondition(lambda self: self.alive())
    @rule(pick=st.integers(0), code=st.integers(0))
    def cross(self, pick: int, code: int) -> None:
        """A right answer comes from the other place."""
        one = self._pick(pick)
        other = self.places[1 - one.subject.where]
        assert isinstance(self.exchanges.receive(other, self._answer(one, code, sealed=True)), Doubt)

    @rule(data=st.binary(max_size=64), where=st.integers(0, 1))
    def rubbish(self, data: bytes, where: int) -> None:
        assert isinstance(self.exchanges.receive(self.places[where], data), Doubt)

    @precondition(lambda self: self.began)
    @rule(pick=st.integers(0))
    def drop(self, pick: int) -> None:
        """Who asked does not want to know any more, or does not know that it has ended."""
        one = self.began[pick % len(self.began)]
        self.exchanges.drop(one)
        if not self.ends[one.subject.number]:
            self._end(one)

    def _pick(self, pick: int) -> Exchange[int, Asked]:
        alive = self.alive()
        return alive[pick % len(alive)]

    def _answer(self, one: Exchange[int, Asked], code: int, sealed: bool) -> bytes:
        codes = sorted(ANSWERS[one.data[0]])
        make = sealed_reply if sealed else plain_reply
        return make(codes[code % len(codes)], one.data[1], one.data[4:20], b"", SECRETS[one.subject.where])

    def _end(self, one: Exchange[int, Asked]) -> None:
        self.ends[one.subject.number] += 1
        assert self.ends[one.subject.number] == 1

    @invariant()
    def bounds_hold(self) -> None:
        alive = self.alive()
        assert len(self.exchanges) == len(alive) <= MOST
        assert len({(one.subject.where, one.data[1]) for one in alive}) == len(alive)
        assert sum(len(place.under_way) for place in self.places) == len(alive)
        assert self.exchanges.next_due() == min((one.due for one in alive), default=inf)
        assert all(one.due <= one.subject.began + SCHEDULE.mrd_s for one in alive)
        assert len(self.exchanges._dues) <= 2 * len(alive) + 65
        assert all(len(octets) == 1 for octets in self.octets.values())
        assert all(tries <= SCHEDULE.mrc for tries in self.tries.values())

    def teardown(self) -> None:
        """When all time is over everything has ended, once."""
        self.now += SCHEDULE.mrd_s
        self._look(len(self.began) + 1)
        self.bounds_hold()
        assert all(self.ends[one.subject.number] == 1 for one in self.began)
        assert (len(self.exchanges), self.exchanges.to_send(), self.exchanges.next_due()) == (0, [], inf)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
