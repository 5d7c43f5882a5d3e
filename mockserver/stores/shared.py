"""The board: what all processes of one store know together, beside its jobs. The interface of every shared store."""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Entry(msgspec.Struct, array_like=True):
    """Scenarios that are asked for. ``times``: how many requests they still meet; ``is_standing``: by the file."""

    id: str
    text: str
    times: int | None
    is_standing: bool = False


class Window(msgspec.Struct, array_like=True):
    """When the requests of an owner came that count for one limit, in seconds since 1970."""

    owner: str
    limit: int
    moments: list[float]


class State(msgspec.Struct, array_like=True):
    """What control has told the mock, by now.

    ``ahead`` and ``frozen`` are the clock's, in seconds; ``added`` counts the scenarios that were ever asked for;
    ``standing`` is what the scenario file asks for; ``resets`` counts the resets.
    """

    ahead: float = 0.0
    frozen: float | None = None
    added: int = 0
    active: list[Entry] = []
    standing: list[tuple[str, int | None]] = []
    windows: list[Window] = []
    resets: int = 0


class Board(Protocol):
    """Keeps one state, of which each change has a version that is higher, and the last requests.

    Every call may raise ``StoreUnavailable``.
    """

    def version(self) -> int:
        """That of the state now; 0 if nothing was told yet. Asked for at every request."""

    def read(self) -> tuple[int, bytes]:
        """The version and the state; 0 and nothing if nothing was told yet."""

    def replace(self, version: int, state: bytes) -> int:
        """Put ``state`` in the place of the one of ``version``. The version of it; 0 if another process was quicker."""

    def note(self, record: bytes, most: int) -> None:
        """Write down a request; of more than ``most`` the first are forgotten."""

    def notes(self, most: int) -> list[tuple[int, bytes]]:
        """The last ``most`` requests, the first of them first, each with a number that rises."""

    def forget(self, most: int) -> int:
        """Forget the requests; how many of the last ``most`` there were."""

    def tell_of(self, group: str, counted: Callable[[], bytes]) -> None:
        """Be one of a group of processes, whose counts any of them can be asked for. ``counted`` gives ours."""

    def told_by_others(self) -> list[bytes]:
        """What the others of the group have counted by now, also those that have ended; nothing without a group."""

    def close(self) -> None:
        """Give back what the machine lent. A later call takes it again."""


def decode(state: bytes) -> State:
    """The state that ``encode`` made; that of a board that nothing was told where there is none, or one of old."""
    try:
        return _DECODER.decode(state) if state else State()
    except msgspec.DecodeError:
        return State()


def encode(state: State) -> bytes:
    """The state as bytes."""
    return _ENCODER.encode(state)


_DECODER = msgspec.msgpack.Decoder(State)
_ENCODER = msgspec.msgpack.Encoder()
