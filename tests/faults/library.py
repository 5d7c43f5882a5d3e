"""The operations beyond creating and retrieving: list, delete, content and remix, as the document has them.

Like the reference server, it is one frozen dataclass of small policies; a fault replaces one of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from .checks import Refusal
from .film import RATE, mp4, still
from .server import CREATE, Job, Service, Video, describe, replace_headers
from .wire import Request, Response, json_answer
from .words import cut, listed

File = tuple[str, bytes]
VARIANTS = ("video", "thumbnail", "spritesheet")


def state(service: Service, job: Job) -> tuple[str, int]:
    """Status and progress as they were last told; asking does not move the job on."""
    stages = service.behaviour.stages
    told = stages[min(max(job.asked - 1, 0), len(stages) - 1)]
    if told[0] == "completed" and job.completed_at is None:
        job.completed_at = int(service.behaviour.clock())
    return told


def read_limit(text: str | None) -> int:
    """How many videos a page holds at most."""
    if text is None:
        return 20
    if not re.fullmatch(r"-?\d+", text):
        raise Refusal(400, "invalid_type", "limit", f"Invalid type for 'limit': '{cut(text)}' is no integer.")
    if not 0 <= int(text) <= 100:
        raise Refusal(400, "invalid_value", "limit", "Invalid 'limit': it must be from 0 to 100.")
    return int(text)


def choose(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """The value, if it is one of those allowed."""
    if value not in allowed:
        say = f"Invalid value: '{cut(value)}'. Supported values are: {listed(allowed)}."
        raise Refusal(400, "invalid_value", name, say)
    return value


def arrange(jobs: list[Job], order: str) -> list[Job]:
    """The jobs by their time, of one second by their creation."""
    oldest = sorted(jobs, key=lambda job: job.created_at)
    return oldest if order == "asc" else oldest[::-1]


def behind(jobs: list[Job], after: str | None) -> list[Job]:
    """The jobs that follow the one named."""
    if after is None:
        return jobs
    ids = [job.id for job in jobs]
    if after not in ids:
        raise Refusal(400, "invalid_value", "after", f"Invalid value: '{cut(after)}'. 'after' names no video.")
    return jobs[ids.index(after) + 1 :]


def read_prompt(body: bytes) -> object:
    """The body of a remix as JSON."""
    try:
        value = json.loads(body.decode())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "invalid_json_body", None, "The body is not a JSON object.")
    return value


def judge_prompt(body: Any) -> None:
    """A remix has a prompt of 1 to 32000 characters."""
    if "prompt" not in body:
        raise Refusal(400, "missing_required_parameter", "prompt", "Missing required parameter: 'prompt'.")
    if not isinstance(body["prompt"], str):
        raise Refusal(400, "invalid_type", "prompt", "Invalid type for 'prompt': expected a string.")
    if not body["prompt"]:
        raise Refusal(400, "string_below_min_length", "prompt", "Invalid 'prompt': it is empty.")
    if len(body["prompt"]) > 32_000:
        raise Refusal(400, "string_above_max_length", "prompt", "Invalid 'prompt': it is too long.")


def film(variant: str, video: Video) -> File:
    """The file of a variant: its type and its bytes."""
    if variant != "video":
        return ("image/webp", still("WEBP")) if variant == "thumbnail" else ("image/jpeg", still("JPEG"))
    width, height = map(int, video["size"].split("x"))
    return "video/mp4", mp4(width, height, int(video["seconds"]) * RATE)


def part_of(asked: str, data: bytes) -> tuple[int, int] | None:
    """First and last of the bytes asked for; None for the whole."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
    if found is None or found[0] == "bytes=-":
        return None
    size = len(data)
    first = int(found[1]) if found[1] else max(0, size - int(found[2]))
    last = min(int(found[2]), size - 1) if found[1] and found[2] else size - 1
    if first >= size:
        raise Refusal(416, "range_not_satisfiable", None, "Invalid range: it lies outside the content.")
    return first, last


def part(data: bytes, first: int, last: int) -> Response:
    """An answer with a part of the bytes."""
    told = {"content-range": f"bytes {first}-{last}/{len(data)}"}
    return Response(206, data[first : last + 1], told)


def forget(service: Service, job: Job) -> None:
    """The job is there no more."""
    del service.jobs[job.id]


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Library:
    """The policies of the operations."""

    limit: Callable[[str | None], int] = read_limit
    order: Callable[[str], str] = lambda value: choose("order", value, ("desc", "asc"))
    first: str = "desc"
    arrange: Callable[[list[Job], str], list[Job]] = arrange
    behind: Callable[[list[Job], str | None], list[Job]] = behind
    owns: Callable[[Job, str], bool] = lambda job, owner: job.owner == owner
    cut: Callable[[list[Job], int], list[Job]] = lambda jobs, limit: jobs[:limit]
    more: Callable[[list[Job], int], bool] = lambda jobs, limit: len(jobs) > limit
    item: Callable[[Video], Any] = same
    page: Callable[[dict[str, Any]], Any] = same
    deletable: Callable[[str], bool] = lambda status: status in ("completed", "failed")
    forget: Callable[[Service, Job], None] = forget
    deleted: Callable[[dict[str, Any]], Any] = same
    ready: Callable[[str], bool] = lambda status: status == "completed"
    unready: tuple[int, str] = (404, "Video is not ready yet, use GET /v1/videos/{video_id} to check status.")
    variant: Callable[[str], str] = lambda value: choose("variant", value, VARIANTS)
    usual: str = "video"
    film: Callable[[str, Video], File] = film
    part_of: Callable[[str, bytes], tuple[int, int] | None] = part_of
    part: Callable[[bytes, int, int], Response] = part
    read: Callable[[bytes], Any] = read_prompt
    prompt: Callable[[Any], None] = judge_prompt
    remixable: Callable[[str], bool] = lambda status: status == "completed"
    inherit: Callable[[dict[str, str]], dict[str, str]] = same
    remixed: Callable[[Video], Any] = same
    knows: Callable[[str, Service, Request], None] = lambda _name, service, request: service.behaviour.auth(
        service.behaviour, request
    )
    stranger: Callable[[str], Response | None] = lambda _name: None
    finish: Callable[[str, Response], Response] = lambda _name, answer: answer

    def serve(self, service: Service, request: Request) -> Response | None:
        """The answer to a request for one of these operations; None for any other."""
        b, (method, path) = service.behaviour, (request.method, request.path)
        video_id, slash, what = path.removeprefix(f"{CREATE}/").partition("/")
        if b.creates(method, path) or (path != CREATE and video_id in ("", path)):
            return None
        if path == CREATE:
            return self._named(service, request, {"GET": ("list", self.list), "POST": None})
        if not slash:
            return self._named(service, request, {"DELETE": ("delete", self.delete), "GET": None})
        below = {("content", "GET"): ("content", self.content), ("remix", "POST"): ("remix", self.remix)}
        named = below.get((what, method))
        return None if named is None else self._run(service, request, *named)

    def _named(self, service: Service, request: Request, methods: dict[str, Any]) -> Response | None:
        """One of the methods of a path; any other is refused, and None are those of the reference server."""
        if request.method in methods:
            named = methods[request.method]
            return None if named is None else self._run(service, request, *named)
        allowed = ", ".join(methods)
        say = f"Not allowed to {request.method} on {request.path}. Allowed is: {allowed}."
        refusal = service.behaviour.refused(Refusal(405, "method_not_supported", None, say))
        return replace_headers(service.refuse(refusal), allow=allowed)

    def _run(self, service: Service, request: Request, name: str, serve: Callable[..., Response]) -> Response:
        self.knows(name, service, request)
        return self.finish(name, serve(service, request, {k: v[0] for k, v in parse_qs(request.query, True).items()}))

    def _find(self, service: Service, request: Request, name: str) -> Job | Response:
        """The job that the path names."""
        video_id = request.path.split("/")[3]
        job = service.jobs.get(video_id)
        return job or self.stranger(name) or service.behaviour.not_found(video_id)

    def list(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        """A page of the videos of a token."""
        limit, order = self.limit(query.get("limit")), self.order(query.get("order", self.first))
        jobs = [job for job in service.jobs.values() if self.owns(job, request.token)]
        jobs = self.behind(self.arrange(jobs, order), query.get("after"))
        shown = self.cut(jobs, limit)
        data = [self.item(service.behaviour.retrieved(describe(job, *state(service, job)))) for job in shown]
        ends = {"first_id": shown[0].id if shown else None, "last_id": shown[-1].id if shown else None}
        return json_answer(200, self.page({"object": "list", "data": data, **ends, "has_more": self.more(jobs, limit)}))

    def delete(self, service: Service, request: Request, _query: dict[str, str]) -> Response:
        """A finished video is deleted."""
        job = self._find(service, request, "delete")
        if isinstance(job, Response):
            return job
        if not self.deletable(state(service, job)[0]):
            raise Refusal(400, None, None, "Video is still being processed.")
        self.forget(service, job)
        return json_answer(200, self.deleted({"id": job.id, "object": "video.deleted", "deleted": True}))

    def content(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        """The file of a completed video."""
        variant = self.variant(query.get("variant", self.usual))
        job = self._find(service, request, "content")
        if isinstance(job, Response):
            return job
        if not self.ready(state(service, job)[0]):
            raise Refusal(self.unready[0], None, None, self.unready[1])
        media_type, data = self.film(variant, describe(job, "completed", 100))
        asked = self.part_of(request.headers.get("range", ""), data)
        answer = Response(200, data) if asked is None else self.part(data, *asked)
        return replace_headers(answer, **{"content-type": media_type, "accept-ranges": "bytes"})

    def remix(self, service: Service, request: Request, _query: dict[str, str]) -> Response:
        """A new video made from a completed one."""
        self.prompt(self.read(request.body))
        job = self._find(service, request, "remix")
        if isinstance(job, Response):
            return job
        if not self.remixable(state(service, job)[0]):
            raise Refusal(400, None, None, f"Video with id '{job.id}' cannot be remixed, it is not completed.")
        b = service.behaviour
        created_at = b.stamp(b.clock())
        made = Job(b.new_id(created_at), created_at, self.inherit(job.order), owner=request.token, source=job.id)
        service.jobs[made.id] = made
        return service.show(self.remixed(describe(made, "queued", 0)), 200, unfinished=True)


LIBRARY = Library()
