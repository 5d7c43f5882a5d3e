"""The generic part: schemathesis with its own checks, and a hook that fits the picture to the size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from contract_tests.cases import images
from contract_tests.cases.contract import Contract
from contract_tests.errors import StoppedError, UnreachableError
from contract_tests.model.case import Case
from contract_tests.model.finding import Finding
from contract_tests.model.request import Facts, Part, Request, text
from contract_tests.model.response import Response
from contract_tests.oracle.silence import silence
from contract_tests.oracle.verdict import takes_any_token
from contract_tests.runner import journal
from contract_tests.runner.run import Run
from contract_tests.settings import PROFILES
from contract_tests.spec.form import parse_dimensions
from contract_tests.spec.rules import GENERIC

_CONFIG = """
seed = {seed}
continue-on-failure = true
max-redirects = 0
[cache]
enabled = false
[phases.examples]
enabled = false
[phases.stateful]
enabled = false
[generation]
max-examples = {examples}
database = "none"
"""
#: Sides in pixels up to which a picture is made for a size that was generated.
_LARGEST = 2048


def generic(run: Run, record: journal.Record | None = None) -> None:
    """Let schemathesis test the creation in its coverage and fuzzing phases, where creations cost nothing."""
    reason = _unwanted(run, record)
    if reason is not None:
        run.skipped[GENERIC] = reason
        return
    run.delivery.journal.write("begun", part=GENERIC)
    for finding in _SchemathesisRun(run).findings():
        run.judgement.findings.append(finding)
        clean = run.delivery.journal.clean_finding(finding)
        run.delivery.journal.write("generic", finding={"rule": clean.rule, **clean.to_json()})
    if run.delivery.stopped is None:
        # What was cut off has not shown that nothing would be found.
        run.judgement.judged.add(GENERIC)


def _unwanted(run: Run, record: journal.Record | None) -> str | None:
    if run.delivery.budget.capped:
        return "schemathesis cannot count what is accepted; it runs where creations cost nothing"
    if run.settings.effort.generic == 0:
        profiles = [name for name, profile in PROFILES.items() if profile.generic]
        return f"schemathesis runs in the profiles {' and '.join(profiles)}"
    if run.settings.only is not None and GENERIC not in run.settings.only:
        return "not among the rules asked for"
    if record is not None and GENERIC in record.begun:
        return "the earlier run has begun it; it is not sent twice"
    return run.delivery.stopped


class _OverError(KeyboardInterrupt):
    """The run has ended: the one thing that lets schemathesis stop at once."""


@contextmanager
def _sent_by(url: str, ask: Callable[[Request], Response], answers: dict[str, Response]) -> Iterator[None]:
    """Let schemathesis send as the run does: one way to the target, with one set of bounds.

    A session of its own would read proxies and passwords of its surroundings, follow redirects and read without end.
    """
    from schemathesis.transport.requests import SameHostRedirectsSession as Session  # noqa: PLC0415  as schemathesis

    from contract_tests.runner.requests_adapter import RunAdapter  # noqa: PLC0415  loads requests

    begin = Session.__init__

    def initialise(session: Session) -> None:
        begin(session)
        session.trust_env = False
        session.adapters.clear()
        session.mount("", RunAdapter(url, ask, answers))

    with patch.object(Session, "__init__", initialise):
        yield


class _SchemathesisRun:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.contract: Contract = run.contract
        self.answers: dict[str, Response] = {}

    def findings(self) -> Iterator[Finding]:
        """What its checks find, without the known false alarms."""
        # Imported when needed: it takes a second, which the other commands need not wait for.
        from schemathesis.engine import events, from_schema  # noqa: PLC0415

        with _sent_by(self.run.delivery.target.url, self._ask, self.answers):
            for event in from_schema(self._schema()).execute():
                if isinstance(event, events.ScenarioFinished):
                    yield from self._scenario(event)
                if self.run.delivery.stopped is not None:
                    return
                if isinstance(event, events.Interrupted):
                    # It takes Ctrl-C for itself; the run has to end too.
                    raise KeyboardInterrupt

    def _go_on(self) -> None:
        """Let schemathesis stop, in whatever it does, where the run has ended."""
        if self.run.delivery.stopped is not None:
            raise _OverError

    def _ask(self, request: Request) -> Response:
        """The answer to a request of schemathesis: limits are obeyed, and what gets none is confirmed."""
        delivery = self.run.delivery
        self._go_on()
        case = Case(GENERIC, f"schemathesis, {request.method} {request.path}", request)
        try:
            answer = delivery.ask(case)
        except (StoppedError, UnreachableError) as error:
            raise _OverError from error
        operation = self.contract.form.operation
        if request.method == operation.method.upper() and request.path == operation.path:
            delivery.budget.count(case, answer)
        lack = silence(case, answer)
        if lack is not None:
            # The request holds the token: it is no evidence that can be written down.
            self.run.judgement.findings += [replace(one, case=None, answer=None) for one in lack.findings]
        return answer

    def _schema(self) -> Any:
        import schemathesis  # noqa: PLC0415
        from schemathesis.config import SchemathesisConfig  # noqa: PLC0415

        run, operation = self.run, self.contract.form.operation
        target = run.delivery.target
        told = _CONFIG.format(seed=run.settings.seed, examples=run.settings.effort.generic)
        config = SchemathesisConfig.from_str(told)
        config.projects.default.headers = {"Authorization": f"Bearer {target.sent_token}"}
        # Without the servers: their path stands in that of the operation already.
        kept = self.contract.document.tree.items()
        tree = {key: value for key, value in kept if not key.startswith("x-") and key != "servers"}
        # As a form alone: it knows no rule about the picture in JSON, and a fitting one cannot be put there.
        body = self.contract.document.resolve(f"{operation.pointer}/requestBody")
        content = {self.contract.form.media_type: body["content"][self.contract.form.media_type]}
        node = {**operation.node, "requestBody": {**body, "content": content}}
        tree["paths"] = {operation.path: {operation.method: node}}
        schema = schemathesis.openapi.from_dict(tree, config=config)
        schema.config.base_url = target.url
        schema.hooks.register_hook_with_name(lambda context, case: self._fit(case), "map_case")  # noqa: ARG005
        return schema

    def _fit(self, case: Any) -> Any:
        """Put a picture that fits the size where a file is due and something was generated."""
        self._go_on()
        body = case.body
        if not isinstance(body, dict):
            return case
        for field in self.contract.form.files:
            if isinstance(body.get(field.name), str):
                sides = self._sides(body, field.matches)
                body = {**body, field.name: images.picture((field.file_types or ("image/png",))[0], *sides)[0]}
        case.body = body
        return case

    def _sides(self, body: dict[str, Any], name: str | None) -> tuple[int, int]:
        given = self.contract.form.fields.get(name or "")
        default = (given.default if given is not None else None) or ""
        sent = body.get(name or "", default)
        sides = parse_dimensions(sent) if isinstance(sent, str) else None
        if sides is None or not 0 < min(sides) <= max(sides) <= _LARGEST:
            sides = parse_dimensions(default)
        return sides or (64, 64)

    def _scenario(self, event: Any) -> Iterator[Finding]:
        recorder = event.recorder
        for case_id, interaction in recorder.interactions.items():
            response, answer = interaction.response, self.answers.get(case_id)
            case = recorder.cases[case_id].value
            status = 0 if response is None else response.status_code
            if response is None and answer is not None and (answer.status or answer.confirmed):
                yield self._finding("not_a_server_error", "an answer, whatever it is", case, None, answer.summary())
            if 400 <= status < 500 and self._right(case) and self._known(interaction.request):
                yield self._finding("positive_data_acceptance", "a good request was refused", case, response)
        for case_id, checks in recorder.checks.items():
            case = recorder.cases[case_id].value
            for check in checks:
                failure = None if check.failure_info is None else check.failure_info.failure
                if failure is not None and not self._false_alarm(failure, case):
                    interaction = recorder.interactions.get(case_id)
                    answer = None if interaction is None else interaction.response
                    yield self._finding(check.name, f"{failure.title}: {failure.message}", case, answer)

    def _false_alarm(self, failure: Any, case: Any) -> bool:
        """Whether a failure is the known defect: it takes a form for wrong that is right.

        A form holds text alone, so the value true, null or 1 of a text field is sent as right text, and a picture
        of bytes is no JSON string. Nothing else is filtered: only this failure, and only where the document's own
        rules, read for what was sent, find no fault. And of methods, those of extensions, which it was not shown and a
        server may have or lack, and those that it knows nothing of. That any token is accepted stands with its own
        rule. And the reverse: a form that it takes for right and that breaks a rule, or has a part without a name.
        """
        match type(failure).__name__:
            case "IgnoredAuth":
                return self.run.settings.token is None or takes_any_token(self.run.judgement.findings)
            case "ServerError":
                # RFC 9110 has 501 for a method that a server does not know at all.
                return failure.status_code == 501 and case.method.lower() not in self._methods
            case "UnsupportedMethodResponse":
                return failure.status_code == 501 or failure.method.lower() in self._methods
            case "AllowHeaderMismatch":
                told = {method.lower() for method in failure.undocumented_methods}
                return not failure.missing_methods and told <= self._methods
            case "RejectedPositiveData":
                return not self._right(case)
        return type(failure).__name__ == "AcceptedNegativeData" and self._right(case)

    @property
    def _methods(self) -> set[str]:
        """The methods of the creation's path, in lower case; who answers GET answers HEAD."""
        path = self.contract.form.operation.path
        found = {operation.method for operation in self.contract.document.operations() if operation.path == path}
        return found | {"head"} if "get" in found else found

    def _right(self, case: Any) -> bool:
        """Whether the form that was sent breaks no rule of the document, and each of its parts has a name."""
        if not isinstance(case.body, dict) or case.method != self.contract.form.operation.method.upper():
            return False
        if "" in case.body:
            return False
        return self.contract.builder.valid(self._parts(case.body))

    def _known(self, request: Any) -> bool:
        """Whether the request carried the token and was a form; schemathesis changes either on purpose."""
        sent = {name.lower(): values for name, values in request.headers.items()}
        right = sent.get("authorization") == [f"Bearer {self.run.delivery.target.sent_token}"]
        return right and sent.get("content-type", [""])[0].startswith(self.contract.form.media_type)

    def _parts(self, body: dict[str, Any]) -> list[Part]:
        made: list[Part] = []
        for name, value in body.items():
            field = self.contract.form.fields.get(name)
            if field is not None and field.is_file and isinstance(value, bytes):
                sides = self._sides(body, field.matches)
                made.append(Part(name, b"", "file", None, Facts((field.file_types or ("image/png",))[0], *sides)))
            else:
                made += [text(name, _as_text(one)) for one in (value if isinstance(value, list) else [value])]
        return made

    def _finding(self, check: str, what: str, case: Any, response: Any, silent: str = "no answer") -> Finding:
        content = b"" if response is None else bytes(response.content or b"")
        actual = silent if response is None else f"{response.status_code} {content[:300].decode('utf-8', 'replace')}"
        first = " ".join(what.split())[:300]
        label = f"schemathesis, {case.method} {case.path}: {check}"
        return Finding(GENERIC, label, actual, first, 100 if check == "not_a_server_error" else 101)


def _as_text(value: Any) -> str:
    """How schemathesis writes a value into a form."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)
