"""Endpoints: from a request of one path to its answer, whatever happens. Pure ASGI, no framework."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from mockserver.api.exchange import Exchange, TakesTimeError
from mockserver.api.operations import Service
from mockserver.scenarios.active import AnswerError
from mockserver.scenarios.catalogue import ScenarioError
from mockserver.stores.base import StoreUnavailable
from mockserver.validation.multipart import UploadError
from mockserver.validation.spool import SpoolError
from mockserver.web.asgi import Receive, Scope, Send, Whole, header, joined, respond
from mockserver.web.responses import Answer

logger = logging.getLogger("mockserver")

PAGE = b"_mock/ui/"
"""Where the page for people is, from the root."""

Handler = Callable[[Scope, Receive, Exchange], Awaitable[Answer | None]]
"""What answers one operation; ``None`` where the client went away."""

Methods = dict[str, tuple[str, Handler]]
"""What answers each method of a path, with the id of its operation."""

Sleep = Callable[[float], Awaitable[object]]
"""Waits so many seconds."""

QuickHandler = Callable[[Whole, Exchange], Answer]
"""What answers an operation that waits for nothing but the body; ``TakesTimeError`` where this request does."""


class Endpoint:
    """One path: finds the operation by the method and the sender by the token, then answers, as is planned.

    ``quick`` answers those of its operations that can be answered without a wait, by their id.
    """

    is_control = False

    def __init__(
        self, service: Service, methods: Methods, sleep: Sleep, quick: Mapping[str, QuickHandler] | None = None
    ) -> None:
        self.service = service
        self.methods = methods
        self.sleep = sleep
        self.allowed = ", ".join(sorted(methods))
        self.quick = {
            method: (name, quick[name])
            for method, (name, _) in methods.items()
            if quick is not None and name in quick and method != "HEAD"
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        exchange = scope["exchange"]
        exchange.is_control = self.is_control
        answer = await self._answer(scope, receive, exchange)
        if answer is None:
            return
        if (plan := exchange.plan) is not None:
            answer = plan.shape(answer)
            if plan.delay:
                await self.sleep(plan.delay)
        exchange.rule, exchange.answer = answer.rule, answer
        await respond(answer, scope, receive, send)

    def answers_at_once(self, method: str, size: int) -> bool:
        """Whether ``at_once`` can answer this method with a body of ``size`` bytes now.

        No scenario waits for any request, and the store makes nobody wait.
        """
        if method not in self.quick or self.service.stage.is_awaited:
            return False
        return not (self.service.jobs.is_slow and self.service.jobs.waits(size))

    def at_once(self, whole: Whole, exchange: Exchange) -> Answer | None:
        """The answer to a request that is here already: the same as otherwise, without a wait; ``None`` if it waits."""
        exchange.operation, handler = self.quick[exchange.method]
        try:
            owner = self.service.authorise(exchange.authorization)
            if isinstance(owner, Answer):
                answer = owner
            else:
                exchange.owner = owner
                answer = handler(whole, exchange)
        except TakesTimeError:
            return None
        except Exception as error:  # noqa: BLE001 - it is told, or answered
            answer = self._failed(error, exchange)
        exchange.rule, exchange.answer = answer.rule, answer
        return answer

    async def _answer(self, scope: Scope, receive: Receive, exchange: Exchange) -> Answer | None:
        try:
            return await self._judge(scope, receive, exchange)
        except Exception as error:  # noqa: BLE001 - it is told, or answered
            return self._failed(error, exchange)

    async def _judge(self, scope: Scope, receive: Receive, exchange: Exchange) -> Answer | None:
        method = scope["method"]
        if method not in self.methods:
            allow = (b"allow", self.allowed.encode())
            return self.service.refuse("method", allow, method=method, path=scope["path"], allowed=self.allowed)
        exchange.operation, handler = self.methods[method]
        instead = self._instead(scope, exchange)
        return await handler(scope, receive, exchange) if instead is None else instead

    def _failed(self, error: Exception, exchange: Exchange) -> Answer:
        """What is answered where ``error`` came up."""
        if isinstance(error, UploadError):
            return self.service.refuse(error.rule, **error.words)
        if isinstance(error, (StoreUnavailable, SpoolError)):
            logger.error("%s: %s", exchange.line, error)
            return self.service.refuse("store.available")
        logger.error("%s failed", exchange.line, exc_info=error)
        return self.service.refuse("error.no-5xx")

    def _instead(self, scope: Scope, exchange: Exchange) -> Answer | None:
        """What is answered before anything is read: the refusal of the sender, or what a scenario wants."""
        # A request that the page sends again has an owner already: the token of its first sender is kept nowhere.
        owner = exchange.owner or self.service.authorise(exchange.authorization)
        if isinstance(owner, Answer):
            return owner
        exchange.owner = owner
        try:
            plan = exchange.plan = self.service.stage.meet(exchange.operation, owner, joined(scope, b"prefer"))
        except AnswerError as error:
            words = {"field": error.kind, "value": error.value, "allowed": error.allowed}
            return self.service.refuse(f"prefer.{error.kind}", **words)
        except ScenarioError as error:
            words = {"field": "Prefer", "reason": error.reason, "allowed": error.allowed}
            return self.service.refuse("control.scenario", **words)
        return None if plan is None else plan.answer


class Unrouted:
    """Every path that the document lacks."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.routes = [f"{operation.method} {operation.path}" for operation in service.document.operations]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer that there is nothing, and what there is."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close"})
        words = {"method": scope["method"], "path": scope["path"], "routes": self.routes}
        answer = self.service.refuse("path", **words)
        exchange = scope["exchange"]
        if scope["path"].startswith("/_mock/"):  # a page or a tool that looks for what there is not
            exchange.is_control = True
        if scope["path"] == "/" and scope["method"] == "GET" and "text/html" in (header(scope, b"accept") or ""):
            # A browser asks for a page by naming HTML; no client of the API does.
            answer = Answer(303, ((b"location", PAGE), (b"content-length", b"0"), (b"vary", b"accept")), b"")
            exchange.is_control = True
        exchange.rule, exchange.answer = answer.rule, answer
        return await respond(answer, scope, receive, send)
