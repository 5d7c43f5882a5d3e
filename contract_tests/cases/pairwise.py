"""A pairwise covering array over an enumerated valid set, ordered so that a prefix finds the most."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Hashable, Iterable, Mapping, Sequence

Row = Mapping[str, Hashable]


def covering(rows: Sequence[Row]) -> list[Row]:
    """Rows that together hold every pair of levels that the valid set holds.

    Greedy: the next row is the one with the most levels not seen yet, then the most pairs not seen yet, then the
    levels that come last: a document lists what is used most first, and what is used least breaks most. The
    result depends on the order of `rows` alone.
    """
    singles = _masks(row.items() for row in rows)
    pairs = _masks(itertools.combinations(sorted(row.items(), key=lambda item: item[0]), 2) for row in rows)
    order = {factor: list(dict.fromkeys(row[factor] for row in rows)) for factor in (rows[0] if rows else ())}
    unusual = [sum(order[factor].index(row[factor]) / len(order[factor]) for factor in row) for row in rows]
    unseen, missing = _union(singles), _union(pairs)
    chosen: list[Row] = []
    while missing or unseen:
        best = max(
            range(len(rows)),
            key=lambda i: ((singles[i] & unseen).bit_count(), (pairs[i] & missing).bit_count(), unusual[i], -i),
        )
        chosen.append(rows[best])
        missing &= ~pairs[best]
        unseen &= ~singles[best]
    return chosen


def _masks(held: Iterable[Iterable[Hashable]]) -> list[int]:
    """What each row holds as the bits of a number, which are counted at once however many rows there are."""
    places: dict[Hashable, int] = {}
    return [sum(1 << places.setdefault(one, len(places)) for one in found) for found in held]


def _union(masks: Iterable[int]) -> int:
    return functools.reduce(operator.or_, masks, 0)
