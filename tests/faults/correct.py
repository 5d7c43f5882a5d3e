"""Correct servers that differ in what the document leaves open: none of them is at fault."""

from __future__ import annotations

import time
from dataclasses import replace
from uuid import uuid4

from .checks import Checks, Form, Refusal, check_auth, check_image
from .fault import Server, server
from .server import Service, Video
from .wire import Request, Response, json_answer


def _as_422(refusal: Refusal) -> Refusal:
    """What the form got wrong answers 422."""
    status = 422 if refusal.status == 400 else refusal.status
    return Refusal(status, refusal.code, refusal.param, refusal.message)


def _in_other_words(refusal: Refusal) -> Refusal:
    return Refusal(refusal.status, refusal.code, refusal.param, f"Request rejected ({refusal.code}).")


def _detail(refusal: Refusal) -> object:
    """The error body of a common Python framework."""
    return {"detail": [{"loc": ["body", refusal.param], "msg": refusal.message}]}


def _terse(refusal: Refusal) -> object:
    return {"error": {"message": refusal.message, "type": "invalid_request_error"}}


def _more_headers(answer: Response) -> Response:
    more = {"server": "gateway/2.1", "cache-control": "no-store", "access-control-allow-origin": "*", "vary": "Origin"}
    is_json = answer.headers.get("content-type") == "application/json"
    typed = {"content-type": "application/json; charset=utf-8"} if is_json else {}
    return replace(answer, headers=answer.headers | more | typed)


def _no_headers(answer: Response) -> Response:
    kept = ("content-type", "allow", "openai-poll-after-ms", "content-range")
    return replace(answer, headers={name: value for name, value in answer.headers.items() if name in kept})


def _more_keys(video: Video) -> Video:
    return {"prompt": None, "task_id": video["id"], "quality": "standard", **video, "links": {"self": video["id"]}}


def _reversed_keys(video: Video) -> Video:
    return dict(reversed(video.items()))


def _strict_scheme(b: Checks, request: Request) -> None:
    """The word Bearer is expected as the document writes it."""
    if "authorization" in request.headers and not request.headers["authorization"].startswith("Bearer "):
        raise Refusal(401, "invalid_api_key", None, "Malformed Authorization header.")
    check_auth(b, request)


def _as_declared(b: Checks, form: Form) -> None:
    """A file is what its sender calls it, and its bytes have to agree: so the official service does."""
    part = form.find("input_reference")
    if part is not None and part.is_file and part.declared_type not in b.image_types:
        say = f"Invalid file 'input_reference': unsupported mimetype ('{part.declared_type}')."
        raise Refusal(400, "unsupported_file_mimetype", "input_reference", say)
    check_image(b, form)


def nothing(_service: Service, _request: Request) -> Response | None:
    """No operation beyond those of the reference server."""
    return None


def _no_get(answer: Response) -> Response:
    """A video can be deleted here, and that alone: to retrieve it is not allowed."""
    if answer.status != 404 or b"(GET /v1/videos/" not in answer.body:
        return answer
    error = {"message": "no such method", "type": "invalid_request_error", "param": None, "code": None}
    return json_answer(405, {"error": error}, answer.headers | {"allow": "DELETE"})


# fmt: off
SERVERS: tuple[Server, ...] = (
    server("clean", "The reference server itself.", strict=True),
    server("other-words", "Every message is another.", strict=True, refused=_in_other_words),
    server("more-headers", "Answers carry more headers, and a charset in their type.", strict=True, finish=_more_headers),
    server("more-keys", "A video has more keys than the document's twelve.", strict=True, created=_more_keys, retrieved=_more_keys),
    server("other-key-order", "A video's keys come in another order.", strict=True, created=_reversed_keys, retrieved=_reversed_keys),
    server("slow", "Every answer takes 10 ms longer.", strict=True, delay=0.01),
    server("fast", "A video is completed when it is first asked for.", strict=True, stages=(("completed", 100),)),
    server("patient", "A video takes many retrievals, and progress stands still in between.", strict=True, stages=(("queued", 0), ("queued", 0), *(("in_progress", n // 3 * 10) for n in range(30)), ("completed", 100))),
    server("failing-jobs", "Every job fails after it was begun.", strict=True, stages=(("queued", 0), ("in_progress", 10), ("failed", 10)), retrieved=lambda video: video | {"error": {"code": "moderation_blocked", "message": "Blocked."}} if video["status"] == "failed" else video),
    server("create-only", "There is no operation to retrieve a video: its path is unknown.", strict=True, retrieves=False, beyond=nothing),
    server("create-and-retrieve", "There is no operation but to create and to retrieve.", strict=True, beyond=nothing),
    server("create-and-delete", "A video cannot be retrieved: its path lacks the method GET.", strict=True, retrieves=False, finish=_no_get, beyond=nothing),
    server("bearer-as-written", "The word Bearer is expected in the document's letter case.", strict=True, auth=_strict_scheme),
    server("clock-ahead", "The server's clock is 2 s ahead.", strict=True, clock=lambda: time.time() + 2),
    server("status-422", "A wrong form is answered 422.", strict=False, refused=_as_422),
    server("detail-errors", "Refusals are a detail with a list of places.", strict=False, envelope=_detail),
    server("terse-errors", "Errors name neither field nor code.", strict=False, envelope=_terse),
    server("any-token", "Every token is accepted.", strict=False, knows=bool),
    server("types-as-declared", "A picture that is called application/octet-stream is refused.", strict=False, image=_as_declared),
    server("uuid", "Ids are bare UUIDs.", strict=False, new_id=lambda _created_at: str(uuid4())),
    server("in-progress-at-once", "A new video is in progress at once.", strict=False, created=lambda video: video | {"status": "in_progress", "progress": 1}, stages=(("in_progress", 1), ("completed", 100))),
    server("tolerant", "Unknown fields are ignored, of repeated ones the first counts, and the prompt may be long or empty.", strict=False, unknown=lambda _b, _form: None, repeated=lambda _b, _form: None, shortest=0, longest=10**9),
    server("no-ids-of-requests", "Answers have no x-request-id and no openai-processing-ms.", strict=False, finish=_no_headers),
    server("landscape-by-default", "A size left out is 1280x720.", strict=False, defaults={"model": "sora-2", "seconds": "4", "size": "1280x720"}),
)
# fmt: on
