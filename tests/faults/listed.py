"""Faults of the list of videos."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .checks import Refusal
from .fault import Fault, beyond, fault
from .library import LIBRARY, Library, arrange, behind, read_limit
from .server import Job, Service
from .wire import Request, Response


def _taken(text: str | None) -> int:
    """What is no limit is the usual one."""
    return int(text) if text is not None and text.isdecimal() and int(text) <= 100 else read_limit(None)


def _limit(change: Callable[[str], str]) -> dict[str, Callable[[str | None], int]]:
    """The limit is changed before it is read."""
    return {"limit": lambda text: read_limit(None if text is None else change(text))}


def _refused(value: str, name: str) -> Callable[[Any], Any]:
    """This value is refused."""
    own: dict[str, Callable[[Any], Any]] = {"limit": LIBRARY.limit, "order": LIBRARY.order}

    def read(text: Any) -> Any:
        if text == value:
            raise Refusal(400, "invalid_value", name, f"Invalid value: '{value}'.")
        return own[name](text)

    return read


def _behind(unknown: Callable[[list[Job]], list[Job]]) -> Callable[[list[Job], str | None], list[Job]]:
    """What follows a video that there is not."""
    return lambda jobs, after: behind(jobs, after) if after in (None, *(job.id for job in jobs)) else unknown(jobs)


def _from(shift: int) -> Callable[[list[Job], str | None], list[Job]]:
    """The page begins so many videos too late; one too early is the named video itself."""

    def read(jobs: list[Job], after: str | None) -> list[Job]:
        rest = behind(jobs, after)
        start = len(jobs) - len(rest)
        return jobs[max(0, start + shift) :] if after is not None else jobs

    return read


def _page(**changes: object) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """These keys of a page are changed."""
    return {"page": lambda page: page | changes}


def _without(key: str) -> dict[str, Callable[[dict[str, Any]], Any]]:
    return {"page": lambda page: {name: value for name, value in page.items() if name != key}}


def _spread(now: float) -> int:
    """A time of creation within the last four seconds, so that an order can be seen at once."""
    return int(now) - secrets.randbelow(4)


def times(name: str, rule: str, says: str, kind: type[Library] = Library, **policies: Any) -> Fault:
    """A fault of the order; the videos are of several seconds."""
    return fault(name, rule, says, stamp=_spread, beyond=kind(**policies).serve)


def anybody(name: str) -> Callable[[str, Service, Request], None]:
    """Nobody needs a token for this operation."""

    def knows(asked: str, service: Service, request: Request) -> None:
        if asked != name:
            LIBRARY.knows(asked, service, request)

    return knows


def status(name: str, code: int) -> dict[str, Callable[[str, Response], Response]]:
    """Good answers of this operation have another status."""
    return {"finish": lambda asked, answer: replace(answer, status=code) if asked == name else answer}


# fmt: off
QUERY = (
    beyond("list-limit-text", "list.limit.type", "A limit that is no number counts as left out.", limit=_taken),
    beyond("list-limit-fraction", "list.limit.type", "A limit with a decimal point is cut to a whole number.", **_limit(lambda text: text.partition(".")[0])),
    beyond("list-limit-negative", "list.limit.minimum", "A negative limit counts as 0.", **_limit(lambda text: "0" if text.startswith("-") else text)),
    beyond("list-limit-zero-refused", "list.limit.minimum", "A limit of 0 is refused.", limit=_refused("0", "limit")),
    beyond("list-limit-zero-usual", "list.limit.minimum", "A limit of 0 counts as left out.", limit=lambda text: read_limit(text) or 20),
    beyond("list-limit-large", "list.limit.maximum", "A limit above 100 counts as 100.", **_limit(lambda text: "100" if text.isdecimal() and int(text) > 100 else text)),
    beyond("list-limit-101", "list.limit.maximum", "The largest limit is 101.", **_limit(lambda text: "100" if text == "101" else text)),
    beyond("list-limit-100-refused", "list.limit.maximum", "A limit of 100 is refused.", limit=_refused("100", "limit")),
    beyond("list-limit-capped", "list.limit.maximum", "A limit above 50 is refused.", limit=lambda text: LIBRARY.limit("101" if text and text.isdecimal() and int(text) > 50 else text)),
    beyond("list-limit-ignored", "list.page", "A page has 20 videos whatever the limit.", limit=lambda text: min(read_limit(text), 0) + 20),
    beyond("list-limit-and-one", "list.page", "A page has one video more than its limit.", cut=lambda jobs, limit: jobs[: limit + 1]),
    beyond("list-limit-default-10", "list.limit.default", "A page has 10 videos where no limit is given.", limit=lambda text: read_limit(text or "10")),
    beyond("list-limit-default-100", "list.limit.default", "A page has 100 videos where no limit is given.", limit=lambda text: read_limit(text or "100")),
    beyond("list-order-any", "list.order", "Any order is accepted.", order=lambda value: value),
    beyond("list-order-upper", "list.order", "An order in upper case is accepted.", order=lambda value: LIBRARY.order(value.lower())),
    beyond("list-order-asc-refused", "list.order", "The order asc is refused.", order=_refused("asc", "order")),
    times("list-order-ignored", "list.order", "The newest video comes first whatever the order.", arrange=lambda jobs, _order: arrange(jobs, "desc")),
    times("list-order-none", "list.order", "Videos are in no order of time, whatever is asked for.", arrange=lambda jobs, _order: sorted(jobs, key=lambda job: job.id[20:])),
    times("list-order-swapped", "list.order", "asc is the newest first, and desc the oldest; left out it is the newest.", first="asc", arrange=lambda jobs, order: arrange(jobs, "desc" if order == "asc" else "asc")),
    times("list-oldest-first", "list.order.default", "The oldest video comes first where no order is given.", first="asc"),
    beyond("list-after-unknown-first", "list.after", "After an unknown video comes the first page.", behind=_behind(lambda jobs: jobs)),
    beyond("list-after-unknown-empty", "list.after", "After an unknown video comes an empty page.", behind=_behind(lambda _jobs: [])),
)

PAGE = (
    beyond("list-after-included", "list.page", "A page begins with the video that it is to follow.", behind=_from(-1)),
    beyond("list-after-skips", "list.page", "A page leaves one video out behind the one that it follows.", behind=_from(1)),
    beyond("list-after-ignored", "list.page", "Every page is the first.", behind=lambda jobs, after: behind(jobs, after) and jobs),
    beyond("list-more-always", "list.page", "Every page says that more follow.", more=lambda _jobs, _limit: True),
    beyond("list-more-never", "list.page", "No page says that more follow.", more=lambda _jobs, _limit: False),
    beyond("list-more-text", "list.page", "has_more is text.", page=lambda page: page | {"has_more": str(page["has_more"]).lower()}),
    beyond("list-more-missing", "list.page", "has_more is missing.", **_without("has_more")),
    beyond("list-bare", "list.page", "A page is no object but a list.", page=lambda page: page["data"]),
    beyond("list-object-videos", "list.page", "object of a page is videos.", **_page(object="videos")),
    beyond("list-key-videos", "list.page", "The videos of a page stand under videos.", page=lambda page: {"videos" if key == "data" else key: value for key, value in page.items()}),
    beyond("list-first-missing", "list.page", "first_id is missing.", **_without("first_id")),
    beyond("list-first-null", "list.page", "first_id is null.", **_page(first_id=None)),
    beyond("list-ends-swapped", "list.page", "first_id and last_id are exchanged.", page=lambda page: page | {"first_id": page["last_id"], "last_id": page["first_id"]}),
    beyond("list-ends-empty-text", "list.page", "last_id of an empty page is empty text.", page=lambda page: page | {"last_id": page["last_id"] or ""}),
    beyond("list-ids", "list.page", "A page has ids, no videos.", item=lambda video: video["id"]),
    beyond("list-short", "list.page", "The videos of a page lack what is null.", item=lambda video: {key: value for key, value in video.items() if value is not None}),
    beyond("list-model-lost", "list.page", "The model of a listed video is always sora-2.", item=lambda video: video | {"model": "sora-2"}),
    beyond("list-size-lost", "list.page", "The size of a listed video is always 720x1280.", item=lambda video: video | {"size": "720x1280"}),
    beyond("list-seconds-number", "list.page", "The seconds of a listed video are a number.", item=lambda video: video | {"seconds": int(video["seconds"])}),
    beyond("list-times-lost", "list.page", "created_at of a listed video is one second late.", item=lambda video: video | {"created_at": video["created_at"] + 1}),
    beyond("list-twice", "list.page", "The first video of a page stands there twice.", cut=lambda jobs, limit: (jobs[:1] + jobs)[:limit] if limit > 1 else jobs[:limit]),
    beyond("list-first-left-out", "list.page", "The oldest video is never listed.", arrange=lambda jobs, order: arrange(jobs[1:], order)),
    beyond("list-finished-only", "list.page", "Only finished videos are listed.", owns=lambda job, owner: job.owner == owner and job.completed_at is not None),
    beyond("list-201", "list.page", "A page is answered 201.", **status("list", 201)),
    beyond("list-500", "list.page", "A page is answered 500.", **status("list", 500)),
    beyond("list-without-token", "auth.required", "The list is shown to everybody.", knows=anybody("list"), owns=lambda _job, _owner: True),
    fault("list-of-all", "list.own", "Any token is accepted, and sees the videos of all.", knows=bool, beyond=replace(LIBRARY, owns=lambda _job, _owner: True).serve),
)
# fmt: on

FAULTS: tuple[Fault, ...] = QUERY + PAGE
