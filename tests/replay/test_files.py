"""What capture files can be like: tagged, cooked, gzipped, cut, or no captures at all."""

import gzip
import json
import struct
from collections.abc import Callable
from pathlib import Path

import dpkt
import pytest

from gatekeeper.drivers.capture import Capture, CaptureError
from gatekeeper.wire.dhcp import encode, message
from gatekeeper.wire.frame import udp_frame
from tests.cli.terminal import Terminal
from tests.replay.test_stories import STORIES

STORY = STORIES / "install-relayed"


def rewrite(path: Path, link: int, change: Callable[[bytes], bytes]) -> Path:
    """The story with every frame changed and another link type."""
    with Path(f"{STORY}.pcap").open("rb") as source, path.open("wb") as target:
        writer = dpkt.pcap.Writer(target, linktype=link)
        for time, data in dpkt.pcap.Reader(source):
            writer.writepkt(change(bytes(data)), ts=time)
    return path


def pcapng(path: Path) -> Path:
    """The story as pcapng."""
    with Path(f"{STORY}.pcap").open("rb") as source, path.open("wb") as target:
        writer = dpkt.pcapng.Writer(target)
        for time, data in dpkt.pcap.Reader(source):
            writer.writepkt(bytes(data), ts=time)
    return path


def zipped(path: Path) -> Path:
    """The story through gzip."""
    path.write_bytes(gzip.compress(Path(f"{STORY}.pcap").read_bytes()))
    return path


MADE: dict[str, Callable[[Path], Path]] = {
    "802.1Q": lambda path: rewrite(path, 1, lambda data: data[:12] + b"\x81\x00\x00\x64" + data[12:]),
    "QinQ": lambda path: rewrite(path, 1, lambda data: data[:12] + b"\x88\xa8\x00\x0a\x81\x00\x00\x64" + data[12:]),
    "Linux cooked": lambda path: rewrite(
        path, 113, lambda data: b"\0\0\0\1\0\6" + data[6:12] + b"\0\0" + data[12:14] + data[14:]
    ),
    "raw IP": lambda path: rewrite(path, 101, lambda data: data[14:]),
    "gzip": zipped,
    "pcapng": pcapng,
}


def rows(terminal: Terminal, capture: Path) -> tuple[int, list[dict[str, object]], str]:
    """(exit code, rows, stderr) of a replay."""
    files = ("-c", f"{STORY}.toml", "-r", str(capture), "--orders", f"{STORY}.csv")
    said = terminal.run("replay", *files, "-o", "json")
    return said.code, json.loads(said.out) if said.out else [], said.err


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_of_file_is_replayed_alike(tmp_path: Path, kind: str) -> None:
    terminal = Terminal(tmp_path)
    plain, made = rows(terminal, Path(f"{STORY}.pcap")), rows(terminal, MADE[kind](tmp_path / "made"))
    assert plain[0] == 0
    assert [dict(row, time="") for row in made[1]] == [dict(row, time="") for row in plain[1]]


def test_a_radius_answer_of_one_octet_is_no_answer(tmp_path: Path) -> None:
    """It ends before its identifier: a capture holds whatever was on the wire."""
    with_it = tmp_path / "with.pcap"
    with Path(f"{STORY}.pcap").open("rb") as source, with_it.open("wb") as target:
        writer = dpkt.pcap.Writer(target)
        for time, data in dpkt.pcap.Reader(source):
            writer.writepkt(bytes(data), ts=time)
        writer.writepkt(udp_frame(b"\2", bytes(6), bytes(6), 1, 2, 1812, 50_000), ts=time)
    terminal = Terminal(tmp_path)
    assert rows(terminal, with_it) == rows(terminal, Path(f"{STORY}.pcap"))


def test_what_is_malformed_has_a_row_that_names_its_box(tmp_path: Path) -> None:
    """By the header, which is sound; the message by option 53, which stands in front of the fault."""
    mac = bytes.fromhex("02005e100001")
    whole = encode(message(1, mac, 7, giaddr=0x0A140001))[:243] + b"\x3c\xf0cut"
    path = tmp_path / "malformed.pcap"
    with path.open("wb") as target:
        dpkt.pcap.Writer(target).writepkt(udp_frame(whole, bytes(6), bytes(6), 0x0A140001, 0x0A140002, 67, 67), ts=1.0)
    _, (row,), _ = rows(Terminal(tmp_path), path)
    assert (row["mac"], row["message"], row["reason"]) == (mac.hex(":"), "DHCPDISCOVER", "MALFORMED")


@pytest.mark.parametrize("lost", [1, 40, 300])
def test_a_cut_capture_is_replayed_as_far_as_it_goes(tmp_path: Path, lost: int) -> None:
    """Exit 1 and a word on stderr, but the rows of what could be read."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(f"{STORY}.pcap").read_bytes()[:-lost])
    code, found, err = rows(Terminal(tmp_path), cut)
    assert code == 1
    assert "cut after frame" in err
    assert 5 < len(found) <= 11


def snapped(source: Path, target: Path, length: int) -> int:
    """The capture as ``tcpdump -s`` takes it: the beginning of each frame, and how long it was. How many are cut."""
    data, at, made, cut = source.read_bytes(), 24, b"", 0
    while at < len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16 : at + 16 + size]
        made += struct.pack("<IIII", seconds, micros, len(frame[:length]), size) + frame[:length]
        cut += size > length
        at += 16 + size
    target.write_bytes(data[:24] + made)
    return cut


@pytest.mark.parametrize("length", [16, 30, 40, 96, 300])
def test_frames_cut_by_the_snap_length_are_not_judged(tmp_path: Path, length: int) -> None:
    """tcpdump(1) -s: a part of a datagram is no malformed one. Whole ones are replayed; exit 1 says the rest."""
    short = tmp_path / "short.pcap"
    cut = snapped(Path(f"{STORY}.pcap"), short, length)
    code, found, err = rows(Terminal(tmp_path), short)
    assert code == 1
    assert f"snap length (take it with tcpdump -s 0) and not judged: {cut} frames, frame 1 the first" in err
    assert not {row["reason"] for row in found} & {"MALFORMED"}
    whole = {row["frame"] for row in rows(Terminal(tmp_path), Path(f"{STORY}.pcap"))[1]}
    assert {row["frame"] for row in found} <= whole
    assert bool(found) == (length == 300)


def test_a_capture_that_is_longer_than_its_snap_length_is_whole(tmp_path: Path) -> None:
    """No frame lost anything."""
    assert snapped(Path(f"{STORY}.pcap"), tmp_path / "whole.pcap", 65535) == 0
    assert rows(Terminal(tmp_path), tmp_path / "whole.pcap")[0::2] == (0, "")


def test_a_damaged_gzip_is_read_as_far_as_it_goes_or_is_no_capture(tmp_path: Path) -> None:
    """Whichever octet is wrong: what zlib cannot read is no bug of ours, and it is said."""
    made = tmp_path / "made.pcap"
    octets = zipped(made).read_bytes()
    told = []
    for at in range(10, len(octets), 7):
        made.write_bytes(octets[:at] + bytes((octets[at] ^ 0xFF,)) + octets[at + 1 :])
        try:
            capture = Capture(made)
            list(capture)
            told.append(capture.cut)
        except CaptureError as error:
            told.append(str(error))
    assert all(told)
    assert any("while decompressing data" in one for one in told)


@pytest.mark.parametrize("data", [b"", b"no capture", bytes(64), b"\x1f\x8bnot gzip either"])
def test_what_is_no_capture_is_one_clear_line(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.pcap"
    file.write_bytes(data)
    code, found, err = rows(Terminal(tmp_path), file)
    assert (code, found) == (2, [])
    assert err.startswith(f"{file}: not a pcap or pcapng file") and err.count("\n") == 1


def test_a_store_to_start_from_is_only_read(tmp_path: Path) -> None:
    """--store: the boxes of a store, in a copy."""
    terminal = Terminal(tmp_path, Path(f"{STORY}.toml").read_text(encoding="utf-8"))
    assert terminal.run("orders", "import", f"{STORY}.csv").code == 0
    store = tmp_path / "gatekeeper.db"
    before = terminal.run("show", "bindings", "-o", "json").out
    said = terminal.run("replay", "-r", f"{STORY}.pcap", "--store", str(store), "-o", "json")
    assert said.code == 0
    assert {row["recorded"] for row in json.loads(said.out)} == {"same", "none"}
    assert terminal.run("show", "bindings", "-o", "json").out == before
    assert json.loads(terminal.run("show", "leases", "-o", "json").out) == []
