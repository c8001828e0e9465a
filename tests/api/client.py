"""A client of the API, with its token, and the store behind it."""

import asyncio
import json
from pathlib import Path
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from gatekeeper.api.app import make_app
from gatekeeper.api.backing import Backing
from gatekeeper.config.load import load_file
from gatekeeper.drivers.api_process import make_token
from gatekeeper.store.opening import open_store
from tests.engine.bench import CONFIG

MAC, OTHER = "d4:c1:c8:ee:9b:1f", "d4:c1:c8:00:00:02"
TMF = "/tmf-api/serviceOrdering/v4/serviceOrder"


class Api:
    """One API process, without the process."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.file = folder / "gatekeeper.toml"
        self.file.write_text(CONFIG + more + "\n[api]\n", encoding="utf-8")
        settings = load_file(self.file)
        assert settings.api
        make_token(settings.api.token_file)
        self.token_file = settings.api.token_file
        self.store = open_store(*settings.store, create=True)
        self.backing = Backing(settings)
        self.token = self.token_file.read_text().strip()
        self._app = make_app(self.backing)

    def close(self) -> None:
        self.backing.close()
        self.store.close()

    def ask(self, method: str, path: str, **keys: Any) -> Response:
        """One request as httpx has it, without the token."""

        async def asking() -> Response:
            transport = ASGITransport(self._app, raise_app_exceptions=False)
            async with AsyncClient(transport=transport, base_url="http://api") as client:
                return await client.request(method, path, **keys)

        return asyncio.run(asking())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **query: str) -> Response:
        return self.ask("GET", path, params=query, headers=self._headers())

    def rows(self, what: str, **query: str) -> list[dict[str, Any]]:
        """A listing that must be given."""
        answer = self.get(f"/api/v1/{what}", **query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def delete(self, path: str) -> Response:
        return self.ask("DELETE", path, headers=self._headers())

    def post(self, path: str, values: object) -> Response:
        return self.send(path, json.dumps(values).encode(), Content_Type="application/json")

    def send(self, path: str, body: bytes, **headers: str) -> Response:
        """Octets as they are."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, content=body, headers=self._headers() | named)

    def order(self, number: str, kind: str = "install", account: str = "A", **fields: object) -> Response:
        return self.post("/api/v1/orders", {"order": number, "kind": kind, "account": account, **fields})


def said(answer: Response) -> tuple[int, str]:
    """(status, reason): what most tables compare."""
    return answer.status_code, answer.json().get("reason", "")
