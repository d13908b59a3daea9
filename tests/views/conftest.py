import pytest

from tests.stored import store_seeds


@pytest.fixture
def seeds(db):
    """The incident files that ship, loaded."""
    store_seeds()
