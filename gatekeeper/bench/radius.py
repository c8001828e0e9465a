"""RADIUS as a NAS speaks it: MAC authentication by PAP (RFC 2865), accounting (RFC 2866); every answer verified."""

import os
import time
from typing import Final, NamedTuple

from gatekeeper.bench.crowd import Crowd, stranger
from gatekeeper.bench.talk import GOES_ON, Talk, refused
from gatekeeper.bench.tally import Tally
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_REJECT,
    ACCESS_REQUEST,
    ACCOUNTING_REQUEST,
    ACCOUNTING_RESPONSE,
    ACCT_SESSION_ID,
    ACCT_STATUS_TYPE,
    CALLING_STATION_ID,
    MESSAGE_AUTHENTICATOR,
    NAS_IP_ADDRESS,
    NAS_PORT,
    NAS_PORT_ID,
    NAS_PORT_TYPE,
    SERVICE_TYPE,
    USER_NAME,
    USER_PASSWORD,
    attribute,
)
from gatekeeper.wire.radius_seal import Secret, hide_password, md5, sealed_request, signed_request

START: Final = 1
STOP: Final = 2
INTERIM: Final = 3
# What a box's visits are, in turn; none is an Access-Request.
KINDS: Final[dict[str, tuple[int, ...]]] = {
    "auth": (),
    "start": (START,),
    "interim": (INTERIM,),
    "stop": (STOP,),
    "all": (START, INTERIM, STOP),
}
# How User-Name spells a MAC: what parts the groups, octets a group, capitals.
SPELLINGS: Final[dict[str, tuple[str, int, bool]]] = {
    "plain": ("", 1, False),
    "PLAIN": ("", 1, True),
    "colon": (":", 1, False),
    "COLON": (":", 1, True),
    "dash": ("-", 1, False),
    "DASH": ("-", 1, True),
    "dot": (".", 2, False),
}
IDENTIFIERS: Final = 256  # a door has so many slots
_NONE: Final = bytes(16)
_ATTRIBUTES: Final = 20
_FRAMED_ADDRESS: Final = 8
_INPUT_OCTETS: Final = 42
_OUTPUT_OCTETS: Final = 43
_SESSION_TIME: Final = 46
_CALL_CHECK: Final = (10).to_bytes(4, "big")
_ETHERNET: Final = (15).to_bytes(4, "big")
_SEAL_SIZE: Final = 18
_DICE: Final = 256  # authenticators drawn at once
_REMEMBERED: Final = 100_000
_SOME_ADDRESS: Final = 0x64400000  # 100.64.0.0 (RFC 6598), of boxes whose address is not known


class RadiusPlan(NamedTuple):
    """What a NAS sends and must hear.

    kind: of KINDS; spelling: of SPELLINGS; nas: NAS-IP-Address, 4 octets; line: NAS-Port-Id with ``{}`` for the box's
    number, "" = none; sealed: requests have a Message-Authenticator; seal_wanted: so must the answers.
    """

    kind: str
    nas: bytes
    spelling: str = "plain"
    line: str = ""
    sealed: bool = True
    seal_wanted: bool = False


def spelled(mac: bytes, spelling: str) -> bytes:
    """A MAC as User-Name has it."""
    sign, octets, capitals = SPELLINGS[spelling]
    text = mac.hex(sign, octets) if sign else mac.hex()
    return (text.upper() if capitals else text).encode()


class RadiusTalk(Talk):
    """256 slots a door: a slot is what its identifier stands for."""

    def __init__(self, plan: RadiusPlan, secret: Secret, crowd: Crowd, doors: int, tally: Tally) -> None:
        slots = doors * IDENTIFIERS
        super().__init__(slots, doors, tally)
        self._crowd = crowd
        self._secret = secret
        self._kinds = KINDS[plan.kind]
        self._spelling = plan.spelling
        self._line = plan.line
        self._nas = plan.nas
        self._sealed = plan.sealed
        self._seal_wanted = plan.seal_wanted
        count = len(crowd.macs)
        self._names: list[bytes] = [b""] * min(count, _REMEMBERED)
        self._abouts: list[bytes] = [b""] * min(count, _REMEMBERED)
        self._visits = [0] * count if self._kinds else []
        self._sessions: list[bytes] = [b""] * count if self._kinds else []
        self._session = time.time_ns()
        self._dice = b""
        self._authenticator: list[bytes] = [b""] * slots  # of what is outstanding; b"" = nothing
        self._box = [0] * slots
        self._known = [True] * slots

    def begin(self, slot: int, now: int) -> bool:
        crowd = self._crowd
        box = crowd.next()
        self._box[slot] = box
        self._known[slot] = not (crowd.strangers and crowd.next_is_stranger())
        request = self._accounting(slot, box) if self._kinds else self._access(slot, box)
        self._authenticator[slot] = request[4:20]
        self.outbox[slot >> 8].append(request)
        return True

    def give_up(self, slot: int) -> None:
        self._authenticator[slot] = b""

    def _mac(self, slot: int) -> bytes:
        mac = self._crowd.macs[self._box[slot]]
        return mac if self._known[slot] else stranger(mac)

    def _about(self, box: int, mac: bytes) -> bytes:
        """What a NAS says of the line and the box (RFC 3580 3)."""
        parts = [
            attribute(NAS_IP_ADDRESS, self._nas),
            attribute(NAS_PORT, (box & 0xFFFF).to_bytes(4, "big")),
            attribute(CALLING_STATION_ID, mac.hex("-").upper().encode()),
            attribute(NAS_PORT_TYPE, _ETHERNET),
        ]
        if self._line:
            parts.append(attribute(NAS_PORT_ID, self._line.replace("{}", str(box)).encode()[:253]))
        if not self._kinds:
            parts.append(attribute(SERVICE_TYPE, _CALL_CHECK))
        return b"".join(parts)

    def _access(self, slot: int, box: int) -> bytes:
        known = self._known[slot] and box < _REMEMBERED
        name = self._names[box] if known else b""
        if name:
            about = self._abouts[box]
        else:
            mac = self._mac(slot)
            name, about = spelled(mac, self._spelling), self._about(box, mac)
            if known:
                self._names[box], self._abouts[box] = name, about
        authenticator = self._drawn()
        hidden = hide_password(name, authenticator, self._secret)
        body = b"".join(
            (bytes((USER_NAME, len(name) + 2)), name, bytes((USER_PASSWORD, len(hidden) + 2)), hidden, about)
        )
        if self._sealed:
            return sealed_request(ACCESS_REQUEST, slot & 255, authenticator, body, self._secret)
        size = (_ATTRIBUTES + len(body)).to_bytes(2, "big")
        return b"".join((bytes((ACCESS_REQUEST, slot & 255)), size, authenticator, body))

    def _drawn(self) -> bytes:
        """16 octets as a Request Authenticator must be (RFC 2865 3)."""
        if not self._dice:
            self._dice = os.urandom(16 * _DICE)
        drawn, self._dice = self._dice[:16], self._dice[16:]
        return drawn

    def _accounting(self, slot: int, box: int) -> bytes:
        mac = self._mac(slot)
        kinds = self._kinds
        kind = kinds[self._visits[box] % len(kinds)]
        self._visits[box] += 1
        session = self._sessions[box]
        if kind == START or not session:
            self._session += 1
            session = self._sessions[box] = b"%016x" % (self._session if kind == START else box)
        address = self._crowd.addresses[box] or (_SOME_ADDRESS + box).to_bytes(4, "big")
        body = b"".join(
            (
                attribute(USER_NAME, spelled(mac, self._spelling)),
                self._about(box, mac),
                attribute(ACCT_SESSION_ID, session),
                attribute(ACCT_STATUS_TYPE, kind.to_bytes(4, "big")),
                attribute(_FRAMED_ADDRESS, address),
                self._use(box) if kind != START else b"",
            )
        )
        return signed_request(ACCOUNTING_REQUEST, slot & 255, body, self._secret, self._sealed)

    def _use(self, box: int) -> bytes:
        """What a session has used so far: more at each visit."""
        so_far = self._visits[box] * 300
        return b"".join(
            (
                attribute(_SESSION_TIME, so_far.to_bytes(4, "big")),
                attribute(_INPUT_OCTETS, (so_far * 1_000 & 0xFFFFFFFF).to_bytes(4, "big")),
                attribute(_OUTPUT_OCTETS, (so_far * 100_000 & 0xFFFFFFFF).to_bytes(4, "big")),
            )
        )

    def heard(self, door: int, data: bytes, now: int) -> int:
        slot = door << 8 | data[1] if len(data) >= _ATTRIBUTES else -1
        asked = self._authenticator[slot] if slot >= 0 else b""
        if not asked:
            self.tally.strays += 1
            return GOES_ON
        size = data[2] << 8 | data[3]
        if size > len(data) or size < _ATTRIBUTES:
            return self._wrong(slot, "a length field that is not the packet's")
        data = data[:size]
        secret = self._secret
        if md5(b"".join((data[:4], asked, data[20:], secret.key)), usedforsecurity=False).digest() != data[4:20]:
            return self._wrong(slot, "the Response Authenticator is not right")
        address, seal_at, at = b"", 0, _ATTRIBUTES
        while at < size:
            length = data[at + 1] if at + 2 <= size else 0
            if length < 2 or at + length > size:
                return self._wrong(slot, "an attribute overruns the packet")
            kind = data[at]
            if kind == MESSAGE_AUTHENTICATOR and length == _SEAL_SIZE:
                seal_at = at + 2
            elif kind == _FRAMED_ADDRESS:
                address = data[at + 2 : at + length]
            at += length
        if seal_at:
            sealed = b"".join((data[:4], asked, data[20:seal_at], _NONE, data[seal_at + 16 :]))
            if secret.hmac(sealed) != data[seal_at : seal_at + 16]:
                return self._wrong(slot, "the Message-Authenticator is not right")
        elif self._seal_wanted:
            self._wrong(slot, "no Message-Authenticator")
        self._authenticator[slot] = b""
        return self._ended(slot, data[0], address)

    def _ended(self, slot: int, code: int, address: bytes) -> int:
        """What the answer's code and address mean."""
        known = self._known[slot]
        if self._kinds:
            if code != ACCOUNTING_RESPONSE:
                self._wrong(slot, f"code {code} answers an Accounting-Request")
            return slot
        if code == ACCESS_ACCEPT:
            ordered = self._crowd.addresses[self._box[slot]]
            if not known:
                self._wrong(slot, "an Access-Accept for a stranger")
            elif ordered and address != ordered:
                self._wrong(slot, "a Framed-IP-Address other than the ordered one")
            return slot
        if code != ACCESS_REJECT:
            self._wrong(slot, f"code {code} answers an Access-Request")
        return refused(slot) if known else slot

    def _wrong(self, slot: int, what: str) -> int:
        self.tally.wrong_answer(what, self._mac(slot))
        return GOES_ON
