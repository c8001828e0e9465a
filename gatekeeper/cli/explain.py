"""explain: why a box is, or is not, let in."""

import click

from gatekeeper.cli.errors import DONE, REFUSED
from gatekeeper.cli.options import config_option, unix_now


@click.command()
@config_option
@click.argument("key", metavar="MAC|ACCOUNT|IP|STBID|ORDER")
@click.option("--port", help="Suppose this access line [else as in its last packet].")
@click.option("--no-port", is_flag=True, help="Suppose a packet that names no access line.")
@click.option("--protocol", type=click.Choice(["dhcp", "radius"]), help="Only this one [else both].")
@click.option("--nas", "nas_name", help="Suppose that this [[radius.client]] asks [else who asked last].")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    config: str | None,
    key: str,
    port: str | None,
    no_port: bool,
    protocol: str | None,
    nas_name: str | None,
    output: str,
) -> None:
    """Say what happened to a box last, and whether it would happen again: rule by rule, in the engine's own sequence.

    The box may be named by how one of these begins, if nothing else does; each box of an account is told of. Nothing is
    changed. Exit 3 if a box would be refused, 2 if the name may mean several things, 4 if it means nothing.
    """
    from gatekeeper.config.load import load
    from gatekeeper.office.explain import Inquiry, explain_key
    from gatekeeper.report.explain import explain_rows, explain_text, is_refused
    from gatekeeper.report.table import as_json
    from gatekeeper.store.opening import open_store

    if port and no_port:
        raise click.UsageError("--port and --no-port contradict each other")
    asked = Inquiry(key, "" if no_port else port or None, protocol or "", nas_name or "")
    settings = load(config)
    store = open_store(*settings.store)
    found = explain_key(settings, store, asked, unix_now(store))
    if output == "json":
        click.echo(as_json(explain_rows(found)))
    else:
        for line in explain_text(found):
            click.echo("".join(sign if sign.isprintable() else "?" for sign in line))
    raise click.exceptions.Exit(REFUSED if is_refused(found) else DONE)
