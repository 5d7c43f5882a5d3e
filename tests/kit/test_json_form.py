"""Creations as JSON, which the kit sends where a dialect takes them."""

import json
from typing import Any

from mockserver.spec.overlay import dialect_path
from tests.kit.vocabulary import broken, judge
from tests.test_dialects import mock

OPENAI = (dialect_path("openai"),)


class Changed:
    """The mock of the official form, which reads another JSON than was sent."""

    def __init__(self, change: Any) -> None:
        self.inner, self.change = mock("openai"), change

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        if headers.get(b"content-type") != b"application/json" or not scope["path"].endswith("/videos"):
            await self.inner(scope, receive, send)
            return
        message = await receive()
        body = json.dumps(self.change(json.loads(message["body"]))).encode()
        kept = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        changed = {**scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]}

        async def once() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.inner(changed, once, send)


def without(name: str) -> Any:
    return lambda body: {key: value for key, value in body.items() if key != name}


def found(app: Any) -> set[str]:
    return broken(judge(app, dialects=OPENAI))


def test_rule_that_json_alone_escapes_is_found() -> None:
    assert found(Changed(without("seconds"))) >= {"seconds.enum"}


def test_picture_that_json_alone_does_not_judge_is_found() -> None:
    assert found(Changed(without("input_reference"))) >= {"input_reference.matches-size", "input_reference.is-image"}


def test_json_that_is_not_taken_is_found() -> None:
    assert "response.status-code.spelling" in found(Changed(lambda _: []))
