"""``clear`` and what others report: the requests that change something and are no orders."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gatekeeper.api.answers import Json, refusal
from gatekeeper.api.backing import Backing
from gatekeeper.api.guard import BODY
from gatekeeper.api.schema import body
from gatekeeper.drivers.moment import now_of
from gatekeeper.model import Reason
from gatekeeper.office import clearing as office
from gatekeeper.office.words import address_of, mac_of
from gatekeeper.wire.text import ip_text, mac_text

_KINDS: Final = {"acs": "ACS"}  # what the journal calls them


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("printable characters are wanted")
    return text


class Event(BaseModel):
    """What somebody else saw of a box: ``acs`` is an Inform that reached the ITMS."""

    model_config = ConfigDict(extra="forbid")

    mac: Annotated[str, Field(max_length=64)]
    kind: Literal["acs"]
    detail: Annotated[str, Field(max_length=256), AfterValidator(_printable)] = ""


def routes(backing: Backing) -> APIRouter:
    """DELETE of sessions, leases and learned ports; POST of events."""
    router = APIRouter()

    @router.delete("/api/v1/sessions/{key:path}", tags=["clearing"], status_code=202, summary="Disconnect a session")
    def end_session(key: str) -> Response:
        """By Acct-Session-Id or MAC. 202: the NAS is asked; the answer says how each stands now. 404: none runs."""
        with backing.store() as store:
            asked = office.end_sessions(store, key, int(now_of(store)))
            return Json([row._asdict() for row in store.asked(asked)], 202)

    @router.delete("/api/v1/leases/{ip}", tags=["clearing"], summary="End a lease, or a quarantine")
    def end_lease(ip: str) -> Response:
        """The next box that needs it may have the address. 404: nobody holds it."""
        address = ip_text(address_of(ip))
        with backing.store() as store:
            office.end_leases(store, address, now_of(store))
        return Json({"address": address, "state": "released"})

    @router.delete("/api/v1/port-bindings/{key}", tags=["clearing"], summary="Forget a learned port")
    def forget_port(key: str) -> Response:
        """By MAC or account: the next port seen is locked. 404: none was learned; 409: an order named it."""
        with backing.store() as store:
            office.forget_port(store, key, now_of(store))
        return Json({"key": key, "port_state": "unlearned"})

    def report(request: Request) -> Response:
        """Kept in the journal, so that the timeline of a box goes as far as its ITMS. 404: no order knows the box."""
        try:
            event = Event.model_validate(request.scope[BODY])
        except ValidationError as error:
            return invalid(error)
        mac = mac_of(event.mac)
        with backing.store() as store:
            office.keep_event(store, _KINDS[event.kind], mac, event.detail, now_of(store))
        return Json({"mac": mac_text(mac), "kind": _KINDS[event.kind]}, 201)

    router.add_api_route(
        "/api/v1/events", report, methods=["POST"], status_code=201, openapi_extra=body(Event), tags=["events"],
        summary="Report what was seen of a box",
    )  # fmt: skip
    return router


def invalid(error: ValidationError) -> Json:
    """A body that is not of the form."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part)[:64] for part in first["loc"]) or "body"
    unknown = first["type"] == "extra_forbidden"
    told = "unknown field" if unknown else str(first["msg"]).removeprefix("Value error, ")
    reason = Reason.MISSING_FIELD if first["type"] == "missing" else Reason.BAD_FIELD
    return refusal(422, f"{where}: {told}", reason)
