"""A small judge of answers, by hand: which rules an answer breaks. It proves the catalogue, and judges nobody else."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from .ask import AUTH, Client, Got, Sent, form, retrieval
from .cases import ALL, Bad, Good

KEYS = {"id", "object", "created_at", "status", "completed_at", "error", "expires_at", "model", "progress"}
KEYS |= {"remixed_from_video_id", "seconds", "size"}
WORDS = ("queued", "in_progress", "completed", "failed")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def video_faults(got: Got, expected: Good) -> set[str]:
    """The rules that hold of every video, created or retrieved."""
    if got.status != 200:
        return {"response.status-code"}
    if got.json is None or not _is_declared_json(got):
        return {"response.media-type"}
    told = got.headers.get("x-request-id") and got.headers.get("openai-processing-ms", "").isdecimal()
    broken = set() if told else {"response.headers"}
    if not isinstance(got.json, dict) or not got.json.keys() >= KEYS:
        return broken | {"response.keys"}
    return broken | _types(got.json) | _values(got.json, expected) | _identity(got.json)


def _is_declared_json(got: Got) -> bool:
    return got.headers.get("content-type", "").lower().startswith("application/json")


def _types(video: dict[str, Any]) -> set[str]:
    holds = {name: isinstance(video[name], str) for name in ("id", "status", "model", "seconds", "size")}
    holds |= {name: _whole(video[name]) for name in ("created_at", "progress")}
    holds |= {name: video[name] is None for name in ("expires_at", "remixed_from_video_id")}
    holds["error"] = video["error"] is None or video["status"] == "failed"
    holds["completed_at"] = video["completed_at"] is None or video["status"] == "completed"
    return {f"response.{name}" for name, right in holds.items() if not right}


def _values(video: dict[str, Any], expected: Good) -> set[str]:
    broken = set() if video["object"] == "video" else {"response.object"}
    for name in ("model", "seconds", "size"):
        if isinstance(video[name], str) and video[name] != getattr(expected, name):
            broken.add(f"{name}.default" if name == expected.left else f"response.{name}.echo")
    if isinstance(video["status"], str) and video["status"] not in WORDS:
        broken.add("response.status.words")
    if _whole(video["progress"]) and not 0 <= video["progress"] <= 100:
        broken.add("response.progress.percent")
    return broken


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


def created_faults(got: Got, expected: Good) -> set[str]:
    """The rules that an answer to a good creation breaks."""
    if got.status >= 400:
        misfit = expected.left == "size" and b"width and height" in got.content
        return {"size.default" if misfit else expected.rule}
    broken = video_faults(got, expected)
    video = got.json
    if broken & {"response.media-type", "response.keys", "response.status-code"}:
        return broken
    if video["status"] in WORDS[1:]:
        broken.add("response.status.queued")
    if _whole(video["progress"]) and 0 < video["progress"] <= 100:
        broken.add("response.progress.zero")
    return broken


def refusal_faults(got: Got, expected: Bad) -> set[str]:
    """The rules that an answer to a bad request breaks."""
    if got.status >= 500:
        return {"error.no-5xx"}
    if got.status < 400:
        return {expected.rule}
    right = got.status == expected.status and _is_declared_json(got) and _is_envelope(got.json, expected)
    broken = set() if right else {"error.envelope"}
    allowed = "POST" if expected.sent.path == "/v1/videos" else "GET"
    return broken | (
        {"method"} if expected.rule == "method" and allowed not in got.headers.get("allow", "").split(", ") else set()
    )


def _is_envelope(body: Any, expected: Bad) -> bool:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str) or not error["message"]:
        return False
    told = {name: error.get(name, "(missing)") for name in ("type", "code", "param")}
    return told == {"type": "invalid_request_error", "code": expected.code, "param": expected.param}


async def retrieval_faults(client: Client) -> set[str]:
    """The rules that the life of one video breaks, told by six retrievals."""
    expected = Good("", form(model="sora-2-pro", seconds="8", size="1280x720"), "sora-2-pro", "8", "1280x720")
    created = await client.send(expected.sent)
    video = created.json if isinstance(created.json, dict) else {}
    last, broken = 0, await _strangers(client)
    if created.status == 200 and not created.headers.get("openai-poll-after-ms", "").isdecimal():
        broken.add("retrieve.poll-after")
    for _ in range(6 if isinstance(video.get("id"), str) else 0):
        got = await client.send(retrieval(video["id"].replace("\n", "%0A")))
        if got.status == 404 or (isinstance(got.json, dict) and got.json.get("id", video["id"]) != video["id"]):
            return broken | {"retrieve.found"}
        broken |= (faults := video_faults(got, expected))
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
    put = Sent("PUT", "/v1/videos/video_123", AUTH)
    broken |= refusal_faults(await client.send(put), Bad("method", put, 405, "method_not_supported"))
    anonymous = await client.send(Sent("GET", "/v1/videos/video_123", {}))
    if anonymous.status in (200, 404):
        return broken | {"auth.required"}
    return broken | refusal_faults(anonymous, Bad("auth.required", retrieval("video_123"), 401, "invalid_api_key"))


async def all_faults(client: Client, *, cases: Sequence[Good | Bad] = ALL, retrieves: bool = True) -> set[str]:
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
