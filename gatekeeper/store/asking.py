"""What is asked of a store by who writes orders, looks, clears, sends CoA, or asks how it stands: see ``ports``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from gatekeeper.model import Holder
from gatekeeper.policy.order_fields import Order
from gatekeeper.policy.orders import Boxed, Changes, OrderRecord, OrderRules, Situation
from gatekeeper.state.clock import Beat
from gatekeeper.state.counts import Counted, Fate
from gatekeeper.state.evidence import Heard
from gatekeeper.store.found import Named, PoolCount
from gatekeeper.store.outbox import Ended, Standing, Wanted
from gatekeeper.store.places import Place

ViewRow = dict[str, object]
Only = Mapping[str, str]
# How many things that a name may mean are told.
MAX_NAMED: Final = 20


class OrdersPort(Protocol):
    """The order desk's ledger. What is called inside ``order_transaction`` is one transaction."""

    def order_transaction(self) -> AbstractContextManager[object]:
        """Wholly or not at all, on disk at the end."""

    def find_order(self, number: str) -> tuple[OrderRecord, str] | None:
        """The order of this number and its contents."""

    def held_orders(self, account: str) -> list[tuple[OrderRecord, str]]:
        """Orders that wait for the install of this account, in the sequence in which they came, and their contents."""

    def situation(self, order: Order, rules: OrderRules, now: float) -> Situation:
        """What the store says about the nouns that the order names."""

    def write_changes(self, changes: Changes, now: float) -> tuple[str, int]:
        """Write what was decided, and tell the engines which MACs to look up again.

        Returns what is different now, and how many running sessions the NASes are to be asked to end or to change.
        """

    def write_order(self, record: OrderRecord, contents: str, now: float, gone: Sequence[bytes] = ()) -> None:
        """Keep the order and its outcome. gone: boxes that are no longer the account's."""

    def keep_service_order(self, number: str, items: str, now: int) -> str:
        """Keep TM Forum's service order, unless it is there; its items as they were kept."""

    def service_order(self, number: str) -> tuple[str, int] | None:
        """(items, when it came)."""


class OutboxPort(Protocol):
    """CoA and Disconnect: wanted by orders and people, sent by whoever serves."""

    def ask_to_disconnect(self, key: str, now: int) -> list[int]:
        """Have the running sessions of this Acct-Session-Id or MAC ended; the numbers under which ``asked`` tells how
        that goes, none where there is no such session."""

    def asked(self, numbers: Sequence[int]) -> list[Standing]:
        """How these stand."""

    def wanted(self) -> list[Wanted]:
        """What is to be sent, oldest first, MOST_WAITING at most."""

    def mark_sent(self, wanted: Iterable[Wanted]) -> None:
        """These are on their way. After a crash they are sent again."""

    def end_wanted(self, ended: Iterable[Ended], now: float) -> None:
        """Keep how these ended."""


class ClearingPort(Protocol):
    """What a person ends by hand, and what others report of a box."""

    def clear_lease(self, ip: int, now: float) -> bool:
        """End the lease, or the quarantine, of this address: the next box may have it. False: there is none."""

    def clear_port_binding(self, key: str, now: float) -> bool:
        """Have an account, named by itself or by the MAC of a box, learn its port anew.

        False: no such account, or it has learned none; a port that an order named is changed by an order.
        """

    def port_state(self, key: str) -> str:
        """unlearned learned ordered, of an account named as above; "" = there is none."""

    def addresses_of(self, mac: bytes, now: float) -> list[int]:
        """The addresses that a box holds now."""

    def report(self, kind: str, mac: bytes, detail: str, now: float) -> bool:
        """Keep what somebody else saw of a box. False: no order knows it, and nothing is kept."""


class ViewsPort(Protocol):
    """Listings, the journal, exports: rows as dicts in the field names and the sequence of the contract."""

    def view(self, what: str, now: int, only: Only | None = None) -> Iterable[ViewRow]:
        """The listing of this name, narrowed to rows whose columns are these where that is quicker.

        only: mac account address, as text; whoever asks chooses among the rows all the same, but for ``ports``, whose
        rows are of many boxes: there they are all the lines of this one. Raises ValueError where there is no such
        listing.
        """

    def placed(
        self, what: str, now: int, only: Only | None = None, after: Place | None = None, most: int = 0
    ) -> Iterable[tuple[Place, ViewRow]]:
        """The same with the place of each row (PLACES): those behind ``after``, or all; most: nobody takes more of
        exactly these, 0 = who knows."""

    def amount(self, what: str, now: int, only: Only | None = None) -> int | None:
        """How many rows ``view`` has of exactly this; None = count them."""

    def order(self, number: str, now: int) -> ViewRow | None:
        """One row of the listing of orders."""

    def heard(self, mac: bytes) -> Heard:
        """What was refused of this box, and when it was let in. What DHCP let in is with its lease."""

    def named(self, text: str, mac: str, address: int, now: int) -> list[Named]:
        """What this is the whole name of. mac: as text, of an STBID its own, "" = none; address: 0 = it is none."""

    def named_alike(self, text: str, pairs: str, now: int) -> list[Named]:
        """What begins so, one more than MAX_NAMED of each kind at most. pairs: as a MAC begins, "" = it is none."""

    def macs_of(self, account: str) -> list[str]:
        """The boxes of an account, as text."""

    def timeline(
        self, key: str, value: object, since: int, most: int = 0, before: Place | None = None
    ) -> Iterator[ViewRow]:
        """Events of one mac, account or address (key, and value as its column has it), by when they happened.

        most: only so many, the youngest [0 = all]; before: only those older than the one of this place (WHEN).
        """

    def holder(self, address: int, at: int) -> Holder | None:
        """Who had the address then, by lease or else by accounting; None = nobody."""

    def boxed_accounts(self) -> Iterator[Boxed]:
        """Accounts that are not cancelled, by name."""


class BeatPort(Protocol):
    """Who asks what time it is."""

    path: str

    def beat(self) -> Beat | None:
        """The last heartbeat of the packet process; None = there was none."""


class HealthPort(BeatPort, Protocol):
    """For ``/readyz`` and ``/metrics``."""

    def fates(self) -> list[tuple[Fate, int]]:
        """Packets by what became of them, in the sequence of their spelling."""

    def counters(self) -> list[tuple[Counted, int]]:
        """What else was counted, in the sequence of its spelling."""

    def pool_count(self, ranges: Iterable[tuple[int, int]], now: int) -> PoolCount:
        """Of the addresses in these ranges (first and last)."""

    def amounts(self) -> dict[str, int]:
        """How many there are of: boxes, accounts, running sessions, held orders, CoA and Disconnect on their way."""
