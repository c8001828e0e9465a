"""show: listings out of the store, whether the service runs or not."""

import re
from typing import Any, Final

import click

from gatekeeper.cli.options import config_option, unix_now

_WHAT: Final = (
    "bindings",
    "boxes",
    "leases",
    "orders",
    "sessions",
    "nas",
    "ports",
    "refused",
    "rogue",
    "pools",
    "reasons",
    "rfc",
    "stats",
)


@click.command()
@config_option
@click.argument("what", type=click.Choice(_WHAT))
@click.option("--mac", help="Only this box, in any usual spelling.")
@click.option("--account", help="Only this account.")
@click.option("--port", help="Only this access line.")
@click.option("--ip", help="Only this address.")
@click.option("--match", "matches", multiple=True, metavar="COL=REGEX", help="Only rows whose column matches.")
@click.option("--columns", metavar="A,B,C", help="Only these columns, in this sequence.")
@click.option("--sort", "sort_by", metavar="COL", help="Sort by this column.")
@click.option("-o", "--output", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--watch", is_flag=True, help="Show again every two seconds until interrupted.")
def show(config: str | None, what: str, columns: str | None, output: str, watch: bool, **filters: Any) -> None:
    """Show what is known: bindings, boxes, leases, orders, sessions, NASes, ports, refused boxes, pools and more."""
    from gatekeeper.report.table import COLUMNS

    try:
        wanted = _columns(what, columns) if columns else COLUMNS[what]
        _print(_rows(config, what, filters), what, wanted, output, bool(columns), clear=False)
        while watch:
            import time

            time.sleep(2)
            _print(_rows(config, what, filters), what, wanted, output, bool(columns), clear=output == "table")
    except KeyboardInterrupt:
        return


def _columns(what: str, text: str) -> tuple[str, ...]:
    from gatekeeper.office.undone import Misread
    from gatekeeper.report.table import COLUMNS

    known = (*COLUMNS[what], "vendor", *(("acs_url", "port_by", "port_at") if what == "bindings" else ()))
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise Misread(f"no column {name!r}: there are {' '.join(COLUMNS[what])}")
    return names


def _rows(config: str | None, what: str, filters: dict[str, Any]) -> list[dict[str, object]]:
    from gatekeeper.office.listing import rows
    from gatekeeper.report.listing import STATIC

    book = store = None
    if what not in STATIC:
        from gatekeeper.config.load import load
        from gatekeeper.store.opening import open_store

        settings = load(config)
        book, store = settings.book, open_store(*settings.store)
    patterns = _patterns(filters["matches"])
    now = unix_now(store) if store else 0  # what is in no store has no times
    found = list(rows(what, book, store, now, filters, patterns, filters["sort_by"] or ""))
    if what == "stats":
        _tell_troubles(found)
    return found


def _tell_troubles(found: list[dict[str, object]]) -> None:
    """In sentences, beside the listing."""
    from gatekeeper.report.troubles import TROUBLE, TROUBLES

    for row in found:
        start, _, name = str(row["name"]).partition(TROUBLE)
        if not start and name in TROUBLES:
            title, means, remedy, _ = TROUBLES[name]
            click.echo(f"trouble, for {row['value']} s: {title}: {means}; {remedy}", err=True)


def _patterns(matches: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    from gatekeeper.office.undone import Misread

    found = []
    for text in matches:
        column, equals, pattern = text.partition("=")
        try:
            found.append((column, re.compile(pattern)))
        except re.error as error:
            raise Misread(f"--match {text}: {error}") from None
        if not equals:
            raise Misread(f"--match {text}: write COLUMN=REGEX")
    return found


def _print(
    rows: list[dict[str, object]], what: str, columns: tuple[str, ...], output: str, chosen: bool, clear: bool
) -> None:
    from gatekeeper.report.listing import as_shown
    from gatekeeper.report.table import as_csv, as_json

    if output == "json":
        whole = as_shown(what, rows) if not chosen else ({name: row.get(name) for name in columns} for row in rows)
        click.echo(as_json(whole))
    elif output == "csv":
        click.echo(as_csv(rows, columns))
    else:
        print_table(rows, columns, clear)


def print_table(rows: list[dict[str, object]], columns: tuple[str, ...], clear: bool = False) -> None:
    """A plain table; to a pipe in full width, so that nothing is cut for grep and awk."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=10_000)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=True)
    for row in rows:
        cells = ("" if row.get(name) is None else str(row.get(name)) for name in columns)
        table.add_row(*(Text("".join(sign if sign.isprintable() else "?" for sign in cell)) for cell in cells))
    if clear:
        console.clear()
    console.print(table)
