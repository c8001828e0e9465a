"""What stands before every request: the token, and bounds on what a body may be."""

import asyncio
import json
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatekeeper.api.answers import Json, refusal
from gatekeeper.api.backing import Backing
from gatekeeper.model import Reason

MAX_BODY: Final = 1 << 20
MAX_IMPORT: Final = 4 << 20  # a list posted to one of IMPORTS
MAX_DEPTH: Final = 16
BODY_S: Final = 30.0
FREE: Final = frozenset({"/healthz"})
IMPORTS: Final = frozenset({"/api/v1/orders"})
BODY: Final = "gatekeeper.body"  # where in the scope the values of the body are

_LEADING: Final = 1024  # octets in which a list has to begin
_HAS_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


class BadBody(Exception):  # noqa: N818 - a stranger's octets
    """A body that is not taken, and the answer to it."""

    def __init__(self, answer: Json) -> None:
        super().__init__()
        self.answer = answer


class Guard:
    """ASGI middleware. Who has no token is answered before anything of the body is read."""

    def __init__(self, app: ASGIApp, backing: Backing) -> None:
        self._app = app
        self._office = backing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if scope["path"] not in FREE and not self._is_known(headers):
            answer = refusal(401, "a token is wanted: Authorization: Bearer TOKEN, as in [api] token_file")
            answer.headers["WWW-Authenticate"] = 'Bearer realm="gatekeeper"'
            await answer(scope, receive, send)
            return
        if scope["method"] in _HAS_BODY:
            try:
                scope[BODY] = values_of(await _body(headers, receive, scope["path"] in IMPORTS))
            except BadBody as bad:
                await bad.answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_known(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        return scheme.lower() == b"bearer" and self._office.is_token(token.strip())


async def _body(headers: dict[bytes, bytes], receive: Receive, may_be_list: bool) -> bytes:
    """The octets of a body that says that it is JSON: MAX_BODY at most, MAX_IMPORT of a list where one may be. Raises
    BadBody."""
    media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media != b"application/json" or headers.get(b"content-encoding", b"identity") != b"identity":
        raise BadBody(refusal(415, "the body must be JSON, not encoded: Content-Type: application/json"))
    most = MAX_IMPORT if may_be_list else MAX_BODY
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length[:20]) > most:
        raise BadBody(_too_large(most))
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message: Message = await receive()
                body += message.get("body", b"")
                most = most if _may_be_list(body) else MAX_BODY
                if len(body) > most:
                    raise BadBody(_too_large(most))
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise BadBody(refusal(408, f"the body did not come within {BODY_S:.0f} s")) from None


def _may_be_list(body: bytearray) -> bool:
    """By its first octet that is no white space (RFC 8259 2); a little of that may become anything."""
    first = bytes(body[:_LEADING]).lstrip()[:1]
    return first == b"[" or (not first and len(body) < _LEADING)


def values_of(body: bytes) -> Any:
    """JSON -> values, nested MAX_DEPTH deep at most. Raises BadBody."""
    try:
        values = json.loads(body, parse_constant=_no_number)
    except (ValueError, UnicodeDecodeError) as error:
        raise BadBody(refusal(400, f"the body is not JSON: {error}")) from None
    except RecursionError:
        raise BadBody(_too_deep()) from None
    level: list[Any] = [values]
    for _ in range(MAX_DEPTH + 1):
        level = [part for one in level if isinstance(one, dict | list) for part in _parts(one)]
        if not level:
            return values
    raise BadBody(_too_deep())


def _parts(one: Any) -> Any:
    return one.values() if isinstance(one, dict) else one


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _too_large(most: int) -> Json:
    return refusal(413, f"the body has more than {most} octets: send it in parts")


def _too_deep() -> Json:
    return refusal(422, f"the body is nested more than {MAX_DEPTH} deep", Reason.BAD_FIELD)
