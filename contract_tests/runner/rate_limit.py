"""Limits of the rate: what a 429 asks for and says, and a pace that keeps under a limit that is known."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from contract_tests.model.response import Response

TOO_MANY = 429
#: Seconds between a 429 and the next attempt, whatever the server says: HTTP counts them in whole ones.
LEAST = 1.0
#: Seconds between two lines that tell what is waited for.
_TELL = 10.0


class Pace:
    """Lets no two requests begin closer together than the rate, in requests a second, allows; None: any rate."""

    def __init__(self, rate: float | None, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._gap = 0.0 if rate is None else 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Wait for the turn of one request."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock()
            begins = max(now, self._next)
            self._next = begins + self._gap
        if begins > now:
            self._sleep(begins - now)


class Waiting:
    """Waits, and tells every 10 s, over all waits together, what for."""

    def __init__(self, sleep: Callable[[float], None], say: Callable[[str], None]) -> None:
        self._sleep = sleep
        self._say = say
        self._silent = 0.0

    def wait(self, seconds: float, why: str) -> None:
        """Wait so many seconds."""
        left = seconds
        while left > 0:
            piece = min(left, _TELL - self._silent)
            self._sleep(piece)
            left -= piece
            self._silent += piece
            if self._silent >= _TELL:
                self._silent = 0.0
                self._say(f"waiting: the server limits the rate ({why}); {left:.0f} s to the next attempt")


def retry_after(answer: Response) -> float:
    """Seconds that a 429 asks to wait, as a number or a date; LEAST where it says less."""
    asked = (answer.header("retry-after") or "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        try:
            moment = parsedate_to_datetime(asked)
            seconds = moment.timestamp() - datetime.fromtimestamp(answer.received_at, UTC).timestamp()
        except (ValueError, TypeError, OverflowError):
            seconds = LEAST
    # NaN is smaller than nothing and larger than nothing.
    return max(LEAST, seconds)


def reason(answer: Response, limit: int = 120) -> str:
    """The server's own words for a 429, in one line."""
    body = answer.object or {}
    error = body.get("error", body)
    message = error.get("message") if isinstance(error, dict) else error
    told = " ".join(message.split()) if isinstance(message, str) else answer.summary(limit)
    return told if len(told) <= limit else f"{told[:limit]}…"


def codes(answer: Response) -> set[str]:
    """The words by which a refusal may name its cause: code and type of its error, wherever that stands."""
    body = answer.object or {}
    error = body.get("error")
    found = [node.get(key) for node in (body, error) if isinstance(node, dict) for key in ("code", "type")]
    return {word for word in found if isinstance(word, str)}
