"""The control channel: a Unix socket beside the store by which ``reload``, ``check``, ``clock``, ``show stats`` and the
API speak to the running gate.

Who may connect is who serves, or root: the socket has mode 0600. One line of JSON each way. The file is read by who
asks, so packets do not wait for that; what comes of it is done by the packet loop, between two packets. How the gate
stands is told from memory, whatever the loop, the store and other errands are at.
"""

import contextlib
import errno
import fcntl
import json
import os
import select
import socket
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from gatekeeper.config import ConfigError
from gatekeeper.config.load import Settings, load_file
from gatekeeper.drivers.capabilities import give_to_owner_of
from gatekeeper.drivers.supervisor import Supervisor
from gatekeeper.report.troubles import Standing, standing_of

RELOAD: Final = "reload"
COMPARE: Final = "compare"
STATE: Final = "state"
CLOCK: Final = "clock"
CLOCK_CONFIRM: Final = "clock confirm"
CLOCK_PASSED: Final = "clock confirm --passed"
_ABOUT_CLOCK: Final = frozenset({CLOCK, CLOCK_CONFIRM, CLOCK_PASSED})
SAME: Final = "no key is different; dictionaries and the API's token are read again"
_Read = TypeVar("_Read")

_SUFFIX: Final = ".gate"
_MODE: Final = 0o600
_LONGEST: Final = 1 << 20
_PATIENCE_S: Final = 5.0  # with whoever connects and says nothing
_TURN_S: Final = 30.0  # until the packet loop has done what it is asked
_ANSWER_S: Final = 60.0
_STATE_S: Final = 1.0  # it is answered at once, and whoever asks is asked himself
_MOST_GUESTS: Final = 16
_AGAIN_S: Final = 0.2


class ControlError(Exception):
    """The running gate cannot be asked: why."""


class Answer(NamedTuple):
    """What the gate says. taken: what it takes over, or would; waits: what needs a restart; problems: why nothing is
    taken over, or the clock not confirmed. file: the configuration that it reads; doors: where it listens; said: of the
    clock."""

    taken: list[str]
    waits: list[str]
    problems: list[str]
    file: str = ""
    doors: list[str] = []  # noqa: RUF012 - replaced, never changed
    said: str = ""


class State(NamedTuple):
    """How the gate stands. stuck_s: how long ago its packet loop went round; counts: what is not in the store yet, by
    its spelling."""

    stuck_s: float
    troubles: list[Standing]
    counts: dict[str, int]


class Errand(NamedTuple):
    """What the packet loop is asked: to take these settings, or (COMPARE) to say what that would change; or, without
    settings, about its clock."""

    verb: str
    settings: Settings | None
    done: Future[Answer]


class Control(threading.Thread):
    """One errand after another, from the socket and by SIGHUP; each who asks has a thread, so that nobody waits behind
    an errand to be told how the gate stands."""

    def __init__(
        self,
        file: Path,
        wake: Callable[[], object],
        refused: Callable[[list[str]], None],
        supervisor: Supervisor,
        state: Callable[[], State],
    ) -> None:
        """file: the configuration; wake: called when ``errands`` has something for the loop; refused: is told what is
        wrong with a file that was to be taken; supervisor: is told when a reload begins and is over; state: called in
        any thread."""
        super().__init__(name="control", daemon=True)
        self.errands: deque[Errand] = deque()
        self._file = file
        self._wake = wake
        self._refused = refused
        self._state = state
        self._supervisor = supervisor
        self._stopping = False
        self._turn = threading.Lock()  # of errands
        self._guests = threading.BoundedSemaphore(_MOST_GUESTS)
        self._calls = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._listener: socket.socket | None = None
        self._place: tuple[Path, os.stat_result] | None = None

    def listen(self, store: str) -> str:
        """Have the socket beside this store; "" or why it cannot be had, and SIGHUP alone is heard."""
        path = Path(store + _SUFFIX)
        try:
            self._listener = _bind(path)
            self._place = path, path.stat()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return (
                    f"{path}: another gatekeeper serves over this store: it is the one that 'gatekeeper reload' finds"
                )
            return f"{path}: {error.strerror}: 'gatekeeper reload' does not find this gate, SIGHUP does"
        return ""

    def hang_up(self) -> None:
        """SIGHUP: read the file again."""
        os.eventfd_write(self._calls, 1)

    def stop(self) -> None:
        """Answer nobody any more."""
        self._stopping = True
        with contextlib.suppress(IndexError):  # of two threads that stop it
            while True:
                self.errands.popleft().done.cancel()
        if self._place:
            path, made = self._place
            with contextlib.suppress(OSError):
                if os.path.samestat(path.stat(), made):
                    path.unlink()
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # which ends accept(2)
            self._listener.close()
        self.hang_up()

    def run(self) -> None:
        if self._listener:
            threading.Thread(target=self._listen, args=(self._listener,), name="control socket", daemon=True).start()
        while True:
            select.select([self._calls], [], [])
            os.eventfd_read(self._calls)
            if self._stopping:
                return
            self._do(RELOAD, str(self._file.resolve()))

    def _listen(self, listener: socket.socket) -> None:
        """Until it is shut down. Whoever comes when too many are here is not heard."""
        while not self._stopping:
            try:
                asking, _ = listener.accept()
            except OSError:
                time.sleep(_AGAIN_S)  # it was shut down, or there are too many open files
                continue
            if self._guests.acquire(blocking=False):
                threading.Thread(target=self._hear, args=(asking,), name="control guest", daemon=True).start()
            else:
                asking.close()

    def _hear(self, asking: socket.socket) -> None:
        try:
            with asking, contextlib.suppress(OSError):
                asking.settimeout(_PATIENCE_S)
                try:
                    verb, file = json.loads(_read_line(asking))
                    answer = self._told_state() if verb == STATE else self._do(str(verb), str(file))._asdict()
                except (ValueError, TypeError):
                    return
                asking.sendall(json.dumps(answer).encode() + b"\n")
        finally:
            self._guests.release()

    def _told_state(self) -> dict[str, Any]:
        state = self._state()
        return state._asdict() | {"troubles": [one._asdict() for one in state.troubles]}

    def _do(self, verb: str, file: str) -> Answer:
        with self._turn:
            if verb != RELOAD:
                return self._ask_loop(verb, file)
            self._supervisor.reloading()
            answer = self._ask_loop(verb, file)
            self._supervisor.reloaded("; ".join(answer.problems))
            return answer

    def _ask_loop(self, verb: str, file: str) -> Answer:
        ours = self._file.resolve()
        if verb in _ABOUT_CLOCK:
            return self._have_done(verb, None)
        if verb == RELOAD and Path(file) != ours:
            return Answer([], [], [f"the running gate was started with {ours}, not with {file}"], str(ours))
        try:
            settings = load_file(self._file if verb == RELOAD else Path(file))
        except ConfigError as error:
            problems = [str(problem) for problem in error.problems]
            if verb == RELOAD:
                self._refused(problems)
            return Answer([], [], problems, str(ours))
        return self._have_done(verb, settings)

    def _have_done(self, verb: str, settings: Settings | None) -> Answer:
        errand, ours = Errand(verb, settings, Future()), str(self._file.resolve())
        self.errands.append(errand)
        self._wake()
        try:
            return errand.done.result(_TURN_S)._replace(file=ours)
        except (TimeoutError, CancelledError):
            return Answer([], [], ["the gate is stopping, or does not get to it"], ours)


def is_served(store: str) -> bool:
    """True if a gate serves over this store. Raises ControlError."""
    path = Path(store + _SUFFIX)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(_PATIENCE_S)
        try:
            with _reachable(path) as name:
                asking.connect(name)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError as error:
            raise ControlError(f"{path}: whether a gate serves is not known: {error.strerror}") from None
    return True


def ask_gate(store: str, verb: str, file: Path) -> Answer | None:
    """What the gate that serves over this store says; None = none does. Raises ControlError."""
    return _ask(store, verb, str(file.resolve()), _ANSWER_S, lambda told: Answer(**told))


def ask_state(store: str) -> State | None:
    """How the gate that serves over this store stands; None = none does. Raises ControlError."""
    return _ask(store, STATE, "", _STATE_S, _state_of)


def _state_of(told: dict[str, Any]) -> State:
    return State(float(told["stuck_s"]), [standing_of(one) for one in told["troubles"]], dict(told["counts"]))


def _ask(store: str, verb: str, file: str, patience_s: float, read: Callable[[dict[str, Any]], _Read]) -> _Read | None:
    path = Path(store + _SUFFIX)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(patience_s)
        try:
            with _reachable(path) as name:
                asking.connect(name)
            asking.sendall(json.dumps([verb, file]).encode() + b"\n")
            return read(json.loads(_read_line(asking)))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except PermissionError:
            raise ControlError(f"{path}: only root and the user that serves may ask the running gate") from None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ControlError(f"{path}: the running gate gives no answer: {error}") from None


def _read_line(asking: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\n") and len(said) < _LONGEST:
        more = asking.recv(65_536)
        if not more:
            break
        said += more
    return said


@contextlib.contextmanager
def _reachable(path: Path, locked: bool = False) -> Iterator[str]:
    """A name of the socket that is short enough for any folder (unix(7): 108 octets). locked: nobody else has it so
    meanwhile."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if locked:
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _bind(path: Path) -> socket.socket:
    """Bound and listening; what a gate that was killed has left is taken away. Raises OSError: EADDRINUSE where another
    one listens."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(listener.fileno(), _MODE)  # which bind gives to the file, so that it never has another one
        with _reachable(path, locked=True) as name:
            if path.exists():
                with (
                    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other,
                    contextlib.suppress(ConnectionRefusedError),
                ):
                    other.settimeout(_PATIENCE_S)
                    other.connect(name)
                    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
                if stat.S_ISSOCK(path.stat().st_mode):
                    path.unlink()
            listener.bind(name)
            give_to_owner_of(Path(str(path).removesuffix(_SUFFIX)), Path(name))
            listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
