"""A set-top box: DHCP by frames as its boot loader does it, then the Inform to the URL that Option 43 gave."""

import http.client
import secrets
import socket
import time
from contextlib import suppress
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from gatekeeper.lab import links
from gatekeeper.lab.cwmp import (
    CONTENT_TYPE,
    PROVISIONING_CODE,
    STBID,
    Inform,
    is_inform_response,
    write_inform,
)
from gatekeeper.lab.node import Actor
from gatekeeper.lab.plan import Stb
from gatekeeper.wire import Malformed
from gatekeeper.wire.acs import decode_tr069
from gatekeeper.wire.dhcp import (
    ACK,
    CLIENT_PORT,
    DISCOVER,
    NAK,
    OFFER,
    REQUEST,
    SERVER_PORT,
    DhcpMessage,
    decode,
    encode,
    message,
)
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, IPV4, UdpFrame, udp_frame
from gatekeeper.wire.text import ip_text, printable

INTERFACE: Final = "eth0"
# RFC 2131 4.1 waits 4, 8, 16 s and so on; here an eighth of it.
_FIRST_WAIT_S: Final = 0.5
_HTTP_S: Final = 5.0
# Requested: mask, routers, DNS, host name, domain, broadcast, NTP. Not 43: Sichuan's boxes get it without asking.
_REQUESTED: Final = bytes((1, 3, 6, 12, 15, 28, 42))


class Boot(NamedTuple):
    """What a box came to know by DHCP. Addresses as int, 0 = none; ``nak``: the text of a NAK; ``options`` of the
    last answer; ``sent``: how many messages it took."""

    offered: int
    address: int
    nak: str
    options: dict[int, bytes]
    sent: int

    def is_silent(self) -> bool:
        """True if no server said a word."""
        return not (self.offered or self.address or self.nak)

    def __str__(self) -> str:
        nak = f"DHCPNAK {self.nak}, " if self.nak else ""
        return f"offered {ip_text(self.offered)}, {nak}has {ip_text(self.address)} after {self.sent} messages"


class Box(Actor):
    """One box. It remembers its address through unplugging, as boxes do."""

    def __init__(self, stb: Stb) -> None:
        super().__init__()
        self._stb = stb
        self._address = 0
        self._options: dict[int, bytes] = {}
        self._sent = 0
        self._wire: socket.socket | None = None

    def address(self) -> int:
        """The address that the box has, or remembers; 0 = none."""
        return self._address

    def plugged(self) -> None:
        """The cable is in."""
        links.bring_up(INTERFACE)
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IPV4))
        self._wire.bind((INTERFACE, IPV4))

    def unplugged(self) -> None:
        """The cable is out, and the interface with it."""
        if self._wire:
            self._wire.close()
        self._wire = None

    def boot(self, tries: int = 3) -> Boot:
        """Ask for the remembered address, if any (RFC 2131 3.2), else, or if that fails, from the start (3.1)."""
        self._sent = 0
        nak = ""
        if self._address:
            answer = self._exchange(REQUEST, {50: _octets(self._address)}, (ACK, NAK), 1)
            if answer and answer.kind == ACK:
                return self._bound(answer, 0, "")
            nak = _nak_text(answer)
            # RFC 2131 3.2: after a NAK from the start; after silence the address is not forgotten.
            self._address = 0 if nak else self._address
        offer = self._exchange(DISCOVER, {}, (OFFER,), tries)
        if offer is None:
            return Boot(0, 0, nak, {}, self._sent)
        wanted = {50: _octets(offer.yiaddr), 54: offer.options.get(54, b"")}
        answer = self._exchange(REQUEST, wanted, (ACK, NAK), tries)
        if answer and answer.kind == ACK:
            return self._bound(answer, offer.yiaddr, nak)
        return Boot(offer.yiaddr, 0, _nak_text(answer) or nak, {}, self._sent)

    def renew(self) -> Boot:
        """Renew by unicast, once (RFC 2131 4.4.5). After a NAK the box has no address."""
        if not self._address:
            return Boot(0, 0, "", {}, 0)
        asked = message(REQUEST, self._stb.mac, secrets.randbits(32), self._own_options(), ciaddr=self._address)
        server = ip_text(int.from_bytes(self._options[54], "big"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((ip_text(self._address), CLIENT_PORT))
            client.settimeout(_FIRST_WAIT_S * 4)
            client.sendto(encode(asked), (server, SERVER_PORT))
            try:
                answer = decode(client.recv(2048))
            except (TimeoutError, Malformed):
                return Boot(0, 0, "", {}, 1)
        if answer.kind == ACK:
            return self._bound(answer, 0, "")
        links.drop_addresses(INTERFACE)
        self._address = 0
        return Boot(0, 0, _nak_text(answer), {}, 1)

    def flood(self, seconds: int, per_s: int) -> int:
        """DISCOVERs from invented MACs; how many were sent. It is bounded, and stays on this cable."""
        assert self._wire
        began = time.monotonic()
        for number in range(seconds * per_s):
            mac = b"\x02\xf1" + secrets.token_bytes(4)
            octets = encode(message(DISCOVER, mac, secrets.randbits(32), {}))
            self._wire.send(udp_frame(octets, mac, BROADCAST_MAC, 0, BROADCAST_IP, CLIENT_PORT, SERVER_PORT))
            time.sleep(max(began + (number + 1) / per_s - time.monotonic(), 0.0))
        return seconds * per_s

    def inform(self) -> str:
        """The first contact with the ITMS of Option 43; "" = it went well, else what went wrong."""
        try:
            acs = decode_tr069(self._options.get(43, b""))
        except Malformed as bad:
            return f"Option 43: {bad}"
        url = urlsplit(acs.get(1, b"").decode("ascii", "replace"))
        if url.scheme != "http" or not url.hostname:
            return "no URL in Option 43"
        parameters = {STBID: self._stb.stbid, PROVISIONING_CODE: acs.get(2, b"").decode("ascii", "replace")}
        oui = self._stb.mac[:3].hex().upper()
        body = write_inform(Inform(oui, self._stb.stbid, "0 BOOTSTRAP", parameters))
        itms = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=_HTTP_S)
        try:
            status, answer = _post(itms, url.path or "/", body)
            if status != 200 or not is_inform_response(answer):
                return f"the ITMS answers {status} without InformResponse"
            return "" if _post(itms, url.path or "/", b"")[0] == 204 else "the ITMS does not end the session"
        except (OSError, http.client.HTTPException) as error:
            return f"{url.netloc}: {error}"
        finally:
            itms.close()

    def _own_options(self) -> dict[int, bytes]:
        # Sichuan (hypengw/iptv, williamthegrey/tellyget): host name = STBID, vendor class = SCITV.
        named = {61: b"\x01" + self._stb.mac, 12: self._stb.stbid.encode(), 60: b"SCITV"}
        return named | {55: _REQUESTED}

    def _exchange(self, kind: int, more: dict[int, bytes], wanted: tuple[int, ...], tries: int) -> DhcpMessage | None:
        """Send, wait, send again after twice the time; the first answer of a wanted kind, None after the last try."""
        asked = message(kind, self._stb.mac, secrets.randbits(32), self._own_options() | more)
        assert self._wire
        for attempt in range(tries):
            octets = encode(asked._replace(secs=attempt))
            self._wire.send(udp_frame(octets, self._stb.mac, BROADCAST_MAC, 0, BROADCAST_IP, CLIENT_PORT, SERVER_PORT))
            self._sent += 1
            answer = self._hear(asked.xid, wanted, time.monotonic() + _FIRST_WAIT_S * 2**attempt)
            if answer:
                return answer
        return None

    def _hear(self, xid: int, wanted: tuple[int, ...], until: float) -> DhcpMessage | None:
        assert self._wire
        while (left := until - time.monotonic()) > 0:
            self._wire.settimeout(left)
            with suppress(TimeoutError, Malformed):
                heard = UdpFrame(self._wire.recv(2048))
                if heard.destination_port != CLIENT_PORT or heard.destination_mac not in (self._stb.mac, BROADCAST_MAC):
                    continue
                answer = decode(heard.payload)
                if answer.xid == xid and answer.mac == self._stb.mac and answer.kind in wanted:
                    return answer
        return None

    def _bound(self, ack: DhcpMessage, offered: int, nak: str) -> Boot:
        self._address, self._options = ack.yiaddr, ack.options
        mask = int.from_bytes(ack.options.get(1, b""), "big")
        links.bring_up(INTERFACE, f"{ip_text(ack.yiaddr)}/{mask.bit_count()}")
        if 3 in ack.options:
            links.route("0.0.0.0/0", gateway=ip_text(int.from_bytes(ack.options[3][:4], "big")))
        return Boot(offered, ack.yiaddr, nak, ack.options, self._sent)


def _post(itms: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, bytes]:
    itms.request("POST", path, body, {"Content-Type": CONTENT_TYPE, "SOAPAction": ""})
    response = itms.getresponse()
    return response.status, response.read()


def _octets(address: int) -> bytes:
    return address.to_bytes(4, "big")


def _nak_text(answer: DhcpMessage | None) -> str:
    return printable(answer.options.get(56, b"no reason")) if answer and answer.kind == NAK else ""
