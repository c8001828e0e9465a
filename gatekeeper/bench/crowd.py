"""Who is played: boxes by number, their MACs, the addresses that their orders name, and strangers among them."""

from math import gcd
from pathlib import Path
from typing import Final

from gatekeeper.intake.entry import Taking
from gatekeeper.intake.formats import chosen, open_orders
from gatekeeper.wire.text import parse_ip, parse_mac, stbid_mac

MOST: Final = 1 << 20
_GOLDEN: Final = 0.6180339887
_LOCAL: Final = 0x02  # IEEE 802 8.4: the bit of addresses that nobody has registered


class Crowd:
    """Boxes 0 to ``len(macs) - 1``. addresses: 4 octets each, b"" = any will do; strangers: per cent of exchanges."""

    def __init__(self, macs: list[bytes], addresses: list[bytes], strangers: int = 0) -> None:
        self.macs = macs
        self.addresses = addresses
        self.strangers = strangers
        count = len(macs)
        step = int(count * _GOLDEN) | 1
        while gcd(step, count) != 1:
            step += 1
        self._step = step
        self._next = 0
        self._share = 0

    def next(self) -> int:
        """The next box: each once before any comes again, in scattered sequence."""
        box = self._next
        self._next = (box + self._step) % len(self.macs)
        return box

    def next_is_stranger(self) -> bool:
        """Evenly spread among the exchanges."""
        self._share += self.strangers
        if self._share < 100:
            return False
        self._share -= 100
        return True


def stranger(mac: bytes) -> bytes:
    """A MAC that nobody ordered: the box's own with the bit of locally administered addresses the other way round."""
    return bytes((mac[0] ^ _LOCAL,)) + mac[1:]


def numbered(first: bytes, count: int, first_address: int | None, strangers: int = 0) -> Crowd:
    """count boxes from a MAC on; their addresses from first_address on, if it is known. Raises ValueError."""
    start = int.from_bytes(first, "big")
    if not 1 <= count <= MOST or start + count > 1 << 48:
        raise ValueError(f"1 to {MOST} boxes can be played, whose MACs end at ff:ff:ff:ff:ff:ff: not {count}")
    macs = [(start + box).to_bytes(6, "big") for box in range(count)]
    if first_address is None:
        return Crowd(macs, [b""] * count, strangers)
    if first_address + count > 1 << 32:
        raise ValueError(f"{count} addresses end beyond 255.255.255.255")
    return Crowd(macs, [(first_address + box).to_bytes(4, "big") for box in range(count)], strangers)


def ordered(path: Path, most: int | None, strangers: int = 0) -> tuple[Crowd, list[str]]:
    """The boxes that a file of orders leaves installed, with the addresses that it names; and what was not understood.

    It may be any file that ``orders import`` reads. most: no more boxes than these. Raises OrderFileError, and
    ValueError where there are none.
    """
    installed = _Installed()
    unread: list[str] = []
    with open_orders(chosen(None, path), path, Taking(MOST, False)) as lines:
        for line in lines:
            if line.refusal is not None:
                unread.append(f"{path}:{line.number}: {line.refusal}")
                continue
            try:
                installed.take({name: str(value or "").strip() for name, value in line.fields.items()})
            except ValueError as error:
                unread.append(f"{path}:{line.number}: {error}")
            if len(installed.addresses) == (most or MOST):
                break
    found = installed.addresses
    if not found:
        raise ValueError(f"{path}: no order in it leaves a box installed")
    return Crowd(list(found), list(found.values()), strangers), unread


class _Installed:
    """Boxes with their ordered addresses, b"" = none, as orders come and go."""

    def __init__(self) -> None:
        self.addresses: dict[bytes, bytes] = {}
        self._boxes: dict[str, set[bytes]] = {}  # by account

    def take(self, fields: dict[str, str]) -> None:
        """One order. Raises ValueError."""
        kind, boxes = fields.get("kind") or "install", self._boxes.setdefault(fields.get("account", ""), set())
        mac, old = _mac(fields), fields.get("old_mac")
        address = fields.get("address")
        gone = {parse_mac(old)} if old else set()
        if kind in ("cancel", "suspend"):
            gone = {mac} if mac else set(boxes)
        elif mac:
            self.addresses[mac] = parse_ip(address).to_bytes(4, "big") if address else self.addresses.get(mac, b"")
            boxes.add(mac)
        for one in gone - ({mac} if kind == "swap" else set()):
            self.addresses.pop(one, None)


def _mac(fields: dict[str, str]) -> bytes:
    """b"" = the order names no box. Raises ValueError."""
    if mac := fields.get("mac"):
        return parse_mac(mac)
    stbid = fields.get("stbid")
    return stbid_mac(stbid) if stbid else b""
