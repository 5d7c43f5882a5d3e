"""Fixtures of all tests."""

from collections.abc import Iterator

# A run of pytest within pytest forgets what it was the first to load, so that there would be two of some classes:
# httpx would no longer know these errors, nor the kit the events of schemathesis.
import httpcore  # noqa: F401
import pytest
import schemathesis.engine.events
import schemathesis.transport.requests  # noqa: F401
from hypothesis import settings

from tests.mock.vocabulary import Mock
from tests.redis_server import shared_redis

# How long an example takes says more of the machine than of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def mock() -> Mock:
    """A mock of its own, with the token that the verbs send."""
    return Mock()


@pytest.fixture(scope="session", autouse=True)
def redis_ends() -> Iterator[None]:
    """The shared Redis ends with the tests, if there was one."""
    yield
    if shared_redis.cache_info().currsize:
        shared_redis().close()
