"""``python -m benchmarks.malformed``: what becomes of a server that is sent a hundred thousand damaged requests.

Each is a good request, its head and body taken as bytes, with a few of them changed, moved or cut. After each thousand
a good one has to be answered. Exit code 1 where one answer was a 5xx, one connection hung or a good request failed.
"""

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import TextIO
from urllib.parse import urlsplit

import uvloop

from benchmarks.pictures import picture
from benchmarks.servers import MOCK, Server, ask, memory, started
from benchmarks.work import TOKEN, Work, form, headers, works

AT_ONCE = 16
PATIENCE = 20.0
"""Seconds after which a connection counts as hanging: what came is whole, and the sender has said so."""

EACH = 1000
"""Damaged requests between two good ones."""

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")

TOKENS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b"--", b'"', b";", b":", b" ", b"\xff\xfe", b"%00", b"\r\n\r\n", b"=", b"\\"),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Expect: 100-continue\r\n", b"boundary=", b"Content-Disposition: form-data; ", b'name="prompt"'),
    *(b'filename="\x00"', b"0\r\n\r\n", b"A" * 9000),
)
"""What is put into requests."""


@dataclass
class Toll:
    """What came of the requests. ``odd`` are those that broke the server's word, with what came."""

    statuses: Counter[str] = field(default_factory=Counter)
    odd: list[tuple[str, bytes]] = field(default_factory=list)
    slowest: float = 0.0
    good: int = 0


def good_requests(video_id: str) -> list[bytes]:
    """A request of each kind, as it goes over the wire."""
    small = form(picture(0, "png"))
    create = Work("", "POST", "/v1/videos", small, accepted=True, goal=0)
    lines = [f"{name}: {value}\r\n" for name, value in headers(create).items()]
    bearer = f"Authorization: Bearer {TOKEN}\r\n"
    remix = b'{"prompt": "A lighthouse at dawn"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (small[:100], small[100:700], small[700:]))
    return [
        _request("POST", "/v1/videos", [*lines, f"Content-Length: {len(small)}\r\n"], small),
        _request("POST", "/v1/videos", [*lines, "Transfer-Encoding: chunked\r\n"], chunks + b"0\r\n\r\n"),
        _request("GET", f"/v1/videos/{video_id}", [bearer]),
        _request("GET", "/v1/videos?limit=2&order=asc", [bearer]),
        _request("GET", f"/v1/videos/{video_id}/content?variant=thumbnail", [bearer, "Range: bytes=0-9\r\n"]),
        _request(
            "POST",
            f"/v1/videos/{video_id}/remix",
            [bearer, "Content-Type: application/json\r\n", f"Content-Length: {len(remix)}\r\n"],
            remix,
        ),
        _request("DELETE", "/v1/videos/video_123", [bearer]),
    ]


def _request(method: str, path: str, lines: list[str], body: bytes = b"") -> bytes:
    return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n" + "".join(lines) + "\r\n").encode() + body


def damaged(request: bytes, random: Random) -> bytes:
    """``request`` with one to four changes, mostly near its beginning, where the structure is."""
    data = bytearray(request)
    for _ in range(random.randint(1, 4)):
        random.choice(CHANGES)(data, _place(data, random), random)
    return bytes(data)


def _place(data: bytearray, random: Random) -> int:
    return random.randrange(min(len(data), random.choice((80, 400, 1200, 10**6))) or 1)


def _flip(data: bytearray, at: int, random: Random) -> None:
    data[at : at + 1] = bytes([random.randrange(256)])


def _cut(data: bytearray, at: int, random: Random) -> None:
    del data[at : at + random.choice((1, 2, 10, 100))]


def _end(data: bytearray, at: int, random: Random) -> None:  # noqa: ARG001
    del data[at:]


def _repeat(data: bytearray, at: int, random: Random) -> None:
    piece = data[at : at + random.choice((1, 10, 100))]
    data[at:at] = piece * random.choice((1, 2, 50))


def _insert(data: bytearray, at: int, random: Random) -> None:
    data[at:at] = random.choice(TOKENS)


def _swap(data: bytearray, at: int, random: Random) -> None:
    size = random.choice((1, 8, 60))
    data[at : at + 2 * size] = data[at + size : at + 2 * size] + data[at : at + size]


CHANGES: tuple[Callable[[bytearray, int, Random], None], ...] = (_flip, _cut, _end, _repeat, _insert, _swap)


async def campaign(server: Server, count: int, seed: int) -> Toll:
    """Send ``count`` damaged requests, and good ones in between."""
    random, toll = Random(seed), Toll()  # noqa: S311 - to be repeated
    video_id = json.loads(ask(server.url, works()[0]))["id"]
    good = good_requests(video_id)
    for begun in range(0, count, EACH):
        ready = iter([damaged(random.choice(good), random) for _ in range(min(EACH, count - begun))])
        await asyncio.gather(*(_send_all(server, ready, toll) for _ in range(AT_ONCE)))
        answer = await asyncio.to_thread(ask, server.url, works()[0])
        toll.good += 1
        if "id" not in json.loads(answer):
            toll.odd.append(("a good request was refused", answer))
    return toll


async def _send_all(server: Server, requests: Iterator[bytes], toll: Toll) -> None:
    for request in requests:
        sent = perf_counter()
        try:
            answer = await asyncio.wait_for(_exchange(server, request), PATIENCE)
        except TimeoutError:
            toll.odd.append(("no end of the connection", request))
            continue
        toll.slowest = max(toll.slowest, perf_counter() - sent)
        statuses = [status.decode() for status in STATUS.findall(answer)]
        toll.statuses.update([status[0] + "xx" for status in statuses] or ["closed"])
        if any(status >= "500" for status in statuses):
            toll.odd.append((f"a {'/'.join(statuses)}", request))


async def _exchange(server: Server, request: bytes) -> bytes:
    """All that comes back; the sender says that nothing more will follow."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(request)
        writer.write_eof()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Run the campaign, and print what came of it."""
    parser = argparse.ArgumentParser("python -m benchmarks.malformed", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (%(default)s)")
    options = parser.parse_args(argv)
    with started(*MOCK) as server:
        asked = min(EACH, options.requests)
        uvloop.run(campaign(server, asked, options.seed + 1))  # what a server loads for the first of each kind
        before, begun = memory(server), perf_counter()
        toll = uvloop.run(campaign(server, options.requests, options.seed))
        took, after = perf_counter() - begun, memory(server)
    told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(toll.statuses.items()))
    stdout.write(f"{options.requests:,} damaged requests in {took:.0f} s, seed {options.seed}: {told}\n")
    stdout.write(f"slowest {toll.slowest:.2f} s · {toll.good:,} good requests in between\n")
    if before and after:
        stdout.write(f"memory {before:.0f} MB before, {after:.0f} MB after\n")
    stdout.writelines(f"{what}: {data[:300]!r}\n" for what, data in toll.odd[:10])
    stdout.write("nothing odd\n" if not toll.odd else f"{len(toll.odd)} odd\n")
    return 1 if toll.odd else 0


if __name__ == "__main__":
    sys.exit(main())
