"""The live stream of the page: server-sent events with what is asked of the mock, over all its processes.

The stream looks at the journal at intervals instead of being told of each request, so a request costs nothing more
while a page is open, and the journal of several processes needs no second way.
"""

import asyncio
from collections.abc import Iterator
from hashlib import blake2b
from uuid import uuid4

from mockserver.control.control import Control
from mockserver.control.record import Record, legible
from mockserver.web.asgi import STREAM, Receive, Scope, Send
from mockserver.web.responses import encode

LOOK_SECONDS = 0.4
"""How often a stream looks at the journal."""

MOST_AT_ONCE = 60
"""New requests that one look sends while more come than that: nobody reads them, and each takes time of the mock."""

MOST_LATER = 500
"""Requests that one look sends once it has become quiet: those that were left out before."""

MOST_KNOWN = 200_000
"""Requests whose numbers are remembered as sent, before those that the journal has let go are forgotten."""

BACKLOG_BATCH = 500

SILENT_SECONDS = 15
"""A comment is sent after so many seconds without an event, so that a proxy does not take the stream for dead."""

MOST_STREAMS = 64

PROMPT_CHARACTERS = 120
"""Of the first text field of a request that are shown in the list."""

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

INSTANCE = uuid4().hex
"""Names this process, so that a page sees that the mock was started again."""


class Stream:
    """Sends each page what it does not know yet."""

    def __init__(self, control: Control, *, has_login: bool) -> None:
        self._control = control
        self._has_login = has_login
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the page is closed or the server stops."""
        if self._open >= MOST_STREAMS:
            message = f"at most {MOST_STREAMS} pages can follow one mock\n".encode()
            await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"5")]})
            await send({"type": "http.response.body", "body": message})
            return
        scope.setdefault("extensions", {})[STREAM] = True
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        gone = asyncio.ensure_future(_disconnected(receive))
        self._open += 1
        try:
            await self._follow(send, gone)
        finally:
            self._open -= 1
            gone.cancel()

    async def _follow(self, send: Send, gone: "asyncio.Future[None]") -> None:
        await self._control.sync.flush()  # what other processes have not written down yet is in the backlog too
        follower = Follower(self._control)
        body = event("hello", self._hello()) + b"".join(follower.state())
        for batch in follower.backlog():
            await send({"type": "http.response.body", "body": body + batch, "more_body": True})
            body = b""
            await asyncio.sleep(0)  # others are answered in between
        silent = 0.0
        while True:
            if body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
                silent = 0.0
            done, _ = await asyncio.wait((gone,), timeout=LOOK_SECONDS)
            if done or not self._control.is_current:  # the page connects again, and learns of the other document
                return
            body = b"".join((*follower.state(), *follower.news()))
            silent += LOOK_SECONDS
            if not body and silent >= SILENT_SECONDS:
                body = b": still here\n\n"

    def _hello(self) -> dict[str, object]:
        document = self._control.service.document
        info = document.raw.get("info", {})
        return {
            "instance": INSTANCE,
            "title": info.get("title"),
            "version": info.get("version"),
            "document": blake2b(encode(document.raw), digest_size=8).hexdigest(),
            "dialect": info.get("x-dialect"),
            "any_token": self._control.service.takes_any_token,
            "login": self._has_login,
            "failures": list(document.failures),
            "keeps_requests": self._control.journal.is_kept,
        }


class Follower:
    """What one page knows, and what is new to it."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._sent: set[int] = set()
        self._is_behind = False
        self._state = b""

    def state(self) -> Iterator[bytes]:
        """The clock, the active scenarios and the number of jobs, if any of them changed."""
        control, clock = self._control, self._control.clock
        scenarios = [{"id": one.id, "scenario": one.text, "times": one.times} for one in control.scenarios]
        jobs = control.service.jobs.count()
        key = encode((clock.setting, scenarios, jobs))
        if key != self._state:
            self._state = key
            now = {"now": clock(), "frozen": clock.is_frozen, "offset": clock.offset}
            yield event("state", {"clock": now, "scenarios": scenarios, "jobs": jobs})

    def backlog(self) -> Iterator[bytes]:
        """All that the journal holds, the newest first."""
        journal = self._control.journal
        notes = journal.notes()[::-1]
        for start in range(0, len(notes), BACKLOG_BATCH):
            batch = notes[start : start + BACKLOG_BATCH]
            self._sent.update(number for number, _ in batch)
            yield requests(journal.read(batch))

    def news(self) -> Iterator[bytes]:
        """The requests that were not sent yet, the newest first; before them, that the journal was emptied.

        Of a flood the newest alone; the rest once it is over, as far as the journal still holds it.
        """
        journal = self._control.journal
        newest = journal.notes(MOST_AT_ONCE)
        batch = [note for note in newest if note[0] not in self._sent]
        if self._sent and len(batch) == len(newest) < MOST_AT_ONCE:
            self._sent = set()
            yield event("cleared", {})
        if len(batch) == MOST_AT_ONCE:
            self._is_behind = True
        elif self._is_behind:
            notes = journal.notes()
            self._sent.intersection_update([number for number, _ in notes])
            missing = [note for note in notes if note[0] not in self._sent]
            batch, self._is_behind = missing[-MOST_LATER:], len(missing) > MOST_LATER
        if batch:
            self._sent.update([number for number, _ in batch])
            yield requests(journal.read(batch[::-1]))
        if len(self._sent) > MOST_KNOWN:
            self._sent.intersection_update([number for number, _ in journal.notes()])


def event(name: str, data: object) -> bytes:
    """One event; JSON has no line break, so its data is one line."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), encode(data))


def requests(notes: "list[tuple[int, Record]]") -> bytes:
    """An event with these requests as rows of the list."""
    return event("requests", [row(number, record) for number, record in notes])


def row(number: int, record: Record) -> dict[str, object]:
    """One request as a row of the list shows it."""
    text = next((value for _, value in record.fields if isinstance(value, bytes)), b"")
    return {
        "id": number,
        "at": record.at,
        "duration_ms": round(1000 * record.took, 3),
        "method": record.method,
        "path": legible(record.path[:500]),
        "query": legible(record.query[:200].decode("latin-1")),
        "operation": record.operation or None,
        "status": record.status,
        "rule": record.rule or None,
        "video": record.video or None,
        "owner": record.owner or None,
        "request_id": None if record.request_id is None else record.request_id.decode(),
        "scenarios": record.scenarios,
        "prompt": legible(text[: 4 * PROMPT_CHARACTERS].decode("utf-8", "replace"))[:PROMPT_CHARACTERS],
    }


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
