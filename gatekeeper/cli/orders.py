"""order and orders: what BSS/OSS sends, from the command line or a CSV file."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, CONFLICT, DONE, REFUSED
from gatekeeper.cli.options import config_option, unix_time

if TYPE_CHECKING:
    from gatekeeper.engine.order_desk import OrderDesk
    from gatekeeper.intake.formats import OrderSource
    from gatekeeper.office.orders import Handed


class _ByKind(click.Group):
    """One verb per kind of order; each takes every field, and shows those that it uses."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from gatekeeper.policy.order_fields import KINDS

        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _order_command(cmd_name) if cmd_name in self.list_commands(ctx) else None


@click.group(cls=_ByKind)
def order() -> None:
    """Hand in one order: install, amend, swap, move, rate, suspend, resume or cancel."""


def _order_command(kind: str) -> click.Command:
    from gatekeeper.policy.order_fields import FIELDS

    # What this kind has no use for is taken all the same, but not offered.
    options: list[click.Parameter] = [
        click.Option(
            [row.option, row.name],
            required=row.required, metavar=row.unit or None, help=row.meaning, hidden=kind not in row.kinds,
        )
        for row in FIELDS
        if row.option
    ]  # fmt: skip

    def run(config: str | None, **fields: str | None) -> None:
        raise click.exceptions.Exit(_hand_in(config, {"kind": kind, **fields}))

    command = click.Command(kind, callback=run, params=options, help=f"Hand in one {kind} order.")
    return config_option(command)


def _hand_in(config: str | None, fields: dict[str, str | None]) -> int:
    from gatekeeper.config.load import load
    from gatekeeper.model import REASONS, Reason
    from gatekeeper.office.orders import Standing, desk, standing_of, written
    from gatekeeper.report.table import time_text
    from gatekeeper.store.opening import open_store

    settings = load(config)
    with closing(open_store(*settings.store, create=True)) as store:
        (result,) = written(desk(store, settings.book).hand_in_all, [fields], unix_time(store))
    record, standing = result.record, standing_of(result)
    what = f"order {record.order} {record.kind} {record.account}: {record.state}"
    if standing is Standing.APPLIED:
        told = f"; running sessions to be changed at their NAS: {result.sessions}" if result.sessions else ""
        click.echo(f"{what}{' before' if result.again else ''}: {record.effects}{told}")
        return DONE
    if standing is Standing.HELD:
        click.echo(f"{what} until {time_text(record.held_until)}: {record.detail}")
        return DONE
    click.echo(f"{what} {record.reason}: {record.detail} ({REASONS[Reason(record.reason)].remedy})", err=True)
    return CONFLICT if standing is Standing.CONFLICT else REFUSED


@click.group()
def orders() -> None:
    """Hand in many orders."""


@orders.command("import")
@config_option
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    help="csv: orders; else whose entries are taken over as install orders: dnsmasq kea isc freeradius ethers uci,"
    " or a lease file: dnsmasq-leases kea-leases isc-leases [else what the file looks like].",
)
@click.option("--leased", is_flag=True, help="Lease files: the address that a box has is its ordered one.")
@click.option("--dry-run", is_flag=True, help="Change nothing: say what would come of each order.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(config: str | None, form: str | None, leased: bool, dry_run: bool, file: Path) -> None:
    """Apply every order of a file; refused lines are told with number and cause (exit 3)."""
    from gatekeeper.config.load import load
    from gatekeeper.intake.entry import Taking
    from gatekeeper.intake.formats import CSV, NAMES, chosen, open_orders
    from gatekeeper.intake.order_file import OrderFileError
    from gatekeeper.office.orders import desk
    from gatekeeper.store.opening import open_store, trial_store

    if form not in (None, *NAMES):
        raise click.UsageError(f"--format {form}: formats are {' '.join(NAMES)}")
    settings = load(config)
    try:
        found = chosen(form, file)
        lines = open_orders(found, file, Taking(settings.book.binding.boxes_per_account, leased))
    except OrderFileError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(BAD_ARGUMENTS) from None
    if found not in (form, CSV):
        click.echo(f"{file}: read as --format {found}", err=True)
    store = trial_store(*settings.store) if dry_run else open_store(*settings.store, create=True)
    report = _Report(file, dry_run, foreign=found != CSV)
    try:
        with lines:
            report.run(desk(store, settings.book), lines, partial(unix_time, store))
    finally:
        # Also where the store fails or somebody interrupts: what was told until then is on disk.
        click.echo(report.summary())
        store.close()
    raise click.exceptions.Exit(REFUSED if report.counts["refused"] else DONE)


class _Report:
    """What is told of an import, and how far it is."""

    def __init__(self, file: Path, dry_run: bool, foreign: bool) -> None:
        """foreign: the orders are made of another server's entries; nobody has written them so."""
        self._file = file
        self._dry_run = dry_run
        self._foreign = foreign
        self.counts = {"applied": 0, "again": 0, "held": 0, "refused": 0}

    def run(self, desk: "OrderDesk", lines: "OrderSource", now: Callable[[], float]) -> None:
        """Hand them in; each refused one is told when its transaction is on disk."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        from gatekeeper.office.orders import hand_in_lines

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), "{task.percentage:>3.0f}%", TimeRemainingColumn())
        told = TextColumn("{task.fields[done]}")
        with Progress(*columns, told, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(self._file.name, total=max(lines.size, 1), done="")
            for chunk in hand_in_lines(desk.hand_in_all, lines, now, alone=self._dry_run):
                for text in filter(None, map(self._told, chunk)):
                    bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
                bar.update(task, completed=lines.position, done=f"{sum(self.counts.values())} orders")

    def _told(self, handed: "Handed") -> str:
        """Count it. What is to be said of it, "" = nothing."""
        line, result = handed
        where = f"{self._file}:{line.number}"
        record = result.record
        self.counts["again" if result.again and record.state != "refused" else record.state] += 1
        if record.state == "refused":
            return f"{where}: {record.reason}: {record.detail}"
        if self._dry_run and self._foreign:
            fields = " ".join(f"{name}={value}" for name, value in line.fields.items() if name not in ("order", "kind"))
            click.echo(f"order {record.order} {record.kind} {fields}: {record.effects}")
        # Two files may give one account different addresses.
        changed = record.effects if self._foreign and " -> " in record.effects and not result.again else ""
        note = "; ".join(filter(None, (line.note, result.note, changed)))
        return f"{where}: note: {note}" if note else ""

    def summary(self) -> str:
        """One line: how many came to what."""
        verb = "would be " if self._dry_run else ""
        told = [f"{self.counts['applied']} {verb}applied", f"{self.counts['again']} seen before"]
        told += [f"{self.counts['held']} {verb}held"] if self.counts["held"] else []
        return f"{self._file}: {', '.join(told)}, {self.counts['refused']} {verb}refused"
