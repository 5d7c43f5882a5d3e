"""``python -m benchmarks.store``: what each call of a store, and a whole request, costs with few jobs and with many."""

import argparse
import sys
from collections.abc import Callable, Sequence
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import ClassVar, NamedTuple, TextIO

import msgspec

from benchmarks.work import headers, works
from mockserver.api.auth import Tokens
from mockserver.app import App, create_app
from mockserver.jobs.job import Job
from mockserver.settings import Settings
from mockserver.stores import parse_store
from mockserver.stores.base import Store
from mockserver.web.responses import Response

FEW = 1000
HEADERS = tuple(f"Bearer token-{number}" for number in range(10))
OWNERS = tuple(Tokens.owner(header.rpartition(" ")[2]) for header in HEADERS)
CREATION = works()[0]
SMALL = (bytes(100),)
"""A reference that costs next to nothing: the jobs are what is counted."""


class Filled(NamedTuple):
    """A store with ``jobs`` jobs in it, and no room for one more; a mock that keeps its jobs there."""

    store: Store
    jobs: int
    mock: App

    def send(self, method: str, path: str, owner: int, body: bytes = b"", media_type: str = "") -> None:
        """Have a request of that owner answered, as the server does; ``RuntimeError`` if it is refused."""
        headers = {"authorization": HEADERS[owner], "content-type": media_type, "content-length": str(len(body))}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        found = self.mock.find(path)
        assert found is not None
        context = self.mock.recorder.start(method, path, b"", pairs, "127.0.0.1", "http")
        context.parameters = found[1]
        answer = found[0].respond(context, body)
        if not isinstance(answer, Response) or answer.status != 200:
            raise RuntimeError(f"not answered as expected: {answer}")
        self.mock.recorder.finish(context, answer.status)

    def place(self, number: int) -> int:
        """One of the jobs, all over the store."""
        return number * 7919 % self.jobs


class Cost(NamedTuple):
    """Microseconds a call: those of a clock, and those of the processor, which others on the machine disturb less."""

    wall: float
    processor: float


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print one row a call of each store."""
    parser = argparse.ArgumentParser("python -m benchmarks.store", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000, help="how many are many, in memory (%(default)s)")
    parser.add_argument("--file-jobs", type=int, default=100_000, help="and in a file (%(default)s)")
    parser.add_argument("--rounds", type=int, default=15, help="of which the median counts (%(default)s)")
    parser.add_argument("--folder", help="where the files are made; a temporary one")
    options = parser.parse_args(argv)
    stdout.write(row("call", f"{FEW} jobs", "many jobs", "ratio", "by CPU") + row(*["---"] * 5))
    with TemporaryDirectory(dir=options.folder) as folder:
        for name, many in (("memory", options.jobs), ("sqlite", options.file_jobs)):
            sizes = {jobs: "memory" if name == "memory" else f"sqlite:{folder}/{jobs}" for jobs in (FEW, many)}
            few, lots = (filled(text, jobs) for jobs, text in sizes.items())
            for call, work in WORKS.items():
                stdout.write(cost_row(f"{name} {call}", *measure(work, few, lots, options.rounds)))
                stdout.flush()
            few.store.close()
            lots.store.close()
    return 0


def owner(number: int) -> str:
    """One of a few owners, as long as a hash."""
    return OWNERS[number % len(OWNERS)]


def job(number: int) -> Job:
    """A job as a right request makes it."""
    echo = ("sora-2", "4", "720x1280")
    return Job(video_id(number), owner(number), 1760592434.0 + number, 4.0, 720, 1280, echo, 0.5)


def video_id(number: int) -> str:
    """An id as long as a real one."""
    return f"video_{number:048x}"


def filled(text: str, jobs: int) -> Filled:
    """A store with so many jobs, all finished."""
    store = parse_store(text).open(lambda _: True, jobs, 2**50)
    for number in range(jobs):
        store.add(job(number), SMALL)
    return Filled(store, jobs, create_app(Settings(store=Opened(store))))


class Opened:
    """The choice of a store that is open already."""

    is_shared: ClassVar[bool] = False

    def __init__(self, store: Store) -> None:
        self.store = store

    def open(self, *_: object) -> Store:
        """That store."""
        return self.store


def add(full: Filled, number: int) -> None:
    """Add one, for which the oldest goes."""
    full.store.add(job(full.jobs + number), SMALL)


def get(full: Filled, number: int) -> None:
    """Get one of the latest, as clients that wait for theirs do."""
    place = full.jobs - 1 - number % FEW
    full.store.get(owner(place), video_id(place))


def get_any(full: Filled, number: int) -> None:
    """Get one from anywhere: with many, the processor's own caches hold none of them."""
    place = full.place(number)
    full.store.get(owner(place), video_id(place))


def change(full: Filled, number: int) -> None:
    """Count one more poll of one."""
    place = full.place(number)
    full.store.change(owner(place), video_id(place), polled)


def first_page(full: Filled, number: int) -> None:
    """The newest twenty of an owner."""
    full.store.page(owner(number), after=None, limit=20, newest_first=True)


def deep_page(full: Filled, number: int) -> None:
    """Twenty near the end of an owner's list."""
    place = full.jobs // 20 + number % len(OWNERS)
    full.store.page(owner(place), after=video_id(place), limit=20, newest_first=True)


def retrieve(full: Filled, number: int) -> None:
    """A whole request for one from anywhere."""
    place = full.place(number)
    full.send("GET", f"/v1/videos/{video_id(place)}", place % len(OWNERS))


def create(full: Filled, number: int) -> None:
    """A whole request for a new one, for which the oldest goes."""
    full.send("POST", "/v1/videos", number % len(OWNERS), CREATION.body, headers(CREATION)["Content-Type"])


def polled(job: Job) -> Job:
    """The job with one more poll."""
    return msgspec.structs.replace(job, polls=job.polls + 1)


WORKS: dict[str, tuple[Callable[[Filled, int], None], int]] = {
    "get": (get, 200),
    "get any": (get_any, 200),
    "change any": (change, 100),
    "first page": (first_page, 50),
    "deep page": (deep_page, 50),
    "retrieve, whole": (retrieve, 100),
    "add": (add, 100),
    "create, whole": (create, 50),
}
"""What is measured, and how many calls are timed at once. Additions come last: they push the oldest jobs out."""


def measure(work: tuple[Callable[[Filled, int], None], int], few: Filled, many: Filled, count: int) -> list[Cost]:
    """What a call costs with few jobs and with many, in turns; medians of ``count`` rounds."""
    call, calls = work
    starts = range(0, count * calls, calls)
    found = [[timed(call, full, range(start, start + calls)) for full in (few, many)] for start in starts]
    return [Cost(*map(median, zip(*costs, strict=True))) for costs in zip(*found, strict=True)]


def timed(call: Callable[[Filled, int], None], full: Filled, numbers: range) -> Cost:
    """The mean of some calls."""
    wall, processor = perf_counter(), process_time()
    for number in numbers:
        call(full, number)
    return Cost(*(1e6 * seconds / len(numbers) for seconds in (perf_counter() - wall, process_time() - processor)))


def row(name: str, *cells: str) -> str:
    """One row of the table."""
    return f"| {name:22} | " + " | ".join(f"{cell:>10}" for cell in cells) + " |\n"


def cost_row(name: str, few: Cost, many: Cost) -> str:
    """The row of one call."""
    ratios = (many.wall / few.wall, many.processor / few.processor)
    return row(name, f"{few.wall:.1f} µs", f"{many.wall:.1f} µs", *(f"{ratio:.2f}" for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main())
