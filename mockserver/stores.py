"""The stores by their names."""

import re
from pathlib import Path
from typing import Protocol

import msgspec

from mockserver import memory
from mockserver.store import Bounds, Finished, Store

FORMS = "memory or sqlite:PATH"
_SQLITE = re.compile(r"sqlite:(?P<path>.+)", re.DOTALL)


class StoreChoice(Protocol):
    """A store that was named and is not yet open."""

    def open(self, finished: Finished, jobs: int | None = None, held: int | None = None) -> Store:
        """The store; bounds that are not given are its own. ``StoreError`` if it cannot be used."""


class InMemory(msgspec.Struct, frozen=True):
    """``memory``."""

    def open(self, finished: Finished, jobs: int | None = None, held: int | None = None) -> Store:
        """An empty store."""
        return memory.MemoryStore(_bounds(memory.BOUNDS, jobs, held), finished)


class InFile(msgspec.Struct, frozen=True):
    """``sqlite:PATH``."""

    path: Path

    def open(self, finished: Finished, jobs: int | None = None, held: int | None = None) -> Store:
        """The store in the file, with what it holds."""
        from mockserver import sqlite  # noqa: PLC0415 - only who asks for it waits for its import

        return sqlite.SqliteStore(self.path, _bounds(sqlite.BOUNDS, jobs, held), finished)


def parse_store(text: str) -> StoreChoice:
    """The store that ``text`` names; ``ValueError`` that says what is allowed."""
    if text == "memory":
        return InMemory()
    if named := _SQLITE.fullmatch(text):
        return InFile(Path(named["path"]))
    raise ValueError(f"'{text}' is no store; allowed: {FORMS}")


def _bounds(own: Bounds, jobs: int | None, held: int | None) -> Bounds:
    return Bounds(jobs=own.jobs if jobs is None else jobs, bytes=own.bytes if held is None else held)
