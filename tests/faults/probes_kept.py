"""A probe for each fault of content, remix and deletion."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import av

from .ask import Client, Sent, retrieval
from .film import RATE, mp4
from .looks import PRO, Look, content, create, delete, header, keys, remix, status, uninvited, value
from .picture import read_picture
from .probe import KEYS, Probe, answers

UNKNOWN = "video_123"
#: Of the video by default.
BYTES = len(mp4(720, 1280, 4 * RATE))


def kept(
    sends: Callable[[str], Sent], look: Look, right: object, wrong: object, polls: int = 4, **fields: Any
) -> Probe:
    """What `look` makes of the answer for a video that was retrieved `polls` times; after four it is completed."""

    async def ask(client: Client) -> object:
        (video,) = await create(client, 1, **fields)
        for _ in range(polls):
            await client.send(retrieval(video))
        return look(await client.send(sends(video)))

    return Probe(ask, right, wrong)


def then(first: Callable[[str], Sent], look: Look, right: object, wrong: object) -> Probe:
    """What `look` makes of retrieving what `first` has answered about a completed video."""

    async def ask(client: Client) -> object:
        (video,) = await create(client, 1)
        for _ in range(4):
            await client.send(retrieval(video))
        got = await client.send(first(video))
        return look(await client.send(retrieval(got.json["id"])))

    return Probe(ask, right, wrong)


def file(look: Callable[[bytes], object], right: object, wrong: object, query: str = "", **fields: Any) -> Probe:
    return kept(lambda video: content(video, query), lambda got: look(got.content), right, wrong, **fields)


def kind(query: str, right: str, wrong: str) -> Probe:
    """The content type of a variant."""
    return kept(lambda video: content(video, query), header("content-type"), right, wrong)


def sides(data: bytes) -> list[int]:
    """Width and height in the first tkhd box."""
    at = data.index(b"tkhd") + 4 + 76
    return [int.from_bytes(data[at + shift : at + shift + 2]) for shift in (0, 4)]


def frames(data: bytes) -> int:
    """The number of frames in the first stts box."""
    at = data.index(b"stts") + 12
    return int.from_bytes(data[at : at + 4])


def whole(data: bytes) -> object:
    picture = read_picture(data)
    return None if picture is None else [picture.type, picture.whole]


def ranged(asked: str, look: Look, right: object, wrong: object) -> Probe:
    return kept(lambda video: content(video, range=f"bytes={asked}"), look, right, wrong)


def remixed(look: Look, right: object, wrong: object, body: object = None, **fields: Any) -> Probe:
    return kept(lambda video: remix(video, body), look, right, wrong, **fields)


def refuses(rule_body: object) -> Probe:
    """A bad body of a remix is accepted."""
    return remixed(status, 400, 200, rule_body)


def deleted(look: Look, right: object, wrong: object) -> Probe:
    return kept(delete, look, right, wrong)


def complete(data: bytes) -> bool:
    """Whether the outermost boxes end where the file does."""
    at = 0
    while at < len(data):
        at += int.from_bytes(data[at : at + 4])
    return at == len(data)


def picture(data: bytes) -> list[int] | None:
    """Width and height of the first picture, None where there is none."""
    try:
        with av.open(BytesIO(data), "r") as container:
            frame = next(container.decode(video=0))
            return [frame.width, frame.height]
    except av.error.FFmpegError:
        return None


def size(data: bytes) -> int:
    return len(data)


CLIP = 4 * 24
FTYP = b"\x00\x00\x00\x18ftyp"
WEBP, JPEG = "?variant=thumbnail", "?variant=spritesheet"

# fmt: off
CONTENT = {
    "content-early": kept(content, status, 404, 200, polls=2),
    "content-in-progress": kept(content, status, 404, 200, polls=1),
    "content-never": kept(content, status, 200, 404),
    "content-early-409": kept(content, status, 404, 409, polls=1),
    "content-early-500": kept(content, status, 404, 500, polls=1),
    "content-variant-any": kept(lambda video: content(video, "?variant=gif"), status, 400, 200),
    "content-variant-upper": kept(lambda video: content(video, "?variant=VIDEO"), status, 400, 200),
    "content-no-thumbnail": kept(lambda video: content(video, WEBP), status, 200, 400),
    "content-no-spritesheet": kept(lambda video: content(video, JPEG), status, 200, 400),
    "content-default-thumbnail": kind("", "video/mp4", "image/webp"),
    "content-type-octets": kind("", "video/mp4", "application/octet-stream"),
    "content-type-missing": kind(JPEG, "image/jpeg", "text/plain"),
    "content-video-webm": kind("", "video/mp4", "video/webm"),
    "content-video-text": file(lambda data: data[:5] == b"https", False, True),
    "content-video-empty": file(bool, True, False),
    "content-video-cut": file(complete, True, False),
    "content-video-boxes": file(lambda data: b"avc1" in data, True, False),
    "content-video-zeros": file(picture, [720, 1280], None),
    "content-video-picture-small": file(picture, [720, 1280], [64, 64]),
    "content-video-frames": file(lambda data: int.from_bytes(data[(at := data.index(b"stsz") + 12) : at + 4]), CLIP, 0x7FFFFFFF),
    "content-spritesheet-huge": file(lambda data: data[(at := data.index(b"\xff\xc0") + 5) : at + 4].hex(), "00a0005a", "ea60ea60", "?variant=spritesheet"),
    "content-video-head": file(lambda data: data.startswith(FTYP), True, False),
    "content-video-late": file(lambda data: data.index(b"moov") < data.index(b"mdat"), True, False),
    "content-video-size": file(sides, [720, 1280], [1920, 1080]),
    "content-video-turned": file(sides, [720, 1280], [1280, 720]),
    "content-video-short": file(frames, CLIP, CLIP // 2),
    "content-video-long": file(frames, CLIP, CLIP + 5),
    "content-thumbnail-jpeg": kind(WEBP, "image/webp", "image/jpeg"),
    "content-thumbnail-named": file(whole, ["image/webp", True], ["image/jpeg", True], WEBP),
    "content-thumbnail-cut": file(whole, ["image/webp", True], ["image/webp", False], WEBP),
    "content-spritesheet-png": kind(JPEG, "image/jpeg", "image/png"),
    "content-spritesheet-cut": file(whole, ["image/jpeg", True], ["image/jpeg", False], JPEG),
    "content-range-ignored": ranged("0-9", status, 206, 200),
    "content-range-200": ranged("0-9", status, 206, 200),
    "content-range-short": ranged("0-9", lambda got: len(got.content), 10, 9),
    "content-range-untold": ranged("0-9", header("content-range"), f"bytes 0-9/{BYTES}", None),
    "content-range-wrong-place": ranged("4-7", lambda got: got.content.decode("latin-1"), "ftyp", "\0\0\0\x18"),
    "content-range-suffix": ranged("-9", header("content-range"), f"bytes {BYTES - 9}-{BYTES - 1}/{BYTES}", f"bytes 0-9/{BYTES}"),
    "content-range-behind": ranged("9999-", status, 416, 200),
    "content-unknown-200": answers(content(UNKNOWN), 404, 200),
    "content-without-token": uninvited(content(UNKNOWN), 404),
}

REMIXED = {
    "remix-prompt-optional": refuses({}),
    "remix-prompt-number": refuses({"prompt": 1}),
    "remix-prompt-null": refuses({"prompt": None}),
    "remix-prompt-list": refuses({"prompt": ["A dog"]}),
    "remix-prompt-empty": refuses({"prompt": ""}),
    "remix-prompt-long": refuses({"prompt": "a" * 40_000}),
    "remix-prompt-32001": refuses({"prompt": "a" * 32_001}),
    "remix-running": kept(remix, status, 400, 200, polls=3),
    "remix-never": remixed(status, 200, 400),
    "remix-json-any": refuses(b"A dog"),
    "remix-json-list": refuses(b'["A dog"]'),
    "remix-json-crash": remixed(status, 400, 500, b"A dog"),
    "remix-201": remixed(status, 200, 201),
    "remix-no-source": remixed(lambda got: got.json["remixed_from_video_id"] is None, False, True),
    "remix-other-source": remixed(lambda got: got.json["remixed_from_video_id"][-40:] == 40 * "0", False, True),
    "remix-source-as-id": remixed(lambda got: got.json["id"] == got.json["remixed_from_video_id"], False, True),
    "remix-short": remixed(keys, KEYS, ["id"]),
    "remix-listed": remixed(keys, KEYS, "list"),
    "remix-model-lost": remixed(value("model"), "sora-2-pro", "sora-2", **PRO),
    "remix-seconds-lost": remixed(value("seconds"), "8", "4", **PRO),
    "remix-size-lost": remixed(value("size"), "1280x720", "720x1280", **PRO),
    "remix-lost": then(remix, status, 200, 404),
    "remix-unknown-200": answers(remix(UNKNOWN), 404, 200),
    "remix-without-token": uninvited(remix(UNKNOWN), 404),
}

DELETED = {
    "delete-running": kept(delete, status, 400, 200, polls=3),
    "delete-queued": kept(delete, status, 400, 200, polls=1),
    "delete-never": deleted(status, 200, 400),
    "delete-stays": then(delete, status, 404, 200),
    "delete-204": deleted(status, 200, 204),
    "delete-video": deleted(value("object"), "video.deleted", "video"),
    "delete-false": deleted(value("deleted"), True, False),
    "delete-text": deleted(value("deleted"), True, "true"),
    "delete-other-id": deleted(lambda got: got.json["id"][-40:] == 40 * "0", False, True),
    "delete-no-id": deleted(keys, ["id", "object", "deleted"], ["object", "deleted"]),
    "delete-unknown-200": answers(delete(UNKNOWN), 404, 200),
    "delete-without-token": uninvited(delete(UNKNOWN), 404),
}
# fmt: on

PROBES: dict[str, Probe] = CONTENT | REMIXED | DELETED
