"""The application: every route, and what errors look like."""

from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from gatekeeper import __version__
from gatekeeper.api import clearing, health, metrics, orders, reads, tmf641
from gatekeeper.api.answers import Json, busy, refusal, unavailable
from gatekeeper.api.backing import Backing
from gatekeeper.api.guard import Guard
from gatekeeper.api.lists import NoRoom
from gatekeeper.api.reading import Busy
from gatekeeper.api.schema import describe
from gatekeeper.model import Reason
from gatekeeper.office.undone import Conflict, Misread, NoSuch, Undone
from gatekeeper.store import StoreError

_ABOUT: Final = """What BSS/OSS sends and asks. Every request but /healthz bears the token of [api] token_file.
A refusal has reason (see /api/v1/reasons), detail and remedy."""

_STATUS: Final[dict[type[Undone], int]] = {Misread: 422, NoSuch: 404, Conflict: 409}


def make_app(backing: Backing) -> FastAPI:
    """The API over this configuration and store."""
    # Its pages of documentation would be fetched from elsewhere, by browsers that have no token.
    app = FastAPI(
        title="gatekeeper", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None,
        default_response_class=Json,
    )  # fmt: skip
    for room in (orders, reads, clearing, tmf641, health, metrics):
        app.include_router(room.routes(backing))
    app.add_middleware(Guard, backing=backing)
    app.add_exception_handler(StoreError, _no_store)
    app.add_exception_handler(Busy, _too_many)
    app.add_exception_handler(NoRoom, _too_long)
    app.add_exception_handler(ClientDisconnect, _nobody)
    app.add_exception_handler(Undone, _not_done)
    app.add_exception_handler(RequestValidationError, _bad_query)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _our_bug)
    describe(app)
    return app


def _no_store(request: Request, error: Exception) -> Response:
    return unavailable(str(error))


def _too_many(request: Request, error: Exception) -> Response:
    return busy("too many long answers are on their way", "ask again a little later, or for fewer rows: limit=")


def _too_long(request: Request, error: Exception) -> Response:
    told = f"the answer is too long for the temporary files of this machine: {error}"
    return busy(told, "ask for fewer rows, limit=, and for the rest by the Link of the answer; or set TMPDIR")


def _nobody(request: Request, error: Exception) -> Response:
    """Whoever asked has gone; this is not sent."""
    return Response(status_code=400)


def _not_done(request: Request, error: Exception) -> Response:
    assert isinstance(error, Undone)
    remedy = error.remedy or (f"see /api/v1/{error.listing}" if error.listing else "")
    return refusal(_STATUS[type(error)], error.detail, error.reason, remedy)


def _bad_query(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part)[:64] for part in first["loc"][1:])
    missing = first["type"] == "missing"
    told = (
        "unknown parameter" if first["type"] == "extra_forbidden" else str(first["msg"]).removeprefix("Value error, ")
    )
    return refusal(422, f"{where}: {told}", Reason.MISSING_FIELD if missing else Reason.BAD_FIELD)


def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = refusal(error.status_code, f"{error.detail}: see /openapi.json")
    answer.headers.update(error.headers or {})
    return answer


def _our_bug(request: Request, error: Exception) -> Response:
    return refusal(500, "a bug of gatekeeper's; its log has the place")
