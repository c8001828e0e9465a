"""One engine, two mouths: a port learned by one protocol is checked by the other, through one World and one store."""

from pathlib import Path

import pytest

from gatekeeper.model import Binding
from tests.engine.bench import BOX, CONFIG, H3C, OTHER, Bench, access_request, circuit, discover, selecting, told

LINE = "guangzhou001/0/31/63/31/127"
NODE, BAS = f"0 0/0/0:4096.1234 {LINE}", f"eth 31/31/7:4096.1234 {LINE}"
NEXT_DOOR = f"eth 31/31/7:4096.1235 {LINE}"
ACCEPT, MISMATCH = ("Access-Accept", ""), ("Access-Reject", "PORT_MISMATCH")


def _binding(bench: Bench, mac: bytes = BOX) -> Binding:
    binding = bench.store.facts([mac])[mac].binding
    assert binding is not None
    return binding


def _by_dhcp(bench: Bench, line: str, mac: bytes = BOX) -> tuple[str, str]:
    offer = bench.hear(discover(mac, agent=circuit(line)))
    if not offer.reply:
        return told(offer)
    return told(bench.hear(selecting(mac, offer.verdict.address, agent=circuit(line))))


@pytest.mark.parametrize("restart", [False, True])
def test_a_port_learned_by_radius_is_checked_by_dhcp(bench: Bench, restart: bool) -> None:
    """The BRAS spells it its own way; also after a restart, from the store."""
    bench.install()
    assert told(bench.ask(access_request(port=BAS))) == ACCEPT
    if restart:
        bench.start()
    assert _by_dhcp(bench, NEXT_DOOR) == ("silent", "PORT_MISMATCH")
    assert _by_dhcp(bench, NODE) == ("DHCPACK", "")
    assert (_binding(bench).port_state, _binding(bench).port and _binding(bench).port.text) == ("learned", BAS)  # type: ignore[union-attr]


@pytest.mark.parametrize("restart", [False, True])
def test_a_port_learned_by_dhcp_is_checked_by_radius(bench: Bench, restart: bool) -> None:
    """And the other way round."""
    bench.install()
    assert _by_dhcp(bench, NODE) == ("DHCPACK", "")
    if restart:
        bench.start()
    assert told(bench.ask(access_request(port=NEXT_DOOR, identifier=1))) == MISMATCH
    assert told(bench.ask(access_request(port=BAS, identifier=2))) == ACCEPT


def test_an_offer_learns_nothing(bench: Bench) -> None:
    """Only what the box took does; an offer may be refused by it."""
    bench.install()
    bench.hear(discover(agent=circuit(NODE)))
    assert _binding(bench).port_state == "unlearned"


def test_the_accounts_other_box_is_bound_to_the_same_port(bench: Bench) -> None:
    """The port is the account's."""
    bench.install()
    bench.install(OTHER)
    assert told(bench.ask(access_request(OTHER.hex(), password=OTHER.hex(), identifier=1))) == ACCEPT
    assert _by_dhcp(bench, NODE) == ("DHCPACK", "")
    asked = access_request(OTHER.hex(), password=OTHER.hex(), port=NEXT_DOOR, identifier=2)
    assert told(bench.ask(asked)) == MISMATCH


def test_two_boxes_of_one_account_that_learn_at_once_have_one_winner(bench: Bench) -> None:
    """Both are decided before either is on disk: the store lets the first port win, the second answer is lost."""
    bench.install()
    bench.install(OTHER)
    bench.world.take_facts(bench.store.facts([BOX, OTHER]))
    first = bench.radius.read(_datagram(access_request(port=BAS)), 0)
    second = bench.radius.read(
        _datagram(access_request(OTHER.hex(), password=OTHER.hex(), port=NEXT_DOOR, identifier=2)), 0
    )
    effects = bench.radius.answer(first, 0).effects + bench.radius.answer(second, 0).effects  # type: ignore[arg-type]
    assert bench.store.commit(effects) == {1}
    assert _binding(bench).port.text == _binding(bench, OTHER).port.text == BAS  # type: ignore[union-attr]


def _datagram(data: bytes) -> object:
    from gatekeeper.model import Datagram
    from tests.engine.bench import BRAS, RADIUS

    return Datagram(data, BRAS, 40000, RADIUS)


@pytest.mark.parametrize(
    ("names", "expected"),
    [('{ "bras1" = "10.20.0.1" }', ACCEPT), ('{ "bras1" = "10.20.0.9" }', MISMATCH), ("{ }", MISMATCH)],
)
def test_port_names_say_which_nas_and_giaddr_are_one_access_node(
    tmp_path: Path, names: str, expected: tuple[str, str]
) -> None:
    """Contract 10.1: so that RADIUS and DHCP agree on forms that name no node."""
    bench = Bench(tmp_path, f"{CONFIG}\n[binding]\nport_names = {names}\n")
    bench.install()
    assert _by_dhcp(bench, "ge 1/0/7") == ("DHCPACK", "")
    assert told(bench.ask(access_request(port="ge 1/0/7"))) == expected


@pytest.mark.parametrize(
    ("ordered", "expected"),
    [("ge 1/0/7", ACCEPT), ("bras1|ge 1/0/7", ACCEPT), ("bras2|ge 1/0/7", MISMATCH), ("ge 1/0/8", MISMATCH),
     ("slot=2;subslot=2;port=22;vlanid=503;", MISMATCH), (BAS, MISMATCH)],
)  # fmt: skip
def test_an_ordered_port_matches_with_or_without_its_node(
    bench: Bench, ordered: str, expected: tuple[str, str]
) -> None:
    """Contract 10.1: without a qualifier it matches any."""
    bench.install(port=ordered)
    assert told(bench.ask(access_request(port="ge 1/0/7"))) == expected


def test_an_order_in_one_spelling_covers_the_other(bench: Bench) -> None:
    """cn-163 in the order, China Telecom form on the wire, VLANs in the reverse sequence."""
    bench.install(port="slot=2;subslot=2;port=22;vlanid=503;vlanid2=100;")
    assert told(bench.ask(access_request(port="eth 2/2/22:100.503 0/0/0/0/0/0", identifier=1))) == ACCEPT
    assert told(bench.ask(access_request(port="eth 2/2/22:503.100 0/0/0/0/0/0", identifier=2))) == MISMATCH


def test_a_moved_box_is_learned_on_its_new_port(bench: Bench) -> None:
    """move without a port clears the binding; the next port seen is locked."""
    bench.install()
    bench.ask(access_request(port="ge 1/0/7", identifier=1))
    assert told(bench.ask(access_request(port="ge 1/0/8", identifier=2))) == MISMATCH
    bench.order("move")
    assert told(bench.ask(access_request(port="ge 1/0/8", identifier=3))) == ACCEPT
    assert told(bench.ask(access_request(port="ge 1/0/7", identifier=4))) == MISMATCH


def test_the_same_line_behind_another_nas_is_another_port(bench: Bench) -> None:
    """An unnamed form is qualified by the NAS's name."""
    bench.install()
    bench.ask(access_request(port="ge 1/0/7"))
    assert told(bench.ask(access_request(port="ge 1/0/7"), source=H3C)) == MISMATCH


def test_a_trailing_nul_in_nas_port_id_is_no_part_of_the_port(bench: Bench) -> None:
    """wire-facts B.7: a BRAS cuts at the first NUL, others send it along."""
    bench.install(port="ge 1/0/7")
    assert told(bench.ask(access_request(port="ge 1/0/7\0"))) == ACCEPT


@pytest.mark.parametrize("line", ["vlan100", "eth0.100", "irb.7", "0 0/0/0:4096.100 0/0/0/0/0/0"])
def test_a_vlan_is_never_learned(bench: Bench, line: str) -> None:
    """Relays that write their own interface into the circuit-id: the box may come through another one tomorrow."""
    bench.install()
    assert _by_dhcp(bench, line) == ("DHCPACK", "")
    assert _binding(bench).port_state == "unlearned"
    assert _by_dhcp(bench, "vlan200") == ("DHCPACK", "")


@pytest.mark.parametrize(("seen", "expected"), [("vlan100", "DHCPACK"), ("vlan200", "silent")])
def test_a_vlan_that_an_order_names_is_held_against_it(bench: Bench, seen: str, expected: str) -> None:
    """Whoever orders it means it."""
    bench.install(port="vlan100")
    assert _by_dhcp(bench, seen)[0] == expected


def test_a_box_bound_to_a_line_that_tells_a_vlan_tells_no_line(bench: Bench) -> None:
    """Contract 10.2: any packet but a renewal names the line; PORT_MISMATCH would say that it was seen elsewhere."""
    bench.install()
    assert _by_dhcp(bench, NODE) == ("DHCPACK", "")
    assert _by_dhcp(bench, "vlan100") == ("silent", "PORT_MISSING")


def test_boxes_of_one_vlan_do_not_empty_each_others_bucket(tmp_path: Path) -> None:
    """[limits] per_port_per_s counts lines: behind one relay interface may be a whole district."""
    limits = "\n[limits]\nper_mac_per_s = 100\nper_port_per_s = 2\nper_nas_per_s = 1000\n"
    bench = Bench(tmp_path, CONFIG + limits)
    bench.install()
    for _ in range(20):
        assert told(bench.hear(discover(agent=circuit("vlan100")))) == ("DHCPOFFER", "")
    heard = [told(bench.hear(discover(agent=circuit("ge 1/0/7")))) for _ in range(20)]
    assert ("silent", "RATE_LIMITED") in heard


@pytest.mark.parametrize("names", ['{ "bras1" = "10.20.0.1" }', '{ "10.20.0.1" = "bras1" }'])
def test_what_was_learned_under_either_name_is_joined_after_it(tmp_path: Path, names: str) -> None:
    """port_names comes into the file when the first box is refused: what is stored by then is read as it says."""
    store = str(tmp_path / "gatekeeper.db")
    bench = Bench(tmp_path, CONFIG, store)
    bench.install()
    assert _by_dhcp(bench, "ge 1/0/7") == ("DHCPACK", "")
    assert told(bench.ask(access_request(port="ge 1/0/7", identifier=1))) == MISMATCH
    bench.store.close()
    bench = Bench(tmp_path, f"{CONFIG}\n[binding]\nport_names = {names}\n", store)
    assert told(bench.ask(access_request(port="ge 1/0/7", identifier=2))) == ACCEPT
    assert told(bench.ask(access_request(port="ge 1/0/8", identifier=3))) == MISMATCH
