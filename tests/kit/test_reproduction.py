"""Each finding can be sent again, byte for byte, by curl and by a script; the token stands in no file."""

import asyncio
import base64
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

from contract_tests.redaction import Redactor
from tests.faults import CORRECT
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


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_and_script_send_the_same_bytes_again(tmp_path: Path) -> None:
    app = Recorded()
    with served(app) as url:
        # Every request that must be refused is a finding here; three of each rule get a folder.
        run(None, "--token", TOKEN, "--profile", "quick", "--report", str(tmp_path), url=url)
        sent = {essence(one) for one in app.seen}
        environment = {"PATH": os.environ["PATH"], "VIDEOS_TOKEN": TOKEN}
        for folder in sorted((tmp_path / "findings").iterdir())[::6]:
            for words in (["sh", "curl.sh"], [sys.executable, "send.py"]):
                app.seen.clear()
                done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False)
                assert done.returncode == 0, (folder.name, done.stderr)
                assert essence(app.seen[-1]) in sent, (folder.name, words)


class Gossip:
    """An application that repeats the Authorization header in every answer, plain, changed and encoded."""

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        said = dict(scope["headers"]).get(b"authorization", b"")
        told = said + b" " + said.lower() + b" " + said[:-3] + b" " + base64.b64encode(said.partition(b" ")[2])
        headers = [(b"content-type", b"text/plain"), (b"x-told", told)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})


def test_the_token_stands_in_no_file_and_no_output(tmp_path: Path) -> None:
    _, out, err = run(Gossip(), "--token", TOKEN, "--profile", "quick", "--report", str(tmp_path), "--strict")
    files = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    for text in (out, err, *files):
        folded = text.casefold()
        assert TOKEN.casefold() not in folded
        assert TOKEN[:-3].casefold() not in folded
        assert base64.b64encode(TOKEN.encode()).decode().casefold()[:20] not in folded


@pytest.mark.parametrize(
    "text",
    [TOKEN, TOKEN.upper(), TOKEN[:-1], TOKEN[3:], f"x{TOKEN}y", TOKEN[:8], base64.b64encode(TOKEN.encode()).decode()],
)
def test_a_token_is_masked_in_every_spelling(text: str) -> None:
    assert text not in Redactor(TOKEN).text(f"told {text} twice {text}")


def test_ordinary_words_are_left_alone() -> None:
    assert Redactor(TOKEN).text("No key was given: 401") == "No key was given: 401"


def test_a_good_answer_is_judged_before_it_is_masked() -> None:
    assert run(CORRECT["clean"].build(), "--token", "test-token", "--profile", "quick")[0] == 0
