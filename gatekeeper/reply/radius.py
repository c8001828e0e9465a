"""RADIUS replies (RFC 2865 4.2 to 4.4): Message-Authenticator first, what the decision says, Proxy-State as it came."""

from collections import Counter
from typing import Final

from gatekeeper.book import Nas, Policybook
from gatekeeper.model import Binding, Rate
from gatekeeper.reply.acs import acs_option
from gatekeeper.state.bounded import bounded
from gatekeeper.wire.acs import AcsInfo
from gatekeeper.wire.eap import FAILURE, SUCCESS, EapPacket, eap_attributes
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_rates import DHCP_ENTERPRISE, NOBODY, clamped, encode_attribute, holder_of, rate_parts
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_CHALLENGE,
    ACCESS_REJECT,
    ACCOUNTING_RESPONSE,
    EAP_MESSAGE,
    REPLY_MESSAGE,
    STATE,
    RadiusPacket,
    attribute,
)
from gatekeeper.wire.radius_seal import plain_reply, sealed_reply
from gatekeeper.wire.session_class import class_value

_FRAMED_ADDRESS: Final = 8
_FRAMED_MASK: Final = 9
_CLASS: Final = 25
_SESSION_TIMEOUT: Final = 27
_INTERIM: Final = 85
_FRAMED_POOL: Final = 88
_HOST_MASK: Final = 0xFFFFFFFF
_NONE: Final[frozenset[int]] = frozenset()
_UNSAID_BESIDE_EAP: Final = frozenset({REPLY_MESSAGE})  # RFC 3579 2.6.5
_UNSAID_WITH_ADDRESS: Final = frozenset({_FRAMED_ADDRESS, _FRAMED_POOL})  # an order's address stands above any other
_MAX_COMPILED: Final = 4096
_MAX_ADDRESSES: Final = 65_536
_ADDRESS_OCTETS: Final = 6  # of Framed-IP-Address; as many of Framed-IP-Netmask stand behind them
_LONGEST_VENDOR: Final = 247  # RFC 2865 5.26: 253 less the vendor's number, type and length
_ERX: Final = 4874
_LARGEST: Final = 4096  # RFC 2865 3
# What a reply has beside the body that is compiled: header, Message-Authenticator, Class, EAP-Message, and some
# Proxy-State of each proxy on the way, which must all go back (RFC 2865 5.33).
_BESIDE: Final = 20 + 18 + 255 + 6 + 512

# What a compiled body depends on: (client, rate, whether an address is told, the account's own ACS URL, its plan where
# the client has attributes for that, whether it stands beside EAP-Message, and where a template names them, the box and
# all that binds it).
Profile = tuple[str, Rate, bool, str, str, bool, bytes, Binding | None]
# What stands before the box's address, and behind it; whether a mask stands beside it.
Compiled = tuple[bytes, bytes, bool]


class RadiusReplies:
    """Renders replies for one Policybook; goes with it at a reload.

    clamped: (client, attribute) that had too few bits for a rate; left_out: that could not be said of an account, or
    for which there was no room; each once for each time it was compiled.
    """

    def __init__(self, book: Policybook) -> None:
        self._book = book
        self._compiled: dict[Profile, Compiled] = {}
        self._addresses: dict[int, bytes] = {}
        self.clamped: Counter[tuple[str, str]] = Counter()  # bounded by clients and rows
        self.left_out: Counter[tuple[str, str]] = Counter()

    def accept(self, request: RadiusPacket, nas: Nas, mac: bytes, binding: Binding, address: int) -> bytes:
        """Access-Accept: the rate in the NAS's own attributes, what else this client is told, and Class.

        address: the box's ordered one, 0 = this client is told none.
        """
        plan = binding.plan if binding.plan in nas.plans else ""
        eap = EAP_MESSAGE in request.attributes
        of_box = (mac, binding) if nas.per_box else (b"", None)
        profile = (nas.name, binding.rate, address != 0, binding.acs_url, plan, eap, *of_box)
        before, behind, has_mask = self._compiled.get(profile) or self._compile(profile, nas)
        own = self._of_address(address, has_mask) if address else b""
        # RFC 2865 5.25: the NAS sends it with the session's accounting.
        decision = class_value(mac, binding.order)
        body = b"%b%b%b\x19%c%b" % (before, own, behind, len(decision) + 2, decision)
        return _reply(ACCESS_ACCEPT, request, nas, _with_eap(body, request, SUCCESS))

    def reject(self, request: RadiusPacket, nas: Nas, reason: str) -> bytes:
        """Access-Reject with the reason in Reply-Message."""
        # RFC 3579 2.6.5: Reply-Message MUST NOT stand beside EAP-Message.
        told = b"" if EAP_MESSAGE in request.attributes else attribute(REPLY_MESSAGE, reason.encode())
        return _reply(ACCESS_REJECT, request, nas, _with_eap(told, request, FAILURE))

    def _compile(self, profile: Profile, nas: Nas) -> Compiled:
        if len(self._compiled) >= _MAX_COMPILED:
            self._compiled.clear()
        _, rate, address, acs_url, plan, eap, mac, binding = profile
        unsaid = (_UNSAID_BESIDE_EAP if eap else _NONE) | (_UNSAID_WITH_ADDRESS if address else _NONE)
        rows = [row for row in nas.told(plan) if row.code.vendor or row.code.code not in unsaid]
        for code, _ in clamped(rows, rate, nas.kilobit):
            self.clamped[nas.name, code.name] += 1
        # What a client is told of all boxes stands behind what its reply and the plan's say of the same attribute.
        said = {row.code.code for row in rows if not row.code.vendor}
        own = b""
        if not address and nas.framed_pool and not {_FRAMED_POOL, _FRAMED_ADDRESS} & said:
            own = attribute(_FRAMED_POOL, nas.framed_pool.encode())  # never both: a Nokia refuses that
        for kind, seconds in ((_SESSION_TIMEOUT, nas.session_timeout_s), (_INTERIM, nas.interim_s)):
            if seconds and kind not in said:
                own += attribute(kind, seconds.to_bytes(4, "big"))
        if nas.option_43 and (self._book.acs or acs_url):
            carried = self._option_43(nas.option_43, acs_url)
            own += carried
            if not carried:
                self.left_out[nas.name, nas.option_43.name] += 1
        holder = holder_of(binding, mac) if binding else NOBODY
        room = _LARGEST - _BESIDE - len(own) - 2 * _ADDRESS_OCTETS
        before = self._rows(nas, rate_parts(rows, rate, nas.kilobit, holder), room)
        compiled = self._compiled[profile] = before, own, _FRAMED_MASK not in said
        return compiled

    def _rows(self, nas: Nas, parts: list[tuple[AttributeCode, bytes, str]], room: int) -> bytes:
        """Those that can be said and that fit, one by one; what is left out is counted."""
        body = b""
        for code, octets, why in parts:
            if why or len(body) + len(octets) > room:
                self.left_out[nas.name, code.name] += 1
            else:
                body += octets
        return body

    def _option_43(self, carrier: AttributeCode, acs_url: str) -> bytes:
        acs = self._book.acs
        whole = option_43_body(carrier, *acs_option(acs, acs_url))
        if whole or not acs or not acs_url:
            return whole
        # An order's URL that is too long with the rest goes alone.
        return option_43_body(carrier, *acs_option(acs._replace(info=AcsInfo("")), acs_url))

    def _of_address(self, address: int, has_mask: bool) -> bytes:
        """The account's own address, and the mask of its subnet."""
        octets = self._addresses.get(address)
        if octets is None:
            subnet = self._book.subnet_of(address)
            mask = subnet.mask if subnet else _HOST_MASK
            octets = attribute(_FRAMED_ADDRESS, address.to_bytes(4, "big")) + attribute(
                _FRAMED_MASK, mask.to_bytes(4, "big")
            )
            bounded(self._addresses, _MAX_ADDRESSES)[address] = octets
        return octets if has_mask else octets[:_ADDRESS_OCTETS]


def challenge_reply(request: RadiusPacket, nas: Nas, eap: EapPacket, state: bytes) -> bytes:
    """Access-Challenge: the EAP request, and the State that is to come back with its response (RFC 3579 2.6.2)."""
    body = eap_attributes(eap) + (attribute(STATE, state) if state else b"")
    return _reply(ACCESS_CHALLENGE, request, nas, body)


def status_reply(request: RadiusPacket, nas: Nas, accounting: bool) -> bytes:
    """The answer to a Status-Server (RFC 5997 3): what the port that it came to says when all is well."""
    return _reply(ACCOUNTING_RESPONSE if accounting else ACCESS_ACCEPT, request, nas, b"")


def _with_eap(body: bytes, request: RadiusPacket, code: int) -> bytes:
    """The body; if the request had EAP-Message, with the Success or Failure that ends it (RFC 3579 2.6.3)."""
    asked = request.attributes.get(EAP_MESSAGE)
    if asked is None:
        return body
    # RFC 3748 4.2: it has the identifier of the response that it answers.
    return body + eap_attributes(EapPacket(code, asked[1] if len(asked) > 1 else 0, 0, b""))


def option_43_body(carrier: AttributeCode, code: int, value: bytes) -> bytes:
    """The option that tells the ACS, for a NAS that is the DHCP server itself. b"" where it does not fit.

    carrier: an attribute of vendor 54, where the number is the option's code; Juniper's, of DHCP options as they stand
    in a packet, its instances being parts of one value; or one that holds the option's value.
    """
    if carrier.vendor == DHCP_ENTERPRISE:
        carrier = carrier._replace(code=code)
        return encode_attribute(carrier, value) if len(value) < _LONGEST_VENDOR else b""
    if carrier.vendor == _ERX:
        option = bytes((code, len(value))) + value
        parts = (option[at : at + _LONGEST_VENDOR] for at in range(0, len(option), _LONGEST_VENDOR))
        return b"".join(encode_attribute(carrier, part) for part in parts)
    fits = len(value) <= _LONGEST_VENDOR and code == 43
    return encode_attribute(carrier, value) if fits else b""


def _reply(code: int, request: RadiusPacket, nas: Nas, body: bytes) -> bytes:
    # RFC 3579 3.2: where there is EAP-Message there is Message-Authenticator, whatever the client likes.
    make = sealed_reply if nas.seals or EAP_MESSAGE in request.attributes else plain_reply
    return make(code, request.identifier, request.authenticator, body + request.proxy, nas.secret)


def accounting_reply(request: RadiusPacket, nas: Nas) -> bytes:
    """Accounting-Response (RFC 2866 4.2): Proxy-State as it came; sealed where the request was."""
    make = sealed_reply if request.seal_at else plain_reply
    return make(ACCOUNTING_RESPONSE, request.identifier, request.authenticator, request.proxy, nas.secret)
