"""The BRAS's sessions: told to the gate by accounting, changed and ended when the gate asks for it (RFC 5176)."""

import socket
from typing import Final, NamedTuple

from gatekeeper.lab import plan
from gatekeeper.lab.bras import DOWN, UP, RadiusAnswer, rates
from gatekeeper.wire import Malformed
from gatekeeper.wire.dynauth import (
    COA_ACK,
    COA_NAK,
    COA_REQUEST,
    DISCONNECT_ACK,
    DISCONNECT_NAK,
    DISCONNECT_REQUEST,
    ERROR_CAUSE,
    SESSION_NOT_FOUND,
)
from gatekeeper.wire.radius import (
    ACCOUNTING_REQUEST,
    CALLING_STATION_ID,
    NAS_IP_ADDRESS,
    NAS_PORT_ID,
    USER_NAME,
    RadiusPacket,
    attribute,
    decode,
)
from gatekeeper.wire.radius_accounting import (
    ACCT_SESSION_ID,
    ACCT_STATUS_TYPE,
    ACCT_TERMINATE_CAUSE,
    CLASS,
    INTERIM,
    START,
    STOP,
)
from gatekeeper.wire.radius_seal import Secret, plain_reply, signature_is_right, signed_request

ACCOUNTING_PORT: Final = 1813
COA_PORT: Final = 3799
# RFC 2866 5.10
LOST_CARRIER: Final = 2
ADMIN_RESET: Final = 6
Key = tuple[bytes, int]  # MAC and port


class Session(NamedTuple):
    """One running session. Rates in bit/s, average and peak."""

    name: str
    mac: bytes
    port: int
    said_class: bytes
    up_bps: tuple[int, ...]
    down_bps: tuple[int, ...]


class Accounting:
    """The sessions of one BRAS."""

    def __init__(self) -> None:
        self._secret = Secret(plan.SECRET)
        self._running: dict[Key, Session] = {}
        self._begun = 0
        self._identifier = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((plan.RELAY_TEXT, 0))
        self.socket.connect((plan.GATE_TEXT, ACCOUNTING_PORT))
        self.requests = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.requests.bind((plan.RELAY_TEXT, COA_PORT))

    def running(self, mac: bytes, port: int) -> Session | None:
        """The box's session on that port."""
        return self._running.get((mac, port))

    def start(self, answer: RadiusAnswer) -> None:
        """An Access-Accept has come."""
        self._begun += 1
        session = Session(
            f"{self._begun:08}", answer.mac, answer.port, answer.said_class, answer.up_bps, answer.down_bps
        )
        self._running[answer.mac, answer.port] = session
        self._report(session, START)

    def stop(self, mac: bytes, port: int, cause: int) -> None:
        """It is over."""
        session = self._running.pop((mac, port), None)
        if session:
            self._report(session, STOP, attribute(ACCT_TERMINATE_CAUSE, cause.to_bytes(4, "big")))

    def hear_acknowledged(self) -> None:
        """An Accounting-Response. On this cable none is lost, so nothing is sent again."""
        try:
            self.socket.recv(4096)
        except ConnectionRefusedError:
            pass

    def hear_request(self) -> Key | None:
        """Do what the gate asks of a session and acknowledge it; whose session has ended by that, if one has."""
        data, gate = self.requests.recvfrom(4096)
        try:
            request = decode(data)
        except Malformed:
            return None
        if not signature_is_right(request, self._secret):
            return None
        session = self._named(request)
        code, body = self._outcome(request, session)
        self.requests.sendto(plain_reply(code, request.identifier, request.authenticator, body, self._secret), gate)
        if session is None:
            return None
        if request.code == DISCONNECT_REQUEST:
            self.stop(session.mac, session.port, ADMIN_RESET)
            return session.mac, session.port
        self._change(session, request)
        return None

    def _named(self, request: RadiusPacket) -> Session | None:
        name = request.attributes.get(ACCT_SESSION_ID, b"").decode("ascii", "replace")
        return next((session for session in self._running.values() if session.name == name), None)

    def _outcome(self, request: RadiusPacket, session: Session | None) -> tuple[int, bytes]:
        acks = {DISCONNECT_REQUEST: (DISCONNECT_ACK, DISCONNECT_NAK), COA_REQUEST: (COA_ACK, COA_NAK)}
        ack, nak = acks.get(request.code, (COA_ACK, COA_NAK))
        return (ack, b"") if session else (nak, attribute(ERROR_CAUSE, SESSION_NOT_FOUND.to_bytes(4, "big")))

    def _change(self, session: Session, request: RadiusPacket) -> None:
        """The new rate is in force, and the next report bears the new Class."""
        changed = session._replace(
            said_class=request.attributes.get(CLASS, session.said_class),
            up_bps=rates(request, UP) or session.up_bps,
            down_bps=rates(request, DOWN) or session.down_bps,
        )
        self._running[session.mac, session.port] = changed
        self._report(changed, INTERIM)

    def _report(self, session: Session, status: int, more: bytes = b"") -> None:
        self._identifier = (self._identifier + 1) % 256
        body = b"".join(
            (
                attribute(ACCT_STATUS_TYPE, status.to_bytes(4, "big")),
                attribute(ACCT_SESSION_ID, session.name.encode()),
                attribute(USER_NAME, session.mac.hex().encode()),
                attribute(CALLING_STATION_ID, session.mac.hex("-").upper().encode()),
                attribute(NAS_IP_ADDRESS, plan.RELAY.to_bytes(4, "big")),
                attribute(NAS_PORT_ID, plan.line(session.port).nas_port_id),
                attribute(CLASS, session.said_class),
                more,
            )
        )
        try:
            self.socket.send(signed_request(ACCOUNTING_REQUEST, self._identifier, body, self._secret, sealed=False))
        except ConnectionRefusedError:
            pass  # the gate is not up
