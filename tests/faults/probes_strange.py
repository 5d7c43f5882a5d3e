"""A probe for each fault of how answers are written down, of one combination alone, and of what lasts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from .ask import BOUNDARY, Ask, Client, File, Got, Sent, auth, body, fitting, form, header_of, picture, retrieval
from .looks import delete
from .probe import KEYS, Probe, accepts, answers, key, refuses, type_of

GOOD = form()
BAD = form(seconds="5")
WHOLE = form(model="sora-2", seconds="4", size="720x1280")
LARGE = {"model": "sora-2-pro", "seconds": "12", "size": "1792x1024"}
MISFIT = {"input_reference": File(picture(721, 1280))}
NEXT = body(b"")


def _constant(name: str) -> Any:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) != len(dict(pairs)):
        raise ValueError(pairs)
    return dict(pairs)


def _is_strict(got: Got) -> object:
    """Whether the body is one JSON value as RFC 8259 has it."""
    try:
        json.loads(got.content.decode(), parse_constant=_constant, object_pairs_hook=_once)
    except ValueError:
        return False
    return True


def _is_all(got: Got) -> object:
    """How much more is told than comes."""
    return int(got.headers["content-length"]) - len(got.content)


def _sees(look: Callable[[Got], object], right: object, wrong: object, sent: Sent = GOOD) -> Probe:
    async def ask(client: Client) -> object:
        return look(await client.send(sent))

    return Probe(ask, right, wrong)


def _unpacks(sent: Sent) -> Probe:
    """Whether a client can unpack the answer."""

    async def ask(client: Client) -> object:
        try:
            await client.send(sent)
        except httpx.DecodingError:
            return False
        return True

    return Probe(ask, True, False)


def _then(*before: Sent, times: int = 1) -> Callable[[Sent], Ask]:
    """The status of the last request, after these were sent so many times."""

    def last(sent: Sent) -> Ask:
        async def ask(client: Client) -> object:
            for _ in range(times):
                for one in before:
                    await client.send(one)
            return (await client.send(sent)).status

        return ask

    return last


def _statuses(count: int, look: Callable[[Got], object], right: list[Any], wrong: list[Any]) -> Probe:
    """What `look` makes of good creations, one after the other."""

    async def ask(client: Client) -> object:
        return [look(await client.send(GOOD)) for _ in range(count)]

    return Probe(ask, right, wrong)


def _new_ids(count: int, sent: Sent = GOOD) -> Probe:
    """Whether so many creations have ids of their own."""

    async def ask(client: Client) -> object:
        ids = [(await client.send(sent)).json["id"] for _ in range(count)]
        return len(set(ids)) == len(ids)

    return Probe(ask, True, False)


def _after_deletion() -> Ask:
    async def ask(client: Client) -> object:
        old = (await client.send(GOOD)).json["id"]
        for _ in range(4):
            await client.send(retrieval(old))
        await client.send(delete(old))
        return (await client.send(GOOD)).json["id"] == old

    return ask


def _first_of(count: int, look: Callable[[Got], object], right: object, wrong: object) -> Probe:
    """What `look` makes of retrieving the first of so many videos, of which the last is another kind."""

    async def ask(client: Client) -> object:
        ids = [(await client.send(GOOD)).json["id"] for _ in range(count - 1)]
        ids.append((await client.send(form(**LARGE))).json["id"])
        return look(await client.send(retrieval(ids[0])))

    return Probe(ask, right, wrong)


def _at_once(look: Callable[[Got, Got], object], right: object, wrong: object) -> Probe:
    """What `look` makes of two creations at once."""

    async def ask(client: Client) -> object:
        return look(*await asyncio.gather(client.send(GOOD), client.send(form(**LARGE))))

    return Probe(ask, right, wrong)


def _status(got: Got) -> object:
    return got.status


def _head(change: Callable[[bytes], bytes]) -> Probe:
    """A good body of which the part headers are changed."""
    return answers(body(change(GOOD.content)), 200, 400)


def _without(*names: str) -> Probe:
    sent = form(seconds="8")
    return _sees(lambda got: list(got.json), KEYS, [name for name in KEYS if name not in names], sent)


# fmt: off
WRITTEN = {
    **{f"json-{name}": _sees(_is_strict, True, False) for name in ("bom", "utf-16", "latin-1", "nan", "key-twice", "comma", "two", "nul", "guarded")},
    "json-event": type_of(GOOD, "application/json", "text/event-stream"),
    "length-more": _sees(_is_all, 0, 10),
    "length-less": _sees(_is_all, 0, -10),
    "gzip-claimed": _unpacks(GOOD),
    "processing-ms-negative": Probe(header_of("openai-processing-ms", GOOD), "0", "-1"),
    "processing-ms-fraction": Probe(header_of("openai-processing-ms", GOOD), "0", "0.41"),
    "error-bom": _sees(_is_strict, True, False, BAD),
    "error-type-problem": type_of(BAD, "application/json", "application/problem+json"),
    "error-encoded-twice": _sees(lambda got: type(got.json).__name__, "dict", "str", BAD),
    "error-gzip-claimed": _unpacks(BAD),
}

NARROW = {
    "model-lost-at-12": key("model", "sora-2-pro", "sora-2", **LARGE),
    "seconds-number-at-12": key("seconds", "12", 12, seconds="12"),
    "seconds-lost-with-pro": key("seconds", "8", "4", model="sora-2-pro", seconds="8"),
    "size-lost-1792x1024": key("size", "1792x1024", "1792x1080", **LARGE),
    "progress-float-with-pro": key("progress", 0, 0.0, model="sora-2-pro"),
    "expires-at-with-pro": key("expires_at", None, 4_102_444_800, model="sora-2-pro"),
    "key-lost-at-8": _without("remixed_from_video_id"),
    "webp-landscape-refused": refuses(size="1280x720", input_reference=fitting("1280x720", "WEBP")),
    "jpeg-at-12-refused": refuses(seconds="12", input_reference=fitting("720x1280", "JPEG")),
    "fit-not-at-12": accepts(seconds="12", **MISFIT),
    "fit-not-1280x720-pro": accepts(model="sora-2-pro", size="1280x720", **MISFIT),
    "intact-not-large": accepts(**LARGE, input_reference=File(picture(1792, 1024)[:-20])),
    "seconds-any-with-pro": accepts(model="sora-2-pro", seconds="16"),
    "prompt-empty-with-pro": accepts(model="sora-2-pro", prompt=""),
    "unknown-ignored-with-pro": accepts(model="sora-2-pro", width="720"),
    "auth-two-words": answers(auth("Bearer test-token more"), 401, 200),
    "path-case": answers(replace(GOOD, path="/v1/Videos"), 404, 200),
    "prompt-in-query": answers(replace(form(prompt=None), path="/v1/videos?prompt=A+cat"), 400, 200),
    "name-duration": accepts(duration="8"),
    "name-image": accepts(input_reference=None, image=fitting("720x1280")),
    "name-listed": answers(form((("input_reference[]", fitting("720x1280")),), input_reference=None), 400, 200),
    "model-provider": accepts(model="openai/sora-2"),
    "model-dated-accepted": accepts(model="sora-2-pro-2025-10-06"),
    "size-colon": accepts(size="720:1280"),
    "size-720p": accepts(size="720p", input_reference=fitting("1280x720")),
    "size-ratio": accepts(size="9:16"),
    "image-avif": accepts(input_reference=File(b"\0\0\0\x1cftypavif" + bytes(99), "picture.avif", "image/avif")),
    "prompt-length-trimmed": accepts(prompt="a" * 32_000 + " "),
    "prompt-length-composed": accepts(prompt="e\u0301" * 16_001),
    "prompt-length-crlf": refuses(prompt="a\n" * 16_000),
    "prompt-null-refused": refuses(prompt="null"),
    "prompt-json-refused": refuses(prompt='{"text": "A cat"}'),
    "part-header-case": _head(lambda content: content.replace(b"Content-Disposition", b"content-disposition")),
    "name-unquoted-refused": _head(lambda content: content.replace(b'name="prompt"', b"name=prompt")),
    "part-encoding-refused": _head(lambda content: content.replace(b"form-data;", b"form-data;", 1).replace(b"\r\nContent-Type", b"\r\nContent-Transfer-Encoding: binary\r\nContent-Type")),
    "epilogue-refused": _head(lambda content: content + b"The end.\r\n"),
    "boundary-later-refused": answers(body(GOOD.content, f"multipart/form-data; charset=utf-8; boundary={BOUNDARY}"), 200, 400),
    "boundary-in-text-refused": refuses(prompt=f"A --{BOUNDARY} cat"),
    "expect-refused": answers(replace(GOOD, headers=GOOD.headers | {"expect": "100-continue"}), 200, 417),
}

LASTING = {
    "fit-from-20": Probe(_then(GOOD, times=19)(form(**MISFIT)), 400, 200),
    "seconds-from-40": Probe(_then(NEXT, times=39)(BAD), 400, 200),
    "status-from-30": _statuses(30, lambda got: got.json["status"], 30 * ["queued"], [*(29 * ["queued"]), "in_progress"]),
    "auth-remembered": Probe(_then(GOOD)(auth(None)), 401, 200),
    "crash-each-seventh": _statuses(8, _status, 8 * [200], [*(6 * [200]), 500, 200]),
    "empty-each-fifth": _statuses(6, lambda got: bool(got.content), 6 * [True], [*(4 * [True]), False, True]),
    "locked-out": Probe(_then(auth("Bearer wrong"), times=10)(GOOD), 200, 401),
    "id-same-request": _new_ids(2),
    "id-sixteen": _new_ids(40),
    "id-reused": Probe(_after_deletion(), False, True),
    "retrieve-late": _first_of(2, _status, 200, 404),
    "retrieve-newest": _first_of(2, lambda got: [got.json[name] for name in LARGE], ["sora-2", "4", "720x1280"], [*LARGE.values()]),
    "retrieve-forgotten": _first_of(22, _status, 200, 404),
    "mixed-at-once": _at_once(lambda one, other: one.json["id"] == other.json["id"], False, True),
    "busy-at-once": _at_once(lambda one, other: [one.status, other.status], [200, 200], [200, 500]),
}
# fmt: on

PROBES = WRITTEN | NARROW | LASTING
