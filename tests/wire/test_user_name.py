"""The name that AAA is asked about, by template."""

import pytest

from gatekeeper.wire.user_name import Said, mac_field, parse_template, render_name

MAC = bytes.fromhex("d4c1c8ee9b1f")
STBID = b"00100199006007000000D4C1C8EE9B1F"
SAID = Said(MAC, {12: STBID, 60: b"SCITV", 61: b"\x01" + MAC}, b"ge 1/0/7", b"olt7", 0x0A140001)

NAMES = [
    ("{mac}", "d4c1c8ee9b1f"),
    ("{MAC}", "D4C1C8EE9B1F"),
    ("{mac-}", "d4-c1-c8-ee-9b-1f"),
    ("{MAC-}", "D4-C1-C8-EE-9B-1F"),
    ("{mac:}", "d4:c1:c8:ee:9b:1f"),
    ("{MAC:}", "D4:C1:C8:EE:9B:1F"),
    ("{mac.}", "d4c1.c8ee.9b1f"),
    ("{MAC.}", "D4C1.C8EE.9B1F"),
    ("{mac-4}", "d4c1-c8ee-9b1f"),
    ("{MAC-4}", "D4C1-C8EE-9B1F"),
    ("{mac}@itv", "d4c1c8ee9b1f@itv"),
    ("{stbid}", STBID.decode()),
    ("{option60}:{option12}", f"SCITV:{STBID.decode()}"),
    ("{option61}", "0x01d4c1c8ee9b1f"),
    ("{giaddr}|{circuit_id}|{remote_id}", "10.20.0.1|ge 1/0/7|olt7"),
    ("line", "line"),
]


@pytest.mark.parametrize(("template", "name"), NAMES)
def test_a_template_makes_this_name(template: str, name: str) -> None:
    assert render_name(parse_template(template), SAID) == (name, "")


@pytest.mark.parametrize("field", ["option12", "option60", "option61", "circuit_id", "remote_id", "giaddr", "stbid"])
def test_what_the_message_says_nothing_of_is_named(field: str) -> None:
    """And there is no name: half of one might be another box's."""
    silent = Said(MAC, {}, b"", b"", 0)
    assert render_name(parse_template(f"{{mac}}-{{{field}}}"), silent) == ("", field)


@pytest.mark.parametrize("text", [STBID[:-1] + b"E", STBID[1:], b"stb"], ids=["another MAC's", "short", "no STBID"])
def test_an_stbid_is_believed_only_with_the_boxes_own_mac(text: bytes) -> None:
    assert render_name(parse_template("{stbid}"), SAID._replace(options={12: text})) == ("", "stbid")


@pytest.mark.parametrize(
    ("template", "told"),
    [("{mca}", "did you mean {mac}?"), ("{xyz}", "there are mac mac-"), ("{mac", "without its other half"),
     ("mac}", "without its other half"), ("{{mac}}", "without its other half"), ("{}", "is no field")],
)  # fmt: skip
def test_a_template_that_makes_no_sense_says_why(template: str, told: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_template(template)
    assert told in str(refused.value)


def test_the_password_is_spelled_as_the_first_mac_of_the_name() -> None:
    assert [mac_field(parse_template(text)) for text in ("{option12}{MAC-}{mac}", "{circuit_id}")] == ["MAC-", ""]
