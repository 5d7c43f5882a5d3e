"""Prism beside ours: the usual mock of any document, where it is installed (``npm install @stoplight/prism-cli``)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

from benchmarks.servers import Server

DOCUMENT = Path(__file__).parents[1] / "openapi.yaml"
LISTENING = "Prism is listening on "


@contextmanager
def prism(command: str) -> Iterator[Server]:
    """Run the Prism that ``command`` starts until the block ends; ``RuntimeError`` if it does not listen."""
    words = [command, "mock", "--port", "0", str(DOCUMENT)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603
        output = process.stdout
        try:
            url = _listening(output)
            # It writes several lines a request, and would wait for somebody to read them.
            Thread(target=output.read if output else None, daemon=True).start()
            yield Server(url, process.pid, 0.0)
        finally:
            process.terminate()


def _listening(output: IO[str] | None) -> str:
    said = []
    for line in output or ():
        said.append(line)
        if LISTENING in line:
            return line.rpartition(" ")[2].strip()
    raise RuntimeError(f"no Prism: {''.join(said)}")
