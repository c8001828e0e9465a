"""What the links of this machine are: cards, or pipes to a neighbour in the same kernel or on the same host."""

from pathlib import Path
from typing import Final

_SYSFS: Final = Path("/sys/class/net")
_LOOPBACK: Final = "772"  # ARPHRD_LOOPBACK of if_arp.h
_CARDS: Final = frozenset(
    {"pci", "usb", "platform"}
)  # and not virtio, xen, vmbus, or nothing at all, as of a veth pair
_LOWER: Final = "lower_"


class Links:
    """Of this machine, asked each second."""

    def __init__(self, root: Path = _SYSFS) -> None:
        self._root = root
        self._known: set[str] = set()
        self._all_cards = False

    def are_all_cards(self) -> bool:
        """True if whatever leaves this machine leaves by a card, VLANs, bonds and bridges over cards included: a run of
        answers is cut there or before, and nobody gets it as one frame. False too where the kernel does not tell."""
        try:
            names = {link.name for link in self._root.iterdir() if link.is_dir()}
            if names != self._known:  # there may be thousands
                self._known, self._all_cards = names, False
                links = [name for name in names if (self._root / name / "type").read_text().strip() != _LOOPBACK]
                self._all_cards = bool(links) and all(_is_card(self._root, name) for name in links)
        except OSError:
            self._known, self._all_cards = set(), False
        return self._all_cards


def _is_card(root: Path, name: str) -> bool:
    link = root / name
    subsystem = link / "device" / "subsystem"
    if subsystem.exists():
        return subsystem.resolve().name in _CARDS
    lower = [one.name.removeprefix(_LOWER) for one in link.iterdir() if one.name.startswith(_LOWER)]
    return bool(lower) and all(_is_card(root, one) for one in lower)
