"""The front: what every request passes first. It is stamped, written down, and led past the framework where it can be.

A page needs CORS and an odd path needs care, both of which the framework has. A program that asks for a path of the
document needs neither. And a small request that came whole needs not even ASGI: ``Front.at_once`` answers it before
anything else is done, by the code that answers it otherwise.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Protocol

import msgspec

from mockserver.api.endpoint import Endpoint
from mockserver.api.exchange import Exchange
from mockserver.control.control import Control
from mockserver.control.record import OTHER_CREDENTIALS, harmless
from mockserver.logs import log_request
from mockserver.stores.base import StoreUnavailable
from mockserver.web.asgi import OWNER, Message, Receive, Scope, Send, Whole, header
from mockserver.web.responses import Answer, Header

AS_TOLD: Header = (b"x-content-type-options", b"nosniff")
"""A browser takes an answer for what its Content-Type says, whatever a client made it repeat."""


class Stamp:
    """Names each exchange and says how long it took. ``timer`` gives seconds, from anywhere."""

    def __init__(self, random: Random, timer: Callable[[], float]) -> None:
        self._random = random
        self._timer = timer

    def start(self) -> float:
        """The moment at which a request came."""
        return self._timer()

    def headers(self, took: float) -> tuple[Header, ...]:
        """The headers of the answer to a request that took so many seconds; the first names it."""
        return (
            (b"x-request-id", b"req_%032x" % self._random.getrandbits(128)),
            (b"openai-processing-ms", b"%d" % int(1000 * took)),
            AS_TOLD,
        )

    def elapsed(self, started: float) -> float:
        """Seconds since ``started``."""
        return self._timer() - started

    def stamped(self, answer: Answer) -> Answer:
        """``answer`` with the headers, where no request was made out."""
        return msgspec.structs.replace(answer, headers=(*answer.headers, *self.headers(0.0)))


logger = logging.getLogger("mockserver")

AtOnce = Callable[[str, str, Sequence[Header], bytes], Answer | None]
"""Gives the answer to a request of this method, path, headers and body, if that is possible at once."""

App = Callable[[Scope, Receive, Send], Awaitable[None]]

WANTED = frozenset((b"origin", b"prefer", b"expect", b"transfer-encoding", b"connection", b"upgrade"))

ELSEWHERE = WANTED | OTHER_CREDENTIALS
"""Headers with which a request wants more than an answer at once, or which are not to be kept."""


class Application(Protocol):
    """What a server of ours serves."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""

    @property
    def at_once(self) -> AtOnce:
        """As ``Front.at_once``."""


class Front:
    """Stands before the endpoints of the public paths, and before ``behind``, which has them all."""

    def __init__(self, endpoints: Mapping[str, Endpoint], behind: App, stamp: Stamp, control: Control) -> None:
        self._behind = behind
        self._stamp = stamp
        self._journal = control.journal
        self._metrics = control.metrics
        self._clock = control.clock
        self._refresh = control.sharing.refresh
        self._fixed: dict[str, Endpoint] = {}
        self._below: dict[str, tuple[str, Endpoint]] = {}
        for path in plain(endpoints):
            folder, _, name = path.rpartition("/")
            if "{" in name:
                self._below[folder] = (name[1:-1], endpoints[path])
            else:
                self._fixed[path] = endpoints[path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; stamp what is answered."""
        if scope["type"] != "http":
            return await self._behind(scope, receive, send)
        started = self._stamp.start()
        self._refresh()
        authorization = header(scope, b"authorization")
        owner = scope.get(OWNER, "")
        line = (scope["method"], scope["path"], scope["query_string"])
        exchange = Exchange(*line, authorization, owner=owner, headers=harmless(scope["headers"]))
        scope["exchange"] = exchange
        app: App = self._behind
        if header(scope, b"origin") is None and not scope.get("root_path"):
            found = self._find(scope["path"])
            if found is not None:
                app, scope["path_params"] = found

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = self._stamp.elapsed(started)
                stamps = self._stamp.headers(took)
                message["headers"] = [*message["headers"], *stamps]
                self._write(exchange, took, message["status"], stamps[0][1])
            await send(message)

        try:
            await app(scope, receive, stamped)
        finally:
            if not exchange.is_told:
                self._write(exchange, self._stamp.elapsed(started), None, None)

    def at_once(self, method: str, path: str, headers: Sequence[Header], body: bytes) -> Answer | None:
        """The stamped answer to a request that came whole, without a query; ``None`` where that takes more than this.

        Then nothing has happened, and the request may be answered otherwise.
        """
        found = self._find(path)
        if found is None:
            return None
        endpoint, parameters = found
        self._refresh()
        if not endpoint.answers_at_once(method, len(body)):
            return None
        named = dict(headers)
        if len(named) < len(headers) or not ELSEWHERE.isdisjoint(named):
            return None
        started = self._stamp.start()
        authorization = named.get(b"authorization")
        token = None if authorization is None else str(authorization, "latin-1")
        exchange = Exchange(method, path, b"", token, headers=headers)
        answer = endpoint.at_once(Whole(named, parameters, body), exchange)
        if answer is None:
            return None
        took = self._stamp.elapsed(started)
        stamps = self._stamp.headers(took)
        self._write(exchange, took, answer.status, stamps[0][1])
        return Answer(answer.status, (*answer.headers, *stamps), answer.body, answer.rule, answer.drop)

    def _find(self, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint of a path that is plain, and what the path names."""
        endpoint = self._fixed.get(path)
        if endpoint is not None:
            return endpoint, {}
        folder, _, name = path.rpartition("/")
        if folder in self._below and name:
            parameter, endpoint = self._below[folder]
            return endpoint, {parameter: name}
        return None

    def _write(self, exchange: Exchange, took: float, status: int | None, request_id: bytes | None) -> None:
        exchange.is_told = True
        try:
            log_request(exchange, status, took, request_id)
            if exchange.is_control:
                return
            self._metrics.observe(exchange, status, took)
            if self._journal.is_kept:
                self._journal.add(exchange, self._clock(), took, status, request_id)
        except StoreUnavailable as error:
            logger.warning("not written down: %s", error)
        except Exception:
            logger.exception("not written down")


def plain(paths: Iterable[str]) -> list[str]:
    """The paths that are fixed but for a last name, and that no earlier one with a name in it stands before."""
    found: list[str] = []
    templates: list[list[str]] = []
    for path in paths:
        names = path.split("/")
        is_plain = "{" not in "".join(names[:-1]) and ("{" not in names[-1] or names[-1][1:-1].isidentifier())
        if is_plain and not any(_meet(names, others) for others in templates):
            found.append(path)
        if "{" in path:
            templates.append(names)
    return found


def _meet(names: list[str], others: list[str]) -> bool:
    """Whether there may be a path that both templates are of."""
    pairs = zip(names, others, strict=False)
    return len(names) == len(others) and all(one == other or "{" in one + other for one, other in pairs)
