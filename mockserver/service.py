"""The service: what each operation answers. Knows the rules, the jobs and the time, and nothing of HTTP's wire."""

from random import Random
from typing import Any

from mockserver.auth import Tokens
from mockserver.checks import Violation, judge
from mockserver.clock import Clock
from mockserver.document import Document
from mockserver.job import QUEUED, Job, JobMaker, State
from mockserver.pace import Pace
from mockserver.response import Answer, Header, VideoShape, answer, refusal
from mockserver.rules import compile_form
from mockserver.store import Finished, Store, StoreUnavailable
from mockserver.upload import Form

FINISHED = ("completed", "failed")
NOBODY = ""
"""Who owns every job, as long as owners are not told apart."""

DRAWS = 100
"""How often an id is drawn that may be taken: a seed repeats those of an earlier run in the same second."""


def finished(pace: Pace, clock: Clock) -> Finished:
    """Whether a job is finished by now."""
    return lambda job: pace.state(job, clock()).status in FINISHED


class Service:
    """One mocked API. Rules are compiled here, once; ``DocumentError`` if the document does not allow it."""

    def __init__(
        self, document: Document, tokens: tuple[str, ...], pace: Pace, store: Store, random: Random, clock: Clock
    ) -> None:
        create = document.operation("createVideo")
        self.document = document
        self.form = compile_form(document, create)
        self._shape = VideoShape(document, create)
        self._maker = JobMaker(self._shape.id_template, self._shape.echo, random)
        self._tokens = Tokens(tokens)
        self._pace = pace
        self._store = store
        self._clock = clock

    def authorise(self, header: str | None) -> Answer | None:
        """The refusal that an Authorization header earns, or ``None``."""
        broken = self._tokens.broken(header)
        return broken and self.refuse(broken[0], (b"www-authenticate", b"Bearer"), **broken[1])

    def create(self, form: Form) -> Answer:
        """Judge a form; a right one becomes a job and is answered as queued, however fast the pace is."""
        verdict = judge(self.form, form)
        if isinstance(verdict, Violation):
            return self._refusal(verdict)
        reference = [chunk for part in verdict.files.values() for chunk in part.chunks]
        job = self._keep(verdict.values, reference)
        return self._video(job, QUEUED, job.created)

    def retrieve(self, video_id: str) -> Answer:
        """The job as it stands now."""
        now = self._clock()
        job = self._store.change(NOBODY, video_id, lambda job: self._pace.polled(job, now))
        if job is None:
            return self.refuse("retrieve.not-found", value=video_id)
        return self._video(job, self._pace.state(job, now), now)

    def refuse(self, rule: str, *headers: Header, **words: Any) -> Answer:
        """The refusal of a request that breaks ``rule``."""
        return self._refusal(Violation(rule, self.document.error_of(rule), words), *headers)

    def close(self) -> None:
        """Give back what the store holds of the machine."""
        self._store.close()

    def _keep(self, values: dict[str, Any], reference: list[bytes]) -> Job:
        """Make a job and keep it, under an id that no other has."""
        now = self._clock()
        for _ in range(DRAWS):
            job = self._maker.make(values, now)
            if self._store.add(job, reference):
                return job
        raise StoreUnavailable(f"no free id was found in {DRAWS} draws")

    def _refusal(self, violation: Violation, *headers: Header) -> Answer:
        return refusal(violation, self.form.limits, *headers)

    def _video(self, job: Job, state: State, now: float) -> Answer:
        video = self._shape.video(job, state)
        if state.status in FINISHED:
            return answer(200, video)
        wait = max(1, round(1000 * self._pace.wait(job, now)))
        return answer(200, video, (b"openai-poll-after-ms", b"%d" % wait))
