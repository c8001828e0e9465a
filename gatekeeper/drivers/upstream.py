"""The upstream AAA servers: questions leave at once, answers come when they come, and nobody waits in between.

Each server has a socket for every 256 questions, as many as RADIUS has identifiers (RFC 2865 3). A server that does not
answer is asked again (``engine.exchange``), then the next one is asked; who stayed silent is asked last for a while.
"""

import os
import socket
from collections import Counter, deque
from typing import Final, NamedTuple, Protocol

from gatekeeper.book import AaaPolicy, AaaServer
from gatekeeper.drivers.log import Log
from gatekeeper.engine.exchange import Doubt, Exchange, Exchanges, Place, Schedule, Turn
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant, access_request, read_grant
from gatekeeper.wire.radius import RadiusPacket
from gatekeeper.wire.text import ip_text
from gatekeeper.wire.user_name import mac_field, spell_mac

MOST_ASKED: Final = 4096
_DATAGRAM: Final = 4096
# Answers and timeouts that are dealt with in one round of the loop: other packets are to have their turn.
_BATCH: Final = 64
_HELP: Final = {
    Doubt.BAD_AUTHENTICATOR: "not believed: make both sides share the same secret",
    Doubt.NO_MESSAGE_AUTHENTICATOR: "not believed: update it, or set require_message_authenticator = false",
}


class Loop(Protocol):
    """Who polls the sockets."""

    def watch(self, descriptor: int) -> None: ...
    def unwatch(self, descriptor: int) -> None: ...


class Ended(NamedTuple):
    """A question that AAA has answered, or that nobody answered."""

    question: AaaQuestion
    grant: Grant


class _Server:
    """One AAA server. down_until: asked last until then; heard_at: when its last right answer came; is_silent: what was
    asked last had none."""

    def __init__(self, policy: AaaServer) -> None:
        self.policy = policy
        self.name = f"{ip_text(policy.address)}:{policy.port}"
        self.channels: list[_Channel] = []
        self.down_until = 0.0
        self.heard_at = 0.0
        self.is_silent = False


class _Channel:
    """One socket to one server."""

    def __init__(self, server: _Server) -> None:
        """Raises OSError."""
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.setblocking(False)
            # Connected: the kernel lets in only what comes from the server, and picks a source port nobody can guess.
            self.socket.connect((ip_text(server.policy.address), server.policy.port))
        except OSError:
            self.socket.close()
            raise
        self.place: Place[_Channel, _Flight] = Place(self, Turn())

    def send(self, data: bytes) -> None:
        """What cannot be sent is lost, as on the way; the next try comes."""
        for _ in range(2):
            try:
                self.socket.send(data)
                return
            except ConnectionRefusedError:
                continue  # the error of an earlier datagram; this one has not been sent yet
            except OSError:
                return


class _Flight:
    """One question on its way to one server after the other. since: when the first one of those left was asked."""

    __slots__ = ("left", "question", "since")

    def __init__(self, question: AaaQuestion, servers: list[_Server]) -> None:
        self.question = question
        self.left = deque(servers)
        self.since = 0.0


class Upstream:
    """All servers of one policy. Bounded: MOST_ASKED questions, one about each box."""

    def __init__(self, policy: AaaPolicy, log: Log, loop: Loop, counts: Counter[tuple[str, ...]]) -> None:
        """counts: where what happens is counted, under radius.upstream."""
        self._policy = policy
        self._log = log
        self._loop = loop
        self._spelling = mac_field(policy.user_name)
        self._servers = [_Server(server) for server in policy.servers]
        self._channels: dict[int, _Channel] = {}
        self._under_way: dict[bytes, Exchange[_Channel, _Flight]] = {}  # by MAC
        self._exchanges: Exchanges[_Channel, _Flight] = Exchanges(
            Schedule(policy.timeout_s, policy.timeout_s, policy.tries), MOST_ASKED
        )
        self._ended: list[Ended] = []
        self._counts = counts

    def ask(self, question: AaaQuestion, now: float) -> bool:
        """Ask about a box. False: too many questions are on their way.

        One that is on its way already is not sent anew; another one about the same box takes the older one's place.
        """
        older = self._under_way.get(question.mac)
        if older:
            self._count("superseded")
            if older.subject.question == question:
                return True
            del self._under_way[question.mac]
            self._exchanges.drop(older)
        elif len(self._under_way) >= MOST_ASKED:
            self._count("too-many")
            return False
        # sorted() keeps the sequence of preference among those that are up, and among those that are not.
        flight = _Flight(question, sorted(self._servers, key=lambda server: server.down_until > now))
        self._take_off(flight, now)
        self._send()
        return True

    def hear(self, descriptor: int, now: float) -> None:
        """Read what a socket of ours has, as far as it can be dealt with in this round."""
        channel = self._channels.get(descriptor)
        while channel and len(self._ended) < _BATCH:
            try:
                data = channel.socket.recv(_DATAGRAM)
            except ConnectionRefusedError:
                continue  # nobody listens there just now; the timeout says so soon enough
            except OSError:
                return
            heard = self._exchanges.receive(channel.place, data)
            if isinstance(heard, Doubt):
                self._doubt(channel.server, heard, now)
            else:
                self._answered(channel.server, heard[0].subject, heard[1], now)

    def ended(self, now: float) -> list[Ended]:
        """The questions that were answered since the last time, and those whose time is over."""
        for exchange in self._exchanges.handle_time(now, _BATCH):
            self._fell_silent(exchange.subject, now)
        self._send()
        ended, self._ended = self._ended, []
        return ended

    def next_end(self) -> float:
        """When ``ended`` has something next, at the latest; infinity if nobody is asked."""
        return 0.0 if self._ended else self._exchanges.next_due()

    def silence(self) -> str:
        """Who they are, where none of the servers answers; "" = one does, or was not asked."""
        names = ", ".join(server.name for server in self._servers)
        return names if all(server.is_silent for server in self._servers) else ""

    def close(self) -> None:
        """Close all sockets; what is on its way does not end."""
        for descriptor, channel in self._channels.items():
            self._loop.unwatch(descriptor)
            channel.socket.close()
        self._channels.clear()

    def _take_off(self, flight: _Flight, now: float) -> None:
        """Ask the first server that is left; without one, the question ends unanswered."""
        while flight.left:
            server = flight.left[0]
            channel = self._channel_to(server)
            if channel:
                self._begin(flight, server, channel, now)
                return
            flight.left.popleft()
        self._count("unanswered")
        self._ended.append(Ended(flight.question, UNREACHABLE))

    def _begin(self, flight: _Flight, server: _Server, channel: _Channel, now: float) -> None:
        question, policy, secret = flight.question, self._policy, server.policy.secret
        password, authenticator = self._password(question), os.urandom(16)
        self._under_way[question.mac] = self._exchanges.ask(
            channel.place,
            flight,
            lambda identifier: access_request(
                question, password, policy.nas_identifier, identifier, authenticator, secret
            ),
            secret,
            now,
            server.policy.sealed_only,
        )
        flight.since = now
        self._count("asked")

    def _send(self) -> None:
        for exchange in self._exchanges.to_send():
            if exchange.tries > 1:
                self._count("asked-again")
            exchange.place.at.send(exchange.data)

    def _password(self, question: AaaQuestion) -> bytes:
        shared = self._policy.shared_password
        return shared.key if shared else spell_mac(self._spelling, question.mac).encode()

    def _channel_to(self, server: _Server) -> _Channel | None:
        """One with an identifier left, a new one if need be; None: it cannot be had."""
        for channel in server.channels:
            if self._exchanges.has_room(channel.place):
                return channel
        try:
            channel = _Channel(server)
        except OSError as error:
            self._count("no-socket")
            self._log.say(f"alarm: AAA server {server.name}: no socket: {error.strerror}")
            return None
        server.channels.append(channel)
        self._channels[channel.socket.fileno()] = channel
        self._loop.watch(channel.socket.fileno())
        return channel

    def _doubt(self, server: _Server, doubt: Doubt, now: float) -> None:
        """Count what is not believed; a doubt that somebody can mend is told."""
        self._count(doubt)
        if doubt in _HELP:
            self._log.alarm(f"{server.name} AAA server: {doubt}: {_HELP[doubt]}", now)

    def _answered(self, server: _Server, flight: _Flight, packet: RadiusPacket, now: float) -> None:
        del self._under_way[flight.question.mac]
        if server.down_until > now:
            self._log.say(f"AAA server {server.name} answers again")
        server.down_until, server.heard_at, server.is_silent = 0.0, now, False
        grant = read_grant(packet)
        self._count("rejected" if grant.refusal else "accepted")
        self._ended.append(Ended(flight.question, grant))

    def _fell_silent(self, flight: _Flight, now: float) -> None:
        """On to the next server."""
        del self._under_way[flight.question.mac]
        server = flight.left.popleft()
        # One lost question does not condemn a server that answers others.
        if server.heard_at < flight.since:
            self._hold_down(server, now)
        self._take_off(flight, now)

    def _hold_down(self, server: _Server, now: float) -> None:
        self._count("server-silent")
        server.is_silent = True
        if server.down_until <= now:
            last = f": it is asked last for {self._policy.hold_down_s} s" if self._policy.hold_down_s else ""
            self._log.alarm(f"AAA server {server.name} does not answer{last}", now)
        server.down_until = now + self._policy.hold_down_s

    def _count(self, what: str) -> None:
        self._counts["radius", "upstream", what] += 1
