"""Retransmission (RFC 5080 2.2.1): requests that are on their way to RADIUS servers, and which datagrams answer them.

Fed with requests, datagrams and the time; asked for what is to be sent, what has ended and when time is due next. Laws:
an exchange ends once: believed, given up by its schedule, or dropped by who began it. Until then its identifier is
nobody else's at its place, and every try has the same octets. What does not answer it (RFC 2865 3) leaves it as it was.
"""

from collections.abc import Callable, Collection
from enum import StrEnum
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final, Generic, TypeVar, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Reason
from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.dynauth import COA_ACK, COA_NAK, COA_REQUEST, DISCONNECT_ACK, DISCONNECT_NAK, DISCONNECT_REQUEST
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_CHALLENGE,
    ACCESS_REJECT,
    ACCESS_REQUEST,
    ATTRIBUTES,
    AUTHENTICATOR,
    CODE,
    RadiusPacket,
    decode,
)
from gatekeeper.wire.radius_seal import Secret, reply_is_right

# RFC 2865 3: an identifier is one octet.
IDENTIFIERS: Final = 256
# What may answer a request: RFC 2865 3, RFC 5176 2.1 and 2.2.
ANSWERS: Final = {
    ACCESS_REQUEST: frozenset({ACCESS_ACCEPT, ACCESS_REJECT, ACCESS_CHALLENGE}),
    DISCONNECT_REQUEST: frozenset({DISCONNECT_ACK, DISCONNECT_NAK}),
    COA_REQUEST: frozenset({COA_ACK, COA_NAK}),
}
# Due times of exchanges that have ended are swept out once there are so many of them more than of the others.
_STALE: Final = 64

At = TypeVar("At")
Subject = TypeVar("Subject")


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Schedule(Value):
    """How long each try is waited for, in seconds, by the names of RFC 5080 2.2.1.

    irt_s: for the first; each further one twice as long as the one before, mrt_s at most (equal to irt_s: all alike).
    mrc: tries in all, 1 or more; mrd_s: the exchange is given up that long after its first try at the latest.
    """

    __slots__ = ("irt_s", "mrt_s", "mrc", "mrd_s")

    def __init__(self, irt_s: float, mrt_s: float, mrc: int, mrd_s: float = inf) -> None:
        self.irt_s: Final = irt_s
        self.mrt_s: Final = mrt_s
        self.mrc: Final = mrc
        self.mrd_s: Final = mrd_s

    def wait_s(self, before_s: float, chance: float) -> float:
        """For the next try. before_s: what the one before was waited for, 0 = this is the first. chance: RAND."""
        if not before_s:
            return self.irt_s + chance * self.irt_s
        wait_s = 2 * before_s + chance * before_s
        return self.mrt_s + chance * self.mrt_s if wait_s > self.mrt_s else wait_s


class Doubt(StrEnum):
    """Why a datagram is silently discarded (RFC 2865 3, RFC 3579 3.2, CVE-2024-3596)."""

    MALFORMED = Reason.MALFORMED
    UNASKED = "unasked"
    BAD_AUTHENTICATOR = Reason.BAD_AUTHENTICATOR
    NO_MESSAGE_AUTHENTICATOR = Reason.NO_MESSAGE_AUTHENTICATOR


class Turn:
    """Which identifier is next. Places that share one go through the identifiers together."""

    __slots__ = ("upcoming",)

    def __init__(self, first: int = 0) -> None:
        self.upcoming = first

    def take(self, taken: Collection[int]) -> int:
        """One that is not taken, the longest unused first. Raises ValueError if all are."""
        if len(taken) >= IDENTIFIERS:
            raise ValueError(f"all {IDENTIFIERS} identifiers are taken")
        while self.upcoming in taken:
            self.upcoming = (self.upcoming + 1) % IDENTIFIERS
        free = self.upcoming
        self.upcoming = (free + 1) % IDENTIFIERS
        return free


class Place(Generic[At, Subject]):
    """Where requests go and answers come from: an (address, port), or a socket of its own; ``at`` is who sends' name
    for it. It has room for IDENTIFIERS exchanges."""

    __slots__ = ("at", "turn", "under_way")

    def __init__(self, at: At, turn: Turn) -> None:
        self.at = at
        self.turn = turn
        self.under_way: dict[int, Exchange[At, Subject]] = {}


class Exchange(Generic[At, Subject]):
    """One request, for who reads: ``data`` are its octets, ``subject`` is what it is about for who asked."""

    __slots__ = ("answers", "data", "due", "ended", "identifier", "over_at", "place", "sealed_only", "secret",
                 "subject", "tries", "wait_s")  # fmt: skip

    def __init__(
        self,
        place: Place[At, Subject],
        identifier: int,
        subject: Subject,
        data: bytes,
        answers: frozenset[int],
        secret: Secret,
        sealed_only: bool,
        over_at: float,
    ) -> None:
        self.place = place
        self.identifier = identifier
        self.subject = subject
        self.data = data
        self.answers = answers
        self.secret = secret
        self.sealed_only = sealed_only
        self.over_at = over_at
        self.tries = 0
        self.wait_s = self.due = 0.0
        self.ended = False


class Exchanges(Generic[At, Subject]):
    """All exchanges of one sender, ``most`` at once at the most."""

    def __init__(
        self,
        schedule: Schedule,
        most: int,
        chance: Callable[[], float] = lambda: 0.0,
        check: Callable[[RadiusPacket], object] = lambda _: None,
    ) -> None:
        """chance: RAND of RFC 5080 2.2.1, -0.1 to 0.1. check: raises Malformed for an authentic answer that cannot be
        used: it is discarded, and another one still waited for."""
        self._schedule = schedule
        self._most = most
        self._chance = chance
        self._check = check
        self._under_way = 0
        self._all_tries = 0
        self._dues: list[tuple[float, int, Exchange[At, Subject]]] = []
        self._unsent: dict[Exchange[At, Subject], None] = {}

    def __len__(self) -> int:
        """How many are under way."""
        return self._under_way

    def has_room(self, place: Place[At, Subject]) -> bool:
        """Whether one more may begin there."""
        return self._under_way < self._most and len(place.under_way) < IDENTIFIERS

    def ask(
        self,
        place: Place[At, Subject],
        subject: Subject,
        make: Callable[[int], bytes],
        secret: Secret,
        now: float,
        sealed_only: bool = False,
    ) -> Exchange[At, Subject]:
        """Begin an exchange; its first try is to be sent.

        make: identifier -> the request's octets, called once. sealed_only: an answer without Message-Authenticator is
        not believed. Raises ValueError where there is no room, KeyError for a code that ANSWERS does not have.
        """
        if self._under_way >= self._most:
            raise ValueError(f"{self._most} exchanges are under way")
        identifier = place.turn.take(place.under_way)
        data = make(identifier)
        answers, over_at = ANSWERS[data[CODE]], now + self._schedule.mrd_s
        exchange = Exchange(place, identifier, subject, data, answers, secret, sealed_only, over_at)
        place.under_way[identifier] = exchange
        self._under_way += 1
        self._try(exchange, now)
        return exchange

    def to_send(self) -> list[Exchange[At, Subject]]:
        """Those whose ``data`` is to be sent, each once for each try, in sequence; what has ended is not."""
        unsent = list(self._unsent)
        self._unsent.clear()
        return unsent

    def receive(self, place: Place[At, Subject], data: bytes) -> tuple[Exchange[At, Subject], RadiusPacket] | Doubt:
        """The exchange that this datagram from there ends, and its answer; or why it is discarded."""
        try:
            packet = decode(data)
            exchange = place.under_way.get(packet.identifier)
            if exchange is None or packet.code not in exchange.answers:
                return Doubt.UNASKED
            # A digest in the request's authenticator field serves as random octets do (RFC 5176 2.3).
            if not reply_is_right(packet, exchange.data[AUTHENTICATOR:ATTRIBUTES], exchange.secret):
                return Doubt.BAD_AUTHENTICATOR
            # CVE-2024-3596: the Response Authenticator alone can be forged.
            if exchange.sealed_only and not packet.seal_at:
                return Doubt.NO_MESSAGE_AUTHENTICATOR
            self._check(packet)
        except Malformed:
            return Doubt.MALFORMED
        self.drop(exchange)
        return exchange, packet

    def handle_time(self, now: float, most: int) -> list[Exchange[At, Subject]]:
        """Have what is due tried again; what ends unanswered. At most so many are dealt with, the longest due first."""
        ended = []
        for _ in range(most):
            if self.next_due() > now:
                break
            exchange = heappop(self._dues)[2]
            if exchange.tries >= self._schedule.mrc or now >= exchange.over_at:
                self.drop(exchange)
                ended.append(exchange)
            else:
                self._try(exchange, now)
        return ended

    def next_due(self) -> float:
        """When ``handle_time`` has something to do; infinity if nothing is under way."""
        dues = self._dues
        while dues and dues[0][2].ended:
            heappop(dues)
        return dues[0][0] if dues else inf

    def drop(self, exchange: Exchange[At, Subject]) -> None:
        """End it: its identifier is free, and no answer is waited for. One that has ended stays as it is."""
        if exchange.ended:
            return
        exchange.ended = True
        del exchange.place.under_way[exchange.identifier]
        self._under_way -= 1
        self._unsent.pop(exchange, None)
        if len(self._dues) > 2 * self._under_way + _STALE:
            self._dues = [due for due in self._dues if not due[2].ended]
            heapify(self._dues)

    def _try(self, exchange: Exchange[At, Subject], now: float) -> None:
        exchange.tries += 1
        exchange.wait_s = self._schedule.wait_s(exchange.wait_s, self._chance())
        exchange.due = min(now + exchange.wait_s, exchange.over_at)
        # The number has those that are due at the same time stand in sequence.
        self._all_tries += 1
        heappush(self._dues, (exchange.due, self._all_tries, exchange))
        self._unsent[exchange] = None
