"""Fixtures of the stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.stores.sqlite.store import SqliteStore
from tests.mock.stores import Opened, is_done, opening


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


@pytest.fixture
def at(path: Path) -> Iterator[Opened]:
    """Opens the same file again and again."""
    with opening(lambda bounds, **options: SqliteStore(path, bounds, is_done, **options)) as give:
        yield give
