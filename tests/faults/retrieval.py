"""Faults of the operation that retrieves a video."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .checks import Refusal
from .fault import Fault, fault
from .server import Video
from .wire import Response, json_answer


def _with(key: str, value: object) -> dict[str, Callable[[Video], Any]]:
    """This key of a retrieved video has this value."""
    return {"retrieved": lambda video: video | {key: value}}


def _when(status: str, /, **changes: object) -> dict[str, Callable[[Video], Any]]:
    """A retrieved video of that status has these values."""
    return {"retrieved": lambda video: video | changes if video["status"] == status else video}


def _stages(*stages: tuple[str, int]) -> dict[str, tuple[tuple[str, int], ...]]:
    return {"stages": stages}


def _other_id(video: Video) -> Video:
    return video | {"id": f"video_{video['created_at']:08x}{secrets.token_hex(20)}"}


def _lost(video: Video) -> Video:
    if video["status"] == "completed":
        raise Refusal(404, None, None, f"Video with id '{video['id']}' not found.")
    return video


def _unknown(status: int, code: str | None, message: str) -> dict[str, Callable[[str], Response]]:
    """What an unknown id answers."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return {"not_found": lambda _video_id: json_answer(status, {"error": error})}


def _somebodys(video_id: str) -> Response:
    """A queued video, whatever the id."""
    nulls = dict.fromkeys(("completed_at", "error", "expires_at", "remixed_from_video_id"))
    video = {"id": video_id, "object": "video", "created_at": 1_760_592_434, "status": "queued", "progress": 0, **nulls}
    video |= {"model": "sora-2", "seconds": "4", "size": "720x1280"}
    return json_answer(200, video, {"openai-poll-after-ms": "1"})


def _poll_after(value: str | None) -> dict[str, Callable[[Response], Response]]:
    """The header openai-poll-after-ms is `value`, or missing."""

    def finish(answer: Response) -> Response:
        headers = {name: text for name, text in answer.headers.items() if name != "openai-poll-after-ms"}
        told = {"openai-poll-after-ms": value} if value is not None and len(headers) < len(answer.headers) else {}
        return replace(answer, headers=headers | told)

    return {"finish": finish}


# fmt: off
FOUND = (
    fault("retrieve-other-id", "retrieve.found", "A retrieved video has another id each time.", retrieved=_other_id),
    fault("retrieve-id-unknown", "retrieve.found", "The id that creating answers is not the one that is found.", created=_other_id),
    fault("retrieve-lost", "retrieve.found", "A completed video is not found.", retrieved=_lost),
    fault("retrieve-unknown-200", "retrieve.not-found", "An unknown id answers a queued video.", not_found=_somebodys),
    fault("retrieve-unknown-empty", "retrieve.not-found", "An unknown id answers 200 and an error.", **_unknown(200, None, "Not found.")),
    fault("retrieve-unknown-400", "retrieve.not-found", "An unknown id answers 400.", **_unknown(400, "task_not_exist", "The task does not exist.")),
    fault("retrieve-unknown-403", "retrieve.not-found", "An unknown id answers 403.", **_unknown(403, None, "This is not your video.")),
    fault("retrieve-unknown-500", "retrieve.not-found", "An unknown id answers 500.", **_unknown(500, None, "No row.")),
    fault("retrieve-unknown-flat", "error.envelope", "An unknown id is refused in another shape.", not_found=lambda _video_id: json_answer(404, {"detail": "Not Found"})),
    fault("retrieve-202", "retrieve.answer", "Retrieving answers 202.", retrieve_status=202),
)

LIFE = (
    fault("retrieve-progress-falls", "retrieve.progress", "progress falls in the middle.", **_stages(("queued", 0), ("in_progress", 80), ("in_progress", 40), ("completed", 100))),
    fault("retrieve-progress-slips", "retrieve.progress", "progress falls by one.", **_stages(("queued", 0), ("in_progress", 40), ("in_progress", 39), ("completed", 100))),
    fault("retrieve-completed-at-99", "retrieve.completed", "A completed video has progress 99.", **_when("completed", progress=99)),
    fault("retrieve-completed-at-80", "retrieve.completed", "The progress of a completed video is the last one before.", **_when("completed", progress=80)),
    fault("retrieve-completed-null", "retrieve.completed", "A completed video has no completed_at.", **_when("completed", completed_at=None)),
    fault("retrieve-completed-early", "retrieve.answer", "completed_at is set while the video is in progress.", retrieved=lambda video: video | {"completed_at": video["created_at"]} if video["status"] == "in_progress" else video),
    fault("retrieve-not-start", "response.status.words", "A queued video is NOT_START when retrieved.", **_when("queued", status="NOT_START")),
    fault("retrieve-processing", "response.status.words", "A video in progress is processing.", **_when("in_progress", status="processing")),
    fault("retrieve-succeeded", "response.status.words", "A completed video has succeeded.", **_when("completed", status="succeeded")),
    fault("retrieve-no-poll-after", "retrieve.poll-after", "Nothing says when to ask again.", **_poll_after(None)),
    fault("retrieve-poll-after-unit", "retrieve.poll-after", "The time to ask again has a unit.", **_poll_after("1ms")),
    fault("retrieve-poll-after-negative", "retrieve.poll-after", "The time to ask again is negative.", **_poll_after("-1")),
)

SHAPE = (
    fault("retrieve-nulls-left-out", "retrieve.answer", "Keys without a value are left out of a retrieved video.", retrieved=lambda video: {key: value for key, value in video.items() if value is not None}),
    fault("retrieve-wrapped", "retrieve.answer", "A retrieved video is wrapped in an object.", retrieved=lambda video: {"data": video}),
    fault("retrieve-model-lost", "retrieve.answer", "The model of a retrieved video is always sora-2.", **_with("model", "sora-2")),
    fault("retrieve-seconds-lost", "retrieve.answer", "The seconds of a retrieved video are always 4.", **_with("seconds", "4")),
    fault("retrieve-size-lost", "retrieve.answer", "The size of a retrieved video is always 720x1280.", **_with("size", "720x1280")),
    fault("retrieve-seconds-number", "retrieve.answer", "The seconds of a retrieved video are a number.", retrieved=lambda video: video | {"seconds": int(video["seconds"])}),
    fault("retrieve-created-at-text", "retrieve.answer", "created_at of a retrieved video is a string.", retrieved=lambda video: video | {"created_at": str(video["created_at"])}),
    fault("retrieve-progress-fraction", "retrieve.answer", "progress of a retrieved video is a fraction of 1.", retrieved=lambda video: video | {"progress": video["progress"] / 100}),
    fault("retrieve-progress-text", "retrieve.answer", "progress of a retrieved video has a percent sign.", retrieved=lambda video: video | {"progress": f"{video['progress']}%"}),
    fault("retrieve-progress-over", "response.progress.percent", "progress of a video in progress is above 100.", **_stages(("queued", 0), ("in_progress", 101), ("failed", 101))),
    fault("retrieve-expires", "retrieve.answer", "A completed video expires.", **_when("completed", expires_at=4_102_444_800)),
    fault("retrieve-error-empty", "retrieve.answer", "error of a completed video is an empty object.", **_when("completed", error={})),
    fault("retrieve-object-task", "retrieve.answer", "object of a retrieved video is task.", **_with("object", "task")),
)
# fmt: on

FAULTS: tuple[Fault, ...] = FOUND + LIFE + SHAPE
