"""What files of other servers have in common: a box or boxes, perhaps with a name, an address, a rate; and the install
orders that they become.

A name is not unique in those files, an account is. An entry whose name an earlier one has becomes an account of its
own, unless both have the same address; a box that stands in two entries is taken from the first. Both are said.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from gatekeeper.intake.order_file import Line
from gatekeeper.model import Reason
from gatekeeper.policy.order_fields import OrderRefused
from gatekeeper.wire.text import mac_text, parse_ip, parse_mac

# hwaddr with a type in front, as 06-00:20:e0:3b:13:af; 01 is Ethernet.
_TYPED: Final = re.compile(r"([0-9A-Fa-f]{1,2})-((?:[0-9A-Fa-f]{1,2}:){5}[0-9A-Fa-f]{1,2})")
_SHORT: Final = re.compile(r"[0-9A-Fa-f]{1,2}(?:([:-])[0-9A-Fa-f]{1,2})(?:\1[0-9A-Fa-f]{1,2}){4}")


class Entry(NamedTuple):
    """One entry: its line, its boxes, and what it says of them.

    name: what the file calls it; account: whose it is, where the file knows our accounts; "" = it does not say.
    address: one that is kept for the boxes; lease: one that a box has. fields: further fields of an order. ignored:
    what has no place in an order. assumed: what it leaves open, and how it was taken.
    """

    number: int
    macs: tuple[bytes, ...]
    name: str = ""
    address: str = ""
    account: str = ""
    lease: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    assumed: str = ""


class Taking(NamedTuple):
    """How entries are taken over. boxes_per_account: as configured; an entry with more boxes says how many it has.
    leased: an address that a box has by a lease becomes its ordered address."""

    boxes_per_account: int = 2
    leased: bool = False


class _Taken(NamedTuple):
    """What was made of a box's first entry."""

    number: int
    name: str
    address: str
    account: str


def as_orders(form: str, found: Iterable[Entry | Line], taking: Taking) -> Iterator[Line]:
    """Each box of each entry as an install order. The same entry has the same number, so that it is applied once."""
    boxes: dict[bytes, _Taken] = {}
    addresses: dict[str, str] = {}  # account -> its address
    for one in found:
        if isinstance(one, Line):
            yield one
            continue
        address = one.address or (one.lease if taking.leased else "")
        one = one._replace(address=address)
        known = [mac for mac in one.macs if mac in boxes]
        for mac in known:
            yield _again(form, one, mac, boxes[mac])
        macs = tuple(mac for mac in dict.fromkeys(one.macs) if mac not in boxes)
        if macs:
            account, note = _account(one, macs[0], addresses)
            addresses[account] = addresses.get(account) or address
            boxes |= dict.fromkeys(macs, _Taken(one.number, one.account or one.name, address, account))
            yield from _installs(form, one._replace(macs=macs), account, note, taking)


def _account(one: Entry, mac: bytes, addresses: dict[str, str]) -> tuple[str, str]:
    """The account of an entry, and what is to be said of that."""
    wanted = one.account or one.name or mac_text(mac)
    before = addresses.get(wanted)
    same = before == one.address != "" or (one.account and not (before and one.address))
    if before is None or same:
        return wanted, ""
    account = f"{wanted}-{mac.hex()}"
    return account, f"{wanted!r} names an entry above: this one is account {account}"


def _again(form: str, one: Entry, mac: bytes, taken: _Taken) -> Line:
    """A further entry of a box: the same order again where it says the same."""
    if (one.account or one.name, one.address) == (taken.name, taken.address):
        return Line(one.number, _install(form, mac, taken.account, one))
    kept = f"address {taken.address}" if taken.address else "no address"
    lost = f"address {one.address} is" if one.address else f"what this one says ({one.name or 'no name'}) is"
    return not_taken(
        one.number, f"{mac_text(mac)} was taken from line {taken.number}, with {kept}: {lost} not taken over"
    )


def _installs(form: str, one: Entry, account: str, note: str, taking: Taking) -> Iterator[Line]:
    many = len(one.macs) > taking.boxes_per_account
    one = one._replace(fields=(*one.fields, ("boxes", str(len(one.macs))))) if many else one
    notes = "; ".join(filter(None, (note, note_of(one.ignored), one.assumed)))
    for mac in one.macs:
        yield Line(one.number, _install(form, mac, account, one), note=notes)
        notes = ""  # said once


def _install(form: str, mac: bytes, account: str, one: Entry) -> dict[str, str]:
    fields = {"order": f"import-{form}-{mac.hex()}", "kind": "install", "account": account, "mac": mac_text(mac)}
    return fields | {name: value for name, value in (("address", one.address), *one.fields) if value}


def not_taken(number: int, why: str) -> Line:
    """An entry that cannot become an order."""
    return Line(number, {}, OrderRefused(Reason.UNSUPPORTED, why))


def note_of(ignored: Iterable[str]) -> str:
    """What of an entry is not taken over."""
    told = ", ".join(ignored)
    return f"not taken over: {told}" if told else ""


def mac_of(text: str) -> bytes:
    """A MAC as servers' files spell it: also octets of one digit, also Ethernet's type in front. Raises ValueError."""
    typed = _TYPED.fullmatch(text)
    if typed and int(typed[1], 16) == 1:
        text = typed[2]
    if _SHORT.fullmatch(text):
        text = ":".join(part.zfill(2) for part in re.split("[:-]", text))
    return parse_mac(text)


def is_mac(text: str) -> bool:
    """True where mac_of reads it."""
    try:
        return bool(mac_of(text))
    except ValueError:
        return False


def is_address(text: str) -> bool:
    """True for a dotted quad other than 0.0.0.0."""
    try:
        return bool(parse_ip(text))
    except ValueError:
        return False
