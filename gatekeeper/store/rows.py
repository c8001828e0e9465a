"""Nouns as rows of a table: for each its columns, named here once, and the way to a row and back.

A MAC is kept as text, as people search for it; "" = none. An Account, an Event and a NasSeen are their own rows.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from gatekeeper.model import Binding, Event, Lease, Rate, Reason, Session
from gatekeeper.policy.orders import Account, OrderRecord
from gatekeeper.policy.sessions import Course
from gatekeeper.state.clock import Beat
from gatekeeper.state.counts import Counted, Fate
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import SecretSeen
from gatekeeper.state.rogues import Rogue
from gatekeeper.store.outbox import Standing, Wanted
from gatekeeper.value import fields_of, values_of
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import ip_text, mac_text, parse_ip

Row = tuple[Any, ...]


_WORDS_OF_SQL: Final = frozenset({"order", "where"})


def listed(columns: Iterable[str], of: str = "") -> str:
    """The columns as SQL lists them, of this table."""
    return ", ".join(f'{of}"{name}"' if name in _WORDS_OF_SQL else of + name for name in columns)


def marks(columns: Iterable[str]) -> str:
    """A question mark for each."""
    return ",".join("?" for _ in columns)


def mac_of(text: str) -> bytes:
    """6 octets; "" -> b"" """
    return bytes.fromhex(text.replace(":", ""))


LEASE: Final = fields_of(Lease)


def lease_rows(leases: Iterable[Lease]) -> list[object]:
    """Their rows one behind the other, as a statement for many takes them; a call for each would be felt."""
    values: list[object] = []
    for one in leases:
        values += one.address, one.mac.hex(":"), one.account, one.port, one.state
        values += one.expires_at, one.first_seen, one.last_seen, one.agent, one.client_id
    return values


def lease_of(row: Row) -> Lease:
    address, mac, account, port, state, expires_at, first_seen, last_seen, agent, client_id = row
    return Lease(address, mac_of(mac), account, port, state, expires_at, first_seen, last_seen, agent, client_id)


# A binding is read from two tables: the box's row and its account's.
_OF_BOX: Final = ("mac", "account", "stbid")
_OF_ACCOUNT: Final = (
    *("subscriber", "state", "rate_down_kbps", "rate_up_kbps", "port", "port_state", "address", "acs_url"),
    *("last_order", "plan"),
)


def binding_columns(box: str, account: str) -> str:
    """As ``binding_of`` reads them, of tables that go by these names."""
    return f"{listed(_OF_BOX, f'{box}.')}, {listed(_OF_ACCOUNT, f'{account}.')}"


def binding_of(row: Row) -> tuple[str, Binding]:
    """The MAC as text, and what binds it."""
    mac, account, stbid, subscriber, state, down, up, port, port_state, address, acs_url, order, plan = row
    line = port_from_text(port) if port else None
    rate = Rate(down, up)
    return mac, Binding(account, subscriber, stbid, state, rate, line, port_state, address, acs_url, order, plan)


ACCOUNT: Final = fields_of(Account)


def account_of(row: Row) -> Account:
    return Account(*row)


def line_of(port: str) -> str:
    """What all spellings of an access line have in common; "" = no port."""
    return port_from_text(port).line() if port else ""


ORDER: Final = (
    *("number", "kind", "account", "mac", "state", "reason", "detail", "received_ms", "effects", "held_until"),
    "contents",
)


def order_row(record: OrderRecord, contents: str) -> Row:
    return (*values_of(record), contents)


def order_of(row: Row) -> tuple[OrderRecord, str]:
    """An order with its outcome, and its contents as they came."""
    *record, contents = row
    return OrderRecord(*record), contents


# A session as it is read, and the two tables that it is written to: what each report of it changes stands apart, and of
# the rest the key never changes, and what is in indexes is written only when it does.
SESSION: Final = (*fields_of(Session), "state", "heard")
SESSION_KEY: Final = ("session", "nas", "device")
SESSION_REST: Final = ("source", "account", "port", "order", "cause", "keys")
SESSION_INDEXED: Final = ("mac", "address", "started")
COURSE: Final = ("state", "last_seen", "bytes_in", "bytes_out", "heard")


def session_row(course: Course) -> Row:
    """As SESSION has it."""
    said = course.session
    return (
        *(said.session, said.nas, said.device, said.source, mac_text(said.mac), said.account, said.port, said.address),
        *(said.order, said.started, said.last_seen, said.bytes_in, said.bytes_out, said.cause, said.keys),
        *(course.state, course.heard),
    )


def session_key(course: Course) -> Row:
    """As SESSION_KEY has it."""
    said = course.session
    return said.session, said.nas, said.device


def session_rest(course: Course) -> Row:
    """As SESSION_REST has it."""
    said = course.session
    return said.source, said.account, said.port, said.order, said.cause, said.keys


def session_indexed(course: Course) -> Row:
    """As SESSION_INDEXED has it."""
    said = course.session
    return mac_text(said.mac), said.address, said.started


def course_row(course: Course) -> Row:
    """As COURSE has it."""
    said = course.session
    return course.state, said.last_seen, said.bytes_in, said.bytes_out, course.heard


def session_of(row: Sequence[Any]) -> Course:
    session, nas, device, source, mac, *rest, state, heard = row
    return Course(Session(session, nas, device, source, mac_of(mac), *rest), state, heard)


REFUSED: Final = tuple("count" if name == "times" else name for name in fields_of(Refused))


def refused_row(refused: Refused) -> Row:
    mac, protocol, reason, *rest = values_of(refused)
    return mac_text(mac), protocol, str(reason), *rest


def refused_of(row: Row) -> Refused:
    mac, protocol, reason, *rest = row
    # A younger gatekeeper may have known more reasons, and this one must still be able to count on.
    why = Reason(reason) if reason in Reason.__members__ else Reason.UNSUPPORTED
    return Refused(mac_of(mac), protocol, why, *rest)


# That the journal was told of it is no column.
ADMITTED: Final = fields_of(Admitted)[:-1]


def admitted_row(admitted: Admitted) -> Row:
    mac, *rest, _ = values_of(admitted)
    return mac_text(mac), *rest


def admitted_of(row: Row) -> Admitted:
    mac, account, where, port, at, protocol, address, ms = row
    return Admitted(mac_of(mac), account, where, port, at, protocol, address, ms, news=False)


ROGUE: Final = fields_of(Rogue)


def rogue_row(rogue: Rogue) -> Row:
    server, mac, *rest = values_of(rogue)
    return ip_text(server), mac_text(mac), *rest


def rogue_of(row: Row) -> Rogue:
    server, mac, interface, offers, first_seen, last_seen = row
    return Rogue(parse_ip(server), mac_of(mac), interface, offers, first_seen, last_seen)


NAS_SEEN: Final = fields_of(NasSeen)
SECRET: Final = fields_of(SecretSeen)


def secret_row(seen: SecretSeen) -> Row:
    source, *rest = values_of(seen)
    return ip_text(source), *rest


def secret_of(row: Row) -> SecretSeen:
    source, *rest = row
    return SecretSeen(parse_ip(source), *rest)


# How many there are stands behind what is counted; and its spelling, as SQL.
FATE: Final = (*fields_of(Fate), "count")
FATE_NAME: Final = "CASE protocol WHEN '' THEN '' ELSE protocol || '.' || message || '.' END || reply || '.' || reason"
COUNTER: Final = (*fields_of(Counted), "value")
COUNTER_NAME: Final = "replace(name, '*', label)"


def count_row(counted: Fate | Counted, count: int) -> Row:
    return (*values_of(counted), count)


def fate_of(row: Row) -> tuple[Fate, int]:
    protocol, message, reply, reason, count = row
    return Fate(protocol, message, reply, reason), count


def counter_of(row: Row) -> tuple[Counted, int]:
    name, label, value = row
    return Counted(name, label), value


BEAT: Final = fields_of(Beat)


def beat_of(row: Row) -> Beat:
    return Beat(*row)


EVENT: Final = fields_of(Event)


def event_of(row: Row) -> Event:
    return Event(*row)


STANDING: Final = Standing._fields


def standing_of(row: Row) -> Standing:
    return Standing(*row)


# Of the outbox (d), its session as it is on record (s, c) and as it is by reports that wait (x), and its account (a).
WANTED: Final = """
d.id, d.kind, d."order", s.id, s.session, s.nas, coalesce(x.source, s.source), coalesce(x.mac, s.mac),
coalesce(x.account, s.account), coalesce(x.keys, s.keys), coalesce(x.state, c.state),
coalesce(a.rate_down_kbps, 0), coalesce(a.rate_up_kbps, 0), coalesce(a.plan, '')"""


def wanted_of(row: Row) -> Wanted:
    number, kind, order, at, session, nas, source, mac, account, keys, state, down, up, plan = row
    over = state == "closed"
    rate = Rate(down, up)
    return Wanted(number, kind, order, at, session, nas, source, mac_of(mac), account, keys, over, rate, plan)
