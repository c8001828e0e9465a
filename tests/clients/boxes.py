"""Boxes: a namespace with one Ethernet interface, and the DHCP clients that people run on such a thing."""

import shlex
from pathlib import Path

from tests.clients.net import Process, Space, wait_until

# The last 12 characters of an STBID are the MAC.
MAC = "d4:c1:c8:ee:9b:1f"
STBID = "00100199006007000000D4C1C8EE9B1F"
STRANGER = "00:11:22:33:44:55"

# What the clients call with each event: sets the interface up as told, then keeps the event and its values.
_SCRIPT = r"""#!/bin/sh
set_up() {
    ip address replace "$1/$2" dev "$interface"
    for via in $3; do ip route replace default via "$via"; break; done
}
case "${1:-$reason}" in
    bound | renew) set_up "$ip" "$mask" "$router" ;;
    BOUND | RENEW | REBIND | REBOOT) set_up "$new_ip_address" "$new_subnet_mask" "$new_routers" ;;
    deconfig | EXPIRE | RELEASE | FAIL | STOP) ip address flush dev "$interface" ;;
    PREINIT) ip link set "$interface" up ;;
esac
{ echo "event=${1:-$reason}"; env; } > EVENTS/new
mv EVENTS/new "EVENTS/$(ls EVENTS | wc -l)"
"""
_DHCLIENT = f"""\
option acs code 43 = string;
send host-name "{STBID}";
send vendor-class-identifier "SCITV";
request subnet-mask, routers, domain-name-servers, domain-name, ntp-servers;
initial-interval 1;
backoff-cutoff 2;
timeout TIMEOUT;
retry 1;
"""
_DHCPCD = """\
hostname
vendorclassid SCITV
option subnet_mask, routers, domain_name_servers, vendor_encapsulated_options
noarp
noipv4ll
noipv6rs
"""


class Box:
    """One set-top box."""

    def __init__(self, space: Space, mac: str, folder: Path, interface: str = "eth0") -> None:
        self.space = space
        self.mac = mac
        self.interface = interface
        self._folder = folder / space.name
        self._starts = 0
        self._events = self._folder / "events"
        self._events.mkdir(parents=True)
        self._script = self._folder / "script"
        self._script.write_text(_SCRIPT.replace("EVENTS", shlex.quote(str(self._events))))
        self._script.chmod(0o755)
        self._lease_file = self._folder / "dhclient.leases"
        self._config = self._folder / "client.conf"
        space.set_up(interface, mac=mac)

    def events(self) -> list[dict[str, str]]:
        """What the client called its script for, oldest first; ``event`` is its name."""
        files = sorted((int(file.name), file) for file in self._events.iterdir() if file.name.isdigit())
        return [dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line) for _, file in files]

    def wait_for(self, *names: str, timeout_s: float = 15, after: int = 0) -> dict[str, str]:
        """The first event of one of these names, from the after-th event on."""

        def look() -> dict[str, str] | None:
            return next((event for event in self.events()[after:] if event["event"] in names), None)

        return wait_until(look, timeout_s, f"event {' or '.join(names)} on {self.mac}") or {}

    def _log(self, client: str) -> Path:
        """A new file for each start of a client."""
        self._starts += 1
        return self._folder / f"{client}{self._starts}.log"

    def udhcpc(self, *words: str) -> Process:
        """BusyBox's client as an IPTV box runs it: its STBID as host name, vendor class SCITV; in the foreground."""
        options = ["-x", f"hostname:{STBID}", "-V", "SCITV", "-O", "43", "-O", "42", "-f", *words]
        fixed = ["busybox", "udhcpc", "-i", self.interface, "-s", str(self._script)]
        return self.space.start(*fixed, *options, output=self._log("udhcpc"))

    def udhcpc_once(self, *words: str, timeout_s: float = 20) -> int:
        """The same, leaving after the lease or after three tries without one; its exit code."""
        return self.udhcpc("-q", "-n", "-t", "3", "-T", "1", *words).wait(timeout_s)

    def inform(self, address: str, server: str) -> None:
        """DHCPINFORM by dhcping, which fails without an answer to it."""
        self.space.run("dhcping", "-i", "-t", "5", "-h", self.mac, "-c", address, "-s", server)

    def dhclient(self, *words: str, timeout_s: int = 20) -> Process:
        """ISC's client, in the foreground, with lease and pid file of its own that stay for the next call."""
        self._config.write_text(_DHCLIENT.replace("TIMEOUT", str(timeout_s)))
        files = [
            "-cf",
            self._config,
            "-lf",
            self._lease_file,
            "-pf",
            self._folder / "dhclient.pid",
            "-sf",
            self._script,
        ]
        fixed = ["dhclient", "-4", "-v", *map(str, files)]
        return self.space.start(*fixed, *words, self.interface, output=self._log("dhclient"))

    def dhclient_bound(self, *words: str) -> Process:
        """The same, once it has its lease and has written it down."""
        client = self.dhclient("-d", *words)
        wait_until(lambda: "bound to " in client.text(), 20, "dhclient bound")
        return client

    def dhcpcd(self) -> Process:
        """Roy Marples' client, in the foreground, one lease, no hooks; its state is private and is gone afterwards."""
        self._config.write_text(_DHCPCD)
        words = f"dhcpcd -4 -1 -B -d -f {self._config} -c {self._script} {self.interface}"
        # ``ip netns exec`` gives each command mounts of its own: nobody else sees these.
        private = "for d in /run /var/lib; do mount -t tmpfs none $d; mkdir $d/dhcpcd; done; exec " + words
        return self.space.start("sh", "-ec", private, output=self._log("dhcpcd"))
