"""Accounting in a capture: answered by the same engine, compared with what the capture holds."""

import json
import socket
from pathlib import Path

import dpkt

from gatekeeper.wire.frame import udp_frame
from tests.cli.terminal import Terminal
from tests.engine.bench import BRAS, CONFIG, NOW, Bench, accounting_request

SERVER = int.from_bytes(socket.inet_aton("192.0.2.100"), "big")
NAS_MAC, OUR_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def capture(folder: Path, exchanges: list[tuple[bytes, bytes]]) -> Path:
    """Requests to port 1813, each with its answer."""
    path = folder / "accounting.pcap"
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        for number, (request, answer) in enumerate(exchanges):
            there = udp_frame(request, NAS_MAC, OUR_MAC, BRAS, SERVER, 40001, 1813)
            back = udp_frame(answer, OUR_MAC, NAS_MAC, SERVER, BRAS, 1813, 40001)
            writer.writepkt(there, ts=NOW + number)
            writer.writepkt(back, ts=NOW + number + 0.001)
    return path


def test_a_start_and_a_stop_are_answered_as_they_were(tmp_path: Path, bench: Bench) -> None:
    """Same octets; the second answer of the capture is damaged, and told as different."""
    requests = [accounting_request(status, identifier=status) for status in (1, 2)]
    answers = [bench.report(request).answer for request in requests]
    answers[1] = answers[1][:-1] + bytes((answers[1][-1] ^ 1,))
    config = tmp_path / "gatekeeper.toml"
    config.write_text(CONFIG)
    path = capture(tmp_path, list(zip(requests, answers, strict=True)))
    said = Terminal(tmp_path).run("replay", "-c", str(config), "-r", str(path), "-o", "json")
    rows = json.loads(said.out)
    assert [(row["message"], row["reply"], row["verdict"]) for row in rows] == [
        ("Accounting-Request", "Accounting-Response", "record")
    ] * 2
    assert rows[0]["recorded"] == "same" and rows[1]["recorded"].startswith("different")


def test_answers_that_left_in_one_call_are_each_compared(tmp_path: Path, bench: Bench) -> None:
    """UDP_SEGMENT, udp(7): a capture of the sender may have them as one datagram."""
    requests = [accounting_request(1, identifier=number, session=f"{number}") for number in range(3)]
    answers = [bench.report(request).answer for request in requests]
    config, path = tmp_path / "gatekeeper.toml", tmp_path / "run.pcap"
    config.write_text(CONFIG)
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        for request in requests:
            writer.writepkt(udp_frame(request, NAS_MAC, OUR_MAC, BRAS, SERVER, 40001, 1813), ts=NOW)
        run = udp_frame(b"".join(answers), OUR_MAC, NAS_MAC, SERVER, BRAS, 1813, 40001)
        writer.writepkt(run, ts=NOW + 0.001)
    said = Terminal(tmp_path).run("replay", "-c", str(config), "-r", str(path), "-o", "json")
    assert [row["recorded"] for row in json.loads(said.out)] == ["same"] * 3
