"""The order desk: one order, one transaction, exactly once by its number."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Policybook
from gatekeeper.model import Reason
from gatekeeper.policy.order_addresses import address_rules
from gatekeeper.policy.order_fields import Order, OrderRefused, read
from gatekeeper.policy.orders import Changes, OrderRecord, OrderRules, Situation, decide
from gatekeeper.value import Value
from gatekeeper.wire.text import mac_text


def rules_of(book: Policybook) -> OrderRules:
    """What this Policybook says of orders."""
    binding = book.binding
    rules = OrderRules(binding.boxes_per_account, binding.boxes_per_port, book.hold_s, binding.lines)
    return rules._replace(addresses=address_rules(book))


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class OrderResult(Value):
    """Outcome of handing in an order. ``again``: the number was seen before, and this is the first result.
    ``sessions``: how many running ones a NAS is to be asked to end or to change. ``note``: what was taken otherwise
    than said, "" = nothing."""

    __slots__ = ("record", "again", "sessions", "note")

    def __init__(self, record: OrderRecord, again: bool, sessions: int = 0, note: str = "") -> None:
        self.record: Final = record
        self.again: Final = again
        self.sessions: Final = sessions
        self.note: Final = note


def refused(fields: Mapping[str, object], refusal: OrderRefused, now: float) -> OrderResult:
    """The outcome of an order that cannot be read, by what can be read of it. It is kept nowhere."""
    text = {name: str(fields.get(name) or "")[:64] for name in ("order", "kind", "account", "mac")}
    named = (text["order"], text["kind"], text["account"], text["mac"])
    record = OrderRecord(*named, "refused", str(refusal.reason), refusal.detail, int(now * 1000), effects="")
    return OrderResult(record, again=False)


class Ledger(Protocol):
    """What the desk needs of a store. Every call between enter and exit of ``order_transaction`` is one transaction."""

    def order_transaction(self) -> AbstractContextManager[object]: ...
    def find_order(self, number: str) -> tuple[OrderRecord, str] | None: ...
    def situation(self, order: Order, rules: OrderRules, now: float) -> Situation: ...
    def write_changes(self, changes: Changes, now: float) -> tuple[str, int]: ...
    def write_order(self, record: OrderRecord, contents: str, now: float, gone: Sequence[bytes] = ()) -> None: ...
    def held_orders(self, account: str) -> list[tuple[OrderRecord, str]]: ...


class OrderDesk:
    """Applies orders to a ledger."""

    def __init__(self, ledger: Ledger, rules: OrderRules) -> None:
        self._ledger = ledger
        self._rules = rules

    def hand_in(self, fields: Mapping[str, object], now: float) -> OrderResult:
        """Apply one order given as text fields. Never raises OrderRefused: a refusal is a result.

        A refusal is kept too, but for two: an order that cannot be read has no trustworthy number, and a conflict must
        not overwrite what the number stands for.
        """
        return self.hand_in_all((fields,), now)[0]

    def hand_in_all(self, orders: Iterable[Mapping[str, object]], now: float) -> list[OrderResult]:
        """Apply these in their sequence as one transaction: a crash leaves all of them or none.

        One that is refused changes nothing, and costs the others nothing.
        """
        # They are read first: the store is not kept from others for longer than writing takes.
        read_orders = [_read(fields, now) for fields in orders]
        with self._ledger.order_transaction():
            return [self._apply(order, now) if isinstance(order, Order) else order for order in read_orders]

    def _apply(self, order: Order, now: float) -> OrderResult:
        contents = order.contents()
        found = self._ledger.find_order(order.number)
        if found and found[1] != contents:
            conflict = OrderRefused(
                Reason.ORDER_CONFLICT, f"order {order.number} was received before with other contents"
            )
            return OrderResult(_record(order, int(now * 1000), conflict), again=False)
        if found:
            return OrderResult(_as_of(found[0], now), again=True)
        result = self._decide(order, now, contents)
        if result.record.state == "applied" and order.kind == "install":
            self._apply_held(order.account, now)
        return result

    def _decide(self, order: Order, now: float, contents: str, received_ms: int = 0) -> OrderResult:
        """received_ms: when a held order came in; 0 = now."""
        sessions, note = 0, ""
        gone: Sequence[bytes] = ()
        record = _record(order, received_ms or int(now * 1000))
        if order.port:
            order = order._replace(port=self._rules.lines.of_text(order.port).text)
        try:
            changes = decide(order, self._ledger.situation(order, self._rules, now), self._rules.addresses)
        except OrderRefused as refusal:
            record = _record(order, received_ms or int(now * 1000), refusal)
            if refusal.reason is Reason.UNKNOWN_ACCOUNT and self._rules.hold_s and not received_ms:
                record = record._replace(state="held", held_until=int(now) + self._rules.hold_s)
        else:
            gone = changes.drop
            changed, sessions = self._ledger.write_changes(changes, now)
            note = changes.note
            told = changes.effects + (f" ({changed})" if changed else "") + (f"; {note}" if note else "")
            record = record._replace(effects=told)
        self._ledger.write_order(record, contents, now, gone)
        return OrderResult(record, again=False, sessions=sessions, note=note)

    def _apply_held(self, account: str, now: float) -> None:
        """What waited for this install is applied, in the sequence in which it came."""
        for record, contents in self._ledger.held_orders(account):
            if record.held_until > now:
                self._decide(Order.of(contents), now, contents, record.received_ms)


def _read(fields: Mapping[str, object], now: float) -> Order | OrderResult:
    try:
        return read(fields)
    except OrderRefused as refusal:
        return refused(fields, refusal, now)


def _as_of(record: OrderRecord, now: float) -> OrderRecord:
    """A held order whose time is over was refused for the reason that it was held for."""
    return record._replace(state="refused") if record.state == "held" and record.held_until <= now else record


def _record(order: Order, received_ms: int, refusal: OrderRefused | None = None) -> OrderRecord:
    return OrderRecord(
        order=order.number,
        kind=order.kind,
        account=order.account,
        mac=mac_text(order.mac) if order.mac else "",
        state="refused" if refusal else "applied",
        reason=str(refusal.reason) if refusal else "",
        detail=refusal.detail if refusal else "",
        received_ms=received_ms,
        effects="",
    )
