"""The service: what each operation answers. Knows the rules, the jobs and the time, and nothing of HTTP's wire."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from random import Random
from typing import Any

from mockserver.auth import Tokens
from mockserver.checks import Violation, judge, judge_values, read, verdict_on
from mockserver.clock import Clock
from mockserver.compiler import compile_body, compile_query
from mockserver.content import Source
from mockserver.dispatch import Dispatcher
from mockserver.document import Document
from mockserver.exchange import Exchange
from mockserver.job import QUEUED, Fate, Job, JobMaker, State
from mockserver.pace import Pace
from mockserver.plan import broken_off
from mockserver.ranges import select
from mockserver.renderer import Renderer
from mockserver.response import Answer, Header, VideoShape, answer, constants, refusal
from mockserver.scenario import ScenarioError, directives
from mockserver.stage import Stage
from mockserver.store import Finished, Store, StoreUnavailable
from mockserver.upload import Form
from mockserver.webhook import EventShape

DRAWS = 100
"""How often an id is drawn that may be taken: a seed repeats those of an earlier run in the same second."""


COMPILED = {
    "createVideo": compile_body,
    "remixVideo": compile_body,
    "listVideos": compile_query,
    "downloadContent": compile_query,
}
"""What makes the rules of each operation that has any. An operation that the document lacks is not served."""

CONSTANT = ("listVideos", "deleteVideo")
"""The operations whose answer is no video."""


def finished(pace: Pace, clock: Clock) -> Finished:
    """Whether a job is finished by now."""
    return lambda job: pace.state(job, clock()).is_finished


class Service:
    """One mocked API. Rules are compiled here, once; ``DocumentError`` if the document does not allow it.

    An ``owner`` is whose videos are spoken of: a token sees its own alone.
    """

    def __init__(
        self,
        document: Document,
        tokens: tuple[str, ...],
        pace: Pace,
        store: Store,
        random: Random,
        clock: Clock,
        stage: Stage,
    ) -> None:
        self._tokens = Tokens(tokens)
        self._pace = pace
        self._store = store
        self._random = random
        self._clock = clock
        self.stage = stage
        self._renderer = Renderer()
        self.dispatcher: Dispatcher | None = None
        self._events: EventShape | None = None
        self._read(document)

    def _read(self, document: Document) -> None:
        create = document.operation("createVideo")
        operations = {operation.id: operation for operation in document.operations}
        self.document = document
        self.rules = {name: COMPILED[name](document, operations[name]) for name in COMPILED if name in operations}
        self._constants = {name: constants(document, operations[name]) for name in CONSTANT if name in operations}
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

    def nudge(self) -> None:
        """Look again at what is due: the clock was moved."""
        if self.dispatcher is not None:
            self.dispatcher.nudge()

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

    def create(self, exchange: Exchange, form: Form) -> Answer:
        """Judge a form; a right one becomes a job and is answered as queued, however fast the pace is."""
        reading = read(self.rules["createVideo"], form)
        exchange.form, exchange.images = form, reading.images
        verdict = verdict_on(reading)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
        if (instead := self._direct(exchange, verdict.values)) is not None:
            return instead
        now, fate = self._clock(), _fate(exchange)
        reference = [chunk for part in verdict.files.values() for chunk in part.chunks]
        job = self._keep(lambda: self._maker.make(exchange.owner, verdict.values, now, fate), reference)
        exchange.video = job.id
        return self._video(job, QUEUED, now)

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
        verdict = judge(self.rules["listVideos"], query)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
        after = verdict.values.get("after")
        newest_first = verdict.values["order"] == "desc"
        page = self._store.page(owner, after=after, limit=verdict.values["limit"], newest_first=newest_first)
        if page is None:
            return self.refuse("list.after", field="after", value=after)
        now = self._clock()
        data = [self._shape.video(job, self._pace.state(job, now)) for job in page.jobs]
        ends = {"first_id": page.jobs[0].id, "last_id": page.jobs[-1].id} if page.jobs else {}
        return answer(200, {**self._constants["listVideos"], **ends, "data": data, "has_more": page.has_more})

    def delete(self, owner: str, video_id: str) -> Answer:
        """Remove a job that is finished."""
        job = self._store.get(owner, video_id)
        if job is None:
            return self._not_found(video_id)
        if not self._pace.state(job, self._clock()).is_finished:
            return self.refuse("delete.finished", value=video_id)
        self._store.remove(owner, video_id)
        self._renderer.forget(video_id)
        return answer(200, {**self._constants["deleteVideo"], "id": video_id})

    def remix(self, exchange: Exchange, video_id: str, body: Mapping[str, Any]) -> Answer:
        """Make a new job of a completed one."""
        exchange.body, owner = dict(body), exchange.owner
        verdict = judge_values(self.rules["remixVideo"], exchange.body)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
        source = self._store.get(owner, video_id)
        if source is None:
            return self._not_found(video_id)
        now = self._clock()
        if self._pace.state(source, now).status != "completed":
            return self.refuse("remix.completed", value=video_id)
        if (instead := self._direct(exchange, verdict.values)) is not None:
            return instead
        fate, reference = _fate(exchange), self._store.reference(owner, video_id) or b""
        job = self._keep(lambda: self._maker.remix(source, now, fate), [reference])
        exchange.video = job.id
        return self._video(job, QUEUED, now)

    async def content(self, owner: str, video_id: str, query: Form, method: str, headers: Iterable[Header]) -> Answer:
        """The bytes of a completed job, whole or the range that ``headers`` ask for."""
        verdict = judge(self.rules["downloadContent"], query)
        if isinstance(verdict, Violation):
            return self.refusal(verdict)
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
            return found if job.fate is None or job.fate.breaks is None else broken_off(found, job.fate.breaks)
        asked = next(value for name, value in headers if name == b"range")
        return self.refuse("content.range", *found.headers[:2], value=asked.decode("latin-1"))

    def latest(self, limit: int) -> Iterable[Job]:
        """Up to ``limit`` jobs of all owners, the newest first."""
        return self._store.latest(limit)

    def shown(self, job: Job) -> dict[str, Any]:
        """The video object of a job as it stands now, without a poll."""
        return self._shape.video(job, self._pace.state(job, self._clock()))

    def count(self) -> int:
        """How many jobs there are."""
        return self._store.count()

    def clear(self) -> None:
        """Forget every job."""
        self._store.clear()
        self._renderer.forget()

    def _direct(self, exchange: Exchange, values: Mapping[str, Any]) -> Answer | None:
        """Put what a directive in the prompt asks for into the plan; what that answers in place of a job."""
        text = directives(str(values.get("prompt")))
        if text is not None:
            try:
                asked = self.stage.reader.read(text)
            except ScenarioError as error:
                words = {"field": "prompt", "reason": error.reason, "allowed": error.allowed}
                return self.refuse("prompt.directive", **words)
            exchange.plan = self.stage.play(asked, exchange.operation, exchange.owner, exchange.plan)
        return None if exchange.plan is None else exchange.plan.answer

    def _expect(self, job: Job) -> None:
        if self._events and self.dispatcher:
            due = self._pace.reaches(job)
            if due is not None:
                self.dispatcher.expect(job.owner, job.id, due, self._events)

    def _not_found(self, video_id: str) -> Answer:
        return self.refuse("retrieve.not-found", value=video_id)

    def refuse(self, rule: str, *headers: Header, **words: Any) -> Answer:
        """The refusal of a request that breaks ``rule``."""
        return self.refusal(Violation(rule, self.document.error_of(rule), words), *headers)

    def close(self) -> None:
        """Give back what the store and the renderer hold of the machine."""
        self._store.close()
        self._renderer.close()

    def _keep(self, make: Callable[[], Job], reference: Sequence[bytes]) -> Job:
        """Make a job and keep it, under an id that no other has."""
        for _ in range(DRAWS):
            job = make()
            if self._store.add(job, reference):
                self._expect(job)
                return job
        raise StoreUnavailable(f"no free id was found in {DRAWS} draws")

    def refusal(self, violation: Violation, *headers: Header) -> Answer:
        """The answer to a request that was judged."""
        return refusal(violation, self.rules["createVideo"].limits, *headers)

    def _video(self, job: Job, state: State, now: float) -> Answer:
        video = self._shape.video(job, state)
        if state.is_finished:
            return answer(200, video)
        wait = max(1, round(1000 * self._pace.wait(job, now)))
        return answer(200, video, (b"openai-poll-after-ms", b"%d" % wait))


def _fate(exchange: Exchange) -> Fate | None:
    return None if exchange.plan is None else exchange.plan.fate
