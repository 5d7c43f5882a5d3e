"""Further faults of what is done with a finished video: content, remix and deletion."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import yaml

from .checks import Refusal
from .fault import Fault, beyond, fault
from .film import RATE, mp4
from .later import any_token
from .library import LIBRARY, VARIANTS, File, Library, choose, film, judge_prompt, part_of, read_prompt
from .server import Job, Service, Video, describe, replace_headers
from .wire import Request, Response, json_answer


def _gone(service: Service) -> dict[str, Job]:
    """The jobs that were deleted, by those faults that keep them."""
    kept: dict[str, Job] = vars(service).setdefault("gone", {})
    return kept


def _bury(service: Service, job: Job) -> None:
    _gone(service)[job.id] = service.jobs.pop(job.id)


@contextmanager
def _unburied(service: Service) -> Iterator[None]:
    """Deleted jobs are there again, until the block ends."""
    gone = dict(_gone(service))
    service.jobs.update(gone)
    try:
        yield
    finally:
        for name in gone:
            del service.jobs[name]


class _Listed(Library):
    """What was deleted is listed all the same."""

    def list(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        with _unburied(service):
            return super().list(service, request, query)


class _Cached(Library):
    """The file of a deleted video is answered all the same."""

    def content(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        with _unburied(service):
            return super().content(service, request, query)


class _Twice(Library):
    """To delete a deleted video again is fine."""

    def delete(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        video = request.path.rpartition("/")[2]
        if video in _gone(service):
            return json_answer(200, {"id": video, "object": "video.deleted", "deleted": True})
        return super().delete(service, request, query)


class _Revived(Library):
    """A deleted video can be remixed."""

    def remix(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        with _unburied(service):
            return super().remix(service, request, query)


class _Restarted(Library):
    """A remix begins its source anew."""

    def remix(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        made = super().remix(service, request, query)
        source = service.jobs[request.path.split("/")[3]]
        source.asked, source.completed_at = 0, None
        return made


class _SameRemix(Library):
    """All remixes of a video have one id."""

    def remix(self, service: Service, request: Request, query: dict[str, str]) -> Response:
        video, usual = request.path.split("/")[3], service.behaviour
        service.behaviour = replace(usual, new_id=lambda at: f"video_{at:08x}{video[:13:-1]}")
        try:
            return super().remix(service, request, query)
        finally:
            service.behaviour = usual


def _burying(name: str, rule: str, says: str, kind: type[Library]) -> Fault:
    return fault(name, rule, says, beyond=kind(forget=_bury).serve)


def _elsewhere(service: Service, request: Request) -> Response | None:
    answer = LIBRARY.serve(service, request)
    if answer is None or answer.status not in (200, 206) or not request.path.endswith("/content"):
        return answer
    return Response(302, b"", {"location": "https://example.com/video.mp4"})


def _by_any_method(service: Service, request: Request) -> Response | None:
    is_content = request.path.endswith("/content")
    return LIBRARY.serve(service, replace(request, method="GET") if is_content else request)


def _of_newest(service: Service, request: Request) -> Response | None:
    newest = describe(list(service.jobs.values())[-1], "completed", 100) if service.jobs else {}
    return replace(LIBRARY, film=lambda variant, _video: film(variant, newest)).serve(service, request)


def _behind_the_end(asked: str, data: bytes) -> tuple[int, int] | None:
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked)
    if found is not None and int(found[2]) >= len(data):
        raise Refusal(416, "range_not_satisfiable", None, "Invalid range: it lies outside the content.")
    return part_of(asked, data)


def _bytes_alone(asked: str, data: bytes) -> tuple[int, int] | None:
    return part_of(asked, data) if asked.startswith("bytes=") or not asked else (int(asked), 0)


def _no_ranges(name: str, answer: Response) -> Response:
    return replace_headers(answer, **{"accept-ranges": "none"}) if name == "content" else answer


def _shorter(body: Any) -> None:
    judge_prompt(body)
    if len(body["prompt"]) == 32_000:
        raise Refusal(400, "string_above_max_length", "prompt", "Invalid 'prompt': it is too long.")


def _new_bytes(variant: str, video: Video) -> File:
    kind, data = film(variant, video)
    return (kind, data[:-8] + secrets.token_bytes(8)) if variant == "video" else (kind, data)


def _one_second(variant: str, video: Video) -> File:
    sides = map(int, video["size"].split("x"))
    return ("video/mp4", mp4(*sides, RATE)) if variant == "video" else film(variant, video)


def _first_json(body: bytes) -> Any:
    try:
        value = json.JSONDecoder().raw_decode(body.decode())[0]
    except ValueError:
        return read_prompt(body)
    return value if isinstance(value, dict) else read_prompt(body)


def _yaml(body: bytes) -> Any:
    try:
        value = yaml.safe_load(body)
    except yaml.YAMLError:
        return read_prompt(body)
    return value if isinstance(value, dict) else read_prompt(body)


# fmt: off
CONTENT = (
    beyond("content-range-beyond", "content.range", "A range that ends behind the end is refused.", part_of=_behind_the_end),
    beyond("content-range-odd", "content.range", "What is no range of bytes is answered 500.", part_of=_bytes_alone),
    beyond("content-range-none", "content.range", "The header accept-ranges says that there are no ranges.", finish=_no_ranges),
    beyond("content-unstable", "content.range", "The video has other bytes at each download.", film=_new_bytes),
    beyond("content-variant-empty", "content.variant", "An empty variant is the video.", variant=lambda value: choose("variant", value or "video", VARIANTS)),
    fault("content-elsewhere", "content.type", "Content is answered by a redirect.", beyond=_elsewhere),
    fault("content-of-newest", "content.type", "Content is that of the newest video.", beyond=_of_newest),
    beyond("content-one-second", "content.type", "The video has one second whatever was asked for.", film=_one_second),
    beyond("content-any-token", "auth.key", "Content takes any token.", knows=any_token("content")),
    fault("content-any-method", "method", "Content is answered to any method.", beyond=_by_any_method),
)

REMIX = (
    beyond("remix-json-more", "json.well-formed", "What follows the JSON of a remix is ignored.", read=_first_json),
    beyond("remix-yaml", "json.well-formed", "YAML is taken for JSON.", read=_yaml),
    beyond("remix-31999", "remix.prompt.max-length", "A prompt of exactly the greatest length is refused.", prompt=_shorter),
    beyond("remix-progress-1", "response.progress.zero", "progress of a remix is 1.", remixed=lambda video: video | {"progress": 1}),
    fault("remix-same-id", "remix.answer", "All remixes of a video have one id.", beyond=_SameRemix().serve),
    fault("remix-begins-source", "remix.answer", "A remix begins its source anew.", beyond=_Restarted().serve),
    beyond("remix-any-token", "auth.key", "A remix takes any token.", knows=any_token("remix")),
)

DELETE = (
    beyond("delete-all", "retrieve.found", "To delete a video deletes all.", forget=lambda service, _job: service.jobs.clear()),
    _burying("delete-twice", "delete.answer", "A deleted video can be deleted again.", _Twice),
    _burying("delete-listed", "delete.answer", "A deleted video is still listed.", _Listed),
    _burying("delete-content", "delete.answer", "The file of a deleted video is still answered.", _Cached),
    _burying("delete-remixed", "delete.answer", "A deleted video can be remixed.", _Revived),
    beyond("delete-any-token", "auth.key", "A deletion takes any token.", knows=any_token("delete")),
)
# fmt: on

FAULTS: tuple[Fault, ...] = CONTENT + REMIX + DELETE
