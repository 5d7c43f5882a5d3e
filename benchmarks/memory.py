"""``python -m benchmarks.memory``: what the mock holds in memory while many large uploads are under way, and after."""

import argparse
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from time import sleep
from typing import TextIO
from urllib.parse import urlsplit

from benchmarks.servers import MOCK, PATIENCE, Server, memory, started
from benchmarks.work import Work, headers, works

UPLOADS = 64
MORE = 200
GOAL = 150
SETTLED = 1.0
"""Seconds after which the server has read what waits in the sockets."""


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print one row a moment, in megabytes."""
    parser = argparse.ArgumentParser("python -m benchmarks.memory", description="The mock's memory under uploads.")
    parser.add_argument("--uploads", type=int, default=UPLOADS, help="how many are under way at once (%(default)s)")
    parser.add_argument("--more", type=int, default=MORE, help="how many more follow one by one (%(default)s)")
    options = parser.parse_args(argv)
    work = max(works(), key=lambda work: len(work.body))
    stdout.write(row(f"{work.name}, {options.uploads} at once", "memory", "at most", "goal") + row(*["---"] * 4))
    with started(*MOCK) as server:
        tell(stdout, server, "at rest", 80)
        with ExitStack() as stack:
            senders = [stack.enter_context(connected(server)) for _ in range(options.uploads)]
            for sender in senders:
                sender.sendall(request(work)[:-1])
            sleep(SETTLED)
            tell(stdout, server, "all but their last byte came", GOAL)
            for sender in senders:
                sender.sendall(request(work)[-1:])
                answered(sender)
            tell(stdout, server, "all are answered", GOAL)
        with connected(server) as sender:
            for _ in range(options.more):
                sender.sendall(request(work))
                answered(sender)
        tell(stdout, server, f"after {options.more} more", GOAL)
        sleep(SETTLED)
        tell(stdout, server, "a moment later", GOAL)
    return 0


def connected(server: Server) -> socket.socket:
    """A connection to the server."""
    url = urlsplit(server.url)
    return socket.create_connection((url.hostname or "", url.port or 0), timeout=PATIENCE)


def request(work: Work) -> bytes:
    """All bytes of a request."""
    lines = [f"{work.method} {work.path} HTTP/1.1", "Host: mock", f"Content-Length: {len(work.body)}"]
    lines += [f"{name}: {value}" for name, value in headers(work).items()]
    return "\r\n".join([*lines, "", ""]).encode() + work.body


def answered(sender: socket.socket) -> None:
    """Wait for an answer; ``RuntimeError`` where it is a refusal."""
    received = b""
    while not received.endswith(b"}"):  # the end of the JSON of every answer
        received += sender.recv(65_536)
    if not received.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"refused: {received[:200]!r}")


def tell(stdout: TextIO, server: Server, moment: str, goal: int) -> None:
    """One row."""
    now, most = memory(server), memory(server, "VmHWM")
    stdout.write(row(moment, *("unknown" if size is None else f"{size:.0f} MB" for size in (now, most)), f"{goal} MB"))
    stdout.flush()


def row(name: str, *cells: str) -> str:
    """One row of the table."""
    return f"| {name:36} | " + " | ".join(f"{cell:>8}" for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.exit(main())
