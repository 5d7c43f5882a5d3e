"""The dispatcher of webhooks: what is tried again, when, and what is given up."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.jobs.job import JobState
from mockserver.webhooks import dispatcher as dispatching
from mockserver.webhooks.dispatcher import ATTEMPTS, Dispatcher
from mockserver.webhooks.events import Event
from mockserver.webhooks.sender import Reply
from tests.mock.test_webhooks import FAILED, SHAPE
from tests.mock.vocabulary import NOW, Clock


def test_video_that_is_gone_before_its_end_is_not_told() -> None:
    dispatcher, sent = dispatcher_of(list, state=None)
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE))
    assert sent == []


def dispatcher_of(
    replies: Callable[[], list[Reply]], state: JobState | None = FAILED, clock: Any = None
) -> tuple[Dispatcher, list[Event]]:
    """A dispatcher whose deliveries are answered by ``replies`` in turn, and the events that it sent."""
    sent: list[Event] = []
    waiting = replies()

    async def send(event: Event) -> Reply:
        sent.append(event)
        return waiting.pop(0) if waiting else Reply("200", is_delivered=True)

    async def close() -> None:
        """Nothing is open."""

    return Dispatcher(lambda _owner, _video_id: state, send, close, clock or Clock()), sent


def drive(dispatcher: Dispatcher, *steps: Callable[[], Any]) -> None:
    """Run a dispatcher through ``steps``, and let it do after each what it can."""

    async def driven() -> None:
        task = asyncio.ensure_future(dispatcher.run())
        for step in (lambda: None, *steps):
            step()
            dispatcher.nudge()
            for _ in range(10):
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(driven())


def test_failed_video_is_told_as_failed() -> None:
    dispatcher, sent = dispatcher_of(list)
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE))
    [event] = sent
    assert (event.type, json.loads(event.body)["created_at"]) == ("video.failed", int(NOW))


def test_video_that_is_not_finished_after_all_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    dispatcher, sent = dispatcher_of(list, JobState("in_progress", 99))
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE))
    assert sent == [] and caplog.records == []


def tries_after(reply: Reply, *seconds: float) -> list[int]:
    """How many tries were made, each refused, when so many seconds had passed since the one before."""
    clock = Clock()
    dispatcher, sent = dispatcher_of(lambda: [reply] * 99, clock=clock)
    counts: list[int] = []

    def passing(pause: float) -> Callable[[], None]:
        def step() -> None:
            counts.append(len(sent))
            clock.advance(pause)

        return step

    drive(
        dispatcher,
        lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE),
        *(passing(pause) for pause in seconds),
        lambda: counts.append(len(sent)),
    )
    return counts


def test_pause_between_tries_doubles_and_the_tries_end() -> None:
    assert tries_after(Reply("500"), 0.9, 0.1, 1.9, 0.1, 4, 8, 16, 32, 64, 1000, 1000) == [
        1,
        1,
        2,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        8,
        8,
    ]
    assert ATTEMPTS == 8


def test_final_refusal_is_tried_once(caplog: pytest.LogCaptureFixture) -> None:
    assert tries_after(Reply("410", is_final=True), 1, 1000) == [1, 1, 1]
    assert "webhook of video_1 is given up, tries: 1, the last: 410" in caplog.text


def test_pause_that_the_receiver_asks_for_is_kept_up_to_ten_minutes() -> None:
    assert tries_after(Reply("429", wait=30), 29, 1) == [1, 1, 2]
    assert tries_after(Reply("429", wait=1e9), 599, 1) == [1, 1, 2]
    assert tries_after(Reply("429", wait=0.1), 0.9, 0.1) == [1, 1, 2]


def test_failure_of_our_own_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    clock, asked = Clock(), []

    def outcome(_owner: str, video_id: str) -> JobState:
        asked.append(video_id)
        if len(asked) == 1:
            raise OSError("the disk is away")
        return FAILED

    dispatcher, sent = dispatcher_of(list, clock=clock)
    dispatcher._outcome = outcome
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE), lambda: clock.advance(1))
    assert len(sent) == 1 and "the disk is away" in caplog.text


def test_more_than_may_wait_is_told_and_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatching, "MOST", 1)
    dispatcher, sent = dispatcher_of(list)
    dispatcher.expect("owner", "video_1", NOW, SHAPE)
    dispatcher.expect("owner", "video_2", NOW, SHAPE)
    drive(dispatcher)
    assert len(sent) == 1 and "webhook of video_2 is not sent" in caplog.text


def test_events_come_in_the_order_in_which_videos_end() -> None:
    clock = Clock()
    dispatcher, sent = dispatcher_of(list, clock=clock)
    moments = {"video_1": 3.0, "video_2": 1.0, "video_3": 2.0}
    for video_id, moment in moments.items():
        dispatcher.expect("owner", video_id, NOW + moment, SHAPE)
    drive(dispatcher, lambda: clock.advance(5))
    assert [json.loads(event.body)["data"]["id"] for event in sent] == ["video_2", "video_3", "video_1"]


def test_clock_that_stands_still_is_not_asked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "STANDING", 0.05)
    asked = 0

    def clock() -> float:
        nonlocal asked
        asked += 1
        return NOW

    dispatcher, sent = dispatcher_of(list, clock=clock)
    dispatcher.expect("owner", "video_1", NOW + 0.001, SHAPE)

    async def watched() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(dispatcher.run(), 0.3)

    asyncio.run(watched())
    assert 2 < asked < 30 and sent == []


def test_nudge_of_a_dispatcher_that_does_not_run_harms_nobody() -> None:
    dispatcher, sent = dispatcher_of(list)
    dispatcher.nudge()
    drive(dispatcher)
    dispatcher.nudge()
    assert sent == []
