"""The upstream AAA servers: questions leave at once, answers come when they come, and nobody waits in between.

A question that is on its way is parked here with the door that it came through. Each server has a socket for every 256
of them, as many as RADIUS has identifiers (RFC 2865 3). A server that does not answer is asked again with the same
octets (RFC 5080 2.2.1), then the next one is asked; who stayed silent is asked last for a while.
"""

import os
import socket
from collections import Counter, OrderedDict, deque
from math import inf
from typing import NamedTuple, Protocol

from gatekeeper.book import AaaPolicy, AaaServer
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.sockets import Door
from gatekeeper.engine.dhcp import DhcpQuestion
from gatekeeper.model import Reason
from gatekeeper.wire import Malformed
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant, access_request, read_grant
from gatekeeper.wire.radius import ACCESS_ACCEPT, ACCESS_REJECT, decode
from gatekeeper.wire.radius_seal import reply_is_right
from gatekeeper.wire.text import ip_text
from gatekeeper.wire.user_name import mac_field, spell_mac

MOST_PARKED = 4096
_IDENTIFIERS = 256
_DATAGRAM = 4096
_CHALLENGE = 11
# Answers and timeouts that are dealt with in one round of the loop: other packets are to have their turn.
_BATCH = 64


class Loop(Protocol):
    """Who polls the sockets."""

    def watch(self, descriptor: int) -> None: ...
    def unwatch(self, descriptor: int) -> None: ...


class Parked(NamedTuple):
    """A question of a box that waits for AAA, and where its answer is to leave."""

    door: Door
    question: DhcpQuestion


class Ended(NamedTuple):
    """A question that AAA has answered, or that nobody answered."""

    asked: AaaQuestion
    grant: Grant
    parked: Parked


class _Channel:
    """One socket to one server, with room for _IDENTIFIERS questions."""

    def __init__(self, address: int, port: int) -> None:
        """Raises OSError."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.setblocking(False)
            # Connected: the kernel lets in only what comes from the server, and picks a source port nobody can guess.
            self.socket.connect((ip_text(address), port))
        except OSError:
            self.socket.close()
            raise
        self.under_way: dict[int, _Flight] = {}
        self._next = 0

    def take_identifier(self) -> int:
        """One that is free; there must be one. The longest unused comes first."""
        while self._next in self.under_way:
            self._next = (self._next + 1) % _IDENTIFIERS
        taken = self._next
        self._next = (taken + 1) % _IDENTIFIERS
        return taken

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


class _Server:
    """One AAA server. down_until: asked last until then; heard_at: when its last right answer came."""

    def __init__(self, policy: AaaServer) -> None:
        self.policy = policy
        self.name = f"{ip_text(policy.address)}:{policy.port}"
        self.channels: list[_Channel] = []
        self.down_until = 0.0
        self.heard_at = 0.0


class _Flight:
    """One question on its way to one server after the other."""

    __slots__ = ("asked", "authenticator", "channel", "data", "due", "identifier", "left", "parked", "since", "tries")

    def __init__(self, asked: AaaQuestion, parked: Parked, servers: list[_Server]) -> None:
        self.asked = asked
        self.parked = parked
        self.left = deque(servers)  # the first one is being asked
        self.channel: _Channel | None = None
        self.identifier = self.tries = 0
        self.authenticator = self.data = b""
        self.due = self.since = 0.0


class Upstream:
    """All servers of one policy. Bounded: MOST_PARKED questions, one of each box."""

    def __init__(self, policy: AaaPolicy, log: Log, loop: Loop, counts: Counter[tuple[str, ...]]) -> None:
        """counts: where what happens is counted, under radius.upstream."""
        self._policy = policy
        self._log = log
        self._loop = loop
        self._spelling = mac_field(policy.user_name)
        self._servers = [_Server(server) for server in policy.servers]
        self._channels: dict[int, tuple[_Server, _Channel]] = {}
        # In the sequence of their next timeout: it is equally long for all.
        self._flights: OrderedDict[bytes, _Flight] = OrderedDict()
        self._ended: list[Ended] = []
        self._counts = counts

    def ask(self, asked: AaaQuestion, parked: Parked, now: float) -> bool:
        """Ask about a box and park its question. False: too many wait already.

        A question of the same box that waits is replaced, and so is what AAA was asked, where that is another thing.
        """
        older = self._flights.get(asked.mac)
        if older:
            self._count("superseded")
            older.parked = parked
            if older.asked == asked:
                return True
            self._land(older)
        elif len(self._flights) >= MOST_PARKED:
            self._count("too-many")
            return False
        # sorted() keeps the sequence of preference among those that are up, and among those that are not.
        flight = _Flight(asked, parked, sorted(self._servers, key=lambda server: server.down_until > now))
        self._flights[asked.mac] = flight
        self._take_off(flight, now)
        return True

    def hear(self, descriptor: int, now: float) -> None:
        """Read what a socket of ours has, as far as it can be dealt with in this round."""
        server, channel = self._channels.get(descriptor, (None, None))
        while server and channel and len(self._ended) < _BATCH:
            try:
                data = channel.socket.recv(_DATAGRAM)
            except ConnectionRefusedError:
                continue  # nobody listens there just now; the timeout says so soon enough
            except OSError:
                return
            self._read(server, channel, data, now)

    def ended(self, now: float) -> list[Ended]:
        """The questions that were answered since the last time, and those whose time is over."""
        for _ in range(_BATCH):
            flight = next(iter(self._flights.values()), None)
            if flight is None or flight.due > now:
                break
            self._time_out(flight, now)
        ended, self._ended = self._ended, []
        return ended

    def next_end(self) -> float:
        """When ``ended`` has something next, at the latest; infinity if nobody is asked."""
        if self._ended:
            return 0.0
        flight = next(iter(self._flights.values()), None)
        return flight.due if flight else inf

    def close(self) -> list[Parked]:
        """Close all sockets; the questions that were still waiting."""
        for descriptor, (_, channel) in self._channels.items():
            self._loop.unwatch(descriptor)
            channel.socket.close()
        self._channels.clear()
        return [flight.parked for flight in self._flights.values()]

    def _take_off(self, flight: _Flight, now: float) -> None:
        """Ask the first server that is left; without one, the question ends unanswered."""
        while flight.left:
            server = flight.left[0]
            channel = self._channel_to(server)
            if channel:
                self._send(flight, server, channel, now)
                return
            flight.left.popleft()
        del self._flights[flight.asked.mac]
        self._count("unanswered")
        self._ended.append(Ended(flight.asked, UNREACHABLE, flight.parked))

    def _send(self, flight: _Flight, server: _Server, channel: _Channel, now: float) -> None:
        flight.channel, flight.identifier = channel, channel.take_identifier()
        channel.under_way[flight.identifier] = flight
        flight.authenticator = os.urandom(16)
        flight.data = access_request(
            flight.asked,
            self._password(flight.asked),
            self._policy.nas_identifier,
            flight.identifier,
            flight.authenticator,
            server.policy.secret,
        )
        flight.tries, flight.since = self._policy.tries, now
        self._count("asked")
        self._try(flight, now)

    def _try(self, flight: _Flight, now: float) -> None:
        flight.tries -= 1
        flight.due = now + self._policy.timeout_s
        self._flights.move_to_end(flight.asked.mac)
        if flight.channel:
            flight.channel.send(flight.data)

    def _password(self, asked: AaaQuestion) -> bytes:
        shared = self._policy.shared_password
        return shared.key if shared else spell_mac(self._spelling, asked.mac).encode()

    def _channel_to(self, server: _Server) -> _Channel | None:
        """One with an identifier left, a new one if need be; None: it cannot be had."""
        for channel in server.channels:
            if len(channel.under_way) < _IDENTIFIERS:
                return channel
        try:
            channel = _Channel(server.policy.address, server.policy.port)
        except OSError as error:
            self._count("no-socket")
            self._log.say(f"alarm: AAA server {server.name}: no socket: {error.strerror}")
            return None
        server.channels.append(channel)
        self._channels[channel.socket.fileno()] = (server, channel)
        self._loop.watch(channel.socket.fileno())
        return channel

    def _land(self, flight: _Flight) -> None:
        """It is no longer waited for at the server that it was sent to."""
        if flight.channel:
            del flight.channel.under_way[flight.identifier]
            flight.channel = None

    def _read(self, server: _Server, channel: _Channel, data: bytes, now: float) -> None:
        try:
            packet = decode(data)
        except Malformed:
            self._count(Reason.MALFORMED)
            return
        flight = channel.under_way.get(packet.identifier)
        if flight is None or packet.code not in (ACCESS_ACCEPT, ACCESS_REJECT, _CHALLENGE):
            self._count("unasked")
            return
        # RFC 2865 3, RFC 3579 3.2: what is not authentic is silently discarded, and the right answer still waited for.
        doubt = self._doubt(server, reply_is_right(packet, flight.authenticator, server.policy.secret), packet.seal_at)
        if doubt:
            self._count(doubt)
            self._log.alarm(f"{server.name} AAA server: {doubt}: {_HELP[doubt]}", now)
            return
        self._land(flight)
        del self._flights[flight.asked.mac]
        if server.down_until > now:
            self._log.say(f"AAA server {server.name} answers again")
        server.down_until, server.heard_at = 0.0, now
        grant = read_grant(packet)
        self._count("rejected" if grant.refusal else "accepted")
        self._ended.append(Ended(flight.asked, grant, flight.parked))

    def _doubt(self, server: _Server, right: bool, seal_at: int) -> Reason | None:
        if not right:
            return Reason.BAD_AUTHENTICATOR
        # CVE-2024-3596: the Response Authenticator alone can be forged.
        return Reason.NO_MESSAGE_AUTHENTICATOR if server.policy.sealed_only and not seal_at else None

    def _time_out(self, flight: _Flight, now: float) -> None:
        """The same octets again, or the next server."""
        if flight.tries:
            self._count("asked-again")
            self._try(flight, now)
            return
        self._land(flight)
        server = flight.left.popleft()
        # One lost question does not condemn a server that answers others.
        if server.heard_at < flight.since:
            self._hold_down(server, now)
        self._take_off(flight, now)

    def _hold_down(self, server: _Server, now: float) -> None:
        self._count("server-silent")
        if server.down_until <= now:
            last = f": it is asked last for {self._policy.hold_down_s} s" if self._policy.hold_down_s else ""
            self._log.alarm(f"AAA server {server.name} does not answer{last}", now)
        server.down_until = now + self._policy.hold_down_s

    def _count(self, what: str) -> None:
        self._counts["radius", "upstream", what] += 1


_HELP = {
    Reason.BAD_AUTHENTICATOR: "not believed: make both sides share the same secret",
    Reason.NO_MESSAGE_AUTHENTICATOR: "not believed: update it, or set require_message_authenticator = false",
}
