"""The options of `pytest --pyargs contract_tests`, and the fixture `videos_contract`.

Imports nothing of the kit until they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract_tests.command_line import Arguments
    from contract_tests.testing import VideosContract

_VALUES = ("token", "document", "spend", "profile", "seed", "report")
_FLAGS = ("strict", "extensions")
MARKER = (
    "videos_contract(url=…, spend=0, …): what videos_contract judges, named as the options of contract-tests run are."
)
#: What was judged in this session, by the words of its command line.
_JUDGED: pytest.StashKey[dict[Any, Any]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; without --videos-url they do nothing."""
    group = parser.getgroup("contract-tests", "contract tests of POST /v1/videos")
    group.addoption("--videos-url", metavar="URL", help="the endpoint to judge")
    group.addoption("--videos-token", metavar="T", help="its bearer token; default: the variable VIDEOS_TOKEN")
    group.addoption("--videos-document", metavar="FILE", help="another copy of openapi.yaml")
    group.addoption("--videos-dialect", action="append", metavar="NAME", help="a dialect to judge by, or an overlay")
    group.addoption("--videos-strict", action="store_true", help="broken inferred rules fail too")
    group.addoption("--videos-extensions", action="store_true", help="judge operations beyond the document too")
    group.addoption("--videos-spend", metavar="N", help="creations that may be accepted")
    group.addoption("--videos-profile", metavar="P", help="quick, standard or thorough")
    group.addoption("--videos-seed", metavar="N", help="repeats a run exactly")
    group.addoption("--videos-report", metavar="DIR", help="write the reports there")


def pytest_configure(config: pytest.Config) -> None:
    """Read the options; misuse ends pytest with one line and exit 2, before anything is collected."""
    config.addinivalue_line("markers", MARKER)
    config.stash[_JUDGED] = {}
    if config.getoption("--videos-url") is None:
        return
    from contract_tests.cli import settings_for  # noqa: PLC0415
    from contract_tests.errors import MisuseError  # noqa: PLC0415

    if config.getoption("numprocesses", None):
        pytest.exit("contract-tests: runs in one process, for each more would pay again: use -n 0", returncode=2)
    try:
        settings_for(arguments(config))
    except MisuseError as error:
        pytest.exit(f"contract-tests: {error}", returncode=2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End pytest with exit 4 where the rules are to be tested and nobody says of which endpoint."""
    asked = any(item.path.match("contract_tests/test_rules.py") for item in items)
    if asked and config.getoption("--videos-url") is None:
        pytest.exit("contract-tests: no endpoint to judge: give its address by --videos-url", returncode=4)


def arguments(config: pytest.Config) -> Arguments:
    """The options of pytest, read as those of `contract-tests run`. Raises MisuseError."""
    from contract_tests.testing import read_arguments  # noqa: PLC0415

    words = ["run", config.getoption("--videos-url")]
    given = {name: config.getoption(f"--videos-{name}") for name in _VALUES}
    words += [f"--{name}={value}" for name, value in given.items() if value is not None]
    words += [f"--dialect={name}" for name in config.getoption("--videos-dialect") or ()]
    words += [f"--{flag}" for flag in _FLAGS if config.getoption(f"--videos-{flag}")]
    return read_arguments(words, config.invocation_params.dir)


@pytest.fixture
def videos_contract(request: pytest.FixtureRequest) -> VideosContract:
    """Judges an endpoint by the contract: `check()` fails the test by what is broken, `judge()` gives the outcome."""
    from contract_tests.testing import VideosContract  # noqa: PLC0415

    marker = request.node.get_closest_marker("videos_contract")
    config = request.config
    return VideosContract(marker.kwargs if marker else {}, config.invocation_params.dir, config.stash[_JUDGED])
