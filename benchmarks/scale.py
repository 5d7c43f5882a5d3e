"""``python -m benchmarks.scale``: what more processes give, and that none of them loses an answer or gives it twice."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, TextIO
from urllib.parse import urlsplit

import msgspec

from benchmarks.kill import walk
from benchmarks.load import LOADS, Count, Load, default_load
from benchmarks.servers import BARE, MOCK, PATIENCE, Server, ask, started, work_seconds
from benchmarks.work import Work, headers, works
from tests.redis_server import RedisServer

COUNTED = 400
"""Creations that are counted one by one, ..."""

COUNTER = "counter"
"""... under a token that has no others."""

SMALL = works()[0]


class Setup(NamedTuple):
    """Mocks side by side. ``store``: memory, sqlite or redis; none for the bare server, by which all is measured."""

    name: str
    store: str
    replicas: int = 1
    workers: int = 1


SETUPS = (
    Setup("bare uvicorn", "none"),
    Setup("memory", "memory"),
    Setup("sqlite", "sqlite"),
    Setup("sqlite, 2 workers", "sqlite", workers=2),
    Setup("redis", "redis"),
    Setup("redis, 2 workers", "redis", workers=2),
    Setup("redis, 2 replicas", "redis", replicas=2),
)


class Pace(NamedTuple):
    """Requests a second of a clock, and of the processor time that the mocks took: what one core would serve."""

    wall: float
    core: float


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print one row a setup. 1 if an answer was lost or given twice."""
    parser = argparse.ArgumentParser("python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--load", choices=LOADS, default=default_load(), help="what sends the requests (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round and work (%(default)s)")
    parser.add_argument("--setup", default="", help="only what has this in its name")
    options = parser.parse_args(argv)
    stdout.write(row("setup", "creates/s", "a core", "retrieves/s", "a core", "counted", "lost", "double"))
    stdout.write(row(*["---"] * 8))
    failed = False
    for setup in SETUPS:
        if options.setup in setup.name:
            with running(setup) as mocks:
                paces = measure(mocks, LOADS[options.load], options.rounds, options.seconds)
                counted = COUNTED if setup.store != "none" else 0
                lost, double = count(mocks, counted)
            numbers = [f"{number:,.0f}" for pace in paces for number in pace]
            stdout.write(row(setup.name, *numbers, *map(str, (counted, lost, double))))
            stdout.flush()
            failed = failed or lost + double > 0
    return int(failed)


@contextmanager
def running(setup: Setup) -> Iterator[list[Server]]:
    """The mocks of a setup, and the store that they share."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        store = setup.store
        if store == "redis":
            store = stack.enter_context(closing(RedisServer())).url()
        elif store == "sqlite":
            store = f"sqlite:{Path(folder, 'jobs.db')}"
        elif store == "none":
            yield [stack.enter_context(started(*BARE))]
            return
        options = (*MOCK[1:], "--store", store, "--workers", str(setup.workers), "--pace", "instant")
        yield [stack.enter_context(started(MOCK[0], *options)) for _ in range(setup.replicas)]


def measure(mocks: list[Server], load: Load, rounds: int, seconds: float) -> list[Pace]:
    """How fast they create and retrieve; medians."""
    found = [
        [paced(mocks, load, SMALL, seconds), paced(mocks, load, retrieval(mocks[0]), seconds)] for _ in range(rounds)
    ]
    return [Pace(*map(median, zip(*paces, strict=True))) for paces in zip(*found, strict=True)]


def retrieval(mock: Server) -> Work:
    """Of a video that no creation before has driven out of the store."""
    video_id = msgspec.json.decode(ask(mock.url, SMALL))["id"]
    return Work("retrieve", "GET", f"/v1/videos/{video_id}", b"", accepted=True, goal=0)


def paced(mocks: list[Server], load: Load, work: Work, seconds: float) -> Pace:
    """The pace of all of them together, each under a load of its own."""
    before = cores(mocks)
    with ThreadPoolExecutor(len(mocks)) as threads:
        counts: list[Count] = list(threads.map(lambda mock: load(mock.url, work, seconds), mocks))
    took = cores(mocks) - before
    wall = sum(count.rate(accepted=True) for count in counts)
    return Pace(wall, sum(count.answers for count in counts) / took if took else float("nan"))


def cores(mocks: list[Server]) -> float:
    """Seconds of processor time that they and their workers have taken."""
    return sum(work_seconds(process) or 0 for mock in mocks for process in family(mock))


def family(mock: Server) -> list[Server]:
    """A mock and its workers; alone where the system has no /proc."""
    path = Path(f"/proc/{mock.pid}/task/{mock.pid}/children")
    return [mock, *(mock._replace(pid=int(pid)) for pid in (path.read_text("ascii").split() if path.exists() else []))]


def count(mocks: list[Server], creations: int) -> tuple[int, int]:
    """Create so many at once, all over the mocks: how many are not listed by all of them, how many twice by one."""
    if not creations:
        return 0, 0
    with ThreadPoolExecutor(16) as threads:
        made = list(threads.map(lambda number: create(mocks[number % len(mocks)]), range(creations)))
    found = [listed(mock) for mock in mocks]
    lost = sum(len(set(made) ^ set(each)) for each in found)
    double = len(made) - len(set(made)) + sum(len(each) - len(set(each)) for each in found)
    return lost, double


def create(mock: Server) -> str:
    """Create one, on a connection of its own: which process takes it is left to the system."""
    with closing(HTTPConnection(urlsplit(mock.url).netloc, timeout=PATIENCE)) as connection:
        connection.request("POST", SMALL.path, SMALL.body, {**headers(SMALL), "Authorization": f"Bearer {COUNTER}"})
        video_id: str = msgspec.json.decode(connection.getresponse().read())["id"]
        return video_id


def listed(mock: Server) -> list[str]:
    """Every id that a mock lists of those that are counted."""
    with closing(HTTPConnection(urlsplit(mock.url).netloc, timeout=PATIENCE)) as connection:
        return [video["id"] for video in walk(connection, COUNTER)]


def row(name: str, *cells: str) -> str:
    """One row of the table."""
    return f"| {name:18} | " + " | ".join(f"{cell:>11}" for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.exit(main())
