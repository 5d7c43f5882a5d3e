"""The measurement: both servers in one run, in turns, so that a noisy machine is as noisy for both."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import NamedTuple

from benchmarks.load import LOADS
from benchmarks.servers import BARE, MOCK, Server, ask, memory, started
from benchmarks.work import Work, works

STARTS = 3


class Effort(NamedTuple):
    """How hard to measure.

    The name of a load, how many rounds, the seconds of each round and server; ``only`` the work with this in its name.
    """

    load: str
    rounds: int
    seconds: float
    only: str = ""


class Speed(NamedTuple):
    """Requests a second of the mock and of the bare server, and the share; medians over the rounds."""

    work: Work
    mock: float
    bare: float
    share: float


class Footprint(NamedTuple):
    """Seconds from start to first answer; megabytes at rest, after all the work, and at most."""

    start: float
    rest: float | None
    after: float | None
    most: float | None


def measure(effort: Effort) -> Iterator[Speed | Footprint]:
    """Each work's speed as it is known, then the footprint."""
    starts = [start() for _ in range(STARTS - 1)]
    with ExitStack() as stack:
        bare, mock = (stack.enter_context(started(*BARE)), stack.enter_context(started(*MOCK)))
        rest = memory(mock)
        for work in works(_new_video(mock)):
            if effort.only in work.name:
                yield _speed(work, mock, bare, effort)
        yield Footprint(median([*starts, mock.ready_after]), rest, memory(mock), memory(mock, "VmHWM"))


def start() -> float:
    """Seconds from the mock's start to its first answer."""
    with started(*MOCK) as server:
        return server.ready_after


def _new_video(mock: Server) -> str:
    video: dict[str, str] = json.loads(ask(mock.url, works("")[0]))
    return video["id"]


def _speed(work: Work, mock: Server, bare: Server, effort: Effort) -> Speed:
    load, pairs = LOADS[effort.load], []
    for _ in range(effort.rounds):
        limit = load(bare.url, work, effort.seconds).rate(accepted=True)
        pairs.append((load(mock.url, work, effort.seconds).rate(accepted=work.accepted), limit))
    return Speed(
        work,
        mock=median(ours for ours, _ in pairs),
        bare=median(limit for _, limit in pairs),
        share=median(ours / limit for ours, limit in pairs),
    )
