"""The panel: the control interface over HTTP, from request to answer."""

from collections.abc import Callable
from typing import Any

import msgspec

from mockserver.api.context import RequestContext
from mockserver.api.endpoint import Endpoint, Handler, Methods, Result, Sleep
from mockserver.api.operations import Operations
from mockserver.control.access import Access
from mockserver.control.control import Control, VideoError
from mockserver.scenarios.catalogue import COMMON, SCENARIOS, ScenarioError
from mockserver.spec.compiler import compile_body, compile_query
from mockserver.spec.document import control_document
from mockserver.spec.rules import FormRules
from mockserver.spelling import did_you_mean
from mockserver.stores.shared import QueuedScenario
from mockserver.validation.checks import Request, Violation, judge, judge_values
from mockserver.web.asgi import BodyTimeout
from mockserver.web.bodies import JSONReader, read_query
from mockserver.web.responses import Response, answer

QUERIES = ("mockRequests", "mockJobs", "mockDeleteScenarios")
BODIES = ("mockMoveClock", "mockAddScenario", "mockChangeJob", "mockLogin")

OPEN = frozenset(("mockLogin", "mockLogout"))
"""What is answered without a control token: it is how a page comes by its cookie."""


class ControlRoutes:
    """Answers the control operations of a document; their queries and bodies are judged by it."""

    def __init__(self, control: Control, service: Operations, gate: Access) -> None:
        document, api = control_document(), service.document
        self._gate = gate
        self._control = control
        self._service = service
        ids = {operation.id for operation in document.operations}
        self._queries = {
            name: compile_query(document, document.operation(name), api, is_closed=True)
            for name in QUERIES
            if name in ids
        }
        self._bodies = {name: compile_body(document, document.operation(name), api) for name in BODIES if name in ids}

    @property
    def handlers(self) -> dict[str, Handler]:
        """What answers each control operation, by its id."""
        return {
            "mockHealth": Handler("mockHealth", self._health),
            "mockMetrics": Handler("mockMetrics", self._metrics),
            "mockReset": Handler("mockReset", self._reset),
            "mockClock": self._plain("mockClock", self._clock),
            "mockRules": self._plain("mockRules", self._rules),
            "mockScenarios": self._plain("mockScenarios", self._scenarios),
            "mockDeleteRequests": Handler("mockDeleteRequests", self._delete_requests),
            "mockRequests": self._query("mockRequests", self._requests),
            "mockJobs": self._query("mockJobs", self._jobs),
            "mockDeleteScenarios": self._query("mockDeleteScenarios", self._delete_scenarios),
            "mockMoveClock": self._body("mockMoveClock", self._move_clock),
            "mockAddScenario": self._body("mockAddScenario", self._add_scenario),
            "mockJob": self._video("mockJob", self._control.job),
            "mockChangeJob": Handler("mockChangeJob", self._change_job, self._reader("mockChangeJob")),
            "mockDeleteJob": self._video("mockDeleteJob", self._delete_job),
            "mockContent": Handler("mockContent", self._content),
            "mockDocument": self._plain("mockDocument", lambda: self._service.document.raw),
            "mockLogin": Handler("mockLogin", self._login, self._reader("mockLogin")),
            "mockLogout": Handler("mockLogout", self._logout),
        }

    def _plain(self, name: str, tell: Callable[[], dict[str, Any]]) -> Handler:
        return Handler(name, lambda _context, _content: answer(200, tell()))

    def _query(self, name: str, act: Callable[[dict[str, Any]], Result]) -> Handler:
        def respond(context: RequestContext, _: None) -> Result:
            return self._judged(name, judge(self._queries[name], read_query(context.query)), act)

        return Handler(name, respond)

    def _body(self, name: str, act: Callable[[dict[str, Any]], Result]) -> Handler:
        def respond(_context: RequestContext, body: dict[str, Any]) -> Result:
            return self._judged(name, judge_values(self._bodies[name], body), act)

        return Handler(name, respond, self._reader(name))

    def _reader(self, name: str) -> Callable[[RequestContext], JSONReader]:
        return lambda context: JSONReader(self._bodies[name], _media_type(context))

    def _judged(self, operation: str, verdict: Request | Violation, act: Callable[[dict[str, Any]], Result]) -> Result:
        if isinstance(verdict, Violation):
            rules = self._bodies.get(operation) or self._queries[operation]
            return self._service.refusal(_hinted(verdict, rules))
        return act(verdict.values)

    def _video(self, name: str, act: Callable[[str], dict[str, Any]]) -> Handler:
        return Handler(name, lambda context, _: _tried(act, context.parameters["video_id"]))

    def _change_job(self, context: RequestContext, body: dict[str, Any]) -> Result:
        control, video_id = self._control, context.parameters["video_id"]
        acts: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "completed": lambda video_id, _: control.finish(video_id),
            "failed": lambda video_id, values: control.fail(video_id, values.get("code")),
            "stalled": lambda video_id, _: control.stall(video_id),
            "expired": lambda video_id, _: control.expire(video_id),
        }
        return self._judged(
            "mockChangeJob",
            judge_values(self._bodies["mockChangeJob"], body),
            lambda values: _tried(lambda one: acts[values["status"]](one, values), video_id),
        )

    def _delete_job(self, video_id: str) -> dict[str, Any]:
        self._control.delete(video_id)
        return {"deleted": 1}

    async def _content(self, context: RequestContext, _: None) -> Response:
        video_id = context.parameters["video_id"]
        job = self._service.jobs.find(video_id)
        if job is None:
            return self._service.refuse("control.video.found", value=video_id)
        context.owner = job.owner
        return await self._service.content(context, read_query(context.query))

    def _login(self, context: RequestContext, body: dict[str, Any]) -> Result:
        def log_in(values: dict[str, Any]) -> Response:
            cookie = self._gate.cookie_for(values["token"], is_secure=context.scheme == "https")
            if cookie is None:
                return self._service.refuse("control.token")
            return answer(200, {"status": "ok"}, (b"set-cookie", cookie))

        return self._judged("mockLogin", judge_values(self._bodies["mockLogin"], body), log_in)

    def _logout(self, _context: RequestContext, _: None) -> Response:
        return answer(200, {"status": "ok"}, (b"set-cookie", self._gate.no_cookie))

    async def _metrics(self, _context: RequestContext, _content: None) -> Response:
        await self._control.sync.flush()
        media_type, text = self._control.metrics_text()
        headers = ((b"content-type", media_type.encode()), (b"content-length", b"%d" % len(text)))
        return Response(200, headers, text)

    async def _health(self, _context: RequestContext, _content: None) -> Response:
        await self._control.sync.flush()
        return answer(200, self._control.health())

    async def _delete_requests(self, _context: RequestContext, _content: None) -> Response:
        await self._control.sync.flush()
        return answer(200, {"deleted": self._control.journal.clear()})

    async def _reset(self, _context: RequestContext, _content: None) -> Response:
        await self._control.sync.flush()
        self._control.reset()
        return answer(200, self._control.health())

    def _clock(self) -> dict[str, Any]:
        clock = self._control.clock
        return {"now": clock(), "frozen": clock.is_frozen, "offset": clock.offset}

    def _move_clock(self, values: dict[str, Any]) -> Response:
        self._control.advance(values.get("advance", 0))
        if "frozen" in values:
            (self._control.freeze if values["frozen"] else self._control.resume)()
        return answer(200, self._clock())

    async def _requests(self, values: dict[str, Any]) -> Response:
        await self._control.sync.flush()
        wanted = {name: value for name, value in values.items() if name != "limit"}
        found = self._control.journal.find(wanted, values["limit"])
        return answer(200, _listed(found))

    def _jobs(self, values: dict[str, Any]) -> Response:
        return answer(200, _listed(self._control.latest_jobs(values["limit"])))

    def _rules(self) -> dict[str, Any]:
        rules = []
        for document in (self._service.document, control_document()):
            for name, rule in document.rules.items():
                error = document.errors[rule.error] if rule.error else None
                earned = {"status": error.status if error else None, "code": error.code if error else None}
                rules.append({"id": name, "says": rule.says, "source": rule.source, "from": rule.from_, **earned})
        return _listed(rules)

    def _scenarios(self) -> dict[str, Any]:
        available = [
            {"name": each.name, "says": each.says, "parameters": [part.name for part in (*each.parameters, *COMMON)]}
            for each in SCENARIOS
        ]
        return {**_listed([_told(entry) for entry in self._control.scenarios]), "available": available}

    def _add_scenario(self, values: dict[str, Any]) -> Response:
        try:
            return answer(200, _told(self._control.fail_next(values["scenario"], int(values["times"]))))
        except ScenarioError as error:
            words = {"field": "scenario", "reason": error.reason, "allowed": error.allowed}
            return self._service.refuse("control.scenario", **words)

    def _delete_scenarios(self, values: dict[str, Any]) -> Response:
        wanted = values.get("id")
        count = self._control.ask_no_more(wanted)
        if wanted is not None and count == 0:
            return self._service.refuse("control.scenario.found", value=wanted)
        return answer(200, {"deleted": count})


def _hinted(violation: Violation, rules: FormRules) -> Violation:
    """The violation, with the name that was meant in its message where one is near to what came."""
    words = violation.words
    came, names = words.get("value", words.get("field")), words.get("allowed", list(rules.fields))
    hint = did_you_mean(came, names) if isinstance(came, str) and isinstance(names, list | tuple) else ""
    if not hint:
        return violation
    message = f"{violation.error.message.removesuffix('.')}{hint}."
    return msgspec.structs.replace(violation, error=msgspec.structs.replace(violation.error, message=message))


def _tried(act: Callable[[str], dict[str, Any]], video_id: str) -> Response:
    try:
        return answer(200, act(video_id))
    except VideoError as error:
        return error.answer


def _told(entry: QueuedScenario) -> dict[str, Any]:
    return {"id": entry.id, "scenario": entry.text, "times": entry.times}


def _listed(data: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": data}


class ControlEndpoint(Endpoint):
    """One path of the control interface: ``access`` decides who may pass."""

    is_control = True

    def __init__(
        self, service: Operations, methods: Methods, sleep: Sleep, timeout: BodyTimeout | None, gate: Access
    ) -> None:
        super().__init__(service, methods, sleep, timeout)
        self._gate = gate

    def _before_body(self, context: RequestContext) -> Response | None:
        broken = self._gate.broken_by(context, is_open=context.operation in OPEN)
        if broken is None:
            return None
        headers = ((b"www-authenticate", b"Bearer"),) if broken[0] == "control.token" else ()
        return self.service.refuse(broken[0], *headers, **broken[1])


def _media_type(context: RequestContext) -> str:
    """The type of a body, all of which are JSON here: nobody is refused who did not choose another on purpose."""
    given = context.header(b"content-type") or ""
    return "application/json" if given in ("", "application/x-www-form-urlencoded") else given  # the latter: curl -d
