"""A node: a child process in a network namespace of its own, called by name over a pipe, one call at a time."""

import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from gatekeeper.lab import links
from gatekeeper.lab.namespace import LabError, die_with, join_network, new_network

CALL_S: Final = 10.0


class Actor:
    """What a node does: its methods are called from the lab, its ears (sockets) are attended between the calls."""

    def __init__(self) -> None:
        self.ears: dict[Any, Callable[[], None]] = {}

    def attend(self, channel: Connection) -> None:
        """Serve calls and ears until the lab hangs up."""
        while True:
            for ready in wait([channel, *self.ears]):
                if ready is channel:
                    method, arguments = channel.recv()
                    channel.send(_outcome(partial(getattr(self, method), *arguments)))
                elif ready in self.ears:  # a call may have taken it away
                    self.ears[ready]()


class Node:
    """The lab's end of a node. Its process dies with the lab."""

    def __init__(self, name: str, make: Callable[[], Actor], beside: "Node | None" = None) -> None:
        """make is called inside. beside: share that node's network. Raises LabError."""
        self.name = name
        self._channel, theirs = Pipe()
        lab = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._channel.close()
                _live(lab, theirs, make, beside)
            except BaseException:
                traceback.print_exc()  # a bug of the lab's own; the next call will find the node dead
            finally:
                os._exit(0)
        theirs.close()
        try:
            self.answer()
        except BaseException:
            self.kill()
            raise

    def call(self, method: str, *arguments: Any, within_s: float = CALL_S) -> Any:
        """Call a method of the actor and return its result. Raises as ``answer``."""
        self.ask(method, *arguments)
        return self.answer(within_s)

    def ask(self, method: str, *arguments: Any) -> None:
        """Begin a call; the lab goes on meanwhile. ``answer`` ends it."""
        self._channel.send((method, arguments))

    def answer(self, within_s: float = CALL_S) -> Any:
        """The result of the call begun. Raises LabError; RuntimeError with the node's traceback is a bug of the lab."""
        if not self._channel.poll(within_s):
            raise RuntimeError(f"node {self.name} has not answered within {within_s:.0f} s")
        try:
            outcome, result = self._channel.recv()
        except EOFError:
            raise RuntimeError(f"node {self.name} has died") from None
        if outcome == "impossible":
            raise LabError(result)
        if outcome == "broken":
            raise RuntimeError(f"node {self.name}:\n{result}")
        return result

    def kill(self) -> None:
        """End the process, at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self._channel.close()


def _live(lab: int, channel: Connection, make: Callable[[], Actor], beside: Node | None) -> None:
    """A node's whole life, in its own process."""
    die_with(lab)
    # Ctrl-C reaches the whole process group; it is the lab that takes its nodes down, in sequence.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    actor: list[Actor] = []

    def begin() -> None:
        if beside:
            join_network(beside.pid)
        else:
            new_network()
            links.prepare()
        actor.append(make())

    channel.send(_outcome(begin))
    if actor:
        with suppress(EOFError, BrokenPipeError):
            actor[0].attend(channel)


def _outcome(step: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "done", step()
    except LabError as error:
        return "impossible", str(error)
    except Exception:
        return "broken", traceback.format_exc()
