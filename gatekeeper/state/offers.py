"""Addresses on offer: in memory only, one a box."""


class Offers:
    """Bounded by the number of boxes that were offered an address and have not taken it."""

    def __init__(self) -> None:
        self.by_address: dict[int, tuple[bytes, int]] = {}  # box, until when; in the sequence in which they end
        self._of_box: dict[bytes, int] = {}

    def put(self, mac: bytes, address: int, until: int) -> int:
        """Keep the address for the box. Returns the one that it was offered before, if that is another; else 0."""
        before = self._of_box.get(mac, 0)
        if before:
            del self.by_address[before]
        lapsed = self.by_address.pop(address, None)
        if lapsed:
            del self._of_box[lapsed[0]]
        self.by_address[address] = (mac, until)
        self._of_box[mac] = address
        return 0 if before == address else before

    def forget(self, mac: bytes) -> int:
        """The box takes none. Returns what it was offered; 0 = nothing."""
        address = self._of_box.pop(mac, 0)
        if address:
            del self.by_address[address]
        return address

    def to(self, mac: bytes, now: float) -> int:
        """The address on offer to this box, 0 = none."""
        address = self._of_box.get(mac, 0)
        return address if address and self.by_address[address][1] > now else 0

    def lapsed(self, now: float) -> list[int]:
        """Addresses whose offer is over, in the sequence of that; they are no longer among these."""
        over = []
        for address, (_, until) in self.by_address.items():
            if until > now:
                break
            over.append(address)
        for address in over:
            del self._of_box[self.by_address.pop(address)[0]]
        return over
