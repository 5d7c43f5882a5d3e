"""How long a standard run takes, as a user runs it: two processes and a socket between them."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.power.measure import TOKEN


def seconds_of_a_standard_run() -> float:
    """Seconds from starting `contract-tests run` to its end, against the mock on loopback.

    Raises RuntimeError where it is not clean: a run that ends early proves nothing.
    """
    mock = [sys.executable, "-m", "mockserver", "--port", "0", "--token", TOKEN, "--log-level", "error"]
    with subprocess.Popen(mock, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            # Its first line ends with its address.
            url = server.stdout.readline().split()[-1] if server.stdout is not None else ""
            kit = [sys.executable, "-m", "contract_tests", "run", url, "--token", TOKEN, "--strict", "--extensions"]
            started = time.perf_counter()
            done = subprocess.run(kit, capture_output=True, text=True, check=False)
            seconds = time.perf_counter() - started
        finally:
            server.terminate()
    if done.returncode:
        raise RuntimeError(f"the run against the mock is not clean:\n{done.stdout[-3000:]}{done.stderr}")
    return seconds
