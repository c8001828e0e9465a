"""Whatever is in a file, it becomes lines of orders, or a refusal with its place; it never breaks the reader."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import FORMATS, walk_orders

# Pieces that mean something to one of the formats.
PIECES = st.sampled_from(
    [
        *("order,account,mac\n", "kind", ",", ";", '"', "'", "\n", "\r\n", "\r", "\t", " ", "\0", "\\", "#", "//"),
        *("/*", "*/", "dhcp-host=", "id:*", "[::1]", "ignore", "1h", "infinite", "d4:c1:c8:ee:9b:1f"),
        *("10.20.1.7", "box1", '[ { "hw-address": ', '"d4c1c8ee9b1f"', "{", "}", "[", "]", ":", '"reservations"'),
        *("<?include", "1e999", "d4c1c8ee9b1f", " Auth-Type := ", "Framed-IP-Address = ", "$INCLUDE x"),
        'Mikrotik-Rate-Limit = "1k/99999G"', "host x {", "lease 10.20.1.7 {", "hardware ethernet", "fixed-address", ";",
        *("config host", "option mac", "list ip", "binding state active", "address,hwaddr,valid_lifetime\n", "sep=;"),
    ]
)  # fmt: skip
TEXT = st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["reservations", "hw-address", "ip-address", "hostname", "user-context", "client-classes"]),
            inner | st.just("d4c1c8ee9b1f"),
        )
    ),
)


def _walk(folder: Path, form: str, content: bytes) -> None:
    file = folder / "file"
    file.write_bytes(content)
    walk_orders(form, file)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=40))
def test_any_file(tmp_path: Path, form: str, content: bytes) -> None:
    """Text of any encoding, and octets of none."""
    _walk(tmp_path, form, content)
    _walk(tmp_path, form, b"order,account\n" + content)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=JSON)
def test_any_json(tmp_path: Path, found: object) -> None:
    """Of any shape, with values of any type."""
    _walk(tmp_path, "kea", json.dumps([found]).encode())
    _walk(tmp_path, "kea", json.dumps({"Dhcp4": found, "reservations": [found]}).encode())
