"""What happened to one box, account or address, as lines and as objects."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from gatekeeper.model import Holder
from gatekeeper.report.table import moment_text, time_text
from gatekeeper.wire.text import mac_text, parse_ip, parse_mac

COLUMNS: Final = ("time", "kind", "mac", "account", "address", "port", "detail")
_SPAN: Final = re.compile(r"(\d{1,6})([smhdw])")
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def key_of(text: str) -> tuple[str, object]:
    """A MAC, an IPv4 address, or else an account: (mac | address | account, the value as the store has it)."""
    try:
        return "mac", mac_text(parse_mac(text))
    except ValueError:
        pass
    try:
        return "address", parse_ip(text)
    except ValueError:
        return "account", text


def read_time(text: str, now: int) -> int:
    """``1h``, ``90m``, ``2d`` before now, or an RFC 3339 time -> Unix seconds. Raises ValueError."""
    span = _SPAN.fullmatch(text)
    if span:
        return now - int(span[1]) * _UNIT_S[span[2]]
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a span like 30m, 1h or 2d nor a time like 2026-11-22T08:00:00Z"
        ) from None


def timeline_rows(events: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Events of the store in the field names of the contract."""
    for event in events:
        yield {"time": moment_text(event["at_ms"])} | {name: event[name] for name in COLUMNS[1:]}


def timeline_text(rows: Iterable[dict[str, object]]) -> Iterator[str]:
    """One line for each event: time, kind, what, and whom it is about."""
    for row in rows:
        about = [str(row[name]) for name in ("mac", "address") if row[name]]
        about += [f"account={row['account']}"] if row["account"] else []
        about += [f'port="{row["port"]}"'] if row["port"] else []
        yield f"{row['time']}  {row['kind']!s:<14} {row['detail']}" + (f"  [{' '.join(about)}]" if about else "")


def holder_row(address: str, holder: Holder) -> dict[str, object]:
    """Who has an address, as an object."""
    times = {"since": time_text(holder.since), "until": time_text(holder.until) if holder.until else ""}
    return {
        "address": address,
        "mac": holder.mac,
        "account": holder.account,
        "port": holder.port,
        **times,
        "by": holder.by,
    }


def holder_text(address: str, holder: Holder) -> str:
    """Who has an address, as one line."""
    until = f" until {time_text(holder.until)}" if holder.until else ""
    times = f"since {time_text(holder.since)}{until}"
    return f'{address} {holder.mac} account={holder.account} port="{holder.port}" {times} by {holder.by}'
