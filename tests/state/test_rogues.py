"""Foreign DHCP servers in memory: every answer counted, each server told once a window, never too many."""

from gatekeeper.state.rogues import MAX_ROGUES, WINDOW_S, ForeignServer, Rogue, Rogues

NOW = 1_800_000_000
MAC, BOX = b"\x00\x11\x22\x33\x44\x66", b"\xd4\xc1\xc8\xee\x9b\x1f"


def heard(server: int = 1, interface: str = "eth0.100") -> ForeignServer:
    return ForeignServer(server, MAC, interface, "DHCPOFFER", 7, BOX)


def test_a_server_is_told_once_a_window() -> None:
    """Each server and interface on its own."""
    rogues = Rogues()
    assert [rogues.hear(heard(), NOW + second) for second in (0, 1, WINDOW_S - 1, WINDOW_S)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert rogues.hear(heard(interface="eth0.200"), NOW + 1)
    assert rogues.hear(heard(server=2), NOW + 1)


def test_every_answer_is_counted_until_it_is_drained() -> None:
    """With the first and the last time."""
    rogues = Rogues()
    for second in (0, 1, 5):
        rogues.hear(heard(), NOW + second)
    assert rogues.drain() == [Rogue(1, MAC, "eth0.100", 3, NOW, NOW + 5)]
    assert rogues.drain() == []


def test_a_flood_of_invented_servers_fills_neither_memory_nor_log() -> None:
    """Beyond the bound they are neither told nor kept; after the window there is room again."""
    rogues = Rogues()
    assert sum(rogues.hear(heard(server=number), NOW) for number in range(3 * MAX_ROGUES)) == MAX_ROGUES
    assert len(rogues.drain()) == MAX_ROGUES
    assert rogues.hear(heard(server=9_999), NOW + WINDOW_S)


def test_a_clock_that_was_set_back_silences_nobody() -> None:
    """The window of before is over, and the server is told again."""
    rogues = Rogues()
    assert rogues.hear(heard(), NOW)
    assert rogues.hear(heard(), NOW - 7200)
    assert not rogues.hear(heard(), NOW - 7199)
