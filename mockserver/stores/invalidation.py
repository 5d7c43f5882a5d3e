"""The bus: one word that all processes of a store are told, and have acted on when the teller goes on."""

import logging
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Semaphore, Thread
from time import monotonic
from uuid import uuid4

PATIENCE = 1.0
"""Seconds after which who was told and has not answered is waited for no more: it hangs, or has just ended."""

QUIET_SECONDS = 1.0
"""After so long without a word, ``heard`` is called with an empty one."""

ACK, BYE = "ack", "bye"

logger = logging.getLogger("mockserver")

Heard = Callable[[str], None]
"""Acts on a word, in a thread of the bus."""


class Bus(ABC):
    """One process on the bus. ``is_up``: every word that is told is heard here."""

    name: str
    """One that no other process has."""

    def __init__(self, heard: Heard) -> None:
        self.is_up = False
        self.is_closed = False
        self._heard = heard
        self._acks: dict[str, Semaphore] = {}
        Thread(target=self._run, name="bus", daemon=True).start()

    def tell(self, word: str) -> None:
        """Tell all, this process too, and wait until they have acted on it."""
        turn = uuid4().hex
        done = self._acks[turn] = Semaphore(0)
        limit = monotonic() + PATIENCE
        try:
            for _ in range(self._send(f"{word} {self.name} {turn}")):
                if not done.acquire(timeout=max(0.0, limit - monotonic())):
                    logger.debug("a process did not act on '%s' within %g s", word, PATIENCE)
                    return
        finally:
            del self._acks[turn]

    def close(self) -> None:
        """Hear no more."""
        self.is_closed, self.is_up = True, False

    @abstractmethod
    def _run(self) -> None:
        """Listen until closed."""

    @abstractmethod
    def _send(self, message: str) -> int:
        """Send to all; how many got it."""

    @abstractmethod
    def _answer(self, name: str, message: str) -> bool:
        """Send to one; whether it got it."""

    def _got(self, message: str) -> None:
        """Act on what came."""
        word, sender, turn = message.split(" ")
        if self.is_closed:
            return
        if word != ACK:
            self._act(word)
            self._answer(sender, f"{ACK} {self.name} {turn}")
        elif (done := self._acks.get(turn)) is not None:
            done.release()

    def _act(self, word: str) -> None:
        try:
            self._heard(word)
        except Exception as error:  # noqa: BLE001 - who tells is answered all the same, and a failing store has a log
            logger.debug("'%s' could not be acted on: %s", word, error)


MOST_PATH = 100
"""Bytes of the path of a socket that every system allows."""


class SocketBus(Bus):
    """The processes of one machine: each has a socket in ``folder``. Where there are none such, it is never up."""

    def __init__(self, folder: Path, heard: Heard) -> None:
        self.name = uuid4().hex
        self._folder = folder.absolute()
        self._near: int | None = None  # the folder as it is open here, where its path is too long for a socket
        self._socket: socket.socket | None = None
        with suppress(OSError, AttributeError):
            folder.mkdir(exist_ok=True)
            if len(str(self._folder / self.name)) > MOST_PATH:
                self._near = os.open(folder, os.O_RDONLY)
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.settimeout(QUIET_SECONDS)
        super().__init__(heard)

    def close(self) -> None:
        """Leave the folder. The last to leave takes it along."""
        if not self.is_closed:
            super().close()
            self._answer(self.name, f"{BYE} {self.name} -")
            with suppress(OSError):
                (self._folder / self.name).unlink(missing_ok=True)
                self._folder.rmdir()
            if self._near is not None:
                os.close(self._near)

    def _run(self) -> None:
        if self._socket is None:
            return
        with self._socket as listener:
            try:
                listener.bind(self._address(self.name))
            except OSError as error:
                logger.debug("no socket in %s: %s", self._folder, error)
                return
            self._act("")
            self.is_up = not self.is_closed
            while not self.is_closed:
                try:
                    self._got(listener.recv(1000).decode())
                except TimeoutError:
                    self._act("")

    def _send(self, message: str) -> int:
        names = [path.name for path in self._folder.iterdir()] if self._folder.is_dir() else []
        return sum(self._answer(name, message) for name in names)

    def _answer(self, name: str, message: str) -> bool:
        """Where a process was killed, what it left behind is tidied up."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(PATIENCE)
            try:
                sender.sendto(message.encode(), self._address(name))
            except ConnectionRefusedError:
                (self._folder / name).unlink(missing_ok=True)
                return False
            except OSError:
                return False
        return True

    def _address(self, name: str) -> str:
        """The path of a socket; on Linux a short one where that is too long, elsewhere there is none then."""
        return str(self._folder / name) if self._near is None else f"/proc/self/fd/{self._near}/{name}"
