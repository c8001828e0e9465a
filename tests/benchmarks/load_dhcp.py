"""The DHCP generator: a relay with many boxes behind it, each doing DISCOVER OFFER REQUEST ACK once, in a window.

Run by ``peers.py`` in the generator's namespace. Prints one line of JSON.
"""

import argparse
import os
import socket
import time
from collections import deque
from typing import NamedTuple

from boxes import circuit_id, mac_of, stbid_of
from meter import IDLE_S, RETRY_S, Meter, ask, report, udp
from namespaces import GENERATOR_IP, SERVER_IP, go_first

_XID = 0x20000000
_TYPE_AT = 242  # of what is sent; option 53 stands first
_OFFER, _ACK = 2, 5
_WAITS_OFFER, _WAITS_ACK, _DONE = 1, 2, 3


def discover(number: int) -> bytes:
    """The DISCOVER of one box, as its relay sends it."""
    mac, name, circuit = mac_of(number), stbid_of(number).encode(), circuit_id(number)
    head = b"\x01\x01\x06\x01" + (_XID + number).to_bytes(4, "big") + bytes(16) + socket.inet_aton(GENERATOR_IP)
    agent = bytes((1, len(circuit))) + circuit
    options = (
        *(b"\x35\x01\x01\x3d\x07\x01", mac, bytes((12, len(name))), name, b"\x3c\x05SCITV"),
        *(b"\x37\x07", bytes((1, 3, 6, 12, 15, 28, 42)), bytes((82, len(agent))), agent, b"\xff"),
    )
    return b"".join((head, mac.ljust(16, b"\0"), bytes(192), b"\x63\x82\x53\x63", *options)).ljust(300, b"\0")


def option_at(reply: bytes, code: int) -> int:
    """Where the value of an option begins. Raises ValueError."""
    at = 240
    while at + 2 <= len(reply) and reply[at] != 255:
        if reply[at] == code:
            return at + 2
        at += 1 if reply[at] == 0 else 2 + reply[at + 1]
    raise ValueError(f"no option {code} in the reply")


class Shape(NamedTuple):
    """What one whole exchange told of the server's replies."""

    server_id: bytes
    ack_type_at: int
    size: int


def probe(one: socket.socket, packet: bytes) -> Shape:
    """Wait until the server answers, and do one exchange that is not counted."""
    xid = packet[4:8]
    offer = ask(one, packet, lambda reply: reply[4:8] == xid and reply[option_at(reply, 53)] == _OFFER)
    at = option_at(offer, 54)
    server_id = offer[at : at + 4]
    wanted = request(packet, offer, b"\x36\x04" + server_id)
    ack = ask(one, wanted, lambda reply: reply[4:8] == xid and reply[option_at(reply, 53)] == _ACK)
    return Shape(server_id, option_at(ack, 53), len(ack))


def request(packet: bytes, offer: bytes, server: bytes) -> bytes:
    """The REQUEST (SELECTING) that follows from a DISCOVER and its OFFER."""
    return b"".join((packet[:_TYPE_AT], b"\x03\x32\x04", offer[16:20], server, packet[_TYPE_AT + 1 :]))


class Load:
    """The closed loop."""

    def __init__(self, one: socket.socket, packets: list[bytes], shape: Shape) -> None:
        self._socket = one
        self._packets = packets  # what each box sends next, or again
        self._server = b"\x36\x04" + shape.server_id
        self._type_at = shape.ack_type_at
        self._state = bytearray(len(packets))
        self._sent: deque[tuple[float, int, int]] = deque()
        self._next = 0
        self.counts = {"acks": 0, "retries": 0, "naks": 0, "strays": 0}

    def run(self, window: int, seconds: float) -> None:
        """Until the time is over or every box has its lease."""
        now = time.monotonic()
        end = now + seconds
        for _ in range(min(window, len(self._packets))):
            self._begin(now)
        while now < end and self.counts["acks"] < len(self._packets):
            if not self._drain(now):
                time.sleep(IDLE_S)
            now = time.monotonic()
            self._retry(now)

    def _send(self, number: int, now: float) -> None:
        self._sent.append((now, number, self._state[number]))
        try:
            self._socket.send(self._packets[number])
        except (BlockingIOError, ConnectionRefusedError):
            pass  # a lost packet: retried like any other

    def _begin(self, now: float) -> None:
        if self._next < len(self._packets):
            self._state[self._next] = _WAITS_OFFER
            self._send(self._next, now)
            self._next += 1

    def _drain(self, now: float) -> int:
        """What has arrived, a bounded number; returns how many."""
        state, packets, server, type_at = self._state, self._packets, self._server, self._type_at
        receive, send, note = self._socket.recv, self._socket.send, self._sent.append
        integer, join, count, last = int.from_bytes, b"".join, 0, len(packets)
        acks, following = 0, self._next
        try:
            while count < 512:
                reply = receive(2048)
                count += 1
                number = integer(reply[4:8], "big") - _XID
                waits = state[number] if 0 <= number < last else 0
                if waits == _WAITS_OFFER and reply[type_at] == _OFFER:
                    old = packets[number]
                    packets[number] = join((old[:_TYPE_AT], b"\x03\x32\x04", reply[16:20], server, old[243:]))
                    state[number] = _WAITS_ACK
                elif waits == _WAITS_ACK and reply[type_at] == _ACK:
                    state[number] = _DONE
                    acks += 1
                    if following == last:
                        continue
                    number, following = following, following + 1
                    state[number] = _WAITS_OFFER
                else:
                    self._stray(reply, waits)
                    continue
                note((now, number, state[number]))
                send(packets[number])
        except (BlockingIOError, ConnectionRefusedError):
            pass
        self._next = following
        self.counts["acks"] += acks
        return count

    def _stray(self, reply: bytes, waits: int) -> None:
        self.counts["naks" if waits and reply[option_at(reply, 53)] == 6 else "strays"] += 1

    def _retry(self, now: float) -> None:
        sent = self._sent
        while sent and sent[0][0] + RETRY_S <= now:
            _, number, state = sent.popleft()
            if self._state[number] == state:
                self.counts["retries"] += 1
                self._send(number, now)


def main() -> None:
    """Load the server and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server-pid", type=int, required=True)
    parser.add_argument("--boxes", type=int, required=True)
    parser.add_argument("--window", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    go_first(os.getpid())
    packets = [discover(number) for number in range(options.boxes)]
    one = udp((GENERATOR_IP, 67), (SERVER_IP, 67))
    shape = probe(one, discover(options.boxes))
    load = Load(one, packets, shape)
    meter = Meter(options.server_pid)
    load.run(options.window, options.seconds)
    cost = meter.stop()
    rate = round(load.counts["acks"] / cost["elapsed_s"], 1)
    report({"rate": rate, **load.counts, **cost, "reply_octets": shape.size})


if __name__ == "__main__":
    main()
