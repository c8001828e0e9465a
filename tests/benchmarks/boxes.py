"""The boxes that are played: 10,000 with an address of their own, 20,000 with one of the pool, 20,000 fresh ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gatekeeper.wire.text import ip_text, mac_text


class Boxes(NamedTuple):
    """Some boxes, one MAC after the other. address: of the first, the others follow; 0 = from the pool."""

    first_mac: int
    count: int
    address: int = 0

    def base(self) -> str:
        return mac_text(self.first_mac.to_bytes(6, "big"))

    def each(self) -> Iterator[tuple[str, str]]:
        """(MAC, address or "")."""
        for number in range(self.count):
            mac = mac_text((self.first_mac + number).to_bytes(6, "big"))
            yield mac, ip_text(self.address + number) if self.address else ""

    def words(self) -> list[str]:
        """As ``gatekeeper bench`` is told."""
        own = ["--first-address", ip_text(self.address)] if self.address else []
        return ["--base", self.base(), "--clients", str(self.count), *own]


# perfdhcp's first MAC, so that it meets the same boxes.
RESERVED = Boxes(0x000C01020304, 10_000, 0x0A200000)
POOL = Boxes(RESERVED.first_mac + RESERVED.count, 20_000)
FRESH = Boxes(0x02AA00000000, 20_000)
FEW = FRESH._replace(count=4_000)
# First and last address. dhcpd looks for a free one from end to end: it is at its best in a small pool.
POOL_RANGE, SMALL_RANGE = ("10.64.0.0", "10.65.255.255"), ("10.64.0.0", "10.64.15.255")


def write_orders(file: Path) -> None:
    """An install order for every box."""
    with file.open("w") as text:
        text.write("order,kind,account,mac,address,rate_down_kbps,rate_up_kbps\n")
        number = 0
        for boxes in (RESERVED, POOL, FRESH):
            for mac, address in boxes.each():
                text.write(f"{number},install,a{number}@itv,{mac},{address},50000,20000\n")
                number += 1
