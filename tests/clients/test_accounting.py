"""A session's life by real programs: radclient accounts for it as a BRAS, FreeRADIUS takes CoA and Disconnect."""

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.boxes import MAC, STBID
from tests.clients.coa_target import PROHIBITED_SESSION, UNKNOWN_SESSION, CoaTarget
from tests.clients.gate import RADIUS, Gate, config
from tests.clients.nas import access_request, accounting_request
from tests.clients.net import Net, wait_until
from tests.clients.worlds import AAA, BRAS, add_bras

pytestmark = pytest.mark.clients

PORT = "eth 2/1/7:1234.2345 cd001/0/1/3/0/7"
NEW = "d4:c1:c8:00:00:77"


class World:
    """A gate with both RADIUS ports, a BRAS, and one installed box."""

    def __init__(self, net: Net, folder: Path) -> None:
        space, switch = net.space("gate"), net.switch()
        net.plug(space, "core0", switch)
        space.set_up("core0", AAA)
        self.bras = add_bras(net, switch)
        radius = RADIUS.replace('"192.0.2.1:1812"]', '"192.0.2.1:1812"]\nlisten_acct = ["192.0.2.1:1813"]')
        self.gate = Gate(space, folder, config(radius=radius))
        self.target = CoaTarget(self.bras, folder, BRAS)
        self._orders = 0

    def account(self, status: str, session: str = "00000001", **more: str) -> None:
        answer = accounting_request(self.bras, status, session, User_Name=MAC, NAS_Port_Id=PORT, **more)
        assert answer.name == "Accounting-Response", answer.text

    def order(self, kind: str, *words: str) -> str:
        """Hand one in; its number."""
        self._orders += 1
        number = f"{kind}-{self._orders}"
        self.gate.cli("order", kind, "--order", number, "--account", "028123456@itv", *words)
        return number

    def ended(self, number: str, text: str, timeout_s: float = 8) -> None:
        """Until what the order asked of the NAS ended so."""
        wait_until(lambda: text in self.effects(number), timeout_s, f"{text!r}: {self.effects(number)}", every_s=0.2)

    def effects(self, number: str) -> str:
        return str(next(row["effects"] for row in self.gate.show("orders") if row["order"] == number))


@pytest.fixture
def world(net: Net, tmp_path: Path) -> Iterator[World]:
    made = World(net, tmp_path)
    made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    made.gate.start()
    yield made
    made.gate.assert_sound()


def test_a_session_is_shown_with_account_box_and_port(world: World) -> None:
    """Start, Interim-Update with counters over 4 GiB, Stop."""
    assert access_request(world.bras, MAC, NAS_Port_Id=PORT).name == "Access-Accept"
    world.account("Start", Framed_IP_Address="10.20.1.7")
    row = world.gate.show("sessions", "--mac", MAC)[0]
    assert (row["session"], row["nas"], row["account"], row["port"]) == ("00000001", "bras1", "028123456@itv", PORT)
    assert (row["address"], row["state"]) == ("10.20.1.7", "active")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["started"])
    world.account("Interim-Update", Acct_Input_Octets="10", Acct_Input_Gigawords="3", Acct_Output_Octets="20")
    row = world.gate.show("sessions", "--port", PORT)[0]
    assert (row["bytes_in"], row["bytes_out"]) == (3 * 2**32 + 10, 20)
    world.account("Stop", Acct_Terminate_Cause="User-Request", Acct_Session_Time="9")
    row = world.gate.show("sessions")[0]
    assert (row["state"], row["cause"]) == ("closed", "User-Request")
    world.gate.wait_for("Accounting-Request Stop 00000001 d4:c1:c8:ee:9b:1f from bras1")


def test_what_is_acknowledged_survives_a_kill(world: World) -> None:
    """RFC 2866 2: answered means recorded."""
    for number in range(20):
        world.account("Start", f"{number:08}")
    world.gate.kill()
    world.gate.start()
    assert len(world.gate.show("sessions", "--match", "state=active")) == 20


def test_a_store_that_is_locked_means_silence_and_then_the_nas_tries_again(world: World) -> None:
    """Nothing is acknowledged until it can be written."""
    file = world.gate.file.with_name("gatekeeper.db")
    held = sqlite3.connect(file, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    try:
        answer = accounting_request(world.bras, "Start", "00000001", User_Name=MAC)
        assert answer.name == "", answer.text
    finally:
        held.execute("ROLLBACK")
        held.close()
    wait_until(lambda: accounting_request(world.bras, "Start", "00000001", User_Name=MAC).name, 15, "an answer")


def test_a_swap_disconnects_the_old_box(world: World) -> None:
    """By session keys, without anything else (RFC 5176 3.6); accounting shows that it worked."""
    world.target.start()
    world.account("Start", Framed_IP_Address="10.20.1.7", Calling_Station_Id=MAC)
    number = world.order("swap", "--old-mac", MAC, "--mac", NEW)
    world.ended(number, "Disconnect of session 00000001 at bras1: acknowledged")
    request = world.target.received("Disconnect-Request")[0]
    names = set(re.findall(r"^\(\d+\)   ([\w-]+) = ", request, re.MULTILINE))
    assert names == {
        *("User-Name", "NAS-IP-Address", "Framed-IP-Address", "Calling-Station-Id", "Acct-Session-Id", "NAS-Port-Id"),
        *("Event-Timestamp", "Message-Authenticator"),
    }
    assert f'User-Name = "{MAC}"' in request and 'Acct-Session-Id = "00000001"' in request
    assert "shown by accounting" not in world.effects(number)
    world.account("Stop", Acct_Terminate_Cause="Admin-Reset")
    world.ended(number, "acknowledged, shown by accounting")


def test_a_new_rate_reaches_the_running_session(world: World) -> None:
    """CoA with the rate in the dialect of the NAS, and the Class that the next report shows."""
    world.target.start()
    world.account("Start")
    number = world.order("rate", "--down", "50000", "--up", "5000")
    world.ended(number, "CoA of session 00000001 at bras1: acknowledged")
    request = world.target.received("CoA-Request")[0]
    assert "Huawei-Output-Average-Rate = 50000000" in request
    assert "Huawei-Input-Average-Rate = 5000000" in request
    told = re.search(r"Class = (0x[0-9a-f]+)", request)
    assert told
    world.account("Interim-Update", Class=told[1])
    world.ended(number, "shown by accounting")


def test_an_error_cause_is_told_in_words(world: World) -> None:
    """And a session that the NAS does not know is no running one."""
    world.target.start()
    world.account("Start", UNKNOWN_SESSION)
    world.account("Start", PROHIBITED_SESSION)
    number = world.order("suspend")
    world.ended(number, f"session {UNKNOWN_SESSION} at bras1: refused (503 session context not found)")
    world.ended(number, f"session {PROHIBITED_SESSION} at bras1: refused (501 administratively prohibited)")
    states = {row["session"]: row["state"] for row in world.gate.show("sessions")}
    assert states == {UNKNOWN_SESSION: "closed", PROHIBITED_SESSION: "active"}


def test_a_disconnect_is_still_sent_after_a_crash(world: World) -> None:
    """Written with the order, kept until it has an end; a NAS that was away gets the second try."""
    world.account("Start")
    number = world.order("cancel")
    world.ended(number, "Disconnect of session 00000001 at bras1: sent")
    world.gate.kill()
    world.target.start()
    world.gate.start()
    world.ended(number, "acknowledged")


def test_an_unanswered_disconnect_is_sent_again_octet_for_octet(world: World) -> None:
    """RFC 5176 2.3 by way of RFC 5080 2.2.1: the same packet, so that the NAS can tell it from another."""
    tap = world.bras.start("tcpdump", "-lni", "aaa0", "-x", "udp port 3799", output=world.gate.file.with_name("tap"))
    wait_until(lambda: "listening on" in tap.text(), 5, "tcpdump listening")
    world.account("Start")
    world.order("suspend")
    began = time.monotonic()
    wait_until(lambda: tap.text().count("> 192.0.2.10.3799") >= 2, 8, "the second try", every_s=0.2)
    assert time.monotonic() - began > 1.5
    first, second = (re.sub(r"^.*?0x0010:", "", part, flags=re.DOTALL) for part in _packets(tap.text())[:2])
    assert first == second


def _packets(text: str) -> list[str]:
    return re.split(r"^\d\d:\d\d:\d\d\.\d+ IP 192\.0\.2\.1\.\d+ > 192\.0\.2\.10\.3799.*$", text, flags=re.MULTILINE)[1:]


def test_clear_session_waits_for_the_nas(world: World) -> None:
    """Exit 0 when it has acknowledged, 3 when it refuses, 4 where there is no such session."""
    world.target.start()
    world.account("Start")
    world.account("Start", PROHIBITED_SESSION)
    done = world.gate.cli("clear", "session", "00000001")
    assert done.stdout == "Disconnect of session 00000001 at bras1: acknowledged\n"
    refused = world.gate.cli("clear", "session", PROHIBITED_SESSION, check=False)
    assert refused.returncode == 3 and "501 administratively prohibited" in refused.stdout
    assert world.gate.cli("clear", "session", "none", check=False).returncode == 4


def test_clear_session_says_that_nobody_serves(world: World) -> None:
    """The request stays, and is sent when somebody does."""
    world.account("Start")
    world.gate.stop()
    done = world.gate.cli("clear", "session", MAC, check=False)
    assert done.returncode == 1 and "waits until gatekeeper serves" in done.stdout
    world.target.start()
    world.gate.start()
    wait_until(lambda: world.target.received("Disconnect-Request"), 5, "the Disconnect")


def test_a_wrong_secret_gets_no_answer(world: World) -> None:
    """RFC 2866 3: the Request Authenticator is the proof."""
    assert accounting_request(world.bras, "Start", "1", secret="guess").name == ""
    wait_until(lambda: world.gate.counted("Accounting-Request", "BAD_AUTHENTICATOR"), 5, "the counter")
    assert world.gate.show("sessions") == []
