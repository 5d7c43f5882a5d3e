"""Webhooks: what is told of a finished video, signed as Standard Webhooks asks. Pure: no time of its own, no network.

A receiver checks ``webhook-signature`` by HMAC-SHA256 over ``{id}.{timestamp}.{body}`` with the key in the secret.
"""

import binascii
from base64 import b64decode, b64encode
from hashlib import sha256
from hmac import digest
from random import Random
from typing import Any

import msgspec

from mockserver.jobs.job import IdTemplate, JobState
from mockserver.spec.document import Document, DocumentError, convert
from mockserver.web.responses import encode, properties_of

SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark of a secret, not one
WEBHOOKS = {"completed": "videoCompleted", "failed": "videoFailed"}
"""The name that the document gives to the webhook of each end of a job."""


class Event(msgspec.Struct, frozen=True):
    """One event as it is sent, each time in the same bytes."""

    id: str
    type: str
    body: bytes


class EventSchema:
    """The events of a document: their keys in order, and their words. ``DocumentError`` where it has none."""

    def __init__(self, document: Document, random: Random) -> None:
        self._blanks: dict[str, dict[str, Any]] = {}
        for status, name in WEBHOOKS.items():
            properties = properties_of(document, _payload(document, name))
            self._blanks[status] = {key: node.get("const") for key, node in properties.items()}
            self._ids = IdTemplate(str(properties.get("id", {}).get("x-template", "")), random)

    def event(self, state: JobState, video_id: str, now: float) -> Event:
        """The event of the video that ended in ``state`` at ``now``, in seconds since 1970."""
        created_at = int(now)
        event_id = self._ids.make(now)
        live = {"id": event_id, "created_at": created_at, "data": {"id": video_id}}
        blank = self._blanks[state.status]
        body = {**blank, **{key: value for key, value in live.items() if key in blank}}
        return Event(event_id, str(body.get("type")), encode(body))


def read_secret(text: str) -> bytes:
    """The key in a secret; ``ValueError`` that repeats nothing of it."""
    try:
        key = b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(SECRET_PREFIX) or not key:
        raise ValueError(f"this is no secret; allowed: {SECRET_PREFIX} and a key in base64")
    return key


def headers(key: bytes, event: Event, timestamp: int) -> dict[str, str]:
    """The headers of a delivery at ``timestamp``, in seconds since 1970 by the clock that the receiver has too."""
    signature = b64encode(digest(key, f"{event.id}.{timestamp}.".encode() + event.body, sha256)).decode()
    return {
        "content-type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def _payload(document: Document, name: str) -> dict[str, Any]:
    """The schema of what the webhook ``name`` of the document sends."""
    node: Any = document.raw
    for key in ("webhooks", name, "post", "requestBody", "content", "application/json", "schema"):
        node = convert(document.resolve(node), f"webhooks.{name}", dict[str, Any])
        if key not in node:
            raise DocumentError(f"webhooks.{name} has no JSON schema, '{key}' is missing")
        node = node[key]
    return convert(document.resolve(node), f"webhooks.{name}: schema", dict[str, Any])
