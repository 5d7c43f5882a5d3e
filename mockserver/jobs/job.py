"""A job: one video that was asked for, and the making of new ones."""

import re
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Any, Literal
from uuid import UUID

import msgspec

from mockserver.spec.document import DocumentError

Status = Literal["queued", "in_progress", "completed", "failed"]


class JobState(msgspec.Struct, frozen=True, gc=False):
    """How far a job is. ``completed_at`` is in whole seconds since 1970; ``None`` before.

    ``error`` is why it failed: a code and a message.
    """

    status: Status
    progress: int
    completed_at: int | None = None
    error: dict[str, str] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self.status in ("completed", "failed")


QUEUED = JobState("queued", 0)
"""What a creation answers, however fast the job is."""


class JobOverride(msgspec.Struct, frozen=True, gc=False):
    """What will become of a job, where that is not its completion.

    It ends when its progress is ``at`` percent, if that is given: failed with ``code`` and ``message``, or stalled
    where there is no code. ``breaks`` is the part of its content that is sent before it breaks off, in percent.

    ``ended`` is when it was ended by hand, in seconds since 1970: failed where there is a code, completed otherwise.
    ``is_expired``: its content is no longer there.
    """

    at: int | None = None
    code: str | None = None
    message: str | None = None
    breaks: int | None = None
    ended: float | None = None
    is_expired: bool = False

    def stalls_at(self, progress: int) -> bool:
        """Whether a job that is so far comes no further."""
        return self.at is not None and self.code is None and self.ended is None and progress >= self.at


class Job(msgspec.Struct, frozen=True, gc=False):
    """One video task. Small, and unseen by the garbage collector: a mock may hold very many.

    ``owner`` is whose it is; ``created`` and ``polled`` are seconds since 1970; ``seconds``, ``width`` and ``height``
    are those of the video; ``echo`` are the values that its answers repeat, in the order of the document; ``jitter`` is
    from -1 to 1; ``remixed_from`` is the id of its source; ``polls`` counts how often it was asked for, as far as a
    pace wants to know; ``fate`` is what was asked to become of it; ``echoed`` are the fields of the request that
    ``echo`` is of, for when the document changes. A field that is added needs a default: stores hold jobs of earlier
    versions.
    """

    id: str
    owner: str
    created: float
    seconds: float
    width: int
    height: int
    echo: tuple[Any, ...]
    jitter: float
    remixed_from: str | None = None
    polls: int = 0
    polled: float = 0.0
    fate: JobOverride | None = None
    echoed: tuple[str, ...] = ()


class JobMaker:
    """Makes jobs from requests that were found right. With the same ``random``, it makes the same ids and jitter.

    ``template`` is the document's ``x-template`` of an id; ``echo`` names the request fields that answers repeat.
    """

    def __init__(self, template: str, echo: tuple[str, ...], random: Random) -> None:
        self._ids = IdTemplate(template, random)
        self._echo = echo
        self._random = random

    def make(self, owner: str, values: Mapping[str, Any], now: float, fate: JobOverride | None = None) -> Job:
        """A new job of ``owner``, created ``now``, in seconds since 1970."""
        width, height = _dimensions(values.get("size"))
        echo = tuple(map(values.get, self._echo))
        length = _length(values.get("seconds"))
        return Job(
            self._ids.make(now), owner, now, length, width, height, echo, self._jitter(), fate=fate, echoed=self._echo
        )

    def remix(self, source: Job, values: Mapping[str, Any], now: float, fate: JobOverride | None = None) -> Job:
        """A new job with what ``source`` has, but for the ``values`` that the request names."""
        echo = tuple(values.get(name, old) for name, old in zip(source.echoed, source.echo, strict=False))
        new: dict[str, Any] = {
            "echo": echo,
            "id": self._ids.make(now),
            "created": now,
            "jitter": self._jitter(),
            "remixed_from": source.id,
        }
        return msgspec.structs.replace(source, **new, polls=0, polled=0.0, fate=fate)

    def _jitter(self) -> float:
        return 2 * self._random.random() - 1


_VARIABLE = re.compile(r"\{(\w+):(?:hex(\d+)|(uuid))\}")


class IdTemplate:
    """Makes values by an ``x-template``: text with ``{created_at:hex8}``, ``{random:hex40}`` and ``{random:uuid}``.

    ``DocumentError`` for a template without a random part, or with other variables.
    """

    def __init__(self, template: str, random: Random) -> None:
        forms = {name: (digits, uuid) for name, digits, uuid in _VARIABLE.findall(template)}
        rest = _VARIABLE.sub("", template)
        digits, uuid = forms.get("random", ("", ""))
        is_dated = forms.get("created_at", ("1", "")) != ("", "uuid")
        if "{" in rest or "}" in rest or forms.keys() - {"created_at", "random"} or not is_dated or not digits + uuid:
            raise DocumentError(
                f"x-template of id: '{template}' makes no ids; variables: {{created_at:hexN}}, {{random:hexN}}, "
                "{random:uuid}"
            )
        self._format = _VARIABLE.sub(
            lambda found: f"{{{found[1]}" + (f":0{found[2]}x}}" if found[2] else "}"), template
        )
        self._bits = 128 if uuid else 4 * int(digits)
        self._is_uuid = bool(uuid)
        self._random = random

    def make(self, now: float) -> str:
        """A new value, created ``now``, in seconds since 1970."""
        drawn = self._random.getrandbits(self._bits)
        return self._format.format(created_at=int(now), random=UUID(int=drawn, version=4) if self._is_uuid else drawn)


@lru_cache
def _length(seconds: object) -> float:
    """The length of the video, 0 where a document has no such field or other words for it."""
    try:
        return float(str(seconds))
    except ValueError:
        return 0.0


@lru_cache
def _dimensions(size: object) -> tuple[int, int]:
    """Width and height of the video in pixels, 0 where a document has no such field or other words for it."""
    width, _, height = str(size).partition("x")
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else (0, 0)
