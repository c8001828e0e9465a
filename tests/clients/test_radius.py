"""RADIUS as BRASes of several makes ask it, by FreeRADIUS's radclient."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.boxes import MAC, STBID, STRANGER
from tests.clients.gate import RADIUS, Gate, config
from tests.clients.nas import Answer, access_request
from tests.clients.net import Net, Space, wait_until
from tests.clients.worlds import AAA, MIKROTIK, UNKNOWN_NAS, add_bras

pytestmark = pytest.mark.clients


class Aaa:
    """A gate that serves RADIUS only, and a BRAS."""

    def __init__(self, net: Net, folder: Path) -> None:
        space, switch = net.space("gate"), net.switch()
        net.plug(space, "core0", switch)
        space.set_up("core0", AAA)
        self.bras: Space = add_bras(net, switch)
        self.gate = Gate(space, folder, config(radius=RADIUS))

    def ask(self, user: str = "d4c1c8ee9b1f", **keys: object) -> Answer:
        return access_request(self.bras, user, **keys)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def aaa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aaa]:
    """One installed box without a port; shared, because no test here changes what the others see."""
    with Net() as net:
        made = Aaa(net, tmp_path_factory.mktemp("aaa"))
        made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
        made.gate.start()
        yield made
        made.gate.assert_sound()


def test_a_huawei_bras_gets_the_rate_in_bits_per_second(aaa: Aaa) -> None:
    """20000/4000 kbit/s ordered; input is what comes from the subscriber; average and peak alike."""
    answer = aaa.ask()
    assert answer.name == "Access-Accept", answer.text
    assert answer.one("Huawei-Input-Average-Rate") == answer.one("Huawei-Input-Peak-Rate") == "4000000"
    assert answer.one("Huawei-Output-Average-Rate") == answer.one("Huawei-Output-Peak-Rate") == "20000000"


def test_the_answer_is_sealed_and_the_seal_comes_first(aaa: Aaa) -> None:
    """CVE-2024-3596: radclient checks what it says, this checks where it stands."""
    answer = aaa.ask()
    assert next(iter(answer.attributes)) == "Message-Authenticator"


def test_a_mikrotik_gets_its_rate_as_up_slash_down(aaa: Aaa) -> None:
    """Its rx is the upload; its user name is the MAC with colons."""
    answer = aaa.ask(MAC.upper(), source=MIKROTIK, secret="other-secret")
    assert answer.name == "Access-Accept", answer.text
    assert answer.one("Mikrotik-Rate-Limit") == "4000k/20000k"
    assert not any(name.startswith("Huawei") for name in answer.attributes)


@pytest.mark.parametrize(
    "user",
    [
        "d4c1c8ee9b1f",
        "D4C1C8EE9B1F",
        "d4:c1:c8:ee:9b:1f",
        "D4-C1-C8-EE-9B-1F",
        "d4c1.c8ee.9b1f",
        "d4c1-c8ee-9b1f",
        "d4c1c8-ee9b1f",
        "d4c1c8ee9b1f@itv",
        "D4-C1-C8-EE-9B-1F@sc.itv.example.net",
    ],
)
def test_a_mac_is_known_however_the_nas_spells_it(aaa: Aaa, user: str) -> None:
    """User-Name and password alike, as MAC authentication sends them."""
    assert aaa.ask(user).name == "Access-Accept"


def test_a_mac_in_calling_station_id_is_enough(aaa: Aaa) -> None:
    """A BRAS whose user name is the line; the password is the MAC all the same, and the user name is none."""
    line = {"user": "line-77", "Calling_Station_Id": "D4-C1-C8-EE-9B-1F"}
    assert aaa.ask(**line, password="d4c1c8ee9b1f").name == "Access-Accept"
    assert aaa.ask(**line, password="line-77").one("Reply-Message") == "BAD_PASSWORD"


def test_two_different_macs_in_one_request_are_no_identity(aaa: Aaa) -> None:
    """Which of the two is at the door is anybody's guess."""
    answer = aaa.ask(Calling_Station_Id=STRANGER)
    assert (answer.name, answer.one("Reply-Message")) == ("Access-Reject", "NO_IDENTITY")


def test_an_unknown_box_is_rejected_with_the_reason(aaa: Aaa) -> None:
    """In Reply-Message, in the log, and in ``show refused``."""
    answer = aaa.ask(STRANGER)
    assert (answer.name, answer.one("Reply-Message")) == ("Access-Reject", "UNKNOWN_MAC")
    aaa.gate.wait_for(f"Access-Reject {STRANGER} from bras1")
    row = wait_until(lambda: aaa.gate.show("refused", "--mac", STRANGER), 5, "the refused box")[0]
    assert (row["reason"], row["protocol"]) == ("UNKNOWN_MAC", "radius")


def test_a_wrong_password_is_rejected(aaa: Aaa) -> None:
    """The password is the MAC, not any text."""
    answer = aaa.ask(password="guess")
    assert (answer.name, answer.one("Reply-Message")) == ("Access-Reject", "BAD_PASSWORD")


def test_a_wrong_secret_gets_no_answer_and_is_counted(aaa: Aaa) -> None:
    """An answer would help only who is guessing."""
    before = aaa.gate.counted("BAD_AUTHENTICATOR")
    assert aaa.ask(secret="guess", timeout_s=1).name == ""
    wait_until(lambda: aaa.gate.counted("BAD_AUTHENTICATOR") > before, 5, "the counter")
    assert aaa.gate.counted("radius", "no-answer", "BAD_AUTHENTICATOR") == before + 1


def test_an_unknown_nas_gets_no_answer_and_is_counted(aaa: Aaa) -> None:
    """Its secret does not matter."""
    before = aaa.gate.counted("UNKNOWN_NAS")
    assert aaa.ask(source=UNKNOWN_NAS, timeout_s=1).name == ""
    wait_until(lambda: aaa.gate.counted("UNKNOWN_NAS") > before, 5, "the counter")


def test_a_nas_that_has_sealed_once_must_go_on(aaa: Aaa) -> None:
    """``auto``: after one right Message-Authenticator a request without it is not believed."""
    assert aaa.ask().name == "Access-Accept"
    assert aaa.ask(sealed=False, timeout_s=1).name == ""
    aaa.gate.wait_for("NO_MESSAGE_AUTHENTICATOR")


def test_a_suspended_account_is_rejected_until_it_is_resumed(aaa: Aaa) -> None:
    """The order is in force at the next request."""
    box, account = "d4:c1:c8:00:00:02", "028000002@itv"
    aaa.gate.install(box, account)
    assert aaa.ask(box).name == "Access-Accept"
    aaa.gate.cli("order", "suspend", "--order", "s2", "--account", account)
    assert aaa.ask(box).one("Reply-Message") == "SUSPENDED"
    aaa.gate.cli("order", "resume", "--order", "r2", "--account", account)
    assert aaa.ask(box).name == "Access-Accept"
