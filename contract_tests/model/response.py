"""What came back for a request, or that nothing did."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contract_tests.model.case import checked, pack, unpack


@dataclass(frozen=True)
class Response:
    """Status, headers (names in lower case) and body. `status` 0: no answer came, `failure` says why; or why no body.

    `sent_at` and `received_at` are seconds since 1970 by the kit's clock. Of an answer that never came: `timed_out`
    tells that the time was up, `reused` that it broke off on a connection that had carried other requests before, and
    `confirmed` that the request was not answered alone on a fresh connection either.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    sent_at: float = 0.0
    received_at: float = 0.0
    failure: str = ""
    timed_out: bool = False
    reused: bool = False
    confirmed: bool = False

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def accepted(self) -> bool:
        """Whether the request was taken: any 2xx."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the request was refused: any 4xx. A 5xx is a fault, no refusal."""
        return 400 <= self.status < 500

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower() == "application/json"

    @cached_property
    def json(self) -> Any:
        """The body read as JSON, strictly (RFC 8259); of a key that stands twice the last counts.

        Raises ValueError for anything else.
        """
        return json.loads(self.body.decode("utf-8"), parse_constant=_constant)

    @cached_property
    def repeats_key(self) -> bool:
        """Whether an object of its JSON has one key twice."""
        found = False

        def noticed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            nonlocal found
            made = dict(pairs)
            found = found or len(made) != len(pairs)
            return made

        try:
            json.loads(self.body.decode("utf-8"), object_pairs_hook=noticed)
        except (ValueError, RecursionError):
            return False
        return found

    @property
    def object(self) -> dict[str, Any] | None:
        """The body where it is a JSON object, else None."""
        try:
            value = self.json
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def flaw(self) -> str:
        """What keeps a body that is called JSON from being it; empty where nothing does, or it is called otherwise."""
        found = ""
        try:
            if self.is_json:
                self.json  # noqa: B018  it is read for what it raises
        except RecursionError:
            found = "JSON that is nested too deep"
        except UnicodeDecodeError as error:
            found = f"no UTF-8 at byte {error.start}"
        except json.JSONDecodeError as error:
            marked = self.body.startswith(codecs.BOM_UTF8)
            found = "a byte order mark before the JSON" if marked else f"no JSON at character {error.pos}"
        except ValueError as error:
            found = str(error)
        return found

    def summary(self, limit: int = 300) -> str:
        """One line for people: the status and the beginning of the body."""
        if not self.status:
            return f"no answer: {self.failure}"
        if self.failure:
            return f"{self.status}, {self.failure}"
        text = " ".join(self.body.decode("utf-8", "replace").split())
        shown = text if len(text) <= limit else f"{text[:limit]}…"
        flaw = f" ({self.flaw})" if self.flaw else ""
        return f"{self.status}{flaw} {shown}".strip()

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON."""
        return {
            "status": self.status,
            "headers": [list(header) for header in self.headers],
            "body": pack(self.body),
            "sent_at": self.sent_at,
            "received_at": self.received_at,
            "failure": self.failure,
            "timed_out": self.timed_out,
            "reused": self.reused,
            "confirmed": self.confirmed,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Response:
        """The answer that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        headers = tuple((checked(str, name), checked(str, value)) for name, value in data["headers"])
        sent_at, received_at = (float(checked(int | float, data[name])) for name in ("sent_at", "received_at"))
        failure = checked(str, data["failure"])
        silence = {name: checked(bool, data.get(name, False)) for name in ("timed_out", "reused", "confirmed")}
        status, body = checked(int, data["status"]), unpack(data["body"])
        return cls(status, headers, body, sent_at, received_at, failure, **silence)


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
