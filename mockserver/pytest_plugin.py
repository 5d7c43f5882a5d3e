"""The pytest plugin: the fixture ``videos_mock``. Loads the mock only where a test asks for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.testing import VideosMock

MARKER = "videos_mock(pace='polls:3', …): settings of the fixture videos_mock, named as the options of mockserver are."
OTHERS = frozenset(("host", "port", "log_level", "log_format", "reload"))
"""The options that only the command has."""


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def videos_mock(request: pytest.FixtureRequest) -> "Iterator[VideosMock]":
    """A mock of POST /v1/videos for this test alone, with ``url``, ``app``, ``token``, ``advance``, ``fail_next``."""
    marker = request.node.get_closest_marker("videos_mock")
    made = _made(marker.kwargs if marker else {})
    if isinstance(made, str):
        pytest.fail(f"videos_mock: {made}", pytrace=False)
    yield made
    made.close()


def _made(given: dict[str, Any]) -> "VideosMock | str":
    """A mock with the settings of a marker, or the line that says what is wrong with them."""
    from mockserver.command_line import read_settings  # noqa: PLC0415
    from mockserver.scenarios.file import ScenarioFileError  # noqa: PLC0415
    from mockserver.settings import UsageError  # noqa: PLC0415
    from mockserver.spec.document import DocumentError  # noqa: PLC0415 - who does not ask for it pays nothing
    from mockserver.stores.base import StoreError  # noqa: PLC0415
    from mockserver.testing import VideosMock  # noqa: PLC0415

    if others := sorted(given.keys() & OTHERS):
        return f"{others[0]} is of the command alone"
    try:
        settings = read_settings(list(_argv(given)), {})
    except UsageError as error:
        return str(error)
    try:
        return VideosMock(settings)
    except DocumentError as error:
        return f"{settings.document}: {error}"
    except (ScenarioFileError, StoreError) as error:
        return str(error)


def _argv(settings: dict[str, Any]) -> Iterator[str]:
    """The settings of a marker as a command line, so that each is read and refused as there."""
    for name, value in settings.items():
        flag = "--" + name.replace("_", "-")
        for text in value if isinstance(value, (list, tuple)) else [value]:
            yield f"{flag}={text}"
