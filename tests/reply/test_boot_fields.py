"""What a box starts from, and what its class and its plan are told beside the subnet (RFC 2131 2, RFC 2132 9.4, 9.5).

KreaTV, Infomir's MAG and Amino boxes read siaddr and file; others ask for options 66 and 67.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.reply.layout import lay_out
from gatekeeper.wire.dhcp import ACK, INFORM, OFFER, decode, split_option
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import CONFIG
from tests.reply.test_dhcp_reply import Counter, codes

SUBNET = 'next_server = "10.20.0.9"\nboot_file = "stb/kernel.bin"\nserver_name = "tftp.example.net"\n'
MORE = """
[[dhcp.class]]
match = "KreaTV"
next_server = "10.20.0.10"
boot_file = "kreatv/bootimage"
options = { 43 = "0x0a 0x0b", ntp-servers = "10.20.0.10" }

[[dhcp.class]]
exact = "MAG250"
force = true
options = { 67 = "mag/imageupdate", 224 = "01" }

[[dhcp.class]]
match = "KreaTV slow"
next_server = "10.20.0.11"

[[dhcp.profile]]
plan = "gold"
boot_file = "gold.bin"
options = { domain-name = "gold.example.net" }

[[dhcp.profile]]
plan = "bare"
next_server = "0.0.0.0"
server_name = ""
boot_file = ""
lease_s = 600
"""


def boot_config(keys: str = SUBNET, more: str = MORE) -> str:
    """The usual configuration with these keys in its first subnet, and these tables."""
    return CONFIG.replace("lease_s = 3600\n", f"lease_s = 3600\n{keys}", 1) + more


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path, boot_config())


class Start:
    """siaddr, sname, file and the options of a reply."""

    def __init__(self, reply: bytes) -> None:
        message = decode(reply)
        self.siaddr, self.options = message.siaddr, message.options
        self.sname, self.file = (area.rstrip(b"\0") for area in (reply[44:108], reply[108:236]))


def start(counter: Counter, make: bytes = b"", plan: str = "", kind: int = ACK, asked: bytes = b"\x01") -> Start:
    options = {55: asked} | ({60: make} if make else {})
    return Start(counter.grant(kind, options, plan=plan))


@pytest.mark.parametrize("kind", [OFFER, ACK, INFORM])
def test_every_grant_tells_what_to_start_from(counter: Counter, kind: int) -> None:
    """RFC 2131 table 3: siaddr, sname and file in OFFER and ACK; 4.3.5: an INFORM's ACK has local configuration."""
    told = start(counter, kind=kind)
    assert told.siaddr == parse_ip("10.20.0.9")
    assert (told.sname, told.file) == (b"tftp.example.net", b"stb/kernel.bin")
    assert not {66, 67} & told.options.keys()


def test_rfc2131_table_3_a_nak_tells_nothing_to_start_from(counter: Counter) -> None:
    told = Start(counter.nak())
    assert (told.siaddr, told.sname, told.file) == (0, b"", b"")


@pytest.mark.parametrize(
    ("asked", "sent"), [(b"\x01", set()), (b"\x42\x01", {66}), (b"\x43", {67}), (b"\x42\x43", {66, 67}), (b"", set())]
)
def test_who_asks_for_options_66_and_67_has_them_beside_the_header(
    counter: Counter, asked: bytes, sent: set[int]
) -> None:
    """RFC 2132 9.4, 9.5. A box without a request list reads the header."""
    told = start(counter, asked=asked)
    assert {66, 67} & told.options.keys() == sent
    assert told.options.get(67, b"stb/kernel.bin") == told.file == b"stb/kernel.bin"
    assert told.options.get(66, b"tftp.example.net") == told.sname == b"tftp.example.net"


@pytest.mark.parametrize(("length", "held"), [(127, True), (128, False), (200, False)])
def test_a_boot_file_too_long_for_its_field_is_an_option_unasked(tmp_path: Path, length: int, held: bool) -> None:
    """RFC 2131 2: 128 octets, the last of them NUL."""
    told = start(Counter(tmp_path, boot_config(f'boot_file = "{"b" * length}"\n', "")))
    assert (told.file == b"b" * length, 67 in told.options) == (held, not held)
    assert (told.options.get(67) or told.file) == b"b" * length


@pytest.mark.parametrize(("length", "held"), [(63, True), (64, False)])
def test_a_server_name_too_long_for_its_field_is_an_option_unasked(tmp_path: Path, length: int, held: bool) -> None:
    """RFC 2131 2: 64 octets, the last of them NUL."""
    told = start(Counter(tmp_path, boot_config(f'server_name = "{"s" * length}"\n', "")))
    assert (told.sname == b"s" * length, 66 in told.options) == (held, not held)


@pytest.mark.parametrize(
    ("make", "plan", "siaddr", "file"),
    [
        (b"", "", "10.20.0.9", b"stb/kernel.bin"),
        (b"MAG200", "silver", "10.20.0.9", b"stb/kernel.bin"),
        (b"Motorola KreaTV 1", "", "10.20.0.10", b"kreatv/bootimage"),
        (b"KreaTV slow", "", "10.20.0.10", b"kreatv/bootimage"),  # the first that fits
        (b"", "gold", "10.20.0.9", b"gold.bin"),
        (b"KreaTV", "gold", "10.20.0.10", b"gold.bin"),  # what the plan does not say is the class's
        (b"KreaTV", "bare", "0.0.0.0", b""),
        (b"MAG250", "", "10.20.0.9", b""),
        (b"MAG250 ", "", "10.20.0.9", b"stb/kernel.bin"),  # exact
    ],
)
def test_a_plan_has_the_say_over_a_class_and_a_class_over_the_subnet(
    counter: Counter, make: bytes, plan: str, siaddr: str, file: bytes
) -> None:
    for _ in range(2):  # compiled, and from what was compiled
        told = start(counter, make, plan)
        assert (told.siaddr, told.file) == (parse_ip(siaddr), file)


def test_the_options_of_a_class_stand_above_those_of_the_subnet_and_of_acs(counter: Counter) -> None:
    """An order's own URL stands above all."""
    assert start(counter, b"KreaTV", asked=b"\x2a").options[42] == b"\x0a\x14\x00\x0a"
    assert start(counter, b"other", asked=b"\x2a").options[42] == b"\x0a\x14\x00\x01"
    assert start(counter, b"KreaTV").options[43] == b"\x0a\x0b"
    own = decode(counter.grant(options={60: b"KreaTV"}, acs="http://order/")).options[43]
    assert own.startswith(b"\x01\x0dhttp://order/")
    assert start(counter, plan="gold", asked=b"\x0f").options[15] == b"gold.example.net"


def test_options_of_a_class_are_sent_unasked_where_it_forces_them(counter: Counter) -> None:
    """As [acs] force; else who does not ask gets none."""
    assert {67, 224} <= start(counter, b"MAG250").options.keys()
    assert 42 not in start(counter, b"KreaTV").options


def test_who_says_the_boot_file_says_it_for_header_and_option(counter: Counter) -> None:
    """A box that reads the other one of the two starts the same."""
    told = start(counter, b"MAG250", "gold", asked=b"\x43")
    assert (told.file, told.options[67]) == (b"gold.bin", b"gold.bin")
    told = start(counter, b"MAG250", asked=b"\x43")
    assert (told.file, told.options[67]) == (b"", b"mag/imageupdate")


def test_a_plans_lease_time_takes_the_subnets_renewal_times_with_it(tmp_path: Path) -> None:
    """RFC 2131 4.4.5: they are parts of another lease time."""
    counter = Counter(tmp_path, boot_config("renew_s = 900\nrebind_s = 3000\n"))
    subnet = counter.book.subnets[0]
    counter.book = counter.book._replace(subnets=(subnet._replace(lease_s=600),))
    assert {58, 59} & set(codes(counter.grant(options={55: b"\x01"}, plan="bare"))) == set()
    counter.book = counter.book._replace(subnets=(subnet,))
    assert {58, 59} <= set(codes(counter.grant(options={55: b"\x01"}, plan="gold")))


CROWD = boot_config(more="").replace(
    '42 = "10.20.0.1", domain-name = "itv.example.net"', ", ".join(f'{code} = "{"a" * 100}"' for code in (17, 40, 47))
)


def test_rfc2132_9_5_where_options_take_the_file_field_the_boot_file_is_an_option(tmp_path: Path) -> None:
    """Names stay in the header while there is room elsewhere, and none is lost where there is not."""
    counter = Counter(tmp_path, CROWD)
    told = start(counter, asked=b"\x11\x28")
    assert (told.file, told.sname, 52 in told.options) == (b"stb/kernel.bin", b"tftp.example.net", False)
    reply = counter.grant(options={55: b"\x11\x28\x2f"})
    found = decode(reply)
    assert found.options[52] == b"\x01"
    assert (found.siaddr, found.options[67]) == (parse_ip("10.20.0.9"), b"stb/kernel.bin")
    assert reply[44:108].rstrip(b"\0") == b"tftp.example.net"
    assert {17, 40, 47} <= found.options.keys()
    assert not counter.replies.left_out


_LOOSE = st.dictionaries(
    st.integers(1, 254).filter(lambda code: code not in (52, 53)), st.binary(max_size=150), max_size=9
)


@given(
    _LOOSE, st.integers(3, 700), st.one_of(st.just(b""), st.binary(min_size=1, max_size=127)),
    st.one_of(st.just(b""), st.binary(min_size=1, max_size=63)),
)  # fmt: skip
def test_a_name_is_never_lost_and_stays_in_its_area_where_all_fits(
    values: dict[int, bytes], room: int, file: bytes, sname: bytes
) -> None:
    """Each is in its area, or an option where options have taken that."""
    names = {code: name for code, name in ((67, file), (66, sname)) if name}
    options = [(53, b"\x05"), *((code, values[code]) for code in values if code not in names)]
    layout = lay_out(options, frozenset({53}), room, names)
    assert len(layout.field) <= max(room, 3)
    overload = layout.field[5] if layout.field[3:5] == b"\x34\x01" else 0
    areas = {67: (layout.areas[64:], 1), 66: (layout.areas[:64], 2)}
    for code, name in names.items():
        octets, bit = areas[code]
        as_option = split_option(code, name)
        if overload & bit:
            assert as_option in layout.field + layout.areas
        else:
            assert octets == name.ljust(len(octets), b"\0")
    if sum(len(split_option(*option)) for option in options) <= room:
        assert not overload and not layout.left_out
