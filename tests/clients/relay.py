"""A relay agent that speaks for thousands of boxes: DORAs by UDP with Option 82, as many at once as it is told."""

import itertools
import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator

from gatekeeper.wire.dhcp import ACK, DISCOVER, NAK, OFFER, REQUEST, DhcpMessage, decode, encode, message
from gatekeeper.wire.text import ip_text, parse_ip, parse_mac
from tests.clients.net import Space
from tests.clients.worlds import RELAY, SERVER

_RETRY_S = 1.0


class RelayAgent:
    """One relay at RELAY port 67."""

    def __init__(self, space: Space) -> None:
        self._socket = space.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind((RELAY, 67))
        self._xids = itertools.count(1)

    def send(self, data: bytes) -> None:
        """Octets to the server, whatever they are."""
        self._socket.sendto(data, (SERVER, 67))

    def ask(self, kind: int, mac: str, circuit: bytes, options: dict[int, bytes] | None = None, **header: int) -> int:
        """Send one message of a box with this circuit-id; returns its xid."""
        xid = next(self._xids)
        agent = bytes((1, len(circuit))) + circuit
        head = {"giaddr": parse_ip(RELAY), "hops": 1} | header
        self.send(encode(message(kind, parse_mac(mac), xid, {**(options or {}), 82: agent}, **head)))
        return xid

    def answers(self, timeout_s: float) -> Iterator[DhcpMessage]:
        """What has come; it waits so long for the first one."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return
        while True:
            try:
                yield decode(self._socket.recv(4096, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return

    def answer_to(self, xid: int, timeout_s: float = 2) -> DhcpMessage | None:
        """The answer to one message; None if there is none in time."""
        end = time.monotonic() + timeout_s
        while (left := end - time.monotonic()) > 0:
            for answer in self.answers(left):
                if answer.xid == xid:
                    return answer
        return None

    def dora(self, mac: str, circuit: bytes, timeout_s: float = 2) -> str:
        """One box from DISCOVER to ACK; its address, "" where an answer is missing or no."""
        offer = self.answer_to(self.ask(DISCOVER, mac, circuit), timeout_s)
        if not offer:
            return ""
        ack = self.answer_to(self.ask(REQUEST, mac, circuit, _chosen(offer)), timeout_s)
        return ip_text(ack.yiaddr) if ack and ack.kind == ACK else ""

    def drive(
        self,
        macs: Iterable[str],
        seconds: float,
        window: int = 64,
        idle_s: float = 5,
        on_ack: Callable[[int], object] = lambda _: None,
        begins_anew: bool = False,
    ) -> dict[str, str]:
        """DORAs of all these boxes, window at once, lost ones again; returns address by MAC, as acknowledged.

        on_ack: called with the number of ACKs so far. It ends when all have theirs, after seconds, or idle_s after the
        last answer. begins_anew: a box that is told NAK starts with a DISCOVER (RFC 2131 3.1.5); else that is wrong.
        """
        todo = iter(macs)
        under_way: dict[str, float] = {}
        bound: dict[str, str] = {}
        end, heard_at = time.monotonic() + seconds, time.monotonic()
        while (now := time.monotonic()) < min(end, heard_at + idle_s):
            for mac in itertools.islice(todo, window - len(under_way)):
                self._discover(mac, under_way)
            if not under_way:
                break
            for answer in self.answers(0.1):
                mac, heard_at = answer.mac.hex(":"), time.monotonic()
                if answer.kind == OFFER and mac in under_way:
                    self.ask(REQUEST, mac, mac.encode(), _chosen(answer))
                elif answer.kind == ACK:
                    under_way.pop(mac, None)
                    bound[mac] = ip_text(answer.yiaddr)
                    on_ack(len(bound))
                elif answer.kind == NAK and begins_anew and mac in under_way:
                    self._discover(mac, under_way)
                else:
                    assert answer.kind != NAK, f"NAK to {mac}"
            for mac in [mac for mac, since in under_way.items() if since < now - _RETRY_S]:
                self._discover(mac, under_way)
        return bound

    def _discover(self, mac: str, under_way: dict[str, float]) -> None:
        self.ask(DISCOVER, mac, mac.encode())
        under_way[mac] = time.monotonic()


def _chosen(offer: DhcpMessage) -> dict[int, bytes]:
    return {50: offer.yiaddr.to_bytes(4, "big"), 54: offer.options[54]}
