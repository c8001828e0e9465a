"""User-Name by template, and what it names. Sources: the BRAS manuals' user-name formats (NetEngine, H3C, Junos)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.nas_name import NameTemplate, compile_name, mac_of_parts, name_parts

MAC = "d4c1c8ee9b1f"
STBID = "00100199006007000000D4C1C8EE9B1F"
# (template, User-Name, the MAC or "" for none, one part or "")
FITTING = [
    ("{mac}", "d4c1c8ee9b1f", MAC, ""),
    ("{mac}@{domain}", "D4-C1-C8-EE-9B-1F@itv", MAC, "domain=itv"),
    ("{mac}@itv", "d4c1.c8ee.9b1f@itv", MAC, ""),
    ("{sysname}-{mac}-{pevlan}@{domain}", "bras1-d4c1c8ee9b1f-503@itv", MAC, "pevlan=503"),
    ("{sysname}-{mac}-{pevlan}@{domain}", "SC-CD-ME60-d4-c1-c8-ee-9b-1f-503@itv", MAC, "sysname=SC-CD-ME60"),
    ("{sysname}-{mac}-{pevlan}@{domain}", "bras1-d4c1-c8ee-9b1f-0@a.b@c", MAC, "domain=a.b@c"),
    ("{slot}/{port}/{pevlan}.{cevlan}/{mac}", "1/7/100.503/d4c1c8ee9b1f", MAC, "cevlan=503"),
    ("{any}{mac}", "any text d4c1c8ee9b1f", MAC, ""),
    ("{any}-{any}-{mac}", "a-b-c-d4c1c8ee9b1f", MAC, ""),
    ("{stbid}", STBID, MAC, ""),
    ("{stbid}@{domain}", f"{STBID}@itv", MAC, ""),
    ("{option12}@{domain}", f"{STBID}@itv", "", f"option12={STBID}"),
    ("{option60}.{mac}", "SCITV.d4c1c8ee9b1f", MAC, "option60=SCITV"),
    ("{option61}", "01d4c1c8ee9b1f", MAC, ""),
    ("{option61}", "0001d4c1c8ee9b1f", "", ""),
    ("{option61}", "my-box", "", "option61=my-box"),
    ("{mac}.{option61}", "d4c1c8ee9b1f.01d4c1c8ee9b1f", MAC, ""),
    ("{circuit_id}@{domain}", "0 0/0/0:4096.1 gz/1/1/1/1/1@itv", "", "circuit_id=0 0/0/0:4096.1 gz/1/1/1/1/1"),
    ("{ip}/{gateway}", "10.20.1.7/10.20.0.1", "", "gateway=10.20.0.1"),
    ("a.b+{mac}", "a.b+d4c1c8ee9b1f", MAC, ""),
    ("{slot}{port}", "1234567", "", "port=67"),
    ("{sysname}-{mac}-{any}-{pevlan}", "a-b-d4c1c8ee9b1f-c-d-503", MAC, "sysname=a-b"),
]  # fmt: skip
NOT_FITTING = [
    ("{mac}", "d4c1c8ee9b1f0"),
    ("{mac}", "0d4c1c8ee9b1f"),
    ("{mac}", "d4c1c8ee9b1f@itv"),
    ("{mac}", "d4c1c8ee9b1f\n"),
    ("{mac}", ""),
    ("{mac}@{domain}", "d4c1c8ee9b1f@"),
    ("{mac}@{domain}", "d4c1c8ee9b1f"),
    ("{sysname}-{mac}", "-d4c1c8ee9b1f"),
    ("{pevlan}.{mac}", "503d.d4c1c8ee9b1f"),
    ("{pevlan}.{mac}", "100000.d4c1c8ee9b1f"),
    ("a.b+{mac}", "aXb+d4c1c8ee9b1f"),
    ("{stbid}", STBID[1:]),
    ("{slot}{port}", "12345"),
    ("{mac}{stbid}", f"d4c1c8ee9b1f0{STBID}"),
    ("{ip}7", "10.20.1.77"),
]


@pytest.mark.parametrize(("template", "name", "mac", "part"), FITTING)
def test_a_name_that_fits_says_its_parts(template: str, name: str, mac: str, part: str) -> None:
    """A free part may hold what stands behind it: it ends where the rest fits for the first time."""
    parts = name_parts(compile_name(template), name.encode())
    assert parts is not None
    assert mac_of_parts(parts) == (bytes.fromhex(mac), True)
    key, _, value = part.partition("=")
    assert not part or parts[key] == value


@pytest.mark.parametrize(("template", "name"), NOT_FITTING)
def test_a_name_that_does_not_fit_has_no_parts(template: str, name: str) -> None:
    """All of it must fit."""
    assert name_parts(compile_name(template), name.encode()) is None


@pytest.mark.parametrize(
    ("template", "name"),
    [("{mac}.{option61}", "d4c1c8ee9b1f.01d4c1c8ee9b20"), ("{mac}", "d4:c1-c8:ee-9b:1f"),
     ("{mac}/{stbid}", f"d4c1c8ee9b20/{STBID}")],
)  # fmt: skip
def test_parts_that_disagree_name_nobody(template: str, name: str) -> None:
    """And a MAC with two kinds of separators is none."""
    parts = name_parts(compile_name(template), name.encode())
    assert parts is not None
    assert mac_of_parts(parts) == (b"", False)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("line", "a part in braces"),
        ("", "a part in braces"),
        ("{}", "no part of a name"),
        ("{imsi}", "no part of a name"),
        ("{mac", "no part of a name"),
        ("mac}", "no part of a name"),
        ("{mac}{mac}", "{mac} is there twice"),
        ("{sysname}{domain}", "need text between them"),
        ("{any}{any}", "need text between them"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(template: str, why: str) -> None:
    """At load, in words."""
    with pytest.raises(ValueError, match=why):
        compile_name(template)


TEMPLATES = (
    "{any}-{sysname}-{remote_id}-{mac}@{domain}",
    "{any}.{option82}{mac}",
    "{circuit_id}@{domain}",
    "{option61}",
)
HOSTILE = [b"-" * 253, b"a-" * 126, b"d4-c1-" * 42, b"1" * 253, b"@" * 253, b"d4c1c8ee9b1" * 23, b"." * 253, bytes(253)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_strangers_name_costs_no_more_than_its_length(template: str) -> None:
    """Sixteen times the octets take no more than about sixteen times as long; twice that is let pass."""
    compiled = compile_name(template)
    for name in HOSTILE:
        spent = [min(_seconds(compiled, text) for _ in range(3)) for text in (name * 16, name * 256)]
        assert spent[1] < max(spent[0], 1e-5) * 64, name


def _seconds(template: NameTemplate, name: bytes) -> float:
    began = time.perf_counter()
    name_parts.__wrapped__(template, name)
    return time.perf_counter() - began


@given(st.sampled_from(TEMPLATES), st.binary(max_size=253))
def test_any_octets_are_a_name_or_none(template: str, name: bytes) -> None:
    """And what it names is a MAC or nothing."""
    parts = name_parts(compile_name(template), name)
    assert parts is None or len(mac_of_parts(parts)[0]) in (0, 6)
