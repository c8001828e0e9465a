"""Whatever orders and packets come in whichever sequence: explain says of a box what the engine said of it last."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.model import Outcome, Reason
from gatekeeper.policy.hindsight import can_be_judged
from gatekeeper.state.evidence import Refused
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    Bench,
    access_request,
    circuit,
    discover,
    init_reboot,
    renewing,
    selecting,
)
from tests.office.test_explain import Past

LINES: Final = ("", "ge 1/0/7", "ge 1/0/8")
ORDERS: Final = ("install", "move", "suspend", "resume", "cancel")
MESSAGES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "discover": lambda agent: discover(agent=agent),
    "from nowhere": lambda agent: discover(agent=agent, giaddr=0x0A630001),
    "selecting": lambda agent: selecting(BOX, FIRST, agent=agent),
    "another address": lambda agent: selecting(BOX, FIRST + 0x100, agent=agent),
    "another server": lambda agent: selecting(BOX, FIRST, agent=agent, server=GIADDR),
    "init-reboot": lambda agent: init_reboot(BOX, FIRST, agent=agent),
    "renewing": lambda agent: renewing(BOX, FIRST),
    "rebinding": lambda agent: renewing(BOX, FIRST, agent=agent, giaddr=GIADDR),
}
STEPS: Final = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(ORDERS), st.sampled_from(LINES)),
    st.tuples(st.just("dhcp"), st.sampled_from(sorted(MESSAGES)), st.sampled_from(LINES)),
    st.tuples(st.just("radius"), st.sampled_from(["right", "wrong", "none"]), st.sampled_from(LINES)),
    st.tuples(st.just("interface"), st.just(""), st.sampled_from(LINES)),
)


def _hear(bench: Bench, step: tuple[str, str, str], number: int) -> Outcome:
    kind, what, line = step
    agent = circuit(line) if line else b""
    if kind == "dhcp":
        return bench.hear(MESSAGES[what](agent))
    if kind == "interface":
        return bench.hear(discover(giaddr=0, agent=agent), via=DIRECT)
    password = {"right": BOX.hex(), "wrong": OTHER.hex(), "none": None}[what]
    return bench.ask(
        access_request(password=password, port=line or None, identifier=number % 256, sealed=what != "none")
    )


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(("", *LINES)), st.lists(STEPS, min_size=1, max_size=14))
def test_explain_says_what_the_engine_said_last(line: str, steps: list[tuple[str, str, str]]) -> None:
    """The reason of the last packet, be it by the rules again or because it stands; and nothing after an Accept."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), CONFIG + '\n[binding]\nport_names = { "bras1" = "10.20.0.1" }\n')
        past = Past(bench, Path(folder))
        bench.install(**({"port": line} if line else {}))
        for number, step in enumerate(steps):
            if step[0] == "order":
                named = {"mac": BOX.hex()} if step[1] == "install" else {}
                bench.order(step[1], **named, **({"port": step[2]} if step[2] else {}))
                continue
            at = NOW + number / 8
            outcome = past.met(_hear(bench, step, number), at)
            answer = past.ask(at=NOW)[outcome.protocol]
            reason = outcome.verdict.reason
            if reason is None:
                if outcome.reply == "Access-Accept":
                    assert answer.found.verdict.reason is None
                continue
            last = answer.past.last()
            assert isinstance(last, Refused)
            assert (last.reason, last.where, last.message) == (reason, outcome.where, outcome.message)
            # What nobody vouches for is told as the last, and does not hide what keeps the box out.
            if reason is not Reason.NO_MESSAGE_AUTHENTICATOR or len(answer.past.standing) == 1:
                found, verdict = answer.found.verdict, outcome.verdict
                assert (found.reason, found.bound, found.seen) == (reason, verdict.bound, verdict.seen)
                assert answer.stands is not can_be_judged(last)
