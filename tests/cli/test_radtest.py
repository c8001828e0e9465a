"""radtest against the engine on a loopback socket: what it sends, what it believes, how it leaves."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from gatekeeper.heart.life import AUTHENTICATION
from gatekeeper.model import Datagram
from gatekeeper.wire.radius import decode
from gatekeeper.wire.radius_seal import seal_is_right
from tests.cli.terminal import Said, Terminal
from tests.engine.bench import BOX, CONFIG, NOW, RADIUS, SECRET, Bench

LOCAL = 0x7F000001
HERE = '\n[[radius.client]]\nname = "here"\nipaddr = "127.0.0.1"\nsecret = "testing123"\nnas = "huawei"\n'


class Run(NamedTuple):
    """What radtest said, and what it sent."""

    said: Said
    sent: list[bytes]


class Place:
    """A gate on a port of its own, a folder with its configuration."""

    def __init__(self, folder: Path, config: str = CONFIG + HERE) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.02)
        self.port = self.socket.getsockname()[1]
        text = config.replace("0.0.0.0:1812", f"0.0.0.0:{self.port}")
        (folder / "bench").mkdir()
        self.bench = Bench(folder / "bench", text)
        self.bench.install(rate_down_kbps="20000", rate_up_kbps="4000")
        self.terminal = Terminal(folder, text)

    def radtest(self, *words: str, turn: Callable[[int, bytes], bytes] = lambda _, answer: answer) -> Run:
        """``gatekeeper radtest WORDS``. turn: (number of the request, answer) -> what is sent in its place."""
        sent: list[bytes] = []
        with ThreadPoolExecutor(1) as pool:
            said = pool.submit(self.terminal.run, "radtest", *words)
            while not said.done():
                try:
                    data, peer = self.socket.recvfrom(4096)
                except TimeoutError:
                    continue
                sent.append(data)
                outcome = self.bench.handle(AUTHENTICATION, Datagram(data, LOCAL, peer[1], RADIUS), NOW)
                answer = turn(len(sent), outcome.answer)
                if answer:
                    self.socket.sendto(answer, peer)
            return Run(said.result(), sent)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize(("method", "requests"), [("pap", 1), ("chap", 1), ("eap-md5", 2), ("none", 1)])
def test_a_known_box_is_accepted_by_each_method(place: Place, method: str, requests: int) -> None:
    """0; the server and secret of the configuration, the attributes by the names of the dictionaries."""
    run = place.radtest("d4c1.c8ee.9b1f", "--method", method)
    assert run.said.code == 0, run.said
    assert "Access-Accept" in run.said.out and "  Huawei-Output-Peak-Rate = 20000000\n" in run.said.out
    assert f"to 127.0.0.1:{place.port} from 127.0.0.1 (client here): d4c1c8ee9b1f, {method}" in run.said.out
    assert len(run.sent) == requests
    for data in run.sent:
        packet = decode(data)
        assert (data[20:22], seal_is_right(packet, SECRET)) == (b"\x50\x12", True)
        assert packet.attributes[31] == b"D4-C1-C8-EE-9B-1F"
        assert packet.attributes[4] == bytes((127, 0, 0, 1))


def test_a_refused_box_leaves_with_3_and_the_reason(place: Place) -> None:
    """Reply-Message; by EAP a word on where the reason is."""
    run = place.radtest("d4c1c8000009")
    assert (run.said.code, "  Reply-Message = UNKNOWN_MAC\n" in run.said.out) == (3, True)
    run = place.radtest("d4c1c8000009", "--method", "eap-md5")
    assert (run.said.code, "the reason is in the server's log" in run.said.out) == (3, True)
    assert place.radtest("d4c1c8ee9b1f", "--password", "guess").said.code == 3


def test_the_port_is_asked_about_and_the_nas_spells_the_name(place: Place) -> None:
    """--port is NAS-Port-Id; MikroTik writes capitals with colons. JSON is one array of one object."""
    run = place.radtest("d4c1c8ee9b1f", "--port", "ge 1/0/7", "--nas", "mt1", "-o", "json")
    (row,) = json.loads(run.said.out)
    assert (run.said.code, row["reply"], row["user_name"]) == (0, "Access-Accept", "D4:C1:C8:EE:9B:1F")
    assert {"name": "Huawei-Input-Peak-Rate", "value": "4000000"} in row["attributes"]
    assert decode(run.sent[0]).attributes[87] == b"ge 1/0/7"
    run = place.radtest("d4c1c8ee9b1f", "--port", "ge 1/0/8")
    assert (run.said.code, "PORT_MISMATCH" in run.said.out) == (3, True)


def test_a_shared_password_is_taken_from_the_configuration(tmp_path: Path) -> None:
    """It is neither asked for nor printed."""
    place = Place(tmp_path, CONFIG + HERE + 'mac_password = { shared = "a shared one" }\n')
    run = place.radtest("d4c1c8ee9b1f")
    assert run.said.code == 0
    assert "a shared one" not in run.said.out + run.said.err
    assert place.radtest("d4c1c8ee9b1f", "--user-name", "line-7", "--method", "chap").said.code == 0


def test_rfc5080_2_2_1_a_lost_request_is_sent_again_as_it_was(place: Place) -> None:
    """The same octets, so that the server knows it for the same."""
    run = place.radtest("d4c1c8ee9b1f", "--timeout", "0.2", turn=lambda number, answer: answer if number > 1 else b"")
    assert (run.said.code, len(run.sent)) == (0, 2)
    assert run.sent[0] == run.sent[1]
    assert "at try 2" in run.said.out


def test_rfc2865_3_an_answer_with_a_wrong_authenticator_is_thrown_away(place: Place) -> None:
    """1, and the likely cause."""
    run = place.radtest("d4c1c8ee9b1f", "--timeout", "0.05", turn=lambda _, answer: answer[:-1] + b"\xff")
    assert run.said.code == 1
    assert "the secret is another one there" in run.said.out


def test_under_another_secret_there_is_no_answer(place: Place) -> None:
    """1 after three tries; from the environment as well."""
    run = place.radtest("d4c1c8ee9b1f", "--timeout", "0.05", "--secret", "guess")
    assert (run.said.code, len(run.sent)) == (1, 3)
    assert "no answer to 3 tries" in run.said.out


def test_any_server_can_be_asked_without_a_configuration(place: Place) -> None:
    """--server and --secret are enough."""
    (place.terminal.folder / "gatekeeper.toml").unlink()
    run = place.radtest("d4c1c8ee9b1f", "--server", f"127.0.0.1:{place.port}", "--secret", "testing123")
    assert (run.said.code, "(client" in run.said.out) == (0, False)


def test_a_port_where_nobody_listens_is_told_at_once(place: Place) -> None:
    """1: the host said so."""
    place.socket.close()
    said = place.terminal.run("radtest", "d4c1c8ee9b1f")
    assert (said.code, "no answer: nobody listens there" in said.out) == (1, True)


@pytest.mark.parametrize(
    ("config", "words", "expected"),
    [
        (CONFIG, (BOX.hex(),), 'add one with ipaddr = "127.0.0.1"'),
        (CONFIG + HERE, ("d4c1",), "not a MAC address"),
        (CONFIG + HERE, (BOX.hex(), "--nas", "foo"), "there are bras1 h3c1 mt1 here"),
        (CONFIG + HERE, (BOX.hex(), "--server", "127.0.0.1:x"), "HOST:PORT"),
        (CONFIG + HERE, (BOX.hex(), "--password", "x" * 129), "128 at most"),
        (CONFIG + HERE, (BOX.hex(), "--method", "peap"), "pap"),
        ("[radius]\n", (BOX.hex(),), "name a server with --server"),
    ],
)
def test_wrong_arguments_leave_with_2(tmp_path: Path, config: str, words: tuple[str, ...], expected: str) -> None:
    """And say what would be right."""
    said = Terminal(tmp_path, config).run("radtest", *words)
    assert (said.code, expected in said.err) == (2, True), said
