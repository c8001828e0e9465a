"""What is asked of a store, by who asks. An adapter fulfils all of it; whoever uses a store names the part it needs.

Every call may raise StoreError. MACs are octets, addresses numbers, times Unix seconds, as in ``model``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from gatekeeper.model import Effect, Facts, Holder, Lease
from gatekeeper.policy.leasequery import Sought
from gatekeeper.policy.lines import LineUse
from gatekeeper.policy.order_fields import Order
from gatekeeper.policy.orders import Boxed, Changes, OrderRecord, OrderRules, Situation
from gatekeeper.state.clock import Beat, Move
from gatekeeper.state.counts import Counted, Fate
from gatekeeper.state.evidence import Admitted, Heard, Refused
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import SecretSeen
from gatekeeper.state.pools import Part
from gatekeeper.state.rogues import Rogue
from gatekeeper.state.unclaimed import Span
from gatekeeper.store.checking import SoundnessPort
from gatekeeper.store.found import InSession, Named, PoolCount
from gatekeeper.store.outbox import Ended, Standing, Wanted
from gatekeeper.store.places import Place
from gatekeeper.store.served import ServedPort

ViewRow = dict[str, object]
Only = Mapping[str, str]

# Bounds that every store keeps. A flood of invented MACs must not fill the disk: so many refusals are kept, and those
# of our own boxes longest.
MAX_REFUSED: Final = 20_000
MAX_ROGUES: Final = 1_000
# How many things that a name may mean are told.
MAX_NAMED: Final = 20
# An engine that was away for longer than this many changes forgets everything it knew instead.
MAX_FEED: Final = 100_000


class Apart(NamedTuple):
    """A batch that was written but for those outcomes that are no rows. lost: places of effects that another's claim
    beats; unfit: the first place of each outcome of which nothing was written, and why, for people."""

    lost: set[int]
    unfit: dict[int, str]


class Closable(Protocol):
    """One connection."""

    path: str  # where the store is, for people

    def close(self) -> None: ...

    def check(self) -> None:
        """Look for damage, however long that takes."""


class FactsPort(Protocol):
    """The packet loop: what is known of boxes, lines, addresses."""

    def facts(self, macs: Sequence[bytes]) -> dict[bytes, Facts]:
        """Facts of these MACs; unknown ones have no binding and no lease."""

    def crowds(self, lines: Sequence[str]) -> dict[str, int]:
        """How many boxes are bound to each of these lines (``PortId.line``)."""

    def known_macs(self, after: bytes, most: int) -> list[bytes]:
        """MACs of boxes in their order, those behind ``after``, so many at most."""

    def all_leases(self) -> Iterable[Lease]:
        """Every lease on record, those that end first first."""

    def unclaimed(self) -> list[Span]:
        """Addresses that a recovery keeps for boxes that nobody knows."""

    def leases_from(self, address: int, most: int) -> Part:
        """Leases on record of this address and those behind it, so many at most."""

    def fixed_leases(self) -> Part:
        """Leases on record of addresses that orders fixed."""

    def fixed_addresses(self) -> list[int]:
        """Addresses that orders fixed."""

    def fixed_in_session(self) -> list[InSession]:
        """Running sessions with addresses that orders fixed, those heard of last first."""

    def keep_lease_keys(self, wanted: bool) -> None:
        """Have client identifiers and remote-ids findable from now on, or no longer."""

    def leases_about(self, sought: Sought, now: float) -> list[Lease]:
        """The lease of an address whatever its state; else those active now, newest first."""


class FeedPort(Protocol):
    """The packet loop: what others have changed."""

    def feed_end(self) -> int:
        """Where the change feed ends now."""

    def data_version(self) -> int:
        """A number that is another one after each commit of another connection. Cheap."""

    def changes_since(self, seq: int, origin: str = "-") -> tuple[int, list[bytes] | None, bool]:
        """(new seq, changed MACs or None = forget everything, whether fixed addresses changed or ``freed_since``
        has some), but for what origin did itself."""

    def freed_since(self, seq: int) -> list[int]:
        """Addresses that were cleared behind this place in the change feed."""


class CommitPort(Protocol):
    """The commit thread: what happened, in transactions that are on disk when the call returns."""

    def commit(self, effects: Sequence[Effect], origin: str = "", at_ms: Sequence[int] = ()) -> set[int]:
        """Write effects, all or none but those that another's claim beats: their places in ``effects``.

        origin: the engine that the change feed need not tell of them. at_ms: when each was decided; () = as they say.
        Raises RecordError where one of them is no row, though the store is sound; nothing is written then.
        """

    def commit_apart(
        self, effects: Sequence[Effect], sizes: Sequence[int], origin: str = "", at_ms: Sequence[int] = ()
    ) -> Apart:
        """After RecordError: the same, but for the outcomes that are no rows. sizes: how many effects each outcome has,
        in their sequence; an outcome is written wholly or not at all."""

    def mark_is_long(self) -> bool:
        """True if a ``checkpoint`` is due."""

    def checkpoint(self) -> bool:
        """Put what is logged into its place, beside whoever reads or writes; False: somebody is in the way, later."""

    def leave_checkpoints(self) -> None:
        """Commits of this connection make none by themselves: another one calls ``checkpoint``."""

    def log_is_long(self) -> bool:
        """True if the log had grown beyond all measure when this connection made its last ``checkpoint``."""

    def waits_since(self) -> float:
        """Since when, by time.monotonic, a transaction waits for another process's to end; 0 = none does. Of any
        thread."""

    def turn_at(self) -> float:
        """When, by time.monotonic, the last transaction had its turn."""

    def note(
        self,
        refused: Iterable[Refused],
        counts: Mapping[tuple[str, ...], int],
        rogues: Iterable[Rogue] = (),
        nas: Iterable[NasSeen] = (),
        admitted: Iterable[Admitted] = (),
        secrets: Iterable[SecretSeen] = (),
        beat: Beat | None = None,
    ) -> None:
        """Keep what was refused, counted (``state.counts``), and heard of foreign servers, NASes and their secrets.
        Raises RecordError where some of it is no row; the rest is kept then.

        beat: whoever serves says by this that it does; None = it is not he.
        """

    def set_clock(self, move: Move, beat: Beat) -> int:
        """Move times on record as ``state.clock`` has it, and keep the heartbeat by it, as one transaction. How many
        leases go on with the time that they had left."""

    def cut_leases(self, now: int) -> int:
        """Leases that were given later than now by some clock last from now on for as long as they were given for. How
        many there are."""

    def close_stale(self, limits: dict[str, int], default_s: int, keep_s: int, now: int) -> int:
        """Close sessions not heard of for as long as limits says of their NAS, else default_s; how many.

        Those that ended longer ago than keep_s are forgotten.
        """

    def prune_journal(self, before: int) -> None:
        """Let events older than that go, and the oldest of too many; some at a time."""


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


class LinesPort(Protocol):
    """Whoever minds that a line is one."""

    def shared_lines(self, most: int, at_most: int) -> list[LineUse]:
        """Lines that more accounts than ``most`` are bound to (``policy.lines.is_shared``), the fullest first."""


class LoopPort(FactsPort, FeedPort, Closable, Protocol):
    """A packet loop's own connection, for reading."""


class WriterPort(CommitPort, LinesPort, ServedPort, Closable, Protocol):
    """A commit thread's own connection."""


class SenderPort(OutboxPort, Closable, Protocol):
    """A connection of who sends CoA and Disconnect."""

    def data_version(self) -> int:
        """As in FeedPort."""


class Store(
    FactsPort,
    FeedPort,
    CommitPort,
    OrdersPort,
    OutboxPort,
    ClearingPort,
    ViewsPort,
    HealthPort,
    LinesPort,
    ServedPort,
    SoundnessPort,
    Closable,
    Protocol,
):
    """All of it over one connection."""
