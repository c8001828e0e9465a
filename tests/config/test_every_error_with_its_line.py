"""Contract 2: unknown keys are errors with a "did you mean"; all errors are reported, each with its line.

In these files the line of every error ends in ``#!``.
"""

from pathlib import Path

import pytest

from tests.config.book import marked, problems

SUBNET = '[dhcp]\nlisten = ["10.20.0.2:67"]\n[[dhcp.subnet]]\nnetwork = "10.20.0.0/16"\n'
CLIENT = '[[radius.client]]\nname = "a"\nipaddr = "192.0.2.1"\nsecret = "s"\n'

FILES: list[tuple[str, str, list[str]]] = [
    ("unknown table", "[dhpc] #!\n", ["dhpc: unknown key: did you mean 'dhcp'?"]),
    ("unknown key", "[dhcp]\noffers_s = 5 #!\n", ["dhcp.offers_s: unknown key: did you mean 'offer_s'?"]),
    ("unknown key that resembles none", "[dhcp]\nzzz = 5 #!\n", ["dhcp.zzz: unknown key"]),
    ("unknown key at the top", 'stor = "x" #!\n', ["stor: unknown key: did you mean 'store'?"]),
    ("a dotted key", "dhcp.offer_s = 0 #!\n", ["dhcp.offer_s: Input should be greater than or equal to 1"]),
    ("a quoted key", '["dhcp"]\n"offer_s" = 0 #!\n', ["dhcp.offer_s: Input should be greater"]),
    ("blanks everywhere", " [ dhcp ] \n  offer_s  =  0 #!\n", ["dhcp.offer_s: Input should be greater"]),
    (
        "in the second element of an array of tables",
        SUBNET + '[[dhcp.subnet]]\nnetwork = "10.30.0.0/16"\nlease = 5 #!\n',
        ["dhcp.subnet[1].lease: unknown key: did you mean 'lease_s'?"],
    ),
    (
        "in a table inside the second element",
        SUBNET + '[[dhcp.subnet]]\nnetwork = "10.30.0.0/16"\n[dhcp.subnet.options]\n42 = "x" #!\nnope = 1 #!\n',
        ["dhcp.subnet[1].options.42: not an IPv4 address: 'x'", "dhcp.subnet[1].options.nope: no such option"],
    ),
    (
        "a missing key is told at its table",
        SUBNET + '[[dhcp.subnet]] #!\nlease_s = 5\n[[radius.client]] #!\nname = "a"\nipaddr = "192.0.2.1"\n',
        ["dhcp.subnet[1].network: is missing", "radius.client[0].secret: is missing"],
    ),
    (
        "an element of an array over several lines is told at its key",
        '[dhcp]\nlisten = [ #!\n  "10.20.0.2:67", # one "[" and one \'\n  "10.20.0.2", # port\n]\noffer_s = 0 #!\n',
        ["dhcp.listen[1]: an endpoint is written ADDRESS:PORT", "dhcp.offer_s: Input should be greater"],
    ),
    (
        "lines that look like keys inside a string over several lines",
        '[radius]\n[[radius.client]]\nname = "a"\nipaddr = "192.0.2.1"\n'
        'secret = """\n[dhcp]\nname = 5\n"""\nnas = "x" #!\n',
        ["radius.client[0].nas: 'x' is none of generic huawei zte h3c"],
    ),
    (
        "an array inside an inline table over several lines",
        SUBNET + 'options = { 121 = [ #!\n "10.0.0.0/8",\n ], domain-name = 7 }\nlease_s = 0 #!\n',
        [
            "dhcp.subnet[0].options.121: a route is written",
            "dhcp.subnet[0].options.domain-name: a value of type text",
            "dhcp.subnet[0].lease_s: Input should be greater",
        ],
    ),
    ("a table where a list is wanted",
     '[dhcp]\nlisten = ["10.20.0.2:67"]\n[dhcp.subnet] #!\nnetwork = 5\n',
     ["dhcp.subnet: Input should be a valid list"]),
    ("a value where a table is wanted", "radius = 5 #!\n", ["radius: Input should be a valid dictionary"]),
    (
        "many at once, in the sequence of the file",
        '[store]\nurl = 5 #!\n[acs]\nurl = "ftp://x" #!\nencoding = "tr96" #!\n[binding]\nport = "strickt" #!\n'
        "boxes_per_account = 0 #!\n[api]\nport = 1 #!\n",
        ["store.url: Input should be a valid string", "acs.url: an http:// or https:// URL",
         "acs.encoding: 'tr96' is none",
         "binding.port: 'strickt' is none of off learn strict", "binding.boxes_per_account: Input should be greater",
         "api.port: unknown key"],
    ),
    (
        "elements keep their number when others before them are wrong",
        SUBNET.replace('network = "10.20.0.0/16"', 'network = "10.20.0.1/16" #!')
        + '[[dhcp.subnet]]\nnetwork = "10.30.0.0/16"\npools = ["10.40.0.1-10.40.0.2"] #!\n',
        ["dhcp.subnet[0].network: 10.20.0.1/16 has bits behind its mask: did you mean 10.20.0.0/16?",
         "dhcp.subnet[1].pools: 10.40.0.1-10.40.0.2 is outside 10.30.0.0/16"],
    ),
    (
        "a wrong password mode",
        CLIENT + 'mac_password = { shard = "x" } #!\n',
        ['radius.client[0].mac_password: "mac", "any" or { shared = "…" } is wanted'],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "expected"), FILES, ids=[row[0] for row in FILES])
def test_every_error_is_told_with_its_line(tmp_path: Path, what: str, text: str, expected: list[str]) -> None:
    """In the sequence of the file, none twice, none missing."""
    found = problems(tmp_path, text)
    assert len(found) == len(expected), found
    for (_, told), wanted in zip(found, expected, strict=True):
        assert told.startswith(wanted), found
    assert sorted({line for line, _ in found}) == marked(text), found


@pytest.mark.parametrize(
    ("text", "line"),
    [("[dhcp\n", 1), ("[dhcp]\nlisten = [1\nx = 2\n", 3), ("[dhcp]\n\na = 1\na = 2\n", 4), ("[dhcp]\nx = \n", 2)],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    """One problem; nothing else can be said."""
    ((found, told),) = problems(tmp_path, text)
    assert (found, told[:8]) == (line, "not TOML")


def test_a_list_where_a_table_is_wanted_is_told_with_its_line(tmp_path: Path) -> None:
    """Contract 2."""
    ((line, told),) = problems(tmp_path, '[store]\nurl = "sqlite:x"\n[[acs]]\n')
    assert "acs: Input should be a valid dictionary" in told
    assert line == 3


def test_toml_that_ends_too_early_is_told_with_its_last_line(tmp_path: Path) -> None:
    """Contract 2: each with file:line."""
    ((line, _),) = problems(tmp_path, '[dhcp]\nlisten = ["10.20.0.2:67"')
    assert line == 2


def test_other_line_separators_are_no_line_ends(tmp_path: Path) -> None:
    """TOML: a line ends in LF or CRLF. U+2028 comes with text that was pasted."""
    ((line, _),) = problems(tmp_path, "# one\u2028line\n[dhcp]\noffer_s = 0\n")
    assert line == 3


def test_windows_line_ends_count_once(tmp_path: Path) -> None:
    """CRLF."""
    file = tmp_path / "gatekeeper.toml"
    file.write_bytes(b"[dhcp]\r\n\r\noffer_s = 0\r\n")
    from gatekeeper.config import ConfigError
    from gatekeeper.config.load import load_file

    with pytest.raises(ConfigError, match=r"gatekeeper\.toml:3: dhcp\.offer_s"):
        load_file(file)
