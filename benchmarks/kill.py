"""``python -m benchmarks.kill``: kill -9 in the middle of eight writers, again and again, and look at what is left.

After each kill the mock is started anew. Every creation that was acknowledged, in this round or before, has to be
listed, retrieved and kept with the very bytes of its picture; of the others each is there as a whole or not at all.
"""

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, NamedTuple, TextIO
from urllib.parse import urlsplit

import msgspec

from benchmarks.pictures import picture
from benchmarks.work import BOUNDARY, TOKEN, form
from mockserver.api.auth import Tokens
from mockserver.stores import parse_store
from tests.redis_server import DURABLE, RedisServer

WRITERS = 8
PICTURES = tuple(picture(noise, "png") for noise in (0, 3000, 30_000, 200_000))
"""From a few kilobytes to more than half a million, so that kills meet small additions and large ones."""

HEADERS = {"authorization": f"Bearer {TOKEN}"}
KEYS = 12
"""Of a whole answer."""


class Left(NamedTuple):
    """What a round left behind. All but ``acknowledged`` and ``kept`` has to be nothing."""

    acknowledged: int
    kept: int
    lost: int
    torn: int
    damaged: int

    def __add__(self, other: "Left") -> "Left":  # type: ignore[override]
        return Left(*(one + two for one, two in zip(self, other, strict=True)))


class Writers:
    """Creates videos on connections of their own until the server is gone. ``made``: id → which picture."""

    def __init__(self, url: str, enough: int) -> None:
        self.made: dict[str, int] = {}
        self.reached = Event()
        self._enough = enough
        self._threads = [Thread(target=self._write, args=(urlsplit(url).netloc, number)) for number in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all of them have noticed."""
        for thread in self._threads:
            thread.join()

    def _write(self, netloc: str, number: int) -> None:
        sent = {**HEADERS, "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
        bodies = [form(content) for content in PICTURES]
        with closing(HTTPConnection(netloc, timeout=30)) as connection:
            while True:
                number += 1
                try:
                    connection.request("POST", "/v1/videos", bodies[number % len(bodies)], sent)
                    answer = connection.getresponse()
                    content = answer.read()
                except (OSError, HTTPException):
                    return
                if answer.status == 200:
                    self.made[msgspec.json.decode(content)["id"]] = number % len(PICTURES)
                    if len(self.made) >= self._enough:
                        self.reached.set()


@contextmanager
def mock(store: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """A mock with two workers: where it is, and what kills all of its processes at once."""
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--store", store, "--workers", "2"]
    options = ("--pace", "instant", "--log-level", "error")
    quiet: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "start_new_session": True}
    with subprocess.Popen([*command, *options], **quiet) as process:  # noqa: S603 - our own words
        url = (process.stdout or sys.stdin).readline().rpartition(" ")[2].strip()

        def kill() -> None:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

        try:
            yield url, kill
        finally:
            kill()


def campaign(store: str, rounds: int, redis: RedisServer | None, random: Random) -> Iterator[Left]:
    """What each round leaves behind. Every other time a Redis is killed too."""
    acknowledged: dict[str, int] = {}
    for number in range(rounds):
        with mock(store) as (url, kill):
            writers = Writers(url, random.randrange(WRITERS, 10 * WRITERS))
            writers.reached.wait(60)
            if redis is not None and number % 2:
                redis.kill()
            kill()
            writers.join()
        if redis is not None and number % 2:
            redis.start()
        acknowledged |= writers.made
        yield judged(store, acknowledged, len(writers.made))


def judged(store: str, acknowledged: dict[str, int], new: int) -> Left:
    """Look at all that is there: through a mock that was started anew, and behind its back."""
    with mock(store) as (url, _), closing(HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        listed = list(walk(connection))
        torn = sum(len(video) != KEYS or get(connection, f"/v1/videos/{video['id']}") != video for video in listed)
    ids = [video["id"] for video in listed]
    kept = parse_store(store).open(lambda _: True)
    owner = Tokens.owner(HEADERS["authorization"].rpartition(" ")[2])
    references = {video_id: kept.reference(owner, video_id) for video_id in ids}
    torn += sum(reference not in PICTURES for reference in references.values())
    torn += kept.count() != len(ids) or kept.held() != sum(len(reference or b"") for reference in references.values())
    kept.close()
    lost = sum(references.get(video_id) != PICTURES[which] for video_id, which in acknowledged.items())
    return Left(new, len(ids), lost + len(ids) - len(set(ids)), torn, int(is_damaged(store)))


def walk(connection: HTTPConnection, token: str = TOKEN) -> Iterator[dict[str, Any]]:
    """Every video that is listed to ``token``, page by page."""
    after, more = "", True
    while more:
        page = get(connection, f"/v1/videos?limit=100{after}", token)
        yield from page["data"]
        after, more = f"&after={page.get('last_id')}", page["has_more"]


def get(connection: HTTPConnection, path: str, token: str = TOKEN) -> Any:
    """The JSON that is there."""
    connection.request("GET", path, headers={"authorization": f"Bearer {token}"})
    return msgspec.json.decode(connection.getresponse().read())


def is_damaged(store: str) -> bool:
    """Whether SQLite finds fault with its file."""
    if not store.startswith("sqlite:"):
        return False
    with closing(sqlite3.connect(store.removeprefix("sqlite:"))) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)])


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print what each store lost. 1 if it was anything."""
    parser = argparse.ArgumentParser("python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often each store is killed (%(default)s)")
    parser.add_argument("--store", choices=("sqlite", "redis"), help="only this one")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (%(default)s)")
    options = parser.parse_args(argv)
    stdout.write(
        "| store  | kills | acknowledged | kept | lost | torn | files damaged |\n|---|---|---|---|---|---|---|\n"
    )
    failed = False
    for name in [options.store] if options.store else ["sqlite", "redis"]:
        with TemporaryDirectory() as folder:
            redis = RedisServer(*DURABLE) if name == "redis" else None
            store = redis.url() if redis else f"sqlite:{Path(folder, 'jobs.db')}"
            rounds = list(campaign(store, options.rounds, redis, Random(options.seed)))  # noqa: S311 - no secret
            if redis:
                redis.close()
        left = sum(rounds, Left(0, 0, 0, 0, 0))._replace(kept=rounds[-1].kept)
        stdout.write(f"| {name:6} | {options.rounds} | " + " | ".join(map(str, left)) + " |\n")
        stdout.flush()
        failed = failed or any(left[2:])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
