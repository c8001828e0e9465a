"""Rates in the words of each NAS: templates of reply attributes, filled with an account's rate.

Fields of a template: ``up_bps down_bps up_kbps down_kbps`` (up = from the subscriber), ``up_text down_text`` (bit/s, as
``4000k``), ``up_burst up_burst_max down_burst down_burst_max`` (octets of 1.5 and of 3 seconds), ``account``, ``mac``.
"""

import string
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from gatekeeper.model import Rate
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.radius import VENDOR_SPECIFIC, attribute, vendor_attribute

MAX_U32: Final = 0xFFFFFFFF
DHCP_ENTERPRISE: Final = 54
_OF_THE_BOX: Final = frozenset({"account", "mac"})


class RateAttribute(NamedTuple):
    """A RateRow with its numbers from the dictionary."""

    code: AttributeCode
    template: str


def rate_body(rows: Sequence[RateAttribute], rate: Rate, kilobit: int, account: str = "", mac: str = "") -> bytes:
    """The rate's reply attributes as octets. kilobit: bits in the order's kbit, 1000 or 1024. 0 kbit/s = no limit.

    Text that runs over 247 octets is cut there: only an account's name can be that long.
    """
    return b"".join(_encode(code, value) for code, value in rate_values(rows, rate, kilobit, account, mac))


def rate_values(
    rows: Sequence[RateAttribute], rate: Rate, kilobit: int, account: str = "", mac: str = ""
) -> Iterator[tuple[AttributeCode, str]]:
    """The same as (attribute, value) pairs. 32-bit attributes are clamped to 4,294,967,295."""
    for code, value in _filled(rows, rate, kilobit, account, mac):
        yield code, str(min(int(value), MAX_U32)) if code.kind == "integer" else value


def clamped(rows: Sequence[RateAttribute], rate: Rate, kilobit: int) -> list[tuple[AttributeCode, str]]:
    """The attributes that 32 bits are too few for, and what they should have said."""
    filled = _filled(rows, rate, kilobit, "", "")
    return [(code, value) for code, value in filled if code.kind == "integer" and int(value) > MAX_U32]


def rate_text(rows: Sequence[RateAttribute], rate: Rate, kilobit: int, account: str = "", mac: str = "") -> str:
    """For people: attributes by name, and where one had to be clamped, from what."""
    told = []
    for code, value in _filled(rows, rate, kilobit, account, mac):
        over = code.kind == "integer" and int(value) > MAX_U32
        told.append(f"{code.name}={MAX_U32} (clamped from {value})" if over else f"{code.name}={value}")
    return ", ".join(told)


def check_template(template: str, kind: str) -> None:
    """Raises ValueError: a field that is not there, or no number where the attribute is one."""
    try:
        text = template.format(**_fields(20_000_000, 4_000_000, "account", "d4:c1:c8:ee:9b:1f"))
    except (KeyError, IndexError, AttributeError):
        raise ValueError(f"fields are {' '.join(_fields(0, 0, '', ''))}, in braces") from None
    except ValueError as error:
        raise ValueError(f"not a template: {error}") from None
    if kind not in ("integer", "string", "octets"):
        raise ValueError(f"an attribute of type {kind} cannot carry a rate")
    if kind == "integer" and not (text.isascii() and text.isdigit()):
        raise ValueError(f"the attribute is a number, and {template!r} gives {text!r}")
    if len(text.encode()) > _LONGEST:
        raise ValueError(f"gives {len(text.encode())} octets, {_LONGEST} at most")


def is_of_the_box(template: str) -> bool:
    """True if the value is not the same for all accounts of one rate."""
    return not _OF_THE_BOX.isdisjoint(_names(template))


def _filled(
    rows: Sequence[RateAttribute], rate: Rate, kilobit: int, account: str, mac: str
) -> Iterator[tuple[AttributeCode, str]]:
    up, down = rate.up_kbps * kilobit, rate.down_kbps * kilobit
    fields = _fields(down, up, account, mac)
    for code, template in rows:
        # A direction without a limit says nothing, unless the other one shares its attribute.
        limits = [limit for word, limit in (("up_", up), ("down_", down)) if word in template]
        if any(limits) or not limits:
            yield code, template.format(**fields)


def _fields(down: int, up: int, account: str, mac: str) -> dict[str, int | str]:
    fields: dict[str, int | str] = {"account": account, "mac": mac}
    for name, bps in (("up", up), ("down", down)):
        fields |= {f"{name}_bps": bps, f"{name}_kbps": bps // 1000, f"{name}_text": _bits(bps)}
        fields |= {f"{name}_burst": bps * 3 // 16, f"{name}_burst_max": bps * 3 // 8}
    return fields


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


_LONGEST: Final = 247  # RFC 2865 5.26: 253 less the vendor's number, type and length


def _encode(code: AttributeCode, value: str) -> bytes:
    octets = int(value).to_bytes(4, "big") if code.kind == "integer" else value.encode()[:_LONGEST]
    return encode_attribute(code, octets)


def encode_attribute(code: AttributeCode, value: bytes) -> bytes:
    """One attribute as octets. Raises ValueError over 253 octets, those of the vendor's own header among them."""
    if code.vendor == DHCP_ENTERPRISE:
        # FreeRADIUS dictionary.dhcp, format=2,1: two octets of type, because there are 256 options and more.
        head = code.vendor.to_bytes(4, "big") + code.code.to_bytes(2, "big") + bytes(((len(value) + 3) & 255,))
        return attribute(VENDOR_SPECIFIC, head + value)
    return vendor_attribute(code.vendor, code.code, value) if code.vendor else attribute(code.code, value)


def _bits(bps: int) -> str:
    return f"{bps // 1000}k" if bps % 1000 == 0 and bps else str(bps)
