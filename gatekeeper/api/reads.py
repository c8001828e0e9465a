"""Everything that ``show``, ``explain``, ``timeline`` and ``whois`` give, in the same rows as their ``-o json``."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from threading import Lock
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gatekeeper.api.answers import Json
from gatekeeper.api.backing import Backing
from gatekeeper.api.schema import listed
from gatekeeper.drivers.moment import now_of
from gatekeeper.model import Reason
from gatekeeper.office.explain import Inquiry, explain_key
from gatekeeper.office.listing import holder, rows, story
from gatekeeper.office.undone import Misread
from gatekeeper.office.words import mac_of
from gatekeeper.report.explain import explain_rows
from gatekeeper.report.listing import WHAT, as_shown
from gatekeeper.report.timeline import holder_row
from gatekeeper.wire.text import mac_text

MAX_ROWS: Final = 100_000
_ROWS: Final = 1_000
_Text = Annotated[str, Field(max_length=256)]
_Limit = Annotated[int, Field(ge=1, le=MAX_ROWS, description="Rows at most.")]


class _Keys(BaseModel):
    """A misspelled key would choose nothing and give everything: it is refused."""

    model_config = ConfigDict(extra="forbid")


class Filters(_Keys):
    """As the options of ``show``; those that are absent choose nothing."""

    mac: _Text | None = Field(None, description="Only this box, in any usual spelling.")
    account: _Text | None = None
    port: _Text | None = Field(None, description="Only this access line, in any spelling.")
    ip: _Text | None = Field(None, description="Only this address.")
    limit: _Limit = _ROWS


class _Box(_Keys):
    key: _Text | None = Field(None, description="A MAC, account, address, STBID, order number, or how one begins.")
    mac: _Text | None = Field(None, description="Only a MAC, in any usual spelling; key or mac is wanted.")
    port: _Text | None = Field(None, description="Suppose this access line [else as in its last packet].")
    no_port: bool = Field(False, description="Suppose a packet that names no access line.")
    protocol: Literal["dhcp", "radius"] | None = Field(None, description="Only this one [else both].")
    nas: _Text | None = Field(None, description="Suppose that this [[radius.client]] asks [else who asked last].")


class _Story(_Keys):
    key: _Text = Field(description="A MAC, account, address, STBID, order number, or how one begins.")
    since: _Text | None = Field(None, description="Only what is younger: 30m, 1h, 2d, or an RFC 3339 time.")
    limit: _Limit = _ROWS


class _Address(_Keys):
    ip: _Text
    at: _Text | None = Field(None, description="Then [else now]: 30m ago as 30m, or an RFC 3339 time.")


def routes(backing: Backing) -> APIRouter:
    """The GETs."""
    router = APIRouter(tags=["looking"])
    for what in WHAT:
        router.add_api_route(
            f"/api/v1/{what}", _listing(backing, what), methods=["GET"], responses=listed(what),
            summary=f"As 'show {what}'", operation_id=f"show_{what}",
        )  # fmt: skip
    walking = Lock()

    @router.get("/api/v1/explain", summary="Why a box is, or is not, let in")
    def explain(asked: Annotated[_Box, Query()]) -> Response:
        """One object per box and protocol: what was heard last, and each rule in the engine's own sequence."""
        inquiry = _inquiry(asked)
        # It reads every lease, to know what is free: one at a time is enough.
        with walking, backing.store() as store:
            return Json(list(explain_rows(explain_key(backing.settings, store, inquiry, int(now_of(store))))))

    @router.get("/api/v1/timeline", summary="What happened to a box, an account or an address")
    def timeline(asked: Annotated[_Story, Query()]) -> Response:
        """Oldest first; where there are more than ``limit``, the youngest ones."""
        with backing.store() as store:
            return Json(list(deque(story(store, asked.key, asked.since or "", int(now_of(store))), maxlen=asked.limit)))

    @router.get("/api/v1/whois", summary="Who has or had an address")
    def whois(asked: Annotated[_Address, Query()]) -> Response:
        """Box, account, port, since when; 404 where nobody had it then."""
        with backing.store() as store:
            return Json(holder_row(asked.ip, holder(store, asked.ip, asked.at or "", int(now_of(store)))))

    return router


def _inquiry(asked: _Box) -> Inquiry:
    if (asked.key is None) is (asked.mac is None):
        raise Misread("either key or mac is wanted", Reason.MISSING_FIELD)
    if asked.port and asked.no_port:
        raise Misread("port and no_port contradict each other", Reason.BAD_FIELD)
    key = asked.key if asked.mac is None else mac_text(mac_of(asked.mac))
    port = "" if asked.no_port else asked.port or None
    return Inquiry(key or "", port, asked.protocol or "", asked.nas or "")


def _listing(backing: Backing, what: str) -> Callable[..., Response]:
    def show(filters: Annotated[Filters, Query()]) -> Response:
        given = filters.model_dump(exclude={"limit"})
        with backing.store() as store:
            found = rows(what, backing.settings.book, store, int(now_of(store)), given)
            return Json(list(islice(as_shown(what, found), filters.limit)))

    return show
