"""``gatekeeper serve``: opens store and doors, runs the gate, minds the signals."""

import os
import secrets
import threading
from concurrent.futures import Future
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.config.load import Settings
from gatekeeper.drivers.access import Interfaces
from gatekeeper.drivers.api_process import ApiProcess, sure_token
from gatekeeper.drivers.beginning import Beginning, Memory
from gatekeeper.drivers.buffers import small_buffer
from gatekeeper.drivers.clock import clock_at_start
from gatekeeper.drivers.commit import Committer
from gatekeeper.drivers.control import CLOCK, CLOCK_PASSED, COMPARE, SAME, Answer, Control, State
from gatekeeper.drivers.dynauth import DynauthClient
from gatekeeper.drivers.ending import API_S, DRAINED_S, LAST_LINES_S, LOGGED_S, SENDER_S, Ending
from gatekeeper.drivers.folds import fold_all
from gatekeeper.drivers.gate import Gate
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.memory import Ahead, make_world, ranges_of
from gatekeeper.drivers.notes import Notes
from gatekeeper.drivers.reload import compare, takeable
from gatekeeper.drivers.sockets import AnyAddressDoor, Door, DoorError, UdpDoor
from gatekeeper.drivers.soundness import Soundness
from gatekeeper.drivers.troubles import Troubles
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.ranges import Ranges
from gatekeeper.state.replies import Replies
from gatekeeper.store.opening import open_store

# What wakes the packet loop: the control thread has something to be done; it is time to end.
_ERRAND: Final = b"e"
_END: Final = b"s"
_READ_S: Final = 0.5  # of the leases on record, before the gate serves; the rest while it does
_AHEAD_S: Final = 0.25  # and of boxes, where that was enough: a whole district may ask at once


def open_doors(settings: Settings, interfaces: Interfaces) -> list[tuple[Door, str]]:
    """Every door of the configuration, with whose datagrams it hears. Raises DoorError, with all closed again."""
    doors = interfaces.doors()
    try:
        listens = (
            (DHCP, settings.dhcp_listen),
            (AUTHENTICATION, settings.auth_listen),
            (ACCOUNTING, settings.acct_listen),
        )
        for name, endpoints in listens:
            for address, port in endpoints:
                door = UdpDoor(address, port) if address else AnyAddressDoor(port, broadcasts=not settings.interfaces)
                doors.append((door, name))
    except DoorError:
        for opened, _ in doors:
            opened.close()
        raise
    return doors


class Server:
    """One gatekeeper process."""

    def __init__(self, settings: Settings, create: bool, ending: Ending) -> None:
        """Open everything. Raises StoreError, DoorError."""
        self._settings = self._begun = settings
        self._ending, self._supervisor = ending, ending.supervisor
        self._supervisor.starting()
        self._serving = threading.Event()
        self._store = open_store(*settings.store, create=create)
        unmarked = self._store.begin_serving()
        is_sound = self._store.check_quickly()
        unfolded = fold_all(self._store)
        self._store.keep_lease_keys(bool(settings.book.leasequery))
        self._log = ending.log = Log(settings.log_packets)
        self._troubles = Troubles(self._log.say)
        if unmarked:
            self._log.say(f"note: {unmarked}")
        if unfolded:
            self._log.say(f"note: {unfolded}")
        if small := small_buffer():
            self._log.say(f"warning: {small}")
        self._interfaces = Interfaces(settings, self._log)
        self._doors = open_doors(settings, self._interfaces)
        self._api = ApiProcess(settings, self._log, self._count) if settings.api else None
        ending.leave_nothing(lambda: self._api.kill() if self._api else None)
        if self._api:
            # It takes its time; what follows here goes on beside it.
            self._api.on_first = self._announce
            self._api.start()
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._control = Control(settings.file, self._wake_up, self._say_refused, self._supervisor, self._state)
        ending.leave_nothing(self._control.stop)
        self._seen = NasCounts()
        self._key = secrets.token_bytes(32)
        self._clock = clock_at_start(self._store, self._log.say)
        self._committer = committer = Committer(lambda: open_store(*settings.store), self._store)
        looking = None if is_sound else Soundness(lambda: open_store(*settings.store), self._log, self._on_damage)
        self._soundness = looking
        own = self._store, committer, self._log, self._interfaces, self._clock, self._troubles
        self._gate = Gate(self._remember, *own)
        self._beginning.look_ahead(_AHEAD_S)
        self._gate.supervisor = self._supervisor
        self._interfaces.on_new_address = lambda: self._take_book(self._settings.book)
        for door, name in self._doors:
            self._gate.doors.add_door(door, name)
        self._dynauth = self._dynauth_client()
        self._gate.set_upstream(settings.book.aaa)

    def _remember(self) -> Memory:
        """All that is known, as the store has it. Raises StoreError."""
        book, seq = self._settings.book, self._store.feed_end()
        ranges = self._ranges(book)
        self._kept = Replies()
        self._world, reader = make_world(book, self._store, ranges)
        reader.read_on(_READ_S)
        self._beginning = Beginning(reader, Ahead(self._store, self._world), self._log, self._look_for_damage)
        return Memory(self._engines(book), self._world, ranges, seq, self._beginning)

    def _engines(self, book: Policybook) -> Engines:
        return Engines.of(book, self._world, self._kept, self._seen, self._key, sorted(self._interfaces.own_ids()))

    def _wake_up(self) -> None:
        os.write(self._waker, _ERRAND)

    def _state(self) -> State:
        return self._gate.state()

    def _ranges(self, book: Policybook) -> Ranges:
        return ranges_of(book, self._interfaces.own_ids())

    def _take_book(self, book: Policybook) -> None:
        self._gate.set_engines(self._engines(book), self._ranges(book))

    def _dynauth_client(self) -> DynauthClient | None:
        """Who sends CoA and Disconnect, from the address that NASes know us by; only where there are NASes."""
        if not self._settings.auth_listen + self._settings.acct_listen:
            return None
        local = next((address for address, _ in self._settings.auth_listen if address), 0)
        return DynauthClient(
            lambda: open_store(*self._settings.store),
            lambda: self._settings.book,
            self._log,
            local,
            self._clock.read,
        )

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
        self._committer.start()
        if self._dynauth:
            self._dynauth.start()
        self._committer.note(Notes([], {}, [], [], [], beat=self._clock.beat()))  # the first heartbeat
        unheard = self._control.listen(self._store.path)
        if unheard:
            self._log.say(f"note: {unheard}")
        self._control.start()
        self._ending.serve(lambda: os.write(self._waker, _END), self._control.hang_up)
        self._serving.set()
        if not self._api:
            self._announce("-")
        left_s = self._ending.left_s
        unwritten = self._gate.run(self._wake, lambda: self._woken(os.read(self._wake, 64)), lambda: left_s(DRAINED_S))
        if unwritten:
            self._log.say(f"alarm: the store could not be written in time: {unwritten}")
        self._stop(unwritten)

    def _stop(self, unwritten: str) -> None:
        """Each in its time; what hangs is left where it is, and ends with the process. unwritten: the commit thread
        may still be at it, so that the store is not said to be whole."""
        left_s = self._ending.left_s
        self._control.stop()
        if self._api:
            self._api.stop(left_s(API_S))
        if self._dynauth:
            self._dynauth.stop(left_s(SENDER_S))
        if self._soundness:
            self._soundness.stop()
        for door, _ in self._doors:
            door.close()
        if not unwritten:
            self._store.end_serving()
        self._store.close()
        self._log.say("gatekeeper stopped")
        self._log.stop(min(left_s(LOGGED_S), LAST_LINES_S))

    def _announce(self, api: str) -> None:
        """Say that all is ready; while the API starts, its thread says it."""
        self._serving.wait()
        line = self._ready_line(api)
        self._log.say(line)
        for note in self._settings.notes:
            self._log.say(f"note: {note}")
        self._supervisor.ready(line)

    def _look_for_damage(self) -> None:
        if self._soundness and not self._soundness.ident:
            self._soundness.start()

    def _on_damage(self, found: str) -> None:
        """Nothing is acknowledged any more that must last: it would be lost with the store."""
        self._committer.refuse(found)

    def _count(self, name: str) -> None:
        self._serving.wait()
        self._committer.note(Notes([], {tuple(name.split(".")): 1}, [], [], []))

    def _ready_line(self, api: str) -> str:
        dhcp = [door.name for door, name in self._doors if name == DHCP]
        radius = [door.name for door, name in self._doors if name in (AUTHENTICATION, ACCOUNTING)]
        return (
            f"gatekeeper ready: dhcp {','.join(dict.fromkeys(dhcp)) or '-'} radius {','.join(radius) or '-'} api {api}"
            f" store={self._settings.store_url}"
        )

    def _woken(self, what: bytes) -> bool:
        """False: it is time to end."""
        if _END in what:
            # Beside what is still to be written.
            if self._api:
                self._api.ask_to_end()
            if self._dynauth:
                self._dynauth.ask_to_end()
            return False
        while self._control.errands:
            verb, settings, done = self._control.errands.popleft()
            try:
                if settings is None:
                    self._answer_about_clock(verb, done)
                else:
                    done.set_result(self._compare(settings) if verb == COMPARE else self._reload(settings))
            except Exception as bug:  # packets go on whatever a reload does
                self._log.say(f"alarm: bug: {bug!r} in {verb}")
                done.set_result(Answer([], [], [f"bug: {bug!r}: see the log"]))
        return True

    def _answer_about_clock(self, verb: str, done: "Future[Answer]") -> None:
        if verb == CLOCK:
            done.set_result(Answer([], [], [], said=self._clock.told()))
            return

        def told(what: str, why: str) -> None:
            if why == "":
                self._log.say(what)
            if not done.cancelled():
                done.set_result(Answer([], [], [why] if why else [], said=what))

        self._gate.confirm_clock("hand", verb == CLOCK_PASSED, told)

    def _compare(self, settings: Settings) -> Answer:
        doors = [door.name for door, _ in self._doors] + self._interfaces.endpoints()
        doors += [self._api.name_of_door] if self._api else []
        return compare(self._begun, self._settings, settings)._replace(doors=list(dict.fromkeys(doors)))

    def _reload(self, settings: Settings) -> Answer:
        """Take the new policy, all of it or nothing. What is opened once stays as it was opened."""
        answer = self._compare(settings)
        wanted = takeable(self._begun, settings)
        try:
            self._take(wanted)
        except DoorError as error:
            self._say_refused([str(error)])
            return answer._replace(taken=[], waits=[], problems=[str(error)])
        for what in answer.waits:
            self._log.say(f"reload: {what} stays as it is until a restart")
        self._log.say(f"reload: taken over: {', '.join(answer.taken)}" if answer.taken else f"reload: {SAME}")
        self._log.say(f"reload: {settings.file} is in force")
        return answer

    def _say_refused(self, problems: list[str]) -> None:
        for problem in problems:
            self._log.say(f"reload refused, going on as before: {problem}")

    def _take(self, settings: Settings) -> None:
        """Raises DoorError, and all is as before."""
        old, api = self._settings, self._next_api(settings)
        try:
            self._interfaces.set_book(settings.book)
        except DoorError:
            if api and api is not self._api:
                api.stop()
            raise
        self._settings = settings
        self._log.packets = settings.log_packets
        self._take_book(settings.book)
        self._gate.set_upstream(settings.book.aaa)
        for note in settings.notes:
            if note not in old.notes:
                self._log.say(f"note: {note}")
        self._put_in_place(api)

    def _next_api(self, settings: Settings) -> ApiProcess | None:
        """Who is to serve [api]: whoever does, another one, or nobody. Raises DoorError."""
        if settings.api is None:
            return None
        sure_token(settings.api.token_file)
        if self._api and self._api.listens == settings.api.listen:
            return self._api
        return ApiProcess(settings, self._log, self._count, self._api)

    def _put_in_place(self, api: ApiProcess | None) -> None:
        before, self._api = self._api, api
        if api and api is before:
            api.hang_up()
        elif api:
            api.succeed(before)
        elif before:
            before.retire()
