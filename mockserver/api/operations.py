"""The service: what each operation answers. Knows the rules, the jobs and the time, and nothing of HTTP's wire."""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple

from mockserver.api.auth import Tokens
from mockserver.api.context import RequestContext
from mockserver.api.fetch import Fetcher
from mockserver.api.job_manager import JobManager, JobSnapshot
from mockserver.jobs.job import Job, JobOverride
from mockserver.media.content import MAKERS, ClipSource
from mockserver.media.renderer import Renderer
from mockserver.scenarios.active import ActiveScenarios
from mockserver.scenarios.catalogue import ScenarioError, directives
from mockserver.scenarios.plan import broken_off
from mockserver.spec.compiler import compile_body, compile_query
from mockserver.spec.document import Document, DocumentError, control_document
from mockserver.spec.rules import FormRules
from mockserver.validation.checks import (
    ParsedForm,
    Violation,
    check_rules,
    forgiven,
    judge,
    judge_values,
    read,
    verdict_on,
)
from mockserver.validation.json_form import with_objects
from mockserver.validation.multipart import Form, Part
from mockserver.validation.storage import TemporaryStorage, joined
from mockserver.web.ranges import select
from mockserver.web.responses import ErrorSchema, Header, Response, VideoSchema, answer, constants, message_of, refusal

logger = logging.getLogger("mockserver")

FORGIVEN = "An upload was accepted that the official service was reported to refuse;"
"""What is logged of a client's mistake, once a kind, before the message that refuses it."""

COMPILED = {
    "createVideo": compile_body,
    "remixVideo": compile_body,
    "listVideos": compile_query,
    "downloadContent": compile_query,
}
"""What makes the rules of each operation that has any. An operation that the document lacks is not served."""

NEEDED = {"listVideos": ("limit", "order"), "downloadContent": ("variant",)}
"""The parameters that an operation asks for by name; each has a default."""

CONSTANT = ("listVideos", "deleteVideo")
"""The operations whose answer is no video."""


class VideoGoneError(Exception):
    """The video was deleted while its content was asked for."""


class UploadPolicy(NamedTuple):
    """Whether uploads are refused as the official service does, and the hosts from which pictures are fetched."""

    is_strict: bool
    fetch_allow: tuple[str, ...]


class Operations:
    """One mocked API. Rules are compiled here, once; ``DocumentError`` if the document does not allow it.

    An ``owner`` is whose videos are spoken of: a token sees its own alone.
    """

    def __init__(
        self,
        document: Document,
        tokens: Tokens,
        jobs: JobManager,
        scenarios: ActiveScenarios,
        renderer: Renderer,
        storage: TemporaryStorage,
        uploads: UploadPolicy,
    ) -> None:
        operations = {operation.id: operation for operation in document.operations}
        self.document = document
        self.scenarios = scenarios
        self.jobs = jobs
        self.storage = storage
        self.rules = {name: COMPILED[name](document, operations[name]) for name in COMPILED if name in operations}
        _check_parameters(self.rules)
        for rules in self.rules.values():
            check_rules(rules)
        self._strict_uploads = uploads.is_strict
        self._fetcher = Fetcher(uploads.fetch_allow, self.rules["createVideo"].limits.body_bytes)
        self._forgiven: set[str] = set()
        self._tokens = tokens
        self._credential_headers = tuple(scheme.header for scheme in tokens.schemes)
        is_bearer = any(scheme.is_bearer for scheme in tokens.schemes)
        self._challenge: tuple[Header, ...] = ((b"www-authenticate", b"Bearer"),) if is_bearer else ()
        self._error_schema = ErrorSchema(document)
        self._renderer = renderer
        self._constants = {name: constants(document, operations[name]) for name in CONSTANT if name in operations}
        self._shape = VideoSchema(document, document.operation("createVideo"))

    @property
    def takes_any_token(self) -> bool:
        """Whether no token was named that requests must have."""
        return self._tokens.are_any

    @property
    def credential_headers(self) -> tuple[bytes, ...]:
        """The headers that may bear the credential; each may come once."""
        return self._credential_headers

    def authorise(self, context: RequestContext) -> Response | str:
        """The owner that the credential names, or the refusal that it earns."""
        found = self._tokens.authenticate(context.header)
        return found if isinstance(found, str) else self.refuse(found[0], *self._challenge, **found[1])

    def create(self, context: RequestContext, form: Form) -> Response | Awaitable[Response]:
        """A valid form becomes a job and is answered as queued, however fast the pace is."""
        rules = self.rules["createVideo"]
        if rules.objects:
            form = with_objects(form, rules)
            wanted = self._fetcher.wanted(form)
            if wanted:
                return self._create_fetched(context, form, wanted)
        return self._create(context, form)

    async def _create_fetched(self, context: RequestContext, form: Form, wanted: Sequence[Part]) -> Response:
        for part in wanted:
            await self._fetcher.fetch(part)
        made = self._create(context, form)
        return made if isinstance(made, Response) else await made

    def _create(self, context: RequestContext, form: Form) -> Response | Awaitable[Response]:
        reading = read(self.rules["createVideo"], form)
        context.form, context.images = form, reading.images
        verdict = verdict_on(reading)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
        instead = self._direct(context, directives(str(verdict.values.get("prompt"))))
        if instead is not None:
            return instead
        mistake = self._mistake(context, reading)
        if mistake is not None:
            return mistake
        reference = joined([part.chunks for part in verdict.files.values()])
        return self._created(context, self.jobs.make(context.owner, verdict.values, reference, _fate(context)))

    def _mistake(self, context: RequestContext, reading: ParsedForm) -> Response | None:
        """The refusal of what the official service refuses, where uploads are strict; else it is logged once a kind."""
        for violation in forgiven(reading):
            if self._strict_uploads or (context.plan is not None and context.plan.is_strict):
                return self.refusal(violation)
            if violation.rule not in self._forgiven:
                self._forgiven.add(violation.rule)
                logger.warning("%s --strict-uploads refuses it. %s", FORGIVEN, message_of(violation))
        return None

    def _created(self, context: RequestContext, job: Job | Awaitable[Job]) -> Response | Awaitable[Response]:
        if not isinstance(job, Job):
            return self._created_later(context, job)
        context.video = job.id
        return self._video(self.jobs.new(job))

    async def _created_later(self, context: RequestContext, adding: Awaitable[Job]) -> Response:
        job = await adding
        context.video = job.id
        return self._video(self.jobs.new(job))

    def retrieve(self, owner: str, video_id: str) -> Response:
        """The job as it stands now."""
        standing = self.jobs.poll(owner, video_id)
        return self._not_found(video_id) if standing is None else self._video(standing)

    def list(self, owner: str, query: Form) -> Response:
        """A page of the owner's jobs."""
        verdict = judge(self.rules["listVideos"], query)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
        after = verdict.values.get("after")
        newest_first = verdict.values["order"] == "desc"
        page = self.jobs.page(owner, after=after, limit=verdict.values["limit"], newest_first=newest_first)
        if page is None:
            return self.refuse("list.after", field="after", value=after)
        data = [self.shown(job) for job in page.jobs]
        ends = {"first_id": page.jobs[0].id, "last_id": page.jobs[-1].id} if page.jobs else {}
        return answer(200, {**self._constants["listVideos"], **ends, "data": data, "has_more": page.has_more})

    def delete(self, owner: str, video_id: str) -> Response:
        """Remove a job that is finished."""
        job = self.jobs.get(owner, video_id)
        if job is None:
            return self._not_found(video_id)
        if not self.jobs.state(job).is_finished:
            return self.refuse("delete.finished", value=video_id)
        if not self.jobs.remove(job):
            return self._not_found(video_id)
        self._renderer.forget(video_id)
        return answer(200, {**self._constants["deleteVideo"], "id": video_id})

    def remix(self, context: RequestContext, body: Mapping[str, Any]) -> Response | Awaitable[Response]:
        """Make a new job of a completed one."""
        context.body, video_id = dict(body), context.parameters["video_id"]
        verdict = judge_values(self.rules["remixVideo"], context.body)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
        source = self.jobs.get(context.owner, video_id)
        if source is None:
            return self._not_found(video_id)
        if self.jobs.state(source).status != "completed":
            return self.refuse("remix.completed", value=video_id)
        instead = self._direct(context, directives(str(verdict.values.get("prompt"))))
        if instead is not None:
            return instead
        job = self.jobs.remix(source, verdict.values, _fate(context))
        return self._not_found(video_id) if job is None else self._created(context, job)

    async def content(self, context: RequestContext, query: Form) -> Response:
        """The bytes of a completed job, whole or the range that the headers ask for."""
        owner, video_id = context.owner, context.parameters["video_id"]
        verdict = judge(self.rules["downloadContent"], query)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
        job = self.jobs.get(owner, video_id)
        if job is None:
            return self._not_found(video_id)
        missing = self._not_there(job)
        if missing is not None:
            return self.refuse(missing, value=video_id)
        try:
            content = await self._renderer.get(video_id, verdict.values["variant"], lambda: self._source(job))
        except VideoGoneError:
            return self._not_found(video_id)
        found = select(content, context.method, context.headers)
        if found.status != 416:
            return found if job.fate is None or job.fate.breaks is None else broken_off(found, job.fate.breaks)
        asked = next(value for name, value in context.headers if name == b"range")
        return self.refuse("content.range", *found.headers[:2], value=asked.decode("latin-1"))

    def _source(self, job: Job) -> ClipSource:
        """What the content of a job is made from; ``VideoGoneError`` if another process has deleted the job."""
        reference = self.jobs.reference(job)
        if reference is None:
            raise VideoGoneError
        return ClipSource(reference, job.width, job.height, job.seconds, job.id)

    def _not_there(self, job: Job) -> str | None:
        """The rule by which a job has no content; ``None`` if it has."""
        if self.jobs.state(job).status != "completed":
            return "content.ready"
        return "content.expired" if job.fate is not None and job.fate.is_expired else None

    def forget_content(self, video_id: str) -> None:
        """Let go of what was made of a video."""
        self._renderer.forget(video_id)

    def shown(self, job: Job) -> dict[str, Any]:
        """The video object of a job as it stands now, without a poll."""
        return self._shape.video(job, self.jobs.state(job))

    def clear(self) -> None:
        """Forget every job."""
        self.jobs.clear()
        self._renderer.forget()

    def _direct(self, context: RequestContext, directive: str | None) -> Response | None:
        """Put what a directive in the prompt asks for into the plan; what that answers in place of a job."""
        if directive is not None:
            try:
                asked = self.scenarios.reader.read(directive)
            except ScenarioError as error:
                words = {"field": "prompt", "reason": error.reason, "allowed": error.allowed}
                return self.refuse("prompt.directive", **words)
            context.plan = self.scenarios.play(asked, context.operation, context.owner, context.plan)
        return None if context.plan is None else context.plan.answer

    def _not_found(self, video_id: str) -> Response:
        return self.refuse("retrieve.not-found", value=video_id)

    def refuse(self, rule: str, *headers: Header, **words: Any) -> Response:
        """The refusal of a request that breaks ``rule``."""
        document = self.document if rule in self.document.rules else control_document()
        return self.refusal(Violation(rule, document.error_of(rule), words), *headers)

    def refusal(self, violation: Violation, *headers: Header) -> Response:
        """The answer to a request that was judged."""
        return refusal(violation, self._error_schema, self.rules["createVideo"].limits, *headers)

    def _video(self, standing: JobSnapshot) -> Response:
        video = self._shape.video(standing.job, standing.state)
        if standing.state.is_finished:
            return answer(200, video)
        wait = max(1, round(1000 * standing.wait))
        return answer(200, video, (b"openai-poll-after-ms", b"%d" % wait))


def _check_parameters(rules: Mapping[str, FormRules]) -> None:
    """That what is asked for by name is there, and what can be chosen can be made; ``DocumentError``."""
    for operation, names in NEEDED.items():
        for name in names if operation in rules else ():
            field = rules[operation].fields.get(name)
            if field is None or field.default is None:
                raise DocumentError(f"{operation}: the parameter '{name}' is missing, or its default")
            unknown = [value for value in field.allowed if value not in MAKERS]
            if name == "variant" and unknown:
                made = ", ".join(MAKERS)
                raise DocumentError(f"{operation}: the variant '{unknown[0]}' cannot be made; {made} can")


def _fate(context: RequestContext) -> JobOverride | None:
    return None if context.plan is None else context.plan.fate
