"""pyrad against our RADIUS: its requests are read and believed, our replies are verified by it."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.config.dictionary import shipped_folder
from gatekeeper.wire.radius import decode
from gatekeeper.wire.radius_seal import Secret, reply_is_right, reveal_password, seal_is_right
from tests.engine.bench import BOX, SECRET, Bench

FREERADIUS = Path("/usr/share/freeradius")


def _dictionary() -> Any:
    from pyrad.dictionary import Dictionary

    return Dictionary(str(shipped_folder() / "dictionary"))


def _request(password: str = BOX.hex(), sealed: bool = True, secret: bytes = b"testing123", **attributes: Any) -> Any:
    from pyrad.client import Client

    client = Client(server="127.0.0.1", secret=secret, dict=_dictionary())
    values = {"User_Name": BOX.hex(), "NAS_Identifier": "bras1"} | attributes
    request = client.CreateAuthPacket(**values)
    request["User-Password"] = request.PwCrypt(password)
    if sealed:
        request.add_message_authenticator()
    return request


@pytest.mark.parametrize("password", ["x", "d4c1c8ee9b1f", "sixteen octets..", "seventeen octets.", "p" * 128])
def test_a_request_made_by_pyrad_is_read_as_it_was_meant(password: str) -> None:
    """Attributes, password, Message-Authenticator."""
    request = _request(password, NAS_Port_Id="ge 1/0/7", NAS_Port=7)
    packet = decode(request.RequestPacket())
    assert (packet.code, packet.identifier, packet.authenticator) == (1, request.id, request.authenticator)
    assert (packet.attributes[1], packet.attributes[87], packet.attributes[5]) == (
        BOX.hex().encode(),
        b"ge 1/0/7",
        b"\0\0\0\7",
    )
    assert reveal_password(packet.attributes[2], packet.authenticator, SECRET) == password.encode()
    assert seal_is_right(packet, SECRET)
    assert not seal_is_right(packet, Secret(b"another"))


def _verified(bench: Bench, request: Any) -> Any:
    """Our answer as pyrad reads it, after it has verified both authenticators."""
    raw = bench.ask(request.RequestPacket()).answer
    assert reply_is_right(decode(raw), request.authenticator, SECRET)
    reply = request.CreateReply(packet=raw)
    assert request.VerifyReply(reply, raw)
    assert reply.verify_message_authenticator(original_authenticator=request.authenticator, original_code=request.code)
    assert not request.VerifyReply(request.CreateReply(packet=raw), bytes((raw[0] ^ 1,)) + raw[1:])
    return reply


def test_pyrad_verifies_an_accept_and_reads_its_rates(bench: Bench) -> None:
    """By the names of the shipped dictionaries."""
    bench.install(rate_down_kbps="20000", rate_up_kbps="4000")
    reply = _verified(bench, _request())
    assert reply.code == 2
    assert reply["Huawei-Input-Average-Rate"] == reply["Huawei-Input-Peak-Rate"] == [4_000_000]
    assert reply["Huawei-Output-Average-Rate"] == reply["Huawei-Output-Peak-Rate"] == [20_000_000]


def test_pyrad_verifies_a_reject_and_reads_its_reason(bench: Bench) -> None:
    """With Proxy-State echoed behind it."""
    reply = _verified(bench, _request(Proxy_State=b"abc"))
    assert (reply.code, reply["Reply-Message"], reply["Proxy-State"]) == (3, ["UNKNOWN_MAC"], [b"abc"])


def test_pyrads_request_under_another_secret_is_not_answered(bench: Bench) -> None:
    """BAD_AUTHENTICATOR."""
    bench.install()
    assert bench.ask(_request(secret=b"another").RequestPacket()).answer == b""


def test_the_shipped_dictionaries_load() -> None:
    """And every attribute of a vendor has that vendor's number."""
    read = _dictionary()
    assert read["User-Name"].code == 1
    assert (read["Huawei-Input-Average-Rate"].vendor, read["Huawei-Input-Average-Rate"].code) == ("Huawei", 2)


_LINE = re.compile(r"^(ATTRIBUTE|VENDOR)\s+(\S+)\s+(\d+)(?:\s+(\S+))?", re.MULTILINE)


def _numbers(folder: Path) -> dict[str, set[tuple[str, str]]]:
    """name -> {(kind of line, number)}. A text reader of its own: pyrad is not asked about itself."""
    found: dict[str, set[tuple[str, str]]] = {}
    for file in folder.glob("dictionary*"):
        for kind, name, number, _ in _LINE.findall(file.read_text(encoding="utf-8", errors="replace")):
            found.setdefault(name.lower(), set()).add((kind, number))
    return found


def test_the_shipped_numbers_are_those_of_freeradius() -> None:
    """Every attribute and vendor that both name."""
    if not FREERADIUS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {FREERADIUS}: install freeradius-common")
        pytest.skip(f"no {FREERADIUS}: freeradius-common is not installed")
    ours, theirs = _numbers(shipped_folder()), _numbers(FREERADIUS)
    common = ours.keys() & theirs.keys()
    assert {
        "user-name",
        "huawei",
        "huawei-input-average-rate",
        "mikrotik-rate-limit",
        "message-authenticator",
    } <= common
    assert {name: numbers for name, numbers in ours.items() if name in common and not numbers <= theirs[name]} == {}
