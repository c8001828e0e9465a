"""order and orders: what BSS/OSS sends, from the command line or a CSV file."""

from pathlib import Path

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, CONFLICT, DONE, REFUSED
from gatekeeper.cli.options import config_option, unix_now


class _ByKind(click.Group):
    """One verb per kind of order, all with the same options."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from gatekeeper.policy.order_fields import KINDS

        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _order_command(cmd_name) if cmd_name in self.list_commands(ctx) else None


@click.group(cls=_ByKind)
def order() -> None:
    """Hand in one order: install, amend, swap, move, rate, suspend, resume or cancel."""


def _order_command(kind: str) -> click.Command:
    options: list[click.Parameter] = [
        click.Option(
            ["--order", "number"], required=True, help="Order number, the key: the same again changes nothing."
        ),
        click.Option(["--account"], required=True, help="Broadband account."),
        click.Option(["--subscriber"], help="Subscriber id."),
        click.Option(["--mac"], help="The box's MAC, in any usual spelling."),
        click.Option(["--stbid"], help="The box's STBID: 32 characters, the last 12 are its MAC."),
        click.Option(["--old-mac"], help="swap: the box that goes."),
        click.Option(["--port"], help="Access line, as Option 82 or NAS-Port-Id spells it."),
        click.Option(["--down", "rate_down_kbps"], metavar="KBPS", help="Rate to the subscriber."),
        click.Option(["--up", "rate_up_kbps"], metavar="KBPS", help="Rate from the subscriber."),
        click.Option(["--address"], help="Fixed IPv4 address."),
        click.Option(["--acs-url"], help="ITMS URL of this account."),
        click.Option(["--boxes"], help="How many boxes the account may have."),
        click.Option(["--plan"], help="Name of the plan."),
    ]

    def run(config: str | None, number: str, **fields: str | None) -> None:
        raise click.exceptions.Exit(_hand_in(config, {"order": number, "kind": kind, **fields}))

    command = click.Command(kind, callback=run, params=options, help=f"Hand in one {kind} order.")
    return config_option(command)


def _hand_in(config: str | None, fields: dict[str, str | None]) -> int:
    from gatekeeper.config.load import load
    from gatekeeper.drivers.serve import open_store
    from gatekeeper.engine.order_desk import OrderDesk, rules_of
    from gatekeeper.model import REASONS, Reason
    from gatekeeper.report.table import time_text

    settings = load(config)
    store = open_store(settings, create=True)
    result = OrderDesk(store, rules_of(settings.book)).hand_in(fields, unix_now())
    record = result.record
    what = f"order {record.order} {record.kind} {record.account}: {record.state}"
    if record.state == "applied":
        told = f"; running sessions to be changed at their NAS: {result.sessions}" if result.sessions else ""
        click.echo(f"{what}{' before' if result.again else ''}: {record.effects}{told}")
        return DONE
    if record.state == "held":
        click.echo(f"{what} until {time_text(record.held_until)}: {record.detail}")
        return DONE
    click.echo(f"{what} {record.reason}: {record.detail} ({REASONS[Reason(record.reason)].remedy})", err=True)
    return CONFLICT if record.reason == Reason.ORDER_CONFLICT else REFUSED


@click.group()
def orders() -> None:
    """Hand in many orders."""


@orders.command("import")
@config_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(config: str | None, file: Path) -> None:
    """Apply every order of a CSV file; refused lines are told with number and cause (exit 3)."""
    from rich.console import Console
    from rich.progress import Progress

    from gatekeeper.config.load import load
    from gatekeeper.drivers.order_file import OrderFile, OrderFileError
    from gatekeeper.drivers.serve import open_store
    from gatekeeper.engine.order_desk import OrderDesk, rules_of

    settings = load(config)
    try:
        lines = OrderFile(file)
    except OrderFileError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(BAD_ARGUMENTS) from None
    store = open_store(settings, create=True)
    desk = OrderDesk(store, rules_of(settings.book))
    counts = {"applied": 0, "again": 0, "refused": 0}
    with lines, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(file.name, total=lines.size)
        for number, fields in lines:
            result = desk.hand_in(fields, unix_now())
            record = result.record
            counts["refused" if record.state == "refused" else "again" if result.again else "applied"] += 1
            if record.state == "refused":
                progress.console.print(
                    f"{file}:{number}: {record.reason}: {record.detail}", markup=False, highlight=False
                )
            progress.update(task, completed=lines.position)
    click.echo(f"{file}: {counts['applied']} applied, {counts['again']} seen before, {counts['refused']} refused")
    raise click.exceptions.Exit(REFUSED if counts["refused"] else DONE)
