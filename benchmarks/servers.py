"""The servers under measurement, each a process of its own, and what it costs to start and to keep one."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.work import Work, headers

PATIENCE = 60  # seconds for an answer, on a machine that has other things to do
MOCK = ("mockserver", "--port", "0")
BARE = ("benchmarks.bare",)


class Server(NamedTuple):
    """A server that runs. ``ready_after``: seconds from its start to its first answer."""

    url: str
    pid: int
    ready_after: float


@contextmanager
def started(module: str, *options: str) -> Iterator[Server]:
    """Run ``python -m module`` until the block ends. It tells its URL in its first line; its log is read by nobody."""
    begun = perf_counter()
    command = [sys.executable, "-m", module, *options]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **streams, text=True) as process:  # type: ignore[call-overload]  # noqa: S603
        try:
            url = (process.stdout or sys.stdin).readline().rpartition(" ")[2].strip()
            ask(url, Work("", "GET", "/v1/videos/none", b"", accepted=False, goal=0))
            yield Server(url, process.pid, perf_counter() - begun)
        finally:
            process.terminate()


def ask(url: str, work: Work) -> bytes:
    """Send ``work`` once and give the body of the answer."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    connection.request(work.method, work.path, work.body or None, {**headers(work), "Connection": "close"})
    return connection.getresponse().read()


def work_seconds(server: Server) -> float | None:
    """Seconds of processor time that ``server`` has taken; ``None`` where the system has no /proc."""
    try:
        fields = Path(f"/proc/{server.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(server: Server, name: str = "VmRSS") -> float | None:
    """Megabytes that ``server`` holds now, or (``VmHWM``) held at most; ``None`` where the system has no /proc."""
    try:
        status = Path(f"/proc/{server.pid}/status").read_text("ascii")
    except OSError:
        return None
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else None
