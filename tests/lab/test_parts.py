"""The lab's own parts: what it says where it cannot be built, the Inform, the lines, the signs on a terminal."""

import errno
import io
import sys

import pytest

from gatekeeper.cli.lab import _plain, _signs
from gatekeeper.lab import plan
from gatekeeper.lab.cwmp import Inform, is_inform_response, read_inform, write_inform, write_inform_response
from gatekeeper.lab.namespace import SWITCHES, Switch, why_refused
from gatekeeper.lab.steps import Steps, StoryEnds
from gatekeeper.lab.stories import STORIES
from gatekeeper.wire.line_id import port_from_wire


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_a_refusal_names_the_sysctl_and_its_remedy(switch: Switch) -> None:
    said = why_refused(errno.EPERM, False, {switch.name: switch.forbids}.get)  # type: ignore[arg-type]
    assert f"{switch.name} = {switch.forbids}" in said and f"sysctl -w {switch.name}={switch.allows}" in said
    assert said.count("\n") == 0


@pytest.mark.parametrize("root", [True, False])
def test_a_refusal_without_a_sysctl_speaks_of_the_container(root: bool) -> None:
    said = why_refused(errno.EPERM, root, lambda _: "")
    assert "Operation not permitted" in said and "--privileged" in said
    assert ("run as root" in said) is not root


def test_root_is_not_told_to_become_root() -> None:
    said = why_refused(errno.EPERM, True, lambda name: {"kernel.unprivileged_userns_clone": "0"}.get(name, ""))
    assert "run as root" not in said


def test_a_read_only_proc_is_named() -> None:
    assert why_refused(errno.EROFS, True, lambda _: "0").startswith("/proc/sys is read-only")


def test_an_inform_survives_its_envelope() -> None:
    inform = Inform("D4C1C8", "0010<&>", "0 BOOTSTRAP", {"Device.X_CTC_IPTV.STBID": "0010<&>", "b": ""})
    assert read_inform(write_inform(inform)) == inform


@pytest.mark.parametrize("body", [b"", b"no xml", b"<a/>", write_inform_response()])
def test_anything_else_is_no_inform(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_inform(body)


def test_the_response_is_known_again() -> None:
    assert is_inform_response(write_inform_response())
    assert not is_inform_response(write_inform(Inform("", "", "", {})))


def test_every_port_is_one_line_for_both_protocols_and_no_other() -> None:
    lines = [plan.line(port) for port in range(1, 7)]
    by_dhcp = [port_from_wire(line.circuit_id, plan.RELAY_TEXT) for line in lines]
    by_radius = [port_from_wire(line.nas_port_id, plan.NAS_NAME) for line in lines]
    for mine, seen in enumerate(by_dhcp):
        assert [number for number, port in enumerate(by_radius) if port.covers(seen)] == [mine]


def test_the_boxes_are_four() -> None:
    assert len({stb.mac for stb in plan.BOXES}) == len({stb.name for stb in plan.BOXES}) == 4


def test_every_story_has_a_first_line() -> None:
    assert all(story.play.__doc__ and story.title for story in STORIES)


def test_steps_are_counted_and_told() -> None:
    told: list[tuple[bool, str]] = []
    steps = Steps(lambda held, text: told.append((held, text)))
    steps.check("one", 1)
    steps.check("two", [], "nothing")
    with pytest.raises(StoryEnds):
        steps.need("three", None)
    assert told == [(True, "one"), (False, "two -- instead: nothing"), (False, "three")]
    assert (steps.held, steps.failed) == (1, 2)


@pytest.mark.parametrize(("encoding", "signs"), [("utf-8", ("✗", "✓")), ("latin-1", ("FAILED", "ok"))])
def test_the_signs_suit_the_terminal(monkeypatch: pytest.MonkeyPatch, encoding: str, signs: tuple[str, str]) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert _signs() == signs
    _plain("\x1b[31m – ✓").encode(encoding)
    assert "\x1b" not in _plain("\x1b[31m")
