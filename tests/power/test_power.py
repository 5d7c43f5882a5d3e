"""A small part of the power run, with the same aims; `tox -e power` measures the whole."""

import io

from tests.power.__main__ import main


def test_a_sample_of_the_power_run_reaches_its_aims() -> None:
    out = io.StringIO()
    assert main(["--sample"], out) == 0, out.getvalue()
