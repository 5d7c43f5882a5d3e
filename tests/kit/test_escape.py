"""What a server says reaches no reader as something to obey, in any report, on any terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults import CORRECT
from tests.kit.test_reproduction import served
from tests.kit.vocabulary import TOKEN, run

EVIL = "\x1b[31m \x07 \x9b \u202e \ud800 \u2028 </pre><script>x</script>"
WORDS = ("--token", TOKEN, "--profile", "quick", "--rule", "seconds.enum", "--rule", "seconds.enum.error", "--strict")


class Evil:
    """A right server, but for what its errors say."""

    def __init__(self) -> None:
        self.app = CORRECT["clean"].build()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        start: dict[str, Any] = {}

        async def change(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body = json.loads(message["body"])
            if "error" in body:
                body["error"] |= {"param": EVIL, "message": EVIL}
            data = json.dumps(body).encode()
            kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
            await send(start | {"headers": [*kept, (b"content-length", str(len(data)).encode())]})
            await send({"type": "http.response.body", "body": data})

        await self.app(scope, receive, change)


def test_no_report_holds_what_a_reader_would_obey(tmp_path: Path) -> None:
    more = ("--markdown", str(tmp_path / "report.md"), "--sarif", str(tmp_path / "report.sarif"))
    code, out, err = run(Evil(), *WORDS, "--report", str(tmp_path), *more)
    assert code == 1
    told = [
        out,
        err,
        *(path.read_text() for path in tmp_path.rglob("*") if path.suffix in {".txt", ".html", ".xml", ".md"}),
    ]
    assert len(told) > 5
    for text in told:
        assert not set(text) & set("\x1b\x07\x9b\u202e\ud800\u2028")
    assert "<script>x" not in (tmp_path / "report.html").read_text()
    for name in ("report.json", "report.sarif"):
        json.loads((tmp_path / name).read_text())


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_any_encoding_of_the_output_will_do(encoding: str) -> None:
    with served(Evil()) as url:
        argv = [sys.executable, "-m", "contract_tests", "run", url, *WORDS]
        done = subprocess.run(argv, env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"Traceback" not in done.stderr
