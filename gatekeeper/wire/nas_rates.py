"""Reply attributes in the words of each NAS: templates, filled with an account's rate and what else it has.

Fields of a template: ``up_bps down_bps up_kbps down_kbps`` (up = from the subscriber), ``up_text down_text`` (bit/s, as
``4000k``), ``up_burst up_burst_max down_burst down_burst_max`` (octets of 1.5 and of 3 seconds), and ``Holder``'s.
"""

import string
from collections.abc import Iterator, Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Binding, Rate
from gatekeeper.value import Value, fields_of
from gatekeeper.wire.attribute_types import encode_value, most
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.radius import VENDOR_SPECIFIC, attribute
from gatekeeper.wire.text import ip_text

DHCP_ENTERPRISE: Final = 54
_LONGEST: Final = 253  # RFC 2865 5


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Holder(Value):
    """What a template may say of an account and its box beside the rate, as text; "" = it has none."""

    __slots__ = ("account", "mac", "plan", "subscriber", "stbid", "port", "address")

    def __init__(
        self,
        account: str = "",
        mac: str = "",
        plan: str = "",
        subscriber: str = "",
        stbid: str = "",
        port: str = "",
        address: str = "",
    ) -> None:
        self.account: Final = account
        self.mac: Final = mac
        self.plan: Final = plan
        self.subscriber: Final = subscriber
        self.stbid: Final = stbid
        self.port: Final = port
        self.address: Final = address


NOBODY: Final = Holder()


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class RateAttribute(Value):
    """One reply attribute: its numbers from the dictionary, and the template of its value.

    fixed: the value's octets where the template has no fields, b"" = it has some. in_coa: sent again when the rate of a
    running session changes.
    """

    __slots__ = ("code", "template", "fixed", "in_coa")

    def __init__(self, code: AttributeCode, template: str, fixed: bytes = b"", in_coa: bool = True) -> None:
        self.code: Final = code
        self.template: Final = template
        self.fixed: Final = fixed
        self.in_coa: Final = in_coa


def holder_of(binding: Binding, mac: bytes) -> Holder:
    """The account and this box of it. port: the line that it is bound to."""
    port = binding.port.text if binding.port else ""
    address = ip_text(binding.address) if binding.address else ""
    account, plan = binding.account, binding.plan
    return Holder(account, mac.hex(":"), plan, binding.subscriber, binding.stbid, port, address)


def rate_body(rows: Sequence[RateAttribute], rate: Rate, kilobit: int, holder: Holder = NOBODY) -> bytes:
    """The attributes as octets. kilobit: bits in the order's kbit, 1000 or 1024. 0 kbit/s = no limit.

    What cannot be said of this account is left out; ``rate_parts`` tells it.
    """
    return b"".join(octets for _, octets, _ in rate_parts(rows, rate, kilobit, holder))


def rate_parts(
    rows: Sequence[RateAttribute], rate: Rate, kilobit: int, holder: Holder = NOBODY
) -> list[tuple[AttributeCode, bytes, str]]:
    """(attribute, all its octets, "") of each; where its value cannot be said of this account, b"" and why."""
    parts = []
    for code, value, fixed in _filled(rows, rate, kilobit, holder):
        try:
            octets = fixed or encode_value(code.kind, _clamped(code, value), code.tag, code.is_tagged)
            parts.append((code, encode_attribute(code, octets), ""))
        except ValueError as error:
            parts.append((code, b"", str(error)))
    return parts


def rate_values(
    rows: Sequence[RateAttribute], rate: Rate, kilobit: int, holder: Holder = NOBODY
) -> Iterator[tuple[AttributeCode, str]]:
    """The same as (attribute, value) pairs. Numbers are cut to the largest that their attribute holds."""
    for code, value, _ in _filled(rows, rate, kilobit, holder):
        yield code, _clamped(code, value)


def clamped(rows: Sequence[RateAttribute], rate: Rate, kilobit: int) -> list[tuple[AttributeCode, str]]:
    """The attributes that have too few bits, and what they should have said."""
    filled = _filled(rows, rate, kilobit, NOBODY)
    return [(code, value) for code, value, fixed in filled if not fixed and _clamped(code, value) != value]


def rate_text(rows: Sequence[RateAttribute], rate: Rate, kilobit: int, holder: Holder = NOBODY) -> str:
    """For people: attributes by name, and where one had to be clamped, from what, or left out, why."""
    told = []
    filled = _filled(rows, rate, kilobit, holder)
    for (code, value, fixed), (_, _, why) in zip(filled, rate_parts(rows, rate, kilobit, holder), strict=True):
        said = value if fixed else _clamped(code, value)
        note = f" (clamped from {value})" if said != value else f" (left out: {why})" if why else ""
        told.append(f"{code.text()}={said}{note}")
    return ", ".join(told)


def check_template(template: str, code: AttributeCode) -> None:
    """Raises ValueError: a field that is not there, or a value that is not of the attribute's type."""
    if field_names(template) - _fields(0, 0, NOBODY).keys():
        raise ValueError(f"fields are {' '.join(_fields(0, 0, NOBODY))}, in braces")
    try:
        text = template.format(**_fields(20_000_000, 4_000_000, _SAMPLE))
    except (ValueError, LookupError) as error:
        raise ValueError(f"not a template: {error}") from None
    if most(code.kind, code.is_tagged) and not (text.isascii() and text.isdigit()):
        raise ValueError(f"the attribute is a number, and {template!r} gives {text!r}")
    encode_attribute(code, encode_value(code.kind, _clamped(code, text), code.tag, code.is_tagged))


def field_names(template: str) -> set[str]:
    """The fields of a template. Raises ValueError where it is none."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ValueError(f"not a template: {error}; a brace that is meant is written twice") from None


def is_of_the_box(row: RateAttribute) -> bool:
    """True if the value is not the same for all accounts of one rate."""
    return not row.fixed and not _OF_THE_BOX.isdisjoint(field_names(row.template))


def is_of_the_rate(row: RateAttribute) -> bool:
    """True if the value says something of the rate."""
    return not row.fixed and any(name.startswith(("up_", "down_")) for name in field_names(row.template))


_OF_THE_BOX: Final = frozenset(fields_of(Holder))
_SAMPLE: Final = Holder("account", "d4:c1:c8:ee:9b:1f", "plan", "subscriber", "0" * 32, "port", "192.0.2.1")


def _filled(
    rows: Sequence[RateAttribute], rate: Rate, kilobit: int, holder: Holder
) -> list[tuple[AttributeCode, str, bytes]]:
    """(attribute, value, its octets where they are the same for all) of what is said of this rate at all."""
    up, down = rate.up_kbps * kilobit, rate.down_kbps * kilobit
    fields = _fields(down, up, holder)
    found = []
    for row in rows:
        code, template = row.code, row.template
        if row.fixed:
            found.append((code, template, row.fixed))
            continue
        # A direction without a limit says nothing, unless the other one shares its attribute.
        names = field_names(template)
        words = {name.partition("_")[0] for name in names if "_" in name}
        limits = [limit for word, limit in (("up", up), ("down", down)) if word in words]
        # Nor does a template with what the account has not (RFC 2865 5: an attribute is left out, never empty).
        if (any(limits) or not limits) and all(fields[name] for name in names & _OF_THE_BOX):
            found.append((code, template.format(**fields), b""))
    return found


def _clamped(code: AttributeCode, value: str) -> str:
    largest = most(code.kind, code.is_tagged)
    return str(min(int(value), largest)) if largest and value.isdigit() else value


def _fields(down: int, up: int, holder: Holder) -> dict[str, int | str]:
    fields: dict[str, int | str] = {"account": holder.account, "mac": holder.mac}
    for name, bps in (("up", up), ("down", down)):
        fields |= {f"{name}_bps": bps, f"{name}_kbps": bps // 1000, f"{name}_text": _bits(bps)}
        fields |= {f"{name}_burst": bps * 3 // 16, f"{name}_burst_max": bps * 3 // 8}
    return fields | holder._asdict()


def encode_attribute(code: AttributeCode, value: bytes) -> bytes:
    """One attribute as octets; value: with its tag. Raises ValueError where it is too long."""
    head = _LONGEST - len(value)
    if code.vendor:
        head -= 4 + code.type_octets + code.length_octets
    if head < 0:
        raise ValueError(f"gives {len(value)} octets, {len(value) + head} at most")
    if not code.vendor:
        return attribute(code.code, value)
    size = code.type_octets + code.length_octets + len(value)
    kind = code.code.to_bytes(code.type_octets, "big")
    length = size.to_bytes(code.length_octets, "big") if code.length_octets else b""
    return attribute(VENDOR_SPECIFIC, b"".join((code.vendor.to_bytes(4, "big"), kind, length, value)))


def _bits(bps: int) -> str:
    return f"{bps // 1000}k" if bps % 1000 == 0 and bps else str(bps)
