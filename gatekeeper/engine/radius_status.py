"""Status-Server (RFC 5997): a client asks either port whether all is well."""

from gatekeeper.book import Nas
from gatekeeper.engine.radius_door import forged, silent
from gatekeeper.model import Action, Datagram, Destination, Outcome, Reason, Verdict
from gatekeeper.policy.radius import distrust
from gatekeeper.reply.radius import status_reply
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.nas_secrets import ACCOUNTING, AUTHENTICATION
from gatekeeper.wire.radius import CODE, NAMES, STATUS_SERVER, RadiusPacket


def answer_status(
    seen: NasCounts, datagram: Datagram, packet: RadiusPacket, nas: Nas, now: float, accounting: bool = False
) -> Outcome:
    """The answer at once, and never kept (RFC 5997 4.2): each one wants to know how things are now.

    Its seal teaches nothing about the client's other requests: the RFC demands it of everybody.
    """
    doubt = distrust(packet, nas, seen_sealed=False)
    outcome = silent(datagram, NAMES[STATUS_SERVER], nas.name, doubt)
    port = ACCOUNTING if accounting else AUTHENTICATION
    if doubt is Reason.BAD_AUTHENTICATOR:
        return forged(datagram, NAMES[STATUS_SERVER], nas, seen, port, now)
    if doubt:
        return outcome
    seen.alive(nas.name, now)
    seen.secrets.is_right(nas.name, datagram.source, port, now)
    answer = status_reply(packet, nas, accounting)
    return outcome._replace(
        reply=NAMES[answer[CODE]],
        verdict=Verdict(Action.TELL),
        answer=answer,
        to=Destination(datagram.source, datagram.source_port),
    )
