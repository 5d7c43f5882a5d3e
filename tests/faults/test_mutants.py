"""The generic mutants are changes that can be seen, or stand in the table of those that break nothing."""

from __future__ import annotations

import asyncio
from itertools import islice

from .ask import ASGIClient
from .cases import LIGHT
from .mutants import EQUIVALENT, Mutant, changes, mutants
from .oracle import all_faults

SAMPLE = 60


def is_noticed(mutant: Mutant) -> bool:
    """Whether the table of requests tells the mutant from the reference server."""
    try:
        return bool(asyncio.run(all_faults(ASGIClient(mutant.build()), cases=LIGHT)))
    except (TypeError, KeyError, AttributeError):  # the answer is no answer
        return True


def test_mutants_are_noticed_or_equivalent() -> None:
    # What is said of the body's limit needs bodies of 20 MiB.
    sample = [mutant for mutant in islice(mutants(), SAMPLE) if "limit" not in mutant.says and "20" not in mutant.says]
    # The table knows creations and retrievals alone.
    sample = [one for one in sample if not one.id.startswith(("library.", "checks.check_body_limit."))]
    unseen = {mutant.id: mutant.says for mutant in sample if not is_noticed(mutant)}
    assert set(unseen) <= set(EQUIVALENT), unseen


def test_changes_are_many_and_named() -> None:
    names = [name for name, *_ in changes()]
    assert len(names) == len(set(names)) >= 850


def test_most_changes_can_be_built_and_all_that_are_excused() -> None:
    built = {mutant.id for mutant in mutants()}
    assert len(built) > 0.9 * len(changes())
    assert set(EQUIVALENT) <= built


def test_seed_gives_the_order() -> None:
    def first(seed: int) -> list[str]:
        return [mutant.id for mutant in islice(mutants(seed), 5)]

    assert first(1) == first(1) != first(2)


def test_mutant_builds_fresh_servers() -> None:
    mutant = next(mutants())
    assert mutant.build() is not mutant.build()
