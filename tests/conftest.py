"""Fixtures of all tests."""

import pytest

from tests.mock.vocabulary import Mock


@pytest.fixture
def mock() -> Mock:
    """A mock of its own, with the token that the verbs send."""
    return Mock()
