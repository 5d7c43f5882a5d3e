"""A probe: what to ask a server, what a right one answers, and what the faulty one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .ask import Ask, Got, Sent, Value, form, header_of, polled, seen, status_of

# What `key` says of a key that is not there.
MISSING = "(missing)"
KEYS = ["id", "object", "created_at", "status", "completed_at", "error", "expires_at", "model", "progress"]
KEYS += ["remixed_from_video_id", "seconds", "size"]
# Those that are not null in a new video.
NO_NULLS = ["id", "object", "created_at", "status", "model", "progress", "seconds", "size"]


@dataclass(frozen=True)
class Probe:
    """Asks, and knows the right answer and the wrong one."""

    ask: Ask
    right: object
    wrong: object


def answers(sent: Sent, right: int, wrong: int) -> Probe:
    """The status is wrong."""
    return Probe(status_of(sent), right, wrong)


def accepts(**fields: Value) -> Probe:
    """A bad form is accepted."""
    return answers(form(**fields), 400, 200)


def refuses(**fields: Value) -> Probe:
    """A good form is refused."""
    return answers(form(**fields), 200, 400)


def crashes(wrong: int = 500, **fields: Value) -> Probe:
    """A bad form is answered as a failure of the server."""
    return answers(form(**fields), 400, wrong)


def key(name: str, right: object, wrong: object, **fields: Value) -> Probe:
    """A key of a created video is wrong."""
    return Probe(seen(lambda video: video.get(name, MISSING), form(**fields)), right, wrong)


def error(name: str, right: object, wrong: object, sent: Sent | None = None) -> Probe:
    """A key of a refusal is wrong."""
    return Probe(seen(lambda body: body["error"].get(name, MISSING), sent or form(seconds="5")), right, wrong)


def later(name: str, right: list[Any], wrong: list[Any], **fields: Value) -> Probe:
    """A key of a retrieved video is wrong at some retrieval."""

    def look(_created: Got, got: Got) -> object:
        return got.json.get(name, MISSING)

    return Probe(polled(look, len(right), form(**fields)), right, wrong)


def type_of(sent: Sent, right: str | None, wrong: str | None) -> Probe:
    return Probe(header_of("content-type", sent), right, wrong)


def is_json(sent: Sent) -> Probe:
    return Probe(seen(lambda body: body is not None, sent), True, False)
