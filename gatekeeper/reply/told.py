"""What boxes of one kind are told in one subnet: the subnet's word, then their class's, then their plan's."""

from collections.abc import Iterable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Subnet
from gatekeeper.reply.acs import acs_option
from gatekeeper.reply.kinds import BoxKind
from gatekeeper.value import Value
from gatekeeper.wire.dhcp import ACK, INFORM
from gatekeeper.wire.dhcp_header import NAME_AREAS

_MASK: Final = 1
_LEASE: Final = 51
_RENEW: Final = 58
_REBIND: Final = 59
TIMES: Final = frozenset({_LEASE, _RENEW, _REBIND})  # of a lease, seconds
TIME_SIZE: Final = 4
# RFC 2132 3.3: the mask before the routers. RFC 3442: classless routes before the routers.
_BEFORE: Final = {3: (1, 121)}
_MUST: Final = frozenset({1, 51, 53, 54})


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Told(Value):
    """``options``: values by code. ``forced``: codes that are sent unasked. ``kept``: codes that no want of room takes
    away: RFC 2131's musts, the mask, what tells the ACS. ``lease_s``: what options 58 and 59 stand beside.

    ``names``: boot file and server name of the header, by the codes of the options that say the same.
    """

    __slots__ = ("options", "forced", "kept", "lease_s", "next_server", "names")

    def __init__(
        self,
        options: dict[int, bytes],
        forced: set[int],
        kept: frozenset[int],
        lease_s: int,
        next_server: int,
        names: dict[int, bytes],
    ) -> None:
        self.options: Final = options
        self.forced: Final = forced
        self.kept: Final = kept
        self.lease_s: Final = lease_s
        self.next_server: Final = next_server
        self.names: Final = names


def tell(subnet: Subnet, kind: BoxKind, acs_url: str) -> Told:
    """All that there is to tell, asked for or not. acs_url: an order's own, which stands above all."""
    options, names = dict(subnet.options), dict(subnet.names)
    next_server, forced, kept = subnet.next_server, {_MASK, _RENEW, _REBIND}, set(_MUST)
    own: list[tuple[int, bytes]] = []
    if kind.acs or acs_url:
        code, value = acs_option(kind.acs, acs_url)
        options[code] = value
        own = [(code, value)] if acs_url else []
        kept.add(code)
        if kind.acs is None or kind.acs.forced:
            forced.add(code)
    for extra in kind.extras:
        said, known = dict(extra.options), dict(extra.names)
        next_server = next_server if extra.next_server is None else extra.next_server
        # Who says a name, in the header or as an option, says both: a box that reads the other one starts the same.
        for code in names.keys() | NAME_AREAS.keys():
            if code in said or code in known:
                options.pop(code, None)
                names.pop(code, None)
        if extra.lease_s:
            options.pop(_RENEW, None)
            options.pop(_REBIND, None)
        names |= known
        options |= said
        forced |= said.keys() if extra.forced else set()
    options.update(own)
    names = {code: name for code, name in names.items() if name}
    return Told(options, forced, frozenset(kept), kind.lease_s(subnet), next_server, names)


def header_names(told: Told) -> dict[int, bytes]:
    """The names that their areas hold, which end in a NUL there (RFC 2131 2)."""
    return {code: name for code, name in told.names.items() if len(name) < NAME_AREAS[code]}


def choose(told: Told, kind: int, server_id: int, requested: bytes, lease_s: int) -> list[tuple[int, bytes]]:
    """The options of one reply in sequence: type, server, lease time, then what was asked for as asked, then what is
    forced. lease_s: of this very lease."""
    configured, forced = dict(told.options), set(told.forced)
    for code, name in told.names.items():
        too_long = len(name) >= NAME_AREAS[code]
        if code not in configured and (too_long or code in requested):
            configured[code] = name
            forced |= {code} if too_long else set()
    chosen = {53: bytes((ACK if kind == INFORM else kind,)), 54: server_id.to_bytes(4, "big")}
    # RFC 2131 4.3.5: an INFORM has no lease, hence no times of one; a lease that was cut short has the times of
    # RFC 2131 4.4.5, not those configured for the whole one.
    if kind == INFORM or lease_s != told.lease_s:
        configured.pop(_RENEW, None)
        configured.pop(_REBIND, None)
    if kind != INFORM:
        chosen[_LEASE] = lease_s.to_bytes(4, "big")
    for code in _in_sequence(requested, configured):
        chosen.setdefault(code, configured[code])
    for code in sorted(forced & configured.keys()):
        chosen.setdefault(code, configured[code])
    return list(chosen.items())


def cut_short(options: list[tuple[int, bytes]], left_s: int, lease_s: int) -> list[tuple[int, bytes]]:
    """The options of a lease of which so much remains: T1 and T2 (RFC 2131 4.4.5) by the same share as the lease."""
    if left_s == lease_s:
        return options
    found = []
    for code, value in options:
        if code in TIMES and len(value) == TIME_SIZE:
            value = (int.from_bytes(value, "big") * left_s // lease_s).to_bytes(TIME_SIZE, "big")
        found.append((code, value))
    return found


def _in_sequence(requested: bytes, configured: dict[int, bytes]) -> list[int]:
    """What was asked for, as asked; without a request list all that is configured (RFC 2131 4.3.1)."""
    found = []
    asked: Iterable[int] = requested or configured
    for one in asked:
        for code in (*_BEFORE.get(one, ()), one):
            if code in configured and (code in (one, _MASK) or code in requested):
                found.append(code)
    return found
