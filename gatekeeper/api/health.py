"""/healthz: this process lives. /readyz: the gate serves."""

import time
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response

from gatekeeper.api.answers import Json
from gatekeeper.api.backing import Backing
from gatekeeper.drivers.control import ControlError, ask_state
from gatekeeper.report.clock import doubt_text
from gatekeeper.report.troubles import TROUBLES, trouble_line
from gatekeeper.store import StoreError

SILENT_S: Final = 10  # the packet process reports each second


class Standing(NamedTuple):
    """reasons: why the gate is not ready, none = it is; notes: what is to be said although it is; troubles: names of
    rows of ``report.troubles``."""

    reasons: list[str]
    notes: list[str]
    troubles: list[str]


def standing(backing: Backing, now: int) -> Standing:
    """How the gate stands: by its own word, else by what it left in the store."""
    reasons = []
    try:
        backing.confirm()
        with backing.store() as store:
            path, beat = store.path, store.beat()
    except StoreError as error:
        return Standing([str(error)], [], [])
    try:
        state = ask_state(path)
    except ControlError as error:
        state, reasons = None, [str(error)]
    if state is None:
        # A clock that was set back is no reason to call a process dead that has reported since.
        silent_s = abs(now - beat.at) if beat else 0
        if not beat:
            reasons.append("the packet process has never reported")
        elif silent_s > SILENT_S:
            reasons.append(f"the packet process has not reported for {silent_s} s")
        if beat and beat.cause:
            reasons.append(doubt_text(beat.cause, beat.at, beat.gate))
        return Standing(reasons, [], [])
    if state.stuck_s > SILENT_S:
        reasons.append(f"the packet loop has not gone round for {state.stuck_s:.0f} s")
    serving = [one for one in state.troubles if TROUBLES[one.name].serves]
    reasons += [trouble_line(one) for one in state.troubles if one not in serving]
    return Standing(reasons, [trouble_line(one) for one in serving], [one.name for one in state.troubles])


def routes(backing: Backing) -> APIRouter:
    """Both."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="This process lives; no token needed")
    async def healthz() -> Response:
        """200, always."""
        return Json({"status": "alive"})

    @router.get("/readyz", summary="The gate serves")
    def readyz() -> Response:
        """200: the store can be read, and the packet process serves and is in no trouble. Else 503, with reasons."""
        reasons, notes, troubles = standing(backing, int(time.time()))
        told: dict[str, Any] = {"notes": notes} if notes else {}
        told |= {"troubles": troubles} if troubles else {}
        return (
            Json({"status": "degraded", "reasons": reasons} | told, 503)
            if reasons
            else Json({"status": "ready"} | told)
        )

    return router
