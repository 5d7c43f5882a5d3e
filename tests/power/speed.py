"""How long a standard run takes, as a user runs it: two processes and a socket between them."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from tests.power.measure import TOKEN


def standard_run() -> tuple[float, float]:
    """Seconds from starting `contract-tests run` to its end, against the mock on loopback; and those of the processor.

    On a quiet machine the first are what a user waits; on a busy one the second tell how much of it was work.

    Raises RuntimeError where it is not clean: a run that ends early proves nothing.
    """
    mock = [sys.executable, "-m", "mockserver", "--port", "0", "--token", TOKEN, "--log-level", "error"]
    with subprocess.Popen(mock, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            # Its first line ends with its address.
            url = server.stdout.readline().split()[-1] if server.stdout is not None else ""
            kit = [sys.executable, "-m", "contract_tests", "run", url, "--token", TOKEN, "--strict", "--extensions"]
            before, started = _processor(), time.perf_counter()
            done = subprocess.run(kit, capture_output=True, text=True, check=False)
            seconds = time.perf_counter() - started
            worked = _processor() - before
        finally:
            server.terminate()
    if done.returncode:
        raise RuntimeError(f"the run against the mock is not clean:\n{done.stdout[-3000:]}{done.stderr}")
    return seconds, worked


def _processor() -> float:
    """Seconds that the processes which have ended have had of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
