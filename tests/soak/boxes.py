"""Boxes behind a relay, several at once: each goes its own way through DHCP, and the ledger hears of each ACK."""

import itertools
import time
from collections.abc import Iterable
from typing import Final

from gatekeeper.wire.dhcp import ACK, DECLINE, DISCOVER, NAK, OFFER, RELEASE, REQUEST, DhcpMessage
from tests.clients.relay import RelayAgent
from tests.soak.holders import Holders

_SERVER_ID: Final = 54
_REQUESTED: Final = 50
_LEASE_TIME: Final = 51


class Boxes:
    """Questions and answers of one relay's boxes."""

    def __init__(self, agent: RelayAgent, holders: Holders) -> None:
        self._agent = agent
        self._holders = holders
        self._asked: dict[int, tuple[str, float]] = {}
        self.naks = 0

    def start(self, macs: Iterable[str], seconds: float) -> None:
        """DORA."""
        self._exchange((self._ask(DISCOVER, mac) for mac in macs), seconds)

    def go_on(self, macs: Iterable[str], seconds: float) -> set[str]:
        """Rebinding, or a reboot with the address remembered; those that were acknowledged."""
        before = dict(self._holders.of)
        held = [mac for mac in macs if mac in before]
        self._exchange((self._ask_again(mac, n % 2 == 0) for n, mac in enumerate(held)), seconds)
        after = self._holders.of
        return {mac for mac in held if mac in after and after[mac] is not before[mac]}

    def release(self, mac: str) -> None:
        """Its promise ends with the message."""
        held = self._holders.of.get(mac)
        if held:
            self._holders.end(mac)
            self._agent.ask(RELEASE, mac, mac.encode(), {_SERVER_ID: _server()}, ciaddr=held.address, giaddr=0)

    def decline(self, mac: str) -> None:
        """Somebody else answers for its address, it says."""
        held = self._holders.of.get(mac)
        if held:
            self._holders.end(mac)
            self._ask(DECLINE, mac, {_SERVER_ID: _server(), _REQUESTED: held.address.to_bytes(4, "big")})

    def _ask(self, kind: int, mac: str, options: dict[int, bytes] | None = None, **header: int) -> int:
        xid = self._agent.ask(kind, mac, mac.encode(), options, **header)
        self._asked[xid] = mac, time.monotonic()
        return xid

    def _ask_again(self, mac: str, rebinds: bool) -> int:
        address = self._holders.of[mac].address
        if rebinds:
            return self._ask(REQUEST, mac, ciaddr=address)
        return self._ask(REQUEST, mac, {_REQUESTED: address.to_bytes(4, "big")})

    def _exchange(self, asking: Iterable[int], seconds: float) -> None:
        """Ask, a few dozen at once, and take what comes for so long or until all is answered."""
        todo = iter(asking)
        under_way = set(itertools.islice(todo, 32))
        end = time.monotonic() + seconds
        while under_way and time.monotonic() < end:
            for answer in self._agent.answers(0.05):
                under_way.discard(answer.xid)
                following = self._hear(answer)
                under_way.update([following] if following else itertools.islice(todo, 1))
        for xid in under_way:
            self._asked.pop(xid, None)  # an answer that comes yet is not taken, as a box has begun anew

    def _hear(self, answer: DhcpMessage) -> int:
        """Take an answer; the xid of what is asked because of it, 0 = nothing."""
        mac, asked_at = self._asked.pop(answer.xid, ("", 0.0))
        if not mac:
            return 0
        if answer.kind == OFFER:
            both = {_REQUESTED: answer.yiaddr.to_bytes(4, "big"), _SERVER_ID: answer.options[_SERVER_ID]}
            return self._ask(REQUEST, mac, both)
        if answer.kind == ACK:
            lease_s = int.from_bytes(answer.options[_LEASE_TIME], "big")
            self._holders.promise(mac, answer.yiaddr, lease_s, asked_at)
        elif answer.kind == NAK:
            self.naks += 1
            self._holders.end(mac)
        return 0


def _server() -> bytes:
    return bytes((10, 20, 0, 2))
