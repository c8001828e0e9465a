"""replay: a capture against a policy."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, DONE, FAILED, REFUSED
from gatekeeper.cli.options import config_option

if TYPE_CHECKING:
    from gatekeeper.drivers.capture import Packet
    from gatekeeper.drivers.replay import Step

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
Row = dict[str, object]


@click.command()
@config_option
@click.option("-r", "capture", type=_FILE, required=True, help="The capture: pcap or pcapng, gzipped or not.")
@click.option("--orders", type=_FILE, help="CSV of orders, applied before the first packet.")
@click.option("--store", "store_file", type=_FILE, help="A store to start from; it is copied and not touched.")
@click.option(
    "-w", "answers", type=click.Path(dir_okay=False, path_type=Path), help="Write our answers as a pcap, mode 0640."
)
@click.option("--diff", nargs=2, type=_FILE, help="Two configurations: show whose answer changes (exit 3 if any does).")
@click.option("--expect", type=_FILE, help="JSON lines of the columns: exit 3 unless the rows are these.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def replay(config: str | None, capture: Path, output: str, **options: Any) -> None:
    """Play the client-side packets of a capture against a policy, by the capture's own clock.

    Exit 3 if an answer differs from the one that the capture holds, 1 if the capture is cut.
    """
    from gatekeeper.drivers.capture import CaptureError
    from gatekeeper.drivers.replay import read_capture
    from gatekeeper.intake.order_file import OrderFileError

    if options["orders"] and options["store_file"]:
        raise click.UsageError("--orders and --store exclude each other")
    try:
        packets, cut = read_capture(capture)
        code = _diff(packets, options, output) if options["diff"] else _single(config, packets, options, output)
    except (CaptureError, OrderFileError) as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(BAD_ARGUMENTS) from None
    if cut:
        click.echo(f"{capture}: {cut}: what could be read was replayed", err=True)
        code = FAILED
    raise click.exceptions.Exit(code)


def _single(config: str | None, packets: "list[Packet]", options: dict[str, Any], output: str) -> int:
    from gatekeeper.config.load import find_config
    from gatekeeper.drivers.capture import write_capture
    from gatekeeper.drivers.replay import answer_frames

    steps = _run(find_config(config), packets, options)
    if options["answers"]:
        try:
            write_capture(options["answers"], list(answer_frames(steps)))
        except OSError as error:
            raise click.UsageError(f"{options['answers']}: {error.strerror}") from None
    rows = _rows(steps)
    _print(rows, output)
    if options["expect"]:
        return _compare(rows, options["expect"])
    return REFUSED if any(str(row["recorded"]).startswith("different") for row in rows) else DONE


def _run(config: Path, packets: "list[Packet]", options: dict[str, Any]) -> "list[Step]":
    from gatekeeper.config.load import load_file
    from gatekeeper.drivers.replay import Replay
    from gatekeeper.office.replaying import store_of_orders
    from gatekeeper.store.opening import copied_store

    settings = load_file(config)
    if settings.book.aaa:
        click.echo(f"note: {config}: replay asks no AAA: the orders decide about DHCP as well", err=True)
    if options["store_file"]:
        store = copied_store(Path(options["store_file"]))
    else:
        start = packets[0].time if packets else 0.0
        store, refused = store_of_orders(settings, options["orders"], start)
        for line in refused:
            click.echo(line, err=True)
    return list(Replay(settings, packets, store).run())


def _rows(steps: "list[Step]") -> list[Row]:
    from gatekeeper.office.replaying import difference
    from gatekeeper.report.replay import replay_row

    rows = []
    for packet, outcome, recorded in steps:
        what = "none"
        if recorded:
            found = difference(outcome.answer, recorded, outcome.protocol)
            what = f"different: {found}" if found else "same"
        rows.append(replay_row(packet.frame, packet.time, outcome, what))
    return rows


def _print(rows: list[Row], output: str) -> None:
    from gatekeeper.cli.show import print_table
    from gatekeeper.report.replay import COLUMNS
    from gatekeeper.report.table import as_json

    if output == "json":
        click.echo(as_json(rows))
    else:
        print_table(rows, tuple(rows[0]) if rows else COLUMNS)


def _diff(packets: "list[Packet]", options: dict[str, Any], output: str) -> int:
    from gatekeeper.office.replaying import difference

    old, new = ({step.packet.frame: step for step in _run(file, packets, options)} for file in options["diff"])
    changed: list[Row] = []
    for frame in sorted(old.keys() | new.keys()):
        before, after = old.get(frame), new.get(frame)
        if before and after and before.outcome.answer == after.outcome.answer:
            continue
        row = _rows([after or before])[0]  # type: ignore[list-item]
        row["recorded"] = "changed: " + (
            difference(after.outcome.answer, before.outcome.answer, after.outcome.protocol)
            if before and after
            else "heard by one of the two only"
        )
        row["was"] = (before.outcome.reply or f"no answer {before.outcome.verdict.reason}") if before else "not heard"
        changed.append(row)
    _print(changed, output)
    return REFUSED if changed else DONE


def _compare(rows: list[Row], expect: Path) -> int:
    """Each line of expect against the row in its place; only the columns that the line names."""
    lines = [line for line in expect.read_text(encoding="utf-8").splitlines() if line.strip()]
    differences = 0
    for at, line in enumerate(lines):
        try:
            wanted = json.loads(line)
        except ValueError as error:
            click.echo(f"{expect}:{at + 1}: not JSON: {error}", err=True)
            return BAD_ARGUMENTS
        row = rows[at] if at < len(rows) else {}
        for name, value in wanted.items():
            if row.get(name) != value:
                differences += 1
                click.echo(f"{expect}:{at + 1}: {name}: expected {value!r}, got {row.get(name)!r}", err=True)
    if len(rows) > len(lines):
        differences += 1
        click.echo(f"{expect}: {len(rows) - len(lines)} rows more than expected", err=True)
    return REFUSED if differences else DONE
