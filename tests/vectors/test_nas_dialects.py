"""nas_request.txt and nas_reply.txt: what each make of NAS asks, and what it is told."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.book import Nas
from gatekeeper.config.dictionary import shipped_folder
from gatekeeper.model import Rate
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.nas_rates import rate_body
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius import decode
from gatekeeper.wire.radius_accounting import SESSION_KEYS
from tests.config.book import load_text
from tests.vectors.reader import Vector, name_of, vectors

FREERADIUS = Path("/usr/share/freeradius")
REQUESTS, REPLIES = vectors("nas_request.txt"), vectors("nas_reply.txt")


def _dialect(vector: Vector) -> str:
    return vector.name.partition(",")[0]


def _client(folder: Path, dialect: str, *keys: str) -> Nas:
    lines = ["[[radius.client]]", 'name = "nas1"', 'ipaddr = "192.0.2.1"', 'secret = "s"', f'nas = "{dialect}"', *keys]
    return load_text(folder, "\n".join(lines)).book.clients[0]


def test_every_dialect_has_a_request_and_a_reply() -> None:
    """Design 4: a row without a vector is a failure."""
    assert {_dialect(vector) for vector in REQUESTS} == set(DIALECTS)
    assert {_dialect(vector) for vector in REPLIES} == set(DIALECTS)
    assert all(dialect.source for dialect in DIALECTS.values())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_session_is_named_by_what_its_accounting_told(tmp_path: Path, dialect: str) -> None:
    """RFC 5176 3: a row's keys are among those that are kept, and Acct-Session-Id is one of them."""
    keys = _client(tmp_path, dialect).session_keys
    assert 44 in keys
    assert keys <= set(SESSION_KEYS)


@pytest.mark.parametrize("vector", REQUESTS, ids=name_of)
def test_a_request_names_this_box_on_this_line(tmp_path: Path, vector: Vector) -> None:
    """Whatever the make of NAS; what disagrees names nobody."""
    asked = read_request(decode(vector.data), _client(tmp_path, _dialect(vector)).reading)
    port = asked.port.text if asked.port else "none"
    assert f"mac={asked.mac.hex() or 'none'} port={port}" == vector.expected, vector.place


@pytest.mark.parametrize("vector", REPLIES, ids=name_of)
def test_a_rate_is_these_octets(tmp_path: Path, vector: Vector) -> None:
    """20000/4000 kbit/s; behind the dialect's name stands a key of the client."""
    keys = [key for key in (vector.name.partition(", ")[2],) if key]
    nas = _client(tmp_path, _dialect(vector), *keys)
    assert rate_body(nas.rates, Rate(20_000, 4_000), nas.kilobit).hex() == vector.data.hex(), vector.place


# pyrad does not read all of FreeRADIUS's files (dictionary.juniper has a type in capitals): these are the rows' own.
_VENDORS = "rfc2865 rfc2868 rfc3162 rfc3580 rfc4675 huawei zte h3c cisco erx alcatel.sr ericsson.ab mikrotik wispr"


@cache
def _dictionary(folder: Path) -> Any:
    from pyrad.dictionary import Dictionary

    if folder != FREERADIUS:
        return Dictionary(str(folder / "dictionary"))
    return Dictionary(*(str(folder / f"dictionary.{vendor}") for vendor in _VENDORS.split()))


def _read(vector: Vector, folder: Path) -> str:
    from pyrad.packet import Packet

    size = 20 + len(vector.data)
    head = bytes((2, 1)) + size.to_bytes(2, "big") + bytes(16)
    packet = Packet(dict=_dictionary(folder), packet=head + vector.data)
    names = [*packet.keys()]  # a plain walk would give numbers
    return "; ".join(f"{name}={value}" for name in names for value in packet[name]) or "none"


@pytest.mark.parametrize("vector", REPLIES, ids=name_of)
def test_the_shipped_dictionaries_read_the_reply(vector: Vector) -> None:
    """pyrad, by the names of the row."""
    assert _read(vector, shipped_folder()) == vector.expected, vector.place


@pytest.mark.parametrize("vector", REPLIES, ids=name_of)
def test_freeradius_dictionaries_read_the_reply(vector: Vector) -> None:
    """pyrad with what FreeRADIUS ships: another hand's numbers and types."""
    if not FREERADIUS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {FREERADIUS}: install freeradius-common")
        pytest.skip(f"no {FREERADIUS}: freeradius-common is not installed")
    assert _read(vector, FREERADIUS) == vector.expected, vector.place
