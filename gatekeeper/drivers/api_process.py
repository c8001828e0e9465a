"""The API's process, started and minded by ``serve``: its socket, its token, its end and its next beginning.

The socket is bound here, so that a port that is taken is told at start, and so that requests wait for the next process
where the last one has crashed. A crash never touches the packet loop: all waiting is done by a thread.
"""

import contextlib
import errno
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from gatekeeper.config.load import Api, Settings
from gatekeeper.config.token import TokenError, read_token
from gatekeeper.drivers.capabilities import give_to_owner_of
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.sockets import DoorError
from gatekeeper.wire.text import ip_text

_BACKLOG: Final = 1024
# ready after so long, or serve goes on without; ended after so long
_FIRST_S: Final = 10.0
_HUNG_S: Final = 60.0
_BACK_OFF_S: Final = 1.0
_MOST_BACK_OFF_S: Final = 30.0
_STEADY_S: Final = 60.0  # one that has lived for so long is started again at once
_END_S: Final = 3.0
_KILLED_S: Final = 0.3
# The last process may have been killed a moment ago, and its child is about to notice.
_TRIES: Final = 10
_TRY_S: Final = 0.05

_HELP: Final = {
    errno.EADDRINUSE: "another service listens there: find it with 'ss -tlpn'",
    errno.EACCES: "ports under 1024 need root or CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "no interface of this machine has that address",
}


def listen_tcp(api: Api, tries: int = 1, before: socket.socket | None = None) -> socket.socket:
    """[api] listen, bound and listening. before: our own, which is about to go and may share the port with it. Raises
    DoorError."""
    for left in reversed(range(tries)):
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            with _sharing(one, before):
                one.bind((ip_text(api.listen.address), api.listen.port))
                one.listen(_BACKLOG)
            return one
        except OSError as error:
            one.close()
            if error.errno != errno.EADDRINUSE or not left:
                help_ = _HELP.get(error.errno or 0, "see 'man 7 ip'")
                raise DoorError(f"cannot listen on {api.listen.text()}: {error.strerror}: {help_}") from None
            time.sleep(_TRY_S)
    raise AssertionError


@contextlib.contextmanager
def _sharing(*both: socket.socket | None) -> Iterator[None]:
    """Let a port of one address be bound to all addresses too; nobody else may have it afterwards."""
    pair = [one for one in both if one] if all(both) else []
    for one in pair:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        yield
    finally:
        for one in pair:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)


def make_token(file: Path) -> None:
    """A token of 32 random octets, readable by its owner alone, unless there is a file already. Raises DoorError."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise DoorError(f"cannot make {file}: {error.strerror}: see [api] token_file") from None
    with os.fdopen(descriptor, "w") as opened:
        give_to_owner_of(file.parent, file)
        opened.write(secrets.token_urlsafe(32) + "\n")


def sure_token(file: Path) -> None:
    """Make it, or see that there is one. Raises DoorError."""
    make_token(file)
    try:
        read_token(file)
    except TokenError as error:
        raise DoorError(f"[api] token_file: {error}") from None


class ApiProcess(threading.Thread):
    """One child process after another."""

    def __init__(
        self, settings: Settings, log: Log, count: Callable[[str], None], before: "ApiProcess | None" = None
    ) -> None:
        """Bind. count: is told what is to be counted, from this thread; before: whom this one replaces. Raises
        DoorError."""
        super().__init__(name="api", daemon=True)
        assert settings.api
        self.listens = settings.api.listen
        self.name_of_door = settings.api.listen.text()
        self._file, self._store_url = settings.file, settings.store_url
        self._log = log
        self._count = count
        tries, theirs = (1, before._listener) if before else (_TRIES, None)
        self._listener: socket.socket = listen_tcp(settings.api, tries, theirs)
        try:
            make_token(settings.api.token_file)
        except DoorError:
            self._listener.close()
            raise
        # Called once, from this thread, with how the first process has done.
        self.on_first: Callable[[str], None] = lambda state: None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._answers = self._owed = False

    def hang_up(self) -> None:
        """Have it read its configuration again; one that is still on its way, once it answers."""
        with self._lock:
            self._owed = not self._answers
        if not self._owed:
            self._send(signal.SIGHUP)

    def succeed(self, before: "ApiProcess | None") -> None:
        """Begin in a running gate, and end the one before beside all that."""
        self.on_first = lambda state: self._log.say(
            f"api: it answers on {state}" if state != "failed" else f"api: {state}"
        )
        self.start()
        if before:
            before.retire()

    def retire(self) -> None:
        """End it, and wait for nothing."""
        threading.Thread(target=self.stop, name="api ends").start()

    def ask_to_end(self) -> None:
        """It answers what it is at, and no more."""
        with self._lock:
            self._stopping.set()
        self._send(signal.SIGTERM)

    def stop(self, patience_s: float = _END_S) -> None:
        """End it, within patience_s."""
        self.ask_to_end()
        if self.is_alive():
            self.join(patience_s)
        self._send(signal.SIGKILL)
        self._listener.close()

    def kill(self) -> None:
        """Its end, at once, from any thread."""
        self._stopping.set()
        child = self._child
        if child and child.returncode is None:
            child.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_KILLED_S)

    def run(self) -> None:
        back_off_s = _BACK_OFF_S
        first = True
        while not self._stopping.is_set():
            began = time.monotonic()
            how = self._live(first)
            if self._stopping.is_set():
                return
            first = False
            lived_s = time.monotonic() - began
            back_off_s = _BACK_OFF_S if lived_s > _STEADY_S else back_off_s
            self._log.say(f"alarm: api: {how} after {lived_s:.0f} s: started again in {back_off_s:.0f} s")
            self._count("api.ended")
            self._stopping.wait(back_off_s)
            back_off_s = min(back_off_s * 2, _MOST_BACK_OFF_S)

    def _live(self, first: bool) -> str:
        """One process from its beginning to its end; how it ended."""
        reader, writer = os.pipe2(os.O_CLOEXEC)
        try:
            child = self._spawn(writer)
        except OSError as error:
            os.close(reader)
            if first:
                self.on_first("failed")
            return f"not started: {error}"
        finally:
            os.close(writer)
        if child is None:
            os.close(reader)
            return "not wanted"
        ready = _is_told(reader, _FIRST_S)
        if first:
            self.on_first(self.name_of_door if ready else "failed")
        ready_late = not ready and _is_told(reader, _HUNG_S)
        os.close(reader)
        if ready or ready_late:
            self._greet(told=first and ready)
        else:
            child.kill()
        code = child.wait()
        with self._lock:
            self._answers = False
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def _greet(self, told: bool) -> None:
        """It answers. told: the ready line says so."""
        if not told:
            self._log.say(f"api: it answers on {self.name_of_door}")
        with self._lock:
            self._answers = True
        if self._owed:
            self.hang_up()

    def _spawn(self, ready: int) -> subprocess.Popen[bytes] | None:
        """None: stop was called meanwhile."""
        words = [
            sys.executable,
            "-P",
            "-m",
            "gatekeeper.api",
            str(self._file),
            str(self._listener.fileno()),
            str(ready),
            self._store_url,  # that of serve, whatever the file says when this process begins
        ]
        # The same gatekeeper that this is, wherever it was found.
        package = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join((package, os.environ.get("PYTHONPATH", ""))).strip(":")
        }
        with self._lock:
            if self._stopping.is_set():
                return None
            # A session of its own: what a terminal interrupts is serve, which ends its child in sequence. Its standard
            # input is a pipe that ends when we do, however that comes about.
            self._child = subprocess.Popen(
                words, stdin=subprocess.PIPE, env=environment, pass_fds=(self._listener.fileno(), ready),
                start_new_session=True,
            )  # fmt: skip
        return self._child

    def _send(self, number: int) -> None:
        with self._lock:
            if self._child and self._child.poll() is None:
                self._child.send_signal(number)


def _is_told(reader: int, timeout_s: float) -> bool:
    """True if the process says in time that it answers; False at its end, too."""
    readable, _, _ = select.select([reader], [], [], timeout_s)
    return bool(readable and os.read(reader, 1))
