"""Logs: what goes to standard error, as text for people or as JSON for programs, a line each."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from mockserver.api.context import RequestContext
from mockserver.web.responses import encode

FORMATS = ("text", "json")
TEXT = "%(asctime)s %(levelname)s %(message)s"

logger = logging.getLogger("mockserver")


class JSONLines(logging.Formatter):
    """One JSON object a line. No line can be forged: JSON escapes what would break one."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level and message; for a request, what is known of it; for a failure, where it failed."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **(getattr(record, "access", dict)()),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return encode(line).decode()


def log_to(stream: TextIO, level: str, form: str) -> None:
    """Log what is of this ``level`` and above, in one of ``FORMATS``."""
    # Neither format shows them, and to find them out takes as long as the rest of a line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONLines() if form == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


class RequestLog:
    """Logs requests: refusals at ``info``, the rest at ``debug``, a line each; at ``warning`` a summary of refusals.

    The summary is one line with the count of each broken rule, at most every ``summary_seconds``; 0 for none.
    ``timer`` gives seconds, from anywhere.
    """

    def __init__(self, timer: Callable[[], float], summary_seconds: float) -> None:
        self._timer = timer
        self._summary_seconds = summary_seconds
        self._refused: Counter[str] = Counter()
        self._since = timer()

    def write(self, context: RequestContext, status: int | None, took: float, request_id: bytes | None) -> None:
        """Log one request. ``took`` is in seconds; ``status`` is ``None`` where the sender left before the answer."""
        level = logging.INFO if context.rule else logging.DEBUG
        if not logger.isEnabledFor(level):
            if context.rule and self._summary_seconds:
                self._count(context.rule)
            return

        def access() -> dict[str, Any]:
            return {
                "method": context.method,
                "path": context.path,
                "operation": context.operation or None,
                "status": status,
                "rule": context.rule or None,
                "video": context.video or None,
                "duration_ms": round(1000 * took, 3),
                "request_id": None if request_id is None else request_id.decode(),
            }

        words = (context.line, "-" if status is None else status, context.rule)
        logger.log(level, "%s %s %s", *words, extra={"access": access})

    def _count(self, rule: str) -> None:
        self._refused[rule] += 1
        if self._timer() - self._since >= self._summary_seconds:
            self.flush()

    def flush(self) -> None:
        """Log the summary of what was refused since the last one."""
        refused, self._refused = self._refused, Counter()
        now = self._timer()
        seconds, self._since = now - self._since, now
        if refused:
            count = refused.total()
            rules = ", ".join(f"{rule} {times}" for rule, times in refused.most_common())
            logger.warning("%d request%s refused in %.0f s: %s", count, "" if count == 1 else "s", seconds, rules)
