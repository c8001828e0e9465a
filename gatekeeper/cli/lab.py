"""lab."""

import sys
from pathlib import Path

import click

from gatekeeper.cli.errors import FAILED, REFUSED


@click.command()
@click.option(
    "--pcap",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep a capture of every port, and the log, here.",
)
@click.option("--keep", is_flag=True, help="Leave the network up for looking around, until Ctrl-C.")
def lab(pcap: Path | None, keep: bool) -> None:
    """Play a whole installation, and what can go wrong with it, in a private network of this machine.

    The real service runs between simulated boxes, relay, BRAS and ITMS. Exit code 0: every step held; 3: one did not;
    1: the lab cannot be built here.
    """
    from gatekeeper.lab.run import Say, play

    signs = _signs()

    def tell(kind: Say, text: str) -> None:
        if kind is Say.STORY:
            click.secho(f"\n{_plain(text)}", bold=True)
        elif kind is Say.NOTE:
            click.echo(_plain(text))
        else:
            held = kind is Say.HELD
            click.echo(f"  {click.style(signs[held], fg='green' if held else 'red')} {_plain(text)}")

    try:
        held = play(tell, pcap, keep)
    except KeyboardInterrupt:
        click.echo("interrupted; everything has been taken down", err=True)
        raise click.exceptions.Exit(FAILED) from None
    if not held:
        raise click.exceptions.Exit(REFUSED)


def _signs() -> tuple[str, str]:
    """(cross, tick), in letters where the terminal has no such signs."""
    try:
        "✗✓".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "FAILED", "ok"
    return "✗", "✓"


def _plain(text: str) -> str:
    """The text without what a terminal would obey or could not show."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    encoding = sys.stdout.encoding or "ascii"
    return shown.encode(encoding, "replace").decode(encoding)
