"""Judged forms: all that follows from the form of a creation alone, whoever sends it and whenever."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from mockserver.scenarios.catalogue import directives
from mockserver.spec.rules import FormRules
from mockserver.validation.checks import Violation, read, verdict_on
from mockserver.validation.images import Image
from mockserver.validation.multipart import Form
from mockserver.validation.spool import joined
from mockserver.web.responses import Answer, refusal

MOST_REMEMBERED = 16
"""Bodies that are remembered: the works of a load test, or of the workers of one."""

LARGEST_REMEMBERED = 64 * 1024
"""Bytes of a body that is remembered."""


class Judged(msgspec.Struct, frozen=True):
    """A form with the verdict on it.

    ``refusal`` answers one that breaks a rule. Of a right one, ``values`` are its fields as sent or by default,
    ``reference`` the chunks of its files, and ``directive`` what its prompt asks of the mock, if it does.
    """

    form: Form
    images: dict[str, Image]
    refusal: Answer | None = None
    values: dict[str, Any] = {}
    reference: Sequence[bytes] = ()
    directive: str | None = None


def judged(rules: FormRules, form: Form) -> Judged:
    """Hold ``form`` against ``rules``."""
    reading = read(rules, form)
    verdict = verdict_on(reading)
    if isinstance(verdict, Violation):
        return Judged(form, reading.images, refusal(verdict, rules.limits))
    reference = joined([part.chunks for part in verdict.files.values()])
    directive = directives(str(verdict.values.get("prompt")))
    return Judged(form, reading.images, None, verdict.values, reference, directive)


Made = TypeVar("Made")


class Remembered(Generic[Made]):
    """What was made of the last bodies. Who loads a server sends a few of them over and over.

    They are told apart by their length and then byte for byte, which takes a hundredth of the time of a verdict, and
    less where they differ.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[str, bytes, Made]] = {}

    def find(self, content_type: str, body: bytes) -> Made | None:
        """What was made of this very body under this type, if it is remembered."""
        found = self._made.get(len(body))
        return found[2] if found is not None and found[1] == body and found[0] == content_type else None

    def keep(self, content_type: str, body: bytes, made: Made) -> Made:
        """Remember ``made`` in the place of what came first, and give it."""
        if len(body) <= LARGEST_REMEMBERED:
            if len(self._made) >= MOST_REMEMBERED and len(body) not in self._made:
                del self._made[next(iter(self._made))]
            self._made[len(body)] = (content_type, body, made)
        return made
