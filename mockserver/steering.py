"""Steering: what a test does to its mock from outside of HTTP: move its time, make it fail, see what it was asked."""

from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from mockserver.checks import Violation
from mockserver.clock import Clock
from mockserver.response import Answer, refusal
from mockserver.service import Service
from mockserver.stamp import Stamp
from mockserver.wire import Message, Receive, Scope, Send, respond

KEPT = 1000
"""Requests that are remembered, the last ones."""

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Request(msgspec.Struct, frozen=True):
    """One request, and the status that it was answered with."""

    method: str
    path: str
    status: int


class SteeredClock:
    """A clock that can be advanced, and stopped. ``moved`` is called after each move, for who waits for a time."""

    def __init__(self, read: Clock) -> None:
        self._read = read
        self._ahead = 0.0
        self._frozen: float | None = None
        self.moved: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        """Seconds since 1970, and what it was advanced by."""
        return self._read() + self._ahead if self._frozen is None else self._frozen

    def advance(self, seconds: float) -> None:
        """Go ahead by ``seconds``; ``ValueError`` where that is back."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"the clock cannot be advanced by {seconds} seconds; allowed: 0 or more")
        if self._frozen is None:
            self._ahead += seconds
        else:
            self._frozen += seconds
        self.moved()

    def freeze(self) -> None:
        """Stand still until resumed; ``advance`` still moves it."""
        self._frozen = self()
        self.moved()

    def resume(self) -> None:
        """Go on from where it stands."""
        if self._frozen is not None:
            self._ahead, self._frozen = self._frozen - self._read(), None
        self.moved()


class Steering:
    """An application around another, with a hand on it."""

    def __init__(self, app: App, service: Service, stamp: Stamp, clock: SteeredClock) -> None:
        self._app = app
        self._service = service
        self._stamp = stamp
        self._clock = clock
        self._failures: deque[Answer] = deque()
        self._seen: deque[Request] = deque(maxlen=KEPT)
        if service.dispatcher is not None:
            clock.moved = service.dispatcher.nudge

    @property
    def requests(self) -> list[Request]:
        """What was asked so far, the oldest first."""
        return list(self._seen)

    def advance(self, seconds: float = 60.0) -> None:
        """Let ``seconds`` pass."""
        self._clock.advance(seconds)

    def freeze(self) -> None:
        """Let no time pass."""
        self._clock.freeze()

    def resume(self) -> None:
        """Let time pass again."""
        self._clock.resume()

    def fail_next(self, name: str, times: int = 1) -> None:
        """Answer the next ``times`` requests with the error of that name; ``ValueError`` that lists the names."""
        errors = self._service.document.errors
        error = errors.get(name.replace("_", "-"))
        if error is None:
            raise ValueError(f"'{name}' is no error; there are {', '.join(sorted(errors))}")
        self._failures.extend([refusal(Violation(name, error, {}), self._service.form.limits)] * times)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or fail as told; remember it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def remembered(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._seen.append(Request(scope["method"], scope["path"], message["status"]))
            await send(message)

        if self._failures:
            return await respond(self._stamp.stamped(self._failures.popleft()), scope, receive, remembered)
        return await self._app(scope, receive, remembered)
