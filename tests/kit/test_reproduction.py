"""Each finding can be sent again, byte for byte, by curl and by a script."""

import asyncio
import os
import runpy
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

from contract_tests.cases.contract import load
from contract_tests.model.finding import Finding
from contract_tests.report.reproduction import write
from contract_tests.spec.document import default_path
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
    # Told to be of TCP: of any other socket asyncio leaves small answers waiting, 40 ms each.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
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


#: One rule of each kind of request: its folders are sent again.
RULES = "seconds.enum auth.scheme auth.key path method media-type input_reference.intact body.complete".split()


def again(*words: str, folder: Path) -> None:
    """The finding of this folder, sent again by this command."""
    environment = os.environ | {"VIDEOS_TOKEN": TOKEN}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, (folder.name, done.stderr)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_and_script_send_the_same_bytes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Recorded()
    with served(app) as url:
        # Every request that must be refused is a finding here; three of each rule get a folder.
        chosen = [word for rule in RULES for word in ("--rule", rule)]
        run(None, "--token", TOKEN, "--profile", "quick", "--report", str(tmp_path), *chosen, url=url)
        sent = {essence(one) for one in app.seen}
        monkeypatch.setenv("VIDEOS_TOKEN", TOKEN)
        folders = sorted((tmp_path / "findings").iterdir())
        assert len(folders) > 2 * len(RULES)
        for folder in folders[::2]:
            again("sh", "curl.sh", folder=folder)
            assert essence(app.seen[-1]) in sent, folder.name
            runpy.run_path(str(folder / "send.py"))
            assert essence(app.seen[-1]) in sent, folder.name
        again(sys.executable, "send.py", folder=folders[0])
        assert essence(app.seen[-1]) in sent


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_body_in_chunks_is_sent_again_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOS_TOKEN", TOKEN)
    [case] = [case for case in load(default_path()).odd if case.request.chunked]
    app = Recorded()
    with served(app) as url:
        write(Finding(case.rule, case.label, "400", "200", case=case), case.request, url, tmp_path)
        again("sh", "curl.sh", folder=tmp_path)
        runpy.run_path(str(tmp_path / "send.py"))
    assert [(headers[b"transfer-encoding"], body) for _, _, headers, body in app.seen] == 2 * [
        (b"chunked", case.request.body)
    ]
