"""Kea's perfdhcp runs its loads against the gate: four-way exchanges, renewals and releases."""

import re
from pathlib import Path

import pytest

from tests.clients.gate import Gate, config, dhcp_config
from tests.clients.net import Net, Space

pytestmark = pytest.mark.clients

# perfdhcp makes its MACs from 00:0c:01:02:03:04 by changing the last two octets.
_MACS = range(0x000C01020300, 0x000C01020700)
_SECTION = re.compile(r"\*\*\*Statistics for: (.+?)\*\*\*\nsent packets: (\d+)\nreceived packets: (\d+)")


def _side_by_side(net: Net, folder: Path) -> tuple[Gate, Space]:
    """A gate and a load generator that plays its relay, on one switch; the generator sends where its address is."""
    switch, space, load = net.switch(), net.space("gate"), net.space("load")
    net.plug(space, "core0", switch)
    net.plug(load, "core0", switch)
    space.set_up("core0", "10.20.0.2/16")
    load.set_up("core0", "10.20.0.1/16")
    gate = Gate(space, folder, config(dhcp_config(listen=["10.20.0.2:67"])))
    orders = folder / "orders.csv"
    lines = [f"o{at},a{at}@itv,{mac.to_bytes(6, 'big').hex()}" for at, mac in enumerate(_MACS)]
    orders.write_text("\n".join(["order,account,mac", *lines]) + "\n")
    gate.cli("orders", "import", str(orders))
    gate.start()
    return gate, load


def _run(load: Space, *words: str) -> dict[str, tuple[int, int]]:
    """(sent, received) by kind of exchange."""
    command = ["perfdhcp", "-4", "-l", "10.20.0.1", "-R", "500", "-p", "4", *words, "10.20.0.2"]
    done = load.run(*command, timeout_s=60, check=False)
    assert done.returncode in (0, 3), done.stdout + done.stderr  # 3: some exchange was not completed
    return {kind: (int(sent), int(received)) for kind, sent, received in _SECTION.findall(done.stdout)}


def test_perfdhcp_sees_no_unexpected_drops(net: Net, tmp_path: Path) -> None:
    """300 boxes a second get their lease, then renew and release; a machine under load may cost one in a hundred."""
    gate, load = _side_by_side(net, tmp_path)
    leases = _run(load, "-r", "300")
    mixed = _run(load, "-r", "300", "-f", "100", "-F", "50")
    for kind in ("DISCOVER-OFFER", "REQUEST-ACK"):
        sent, received = leases[kind]
        assert sent > 600 and received >= sent * 0.99, leases
    sent, received = mixed["REQUEST-ACK (renewal)"]
    assert sent > 200 and received >= sent * 0.99, mixed
    # It releases addresses and leases them again in the same run: what was released is counted, not left.
    stats = {row["name"]: row["value"] for row in gate.show("stats")}
    assert stats["dhcp.DHCPRELEASE.no-answer.ok"] > 50
    assert not [name for name in stats if "WRONG_ADDRESS" in name or "bug" in name]
    gate.assert_sound()
