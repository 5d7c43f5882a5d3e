"""Further faults of what is told of a video once it is created: when it is retrieved, and in lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from .fault import Fault, beyond, fault
from .library import LIBRARY, Library, behind, choose, read_limit
from .listed import times
from .server import Job, Service, Video
from .wire import Request, Response, json_answer

FAILED = {"code": "moderation_blocked", "message": "Blocked."}
STAGES = (("queued", 0), ("in_progress", 40), ("failed", 40))


def _completed(change: Callable[[Video], dict[str, Any]]) -> dict[str, Callable[[Video], Any]]:
    """A completed video has these values."""
    return {"retrieved": lambda video: video | change(video) if video["status"] == "completed" else video}


def _moving() -> dict[str, Callable[[Video], Any]]:
    seconds = count()
    return _completed(lambda video: {"completed_at": video["completed_at"] + next(seconds)})


def _failing(name: str, rule: str, says: str, error: object = None, **policies: Any) -> Fault:
    """Every job fails, with this error."""

    def retrieved(video: Video) -> Video:
        return video | {"error": error} if video["status"] == "failed" else video

    return fault(name, rule, says, stages=STAGES, **({"retrieved": retrieved} | policies))


def _crash_of_failed(video: Video) -> Video:
    if video["status"] == "failed":
        raise LookupError
    return video


def _failing_too(policy: str) -> dict[str, Any]:
    """What may be done with a completed video may be done with a failed one."""
    too: dict[str, Any] = {policy: lambda status: status in ("completed", "failed")}
    return {"beyond": replace(LIBRARY, **too).serve}


def any_token(name: str) -> Callable[[str, Service, Request], None]:
    """Any token is taken for this operation."""

    def knows(asked: str, service: Service, request: Request) -> None:
        if asked != name or not request.token:
            LIBRARY.knows(asked, service, request)

    return knows


class _Within(Library):
    """The page is chosen by the usual order, and then put into the one asked for."""

    def list(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        page = json.loads(super().list(service, request, query | {"order": "desc"}).body)
        if query.get("order") == "asc":
            page |= {"first_id": page["last_id"], "last_id": page["first_id"], "data": page["data"][::-1]}
        return json_answer(200, page)


class _Stale(Library):
    """A video is listed as it was created."""

    def list(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        page = json.loads(super().list(service, request, query).body)
        new = {"status": "queued", "progress": 0, "completed_at": None}
        return json_answer(200, page | {"data": [item | new for item in page["data"]]})


def _other_way(jobs: list[Job], after: str | None) -> list[Job]:
    """From the oldest on, those in front of the one named follow it."""
    if after is None or len(jobs) < 2 or jobs[0].created_at >= jobs[-1].created_at:
        return behind(jobs, after)
    return behind(jobs[::-1], after)[::-1]


def _power(text: str | None) -> str | None:
    return str(int(float(text))) if text and re.fullmatch(r"\d+e\d", text) else text


# fmt: off
RETRIEVED = (
    fault("completed-at-moves", "retrieve.completed", "completed_at is later at each retrieval.", **_moving()),
    fault("completed-at-tomorrow", "retrieve.completed", "completed_at is a day ahead.", **_completed(lambda video: {"completed_at": video["completed_at"] + 86_400})),
    fault("completed-at-milliseconds", "retrieve.completed", "completed_at is in milliseconds.", **_completed(lambda video: {"completed_at": video["completed_at"] * 1000})),
    _failing("failed-500", "response.status-code", "A failed video is answered 500.", retrieved=_crash_of_failed),
    _failing("failed-null", "response.error", "error of a failed video is null.", None),
    _failing("failed-text", "response.error", "error of a failed video is text.", "Blocked."),
    _failing("failed-bare", "response.error", "error of a failed video has no message.", {"code": "moderation_blocked"}),
    _failing("failed-content", "content.ready", "The content of a failed video is answered.", FAILED, **_failing_too("ready")),
    _failing("failed-remixed", "remix.completed", "A failed video is remixed.", FAILED, **_failing_too("remixable")),
)

LISTED = (
    beyond("list-more-when-full", "list.page", "Every full page says that more follow.", more=lambda jobs, limit: len(jobs) >= limit > 0),
    times("list-after-asc", "list.page", "From the oldest on a page goes back to those before.", behind=_other_way),
    times("list-order-within-page", "list.order", "The newest videos are chosen, and then put in order.", kind=_Within),
    beyond("list-empty-null", "list.page", "data of an empty page is null.", page=lambda page: page | {"data": page["data"] or None}),
    fault("list-stale", "list.page", "A video is listed as it was created.", beyond=_Stale().serve),
    beyond("list-limit-empty", "list.limit.type", "An empty limit counts as left out.", limit=lambda text: read_limit(text or None)),
    beyond("list-limit-underscore", "list.limit.type", "A limit of 1_0 is 10.", limit=lambda text: read_limit(text and text.replace("_", ""))),
    beyond("list-limit-power", "list.limit.type", "A limit of 1e1 is 10.", limit=lambda text: read_limit(_power(text))),
    beyond("list-order-empty", "list.order", "An empty order is the usual one.", order=lambda value: choose("order", value or "desc", ("desc", "asc"))),
    fault("list-any-token", "auth.key", "The list takes any token.", beyond=replace(LIBRARY, knows=any_token("list")).serve),
)
# fmt: on

FAULTS: tuple[Fault, ...] = RETRIEVED + LISTED
