"""What the store holds, in the files of other servers, and as orders that make it again. Text, a line at a time.

Leases that are over are nobody's and are left out. So are boxes of accounts that are not active, where the file is one
that another server would serve them by, and, where that server insists on it, addresses that no subnet holds.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from gatekeeper.book import Subnet
from gatekeeper.model import HELD, Lease, Rate
from gatekeeper.policy.order_fields import NAMES
from gatekeeper.policy.orders import Account, Boxed
from gatekeeper.value import fields_of
from gatekeeper.wire.attribute_types import most
from gatekeeper.wire.nas import DIALECTS, AttributeCode
from gatekeeper.wire.nas_rates import RateAttribute, rate_values
from gatekeeper.wire.text import ip_text, mac_text


class Policy(NamedTuple):
    """What an export asks of the configuration. dialect: whose rate attributes are written."""

    now: int
    subnets: Sequence[Subnet]
    boxes_per_account: int
    dialect: str


# The header that Kea 2.2 writes (memfile, DHCPv4). Its subnet ids are the places of the subnets in the configuration.
_KEA_LEASES: Final = (
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context"
)
_DECLINED: Final = 1  # Kea's state of a lease; 0 = in use
_NO_NAME: Final = re.compile(
    r"[\d.]*|\d+[smhdw]|infinite|ignore", re.IGNORECASE
)  # what dnsmasq takes for something else
_VALUE: Final = AttributeCode(0, 0, "string")
# A host name as every server takes it: RFC 1123 2.1, and the underscore. dnsmasq refuses a whole file for another one.
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NOT_IN_A_LABEL: Final = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_LABEL: Final = 63  # RFC 1035 2.3.4


def kea_leases(leases: Iterable[Lease], policy: Policy) -> Iterator[str]:
    """Kea's lease file, as memfile loads it."""
    yield _KEA_LEASES
    for lease in _current(leases, policy.now):
        nobodys = lease.state == "declined" or not lease.mac
        place = next((at for at, one in enumerate(policy.subnets, 1) if lease.address & one.mask == one.network), 0)
        lifetime = lease.expires_at - lease.last_seen
        mac, client = ("", "") if nobodys else (mac_text(lease.mac), lease.client_id.hex(":"))
        state = _DECLINED if nobodys else 0
        yield f"{ip_text(lease.address)},{mac},{client},{lifetime},{lease.expires_at},{place},0,0,,{state},"


def dnsmasq_leases(leases: Iterable[Lease], policy: Policy) -> Iterator[str]:
    """dnsmasq.leases: expiry, MAC, address, name, client id; * = none."""
    for lease in _current(leases, policy.now):
        if lease.state in HELD and lease.mac:
            client = lease.client_id.hex(":") or "*"
            yield f"{lease.expires_at} {mac_text(lease.mac)} {ip_text(lease.address)} * {client}"


def _current(leases: Iterable[Lease], now: int) -> Iterator[Lease]:
    for lease in leases:
        if lease.state != "released" and lease.expires_at > now:
            yield lease


def kea_reservations(accounts: Iterable[Boxed], policy: Policy) -> Iterator[str]:
    """A JSON object with ``reservations``; an account's fixed address goes to its first box, as Kea has it once.

    Each has a host name made from the account: Kea refuses a configuration with a reservation that reserves nothing.
    """
    yield '{ "reservations": ['
    entry = ""
    for one in accounts:
        account, boxes = one.account, one.boxes
        address = {"ip-address": ip_text(account.address)} if account.address else {}
        limit = {"boxes": len(boxes)} if len(boxes) > policy.boxes_per_account else {}
        whose = {"user-context": {"account": account.account, **limit}}
        for mac, _ in boxes:
            if entry:
                yield f"  {entry},"
            name = {"hostname": _host_name(account.account, mac)}
            entry = json.dumps({"hw-address": mac_text(mac), **address, **name, **whose}, ensure_ascii=False)
            address = {}
    if entry:
        yield f"  {entry}"
    yield "] }"


def _host_name(account: str, mac: bytes) -> str:
    """The account's name as a host may be called, or else one made from the MAC."""
    if _HOST_NAME.fullmatch(account):
        return account
    return _NOT_IN_A_LABEL.sub("-", account).strip("-")[:_LONGEST_LABEL].strip("-") or f"box-{mac.hex()}"


def leases_in_subnets(leases: Iterable[Lease], policy: Policy, outside: list[str]) -> Iterator[Lease]:
    """The current leases that a subnet holds; the addresses of the others come into ``outside``."""
    for lease in _current(leases, policy.now):
        if _holds(policy.subnets, lease.address):
            yield lease
        else:
            outside.append(ip_text(lease.address))


def accounts_in_subnets(accounts: Iterable[Boxed], policy: Policy, outside: list[str]) -> Iterator[Boxed]:
    """The accounts, without an address that no subnet holds; such addresses come into ``outside``."""
    for one in accounts:
        address = one.account.address
        if address and not _holds(policy.subnets, address):
            outside.append(ip_text(address))
            one = one._replace(account=one.account._replace(address=0))
        yield one


def _holds(subnets: Sequence[Subnet], address: int) -> bool:
    return not subnets or any(address & one.mask == one.network for one in subnets)


def dnsmasq_hosts(accounts: Iterable[Boxed], policy: Policy) -> Iterator[str]:
    """dhcp-host= lines, an account each; an account whose name is no host name stands in a comment above."""
    for one in accounts:
        account, boxes = one.account, one.boxes
        named = _HOST_NAME.fullmatch(account.account) and not _NO_NAME.fullmatch(account.account)
        items = [mac_text(mac) for mac, _ in boxes]
        items += [ip_text(account.address)] if account.address else []
        items += [account.account] if named else []
        if boxes and not named:
            yield f"# {account.account}"
        if boxes:
            yield f"dhcp-host={','.join(items)}"


def freeradius_users(accounts: Iterable[Boxed], policy: Policy) -> Iterator[str]:
    """Entries of an authorize file: the MAC as name and password, address and rates as reply items."""
    rows, disputed = DIALECTS[policy.dialect].rates, DIALECTS[policy.dialect].disputed_unit
    if disputed:
        yield f"# rates in {disputed}/s: sources contradict each other on this make's unit"
    for one in accounts:
        account, boxes = one.account, one.boxes
        rate = Rate(account.rate_down_kbps, account.rate_up_kbps)
        replies = [f"Framed-IP-Address = {ip_text(account.address)}"] if account.address else []
        rates: list[str] = []
        seen: set[str] = set()
        for row in rows:
            for _, value in rate_values((RateAttribute(_VALUE, row.template),), rate, 1000):
                # Beside an attribute of the same name, "=" would do nothing (users(5)).
                value = str(min(int(value), most("integer", False))) if value.isdigit() else value
                rates.append(f'{row.attribute} {"=" if row.attribute not in seen else "+="} "{value}"')
                seen.add(row.attribute)
        for mac, _ in boxes:
            yield f"# {account.account}"
            yield f'{mac.hex()} Cleartext-Password := "{mac.hex()}"'
            items = replies + rates
            yield from (f"\t{item}," for item in items[:-1])
            yield from (f"\t{item}" for item in items[-1:])
            replies = []


def orders(accounts: Iterable[Boxed], policy: Policy) -> Iterator[str]:
    """A CSV of orders that makes the same accounts and boxes in an empty store. Learned ports are learned again."""
    yield ",".join(NAMES)
    for one in accounts:
        account, boxes = one.account, one.boxes
        most = account.boxes or policy.boxes_per_account
        fields = _fields(account)
        # An account may have more boxes than it would be given today: they are let in first and the limit set then.
        lifted = {"boxes": len(boxes)} if len(boxes) > most else {}
        for mac, stbid in boxes or ((b"", ""),):
            box = {"mac": mac_text(mac) if mac else "", "stbid": stbid}
            yield _order({"kind": "install", **fields, **box, **lifted})
        if lifted:
            yield _order({"kind": "amend", "account": account.account, "boxes": account.boxes})
        if account.state == "suspended":
            yield _order({"kind": "suspend", "account": account.account})


def _fields(account: Account) -> dict[str, object]:
    given = {name: getattr(account, name) for name in NAMES if name in fields_of(Account)}
    given["address"] = ip_text(account.address) if account.address else ""
    given["port"] = account.port if account.port_state == "ordered" else ""
    return {name: value for name, value in given.items() if value not in ("", 0)}


def _order(fields: dict[str, object]) -> str:
    """Numbered by its contents, so that the same export again is seen before."""
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False)
    number = f"export-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([number, *(fields.get(name, "") for name in NAMES[1:])])
    return line.getvalue()


LEASES: Final[dict[str, Callable[[Iterable[Lease], Policy], Iterator[str]]]] = {
    "kea-leases": kea_leases,
    "dnsmasq-leases": dnsmasq_leases,
}
# Another server would serve every box that is in these.
HOSTS: Final[dict[str, Callable[[Iterable[Boxed], Policy], Iterator[str]]]] = {
    "kea-reservations": kea_reservations,
    "dnsmasq-hosts": dnsmasq_hosts,
    "freeradius-users": freeradius_users,
}
