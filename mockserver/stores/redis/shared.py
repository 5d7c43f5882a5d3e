"""Shared state of a Redis store: three keys beside those of the jobs."""

from collections.abc import Callable, Sequence
from typing import Any

import redis

REPLACE = r"""
local kept = redis.call('HGET', KEYS[1], 'version') or '0'
if kept ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'state', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
"""
"""The version as it was, the new one, the state, milliseconds to live. 0: the version is another by now."""

WRITE = r"""
for index = 3, #ARGV, 2 do
    local turn = tonumber(ARGV[index])
    while redis.call('ZCOUNT', KEYS[1], turn, turn) > 0 do
        turn = turn + 1
    end
    redis.call('ZADD', KEYS[1], turn, string.format('%.0f:', turn) .. ARGV[index + 1])
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
"""How many are kept, milliseconds to live, and of each request its turn and its record."""

FORGET = r"""
local count = redis.call('ZCARD', KEYS[1])
redis.call('DEL', KEYS[1])
return count
"""

DAY = 24 * 60 * 60

Tried = Callable[[Callable[[], Any]], Any]
"""Gives what a call gives; what redis says when it fails becomes the store's own error."""


class RedisStateStore:
    """Shared state below ``prefix``, reached by ``client`` as ``tried`` has it. It expires after ``lifetime`` ms."""

    def __init__(self, client: redis.Redis, tried: Tried, prefix: str, lifetime: int) -> None:
        self._client = client
        self._tried = tried
        self._lifetime = lifetime
        self._state, self._requests, self._reports = (f"{prefix}{name}" for name in ("state", "requests", "reports"))
        self._replace, self._write, self._forget = map(client.register_script, (REPLACE, WRITE, FORGET))

    def version(self) -> int:
        """One field of one key. What is asked for lives on."""
        return int(self._tried(self._asked) or 0)

    def read(self) -> tuple[int, bytes]:
        """Both in one step."""
        version, state = self._tried(lambda: self._client.hmget(self._state, ["version", "state"]))
        return int(version or 0), state or b""

    def replace(self, version: int, new: int, state: bytes) -> bool:
        """One script, so that nobody comes in between."""
        values = (version, new, state, self._lifetime)
        return bool(self._tried(lambda: self._replace(keys=[self._state], args=values)))

    def write(self, records: Sequence[tuple[int, bytes]], most: int) -> None:
        """One script: a sorted set that is cut at its beginning."""
        values: list[int | bytes] = [most, self._lifetime]
        for noted in records:
            values += noted
        self._tried(lambda: self._write(keys=[self._requests], args=values))

    def written(self, most: int) -> list[tuple[int, bytes]]:
        """The end of the set."""
        found = []
        for member in self._tried(lambda: self._client.zrange(self._requests, -most, -1)):
            turn, _, record = member.partition(b":")
            found.append((int(turn), record))
        return found

    def forget(self, most: int) -> int:
        """The set at once."""
        return min(most, int(self._tried(lambda: self._forget(keys=[self._requests]))))

    def report(self, name: str, report: bytes) -> None:
        """One key a process, so that each expires by itself, and an index of them."""
        key = f"{self._reports}:{name}"

        def write() -> None:
            with self._client.pipeline(transaction=False) as calls:
                calls.set(key, report, ex=DAY)
                calls.sadd(self._reports, name)
                calls.expire(self._reports, DAY)
                calls.execute()

        self._tried(write)

    def reports(self) -> dict[str, bytes]:
        """All that have not expired."""
        names = [name.decode() for name in self._tried(lambda: self._client.smembers(self._reports))]
        if not names:
            return {}
        found = self._tried(lambda: self._client.mget([f"{self._reports}:{name}" for name in names]))
        return {name: report for name, report in zip(names, found, strict=True) if report is not None}

    def close(self) -> None:
        """The connections are the store's."""

    def _asked(self) -> bytes | None:
        with self._client.pipeline(transaction=False) as both:
            both.hget(self._state, "version")
            both.pexpire(self._state, self._lifetime)
            version: bytes | None = both.execute()[0]
        return version
