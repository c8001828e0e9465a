"""export: the store in the files of other servers, and as orders that make it again."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gatekeeper.cli.options import config_option, unix_now

if TYPE_CHECKING:
    from gatekeeper.config.load import Settings
    from gatekeeper.policy.orders import Boxed
    from gatekeeper.report.export import Policy
    from gatekeeper.store.ports import Store

_FORMATS: Final = (
    *("orders", "csv", "kea-leases", "kea-reservations"),
    *("dnsmasq-leases", "dnsmasq-hosts", "freeradius-users"),
)


@click.command()
@config_option
@click.option("--format", "form", type=click.Choice(_FORMATS), required=True, help="What to write.")
@click.option("--nas", "dialect", metavar="DIALECT", default="generic", show_default=True,
              help="freeradius-users: whose rate attributes to write, as [[radius.client]] nas.")  # fmt: skip
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="File to write, mode 0640 [else stdout]."
)
def export(config: str | None, form: str, dialect: str, output: Path | None) -> None:
    """Write what the store holds as files of other servers, or as orders that make it again.

    csv is what ``show bindings`` lists. The service may run meanwhile: all of it is of one moment.
    """
    from gatekeeper.config.load import load
    from gatekeeper.drivers.files import written
    from gatekeeper.store.opening import open_store
    from gatekeeper.wire.nas import DIALECTS

    if dialect not in DIALECTS:
        raise click.UsageError(f"--nas {dialect}: dialects are {' '.join(DIALECTS)}")
    settings = load(config)
    lines = _lines(form, dialect, settings, open_store(*settings.store))
    if output is None:
        for line in lines:
            click.echo(line)
        return
    try:
        with written(output) as file:
            file.writelines(f"{line}\n".encode() for line in lines)
    except OSError as error:
        raise click.UsageError(f"{output}: {error.strerror}") from None


def _lines(form: str, dialect: str, settings: "Settings", store: "Store") -> Iterator[str]:
    from gatekeeper.report.export import Policy, orders
    from gatekeeper.report.table import COLUMNS, as_csv, with_times

    book = settings.book
    policy = Policy(unix_now(store), book.subnets, book.binding.boxes_per_account, dialect)
    if form == "csv":
        yield ",".join(COLUMNS["bindings"])
        for row in with_times(store.view("bindings", policy.now)):
            yield as_csv((row,), COLUMNS["bindings"]).partition("\n")[2]
    elif form == "orders":
        yield from orders(store.boxed_accounts(), policy)
    else:
        yield from _foreign(form, store, policy)


def _foreign(form: str, store: "Store", policy: "Policy") -> Iterator[str]:
    """A file of another server; what could not be in it is told."""
    from gatekeeper.report.export import HOSTS, LEASES, accounts_in_subnets, leases_in_subnets

    left_out: list[str] = []
    outside: list[str] = []
    # Kea refuses a whole file for an address that it has no subnet for.
    by_subnet = form.startswith("kea-")
    if form in LEASES:
        leases = store.all_leases()
        yield from LEASES[form](leases_in_subnets(leases, policy, outside) if by_subnet else leases, policy)
    else:
        accounts = _active(store.boxed_accounts(), left_out)
        yield from HOSTS[form](accounts_in_subnets(accounts, policy, outside) if by_subnet else accounts, policy)
    for names, what in ((left_out, "accounts that are suspended"), (outside, "addresses that no subnet holds")):
        if names:
            click.echo(f"left out: {len(names)} {what}, {names[0]} the first", err=True)


def _active(accounts: "Iterable[Boxed]", left_out: list[str]) -> "Iterator[Boxed]":
    for one in accounts:
        if one.account.state == "active":
            yield one
        else:
            left_out.append(one.account.account)
