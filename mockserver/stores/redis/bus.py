"""The bus of a Redis store: the processes of several machines, by its channels."""

import logging
from contextlib import suppress
from threading import Event
from uuid import uuid4

import redis

from mockserver.stores.invalidation import QUIET_SECONDS, Bus, Heard

RETRY_SECONDS = 1.0
"""After a connection that broke, the next is tried so much later."""

logger = logging.getLogger("mockserver")


class RedisBus(Bus):
    """Each process hears one channel of all, and one of its own for answers."""

    def __init__(self, client: redis.Redis, prefix: str, heard: Heard) -> None:
        self.name = uuid4().hex
        self._client = client
        # Nobody else may close the connection on which the thread listens.
        pool = client.connection_pool
        self._own = redis.Redis.from_pool(redis.ConnectionPool(pool.connection_class, **pool.connection_kwargs))
        self._channel = f"{prefix}bus"
        self._closing = Event()
        super().__init__(heard)

    def close(self) -> None:
        """Hear no more; the thread ends within a second."""
        super().close()
        self._closing.set()

    def _run(self) -> None:
        while not self.is_closed:
            try:
                self._listen()
            except (redis.RedisError, OSError) as error:
                logger.debug("the bus in Redis is away: %s", error)
            self.is_up = False
            self._closing.wait(RETRY_SECONDS)
        self._own.close()

    def _listen(self) -> None:
        with self._own.pubsub() as channels:  # type: ignore[no-untyped-call]
            channels.subscribe(self._channel, f"{self._channel}:{self.name}")
            while not self.is_closed:
                message = channels.get_message(timeout=QUIET_SECONDS)
                if message is None:
                    self._act("")
                elif message["type"] == "message":
                    self._got(message["data"].decode())
                elif message["type"] == "subscribe" and message["data"] == 2:
                    # What was told before it could be heard is looked for.
                    self._act("")
                    self.is_up = not self.is_closed

    def _send(self, message: str) -> int:
        with suppress(redis.RedisError):
            return int(self._client.publish(self._channel, message))
        return 0

    def _answer(self, name: str, message: str) -> bool:
        with suppress(redis.RedisError):
            return bool(self._client.publish(f"{self._channel}:{name}", message))
        return False
