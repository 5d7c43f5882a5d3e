"""What control tells one process of a shared store holds for all of them."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.api.context import RequestContext
from mockserver.app import build
from mockserver.command_line import read_settings
from mockserver.settings import Settings
from mockserver.stores import parse_store
from mockserver.stores.shared import SharedState
from mockserver.stores.sqlite import shared as sqlite_board
from mockserver.testing import VideosMock
from mockserver.web.asgi import in_background
from tests.mock.receiver import SECRET, receiving
from tests.mock.test_cli import served, url
from tests.mock.test_workers import eventually
from tests.mock.vocabulary import TOKEN, Clock, Mock, form
from tests.pictures import picture
from tests.redis_server import RedisServer, needs_redis, shared_redis


class Process(Mock):
    """One of several mocks with the same store and, as on one machine, the same time."""

    CLOCK = Clock()

    def __init__(self, name: str, **settings: Any) -> None:
        super().__init__(store=parse_store(name), clock=self.CLOCK, **settings)

    def scenarios(self) -> list[tuple[str, int | None]]:
        """What is asked for."""
        listed = self.tell("GET", "scenarios").json()["data"]
        return [(asked["scenario"], asked["times"]) for asked in listed]

    def time(self) -> dict[str, Any]:
        """The clock as control shows it."""
        shown: dict[str, Any] = self.tell("GET", "clock").json()
        return shown

    def paths(self) -> list[str]:
        """The paths of the journal, the newest first."""
        return [asked["path"] for asked in self.tell("GET", "requests").json()["data"]]


@pytest.fixture
def pair(name: str) -> Iterator[tuple[Process, Process]]:
    one, other = Process(name), Process(name)
    yield one, other
    for each in (one, other):
        each.app.runtime.close()


def test_scenario_that_one_is_asked_for_is_met_at_the_other(pair: tuple[Process, Process]) -> None:
    one, other = pair
    one.ask("rate_limit")
    assert other.scenarios() == [("rate_limit", 1)]
    assert other.post().status_code == 429
    assert one.scenarios() == other.scenarios() == []
    assert one.post().status_code == 200


def test_scenario_is_ended_at_either(pair: tuple[Process, Process]) -> None:
    one, other = pair
    asked, kept = one.ask("drop", times=5), other.ask("slow", times=5)
    assert asked["id"] != kept["id"]
    assert other.tell("DELETE", f"scenarios?id={asked['id']}").json() == {"deleted": 1}
    assert one.scenarios() == [("slow", 5)]
    assert one.tell("DELETE", "scenarios").json() == {"deleted": 1}
    assert other.scenarios() == []


def test_requests_are_counted_over_all(pair: tuple[Process, Process]) -> None:
    pair[0].ask("rate_limit", times=3)
    assert [pair[number % 2].post().status_code for number in range(5)] == [429, 429, 429, 200, 200]


def test_rate_is_that_of_all(pair: tuple[Process, Process]) -> None:
    pair[0].ask("rate_limit=3", times=100)
    assert [pair[number % 2].post().status_code for number in range(5)] == [200, 200, 200, 429, 429]
    pair[1].tell("POST", "clock", json={"advance": 61})
    assert pair[0].post().status_code == 200


def test_rate_in_a_prompt_is_that_of_all(pair: tuple[Process, Process]) -> None:
    answers = [pair[number % 2].post(form(prompt="[mock: rate_limit=1, retry_after=9]")) for number in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]


def test_clock_of_one_is_the_clock_of_all(pair: tuple[Process, Process], name: str) -> None:
    one, other = pair
    video = one.create()
    other.tell("POST", "clock", json={"advance": 3600, "frozen": True})
    late = Process(name)
    for each in (one, other, late):
        assert each.poll(video)["status"] == "completed"
        assert each.time() == one.time() and each.time()["frozen"]
    late.tell("POST", "clock", json={"frozen": False})
    assert not one.time()["frozen"] and one.time()["offset"] == pytest.approx(3600)
    late.app.runtime.close()


def test_journal_is_that_of_all_in_the_order_in_which_they_came(pair: tuple[Process, Process]) -> None:
    one, other = pair
    for number in range(6):
        pair[number % 2].get(f"x{number}")
    assert one.paths() == other.paths() == [f"/v1/videos/x{number}" for number in (5, 4, 3, 2, 1, 0)]
    asked = other.control.requests
    assert [request["id"] for request in asked] == sorted({request["id"] for request in asked})
    assert one.tell("GET", "requests?video=x3").json()["data"][0] == asked[3]
    assert one.tell("GET", "health").json()["requests"] == 6
    assert other.tell("DELETE", "requests").json() == {"deleted": 6}
    assert one.paths() == []


def test_requests_of_one_moment_have_ids_of_their_own(name: str) -> None:
    store = parse_store(name).open(lambda _: True)
    one, other = (SharedState(store.state(), "", lambda: 1e9, bytes) for _ in range(2))  # type: ignore[arg-type]
    for number in range(4):
        (one, other)[number % 2].note(b"x", 10)
    ids = [number for number, _ in one.notes(10)]
    assert ids == sorted(set(ids)) and len(ids) == 4
    store.close()


def test_journal_of_all_is_bounded(name: str) -> None:
    one, other = Process(name, keep_requests=3), Process(name, keep_requests=3)
    for number in range(9):
        (one, other)[number % 2].get(f"x{number}")
    assert one.paths() == other.paths() == ["/v1/videos/x8", "/v1/videos/x7", "/v1/videos/x6"]
    assert one.tell("DELETE", "requests").json() == {"deleted": 3}


def test_no_token_is_kept_in_the_journal_of_all(tmp_path: Path) -> None:
    mock = Process(f"sqlite:{tmp_path}/jobs.db")
    mock.post(form(prompt=f"my token is {TOKEN}", **{TOKEN: TOKEN}))
    mock.get(TOKEN)
    mock.app.runtime.close()
    assert not [file for file in tmp_path.iterdir() if TOKEN.encode() in file.read_bytes()]


def test_reset_of_one_is_a_reset_of_all(pair: tuple[Process, Process]) -> None:
    one, other = pair
    first = one.create()["id"]
    other.ask("drop")
    other.tell("POST", "clock", json={"advance": 60})
    assert one.tell("POST", "reset").json() == {"status": "ok", "jobs": 0, "requests": 0, "scenarios": 0}
    assert other.time()["offset"] == 0 and other.scenarios() == []
    assert other.create()["id"] == first, "chance begins anew with the seed"


def test_scenario_file_is_asked_for_once_by_all_that_start_with_it(name: str, tmp_path: Path) -> None:
    file = tmp_path / "scenarios.yaml"
    file.write_text(json.dumps([{"scenario": "rate_limit", "times": 2}, "slow=1"]))
    one, other = Process(name, scenario=file), Process(name, scenario=file)
    assert one.scenarios() == other.scenarios() == [("rate_limit", 2), ("slow=1", None)]
    assert one.post().status_code == other.post().status_code == 429
    late = Process(name, scenario=file)
    assert late.scenarios() == [("slow=1", None)], "what is used up stays so"
    late.tell("POST", "reset")
    assert one.scenarios() == [("rate_limit", 2), ("slow=1", None)]
    file.write_text(json.dumps(["slow=2"]))
    another = Process(name, scenario=file)
    assert another.scenarios() == other.scenarios() == [("slow=2", None)]
    for each in (one, other, late, another):
        each.app.runtime.close()


def test_scenario_that_another_document_does_not_know_is_told_in_the_log(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / "openapi.yaml"
    document = Path(__file__).parents[2].joinpath("openapi.yaml").read_text("utf-8")
    own.write_text(document.replace("\n  moderation_blocked:", "\n  my_failure:", 1), "utf-8")
    one, other = Process(name), Process(name, document=own)
    one.ask("fail=moderation_blocked")
    other.create()
    assert "fail=moderation_blocked" in caplog.text
    other.tell("POST", "clock", json={"advance": 1})
    assert one.scenarios() == other.scenarios() == [("fail=moderation_blocked", 1)], "it is still met where it is known"
    for each in (one, other):
        each.app.runtime.close()


def test_change_that_came_second_is_done_on_what_came_first(pair: tuple[Process, Process]) -> None:
    one, other = pair
    tries = []

    def act() -> None:
        tries.append(one.time()["offset"])
        if len(tries) == 1:
            other.control.advance(10)
        one.control.clock.advance(1)

    one.control.sync.change(act)
    assert len(tries) == 2 and other.time()["offset"] == one.time()["offset"] == pytest.approx(11)


def test_change_that_fails_changes_nothing(pair: tuple[Process, Process]) -> None:
    one, other = pair
    one.ask("slow")
    with pytest.raises(ValueError, match="cannot advance"):
        one.control.advance(-1)
    assert one.tell("POST", "scenarios", json={"scenario": "nonsense"}).status_code == 400
    assert one.scenarios() == other.scenarios() == [("slow", 1)]


def test_control_waits_for_its_file_and_is_answered_once_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_board, "BUSY_SECONDS", 0.01)
    mock = Process(f"sqlite:{tmp_path}/jobs.db")
    with closing(sqlite3.connect(f"{tmp_path}/jobs.db-control", isolation_level=None)) as blocking:
        blocking.execute("BEGIN EXCLUSIVE")
        refused = mock.tell("POST", "clock", json={"advance": 5})
        assert refused.status_code == 503
        assert mock.post().status_code == 200, "who makes videos does not wait"
    assert mock.tell("POST", "clock", json={"advance": 5}).json()["offset"] == 5
    assert mock.paths() == ["/v1/videos"]
    mock.app.runtime.close()


@needs_redis
def test_control_is_unavailable_while_redis_is_away_and_then_goes_on() -> None:
    own = RedisServer()
    mock = Process(own.url("control:"))
    mock.ask("slow", times=3)
    own.stop()
    assert mock.tell("POST", "clock", json={"advance": 5}).status_code == 503
    assert mock.post([]).status_code in (400, 503)
    own.start()
    assert mock.tell("POST", "clock", json={"advance": 5}).status_code == 200
    mock.app.runtime.close()
    own.close()


@needs_redis
def test_what_control_told_lives_as_long_as_it_is_asked_for(tmp_path: Path) -> None:
    name = shared_redis().url(f"{tmp_path}:")
    one, other = Process(name), Process(name)
    one.tell("POST", "clock", json={"advance": 5})
    client, key = shared_redis().client, f"{tmp_path}:1:state"
    assert client.pexpire(key, 60_000)
    assert other.time()["offset"] == 5
    assert client.pttl(key) > 60_000
    for each in (one, other):
        each.app.runtime.close()


@needs_redis
def test_redis_that_forgot_all_leaves_the_scenario_file_and_no_process_with_what_was_told_before(
    tmp_path: Path,
) -> None:
    file = tmp_path / "scenarios.yaml"
    file.write_text(json.dumps(["slow=1"]))
    own = RedisServer()
    one, other = Process(own.url(), scenario=file), Process(own.url(), scenario=file)
    one.tell("POST", "clock", json={"advance": 5})
    assert other.time()["offset"] == 5
    own.stop()
    own.start()
    eventually(lambda: one.scenarios() == [("slow=1", None)] and one.time()["offset"] == 0)
    one.tell("POST", "clock", json={"advance": 7})
    one.tell("POST", "clock", json={"advance": 0})
    assert other.time()["offset"] == one.time()["offset"] == pytest.approx(7)
    assert other.scenarios() == [("slow=1", None)]
    for each in (one, other):
        each.app.runtime.close()
    own.close()


def test_webhook_comes_when_another_process_moves_the_clock(name: str) -> None:
    with receiving() as receiver:
        argv = ("--store", name, "--webhook", receiver.url, "--webhook-secret", SECRET)
        one = VideosMock(read_settings(argv, {}))
        other = VideosMock(Settings(store=parse_store(name)))
        answer = httpx.post(
            f"{one.url}/v1/videos",
            headers={"authorization": f"Bearer {one.token}"},
            data={"prompt": "x"},
            files={"input_reference": picture()},
        )
        other.advance(3600)
        assert json.loads(receiver.next().body)["data"]["id"] == answer.json()["id"]
        one.close()
        other.close()


def test_one_scenario_among_many_requests_at_once_is_met_exactly_so_often(name: str) -> None:
    with served("--store", name) as (_, one), served("--store", name) as (_, other):
        addresses = (url(one), url(other))
        httpx.post(f"{addresses[0]}/_mock/scenarios", json={"scenario": "rate_limit", "times": 7})

        def ask(number: int) -> int:
            headers = {"authorization": "Bearer x"}
            return httpx.get(f"{addresses[number % 2]}/v1/videos", headers=headers).status_code

        with ThreadPoolExecutor(8) as senders:
            assert Counter(senders.map(ask, range(40))) == {429: 7, 200: 33}
        asked = httpx.get(f"{addresses[1]}/_mock/requests", params={"limit": 100}).json()["data"]
        assert Counter(request["status"] for request in asked) == {429: 7, 200: 33}


def test_what_another_version_has_told_is_passed_over(tmp_path: Path) -> None:
    name = f"sqlite:{tmp_path}/jobs.db"
    first = Process(name)
    first.ask("drop")
    first.app.runtime.close()
    with closing(sqlite3.connect(f"{tmp_path}/jobs.db-control")) as database, database:
        database.execute("UPDATE state SET content = ?", (b"of another kind",))
        database.execute("INSERT INTO request VALUES (1, ?)", (b"of another kind",))
    later = Process(name)
    later.get("x")
    assert (later.scenarios(), later.paths()) == ([], ["/v1/videos/x"])
    later.app.runtime.close()


@needs_redis
def test_process_ends_though_its_last_requests_cannot_be_written_down() -> None:
    own = RedisServer()
    mock = Process(own.url("last:"))
    mock.get("x")
    own.close()
    mock.app.runtime.close()


def test_replicas_count_their_requests_each_for_itself(pair: tuple[Process, Process]) -> None:
    pair[0].create()
    assert 'operation="createVideo"' in pair[0].tell("GET", "metrics").text
    assert 'operation="createVideo"' not in pair[1].tell("GET", "metrics").text


def test_processes_of_one_group_count_together_also_those_that_have_ended(name: str) -> None:
    one, other = (build(Settings(store=parse_store(name)), Clock(), group="workers") for _ in range(2))
    count = b'mockserver_requests_total{operation="retrieveVideo",rule="",status="200"} 1.0'

    async def scraped() -> tuple[bytes, bytes]:
        async with in_background(one.runtime.sync.watch, other.runtime.sync.watch):
            await asyncio.sleep(0)
            one.runtime.metrics.observe(RequestContext("GET", "/", b"", (), operation="retrieveVideo"), 200, 0.1)
            await other.runtime.sync.flush()
            while_both_run = other.control.metrics_text()[1]
        return while_both_run, other.control.metrics_text()[1]

    while_both_run, after = asyncio.run(scraped())
    assert count in while_both_run and count in after
    for each in (one, other):
        each.runtime.close()
