"""radtest: a real Access-Request to a running gatekeeper, or to any RADIUS server."""

from typing import TYPE_CHECKING, Final, NamedTuple

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, DONE, FAILED, REFUSED
from gatekeeper.cli.options import config_option

if TYPE_CHECKING:
    from gatekeeper.book import Nas
    from gatekeeper.config.load import Settings
    from gatekeeper.drivers.radius_client import RadiusClient, Visited
    from gatekeeper.wire.radius_seal import Secret

_AUTH_PORT: Final = 1812
_LOOPBACK: Final = "127.0.0.1"
_METHODS: Final = ("pap", "chap", "eap-md5", "none")


class _Target(NamedTuple):
    """Where to ask, and as whom."""

    client: "RadiusClient"
    port: int
    secret: "Secret"
    nas: "Nas | None"  # the [[radius.client]] that we are there, as far as our own file knows
    dialect: str
    settings: "Settings | None"


@click.command()
@config_option
@click.argument("mac")
@click.option("--server", metavar="HOST[:PORT]", help="Ask this server [else the first of [radius] listen_auth].")
@click.option("--secret", envvar="GATEKEEPER_SECRET", help="Shared secret [else that of our [[radius.client]]].")
@click.option("--nas", "nas_name", help="Spell the User-Name as this [[radius.client]] does.")
@click.option("--port", help="NAS-Port-Id: the access line.")
@click.option("--method", type=click.Choice(_METHODS), default="pap", show_default=True)
@click.option("--user-name", help="User-Name [else the MAC].")
@click.option("--password", help="Password [else what mac_password asks for, else the User-Name].")
@click.option("--timeout", type=click.FloatRange(0.05, 16), default=2.0, show_default=True, help="First wait, seconds.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def radtest(
    config: str | None, mac: str, server: str | None, secret: str | None, nas_name: str | None, port: str | None,
    method: str, user_name: str | None, password: str | None, timeout: float, output: str,
) -> None:  # fmt: skip
    """Ask a RADIUS server for one box, and show what it answers. Exit 0 Access-Accept, 3 Access-Reject, 1 no answer."""
    from gatekeeper.drivers.radius_client import Visit
    from gatekeeper.wire.text import parse_mac

    try:
        octets = parse_mac(mac)
    except ValueError as error:
        _stop(str(error))
    target = _target(config, server, secret, nas_name, timeout)
    name = user_name if user_name is not None else _spelled(octets, target.dialect)
    if password is None:
        shared = target.nas.shared_password if target.nas else None
        clear = shared.key if shared else name.encode()
    else:
        clear = password.encode()
    visit = Visit(name.encode(), octets.hex("-").upper().encode(), port or "", method, clear)
    for what, value, most in (("--user-name", visit.name, 253), ("--port", visit.port.encode(), 253),
                              ("--password", clear, 128)):  # fmt: skip
        if len(value) > most:
            _stop(f"{what} has {len(value)} octets, {most} at most")
    try:
        done = target.client.visit(visit, target.secret)
    finally:
        target.client.close()
    row = _row(target, octets, name, method, done)
    if output == "json":
        from gatekeeper.report.table import as_json

        click.echo(as_json([row]))
    else:
        _tell(target, row, done)
    raise click.exceptions.Exit(FAILED if done.reply is None else DONE if row["reply"] == "Access-Accept" else REFUSED)


def _stop(text: str) -> None:
    click.echo(f"gatekeeper: {text}", err=True)
    raise click.exceptions.Exit(BAD_ARGUMENTS)


def _target(
    config: str | None, server: str | None, secret: str | None, nas_name: str | None, timeout: float
) -> _Target:
    from gatekeeper.config.load import load
    from gatekeeper.drivers.radius_client import RadiusClient
    from gatekeeper.wire.radius_seal import Secret
    from gatekeeper.wire.text import ip_text

    # Another server needs no file of ours, unless it is asked for by name.
    settings = load(config) if config or nas_name or not (server and secret) else None
    host, port = _endpoint(server) if server else _listener(settings)
    client = RadiusClient(host, port, timeout)
    nas = settings.book.nas_of(client.local) if settings else None
    spoken = nas
    if nas_name and settings:
        spoken = next((one for one in settings.book.clients if one.name == nas_name), None)
        if spoken is None:
            names = " ".join(one.name for one in settings.book.clients)
            _stop(f"no [[radius.client]] {nas_name!r}: there are {names or 'none'}")
    if secret is None and nas is None:
        source = ip_text(client.local)
        file = settings.file if settings else "the configuration"
        _stop(
            f"{file} has no [[radius.client]] for {source}, where this request comes from: add one with"
            f' ipaddr = "{source}", or give --server and --secret'
        )
    shared = Secret(secret.encode()) if secret is not None else nas.secret  # type: ignore[union-attr]
    return _Target(client, port, shared, nas, spoken.dialect if spoken else "generic", settings)


def _endpoint(text: str) -> tuple[str, int]:
    host, colon, port = text.partition(":")
    if not host or (colon and not (port.isdigit() and 0 < int(port) < 65536)):
        _stop(f"--server is written HOST or HOST:PORT, not {text!r}")
    return host, int(port) if colon else _AUTH_PORT


def _listener(settings: "Settings | None") -> tuple[str, int]:
    from gatekeeper.wire.text import ip_text

    if settings is None or not settings.auth_listen:
        _stop("[radius] listen_auth is empty: name a server with --server")
    address, port = settings.auth_listen[0]  # type: ignore[union-attr]
    return (ip_text(address) if address else _LOOPBACK), port


def _spelled(mac: bytes, dialect: str) -> str:
    """The MAC as this make of NAS writes it into User-Name by default; 12 digits in small letters is what most do."""
    if dialect == "juniper":  # "MAC-address" in username-include: xxxx.xxxx.xxxx
        return mac.hex(".", 2)
    if dialect == "mikrotik":  # RouterOS manual, DHCP server with RADIUS: XX:XX:XX:XX:XX:XX
        return mac.hex(":").upper()
    return mac.hex()


def _row(target: _Target, mac: bytes, name: str, method: str, done: "Visited") -> dict[str, object]:
    from gatekeeper.config.dictionary import Dictionary
    from gatekeeper.report.radius import Described, attribute_lines
    from gatekeeper.wire.radius import NAMES
    from gatekeeper.wire.text import ip_text

    dictionary = Dictionary(target.settings.dictionaries if target.settings else ())

    def describe(vendor: int, code: int) -> Described | None:
        found = dictionary.describe(vendor, code)
        return Described(*found) if found else None

    reply = done.reply
    lines = attribute_lines(reply, describe) if reply else ()
    return {
        "server": f"{target.client.server}:{target.port}",
        "source": ip_text(target.client.local),
        "client": target.nas.name if target.nas else "",
        "mac": mac.hex(":"),
        "user_name": name,
        "method": method,
        "reply": NAMES[reply.code] if reply else "",
        "message_authenticator": bool(reply and reply.seal_at),
        "tries": done.tries,
        "took_ms": round(done.took_s * 1000, 1),
        "attributes": [{"name": one, "value": value} for one, value in lines],
        "detail": "" if reply else _why(done),
    }


def _why(done: "Visited") -> str:
    if done.closed:
        return "nobody listens there"
    if done.wrong:
        return f"{done.wrong} answers with a wrong authenticator were thrown away: the secret is another one there"
    return "a server is silent to strangers, and to requests under another secret: see its log"


def _tell(target: _Target, row: dict[str, object], done: "Visited") -> None:
    client = f" (client {row['client']})" if row["client"] else ""
    click.echo(f"Access-Request to {row['server']} from {row['source']}{client}: {row['user_name']}, {row['method']}")
    if done.reply is None:
        tries = "" if done.closed else f" to {done.tries} tries in {done.took_s:.1f} s"
        click.echo(f"no answer{tries}: {row['detail']}")
        return
    sealed = "authenticators right" if done.reply.seal_at else "authenticator right, no Message-Authenticator"
    tries = f" at try {row['tries']}" if row["method"] != "eap-md5" and done.tries > 1 else ""
    click.echo(f"{row['reply']}{tries} after {row['took_ms']} ms, {sealed}")
    attributes: list[dict[str, str]] = row["attributes"]  # type: ignore[assignment]
    for one in attributes:
        click.echo(f"  {one['name']} = {one['value']}")
    if row["reply"] == "Access-Reject" and not any(one["name"] == "Reply-Message" for one in attributes):
        click.echo("  the reason is in the server's log: an answer with EAP must not name it (RFC 3579 2.6.5)")
