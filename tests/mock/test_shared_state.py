"""Processes that share a store: what is written down, and what is not."""

from pathlib import Path

import pytest

from mockserver.settings import Settings
from mockserver.stores import parse_store
from mockserver.stores.base import StoreUnavailable
from mockserver.stores.shared import ALIVE_SECONDS, SharedState
from tests.mock.vocabulary import Mock


class Wall:
    """A clock of the machine that a test moves."""

    now = 1e9

    def __call__(self) -> float:
        return self.now


def test_process_that_does_not_report_any_more_is_not_waited_for(name: str) -> None:
    wall = Wall()
    store = parse_store(name).open(lambda _: True)
    killed, asking = (SharedState(store.state(), "", wall, bytes) for _ in range(2))  # type: ignore[arg-type]
    with killed.taking_part():
        killed.carry_out(1)
        assert not asking.is_carried_out(2)
        wall.now += ALIVE_SECONDS + 1
        assert asking.is_carried_out(2)
    store.close()


def test_records_are_written_at_once_where_nobody_could_ask_for_them(name: str) -> None:
    store = parse_store(name).open(lambda _: True)
    one, other = (SharedState(store.state(), "", Wall(), bytes) for _ in range(2))  # type: ignore[arg-type]
    one.note(b"at once", 10)
    with one.taking_part():
        one.note(b"later", 10)
        assert [record for _, record in other.notes(10)] == [b"at once"]
    assert [record for _, record in other.notes(10)] == [b"at once", b"later"]
    store.close()


def test_report_of_another_version_is_passed_over(name: str) -> None:
    store = parse_store(name).open(lambda _: True)
    state = store.state()
    assert state is not None
    state.report("another", b"of another kind")
    assert SharedState(state, "", Wall(), bytes).is_carried_out(1)
    store.close()


def test_control_file_of_something_else_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "jobs.db-control").write_text("no database at all, but a text of some length" * 100)
    with pytest.raises(StoreUnavailable, match=r"jobs.db-control: is no SQLite file"):
        Mock(store=parse_store(f"sqlite:{tmp_path}/jobs.db"))


def test_store_in_memory_shares_nothing() -> None:
    assert Settings().store.open(lambda _: True).state() is None
