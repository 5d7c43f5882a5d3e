"""The effects of scenarios: what each puts into the plan of a request."""

from collections import deque
from collections.abc import Callable, Sequence
from math import ceil
from random import Random
from typing import Any

import msgspec

from mockserver.jobs.job import JobOverride
from mockserver.scenarios.examples import Examples
from mockserver.scenarios.plan import Plan
from mockserver.spec.document import RATE_LIMIT
from mockserver.stores.shared import RateWindow

MINUTE = 60.0
MAKING_JOBS = ("createVideo", "remixVideo")
HAVING_CONTENT = ("downloadContent",)
MOST_WINDOWS = 10_000
"""Tokens whose rate is kept; past that many, the one seen first starts anew."""

Values = dict[str, Any]


class RateLimiter:
    """How many requests of each token came in the last minute, as far as a limit asks for it."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, int], deque[float]] = {}

    def wait(self, owner: str, limit: int, now: float) -> int | None:
        """Whole seconds until the next request of ``owner`` is within ``limit``; ``None``, and it counts, if it is."""
        if limit == 0:
            return 0
        window = self._windows.setdefault((owner, limit), deque())
        while window and window[0] <= now - MINUTE:
            window.popleft()
        if len(window) < limit:
            window.append(now)
            if len(self._windows) > MOST_WINDOWS:
                del self._windows[next(iter(self._windows))]
            return None
        return ceil(window[0] + MINUTE - now)

    def clear(self) -> None:
        """Forget every request."""
        self._windows.clear()

    def saved(self, now: float) -> list[RateWindow]:
        """What of it still counts."""
        windows = [(key, [moment for moment in kept if moment > now - MINUTE]) for key, kept in self._windows.items()]
        return [RateWindow(*key, moments) for key, moments in windows if moments]

    def restore(self, windows: Sequence[RateWindow]) -> None:
        """Go on with what was saved."""
        self._windows = {(window.owner, window.limit): deque(window.moments) for window in windows}


class EffectContext(msgspec.Struct, frozen=True):
    """Where a scenario takes effect: the operation by its id, whose request it is, and when."""

    operation: str
    owner: str
    now: float
    ready: Examples
    rates: RateLimiter
    failures: dict[str, str]
    random: Random


Effect = Callable[[Plan, Values, EffectContext], None]


def error(plan: Plan, values: Values, scene: EffectContext) -> None:
    """Answer an error."""
    plan.answer = plan.answer or scene.ready.error(scene.operation, values["error"], values["retry_after"])


def flaky(plan: Plan, _values: Values, scene: EffectContext) -> None:
    """Answer one of the errors that are the server's fault."""
    names = [name for name, status in scene.ready.errors.items() if status >= 500]
    plan.answer = plan.answer or scene.ready.error(scene.operation, scene.random.choice(names))


def rate_limit(plan: Plan, values: Values, scene: EffectContext) -> None:
    """Refuse what is too much for a minute."""
    wait = scene.rates.wait(scene.owner, values["requests"], scene.now)
    if wait is not None:
        seconds = values["retry_after"] if values["retry_after"] is not None else wait or None
        plan.answer = plan.answer or scene.ready.error(scene.operation, RATE_LIMIT, seconds)


def slow(plan: Plan, values: Values, _scene: EffectContext) -> None:
    """Answer late."""
    plan.delay += values["seconds"]


def drop(plan: Plan, _values: Values, _scene: EffectContext) -> None:
    """Close the connection in place of an answer."""
    plan.drops = True


def truncate(plan: Plan, values: Values, _scene: EffectContext) -> None:
    """End JSON in the middle."""
    plan.truncate = values["at"] if plan.truncate is None else plan.truncate


def break_off(plan: Plan, values: Values, scene: EffectContext) -> None:
    """Close the connection within the content: of this answer, or of the job that is made."""
    if scene.operation in MAKING_JOBS:
        plan.fate = _with(plan.fate, breaks=values["at"])
    elif plan.breaks is None:
        plan.breaks = values["at"]


def fail(plan: Plan, values: Values, scene: EffectContext) -> None:
    """Let the job that is made fail."""
    code = values["code"]
    plan.fate = _with(plan.fate, at=values["at"], code=code, message=scene.failures[code])


def stall(plan: Plan, values: Values, _scene: EffectContext) -> None:
    """Let the job that is made stop on its way."""
    plan.fate = _with(plan.fate, at=values["at"])


def strict_uploads(plan: Plan, _values: Values, _scene: EffectContext) -> None:
    """Refuse the mistakes of an upload that are forgiven otherwise."""
    plan.is_strict = True


def _with(fate: JobOverride | None, **more: Any) -> JobOverride:
    """``fate`` and more, where it does not say something of the kind already."""
    fate = fate or JobOverride()
    kind = "breaks" if "breaks" in more else "at"
    return fate if getattr(fate, kind) is not None else msgspec.structs.replace(fate, **more)
