"""One run in a process of its own, so that the progress bar beside it costs no packet its time."""

import gc
import multiprocessing
import os
import random
import socket
from collections.abc import Callable
from contextlib import ExitStack, closing
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

from gatekeeper.bench.crowd import Crowd
from gatekeeper.bench.dhcp import MOST_SLOTS, DhcpPlan, DhcpTalk
from gatekeeper.bench.door import Door
from gatekeeper.bench.herd import Herd, HerdPace
from gatekeeper.bench.load import Load, Pace, S
from gatekeeper.bench.outcome import Row, figures
from gatekeeper.bench.radius import IDENTIFIERS, RadiusPlan, RadiusTalk
from gatekeeper.bench.tally import Tally
from gatekeeper.wire.radius_seal import Secret

_SPARE: Final = 4  # slots for each that is outstanding: what is given up rests before it is used again
Tell = Callable[[float, int], None]


class BenchError(Exception):
    """The load cannot be played here: what is in the way."""


class Ends(NamedTuple):
    """local: address and port to send from, port 0 = any; server: whom."""

    local: tuple[str, int]
    server: tuple[str, int]


def local_address(server: tuple[str, int]) -> str:
    """From which address the kernel would send there. Raises BenchError."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as one:
        try:
            one.connect(server)
        except OSError as error:
            raise BenchError(f"no way to {server[0]}: {error.strerror or error}") from None
        found: str = one.getsockname()[0]
        return found


def play_dhcp(ends: Ends, plan: DhcpPlan, crowd: Crowd, pace: Pace, tell: Tell) -> Row:
    """One load of DHCP exchanges. Raises BenchError."""
    slots = min(MOST_SLOTS, _SPARE * pace.window)
    with ExitStack() as stack:
        door = _door(stack, ends, connected=False)
        return _loaded(DhcpTalk(plan, crowd, slots, Tally()), [door], pace, tell)


def play_radius(ends: Ends, plan: RadiusPlan, secret: bytes, crowd: Crowd, pace: Pace, tell: Tell) -> Row:
    """One load of Access- or Accounting-Requests. Raises BenchError."""
    # Each identifier rests between two uses, where the window leaves it room to.
    count = -(-pace.window // (IDENTIFIERS - 6))
    with ExitStack() as stack:
        doors = [_door(stack, ends, connected=True) for _ in range(count)]
        return _loaded(RadiusTalk(plan, Secret(secret), crowd, count, Tally()), doors, pace, tell)


def play_herd(ends: Ends, plan: DhcpPlan, crowd: Crowd, pace: HerdPace, tell: Tell) -> Row:
    """One herd. Raises BenchError."""
    with ExitStack() as stack:
        door = _door(stack, ends, connected=False)
        talk = DhcpTalk(plan, crowd, len(crowd.macs), Tally())
        herd = Herd(talk, door, pace, random.Random(0), tell)
        _run(herd.run)
        tries = herd.tries()
        row = figures(talk.tally, herd.bound_ns / S, 0.0, 0.0)
        return {**row, "bound_s": round(herd.bound_ns / S, 3), "most_tries": len(tries), "tries": tries}


def _door(stack: ExitStack, ends: Ends, connected: bool) -> Door:
    try:
        return stack.enter_context(closing(Door(ends.local, ends.server, connected)))
    except OSError as error:
        (host, port), (to, to_port) = ends
        raise BenchError(f"cannot send from {host}:{port} to {to}:{to_port}: {error.strerror or error}") from None


def _loaded(talk: DhcpTalk | RadiusTalk, doors: list[Door], pace: Pace, tell: Tell) -> Row:
    load = Load(talk, doors, pace, tell)
    _run(load.run)
    row = figures(talk.tally, load.counted_ns / S, load.idle_ns / S, load.busy_ns / S)
    return {**row, "unheard": sum(door.unheard for door in doors)}


def _run(run: Callable[[], None]) -> None:
    """Run it without looking for garbage in circles, of which loads make none. Raises BenchError."""
    gc.collect()
    gc.disable()
    try:
        run()
    except OSError as error:
        raise BenchError(f"sending failed: {error.strerror or error}") from None


def apart(play: Callable[[Tell], Row], tell: Tell) -> Row:
    """Play in a child process; tell is called here. Raises BenchError."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_child, args=(play, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        while True:
            said = ours.recv()
            if isinstance(said, tuple):
                tell(*said)
                continue
            child.join()
            if isinstance(said, str):
                raise BenchError(said)
            row: Row = said
            return row
    except EOFError:
        child.join()
        raise BenchError(f"the playing process ended with {child.exitcode}") from None
    finally:
        child.kill()


def _child(play: Callable[[Tell], Row], parent: Connection) -> None:
    if hasattr(os, "sched_getaffinity") and (cores := sorted(os.sched_getaffinity(0))):
        # Its socket's buffers and its own state stay where they are.
        os.sched_setaffinity(0, {cores[-1]})
    try:
        parent.send(play(lambda share, done: parent.send((share, done))))
    except BenchError as error:
        parent.send(str(error))
    except KeyboardInterrupt:
        parent.send("interrupted")
