"""init and check: a configuration to begin with, and what is wrong with one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, DONE, FAILED
from gatekeeper.cli.options import config_option

if TYPE_CHECKING:
    from gatekeeper.config import Problem
    from gatekeeper.config.load import Settings


@click.command()
@config_option
@click.option("--force", is_flag=True, help="Write over an existing file.")
def init(config: str | None, force: bool) -> None:
    """Write a configuration file to begin with, and make its store."""
    import secrets

    from gatekeeper.config.load import load_file
    from gatekeeper.config.template import TEMPLATE
    from gatekeeper.store.opening import open_store

    file = Path(config or "gatekeeper.toml")
    if file.exists() and not force:
        click.echo(f"gatekeeper: {file} exists; write another with -c, or over it with --force", err=True)
        raise click.exceptions.Exit(FAILED)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEMPLATE.replace("{secret}", secrets.token_urlsafe(24)), encoding="utf-8")
    file.chmod(0o600)
    settings = load_file(file)
    store = open_store(*settings.store, create=True)
    click.echo(f"{file} written (mode 0600, it holds secrets); store {store.path} ready")
    click.echo(f"next: edit {file}, then 'gatekeeper check -c {file}' and 'gatekeeper serve -c {file}'")
    store.close()


@click.command()
@config_option
@click.argument("line", nargs=-1)
def check(config: str | None, line: tuple[str, ...]) -> None:
    """Report all errors of the configuration, each with its line, and try what can be tried without serving.

    LINE: say only what these texts would be read as, if an access node, a NAS or an order named a line by them.
    """
    from gatekeeper.config.load import load

    settings = load(config)
    if line:
        from gatekeeper.report.line_reading import reading_text

        for text in line:
            click.echo("\n".join(reading_text(text, settings.book.binding.lines)))
        return
    problems = _try_out(settings)
    for problem in problems:
        click.echo(str(problem), err=True)
    for note in settings.notes:
        click.echo(f"note: {note}")
    _tell(settings)
    click.echo(f"{settings.file}: {'in order' if not problems else f'{len(problems)} problems'}")
    raise click.exceptions.Exit(BAD_ARGUMENTS if problems else DONE)


def _try_out(settings: "Settings") -> "list[Problem]":
    from gatekeeper.drivers.access import Access
    from gatekeeper.drivers.api_process import listen_tcp
    from gatekeeper.drivers.sockets import DoorError, UdpDoor
    from gatekeeper.office.listing import vlan_notes
    from gatekeeper.store import StoreError
    from gatekeeper.store.opening import open_store, path_of

    problems = []
    for at, name in enumerate(settings.interfaces):
        try:
            Access(settings, name).close()
        except DoorError as error:
            problems.append(settings.problem(("dhcp", "interfaces", at), str(error)))
    listens = [
        (("dhcp", "listen"), settings.dhcp_listen),
        (("radius", "listen_auth"), settings.auth_listen),
        (("radius", "listen_acct"), settings.acct_listen),
    ]
    for path, endpoints in listens:
        for address, port in endpoints:
            try:
                UdpDoor(address, port).close()
            except DoorError as error:
                problems.append(settings.problem(path, str(error)))
    if settings.api:
        try:
            listen_tcp(settings.api).close()
        except DoorError as error:
            problems.append(settings.problem(("api", "listen"), str(error)))
    try:
        path_of_store = path_of(*settings.store)
        if Path(path_of_store).exists():
            store = open_store(*settings.store)
            store.check()
            for note in vlan_notes(settings.book, store):
                click.echo(f"note: {note}")
        else:
            click.echo(f"note: store {path_of_store} does not exist yet: init, an order, or serve --create makes it")
    except StoreError as error:
        problems.append(settings.problem(("store", "url"), str(error)))
    return problems


def _tell(settings: "Settings") -> None:
    """What the boxes will be told, in octets; each class beside [acs]."""
    from gatekeeper.report.boot import boot_lines
    from gatekeeper.wire.acs import encode, show

    acs = settings.book.acs
    told = [("", acs), *((f"class {rule.boxes.quoted()}: ", rule.acs) for rule in acs.classes)] if acs else []
    for whom, each in told:
        code, value = encode(each.encoding, each.info)
        click.echo(f"{whom}option {code} ({each.encoding}, {len(value)} octets): {value.hex()}")
        click.echo(f"{whom}option {code} says: {show(each.encoding, value)}")
    for line in boot_lines(settings.book):
        click.echo(line)
