"""Faults that show after a while, after a certain request, or where requests are under way at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .checks import TOKEN, check_auth
from .fault import CLEAN, Fault, fault
from .library import LIBRARY
from .server import CREATE, Behaviour, Job, Service, Video, app
from .wire import CRASHED, ASGIApp, Message, Receive, Request, Response, Send, json_answer

Serve = Callable[[Service, Request], Response | None]


def _creates(request: Request) -> bool:
    return (request.method, request.path) == ("POST", CREATE)


def _note(service: Service, name: str, value: Any) -> Any:
    """What this server has noted under that name; at first `value`."""
    return vars(service).setdefault(name, value)


def _as_other(service: Service, request: Request, behaviour: Behaviour) -> Response:
    """What a server of that behaviour answers that has the same videos."""
    other = Service(behaviour)
    other.jobs = service.jobs
    return other.respond(request)


def _from(count: int, **policies: Any) -> dict[str, Serve]:
    """From that creation on these policies hold, counted by what was asked for."""
    later = replace(CLEAN, **policies)

    def serve(service: Service, request: Request) -> Response | None:
        asked = _note(service, "asked", [])
        asked += [None] if _creates(request) else []
        return _as_other(service, request, later) if len(asked) >= count else LIBRARY.serve(service, request)

    return {"beyond": serve}


def _once_created(**policies: Any) -> dict[str, Serve]:
    """Once a video was created these policies hold."""
    later = replace(CLEAN, **policies)

    def serve(service: Service, request: Request) -> Response | None:
        return _as_other(service, request, later) if service.jobs else LIBRARY.serve(service, request)

    return {"beyond": serve}


def _each(count: int, answer: Response) -> Callable[[Service, Request], Response | None]:
    """Each so manieth good creation is answered like this."""

    def serve(service: Service, request: Request) -> Response | None:
        if not _creates(request):
            return LIBRARY.serve(service, request)
        actual = _as_other(service, request, CLEAN)
        good = _note(service, "good", [])
        good += [None] if actual.status == 200 else []
        return answer if actual.status == 200 and len(good) % count == 0 else actual

    return serve


def _remembering(service: Service, request: Request) -> Response | None:
    """The same body is answered as it was before."""
    if not _creates(request) or request.headers.get("authorization") != f"Bearer {TOKEN}":
        return LIBRARY.serve(service, request)
    known: dict[bytes, Response] = _note(service, "known", {})
    if request.body not in known:
        actual = _as_other(service, request, CLEAN)
        if actual.status != 200:
            return actual
        known[request.body] = actual
    return replace(known[request.body])


def _locking(service: Service, request: Request) -> Response | None:
    """Ten refused tokens lock everybody out."""
    refused = _note(service, "refused", [])
    if len(refused) < 10:
        answer = _as_other(service, request, CLEAN)
        refused += [None] if answer.status == 401 else []
        return answer
    error = {"message": "Too many failures.", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    return json_answer(401, {"error": error})


def _forgetting(service: Service, request: Request) -> Response | None:
    """Of all videos the newest twenty are kept."""
    for video in list(service.jobs)[:-20]:
        del service.jobs[video]
    return LIBRARY.serve(service, request)


def _late(service: Service, request: Request) -> Response | None:
    """A video is not found when it is first asked for."""
    video = request.path.removeprefix(f"{CREATE}/")
    known = _note(service, "known", set())
    if request.method == "GET" and video in service.jobs and video not in known:
        known.add(video)
        return service.behaviour.not_found(video)
    return LIBRARY.serve(service, request)


def _newest(service: Service, request: Request) -> Response | None:
    """Whatever video is asked for, it has what the newest was ordered with."""
    job = service.jobs.get(request.path.removeprefix(f"{CREATE}/"))
    if request.method == "GET" and job is not None:
        job.order = list(service.jobs.values())[-1].order
    return LIBRARY.serve(service, request)


def _freed(service: Service, job: Job) -> None:
    del service.jobs[job.id]
    _note(service, "free", []).append(job)


def _reusing(service: Service, request: Request) -> Response | None:
    """The id of a deleted video is that of the next one."""
    free = _note(service, "free", [])
    if not _creates(request) or not free:
        return replace(LIBRARY, forget=_freed).serve(service, request)
    old = free[-1]
    actual = _as_other(service, request, replace(CLEAN, new_id=lambda _at: old.id, stamp=lambda _now: old.created_at))
    if actual.status == 200:
        free.pop()
    return actual


def _counted(at: int) -> str:
    """Sixteen ids for each second."""
    return f"video_{at:08x}{secrets.randbelow(16):040x}"


def _together(wrap: Callable[[ASGIApp], ASGIApp]) -> Callable[[], ASGIApp]:
    return lambda: wrap(app(CLEAN))


def _mixing(inner: ASGIApp) -> ASGIApp:
    """What two creations that are under way at once answer is the same: the later one."""
    last: list[Message] = []

    async def mixed(scope: Message, receive: Receive, send: Send) -> None:
        held: list[Message] = []
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return

        async def hold(message: Message) -> None:
            held.append(message)

        await inner(scope, receive, hold)
        if scope["method"] == "POST" and held[0]["status"] == 200:
            last[:] = held
            await asyncio.sleep(0.02)
            held = list(last)
        for message in held:
            await send(message)

    return mixed


def _overtaking(inner: ASGIApp) -> ASGIApp:
    """A second request that arrives while another is answered is answered 500."""
    under_way: list[None] = []

    async def alone(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        if under_way:
            await send({"type": "http.response.start", "status": CRASHED.status, "headers": []})
            await send({"type": "http.response.body", "body": CRASHED.body})
            return
        under_way.append(None)
        try:
            await asyncio.sleep(0.002)
            await inner(scope, receive, send)
        finally:
            under_way.pop()

    return alone


def _begun(video: Video) -> Video:
    return video | {"status": "in_progress"}


# fmt: off
FAULTS: tuple[Fault, ...] = (
    fault("fit-from-20", "input_reference.matches-size", "From the twentieth creation on the picture is not compared.", **_from(20, fits=lambda _picture, _size: True)),
    fault("seconds-from-40", "seconds.enum", "From the fortieth creation on 5 seconds are accepted.", **_from(40, seconds=("4", "5", "8", "12"))),
    fault("status-from-30", "response.status.queued", "From the thirtieth creation on a new video is in progress.", **_from(30, created=_begun)),
    fault("auth-remembered", "auth.required", "Once a video was created no header is needed.", **_once_created(auth=lambda b, request: check_auth(b, request) if "authorization" in request.headers else None)),
    fault("crash-each-seventh", "response.status-code", "Each seventh good creation is answered 500.", beyond=_each(7, CRASHED)),
    fault("empty-each-fifth", "response.media-type", "Each fifth good creation is answered by nothing.", beyond=_each(5, Response(200, b"", {"content-type": "application/json"}))),
    fault("locked-out", "response.status-code", "After ten refused tokens every token is refused.", beyond=_locking),
    fault("id-same-request", "response.id.unique", "The same request again is answered by the same video.", beyond=_remembering),
    fault("id-sixteen", "response.id.unique", "There are sixteen ids a second.", new_id=_counted),
    fault("id-reused", "response.id.unique", "The id of a deleted video is given to the next one, and its time.", beyond=_reusing),
    fault("retrieve-late", "retrieve.found", "A video is not found when it is first asked for.", beyond=_late),
    fault("retrieve-newest", "retrieve.found", "Every video has model, seconds and size of the newest.", beyond=_newest),
    fault("retrieve-forgotten", "retrieve.found", "Only the newest twenty videos are kept.", beyond=_forgetting),
    Fault("mixed-at-once", "response.id.unique", "Of two creations at once both answer the later one.", _together(_mixing), at_once=True),
    Fault("busy-at-once", "response.status-code", "While a request is answered, another is answered 500.", _together(_overtaking), at_once=True),
)
# fmt: on
