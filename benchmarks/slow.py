"""``python -m benchmarks.slow``: how long others wait while many clients upload a byte a second."""

import argparse
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from threading import Event, Thread
from time import perf_counter
from typing import TextIO

from benchmarks.memory import answered, connected, request
from benchmarks.servers import MOCK, Server, started
from benchmarks.work import Work, works

SLOW = 200


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print one row with the slow clients and one without them, in milliseconds."""
    parser = argparse.ArgumentParser("python -m benchmarks.slow", description="Others beside slow uploads.")
    parser.add_argument("--slow", type=int, default=SLOW, help="how many upload a byte a second (%(default)s)")
    parser.add_argument("--creations", type=int, default=1000, help="how many others create, in turn (%(default)s)")
    parser.add_argument("--timeout", type=float, default=20, help="seconds until an upload is ended (%(default)s)")
    options = parser.parse_args(argv)
    work = works()[0]
    stdout.write(row(work.name, "median ms", "99 % ms", "worst ms") + row(*["---"] * 4))
    with started(*MOCK, "--upload-timeout", str(options.timeout)) as server, ExitStack() as stack:
        tell(stdout, "alone", latencies(server, work, options.creations))
        senders = [stack.enter_context(connected(server)) for _ in range(options.slow)]
        for sender in senders:
            sender.sendall(request(work)[:-1000])
        done = Event()
        trickle = Thread(target=send_slowly, args=(senders, done))
        trickle.start()
        tell(stdout, f"beside {options.slow} slow uploads", latencies(server, work, options.creations))
        done.set()
        trickle.join()
        refused = sum(sender.recv(12) == b"HTTP/1.1 408" for sender in senders)
    stdout.write(f"\nended by --upload-timeout {options.timeout:g}: {refused} of {options.slow}\n")
    return 0


def send_slowly(senders: list[socket.socket], done: Event) -> None:
    """A byte a second on each connection."""
    while not done.wait(1):
        for sender in senders:
            with suppress(OSError):  # it was refused by now
                sender.sendall(b"x")


def latencies(server: Server, work: Work, count: int) -> list[float]:
    """The milliseconds of so many requests, one after the other, in order of length."""
    taken = []
    with connected(server) as sender:
        for _ in range(count):
            begun = perf_counter()
            sender.sendall(request(work))
            answered(sender)
            taken.append(1000 * (perf_counter() - begun))
    return sorted(taken)


def tell(stdout: TextIO, name: str, taken: list[float]) -> None:
    """One row."""
    stdout.write(row(name, *(f"{taken[int(part * (len(taken) - 1))]:.2f}" for part in (0.5, 0.99, 1))))
    stdout.flush()


def row(name: str, *cells: str) -> str:
    """One row of the table."""
    return f"| {name:28} | " + " | ".join(f"{cell:>10}" for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.exit(main())
