"""What was heard of a box, as text and as objects: when, by whom, and what became of it."""

from collections.abc import Iterator
from typing import Final

from gatekeeper.report.table import time_text
from gatekeeper.state.evidence import Admitted, Past, Refused
from gatekeeper.wire.text import ip_text

_NAMES: Final = {"dhcp": "DHCP", "radius": "RADIUS"}
_BY: Final = {"dhcp": "via", "radius": "from"}
_LET_IN: Final = {"dhcp": ("DHCPREQUEST", "DHCPACK"), "radius": ("Access-Request", "Access-Accept")}


def protocol_name(protocol: str) -> str:
    """As people spell it."""
    return _NAMES.get(protocol, protocol)


def last_text(past: Past) -> str:
    """What one protocol heard last, in one line."""
    last, name = past.last(), protocol_name(past.protocol)
    if last is None:
        return f"{name}: nothing heard of it"
    told = _refused_text(last) if isinstance(last, Refused) else _admitted_text(last, past)
    return f"last heard: {name} {told}"


def more_text(past: Past) -> Iterator[str]:
    """What else is on record beside the last: one line each."""
    name = protocol_name(past.protocol)
    for one in past.standing[1:]:
        yield f"also: {name} {_refused_text(one)}"
    if past.standing and past.admitted:
        yield f"before that: {name} {_admitted_text(past.admitted, past)}"
    for one in past.cleared:
        yield f"before it was let in: {name} {one.reason}, {_times(one)}, last at {time_text(one.last_seen)}"


def _refused_text(one: Refused) -> str:
    what = one.message or "a message"
    if one.state:
        what += f" ({' of '.join(filter(None, (one.state, ip_text(one.address) if one.address else '')))})"
    where = f" {_BY[one.protocol]} {one.where}" if one.where else ""
    values = ", ".join(f'{name} "{value}"' for name, value in (("bound", one.bound), ("seen", one.seen)) if value)
    compared = f" ({values})" if values else ""
    how = f"answered {one.reply}, {_times(one)}" if one.reply else f"not answered, {_times(one)}"
    return f"{what}{where} at {time_text(one.last_seen)}, refused {one.reason}{compared}{_line(one)}, {how}"


def _line(one: Refused) -> str:
    if one.port is None or (one.port and one.port in (one.seen, one.bound)):
        return ""
    return f', on port "{one.port}"' if one.port else ", naming no port"


def _times(one: Refused) -> str:
    return f"{one.times} times since {time_text(one.first_seen)}" if one.times > 1 else "once"


def _admitted_text(one: Admitted, past: Past) -> str:
    if past.gave_back:
        return f"DHCPRELEASE of {ip_text(one.address)} at {time_text(one.at)}: the box gave it back"
    message, reply = _LET_IN[one.protocol]
    where = f" {_BY[one.protocol]} {one.where}" if one.where else ""
    port = f', on port "{one.port}"' if one.port else ""
    address = f" of {ip_text(one.address)}" if one.address else ""
    return f"{message}{where} at {time_text(one.at)}, let in: {reply}{address}{port}"


def last_row(past: Past) -> dict[str, object] | None:
    """What one protocol heard last, as an object; None = nothing. port: None = it was not asked for one."""
    last = past.last()
    if last is None:
        return None
    return refused_row(last) if isinstance(last, Refused) else _admitted_row(last, past)


def refused_row(one: Refused) -> dict[str, object]:
    """A refusal with its evidence."""
    return {
        "at": time_text(one.last_seen),
        "message": one.message,
        "verdict": "refused",
        "reason": str(one.reason),
        "reply": one.reply,
        "port": one.port,
        "where": one.where,
        "bound": one.bound,
        "seen": one.seen,
        "address": ip_text(one.address) if one.address else "",
        "count": one.times,
        "first_seen": time_text(one.first_seen),
    }


def _admitted_row(one: Admitted, past: Past) -> dict[str, object]:
    message, reply = ("DHCPRELEASE", "") if past.gave_back else _LET_IN[one.protocol]
    return {
        "at": time_text(one.at),
        "message": message,
        "verdict": "admitted",
        "reason": "",
        "reply": reply,
        "port": one.port,
        "where": one.where,
        "bound": "",
        "seen": "",
        "address": ip_text(one.address) if one.address else "",
        "count": 1,
        "first_seen": time_text(one.at),
    }
