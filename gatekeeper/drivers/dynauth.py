"""The dynamic authorization client (RFC 5176): sends the CoA and Disconnect that the store has waiting.

A thread of its own with a connection of its own, so that a NAS that does not answer costs the packet loop nothing.
What is waiting is in the store: it is sent after a restart too, and its end is kept there. When it is sent again, and
which answers are believed, is ``engine.exchange``'s word.
"""

import os
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from gatekeeper.book import Nas, Policybook
from gatekeeper.drivers.log import Log
from gatekeeper.engine.exchange import Doubt, Exchange, Exchanges, Place, Schedule, Turn
from gatekeeper.model import Reason
from gatekeeper.store import StoreError
from gatekeeper.store.outbox import COA, MOST_WAITING, Ended, Wanted
from gatekeeper.store.ports import SenderPort
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
from gatekeeper.wire.nas_rates import Holder, rate_body
from gatekeeper.wire.radius import RadiusPacket, attribute
from gatekeeper.wire.radius_accounting import CLASS
from gatekeeper.wire.radius_seal import signed_request
from gatekeeper.wire.session_class import class_value
from gatekeeper.wire.text import ip_text, mac_text

_LOOK_S: Final = 0.5
# RFC 5080 2.2.1. Without jitter: few requests, each to its own session.
_SCHEDULE: Final = Schedule(irt_s=2.0, mrt_s=16.0, mrc=5, mrd_s=30.0)
_DATAGRAM: Final = 4096
_FORGED_ANSWERS: Final = "{} answers under another secret than that of its [[radius.client]]"


class _Endpoint(NamedTuple):
    """Where a NAS takes requests, and answers from."""

    address: int
    port: int


class DynauthClient(threading.Thread):
    """Sends what is waiting and keeps how it ended."""

    def __init__(
        self,
        open_store: Callable[[], SenderPort],
        book: Callable[[], Policybook],
        log: Log,
        local: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        """book: the one in force now. local: our address as NASes know it, 0 = the kernel's choice. now: Unix seconds,
        as the packet loop reckons.

        Raises StoreError, OSError.
        """
        super().__init__(name="dynauth", daemon=True)
        self._store = open_store()
        self._book = book
        self._log = log
        self._now = now
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((ip_text(local), 0))
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._exchanges: Exchanges[_Endpoint, Wanted] = Exchanges(_SCHEDULE, MOST_WAITING, check=error_cause)
        self._turn = Turn(1)
        self._places: dict[_Endpoint, Place[_Endpoint, Wanted]] = {}  # where somebody is being asked
        self._forged: set[_Endpoint] = set()  # asked, and answering under another secret
        self._version = -1
        self._fresh: list[Ended] = []

    def ask_to_end(self) -> None:
        """What is unanswered stays waiting, and is sent again by whoever serves next."""
        os.eventfd_write(self._event, 1)

    def stop(self, patience_s: float = 2.0) -> None:
        """End, within patience_s."""
        self.ask_to_end()
        self.join(patience_s)

    def run(self) -> None:
        while not self._rest():
            try:
                self.turn(time.monotonic())
            except StoreError as error:
                self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: CoA and Disconnect wait: {error}", self._now())
            except Exception as bug:  # our bug: it must be heard of, and the others' requests must go on
                self._log.alarm(f"bug: dynauth: {bug!r}", self._now())
        self.close()

    def turn(self, now: float) -> None:
        """One round: read answers, try again, take up what waits, keep what ended. now: a steady clock's seconds.

        Raises StoreError.
        """
        self._receive()
        self._handle_time(now)
        self._look(now)
        self._keep()

    def close(self) -> None:
        """For who takes the rounds without starting the thread."""
        self._socket.close()
        self._store.close()

    def _rest(self) -> bool:
        """Wait for an answer, the next try or the next look. True: it is time to end."""
        now = time.monotonic()
        until = self._exchanges.next_due()
        wake: list[int] = [self._socket.fileno(), self._event]
        ready, _, _ = select.select(wake, [], [], min(max(until - now, 0.0), _LOOK_S))
        return self._event in ready

    def _look(self, now: float) -> None:
        """Take up what the store has waiting since the last look."""
        version = self._store.data_version()
        under_way = self._under_way()
        if version == self._version and len(under_way) + len(self._fresh) == 0:
            return
        on_way = {one.id for one in under_way} | {one.wanted.id for one in self._fresh}
        # One session is asked one thing at a time, in the sequence of the orders.
        busy = {one.row for one in under_way}
        for wanted in self._store.wanted():
            if wanted.id not in on_way and wanted.row not in busy:
                busy.add(wanted.row)
                self._begin(wanted, now)
        sent = [one for one in self._under_way() if one.id not in on_way]
        if sent:
            self._store.mark_sent(sent)
        self._version = version

    def _under_way(self) -> list[Wanted]:
        return [one.subject for place in self._places.values() for one in place.under_way.values()]

    def _begin(self, wanted: Wanted, now: float) -> None:
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
                self._dispatch(wanted, nas, body, now)

    def _dispatch(self, wanted: Wanted, nas: Nas, body: bytes, now: float) -> None:
        """Send it, or leave it waiting while all identifiers are in use there."""
        code = COA_REQUEST if wanted.kind == COA else DISCONNECT_REQUEST
        at = _Endpoint(wanted.source, nas.coa_port)
        place = self._places.get(at) or Place(at, self._turn)
        if self._exchanges.has_room(place):
            self._places[at] = place
            self._exchanges.ask(
                place,
                wanted,
                lambda identifier: signed_request(code, identifier, body, nas.secret, sealed=nas.seals),
                nas.secret,
                now,
            )
            self._send()

    def _send(self) -> None:
        for one in self._exchanges.to_send():
            try:
                self._socket.sendto(one.data, (ip_text(one.place.at.address), one.place.at.port))
            except OSError as error:
                self._log.alarm(f"{_what(one.subject)} not sent: {error}", self._now())

    def _handle_time(self, now: float) -> None:
        for one in self._exchanges.handle_time(now, MOST_WAITING):
            at = one.place.at
            silence = _FORGED_ANSWERS if at in self._forged else "no answer from {}"
            self._end_exchange(one, "lost", f"{silence.format(_spelled(at))} to {one.tries} tries")
        self._send()

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
        place = self._places.get(_Endpoint(source, port))
        heard = self._exchanges.receive(place, data) if place else Doubt.UNASKED
        if heard is Doubt.BAD_AUTHENTICATOR and place:
            self._forged.add(place.at)
            self._log.alarm(_FORGED_ANSWERS.format(_spelled(place.at)), self._now())
        if not isinstance(heard, Doubt):
            self._forged.discard(_Endpoint(source, port))
            exchange, packet = heard
            self._end_exchange(exchange, *_read(packet, exchange.subject))

    def _end_exchange(self, exchange: Exchange[_Endpoint, Wanted], state: str, detail: str, gone: bool = False) -> None:
        if not exchange.place.under_way:
            del self._places[exchange.place.at]
        self._end(exchange.subject, state, detail, gone)

    def _end(self, wanted: Wanted, state: str, detail: str, gone: bool = False) -> None:
        self._fresh.append(Ended(wanted, state, detail, gone))
        self._log.say(f"{_what(wanted)}: {state}" + (f" ({detail})" if detail else ""))

    def _keep(self) -> None:
        if self._fresh:
            self._store.end_wanted(self._fresh, self._now())
            self._fresh.clear()
            self._version = -1  # the next one of the same session may go now


def _spelled(at: _Endpoint) -> str:
    return f"{ip_text(at.address)}:{at.port}"


def _what(wanted: Wanted) -> str:
    kind = "CoA" if wanted.kind == COA else "Disconnect"
    why = f" order={wanted.order}" if wanted.order else ""
    return f"{kind} {mac_text(wanted.mac)} at {wanted.nas} session={wanted.session}{why}"


def _body(wanted: Wanted, nas: Nas, at: int) -> tuple[bytes, str]:
    """The request's attributes, or why there can be none."""
    changes = b""
    if wanted.kind == COA:
        rows = [row for row in nas.told(wanted.plan) if row.in_coa]
        holder = Holder(wanted.account, mac_text(wanted.mac), wanted.plan)
        changes = rate_body(rows, wanted.rate, nas.kilobit, holder)
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
