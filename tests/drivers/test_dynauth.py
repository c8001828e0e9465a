"""CoA and Disconnect to a NAS on the loopback, the time given by the test: when they are sent, what ends them."""

import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.drivers.dynauth import DynauthClient
from gatekeeper.drivers.log import Log
from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Session, SessionReported
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.dynauth import (
    COA_ACK,
    COA_REQUEST,
    DISCONNECT_ACK,
    DISCONNECT_NAK,
    DISCONNECT_REQUEST,
    ERROR_CAUSE,
)
from gatekeeper.wire.radius import RadiusPacket, attribute, decode, vendor_table
from gatekeeper.wire.radius_seal import Secret, plain_reply, signature_is_right
from tests.config.book import load_text
from tests.store.ledger import BOX, NOW, OTHER, THIRD, filled

SECRET, LOCALHOST = Secret(b"testing123"), 0x7F000001
CONFIG = """
[radius]
listen_auth = ["0.0.0.0:1812"]

[[radius.client]]
name = "bras1"
ipaddr = "127.0.0.1"
secret = "testing123"
nas = "{dialect}"
coa_port = {port}

[[radius.profile]]
plan = "gold"
reply = {{ "Huawei-Output-Peak-Rate" = 7, "Filter-Id" = "{{down_kbps}} {{account}}", "Idle-Timeout" = 9 }}
"""


class Nas:
    """A NAS that takes requests and answers when it is told to."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.peer = ("", 0)

    def hear(self) -> list[RadiusPacket]:
        """What came since the last time."""
        heard = []
        while select.select([self.socket], [], [], 0)[0]:
            data, self.peer = self.socket.recvfrom(4096)
            heard.append(decode(data))
        return heard

    def answer(self, request: RadiusPacket, code: int, body: bytes = b"", secret: Secret = SECRET) -> None:
        data = plain_reply(code, request.identifier, request.authenticator, body, secret)
        self.socket.sendto(data, self.peer)


@pytest.fixture
def nas() -> Iterator[Nas]:
    made = Nas()
    yield made
    made.socket.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Accounts A (BOX and THIRD) and B (OTHER), each box with a running session at the NAS."""
    opened = filled(tmp_path)
    for mac, account in ((BOX, "A"), (THIRD, "A"), (OTHER, "B")):
        session = Session(
            str(mac[5]), "bras1", "127.0.0.1", LOCALHOST, mac, account, "p", 0, "", NOW, NOW, 0, 0, "", b"\x2c\x031"
        )
        opened.commit([SessionReported(session, "start", NOW)])
    yield opened
    opened.close()


@pytest.fixture
def dialect() -> str:
    return "huawei"


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log("none")
    yield made
    made.stop()


@pytest.fixture
def client(tmp_path: Path, nas: Nas, store: SqliteStore, dialect: str, log: Log) -> Iterator[DynauthClient]:
    """Its rounds are taken by the test."""
    book = load_text(tmp_path, CONFIG.format(port=nas.port, dialect=dialect)).book
    made = DynauthClient(lambda: SqliteStore(str(tmp_path / "gatekeeper.db")), lambda: book, log, LOCALHOST)
    yield made
    made.close()


def slow_down_and_suspend(store: SqliteStore) -> None:
    """Two orders for the session of account B."""
    desk = OrderDesk(store, OrderRules(2))
    desk.hand_in({"order": "1", "kind": "rate", "account": "B", "rate_down_kbps": "50000"}, NOW)
    desk.hand_in({"order": "2", "kind": "suspend", "account": "B"}, NOW + 1)


def states(store: SqliteStore, numbers: list[int]) -> list[tuple[str, str]]:
    return [(one.state, one.detail) for one in store.asked(numbers)]


def test_rfc5080_2_2_1_a_nas_that_is_silent_is_asked_four_times_in_30_seconds(
    client: DynauthClient, nas: Nas, store: SqliteStore
) -> None:
    """The same octets each time (RFC 5176 3.3: the time in them too); then the request is lost, and told so."""
    numbers = store.ask_to_disconnect("1", NOW)
    seen, octets = [], set()
    for at in (0.0, 1.9, 2.0, 5.9, 6.0, 13.9, 14.0, 29.9, 30.0, 60.0):
        client.turn(100.0 + at)
        for packet in nas.hear():
            seen.append(at)
            octets.add(packet.data)
        assert [state for state, _ in states(store, numbers)] == ["sent" if at < 30.0 else "lost"]
    assert (seen, len(octets)) == ([0.0, 2.0, 6.0, 14.0], 1)
    assert states(store, numbers) == [("lost", f"no answer from 127.0.0.1:{nas.port} to 4 tries")]


def test_a_nas_that_answers_under_another_secret_is_said_to_do_so(
    client: DynauthClient, nas: Nas, store: SqliteStore, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its answer is not believed (RFC 5176 2.3), and it is not silent either: in the log, and where it was lost."""
    numbers = store.ask_to_disconnect("1", NOW)
    client.turn(100.0)
    (request,) = nas.hear()
    nas.answer(request, DISCONNECT_ACK, secret=Secret(b"another"))
    client.turn(101.0)
    assert [state for state, _ in states(store, numbers)] == ["sent"]
    for at in (102.0, 106.0, 114.0, 130.0):
        client.turn(at)
    told = f"127.0.0.1:{nas.port} answers under another secret than that of its [[radius.client]]"
    assert states(store, numbers) == [("lost", f"{told} to 4 tries")]
    log.stop()
    assert capsys.readouterr().err.splitlines()[0] == f"alarm: {told}"


def test_a_nas_that_answers_rightly_in_the_end_is_believed(client: DynauthClient, nas: Nas, store: SqliteStore) -> None:
    """Somebody else's forged answer before it changes nothing, then and later."""
    numbers = store.ask_to_disconnect("1", NOW)
    client.turn(100.0)
    (request,) = nas.hear()
    nas.answer(request, DISCONNECT_ACK, secret=Secret(b"another"))
    nas.answer(request, DISCONNECT_ACK)
    client.turn(101.0)
    assert states(store, numbers) == [("acknowledged", "")]
    again = store.ask_to_disconnect("2", NOW)
    for at in (102.0, 104.0, 108.0, 116.0, 132.0):
        client.turn(at)
    assert states(store, again) == [("lost", f"no answer from 127.0.0.1:{nas.port} to 4 tries")]


def test_rfc5176_2_3_a_request_is_signed_and_names_its_session(
    client: DynauthClient, nas: Nas, store: SqliteStore
) -> None:
    """Message-Authenticator first; the acknowledgement ends it."""
    numbers = store.ask_to_disconnect("1", NOW)
    client.turn(0.0)
    (request,) = nas.hear()
    assert (request.code, request.data[20:22], request.attributes[44]) == (DISCONNECT_REQUEST, b"\x50\x12", b"1")
    assert signature_is_right(request, SECRET)
    nas.answer(request, DISCONNECT_ACK)
    client.turn(0.1)
    assert states(store, numbers) == [("acknowledged", "")]
    client.turn(9.0)
    assert nas.hear() == []


def test_an_answer_that_is_not_believed_ends_nothing(client: DynauthClient, nas: Nas, store: SqliteStore) -> None:
    """Another secret (RFC 2865 3), another kind (RFC 5176 2.2), an Error-Cause that is none (3.5), another place."""
    numbers = store.ask_to_disconnect("1", NOW)
    client.turn(0.0)
    (request,) = nas.hear()
    nas.answer(request, DISCONNECT_ACK, secret=Secret(b"another"))
    nas.answer(request, COA_ACK)
    nas.answer(request, DISCONNECT_NAK, attribute(ERROR_CAUSE, bytes(3)))
    stranger = Nas()
    stranger.peer = nas.peer
    stranger.answer(request, DISCONNECT_ACK)
    stranger.socket.close()
    client.turn(0.1)
    assert states(store, numbers) == [("sent", "")]
    nas.answer(request, DISCONNECT_ACK)
    client.turn(0.2)
    assert states(store, numbers) == [("acknowledged", "")]


def test_a_session_that_the_nas_does_not_know_is_over(client: DynauthClient, nas: Nas, store: SqliteStore) -> None:
    """Error-Cause 503."""
    numbers = store.ask_to_disconnect("1", NOW)
    client.turn(0.0)
    (request,) = nas.hear()
    nas.answer(request, DISCONNECT_NAK, attribute(ERROR_CAUSE, (503).to_bytes(4, "big")))
    client.turn(0.1)
    assert states(store, numbers) == [("refused", "503 session context not found")]
    closed = [row["session"] for row in store.view("sessions", NOW) if row["state"] == "closed"]
    assert closed == ["1"]


def test_one_session_is_asked_one_thing_at_a_time_in_the_sequence_of_the_orders(
    client: DynauthClient, nas: Nas, store: SqliteStore
) -> None:
    """Sessions of other boxes do not wait for it, and each request has an identifier of its own."""
    slow_down_and_suspend(store)
    store.ask_to_disconnect("1", NOW + 2)
    client.turn(0.0)
    first, other = nas.hear()
    assert [one.code for one in (first, other)] == [COA_REQUEST, DISCONNECT_REQUEST]
    assert first.identifier != other.identifier
    client.turn(1.0)
    assert nas.hear() == []
    nas.answer(first, COA_ACK)
    client.turn(1.1)
    client.turn(1.2)
    assert [one.code for one in nas.hear()] == [DISCONNECT_REQUEST]


def test_rfc5176_3_3_a_coa_has_the_plans_rate_and_nothing_else_of_it(
    client: DynauthClient, nas: Nas, store: SqliteStore
) -> None:
    """As the next Access-Accept will say it; an attribute that cannot be changed would have all of it refused."""
    fields = {"order": "1", "kind": "rate", "account": "B", "rate_down_kbps": "50000", "plan": "gold"}
    OrderDesk(store, OrderRules(2)).hand_in(fields, NOW)
    client.turn(0.0)
    (request,) = nas.hear()
    assert request.code == COA_REQUEST
    assert vendor_table(request) == {(2011, 5): [(50_000_000).to_bytes(4, "big")], (2011, 6): [b"\0\0\0\7"]}
    assert (request.attributes[11], 28 in request.attributes) == (b"50000 B", False)


@pytest.mark.parametrize("dialect", ["generic"])
def test_what_cannot_be_sent_holds_up_nothing(client: DynauthClient, nas: Nas, store: SqliteStore) -> None:
    """A NAS that has no rate attributes is not sent a CoA; the Disconnect behind it goes in the next round."""
    slow_down_and_suspend(store)
    client.turn(0.0)
    client.turn(0.1)
    assert [one.code for one in nas.hear()] == [DISCONNECT_REQUEST]


def test_a_place_where_nobody_is_asked_any_more_is_forgotten(
    client: DynauthClient, nas: Nas, store: SqliteStore
) -> None:
    """There may be as many as addresses; the identifiers go on all the same, so that no two are confused."""
    seen = []
    for key, code in (("1", DISCONNECT_ACK), ("2", DISCONNECT_NAK)):
        store.ask_to_disconnect(key, NOW)
        client.turn(0.0)
        (request,) = nas.hear()
        seen.append(request.identifier)
        assert len(client._places) == 1
        nas.answer(request, code)
        client.turn(0.1)
        assert len(client._places) == 0
    assert len(set(seen)) == 2
