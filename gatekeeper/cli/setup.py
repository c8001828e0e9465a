"""init and check: a configuration to begin with, and what is wrong with one."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, DONE, FAILED
from gatekeeper.cli.options import config_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatekeeper.config import Problem
    from gatekeeper.config.load import Settings
    from gatekeeper.config.values import Endpoint
    from gatekeeper.drivers.control import Answer

_STRANGERS: Final = 0o007  # of a file's mode


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
    file.touch()
    file.chmod(0o600)  # before there is a secret in it
    file.write_text(TEMPLATE.replace("{secret}", secrets.token_urlsafe(24)), encoding="utf-8")
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

    Beside a running gate, what that has open is not tried, and what a reload would change is told.

    LINE: say only what these texts would be read as, if an access node, a NAS or an order named a line by them.
    """
    from gatekeeper.config.load import load

    settings = load(config)
    if line:
        from gatekeeper.report.line_reading import reading_text

        for text in line:
            click.echo("\n".join(reading_text(text, settings.book.binding.lines)))
        return
    gate = _running(settings)
    problems = _try_out(settings, gate.doors if gate else [])
    for problem in problems:
        click.echo(str(problem), err=True)
    for note in (*settings.notes, *_notes_of_addresses(settings)):
        click.echo(f"note: {note}")
    for warning in (*_open_to_strangers(settings), *_small_buffers()):
        click.echo(f"warning: {warning}")
    _tell(settings)
    if gate:
        _tell_of(gate, settings)
    click.echo(f"{settings.file}: {'in order' if not problems else f'{len(problems)} problems'}")
    raise click.exceptions.Exit(BAD_ARGUMENTS if problems else DONE)


def _small_buffers() -> "list[str]":
    """What the kernel does not let a gate have."""
    from gatekeeper.drivers.buffers import small_buffer

    return list(filter(None, [small_buffer()]))


def _open_to_strangers(settings: "Settings") -> "Iterator[str]":
    """Files with secrets that everybody on this machine can read."""
    from gatekeeper.config.privacy import secret_keys

    secrets = [".".join(str(part) for part in path if isinstance(part, str)) for path in secret_keys(settings.schema)]
    if secrets and settings.file.stat().st_mode & _STRANGERS:
        held = ", ".join(dict.fromkeys(secrets))
        file = settings.file
        yield f"everybody on this machine can read {file}, and it holds secrets ({held}): {_chmod(640, file)}"
    token = settings.api.token_file if settings.api else None
    if token and token.is_file() and token.stat().st_mode & _STRANGERS:
        yield f"[api] token_file: everybody on this machine can read {token}: {_chmod(600, token)}"


def _chmod(mode: int, file: Path) -> str:
    return f"chmod {mode} {shlex.quote(str(file))}"


def _notes_of_addresses(settings: "Settings") -> "Iterator[str]":
    """What follows from the addresses that this machine has, where it listens on all of them."""
    from gatekeeper.drivers.sockets import OwnAddresses
    from gatekeeper.wire.text import ip_text

    if all(endpoint.address for endpoint in settings.dhcp_listen):
        return
    subnets = settings.book.subnets
    ours = {address for address in OwnAddresses().look() if settings.book.subnet_of(address)}
    if subnets and not settings.interfaces and not ours:
        yield "no address of this machine is in a [[dhcp.subnet]]: only boxes behind a relay are served"
    for address in sorted(ours):
        if any(first <= address <= last for subnet in subnets for first, last in subnet.ranges):
            yield f"{ip_text(address)} is in a pool and this machine's own: no box is given it"


def _running(settings: "Settings") -> "Answer | None":
    """What the gate that serves over the same store says; None = none does, or it may not be asked."""
    from gatekeeper.drivers.control import COMPARE, ControlError, ask_gate
    from gatekeeper.store import StoreError
    from gatekeeper.store.opening import path_of

    try:
        return ask_gate(path_of(*settings.store), COMPARE, settings.file)
    except ControlError as error:
        click.echo(f"note: {error}")
    except StoreError:
        pass  # is told where the store is tried
    return None


def _tell_of(gate: "Answer", settings: "Settings") -> None:
    same = Path(gate.file) == settings.file.resolve()
    click.echo(f"a gate serves over this store, with {'this file' if same else gate.file}")
    for what in gate.taken:
        click.echo(f"a reload would take over: {what}")
    for what in gate.waits:
        click.echo(f"a restart would be needed for: {what}")
    for problem in gate.problems:
        click.echo(f"a reload would be refused: {problem}")
    if not (gate.taken or gate.waits or gate.problems):
        click.echo("a reload would change nothing")


def _try_out(settings: "Settings", open_doors: "Sequence[str]") -> "list[Problem]":
    """open_doors: what the running gate has open."""
    from gatekeeper.drivers.access import Access
    from gatekeeper.drivers.api_process import listen_tcp
    from gatekeeper.drivers.sockets import DoorError, UdpDoor

    problems = []
    for at, name in enumerate(settings.interfaces):
        try:
            if name not in open_doors:
                Access(settings, name).close()
        except DoorError as error:
            problems.append(settings.problem(("dhcp", "interfaces", at), str(error)))
    listens = [
        (("dhcp", "listen"), settings.dhcp_listen),
        (("radius", "listen_auth"), settings.auth_listen),
        (("radius", "listen_acct"), settings.acct_listen),
    ]
    for path, endpoints in listens:
        for endpoint in endpoints:
            try:
                if not _has(open_doors, endpoint):
                    UdpDoor(*endpoint).close()
            except DoorError as error:
                problems.append(settings.problem(path, str(error)))
    if settings.api:
        try:
            if not _has(open_doors, settings.api.listen):
                listen_tcp(settings.api).close()
        except DoorError as error:
            problems.append(settings.problem(("api", "listen"), str(error)))
    return problems + _try_files(settings)


def _has(open_doors: "Sequence[str]", endpoint: "Endpoint") -> bool:
    """True if one of these has the port, at this address or at all of them."""
    from gatekeeper.wire.text import ip_text

    address, _, port = endpoint.text().rpartition(":")
    for door in open_doors:
        theirs, _, number = door.rpartition(":")
        if number == port and (theirs == address or ip_text(0) in (theirs, address)):
            return True
    return False


def _try_files(settings: "Settings") -> "list[Problem]":
    """The store, and the token of the API."""
    from gatekeeper.config.token import TokenError, read_token
    from gatekeeper.store import StoreError

    problems = []
    try:
        for note in _notes_of_store(settings):
            click.echo(f"note: {note}")
    except StoreError as error:
        problems.append(settings.problem(("store", "url"), str(error)))
    token = settings.api.token_file if settings.api else None
    if token and token.exists():
        try:
            read_token(token)
        except TokenError as error:
            problems.append(settings.problem(("api", "token_file"), str(error)))
    elif token and not token.parent.is_dir():
        problems.append(settings.problem(("api", "token_file"), f"there is no folder {token.parent} to make it in"))
    return problems


def _notes_of_store(settings: "Settings") -> "Iterator[str]":
    """Raises StoreError where it cannot be served as it is."""
    from gatekeeper.office.listing import vlan_notes
    from gatekeeper.store.opening import is_to_be_made, open_store, open_to_strangers, path_of

    if is_to_be_made(*settings.store):
        yield f"store {path_of(*settings.store)} does not exist yet: init, an order, or serve --create makes it"
        return
    store = open_store(*settings.store)
    for file in open_to_strangers(*settings.store):
        yield f"everybody on this machine can read {file}, which tells who lives where: chmod 640 {file}"
    store.confirm()
    store.check()
    yield from vlan_notes(settings.book, store)


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
