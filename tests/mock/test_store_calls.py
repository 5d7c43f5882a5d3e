"""Every store does the same as a dict and a list, whatever is called in whatever order."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from mockserver.jobs.job import Job
from mockserver.stores.base import Bounds, JobPage, Store
from tests.mock.stores import DONE, is_done, job, open_store, poll
from tests.redis_server import needs_redis


class Machine(RuleBasedStateMachine):
    """Any calls in any order, held against a dict and a list."""

    kind = ""
    jobs = Bundle("jobs")
    owners = st.sampled_from(["me", "you"])

    @initialize(bounds=st.builds(Bounds, jobs=st.integers(1, 6), bytes=st.integers(1, 30)))
    def start(self, bounds: Bounds) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.bounds = bounds
        self.kept: dict[str, tuple[Job, bytes]] = {}
        self.store = self.opened()

    def opened(self) -> Store:
        return open_store(self.kind, Path(self.folder.name), self.bounds)

    def owned(self, owner: str, video_id: str) -> Job | None:
        job = self.kept[video_id][0] if video_id in self.kept else None
        return job if job and job.owner == owner else None

    @rule(
        target=jobs,
        video_id=st.text(min_size=1, max_size=2),
        owner=owners,
        created=st.integers(0, 3),
        chunks=st.lists(st.binary(max_size=9), max_size=3),
        polls=st.integers(0, DONE),
    )
    def add(self, video_id: str, owner: str, created: int, chunks: list[bytes], polls: int) -> Any:
        new = job(video_id, float(created), owner, polls)
        free = video_id not in self.kept
        assert self.store.add(new, chunks) == free
        if not free:
            return multiple()
        reference = b"".join(chunks)
        while self.kept and not self.bounds.allow(len(self.kept) + 1, self.held() + len(reference)):
            first = [each for each, _ in self.kept.values()]
            del self.kept[next((each.id for each in first if is_done(each)), first[0].id)]
        self.kept[video_id] = new, reference
        return video_id

    @rule(owner=owners, video_id=jobs)
    def get(self, owner: str, video_id: str) -> None:
        owned = self.owned(owner, video_id)
        assert self.store.get(owner, video_id) == owned
        assert self.store.reference(owner, video_id) == (self.kept[video_id][1] if owned else None)

    @rule(owner=owners, video_id=jobs)
    def change(self, owner: str, video_id: str) -> None:
        owned = self.owned(owner, video_id)
        changed = poll(owned) if owned else None
        assert self.store.change(owner, video_id, poll) == changed
        if changed:
            self.kept[video_id] = changed, self.kept[video_id][1]

    @rule(owner=owners, video_id=consumes(jobs))
    def remove(self, owner: str, video_id: str) -> None:
        owned = self.owned(owner, video_id)
        assert self.store.remove(owner, video_id) == owned
        if owned:
            del self.kept[video_id]

    @rule(owner=owners, after=st.none() | jobs, limit=st.integers(0, 4), newest_first=st.booleans())
    def page(self, owner: str, after: str | None, limit: int, *, newest_first: bool) -> None:
        page = self.store.page(owner, after=after, limit=limit, newest_first=newest_first)
        if after is not None and not self.owned(owner, after):
            assert page is None
            return
        order = sorted((job for job, _ in self.kept.values() if job.owner == owner), key=lambda job: job.created)
        order = order[::-1] if newest_first else order
        order = order[[job.id for job in order].index(after) + 1 :] if after is not None else order
        assert page == JobPage(tuple(order[:limit]), has_more=len(order) > limit)

    @rule()
    def restart(self) -> None:
        if self.kind != "memory":
            self.store.close()
            self.store = self.opened()

    @rule()
    def clear(self) -> None:
        self.store.clear()
        self.kept.clear()

    def held(self) -> int:
        return sum(len(reference) for _, reference in self.kept.values())

    @invariant()
    def keeps_count(self) -> None:
        assert (self.store.count(), self.store.held()) == (len(self.kept), self.held())

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


def machine(name: str) -> Any:
    case = type(f"Machine_{name}", (Machine,), {"kind": name}).TestCase  # type: ignore[attr-defined]
    case.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
    return case


TestAnyCallsInMemory = machine("memory")
TestAnyCallsInSqlite = machine("sqlite")
TestAnyCallsInRedis = needs_redis(machine("redis"))
