"""The stores by their names."""

import re
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec

from mockserver.spelling import did_you_mean
from mockserver.stores import memory
from mockserver.stores.base import Bounds, Finished, Store

FORMS = "memory, sqlite:PATH or redis://HOST:PORT/DB"
KINDS = ("memory", "sqlite", "redis")
_SQLITE = re.compile(r"sqlite:(?P<path>.+)", re.DOTALL)


PREFIX = "mockserver:"
"""Before every key in Redis, if nothing else is said."""

LIFETIME = 7 * 24 * 60 * 60
"""Seconds after which Redis lets go of a job, if nothing else is said."""


class StoreChoice(Protocol):
    """A store that was named and is not yet open."""

    is_shared: ClassVar[bool]
    """Whether several processes may use it."""

    def open(self, finished: Finished, jobs: int | None = None, held: int | None = None) -> Store:
        """The store; bounds that are not given are its own. ``StoreError`` if it cannot be used."""


class InMemory(msgspec.Struct, frozen=True):
    """``memory``."""

    is_shared: ClassVar[bool] = False

    def open(self, finished: Finished, jobs: int | None = None, held: int | None = None) -> Store:
        """An empty store."""
        return memory.MemoryStore(_bounds(memory.BOUNDS, jobs, held), finished)


class InFile(msgspec.Struct, frozen=True):
    """``sqlite:PATH``."""

    is_shared: ClassVar[bool] = True
    path: Path

    def open(self, finished: Finished, jobs: int | None = None, held: int | None = None) -> Store:
        """The store in the file, with what it holds."""
        from mockserver.stores.sqlite import store as sqlite  # noqa: PLC0415 - only who asks for it waits for its import

        return sqlite.SqliteStore(self.path, _bounds(sqlite.BOUNDS, jobs, held), finished)


class InRedis(msgspec.Struct, frozen=True):
    """``redis://HOST:PORT/DB``, or ``rediss://`` for TLS. ``lifetime`` is in seconds."""

    is_shared: ClassVar[bool] = True
    url: SplitResult
    prefix: str = PREFIX
    lifetime: int = LIFETIME

    def open(self, finished: Finished, jobs: int | None = None, held: int | None = None) -> Store:
        """The store there, with what it holds."""
        from mockserver.stores.redis import store as redis_store  # noqa: PLC0415 - only who asks for it waits for its import

        bounds = _bounds(redis_store.BOUNDS, jobs, held)
        return redis_store.RedisStore(self.url, self.prefix, self.lifetime, bounds, finished)


def parse_store(text: str) -> StoreChoice:
    """The store that ``text`` names; ``ValueError`` that says what is allowed."""
    if text == "memory":
        return InMemory()
    if named := _SQLITE.fullmatch(text):
        return InFile(Path(named["path"]))
    if text.startswith(("redis://", "rediss://")):
        return _parse_redis(text)
    raise ValueError(f"'{text}' is no store{did_you_mean(text.partition(':')[0], KINDS)}; allowed: {FORMS}")


def _parse_redis(text: str) -> InRedis:
    """The parts of a URL. A password in it is repeated nowhere."""
    try:
        url = urlsplit(text)
        is_address = bool(url.hostname) and url.port != 0
    except ValueError:
        is_address = False
    if not is_address or not re.fullmatch(r"(/\d*)?", url.path) or url.fragment:
        raise ValueError("the URL of a Redis is no store; allowed: redis://HOST:PORT/DB, where DB is a number")
    asked = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    prefix, lifetime = asked.pop("prefix", PREFIX), asked.pop("expire", str(LIFETIME))
    if asked:
        raise ValueError(f"'{', '.join(asked)}' is no setting of a Redis store; allowed: prefix, expire")
    if not re.fullmatch(r"0*[1-9][0-9]{0,9}", lifetime):
        raise ValueError(f"'{lifetime}' is no time to expire; allowed: whole seconds from 1")
    return InRedis(url, prefix, int(lifetime))


def _bounds(own: Bounds, jobs: int | None, held: int | None) -> Bounds:
    return Bounds(jobs=own.jobs if jobs is None else jobs, bytes=own.bytes if held is None else held)
