"""What answers look like. A refusal is ``reason`` (of the one vocabulary, where it has a word for it), ``detail`` and
``remedy``, whoever refuses."""

import json

from fastapi.responses import JSONResponse

from gatekeeper.model import REASONS, Reason


def encoded(content: object) -> bytes:
    """JSON as UTF-8. A lone half of a surrogate pair, which UTF-8 cannot say, stays the escape that it came as."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


class Json(JSONResponse):
    """What ``encoded`` makes of it."""

    def render(self, content: object) -> bytes:
        return encoded(content)


def refusal(status: int, detail: str, reason: Reason | None = None, remedy: str = "", **more: object) -> Json:
    """Something was not done, and why."""
    told: dict[str, object] = {"detail": detail, **more}
    if reason:
        told = {"reason": str(reason), **told}
    if remedy or reason:
        told["remedy"] = remedy or (REASONS[reason].remedy if reason else "")
    return Json(told, status)


def unavailable(detail: str) -> Json:
    """The store cannot be read or written now: nothing was done, and the same may be sent again."""
    return _later(refusal(503, detail, Reason.STORE_UNAVAILABLE))


def busy(detail: str, remedy: str) -> Json:
    """There is no room for this just now; nothing is wrong with the store."""
    return _later(refusal(503, detail, remedy=remedy))


def _later(answer: Json) -> Json:
    answer.headers["Retry-After"] = "5"
    return answer
