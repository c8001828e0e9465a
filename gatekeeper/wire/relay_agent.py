"""Option 82: what a relay or access node says of where a message came from (RFC 3046 and those that add to it).

The option itself is kept and echoed octet for octet; here is only what the gate acts on. What equipment makes of it:

* twice, because a snooping access node wrote one and the relay behind it appends its own: the values are joined
  (RFC 3396 5), and the first of each sub-option counts, which the node nearest to the box wrote;
* ended by 255 or filled with zeros, as options are and sub-options are not (RFC 3046 2.0);
* as bare text without sub-options: all of it is the circuit-id;
* cut: what stands before the cut is sound, and what was cut says nothing.
"""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire import Malformed

# RFC 3046
CIRCUIT_ID: Final = 1
REMOTE_ID: Final = 2
LINK_SELECTION: Final = 5  # RFC 3527
FLAGS: Final = 10  # RFC 5010
SERVER_ID_OVERRIDE: Final = 11  # RFC 5107
SOURCE_PORT: Final = 19  # RFC 8357
_UNICAST: Final = 0x80
_PAD: Final = 0
_END: Final = 255
_FIRST_SIGN: Final = 0x20
_LAST_SIGN: Final = 0x7E
_DELETE: Final = 0x7F
TEXT: Final = "Option 82 is bare text"
CUT: Final = "Option 82 is cut"


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class SubOptions(Value):
    """The first value of each sub-option by its code; odd: TEXT or CUT, "" where the option is as it should be."""

    __slots__ = ("parts", "odd")

    def __init__(self, parts: dict[int, bytes], odd: str) -> None:
        self.parts: Final = parts
        self.odd: Final = odd


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class RelayInfo(Value):
    """``line``: the part that names the access line; ``link``: which subnet, 0 = giaddr's; ``server_id``: the name
    under which the relay wants us known, 0 = none; ``source_port``: answer to the port the relay sent from;
    ``unicast``: the box had sent by unicast; ``odd``: what is wrong with the option, "" = nothing."""

    __slots__ = ("line", "link", "server_id", "source_port", "unicast", "odd")

    def __init__(self, line: bytes, link: int, server_id: int, source_port: bool, unicast: bool, odd: str = "") -> None:
        self.line: Final = line
        self.link: Final = link
        self.server_id: Final = server_id
        self.source_port: Final = source_port
        self.unicast: Final = unicast
        self.odd: Final = odd


NO_RELAY_INFO: Final = RelayInfo(b"", 0, 0, False, False)


def read_suboptions(value: bytes) -> SubOptions:
    """Value of option 82, all instances joined -> its sub-options. It takes any octets."""
    parts, sound = _walk(value, 0)
    end = _text_end(value) if value and value[0] >= _FIRST_SIGN else 0
    if end:
        behind, behind_sound = _walk(value, end)
        # No sub-option from 32 to 126 is assigned: what is text to its end is nothing else, however its lengths add up.
        if (end == len(value) and value[0] <= _LAST_SIGN) or (behind_sound and not sound):
            return SubOptions(behind | {CIRCUIT_ID: value[:end]}, TEXT)
    return SubOptions(parts, "" if sound else CUT)


def _text_end(value: bytes) -> int:
    """Where the text that the value begins with ends, 0 = it begins with none: UTF-8, or GBK behind an ASCII character.

    Behind it sub-options of another instance may stand, whose codes are under 32.
    """
    end = 0
    while end < len(value) and value[end] >= _FIRST_SIGN and value[end] not in (_DELETE, _END):
        end += 1
    for encoding in ("utf-8", "gbk") if value[0] <= _LAST_SIGN else ("utf-8",):
        try:
            value[:end].decode(encoding)
        except ValueError:
            continue
        return end
    return 0


def _walk(value: bytes, at: int) -> tuple[dict[int, bytes], bool]:
    """Sub-options from this place on; false: one runs over the end."""
    parts: dict[int, bytes] = {}
    end = len(value)
    while at < end:
        code = value[at]
        if code in (_PAD, _END):
            at += 1
            continue
        start = at + 2
        if start > end or start + value[at + 1] > end:
            return parts, False
        stop = start + value[at + 1]
        parts.setdefault(code, value[start:stop])
        at = stop
    return parts, True


def read_relay_info(agent: bytes, port_key: str) -> RelayInfo:
    """Value of option 82 -> RelayInfo. port_key: circuit-id, remote-id or both. Raises Malformed."""
    told = read_suboptions(agent)
    parts, odd = told.parts, told.odd
    circuit, remote = parts.get(CIRCUIT_ID, b""), parts.get(REMOTE_ID, b"")
    if port_key == "both":
        line = b" ".join(part for part in (circuit, remote) if part)
        if odd == CUT and not (circuit and remote):
            line = b""  # half of a name may be another line's
    else:
        line = circuit if port_key == "circuit-id" else remote
    flags = parts.get(FLAGS, b"")
    return RelayInfo(
        line=line,
        link=_address(parts, LINK_SELECTION),
        server_id=_address(parts, SERVER_ID_OVERRIDE),
        source_port=SOURCE_PORT in parts,
        unicast=bool(flags) and flags[0] & _UNICAST != 0,
        odd=odd,
    )


def _address(parts: dict[int, bytes], code: int) -> int:
    value = parts.get(code, b"")
    if code in parts and len(value) != 4:
        raise Malformed(f"sub-option {code} is no address", 0)
    return int.from_bytes(value, "big")
