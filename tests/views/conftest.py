import pytest
from django.core.management import call_command


@pytest.fixture
def seeds(db, capsys):
    """The incident files that ship, loaded."""
    call_command("load_seeds")
    capsys.readouterr()
