"""The RADIUS generator: a BRAS that authenticates boxes by MAC, a window of Access-Requests outstanding.

Each place in the window is a slot: one source port and a few identifiers taken in turn, and a share of the prebuilt
requests, sent round and round. A slot's key (port, identifier) has another authenticator each time it comes up, so no
server can answer from its cache of duplicates.

Run by ``peers.py`` in the generator's namespace. Prints one line of JSON.
"""

import argparse
import os
import socket
import time
from hashlib import md5

from boxes import mac_of, nas_port_id
from meter import IDLE_S, RETRY_S, Meter, ask, report, udp
from namespaces import GENERATOR_IP, SERVER_IP, go_first

from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_REQUEST,
    CALLING_STATION_ID,
    NAS_IP_ADDRESS,
    NAS_PORT_ID,
    USER_NAME,
    USER_PASSWORD,
    attribute,
    decode,
)
from gatekeeper.wire.radius_seal import Secret, hide_password, reply_is_right, sealed_request

SECRET = "testing123"
_PORTS, _FIRST_PORT = 4, 20_000
_WARM_S = 60.0


def request(number: int, identifier: int, secret: Secret) -> bytes:
    """The Access-Request of one box."""
    authenticator = md5(f"{number}.{identifier}".encode()).digest()
    name = mac_of(number).hex().encode()
    body = b"".join(
        (
            attribute(USER_NAME, name),
            attribute(USER_PASSWORD, hide_password(name, authenticator, secret)),
            attribute(NAS_IP_ADDRESS, socket.inet_aton(GENERATOR_IP)),
            attribute(CALLING_STATION_ID, mac_of(number).hex("-").encode()),
            attribute(NAS_PORT_ID, nas_port_id(number)),
        )
    )
    return sealed_request(ACCESS_REQUEST, identifier, authenticator, body, secret)


def prebuilt(users: int, window: int, secret: Secret) -> list[list[bytes]]:
    """For each slot its requests; every user is in one of them."""
    per_port = window // _PORTS
    return [
        [
            request(number, slot // _PORTS + per_port * (turn % (256 // per_port)), secret)
            for turn, number in enumerate(range(slot, users, window))
        ]
        for slot in range(window)
    ]


def probe(one: socket.socket, number: int, secret: Secret) -> int:
    """Wait for the server, check one reply with all its authenticators; its size."""
    packet = request(number, 255, secret)
    reply = ask(one, packet, lambda answer: answer[1] == 255)
    answer = decode(reply)
    if answer.code != ACCESS_ACCEPT or not answer.seal_at or not reply_is_right(answer, packet[4:20], secret):
        raise RuntimeError(f"not a rightly sealed Access-Accept: {reply.hex()}")
    if len(answer.vendor) != 4:
        raise RuntimeError(f"four rate attributes are wanted in the reply: {reply.hex()}")
    return len(reply)


class Load:
    """The closed loop."""

    def __init__(self, sockets: list[socket.socket], slots: list[list[bytes]]) -> None:
        self._sockets = sockets
        self._slots = slots
        self._per_port = len(slots) // _PORTS
        self._turn = [-1] * len(slots)
        self._sent_at = [0.0] * len(slots)
        self.counts = {"accepts": 0, "retries": 0, "rejects": 0, "strays": 0}

    def run(self, seconds: float, most: int = 1 << 60) -> None:
        """Until the time is over or so many were accepted."""
        now = time.monotonic()
        end = now + seconds
        next_retry = now + RETRY_S
        for slot in range(len(self._slots)):
            self._turn[slot] += 1
            self._send(slot, now)
        while now < end and self.counts["accepts"] < most:
            if not sum(self._drain(at, now) for at in range(_PORTS)):
                time.sleep(IDLE_S)
            now = time.monotonic()
            if now >= next_retry:
                next_retry = now + RETRY_S / 10
                self._retry(now)

    def settle(self) -> None:
        """Let what is still outstanding come in, and count from zero."""
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            for one in self._sockets:
                try:
                    one.recv(4096)
                except (BlockingIOError, ConnectionRefusedError):
                    time.sleep(0.001)
        self.counts = dict.fromkeys(self.counts, 0)

    def _send(self, slot: int, now: float) -> None:
        packets = self._slots[slot]
        self._sent_at[slot] = now
        try:
            self._sockets[slot % _PORTS].send(packets[self._turn[slot] % len(packets)])
        except (BlockingIOError, ConnectionRefusedError):
            pass  # a lost packet: retried like any other

    def _drain(self, port: int, now: float) -> int:
        """What has arrived on one source port, a bounded number; returns how many."""
        receive, send = self._sockets[port].recv, self._sockets[port].send
        slots, turns, sent_at, per_port = self._slots, self._turn, self._sent_at, self._per_port
        count = accepts = 0
        try:
            while count < 256:
                reply = receive(4096)
                count += 1
                slot = reply[1] % per_port * _PORTS + port
                packets, turn = slots[slot], turns[slot]
                if reply[1] != packets[turn % len(packets)][1]:
                    self.counts["strays"] += 1
                    continue
                if reply[0] == ACCESS_ACCEPT:
                    accepts += 1
                else:
                    self.counts["rejects"] += 1
                turns[slot] = turn = turn + 1
                sent_at[slot] = now
                send(packets[turn % len(packets)])
        except (BlockingIOError, ConnectionRefusedError):
            pass
        self.counts["accepts"] += accepts
        return count

    def _retry(self, now: float) -> None:
        for slot, sent in enumerate(self._sent_at):
            if sent + RETRY_S <= now:
                self.counts["retries"] += 1
                self._send(slot, now)


def main() -> None:
    """Load the server and report. Every user is asked for once before the measurement begins."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server-pid", type=int, required=True)
    parser.add_argument("--boxes", type=int, required=True)
    parser.add_argument("--window", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    go_first(os.getpid())
    secret = Secret(SECRET.encode())
    slots = prebuilt(options.boxes, options.window, secret)
    sockets = [udp((GENERATOR_IP, _FIRST_PORT + at), (SERVER_IP, 1812)) for at in range(_PORTS)]
    size = probe(sockets[0], options.boxes, secret)
    load = Load(sockets, slots)
    load.run(_WARM_S, most=options.boxes)
    load.settle()
    meter = Meter(options.server_pid)
    load.run(options.seconds)
    cost = meter.stop()
    rate = round(load.counts["accepts"] / cost["elapsed_s"], 1)
    report({"rate": rate, **load.counts, **cost, "reply_octets": size})


if __name__ == "__main__":
    main()
