"""Everything that ``show``, ``explain``, ``timeline`` and ``whois`` give, in the same rows as their ``-o json``.

A list begins behind ``after`` and has ``limit`` rows; one that is cut says so in its headers, with the way on.
"""

from collections.abc import Awaitable, Callable
from contextlib import closing
from itertools import islice
from typing import Annotated, Final, Literal, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gatekeeper.api.answers import Json
from gatekeeper.api.backing import Backing
from gatekeeper.api.cursors import LONGEST, cursor_of, next_link, place_of
from gatekeeper.api.lists import Kept, KeptAnswer, Shelf
from gatekeeper.api.reading import Asker, ReadingRoom
from gatekeeper.api.schema import parted
from gatekeeper.drivers.moment import now_of
from gatekeeper.model import Reason
from gatekeeper.office.explain import Inquiry, explain_key
from gatekeeper.office.listing import amount_of, holder, placed_rows, placed_story, story
from gatekeeper.office.undone import Misread
from gatekeeper.office.words import mac_of
from gatekeeper.report.explain import explain_rows
from gatekeeper.report.listing import WHAT, shown_columns
from gatekeeper.report.timeline import COLUMNS, holder_row
from gatekeeper.store.places import Place
from gatekeeper.wire.text import mac_text

MAX_ROWS: Final = 100_000
_ROWS: Final = 1_000
_SEATS: Final = 2  # one reads what the other waits for: there is one interpreter for all of them
_Text = Annotated[str, Field(max_length=256)]
_Limit = Annotated[int, Field(ge=1, le=MAX_ROWS, description="Rows at most.")]


class _Keys(BaseModel):
    """A misspelled key would choose nothing and give everything: it is refused."""

    model_config = ConfigDict(extra="forbid")


class _Part(_Keys):
    """Which part of a list."""

    limit: _Limit = _ROWS
    after: Annotated[str, Field(max_length=LONGEST)] | None = Field(
        None, description="Where the answer before was cut: as in its Link."
    )
    total: bool = Field(False, description="Count all rows of the list, into X-Total-Count.")


class Filters(_Part):
    """As the options of ``show``; those that are absent choose nothing."""

    mac: _Text | None = Field(None, description="Only this box, in any usual spelling.")
    account: _Text | None = None
    port: _Text | None = Field(None, description="Only this access line, in any spelling.")
    ip: _Text | None = Field(None, description="Only this address.")


class _Box(_Keys):
    key: _Text | None = Field(None, description="A MAC, account, address, STBID, order number, or how one begins.")
    mac: _Text | None = Field(None, description="Only a MAC, in any usual spelling; key or mac is wanted.")
    port: _Text | None = Field(None, description="Suppose this access line [else as in its last packet].")
    no_port: bool = Field(False, description="Suppose a packet that names no access line.")
    protocol: Literal["dhcp", "radius"] | None = Field(None, description="Only this one [else both].")
    nas: _Text | None = Field(None, description="Suppose that this [[radius.client]] asks [else who asked last].")


class _Story(_Part):
    key: _Text = Field(description="A MAC, account, address, STBID, order number, or how one begins.")
    since: _Text | None = Field(None, description="Only what is younger: 30m, 1h, 2d, or an RFC 3339 time.")


class _Address(_Keys):
    ip: _Text
    at: _Text | None = Field(None, description="Then [else now]: 30m ago as 30m, or an RFC 3339 time.")


def routes(backing: Backing) -> APIRouter:
    """The GETs."""
    router = APIRouter(tags=["looking"])
    lists = _Lists(backing)
    for what in WHAT:
        router.add_api_route(
            f"/api/v1/{what}", lists.listing(what), methods=["GET"],
            responses=parted(f"As 'show {what} -o json'.", shown_columns(what)),
            summary=f"As 'show {what}'", operation_id=f"show_{what}",
        )  # fmt: skip
    router.add_api_route(
        "/api/v1/timeline", lists.timeline, methods=["GET"], responses=parted("As 'timeline -o json'.", COLUMNS),
        summary="What happened to a box, an account or an address",
    )  # fmt: skip
    # It reads every lease, to know what is free: one at a time is enough.
    walking = ReadingRoom(1)

    @router.get("/api/v1/explain", summary="Why a box is, or is not, let in")
    async def explain(request: Request, asked: Annotated[_Box, Query()]) -> Response:
        """One object per box and protocol: what was heard last, and each rule in the engine's own sequence."""
        inquiry = _inquiry(asked)

        def walk(asker: Asker) -> Response:
            with backing.store() as store:
                return Json(list(explain_rows(explain_key(backing.settings, store, inquiry, int(now_of(store))))))

        return await walking.read(request.receive, walk)

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


class _Read(NamedTuple):
    """A part of a list. cut: the place where it goes on, None = that was all; total: rows of all, None = not asked."""

    kept: Kept
    cut: Place | None
    total: int | None


class _Lists:
    """Answers that are lists: where they are read, and where they are kept."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._room = ReadingRoom(_SEATS)
        self._shelf = Shelf()

    def listing(self, what: str) -> Callable[..., Awaitable[Response]]:
        """The route of one listing."""

        async def show(request: Request, asked: Annotated[Filters, Query()]) -> Response:
            after = place_of(what, asked.after) if asked.after else None
            return await self._answer(request, what, lambda asker: self._rows(what, asked, after, asker))

        return show

    async def timeline(self, request: Request, asked: Annotated[_Story, Query()]) -> Response:
        """Oldest first; where there are more than ``limit``, the youngest ones, and what follows are older ones."""
        before = place_of("timeline", asked.after) if asked.after else None
        return await self._answer(request, "timeline", lambda asker: self._events(asked, before, asker))

    def _rows(self, what: str, asked: Filters, after: Place | None, asker: Asker) -> _Read:
        filters = asked.model_dump(include={"mac", "account", "port", "ip"})
        book = self._backing.settings.book
        with self._backing.store() as store:
            now = int(now_of(store))
            # Closed before the connection is another's, who would see the store as it was.
            with closing(placed_rows(what, book, store, now, filters, after, asked.limit + 1)) as found:
                kept = self._shelf.keep(islice(found, asked.limit), asker)
                more = next(found, None) is not None
            total = amount_of(what, book, store, now, filters) if asked.total else None
        return _Read(kept, kept.last if more else None, total)

    def _events(self, asked: _Story, before: Place | None, asker: Asker) -> _Read:
        since = asked.since or ""
        with self._backing.store() as store:
            now = int(now_of(store))
            kept = self._shelf.keep(placed_story(store, asked.key, since, now, asked.limit, before), asker)
            more = kept.rows == asked.limit and any(placed_story(store, asked.key, since, now, 1, kept.first))
            total = sum(1 for _ in story(store, asked.key, since, now)) if asked.total else None
        return _Read(kept, kept.first if more else None, total)

    async def _answer(self, request: Request, what: str, read: Callable[[Asker], _Read]) -> Response:
        kept, cut, total = await self._room.read(request.receive, read)
        headers = {"X-Total-Count": str(total)} if total is not None else {}
        if cut:
            link = next_link(request.url.path, request.query_params.multi_items(), cursor_of(what, cut))
            headers |= {"Link": link, "X-Truncated": "true"}
        return KeptAnswer(self._shelf, kept, headers)
