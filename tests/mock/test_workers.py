"""Several processes serve one port as if they were one."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException
from multiprocessing import active_children
from pathlib import Path
from threading import Barrier, Event
from time import monotonic
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.app import create_app
from mockserver.server import workers
from mockserver.server.limits import limits_of
from mockserver.server.run import settings_of, work
from mockserver.server.serve import Server, bind, configure, url_of
from mockserver.server.workers import Supervisor, WorkerError
from mockserver.settings import Settings
from mockserver.stores import parse_store
from mockserver.web.responses import Response
from tests.mock.test_cli import misused, served, url
from tests.mock.test_server import HEAD, RIGHT, read_answer
from tests.mock.vocabulary import TOKEN
from tests.redis_server import RedisServer, needs_redis

SENT = {"authorization": f"Bearer {TOKEN}", "content-type": HEAD.partition("Content-Type: ")[2].strip()}
WAITING = f"{HEAD}Expect: 100-continue\r\nContent-Length: {len(RIGHT)}\r\n\r\n".encode()


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path}/jobs.db"


def children(process: "subprocess.Popen[str]") -> list[int]:
    """The workers of a mock: its processes but for the one by which Python tracks resources."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    return [int(pid) for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def create(address: str) -> dict[str, str]:
    """Create a video over a connection of its own."""
    answer = httpx.post(
        f"{address}/v1/videos",
        content=RIGHT,
        headers=SENT,
    )
    assert answer.status_code == 200, answer.text
    video: dict[str, str] = answer.json()
    return video


def listed(address: str) -> list[str]:
    answer = httpx.get(f"{address}/v1/videos", headers={"authorization": f"Bearer {TOKEN}"})
    return [video["id"] for video in answer.json()["data"]]


@contextmanager
def upload_under_way(address: str) -> Iterator[Callable[[], httpx.Response]]:
    """A creation that the server has begun to read. What is given sends the rest, and gives the answer."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port or 0), timeout=20) as client:
        client.sendall(WAITING)
        with client.makefile("rb") as received:
            assert b"100 Continue" in received.readline() + received.readline()

            def finish() -> httpx.Response:
                client.sendall(RIGHT)
                return read_answer(received)

            yield finish


def eventually(condition: Callable[[], bool]) -> None:
    """Expect it to come true, and look now and then: of what happens in other processes nothing tells."""
    limit, pause = monotonic() + 30, Event()
    while not condition():
        assert monotonic() < limit
        pause.wait(0.01)


def refuses(address: str) -> bool:
    """Whether nobody listens there any more."""
    place = urlsplit(address)
    try:
        with socket.create_connection((place.hostname, place.port or 0), timeout=20) as client:
            client.sendall(b"GET /v1/videos HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return not client.recv(1)
    except OSError:
        return True


def test_workers_are_told_of_once_and_share_what_they_keep(store: str) -> None:
    with served("--workers", "2", "--store", store, "--seed", "1") as (process, told):
        assert len(children(process)) == 2
        made = [create(url(told))["id"] for _ in range(6)]
        assert sorted(listed(url(told))) == sorted(made)
        process.terminate()
        stdout, stderr = process.communicate(timeout=20)
    assert (stdout.strip(), stderr, told.count("mockserver is listening on ")) == ("", "", 1)


def test_worker_told_to_stop_by_its_parent_and_by_a_signal_still_answers_what_is_under_way() -> None:
    server = Server(
        configure(create_app(), lambda: Response(400, (), b""), limits_of(Settings())), announce=lambda: None
    )
    server.stop()
    server.handle_exit(signal.SIGTERM, None)
    assert server.should_exit and not server.force_exit
    server.handle_exit(signal.SIGTERM, None)
    assert server.force_exit


def test_first_worker_draws_what_a_lone_mock_draws_and_the_others_something_else() -> None:
    settings = Settings(seed=5)
    assert settings_of(settings, 0) == settings and settings_of(Settings(), 1) == Settings()
    assert len({settings_of(settings, number).seed for number in range(64)}) == 64


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_by_a_signal_ends_all_of_them(store: str, number: signal.Signals) -> None:
    with served("--workers", "2", "--store", store) as (process, told):
        pids, picture = children(process), re.search(r"@(\S+)", told)
        process.send_signal(number)
        assert process.communicate(timeout=20)[1] == ""
    assert process.returncode == 0 and refuses(url(told))
    assert not any(map(is_running, pids)) and picture is not None and not Path(picture[1]).exists()


def test_upload_under_way_is_answered_while_new_ones_are_refused(store: str) -> None:
    with served("--workers", "2", "--store", store, "--log-level", "warning", "--log-summary", "0") as (process, told):
        with upload_under_way(url(told)) as finish:
            for pid in [process.pid, *children(process)]:  # as systemd does: to all of them
                os.kill(pid, signal.SIGTERM)
            eventually(lambda: refuses(url(told)))
            assert finish().status_code == 200
        assert process.communicate(timeout=20)[1] == ""
    assert process.returncode == 0


def answers_until_refused(address: str, begun: Barrier) -> list[int | None]:
    """The status of one creation after the other, until none is taken any more; ``None`` for an answer cut short."""
    place, seen = urlsplit(address), list[int | None]()
    with closing(HTTPConnection(place.hostname or "", place.port, timeout=20)) as connection:
        while True:
            try:
                connection.request("POST", "/v1/videos", RIGHT, SENT)
                answer = connection.getresponse()
            except OSError:  # a connection without an answer was closed before the request was read
                return seen
            try:
                seen.append(answer.status if answer.read() else None)
            except HTTPException:
                seen.append(None)
            if len(seen) == 5:
                begun.wait(20)


@pytest.mark.parametrize("count", ["1", "2"])
def test_signal_under_load_cuts_no_answer_short(store: str, count: str) -> None:
    begun = Barrier(9)
    with served("--workers", count, "--store", store) as (process, told), ThreadPoolExecutor(8) as senders:
        sending = [senders.submit(answers_until_refused, url(told), begun) for _ in range(8)]
        begun.wait(20)
        process.terminate()
        assert process.communicate(timeout=20)[1] == ""
        seen = [status for one in sending for status in one.result()]
    with closing(sqlite3.connect(store.removeprefix("sqlite:"))) as kept:
        made = kept.execute("SELECT count(*) FROM job").fetchone()[0]
    assert (process.returncode, set(seen), len(seen)) == (0, {200}, made)


def test_any_worker_tells_what_all_have_counted(store: str) -> None:
    with served("--workers", "2", "--store", store) as (process, told):
        for _ in range(20):
            create(url(told))
        count = 'mockserver_requests_total{operation="createVideo",rule="",status="200"} 20.0'
        assert all(count in httpx.get(f"{url(told)}/_mock/metrics").text for _ in range(6))
        os.kill(children(process)[0], signal.SIGKILL)
        eventually(lambda: len(children(process)) == 2)
        create(url(told))
        answer = httpx.get(f"{url(told)}/_mock/metrics").text
        assert count.replace("20.0", "21.0") in answer, "what a worker has told is counted after its end"
        assert 'mockserver_request_duration_seconds_count{operation="createVideo"} 21.0' in answer


def test_every_worker_and_one_that_takes_the_place_of_another_knows_what_one_was_told(store: str) -> None:
    with served("--workers", "2", "--store", store) as (process, told):
        tell = f"{url(told)}/_mock/"
        moved = httpx.post(f"{tell}clock", json={"advance": 3600, "frozen": True}).json()
        httpx.post(f"{tell}scenarios", json={"scenario": "rate_limit", "times": 3})
        os.kill(children(process)[0], signal.SIGKILL)
        eventually(lambda: len(children(process)) == 2)
        assert [httpx.get(f"{tell}clock").json()["now"] for _ in range(8)] == [moved["now"]] * 8
        statuses = [httpx.get(f"{url(told)}/v1/videos", headers=SENT).status_code for _ in range(8)]
        assert statuses == [429] * 3 + [200] * 5


@pytest.mark.parametrize("count", ["1", "2"])
def test_second_signal_ends_them_at_once(store: str, count: str) -> None:
    options = ("--workers", count, "--store", store, "--log-level", "warning", "--log-summary", "0")
    with served(*options) as (process, told), upload_under_way(url(told)):
        pids = children(process)
        process.terminate()
        eventually(lambda: refuses(url(told)))
        process.terminate()
        stderr = process.communicate(timeout=20)[1]
    assert (process.returncode, [pid for pid in pids if is_running(pid)]) == (0, [])
    assert "Traceback" not in stderr and len(stderr.splitlines()) <= 1


def test_worker_that_is_killed_is_replaced(store: str) -> None:
    with served("--workers", "2", "--store", store) as (process, told):
        made = create(url(told))["id"]
        gone = children(process)[0]
        os.kill(gone, signal.SIGKILL)
        assert process.stderr is not None
        assert process.stderr.readline().strip().endswith("WARNING worker 0 ended, with -9; another starts")
        eventually(lambda: len(children(process)) == 2)
        assert listed(url(told)) == [made] and gone not in children(process)


def test_workers_whose_parent_is_killed_end(store: str) -> None:
    with served("--workers", "2", "--store", store) as (process, told):
        pids = children(process)
        process.kill()
        eventually(lambda: not any(map(is_running, pids)))
        assert refuses(url(told))


@needs_redis
def test_worker_that_finds_no_store_is_tried_again_until_there_is_one() -> None:
    with closing(RedisServer()) as redis, served("--workers", "2", "--store", redis.url()) as (process, told):
        redis.kill()
        os.kill(children(process)[0], signal.SIGKILL)
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(3)]
        assert "worker 0: store redis://127.0.0.1:" in lines[1] and "cannot be reached" in lines[1]
        assert lines[2].strip().endswith("WARNING worker 0 ended, with 1; another starts")
        redis.start()
        eventually(lambda: len(children(process)) == 2)
        assert listed(url(told)) == []


def test_workers_that_cannot_start_are_told_of(store: str, tmp_path: Path) -> None:
    settings = Settings(workers=2, store=parse_store(store), document=tmp_path / "nowhere.yaml")
    with bind("127.0.0.1", 0) as listener:
        supervisor = Supervisor(2, partial(work, settings, "group"), listener, lambda: None, 8)
        with pytest.raises(WorkerError, match=r"worker [01] ended before it served, with 1"):
            supervisor.run()


def test_worker_that_does_not_end_in_time_is_killed(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SPARE_SECONDS", 0.1)
    settings = Settings(workers=2, store=parse_store(store), log_level="error")
    with ExitStack() as stack, bind("127.0.0.1", 0) as listener:
        uploads = []

        def announce() -> None:
            uploads.append(stack.enter_context(upload_under_way(url_of(listener))))
            os.kill(os.getpid(), signal.SIGTERM)

        Supervisor(2, partial(work, settings, "group"), listener, announce, grace_seconds=0).run()
        with pytest.raises((OSError, IndexError)):
            uploads[0]()
    assert active_children() == []


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["--workers", "2"],
            "argument --workers: 2 processes need a store that they share; with --store memory allowed: 1; with another store: 1 to 64",
        ),
        (["--workers", "0"], "argument --workers: '0' is no number of processes; allowed: 1 to 64"),
        (["--workers", "65"], "argument --workers: '65' is no number of processes; allowed: 1 to 64"),
        (["--workers", "two"], "argument --workers: 'two' is no number of processes; allowed: 1 to 64"),
        (
            ["--workers", "2", "--store", "sqlite:/no/such/jobs.db"],
            "store /no/such/jobs.db: there is no folder /no/such",
        ),
    ],
)
def test_misuse_of_workers_is_told_in_one_line(argv: list[str], message: str) -> None:
    assert misused(*argv) == message
