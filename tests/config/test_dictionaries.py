"""Dictionaries as they lie about: FreeRADIUS's own folder, and files with what people's editors and versions leave."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.config.dictionary import Dictionary, shipped_folder
from gatekeeper.wire.nas import DIALECTS, AttributeCode
from tests.config.book import load_text, marked, problems

FREERADIUS = Path("/usr/share/freeradius")
CLIENT = '[[radius.client]]\nname = "a"\nipaddr = "192.0.2.1"\nsecret = "a long random one"\n'
ACME = "VENDOR Acme 99999\nBEGIN-VENDOR Acme\n{}\nEND-VENDOR Acme\n"


def _read(folder: Path, text: str | bytes, name: str = "dictionary") -> Dictionary:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return Dictionary([folder])


def _told(code: AttributeCode) -> tuple[int, int, str]:
    return code.vendor, code.code, code.kind


@pytest.fixture(scope="module")
def freeradius() -> Dictionary:
    if not (FREERADIUS / "dictionary").is_file():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {FREERADIUS}: install freeradius-common")
        pytest.skip(f"no {FREERADIUS}: freeradius-common is not installed")
    return Dictionary([FREERADIUS])


def test_the_folder_that_debian_ships_is_read_whole(freeradius: Dictionary) -> None:
    """Debian 12's 237 files: types in capitals, TLVs, extended attributes, vendors' formats: nothing is passed over."""
    assert freeradius.note() == ""
    told = [freeradius.attribute(name) for name in ("Juniper-Primary-Dns", "Tunnel-Private-Group-Id:1", "USR-Event-Id")]
    assert [(one.vendor, one.code, one.tag, one.type_octets, one.length_octets) for one in told] == [
        (2636, 31, -1, 1, 1), (0, 81, 1, 1, 1), (429, 0xBFBE, -1, 4, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialects_row_means_the_same_beside_debians_folder(freeradius: Dictionary, dialect: str) -> None:
    """It comes from other hands; numbers and types of what we send are ours."""
    shipped = Dictionary()
    for row in DIALECTS[dialect].rates:
        assert _told(freeradius.attribute(row.attribute)) == _told(shipped.attribute(row.attribute))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Tunnel-Password:1", "is encrypted"),
        ("MS-MPPE-Send-Key", "is encrypted"),
        ("WiMAX-Capability", "holds other attributes"),
        ("WiMAX-Release", "stands inside another attribute"),
        ("WiMAX-DNS-Server", "format=1,1,c"),
        ("Frag-Status", "stands inside another attribute"),
        ("Vendor-Specific", "holds other attributes"),
        ("Cleartext-Password", "the number 1100, which is never on the wire"),
        ("Filter-Id:1", "Filter-Id has no tag"),
        ("Tunnel-Type:32", "a number from 0 to 31"),
        ("Tunnel-Type:", "a number from 0 to 31"),
        ("Tunel-Type", "did you mean 'Tunnel-Type'?"),
    ],
)
def test_what_cannot_be_sent_says_why(freeradius: Dictionary, name: str, why: str) -> None:
    """RFC 2868 3.1, 3.5; RFC 5904; RFC 6929; dictionary.freeradius.internal."""
    with pytest.raises(ValueError, match=why.replace("?", r"\?")):
        freeradius.attribute(name)


@pytest.mark.parametrize(
    "line",
    [
        "ATTRIBUTE Acme-Name 7 String",
        "attribute ACME-NAME 0x07 STRING",
        "Attribute\tAcme-Name\t7\ttext\t# a name",
        "ATTRIBUTE Acme-Name 7 string array",
        "ATTRIBUTE Acme-Name 7 string virtual,secret",
        "ATTRIBUTE Name 7 string",  # version 4: the vendor is no part of the name
        "ATTRIBUTE Acme-Name 7 string Acme",  # version 1
        "END-VENDOR Acme\nATTRIBUTE Acme-Name 26.99999.7 string\nBEGIN-VENDOR Acme",
        "ATTRIBUTE Acme-Name 7 string has_tag,format=x",
        "END-VENDOR Acme\nATTRIBUTE Acme-Name 7 string vendor=Acme\nBEGIN-VENDOR Acme",  # radcli
    ],
)
def test_names_types_and_keywords_are_the_same_in_any_case(tmp_path: Path, line: str) -> None:
    """pyradius/pyrad#4; dictionary.juniper of 3.2.1."""
    found = _read(tmp_path, ACME.format(line))
    assert found.note() == ""
    assert _told(found.attribute("acme-name")) == (99999, 7, "string")


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("ATTRIBUTE Acme-Odd 8 quaternion", "dictionary:4: attribute Acme-Odd: type 'quaternion' is not known"),
        ("ATTRIBUTE Acme-Odd eight string", "dictionary:4: attribute Acme-Odd: 'eight' is no number"),
        ("ATTRIBUTE Acme-Odd 8", "dictionary:4: Acme-Odd 8: 3 words are wanted"),
        ("ATTRIBUTE Acme-Odd 8 string Nobody", "'Nobody' is neither a flag nor a vendor"),
        ("ATTRIBUTE Acme-Name 8 string", "another number is said of it already (dictionary:3)"),
        ("VALUE Acme-Nothing On 1", "VALUE On of an attribute Acme-Nothing that is not there"),
        ("VALUE Acme-Number On one", "dictionary:4: 'one' is no number"),
        ("$INCLUDE dictionary.gone", "dictionary:4: $INCLUDE dictionary.gone: No such file or directory"),
        ("$INCLUDE", "$INCLUDE names no file"),
        ("<<<<<<< HEAD", "the keyword '<<<<<<<' is not known"),
        ("VENDOR Other 4 format=9", "'format=9' is no format"),
        ("END-TLV X\nEND-VENDOR X", "an end without a beginning"),
    ],
)
def test_one_odd_line_is_passed_over_and_named(tmp_path: Path, bad: str, told: str) -> None:
    """Never the folder: what stands in front of the line and behind it is there."""
    text = "VENDOR Acme 99999\nBEGIN-VENDOR Acme\nATTRIBUTE Acme-Name 7 string\n" + bad
    found = _read(tmp_path, f"{text}\nATTRIBUTE Acme-Number 9 integer Acme\nVALUE Acme-Number Off 0\n")
    assert found.attribute("Acme-Name").place() == (99999, 7)
    assert found.attribute("Acme-Number").place() == (99999, 9)
    assert found.number("Acme-Number", "off") == 0
    assert found.note().startswith("1 lines of the dictionaries passed over: ")
    assert told in found.note()


def test_the_first_of_what_was_passed_over_is_told_and_all_of_it_counted(tmp_path: Path) -> None:
    """check prints it."""
    (tmp_path / "mine").mkdir()
    lines = "\n".join(f"ATTRIBUTE Acme-{number} {number} quaternion" for number in range(1, 9))
    _read(tmp_path / "mine", ACME.format(lines))
    (note,) = load_text(tmp_path, '[radius]\ndictionaries = "mine"\n' + CLIENT).notes
    assert note.startswith("8 lines of the dictionaries passed over: dictionary:3: attribute Acme-1: type")
    assert "Acme-3" in note and "Acme-4" not in note


def test_an_attribute_that_was_passed_over_is_missed_with_its_line(tmp_path: Path) -> None:
    """Who names it learns why it is not there."""
    (tmp_path / "mine").mkdir()
    _read(tmp_path / "mine", ACME.format("ATTRIBUTE Acme-Odd 8 quaternion"))
    text = '[radius]\ndictionaries = "mine"\n' + CLIENT + 'reply = { "Acme-Odd" = "x" } #!\n'
    ((line, told),) = problems(tmp_path, text)
    assert "lack Acme-Odd, which was passed over: dictionary:3: type 'quaternion' is not known" in told
    assert [line] == marked(text)


@pytest.mark.parametrize(
    "octets",
    [
        "ATTRIBUTE Acme-Name 7 string # für".encode("latin-1"),
        "ATTRIBUTE Acme-Name 7 string # 机顶盒".encode(),
        "ATTRIBUTE Acme-Name 7 string # 机顶盒".encode("gbk"),
        b"ATTRIBUTE Acme-Name 7 string # and so on\x85 and on",
        b"ATTRIBUTE Acme-Name 7 string\r",
    ],
    ids=["latin-1", "utf-8", "gbk", "windows-1252", "carriage return"],
)
def test_comments_may_be_in_any_encoding(tmp_path: Path, octets: bytes) -> None:
    """A comment's letters are nobody's business."""
    found = _read(tmp_path, ACME.encode().replace(b"{}", octets))
    assert (found.note(), found.attribute("Acme-Name").code) == ("", 7)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_letter(tmp_path: Path, encoding: str) -> None:
    """Windows editors write them."""
    found = _read(tmp_path, ACME.format("ATTRIBUTE Acme-Name 7 string").encode(encoding))
    assert (found.note(), found.attribute("Acme-Name").vendor) == ("", 99999)


def test_what_stands_in_the_block_of_an_unknown_vendor_is_not_standard(tmp_path: Path) -> None:
    """Or User-Name would become somebody's attribute 1."""
    found = _read(
        tmp_path, "BEGIN-VENDOR Nobody\nATTRIBUTE User-Name 7 octets\nVALUE User-Name A 1\nEND-VENDOR Nobody\n"
    )
    assert "BEGIN-VENDOR Nobody: no such vendor" in found.note()
    assert _told(found.attribute("User-Name")) == (0, 1, "string")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("BEGIN-TLV Acme-Box\nATTRIBUTE Acme-Part 7 string\nEND-TLV Acme-Box", "Acme-Part"),
        ("ATTRIBUTE Acme-Part 6.7 string", "Acme-Part"),
        ("ATTRIBUTE Acme-Part .7 string", "Acme-Part"),
        ("BEGIN Acme-Box\nATTRIBUTE Acme-Part 7 string\nEND Acme-Box", "Acme-Part"),
        ("BEGIN-VENDOR Acme format=Extended-Vendor-Specific-1\nATTRIBUTE Acme-Part 7 string\nEND-VENDOR", "Acme-Part"),
    ],
)
def test_a_part_of_a_tlv_is_no_attribute_of_its_number(tmp_path: Path, text: str, name: str) -> None:
    """Versions 3 and 4; attribute 7 of the vendor is another one."""
    found = _read(tmp_path, ACME.format(f"ATTRIBUTE Acme-Box 6 tlv\n{text}\nATTRIBUTE Acme-Seven 7 integer"))
    assert found.note() == ""
    with pytest.raises(ValueError, match="stands inside another attribute"):
        found.attribute(name)
    meaning = found.describe(99999, 7)
    assert meaning and meaning.name == "Acme-Seven"


def test_version_4_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Other protocols' attributes are none of ours."""
    text = """PROTOCOL RADIUS 1 verify=lib
BEGIN-PROTOCOL RADIUS
FLAGS internal
ATTRIBUTE Vendor-Specific 26 vsa
VENDOR Other 99998
BEGIN-VENDOR Other
ATTRIBUTE AVPair 2 string
END-VENDOR Other
VENDOR Acme 99999
BEGIN-VENDOR Acme
ATTRIBUTE AVPair 1 string
ATTRIBUTE NAS-Port 2 string
ATTRIBUTE Session-Timeout 3 integer
VALUE Session-Timeout Never 0
DEFINE Something struct
MEMBER Part uint8
END-VENDOR Acme
ALIAS Old-Pair Vendor-Specific.Acme.AVPair
ALIAS Old-Port 26.99999.2
ALIAS Old-Filter 11
ATTRIBUTE Extended-Attribute-9 241 tlv extended
END-PROTOCOL RADIUS
BEGIN-PROTOCOL DHCPv4
ATTRIBUTE User-Name 199 octets
END-PROTOCOL DHCPv4
ATTRIBUTE Framed-Something 199 ipv4addr
"""
    found = _read(tmp_path, text)
    assert found.note() == ""
    assert [found.attribute(name).place() for name in ("Acme-AVPair", "Old-Pair")] == [(99999, 1)] * 2
    assert found.attribute("Other-AVPair").place() == (99998, 2)
    ports = [found.attribute(name).place() for name in ("NAS-Port", "Acme-NAS-Port", "Old-Port", "Old-Filter")]
    assert ports == [(0, 5), (99999, 2), (99999, 2), (0, 11)]
    assert (found.number("Acme-Session-Timeout", "never"), found.number("Session-Timeout", "never")) == (0, None)
    assert found.attribute("User-Name").code == 1
    assert _told(found.attribute("Framed-Something")) == (0, 199, "ipaddr")


def test_includes_are_relative_absolute_optional_and_never_endless(tmp_path: Path) -> None:
    """$INCLUDE and $INCLUDE- of dictionary(5). What an included file leaves open ends with it."""
    (tmp_path / "more").mkdir()
    other = tmp_path / "dictionary.other"
    other.write_text("ATTRIBUTE Other-One 201 string\n$INCLUDE dictionary\nVENDOR Acme 9\nBEGIN-VENDOR Acme\n")
    (tmp_path / "more" / "dictionary.third").write_text(
        "ATTRIBUTE Other-Two 202 string\n$INCLUDE ../dictionary.other\n"
    )
    text = f'$INCLUDE {other}\n$INCLUDE- dictionary.local\n$INCLUDE "more/dictionary.third"\n'
    found = _read(tmp_path, text + "ATTRIBUTE Other-Three 203 string\n")
    assert found.note() == ""
    names = "Other-One", "Other-Two", "Other-Three"
    assert [found.attribute(name).place() for name in names] == [(0, 201), (0, 202), (0, 203)]


def test_includes_have_a_bottom(tmp_path: Path) -> None:
    """What lies too deep is passed over, not what lies above it."""
    for number in range(60):
        text = f"ATTRIBUTE Deep-{number} {number + 190} string\n$INCLUDE dictionary.{number + 1}\n"
        (tmp_path / f"dictionary.{number}").write_text(text)
    found = _read(tmp_path, "$INCLUDE dictionary.0\n")
    assert found.attribute("Deep-48").code == 238
    assert found.note().startswith(
        "1 lines of the dictionaries passed over: dictionary.48:2: $INCLUDE dictionary.49: over"
    )


_WORDS = (
    "ATTRIBUTE VALUE VENDOR BEGIN-VENDOR END-VENDOR BEGIN-TLV END-TLV BEGIN END ALIAS BEGIN-PROTOCOL $INCLUDE Acme"
    " Acme-Box string tlv integer 1 .2 1.2 26.9.1 0x1f octets[6] format=2,1 format=Extended has_tag encrypt=2 -1"
    " dictionary"
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(_WORDS.split()) | st.text(max_size=5), max_size=6), max_size=12))
def test_no_line_of_any_kind_refuses_the_others(tmp_path: Path, lines: list[list[str]]) -> None:
    """Whatever stands above it, the last file's attribute is there."""
    text = "\n".join(" ".join(words) for words in lines)
    (tmp_path / "dictionary.odd").write_bytes(text.encode("utf-8", "surrogatepass"))
    found = _read(tmp_path, "$INCLUDE dictionary.odd\nEND-PROTOCOL\nATTRIBUTE Last-Of-All 250 string\n")
    assert found.attribute("Last-Of-All").place() == (0, 250)


@pytest.mark.parametrize(
    "value", ['"one"', '"one/dictionary"', '["one/dictionary.acme", "two"]', '"two"'],
    ids=["a folder", "a file", "files and folders", "a folder of vendors' files"],
)  # fmt: skip
def test_a_folder_a_file_or_a_list_of_them(tmp_path: Path, value: str) -> None:
    """A folder without a file ``dictionary`` is read file by file."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "dictionary").write_text("$INCLUDE dictionary.acme\n")
    for name in ("one", "two"):
        (tmp_path / name / "dictionary.acme").write_text(ACME.format("ATTRIBUTE Acme-Name 7 string"))
    text = f'[radius]\ndictionaries = {value}\n{CLIENT}reply = {{ "Acme-Name" = "x", "Filter-Id" = "y" }}\n'
    (nas,) = load_text(tmp_path, text).book.clients
    assert [row.code.place() for row in nas.rates] == [(99999, 7), (0, 11)]


def test_a_number_under_an_unnamed_vendor_is_not_standard(tmp_path: Path) -> None:
    """26.VENDOR.NUMBER of version 3."""
    assert _read(tmp_path, "ATTRIBUTE Somebodys 26.4242.7 string\n").attribute("Somebodys").place() == (4242, 7)


def test_dictionaries_that_cannot_be_read_hide_no_other_error(tmp_path: Path) -> None:
    """But nothing that is named is said to be lacking."""
    text = f'[radius]\ndictionaries = ["gone"] #!\n{CLIENT}reply = {{ "Acme-Name" = 1 }}\n'
    text += CLIENT.replace('"a"', '"a" #!').replace("192.0.2.1", "192.0.2.2")
    found = problems(tmp_path, text)
    assert [line for line, _ in found] == marked(text)
    assert "name a folder that holds FreeRADIUS dictionaries" in found[0][1]


def test_ones_own_word_on_a_shipped_attribute_stands(tmp_path: Path) -> None:
    """And its values' names are added to those that it has."""
    text = "ATTRIBUTE Filter-Id 199 octets\nATTRIBUTE Tunnel-Type 64 integer has_tag\nVALUE Tunnel-Type SPECIAL 99\n"
    found = _read(tmp_path, text)
    assert (found.note(), _told(found.attribute("Filter-Id"))) == ("", (0, 199, "octets"))
    assert (found.number("tunnel-type", "special"), found.number("tunnel-type", "vlan")) == (99, 13)


def test_the_shipped_dictionaries_are_read_whole() -> None:
    """Each of their lines, and each file is included."""
    shipped = Dictionary()
    assert shipped.note() == ""
    text = (shipped_folder() / "dictionary").read_text()
    assert all(f"$INCLUDE {file.name}\n" in text for file in shipped_folder().glob("dictionary.*"))


def test_every_shipped_attribute_is_what_freeradius_calls_it(freeradius: Dictionary) -> None:
    """Where both know it: the same vendor and number."""
    shipped = Dictionary()
    for vendor, code in ((0, 56), (0, 59), (0, 64), (0, 65), (0, 81), (0, 83), (0, 92), (0, 123), (0, 168)):
        ours, theirs = shipped.describe(vendor, code), freeradius.describe(vendor, code)
        assert (
            ours and theirs and (ours.name, ours.kind, ours.is_tagged) == (theirs.name, theirs.kind, theirs.is_tagged)
        )
        assert ours.values.items() <= theirs.values.items() | {(b"\0\0\0\1", "IPv4")}
