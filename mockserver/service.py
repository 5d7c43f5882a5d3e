"""The service: what each operation answers. Knows the rules, the jobs and the time, and nothing of HTTP's wire."""

from collections.abc import Iterable, Mapping
from copy import copy
from random import Random
from typing import Any

from mockserver.auth import Tokens
from mockserver.checks import Violation, judge, judge_values
from mockserver.clock import Clock
from mockserver.compiler import compile_body, compile_query
from mockserver.content import Source
from mockserver.dispatch import Dispatcher
from mockserver.document import Document
from mockserver.job import QUEUED, Job, JobMaker, State
from mockserver.pace import Pace
from mockserver.ranges import select
from mockserver.renderer import Renderer
from mockserver.response import Answer, Header, VideoShape, answer, constants, refusal
from mockserver.store import Store
from mockserver.upload import Form
from mockserver.webhook import EventShape


class Service:
    """One mocked API. Rules are compiled here, once; ``DocumentError`` if the document does not allow it.

    An ``owner`` is whose videos are spoken of: a token sees its own alone.
    """

    def __init__(
        self, document: Document, tokens: tuple[str, ...], pace: Pace, store: Store, random: Random, clock: Clock
    ) -> None:
        self._tokens = Tokens(tokens)
        self._pace = pace
        self._store = store
        self._random = random
        self._clock = clock
        self._renderer = Renderer()
        self.dispatcher: Dispatcher | None = None
        self._events: EventShape | None = None
        self._read(document)

    def _read(self, document: Document) -> None:
        create = document.operation("createVideo")
        self.document = document
        self.form = compile_body(document, create)
        self.remix_body = compile_body(document, document.operation("remixVideo"))
        self._list_query = compile_query(document, document.operation("listVideos"))
        self._content_query = compile_query(document, document.operation("downloadContent"))
        self._list = constants(document, document.operation("listVideos"))
        self._deleted = constants(document, document.operation("deleteVideo"))
        self._shape = VideoShape(document, create)
        self._maker = JobMaker(self._shape.id_template, self._shape.echo, self._random)
        if self.dispatcher is not None:
            self._events = EventShape(document, self._random)

    def reread(self, document: Document) -> "Service":
        """This service by the rules of another document: the same jobs, tokens, pace and time."""
        service = copy(self)
        service._read(document)  # noqa: SLF001 - a copy of its own
        return service

    def dispatch(self, dispatcher: Dispatcher) -> None:
        """Tell ``dispatcher`` of the jobs that are made from now on."""
        self.dispatcher = dispatcher
        self._events = EventShape(self.document, self._random)

    def outcome(self, owner: str, video_id: str) -> State | None:
        """How far the job is now; ``None`` if it is gone."""
        job = self._store.get(owner, video_id)
        return None if job is None else self._pace.state(job, self._clock())

    def authorise(self, header: str | None) -> Answer | str:
        """The owner that an Authorization header names, or the refusal that it earns."""
        broken = self._tokens.broken(header)
        if broken is None:
            return self._tokens.owner(header or "")
        return self.refuse(broken[0], (b"www-authenticate", b"Bearer"), **broken[1])

    def create(self, owner: str, form: Form) -> Answer:
        """Judge a form; a right one becomes a job and is answered as queued, however fast the pace is."""
        verdict = judge(self.form, form)
        if isinstance(verdict, Violation):
            return self._refusal(verdict)
        job = self._maker.make(owner, verdict.values, self._clock())
        self._store.add(job, b"".join(part.bytes() for part in verdict.files.values()))
        self._expect(job)
        return self._video(job, QUEUED, job.created)

    def retrieve(self, owner: str, video_id: str) -> Answer:
        """The job as it stands now."""
        now = self._clock()
        before: Job | None = None

        def poll(job: Job) -> Job:
            nonlocal before
            before = job
            return self._pace.polled(job, now)

        job = self._store.change(owner, video_id, poll)
        if job is None:
            return self._not_found(video_id)
        state = self._pace.state(job, now)
        if self._events and self.dispatcher and before and state.is_finished:
            was = self._pace.state(before, now)
            if not was.is_finished:  # by this poll, and by no time that the dispatcher knew of
                self.dispatcher.expect(owner, video_id, now, self._events)
        return self._video(job, state, now)

    def list(self, owner: str, query: Form) -> Answer:
        """A page of the owner's jobs."""
        verdict = judge(self._list_query, query)
        if isinstance(verdict, Violation):
            return self._refusal(verdict)
        after = verdict.values.get("after")
        newest_first = verdict.values["order"] == "desc"
        page = self._store.page(owner, after=after, limit=verdict.values["limit"], newest_first=newest_first)
        if page is None:
            return self.refuse("list.after", field="after", value=after)
        now = self._clock()
        data = [self._shape.video(job, self._pace.state(job, now)) for job in page.jobs]
        ends = {"first_id": page.jobs[0].id, "last_id": page.jobs[-1].id} if page.jobs else {}
        return answer(200, {**self._list, **ends, "data": data, "has_more": page.has_more})

    def delete(self, owner: str, video_id: str) -> Answer:
        """Remove a job that is finished."""
        job = self._store.get(owner, video_id)
        if job is None:
            return self._not_found(video_id)
        if not self._pace.state(job, self._clock()).is_finished:
            return self.refuse("delete.finished", value=video_id)
        self._store.remove(owner, video_id)
        self._renderer.forget(video_id)
        return answer(200, {**self._deleted, "id": video_id})

    def remix(self, owner: str, video_id: str, body: Mapping[str, Any]) -> Answer:
        """Make a new job of a completed one."""
        verdict = judge_values(self.remix_body, dict(body))
        if isinstance(verdict, Violation):
            return self._refusal(verdict)
        source = self._store.get(owner, video_id)
        if source is None:
            return self._not_found(video_id)
        now = self._clock()
        if self._pace.state(source, now).status != "completed":
            return self.refuse("remix.completed", value=video_id)
        job = self._maker.remix(source, now)
        self._store.add(job, self._store.reference(owner, video_id) or b"")
        self._expect(job)
        return self._video(job, QUEUED, now)

    async def content(self, owner: str, video_id: str, query: Form, method: str, headers: Iterable[Header]) -> Answer:
        """The bytes of a completed job, whole or the range that ``headers`` ask for."""
        verdict = judge(self._content_query, query)
        if isinstance(verdict, Violation):
            return self._refusal(verdict)
        job = self._store.get(owner, video_id)
        if job is None:
            return self._not_found(video_id)
        if self._pace.state(job, self._clock()).status != "completed":
            return self.refuse("content.ready", value=video_id)
        picture = self._store.reference(owner, video_id) or b""
        source = Source(picture, job.width, job.height, job.seconds)
        content = await self._renderer.get(video_id, verdict.values["variant"], source)
        found = select(content, method, headers)
        if found.status != 416:
            return found
        asked = next(value for name, value in headers if name == b"range")
        return self.refuse("content.range", *found.headers[:2], value=asked.decode("latin-1"))

    def _expect(self, job: Job) -> None:
        if self._events and self.dispatcher:
            due = self._pace.reaches(job)
            if due is not None:
                self.dispatcher.expect(job.owner, job.id, due, self._events)

    def _not_found(self, video_id: str) -> Answer:
        return self.refuse("retrieve.not-found", value=video_id)

    def refuse(self, rule: str, *headers: Header, **words: Any) -> Answer:
        """The refusal of a request that breaks ``rule``."""
        return self._refusal(Violation(rule, self.document.error_of(rule), words), *headers)

    def _refusal(self, violation: Violation, *headers: Header) -> Answer:
        return refusal(violation, self.form.limits, *headers)

    def _video(self, job: Job, state: State, now: float) -> Answer:
        video = self._shape.video(job, state)
        if state.is_finished:
            return answer(200, video)
        wait = max(1, round(1000 * self._pace.wait(job, now)))
        return answer(200, video, (b"openai-poll-after-ms", b"%d" % wait))
