"""A small judge of answers, by hand: which rules an answer breaks. It proves the catalogue, and judges nobody else."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from .ask import AUTH, Client, Got, Sent, form, retrieval
from .cases import BAD, GOOD, Bad, Good

KEYS = {"id", "object", "created_at", "status", "completed_at", "error", "expires_at", "model", "progress"}
KEYS |= {"remixed_from_video_id", "seconds", "size"}
WORDS = ("queued", "in_progress", "completed", "failed")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def video_faults(got: Got, due: Good) -> set[str]:
    """The rules that hold of every video, created or retrieved."""
    broken = set()
    if got.status != 200:
        return {"response.status-code"}
    video = got.json
    if video is None or not got.headers.get("content-type", "").startswith("application/json"):
        return {"response.media-type"}
    if not got.headers.get("x-request-id") or not got.headers.get("openai-processing-ms", "").isdecimal():
        broken.add("response.headers")
    if not isinstance(video, dict) or not video.keys() >= KEYS:
        return broken | {"response.keys"}
    for name in ("id", "status", "model", "seconds", "size"):
        if not isinstance(video[name], str):
            broken.add(f"response.{name}")
    for name in ("created_at", "progress"):
        if not _whole(video[name]):
            broken.add(f"response.{name}")
    for name in ("model", "seconds", "size"):
        if isinstance(video[name], str) and video[name] != getattr(due, name):
            broken.add(f"{name}.default" if name == due.left else f"response.{name}.echo")
    for name, nullable in (("error", video["status"] == "failed"), ("completed_at", video["status"] == "completed")):
        if video[name] is not None and not nullable:
            broken.add(f"response.{name}")
    checks = {
        "response.object": video["object"] == "video",
        "response.expires_at": video["expires_at"] is None,
        "response.remixed_from_video_id": video["remixed_from_video_id"] is None,
        "response.status.words": video["status"] in WORDS or not isinstance(video["status"], str),
        "response.progress.percent": not _whole(video["progress"]) or 0 <= video["progress"] <= 100,
    }
    return broken | _identity(video) | {rule for rule, holds in checks.items() if not holds}


def _identity(video: dict[str, Any]) -> set[str]:
    broken = set()
    identity, created_at = video["id"], video["created_at"]
    if isinstance(identity, str) and not re.fullmatch(r"video_[0-9a-f]{48}", identity):
        broken.add("response.id.form")
    elif isinstance(identity, str) and _whole(created_at) and identity[6:14] != f"{created_at:08x}":
        broken.add("response.id.time")
    if _whole(created_at) and abs(time.time() - created_at) > 30:
        broken.add("response.created_at.now")
    return broken


def created_faults(got: Got, due: Good) -> set[str]:
    """The rules that an answer to a good creation breaks."""
    if got.status >= 400:
        misfit = due.left == "size" and b"width and height" in got.content
        return {"size.default" if misfit else due.rule}
    broken = video_faults(got, due)
    video = got.json
    if broken & {"response.media-type", "response.keys", "response.status-code"}:
        return broken
    if video["status"] in WORDS[1:]:
        broken.add("response.status.queued")
    if _whole(video["progress"]) and 0 < video["progress"] <= 100:
        broken.add("response.progress.zero")
    return broken


def refusal_faults(got: Got, due: Bad) -> set[str]:
    """The rules that an answer to a bad request breaks."""
    if got.status >= 500:
        return {"error.no-5xx"}
    if got.status < 400:
        return {due.rule}
    error = got.json.get("error") if isinstance(got.json, dict) else None
    right = isinstance(error, dict) and error.keys() >= {"message", "type", "param", "code"}
    right = right and got.headers.get("content-type", "").startswith("application/json")
    right = right and error["type"] == "invalid_request_error" and isinstance(error["message"], str) and error["message"] != ""
    right = right and (got.status, error["code"], error["param"]) == (due.status, due.code, due.param)
    broken = set() if right else {"error.envelope"}
    allowed = "POST" if due.sent.path == "/v1/videos" else "GET"
    return broken | ({"method"} if due.rule == "method" and got.headers.get("allow") != allowed else set())


async def retrieval_faults(client: Client) -> set[str]:
    """The rules that the life of one video breaks, told by six retrievals."""
    due = Good("", form(model="sora-2-pro", seconds="8", size="1280x720"), "sora-2-pro", "8", "1280x720")
    created = await client.send(due.sent)
    video = created.json if isinstance(created.json, dict) else {}
    last, broken = 0, await _strangers(client)
    if created.status == 200 and not created.headers.get("openai-poll-after-ms", "").isdecimal():
        broken.add("retrieve.poll-after")
    for _ in range(6 if isinstance(video.get("id"), str) else 0):
        got = await client.send(retrieval(video["id"].replace("\n", "%0A")))
        if got.status == 404 or (isinstance(got.json, dict) and got.json.get("id", video["id"]) != video["id"]):
            return broken | {"retrieve.found"}
        broken |= (faults := video_faults(got, due))
        if faults & {"response.status-code", "response.media-type", "response.keys"}:
            continue
        now = got.json
        if now["status"] in WORDS[:2] and not got.headers.get("openai-poll-after-ms", "").isdecimal():
            broken.add("retrieve.poll-after")
        if now["status"] == "completed" and (now["progress"] != 100 or not _whole(now["completed_at"])):
            broken.add("retrieve.completed")
        elif _whole(now["progress"]) and now["progress"] < last:
            broken.add("retrieve.progress")
        last = now["progress"] if _whole(now["progress"]) else last
    return broken


async def _strangers(client: Client) -> set[str]:
    """An unknown id, with a token and without."""
    unknown = await client.send(retrieval("video_123"))
    broken = set() if unknown.status == 404 else {"retrieve.not-found"}
    if unknown.status == 404:
        broken |= refusal_faults(unknown, Bad("retrieve.not-found", retrieval("video_123"), 404, None))
    delete = Sent("DELETE", "/v1/videos/video_123", AUTH)
    broken |= refusal_faults(await client.send(delete), Bad("method", delete, 405, "method_not_supported"))
    anonymous = await client.send(Sent("GET", "/v1/videos/video_123", {}))
    if anonymous.status in (200, 404):
        return broken | {"auth.required"}
    return broken | refusal_faults(anonymous, Bad("auth.required", retrieval("video_123"), 401, "invalid_api_key"))


async def all_faults(client: Client, *, cases: Sequence[Good | Bad] = (*GOOD, *BAD), retrieves: bool = True) -> set[str]:
    """Every rule that a server breaks, as far as these cases and one video's life tell."""
    broken: set[str] = set()
    ids: list[str] = []
    for case in cases:
        got = await client.send(case.sent)
        broken |= refusal_faults(got, case) if isinstance(case, Bad) else created_faults(got, case)
        if isinstance(case, Good) and got.status == 200 and isinstance(got.json, dict):
            ids.append(str(got.json.get("id")))
    if len(ids) != len(set(ids)):
        broken.add("response.id.unique")
    return broken | (await retrieval_faults(client) if retrieves else set())
