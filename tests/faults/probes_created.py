"""A probe for each fault of the answer to a good creation."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .ask import Ask, Client, form, header_of, seen
from .probe import KEYS, NO_NULLS, Probe, answers, is_json, key, type_of

GOOD = form()
PRO = {"model": "sora-2-pro", "size": "1792x1024"}


def _keys(wrong: object) -> Probe:
    """The keys of a created video, or its type if it has none."""
    return Probe(seen(lambda video: list(video) if isinstance(video, dict) else type(video).__name__), KEYS, wrong)


def _less(*keys: str) -> Probe:
    return _keys([key for key in KEYS if key not in keys])


def _kind(name: str, right: str, wrong: str) -> Probe:
    """The JSON type of a key."""
    return Probe(seen(lambda video: type(video[name]).__name__), right, wrong)


def _id(look: Callable[[str], object], right: object, wrong: object) -> Probe:
    return Probe(seen(lambda video: look(video["id"])), right, wrong)


def _is_hex(text: str) -> bool:
    return set(text) <= set("0123456789abcdef")


def _id_time_is_right() -> Probe:
    """Whether the time in the id is created_at."""
    return Probe(seen(lambda video: int(video["id"][6:14], 16) == video["created_at"]), True, False)


def _id_time(wrong: int) -> Probe:
    """How many seconds the time in the id is from created_at."""
    return Probe(seen(lambda video: int(video["id"][6:14], 16) - video["created_at"]), 0, wrong)


def _age(wrong: str) -> Probe:
    """Whether created_at lies in the past, the future, or is now (give or take 10 s)."""

    def look(video: Any) -> str:
        age = time.time() - video["created_at"]
        return "now" if abs(age) < 10 else "past" if age > 0 else "future"

    return Probe(seen(look), "now", wrong)


def _different_ids(times: int) -> Ask:
    async def ask(client: Client) -> object:
        return len({(await client.send(GOOD)).json["id"] for _ in range(times)}) == times

    return ask


def _has_header(name: str) -> Ask:
    async def ask(client: Client) -> object:
        return bool((await client.send(GOOD)).headers.get(name))

    return ask


def _names() -> Ask:
    """How many names two exchanges have."""

    async def ask(client: Client) -> object:
        return len({(await client.send(GOOD)).headers["x-request-id"] for _ in range(2)})

    return ask


# fmt: off
PROBES: dict[str, Probe] = {
    "status-201": answers(GOOD, 200, 201),
    "status-202": answers(GOOD, 200, 202),
    "type-html": type_of(GOOD, "application/json", "text/html; charset=utf-8"),
    "type-text": type_of(GOOD, "application/json", "text/plain"),
    "type-missing": type_of(GOOD, "application/json", None),
    "body-python": is_json(GOOD),
    "body-cut": is_json(GOOD),
    "body-deep": Probe(seen(lambda video: "deep" in video), False, True),
    "headers-many": Probe(header_of("x-of-no-use-199", GOOD), None, "1"),
    "request-id-missing": Probe(_has_header("x-request-id"), True, False),
    "request-id-empty": Probe(_has_header("x-request-id"), True, False),
    "request-id-constant": Probe(_names(), 2, 1),
    "processing-ms-missing": Probe(header_of("openai-processing-ms", GOOD), "0", None),
    "processing-ms-unit": Probe(header_of("openai-processing-ms", GOOD), "0", "12ms"),
    "keys-wrapped": _keys(["code", "data"]),
    "keys-listed": _keys("list"),
    "keys-encoded-twice": _keys("str"),
    "nulls-left-out": _keys(NO_NULLS),
    "remixed-missing": _less("remixed_from_video_id"),
    "expires-at-missing": _less("expires_at"),
    "progress-missing": _less("progress"),
    "object-missing": _less("object"),
    "four-keys": _keys(["id", "object", "created_at", "status"]),
    "keys-in-camel-case": _keys(["createdAt" if key == "created_at" else key for key in KEYS]),
    "id-number": _kind("id", "str", "int"),
    "id-null": _kind("id", "str", "NoneType"),
    "object-list": key("object", "video", "list"),
    "object-job": key("object", "video", "video.job"),
    "object-capital": key("object", "video", "Video"),
    "created-at-text": _kind("created_at", "int", "str"),
    "created-at-float": _kind("created_at", "int", "float"),
    "created-at-iso": _kind("created_at", "int", "str"),
    "created-at-null": _kind("created_at", "int", "NoneType"),
    "status-number": key("status", "queued", 0),
    "status-null": key("status", "queued", None),
    "completed-at-zero": key("completed_at", None, 0),
    "completed-at-text": key("completed_at", None, ""),
    "completed-at-early": _kind("completed_at", "NoneType", "int"),
    "error-object": key("error", None, {}),
    "error-text": key("error", None, ""),
    "error-false": key("error", None, False),
    "error-none": key("error", None, {"code": "", "message": ""}),
    "expires-at-zero": key("expires_at", None, 0),
    "expires-at-text": key("expires_at", None, "never"),
    "expires-at-set": _kind("expires_at", "NoneType", "int"),
    "model-null": key("model", "sora-2", None),
    "model-object": key("model", "sora-2", {"id": "sora-2"}),
    "progress-text": key("progress", 0, "0"),
    "progress-percent": key("progress", 0, "0%"),
    "progress-bool": key("progress", 0, False),
    "progress-float": key("progress", 0, 0.0),
    "progress-null": key("progress", 0, None),
    "remixed-from-video-id-text": key("remixed_from_video_id", None, ""),
    "remixed-from-video-id-false": key("remixed_from_video_id", None, False),
    "remixed-from-video-id-other": key("remixed_from_video_id", None, f"video_{48 * '0'}"),
    "seconds-number": key("seconds", "4", 4),
    "seconds-null": key("seconds", "4", None),
    "size-object": key("size", "720x1280", {"width": 720, "height": 1280}),
    "size-null": key("size", "720x1280", None),
    "status-pending": key("status", "queued", "pending"),
    "status-capital": key("status", "queued", "Queued"),
    "status-empty": key("status", "queued", ""),
    "status-in-progress": key("status", "queued", "in_progress"),
    "status-completed": key("status", "queued", "completed"),
    "progress-negative": key("progress", 0, -1),
    "progress-101": key("progress", 0, 101),
    "progress-1": key("progress", 0, 1),
    "progress-100": key("progress", 0, 100),
    "model-not-echoed": key("model", "sora-2-pro", "sora-2", model="sora-2-pro"),
    "model-dated": key("model", "sora-2", "sora-2-2025-10-06", model="sora-2"),
    "model-by-size": key("model", "sora-2-pro", "sora-2", model="sora-2-pro"),
    "seconds-not-echoed": key("seconds", "8", "4", seconds="8"),
    "seconds-capped": key("seconds", "12", "8", seconds="12"),
    "seconds-decimal": key("seconds", "4", "4.0", seconds="4"),
    "size-not-echoed": key("size", "1280x720", "720x1280", size="1280x720"),
    "size-turned": key("size", "1280x720", "720x1280", size="1280x720"),
    "size-capital-x": key("size", "720x1280", "720X1280"),
    "size-capped": key("size", "1792x1024", "1280x720", **PRO),
    "id-constant": Probe(_different_ids(3), True, False),
    "id-few": Probe(_different_ids(9), True, False),
    "id-prefix-task": _id(lambda text: text[:6], "video_", "task_6"),
    "id-upper-case": _id(lambda text: _is_hex(text[6:]), True, False),
    "id-short": _id(len, 54, 53),
    "id-32": _id(len, 54, 38),
    "id-dashes": _id(lambda text: _is_hex(text[6:]), True, False),
    "id-newline": _id(len, 54, 55),
    "id-random": _id_time_is_right(),
    "id-time-last": _id_time_is_right(),
    "id-time-off": _id_time(-1),
    "created-at-past": _age("past"),
    "created-at-future": _age("future"),
    "created-at-constant": _age("past"),
    "created-at-zero": _age("past"),
    "created-at-milliseconds": _age("future"),
}
# fmt: on
