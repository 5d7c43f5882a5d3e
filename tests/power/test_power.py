"""A small part of the power run and of the seeds, with the same aims; `tox -e power,seeds` measures the whole."""

import io

import pytest

from tests.power import seeds
from tests.power.__main__ import main


# The wild servers of the run drop their connections on purpose; when Python finds them lost is a matter of chance.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_sample_of_the_power_run_reaches_its_aims() -> None:
    out = io.StringIO()
    assert main(["--sample"], out) == 0, out.getvalue()


def test_what_two_seeds_draw_is_no_alarm_against_the_mock() -> None:
    out = io.StringIO()
    rules = [word for rule in ("size.enum", "input_reference.intact") for word in ("--rule", rule)]
    assert seeds.main(["--seeds", "2", "--first", "3", "--processes", "1", *rules], out) == 0, out.getvalue()
    assert out.getvalue().startswith("seed 3: clean\nseed 4: clean\n2 seeds, 0 not clean.")


def test_a_seed_that_is_not_clean_is_told() -> None:
    out = io.StringIO()
    assert seeds.told([(1, []), (2, ["a.rule: a case: expected x, actual y"])], out) == 1
    assert out.getvalue() == "seed 1: clean\nseed 2: \n  a.rule: a case: expected x, actual y\n"
