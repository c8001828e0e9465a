"""NAS dialects, one row each: which attributes carry the rate, and how.

A rate attribute is named as in ``dictionaries/``; its number and type come from there. The template's fields:
``up_bps down_bps up_kbps down_kbps`` (up = from the subscriber) and ``up_text down_text`` (bit/s, as ``4000k``).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gatekeeper.model import Rate
from gatekeeper.wire.radius import attribute, vendor_attribute

MAX_U32 = 0xFFFFFFFF


class RateRow(NamedTuple):
    """One reply attribute: its dictionary name, and the template of its value."""

    attribute: str
    template: str


class Dialect(NamedTuple):
    """How one make of NAS speaks. source: where the rows' meaning is written."""

    name: str
    rates: tuple[RateRow, ...]
    source: str


class AttributeCode(NamedTuple):
    """A dictionary entry: vendor 0 = standard; kind ``integer`` or ``string``."""

    vendor: int
    code: int
    kind: str


_ROWS = (
    Dialect("generic", (), "no standard rate attribute exists; see wispr"),
    Dialect(
        "huawei",
        (
            RateRow("Huawei-Input-Average-Rate", "{up_bps}"),
            RateRow("Huawei-Input-Peak-Rate", "{up_bps}"),
            RateRow("Huawei-Output-Average-Rate", "{down_bps}"),
            RateRow("Huawei-Output-Peak-Rate", "{down_bps}"),
        ),
        "NetEngine RADIUS attributes 26-2, 26-3, 26-5, 26-6: bit/s; a peak rate needs its average rate beside it",
    ),
    Dialect(
        "h3c",
        (
            RateRow("H3C-Input-Peak-Rate", "{up_bps}"),
            RateRow("H3C-Input-Average-Rate", "{up_bps}"),
            RateRow("H3C-Output-Peak-Rate", "{down_bps}"),
            RateRow("H3C-Output-Average-Rate", "{down_bps}"),
        ),
        "H3C proprietary attributes 1, 2, 4, 5: bit/s, input = from the user to the NAS",
    ),
    Dialect(
        "mikrotik",
        (RateRow("Mikrotik-Rate-Limit", "{up_text}/{down_text}"),),
        "RouterOS manual, RADIUS client: rx/tx, where rx is the upload; k = 1000",
    ),
)
DIALECTS: dict[str, Dialect] = {row.name: row for row in _ROWS}


class RateAttribute(NamedTuple):
    """A RateRow with its numbers from the dictionary."""

    code: AttributeCode
    template: str


def rate_body(rows: Sequence[RateAttribute], rate: Rate, kilobit: int) -> bytes:
    """The rate's reply attributes as octets. kilobit: bits in the order's kbit, 1000 or 1024. 0 kbit/s = no limit."""
    return b"".join(_encode(code, value) for code, value in rate_values(rows, rate, kilobit))


def rate_values(rows: Sequence[RateAttribute], rate: Rate, kilobit: int) -> Iterator[tuple[AttributeCode, str]]:
    """The same as (attribute, value) pairs, for people too. 32-bit attributes are clamped to 4,294,967,295."""
    up, down = rate.up_kbps * kilobit, rate.down_kbps * kilobit
    fields: dict[str, int | str] = {"up_bps": up, "down_bps": down, "up_kbps": up // 1000, "down_kbps": down // 1000}
    fields |= {"up_text": _bits(up), "down_text": _bits(down)}
    for code, template in rows:
        # A direction without a limit says nothing, unless the other one shares its attribute.
        if not (("up_" in template and up) or ("down_" in template and down)):
            continue
        value = template.format(**fields)
        yield code, str(min(int(value), MAX_U32)) if code.kind == "integer" else value


def _encode(code: AttributeCode, value: str) -> bytes:
    octets = int(value).to_bytes(4, "big") if code.kind == "integer" else value.encode()
    return vendor_attribute(code.vendor, code.code, octets) if code.vendor else attribute(code.code, octets)


def _bits(bps: int) -> str:
    return f"{bps // 1000}k" if bps % 1000 == 0 and bps else str(bps)
