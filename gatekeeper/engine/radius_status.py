"""Status-Server (RFC 5997): a client asks either port whether all is well."""

from gatekeeper.book import Nas
from gatekeeper.engine.radius_door import silent
from gatekeeper.model import Action, Datagram, Destination, Outcome, Verdict
from gatekeeper.policy.radius import distrust
from gatekeeper.reply.radius import status_reply
from gatekeeper.state.nas import NasCounts
from gatekeeper.wire.radius import CODE, NAMES, STATUS_SERVER, RadiusPacket


def answer_status(
    seen: NasCounts, datagram: Datagram, packet: RadiusPacket, nas: Nas, now: float, accounting: bool = False
) -> Outcome:
    """The answer at once, and never kept (RFC 5997 4.2): each one wants to know how things are now.

    Its seal teaches nothing about the client's other requests: the RFC demands it of everybody.
    """
    doubt = distrust(packet, nas, seen_sealed=False)
    outcome = silent(datagram, NAMES[STATUS_SERVER], nas.name, doubt)
    if doubt:
        return outcome
    seen.alive(nas.name, now)
    answer = status_reply(packet, nas, accounting)
    return outcome._replace(
        reply=NAMES[answer[CODE]],
        verdict=Verdict(Action.TELL),
        answer=answer,
        to=Destination(datagram.source, datagram.source_port),
    )
