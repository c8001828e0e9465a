"""``gatekeeper reload`` and ``check`` beside a running gate, and what boxes notice of a reload."""

import signal
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import DISCOVER, NAK, REQUEST
from gatekeeper.wire.text import parse_ip
from tests.clients.boxes import MAC
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

_POOL = "10.21.1.0-10.21.255.250"
_BOXES = [f"d4:c1:c8:00:{number >> 8:02x}:{number & 255:02x}" for number in range(600)]


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """One installed box and a running gate."""
    made = relayed()
    made.gate.install(MAC, "028123456@itv")
    made.gate.start()
    return made


def change(world: Relayed, old: str, new: str) -> None:
    """In the file."""
    text = world.gate.file.read_text()
    assert old in text
    world.gate.file.write_text(text.replace(old, new))


def reload(world: Relayed) -> tuple[int, str, str]:
    done = world.gate.cli("reload", check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_pool_that_was_full_is_widened_while_the_gate_runs(world: Relayed) -> None:
    """The answer comes when the next packet is judged by the new file."""
    change(world, _POOL, "10.21.1.1-10.21.1.1")
    assert reload(world)[0] == 0
    agent = RelayAgent(world.relay)
    world.gate.install(_BOXES[0], "A")
    assert agent.dora(MAC, b"line") == "10.21.1.1"
    assert agent.dora(_BOXES[0], b"other") == ""
    change(world, "10.21.1.1-10.21.1.1", "10.21.1.1-10.21.1.2")
    code, said, _ = reload(world)
    assert (code, said.splitlines()) == (
        0,
        ["taken over: [[dhcp.subnet]] 10.21.0.0/16: pools", f"{world.gate.file} is in force"],
    )
    assert agent.dora(_BOXES[0], b"other") == "10.21.1.2"
    world.gate.assert_sound()


def test_a_lease_outside_the_new_pools_is_not_prolonged(world: Relayed) -> None:
    """Its box is told at the next renewal, and moves."""
    agent = RelayAgent(world.relay)
    old = agent.dora(MAC, b"line")
    change(world, _POOL, "10.21.7.1-10.21.7.9")
    assert reload(world)[0] == 0
    answer = agent.answer_to(agent.ask(REQUEST, MAC, b"line", ciaddr=parse_ip(old)))
    assert answer and answer.kind == NAK
    assert agent.dora(MAC, b"line") == "10.21.7.1"


def test_a_subnet_that_was_missing_is_added_while_the_gate_runs(world: Relayed) -> None:
    """NO_SUBNET until then."""
    agent = RelayAgent(world.relay)
    elsewhere = {"giaddr": parse_ip("10.22.0.1")}
    world.relay.ip("address add 10.22.0.1/32 dev acc0")
    world.space.ip("route add 10.22.0.1 via 10.20.0.1")

    def refused() -> bool:
        agent.ask(DISCOVER, MAC, b"line", **elsewhere)
        return "NO_SUBNET" in world.gate.log()

    wait_until(refused, 5, "NO_SUBNET")
    text = world.gate.file.read_text()
    world.gate.file.write_text(
        text.replace(
            "[[dhcp.subnet]]",
            '[[dhcp.subnet]]\nnetwork = "10.22.0.0/16"\npools = ["10.22.1.1-10.22.1.9"]\n\n[[dhcp.subnet]]',
            1,
        )
    )
    code, said, _ = reload(world)
    assert (code, said.splitlines()[0]) == (0, "taken over: [[dhcp.subnet]] 10.22.0.0/16 is there")
    agent.ask(DISCOVER, MAC, b"line", **elsewhere)
    world.gate.wait_for("DHCPOFFER on 10.22.1.1")


def test_boxes_notice_nothing_of_reloads_that_move_pools_and_the_api(world: Relayed) -> None:
    """600 boxes ask while the pool grows, moves and shrinks and [api] comes, moves and goes: at most 10 exchanges are
    lost (they are sent again after a second), and no address has two holders."""
    for number, mac in enumerate(_BOXES):
        world.gate.file.parent.joinpath("orders.csv").open("a").write(
            f"{'order,kind,account,mac' + chr(10) if not number else ''}b{number},install,B{number},{mac}\n"
        )
    world.gate.cli("orders", "import", str(world.gate.file.parent / "orders.csv"))
    agent = RelayAgent(world.relay)
    plain = world.gate.file.read_text()
    turns = [
        plain.replace(_POOL, "10.21.1.1-10.21.3.250") + '\n[api]\nlisten = "127.0.0.1:8067"\n',
        plain.replace(_POOL, "10.21.8.1-10.21.12.250") + '\n[api]\nlisten = "0.0.0.0:8067"\n',
        plain.replace(_POOL, "10.21.2.1-10.21.9.250") + '\n[api]\nlisten = "127.0.0.1:8068"\n',
        plain,
    ]
    codes: list[int] = []
    going = threading.Event()

    def keep_reloading() -> None:
        for turn in turns * 2:
            going.wait(0.2)
            world.gate.file.write_text(turn)
            codes.append(reload(world)[0])

    reloading = threading.Thread(target=keep_reloading)
    reloading.start()
    bound: dict[str, str] = {}
    while reloading.is_alive():
        # An offer out of a pool that has moved since is taken back: the box gets another one at once.
        bound = agent.drive(_BOXES, 20, window=8, begins_anew=True)
        assert len(bound) >= len(_BOXES) - 10
        assert len(set(bound.values())) == len(bound)
    assert codes == [0] * 8
    leases = world.gate.show("leases")
    active = [row["address"] for row in leases if row["state"] == "active"]
    assert len(active) == len(set(active)) == len(_BOXES)
    world.gate.assert_sound()


def _status(world: Relayed, port: int, path: str = "/healthz") -> int:
    """Of an answer; 0 = nobody listens there."""
    token = world.gate.file.with_name("api.token")
    bearer = f"Authorization: Bearer {token.read_text().strip()}\r\n" if token.exists() else ""
    with world.space.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.settimeout(5)
        try:
            one.connect(("127.0.0.1", port))
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{bearer}Connection: close\r\n\r\n".encode())
            return int(one.recv(4096).split()[1])
        except OSError:
            return 0


def test_the_api_comes_moves_and_goes_by_reload(world: Relayed) -> None:
    """Its process alone is started, replaced, ended; also from one address to all of the same port."""
    plain = world.gate.file.read_text()
    token = world.gate.file.parent / "api.token"
    for listen, port in (("127.0.0.1:8067", 8067), ("0.0.0.0:8067", 8067), ("127.0.0.1:8068", 8068)):
        world.gate.file.write_text(plain + f'\n[api]\nlisten = "{listen}"\n')
        assert reload(world)[0] == 0
        wait_until(lambda port=port: _status(world, port) == 200, 10, f"the API on {listen}")
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
    wait_until(lambda: _status(world, 8067) == 0, 5, "the old port closed")
    world.gate.file.write_text(plain)
    code, said, _ = reload(world)
    assert (code, said.splitlines()[0]) == (0, "taken over: [api] is gone")
    wait_until(lambda: _status(world, 8068) == 0, 5, "the API gone")
    world.gate.assert_sound()


def test_a_reload_that_cannot_be_done_changes_nothing(world: Relayed) -> None:
    """2: a port that is taken, a token that is a folder, a file with an error; 0 where it is mended."""
    good = world.gate.file.read_text()
    folder = world.gate.file.parent / "folder"
    folder.mkdir()
    with world.space.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 8069))
        other.listen()
        wrong = {
            '\n[api]\nlisten = "127.0.0.1:8069"\n': "cannot listen on 127.0.0.1:8069: Address already in use",
            '\n[api]\ntoken_file = "folder"\n': "folder is a folder: name a file",
            "\n[nonsense]\n": "unknown key",
        }
        for tail, why in wrong.items():
            world.gate.file.write_text(good.replace("lease_s = 3600", "lease_s = 1800") + tail)
            code, said, error = reload(world)
            assert (code, said) == (2, "")
            assert why in error
    offer = RelayAgent(world.relay)
    answer = offer.answer_to(offer.ask(DISCOVER, MAC, b"line"))
    assert answer and answer.options[51] == (3600).to_bytes(4, "big")
    world.gate.file.write_text(good.replace("lease_s = 3600", "lease_s = 1800"))
    assert reload(world)[0] == 0
    world.gate.assert_sound()


def test_what_needs_a_restart_is_told_by_name(world: Relayed) -> None:
    """And the rest of the file is taken all the same."""
    change(world, 'listen = ["10.20.0.2:67"]', 'listen = ["0.0.0.0:67"]')
    change(world, "lease_s = 3600", "lease_s = 1800")
    for _ in range(2):
        said = reload(world)[1].splitlines()
        assert "needs a restart: [dhcp] listen" in said
    assert said[0].startswith("no key is different")
    agent = RelayAgent(world.relay)
    answer = agent.answer_to(agent.ask(DISCOVER, MAC, b"line"))
    assert answer and answer.options[51] == (1800).to_bytes(4, "big")


def test_the_store_stays_whatever_the_file_says(world: Relayed) -> None:
    """Until a restart; the process of [api] that a reload begins is over the same one."""
    plain = world.gate.file.read_text()
    other = plain.replace("sqlite:gatekeeper.db", "sqlite:other.db") + '\n[api]\nlisten = "127.0.0.1:8067"\n'
    world.gate.file.write_text(other)
    assert reload(world)[0] == 4  # the file names another gate's store
    assert world.gate.process
    world.gate.process.send(signal.SIGHUP)
    world.gate.wait_for("reload: [store] url stays as it is until a restart")
    wait_until(lambda: _status(world, 8067, "/readyz") == 200, 10, "the API over the store that is served")
    assert not world.gate.file.with_name("other.db").exists()
    assert RelayAgent(world.relay).dora(MAC, b"line")
    world.gate.assert_sound()


def test_reload_finds_the_gate_by_its_store_and_knows_its_file(world: Relayed, tmp_path: Path) -> None:
    """However -c is spelled; with another file it is told which one the gate reads; 4 where none runs."""
    file = world.gate.file
    (tmp_path / "link").mkdir()
    link = tmp_path / "link" / "other.toml"
    link.symlink_to(file)
    spelled = file.parent / ".." / file.parent.name / file.name
    for name in (spelled, link):
        world.gate.file = name
        assert reload(world)[0] == 0
    copy = file.parent / "copy.toml"
    copy.write_text(file.read_text())
    world.gate.file = copy
    code, _, error = reload(world)
    assert (code, f"the running gate was started with {file}" in error) == (2, True)
    world.gate.file = file
    assert world.gate.stop() == 0
    code, said, error = reload(world)
    assert (code, said) == (4, "")
    assert "no gate serves over store" in error and f"serve -c {file}" in error


def test_a_gate_that_was_killed_leaves_nothing_in_the_way(world: Relayed) -> None:
    """The next one has the channel, and root alone may use it; a second gate beside it does not take it away."""
    world.gate.kill()
    assert reload(world)[0] == 4
    world.gate.start()
    [channel] = [path for path in world.gate.file.parent.iterdir() if path.is_socket()]
    assert stat.S_IMODE(channel.stat().st_mode) == 0o600
    assert world.gate.spawn().wait(10) == 1
    assert reload(world)[0] == 0
    assert world.gate.stop() == 0
    assert not channel.exists()


def check(world: Relayed, *words: str) -> tuple[int, list[str], str]:
    done = world.space.run(*_words(world, *words), check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def _words(world: Relayed, *words: str) -> list[str]:
    from tests.clients.gate import GATEKEEPER

    return [*GATEKEEPER, "check", "-c", str(world.gate.file), *words]


def test_check_knows_the_gate_that_runs(world: Relayed) -> None:
    """0: its ports are in use by itself. What a reload would change is told, and nothing is changed."""
    code, said, error = check(world)
    assert (code, error) == (0, "")
    assert said[-3:-1] == ["a gate serves over this store, with this file", "a reload would change nothing"]
    change(world, "lease_s = 3600", "lease_s = 1800")
    change(world, 'listen = ["10.20.0.2:67"]', 'listen = ["0.0.0.0:67"]')
    for _ in range(2):
        code, said, error = check(world)
        assert (code, error) == (0, "")
        assert said[-3:-1] == [
            "a reload would take over: [[dhcp.subnet]] 10.21.0.0/16: lease_s",
            "a restart would be needed for: [dhcp] listen",
        ]
    assert world.gate.stop() == 0
    assert "a gate serves" not in "".join(check(world)[1])


def test_check_still_finds_a_port_that_somebody_else_has(world: Relayed) -> None:
    """2, beside a running gate too."""
    with world.space.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("192.0.2.1", 1645))
        change(world, '"192.0.2.1:1812"', '"192.0.2.1:1645"')
        code, _, error = check(world)
    assert (code, "cannot listen on 192.0.2.1:1645: Address already in use" in error) == (2, True)


def test_sighup_and_reload_are_one(world: Relayed) -> None:
    """What is taken over is in the log; a second of both at once is done after the other."""
    change(world, "lease_s = 3600", "lease_s = 1800")
    assert world.gate.process
    world.gate.process.send(signal.SIGHUP)
    assert reload(world)[0] == 0
    world.gate.wait_for("reload: taken over: [[dhcp.subnet]] 10.21.0.0/16: lease_s")
    wait_until(lambda: world.gate.log().count("is in force") == 2, 5, "both")
    agent = RelayAgent(world.relay)
    answer = agent.answer_to(agent.ask(DISCOVER, MAC, b"line"))
    assert answer and answer.options[51] == (1800).to_bytes(4, "big")
