"""The log under repetition: each refusal once a window, a flood of invented MACs in a few lines."""

from collections.abc import Callable

import pytest

from gatekeeper.drivers.log import WINDOW_S, Log
from gatekeeper.heart.told import Told
from gatekeeper.model import Action, Asked, Outcome, Reason, Verdict
from gatekeeper.wire.line_id import port_from_text

NOW = 1_800_000_000.0
Play = Callable[[Callable[[Log], None]], list[str]]


def refusal(number: int, reason: Reason, line: str = "n|1", bound: str = "") -> Outcome:
    """A DHCPDISCOVER of box number on a line."""
    mac = b"\x02\xf1" + number.to_bytes(4, "big")
    verdict = Verdict(Action.SILENT, reason, bound, line)
    return Outcome("dhcp", "DHCPDISCOVER", "", mac, verdict, "10.20.0.1", port_from_text(line), None)


@pytest.fixture
def play(capsys: pytest.CaptureFixture[str]) -> Play:
    """What a log writes while something is done with it."""

    def run(story: Callable[[Log], None]) -> list[str]:
        log = Log("all")
        story(log)
        log.stop()
        return capsys.readouterr().err.splitlines()

    return run


def test_a_refusal_is_told_once_a_window_with_its_count(play: Play) -> None:
    """The first at once, the others as a number when the window ends."""

    def story(log: Log) -> None:
        for second in range(5):
            log.read(Told(refusal(1, Reason.SUSPENDED), None, NOW + second))
        log.tick(NOW + WINDOW_S)

    lines = play(story)
    assert len(lines) == 2
    assert lines[1].endswith(f"repeated=4 window_s={WINDOW_S}")


def test_a_line_over_its_limit_is_one_line_whatever_macs_it_invents(play: Play) -> None:
    """Another line over its limit is another."""

    def story(log: Log) -> None:
        for number in range(500):
            log.read(Told(refusal(number, Reason.RATE_LIMITED, f"n|{number % 2}", "per_port_per_s=50"), None, NOW))

    assert len(play(story)) == 2


def test_boxes_over_their_own_limit_are_told_each(play: Play) -> None:
    """per_mac_per_s speaks of a box."""

    def story(log: Log) -> None:
        for number in range(5):
            log.read(Told(refusal(number, Reason.RATE_LIMITED, bound="per_mac_per_s=5"), None, NOW))

    assert len(play(story)) == 5


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_MAC, Reason.MALFORMED])
def test_of_many_strangers_on_one_line_the_first_are_told(play: Play, reason: Reason) -> None:
    """The rest as a number; a stranger on another line, and a box that orders know, are told all the same."""

    def story(log: Log) -> None:
        for number in range(1000):
            log.read(Told(refusal(number, reason), None, NOW))
        log.read(Told(refusal(2000, reason, "n|2"), None, NOW))
        log.read(Told(refusal(3000, Reason.PORT_MISMATCH), None, NOW))
        log.tick(NOW + 1)

    lines = play(story)
    assert len(lines) == 32 + 2 + 1
    assert lines[-1] == "refused: 968 more, not told one by one: see show refused"


def test_strangers_are_told_again_in_the_next_window(play: Play) -> None:
    """A technician's box that comes after a flood is not lost in it for ever."""

    def story(log: Log) -> None:
        for number in range(100):
            log.read(Told(refusal(number, Reason.UNKNOWN_MAC), None, NOW))
        log.read(Told(refusal(200, Reason.UNKNOWN_MAC), None, NOW + WINDOW_S + 1))

    assert "02:f1:00:00:00:c8" in play(story)[-1]


def radius(reason: Reason, where: str, source: str = "") -> Outcome:
    """An Access-Request that gets no answer."""
    verdict = Verdict(Action.SILENT, reason, seen=source)
    return Outcome("radius", "Access-Request", "", b"", verdict, where, None, None)


def test_a_wrong_secret_is_told_once_a_window_for_each_address(play: Play) -> None:
    """With what mends it; a client may be a network of NASes."""

    def story(log: Log) -> None:
        for number in range(6):
            told = radius(Reason.BAD_AUTHENTICATOR, "wide", f"198.51.100.{number % 2}")
            log.read(Told(told, None, NOW))

    lines = play(story)
    remedy = 'remedy="its secret is not the one of [[radius.client]] wide: set the same on both sides"'
    assert lines == [
        f'Access-Request from wide: no answer BAD_AUTHENTICATOR seen="198.51.100.{number}" {remedy}'
        for number in (0, 1)
    ]


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_NAS, Reason.BAD_AUTHENTICATOR])
def test_of_many_forged_addresses_the_first_are_told(play: Play, reason: Reason) -> None:
    """The rest as a number."""

    def story(log: Log) -> None:
        for number in range(1000):
            address = f"198.51.{number // 250}.{number % 250}"
            where = address if reason is Reason.UNKNOWN_NAS else "wide"
            log.read(Told(radius(reason, where, address), None, NOW))
        log.tick(NOW + 1)

    lines = play(story)
    assert len(lines) == 32 + 1
    assert lines[-1].startswith("refused: 968 more")


def test_what_is_told_once_is_not_told_again(play: Play) -> None:
    """However often it comes; another line is another."""

    def story(log: Log) -> None:
        for line in ("a", "b", "a", "a", "b"):
            log.once(line)

    assert play(story) == ["a", "b"]


def test_what_was_told_once_is_not_remembered_without_end(play: Play) -> None:
    """Design 5.11: everything bounded."""

    def story(log: Log) -> None:
        for number in range(5_000):
            log.once(str(number))
        assert len(log._told) <= 1_024

    assert len(play(story)) == 5_000


def test_a_box_that_declines_too_often_is_an_alarm_once_an_hour(play: Play) -> None:
    """Named, with what to do; also where refusals get no lines of their own."""

    def story(log: Log) -> None:
        log.packets = "none"
        for number, later in ((1, 0), (1, 1), (2, 2), (1, 3599), (1, 3600)):
            declining = refusal(number, Reason.TOO_MANY_DECLINES)._replace(message="DHCPDECLINE")
            log.read(Told(declining._replace(asked=Asked("decline", 0, 0x0A140000 + later)), None, NOW + later))

    lines = play(story)
    assert [line[:24] for line in lines] == [f"alarm: 02:f1:00:00:00:0{number}" for number in (1, 2, 1)]
    assert [line.split(" declines ")[1].split()[0] for line in lines] == ["10.20.0.0", "10.20.0.2", "10.20.14.16"]
    assert "gatekeeper whois" in lines[0]


def test_a_clock_that_was_set_back_silences_nothing(play: Play) -> None:
    """Windows and alarms of before are over at once."""

    def story(log: Log) -> None:
        for now in (NOW, NOW - 7200, NOW - 7199):
            log.read(Told(refusal(1, Reason.SUSPENDED), None, now))
            log.alarm("the disk is full", now)
            log.tick(now)

    lines = play(story)
    assert [line for line in lines if "alarm" in line] == ["alarm: the disk is full"] * 2
    assert [line.count("repeated=1") for line in lines if "alarm" not in line] == [0, 1, 0]
