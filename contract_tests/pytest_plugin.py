"""The options of `pytest --pyargs contract_tests`. Imports nothing of the kit until they are used."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; without --videos-url they do nothing."""
    group = parser.getgroup("contract-tests", "contract tests of POST /v1/videos")
    group.addoption("--videos-url", metavar="URL", help="the endpoint to judge")
    group.addoption("--videos-token", metavar="T", help="its bearer token; default: the variable VIDEOS_TOKEN")
    group.addoption("--videos-document", metavar="FILE", help="another copy of openapi.yaml")
    group.addoption("--videos-strict", action="store_true", help="broken inferred rules fail too")
    group.addoption("--videos-extensions", action="store_true", help="judge operations beyond the document too")
    group.addoption("--videos-spend", metavar="N", help="creations that may be accepted")
    group.addoption("--videos-profile", metavar="P", default="standard", help="quick, standard or thorough")
    group.addoption("--videos-seed", metavar="N", default="0", help="repeats a run exactly")
    group.addoption("--videos-report", metavar="DIR", help="write the reports there")
