"""The ITMS: an HTTP server that takes Informs, remembers who posted what where, and tells the gate of it."""

import http.client
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

from gatekeeper.lab import plan
from gatekeeper.lab.cwmp import CONTENT_TYPE, Inform, read_inform, write_inform_response
from gatekeeper.lab.node import Actor


class Visit(NamedTuple):
    """One Inform as it arrived. peer: the box's address, as text. host: the header that the URL led to."""

    peer: str
    host: str
    path: str
    inform: Inform


class Itms(Actor):
    """The server, on its address in the gate's network."""

    def __init__(self, token: Path) -> None:
        """token: the file that the gate keeps its API's token in."""
        super().__init__()
        self._visits: list[Visit] = []
        visits = self._visits

        class Handler(_Handler):
            def remember(self, inform: Inform) -> None:
                visits.append(Visit(self.client_address[0], self.headers.get("Host", ""), self.path, inform))
                with suppress(OSError, http.client.HTTPException):
                    tell_gate(token, inform)

        server = HTTPServer((plan.ITMS_TEXT, plan.ITMS_PORT), Handler)
        self.ears[server] = server.handle_request

    def visits(self, stbid: str) -> list[Visit]:
        """The Informs of one box, the latest last."""
        return [visit for visit in self._visits if visit.inform.serial_number == stbid]


def tell_gate(token: Path, inform: Inform) -> None:
    """The gate's timeline of the box then has its registration too. Raises OSError, HTTPException."""
    event = {"mac": inform.serial_number[-12:], "kind": "acs", "detail": f"Inform {inform.event}"}
    headers = {"Authorization": f"Bearer {token.read_text().strip()}", "Content-Type": "application/json"}
    gate = http.client.HTTPConnection("127.0.0.1", plan.API_PORT, timeout=2)
    try:
        gate.request("POST", "/api/v1/events", json.dumps(event), headers)
        gate.getresponse().read()
    finally:
        gate.close()


class _Handler(BaseHTTPRequestHandler):
    # A CWMP session is several POSTs over one connection (TR-069 3.4.1).
    protocol_version = "HTTP/1.1"
    timeout = 5

    def remember(self, inform: Inform) -> None:
        raise NotImplementedError

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not body:
            # TR-069 3.4.1: an empty POST from the box, and nothing to ask of it: the session ends.
            self._reply(204, b"")
            return
        try:
            self.remember(read_inform(body))
        except ValueError:
            self._reply(400, b"")
        else:
            self._reply(200, write_inform_response())

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The stories tell what came."""
