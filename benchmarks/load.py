"""The load: 16 connections that send one request over and over. wrk where it is installed, a plain client elsewhere."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

import uvloop

from benchmarks.work import COUNTED, Work, headers

CONNECTIONS = 16
PATIENCE = 60  # seconds for the first answer
SCRIPT = Path(__file__).with_name("wrk.lua")


class Count(NamedTuple):
    """What came back: all answers, those of status 400 and more, exchanges that broke, and the seconds it took."""

    answers: int
    refused: int
    broken: int
    seconds: float

    def rate(self, *, accepted: bool) -> float:
        """Answers a second; ``RuntimeError`` if they are not what they should be."""
        if self.broken or not self.answers or self.refused != (0 if accepted else self.answers):
            raise RuntimeError(f"the answers are not as expected ({'accepted' if accepted else 'refused'}): {self}")
        return self.answered

    @property
    def answered(self) -> float:
        """Answers a second, whatever they are."""
        return self.answers / self.seconds


Load = Callable[[str, Work, float], Count]
"""Sends a request to a URL for so many seconds."""


def with_wrk(url: str, work: Work, seconds: float) -> Count:
    """The load of wrk, one thread. It takes whole seconds, at least one."""
    with NamedTemporaryFile() as file:
        file.write(work.body)
        file.flush()
        pairs = [word for pair in headers(work).items() for word in pair]
        size = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
        command = ["wrk", *size, "-s", str(SCRIPT), url + work.path, "--", work.method, file.name, *pairs]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    found = re.search(r"^result (\d+) (\d+) (\d+) (\d+)$", output, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk gave no result: {output}")
    answers, microseconds, refused, broken = map(int, found.groups())
    return Count(answers, refused, broken, microseconds / 1e6)


def with_python(url: str, work: Work, seconds: float) -> Count:
    """The load of this process. Slower than wrk, so that a very fast server looks slower than it is."""
    return uvloop.run(_send(urlsplit(url).netloc, work, seconds))


async def _send(netloc: str, work: Work, seconds: float) -> Count:
    loop = asyncio.get_running_loop()
    lines = [f"{work.method} {work.path} HTTP/1.1", f"Host: {netloc}", f"Content-Length: {len(work.body)}"]
    lines += [f"{name}: {value}" for name, value in headers(work).items()]
    request = "\r\n".join([*lines, "", ""]).encode() + work.body
    host, _, port = netloc.partition(":")
    begun = perf_counter()
    made = [await loop.create_connection(lambda: _Connection(request), host, int(port)) for _ in range(CONNECTIONS)]
    senders = [sender for _, sender in made]
    await asyncio.sleep(seconds)
    async with asyncio.timeout(PATIENCE):
        while not any(sender.answers or sender.broken for sender in senders):  # noqa: ASYNC110 - so near the end, a poll will do
            await asyncio.sleep(seconds)
    took = perf_counter() - begun
    count = Count(
        sum(s.answers for s in senders), sum(s.refused for s in senders), sum(s.broken for s in senders), took
    )
    for sender in senders:
        sender.stop()
    return count


class _Connection(asyncio.Protocol):
    """Sends its request again as soon as the answer is whole; what is counted in it has a beginning of its own."""

    def __init__(self, request: bytes) -> None:
        self.before, self.counted, self.behind = request.partition(COUNTED.encode())
        self.sent = id(self) % 10_000_000
        self.received = b""
        self.answers = self.refused = self.broken = 0
        self.stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.send()

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if separator and len(body) >= int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0]):
            self.answers += 1
            self.refused += self.received[9:10] >= b"4"
            self.received = b""
            self.send()

    def send(self) -> None:
        """Send the request once more."""
        self.sent += 1
        count = b"%08d" % self.sent if self.counted else b""
        self.transport.write(self.before + count + self.behind)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.broken += not self.stopped

    def stop(self) -> None:
        """Let go of the connection."""
        self.stopped = True
        self.transport.abort()


LOADS: dict[str, Load] = {"wrk": with_wrk, "python": with_python}


def default_load() -> str:
    """The best one that is here."""
    return "wrk" if shutil.which("wrk") else "python"
