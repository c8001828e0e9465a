"""RADIUS with the shared secret: authenticators (RFC 2865 3), Message-Authenticator (RFC 3579 3.2), password hiding
(RFC 2865 5.2), CHAP (RFC 2865 5.3)."""

import hmac
from collections.abc import Callable
from hashlib import md5 as openssl_md5
from typing import Final, Protocol

from gatekeeper.wire.radius import ATTRIBUTES, AUTHENTICATOR, HEADER, MESSAGE_AUTHENTICATOR, RadiusPacket

try:
    from _md5 import md5 as own_md5  # type: ignore[import-not-found]
except ImportError:
    own_md5 = None


class _Hash(Protocol):
    """What hashlib makes."""

    def copy(self) -> "_Hash": ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


# The interpreter's own, where it has one: for so few octets OpenSSL's takes half as long again.
md5: Final[Callable[..., _Hash]] = own_md5 or openssl_md5
_NONE: Final = bytes(16)
_SEAL_SIZE: Final = 18
_SEAL: Final = bytes((MESSAGE_AUTHENTICATOR, _SEAL_SIZE))
_SEALED_SIZE: Final = ATTRIBUTES + _SEAL_SIZE  # with nothing else in it


class Secret:
    """A shared secret with its HMAC-MD5 pads (RFC 2104 2), whose hashing would double the cost of a packet."""

    __slots__ = ("_inner", "_outer", "key")

    def __init__(self, key: bytes) -> None:
        self.key = key
        block = (md5(key, usedforsecurity=False).digest() if len(key) > 64 else key).ljust(64, b"\0")
        self._inner = md5(bytes(octet ^ 0x36 for octet in block), usedforsecurity=False)
        self._outer = md5(bytes(octet ^ 0x5C for octet in block), usedforsecurity=False)

    def __repr__(self) -> str:
        return "<secret>"

    def hmac(self, data: bytes) -> bytes:
        """HMAC-MD5 of data."""
        inner = self._inner.copy()
        inner.update(data)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def seal_is_right(packet: RadiusPacket, secret: Secret) -> bool:
    """Check the Message-Authenticator of a request; the packet must have one."""
    at = packet.seal_at
    data = packet.data
    return hmac.compare_digest(data[at : at + 16], secret.hmac(data[:at] + _NONE + data[at + 16 :]))


def sealed_reply(code: int, identifier: int, request_authenticator: bytes, body: bytes, secret: Secret) -> bytes:
    """A reply with Message-Authenticator as its first attribute, then body, under the Response Authenticator.

    First, because CVE-2024-3596 (BlastRADIUS) needs a prefix of its own choice there.
    """
    size = _SEALED_SIZE + len(body)
    head = HEADER.pack(code, identifier, size, request_authenticator)
    seal = secret.hmac(b"".join((head, _SEAL, _NONE, body)))
    attributes = b"".join((_SEAL, seal, body))
    digest = md5(b"".join((head, attributes, secret.key)), usedforsecurity=False).digest()
    return b"".join((head[:AUTHENTICATOR], digest, attributes))


def sealed_request(code: int, identifier: int, authenticator: bytes, body: bytes, secret: Secret) -> bytes:
    """An Access-Request or Status-Server with Message-Authenticator first."""
    head = HEADER.pack(code, identifier, _SEALED_SIZE + len(body), authenticator)
    return b"".join((head, _SEAL, secret.hmac(b"".join((head, _SEAL, _NONE, body))), body))


def reply_is_right(packet: RadiusPacket, request_authenticator: bytes, secret: Secret) -> bool:
    """A client's check: Response Authenticator, and Message-Authenticator where the reply has one."""
    data = packet.data[:AUTHENTICATOR] + request_authenticator + packet.data[ATTRIBUTES:]
    if not hmac.compare_digest(packet.authenticator, md5(data + secret.key, usedforsecurity=False).digest()):
        return False
    at = packet.seal_at
    return not at or hmac.compare_digest(data[at : at + 16], secret.hmac(data[:at] + _NONE + data[at + 16 :]))


def signature_is_right(packet: RadiusPacket, secret: Secret) -> bool:
    """Check a request whose authenticator is a digest: Accounting (RFC 2866 3), CoA and Disconnect (RFC 5176 2.3).

    Its Message-Authenticator too, if it has one; both are made with 16 zero octets for the authenticator.
    """
    data = packet.data[:AUTHENTICATOR] + _NONE + packet.data[ATTRIBUTES:]
    if not hmac.compare_digest(packet.authenticator, md5(data + secret.key, usedforsecurity=False).digest()):
        return False
    at = packet.seal_at
    return not at or hmac.compare_digest(data[at : at + 16], secret.hmac(data[:at] + _NONE + data[at + 16 :]))


def signed_request(code: int, identifier: int, body: bytes, secret: Secret, sealed: bool) -> bytes:
    """An Accounting-, CoA- or Disconnect-Request; sealed: with Message-Authenticator first (RFC 5176 3.4)."""
    size = ATTRIBUTES + len(body) + (_SEAL_SIZE if sealed else 0)
    head = HEADER.pack(code, identifier, size, _NONE)
    if sealed:
        body = b"".join((_SEAL, secret.hmac(b"".join((head, _SEAL, _NONE, body))), body))
    return b"".join((head[:AUTHENTICATOR], md5(head + body + secret.key, usedforsecurity=False).digest(), body))


def plain_reply(code: int, identifier: int, request_authenticator: bytes, body: bytes, secret: Secret) -> bytes:
    """A reply under the Response Authenticator alone: what answers an Accounting-Request (RFC 2866 4.2), and clients
    that throw away what has Message-Authenticator."""
    head = HEADER.pack(code, identifier, ATTRIBUTES + len(body), request_authenticator)
    digest = md5(b"".join((head, body, secret.key)), usedforsecurity=False).digest()
    return b"".join((head[:AUTHENTICATOR], digest, body))


def reveal_password(hidden: bytes, authenticator: bytes, secret: Secret) -> bytes:
    """User-Password -> the password, trailing NULs stripped. hidden: whole blocks of 16 octets."""
    clear = b""
    last = authenticator
    for at in range(0, len(hidden), 16):
        block = hidden[at : at + 16]
        pad = md5(secret.key + last, usedforsecurity=False).digest()
        clear += (int.from_bytes(block, "big") ^ int.from_bytes(pad, "big")).to_bytes(16, "big")
        last = block
    return clear.rstrip(b"\0")


def hide_password(password: bytes, authenticator: bytes, secret: Secret) -> bytes:
    """The password, 128 octets at most -> value of User-Password."""
    padded = password.ljust(max(16, (len(password) + 15) // 16 * 16), b"\0")
    hidden = b""
    last = authenticator
    for at in range(0, len(padded), 16):
        pad = md5(secret.key + last, usedforsecurity=False).digest()
        last = (int.from_bytes(padded[at : at + 16], "big") ^ int.from_bytes(pad, "big")).to_bytes(16, "big")
        hidden += last
    return hidden


def chap_response(identifier: int, password: bytes, challenge: bytes) -> bytes:
    """The 16 octets of a CHAP or EAP-MD5 response (RFC 1994 4.1)."""
    return md5(bytes((identifier,)) + password + challenge, usedforsecurity=False).digest()
