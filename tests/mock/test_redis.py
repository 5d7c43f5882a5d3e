"""A store in Redis: others share it, it lets old jobs go by itself, and it may be away for a while."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mockserver.stores import parse_store
from mockserver.stores.base import Bounds, Store
from mockserver.stores.redis import store as redis_store
from mockserver.stores.redis.store import RedisStore
from tests.mock.stores import WIDE, Opened, ids, is_done, job, listed, opening, poll, put, unavailable
from tests.mock.test_cli import misused
from tests.mock.vocabulary import Mock
from tests.redis_server import RedisServer, needs_redis, shared_redis

pytestmark = needs_redis


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    return f"{tmp_path}:"


@pytest.fixture
def opened(prefix: str) -> Iterator[Opened]:
    """Opens the same jobs again and again."""
    url = urlsplit(f"redis://127.0.0.1:{shared_redis().port}/0")
    with opening(lambda bounds, lifetime=60: RedisStore(url, prefix, lifetime, bounds, is_done)) as give:
        yield give


@pytest.fixture
def own() -> Iterator[RedisServer]:
    """A Redis that a test may harm."""
    server = RedisServer()
    yield server
    server.close()


def store_of(server: RedisServer, bounds: Bounds = WIDE) -> Store:
    return parse_store(server.url("mine:")).open(is_done, bounds.jobs, bounds.bytes)


@contextmanager
def away(server: RedisServer, message: str) -> Iterator[None]:
    with unavailable(f"redis://127.0.0.1:{server.port}/0", message):
        yield


def keys(prefix: str) -> list[str]:
    return [str(key, "utf-8") for key in shared_redis().client.scan_iter(f"{prefix}*")]


def expire(prefix: str, *names: str) -> None:
    """Let Redis find that the time of these jobs is over."""
    for name in names:
        for kind in ("job", "ref"):
            assert shared_redis().client.pexpire(f"{prefix}1:{kind}:{name}", 0)


def test_jobs_outlive_the_process(opened: Opened) -> None:
    put(opened(), job("a"), job("b", polls=1))
    opened().close()
    assert (listed(opened()), opened().get("me", "b"), opened().reference("me", "a")) == (
        ["a", "b"],
        job("b", polls=1),
        b"picture",
    )


def test_prefixes_keep_stores_apart(opened: Opened, prefix: str) -> None:
    other = parse_store(shared_redis().url(f"{prefix}other:")).open(is_done)
    put(other, job("a", polls=1))
    store = opened()
    assert listed(store) == [] and store.count() == 0
    put(store, job("a"))
    store.clear()
    assert listed(other) == ["a"]
    other.close()


def test_latest_jobs_are_those_added_last_whoever_owns_them(opened: Opened) -> None:
    store = opened()
    put(store, job("a", created=3.0), job("b", owner="you", created=1.0), job("c", created=2.0))
    assert [each.id for each in store.latest(2)] == ["c", "b"]
    assert store.latest(0) == []


def test_every_key_expires_with_the_job_added_last_or_later(opened: Opened, prefix: str) -> None:
    put(opened(lifetime=1000), job("a"))
    put(opened(lifetime=2000), job("b"))
    left = {key.removeprefix(f"{prefix}1:"): shared_redis().client.ttl(key) for key in keys(prefix)}
    assert set(left) == {"all", "total", "own:me", "job:a", "ref:a", "job:b", "ref:b"}
    assert all(900 < seconds <= 1000 for name, seconds in left.items() if name.endswith(":a"))
    assert all(1900 < seconds <= 2000 for name, seconds in left.items() if not name.endswith(":a"))


def test_expired_job_is_nowhere_and_counted_no_more(opened: Opened, prefix: str) -> None:
    store = opened()
    put(store, job("a"), job("b"), job("c"))
    expire(prefix, "a")
    assert store.get("me", "a") is store.remove("me", "a") is None
    assert store.reference("me", "a") is None
    assert store.page("me", after="a", limit=1, newest_first=True) is None
    assert (listed(store), store.count(), store.held()) == (["b", "c"], 2, 14)


def test_pages_pass_over_jobs_that_expired_between_others(opened: Opened, prefix: str) -> None:
    store = opened()
    put(store, *(job(name) for name in "abcdefg"))
    expire(prefix, *"bcdf")
    for newest_first, order in ((False, "aeg"), (True, "gea")):
        page = store.page("me", after=None, limit=2, newest_first=newest_first)
        assert page is not None and (ids(page), page.has_more) == ([*order[:2]], True)
        page = store.page("me", after=order[1], limit=2, newest_first=newest_first)
        assert page is not None and (ids(page), page.has_more) == ([order[2]], False)
    assert [each.id for each in store.latest(9)] == ["g", "e", "a"]


def test_expired_jobs_make_room(opened: Opened, prefix: str) -> None:
    store = opened(Bounds(jobs=2, bytes=100))
    put(store, job("a"), job("b"))
    expire(prefix, "a")
    put(store, job("c"))
    assert (listed(store), store.held()) == (["b", "c"], 14)


def test_id_of_an_expired_job_may_be_taken_again(opened: Opened, prefix: str) -> None:
    store = opened()
    put(store, job("a"), job("b"))
    expire(prefix, "b")
    put(store, job("b", created=0.5, owner="you"))
    assert (listed(store), listed(store, "you")) == (["a"], ["b"])
    expire(prefix, "a")
    assert (store.count(), store.held(), store.get("you", "b")) == (1, 7, job("b", created=0.5, owner="you"))


def test_nothing_is_left_of_jobs_that_are_gone(opened: Opened, prefix: str) -> None:
    store = opened()
    put(store, job("a"), job("b"))
    store.remove("me", "a")
    store.clear()
    assert [key.removeprefix(prefix) for key in keys(prefix)] == ["1:total"]


def test_many_jobs_are_cleared_in_steps(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_store, "CLEARED_AT_ONCE", 2)
    store = opened()
    put(store, *(job(name) for name in "abcde"))
    store.clear()
    assert (store.count(), store.held()) == (0, 0)


def test_job_that_cannot_be_read_is_told_of(opened: Opened, prefix: str) -> None:
    store = opened(Bounds(jobs=1, bytes=100))
    put(store, job("a"))
    shared_redis().client.hset(f"{prefix}1:job:a", "record", b"x")
    for call in (lambda: store.get("me", "a"), lambda: store.remove("me", "a"), lambda: store.add(job("b"), [])):
        with away(shared_redis(), "holds a job that this version cannot read: "):
            call()
    assert store.count() == 1


def test_redis_that_is_not_there_is_told_at_the_start(own: RedisServer) -> None:
    own.stop()
    told = misused("--store", f"redis://:secret@127.0.0.1:{own.port}/0")
    assert told.startswith(f"store redis://127.0.0.1:{own.port}/0: cannot be reached: ") and "refused" in told


def test_wrong_password_is_told_and_not_repeated(own: RedisServer) -> None:
    own.client.config_set("requirepass", "right")
    for user in ("", ":secret@"):
        told = misused("--store", f"redis://{user}127.0.0.1:{own.port}/0")
        assert told == f"store redis://127.0.0.1:{own.port}/0: refuses the user or the password"
    parse_store(f"redis://:right@127.0.0.1:{own.port}/0").open(is_done).close()


def test_redis_that_goes_is_told_and_used_again_once_it_is_back(own: RedisServer) -> None:
    store = store_of(own)
    put(store, job("a"))
    own.kill()
    for call in (lambda: store.get("me", "a"), lambda: store.add(job("b"), []), store.count):
        with away(own, "cannot be reached: "):
            call()
    own.start()
    put(store, job("b"))
    assert listed(store) == ["b"]


def test_scripts_that_redis_forgot_are_sent_again(own: RedisServer) -> None:
    store = store_of(own)
    own.client.script_flush()
    put(store, job("a"))
    assert listed(store) == ["a"]


def test_redis_that_hangs_is_waited_for_once_and_used_again_when_it_goes_on(
    own: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "TIMEOUT_SECONDS", 0.2)
    now = time.monotonic
    ahead = 0.0
    url = urlsplit(own.url())
    store = RedisStore(url, "mine:", 60, WIDE, is_done, timer=lambda: now() + ahead)
    put(store, job("a"))
    own.hold()
    with away(own, "does not answer within "):
        store.get("me", "a")
    for _ in range(100):
        with away(own, "did not answer a moment ago, and is soon asked again"):
            store.get("me", "a")
    own.go_on()
    ahead = redis_store.PAUSE_SECONDS
    assert listed(store) == ["a"]
    store.close()


def test_redis_that_is_full_changes_nothing_and_is_used_again_with_room(own: RedisServer) -> None:
    store = store_of(own, Bounds(jobs=2, bytes=100))
    put(store, job("a"), job("b"))
    before = own.client.hgetall("mine:1:total")
    own.client.config_set("maxmemory", 1)
    for call in (lambda: store.add(job("c"), [b"c"]), lambda: store.change("me", "a", poll), store.clear):
        with away(own, "has no room left, its maxmemory is used up"):
            call()
    assert (listed(store), store.get("me", "a"), store.reference("me", "b")) == (["a", "b"], job("a"), b"picture")
    assert own.client.hgetall("mine:1:total") == before
    own.client.config_set("maxmemory", 0)
    put(store, job("c"))
    assert listed(store) == ["b", "c"]


def test_replica_that_cannot_be_written_to_is_told(own: RedisServer) -> None:
    store = store_of(own)
    own.client.replicaof("127.0.0.1", own.port)
    with away(own, "is a replica that cannot be written to"):
        store.add(job("a"), [])


def test_keys_of_another_program_in_the_place_of_ours_are_told(own: RedisServer) -> None:
    own.client.set("mine:1:all", "notes")
    with away(own, "fails: "):
        store_of(own)


def test_client_is_told_that_redis_is_away_and_is_served_once_it_is_back(own: RedisServer) -> None:
    mock = Mock(store=parse_store(own.url()), pace="instant")
    video = mock.create()
    own.kill()
    for answer in (
        mock.post(),
        mock.get(video["id"]),
        mock.send("GET", "/v1/videos"),
        mock.send("DELETE", f"/v1/videos/{video['id']}"),
        mock.send("GET", f"/v1/videos/{video['id']}/content"),
        mock.send("POST", f"/v1/videos/{video['id']}/remix", json={"prompt": "x"}),
    ):
        assert (answer.status_code, answer.json()["error"]["type"]) == (503, "server_error"), answer.text
    own.start()
    assert mock.poll(mock.create())["status"] == "completed"


def test_same_seed_on_two_replicas_makes_no_id_twice(prefix: str) -> None:
    store = parse_store(shared_redis().url(prefix))
    videos = [Mock(seed=1, store=store).create()["id"] for _ in range(3)]
    assert len(set(videos)) == 3
