"""EAP-MD5 for MAC authentication (RFC 3748 5.4; ``mab eap`` of Cisco and Huawei), and a clear no to every other type.

::

    (empty)             -> Request/Identity          EAP-Start, RFC 3579 2.1
    Response/Identity   -> Request/MD5-Challenge     with State
    Response/MD5        -> Success or Failure        State must be ours
    Response/Nak        -> Failure
    any other Response  -> Request/MD5-Challenge if nothing was proposed yet, else Failure

Nothing is remembered between the packets. State holds what is needed, sealed with a key of this process: when it was
made, the identifier of our request, and what the challenge came from. It is bound to the NAS and the MAC as well.
"""

import hmac
from struct import Struct
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Nas
from gatekeeper.model import Action, Reason, Verdict
from gatekeeper.policy.radius import names_mac, no_identity
from gatekeeper.policy.radius_methods import SERVED, answers_challenge
from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.eap import (
    IDENTITY,
    MD5_CHALLENGE,
    NAK,
    REQUEST,
    RESPONSE,
    EapPacket,
    decode_eap,
    md5_value,
    method_name,
    wanted_methods,
)
from gatekeeper.wire.radius import EAP_MESSAGE, STATE, USER_NAME, RadiusPacket
from gatekeeper.wire.radius_seal import Secret

MAX_AGE_S: Final = 30
_STATE: Final = Struct("!IB16s")
_TAG: Final = 16
_WRONG: Final = Verdict(Action.REJECT, Reason.BAD_PASSWORD)


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Challenge(Value):
    """What the box is asked next. state: b"" = none is needed."""

    __slots__ = ("eap", "state")

    def __init__(self, eap: EapPacket, state: bytes) -> None:
        self.eap: Final = eap
        self.state: Final = state


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class _Talk(Value):
    """Who talks: one box behind one NAS. source: the NAS's address."""

    __slots__ = ("nas", "source", "mac", "name")

    def __init__(self, nas: Nas, source: int, mac: bytes, name: bytes) -> None:
        self.nas: Final = nas
        self.source: Final = source
        self.mac: Final = mac
        self.name: Final = name


class EapMd5:
    """The method, with the key that seals State."""

    def __init__(self, key: bytes) -> None:
        """key: random octets, drawn once for the process."""
        self._key = Secret(key)

    def step(self, packet: RadiusPacket, nas: Nas, source: int, mac: bytes, now: float) -> Challenge | Verdict | None:
        """What comes next in a request with EAP-Message: a question to the box, a refusal, or None = it is the box."""
        octets = packet.attributes[EAP_MESSAGE]
        if not octets:
            return Challenge(EapPacket(REQUEST, packet.identifier, IDENTITY, b""), b"")
        if not mac:
            return no_identity(packet, nas)
        try:
            eap = decode_eap(octets)
            if eap.code != RESPONSE:
                raise Malformed("an EAP packet that is no Response", 0)
            talk = _Talk(nas, source, mac, packet.attributes.get(USER_NAME, b""))
            return self._answer(packet, talk, eap, now)
        except Malformed as bad:
            return Verdict(Action.REJECT, Reason.MALFORMED, seen=f"EAP: {bad}")

    def _answer(self, packet: RadiusPacket, talk: _Talk, eap: EapPacket, now: float) -> Challenge | Verdict | None:
        state = packet.attributes.get(STATE, b"")
        if eap.kind == IDENTITY:
            # RFC 3748 5.1: what may follow a NUL is for the link, not a part of the name.
            identity = eap.data.partition(b"\0")[0]
            # RFC 3579 2.1: the NAS copies the identity into User-Name.
            if identity != talk.name and names_mac(identity) != talk.mac:
                return Verdict(Action.REJECT, Reason.NO_IDENTITY, "User-Name", "another name in EAP-Response/Identity")
            return self._propose(packet, talk, eap, now)
        if not state and eap.kind not in (MD5_CHALLENGE, NAK):
            return self._propose(packet, talk, eap, now)
        wrong = self._state_refusal(state, talk, eap.identifier, now)
        if wrong:
            return Verdict(Action.REJECT, Reason.BAD_STATE, seen=wrong)
        if eap.kind == MD5_CHALLENGE:
            challenge = self._digest(b"challenge", state[: _STATE.size], talk)
            given = md5_value(eap.data)
            right = answers_challenge(talk.nas, talk.mac, talk.name, eap.identifier, challenge, given)
            return None if right else _WRONG
        wanted = wanted_methods(eap.data) if eap.kind == NAK else method_name(eap.kind)
        return Verdict(Action.REJECT, Reason.UNSUPPORTED, SERVED, wanted)

    def _propose(self, packet: RadiusPacket, talk: _Talk, eap: EapPacket, now: float) -> Challenge:
        """MD5-Challenge. The Request Authenticator makes each one another (RFC 2865 3 wants it unique)."""
        identifier = (eap.identifier + 1) & 255
        fields = _STATE.pack(int(now) & 0xFFFFFFFF, identifier, packet.authenticator)
        challenge = self._digest(b"challenge", fields, talk)
        asked = EapPacket(REQUEST, identifier, MD5_CHALLENGE, bytes((len(challenge),)) + challenge)
        return Challenge(asked, fields + self._digest(b"state", fields, talk))

    def _state_refusal(self, state: bytes, talk: _Talk, identifier: int, now: float) -> str:
        """Why this State does not count; "" = it does."""
        fields, tag = state[: _STATE.size], state[_STATE.size :]
        if len(tag) != _TAG or not hmac.compare_digest(tag, self._digest(b"state", fields, talk)):
            return "not made here for this NAS and box" if state else "none"
        made_at, sent, _ = _STATE.unpack(fields)
        if not 0 <= int(now) - made_at <= MAX_AGE_S:
            return f"older than {MAX_AGE_S} s"
        # RFC 3748 4.1: the response has the identifier of its request.
        return "" if sent == identifier else "made for another EAP identifier"

    def _digest(self, use: bytes, fields: bytes, talk: _Talk) -> bytes:
        """16 octets that nobody without the key can make. The name stands last: it alone varies in length."""
        where = talk.source.to_bytes(4, "big") + talk.mac
        return self._key.hmac(b"".join((use.ljust(9), fields, where, talk.nas.name.encode())))
