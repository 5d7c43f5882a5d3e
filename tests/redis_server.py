"""A Redis of one's own: started on a free port of the loopback, stopped, held, killed and started again."""

import shutil
import signal
import socket
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""Options with which a Redis has on disk what it acknowledged."""


class RedisServer:
    """One process of redis-server. It keeps its port over a restart, and with ``DURABLE`` what it holds."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.folder = TemporaryDirectory(prefix="redis-")
        self.port = 0
        self.start()

    def start(self) -> None:
        """Run, as soon as this returns."""
        for port in [self.port] if self.port else [_free_port() for _ in range(10)]:
            command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", *self.options]
            self.process = subprocess.Popen(command, cwd=self.folder.name, stdout=subprocess.PIPE, text=True)
            assert self.process.stdout is not None
            if any("Ready to accept connections" in line for line in self.process.stdout):
                self.port = port
                return
            self.stop()
        raise RuntimeError("redis-server does not start")

    def url(self, prefix: str | Path = "") -> str:
        """The name of a store here, of its own for each ``prefix``."""
        return f"redis://127.0.0.1:{self.port}/0?prefix={quote(str(prefix))}"

    @property
    def client(self) -> redis.Redis:
        """A look behind the back of the stores."""
        return redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0))

    def hold(self) -> None:
        """Answer nothing from now on, and keep connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End without a last word."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> None:
        """End."""
        if self.process.returncode is None:
            self.go_on()
            self.process.terminate()
            self.process.communicate()

    def close(self) -> None:
        """End, and leave nothing behind."""
        self.stop()
        self.folder.cleanup()


@cache
def shared_redis() -> RedisServer:
    """One for all tests that do it no harm; ``conftest.py`` ends it."""
    return RedisServer()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
