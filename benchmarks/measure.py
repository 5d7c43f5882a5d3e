"""The measurement: both servers in one run, in turns, so that a noisy machine is as noisy for both."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import NamedTuple

from benchmarks.load import LOADS, Load
from benchmarks.page import WITHOUT, following
from benchmarks.prism import prism
from benchmarks.servers import BARE, MOCK, Server, ask, memory, started, work_seconds
from benchmarks.work import Work, works

STARTS = 3


class Effort(NamedTuple):
    """How hard to measure.

    The name of a load, how many rounds, the seconds of each round and server; ``only`` the work with this in its name;
    the command that starts a ``prism``, if there is one.
    """

    load: str
    rounds: int
    seconds: float
    only: str = ""
    prism: str | None = None


class Speed(NamedTuple):
    """Requests a second of the mock and of the bare server, and the share; medians over the rounds.

    ``processor`` is the share by processor time a request: what it would be if nobody else used the machine; ``prism``
    what Prism answers a second, whatever its answers are.
    """

    work: Work
    mock: float
    bare: float
    share: float
    processor: float | None
    prism: float | None


class PageCost(NamedTuple):
    """By how much a creation takes more processor time because of the page: while none is open, and while one is."""

    closed: float
    opened: float


class Footprint(NamedTuple):
    """Seconds from start to first answer; megabytes at rest, after all the work, and at most."""

    start: float
    rest: float | None
    after: float | None
    most: float | None


def measure(effort: Effort) -> Iterator[Speed | PageCost | Footprint]:
    """Each work's speed as it is known, then what the page costs, then the footprint."""
    starts = [start() for _ in range(STARTS - 1)]
    with ExitStack() as stack:
        bare, mock = (stack.enter_context(started(*BARE)), stack.enter_context(started(*MOCK)))
        rest = memory(mock)
        for work in works():
            if effort.only in work.name:
                yield _speed(work, mock, bare, effort)
        if effort.only in works()[0].name:
            yield _page_cost(works()[0], effort)
        yield Footprint(median([*starts, mock.ready_after]), rest, memory(mock), memory(mock, "VmHWM"))


def start() -> float:
    """Seconds from the mock's start to its first answer."""
    with started(*MOCK) as server:
        return server.ready_after


def _new_video(mock: Server) -> str:
    """One that no upload of an earlier work has driven out of the store."""
    video: dict[str, str] = json.loads(ask(mock.url, works()[0]))
    return video["id"]


def _speed(work: Work, mock: Server, bare: Server, effort: Effort) -> Speed:
    load = LOADS[effort.load]
    if "{video_id}" in work.path:
        work = work._replace(path=work.path.format(video_id=_new_video(mock)))
    rounds = [
        (
            _round(load, bare, work._replace(accepted=True), effort.seconds),
            _round(load, mock, work, effort.seconds),
        )
        for _ in range(effort.rounds)
    ]
    costs = [limit.cost / ours.cost for limit, ours in rounds if limit.cost and ours.cost]
    return Speed(
        work,
        mock=median(ours.rate for _, ours in rounds),
        bare=median(limit.rate for limit, _ in rounds),
        share=median(ours.rate / limit.rate for limit, ours in rounds),
        processor=median(costs) if costs else None,
        prism=_peer(work, effort),
    )


def _page_cost(work: Work, effort: Effort) -> PageCost:
    """Three mocks in turns: one that keeps nothing for the page, one as it is, one with a page open."""
    load = LOADS[effort.load]
    with started(*WITHOUT) as without, started(*MOCK) as closed, started(*MOCK) as opened, following(opened):
        for server in (without, closed, opened):
            _round(load, server, work, effort.seconds)  # so that the journal of each is full
        turns = [
            [_round(load, server, work, effort.seconds).cost or 0.0 for server in (without, closed, opened)]
            for _ in range(effort.rounds)
        ]
    return PageCost(
        median(closed / without - 1 if without else 0.0 for without, closed, _ in turns),
        median(opened / closed - 1 if closed else 0.0 for _, closed, opened in turns),
    )


def _peer(work: Work, effort: Effort) -> float | None:
    """Requests a second of a Prism of its own: one that was left with large uploads is busy for long."""
    if effort.prism is None:
        return None
    with prism(effort.prism) as peer:
        return LOADS[effort.load](peer.url, work, effort.seconds).answered


class Round(NamedTuple):
    """Requests a second, and processor seconds a request if they are known."""

    rate: float
    cost: float | None


def _round(load: Load, server: Server, work: Work, seconds: float) -> Round:
    before = work_seconds(server)
    count = load(server.url, work, seconds)
    after = work_seconds(server)
    rate = count.rate(accepted=work.accepted)
    return Round(rate, None if before is None or after is None else (after - before) / count.answers)
