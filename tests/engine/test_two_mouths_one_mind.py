"""For any state of the orders, any port policy and any box: DHCP and RADIUS, through the real engines, say the same of
whitelist, suspension and port."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.model import PortId
from tests.engine.bench import BOX, CONFIG, OTHER, Bench, access_request, circuit, discover, selecting

# The same lines as the access node and as the BRAS spell them; the last names no node and is qualified by who sends it.
LINES = (
    ("0 0/0/0:4096.1234 guangzhou001/0/31/63/31/127", "eth 31/31/7:4096.1234 guangzhou001/0/31/63/31/127"),
    ("0 0/0/0:4096.1235 guangzhou001/0/31/63/31/127", "eth 31/31/7:4096.1235 guangzhou001/0/31/63/31/127"),
    ("node7 eth 1/2:100", "node7 eth 1/2:100"),
    ("ge 1/0/7", "ge 1/0/7"),
)
SHARED = ("UNKNOWN_MAC", "SUSPENDED", "PORT_MISSING", "PORT_MISMATCH")
STATES = ("none", "active", "suspended", "cancelled", "swapped out", "moved")
_lines = st.sampled_from(LINES)


def _config(port: str, missing: str) -> str:
    names = 'port_names = { "bras1" = "10.20.0.1" }'
    return f'{CONFIG}\n[binding]\nport = "{port}"\nmissing = "{missing}"\n{names}\n'


def _bring_to(bench: Bench, state: str, ordered: str, learned: str, by_dhcp: bool) -> None:
    """The orders and the packets that lead there."""
    if state == "none":
        return
    bench.install(**({"port": ordered} if ordered else {}))
    if learned:
        node, bras = next(line for line in LINES if line[0] == learned)
        if by_dhcp:
            _bound(bench, node)
        else:
            bench.ask(access_request(port=bras, identifier=99))
    if state in ("suspended", "cancelled"):
        bench.order({"suspended": "suspend", "cancelled": "cancel"}[state])
    elif state == "swapped out":
        bench.order("swap", old_mac=BOX.hex(), mac=OTHER.hex())
    elif state == "moved":
        bench.order("move")


def _bound(bench: Bench, node: str) -> None:
    offer = bench.hear(discover(agent=circuit(node)))
    if offer.reply == "DHCPOFFER":
        bench.hear(selecting(BOX, offer.verdict.address, agent=circuit(node)))


@settings(max_examples=400, deadline=None)
@given(
    policy=st.sampled_from(["off", "learn", "strict"]),
    missing=st.sampled_from(["refuse", "allow"]),
    state=st.sampled_from(STATES),
    ordered=st.sampled_from(["", *(bras for _, bras in LINES)]),
    learned=st.sampled_from(["", *(node for node, _ in LINES)]),
    by_dhcp=st.booleans(),
    box=st.sampled_from([BOX, BOX, BOX, OTHER]),
    seen=st.one_of(st.none(), _lines),
)
def test_dhcp_and_radius_give_the_same_verdict(
    policy: str, missing: str, state: str, ordered: str, learned: str, by_dhcp: bool, box: bytes,
    seen: tuple[str, str] | None,
) -> None:  # fmt: skip
    """DISCOVER beside Access-Request; neither of them may have changed anything for the other before."""
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), _config(policy, missing))
        _bring_to(bench, state, ordered, learned, by_dhcp)
        node, bras = seen or ("", "")
        discovered = bench.hear(discover(box, agent=circuit(node) if node else b""))
        asked = bench.ask(access_request(box.hex(), password=box.hex(), port=bras or None))
        bench.store.close()
    assert discovered.verdict.reason in (None, *SHARED)
    assert asked.verdict.reason == discovered.verdict.reason
    assert (asked.reply == "Access-Accept") == (discovered.reply == "DHCPOFFER")
    assert asked.verdict.bound == discovered.verdict.bound
    assert _key(asked.port) == _key(discovered.port)


def _key(port: PortId | None) -> tuple[str, str] | None:
    return (port.key, port.qualifier) if port else None
