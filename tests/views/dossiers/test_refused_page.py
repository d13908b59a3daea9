"""A page of which a part was refused: what it shows, and what sending it again does."""

import pytest

from notifications.models import Dossier
from tests.stored import WEDA, store_seeds, stored


@pytest.fixture
def organisme(db, client):
    """The address of a step, in the browser that began the dossier."""
    store_seeds()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Europe/Paris"})
    return f"/dossiers/{Dossier.objects.get().public_id}/etapes/organisme/"


def test_an_answer_changed_elsewhere_is_not_sent_back_by_a_refused_page(client, organisme) -> None:
    def send(base, **answers):
        return client.post(organisme, {"base": base, "keys": ["city", "postcode"], **answers})

    send(1, city="Rouen", postcode="76000")
    base = Dossier.objects.get().version
    send(base, city="Dieppe", postcode="76000")  # another tab

    refused = send(base, city="Rouen", postcode="7600")

    html = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="Dieppe"' in html  # not what this page still had
    assert 'value="Rouen"' not in html
    assert 'value="7600"' in html  # what was typed and refused
    assert stored(Dossier.objects.get(), "city") == "Dieppe"
