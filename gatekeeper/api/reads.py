"""Everything that ``show``, ``explain``, ``timeline`` and ``whois`` give, in the same rows as their ``-o json``."""

import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from threading import Lock
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gatekeeper.api.answers import Json, refusal
from gatekeeper.api.office import Office
from gatekeeper.api.schema import listed
from gatekeeper.drivers.explain import Inquiry, NoSuchNas, explain_box
from gatekeeper.model import Reason
from gatekeeper.report.explain import explain_rows
from gatekeeper.report.listing import WHAT, as_shown, chosen, rows_of
from gatekeeper.report.table import BadColumn
from gatekeeper.report.timeline import holder_row, key_of, read_time, timeline_rows
from gatekeeper.wire.text import parse_ip, parse_mac

MAX_ROWS = 100_000
_ROWS = 1_000
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
    mac: _Text
    port: _Text | None = Field(None, description="Ask about this access line [else the one last seen].")
    protocol: Literal["dhcp", "radius"] | None = Field(None, description="Only this one [else both].")
    nas: _Text | None = Field(None, description="Ask as this [[radius.client]] [else the first].")


class _Story(_Keys):
    key: _Text = Field(description="A MAC, an account or an IPv4 address.")
    since: _Text | None = Field(None, description="Only what is younger: 30m, 1h, 2d, or an RFC 3339 time.")
    limit: _Limit = _ROWS


class _Address(_Keys):
    ip: _Text
    at: _Text | None = Field(None, description="Then [else now]: 30m ago as 30m, or an RFC 3339 time.")


def routes(office: Office) -> APIRouter:
    """The GETs."""
    router = APIRouter(tags=["looking"])
    for what in WHAT:
        router.add_api_route(
            f"/api/v1/{what}", _listing(office, what), methods=["GET"], responses=listed(what),
            summary=f"As 'show {what}'", operation_id=f"show_{what}",
        )  # fmt: skip
    walking = Lock()

    @router.get("/api/v1/explain", summary="Why a box is, or is not, let in")
    def explain(asked: Annotated[_Box, Query()]) -> Response:
        """One object per protocol, with each rule in the engine's own sequence. Changes nothing."""
        try:
            box = Inquiry(parse_mac(asked.mac), asked.port or "", asked.protocol or "", asked.nas or "")
            # It reads every lease, to know what is free: one at a time is enough.
            with walking, office.store() as store:
                subject, found = explain_box(office.settings, store, box, int(time.time()))
        except ValueError as error:
            return refusal(422, str(error), Reason.BAD_MAC)
        except NoSuchNas as error:
            return refusal(404, str(error))
        return Json(list(explain_rows(subject, found)))

    @router.get("/api/v1/timeline", summary="What happened to a box, an account or an address")
    def timeline(asked: Annotated[_Story, Query()]) -> Response:
        """Oldest first; where there are more than ``limit``, the youngest ones."""
        try:
            since = read_time(asked.since, int(time.time())) if asked.since else 0
        except ValueError as error:
            return refusal(422, f"since: {error}", Reason.BAD_FIELD)
        with office.store() as store:
            return Json(list(deque(timeline_rows(store.timeline(*key_of(asked.key), since)), maxlen=asked.limit)))

    @router.get("/api/v1/whois", summary="Who has or had an address")
    def whois(asked: Annotated[_Address, Query()]) -> Response:
        """Box, account, port, since when; 404 where nobody had it then."""
        now = int(time.time())
        try:
            address, then = parse_ip(asked.ip), read_time(asked.at, now) if asked.at else now
        except ValueError as error:
            return refusal(422, str(error), Reason.BAD_FIELD)
        with office.store() as store:
            holder = store.holder(address, then)
        return Json(holder_row(asked.ip, holder)) if holder else refusal(404, f"nobody had {asked.ip} then")

    return router


def _listing(office: Office, what: str) -> Callable[..., Response]:
    def show(filters: Annotated[Filters, Query()]) -> Response:
        now = int(time.time())
        given = filters.model_dump(exclude={"limit"})
        with office.store() as store:
            try:
                rows = rows_of(what, office.settings.book, lambda name, only: store.view(name, now, only), given)
                return Json(list(islice(as_shown(what, chosen(rows, given)), filters.limit)))
            except BadColumn as error:
                return refusal(422, str(error), Reason.BAD_FIELD)

    return show
