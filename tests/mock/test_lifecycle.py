"""A job moves on by its pace and the clock alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.jobs.clock import SystemClock
from mockserver.jobs.job import Job
from mockserver.jobs.pace import TimedPace, parse_pace
from tests.mock.vocabulary import NOW, Clock, Mock

ORDER = ["queued", "in_progress", "completed"]


def seen(mock: Mock, *moments: float) -> list[tuple[str, int]]:
    """Status and progress of a new video at each of the moments after its creation."""
    video = mock.create()
    found = []
    for moment in moments:
        mock.clock.now = NOW + moment
        polled = mock.poll(video)
        found.append((polled["status"], polled["progress"]))
    return found


def test_fast_job_is_queued_for_a_second_and_rendered_for_one_per_second_of_video() -> None:
    assert seen(Mock(), 0, 0.9, 1, 3, 4.9, 5, 99) == [
        ("queued", 0), ("queued", 0), ("in_progress", 0), ("in_progress", 50), ("in_progress", 97), ("completed", 100), ("completed", 100)
    ]  # fmt: skip


def test_instant_job_is_answered_as_queued_and_found_completed() -> None:
    assert seen(Mock(pace="instant"), 0) == [("completed", 100)]


def test_polled_job_is_completed_at_its_last_poll() -> None:
    assert [status for status, _ in seen(Mock(pace="polls:3"), 0, 0, 0, 0)] == [
        "queued",
        "in_progress",
        "completed",
        "completed",
    ]


def test_job_of_one_poll_is_completed_at_once() -> None:
    assert seen(Mock(pace="polls:1"), 0) == [("completed", 100)]


def test_real_job_takes_about_seventeen_seconds_per_second_of_video() -> None:
    assert [status for status, _ in seen(Mock(pace="real"), 60, 80)] == ["in_progress", "completed"]


def test_times_of_a_job_can_be_given() -> None:
    assert [status for status, _ in seen(Mock(pace="queue=2.5,render=10"), 2.4, 2.5, 12.4, 12.5)] == [
        "queued",
        "in_progress",
        "in_progress",
        "completed",
    ]


def test_longer_video_takes_longer() -> None:
    mock = Mock()
    short, long = mock.create(seconds="4"), mock.create(seconds="12")
    mock.clock.advance(6)
    assert (mock.poll(short)["status"], mock.poll(long)["status"]) == ("completed", "in_progress")


def test_completed_video_says_when_it_was_and_never_expires() -> None:
    mock = Mock()
    video = mock.create()
    mock.clock.advance(100)
    completed = mock.poll(video)
    assert (completed["completed_at"], completed["expires_at"]) == (int(NOW + 5), None)


def test_polled_video_keeps_the_time_of_its_completion() -> None:
    mock = Mock(pace="polls:2")
    video = mock.create()
    completed = []
    for _ in range(4):
        mock.clock.advance(10)
        completed.append(mock.poll(video)["completed_at"])
    assert completed == [None, int(NOW + 20), int(NOW + 20), int(NOW + 20)]


def test_retrieved_video_is_the_created_one() -> None:
    mock = Mock(pace="polls:9")
    video = mock.create(seconds="8", model="sora-2-pro")
    assert mock.poll(video) == video


@pytest.mark.parametrize(
    "pace", ["instant", "fast", "real", "polls:1", "polls:7", "queue=0,render=0", "queue=3,render=0.001"]
)
@given(steps=st.lists(st.floats(0, 200), min_size=1, max_size=12))
def test_progress_never_falls_and_states_keep_their_order(pace: str, steps: list[float]) -> None:
    rule, now, job = parse_pace(pace), NOW, Job("x", "", NOW, 8.0, 0, 0, (), 0.5)
    states = []
    for step in steps:
        now += step
        job = rule.polled(job, now)
        states.append(rule.state(job, now))
    ranks = [(ORDER.index(state.status), state.progress) for state in states]
    assert ranks == sorted(ranks)
    assert all(
        (state.progress == 100) == (state.status == "completed") == (state.completed_at is not None) for state in states
    )


@given(st.floats(-1, 1), st.floats(0, 1))
def test_jitter_stretches_a_job_by_no_more_than_it_says(drawn: float, share: float) -> None:
    job = Job("x", "", NOW, 10.0, 0, 0, (), drawn)
    ends = TimedPace(per_second=1, jitter=share)
    assert ends.state(job, NOW + 10 * (1 + share) + 0.01).status == "completed"
    assert share == 0 or ends.state(job, NOW + 10 * (1 - share) - 0.01).status != "completed"


@pytest.mark.parametrize(
    ("pace", "wait"), [("instant", 10), ("fast", 500), ("polls:3", 10), ("queue=0,render=600", 10_000)]
)
def test_client_is_told_when_to_ask_again(pace: str, wait: int) -> None:
    assert Mock(pace=pace).post().headers["openai-poll-after-ms"] == str(wait)


def test_client_is_not_told_to_wait_beyond_the_end() -> None:
    mock = Mock()
    video = mock.create()
    mock.clock.advance(4.8)
    assert mock.get(video["id"]).headers["openai-poll-after-ms"] == "200"


def test_finished_video_does_not_tell_when_to_ask_again() -> None:
    mock = Mock(pace="instant")
    assert "openai-poll-after-ms" not in mock.get(mock.create()["id"]).headers


def test_jitter_repeats_with_the_seed() -> None:
    first, second = (Mock(pace="real", seed=5) for _ in range(2))
    assert seen(first, *range(64, 76)) == seen(second, *range(64, 76))


def test_head_of_a_video_has_the_headers_and_counts_as_a_poll() -> None:
    mock = Mock(pace="polls:1")
    video = mock.create()
    assert mock.send("HEAD", f"/v1/videos/{video['id']}").status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slow",
        "polls",
        "polls:",
        "polls:0",
        "polls:-1",
        "polls:1.5",
        "queue=1",
        "queue=1,render=",
        "queue=-1,render=1",
        "render=1,queue=1",
        "FAST",
        "queue=nan,render=1",
    ],
)
def test_other_paces_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: instant, fast, real, polls:N"):
        parse_pace(text)


@given(
    created=st.floats(1.5e9, 2e9),
    queue=st.floats(0, 1000),
    render=st.floats(0, 1000),
    progress=st.integers(0, 100),
)
def test_moment_at_which_a_job_is_so_far_is_that_of_its_state(
    created: float, queue: float, render: float, progress: int
) -> None:
    pace = TimedPace(queue=queue, render=render)
    job = Job("video_1", "", created, 4.0, 720, 1280, (), 0.0)
    moment = pace.reaches(job, progress)
    state = pace.state(job, moment)
    assert state.status != "queued" and state.progress >= progress
    assert pace.state(job, moment - 1e-3).progress <= progress


def test_system_clock_never_goes_back() -> None:
    times = iter([5.0, 3.0, 6.0])
    clock = SystemClock(lambda: next(times))
    assert [clock(), clock(), clock()] == [5.0, 5.0, 6.0]


def test_created_at_is_now_by_the_clock() -> None:
    assert Mock(clock=Clock(1234567890.99)).create()["created_at"] == 1234567890
