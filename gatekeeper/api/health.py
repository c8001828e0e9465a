"""/healthz: this process lives. /readyz: the gate serves."""

import time
from typing import Final

from fastapi import APIRouter, Response

from gatekeeper.api.answers import Json
from gatekeeper.api.backing import Backing
from gatekeeper.report.clock import doubt_text
from gatekeeper.store import StoreError

SILENT_S: Final = 10  # the packet process reports each second


def degraded(backing: Backing, now: int) -> list[str]:
    """Why the gate is not ready; empty = it is."""
    try:
        with backing.store() as store:
            beat = store.beat()
    except StoreError as error:
        return [str(error)]
    if not beat:
        return ["the packet process has never reported"]
    # A clock that was set back is no reason to call a process dead that has reported since.
    silent_s = abs(now - beat.at)
    silent = [f"the packet process has not reported for {silent_s} s"] if silent_s > SILENT_S else []
    return silent + ([doubt_text(beat.cause, beat.at, beat.gate)] if beat.cause else [])


def routes(backing: Backing) -> APIRouter:
    """Both."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="This process lives; no token needed")
    async def healthz() -> Response:
        """200, always."""
        return Json({"status": "alive"})

    @router.get("/readyz", summary="The gate serves")
    def readyz() -> Response:
        """200: the store can be read, the packet process has reported to it within 10 s, and believes the wall clock.

        Else 503, with reasons.
        """
        reasons = degraded(backing, int(time.time()))
        return Json({"status": "degraded", "reasons": reasons}, 503) if reasons else Json({"status": "ready"})

    return router
