"""A chain: keys in an order, where adding at the end, removing and starting anywhere take no search."""

from collections.abc import Iterator
from typing import Any

import msgspec


class Place(msgspec.Struct, gc=False):
    """The place of one key: its neighbours, by their keys, so that places never hold each other."""

    rank: float = 0.0
    before: str | None = None
    behind: str | None = None


class Chain(msgspec.Struct, gc=False):
    """Keys by rank, and those of one rank as they were added. Chains that share no key may share ``places``.

    What is in ``places`` is a ``Place`` and may be more than that.
    """

    places: dict[str, Any]
    first: str | None = None
    last: str | None = None

    def add(self, key: str, place: Place) -> None:
        """Put ``key``, and a place of its rank, behind all of no higher rank. Ranks that mostly rise cost no search."""
        rank = place.rank
        last = self.last
        if last is not None and self.places[last].rank <= rank:
            place.before = last
            self.places[key] = place
            self.places[last].behind = self.last = key
            return
        before, behind = last, None
        while before is not None and self.places[before].rank > rank:
            before, behind = self.places[before].before, before
        self.places[key] = place
        self._join(before, key)
        self._join(key, behind)

    def remove(self, key: str) -> None:
        """Take ``key`` out."""
        place = self.places.pop(key)
        if place.before is None and place.behind is not None:  # the first of several, as is usual
            self.first = place.behind
            self.places[place.behind].before = None
        else:
            self._join(place.before, place.behind)

    def walk(self, after: str | None = None, *, backwards: bool = False) -> Iterator[str]:
        """The keys behind ``after``, or all, one by one; the one that was given last may be removed."""
        end = self.last if backwards else self.first
        key = end if after is None else self._next(after, backwards=backwards)
        while key is not None:
            following = self._next(key, backwards=backwards)
            yield key
            key = following

    def _next(self, key: str, *, backwards: bool) -> str | None:
        place: Place = self.places[key]
        return place.before if backwards else place.behind

    def _join(self, before: str | None, behind: str | None) -> None:
        if before is None:
            self.first = behind
        else:
            self.places[before].behind = behind
        if behind is None:
            self.last = before
        else:
            self.places[behind].before = before
