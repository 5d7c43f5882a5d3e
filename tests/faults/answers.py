"""Faults of the answer to a good creation: its status, keys, types, echo, id and time."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .fault import Fault, fault
from .server import Video
from .wire import Response


def _without(*keys: str) -> dict[str, Callable[[Video], Any]]:
    """These keys are left out of a created video."""
    return {"created": lambda video: {key: value for key, value in video.items() if key not in keys}}


def _with(key: str, value: object) -> dict[str, Callable[[Video], Any]]:
    """This key of a created video has this value."""
    return {"created": lambda video: video | {key: value}}


def _changed(key: str, change: Callable[[Any], object]) -> dict[str, Callable[[Video], Any]]:
    """This key of a created video is changed."""
    return {"created": lambda video: video | {key: change(video[key])}}


def _good(change: Callable[[Response], Response]) -> dict[str, Callable[[Response], Response]]:
    """Answers to good requests are changed, refusals are not."""
    return {"finish": lambda answer: change(answer) if answer.status < 300 else answer}


def _without_header(name: str) -> Callable[[Response], Response]:
    return lambda answer: replace(answer, headers={key: value for key, value in answer.headers.items() if key != name})


def _with_header(name: str, value: str) -> Callable[[Response], Response]:
    return lambda answer: replace(answer, headers=answer.headers | {name: value})


def _python_text(answer: Response) -> Response:
    """The body as Python prints it, in single quotes and with None."""
    return replace(answer, body=str(json.loads(answer.body)).encode())


def _nested(levels: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(levels):
        made = [made]
    return made


def _ids(make: Callable[[int], str]) -> dict[str, Callable[[int], str]]:
    return {"new_id": make}


def _clock(shift: float) -> dict[str, Callable[[], float]]:
    return {"clock": lambda: time.time() + shift}


def _types(key: str, *values: tuple[str, str, object]) -> tuple[Fault, ...]:
    """One fault for each value that this key must not have in a new video."""
    return tuple(
        fault(f"{key.replace('_', '-')}-{name}", f"response.{key}", says, **_with(key, value))
        for name, says, value in values
    )


# fmt: off
EXCHANGE = (
    fault("status-201", "response.status-code", "A good request is answered 201.", create_status=201),
    fault("status-202", "response.status-code", "A good request is answered 202.", create_status=202),
    fault("type-html", "response.media-type", "The answer is declared as HTML.", **_good(_with_header("content-type", "text/html; charset=utf-8"))),
    fault("type-text", "response.media-type", "The answer is declared as plain text.", **_good(_with_header("content-type", "text/plain"))),
    fault("type-missing", "response.media-type", "The answer has no content type.", **_good(_without_header("content-type"))),
    fault("body-python", "response.media-type", "The body is no JSON, its quotes are single.", **_good(_python_text)),
    fault("body-cut", "response.media-type", "The body lacks its last byte.", **_good(lambda answer: replace(answer, body=answer.body[:-1]))),
    fault("body-deep", "response.media-type", "The body is nested 200 levels deep.", created=lambda video: video | {"deep": _nested(200)}),
    fault("headers-many", "response.status-code", "The answer has 200 headers of no use.", **_good(lambda answer: replace(answer, headers=answer.headers | {f"x-of-no-use-{number}": "1" for number in range(200)}))),
    fault("request-id-missing", "response.headers", "The header x-request-id is missing.", **_good(_without_header("x-request-id"))),
    fault("request-id-empty", "response.headers", "The header x-request-id is empty.", **_good(_with_header("x-request-id", ""))),
    fault("request-id-constant", "response.headers.unique", "Every video has the same x-request-id.", **_good(_with_header("x-request-id", "req_1"))),
    fault("processing-ms-missing", "response.headers", "The header openai-processing-ms is missing.", **_good(_without_header("openai-processing-ms"))),
    fault("processing-ms-unit", "response.headers", "The header openai-processing-ms has a unit.", **_good(_with_header("openai-processing-ms", "12ms"))),
    fault("keys-wrapped", "response.keys", "The video is wrapped in an object.", created=lambda video: {"code": "success", "data": video}),
    fault("keys-listed", "response.keys", "The video is the only item of a list.", created=lambda video: [video]),
    fault("keys-encoded-twice", "response.keys", "The video is JSON within a JSON string.", created=json.dumps),
    fault("nulls-left-out", "response.keys", "Keys without a value are left out.", created=lambda video: {key: value for key, value in video.items() if value is not None}),
    fault("remixed-missing", "response.keys", "The key remixed_from_video_id is missing.", **_without("remixed_from_video_id")),
    fault("expires-at-missing", "response.keys", "The key expires_at is missing.", **_without("expires_at")),
    fault("progress-missing", "response.keys", "The key progress is missing.", **_without("progress")),
    fault("object-missing", "response.keys", "The key object is missing.", **_without("object")),
    fault("four-keys", "response.keys", "Only four keys are answered.", **_without("completed_at", "error", "expires_at", "model", "progress", "remixed_from_video_id", "seconds", "size")),
    fault("keys-in-camel-case", "response.keys", "created_at is called createdAt.", created=lambda video: {"createdAt" if key == "created_at" else key: value for key, value in video.items()}),
)

TYPES = (
    fault("id-number", "response.id", "id is a number.", **_changed("id", lambda text: int(text[6:], 16))),
    fault("id-null", "response.id", "id is null.", **_with("id", None)),
    *_types("object", ("list", "object is list.", "list"), ("job", "object is video.job.", "video.job"), ("capital", "object is Video.", "Video")),
    fault("created-at-text", "response.created_at", "created_at is a string.", **_changed("created_at", str)),
    fault("created-at-float", "response.created_at.whole", "created_at is a number with a decimal point.", **_changed("created_at", float)),
    fault("created-at-iso", "response.created_at", "created_at is a date as text.", **_changed("created_at", lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)))),
    fault("created-at-null", "response.created_at", "created_at is null.", **_with("created_at", None)),
    *_types("status", ("number", "status is a number.", 0), ("null", "status is null.", None)),
    *_types("completed_at", ("zero", "completed_at of a new video is 0.", 0), ("text", "completed_at of a new video is empty text.", "")),
    fault("completed-at-early", "response.completed_at", "completed_at of a new video is its creation.", created=lambda video: video | {"completed_at": video["created_at"]}),
    *_types("error", ("object", "error of a new video is an empty object.", {}), ("text", "error of a new video is empty text.", ""), ("false", "error of a new video is false.", False), ("none", "error of a new video has empty code and message.", {"code": "", "message": ""})),
    *_types("expires_at", ("zero", "expires_at is 0.", 0), ("text", "expires_at is text.", "never")),
    fault("expires-at-set", "response.expires_at", "expires_at is an hour after the creation.", created=lambda video: video | {"expires_at": video["created_at"] + 3600}),
    *_types("model", ("null", "model is null.", None), ("object", "model is an object.", {"id": "sora-2"})),
    *_types("progress", ("text", "progress is a string.", "0"), ("percent", "progress is text with a percent sign.", "0%"), ("bool", "progress is false.", False), ("float", "progress is 0.0.", 0.0), ("null", "progress is null.", None)),
    *_types("remixed_from_video_id", ("text", "remixed_from_video_id is empty text.", ""), ("false", "remixed_from_video_id is false.", False), ("other", "remixed_from_video_id names a video.", "video_" + 48 * "0")),
    fault("seconds-number", "response.seconds", "seconds is a number.", **_changed("seconds", int)),
    fault("seconds-null", "response.seconds", "seconds is null.", **_with("seconds", None)),
    fault("size-object", "response.size", "size is an object of width and height.", **_changed("size", lambda size: dict(zip(("width", "height"), map(int, size.split("x")), strict=True)))),
    fault("size-null", "response.size", "size is null.", **_with("size", None)),
)

VALUES = (
    fault("status-pending", "response.status.words", "A new video is pending.", **_with("status", "pending")),
    fault("status-capital", "response.status.words", "A new video is Queued.", **_with("status", "Queued")),
    fault("status-empty", "response.status.words", "The status of a new video is empty.", **_with("status", "")),
    fault("status-in-progress", "response.status.queued", "A new video is in progress.", **_with("status", "in_progress")),
    fault("status-completed", "response.status.queued", "A new video is completed.", **_with("status", "completed")),
    fault("progress-negative", "response.progress.percent", "progress of a new video is -1.", **_with("progress", -1)),
    fault("progress-101", "response.progress.percent", "progress of a new video is 101.", **_with("progress", 101)),
    fault("progress-1", "response.progress.zero", "progress of a new video is 1.", **_with("progress", 1)),
    fault("progress-100", "response.progress.zero", "progress of a new video is 100.", **_with("progress", 100)),
    fault("model-not-echoed", "response.model.echo", "model is always sora-2.", **_with("model", "sora-2")),
    fault("model-dated", "response.model.echo", "model carries a date.", **_changed("model", "{}-2025-10-06".format)),
    fault("model-by-size", "response.model.echo", "model is told by the size.", created=lambda video: video | {"model": "sora-2-pro" if "1792" in video["size"] else "sora-2"}),
    fault("seconds-not-echoed", "response.seconds.echo", "seconds is always 4.", **_with("seconds", "4")),
    fault("seconds-capped", "response.seconds.echo", "seconds is 8 at most.", **_changed("seconds", lambda seconds: "8" if seconds == "12" else seconds)),
    fault("seconds-decimal", "response.seconds.echo", "seconds has a decimal place.", **_changed("seconds", "{}.0".format)),
    fault("size-not-echoed", "response.size.echo", "size is always 720x1280.", **_with("size", "720x1280")),
    fault("size-turned", "response.size.echo", "Width and height are exchanged in size.", **_changed("size", lambda size: "x".join(reversed(size.split("x"))))),
    fault("size-capital-x", "response.size.echo", "size is written with a capital X.", **_changed("size", str.upper)),
    fault("size-capped", "response.size.echo", "The 1792 sizes are answered as 720 sizes.", **_changed("size", lambda size: {"1024x1792": "720x1280", "1792x1024": "1280x720"}.get(size, size))),
)

IDENTITY = (
    fault("id-constant", "response.id.unique", "Every creation has the same id but for its time.", **_ids(lambda at: f"video_{at:08x}{40 * '0'}")),
    fault("id-few", "response.id.unique", "There are four ids a second.", **_ids(lambda at: f"video_{at:08x}{39 * '0'}{secrets.randbelow(4):x}")),
    fault("id-prefix-task", "response.id.form", "id starts with task_.", **_ids(lambda at: f"task_{at:08x}{secrets.token_hex(20)}")),
    fault("id-upper-case", "response.id.form", "The digits of id are in upper case.", **_ids(lambda at: f"video_{f'{at:08x}{secrets.token_hex(20)}'.upper()}")),
    fault("id-short", "response.id.form", "id has 47 digits.", **_ids(lambda at: f"video_{at:08x}{secrets.token_hex(20)[1:]}")),
    fault("id-32", "response.id.form", "id has 32 digits.", **_ids(lambda at: f"video_{at:08x}{secrets.token_hex(12)}")),
    fault("id-dashes", "response.id.form", "id has dashes.", **_ids(lambda at: f"video_{at:08x}-{secrets.token_hex(19)}-")),
    fault("id-newline", "response.id.form", "id ends in a line break.", **_ids(lambda at: f"video_{at:08x}{secrets.token_hex(20)}\n")),
    fault("id-random", "response.id.time", "The first digits of id are random.", **_ids(lambda _at: f"video_{secrets.token_hex(24)}")),
    fault("id-time-last", "response.id.time", "The time stands at the end of id.", **_ids(lambda at: f"video_{secrets.token_hex(20)}{at:08x}")),
    fault("id-time-off", "response.id.time", "The time in id is a second early.", **_ids(lambda at: f"video_{at - 1:08x}{secrets.token_hex(20)}")),
    fault("created-at-past", "response.created_at.now", "created_at is an hour ago.", **_clock(-3600)),
    fault("created-at-future", "response.created_at.now", "created_at is in an hour.", **_clock(3600)),
    fault("created-at-constant", "response.created_at.now", "created_at is always that of the document's example.", clock=lambda: 1_760_592_434.0),
    fault("created-at-zero", "response.created_at.now", "created_at is 0.", clock=lambda: 0.0),
    fault("created-at-milliseconds", "response.created_at.now", "created_at is in milliseconds.", **_changed("created_at", lambda seconds: seconds * 1000)),
)
# fmt: on

FAULTS: tuple[Fault, ...] = EXCHANGE + TYPES + VALUES + IDENTITY
