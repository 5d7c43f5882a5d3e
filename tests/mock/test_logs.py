"""The lines of refusals: one each at `info`, one summary now and then at `warning`."""

import logging
from collections.abc import Iterator

import pytest

from mockserver.logs import RequestLog
from tests.mock.vocabulary import Mock, form, multipart, text


class Timer:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING, "mockserver"):
        yield caplog


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the mock logged; an earlier test may have turned up what others log."""
    return [record.getMessage() for record in caplog.records if record.name == "mockserver"]


def refuse(mock: Mock, count: int = 1) -> None:
    for _ in range(count):
        mock.post([text("prompt", "x")])


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def mock(timer: Timer) -> Mock:
    made = Mock()
    made.app.runtime.recorder._log = RequestLog(timer, 10)
    return made


def test_refusals_within_the_time_are_one_line(mock: Mock, timer: Timer, warnings: pytest.LogCaptureFixture) -> None:
    refuse(mock, 3)
    mock.send("GET", "/v1/videos", {"authorization": None})
    assert told(warnings) == []
    timer.now = 10
    refuse(mock)
    assert told(warnings) == ["5 requests refused in 10 s: input_reference.required 4, auth.required 1"]


def test_what_was_refused_last_is_told_at_the_end(mock: Mock, warnings: pytest.LogCaptureFixture) -> None:
    refuse(mock)
    mock.app.runtime.close()
    assert told(warnings) == ["1 request refused in 0 s: input_reference.required 1"]


def test_nothing_is_told_of_requests_that_are_right(mock: Mock, warnings: pytest.LogCaptureFixture) -> None:
    mock.body(multipart(form()))
    mock.app.runtime.close()
    assert told(warnings) == []


def test_each_refusal_is_a_line_where_lines_are_asked_for(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mockserver"):
        refuse(mock, 2)
        mock.app.runtime.close()
    assert told(caplog) == ["POST /v1/videos 400 input_reference.required"] * 2


def test_the_summary_can_be_switched_off(mock: Mock, warnings: pytest.LogCaptureFixture) -> None:
    mock.app.runtime.recorder._log = RequestLog(Timer(), 0)
    refuse(mock)
    mock.app.runtime.close()
    assert told(warnings) == []
