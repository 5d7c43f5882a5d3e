"""Metrics and logs: what a mock tells of itself to programs."""

import json
import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mockserver.control.metrics import BUCKETS, TOLD
from mockserver.logs import log_to
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import TOKEN, Mock, form

LABELS = ("operation", "status", "rule", "state", "le")


def metrics(mock: Mock) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels, in the order of ``LABELS``."""
    answer = mock.tell("GET", "metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, *(sample.labels[name] for name in LABELS if name in sample.labels)): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_are_counted_by_operation_status_and_rule(mock: Mock) -> None:
    mock.create()
    mock.create()
    mock.post(form(seconds="10"))
    mock.send("GET", "/nowhere")
    told = metrics(mock)
    assert told["mockserver_requests_total", "createVideo", "200", ""] == 2
    assert told["mockserver_requests_total", "createVideo", "400", "seconds.enum"] == 1
    assert told["mockserver_requests_total", "", "404", "path"] == 1


def test_durations_are_counted_in_buckets_that_add_up(mock: Mock) -> None:
    mock.create()
    told = metrics(mock)
    name = "mockserver_request_duration_seconds"
    counts = [told[f"{name}_bucket", "createVideo", str(bound)] for bound in (*BUCKETS, "+Inf")]
    assert counts == sorted(counts)
    assert counts[-1] == told[f"{name}_count", "createVideo"] == 1
    assert 0 < told[f"{name}_sum", "createVideo"] < 60


def test_jobs_are_told_by_state_with_the_bytes_they_hold(mock: Mock) -> None:
    mock.create()
    mock.clock.advance(100)
    mock.create()
    told = metrics(mock)
    assert (told["mockserver_jobs_by_state", "completed"], told["mockserver_jobs_by_state", "queued"]) == (1, 1)
    assert told["mockserver_jobs",] == 2
    assert told["mockserver_held_bytes",] > 100


def test_control_is_not_counted_and_every_metric_is_told_in_the_table(mock: Mock) -> None:
    metrics(mock)
    text = mock.tell("GET", "metrics").text
    assert "mockMetrics" not in text
    families = {family.name for family in text_string_to_metric_families(text)}
    assert families == {name.removesuffix("_total") for name in TOLD}


def test_metrics_count_on_through_a_reset(mock: Mock) -> None:
    mock.create()
    mock.tell("POST", "reset")
    told = metrics(mock)
    assert told["mockserver_requests_total", "createVideo", "200", ""] == 1
    assert told["mockserver_jobs",] == 0


@pytest.fixture
def lines() -> Any:
    """What is logged as JSON, line by line."""
    stream = StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log_to(stream, "debug", "json")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)


def of_requests(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "request_id" in line]


def test_request_is_one_object_with_what_is_known_of_it(mock: Mock, lines: Callable[[], list[dict[str, Any]]]) -> None:
    video = mock.create()
    [line] = of_requests(lines())
    assert line["duration_ms"] >= 0
    assert line["request_id"].startswith("req_")
    known = {name: line[name] for name in ("level", "method", "path", "operation", "status", "rule", "video")}
    assert known == {
        "level": "debug",
        "method": "POST",
        "path": "/v1/videos",
        "operation": "createVideo",
        "status": 200,
        "rule": None,
        "video": video["id"],
    }


def test_no_line_of_json_can_be_forged(mock: Mock, lines: Callable[[], list[dict[str, Any]]]) -> None:
    mock.send("GET", '/x%0A{"level": "info"}')
    [line] = of_requests(lines())
    assert (line["path"], line["rule"]) == ('/x\n{"level": "info"}', "path")


def test_failure_is_told_with_its_place(lines: Callable[[], list[dict[str, Any]]]) -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("mockserver").exception("it failed")
    [line] = lines()
    assert (line["level"], line["message"]) == ("error", "it failed")
    assert "ZeroDivisionError" in line["exception"]


def test_request_that_cannot_be_written_down_is_answered_all_the_same(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mock.control.journal, "add", lambda *_: 1 / 0)
    mock.create()
    assert "was not recorded" in caplog.text


def test_command_logs_in_the_form_that_is_asked_for() -> None:
    with served("--log-format", "json", "--token", TOKEN) as (process, told):
        httpx.get(f"{url(told)}/v1/videos/x", headers={"authorization": "Bearer other"})
        process.terminate()
        _, stderr = process.communicate(timeout=20)
    [line] = map(json.loads, stderr.splitlines())
    assert (line["status"], line["rule"]) == (401, "auth.key")
