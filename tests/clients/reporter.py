"""A BRAS that accounts for many sessions at once, and keeps books of what it was told is kept."""

import hashlib
import itertools
import random
import select
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from tests.clients.net import Space
from tests.clients.worlds import BRAS
from tests.engine.bench import accounting_request

SERVER: Final = ("192.0.2.1", 1813)
START, STOP, INTERIM = 1, 2, 3
WINDOW: Final = 64
_SECRET: Final = b"testing123"
_OCTETS, _SECONDS, _CAUSE = 42, 46, 49
_PATIENCE_S: Final = 1.0  # then the session is left alone: what became of its report is not known


class Report(NamedTuple):
    """What was said of a session. octets: more in each report than in the one before."""

    session: str
    mac: str
    status: int
    octets: int
    packet: bytes

    def is_answered_by(self, data: bytes) -> bool:
        """RFC 2866 3: the response is signed with what its request has in its authenticator."""
        signed = data[:4] + self.packet[4:20] + data[20:] + _SECRET
        return data[:1] == b"\x05" and data[1] == self.packet[1] and data[4:20] == hashlib.md5(signed).digest()


class Reporter(threading.Thread):
    """Reports, so many at once, until ``stop``. After that ``said`` and ``kept`` may be read."""

    def __init__(self, bras: Space, macs: Sequence[str], seed: int) -> None:
        super().__init__(name="reporter", daemon=True)
        self._socket = bras.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((BRAS, 0))
        self._macs = macs
        self._dice = random.Random(seed)
        self._names = (f"{seed:x}-{number}" for number in itertools.count())
        self._identifiers = itertools.cycle(range(256))
        self._octets = itertools.count(0x10000000, 7)
        self._running: list[Report] = []  # the last of each session that may be reported on again
        self._asked: dict[int, tuple[Report, float]] = {}
        self._over = threading.Event()
        self.said: list[Report] = []
        self.kept: dict[str, Report] = {}
        self.unanswered = 0

    def stop(self) -> None:
        """Returns when it does nothing more."""
        self._over.set()
        self.join(10)

    def run(self) -> None:
        while not self._over.is_set():
            while len(self._asked) < WINDOW:
                self._say()
            self._hear(0.05)
            oldest = time.monotonic() - _PATIENCE_S
            self._asked = {number: one for number, one in self._asked.items() if one[1] > oldest}
        self._hear(0.2)

    def _say(self) -> None:
        dice, running = self._dice, self._running
        session, mac, status = next(self._names), dice.choice(self._macs), START
        if running and dice.random() < 0.6:
            place = dice.randrange(len(running))
            running[place], running[-1] = running[-1], running[place]
            before = running.pop()
            session, mac, status = before.session, before.mac, dice.choice((INTERIM, INTERIM, STOP))
        octets, identifier = next(self._octets), next(self._identifiers)
        numbers = {_OCTETS: octets, _SECONDS: 60} | ({_CAUSE: 1} if status == STOP else {})
        packet = accounting_request(status, session, mac.replace(":", ""), numbers, identifier)
        report = Report(session, mac, status, octets, packet)
        self._asked[identifier] = report, time.monotonic()
        self.said.append(report)
        self.unanswered += 1
        with suppress(OSError):  # what the kernel has heard of a gate that is gone
            self._socket.sendto(packet, SERVER)

    def _hear(self, patience_s: float) -> None:
        if not select.select([self._socket], [], [], patience_s)[0]:
            return
        while True:
            try:
                data = self._socket.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue  # nobody serves at the moment
            report, _ = self._asked.get(data[1], (None, 0.0))
            if report and report.is_answered_by(data):
                del self._asked[data[1]]
                self.unanswered -= 1
                self.kept[report.session] = report
                if report.status != STOP:
                    self._running.append(report)
