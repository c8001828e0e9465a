"""What is asked elsewhere than in the store: AAA's word about a box, and of a link whether somebody has an address.

One question at a time about each box, and about each address: the youngest.
"""

from typing import Final

from gatekeeper.heart.needs import Probe
from gatekeeper.heart.waiting import Room, Waiting
from gatekeeper.model import Outcome
from gatekeeper.wire.aaa import AaaQuestion

# RFC 5227 waits longer, for hosts that just woke up; a box waits 4 s at most for its first offer (RFC 2131 4.1).
PROBE_S: Final = 0.4


class Elsewhere:
    """Those who wait for such an answer, and what is to be asked for them."""

    def __init__(self, most: int) -> None:
        """most: who may wait for each kind."""
        # As patient as AAA's servers are many.
        self.words: Room[bytes] = Room("radius.upstream", most, 0.0, single=True)
        self.probes: Room[int] = Room("waiting.probes", most, PROBE_S, single=True)
        self._words: list[AaaQuestion] = []
        self._probes: list[Probe] = []

    def ask(self, guest: Waiting, asked: AaaQuestion, now: float) -> Waiting | None:
        """Let it wait for AAA's word. Returns whom that puts out: an older question of the box, itself if full."""
        guest.asked = asked
        put_out = self.words.enter(guest, asked.mac, now)
        if put_out is not guest:
            self._words.append(asked)
        return put_out

    def probe(self, guest: Waiting, now: float) -> Waiting | None:
        """Let its offer wait for a probe of the address. Returns whom that puts out, as above."""
        offer = guest.outcome
        assert offer
        assert offer.via
        put_out = self.probes.enter(guest, offer.verdict.address, now)
        if put_out is not guest:
            self._probes.append(Probe(offer.verdict.address, offer.via))
        return put_out

    def contradicted(self, address: int, mac: bytes) -> list[tuple[Waiting, Outcome]]:
        """Who waits for a probe of this address, with the offer; he waits no more.

        mac: whose it is said to be. Nobody, where it is his own: a box may still have the address from before.
        """
        guest = self.probes.first(address)
        if guest is None or guest.outcome is None or guest.outcome.mac == mac:
            return []
        self.probes.leave(address)
        return [(guest, guest.outcome)]

    def wanted(self) -> tuple[tuple[AaaQuestion, ...], tuple[Probe, ...]] | None:
        """What is to be asked and was not yet; None = nothing."""
        if not self._words and not self._probes:
            return None
        wanted = tuple(self._words), tuple(self._probes)
        self._words.clear()
        self._probes.clear()
        return wanted

    def start_over(self) -> list[Waiting]:
        """Who waits for a word has to ask somebody else."""
        self._words.clear()
        return self.words.clear()
