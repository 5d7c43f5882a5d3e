"""Fixtures of all tests."""

import pytest
from hypothesis import settings

from tests.mock.vocabulary import Mock

# How long an example takes says more of the machine than of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def mock() -> Mock:
    """A mock of its own, with the token that the verbs send."""
    return Mock()
