"""What a person names a box by: a MAC in any spelling, an account, an address, an STBID, an order's number, or the
beginning of one of them that nothing else begins with."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from gatekeeper.model import Reason
from gatekeeper.office.undone import Misread, NoSuch
from gatekeeper.report.timeline import key_of
from gatekeeper.store.asking import MAX_NAMED
from gatekeeper.store.found import Named
from gatekeeper.store.ports import Store
from gatekeeper.wire.text import mac_text, parse_ip, parse_mac, stbid_mac

MAX_BOXES: Final = 200  # of one account that are told of at once
_SEPARATORS: Final = str.maketrans("", "", ":.- ")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,11}")
_DIGITS: Final = re.compile(r"[0-9A-Fa-f]+")
_WANTED: Final = "a MAC, account, address, STBID or order number, or the beginning of one"


class Boxes(NamedTuple):
    """The boxes, and by what they were named, "" = by the MAC itself."""

    macs: list[bytes]
    named: str


class _Meaning(NamedTuple):
    """The one thing that a key means, and the boxes that are that."""

    named: Named
    macs: tuple[str, ...]


def boxes_named(store: Store, key: str, now: int) -> Boxes:
    """The boxes that a key names, all those of an account or order among them.

    A whole MAC, or STBID, is a box whether anything is known of it or not. Raises Misread where the key may mean boxes
    that differ, with what it may mean, or is no text; NoSuch where it means nothing, or an account without boxes.
    """
    text = key.strip()
    if not text:
        raise Misread(f"nothing is named: {_WANTED} is wanted", Reason.BAD_FIELD)
    meaning, mac = _meaning(store, text, now), _mac_in(text)
    if meaning is None:
        if mac:
            return Boxes([mac], "")
        whole = bool(_address_in(text))
        raise NoSuch(f"nothing is known of {text}" if whole else f"{text!r} is no {_WANTED[2:]} that is known")
    named, macs = meaning
    if not macs:
        raise NoSuch(f"account {named.account!r} has no box: it takes an order that names one")
    if len(macs) > MAX_BOXES:
        raise Misread(f"account {named.account!r} has {len(macs)} boxes: name one", Reason.BAD_FIELD)
    return Boxes([parse_mac(one) for one in macs], "" if named.kind == "MAC" else f"{named.kind} {named.value}")


def subject_named(store: Store, key: str, now: int) -> tuple[str, object]:
    """What a timeline is of: (mac | address | account, the value as the store has it). A whole address is itself, and
    not who has it; what means nothing that is known is itself too. Raises Misread as above, StoreError."""
    kind, value = key_of(key)
    meaning = None if kind == "address" else _meaning(store, key.strip(), now)
    if meaning is None:
        return kind, value
    named = meaning.named
    if named.kind == "address":
        return "address", parse_ip(named.value)
    return ("account", named.account) if named.kind in ("account", "order") else ("mac", named.mac)


def _meaning(store: Store, text: str, now: int) -> _Meaning | None:
    """What a text names whole, or else is the beginning of; None = nothing that is known. Raises Misread."""
    try:
        text.encode()
    except UnicodeEncodeError:
        # An argument's octets that are no UTF-8 come as halves of characters.
        raise Misread(f"{text!r} is no text: {_WANTED} is wanted", Reason.BAD_FIELD) from None
    mac, address = _mac_in(text), _address_in(text)
    found = store.named(text, mac_text(mac) if mac else "", address, now)
    if not found and text and not address and (mac is None or _DIGITS.fullmatch(text)):
        # 12 digits without a separator may be the beginning of an account as well.
        digits = text.translate(_SEPARATORS)
        found = store.named_alike(text, _pairs(digits) if _HEX.fullmatch(digits) else "", now)
    if not found:
        return None
    meant = {one: _boxes(store, one) for one in found[:MAX_NAMED]}
    if len(set(meant.values())) > 1 or len(found) > MAX_NAMED:
        raise Misread(f"{text!r} may be {_listed(meant, len(found))}: write more of it", Reason.BAD_FIELD)
    return _Meaning(*next(iter(meant.items())))


def _boxes(store: Store, named: Named) -> tuple[str, ...]:
    # The MAC of a refused order is what somebody wrote.
    mac = _mac_in(named.mac)
    return (mac_text(mac),) if mac else tuple(store.macs_of(named.account))


def _listed(meant: Iterable[Named], count: int) -> str:
    told = ", ".join(f"{one.kind} {one.value}" for one in meant)
    return told + (" and more" if count > MAX_NAMED else "")


def _mac_in(text: str) -> bytes | None:
    """The MAC that this is, or that stands in this STBID; None = neither."""
    for read in (parse_mac, stbid_mac):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _address_in(text: str) -> int:
    try:
        return parse_ip(text)
    except ValueError:
        return 0


def _pairs(digits: str) -> str:
    """``d4c1c`` -> ``d4:c1:c``."""
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2)).lower()
