"""The dynamic authorization client (RFC 5176): sends the CoA and Disconnect that the store has waiting.

A thread of its own with a connection of its own, so that a NAS that does not answer costs the packet loop nothing.
What is waiting is in the store: it is sent after a restart too, and its end is kept there.
"""

import os
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from gatekeeper.book import Nas, Policybook
from gatekeeper.drivers.log import Log
from gatekeeper.model import Reason
from gatekeeper.store import StoreError
from gatekeeper.store.ports import COA, Ended, SenderPort, Wanted
from gatekeeper.wire import Malformed
from gatekeeper.wire.dynauth import (
    COA_ACK,
    COA_REQUEST,
    DISCONNECT_ACK,
    DISCONNECT_REQUEST,
    SESSION_NOT_FOUND,
    cause_text,
    error_cause,
    request_body,
)
from gatekeeper.wire.nas_rates import rate_body
from gatekeeper.wire.radius import RadiusPacket, attribute, decode
from gatekeeper.wire.radius_accounting import CLASS
from gatekeeper.wire.radius_seal import reply_is_right, signed_request
from gatekeeper.wire.session_class import class_value
from gatekeeper.wire.text import ip_text, mac_text

_LOOK_S = 0.5
# RFC 5080 2.2.1: first wait, longest wait, whole time, tries. Without jitter: few requests, each to its own session.
_IRT_S, _MRT_S, _MRD_S, _MRC = 2.0, 16.0, 30.0, 5
_IDENTIFIERS = 256
_DATAGRAM = 4096


class _Place(NamedTuple):
    """What an answer is told by: it comes from there, with that identifier."""

    address: int
    port: int
    identifier: int


@dataclass(slots=True)
class _Try:
    """One request on its way."""

    wanted: Wanted
    nas: Nas
    packet: bytes
    since: float
    tries: int = 0
    wait_s: float = _IRT_S
    again_at: float = 0.0


class DynauthClient(threading.Thread):
    """Sends what is waiting and keeps how it ended."""

    def __init__(
        self, open_store: Callable[[], SenderPort], book: Callable[[], Policybook], log: Log, local: int
    ) -> None:
        """book: the one in force now. local: our address as NASes know it, 0 = the kernel's choice.

        Raises StoreError, OSError.
        """
        super().__init__(name="dynauth", daemon=True)
        self._store = open_store()
        self._book = book
        self._log = log
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((ip_text(local), 0))
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._tries: dict[_Place, _Try] = {}
        self._next = 0
        self._version = -1
        self._fresh: list[Ended] = []

    def stop(self) -> None:
        """End within a moment; what is unanswered stays waiting and is sent again by whoever serves next."""
        os.eventfd_write(self._event, 1)
        self.join(2.0)

    def run(self) -> None:
        while not self._rest():
            try:
                self._receive()
                self._send_again()
                self._look()
                self._keep()
            except StoreError as error:
                self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: CoA and Disconnect wait: {error}", time.time())
            except Exception as bug:  # our bug: it must be heard of, and the others' requests must go on
                self._log.alarm(f"bug: dynauth: {bug!r}", time.time())
        self._socket.close()
        self._store.close()

    def _rest(self) -> bool:
        """Wait for an answer, the next try or the next look. True: it is time to end."""
        now = time.monotonic()
        until = min((one.again_at for one in self._tries.values()), default=now + _LOOK_S)
        wake: list[int] = [self._socket.fileno(), self._event]
        ready, _, _ = select.select(wake, [], [], min(max(until - now, 0.0), _LOOK_S))
        return self._event in ready

    def _look(self) -> None:
        """Take up what the store has waiting since the last look."""
        version = self._store.data_version()
        if version == self._version and len(self._tries) + len(self._fresh) == 0:
            return
        on_way = {one.wanted.id for one in self._tries.values()} | {one.wanted.id for one in self._fresh}
        # One session is asked one thing at a time, in the sequence of the orders.
        busy = {one.wanted.row for one in self._tries.values()}
        for wanted in self._store.wanted():
            if wanted.id not in on_way and wanted.row not in busy:
                busy.add(wanted.row)
                self._begin(wanted)
        sent = [one.wanted for one in self._tries.values() if one.wanted.id not in on_way]
        if sent:
            self._store.mark_sent(sent)
        self._version = version

    def _begin(self, wanted: Wanted) -> None:
        nas = next((one for one in self._book().clients if one.name == wanted.nas), None)
        if wanted.over:
            self._end(wanted, "unneeded", "the session had ended")
        elif nas is None:
            self._end(wanted, "refused", "no [[radius.client]] of this name any more")
        else:
            body, lacks = _body(wanted, nas, int(time.time()))
            if lacks:
                self._end(wanted, "refused", lacks)
            else:
                self._dispatch(wanted, nas, body)

    def _dispatch(self, wanted: Wanted, nas: Nas, body: bytes) -> None:
        code = COA_REQUEST if wanted.kind == COA else DISCONNECT_REQUEST
        for _ in range(_IDENTIFIERS):
            self._next = (self._next + 1) % _IDENTIFIERS
            place = _Place(wanted.source, nas.coa_port, self._next)
            if place not in self._tries:
                packet = signed_request(code, self._next, body, nas.secret, sealed=nas.seals)
                self._tries[place] = _Try(wanted, nas, packet, time.monotonic())
                self._send(place, self._tries[place])
                return

    def _send(self, place: _Place, one: _Try) -> None:
        one.tries += 1
        one.again_at = time.monotonic() + one.wait_s
        one.wait_s = min(one.wait_s * 2, _MRT_S)
        try:
            self._socket.sendto(one.packet, (ip_text(place.address), place.port))
        except OSError as error:
            self._log.alarm(f"{_what(one.wanted)} not sent: {error}", time.time())

    def _send_again(self) -> None:
        now = time.monotonic()
        for place, one in list(self._tries.items()):
            if one.again_at > now:
                continue
            if one.tries >= _MRC or now - one.since >= _MRD_S:
                del self._tries[place]
                self._end(
                    one.wanted, "lost", f"no answer from {ip_text(place.address)}:{place.port} to {one.tries} tries"
                )
            else:
                self._send(place, one)

    def _receive(self) -> None:
        while True:
            try:
                data, (host, port) = self._socket.recvfrom(_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of an earlier packet; the tries go on
            self._take(data, int.from_bytes(socket.inet_aton(host), "big"), port)

    def _take(self, data: bytes, source: int, port: int) -> None:
        """An answer is believed if it comes from where we asked, under its secret."""
        try:
            packet = decode(data)
            place = _Place(source, port, packet.identifier)
            one = self._tries.get(place)
            if one is None or not reply_is_right(packet, one.packet[4:20], one.nas.secret):
                return
            state, detail, gone = _read(packet, one.wanted)
        except Malformed:
            return
        del self._tries[place]
        self._end(one.wanted, state, detail, gone)

    def _end(self, wanted: Wanted, state: str, detail: str, gone: bool = False) -> None:
        self._fresh.append(Ended(wanted, state, detail, gone))
        self._log.say(f"{_what(wanted)}: {state}" + (f" ({detail})" if detail else ""))

    def _keep(self) -> None:
        if self._fresh:
            self._store.end_wanted(self._fresh, int(time.time()))
            self._fresh.clear()
            self._version = -1  # the next one of the same session may go now


def _what(wanted: Wanted) -> str:
    kind = "CoA" if wanted.kind == COA else "Disconnect"
    why = f" order={wanted.order}" if wanted.order else ""
    return f"{kind} {mac_text(wanted.mac)} at {wanted.nas} session={wanted.session}{why}"


def _body(wanted: Wanted, nas: Nas, at: int) -> tuple[bytes, str]:
    """The request's attributes, or why there can be none."""
    changes = b""
    if wanted.kind == COA:
        changes = rate_body(nas.rates, wanted.rate, nas.kilobit, wanted.account, mac_text(wanted.mac))
        if not changes:
            return b"", f"the dialect {nas.dialect} has no rate attributes: the next authentication has the new rate"
        # The NAS's next report bears it, which shows that the change was made.
        changes += attribute(CLASS, class_value(wanted.mac, wanted.order))
    return request_body(wanted.keys, nas.session_keys, changes, at), ""


def _read(packet: RadiusPacket, wanted: Wanted) -> tuple[str, str, bool]:
    """(state, detail, True if the NAS knows no such session)."""
    cause = error_cause(packet)
    if packet.code in (DISCONNECT_ACK, COA_ACK):
        return "acknowledged", cause_text(cause) if cause else "", False
    # For a Disconnect that is as good as done: there is no such session any more.
    return "refused", cause_text(cause), cause == SESSION_NOT_FOUND
