"""The headers that every answer carries."""

from collections.abc import Callable
from random import Random

import msgspec

from mockserver.response import Answer, Header

AS_TOLD: Header = (b"x-content-type-options", b"nosniff")
"""A browser takes an answer for what its Content-Type says, whatever a client made it repeat."""


class Stamp:
    """Names each exchange and says how long it took. ``timer`` gives seconds, from anywhere."""

    def __init__(self, random: Random, timer: Callable[[], float]) -> None:
        self._random = random
        self._timer = timer

    def start(self) -> float:
        """The moment at which a request came."""
        return self._timer()

    def headers(self, took: float) -> tuple[Header, ...]:
        """The headers of the answer to a request that took so many seconds; the first names it."""
        return (
            (b"x-request-id", b"req_%032x" % self._random.getrandbits(128)),
            (b"openai-processing-ms", b"%d" % int(1000 * took)),
            AS_TOLD,
        )

    def elapsed(self, started: float) -> float:
        """Seconds since ``started``."""
        return self._timer() - started

    def stamped(self, answer: Answer) -> Answer:
        """``answer`` with the headers, where no request was made out."""
        return msgspec.structs.replace(answer, headers=(*answer.headers, *self.headers(0.0)))
