"""Capacity: a bound on how many requests of one kind are in flight."""


class Capacity:
    """Places for ``most`` requests. One event loop takes and releases them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @property
    def taken(self) -> int:
        """How many requests are in flight."""
        return self._taken

    def take(self) -> bool:
        """Take a place; ``False`` if there is none."""
        if self._taken >= self._most:
            return False
        self._taken += 1
        return True

    def release(self) -> None:
        """Give a place back."""
        self._taken -= 1
