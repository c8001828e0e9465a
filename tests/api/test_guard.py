"""Who is answered at all, and what a body may be (contract 9, design 8.14)."""

import json
import stat
from collections.abc import AsyncIterator

import pytest

from gatekeeper.api.guard import MAX_BODY, MAX_DEPTH, MAX_IMPORT
from gatekeeper.drivers.api_process import make_token
from tests.api.client import TMF, Api, said

PATHS = ["/readyz", "/metrics", "/openapi.json", "/api/v1/bindings", "/api/v1/orders/1", TMF + "/1", "/nonsense"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "token", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"]
)
def test_without_the_token_nobody_is_answered(api: Api, path: str, token: str | None) -> None:
    """RFC 6750 3: 401 with WWW-Authenticate; not even whether the path exists."""
    headers = {} if token is None else {"Authorization": token.format(token=api.token)}
    answer = api.ask("GET", path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.token not in answer.text


def test_a_write_without_the_token_changes_nothing(api: Api) -> None:
    """Its body is not even read."""
    assert api.ask("POST", "/api/v1/orders", json={"order": "1"}).status_code == 401
    assert api.ask("DELETE", "/api/v1/leases/10.20.1.0").status_code == 401
    assert api.rows("orders") == []


def test_healthz_needs_no_token(api: Api) -> None:
    """Contract 9."""
    assert api.ask("GET", "/healthz").json() == {"status": "alive"}


def test_the_scheme_is_spelled_in_any_case(api: Api) -> None:
    """RFC 9110 11.1."""
    assert api.ask("GET", "/api/v1/boxes", headers={"authorization": f"bEARER  {api.token} "}).status_code == 200


def test_the_token_is_made_once_and_for_us_alone(api: Api) -> None:
    """32 random octets, mode 0600; a second start keeps it."""
    assert stat.S_IMODE(api.token_file.stat().st_mode) == 0o600
    assert len(api.token) == 43
    make_token(api.token_file)
    assert api.token_file.read_text().strip() == api.token


@pytest.mark.parametrize(
    ("media", "status"),
    [("application/json", 422), ("Application/JSON; charset=utf-8", 422), ("text/plain", 415), ("", 415),
     ("application/x-www-form-urlencoded", 415)],
)  # fmt: skip
def test_a_body_is_json_only(api: Api, media: str, status: int) -> None:
    """What a browser's form can send is not taken."""
    assert api.send("/api/v1/orders", b"{}", Content_Type=media).status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b"", 400), (b'"\xff"', 400), (b'{"order": NaN}', 400), (b"9" * 5_000, 400),
        (b"7", 422), (b'"text"', 422), (b"null", 422),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), 422),
        (b"[" * 100_000, 422),
        (b" " * (MAX_BODY + 1), 413),
        (json.dumps([{}] * 10_001).encode(), 413),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_taken_is_refused(api: Api, body: bytes, status: int) -> None:
    """Never a 500, and never more than is needed is read."""
    answer = api.send("/api/v1/orders", body, Content_Type="application/json")
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/orders", b"[" + b" " * MAX_BODY + b"]", 207),
        ("/api/v1/orders", b" \n[" + b" " * MAX_BODY + b"]", 207),
        ("/api/v1/orders", b"[" + b" " * MAX_IMPORT + b"]", 413),
        ("/api/v1/orders", b"{" + b" " * MAX_BODY + b"}", 413),
        ("/api/v1/orders", b" " * 2000 + b"[" + b" " * MAX_BODY + b"]", 413),
        ("/api/v1/events", b"[" + b" " * MAX_BODY + b"]", 413),
        (TMF, b"[" + b" " * MAX_BODY + b"]", 413),
    ],
)  # fmt: skip
@pytest.mark.parametrize("told", [True, False], ids=["length told", "in chunks"])
def test_only_an_import_may_be_long(api: Api, path: str, body: bytes, status: int, told: bool) -> None:
    """A list of orders; whether the length is told or found out."""

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 65_536):
            yield body[at : at + 65_536]

    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    answer = api.ask("POST", path, content=body if told else parts(), headers=headers)
    assert answer.status_code == status, answer.text


def test_a_compressed_body_is_not_taken(api: Api) -> None:
    """What it would grow to is not known."""
    answer = api.send("/api/v1/orders", b"{}", Content_Type="application/json", Content_Encoding="gzip")
    assert answer.status_code == 415


def test_half_a_surrogate_pair_comes_back_as_it_came(api: Api) -> None:
    """UTF-8 cannot say it; JSON can."""
    body = b'{"order": "\\ud800", "kind": "install", "account": "A"}'
    answer = api.send("/api/v1/orders", body, Content_Type="application/json")
    assert said(answer) == (422, "BAD_FIELD")
    assert b"\\ud800" in answer.content


def test_a_reload_takes_a_new_token_and_refuses_a_bad_file(api: Api) -> None:
    """SIGHUP: with an error in the file all stays as it was."""
    good, old = api.file.read_text(), api.token
    api.token_file.write_text("a-token-of-somebody-who-rotates-it\n")
    api.file.write_text(good.replace("[api]", "[api"))
    assert "going on as before" in api.backing.reload()
    assert api.get("/api/v1/boxes").status_code == 200
    api.file.write_text(good)
    assert "is in force" in api.backing.reload()
    assert api.get("/api/v1/boxes").status_code == 401
    api.token = "a-token-of-somebody-who-rotates-it"
    assert api.get("/api/v1/boxes").status_code == 200
    api.token_file.write_text("short\n")
    assert "holds no token" in api.backing.reload()
    assert api.get("/api/v1/boxes").status_code == 200
    assert old != api.token


def test_a_damaged_store_is_told_without_its_insides(api: Api) -> None:
    """503 in the same shape."""
    api.store._connection.execute("DROP TABLE counters")
    answer = api.get("/api/v1/stats")
    assert said(answer) == (503, "STORE_UNAVAILABLE")
    assert "Traceback" not in answer.text
