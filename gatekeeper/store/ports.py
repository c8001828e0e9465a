"""What is asked of a store, by who asks. An adapter fulfils all of it; whoever uses a store names the part it needs;
those who do not carry packets are in ``asking``.

Every call may raise StoreError. MACs are octets, addresses numbers, times Unix seconds, as in ``model``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from gatekeeper.model import Effect, Facts, Lease
from gatekeeper.policy.leasequery import Sought
from gatekeeper.policy.lines import LineUse
from gatekeeper.state.clock import Beat, Move
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.held import Part
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import SecretSeen
from gatekeeper.state.rogues import Rogue
from gatekeeper.state.unclaimed import Span
from gatekeeper.store.asking import ClearingPort, HealthPort, OrdersPort, OutboxPort, ViewsPort
from gatekeeper.store.checking import SoundnessPort
from gatekeeper.store.found import InSession
from gatekeeper.store.served import ServedPort

# Bounds that every store keeps. A flood of invented MACs must not fill the disk: so many refusals are kept, and those
# of our own boxes longest.
MAX_REFUSED: Final = 20_000
MAX_ROGUES: Final = 1_000
# An engine that was away for longer than this many changes forgets everything it knew instead.
MAX_FEED: Final = 100_000
SLICE: Final = 128  # leases or reports that are put into their places at once, where somebody may come


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

    def read_beside(self, writer: "CommitPort") -> None:
        """That connection of this process commits: what it knows of its own needs not be read here. Raises
        StoreError."""

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

    def hurry(self) -> None:
        """This connection does nothing but commit, and makes no checkpoints by itself: another calls ``checkpoint``."""

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

    def fold_slice(self, most: int = SLICE) -> bool:
        """Put some of what commits and accounting said, which is on disk as it came, into its place: about so many
        leases or reports. False: all of it is there."""

    def fold_all(self) -> None:
        """All of it. Raises StoreError."""

    def prune_journal(self, before: int) -> None:
        """Let events older than that go, and the oldest of too many; some at a time."""


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
