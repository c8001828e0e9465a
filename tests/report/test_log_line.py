"""Log lines as contract 4 writes them, and what a stranger cannot put into one."""

import pytest

from gatekeeper.model import Action, Binding, Outcome, PortId, Rate, Reason, Verdict
from gatekeeper.report.line import outcome_line, rogue_line
from gatekeeper.state.rogues import ForeignServer
from gatekeeper.wire.line_id import port_from_text

BOX = bytes.fromhex("d4c1c8ee9b1f")
BINDING = Binding("028123456@itv", "", "", "active", Rate(20000, 4000), None, "unlearned", 0, "", "#1")
PORT = PortId("10.20.0.1|ge 1/0/7", "ge 1/0/7", "10.20.0.1")
ON = 0x0A140107


def _dhcp(message: str, reply: str, verdict: Verdict, via: str = "10.20.0.1", **more: object) -> str:
    return outcome_line(Outcome("dhcp", message, reply, BOX, verdict, via, more.get("port"), more.get("binding")))  # type: ignore[arg-type]


def _radius(reply: str, verdict: Verdict, port: PortId | None = None, binding: Binding | None = None) -> str:
    return outcome_line(Outcome("radius", "Access-Request", reply, BOX, verdict, "bras1", port, binding))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            _dhcp("DHCPREQUEST", "DHCPACK", Verdict(Action.ACK, address=ON), port=PORT, binding=BINDING),
            'DHCPACK on 10.20.1.7 to d4:c1:c8:ee:9b:1f via 10.20.0.1 account=028123456@itv port="10.20.0.1|ge 1/0/7"',
        ),
        (
            _dhcp("DHCPREQUEST", "DHCPACK", Verdict(Action.ACK, seen="Option 82 is cut", address=ON), binding=BINDING),
            'DHCPACK on 10.20.1.7 to d4:c1:c8:ee:9b:1f via 10.20.0.1 account=028123456@itv note="Option 82 is cut"',
        ),
        (
            _dhcp("DHCPINFORM", "DHCPACK", Verdict(Action.INFORM), binding=BINDING),
            "DHCPACK to d4:c1:c8:ee:9b:1f via 10.20.0.1 account=028123456@itv",
        ),
        (
            _dhcp("DHCPDISCOVER", "", Verdict(Action.SILENT, Reason.UNKNOWN_MAC), "eth0.100"),
            "DHCPDISCOVER from d4:c1:c8:ee:9b:1f via eth0.100: no offer UNKNOWN_MAC",
        ),
        (
            _dhcp("DHCPREQUEST", "", Verdict(Action.SILENT, Reason.OTHER_SERVER)),
            "DHCPREQUEST from d4:c1:c8:ee:9b:1f via 10.20.0.1: no answer OTHER_SERVER",
        ),
        (
            _dhcp("DHCPREQUEST", "DHCPNAK", Verdict(Action.NAK, Reason.WRONG_ADDRESS, "10.20.1.7", "10.20.1.8")),
            'DHCPNAK to d4:c1:c8:ee:9b:1f via 10.20.0.1: WRONG_ADDRESS bound="10.20.1.7" seen="10.20.1.8"',
        ),
        (
            _dhcp("DHCPRELEASE", "", Verdict(Action.FREE, address=ON), binding=BINDING),
            "DHCPRELEASE of 10.20.1.7 from d4:c1:c8:ee:9b:1f via 10.20.0.1 account=028123456@itv",
        ),
        (
            _radius("Access-Reject", Verdict(Action.REJECT, Reason.PORT_MISMATCH, "a", "b"), PortId("7", "7", "")),
            'Access-Reject d4:c1:c8:ee:9b:1f from bras1 port 7: PORT_MISMATCH bound="a" seen="b"',
        ),
        (
            _radius("Access-Accept", Verdict(Action.ACCEPT), PORT, BINDING),
            "Access-Accept d4:c1:c8:ee:9b:1f from bras1 port 10.20.0.1|ge 1/0/7 account=028123456@itv"
            " down_kbps=20000 up_kbps=4000",
        ),
        (
            _radius("Access-Challenge", Verdict(Action.CHALLENGE), PORT, BINDING),
            "Access-Challenge d4:c1:c8:ee:9b:1f from bras1 port 10.20.0.1|ge 1/0/7 to Access-Request",
        ),
        (
            _radius("", Verdict(Action.SILENT, Reason.BAD_AUTHENTICATOR)),
            "Access-Request d4:c1:c8:ee:9b:1f from bras1: no answer BAD_AUTHENTICATOR"
            ' remedy="its secret is not the one of [[radius.client]] bras1: set the same on both sides"',
        ),
        (
            _radius("", Verdict(Action.SILENT, Reason.UNKNOWN_NAS)),
            "Access-Request d4:c1:c8:ee:9b:1f from bras1: no answer UNKNOWN_NAS"
            ' remedy="add a [[radius.client]] with this address"',
        ),
    ],
)
def test_a_line_reads_as_engineers_know_it(line: str, expected: str) -> None:
    """It begins as dhcpd and FreeRADIUS write it, and ends in key=value."""
    assert line == expected


@pytest.mark.parametrize("evil", ["\n", "\r", "\t", "\x1b[2J", "\x00", "\u2028", "\x85", '"', "\\", "\u202e"])
def test_nothing_in_a_port_or_value_ends_a_line_or_a_quoted_value(evil: str) -> None:
    """Design 8.12: a line cannot be forged, nor a terminal spoken to."""
    text = f"ge{evil}DHCPACK on"
    port = PortId(text, text, "")
    binding = BINDING._replace(account=text)
    verdict = Verdict(Action.NAK, Reason.WRONG_ADDRESS, text, text)
    for line in (
        _dhcp("DHCPREQUEST", "DHCPNAK", verdict, port=port, binding=binding),
        _dhcp("DHCPREQUEST", "DHCPACK", Verdict(Action.ACK), port=port, binding=binding),
        _radius("Access-Reject", verdict._replace(action=Action.REJECT), port, binding),
        _radius("Access-Accept", Verdict(Action.ACCEPT), port, binding),
    ):
        assert line.isprintable()
        assert text not in line
        assert line.count('"') % 2 == 0
        assert f"\\x{ord(evil[0]):02x}" in line


def test_a_foreign_server_is_told_with_all_that_finds_it() -> None:
    """A NAK gives no address."""
    offer = ForeignServer(0x0A140042, bytes.fromhex("001122334466"), "eth0.100", "DHCPOFFER", 0x0A420007, BOX)
    told = "rogue DHCP server 10.20.0.66 (00:11:22:33:44:66) on eth0.100"
    assert rogue_line(offer) == f"{told}: DHCPOFFER of 10.66.0.7 to d4:c1:c8:ee:9b:1f"
    assert rogue_line(offer._replace(reply="DHCPNAK", address=0)) == f"{told}: DHCPNAK to d4:c1:c8:ee:9b:1f"


@pytest.mark.parametrize(
    ("seen", "reason", "differs"),
    [
        ("bras1|ge 1/0/7", Reason.PORT_MISMATCH, True),
        ("bras1|ge 1/0/8", Reason.PORT_MISMATCH, False),
        ("bras1|ge 1/0/7", Reason.SUSPENDED, False),
    ],
)
def test_a_port_that_differs_by_its_node_alone_is_marked(seen: str, reason: Reason, differs: bool) -> None:
    """One node under two names is no box that moved: grep tells them apart, explain has the names to join."""
    bound = BINDING._replace(port=PORT, port_state="learned")
    port = port_from_text(seen)
    for line in (
        _radius("Access-Reject", Verdict(Action.REJECT, reason, PORT.text, seen), port, bound),
        _radius("", Verdict(Action.SILENT, reason, PORT.text, seen), port, bound),
        _dhcp("DHCPDISCOVER", "", Verdict(Action.SILENT, reason, PORT.text, seen), port=port, binding=bound),
        _dhcp("DHCPREQUEST", "DHCPNAK", Verdict(Action.NAK, reason, PORT.text, seen), port=port, binding=bound),
    ):
        assert f'{reason} bound="10.20.0.1|ge 1/0/7" seen="{seen}"' in line
        assert ('" differs=node' in line) is differs
