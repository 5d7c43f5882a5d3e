"""The service: what each operation answers. Knows the rules, the jobs and the time, and nothing of HTTP's wire."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from mockserver.auth import Tokens
from mockserver.checks import Violation, judge, judge_values
from mockserver.clock import Clock
from mockserver.compiler import compile_body, compile_query
from mockserver.content import Source
from mockserver.document import Document
from mockserver.job import QUEUED, Job, JobMaker, State
from mockserver.pace import Pace
from mockserver.ranges import select
from mockserver.renderer import Renderer
from mockserver.response import Answer, Header, VideoShape, answer, constants, refusal
from mockserver.store import Finished, Store, StoreUnavailable
from mockserver.upload import Form

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
        self, document: Document, tokens: tuple[str, ...], pace: Pace, store: Store, random: Random, clock: Clock
    ) -> None:
        create = document.operation("createVideo")
        operations = {operation.id: operation for operation in document.operations}
        self.document = document
        self.rules = {name: COMPILED[name](document, operations[name]) for name in COMPILED if name in operations}
        self._constants = {name: constants(document, operations[name]) for name in CONSTANT if name in operations}
        self._shape = VideoShape(document, create)
        self._maker = JobMaker(self._shape.id_template, self._shape.echo, random)
        self._tokens = Tokens(tokens)
        self._pace = pace
        self._store = store
        self._clock = clock
        self._renderer = Renderer()

    def authorise(self, header: str | None) -> Answer | str:
        """The owner that an Authorization header names, or the refusal that it earns."""
        broken = self._tokens.broken(header)
        if broken is None:
            return self._tokens.owner(header or "")
        return self.refuse(broken[0], (b"www-authenticate", b"Bearer"), **broken[1])

    def create(self, owner: str, form: Form) -> Answer:
        """Judge a form; a right one becomes a job and is answered as queued, however fast the pace is."""
        verdict = judge(self.rules["createVideo"], form)
        if isinstance(verdict, Violation):
            return self._refusal(verdict)
        now = self._clock()
        reference = [chunk for part in verdict.files.values() for chunk in part.chunks]
        job = self._keep(lambda: self._maker.make(owner, verdict.values, now), reference)
        return self._video(job, QUEUED, now)

    def retrieve(self, owner: str, video_id: str) -> Answer:
        """The job as it stands now."""
        now = self._clock()
        job = self._store.change(owner, video_id, lambda job: self._pace.polled(job, now))
        if job is None:
            return self._not_found(video_id)
        return self._video(job, self._pace.state(job, now), now)

    def list(self, owner: str, query: Form) -> Answer:
        """A page of the owner's jobs."""
        verdict = judge(self.rules["listVideos"], query)
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

    def remix(self, owner: str, video_id: str, body: Mapping[str, Any]) -> Answer:
        """Make a new job of a completed one."""
        verdict = judge_values(self.rules["remixVideo"], dict(body))
        if isinstance(verdict, Violation):
            return self._refusal(verdict)
        source = self._store.get(owner, video_id)
        if source is None:
            return self._not_found(video_id)
        now = self._clock()
        if self._pace.state(source, now).status != "completed":
            return self.refuse("remix.completed", value=video_id)
        job = self._keep(lambda: self._maker.remix(source, now), [self._store.reference(owner, video_id) or b""])
        return self._video(job, QUEUED, now)

    async def content(self, owner: str, video_id: str, query: Form, method: str, headers: Iterable[Header]) -> Answer:
        """The bytes of a completed job, whole or the range that ``headers`` ask for."""
        verdict = judge(self.rules["downloadContent"], query)
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

    def _not_found(self, video_id: str) -> Answer:
        return self.refuse("retrieve.not-found", value=video_id)

    def refuse(self, rule: str, *headers: Header, **words: Any) -> Answer:
        """The refusal of a request that breaks ``rule``."""
        return self._refusal(Violation(rule, self.document.error_of(rule), words), *headers)

    def close(self) -> None:
        """Give back what the store and the renderer hold of the machine."""
        self._store.close()
        self._renderer.close()

    def _keep(self, make: Callable[[], Job], reference: Sequence[bytes]) -> Job:
        """Make a job and keep it, under an id that no other has."""
        for _ in range(DRAWS):
            job = make()
            if self._store.add(job, reference):
                return job
        raise StoreUnavailable(f"no free id was found in {DRAWS} draws")

    def _refusal(self, violation: Violation, *headers: Header) -> Answer:
        return refusal(violation, self.rules["createVideo"].limits, *headers)

    def _video(self, job: Job, state: State, now: float) -> Answer:
        video = self._shape.video(job, state)
        if state.is_finished:
            return answer(200, video)
        wait = max(1, round(1000 * self._pace.wait(job, now)))
        return answer(200, video, (b"openai-poll-after-ms", b"%d" % wait))
