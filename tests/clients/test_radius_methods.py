"""Every method and every refusal of it, by FreeRADIUS's radclient, wpa_supplicant's eapol_test and our own radtest."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.boxes import MAC, STRANGER
from tests.clients.gate import GATEKEEPER, RADIUS
from tests.clients.nas import Answer, radclient
from tests.clients.net import Net, wait_until
from tests.clients.supplicant import Tried, eapol_test
from tests.clients.test_radius import Aaa
from tests.clients.worlds import BRAS, MIKROTIK, UNKNOWN_NAS

pytestmark = pytest.mark.clients

BARE = MAC.replace(":", "")
SEAL, CALL_CHECK = "Message-Authenticator = 0x00", "Service-Type = Call-Check"
# .99 is a client here, one that throws away answers with Message-Authenticator, and may send Proxy-State without.
EXEMPTED = f"""
[[radius.client]]
name = "checkpoint1"
ipaddr = "{UNKNOWN_NAS}"
secret = "testing123"
send_message_authenticator = false
require_message_authenticator = "no"
limit_proxy_state = "no"

[[radius.client]]
name = "old1"
ipaddr = "192.0.2.30"
secret = "testing123"
"""
OLD = "192.0.2.30"  # it never seals anything


class Place(Aaa):
    """The gate, the BRAS, and a folder for the supplicant's files."""

    def __init__(self, net: Net, folder: Path) -> None:
        super().__init__(net, folder)
        self.bras.ip(f"address add {OLD}/24 dev aaa0")
        self.folder = folder
        text = self.gate.file.read_text().replace(RADIUS, RADIUS + EXEMPTED)
        acct = 'listen_auth = ["192.0.2.1:1812"]\nlisten_acct = ["192.0.2.1:1813"]\n'
        self.gate.file.write_text(text if "listen_acct" in text else text.replace(acct.splitlines()[0], acct))

    def send(self, *lines: str, **keys: object) -> Answer:
        """One packet by radclient."""
        return radclient(self.bras, list(lines), **keys)  # type: ignore[arg-type]

    def eap(self, mac: str = MAC, **keys: object) -> Tried:
        return eapol_test(self.bras, self.folder, mac, **keys)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One installed box without a port."""
    with Net() as net:
        made = Place(net, tmp_path_factory.mktemp("methods"))
        made.gate.install(MAC, "028123456@itv")
        made.gate.start()
        yield made
        made.gate.assert_sound()


def _told(answer: Answer) -> tuple[str, str]:
    return answer.name, " ".join(answer.attributes.get("Reply-Message", []))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"User-Password = {BARE}"], ("Access-Accept", "")),
        (["User-Password = guess"], ("Access-Reject", "BAD_PASSWORD")),
        ([f"CHAP-Password = {BARE}"], ("Access-Accept", "")),
        ([f'CHAP-Password = "{MAC.upper().replace(":", "-")}"'], ("Access-Accept", "")),
        ([f"CHAP-Password = {BARE}", "CHAP-Challenge = 0x00112233445566778899aabbccddeeff"], ("Access-Accept", "")),
        (["CHAP-Password = guess"], ("Access-Reject", "BAD_PASSWORD")),
        ([CALL_CHECK], ("Access-Accept", "")),
        ([], ("Access-Reject", "BAD_PASSWORD")),
        ([f"MS-CHAP-Password = {BARE}"], ("Access-Reject", "UNSUPPORTED")),
        ([f"MS-CHAP-Challenge = 0x{'00' * 16}", f"MS-CHAP2-Response = 0x{'00' * 50}"],
         ("Access-Reject", "UNSUPPORTED")),
    ],
)  # fmt: skip
def test_each_method_is_served_or_refused_with_its_reason(
    place: Place, lines: list[str], expected: tuple[str, str]
) -> None:
    """PAP, CHAP by either challenge, none under Call-Check; MS-CHAP in both versions is not served."""
    assert _told(place.send(f"User-Name = {BARE}", SEAL, *lines)) == expected


def test_ms_chap_is_named_in_the_log(place: Place) -> None:
    """So that somebody can tell the NAS otherwise."""
    place.send(f"User-Name = {STRANGER}", SEAL, "MS-CHAP-Password = guess")
    place.gate.wait_for('UNSUPPORTED bound="PAP, CHAP, EAP-MD5 or Call-Check" seen="MS-CHAP"')


def test_no_password_without_a_seal_is_refused(place: Place) -> None:
    """CVE-2024-3596: anybody could have made it. The client here is one that need not seal otherwise."""
    answer = place.send(f"User-Name = {BARE}", CALL_CHECK, source=UNKNOWN_NAS)
    assert _told(answer) == ("Access-Reject", "NO_MESSAGE_AUTHENTICATOR")


def test_a_mikrotik_need_not_send_a_password(place: Place) -> None:
    """The seal stands for it. radclient leaves an empty one out; RouterOS sends it, see tests/engine."""
    lines = [f"User-Name = {MAC.upper()}", f"Calling-Station-Id = 1:{MAC}"]
    answer = place.send(*lines, SEAL, source=MIKROTIK, secret="other-secret")
    assert _told(answer) == ("Access-Accept", "")


def test_every_proxy_state_comes_back_in_its_sequence(place: Place) -> None:
    """RFC 2865 5.33; a request with Proxy-State and without seal is not answered (CVE-2024-3596)."""
    lines = [f"User-Name = {BARE}", f"User-Password = {BARE}", "Proxy-State = 0x616263", "Proxy-State = 0x00ff"]
    answer = place.send(*lines, SEAL)
    assert answer.attributes["Proxy-State"] == ["0x616263", "0x00ff"]
    assert place.send(*lines[:2], source=OLD).name == "Access-Accept"
    assert place.send(*lines, source=OLD, timeout_s=1).name == ""
    place.gate.wait_for("PROXY_STATE_LIMITED")


def test_a_status_server_is_answered_and_is_no_refusal(place: Place) -> None:
    """RFC 5997; radclient checks both authenticators."""
    before = place.gate.counted("radius", "Status-Server", "Access-Accept", "ok")
    answer = place.send(SEAL, kind="status")
    assert (answer.name, list(answer.attributes)) == ("Access-Accept", ["Message-Authenticator"])
    wait_until(lambda: place.gate.counted("radius", "Status-Server", "Access-Accept", "ok") > before, 5, "the counter")
    assert place.send(SEAL, kind="status", secret="guess", timeout_s=1).name == ""


def test_a_status_server_is_answered_on_the_accounting_port(place: Place) -> None:
    """RFC 5997 3: Accounting-Response there."""
    assert place.send(SEAL, kind="status", port=1813).name == "Accounting-Response"


def test_show_nas_says_who_sends_no_message_authenticator(place: Place) -> None:
    """And whose it was last; a counter for each client that does so."""
    place.send(f"User-Name = {BARE}", f"User-Password = {BARE}", source=OLD)
    place.send(f"User-Name = {BARE}", f"User-Password = {BARE}", SEAL)

    def rows() -> dict[str, str]:
        found = {row["name"]: row for row in place.gate.show("nas")}
        told = {name: row["message_authenticator"] for name, row in found.items()}
        return told if found["old1"]["unsealed_from"] == OLD and told["bras1"] else {}

    told = wait_until(rows, 5, "the counts of old1 in show nas")
    assert (told["old1"], told["bras1"]) == ("no", "yes")
    assert place.gate.counted("radius.nas.old1.unsealed") > 0
    assert place.gate.counted("radius.nas.bras1.unsealed") == 0


def test_an_exempted_client_gets_no_message_authenticator(place: Place) -> None:
    """Check Point sk182516. Its Proxy-State without seal is believed, as it says; check and serve warn of both."""
    lines = [f"User-Name = {BARE}", f"User-Password = {BARE}", "Proxy-State = 0x616263"]
    answer = place.send(*lines, source=UNKNOWN_NAS)
    assert (answer.name, answer.one("Proxy-State")) == ("Access-Accept", "0x616263")
    assert "Message-Authenticator" not in answer.attributes
    place.gate.wait_for("checkpoint1: send_message_authenticator = false lets answers be forged")
    place.gate.wait_for('checkpoint1: limit_proxy_state = "no" lets an Access-Accept be forged')


def test_a_box_gets_in_by_eap_md5(place: Place) -> None:
    """Challenge, then accept, as ``mab eap`` of Cisco and Huawei asks."""
    tried = place.eap()
    assert (tried.let_in, tried.codes) == (True, [11, 2]), tried.text


@pytest.mark.parametrize(("mac", "password", "reason"), [(MAC, "guess", "BAD_PASSWORD"), (STRANGER, "", "UNKNOWN_MAC")])
def test_a_box_that_is_refused_by_eap_md5_hears_failure(place: Place, mac: str, password: str, reason: str) -> None:
    """EAP-Failure in the Access-Reject; the reason is in the log (RFC 3579 2.6.5)."""
    tried = place.eap(mac, password=password)
    assert (tried.let_in, tried.codes) == (False, [11, 3]), tried.text
    assert "EAP: Received EAP-Failure" in tried.text
    place.gate.wait_for(f"Access-Reject {mac} from bras1: {reason}")


@pytest.mark.parametrize(("method", "name"), [("PEAP", "PEAP"), ("TTLS", "EAP-TTLS"), ("MSCHAPV2", "EAP-MSCHAPv2")])
def test_another_eap_type_is_offered_md5_and_then_refused_by_its_name(place: Place, method: str, name: str) -> None:
    """The box says no to MD5 (RFC 3748 5.3.1) and is told Failure."""
    mac = f"d4:c1:c8:0e:a9:{len(name):02x}"  # one each, for repeats of a refusal are told once
    tried = place.eap(mac, method=method)
    assert (tried.let_in, tried.codes) == (False, [11, 3]), tried.text
    place.gate.wait_for(f'Access-Reject {mac} from bras1: UNSUPPORTED bound="PAP, CHAP, EAP-MD5 or Call-Check"')
    assert f'seen="{name}"' in place.gate.log()


def test_eap_under_another_secret_is_not_answered(place: Place) -> None:
    """RFC 3579 3.2."""
    assert place.eap(secret="guess", timeout_s=2).codes == []


@pytest.mark.parametrize("method", ["pap", "chap", "eap-md5", "none"])
def test_radtest_tries_each_method(place: Place, method: str) -> None:
    """From the BRAS, with its secret; 0, and 3 for a stranger."""
    words = [*GATEKEEPER, "radtest", "--server", "192.0.2.1", "--secret", "testing123", "--method", method]
    done = place.bras.run(*words, MAC, "-o", "json")
    (row,) = json.loads(done.stdout)
    assert (row["reply"], row["source"]) == ("Access-Accept", BRAS)
    assert {"name": "Huawei-Output-Peak-Rate", "value": "20000000"} in row["attributes"]
    assert place.bras.run(*words, STRANGER, check=False).returncode == 3
