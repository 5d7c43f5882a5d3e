"""The board of a Redis store: two keys beside those of the jobs."""

from collections.abc import Callable
from typing import Any

import redis

REPLACE = r"""
local kept = redis.call('HGET', KEYS[1], 'version') or '0'
if kept ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'version', kept + 1, 'state', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
"""The version as it was, the state, milliseconds to live. 0: the version is another by now."""

NOTE = r"""
local number = redis.call('INCR', KEYS[2])
redis.call('RPUSH', KEYS[1], number .. ':' .. ARGV[1])
redis.call('LTRIM', KEYS[1], 0 - ARGV[2], -1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
"""
"""A request, how many are kept, milliseconds to live."""

FORGET = r"""
local count = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1])
return count
"""

Tried = Callable[[Callable[[], Any]], Any]
"""Gives what a call gives; what redis says when it fails becomes the store's own error."""


class RedisBoard:
    """The board below ``prefix``, reached by ``client`` as ``tried`` has it. It lives ``lifetime`` ms past a change."""

    def __init__(self, client: redis.Redis, tried: Tried, prefix: str, lifetime: int) -> None:
        self._client = client
        self._tried = tried
        self._lifetime = lifetime
        self._state, self._requests, self._number = (f"{prefix}{name}" for name in ("board", "requests", "turn"))
        self._replace, self._note, self._forget = map(client.register_script, (REPLACE, NOTE, FORGET))

    def version(self) -> int:
        """One field of one key."""
        return int(self._tried(lambda: self._client.hget(self._state, "version")) or 0)

    def read(self) -> tuple[int, bytes]:
        """Both in one step."""
        version, state = self._tried(lambda: self._client.hmget(self._state, ["version", "state"]))
        return int(version or 0), state or b""

    def replace(self, version: int, state: bytes) -> bool:
        """One script, so that nobody comes in between."""
        values = (version, state, self._lifetime)
        return bool(self._tried(lambda: self._replace(keys=[self._state], args=values)))

    def note(self, record: bytes, most: int) -> None:
        """One script: a list that is cut at its beginning."""
        values = (record, most, self._lifetime)
        self._tried(lambda: self._note(keys=[self._requests, self._number], args=values))

    def notes(self, most: int) -> list[tuple[int, bytes]]:
        """The end of the list."""
        found = []
        for kept in self._tried(lambda: self._client.lrange(self._requests, -most, -1)):
            number, _, record = kept.partition(b":")
            found.append((int(number), record))
        return found

    def forget(self, most: int) -> int:
        """Their numbers are not used again."""
        return min(most, int(self._tried(lambda: self._forget(keys=[self._requests]))))

    def close(self) -> None:
        """The connections are the store's."""
