"""A probe for each fault of the answers, of the refusals and of retrieving."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .ask import AUTH, Ask, Client, File, Got, Sent, auth, body, fitting, form, header_of, picture
from .ask import polled, retrieval, seen
from .probe import Probe, answers, crashes, error, key, later

GOOD = form()
KEYS = ["id", "object", "created_at", "status", "completed_at", "error", "expires_at", "model", "progress"]
KEYS += ["remixed_from_video_id", "seconds", "size"]
NO_NULLS = ["id", "object", "created_at", "status", "model", "progress", "seconds", "size"]
PRO = {"model": "sora-2-pro", "size": "1792x1024"}
TEXT = File(b"no picture", "notes.txt", "text/plain")
BODY = body(b"no form")
TOO_LARGE = form(input_reference=File(picture() + bytes(20 * 2**20)))
GET = Sent("GET", "/v1/videos", AUTH)
NOWHERE = Sent("GET", "/v1/nothing", AUTH)
UNKNOWN = retrieval("video_123")
MISFIT = form(size="1280x720", input_reference=fitting("720x1280"))


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


def _id_time(wrong: bool | int) -> Probe:
    """How far the time in the id is from created_at."""
    if isinstance(wrong, bool):
        return Probe(seen(lambda video: int(video["id"][6:14], 16) == video["created_at"]), True, wrong)
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


def _type_of(sent: Sent, right: str | None, wrong: str | None) -> Probe:
    return Probe(header_of("content-type", sent), right, wrong)


def _has_header(name: str) -> Ask:
    async def ask(client: Client) -> object:
        return bool((await client.send(GOOD)).headers.get(name))

    return ask


def _is_json(sent: Sent) -> Probe:
    return Probe(seen(lambda body: body is not None, sent), True, False)


def _same(look: Callable[[Got, Got], object], right: list[Any], wrong: list[Any], sent: Sent | None = None) -> Probe:
    return Probe(polled(look, len(right), sent), right, wrong)


def _poll_after(wrong: str | None) -> Probe:
    def look(_created: Got, got: Got) -> object:
        return got.headers.get("openai-poll-after-ms")

    return _same(look, ["1", "1", "1", None], [wrong, wrong, wrong, None])


def _envelope(wrong: object, sent: Sent | None = None) -> Probe:
    """The keys of a refusal, and those within."""

    def look(body: Any) -> object:
        inner = body.get("error") if isinstance(body, dict) else body
        return [list(body), list(inner) if isinstance(inner, dict) else type(inner).__name__]

    return Probe(seen(look, sent or form(seconds="5")), [["error"], ["message", "type", "param", "code"]], wrong)


CREATED = {
    "status-201": answers(GOOD, 200, 201),
    "status-202": answers(GOOD, 200, 202),
    "type-html": _type_of(GOOD, "application/json", "text/html; charset=utf-8"),
    "type-text": _type_of(GOOD, "application/json", "text/plain"),
    "type-missing": _type_of(GOOD, "application/json", None),
    "body-python": _is_json(GOOD),
    "body-cut": _is_json(GOOD),
    "request-id-missing": Probe(_has_header("x-request-id"), True, False),
    "request-id-empty": Probe(_has_header("x-request-id"), True, False),
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
    "id-random": _id_time(wrong=False),
    "id-time-last": _id_time(wrong=False),
    "id-time-off": _id_time(-1),
    "created-at-past": _age("past"),
    "created-at-future": _age("future"),
    "created-at-constant": _age("past"),
    "created-at-zero": _age("past"),
    "created-at-milliseconds": _age("future"),
}

REFUSED = {
    "error-flat": _envelope([["code", "message", "data"], "NoneType"]),
    "error-detail": _envelope([["detail"], "NoneType"]),
    "error-as-text": _envelope([["error"], "str"]),
    "error-listed": Probe(seen(lambda body: type(body).__name__, form(seconds="5")), "dict", "list"),
    "error-empty": _is_json(form(seconds="5")),
    "error-html": _is_json(form(seconds="5")),
    "error-not-json": _is_json(form(seconds="5")),
    "error-html-413": _is_json(TOO_LARGE),
    "error-text-404": _is_json(NOWHERE),
    "error-text-405": _is_json(GET),
    "error-text-401": _is_json(auth("Bearer wrong")),
    "error-typed-text": _type_of(form(seconds="5"), "application/json", "text/plain"),
    "error-no-message": _envelope([["error"], ["type", "param", "code"]]),
    "error-no-type": _envelope([["error"], ["message", "param", "code"]]),
    "error-no-param": _envelope([["error"], ["message", "type", "code"]]),
    "error-no-code": _envelope([["error"], ["message", "type", "param"]]),
    "error-nulls-left-out": _envelope([["error"], ["message", "type", "code"]], auth(None)),
    "error-code-number": error("code", "invalid_value", 400),
    "error-code-status": error("code", "invalid_value", "400"),
    "error-message-empty": Probe(seen(lambda body: bool(body["error"]["message"]), form(seconds="5")), True, False),
    "error-message-null": Probe(seen(lambda body: bool(body["error"]["message"]), form(seconds="5")), True, False),
    "error-message-object": Probe(seen(lambda body: type(body["error"]["message"]).__name__, auth(None)), "str", "dict"),
    "error-type-null": error("type", "invalid_request_error", None),
    "error-type-other": error("type", "invalid_request_error", "video_generation_user_error"),
    "error-param-list": error("param", "seconds", ["body", "seconds"]),
    "error-param-null": error("param", "seconds", None),
    "error-param-wrong": error("param", "seconds", "prompt"),
    "error-param-size": error("param", "input_reference", "size", MISFIT),
    "error-code-generic": error("code", "invalid_value", "bad_request"),
    "error-code-missing-as-invalid": error("code", "missing_required_parameter", "invalid_value", form(prompt=None)),
    "error-422": answers(form(seconds="5"), 400, 422),
    "error-422-image": answers(MISFIT, 400, 422),
    "error-403-key": answers(auth("Bearer wrong"), 401, 403),
    "error-403-missing": answers(auth(None), 401, 403),
    "error-400-key": answers(auth("Bearer wrong"), 401, 400),
    "error-400-media-type": answers(body(b"{}", "application/json"), 415, 400),
    "error-400-limit": answers(TOO_LARGE, 413, 400),
    "error-404-method": answers(GET, 405, 404),
    "error-200-seconds": answers(form(seconds="5"), 400, 200),
    "error-200-image": answers(MISFIT, 400, 200),
    "error-200-prompt": answers(form(prompt=None), 400, 200),
    "crash-no-boundary": answers(body(GOOD.content, "multipart/form-data"), 400, 500),
    "crash-bad-body": answers(BODY, 400, 500),
    "crash-media-type": answers(body(b"{}", "application/json"), 415, 500),
    "crash-limit": answers(TOO_LARGE, 413, 500),
    "crash-path": answers(NOWHERE, 404, 500),
    "crash-method": answers(GET, 405, 501),
    "crash-no-auth": answers(auth(None), 401, 500),
    "crash-odd-auth": answers(auth("Bearer"), 401, 500),
    "crash-token": answers(auth("Bearer \xe9"), 401, 500),
    "crash-key": answers(auth("Bearer wrong"), 401, 503),
    "crash-missing-prompt": crashes(prompt=None),
    "crash-empty-prompt": crashes(prompt=""),
    "crash-long-prompt": crashes(prompt="a" * 32_001),
    "crash-encoding": crashes(prompt=b"\xff"),
    "crash-field-name": crashes(größe="1"),
    "crash-unknown": crashes(width="1"),
    "crash-repeated": answers(form((("seconds", "4"),), seconds="4"), 400, 500),
    "crash-missing-image": crashes(input_reference=None),
    "crash-text-image": crashes(input_reference="a cat"),
    "crash-file-text": crashes(seconds=File(b"4", "value.txt", "text/plain")),
    "crash-empty-file": crashes(input_reference=File(b"")),
    "crash-no-picture": crashes(input_reference=TEXT),
    "crash-cut-picture": crashes(input_reference=File(picture()[:-100])),
    "crash-misfit": answers(MISFIT, 400, 500),
    "crash-model": crashes(model="sora"),
    "crash-seconds": crashes(seconds="four"),
    "crash-size": crashes(size="large"),
    "crash-pair": crashes(502, size="1792x1024", model="sora-2"),
    "crash-emoji": answers(form(prompt="A 🐈"), 200, 500),
    "crash-nul": answers(form(prompt="A\0cat"), 200, 500),
    "crash-file-name": answers(form(input_reference=File(picture(), "Grün.png")), 200, 500),
    "crash-pro-large-webp": answers(form(**PRO, input_reference=fitting("1792x1024", "WEBP")), 200, 500),
}

DONE = ["queued", "in_progress", "in_progress", "completed"]

RETRIEVED = {
    "retrieve-other-id": _same(lambda created, got: got.json["id"] == created.json["id"], [True, True], [False, False]),
    "retrieve-id-unknown": _same(lambda created, got: got.status, [200, 200], [404, 404]),
    "retrieve-lost": _same(lambda created, got: got.status, [200, 200, 200, 200], [200, 200, 200, 404]),
    "retrieve-unknown-200": answers(UNKNOWN, 404, 200),
    "retrieve-unknown-empty": answers(UNKNOWN, 404, 200),
    "retrieve-unknown-400": answers(UNKNOWN, 404, 400),
    "retrieve-unknown-403": answers(UNKNOWN, 404, 403),
    "retrieve-unknown-500": answers(UNKNOWN, 404, 500),
    "retrieve-unknown-flat": _envelope([["detail"], "NoneType"], UNKNOWN),
    "retrieve-202": _same(lambda created, got: got.status, [200, 200], [202, 202]),
    "retrieve-progress-falls": later("progress", [0, 40, 80, 100], [0, 80, 40, 100]),
    "retrieve-progress-slips": later("progress", [0, 40, 80, 100], [0, 40, 39, 100]),
    "retrieve-completed-at-99": later("progress", [0, 40, 80, 100], [0, 40, 80, 99]),
    "retrieve-completed-at-80": later("progress", [0, 40, 80, 100], [0, 40, 80, 80]),
    "retrieve-completed-null": _same(lambda created, got: got.json["completed_at"] is None, [True, True, True, False], [True] * 4),
    "retrieve-completed-early": _same(lambda created, got: got.json["completed_at"] is None, [True, True, True, False], [True, False, False, False]),
    "retrieve-not-start": later("status", DONE, ["NOT_START", *DONE[1:]]),
    "retrieve-processing": later("status", DONE, ["queued", "processing", "processing", "completed"]),
    "retrieve-succeeded": later("status", DONE, [*DONE[:3], "succeeded"]),
    "retrieve-no-poll-after": _poll_after(None),
    "retrieve-poll-after-unit": _poll_after("1ms"),
    "retrieve-poll-after-negative": _poll_after("-1"),
    "retrieve-nulls-left-out": _same(lambda created, got: list(got.json), [KEYS], [NO_NULLS]),
    "retrieve-wrapped": _same(lambda created, got: list(got.json), [KEYS], [["data"]]),
    "retrieve-model-lost": later("model", ["sora-2-pro"], ["sora-2"], model="sora-2-pro"),
    "retrieve-seconds-lost": later("seconds", ["8"], ["4"], seconds="8"),
    "retrieve-size-lost": later("size", ["1280x720"], ["720x1280"], size="1280x720"),
    "retrieve-seconds-number": later("seconds", ["4"], [4]),
    "retrieve-created-at-text": _same(lambda created, got: type(got.json["created_at"]).__name__, ["int"], ["str"]),
    "retrieve-progress-fraction": later("progress", [0, 40], [0.0, 0.4]),
    "retrieve-progress-text": later("progress", [0, 40], ["0%", "40%"]),
    "retrieve-progress-over": later("progress", [0, 40], [0, 101]),
    "retrieve-expires": later("expires_at", [None] * 4, [None] * 3 + [4_102_444_800]),
    "retrieve-error-empty": later("error", [None] * 4, [None] * 3 + [{}]),
    "retrieve-object-task": later("object", ["video"], ["task"]),
}

PROBES: dict[str, Probe] = CREATED | REFUSED | RETRIEVED
