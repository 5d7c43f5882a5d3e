"""Faults of content, remix and deletion: what is done with a video that is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .checks import Refusal
from .fault import Fault, beyond
from .film import RATE, boxes, mp4, still
from .library import VARIANTS, File, choose, film, judge_prompt, part, part_of, read_prompt
from .listed import anybody, status
from .server import Service, Video
from .wire import Response, json_answer


def _video(change: Callable[[Video], bytes]) -> dict[str, Callable[[str, Video], File]]:
    """The MP4 is another one."""

    def made(variant: str, video: Video) -> File:
        return ("video/mp4", change(video)) if variant == "video" else film(variant, video)

    return {"film": made}


def _clip(
    *, sides: tuple[int, int] | None = None, frames: Callable[[int], int] = int, late: bool = False
) -> dict[str, Any]:
    def made(video: Video) -> bytes:
        width, height = sides or tuple(map(int, video["size"].split("x")))
        return mp4(width, height, frames(int(video["seconds"]) * RATE), late=late)

    return _video(made)


def _instead(variant: str, file: File) -> dict[str, Callable[[str, Video], File]]:
    """A variant is this file."""
    return {"film": lambda asked, video: file if asked == variant else film(asked, video)}


def _named(**types: str) -> dict[str, Callable[[str, Video], File]]:
    """A variant has another content type."""
    return {"film": lambda asked, video: (types.get(asked, film(asked, video)[0]), film(asked, video)[1])}


def _hollow(video: Video) -> bytes:
    width, height = map(int, video["size"].split("x"))
    return boxes(width, height, int(video["seconds"]) * RATE)


def _blanked(data: bytes) -> bytes:
    at = data.index(b"mdat") + 4
    return data[:at] + bytes(len(data) - at)


def _claiming(data: bytes) -> bytes:
    at = data.index(b"stsz") + 12
    return data[:at] + b"\x7f\xff\xff\xff" + data[at + 4 :]


def _claimed(jpeg: bytes) -> bytes:
    """With a frame header of 60000x60000."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + (60_000).to_bytes(2) * 2 + jpeg[at + 4 :]


def _cut(data: bytes) -> bytes:
    return data[: len(data) - 20]


def _suffix_first(asked: str, data: bytes) -> tuple[int, int] | None:
    """The last bytes asked for are taken for the first."""
    return part_of(f"bytes=0-{asked.removeprefix('bytes=-')}" if asked.startswith("bytes=-") else asked, data)


def _behind_is_all(asked: str, data: bytes) -> tuple[int, int] | None:
    try:
        return part_of(asked, data)
    except Refusal:
        return None


def _part(**changes: Any) -> Callable[[bytes, int, int], Response]:
    return lambda data, first, last: replace(part(data, first, last), **changes)


def _found(name: str, value: object) -> dict[str, Callable[[str], Response | None]]:
    """This operation finds every id."""
    return {"stranger": lambda asked: json_answer(200, value) if asked == name else None}


def _body(change: Callable[[Any], Any]) -> dict[str, Callable[[Any], None]]:
    """The body of a remix is changed before it is judged."""
    return {"prompt": lambda body: judge_prompt(body | {"prompt": change(body.get("prompt"))})}


def _loose(body: bytes) -> Any:
    """Whatever the body is, it has a prompt."""
    try:
        return read_prompt(body)
    except Refusal:
        return {"prompt": body.decode(errors="replace") or "no prompt"}


def _listed_prompt(body: bytes) -> Any:
    try:
        value = json.loads(body.decode())
    except ValueError:
        value = None
    return {"prompt": value[0]} if isinstance(value, list) else read_prompt(body)


def _changed(**changes: object) -> dict[str, Callable[[Video], Any]]:
    """These keys of a remix are changed."""
    return {"remixed": lambda video: video | changes}


def _order(**changes: str) -> dict[str, Callable[[dict[str, str]], dict[str, str]]]:
    """A remix does not have these of its source."""
    return {"inherit": lambda order: order | changes}


def _told(**changes: object) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """These keys of the answer to a deletion are changed."""
    return {"deleted": lambda answer: answer | changes}


def _stays(_service: Service, _job: object) -> None:
    """A deleted video is kept."""


GONE = {"id": "video_123", "object": "video.deleted", "deleted": True}

# fmt: off
CONTENT = (
    beyond("content-early", "content.ready", "The content of an unfinished video is answered.", ready=lambda _status: True),
    beyond("content-in-progress", "content.ready", "The content of a queued video is answered, before that of one in progress is refused.", ready=lambda status: status in ("queued", "completed")),
    beyond("content-never", "content.ready", "The content of a completed video is not ready.", ready=lambda _status: False),
    beyond("content-early-409", "error.envelope", "Content too early is refused as a conflict.", unready=(409, "Video is not ready yet.")),
    beyond("content-early-500", "content.ready", "Content too early is answered 500.", unready=(500, "Video is not ready yet.")),
    beyond("content-variant-any", "content.variant", "Any other variant is the video.", variant=lambda value: value if value in VARIANTS else "video"),
    beyond("content-variant-upper", "content.variant", "A variant in upper case is accepted.", variant=lambda value: choose("variant", value.lower(), VARIANTS)),
    beyond("content-no-thumbnail", "content.variant", "There is no thumbnail.", variant=lambda value: choose("variant", value, ("video", "spritesheet"))),
    beyond("content-no-spritesheet", "content.variant", "There is no sprite sheet.", variant=lambda value: choose("variant", value, ("video", "thumbnail"))),
    beyond("content-default-thumbnail", "content.variant.default", "A variant left out is the thumbnail.", usual="thumbnail"),
    beyond("content-type-octets", "content.type", "The video is declared as any bytes.", **_named(video="application/octet-stream")),
    beyond("content-type-missing", "content.type", "The sprite sheet is declared as plain text.", **_named(spritesheet="text/plain")),
    beyond("content-video-webm", "content.type", "The video is a WebM in name and in bytes.", **_instead("video", ("video/webm", b"\x1aE\xdf\xa3" + bytes(99)))),
    beyond("content-video-text", "content.type", "The video is an address.", **_video(lambda _video: b"https://example.com/video.mp4")),
    beyond("content-video-empty", "content.type", "The video has no bytes.", **_video(lambda _video: b"")),
    beyond("content-video-cut", "content.type", "The video ends early.", **_video(lambda video: _cut(film("video", video)[1]))),
    beyond("content-video-head", "content.type", "The video lacks its first box.", **_video(lambda video: film("video", video)[1][24:])),
    beyond("content-video-late", "content.type", "The video cannot be played while it loads.", **_clip(late=True)),
    beyond("content-video-size", "content.type", "The video is always 1920x1080.", **_clip(sides=(1920, 1080))),
    beyond("content-video-turned", "content.type", "Width and height of the video are exchanged.", **_video(lambda video: mp4(*reversed(list(map(int, video["size"].split("x")))), int(video["seconds"]) * RATE))),
    beyond("content-video-short", "content.type", "The video is half as long as asked for.", **_clip(frames=lambda frames: frames // 2)),
    beyond("content-video-long", "content.type", "The video is five frames too long.", **_clip(frames=lambda frames: frames + 5)),
    beyond("content-video-boxes", "content.type", "The video is all boxes and no picture.", **_video(_hollow)),
    beyond("content-video-zeros", "content.type", "The pictures of the video are zeros.", **_video(lambda video: _blanked(film("video", video)[1]))),
    beyond("content-video-picture-small", "content.type", "The pictures of the video are of 64x64.", **_video(lambda video: mp4(*map(int, video["size"].split("x")), int(video["seconds"]) * RATE, shown=(64, 64)))),
    beyond("content-video-frames", "content.type", "A table of the video claims billions of frames.", **_video(lambda video: _claiming(film("video", video)[1]))),
    beyond("content-spritesheet-huge", "content.type", "The sprite sheet claims 60000x60000.", **_instead("spritesheet", ("image/jpeg", _claimed(still("JPEG"))))),
    beyond("content-thumbnail-jpeg", "content.type", "The thumbnail is a JPEG.", **_instead("thumbnail", ("image/jpeg", still("JPEG")))),
    beyond("content-thumbnail-named", "content.type", "The thumbnail is a JPEG that is declared as WebP.", **_instead("thumbnail", ("image/webp", still("JPEG")))),
    beyond("content-thumbnail-cut", "content.type", "The thumbnail ends early.", **_instead("thumbnail", ("image/webp", _cut(still("WEBP"))))),
    beyond("content-spritesheet-png", "content.type", "The sprite sheet is a PNG.", **_instead("spritesheet", ("image/png", still("PNG")))),
    beyond("content-spritesheet-cut", "content.type", "The sprite sheet ends early.", **_instead("spritesheet", ("image/jpeg", still("JPEG")[:300]))),
    beyond("content-range-ignored", "content.range", "A range is answered by the whole.", part_of=lambda _asked, _data: None),
    beyond("content-range-200", "content.range", "A range is answered 200.", part=_part(status=200)),
    beyond("content-range-short", "content.range", "A range lacks its last byte.", part=lambda data, first, last: part(data, first, max(first, last - 1))),
    beyond("content-range-untold", "content.range", "Nothing says which range it is.", part=_part(headers={})),
    beyond("content-range-wrong-place", "content.range", "The bytes of a range are the first of the file.", part=lambda data, first, last: replace(part(data, first, last), body=data[: last - first + 1])),
    beyond("content-range-suffix", "content.range", "The last bytes asked for are the first.", part_of=_suffix_first),
    beyond("content-range-behind", "content.range", "A range behind the end is answered by the whole.", part_of=_behind_is_all),
    beyond("content-unknown-200", "retrieve.not-found", "There is content for every id.", **_found("content", {})),
    beyond("content-without-token", "auth.required", "Content is answered to everybody.", knows=anybody("content")),
)

REMIX = (
    beyond("remix-prompt-optional", "remix.prompt.required", "A remix needs no prompt.", prompt=lambda body: judge_prompt({"prompt": "The same."} | body)),
    beyond("remix-prompt-number", "remix.prompt.type", "A prompt may be a number.", **_body(lambda prompt: str(prompt) if isinstance(prompt, int) else prompt)),
    beyond("remix-prompt-null", "remix.prompt.type", "A prompt may be null.", prompt=lambda body: judge_prompt({"prompt": "The same."} if body.get("prompt", "") is None else body)),
    beyond("remix-prompt-list", "remix.prompt.type", "A prompt may be a list.", **_body(lambda prompt: "".join(prompt) if isinstance(prompt, list) else prompt)),
    beyond("remix-prompt-empty", "remix.prompt.min-length", "A prompt may be empty.", prompt=lambda body: None if body.get("prompt") == "" else judge_prompt(body)),
    beyond("remix-prompt-long", "remix.prompt.max-length", "A prompt may be of any length.", **_body(lambda prompt: prompt[:32_000] if isinstance(prompt, str) else prompt)),
    beyond("remix-prompt-32001", "remix.prompt.max-length", "A prompt may have 32001 characters.", **_body(lambda prompt: prompt[1:] if isinstance(prompt, str) and len(prompt) == 32_001 else prompt)),
    beyond("remix-running", "remix.completed", "An unfinished video is remixed.", remixable=lambda _status: True),
    beyond("remix-never", "remix.answer", "A completed video is not remixed.", remixable=lambda _status: False),
    beyond("remix-json-any", "json.well-formed", "Whatever is no JSON object is the prompt.", read=_loose),
    beyond("remix-json-list", "json.well-formed", "A list is accepted for an object.", read=_listed_prompt),
    beyond("remix-json-crash", "json.well-formed", "What is no JSON object is answered 500.", read=lambda body: dict(json.loads(body))),
    beyond("remix-201", "remix.answer", "A remix is answered 201.", **status("remix", 201)),
    beyond("remix-no-source", "remix.answer", "A remix does not name its source.", **_changed(remixed_from_video_id=None)),
    beyond("remix-other-source", "remix.answer", "A remix names another source.", **_changed(remixed_from_video_id="video_" + 48 * "0")),
    beyond("remix-source-as-id", "remix.answer", "A remix has the id of its source.", remixed=lambda video: video | {"id": video["remixed_from_video_id"]}),
    beyond("remix-short", "remix.answer", "A remix is told by its id alone.", remixed=lambda video: {"id": video["id"]}),
    beyond("remix-listed", "remix.answer", "A remix is the only one of a list.", remixed=lambda video: [video]),
    beyond("remix-model-lost", "remix.answer", "A remix is by sora-2 always.", **_order(model="sora-2")),
    beyond("remix-seconds-lost", "remix.answer", "A remix has 4 s always.", **_order(seconds="4")),
    beyond("remix-size-lost", "remix.answer", "A remix is 720x1280 always.", **_order(size="720x1280")),
    beyond("remix-lost", "remix.answer", "The id of a remix is not the one that is found.", remixed=lambda video: video | {"id": video["id"][:-6] + "abcdef"}),
    beyond("remix-unknown-200", "retrieve.not-found", "Every id can be remixed.", **_found("remix", {"id": "video_1"})),
    beyond("remix-without-token", "auth.required", "Everybody can remix.", knows=anybody("remix")),
)

DELETE = (
    beyond("delete-running", "delete.finished", "An unfinished video is deleted.", deletable=lambda _status: True),
    beyond("delete-queued", "delete.finished", "A queued video is deleted.", deletable=lambda status: status != "in_progress"),
    beyond("delete-never", "delete.answer", "A finished video is not deleted.", deletable=lambda _status: False),
    beyond("delete-stays", "delete.answer", "A deleted video is still there.", forget=_stays),
    beyond("delete-204", "delete.answer", "A deletion is answered 204.", **status("delete", 204)),
    beyond("delete-video", "delete.answer", "A deletion answers the object of a video.", **_told(object="video")),
    beyond("delete-false", "delete.answer", "A deletion answers deleted: false.", **_told(deleted=False)),
    beyond("delete-text", "delete.answer", "A deletion answers deleted as text.", **_told(deleted="true")),
    beyond("delete-other-id", "delete.answer", "A deletion names another video.", **_told(id="video_" + 48 * "0")),
    beyond("delete-no-id", "delete.answer", "A deletion names no video.", deleted=lambda answer: {"object": answer["object"], "deleted": True}),
    beyond("delete-unknown-200", "retrieve.not-found", "Every id is deleted.", **_found("delete", GONE)),
    beyond("delete-without-token", "auth.required", "Everybody can delete.", knows=anybody("delete")),
)
# fmt: on

FAULTS: tuple[Fault, ...] = CONTENT + REMIX + DELETE
