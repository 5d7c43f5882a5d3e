"""The reference server: create and retrieve (`library` has the other operations), behaving in all things as the document says.

Its behaviour is one frozen dataclass of small policies, so that a fault is a replacement of one of them. A job moves
on by the number of times it was asked for, never by a timer: nobody has to wait for it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .checks import Checks, Refusal
from .wire import CRASHED, ASGIApp, Request, Response, asgi, json_answer, request_id
from .words import cut

Video = dict[str, Any]

CREATE = "/v1/videos"
# Status and progress at the first, second, ... retrieval; the last one stays.
STAGES = (("queued", 0), ("in_progress", 40), ("in_progress", 80), ("completed", 100))


@dataclass
class Job:
    """A video that was asked for, and how often its state was."""

    id: str
    created_at: int
    order: dict[str, str]
    asked: int = 0
    completed_at: int | None = None
    owner: str = ""
    source: str | None = None


def new_id(created_at: int) -> str:
    """`video_` and 48 hexadecimal digits, of which the first eight are `created_at`."""
    return f"video_{created_at:08x}{secrets.token_hex(20)}"


def envelope(refusal: Refusal) -> object:
    """The body of a refusal."""
    error = {"message": refusal.message, "type": "invalid_request_error", "param": refusal.param, "code": refusal.code}
    return {"error": error}


def not_found(video_id: str) -> Response:
    """An id that nobody was given is refused."""
    raise Refusal(404, None, None, f"Video with id '{cut(video_id)}' not found.")


@dataclass(frozen=True)
class Behaviour(Checks):
    """The policies of the whole server: those that judge a request, and those that make the answer."""

    clock: Callable[[], float] = time.time
    stamp: Callable[[float], int] = int
    new_id: Callable[[int], str] = new_id
    creates: Callable[[str, str], bool] = lambda method, path: method == "POST" and path == CREATE
    create_status: int = 200
    created: Callable[[Video], Any] = lambda video: video
    retrieves: bool = True
    retrieve_status: int = 200
    stages: tuple[tuple[str, int], ...] = STAGES
    retrieved: Callable[[Video], Any] = lambda video: video
    not_found: Callable[[str], Response] = not_found
    refused: Callable[[Refusal], Refusal] = lambda refusal: refusal
    envelope: Callable[[Refusal], object] = envelope
    finish: Callable[[Response], Response] = lambda answer: answer
    delay: float = 0.0
    beyond: Callable[[Service, Request], Response | None] = lambda _service, _request: None


CLEAN = Behaviour()


class Service:
    """The jobs of one server, and what it answers."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.jobs: dict[str, Job] = {}

    def respond(self, request: Request) -> Response:
        """The answer to any request whatever."""
        try:
            answer = self.behaviour.beyond(self, request) or self.route(request)
        except Refusal as refusal:
            answer = self.refuse(self.behaviour.refused(refusal))
        except Exception:  # noqa: BLE001 - whatever a fault breaks, a server would answer 500
            answer = CRASHED
        headers = {"x-request-id": request_id(), "openai-processing-ms": "0"}
        return self.behaviour.finish(replace(answer, headers=headers | answer.headers))

    def route(self, request: Request) -> Response:
        """Create, retrieve, or refuse what is neither."""
        b, method, path = self.behaviour, request.method, request.path
        if b.creates(method, path):
            b.auth(b, request)
            return self.create(request)
        video_id = path.removeprefix(f"{CREATE}/")
        names_video = b.retrieves and video_id not in ("", path) and "/" not in video_id
        if names_video and method == "GET":
            b.auth(b, request)
            return self.retrieve(video_id)
        if path == CREATE or names_video:
            allowed = "POST" if path == CREATE else "GET"
            say = f"Not allowed to {method} on {path}. Allowed is: {allowed}."
            return replace_headers(
                self.refuse(b.refused(Refusal(405, "method_not_supported", None, say))), allow=allowed
            )
        say = f"Invalid URL ({method} {path}). Available are: POST {CREATE}."
        raise Refusal(404, "unknown_url", None, say)

    def create(self, request: Request) -> Response:
        """A new job, queued."""
        b = self.behaviour
        order = b.judge(request)
        created_at = b.stamp(b.clock())
        job = Job(b.new_id(created_at), created_at, order, owner=request.token)
        self.jobs[job.id] = job
        return self.show(b.created(describe(job, "queued", 0)), b.create_status, unfinished=True)

    def retrieve(self, video_id: str) -> Response:
        """The job as it stands, one step further than when it was last asked for."""
        b, job = self.behaviour, self.jobs.get(video_id)
        if job is None:
            return b.not_found(video_id)
        status, progress = b.stages[min(job.asked, len(b.stages) - 1)]
        job.asked += 1
        if status == "completed" and job.completed_at is None:
            job.completed_at = int(b.clock())
        video = describe(job, status, progress)
        return self.show(b.retrieved(video), b.retrieve_status, unfinished=status in ("queued", "in_progress"))

    def show(self, video: object, status: int, *, unfinished: bool) -> Response:
        """The answer that holds a video; one that is not finished says when to ask again."""
        return json_answer(status, video, {"openai-poll-after-ms": "1"} if unfinished else {})

    def refuse(self, refusal: Refusal) -> Response:
        """The answer to a request that is refused."""
        return json_answer(refusal.status, self.behaviour.envelope(refusal))


def describe(job: Job, status: str, progress: int) -> Video:
    """The twelve keys of a video."""
    return {
        "id": job.id,
        "object": "video",
        "created_at": job.created_at,
        "status": status,
        "completed_at": job.completed_at,
        "error": None,
        "expires_at": None,
        "model": job.order["model"],
        "progress": progress,
        "remixed_from_video_id": job.source,
        "seconds": job.order["seconds"],
        "size": job.order["size"],
    }


def replace_headers(answer: Response, **headers: str) -> Response:
    """The same answer with more headers."""
    return replace(answer, headers=answer.headers | headers)


def app(behaviour: Behaviour = CLEAN) -> ASGIApp:
    """A fresh server of that behaviour, as an ASGI application."""
    return asgi(Service(behaviour).respond, keep=behaviour.body_limit, delay=behaviour.delay)
