"""Plays the table of stories in one network, from building it to taking it down."""

import signal
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final

from gatekeeper.lab.namespace import LabError
from gatekeeper.lab.network import Network, build_network
from gatekeeper.lab.steps import Steps, StoryEnds
from gatekeeper.lab.stories import STORIES

_LOG_TAIL: Final = 20


class Say(Enum):
    """What a line of the play is."""

    STORY = "story"
    HELD = "held"
    FAILED = "failed"
    NOTE = "note"


Tell = Callable[[Say, str], None]


def play(tell: Tell, captures: Path | None = None, keep: bool = False) -> bool:
    """Play every story; True if every step held. Raises LabError, and KeyboardInterrupt at SIGINT, SIGTERM, SIGHUP.

    captures: folder for pcap files, made where absent. keep: leave the network up until such a signal, which is then
    the way out. Whichever way it ends, no process is left.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            signal.signal(number, signal.default_int_handler)
    if captures:
        captures = _folder(captures)
    began = time.monotonic()
    with build_network(captures) as network:
        steps = Steps(lambda held, text: tell(Say.HELD if held else Say.FAILED, text))
        told = _play_all(network, steps, tell)
        _sum_up(steps, told, time.monotonic() - began, tell)
        if steps.failed:
            _tell_log(network, tell)
        if keep:
            _wait(network, tell)
    if captures:
        tell(Say.NOTE, f"captures and serve.log are in {captures}")
    return not steps.failed


def _play_all(network: Network, steps: Steps, tell: Tell) -> int:
    for number, story in enumerate(STORIES, 1):
        promise = (story.play.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        tell(Say.STORY, f"{story.title}: {promise[:1].lower()}{promise[1:]}")
        try:
            story.play(network, steps)
        except StoryEnds:
            if story.vital:
                return number
    return len(STORIES)


def _sum_up(steps: Steps, told: int, took_s: float, tell: Tell) -> None:
    count = steps.held + steps.failed
    stories = f"{told} stories" if told == len(STORIES) else f"{told} of {len(STORIES)} stories"
    if steps.failed:
        tell(Say.FAILED, f"{stories}, {count} steps, {steps.failed} failed, {took_s:.1f} s")
    else:
        tell(Say.HELD, f"{stories}, {count} steps, all held, {took_s:.1f} s")


def _tell_log(network: Network, tell: Tell) -> None:
    tell(Say.NOTE, "the end of gatekeeper serve's log:")
    for line in network.log.read_text(errors="replace").splitlines()[-_LOG_TAIL:]:
        tell(Say.NOTE, f"  {line}")


def _wait(network: Network, tell: Tell) -> None:
    # An ordinary user must enter the user namespace too, where he is root.
    enter = "nsenter --preserve-credentials -U -n -t" if network.rootless else "nsenter -n -t"
    tell(Say.NOTE, "the network stays up; Ctrl-C takes it down. To enter a node:")
    for node in network.nodes:
        tell(Say.NOTE, f"  {enter} {node.pid}  # {node.name}")
    tell(Say.NOTE, f"its gatekeeper: export GATEKEEPER_CONFIG={network.config}")
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


def _folder(captures: Path) -> Path:
    try:
        captures.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"no captures can be kept in {captures}: {error.strerror}") from None
    return captures.resolve()
