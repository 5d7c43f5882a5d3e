"""curl: the document's call, and the one that the mock offers at its start."""

import json
from pathlib import Path

from tests.clients.vocabulary import PROMPT, TOKEN, TOO_LARGE_BYTES, Server, queued, run, told, too_large


def test_curl_call_of_the_document_creates_a_video(server: Server, curl: str) -> None:
    forms = ["-F", f"prompt={PROMPT}", "-F", f"input_reference=@{server.picture}"]
    forms += ["-F", "model=sora-2", "-F", "seconds=4", "-F", "size=720x1280"]
    queued(told(curl, "-sS", "-X", "POST", server.videos, "-H", f"Authorization: Bearer {TOKEN}", *forms))


def test_curl_line_of_the_start_works_as_it_stands(server: Server, curl: str) -> None:
    queued(told("sh", "-c", server.curl.replace("curl ", "curl -sS ", 1)))


def test_curl_can_look_at_the_video_that_it_created(server: Server, curl: str) -> None:
    video = json.loads(run("sh", "-c", server.curl.replace("curl ", "curl -sS ", 1)))
    found = told(curl, "-sS", f"{server.videos}/{video['id']}", "-H", f"Authorization: Bearer {TOKEN}")
    assert found["id"] == video["id"]


def test_curl_upload_over_the_limit_gets_its_answer(server: Server, curl: str, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(bytes(TOO_LARGE_BYTES))
    sent = ["-F", "prompt=x", "-F", f"input_reference=@{large}", "-w", "\n%{http_code}"]
    body, _, status = run(curl, "-sS", server.videos, "-H", f"Authorization: Bearer {TOKEN}", *sent).rpartition("\n")
    too_large(int(status), json.loads(body))


def test_curl_upload_of_unknown_length_over_the_limit_gets_its_answer(
    server: Server, curl: str, tmp_path: Path
) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(bytes(TOO_LARGE_BYTES))
    sent = [
        "-F",
        "prompt=x",
        "-F",
        f"input_reference=@{large}",
        "-H",
        "Transfer-Encoding: chunked",
        "-w",
        "\n%{http_code}",
    ]
    body, _, status = run(curl, "-sS", server.videos, "-H", f"Authorization: Bearer {TOKEN}", *sent).rpartition("\n")
    too_large(int(status), json.loads(body))
