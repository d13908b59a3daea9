"""A dossier in a database that holds what ships."""

import pytest

from notifications.models import Dossier
from tests.stored import Tab, start_weda


@pytest.fixture
def weda_dossier(seeds_loaded: None) -> Dossier:
    return start_weda()


@pytest.fixture
def tabs(weda_dossier: Dossier) -> tuple[Tab, Tab]:
    """The same dossier, open twice."""
    return Tab(weda_dossier, by="Camille"), Tab(weda_dossier, by="Dominique")
