"""A probe for each fault of the refusals and of retrieving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ask import AUTH, File, Got, Sent, auth, body, fitting, form, picture, polled, retrieval, seen
from .probe import KEYS, NO_NULLS, Probe, answers, crashes, error, is_json, later, type_of

GOOD = form()
PRO = {"model": "sora-2-pro", "size": "1792x1024"}
TEXT = File(b"no picture", "notes.txt", "text/plain")
BODY = body(b"no form")
TOO_LARGE = form(input_reference=File(picture() + bytes(20 * 2**20)))
PUT = Sent("PUT", "/v1/videos", AUTH)
NOWHERE = Sent("GET", "/v1/nothing", AUTH)
UNKNOWN = retrieval("video_123")
MISFIT = form(size="1280x720", input_reference=fitting("720x1280"))


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


# fmt: off
REFUSED = {
    "error-flat": _envelope([["code", "message", "data"], "NoneType"]),
    "error-detail": _envelope([["detail"], "NoneType"]),
    "error-as-text": _envelope([["error"], "str"]),
    "error-listed": Probe(seen(lambda body: type(body).__name__, form(seconds="5")), "dict", "list"),
    "error-empty": is_json(form(seconds="5")),
    "error-html": is_json(form(seconds="5")),
    "error-not-json": is_json(form(seconds="5")),
    "error-html-413": is_json(TOO_LARGE),
    "error-text-404": is_json(NOWHERE),
    "error-text-405": is_json(PUT),
    "error-text-401": is_json(auth("Bearer wrong")),
    "error-typed-text": type_of(form(seconds="5"), "application/json", "text/plain"),
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
    "error-404-method": answers(PUT, 405, 404),
    "error-200-seconds": answers(form(seconds="5"), 400, 200),
    "error-200-image": answers(MISFIT, 400, 200),
    "error-200-prompt": answers(form(prompt=None), 400, 200),
    "crash-no-boundary": answers(body(GOOD.content, "multipart/form-data"), 400, 500),
    "crash-bad-body": answers(BODY, 400, 500),
    "crash-media-type": answers(body(b"{}", "application/json"), 415, 500),
    "crash-limit": answers(TOO_LARGE, 413, 500),
    "crash-path": answers(NOWHERE, 404, 500),
    "crash-method": answers(PUT, 405, 501),
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
# fmt: on

DONE = ["queued", "in_progress", "in_progress", "completed"]

# fmt: off
RETRIEVED = {
    "retrieve-other-id": _same(lambda created, got: got.json["id"] == created.json["id"], [True, True], [False, False]),
    "retrieve-id-unknown": _same(lambda _created, got: got.status, [200, 200], [404, 404]),
    "retrieve-lost": _same(lambda _created, got: got.status, [200, 200, 200, 200], [200, 200, 200, 404]),
    "retrieve-unknown-200": answers(UNKNOWN, 404, 200),
    "retrieve-unknown-empty": answers(UNKNOWN, 404, 200),
    "retrieve-unknown-400": answers(UNKNOWN, 404, 400),
    "retrieve-unknown-403": answers(UNKNOWN, 404, 403),
    "retrieve-unknown-500": answers(UNKNOWN, 404, 500),
    "retrieve-unknown-flat": _envelope([["detail"], "NoneType"], UNKNOWN),
    "retrieve-202": _same(lambda _created, got: got.status, [200, 200], [202, 202]),
    "retrieve-progress-falls": later("progress", [0, 40, 80, 100], [0, 80, 40, 100]),
    "retrieve-progress-slips": later("progress", [0, 40, 80, 100], [0, 40, 39, 100]),
    "retrieve-completed-at-99": later("progress", [0, 40, 80, 100], [0, 40, 80, 99]),
    "retrieve-completed-at-80": later("progress", [0, 40, 80, 100], [0, 40, 80, 80]),
    "retrieve-completed-null": _same(lambda _created, got: got.json["completed_at"] is None, [True, True, True, False], [True] * 4),
    "retrieve-completed-early": _same(lambda _created, got: got.json["completed_at"] is None, [True, True, True, False], [True, False, False, False]),
    "retrieve-not-start": later("status", DONE, ["NOT_START", *DONE[1:]]),
    "retrieve-processing": later("status", DONE, ["queued", "processing", "processing", "completed"]),
    "retrieve-succeeded": later("status", DONE, [*DONE[:3], "succeeded"]),
    "retrieve-no-poll-after": _poll_after(None),
    "retrieve-poll-after-unit": _poll_after("1ms"),
    "retrieve-poll-after-negative": _poll_after("-1"),
    "retrieve-nulls-left-out": _same(lambda _created, got: list(got.json), [KEYS], [NO_NULLS]),
    "retrieve-wrapped": _same(lambda _created, got: list(got.json), [KEYS], [["data"]]),
    "retrieve-model-lost": later("model", ["sora-2-pro"], ["sora-2"], model="sora-2-pro"),
    "retrieve-seconds-lost": later("seconds", ["8"], ["4"], seconds="8"),
    "retrieve-size-lost": later("size", ["1280x720"], ["720x1280"], size="1280x720"),
    "retrieve-seconds-number": later("seconds", ["4"], [4]),
    "retrieve-created-at-text": _same(lambda _created, got: type(got.json["created_at"]).__name__, ["int"], ["str"]),
    "retrieve-progress-fraction": later("progress", [0, 40], [0.0, 0.4]),
    "retrieve-progress-text": later("progress", [0, 40], ["0%", "40%"]),
    "retrieve-progress-over": later("progress", [0, 40], [0, 101]),
    "retrieve-expires": later("expires_at", [None] * 4, [None] * 3 + [4_102_444_800]),
    "retrieve-error-empty": later("error", [None] * 4, [None] * 3 + [{}]),
    "retrieve-object-task": later("object", ["video"], ["task"]),
}
# fmt: on

PROBES: dict[str, Probe] = REFUSED | RETRIEVED
