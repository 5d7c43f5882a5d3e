"""Every store keeps what it acknowledged, in order and within its bounds: one suite for all of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from mockserver.stores import InFile, InMemory, InRedis, parse_store
from mockserver.stores.base import LOOK, Bounds, JobPage, Store
from mockserver.stores.memory import MemoryStore
from tests.mock.stores import DONE, KINDS, Opened, ids, is_done, job, listed, open_store, opening, poll, put
from tests.mock.vocabulary import Mock


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens an empty store of each kind, with the bounds that it is given."""
    with opening(lambda bounds: open_store(request.param, tmp_path, bounds)) as give:
        yield give


@pytest.fixture
def store(opened: Opened) -> Store:
    """An empty store of each kind."""
    return opened()


def test_kept_job_is_found_as_it_was(store: Store) -> None:
    put(store, job("a"), job("b"))
    assert (store.get("me", "a"), store.get("me", "b"), store.count()) == (job("a"), job("b"), 2)


def test_job_is_found_whoever_owns_it(store: Store) -> None:
    put(store, job("a"), job("b", owner="you"))
    assert (store.find("a"), store.find("b"), store.find("c")) == (job("a"), job("b", owner="you"), None)


def test_reference_is_given_back_in_one_piece(store: Store) -> None:
    store.add(job("a"), [b"\x00pic", b"", b"ture\xff"])
    store.add(job("b"), [])
    assert (store.reference("me", "a"), store.reference("me", "b"), store.held()) == (b"\x00picture\xff", b"", 9)


def test_latest_are_those_added_last_whoever_owns_them(store: Store) -> None:
    put(store, job("a"), job("b", owner="you"), job("c", created=0.5))
    assert [each.id for each in store.latest(2)] == ["c", "b"]
    assert store.latest(0) == []


def test_where_no_job_ever_ends_the_first_go_first() -> None:
    store = MemoryStore(Bounds(jobs=LOOK, bytes=10**6), is_done)
    put(store, *(job(f"{number:04}") for number in range(LOOK + 60)))
    page = store.page("me", after=None, limit=1, newest_first=False)
    assert (ids(page), store.count()) == (["0060"], LOOK)


def test_taken_id_is_refused_whoever_has_it(store: Store) -> None:
    put(store, job("a", owner="me"))
    assert not store.add(job("a", owner="you"), [b"other"])
    assert (store.get("me", "a"), store.get("you", "a"), store.reference("me", "a")) == (job("a"), None, b"picture")
    assert (store.count(), store.held()) == (1, 7)


def assert_nowhere(store: Store) -> None:
    """Expect that nothing can be found or done with the job ``a`` of ``me``."""
    assert store.get("me", "a") is store.change("me", "a", poll) is store.remove("me", "a") is None
    assert store.reference("me", "a") is None
    assert store.page("me", after="a", limit=1, newest_first=True) is None


def test_unknown_job_is_nowhere(store: Store) -> None:
    assert_nowhere(store)


def test_job_of_another_owner_is_nowhere(store: Store) -> None:
    put(store, job("a", owner="you"))
    assert_nowhere(store)
    assert listed(store, "me") == [] and store.get("you", "a") == job("a", owner="you")


def test_change_is_given_and_kept(store: Store) -> None:
    put(store, job("a"))
    assert store.change("me", "a", poll) == store.get("me", "a") == job("a", polls=1)


def test_change_that_comes_to_nothing_leaves_the_job(store: Store) -> None:
    put(store, job("a"))
    assert store.change("me", "a", lambda job: job) == store.get("me", "a") == job("a")


def test_change_that_fails_leaves_the_job(store: Store) -> None:
    put(store, job("a"))
    with pytest.raises(ZeroDivisionError):
        store.change("me", "a", lambda job: msgspec.structs.replace(job, polls=1 // 0))
    assert store.get("me", "a") == job("a")


def test_removed_job_is_gone_with_its_reference(store: Store) -> None:
    put(store, job("a"), job("b"))
    assert store.remove("me", "a") == job("a")
    assert (store.get("me", "a"), store.reference("me", "a"), listed(store)) == (None, None, ["b"])
    assert (store.count(), store.held()) == (1, 7)


def test_cleared_store_is_empty_and_takes_jobs_again(store: Store) -> None:
    put(store, job("a"), job("b", owner="you"))
    store.clear()
    assert (store.count(), store.held(), listed(store), listed(store, "you")) == (0, 0, [], [])
    put(store, job("a"))
    assert listed(store) == ["a"]


def test_closed_store_opens_by_itself(store: Store) -> None:
    store.close()
    put(store, job("a"))
    assert listed(store) == ["a"]


def test_pages_hold_each_job_once_from_either_end(store: Store) -> None:
    put(store, *(job(str(number), created=float(number)) for number in range(7)))
    for newest_first, order in ((False, "0123456"), (True, "6543210")):
        found, after, more = "", None, True
        while more:
            page = store.page("me", after=after, limit=3, newest_first=newest_first)
            assert page is not None
            found, after, more = found + "".join(ids(page)), page.jobs[-1].id, page.has_more
        assert found == order


def test_full_last_page_has_no_more(store: Store) -> None:
    put(store, job("a"), job("b"))
    assert store.page("me", after=None, limit=2, newest_first=False) == JobPage((job("a"), job("b")), has_more=False)
    assert store.page("me", after="b", limit=2, newest_first=False) == JobPage((), has_more=False)
    assert store.page("me", after=None, limit=0, newest_first=False) == JobPage((), has_more=True)


def test_jobs_of_one_moment_are_in_the_order_of_their_addition(store: Store) -> None:
    put(store, *(job(name, created=1.0) for name in "zax"))
    assert listed(store) == ["z", "a", "x"] and listed(store, after="z") == ["a", "x"]


def test_late_job_of_an_earlier_moment_is_in_its_place(store: Store) -> None:
    put(store, job("new", created=2.0), job("old", created=1.0))
    assert listed(store) == ["old", "new"] and listed(store, after="old") == ["new"]


def test_oldest_finished_job_goes_first(opened: Opened) -> None:
    store = opened(Bounds(jobs=3, bytes=1000))
    put(store, job("running"), job("done", polls=DONE), job("done too", polls=DONE), job("new"))
    assert listed(store) == ["running", "done too", "new"] and store.get("me", "done") is None


def test_oldest_job_goes_where_none_is_finished(opened: Opened) -> None:
    store = opened(Bounds(jobs=2, bytes=1000))
    put(store, job("a"), job("b"), job("c"))
    assert listed(store) == ["b", "c"] and store.reference("me", "a") is None


@pytest.mark.parametrize("running", [7, 8, 9, LOOK - 1])
def test_finished_job_within_a_long_look_goes_first(opened: Opened, running: int) -> None:
    store = opened(Bounds(jobs=running + 1, bytes=1000))
    put(store, *(job(f"r{number}") for number in range(running)), job("done", polls=DONE), job("new"), reference=b"")
    assert store.get("me", "r0") is not None and store.get("me", "done") is None


@pytest.mark.parametrize("running", [8, LOOK])
def test_oldest_job_goes_where_as_many_as_are_looked_at_are_running(opened: Opened, running: int) -> None:
    store = opened(Bounds(jobs=running, bytes=1000))
    put(store, *(job(f"r{number}") for number in range(running)), job("new"), reference=b"")
    assert (store.get("me", "r0"), store.count()) == (None, running)


def test_finished_job_beyond_a_long_look_stays(opened: Opened) -> None:
    store = opened(Bounds(jobs=LOOK + 1, bytes=1000))
    put(store, *(job(f"r{number}") for number in range(LOOK)), job("done", polls=DONE), job("new"), reference=b"")
    assert store.get("me", "r0") is None and store.get("me", "done") is not None


def test_jobs_go_for_the_bytes_of_the_new_one(opened: Opened) -> None:
    store = opened(Bounds(jobs=10, bytes=20))
    put(store, *(job(name, polls=DONE) for name in "abcd"), reference=b"12345")
    put(store, job("big"), reference=b"1234567890")
    assert (listed(store), store.held()) == (["c", "d", "big"], 20)


def test_reference_over_the_bound_by_itself_is_kept_alone(opened: Opened) -> None:
    store = opened(Bounds(jobs=10, bytes=5))
    put(store, job("a"), job("big"), reference=b"1234567890")
    assert (listed(store), store.reference("me", "big")) == (["big"], b"1234567890")
    put(store, job("small"), reference=b"1")
    assert (listed(store), store.held()) == (["small"], 1)


def test_document_with_too_few_ids_overwrites_none(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "openapi.yaml").read_text("utf-8")
    (tmp_path / "few.yaml").write_text(re.sub(r"random:hex[0-9]+", "random:hex1", text), "utf-8")
    mock = Mock(document=tmp_path / "few.yaml")
    assert len({mock.create()["id"] for _ in range(16)}) == 16
    assert mock.post().status_code >= 500


def test_bounds_are_those_of_the_options() -> None:
    mock = Mock(pace="instant", keep_jobs=2, keep_bytes=10**6)
    first, *others = [mock.create() for _ in range(3)]
    assert mock.get(first["id"]).status_code == 404
    assert [mock.poll(video)["id"] for video in others] == [video["id"] for video in others]


def test_stores_are_named() -> None:
    assert (parse_store("memory"), parse_store("sqlite:a b:c")) == (InMemory(), InFile(Path("a b:c")))


def test_store_in_redis_is_named_with_its_prefix_and_its_time_to_expire() -> None:
    assert parse_store("redis://host") == InRedis(urlsplit("redis://host"))
    text = "rediss://me:secret@host:1/2?prefix=team%20a:&expire=60"
    assert parse_store(text) == InRedis(urlsplit(text), "team a:", 60)


@pytest.mark.parametrize("text", ["", "sqlite", "sqlite:", "SQLITE:x", "memory:", "postgres://x", "redis:host"])
def test_other_stores_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is no store; allowed: memory, sqlite:PATH or redis://HOST:PORT/DB"):
        parse_store(text)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("", "the URL of a Redis is no store; allowed: redis://HOST:PORT/DB, where DB is a number"),
        ("host:x", "the URL of a Redis is no store"),
        ("host:0", "the URL of a Redis is no store"),
        ("host:65536", "the URL of a Redis is no store"),
        ("[::1", "the URL of a Redis is no store"),
        ("host/jobs", "the URL of a Redis is no store"),
        ("host#1", "the URL of a Redis is no store"),
        ("host?db=1&ttl=2", "'db, ttl' is no setting of a Redis store; allowed: prefix, expire"),
        ("host?expire=", "'' is no time to expire; allowed: whole seconds from 1"),
        ("host?expire=0", "'0' is no time to expire; allowed: whole seconds from 1"),
        ("host?expire=1.5", "'1.5' is no time to expire; allowed: whole seconds from 1"),
    ],
)
def test_wrong_url_of_a_redis_is_refused_without_telling_its_password(rest: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as told:
        parse_store(f"redis://me:secret@{rest}")
    assert "secret" not in str(told.value)
