"""A pairwise covering array over an enumerated valid set, ordered so that a prefix finds the most."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence

Row = Mapping[str, Hashable]


def covering(rows: Sequence[Row]) -> list[Row]:
    """Rows that together hold every pair of levels that the valid set holds.

    Greedy: the next row is the one with the most levels not seen yet, then the most pairs not seen yet, then the
    levels that come last: a document lists what is used most first, and what is used least breaks most. The
    result depends on the order of `rows` alone.
    """
    pairs = [frozenset(itertools.combinations(sorted(row.items(), key=lambda item: item[0]), 2)) for row in rows]
    singles = [frozenset(row.items()) for row in rows]
    order = {factor: list(dict.fromkeys(row[factor] for row in rows)) for factor in (rows[0] if rows else ())}
    unusual = [sum(order[factor].index(row[factor]) / len(order[factor]) for factor in row) for row in rows]
    missing: set[tuple[tuple[str, Hashable], tuple[str, Hashable]]] = set().union(*pairs) if pairs else set()
    unseen: set[tuple[str, Hashable]] = set().union(*singles) if singles else set()
    chosen: list[Row] = []
    while missing or unseen:
        best = max(
            range(len(rows)),
            key=lambda i: (len(singles[i] & unseen), len(pairs[i] & missing), unusual[i], -i),
        )
        if not (pairs[best] & missing or singles[best] & unseen):
            break
        chosen.append(rows[best])
        missing -= pairs[best]
        unseen -= singles[best]
    return chosen
