"""Troubles in memory: said when they begin and when they are over, and told to whoever asks by the control socket."""

import socket
import threading
from pathlib import Path

import pytest

from gatekeeper.drivers.control import COMPARE, Control, State, ask_gate, ask_state
from gatekeeper.drivers.supervisor import Supervisor
from gatekeeper.drivers.troubles import Troubles
from gatekeeper.report.troubles import OF_THE_STORE, TROUBLES, Standing

NOW = 1_700_000_000.0


@pytest.mark.parametrize("name", TROUBLES)
def test_each_is_said_with_what_it_means_and_what_mends_it(name: str) -> None:
    """One line when it begins, one when it is over."""
    said: list[str] = []
    troubles = Troubles(said.append)
    troubles.set(name, "as met", NOW)
    troubles.set(name, "met again", NOW + 1)
    assert troubles.standing() == [Standing(name, "as met", NOW)]
    troubles.set(name, "", NOW + 2.5)
    assert troubles.standing() == []
    title, means, remedy, _ = TROUBLES[name]
    assert said == [f"alarm: {title} (as met): {means}; {remedy}", f"over after 2.5 s: {title}"]


def test_one_that_comes_and_goes_is_said_once_in_ten_seconds() -> None:
    """Each batch may fail or not; the log is not the place to count that."""
    said: list[str] = []
    troubles = Troubles(said.append)
    for tenth in range(105):
        troubles.set("disk-full", "full" if tenth % 2 == 0 else "", NOW + tenth / 10)
    assert len(said) == 4


def test_of_the_stores_troubles_the_last_one_met_is_there() -> None:
    """The disk was full, then fsync fails, then all is well; what is no trouble of the store stays."""
    troubles = Troubles(lambda line: None)
    troubles.set("aaa-silent", "both", NOW)
    for name in ("disk-full", "fsync-failing", ""):
        troubles.set_one_of(OF_THE_STORE, name, "met" if name else "", NOW + 1)
        assert [one.name for one in troubles.standing()] == ["aaa-silent", *([name] if name else [])]


def test_the_gate_says_how_it_stands_by_its_control_socket(tmp_path: Path) -> None:
    """From memory: the loop is not asked."""
    store = str(tmp_path / "gatekeeper.db")
    assert ask_state(store) is None
    state = State(NOW, [Standing("disk-full", "as met", NOW)], {"dhcp.DHCPREQUEST.no-answer.STORE_UNAVAILABLE": 3})
    control = Control(tmp_path / "gatekeeper.toml", lambda: None, lambda problems: None, Supervisor({}), lambda: state)
    assert control.listen(store) == ""
    control.start()
    try:
        assert ask_state(store) == state
    finally:
        control.stop()
        control.hang_up()
        control.join(5)


def test_nobody_who_is_slow_keeps_the_gate_from_saying_how_it_stands(tmp_path: Path) -> None:
    """Not an errand that the loop does not get to, and not one who connects and says nothing."""
    store, file, asked = str(tmp_path / "gatekeeper.db"), tmp_path / "gatekeeper.toml", threading.Event()
    file.write_text('[store]\nurl = "sqlite:gatekeeper.db"\n')
    state = State(NOW, [], {})
    control = Control(file, asked.set, lambda problems: None, Supervisor({}), lambda: state)
    assert control.listen(store) == ""
    control.start()
    errand = threading.Thread(target=ask_gate, args=(store, COMPARE, file), daemon=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        try:
            mute.connect(f"{store}.gate")
            errand.start()
            assert asked.wait(5)
            assert ask_state(store) == state
        finally:
            control.stop()
            errand.join(5)
            control.join(5)
    assert not errand.is_alive() and not control.is_alive()
