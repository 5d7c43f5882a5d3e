"""``python -m benchmarks.hostile``: what hostile clients cost: how long others wait, memory, connections, seconds."""

import argparse
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import TextIO

import httpx

from benchmarks.memory import answered, connected
from benchmarks.servers import MOCK, Server, memory, started
from benchmarks.work import headers, works

SETTLED = 1.0
"""Seconds for which the others are still watched after an attack."""

OPTIONS = ("--pace", "instant", "--head-timeout", "2", "--write-timeout", "2", "--max-connections", "500")
HEAD = "Host: mock\r\nAuthorization: Bearer x\r\n"
FORM = "Content-Type: multipart/form-data; boundary=b\r\n"

Attack = Callable[[Server, ExitStack], None]


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print one row an attack."""
    parser = argparse.ArgumentParser("python -m benchmarks.hostile", description="What hostile clients cost.")
    parser.add_argument("--work", default="", help="only what has this in its name")
    parser.add_argument("--clients", type=int, default=300, help="connections of an attack (%(default)s)")
    options = parser.parse_args(argv)
    stdout.write(f"mockserver {' '.join(OPTIONS)}; others list one video, one after the other, all the time\n\n")
    stdout.write(row("attack", "worst wait ms", "99 % ms", "memory MB", "more MB", "open after", "seconds"))
    stdout.write(row(*["---"] * 7))
    for name, attack in attacks(options.clients).items():
        if options.work in name:
            stdout.write(row(name, *measured(attack)))
            stdout.flush()
    return 0


def measured(attack: Attack) -> tuple[str, ...]:
    """What one attack costs a fresh mock."""
    with started(*MOCK, *OPTIONS) as server, watched(server) as waits, ExitStack() as stack:
        sleep(SETTLED / 2)
        before = memory(server) or 0.0
        begun = perf_counter()
        attack(server, stack)
        took = perf_counter() - begun
        sleep(SETTLED)
        most = memory(server, "VmHWM") or 0.0
        limit = perf_counter() + 10  # the time-outs of OPTIONS are over by then
        while (left := connections(server)) > 1 and perf_counter() < limit:
            sleep(0.1)
    ordered = sorted(waits)
    return (
        f"{1000 * ordered[-1]:.0f}",
        f"{1000 * ordered[int(0.99 * (len(ordered) - 1))]:.1f}",
        f"{most:.0f}",
        f"{most - before:.0f}",
        f"{left - 1}",
        f"{took:.1f}",
    )


@contextmanager
def watched(server: Server) -> Iterator[list[float]]:
    """The seconds of the requests that somebody else makes meanwhile."""
    waits: list[float] = []
    done = Event()
    request = f"GET /v1/videos?limit=1 HTTP/1.1\r\n{HEAD}\r\n".encode()

    def ask() -> None:
        with connected(server) as client:
            while not done.wait(0.002):
                begun = perf_counter()
                client.sendall(request)
                answered(client)
                waits.append(perf_counter() - begun)

    thread = Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()


def connections(server: Server) -> int:
    """Sockets of clients that the server has open; 1, the watcher's, where the system has no /proc."""
    port = int(server.url.rpartition(":")[2])
    count = 0
    with suppress(OSError):
        for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            count += local.endswith(f":{port:04X}") and state == "01"
    return max(1, count)


def attacks(clients: int) -> dict[str, Attack]:
    """Each kind, by name."""
    return {
        "half heads": lambda server, stack: flood(server, stack, clients, b"GET / HTTP/1.1\r\nHost:"),
        "endless heads": lambda server, stack: flood(
            server, stack, clients, b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 2**20
        ),
        "connections too many": lambda server, stack: flood(server, stack, 3 * clients, b"GET"),
        "Prefer of 15,000 characters": lambda server, _: repeated(server, 200, asking('a="' + '\\"' * 7500)),
        "prompts of [mock:": lambda server, _: repeated(server, 100, created(b"[mock:" * 5000)),
        "JSON nested deep": lambda server, _: repeated(server, 100, remixed(b"[" * 2**20)),
        "20 MB of JSON": lambda server, _: repeated(server, 5, remixed(b'{"prompt": "' + b"a" * 20_000_000 + b'"}')),
        "a form of 20 MB of line ends": lambda server, _: repeated(server, 5, created(b"\r\n" * 9_900_000)),
        "refused endless bodies": lambda server, stack: flood(server, stack, 8, endless(), pieces=2000),
        "downloads that nobody reads": lambda server, stack: unread(server, stack, clients),
    }


def flood(server: Server, stack: ExitStack, count: int, sent: bytes, pieces: int = 1) -> None:
    """So many connections that send and then wait."""
    for _ in range(count):
        client = stack.enter_context(connected(server))
        with suppress(OSError):
            for _ in range(pieces):
                client.sendall(sent)


def repeated(server: Server, count: int, request: bytes) -> None:
    """The same request so many times, whatever the answer is."""
    for _ in range(count):
        with connected(server) as client, suppress(OSError):
            client.sendall(request)
            client.recv(65536)


def asking(prefer: str) -> bytes:
    """A list with that header."""
    return f"GET /v1/videos HTTP/1.1\r\n{HEAD}Prefer: {prefer}\r\n\r\n".encode()


def created(prompt: bytes) -> bytes:
    """A creation with that prompt."""
    body = b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n' + prompt + b"\r\n--b--\r\n"
    return f"POST /v1/videos HTTP/1.1\r\n{HEAD}{FORM}Content-Length: {len(body)}\r\n\r\n".encode() + body


def remixed(body: bytes) -> bytes:
    """A remix with that body."""
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"POST /v1/videos/none/remix HTTP/1.1\r\n{HEAD}{kind}\r\n".encode() + body


def endless() -> bytes:
    """A piece of a body without an end, whose request has no token."""
    head = f"POST /v1/videos HTTP/1.1\r\nHost: x\r\n{FORM}Content-Length: {10**12}\r\n\r\n".encode()
    return head + bytes(2**20)


def unread(server: Server, stack: ExitStack, count: int) -> None:
    """So many downloads of one clip of 12 seconds."""
    work = works()[0]
    url = f"{server.url}{work.path}"
    video = httpx.post(url, headers=headers(work), content=work.body).json()["id"]
    path = f"/v1/videos/{video}/content"
    httpx.get(f"{server.url}{path}", headers=headers(work), timeout=60)
    request = f"GET {path} HTTP/1.1\r\n{HEAD}\r\n".encode()
    for _ in range(count):
        client = stack.enter_context(small(server))
        client.sendall(request * 20)


def small(server: Server) -> socket.socket:
    """A connection that takes in little."""
    client = connected(server)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return client


def row(name: str, *cells: str) -> str:
    """One row of the table."""
    return f"| {name:30} | " + " | ".join(f"{cell:>13}" for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.exit(main())
