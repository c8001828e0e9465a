"""Option 43 and 125: how a box is told its ACS (ITMS). One function per dialect, chosen by name in the configuration.

Sub-options of the TR-069 form (BBF assigned names: DHCP option 43; FreeRADIUS dictionary.adsl_forum): 1 ACS URL,
2 provisioning code, 3 retry minimum wait interval, 4 retry interval multiplier; in option 125 under enterprise 3561 the
same are 11 to 14. Interval and multiplier are decimal ASCII.
"""

from collections.abc import Callable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.text import printable
from gatekeeper.wire.vendor_options import enterprises

BBF_ENTERPRISE: Final = 3561
_NAMES: Final = {1: "url", 2: "provisioning_code", 3: "retry_minimum_wait_s", 4: "retry_multiplier"}


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AcsInfo(Value):
    """What to tell the box; empty or 0 = leave it out."""

    __slots__ = ("url", "provisioning_code", "retry_minimum_wait_s", "retry_multiplier", "username", "password", "raw")

    def __init__(
        self,
        url: str,
        provisioning_code: str = "",
        retry_minimum_wait_s: int = 0,
        retry_multiplier: int = 0,
        username: str = "",
        password: str = "",
        raw: bytes = b"",
    ) -> None:
        self.url: Final = url
        self.provisioning_code: Final = provisioning_code
        self.retry_minimum_wait_s: Final = retry_minimum_wait_s
        self.retry_multiplier: Final = retry_multiplier
        self.username: Final = username
        self.password: Final = password
        self.raw: Final = raw

    def __repr__(self) -> str:
        return f"<acs {self.url}>"  # without username and password


def _tlv(code: int, value: bytes) -> bytes:
    if len(value) > 255:
        raise ValueError(f"sub-option {code} has {len(value)} octets, 255 at most")
    return bytes((code, len(value))) + value


def _fields(info: AcsInfo, first: int) -> bytes:
    values = (
        info.url,
        info.provisioning_code,
        str(info.retry_minimum_wait_s) if info.retry_minimum_wait_s else "",
        str(info.retry_multiplier) if info.retry_multiplier else "",
    )
    return b"".join(_tlv(first + at, value.encode()) for at, value in enumerate(values) if value)


def tr069(info: AcsInfo) -> tuple[int, bytes]:
    """Option 43 as encapsulated options (RFC 2132 8.4), the BBF's own form."""
    return 43, _fields(info, 1)


def plain(info: AcsInfo) -> tuple[int, bytes]:
    """Option 43 is the URL itself, no sub-options."""
    return 43, info.url.encode()


def h3c(info: AcsInfo) -> tuple[int, bytes]:
    """Sub-option 1 is ``URL username password`` (H3C and HPE CWMP guides)."""
    return 43, _tlv(1, " ".join(part for part in (info.url, info.username, info.password) if part).encode())


def nested(info: AcsInfo) -> tuple[int, bytes]:
    """Sub-option 1 is the URL, sub-option 2 holds username and password as its own sub-options 1 and 2."""
    inner = _tlv(1, info.username.encode()) + _tlv(2, info.password.encode())
    return 43, _tlv(1, info.url.encode()) + _tlv(2, inner)


def option125(info: AcsInfo) -> tuple[int, bytes]:
    """Option 125 under enterprise 3561, sub-options 11 to 14 (RFC 3925 4)."""
    body = _fields(info, 11)
    if len(body) > 255:
        raise ValueError(f"enterprise data has {len(body)} octets, 255 at most")
    return 125, BBF_ENTERPRISE.to_bytes(4, "big") + bytes((len(body),)) + body


def hexadecimal(info: AcsInfo) -> tuple[int, bytes]:
    """Option 43 as the configuration spells it."""
    return 43, info.raw


ENCODINGS: Final[dict[str, Callable[[AcsInfo], tuple[int, bytes]]]] = {
    "tr069": tr069,
    "plain": plain,
    "h3c": h3c,
    "nested": nested,
    "option125": option125,
    "hex": hexadecimal,
}


def encode(encoding: str, info: AcsInfo) -> tuple[int, bytes]:
    """The option's code and value. Raises ValueError where it does not fit one option (255 octets)."""
    code, value = ENCODINGS[encoding](info)
    if len(value) > 255:
        # RFC 3396 could split it, but boxes that join the parts are rare.
        raise ValueError(f"option {code} would have {len(value)} octets, 255 at most: shorten the URL")
    return code, value


def decode_tr069(value: bytes) -> dict[int, bytes]:
    """Split option 43 into sub-options (TR-069). value: TLVs; 0 is a pad, 255 ends (RFC 2132 8.4). Raises Malformed."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(value) and value[at] != 255:
        if value[at] == 0:
            at += 1
            continue
        start = at + 2
        if start > len(value) or start + value[at + 1] > len(value):
            raise Malformed("sub-option runs over the end", at)
        found[value[at]] = value[start : start + value[at + 1]]
        at = start + value[at + 1]
    return found


def oddity(value: bytes) -> str:
    """What is odd about the octets of an option 43 that somebody spelled out; "" where they are sub-options or text.

    Sub-options are what RFC 2132 8.4 recommends; a box may want anything else.
    """
    try:
        decode_tr069(value)
    except Malformed as bad:
        if value.isascii() and value.decode("ascii").isprintable():
            return ""
        at, there = bad.offset, len(value) - bad.offset - 2
        counts = f"counts {value[at + 1]} octets, {there} are there" if there >= 0 else "has no length"
        return f"{bad.why}: sub-option {value[at]}, at octet {at}, {counts} (RFC 2132 8.4)"
    return ""


def show(encoding: str, value: bytes) -> str:
    """The option's octets for people: named fields where the dialect has them, hex where they do not fit it.

    A password shows as ``***``.
    """
    try:
        text = _SHOWN[encoding](value)
    except (ValueError, Malformed):
        return value.hex()
    return text if text.isprintable() else value.hex()


def _named(parts: dict[int, bytes], first: int = 1) -> str:
    return " ".join(f"{_NAMES.get(code - first + 1, code)}={printable(part)}" for code, part in parts.items())


def _show_h3c(value: bytes) -> str:
    parts = decode_tr069(value)
    words = parts.pop(1, b"").split(b" ")
    names = ("url", "username", "password")
    told = [
        f"{name}={'***' if name == 'password' else printable(word)}" for name, word in zip(names, words, strict=False)
    ]
    return " ".join([*told, _named(parts)]).strip()


def _show_nested(value: bytes) -> str:
    parts = decode_tr069(value)
    inner = decode_tr069(parts.pop(2, b""))
    return f"{_named(parts)} username={printable(inner.get(1, b''))} password={'***' if inner.get(2) else ''}"


def _show_option125(value: bytes) -> str:
    return ", ".join(
        _named(decode_tr069(data), 11) if number == BBF_ENTERPRISE else f"{number}=0x{data.hex()}"
        for number, data in enterprises(value)
    )


_SHOWN: Final[dict[str, Callable[[bytes], str]]] = {
    "tr069": lambda value: _named(decode_tr069(value)),
    "plain": lambda value: value.decode("ascii", "backslashreplace"),
    "h3c": _show_h3c,
    "nested": _show_nested,
    "option125": _show_option125,
    "hex": lambda value: _named(decode_tr069(value)),  # what most spell out is the TR-069 form with a quirk
}
