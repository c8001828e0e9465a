"""Kea with memfile leases, and ISC dhcpd, as the shared reference of the project configures them."""

import json
from pathlib import Path

from tests.benchmarks.boxes import RESERVED
from tests.benchmarks.place import INTERFACE, PREFIX, SERVER_IP
from tests.benchmarks.servers import LEASE_S, OPTION_43, Command, Server, program

_DNS = "10.0.0.53"


def _kea(folder: Path, pool: tuple[str, str]) -> Command:
    """One thread, which is the fastest on one core. It writes each lease to its file and never fsyncs."""
    leases = {"type": "memfile", "persist": True, "name": str(folder / "leases.csv"), "lfc-interval": 0}
    reservations = [{"hw-address": mac, "ip-address": address} for mac, address in RESERVED.each()]
    options = [
        {"name": "routers", "data": SERVER_IP},
        {"name": "domain-name-servers", "data": _DNS},
        {"code": 43, "name": "vendor-encapsulated-options", "data": OPTION_43, "csv-format": False},
    ]
    subnet = {
        "subnet": PREFIX, "pools": [{"pool": " - ".join(pool)}], "reservations": reservations,
        "reservations-global": False, "reservations-in-subnet": True, "reservations-out-of-pool": True,
    }  # fmt: skip
    config = {
        "interfaces-config": {"interfaces": [INTERFACE], "dhcp-socket-type": "udp"},
        "lease-database": leases, "valid-lifetime": LEASE_S, "match-client-id": False,
        "host-reservation-identifiers": ["hw-address"], "multi-threading": {"enable-multi-threading": False},
        "option-data": options, "subnet4": [subnet],
        "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stderr"}]}],
    }  # fmt: skip
    (folder / "kea.json").write_text(json.dumps({"Dhcp4": config}))
    places = dict.fromkeys(("KEA_PIDFILE_DIR", "KEA_LOCKFILE_DIR"), str(folder))
    return Command([program("kea-dhcp4"), "-c", str(folder / "kea.json")], places)


def _dhcpd(folder: Path, pool: tuple[str, str]) -> Command:
    """One fsync a lease, as it is shipped."""
    hosts = "\n".join(
        f"host h{number} {{ hardware ethernet {mac}; fixed-address {address}; }}"
        for number, (mac, address) in enumerate(RESERVED.each())
    )
    octets = ":".join(OPTION_43[at : at + 2] for at in range(0, len(OPTION_43), 2))
    (folder / "conf").write_text(
        f"authoritative; ping-check false; ddns-update-style none; delayed-ack 0; one-lease-per-client false;\n"
        f"default-lease-time {LEASE_S}; max-lease-time {LEASE_S}; log-facility local6;\n"
        f"option vendor-encapsulated-options {octets};\n"
        f"subnet 10.0.0.0 netmask 255.0.0.0 {{ range {' '.join(pool)}; option routers {SERVER_IP};"
        f" option domain-name-servers {_DNS}; }}\n{hosts}\n"
    )
    (folder / "leases").touch()
    places = ["-cf", str(folder / "conf"), "-lf", str(folder / "leases"), "-pf", str(folder / "pid")]
    return Command([program("dhcpd"), "-f", "-q", "-4", *places, INTERFACE])


KEA = Server("kea", "Kea memfile (no fsync)", "kea-dhcp4-server", "kea-dhcp4", _kea, ["-v"], "dhcp")
DHCPD = Server("dhcpd", "ISC dhcpd", "isc-dhcp-server", "dhcpd", _dhcpd, ["--version"], "dhcp")
