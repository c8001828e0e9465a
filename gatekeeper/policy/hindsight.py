"""Would a box that was refused be refused again? What is on record of it is judged as things stand now."""

from typing import Final

from gatekeeper.book import Nas, Policybook
from gatekeeper.model import Action, PortId, Reason, Verdict
from gatekeeper.policy.explain import Explanation
from gatekeeper.state.evidence import Admitted, Past, Refused
from gatekeeper.state.refusals import UNPROVEN
from gatekeeper.wire.text import parse_ip

# What the rules say again of the same box on the same line. Everything else was shown by the packet's octets, by what
# the box held or was offered then, by AAA, or is trouble of ours: it can be told, and not judged again.
_JUDGED: Final = frozenset(
    {
        Reason.UNKNOWN_MAC,
        Reason.SUSPENDED,
        Reason.PORT_MISSING,
        Reason.PORT_MISMATCH,
        Reason.PORT_FULL,
        Reason.STBID_MISMATCH,
        Reason.NO_SUBNET,
        Reason.POOL_EXHAUSTED,
    }
)
_FIRST: Final = frozenset({"discover", "rapid"})
_ACTIONS: Final = {"DHCPNAK": Action.NAK, "Access-Reject": Action.REJECT}
# These give back, or report: a box that is refused in them is not kept out.
_GIVES_BACK: Final = frozenset({"release", "decline"})
_REPORTS: Final = "Accounting-Request"


def can_be_judged(refused: Refused) -> bool:
    """True if the rules say of the same evidence whether it is refused again."""
    # A fixed address that another box has is a rule of those who have none yet; else somebody was found to use it.
    taken = refused.reason is Reason.ADDRESS_CONFLICT and refused.state in _FIRST
    return taken or refused.reason in _JUDGED


def deciding(past: Past) -> tuple[Refused, ...]:
    """The standing refusals that keep the box out, latest first."""
    return tuple(one for one in past.standing if one.message != _REPORTS and one.state not in _GIVES_BACK)


def chief(past: Past) -> Refused | None:
    """The one of them that says most: the latest that speaks of the box, however often others came after it."""
    return next((one for one in deciding(past) if one.reason not in UNPROVEN), None)


def shown_last(past: Past) -> Refused | Admitted | None:
    """The packet that is judged again: that of the chief refusal, else the last one; None = there was none."""
    return chief(past) or next(iter(deciding(past)), past.admitted)


def with_hindsight(past: Past, judged: Explanation, by_aaa: bool = False) -> Explanation:
    """What the protocol would do if the box came again. judged: what the rules say of ``shown_last``.

    A refusal that they cannot judge again stands until the box is let in: its own reason, values and answer are told.
    by_aaa: it is decided elsewhere, so that none can be judged. An unproven packet decides only where nothing else
    keeps the box out, for anybody may send one in its name.
    """
    rows, main = deciding(past), chief(past)
    if main and (by_aaa or not can_be_judged(main)):
        return _as_told(main, judged)
    if not rows or rows[0] is main:
        return judged
    newest = rows[0]
    if judged.verdict.reason and (main or newest.reason is Reason.RATE_LIMITED):
        return judged
    return _as_told(newest, judged)


def _as_told(refused: Refused, judged: Explanation) -> Explanation:
    action = _ACTIONS.get(refused.reply, Action.SILENT)
    verdict = Verdict(action, refused.reason, refused.bound, refused.seen, refused.address)
    # What would have been given is not; who decides instead of the rules still does.
    gives = "" if judged.reply else judged.gives
    return judged._replace(verdict=verdict, reply=refused.reply, gives=gives, remedy="")


def port_again(text: str, node: str, book: Policybook) -> PortId:
    """The port of evidence as the same packet would tell it now. node: who told it; port_names may join it to another
    since."""
    lines = book.binding.lines
    port = lines.of_text(text)
    return lines.of_text(f"{node}|{text.partition('|')[2]}") if port.qualifier else port


def node_of(refused: Refused | Admitted, nas: Nas | None, port: str) -> str:
    """Who told the port: the NAS, under the name that it has now, or the relay, else as the port's text says."""
    if refused.protocol == "radius":
        return nas.reading.node if nas else refused.where
    try:
        parse_ip(refused.where)
    except ValueError:
        return port.partition("|")[0]
    return refused.where


def link_of(refused: Refused) -> int:
    """An address of the subnet that the message came from; 0 = it is not known."""
    try:
        return refused.link or parse_ip(refused.where)
    except ValueError:
        return 0


def host_name_of(refused: Refused) -> bytes:
    """Option 12, where it was refused for that."""
    return refused.seen.encode() if refused.reason is Reason.STBID_MISMATCH else b""
