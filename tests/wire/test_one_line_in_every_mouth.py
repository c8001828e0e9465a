"""Whatever OLT, DSLAM, relay and BRAS write about one line is one line in both protocols; two lines are never one."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.model import PortId
from gatekeeper.wire.line_id import Lines, port_from_text
from gatekeeper.wire.line_template import compile_line

GIADDR, BRAS = "10.20.0.1", "bras1"


class Place(NamedTuple):
    """A line behind an access node. onu: "" = it has none; tag: its inner VLAN, 0 = nobody tells it."""

    node: str
    path: tuple[int, int, int, int]
    port: int
    onu: str
    onu_port: tuple[int, int, int]
    tag: int


_NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{1,11}", fullmatch=True)
_MAC = st.binary(min_size=6, max_size=6).filter(any).map(bytes.hex)
_LOID = st.from_regex(r"[A-Za-z][A-Za-z0-9]{2,9}", fullmatch=True)
_SMALL = st.integers(0, 31)
places = st.builds(
    Place,
    node=st.one_of(_NAME, _MAC).map(str.lower),
    path=st.tuples(st.integers(0, 15), _SMALL, st.integers(0, 127), _SMALL),
    port=st.integers(0, 255),
    onu=st.one_of(st.just(""), _MAC, _LOID.map(str.lower)),
    onu_port=st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 8)),
    tag=st.integers(0, 4095),
)


def _is_mac(onu: str) -> bool:
    return len(onu) == 12 and all(sign in "0123456789abcdef" for sign in onu)


def onu_spelling(place: Place, how: int) -> str:
    """Behind the port: with its slash, upper case, filled up with zeros, or run together with the port."""
    onu = place.onu.upper() if how & 1 else place.onu
    if how & 2:
        onu = onu.rjust(24, "0")
    return onu if how & 4 and _is_mac(place.onu) else f"/{onu}"


def by_node(place: Place, how: int) -> str:
    """What OLT or DSLAM writes. how: which of its spellings; the tag is told or not."""
    node = place.node.upper() if how & 8 else place.node
    bras = f"0 0/0/0:{'0.0' if how & 16 or not place.tag else f'4096.{place.tag}'}"
    return f"{bras} {_place(place, node, how)}"


def by_bras(place: Place, how: int, outer: int) -> str:
    """What the BRAS makes of it: its own part filled in."""
    kind = ("eth", "trk", "trunk", "atm")[how % 4]
    inner = place.tag or (0, 4096)[how % 2]
    return f"{kind} {how % 32}/{how % 5}/{how % 63}:{outer}.{inner} {_place(place, place.node, how)}"


def _place(place: Place, node: str, how: int) -> str:
    text = f"{node}/{'/'.join(map(str, place.path))}/{place.port}"
    if not place.onu:
        return text
    port = "/".join(map(str, place.onu_port))
    return f"{text}{onu_spelling(place, how)} {port} {'EP' if how & 32 else 'GP'}"


def told(place: Place, how: int, outer: int) -> list[PortId]:
    """The same line through every mouth: Option 82 behind two relays, NAS-Port-Id alone and put together, the store."""
    lines = Lines()
    node, bras = by_node(place, how), by_bras(place, how, outer)
    found = [lines.of_agent(node.encode(), GIADDR), lines.of_agent(node.encode(), "10.20.0.3")]
    for text in (
        bras,
        node,
        f"1/1/4:{outer}.{place.tag} {node}",
        f"BNG1 lag-7:{outer}.{place.tag} {node}",
        f"demux0.{3221225472 + outer}#{bras}",
        f"bng1#ge-1/0/3.{1073741824 + outer}:{outer}-7#{node}#0281",
        f'"{bras}"',
        "0x" + bras.encode().hex(),
    ):
        port = lines.of_nas(text.encode(), BRAS, "port")
        assert port and not port.vague, text
        found.append(port)
    return found + [port_from_text(port.text) for port in found]


@given(place=places, how=st.integers(0, 255), other=st.integers(0, 255), outer=st.integers(1, 4094))
def test_one_line_is_one_in_both_protocols(place: Place, how: int, other: int, outer: int) -> None:
    """Bound as any of them and seen as any other: the box is at home."""
    ports = told(place, how, outer) + told(place, other, outer % 4094 + 1)
    for bound in ports:
        for seen in ports:
            assert bound.covers(seen), (bound, seen)


@given(one=places, two=places, how=st.integers(0, 255), other=st.integers(0, 255), data=st.data())
def test_two_lines_are_never_one(one: Place, two: Place, how: int, other: int, data: st.DataObject) -> None:
    """They differ in node, place, ONU or the ONU's port, or in a tag that both tell."""
    part = data.draw(st.sampled_from(Place._fields))
    near = one._replace(**{part: getattr(two, part)})
    if part == "onu" and one.onu.lstrip("0") == two.onu.lstrip("0"):
        return  # filled up with zeros, one cannot be told from the other
    if near == one or (part == "onu_port" and not one.onu):
        return
    if part == "tag" and (not one.tag or not near.tag or (how | other) & 16):
        return
    for bound in told(one, how, 100):
        assert not any(bound.covers(seen) for seen in told(near, other, 200)), (one, near)


@given(
    node=_NAME,
    path=st.lists(st.integers(0, 999), min_size=2, max_size=5),
    tag=st.integers(0, 4095),
    kind=st.sampled_from(["eth", "atm"]),
)
def test_tr_101_is_one_line_whoever_tells_it(node: str, path: list[int], tag: int, kind: str) -> None:
    """R-124; the node is a name, and the VLAN counts where both tell it."""
    place = "/".join(map(str, path))
    bare, tagged = f"{node} {kind} {place}", f"{node.upper()} {kind} {place}:{tag}"
    lines = Lines()
    ports = [lines.of_agent(bare.encode(), GIADDR), lines.of_agent(tagged.encode(), GIADDR)]
    ports += [
        port for text in (bare, tagged, f"1/1/4:7.8 {bare}") if (port := lines.of_nas(text.encode(), BRAS, "port"))
    ]
    assert len(ports) == 5
    assert all(bound.covers(seen) for bound in ports for seen in ports)
    next_door = lines.of_agent(f"{node} {kind} {place}/7:{tag}".encode(), GIADDR)
    assert not any(bound.covers(next_door) for bound in ports)


@pytest.mark.parametrize(
    ("session", "line"),
    [
        ("2/5 vlan-id 4 clips {}", "2/5 vlan-id 4"),
        ("12/1 vlan-id 3:100 pppoe {}", "12/1 vlan-id 3:100"),
        ("GigabitEthernet0/1.100.ip{}", "GigabitEthernet0/1.100"),
        ("ge-1/0/0.32212254{}:100-200", "ge-1/0/0:100-200"),
        ("ge-1/0/0.demux0.32212254{}:100-200", "ge-1/0/0:100-200"),
        ("ipoe{}", ""),
        ("demux0.32212254{}", ""),
        ("clips {}", ""),
        ("ppp{}", ""),
        ("Virtual-Access2.{}", ""),
        ("Uniq-Sess-ID{}", ""),
        ("<pppoe-u{}>", ""),
        ("LNS rtr-2#lip-3.3.3.3#rip-1.1.1.1#ltid-{}", ""),
    ],
)
@given(number=st.integers(0, 99))
def test_a_sessions_number_goes_before_anything_is_compared(session: str, line: str, number: int) -> None:
    """RFC 2869 5.17: NAS-Port-Id is the port; many makes number sessions there."""
    port = Lines().of_nas(session.format(f"{number:02}").encode(), BRAS, "port")
    assert (port.text if port else "") == (f"{BRAS}|{line}" if line else "")


@pytest.mark.parametrize(
    ("line", "vague"),
    [
        *[("ether2", True), ("bridge-iptv", True), ("eth1.100", True), ("eth1.100.200", False)],
        *[("dslam7 eth 1/2:100", False), ("eth 2/2/22:100.503 0/0/0/0/0/0", False)],
    ],
)
def test_the_interface_of_a_dhcp_server_is_no_line_but_a_copied_one_is(line: str, vague: bool) -> None:
    """RouterOS and accel-ppp: NAS-Port-Id, Called-Station-Id."""
    port = Lines().of_nas(line.encode(), BRAS, "interface")
    assert port and port.vague is vague


@pytest.mark.parametrize("name", ["vlan100", "Vlanif100", "irb.100", "br0", "bridge-iptv", "eth1.100", "BVI7", "lo0"])
def test_what_many_lines_have_in_common_is_vague_in_both_mouths(name: str) -> None:
    """A VLAN interface, a bridge or a sub-interface of one VLAN: never learned."""
    lines = Lines()
    by_nas = lines.of_nas(name.encode(), BRAS, "port")
    assert lines.of_agent(name.encode(), GIADDR).vague and by_nas and by_nas.vague


@pytest.mark.parametrize(
    "name", ["ge-1/0/0.100", "ae0.100", "eth1.100.200", "GigabitEthernet1/0/7", "swp12", "10GE1/0/1:7.8"]
)
def test_a_physical_port_is_a_line(name: str) -> None:
    """A static unit and two VLANs of a customer's own are."""
    port = Lines().of_nas(name.encode(), BRAS, "port")
    assert port and not port.vague and port.text == f"{BRAS}|{name}"


TEMPLATES = [
    compile_line("{node} xpon {slot}/{port}:{onu}"),
    compile_line("GPON-{onu}@{node}-{slot}-{port} vlan {vlan}"),
]


@given(node=st.from_regex(r"[a-z]{3,9}", fullmatch=True), slot=_SMALL, port=_SMALL, onu=_MAC, tag=st.integers(1, 4094))
def test_two_templates_make_one_line(node: str, slot: int, port: int, onu: str, tag: int) -> None:
    """OLT and BRAS write their own forms; what comes of both is spelled alike, and read back without the templates."""
    lines = Lines(templates=TEMPLATES)
    one = lines.of_agent(f"{node} xpon {slot}/{port}:{onu.upper()}".encode(), GIADDR)
    two = lines.of_nas(f"GPON-{onu}@{node}-{slot:02}-{port:02} vlan {tag}".encode(), BRAS, "port")
    ordered = lines.of_text(f"{node.upper()} xpon {slot}/{port}:{onu}")
    ports = [one, two, ordered, port_from_text(one.text)]
    assert all(bound and seen and bound.covers(seen) for bound in ports for seen in ports)
    next_door = lines.of_agent(f"{node} xpon {slot}/{port + 1}:{onu}".encode(), GIADDR)
    assert not any(bound and bound.covers(next_door) for bound in ports)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{node} {slott}", "no field"),
        ("{node}{port}", "between them"),
        ("{port} {port}", "twice"),
        ("{node} {slot}", "names no line"),
        ("{node} {port", "brace"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(template: str, why: str) -> None:
    """With what would be right."""
    with pytest.raises(ValueError, match=why):
        compile_line(template)


OCTETS = bytes.fromhex("00040064000a")


@pytest.mark.parametrize(
    "spelling",
    ["0x00040064000a", "0X00040064000A", "00040064000A", "00:04:00:64:00:0a", "00 04 00 64 00 0A", "00-04-00-64-00-0a"],
)
def test_an_ordered_port_matches_in_any_spelling_of_its_octets(spelling: str) -> None:
    """As billing systems, FreeRADIUS and switches print them."""
    ordered = Lines().of_text(spelling)
    assert ordered.covers(Lines().of_agent(OCTETS, GIADDR))
    assert not ordered.covers(Lines().of_agent(OCTETS[:-1] + b"\x0b", GIADDR))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_an_ordered_port_in_characters_matches_in_either_encoding(encoding: str) -> None:
    """An access node of Chinese make may write UTF-8 or GBK."""
    seen = Lines().of_agent("成都东1/0/7".encode(encoding), GIADDR)
    assert Lines().of_text("成都东1/0/7").covers(seen)
    assert not Lines().of_text("成都西1/0/7").covers(seen)


def test_names_of_one_access_node_are_joined_giaddr_with_giaddr_too() -> None:
    """[binding] port_names: two relays of a pair, and the BRAS."""
    lines = Lines({"10.20.0.3": GIADDR, BRAS: GIADDR})
    ports = [lines.of_agent(b"ge 1/0/7", GIADDR), lines.of_agent(b"ge 1/0/7", "10.20.0.3")]
    ports += [port for port in [lines.of_nas(b"ge 1/0/7", BRAS, "port")] if port]
    assert {port.text for port in ports} == {"10.20.0.1|ge 1/0/7"}
    assert len(ports) == 3
