"""acs.txt: the octets that tell a box its ACS, in every dialect."""

import pytest

from gatekeeper.wire import Malformed
from gatekeeper.wire.acs import ENCODINGS, AcsInfo, decode_tr069, encode, show
from tests.vectors.reader import Vector, name_of, vectors

URL = "http://itms.example.net:7547/acs"


def _info(fields: list[str]) -> AcsInfo:
    values: dict[str, object] = dict(field.split("=", 1) for field in fields)
    for name in ("retry_minimum_wait_s", "retry_multiplier"):
        values[name] = int(str(values.get(name, 0)))
    if "raw" in values:
        values["raw"] = bytes.fromhex(str(values["raw"]))
    return AcsInfo(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("vector", vectors("acs.txt"), ids=name_of)
def test_the_option_has_these_octets(vector: Vector) -> None:
    """Code, length, value."""
    encoding, *fields = vector.expected.split()
    code, value = encode(encoding, _info(fields))
    assert bytes((code, len(value))) + value == vector.data, vector.place


def test_every_dialect_has_a_vector() -> None:
    """Design 4: a row without a vector is a failure."""
    assert {vector.expected.split()[0] for vector in vectors("acs.txt")} == set(ENCODINGS)


@pytest.mark.parametrize("vector", [v for v in vectors("acs.txt") if v.expected.startswith("tr069")], ids=name_of)
def test_a_box_reads_back_what_was_encoded(vector: Vector) -> None:
    """The decoder of sub-options undoes the encoder; show names the fields."""
    parts = decode_tr069(vector.data[2:])
    assert parts[1] == URL.encode()
    assert f"url={URL}" in show("tr069", vector.data[2:])


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("", {}),
        ("00 00 01 02 6162 00", {1: b"ab"}),  # RFC 2132 8.4: 0 is a pad
        ("01 02 6162 ff 02 02 6364", {1: b"ab"}),  # RFC 2132 8.4: 255 ends
        ("01 00", {1: b""}),
    ],
)
def test_pads_and_end_keep_their_meaning_inside_option_43(value: str, parts: dict[int, bytes]) -> None:
    """RFC 2132 8.4."""
    assert decode_tr069(bytes.fromhex(value)) == parts


@pytest.mark.parametrize("value", ["01", "01 03 6162", "01 02 6162 02", "01ff"])
def test_a_cut_sub_option_is_malformed(value: str) -> None:
    """It never runs over the end."""
    with pytest.raises(Malformed):
        decode_tr069(bytes.fromhex(value))


@pytest.mark.parametrize("encoding", ["tr069", "plain", "h3c", "nested", "option125"])
def test_what_does_not_fit_one_option_is_refused(encoding: str) -> None:
    """wire-facts A.4: boxes that join RFC 3396 parts are rare, so 255 octets are the limit."""
    with pytest.raises(ValueError, match="255 at most"):
        encode(encoding, AcsInfo("http://" + "a" * 249))
