"""acs.txt: the octets that tell a box its ACS, in every dialect."""

import pytest

from gatekeeper.wire import Malformed
from gatekeeper.wire.acs import ENCODINGS, AcsInfo, decode_tr069, encode, oddity, show
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


@pytest.mark.parametrize("vector", vectors("acs.txt"), ids=name_of)
def test_every_dialect_is_shown_with_its_fields(vector: Vector) -> None:
    """check prints it beside the octets; a password stays unsaid."""
    encoding, *fields = vector.expected.split()
    text = show(encoding, vector.data[2:])
    for field in fields:
        name, value = field.split("=", 1)
        if name == "url" and encoding != "hex":
            assert value in text
        if name == "provisioning_code" and encoding in ("tr069", "option125"):
            assert field in text
        if name == "password":
            assert value not in text
            assert ("password=***" in text) is (encoding in ("h3c", "nested"))


@pytest.mark.parametrize(
    ("encoding", "value", "text"),
    [
        ("tr069", "0101 61 0301 35", "url=a retry_minimum_wait_s=5"),
        ("tr069", "0101 61 0700", "url=a 7=0x"),
        ("tr069", "0102 61", "010261"),
        ("plain", "61ff", "a\\xff"),
        ("h3c", "0105 6120622063", "url=a username=b password=***"),
        ("h3c", "0101 61", "url=a"),
        ("h3c", "0101 61 0202 3132", "url=a provisioning_code=12"),
        ("nested", "0101 61 0206 010162 020163", "url=a username=b password=***"),
        ("nested", "0101 61 0202 0105", "01016102020105"),
        ("option125", "00000de903 0b0161", "url=a"),
        ("option125", "00000de906 0b0161 0e0139 00000009 01 ff", "url=a retry_multiplier=9, 9=0xff"),
        ("option125", "00000de9", "00000de9"),
        ("hex", "0101 61 00 ff", "url=a"),
        ("hex", "687474", "687474"),
    ],
)
def test_octets_are_shown_as_the_dialect_has_them(encoding: str, value: str, text: str) -> None:
    """Hex where they do not fit it."""
    assert show(encoding, bytes.fromhex(value)) == text


@pytest.mark.parametrize(
    ("value", "odd"),
    [
        ("", ""),
        ("0102 6162", ""),
        ("0102 6162 ff 99", ""),  # RFC 2132 8.4: 255 ends
        ("687474703a2f2f61", ""),  # the URL itself, no sub-options
        ("0103 6162", "sub-option runs over the end: sub-option 1, at octet 0, counts 3 octets, 2 are there"),
        ("0102 6162 02", "sub-option runs over the end: sub-option 2, at octet 4, has no length"),
    ],
)
def test_octets_that_are_neither_sub_options_nor_text_are_odd(value: str, odd: str) -> None:
    """RFC 2132 8.4 recommends sub-options; manuals print ones whose length was not counted again for another URL."""
    told = oddity(bytes.fromhex(value))
    assert told == (f"{odd} (RFC 2132 8.4)" if odd else "")
