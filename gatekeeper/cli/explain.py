"""explain: why a box is, or is not, let in."""

import click

from gatekeeper.cli.errors import DONE, REFUSED
from gatekeeper.cli.options import config_option, unix_now


@click.command()
@config_option
@click.argument("mac")
@click.option("--port", help="Ask about this access line [else the one last seen].")
@click.option("--protocol", type=click.Choice(["dhcp", "radius"]), help="Only this one [else both].")
@click.option("--nas", "nas_name", help="Ask as this [[radius.client]] [else the first].")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    config: str | None, mac: str, port: str | None, protocol: str | None, nas_name: str | None, output: str
) -> None:
    """Walk the rules for one box, in the engine's own sequence, and change nothing. Exit 3 if it is refused."""
    from gatekeeper.config.load import load
    from gatekeeper.office.explain import Inquiry, explain_box
    from gatekeeper.office.words import mac_of
    from gatekeeper.report.explain import explain_rows, explain_text
    from gatekeeper.report.table import as_json
    from gatekeeper.store.opening import open_store

    asked = Inquiry(mac_of(mac), port or "", protocol or "", nas_name or "")
    settings = load(config)
    subject, found = explain_box(settings, open_store(*settings.store), asked, unix_now())
    click.echo(as_json(explain_rows(subject, found)) if output == "json" else "\n".join(explain_text(subject, found)))
    raise click.exceptions.Exit(REFUSED if any(one.verdict.reason for one in found) else DONE)
