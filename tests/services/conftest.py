"""A database with what ships, and a dossier in it."""

import pytest

from notifications.models import Draft
from tests.stored import Tab, start_weda, store_seeds


@pytest.fixture
def seeds_loaded(db: None) -> None:
    store_seeds()


@pytest.fixture
def weda_draft(seeds_loaded: None) -> Draft:
    return start_weda()


@pytest.fixture
def tabs(weda_draft: Draft) -> tuple[Tab, Tab]:
    """The same dossier, open twice."""
    return Tab(weda_draft, by="Camille"), Tab(weda_draft, by="Dominique")
