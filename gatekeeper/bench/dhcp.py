"""DHCP as a relay agent speaks it (RFC 2131 4.1, RFC 3046): DISCOVER, REQUEST, renewals; every answer verified."""

from typing import Final, NamedTuple

from gatekeeper.bench.crowd import Crowd, stranger
from gatekeeper.bench.histogram import Histogram
from gatekeeper.bench.options import MAGIC, Tail, Tails, read_tail
from gatekeeper.bench.talk import GOES_ON, Talk, refused
from gatekeeper.bench.tally import Tally

DORA: Final = "dora"
DISCOVER: Final = "discover"
RENEW: Final = "renew"
# A transaction id has the slot in its lower 20 bits and a serial above.
MOST_SLOTS: Final = 1 << 20
_SERIALS: Final = 1 << 12
_HEAD: Final = b"\x01\x01\x06\x01"  # BOOTREQUEST, Ethernet, 6 octets, one relay on the way
_SHORTEST: Final = 300  # RFC 1542 2.1
_REPLY_HEAD: Final = 240
_BOOTREPLY: Final = 2
_OFFER: Final = 2
_ACK: Final = 5
_NAK: Final = 6
# From behind the hardware address to the message type's value: the rest of chaddr, sname, file, cookie.
_OPENING: Final = bytes(202) + MAGIC + b"\x35\x01"
_DISCOVER: Final = _OPENING + b"\x01"
_RENEWAL: Final = _OPENING + b"\x03"
_REQUEST: Final = _RENEWAL + b"\x36\x04"  # server id follows
_THAT_ADDRESS: Final = b"\x32\x04"
_PARAMETERS: Final = bytes((55, 8, 1, 3, 6, 15, 42, 43, 51, 54))
_NONE_2: Final = bytes(2)
_NONE_4: Final = bytes(4)
_NONE_8: Final = bytes(8)
# What an exchange waits for.
_NOTHING: Final = 0
_AN_OFFER: Final = 1
_AN_ACK: Final = 2


class DhcpPlan(NamedTuple):
    """What the boxes say and must hear.

    exchange: DORA, DISCOVER or RENEW, where a box's first visit is a DORA; giaddr: 4 octets; vendor_class: option 60;
    circuit: circuit id of option 82 with ``{}`` for the box's number, "" = no option 82; wanted: options that each
    OFFER and ACK must have.
    """

    exchange: str
    giaddr: bytes
    vendor_class: bytes = b""
    circuit: str = ""
    wanted: frozenset[int] = frozenset()


def agent_option(circuit: str, box: int) -> bytes:
    """Option 82 with a circuit id (RFC 3046 3.1)."""
    value = circuit.replace("{}", str(box)).encode()[:250]
    return bytes((82, len(value) + 2, 1, len(value))) + value


class DhcpTalk(Talk):
    """Slots of exchanges over one door."""

    def __init__(self, plan: DhcpPlan, crowd: Crowd, slots: int, tally: Tally) -> None:
        super().__init__(slots, 1, tally)
        self._crowd = crowd
        self._exchange = plan.exchange
        self._giaddr = plan.giaddr
        self._wanted = plan.wanted
        said = bytes((60, len(plan.vendor_class))) + plan.vendor_class if plan.vendor_class else b""
        self._end = said + _PARAMETERS + b"\xff"
        self._agents: list[bytes] = []
        longest = len(self._end)
        if plan.circuit:
            self._agents = [agent_option(plan.circuit, box) for box in range(len(crowd.macs))]
            longest += max(map(len, self._agents))
        # All of one length, which is what goes out in one call.
        self._size = max(_SHORTEST, 34 + len(_REQUEST) + 4 + 6 + longest)
        self._tails = Tails()
        self._holder: dict[bytes, bytes] = {}  # address -> MAC
        self._leased: dict[bytes, bytes] = {}  # MAC -> address, of a plan of renewals
        self._waits = [_NOTHING] * slots
        self._serial = 0
        self._xid = [b""] * slots
        self._box = [0] * slots
        self._place = [b""] * slots  # giaddr and hardware address, as they stand in every message
        self._known = [True] * slots
        self._address = [b""] * slots  # offered, or to be renewed
        self._server = [b""] * slots  # that offered it, b"" in a renewal
        self._asked_at = [0] * slots
        self._counts = [False] * slots
        self.went_on = GOES_ON  # the slot that last answered an OFFER; whoever reads it may take it away
        self._offers = Histogram()
        self._acks = Histogram()
        if plan.exchange != DISCOVER:
            tally.steps = {"DISCOVER-OFFER": self._offers, "REQUEST-ACK": self._acks}

    def begin(self, slot: int, now: int) -> bool:
        crowd = self._crowd
        box = crowd.next()
        mac = crowd.macs[box]
        known = not (crowd.strangers and crowd.next_is_stranger())
        if not known:
            mac = stranger(mac)
        self._box[slot] = box
        self._known[slot] = known
        self._place[slot] = self._giaddr + mac
        self._counts[slot] = self.tally.counting
        self.open(slot, now)
        return known

    def take(self, slot: int, box: int) -> None:
        """A slot is this box's, for one who begins by ``open``."""
        self._box[slot] = box
        self._place[slot] = self._giaddr + self._crowd.macs[box]

    def open(self, slot: int, now: int) -> None:
        """A new transaction of the slot's box: DISCOVER, or a renewal of what it has."""
        self._serial = (self._serial + 1) % _SERIALS
        self._xid[slot] = (self._serial * MOST_SLOTS + slot).to_bytes(4, "big")
        self._server[slot] = b""
        has = self._leased.get(self._place[slot][4:], b"") if self._exchange == RENEW else b""
        self._address[slot] = has
        self._waits[slot] = _AN_ACK if has else _AN_OFFER
        self.say(slot, _NONE_2, now)

    def say(self, slot: int, secs: bytes, now: int) -> None:
        """What the slot's exchange has to say now, for the first time or again. secs: 2 octets (RFC 2131 2)."""
        address = self._address[slot]
        server = self._server[slot]
        xid = self._xid[slot]
        place = self._place[slot]
        end = self._agents[self._box[slot]] + self._end if self._agents else self._end
        parts: tuple[bytes, ...]
        if self._waits[slot] == _AN_OFFER:
            parts = (_HEAD, xid, secs, _NONE_2, _NONE_4, _NONE_8, place, _DISCOVER, end)
        elif server:
            parts = (_HEAD, xid, secs, _NONE_2, _NONE_4, _NONE_8, place, _REQUEST, server, _THAT_ADDRESS, address, end)
        else:
            parts = (_HEAD, xid, secs, _NONE_2, address, _NONE_8, place, _RENEWAL, end)
        self.outbox[0].append(b"".join(parts).ljust(self._size, b"\0"))
        self._asked_at[slot] = now

    def give_up(self, slot: int) -> None:
        self._waits[slot] = _NOTHING

    def is_open(self, slot: int) -> bool:
        """True while its exchange waits for something."""
        return self._waits[slot] != _NOTHING

    def heard(self, door: int, data: bytes, now: int) -> int:
        slot = int.from_bytes(data[4:8], "big") % MOST_SLOTS
        if (
            len(data) <= _REPLY_HEAD
            or data[0] != _BOOTREPLY
            or slot >= self.slots
            or self._waits[slot] == _NOTHING
            or data[4:8] != self._xid[slot]
        ):
            self.tally.strays += 1
            return GOES_ON
        place = self._place[slot]
        if data[24:34] != place:
            self.tally.wrong_answer("giaddr or chaddr is not the request's", place[4:])
            return GOES_ON
        # What an access line is named in is every box's own, and not worth remembering.
        tail = read_tail(data[34:]) if self._agents else self._tails.read(data[34:])
        if tail.fault:
            self.tally.wrong_answer(tail.fault, place[4:])
            return GOES_ON
        if tail.kind == _OFFER and self._waits[slot] == _AN_OFFER:
            return self._offered(slot, data[16:20], tail, now)
        if tail.kind == _ACK and self._waits[slot] == _AN_ACK:
            return self._acknowledged(slot, data[16:20], tail, now)
        if tail.kind == _NAK and self._waits[slot] == _AN_ACK:
            return self._refused(slot)
        self.tally.strays += 1
        return GOES_ON

    def _offered(self, slot: int, address: bytes, tail: Tail, now: int) -> int:
        if not self._is_right(slot, address, tail):
            return GOES_ON
        if self._counts[slot]:
            self._offers.add(now - self._asked_at[slot])
        self._address[slot] = address
        self._server[slot] = tail.server
        if self._exchange == DISCOVER:
            self._waits[slot] = _NOTHING
            return slot
        self._waits[slot] = _AN_ACK
        self.say(slot, _NONE_2, now)
        self.went_on = slot
        return GOES_ON

    def _acknowledged(self, slot: int, address: bytes, tail: Tail, now: int) -> int:
        if not self._is_right(slot, address, tail):
            return GOES_ON
        mac = self._place[slot][4:]
        if address != self._address[slot]:
            self.tally.wrong_answer("the ACK has another address than the OFFER", mac)
        elif self._server[slot] and tail.server != self._server[slot]:
            self.tally.wrong_answer("the ACK has another server id than the OFFER", mac)
        if self._holder.setdefault(address, mac) != mac:
            self.tally.wrong_answer("an address of another box", mac)
            self._holder[address] = mac
        if self._exchange == RENEW:
            self._leased[mac] = address
        if self._counts[slot]:
            self._acks.add(now - self._asked_at[slot])
        self._waits[slot] = _NOTHING
        return slot

    def _refused(self, slot: int) -> int:
        self._waits[slot] = _NOTHING
        self._leased.pop(self._place[slot][4:], None)
        return refused(slot)

    def _is_right(self, slot: int, address: bytes, tail: Tail) -> bool:
        """False: nothing can be made of it. Whatever else is wrong is counted, and the exchange goes on."""
        mac = self._place[slot][4:]
        ordered = self._crowd.addresses[self._box[slot]]
        if not self._known[slot]:
            self.tally.wrong_answer("an answer to a stranger", mac)
        elif not tail.server or tail.lease_s <= 0 or address == _NONE_4:
            self.tally.wrong_answer("no server id, lease time or address", mac)
            return False
        elif ordered and address != ordered:
            self.tally.wrong_answer("an address other than the ordered one", mac)
        elif self._agents and tail.agent != self._agents[self._box[slot]][2:]:
            self.tally.wrong_answer("option 82 is not the request's (RFC 3046 2.2)", mac)
        elif not self._wanted <= tail.codes:
            missing = min(self._wanted - tail.codes)
            self.tally.wrong_answer(f"no option {missing}", mac)
        return self._known[slot]
