"""Each finding can be sent again, byte for byte, by curl and by a script."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.kit.vocabulary import run

TOKEN = "Secret-Token-9876543210"


class Recorded:
    """An application that notes method, path, headers and body of each request, and answers 200."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[bytes, bytes], bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.seen.append((scope["method"], scope["path"], dict(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"id": 1}'})


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address of the application on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def essence(request: tuple[str, str, dict[bytes, bytes], bytes]) -> tuple[Any, ...]:
    """What makes a request: not who sent it."""
    method, path, headers, body = request
    return method, path, headers.get(b"content-type"), headers.get(b"authorization"), body


#: Folders that are sent again, spread over all kinds of requests.
SAMPLE = 8


def again(folder: Path, environment: dict[str, str]) -> Iterator[tuple[str, subprocess.CompletedProcess[bytes]]]:
    """The finding of this folder, sent again by each of its two ways."""
    for words in (["sh", "curl.sh"], [sys.executable, "send.py"]):
        yield words[-1], subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_and_script_send_the_same_bytes_again(tmp_path: Path) -> None:
    app = Recorded()
    with served(app) as url:
        # Every request that must be refused is a finding here; three of each rule get a folder.
        run(None, "--token", TOKEN, "--profile", "quick", "--report", str(tmp_path), url=url)
        sent = {essence(one) for one in app.seen}
        environment = {"PATH": os.environ["PATH"], "VIDEOS_TOKEN": TOKEN}
        folders = sorted((tmp_path / "findings").iterdir())
        for folder in folders[:: len(folders) // SAMPLE]:
            for name, done in again(folder, environment):
                assert done.returncode == 0, (folder.name, done.stderr)
                assert essence(app.seen[-1]) in sent, (folder.name, name)
