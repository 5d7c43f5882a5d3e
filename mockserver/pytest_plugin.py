"""The pytest plugin: the fixture ``videos_mock``. Loads the mock only where a test asks for it."""

from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver.document import Document
    from mockserver.fixture import VideosMock

MARKER = "videos_mock(pace='polls:3', …): settings of the fixture videos_mock, named as the options of mockserver are."
OTHERS = ("host", "port", "log_level", "reload")
"""The options that only the command has."""


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def videos_mock_documents() -> "dict[Path, Document]":
    """The documents that were read already, by path."""
    return {}


@pytest.fixture
def videos_mock(
    request: pytest.FixtureRequest, videos_mock_documents: "dict[Path, Document]"
) -> "Iterator[VideosMock]":
    """A mock of POST /v1/videos for this test alone, with ``url``, ``app``, ``token``, ``advance()``, ``fail_next()``."""
    from mockserver.document import DocumentError, read_document  # noqa: PLC0415 - who does not ask for it pays nothing
    from mockserver.fixture import VideosMock  # noqa: PLC0415
    from mockserver.settings import UsageError, read_settings  # noqa: PLC0415

    marker = request.node.get_closest_marker("videos_mock")
    try:
        settings = read_settings(list(_argv(marker.kwargs if marker else {})), {}, StringIO())
        path = settings.document.absolute()
        document = videos_mock_documents.get(path) or read_document(path)
        videos_mock_documents[path] = document
        mock = VideosMock(settings, document)
    except (UsageError, DocumentError) as error:
        pytest.fail(f"videos_mock: {error}", pytrace=False)
    yield mock
    mock.close()


def _argv(settings: dict[str, Any]) -> Iterator[str]:
    """The settings of a marker as a command line, so that each is read and refused as there."""
    for name, value in settings.items():
        flag = "--" + name.replace("_", "-")
        if name in OTHERS:
            pytest.fail(f"videos_mock: {name} is of the command alone", pytrace=False)
        for text in value if isinstance(value, (list, tuple)) else [value]:
            yield f"{flag}={text}"
