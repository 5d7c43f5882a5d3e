"""What the tests of the mock say: a mock in process, forms to send it, and what to expect of an answer."""

import asyncio
import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import yaml

from mockserver import Settings, create_app
from mockserver.control.control import Control
from mockserver.jobs.pace import parse_pace
from tests.pictures import picture

CONTROL_DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "mockserver" / "control.yaml").read_text("utf-8"))
DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text("utf-8"))
TOKEN = "test-token"
BOUNDARY = "----boundary7MA4YWxkTrZu0gW"
NOW = 1760592434.25

Part = tuple[str, dict[str, str], bytes]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Mock:
    """One mock in process, with verbs."""

    def __init__(self, *, pace: str = "fast", clock: Any = None, **settings: Any) -> None:
        self.clock = clock or Clock()
        settings = {"tokens": (TOKEN,), "seed": 1, "pace": parse_pace(pace), **settings}
        self.slept: list[float] = []
        self.app = create_app(Settings(**settings), clock=self.clock, sleep=self._sleep)
        self.control: Control = self.app.state.control

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def send(self, method: str, path: str, headers: dict[str, Any] | None = None, **request: Any) -> httpx.Response:
        """Send one request, by default with the right token (None in ``headers`` leaves a header out)."""
        return asyncio.run(self._send(method, path, headers or {}, request))

    async def _send(self, method: str, path: str, headers: dict[str, Any], request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        sent = {"authorization": f"Bearer {TOKEN}", **headers}
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            return await client.request(
                method, path, headers={name: value for name, value in sent.items() if value is not None}, **request
            )

    def post(self, parts: Iterable[Part] | None = None, **headers: Any) -> httpx.Response:
        """Post a form."""
        return self.body(multipart(form() if parts is None else parts), **headers)

    def body(
        self, content: Any, content_type: str | None = f"multipart/form-data; boundary={BOUNDARY}", **headers: Any
    ) -> httpx.Response:
        """Post a body as it is."""
        return self.send("POST", "/v1/videos", {"content-type": content_type, **headers}, content=content)

    def create(self, **fields: Any) -> dict[str, Any]:
        """Create a video that must be accepted, and give it."""
        answer = self.post(form(**fields))
        assert answer.status_code == 200, answer.text
        video: dict[str, Any] = answer.json()
        return video

    def get(self, video_id: str) -> httpx.Response:
        """Retrieve a video."""
        return self.send("GET", f"/v1/videos/{video_id}")

    def tell(self, method: str, path: str, headers: dict[str, Any] | None = None, **request: Any) -> httpx.Response:
        """Send one request to the control interface, as this machine, without a token."""
        sent = {"authorization": None, "host": "127.0.0.1:8000", **(headers or {})}
        return self.send(method, f"/_mock/{path}", sent, **request)

    def ask(self, scenario: str, times: int = 1) -> dict[str, Any]:
        """Ask for a scenario on the next requests; it must be accepted."""
        answer = self.tell("POST", "scenarios", json={"scenario": scenario, "times": times})
        assert answer.status_code == 200, answer.text
        asked: dict[str, Any] = answer.json()
        return asked

    def poll(self, video: dict[str, Any]) -> dict[str, Any]:
        """Retrieve a video that must be there, and give it."""
        answer = self.get(video["id"])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def text(name: str, value: str | bytes, **headers: str) -> Part:
    """A text field."""
    return name, headers, value if isinstance(value, bytes) else value.encode()


def file(
    content: bytes,
    filename: str | None = "image.png",
    content_type: str | None = "image/png",
    name: str = "input_reference",
) -> Part:
    """A file field; without a filename or a type, as some clients send it."""
    headers = {} if filename is None else {"filename": filename}
    return name, headers | ({} if content_type is None else {"content_type": content_type}), content


def form(**fields: Any) -> list[Part]:
    """A form that is right, except for ``fields``: None leaves one out, a tuple is a part as it is."""
    right: dict[str, Any] = {"prompt": "A lighthouse at dusk.", "input_reference": picture()}
    parts = []
    for name, value in (right | fields).items():
        if isinstance(value, tuple):
            parts.append(value)
        elif value is not None:
            parts.append(file(value) if name == "input_reference" else text(name, value))
    return parts


def multipart(parts: Iterable[Part], boundary: str = BOUNDARY) -> bytes:
    """The parts as a body."""
    lines: list[bytes] = []
    for name, headers, content in parts:
        filename = f'; filename="{headers["filename"]}"' if "filename" in headers else ""
        lines += [b"--" + boundary.encode(), f'Content-Disposition: form-data; name="{name}"{filename}'.encode()]
        lines += [f"Content-Type: {headers['content_type']}".encode()] if "content_type" in headers else []
        lines += [b"", content]
    return b"\r\n".join([*lines, b"--" + boundary.encode() + b"--", b""])


def refused(
    answer: httpx.Response, status: int, code: str | None, param: str | None, message: str | None = None
) -> None:
    """Expect the envelope, and just this error in it."""
    error = envelope(answer)
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param), error
    assert message is None or error["message"] == message


def envelope(answer: httpx.Response) -> dict[str, Any]:
    """Expect an error in the one shape that errors have, and give it."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error" and error["message"]
    return error


Edit = Callable[[dict[str, Any]], Any]


class Edited:
    """Mocks of edited documents, written to a folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "openapi.yaml"

    def __call__(self, edit: Edit) -> Mock:
        document = copy.deepcopy(DOCUMENT)
        edit(document)
        return self.text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def text(self, text: str) -> Mock:
        self.path.write_text(text, "utf-8")
        return Mock(document=self.path)
