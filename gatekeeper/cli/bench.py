"""bench: load on a gate, or on any DHCP or RADIUS server, with every answer verified."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, DONE, REFUSED

if TYPE_CHECKING:
    from gatekeeper.bench.crowd import Crowd
    from gatekeeper.bench.load import Pace
    from gatekeeper.bench.outcome import Row
    from gatekeeper.bench.playing import Ends, Tell

_DHCP_PORT: Final = 67
_AUTH_PORT: Final = 1812
_ACCT_PORT: Final = 1813
_WINDOW: Final = 64
_OPEN_WINDOW: Final = 4096
_COLUMNS: Final = (
    *("window", "rate", "done", "per_s", "lost", "refused", "overrun", "wrong", "strays"),
    *("p50_us", "p90_us", "p99_us", "p999_us", "max_us", "idle_percent"),
)
_WIDTH: Final = 1000
Options = Callable[[Callable[..., None]], Callable[..., None]]


@click.group()
def bench() -> None:
    """Load on a gate, or on any DHCP or RADIUS server; every answer is verified.

    Boxes are known to the gate by its orders (--boxes FILE, or --base and --clients over MACs that were ordered).
    Exit code 0: every exchange ended well; 3: some were lost, refused or answered wrongly.
    """


def _all(*options: Options) -> Options:
    """The options, in this sequence."""

    def give(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return give


_CROWD: Final = _all(
    click.option("--target", required=True, metavar="HOST[:PORT]", help="The server."),
    click.option("-l", "--local", metavar="ADDRESS", help="Send from this address [else what the kernel takes]."),
    click.option("-R", "--clients", type=click.IntRange(1, 1 << 20), help="Boxes [10000, or all of the file]."),
    click.option("-b", "--base", default="00:0c:01:02:03:04", show_default=True, metavar="MAC",
                 help="MAC of the first box, the others follow; mac=… as perfdhcp has it is fine too."),
    click.option("--boxes", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
                 help="Boxes and their addresses from a file that orders import reads, not from --base."),
    click.option("--first-address", metavar="ADDRESS", help="Box n must get this address + n."),
    click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True),
)  # fmt: skip


def _pace(rate: str, duration: str, number: str, window: str, timeout_s: float) -> Options:
    """How fast and how long; the short names are those of the tool that people come from."""
    return _all(
        click.option(*rate.split(), "rate", type=click.FloatRange(0, 1e7), default=0, metavar="N",
                     help="Begin N exchanges a second (open loop) [else as fast as they are answered]."),
        click.option(*duration.split(), "duration", type=click.FloatRange(0.1, 86_400), default=10,
                     show_default=True, metavar="S", help="Seconds that count."),
        click.option(*number.split(), "number", type=click.IntRange(1), metavar="N",
                     help="End after N exchanges; there is no warm-up then."),
        click.option(*window.split(), "windows", type=click.IntRange(1, 65_536), multiple=True, metavar="W",
                     help=f"Exchanges outstanding; given again: a run each [{_WINDOW}; with --rate {_OPEN_WINDOW}]."),
        click.option("--warm-up", type=click.FloatRange(0, 600), default=1, show_default=True, metavar="S",
                     help="Seconds that do not count, before."),
        click.option("-t", "--timeout", type=click.FloatRange(0.01, 60), default=timeout_s, show_default=True,
                     metavar="S", help="An exchange without answer for so long is lost; nothing is sent again."),
        click.option("--strangers", type=click.IntRange(0, 100), default=0, metavar="PERCENT",
                     help="So many exchanges of boxes that nobody ordered: they must get nothing."),
        click.option("-D", "--max-drop", type=click.FloatRange(0, 100), default=0, metavar="PERCENT",
                     help="Exit 0 as long as no more than this failed [0]."),
    )  # fmt: skip


_RELAY: Final = _all(
    click.option("--vendor-class", default="", metavar="TEXT", help="Option 60."),
    click.option("--circuit-id", default="", metavar="TEXT", help="Option 82, which must come back; {}: box's number."),
    click.option("--require-option", "wanted", type=click.IntRange(1, 254), multiple=True, metavar="CODE",
                 help="Each OFFER and ACK must have it."),
)  # fmt: skip
_NAS: Final = _all(
    click.option("--secret", envvar="GATEKEEPER_SECRET", help="Shared secret."),
    click.option("-S", "--secret-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
                 help="Shared secret from a file, white space at its end left out."),
    click.option("--spelling", default="plain", show_default=True,
                 type=click.Choice(["plain", "PLAIN", "colon", "COLON", "dash", "DASH", "dot"]),
                 help="How User-Name (and password) spell the MAC."),
    click.option("--nas-port-id", "line", default="", metavar="TEXT", help="The access line; {}: box's number."),
)  # fmt: skip


@bench.command()
@_CROWD
@_pace("-r --rate", "-p --duration", "-n --number", "-w --window", 1.0)
@click.option("--exchange", type=click.Choice(["dora", "discover", "renew"]), default="dora", show_default=True,
              help="renew: a box's first visit is a DORA, those after it renewals.")  # fmt: skip
@_RELAY
def dhcp(exchange: str, vendor_class: str, circuit_id: str, wanted: tuple[int, ...], **said: Any) -> None:
    """DHCP, as a relay agent whose giaddr is the local address: needs to send from port 67."""
    from gatekeeper.bench.dhcp import DhcpPlan
    from gatekeeper.bench.playing import play_dhcp

    ends, crowd = _ends(said, _DHCP_PORT, _DHCP_PORT), _crowd(said)
    plan = DhcpPlan(exchange, _octets(ends), vendor_class.encode(), circuit_id, frozenset(wanted))
    _loads(said, lambda pace: partial(play_dhcp, ends, plan, crowd, pace))


@bench.command()
@_CROWD
@_pace("-n --rate", "--duration", "--number", "-p --window", 2.0)
@_NAS
@click.option("--message-authenticator/--no-message-authenticator", "sealed", default=True, show_default=True)
@click.option("--require-message-authenticator", "seal_wanted", is_flag=True, help="Each answer must have one.")
def radius(spelling: str, line: str, sealed: bool, seal_wanted: bool, **said: Any) -> None:
    """Access-Requests: User-Name and User-Password (PAP) are the MAC."""
    _radius("auth", _AUTH_PORT, spelling, line, sealed, seal_wanted, said)


@bench.command()
@_CROWD
@_pace("-n --rate", "--duration", "--number", "-p --window", 2.0)
@_NAS
@click.option("--kind", type=click.Choice(["start", "interim", "stop", "all"]), default="all", show_default=True,
              help="all: Start, Interim and Stop of a session at a box's visits, in turn.")  # fmt: skip
@click.option("--message-authenticator/--no-message-authenticator", "sealed", default=False, show_default=True)
def acct(kind: str, spelling: str, line: str, sealed: bool, **said: Any) -> None:
    """Accounting-Requests: a new session at each Start."""
    _radius(kind, _ACCT_PORT, spelling, line, sealed, False, said)


@bench.command()
@_CROWD
@_RELAY
@click.option("--within", type=click.FloatRange(0.001, 3600), default=1, show_default=True, metavar="S",
              help="All boxes begin within so many seconds.")  # fmt: skip
@click.option("--limit", type=click.FloatRange(1, 3600), default=180, show_default=True, metavar="S",
              help="Boxes without a lease then are lost.")  # fmt: skip
@click.option("--most-tries", type=click.IntRange(1), metavar="N", help="Exit 3 if a box needed more.")
def herd(
    vendor_class: str, circuit_id: str, wanted: tuple[int, ...], within: float, limit: float,
    most_tries: int | None, **said: Any,
) -> None:  # fmt: skip
    """Boxes that boot at once, as after a power cut, and retransmit as RFC 2131 4.1 wants it (4, 8, 16 s, ± 1 s)."""
    from gatekeeper.bench.dhcp import DORA, DhcpPlan
    from gatekeeper.bench.herd import HerdPace
    from gatekeeper.bench.outcome import bad_percent
    from gatekeeper.bench.playing import play_herd

    said["strangers"] = 0
    ends, crowd = _ends(said, _DHCP_PORT, _DHCP_PORT), _crowd(said)
    plan = DhcpPlan(DORA, _octets(ends), vendor_class.encode(), circuit_id, frozenset(wanted))
    row = _watched("herd", partial(play_herd, ends, plan, crowd, HerdPace(within, limit)))
    row = {"verb": "herd", "target": said["target"], "clients": len(crowd.macs), **row}
    _tell(said["output"], [row], ("clients", "done", "lost", "refused", "wrong", "bound_s", "most_tries", "tries",
                                  "p50_us", "p99_us", "max_us"))  # fmt: skip
    most = row["most_tries"]
    late = most_tries is not None and isinstance(most, int) and most > most_tries
    raise click.exceptions.Exit(REFUSED if late or bad_percent(row) > 0 else DONE)


def _radius(
    kind: str, port: int, spelling: str, line: str, sealed: bool, seal_wanted: bool, said: dict[str, Any]
) -> None:
    from gatekeeper.bench.playing import play_radius
    from gatekeeper.bench.radius import RadiusPlan

    file: Path | None = said.pop("secret_file")
    secret = said.pop("secret")
    if (secret is None) == (file is None):
        _stop("give the shared secret with --secret or --secret-file")
    shared = file.read_bytes().rstrip() if file else secret.encode()
    ends, crowd = _ends(said, port, 0), _crowd(said)
    plan = RadiusPlan(kind, _octets(ends), spelling, line, sealed, seal_wanted)
    _loads(said, lambda pace: partial(play_radius, ends, plan, shared, crowd, pace))


def _stop(text: str) -> None:
    click.echo(f"gatekeeper: {text}", err=True)
    raise click.exceptions.Exit(BAD_ARGUMENTS)


def _ends(said: dict[str, Any], port: int, local_port: int) -> "Ends":
    import socket

    from gatekeeper.bench.playing import Ends, local_address

    host, colon, named = said["target"].partition(":")
    if not host or (colon and not (named.isdigit() and 0 < int(named) < 65_536)):
        _stop(f"--target is written HOST or HOST:PORT, not {said['target']!r}")
    try:
        server = (socket.gethostbyname(host), int(named) if colon else port)
    except OSError as error:
        _stop(f"--target {host}: {error.strerror or error}")
    return Ends((said["local"] or local_address(server), local_port), server)


def _octets(ends: "Ends") -> bytes:
    from gatekeeper.wire.text import parse_ip

    try:
        return parse_ip(ends.local[0]).to_bytes(4, "big")
    except ValueError as error:
        _stop(f"--local: {error}")
        raise


def _crowd(said: dict[str, Any]) -> "Crowd":
    from gatekeeper.bench.crowd import numbered, ordered
    from gatekeeper.intake.order_file import OrderFileError
    from gatekeeper.wire.text import parse_ip, parse_mac

    try:
        if said["boxes"] is None:
            first = parse_ip(said["first_address"]) if said["first_address"] else None
            base = parse_mac(said["base"].removeprefix("mac="))
            return numbered(base, said["clients"] or 10_000, first, said["strangers"])
        if said["first_address"]:
            _stop("--first-address goes with --base: a file names its addresses itself")
        crowd, unread = ordered(said["boxes"], said["clients"], said["strangers"])
    except (ValueError, OrderFileError) as error:
        _stop(str(error))
    for line in unread:
        click.echo(line, err=True)
    return crowd


def _loads(said: dict[str, Any], play: "Callable[[Pace], Callable[[Tell], Row]]") -> None:
    """A run for each window; told at the end."""
    from gatekeeper.bench.load import Pace
    from gatekeeper.bench.outcome import bad_percent

    verb = click.get_current_context().info_name or ""
    rows: list[Row] = []
    for window in said["windows"] or (_OPEN_WINDOW if said["rate"] else _WINDOW,):
        pace = Pace(window, said["rate"], said["number"] or 0, said["duration"], said["warm_up"], said["timeout"])
        row = _watched(f"{verb}, window {window}", play(pace))
        rows.append({"verb": verb, "target": said["target"], "window": window, "rate": said["rate"], **row})
    _tell(said["output"], rows, _COLUMNS)
    raise click.exceptions.Exit(REFUSED if any(bad_percent(row) > said["max_drop"] for row in rows) else DONE)


def _watched(what: str, play: "Callable[[Tell], Row]") -> "Row":
    """Play, with a bar where somebody looks."""
    from rich.console import Console
    from rich.progress import Progress

    from gatekeeper.bench.playing import apart

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        return apart(play, lambda share, done: bar.update(task, completed=share, description=f"{what}: {done:,} done"))


def _tell(output: str, rows: "list[Row]", columns: tuple[str, ...]) -> None:
    from gatekeeper.report.table import as_json

    if output == "json":
        click.echo(as_json(rows))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in columns))
    # As wide as it is: a figure that is cut off is none.
    Console(width=_WIDTH).print(table, crop=False)
    for row in rows:
        for what, count in dict(row["wrongs"]).items():  # type: ignore[call-overload]
            click.echo(f"wrong: {what}: {count}", err=True)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(f"{at}×{count}" for at, count in enumerate(value, 1) if count)
    return f"{value:,}" if isinstance(value, int | float) else str(value)
