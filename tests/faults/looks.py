"""What a probe of list, content, remix and deletion sends and looks at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .ask import AUTH, Client, Got, Sent, form
from .probe import Probe, answers

Look = Callable[[Got], object]
# A video that is in nothing as by default.
PRO = {"model": "sora-2-pro", "seconds": "8", "size": "1280x720"}


async def create(client: Client, count: int, **fields: Any) -> list[str]:
    return [(await client.send(form(**fields))).json["id"] for _ in range(count)]


def page(query: str = "") -> Sent:
    return Sent("GET", f"/v1/videos{query}", AUTH)


def content(video: str, query: str = "", **headers: str) -> Sent:
    return Sent("GET", f"/v1/videos/{video}/content{query}", AUTH | headers)


def remix(video: str, body: object = None) -> Sent:
    data = body if isinstance(body, bytes) else json.dumps({"prompt": "A dog"} if body is None else body).encode()
    return Sent("POST", f"/v1/videos/{video}/remix", AUTH | {"content-type": "application/json"}, data)


def delete(video: str) -> Sent:
    return Sent("DELETE", f"/v1/videos/{video}", AUTH)


def uninvited(sent: Sent, wrong: int) -> Probe:
    """Nobody is named."""
    return answers(Sent(sent.method, sent.path, {}, sent.content), 401, wrong)


def status(got: Got) -> object:
    return got.status


def keys(got: Got) -> object:
    return list(got.json) if isinstance(got.json, dict) else type(got.json).__name__


def value(name: str) -> Look:
    return lambda got: got.json.get(name, "(missing)")


def header(name: str) -> Look:
    return lambda got: got.headers.get(name)
