"""The panel: the control interface over HTTP, from request to answer."""

from collections.abc import Callable
from typing import Any

from mockserver.api.endpoint import Endpoint, Handler, Methods, Sleep
from mockserver.api.exchange import Exchange
from mockserver.api.operations import Service
from mockserver.control.access import Gate
from mockserver.control.control import Control, VideoError
from mockserver.scenarios.active import Active
from mockserver.scenarios.catalogue import COMMON, SCENARIOS, ScenarioError
from mockserver.spec.compiler import compile_body, compile_query
from mockserver.spec.rules import FormRules
from mockserver.validation.checks import Request, Violation, judge, judge_values
from mockserver.web.asgi import Receive, Scope, read_json, read_query
from mockserver.web.responses import Answer, answer

QUERIES = ("mockRequests", "mockJobs", "mockDeleteScenarios")
BODIES = ("mockMoveClock", "mockAddScenario", "mockChangeJob", "mockLogin")


OPEN = frozenset(("mockLogin", "mockLogout"))
"""What is answered without a control token: it is how a page comes by its cookie."""


class Panel:
    """Answers the control operations of a document; their queries and bodies are judged by it."""

    def __init__(self, control: Control, service: Service, gate: Gate) -> None:
        document = service.document
        self._gate = gate
        self._control = control
        self._service = service
        ids = {operation.id for operation in document.controls}
        self._queries = {
            name: compile_query(document, document.operation(name), is_closed=True) for name in QUERIES if name in ids
        }
        self._bodies = {name: compile_body(document, document.operation(name)) for name in BODIES if name in ids}

    @property
    def handlers(self) -> dict[str, Handler]:
        """What answers each control operation, by its id."""
        return {
            "mockHealth": self._plain(self._control.health),
            "mockMetrics": self._metrics,
            "mockReset": self._plain(self._reset),
            "mockClock": self._plain(self._clock),
            "mockRules": self._plain(self._rules),
            "mockScenarios": self._plain(self._scenarios),
            "mockDeleteRequests": self._plain(lambda: {"deleted": self._control.journal.clear()}),
            "mockRequests": self._query("mockRequests", self._requests),
            "mockJobs": self._query("mockJobs", self._jobs),
            "mockDeleteScenarios": self._query("mockDeleteScenarios", self._delete_scenarios),
            "mockMoveClock": self._body("mockMoveClock", self._move_clock),
            "mockAddScenario": self._body("mockAddScenario", self._add_scenario),
            "mockJob": self._video(self._control.job),
            "mockChangeJob": self._change_job,
            "mockDeleteJob": self._video(self._delete_job),
            "mockContent": self._content,
            "mockDocument": self._plain(lambda: self._service.document.raw),
            "mockLogin": self._login,
            "mockLogout": self._logout,
        }

    def _plain(self, tell: Callable[[], dict[str, Any]]) -> Handler:
        async def handler(_scope: Scope, _receive: Receive, _exchange: Exchange) -> Answer:
            return answer(200, tell())

        return handler

    def _query(self, name: str, act: Callable[[dict[str, Any]], Answer]) -> Handler:
        async def handler(scope: Scope, _receive: Receive, _exchange: Exchange) -> Answer:
            return self._judged(judge(self._queries[name], read_query(scope)), act)

        return handler

    def _body(self, name: str, act: Callable[[dict[str, Any]], Answer]) -> Handler:
        async def handler(scope: Scope, receive: Receive, _exchange: Exchange) -> Answer | None:
            rules: FormRules = self._bodies[name]
            body = await read_json(rules, scope, receive)
            return None if body is None else self._judged(judge_values(rules, body), act)

        return handler

    def _judged(self, verdict: Request | Violation, act: Callable[[dict[str, Any]], Answer]) -> Answer:
        return self._service.refusal(verdict) if isinstance(verdict, Violation) else act(verdict.values)

    def _video(self, act: Callable[[str], dict[str, Any]]) -> Handler:
        async def handler(scope: Scope, _receive: Receive, _exchange: Exchange) -> Answer:
            return _tried(act, scope["path_params"]["video_id"])

        return handler

    async def _change_job(self, scope: Scope, receive: Receive, _exchange: Exchange) -> Answer | None:
        rules, control = self._bodies["mockChangeJob"], self._control
        body = await read_json(rules, scope, receive)
        if body is None:
            return None
        acts: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "completed": lambda video_id, _: control.finish(video_id),
            "failed": lambda video_id, values: control.fail(video_id, values.get("code")),
            "stalled": lambda video_id, _: control.stall(video_id),
            "expired": lambda video_id, _: control.expire(video_id),
        }
        video_id = scope["path_params"]["video_id"]
        return self._judged(
            judge_values(rules, body), lambda values: _tried(lambda one: acts[values["status"]](one, values), video_id)
        )

    def _delete_job(self, video_id: str) -> dict[str, Any]:
        self._control.delete(video_id)
        return {"deleted": 1}

    async def _content(self, scope: Scope, _receive: Receive, _exchange: Exchange) -> Answer:
        video_id = scope["path_params"]["video_id"]
        job = self._service.jobs.find(video_id)
        if job is None:
            return self._service.refuse("control.video.found", value=video_id)
        return await self._service.content(job.owner, video_id, read_query(scope), scope["method"], scope["headers"])

    async def _login(self, scope: Scope, receive: Receive, _exchange: Exchange) -> Answer | None:
        rules = self._bodies["mockLogin"]
        body = await read_json(rules, scope, receive)
        if body is None:
            return None

        def log_in(values: dict[str, Any]) -> Answer:
            cookie = self._gate.cookie_for(values["token"], is_secure=scope["scheme"] == "https")
            if cookie is None:
                return self._service.refuse("control.token")
            return answer(200, {"status": "ok"}, (b"set-cookie", cookie))

        return self._judged(judge_values(rules, body), log_in)

    async def _logout(self, _scope: Scope, _receive: Receive, _exchange: Exchange) -> Answer:
        return answer(200, {"status": "ok"}, (b"set-cookie", self._gate.no_cookie))

    async def _metrics(self, _scope: Scope, _receive: Receive, _exchange: Exchange) -> Answer:
        media_type, text = self._control.metrics_text()
        headers = ((b"content-type", media_type.encode()), (b"content-length", b"%d" % len(text)))
        return Answer(200, headers, text)

    def _reset(self) -> dict[str, Any]:
        self._control.reset()
        return self._control.health()

    def _clock(self) -> dict[str, Any]:
        clock = self._control.clock
        return {"now": clock(), "frozen": clock.is_frozen, "offset": clock.offset}

    def _move_clock(self, values: dict[str, Any]) -> Answer:
        self._control.advance(values.get("advance", 0))
        if "frozen" in values:
            (self._control.freeze if values["frozen"] else self._control.resume)()
        return answer(200, self._clock())

    def _requests(self, values: dict[str, Any]) -> Answer:
        wanted = {name: value for name, value in values.items() if name != "limit"}
        found = self._control.journal.find(wanted, values["limit"])
        return answer(200, _listed(found))

    def _jobs(self, values: dict[str, Any]) -> Answer:
        return answer(200, _listed(self._control.latest_jobs(values["limit"])))

    def _rules(self) -> dict[str, Any]:
        document = self._service.document
        errors = document.errors
        rules = []
        for name, rule in document.rules.items():
            error = errors[rule.error] if rule.error else None
            earned = {"status": error.status if error else None, "code": error.code if error else None}
            rules.append({"id": name, "says": rule.says, "source": rule.source, "from": rule.from_, **earned})
        return _listed(rules)

    def _scenarios(self) -> dict[str, Any]:
        available = [
            {"name": each.name, "says": each.says, "parameters": [part.name for part in (*each.parameters, *COMMON)]}
            for each in SCENARIOS
        ]
        return {**_listed([_told(active) for active in self._control.stage.active]), "available": available}

    def _add_scenario(self, values: dict[str, Any]) -> Answer:
        try:
            return answer(200, _told(self._control.fail_next(values["scenario"], int(values["times"]))))
        except ScenarioError as error:
            words = {"field": "scenario", "reason": error.reason, "allowed": error.allowed}
            return self._service.refuse("control.scenario", **words)

    def _delete_scenarios(self, values: dict[str, Any]) -> Answer:
        wanted = values.get("id")
        count = self._control.ask_no_more(wanted)
        if wanted is not None and count == 0:
            return self._service.refuse("control.scenario.found", value=wanted)
        return answer(200, {"deleted": count})


def _tried(act: Callable[[str], dict[str, Any]], video_id: str) -> Answer:
    try:
        return answer(200, act(video_id))
    except VideoError as error:
        return error.answer


def _told(active: Active) -> dict[str, Any]:
    return {"id": active.id, "scenario": active.text, "times": active.times}


def _listed(data: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": data}


class ControlEndpoint(Endpoint):
    """One path of the control interface: who may pass is decided by the gate."""

    is_control = True

    def __init__(self, service: Service, methods: Methods, sleep: Sleep, gate: Gate) -> None:
        super().__init__(service, methods, sleep)
        self.gate = gate

    def _instead(self, scope: Scope, exchange: Exchange) -> Answer | None:
        broken = self.gate.broken_by(scope, is_open=exchange.operation in OPEN)
        if broken is None:
            return None
        headers = ((b"www-authenticate", b"Bearer"),) if broken[0] == "control.token" else ()
        return self.service.refuse(broken[0], *headers, **broken[1])
