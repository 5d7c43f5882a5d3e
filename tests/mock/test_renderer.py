"""The renderer makes each file once, a few at a time, beside the event loop."""

import asyncio
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest

from mockserver.media.content import ClipSource, Content
from mockserver.media.renderer import Renderer
from tests.pictures import picture

SOURCE = ClipSource(b"", 2, 2, 1)
PATIENCE = 20.0
"""Seconds after which something that never comes fails a test. Nothing waits for it to pass."""


class ContentMaker:
    """A stand-in for the encoders: tells what it was asked for, and can be held up."""

    def __init__(self, size: int = 10) -> None:
        self.size = size
        self.made: list[str] = []
        self.begun = Event()
        self.gate = Event()
        self.gate.set()
        self.together = Barrier(1)
        self.at_work = self.most_at_work = 0
        self.failure: Exception | None = None
        self.lock = Lock()

    def __call__(self, variant: str, _source: ClipSource) -> Content:
        with self.lock:
            self.made.append(variant)
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
        self.begun.set()
        assert self.gate.wait(PATIENCE), "the event loop was held up"
        self.together.wait(PATIENCE)
        with self.lock:
            self.at_work -= 1
        if self.failure:
            raise self.failure
        return Content("video/mp4", bytes(self.size), variant)


@pytest.fixture
def maker() -> Iterator[ContentMaker]:
    maker = ContentMaker()
    yield maker
    maker.gate.set()


async def begun(maker: ContentMaker) -> None:
    """Wait until the first file is being made."""
    assert await asyncio.to_thread(maker.begun.wait, PATIENCE)


def ask(renderer: Renderer, *keys: str) -> list[Content | BaseException]:
    """Ask for the video of each key, all at once."""

    async def asking() -> list[Content | BaseException]:
        return await asyncio.gather(
            *(renderer.get(key, "video", lambda: SOURCE) for key in keys), return_exceptions=True
        )

    return asyncio.run(asking())


def test_all_who_ask_at_once_await_the_same_work(maker: ContentMaker) -> None:
    answers = ask(Renderer(maker), *["a"] * 20)
    assert len(maker.made) == 1
    assert all(answer is answers[0] for answer in answers)


def test_file_is_made_once_and_kept(maker: ContentMaker) -> None:
    renderer = Renderer(maker)
    assert ask(renderer, "a") == ask(renderer, "a")
    assert len(maker.made) == 1


def test_variants_and_jobs_are_told_apart(maker: ContentMaker) -> None:
    renderer = Renderer(maker)

    async def asking() -> None:
        for key, variant in (("a", "video"), ("a", "thumbnail"), ("b", "video")):
            assert (await renderer.get(key, variant, lambda: SOURCE)).etag == variant

    asyncio.run(asking())
    assert maker.made == ["video", "thumbnail", "video"]


@pytest.mark.parametrize("bound", [1, 2, 3])
def test_as_many_files_are_made_at_once_as_the_bound_and_no_more(maker: ContentMaker, bound: int) -> None:
    maker.together = Barrier(bound)
    answers = ask(Renderer(maker, bound), *map(str, range(6)))
    assert all(isinstance(answer, Content) for answer in answers)
    assert maker.most_at_work == bound


def test_event_loop_goes_on_while_a_file_is_made(maker: ContentMaker) -> None:
    maker.gate.clear()

    async def asking() -> None:
        asked = asyncio.create_task(Renderer(maker).get("a", "video", lambda: SOURCE))
        await begun(maker)
        assert not asked.done()
        maker.gate.set()
        await asked

    asyncio.run(asking())


def test_one_who_goes_away_takes_the_work_from_nobody(maker: ContentMaker) -> None:
    maker.gate.clear()
    renderer = Renderer(maker)

    async def asking() -> Content:
        first, second = (asyncio.create_task(renderer.get("a", "video", lambda: SOURCE)) for _ in range(2))
        await begun(maker)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert first.cancelled() and not second.done()
        maker.gate.set()
        return await second

    assert asyncio.run(asking()).media_type == "video/mp4"
    assert len(maker.made) == 1


def test_work_that_nobody_awaits_any_more_goes_on_and_is_kept(maker: ContentMaker) -> None:
    maker.gate.clear()
    renderer = Renderer(maker, at_once=1)

    async def leaving() -> None:
        asked = asyncio.create_task(renderer.get("a", "video", lambda: SOURCE))
        await begun(maker)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    asyncio.run(leaving())  # and its event loop closes
    maker.gate.set()
    ask(renderer, "a")
    assert len(maker.made) == 1


def test_one_who_goes_away_takes_the_place_in_the_queue_from_nobody(maker: ContentMaker) -> None:
    maker.gate.clear()
    renderer = Renderer(maker, at_once=1)

    async def asking() -> Content:
        at_work, first, second = (asyncio.create_task(renderer.get(key, "video", lambda: SOURCE)) for key in "abb")
        await begun(maker)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        maker.gate.set()
        await at_work
        return await second

    assert asyncio.run(asking()).media_type == "video/mp4"


@pytest.mark.parametrize("leaving", [0, 1])
def test_failure_reaches_all_who_asked_and_is_not_kept(
    maker: ContentMaker, leaving: int, caplog: pytest.LogCaptureFixture
) -> None:
    maker.gate.clear()
    maker.failure = RuntimeError("no encoder")
    renderer = Renderer(maker)

    async def asking() -> list[Content | BaseException]:
        asked = [asyncio.create_task(renderer.get("a", "video", lambda: SOURCE)) for _ in range(3)]
        await begun(maker)
        for _ in range(leaving):
            asked.pop().cancel()
        maker.gate.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    assert {str(answer) for answer in asyncio.run(asking())} == {"no encoder"}
    maker.failure = None
    assert isinstance(ask(renderer, "a")[0], Content)
    assert len(maker.made) == 2
    gc.collect()
    assert caplog.messages == []


def test_files_asked_for_longest_ago_go_first(maker: ContentMaker) -> None:
    renderer = Renderer(maker, at_once=1, cache_bytes=3 * maker.size)
    for key in "abcadb":  # b is the oldest when d comes
        ask(renderer, key)
    assert len(maker.made) == 5
    ask(renderer, "a", "d", "b")
    assert len(maker.made) == 5


def test_file_larger_than_the_bound_is_made_and_not_kept(maker: ContentMaker) -> None:
    renderer = Renderer(maker, cache_bytes=maker.size - 1)
    ask(renderer, "a")
    assert isinstance(ask(renderer, "a")[0], Content)
    assert len(maker.made) == 2


@pytest.mark.parametrize("forgotten", ["a", None])
def test_forgotten_file_is_made_anew(maker: ContentMaker, forgotten: str | None) -> None:
    renderer = Renderer(maker)
    ask(renderer, "a", "b")
    renderer.forget(forgotten)
    ask(renderer, "a", "b")
    assert len(maker.made) == (3 if forgotten else 4)


def test_file_forgotten_while_it_is_made_reaches_who_asked_and_is_not_kept(maker: ContentMaker) -> None:
    maker.gate.clear()
    renderer = Renderer(maker)

    async def asking() -> Content:
        asked = asyncio.create_task(renderer.get("a", "video", lambda: SOURCE))
        await begun(maker)
        renderer.forget("a")
        maker.gate.set()
        return await asked

    asyncio.run(asking())
    ask(renderer, "a")
    assert len(maker.made) == 2


def test_file_asked_for_anew_is_not_the_forgotten_one(maker: ContentMaker) -> None:
    maker.gate.clear()
    renderer = Renderer(maker, at_once=1)

    async def asking() -> tuple[Content, Content, Content]:
        old = asyncio.create_task(renderer.get("a", "video", lambda: SOURCE))
        await begun(maker)
        renderer.forget()
        new = asyncio.create_task(renderer.get("a", "video", lambda: SOURCE))
        await asyncio.sleep(0)  # it has asked
        maker.gate.set()
        return await old, await new, await renderer.get("a", "video", lambda: SOURCE)

    old, new, again = asyncio.run(asking())
    assert again is new is not old


def test_forgotten_bytes_leave_room(maker: ContentMaker) -> None:
    renderer = Renderer(maker, cache_bytes=2 * maker.size)
    ask(renderer, "a", "b")
    renderer.forget("a")
    for key in "cbc":
        ask(renderer, key)
    assert len(maker.made) == 3


def test_closed_renderer_drops_what_it_has_not_begun(maker: ContentMaker) -> None:
    maker.gate.clear()
    renderer = Renderer(maker, at_once=1)

    async def asking() -> list[Content | BaseException]:
        asked = [asyncio.create_task(renderer.get(key, "video", lambda: SOURCE)) for key in "ab"]
        await begun(maker)
        renderer.close()
        maker.gate.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    done, dropped = asyncio.run(asking())
    assert isinstance(done, Content) and isinstance(dropped, asyncio.CancelledError)
    assert len(maker.made) == 1


def test_event_loops_of_several_threads_share_the_work(maker: ContentMaker) -> None:
    renderer = Renderer(maker)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(renderer, *"abc"), range(8)))
    assert len(maker.made) == 3
    assert all(answer == answers[0] for answer in answers)


def test_encoders_are_what_it_makes_with_by_default() -> None:
    content = asyncio.run(Renderer().get("a", "thumbnail", lambda: ClipSource(picture(9, 9), 9, 9, 1)))
    assert content.media_type == "image/webp" and content.body.startswith(b"RIFF")
