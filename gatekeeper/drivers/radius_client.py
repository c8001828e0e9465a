"""A RADIUS client for trying a server: an Access-Request over a socket, with retransmission; its answer is checked."""

import random
import secrets
import socket
import time
from typing import NamedTuple

from gatekeeper.drivers.sockets import DoorError
from gatekeeper.wire import Malformed
from gatekeeper.wire.eap import IDENTITY, MD5_CHALLENGE, NAK, REQUEST, RESPONSE, EapPacket, decode_eap, eap_attributes
from gatekeeper.wire.eap import md5_value as eap_md5_value
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_CHALLENGE,
    ACCESS_REJECT,
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
    decode,
)
from gatekeeper.wire.radius_seal import Secret, chap_response, hide_password, reply_is_right, sealed_request
from gatekeeper.wire.text import parse_ip

FIRST_WAIT_S = 2.0
TRIES = 3
_LONGEST_WAIT_S = 16.0
_MOST_ROUNDS = 4
_CALL_CHECK, _ETHERNET = 10, 15
_DATAGRAM = 4096


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


class Exchange(NamedTuple):
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

    def visit(self, visit: Visit, secret: Secret) -> Exchange:
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
            asked = self._ask(authenticator, body + credentials + state, secret)
            tries, took_s, wrong = tries + asked.tries, took_s + asked.took_s, wrong + asked.wrong
            if visit.method != "eap-md5" or asked.reply is None or asked.reply.code != ACCESS_CHALLENGE:
                break
            given = asked.reply.attributes.get(STATE)
            state = attribute(STATE, given) if given is not None else b""
            try:
                credentials = eap_attributes(_eap_answer(visit, asked.reply))
            except Malformed:
                break  # the challenge is shown as the last answer
        return asked._replace(tries=tries, took_s=took_s, wrong=wrong)

    def _who(self, visit: Visit) -> bytes:
        """What a NAS says of the box and itself (RFC 3580 3)."""
        body = attribute(USER_NAME, visit.name) + attribute(CALLING_STATION_ID, visit.station)
        body += attribute(NAS_IP_ADDRESS, self.local.to_bytes(4, "big"))
        body += attribute(SERVICE_TYPE, _CALL_CHECK.to_bytes(4, "big"))
        body += attribute(NAS_PORT_TYPE, _ETHERNET.to_bytes(4, "big"))
        return body + (attribute(NAS_PORT_ID, visit.port.encode()) if visit.port else b"")

    def _ask(self, authenticator: bytes, body: bytes, secret: Secret) -> Exchange:
        """One request, the same octets at each try."""
        identifier = secrets.randbelow(256)
        data = sealed_request(ACCESS_REQUEST, identifier, authenticator, body, secret)
        began = time.monotonic()
        wrong = 0
        wait_s = self._first_wait_s * (1 + random.uniform(-0.1, 0.1))
        for attempt in range(1, TRIES + 1):
            until = time.monotonic() + wait_s
            try:
                self._socket.send(data)
                while (left_s := until - time.monotonic()) > 0:
                    self._socket.settimeout(left_s)
                    reply = _believed(self._socket.recv(_DATAGRAM), identifier, authenticator, secret)
                    if reply:
                        return Exchange(reply, attempt, time.monotonic() - began, wrong, False)
                    wrong += 1
            except TimeoutError:
                pass
            except ConnectionRefusedError:
                return Exchange(None, attempt, time.monotonic() - began, wrong, True)
            except OSError as error:
                raise DoorError(f"cannot send to {self.server}: {error.strerror}") from None
            # RFC 5080 2.2.1: twice as long as the time before, up to a limit, each with a tenth of chance.
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S) * (1 + random.uniform(-0.1, 0.1))
        return Exchange(None, TRIES, time.monotonic() - began, wrong, False)


def _believed(data: bytes, identifier: int, authenticator: bytes, secret: Secret) -> RadiusPacket | None:
    """The answer to our request, or None for anything else (RFC 2865 3, RFC 3579 3.2)."""
    try:
        packet = decode(data)
    except Malformed:
        return None
    if packet.code not in (ACCESS_ACCEPT, ACCESS_REJECT, ACCESS_CHALLENGE) or packet.identifier != identifier:
        return None
    return packet if reply_is_right(packet, authenticator, secret) else None


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
