"""What can be said of access lines beside the rules: one node under two names, and a line that is a VLAN."""

import json
from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Policybook
from gatekeeper.model import REASONS, PortId, Reason
from gatekeeper.value import Value
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import parse_ip

MOST_TOLD: Final = 20
# Looked for at a time: the fullest.
MOST_SHARED: Final = 1_000


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class LineUse(Value):
    """How many accounts use one access line. port: one spelling of it; there: those of them that were seen on it; line:
    what all spellings have in common, where somebody asks for it."""

    __slots__ = ("port", "accounts", "there", "line")

    def __init__(self, port: str, accounts: int, there: int, line: str = "") -> None:
        self.port: Final = port
        self.accounts: Final = accounts
        self.there: Final = there
        self.line: Final = line


def is_shared(use: LineUse, most: int) -> bool:
    """True if more accounts than ``most`` use the line, so that it is a VLAN; never where most is 0.

    A text that names no access node is a port of each of them: there only those count that were seen on it, and not
    those whose order has it so.
    """
    if most == 0 or use.accounts <= most:
        return False
    return use.there > most or bool(port_from_text(use.port).qualifier or not port_from_text(f"?|{use.port}").qualifier)


def shared_notes(uses: Sequence[LineUse]) -> list[str]:
    """What is said of such lines, and what to do: of MOST_TOLD by name, of the others how many they are."""
    more = len(uses) - MOST_TOLD
    rest = [f"{more} more lines are VLANs: gatekeeper show ports --match shared=yes"] if more > 0 else []
    return [*map(_shared_note, uses[:MOST_TOLD]), *rest]


def _shared_note(use: LineUse) -> str:
    return (
        f"line {use.port}: {use.accounts} accounts are bound to it, so it is a VLAN and no line, and binding to it"
        " protects nothing: have the access node write Option 82 or a line of its own in RADIUS (port_from says which"
        ' attribute), or set [binding] port = "off"; gatekeeper show ports has all lines'
    )


def differs_by_node(bound: PortId, seen: PortId) -> bool:
    """True if only the name of the access node keeps the two from being one line."""
    if not bound.qualifier or not seen.qualifier or bound.qualifier == seen.qualifier:
        return False
    return bound._replace(qualifier=seen.qualifier).covers(seen)


def remedy(reason: Reason, bound: str, seen: str, book: Policybook) -> str:
    """What mends a refusal: of a port that differs by its node alone the names to join, else what the reason says.

    bound, seen: the two values that were compared.
    """
    if reason is Reason.PORT_MISMATCH and bound and seen:
        home, here = port_from_text(bound), port_from_text(seen)
        if differs_by_node(home, here):
            return _node_remedy(home.qualifier, here.qualifier, book)
    return REASONS[reason].remedy


def _node_remedy(bound: str, seen: str, book: Policybook) -> str:
    """The name seen joins the name bound, so that what is bound stays right."""
    names = book.binding.port_names
    stands_for = names.get(bound, bound)
    if names.get(seen, seen) == stands_for:
        return "only the access node's name differs, and port_names joins the two by now"
    for name in (seen, bound):
        if not is_node_name(name, [client.name for client in book.clients]):
            return (
                f"only the access node's name differs, and {_quoted(name)} is neither a [[radius.client]] nor the"
                " address of a relay: order the port again, with the node that sees it"
            )
    # Whoever stood for the name seen goes with it: names are followed once.
    table = {name: stands_for if to == seen else to for name, to in names.items()} | {seen: stands_for}
    pairs = ", ".join(f"{_quoted(name)} = {_quoted(to)}" for name, to in table.items())
    return (
        f"only the access node's name differs: if {_quoted(seen)} and {_quoted(bound)} are one node, write in [binding]"
        f" port_names = {{ {pairs} }}; else move the account, or bring the box home"
    )


def is_node_name(name: str, clients: list[str]) -> bool:
    """True if a packet can name an access node so: a [[radius.client]], or the address of a relay."""
    return name in clients or is_relay(name)


def is_relay(name: str) -> bool:
    """True for an IPv4 address that a relay can have."""
    try:
        return 1 <= parse_ip(name) >> 24 < 224
    except ValueError:
        return False


def _quoted(name: str) -> str:
    """As TOML has it in quotes (a basic string is as in JSON)."""
    return json.dumps(name, ensure_ascii=False)
