"""A probe for each fault of list, content, remix and deletion."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .ask import AUTH, Ask, Client, Got, Sent, form, retrieval
from .picture import read_picture
from .probe import KEYS, NO_NULLS, Probe, answers

Look = Callable[[Got], object]
PRO = {"model": "sora-2-pro", "seconds": "8", "size": "1280x720"}
UNKNOWN = "video_123"


async def _create(client: Client, count: int, **fields: Any) -> list[str]:
    return [(await client.send(form(**fields))).json["id"] for _ in range(count)]


def page(query: str = "") -> Sent:
    return Sent("GET", f"/v1/videos{query}", AUTH)


def content(video: str, query: str = "", **headers: str) -> Sent:
    return Sent("GET", f"/v1/videos/{video}/content{query}", AUTH | headers)


def remix(video: str, body: object = None) -> Sent:
    data = body if isinstance(body, bytes) else json.dumps({"prompt": "A dog"} if body is None else body).encode()
    return Sent("POST", f"/v1/videos/{video}/remix", AUTH | {"content-type": "application/json"}, data)


def delete(video: str) -> Sent:
    return Sent("DELETE", f"/v1/videos/{video}", AUTH)


def uninvited(sent: Sent, wrong: int) -> Probe:
    """Nobody is named."""
    return answers(Sent(sent.method, sent.path, {}, sent.content), 401, wrong)


def status(got: Got) -> object:
    return got.status


def keys(got: Got) -> object:
    return list(got.json) if isinstance(got.json, dict) else type(got.json).__name__


def value(name: str) -> Look:
    return lambda got: got.json.get(name, "(missing)")


def header(name: str) -> Look:
    return lambda got: got.headers.get(name)


def listed(look: Look, right: object, wrong: object, query: str = "", count: int = 3, **fields: Any) -> Probe:
    """What `look` makes of a page, once `count` videos were created."""

    async def ask(client: Client) -> object:
        await _create(client, count, **fields)
        return look(await client.send(page(query)))

    return Probe(ask, right, wrong)


def of_first(look: Callable[[Any], object], right: object, wrong: object, **fields: Any) -> Probe:
    """What `look` makes of the first video of a page."""
    return listed(lambda got: look(got.json["data"][0]), right, wrong, **fields)


def places(query: str, right: object, wrong: object, count: int = 4) -> Probe:
    """The videos of a page by the number of their creation, 0 for the oldest; of one second they keep that order.

    In the query, {0} is the id of the oldest.
    """

    async def ask(client: Client) -> object:
        ids = await _create(client, count)
        got = await client.send(page(query.format(*ids)))
        return [ids.index(video["id"]) for video in got.json["data"]]

    return Probe(ask, right, wrong)


def in_order(query: str, *, newest_first: bool) -> Probe:
    """Whether the videos of a page stand in that order of time."""

    async def ask(client: Client) -> object:
        await _create(client, 12)
        times = [video["created_at"] for video in (await client.send(page(query))).json["data"]]
        return times == sorted(times, reverse=newest_first)

    return Probe(ask, True, False)


def _of_another() -> Ask:
    async def ask(client: Client) -> object:
        await _create(client, 2)
        return (await client.send(Sent("GET", "/v1/videos", {"authorization": "Bearer another"}))).status

    return ask


def kept(
    sends: Callable[[str], Sent], look: Look, right: object, wrong: object, polls: int = 4, **fields: Any
) -> Probe:
    """What `look` makes of the answer for a video that was retrieved `polls` times; after four it is completed."""

    async def ask(client: Client) -> object:
        (video,) = await _create(client, 1, **fields)
        for _ in range(polls):
            await client.send(retrieval(video))
        return look(await client.send(sends(video)))

    return Probe(ask, right, wrong)


def then(first: Callable[[str], Sent], look: Look, right: object, wrong: object) -> Probe:
    """What `look` makes of retrieving what `first` has answered about a completed video."""

    async def ask(client: Client) -> object:
        (video,) = await _create(client, 1)
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


def query(text: str, right: int = 400, wrong: int = 200) -> Probe:
    return answers(page(text), right, wrong)


def size(data: bytes) -> int:
    return len(data)


PAGE = ["object", "data", "first_id", "last_id", "has_more"]
CLIP = 4 * 24
FTYP = b"\x00\x00\x00\x18ftyp"
WEBP, JPEG = "?variant=thumbnail", "?variant=spritesheet"
COUNT: Look = lambda got: len(got.json["data"])  # noqa: E731  a look like the others

# fmt: off
LISTED = {
    "list-limit-text": query("?limit=ten"),
    "list-limit-fraction": query("?limit=1.5"),
    "list-limit-negative": query("?limit=-1"),
    "list-limit-zero-refused": query("?limit=0", 200, 400),
    "list-limit-zero-usual": listed(COUNT, 0, 3, "?limit=0"),
    "list-limit-large": query("?limit=1000"),
    "list-limit-101": query("?limit=101"),
    "list-limit-100-refused": query("?limit=100", 200, 400),
    "list-limit-capped": query("?limit=51", 200, 400),
    "list-limit-ignored": listed(COUNT, 1, 3, "?limit=1"),
    "list-limit-and-one": listed(COUNT, 1, 2, "?limit=1"),
    "list-limit-default-10": listed(COUNT, 11, 10, count=11),
    "list-limit-default-100": listed(COUNT, 20, 21, count=21),
    "list-order-any": query("?order=newest"),
    "list-order-upper": query("?order=DESC"),
    "list-order-asc-refused": query("?order=asc", 200, 400),
    "list-order-ignored": in_order("?order=asc", newest_first=False),
    "list-order-none": in_order("?order=asc", newest_first=False),
    "list-order-swapped": in_order("?order=asc", newest_first=False),
    "list-oldest-first": in_order("", newest_first=True),
    "list-after-unknown-first": query("?after=video_123"),
    "list-after-unknown-empty": query("?after=video_123"),
    "list-after-included": places("?after={2}", [1, 0], [2, 1, 0]),
    "list-after-skips": places("?after={2}", [1, 0], [0]),
    "list-after-ignored": places("?after={2}", [1, 0], [3, 2, 1, 0]),
    "list-more-always": listed(value("has_more"), False, True),
    "list-more-never": listed(value("has_more"), True, False, "?limit=1"),
    "list-more-text": listed(value("has_more"), False, "false"),
    "list-more-missing": listed(keys, PAGE, PAGE[:-1]),
    "list-bare": listed(keys, PAGE, "list"),
    "list-object-videos": listed(value("object"), "list", "videos"),
    "list-key-videos": listed(keys, PAGE, ["object", "videos", *PAGE[2:]]),
    "list-first-missing": listed(keys, PAGE, [key for key in PAGE if key != "first_id"]),
    "list-first-null": listed(lambda got: got.json["first_id"] is None, False, True),
    "list-ends-swapped": listed(lambda got: got.json["first_id"] == got.json["data"][0]["id"], True, False),
    "list-ends-empty-text": listed(value("last_id"), None, "", count=0),
    "list-ids": of_first(lambda video: type(video).__name__, "dict", "str"),
    "list-short": of_first(list, KEYS, NO_NULLS),
    "list-model-lost": of_first(lambda video: video["model"], "sora-2-pro", "sora-2", **PRO),
    "list-size-lost": of_first(lambda video: video["size"], "1280x720", "720x1280", **PRO),
    "list-seconds-number": of_first(lambda video: video["seconds"], "8", 8, **PRO),
    "list-times-lost": of_first(lambda video: int(video["id"][6:14], 16) - video["created_at"], 0, -1),
    "list-twice": places("", [3, 2, 1, 0], [3, 3, 2, 1, 0]),
    "list-first-left-out": places("", [3, 2, 1, 0], [3, 2, 1]),
    "list-finished-only": places("", [3, 2, 1, 0], []),
    "list-201": query("", 200, 201),
    "list-500": query("", 200, 500),
    "list-without-token": uninvited(page(), 200),
    "list-of-all": Probe(_of_another(), 401, 200),
}

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
    "content-video-empty": file(size, 506, 0),
    "content-video-cut": file(size, 506, 486),
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
    "content-range-untold": ranged("0-9", header("content-range"), "bytes 0-9/506", None),
    "content-range-wrong-place": ranged("4-7", lambda got: got.content.decode("latin-1"), "ftyp", "\0\0\0\x18"),
    "content-range-suffix": ranged("-9", header("content-range"), "bytes 497-505/506", "bytes 0-9/506"),
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

PROBES: dict[str, Probe] = LISTED | CONTENT | REMIXED | DELETED
