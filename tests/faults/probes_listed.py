"""A probe for each fault of the list of videos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ask import Ask, Client, Got, Sent
from .looks import PRO, Look, create, keys, page, uninvited, value
from .probe import KEYS, NO_NULLS, Probe, answers


def count(got: Got) -> object:
    return len(got.json["data"])


def listed(look: Look, right: object, wrong: object, query: str = "", number: int = 3, **fields: Any) -> Probe:
    """What `look` makes of a page, once `number` videos were created."""

    async def ask(client: Client) -> object:
        await create(client, number, **fields)
        return look(await client.send(page(query)))

    return Probe(ask, right, wrong)


def of_first(look: Callable[[Any], object], right: object, wrong: object, **fields: Any) -> Probe:
    """What `look` makes of the first video of a page."""
    return listed(lambda got: look(got.json["data"][0]), right, wrong, **fields)


def places(query: str, right: object, wrong: object, number: int = 4) -> Probe:
    """The videos of a page by the number of their creation, 0 for the oldest; of one second they keep that order.

    In the query, {0} is the id of the oldest.
    """

    async def ask(client: Client) -> object:
        ids = await create(client, number)
        got = await client.send(page(query.format(*ids)))
        return [ids.index(video["id"]) for video in got.json["data"]]

    return Probe(ask, right, wrong)


def in_order(query: str, *, newest_first: bool) -> Probe:
    """Whether the videos of a page stand in that order of time."""

    async def ask(client: Client) -> object:
        await create(client, 12)
        times = [video["created_at"] for video in (await client.send(page(query))).json["data"]]
        return times == sorted(times, reverse=newest_first)

    return Probe(ask, True, False)


def _of_another() -> Ask:
    async def ask(client: Client) -> object:
        await create(client, 2)
        return (await client.send(Sent("GET", "/v1/videos", {"authorization": "Bearer another"}))).status

    return ask


def query(text: str, right: int = 400, wrong: int = 200) -> Probe:
    return answers(page(text), right, wrong)


PAGE = ["object", "data", "first_id", "last_id", "has_more"]

# fmt: off
PROBES: dict[str, Probe] = {
    "list-limit-text": query("?limit=ten"),
    "list-limit-fraction": query("?limit=1.5"),
    "list-limit-negative": query("?limit=-1"),
    "list-limit-zero-refused": query("?limit=0", 200, 400),
    "list-limit-zero-usual": listed(count, 0, 3, "?limit=0"),
    "list-limit-large": query("?limit=1000"),
    "list-limit-101": query("?limit=101"),
    "list-limit-100-refused": query("?limit=100", 200, 400),
    "list-limit-capped": query("?limit=51", 200, 400),
    "list-limit-ignored": listed(count, 1, 3, "?limit=1"),
    "list-limit-and-one": listed(count, 1, 2, "?limit=1"),
    "list-limit-default-10": listed(count, 11, 10, number=11),
    "list-limit-default-100": listed(count, 20, 21, number=21),
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
    "list-ends-empty-text": listed(value("last_id"), None, "", number=0),
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
# fmt: on
