"""Fixtures of more than one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.stores.sqlite.store import SqliteStore
from tests.mock.stores import NAMES, PERSISTENT, Opened, is_done, opening
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import Edited


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


@pytest.fixture
def at(path: Path) -> Iterator[Opened]:
    """Opens the same file again and again."""
    with opening(lambda bounds, **options: SqliteStore(path, bounds, is_done, **options)) as give:
        yield give


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


@pytest.fixture(params=PERSISTENT)
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of a shared store."""
    return NAMES[request.param](tmp_path)


@pytest.fixture(scope="module")
def instant() -> Iterator[str]:
    """The address of a mock in a process of its own, whose videos are ready at once."""
    with served("--pace", "instant") as (_, told):
        yield url(told)
