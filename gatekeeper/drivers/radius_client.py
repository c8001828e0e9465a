"""A RADIUS client for trying a server: an Access-Request over a socket, retransmitted by ``engine.exchange``."""

import random
import secrets
import socket
import time
from typing import Final, NamedTuple

from gatekeeper.drivers.sockets import DoorError
from gatekeeper.engine.exchange import Doubt, Exchanges, Place, Schedule, Turn
from gatekeeper.wire import Malformed
from gatekeeper.wire.eap import IDENTITY, MD5_CHALLENGE, NAK, REQUEST, RESPONSE, EapPacket, decode_eap, eap_attributes
from gatekeeper.wire.eap import md5_value as eap_md5_value
from gatekeeper.wire.radius import (
    ACCESS_CHALLENGE,
    ACCESS_REQUEST,
    CALLING_STATION_ID,
    CHAP_CHALLENGE,
    CHAP_PASSWORD,
    EAP_MESSAGE,
    NAS_IP_ADDRESS,
    NAS_PORT_ID,
    NAS_PORT_TYPE,
    SERVICE_TYPE,
    STATE,
    USER_NAME,
    USER_PASSWORD,
    RadiusPacket,
    attribute,
)
from gatekeeper.wire.radius_seal import Secret, chap_response, hide_password, sealed_request
from gatekeeper.wire.text import parse_ip

FIRST_WAIT_S: Final = 2.0
TRIES: Final = 3
_LONGEST_WAIT_S: Final = 16.0
# Zero would be a socket that does not wait at all.
_SHORTEST_WAIT_S: Final = 0.001
_MOST_ROUNDS: Final = 4
_CALL_CHECK: Final = 10
_ETHERNET: Final = 15
_DATAGRAM: Final = 4096


class Visit(NamedTuple):
    """Who is asked about, and how.

    name: User-Name as it is spelled; station: Calling-Station-Id; port: "" = none is named; method: pap chap eap-md5
    none.
    """

    name: bytes
    station: bytes
    port: str
    method: str
    password: bytes


class Visited(NamedTuple):
    """How it went. wrong: datagrams thrown away because their authenticators are not those of this secret."""

    reply: RadiusPacket | None
    tries: int
    took_s: float
    wrong: int
    closed: bool  # the host says that nobody listens there


class RadiusClient:
    """A socket to one server."""

    def __init__(self, host: str, port: int, first_wait_s: float = FIRST_WAIT_S) -> None:
        """host: an address or a name. Raises DoorError."""
        self._first_wait_s = first_wait_s
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.connect((host, port))
        except OSError as error:
            self._socket.close()
            raise DoorError(f"cannot send to {host}:{port}: {error.strerror or error}") from None
        self.server: str = self._socket.getpeername()[0]
        self.local: int = parse_ip(self._socket.getsockname()[0])

    def close(self) -> None:
        self._socket.close()

    def visit(self, visit: Visit, secret: Secret) -> Visited:
        """Ask as a NAS would for this box; the last answer, and how all rounds together went."""
        tries, took_s, wrong = 0, 0.0, 0
        body = self._who(visit)
        credentials, state = b"", b""
        if visit.method == "eap-md5":
            credentials = eap_attributes(EapPacket(RESPONSE, 1, IDENTITY, visit.name))
        for _ in range(_MOST_ROUNDS):
            authenticator = secrets.token_bytes(16)
            if visit.method in ("pap", "chap"):
                credentials = _password(visit, authenticator, secret)
            visited = self._ask(authenticator, body + credentials + state, secret)
            tries, took_s, wrong = tries + visited.tries, took_s + visited.took_s, wrong + visited.wrong
            if visit.method != "eap-md5" or visited.reply is None or visited.reply.code != ACCESS_CHALLENGE:
                break
            given = visited.reply.attributes.get(STATE)
            state = attribute(STATE, given) if given is not None else b""
            try:
                credentials = eap_attributes(_eap_answer(visit, visited.reply))
            except Malformed:
                break  # the challenge is shown as the last answer
        return visited._replace(tries=tries, took_s=took_s, wrong=wrong)

    def _who(self, visit: Visit) -> bytes:
        """What a NAS says of the box and itself (RFC 3580 3)."""
        body = attribute(USER_NAME, visit.name) + attribute(CALLING_STATION_ID, visit.station)
        body += attribute(NAS_IP_ADDRESS, self.local.to_bytes(4, "big"))
        body += attribute(SERVICE_TYPE, _CALL_CHECK.to_bytes(4, "big"))
        body += attribute(NAS_PORT_TYPE, _ETHERNET.to_bytes(4, "big"))
        return body + (attribute(NAS_PORT_ID, visit.port.encode()) if visit.port else b"")

    def _ask(self, authenticator: bytes, body: bytes, secret: Secret) -> Visited:
        """One request and its tries."""
        place: Place[str, None] = Place(self.server, Turn(secrets.randbelow(256)))
        exchanges: Exchanges[str, None] = Exchanges(
            Schedule(self._first_wait_s, _LONGEST_WAIT_S, TRIES), 1, lambda: random.uniform(-0.1, 0.1)
        )
        began = time.monotonic()
        exchange = exchanges.ask(
            place,
            None,
            lambda identifier: sealed_request(ACCESS_REQUEST, identifier, authenticator, body, secret),
            secret,
            began,
        )
        wrong = 0
        reply, closed = None, False
        while not (reply or closed or exchanges.handle_time(time.monotonic(), 1)):
            try:
                heard = exchanges.receive(place, self._wait(exchanges))
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                closed = True
            except OSError as error:
                raise DoorError(f"cannot send to {self.server}: {error.strerror}") from None
            else:
                if isinstance(heard, Doubt):
                    wrong += 1
                else:
                    _, reply = heard
        return Visited(reply, exchange.tries, time.monotonic() - began, wrong, closed)

    def _wait(self, exchanges: Exchanges[str, None]) -> bytes:
        """Send what is due, and wait for a datagram until something is due again. Raises OSError."""
        for one in exchanges.to_send():
            self._socket.send(one.data)
        self._socket.settimeout(max(exchanges.next_due() - time.monotonic(), _SHORTEST_WAIT_S))
        return self._socket.recv(_DATAGRAM)


def _password(visit: Visit, authenticator: bytes, secret: Secret) -> bytes:
    if visit.method == "pap":
        return attribute(USER_PASSWORD, hide_password(visit.password, authenticator, secret))
    identifier, challenge = secrets.randbelow(256), secrets.token_bytes(16)
    digest = chap_response(identifier, visit.password, challenge)
    return attribute(CHAP_PASSWORD, bytes((identifier,)) + digest) + attribute(CHAP_CHALLENGE, challenge)


def _eap_answer(visit: Visit, challenge: RadiusPacket) -> EapPacket:
    """What a box says to this Access-Challenge. Raises Malformed."""
    asked = decode_eap(challenge.attributes.get(EAP_MESSAGE, b""))
    if asked.code != REQUEST:
        raise Malformed("an EAP packet that is no Request", 0)
    if asked.kind == IDENTITY:
        return EapPacket(RESPONSE, asked.identifier, IDENTITY, visit.name)
    if asked.kind != MD5_CHALLENGE:
        return EapPacket(RESPONSE, asked.identifier, NAK, bytes((MD5_CHALLENGE,)))
    digest = chap_response(asked.identifier, visit.password, eap_md5_value(asked.data))
    return EapPacket(RESPONSE, asked.identifier, MD5_CHALLENGE, bytes((len(digest),)) + digest)
