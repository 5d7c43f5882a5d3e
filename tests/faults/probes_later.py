"""A probe for each further fault of what is done with a video."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ask import AUTH, Client, Got, Sent, retrieval
from .looks import PRO, content, create, delete, header, page, remix, status, value
from .probe import Probe
from .probes_kept import frames, kept, ranged, remixed
from .probes_listed import listed

ANOTHER = {"authorization": "Bearer another"}
YAML = b"{prompt: A dog}"


def _twice(look: Callable[[Got, Got], object], right: object, wrong: object, polls: int = 4) -> Probe:
    """What `look` makes of two retrievals of a video that has ended."""

    async def ask(client: Client) -> object:
        (video,) = await create(client, 1)
        for _ in range(polls):
            await client.send(retrieval(video))
        return look(await client.send(retrieval(video)), await client.send(retrieval(video)))

    return Probe(ask, right, wrong)


def _ahead(wrong: int) -> Probe:
    """By how many powers of ten seconds a completion lies ahead of the creation."""
    return kept(retrieval, lambda got: len(str(max(1, got.json["completed_at"] - got.json["created_at"]))), 1, wrong)


def _third(error: object) -> Probe:
    """Status and error at the third retrieval."""
    return kept(
        retrieval, lambda got: [got.json["status"], got.json["error"]], ["in_progress", None], ["failed", error], 2
    )


def _other_token(sent: Callable[[str], Sent], wrong: int) -> Probe:
    def sends(video: str) -> Sent:
        one = sent(video)
        return Sent(one.method, one.path, one.headers | ANOTHER, one.content)

    return kept(sends, status, 401, wrong)


def _in_turn(query: str, right: object, wrong: object) -> Probe:
    """Whether two videos from the oldest on, and two behind those, are four in the order of time."""

    async def ask(client: Client) -> object:
        await create(client, 12)
        first = (await client.send(page(f"{query}&limit=2"))).json["data"]
        more = (await client.send(page(f"{query}&limit=2&after={first[-1]['id']}"))).json["data"]
        times = [video["created_at"] for video in (await client.send(page("?order=asc&limit=4"))).json["data"]]
        return [video["created_at"] for video in first + more] == times

    return Probe(ask, right, wrong)


def _oldest() -> Probe:
    """Whether the first page from the oldest on has the oldest."""

    async def ask(client: Client) -> object:
        await create(client, 30)
        times = [video["created_at"] for video in (await client.send(page("?limit=100"))).json["data"]]
        few = (await client.send(page("?order=asc&limit=2"))).json["data"]
        return few[0]["created_at"] == min(times)

    return Probe(ask, True, False)


def _then(first: Callable[[str], Sent], sends: Callable[[str], Sent], look: Any, right: object, wrong: object) -> Probe:
    """What `look` makes of the second request about a completed video, after the first."""

    async def ask(client: Client) -> object:
        video, other = await create(client, 2)
        for _ in range(4):
            await client.send(retrieval(video))
        await client.send(first(video))
        return look(await client.send(sends(video if sends is not _other else other)))

    return Probe(ask, right, wrong)


def _other(video: str) -> Sent:
    return retrieval(video)


def _remixes() -> Probe:
    """Whether two remixes of a video have ids of their own."""

    async def ask(client: Client) -> object:
        (video,) = await create(client, 1)
        for _ in range(4):
            await client.send(retrieval(video))
        return len({(await client.send(remix(video))).json["id"] for _ in range(2)})

    return Probe(ask, 2, 1)


def _stale() -> Probe:
    async def ask(client: Client) -> object:
        (video,) = await create(client, 1)
        for _ in range(4):
            await client.send(retrieval(video))
        return (await client.send(page())).json["data"][0]["status"]

    return Probe(ask, "completed", "queued")


def _bytes() -> Probe:
    async def ask(client: Client) -> object:
        (video,) = await create(client, 1)
        for _ in range(4):
            await client.send(retrieval(video))
        return (await client.send(content(video))).content == (await client.send(content(video))).content

    return Probe(ask, True, False)


def _newest() -> Probe:
    async def ask(client: Client) -> object:
        (video,) = await create(client, 1)
        for _ in range(4):
            await client.send(retrieval(video))
        await create(client, 1, seconds="12")
        return frames((await client.send(content(video))).content)

    return Probe(ask, 96, 288)


# fmt: off
RETRIEVED = {
    "completed-at-moves": _twice(lambda one, other: one.json["completed_at"] == other.json["completed_at"], True, False),
    "completed-at-tomorrow": _ahead(5),
    "completed-at-milliseconds": _ahead(13),
    # A right server renders on where these have failed.
    "failed-500": kept(retrieval, status, 200, 500, 2),
    "failed-null": _third(None),
    "failed-text": _third("Blocked."),
    "failed-bare": _third({"code": "moderation_blocked"}),
    "failed-content": kept(content, status, 404, 200, 3),
    "failed-remixed": kept(remix, status, 400, 200, 3),
}

LISTED = {
    "list-more-when-full": listed(value("has_more"), False, True, "?limit=3"),
    "list-after-asc": _in_turn("?order=asc", True, False),
    "list-order-within-page": _oldest(),
    "list-empty-null": listed(value("data"), [], None, "?limit=0"),
    "list-stale": _stale(),
    "list-limit-empty": listed(status, 400, 200, "?limit="),
    "list-limit-underscore": listed(status, 400, 200, "?limit=1_0"),
    "list-limit-power": listed(status, 400, 200, "?limit=1e1"),
    "list-order-empty": listed(status, 400, 200, "?order="),
    "list-any-token": _other_token(lambda _video: page(), 200),
}

CHANGED = {
    "content-range-beyond": ranged("0-999999", status, 206, 416),
    "content-range-odd": kept(lambda video: content(video, range="pages=1-2"), status, 200, 500),
    "content-range-none": kept(content, header("accept-ranges"), "bytes", "none"),
    "content-unstable": _bytes(),
    "content-variant-empty": kept(lambda video: content(video, "?variant="), status, 400, 200),
    "content-elsewhere": kept(content, status, 200, 302),
    "content-of-newest": _newest(),
    "content-one-second": kept(content, lambda got: frames(got.content), 192, 24, 4, **PRO),
    "content-any-token": _other_token(content, 200),
    "content-any-method": kept(lambda video: Sent("PUT", f"/v1/videos/{video}/content", AUTH), status, 404, 200),
    "remix-json-more": remixed(status, 400, 200, b'{"prompt": "A dog"} and more'),
    "remix-yaml": remixed(status, 400, 200, YAML),
    "remix-31999": remixed(status, 200, 400, {"prompt": "a" * 32_000}),
    "remix-progress-1": remixed(value("progress"), 0, 1),
    "remix-same-id": _remixes(),
    "remix-begins-source": _then(remix, retrieval, value("status"), "completed", "queued"),
    "remix-any-token": _other_token(remix, 200),
    "delete-all": _then(delete, _other, status, 200, 404),
    "delete-twice": _then(delete, delete, status, 404, 200),
    "delete-listed": _then(delete, lambda _video: page(), lambda got: len(got.json["data"]), 1, 2),
    "delete-content": _then(delete, content, status, 404, 200),
    "delete-remixed": _then(delete, remix, status, 404, 200),
    "delete-any-token": _other_token(delete, 200),
}
# fmt: on

PROBES = RETRIEVED | LISTED | CHANGED
