"""What was meant by a name that there is not."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 100
"""Characters of a name that is compared: to compare takes a time that grows with the square of its length."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """` (did you mean 'NAME'?)` with the one of `names` that is nearest; empty if none is near, or it is one."""
    known = tuple(names)
    near = get_close_matches(name, known, 1) if 0 < len(name) <= LONGEST and name not in known else []
    return f" (did you mean '{near[0]}'?)" if near else ""
