"""The lab's plan: addresses, access lines, boxes, and the configuration that gatekeeper gets."""

from typing import Final, NamedTuple

from gatekeeper.wire.text import parse_ip, stbid_mac

GATE: Final = parse_ip("10.20.0.2")
RELAY: Final = parse_ip("10.20.0.1")
ITMS: Final = parse_ip("10.20.0.53")
NETWORK_TEXT: Final = "10.20.0.0/16"
GATE_TEXT: Final = "10.20.0.2"
RELAY_TEXT: Final = "10.20.0.1"
ITMS_TEXT: Final = "10.20.0.53"
ITMS_PORT: Final = 7547
API_PORT: Final = 8067
ACS_URL: Final = f"http://{ITMS_TEXT}:{ITMS_PORT}/acs"
PROVISIONING_CODE: Final = "SC.IPTV.01"
SECRET: Final = b"lab-secret"
NAS_NAME: Final = "bras1"
DOWN_KBPS: Final = 20_000
UP_KBPS: Final = 4_000
FASTER_DOWN_KBPS: Final = 50_000
FASTER_UP_KBPS: Final = 10_000
FLOOD_S: Final = 3
FLOOD_PER_S: Final = 500

CONFIG: Final = f"""\
[store]
url = "sqlite:gatekeeper.db"

[acs]
url = "{ACS_URL}"
provisioning_code = "{PROVISIONING_CODE}"
retry_minimum_wait_s = 5
retry_multiplier = 2000
encoding = "tr069"
force = true

[dhcp]
listen = ["{GATE_TEXT}:67"]
server_id = "{GATE_TEXT}"

[[dhcp.subnet]]
network = "{NETWORK_TEXT}"
pools = ["10.20.1.0-10.20.255.250"]
routers = ["{RELAY_TEXT}"]
dns = ["{ITMS_TEXT}"]
lease_s = 3600
options = {{ 42 = "{RELAY_TEXT}", domain-name = "itv.example.net" }}

[radius]
listen_auth = ["{GATE_TEXT}:1812"]
listen_acct = ["{GATE_TEXT}:1813"]

[[radius.client]]
name = "{NAS_NAME}"
ipaddr = "{RELAY_TEXT}/32"
secret = "{SECRET.decode()}"
nas = "huawei"

[api]
listen = "127.0.0.1:{API_PORT}"

[binding]
port = "learn"

[limits]
per_mac_per_s = 5
per_port_per_s = 50
"""


class Line(NamedTuple):
    """One access line as both of its equipments spell it (China Telecom form, see ``wire.line_id``)."""

    port: int
    circuit_id: bytes  # the access node's Option 82
    nas_port_id: bytes  # the BRAS's, which fills in its own part


def line(port: int) -> Line:
    """The line on a port of the access node: a single inner VLAN each, 4096 = no outer one."""
    where = f"4096.{1233 + port} chengdu001/0/1/2/0/{6 + port}".encode()
    return Line(port, b"0 0/0/0:" + where, b"eth 31/31/7:" + where)


class Stb(NamedTuple):
    """A set-top box as the label on it says."""

    name: str
    stbid: str

    @property
    def mac(self) -> bytes:
        """6 octets: the STBID ends in them."""
        return stbid_mac(self.stbid)


FIRST: Final = Stb("box1", "00100199006007000000D4C1C8EE9B1F")
STRANGER: Final = Stb("box2", "0010019900601800000000076342CAFE")
LATE: Final = Stb("box3", "95100599007040700000488EEF46C1F8")
SECOND: Final = Stb("box4", "00100199006007000000D4C1C8EE9B20")
BOXES: Final = (FIRST, STRANGER, LATE, SECOND)
