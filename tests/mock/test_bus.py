"""What one process tells, all have acted on when it goes on; who cannot answer holds nobody up."""

import socket
from pathlib import Path
from threading import Event

import pytest

from mockserver.settings import Settings
from mockserver.stores import invalidation as bus
from mockserver.stores import parse_store
from mockserver.stores.base import StoreUnavailable
from mockserver.stores.invalidation import SocketBus
from mockserver.stores.redis.bus import RedisBus
from tests.mock.vocabulary import Mock
from tests.redis_server import RedisServer, needs_redis


def joined(folder: Path, words: list[str]) -> SocketBus:
    """A process that notes what it hears, and is on the bus when this returns."""
    up = Event()

    def heard(word: str) -> None:
        up.set()
        if word:
            words.append(word)

    made = SocketBus(folder, heard)
    assert up.wait(10)
    while not made.is_up:
        up.wait(0.001)
    return made


@pytest.fixture(params=["", "long" * 30])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the sockets are; once deeper than the path of a socket may be long."""
    below = tmp_path / str(request.param)
    below.mkdir(exist_ok=True)
    return below / "bus"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for any longer than needed."""
    monkeypatch.setattr(bus, "PATIENCE", 0.1)


def test_all_have_acted_when_the_teller_goes_on(folder: Path) -> None:
    one, other = list[str](), list[str]()
    teller, listener = joined(folder, one), joined(folder, other)
    teller.tell("changed")
    assert one == other == ["changed"]
    listener.close()
    teller.tell("gather")
    assert (one, other) == (["changed", "gather"], ["changed"])
    teller.close()
    teller.close()
    assert not folder.exists(), "the last to leave tidies up"


def test_process_that_was_killed_is_not_waited_for(folder: Path) -> None:
    teller = joined(folder, [])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(teller._address("killed"))
    teller.tell("changed")
    assert not (folder / "killed").exists()
    teller.close()


@pytest.mark.usefixtures("quick")
def test_process_that_hangs_is_not_waited_for_long(tmp_path: Path) -> None:
    teller, words = SocketBus(tmp_path / "b", lambda _: None), list[str]()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hanging:
        hanging.bind(teller._address("hanging"))
        joined(tmp_path / "b", words).tell("changed")
    assert words == ["changed"]


def test_answer_that_comes_too_late_harms_nobody(tmp_path: Path) -> None:
    teller = joined(tmp_path / "b", [])
    teller._answer(teller.name, f"ack {teller.name} gone")
    teller.tell("changed")
    teller.close()


def test_who_fails_to_act_answers_all_the_same(tmp_path: Path) -> None:
    tries = []

    def failing(word: str) -> None:
        tries.append(word)
        raise StoreUnavailable("gone")

    one, other = SocketBus(tmp_path / "b", failing), joined(tmp_path / "b", [])
    other.tell("gather")
    assert "gather" in tries
    one.close()
    other.close()


def test_folder_that_cannot_be_made_leaves_nobody_on_the_bus(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    alone = SocketBus(tmp_path / "taken", lambda _: None)
    alone.tell("changed")
    assert not alone.is_up
    alone.close()


def test_path_that_is_too_long_for_a_socket_leaves_nobody_on_the_bus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "MOST_PATH", 1000)  # as where there is no way around it
    alone = SocketBus(tmp_path / ("long" * 30), lambda _: None)
    alone.tell("changed")
    assert not alone.is_up
    alone.close()


def test_mocks_without_a_bus_ask_and_write_at_every_request(tmp_path: Path) -> None:
    (tmp_path / "jobs.db-control.d").touch()
    one, other = (Mock(store=parse_store(f"sqlite:{tmp_path}/jobs.db")) for _ in range(2))
    one.ask("rate_limit")
    assert other.post().status_code == 429
    assert len(one.control.requests) == len(other.control.requests) == 1
    for each in (one, other):
        each.control.service.close()


def test_control_file_of_something_else_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "jobs.db-control").write_text("no database at all, but a text of some length" * 100)
    with pytest.raises(StoreUnavailable, match=r"jobs.db-control: is no SQLite file"):
        Mock(store=parse_store(f"sqlite:{tmp_path}/jobs.db"))


@needs_redis
def test_word_that_redis_does_not_carry_is_waited_for_by_nobody() -> None:
    server = RedisServer()
    made = RedisBus(server.client, "x", lambda _: None)
    server.stop()
    made.tell("changed")
    assert not made._answer("somebody", "x")
    made.close()
    server.close()


def test_settings_of_a_lone_mock_need_no_bus() -> None:
    assert Settings().store.open(lambda _: True).board() is None
