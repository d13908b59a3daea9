"""Pages for faults: the right status, a way out, and nothing of what was sent."""

import pytest
from django.test import Client, RequestFactory

from notifications.views.site import errors

VIEWS = {
    400: errors.bad_request,
    403: errors.forbidden,
    404: errors.not_found,
    413: errors.too_large,
    500: errors.server_error,
    503: errors.unavailable,
}


@pytest.mark.parametrize(("status", "view"), VIEWS.items())
def test_says_what_happened_and_leads_out(rf: RequestFactory, status, view):
    response = view(rf.get("/ailleurs/?nom=Dupont"))
    content = response.content.decode()
    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    assert content.count("<h1>") == 1
    assert 'href="/dossiers/"' in content
    assert 'href="/"' in content
    assert "Dupont" not in content


def test_a_busy_service_says_when_to_come_back(rf: RequestFactory):
    assert errors.unavailable(rf.get("/"), retry_after=7)["Retry-After"] == "7"


def test_an_unknown_address_gets_our_page(client: Client):
    response = client.get("/nulle-part/")
    assert response.status_code == 404
    assert "Retrouver mes dossiers" in response.content.decode()


def test_a_stale_form_is_told_that_nothing_was_saved():
    response = Client(enforce_csrf_checks=True).post("/commencer/", {"timezone": "Europe/Paris"})
    content = response.content.decode()
    assert response.status_code == 403
    assert "il n’a pas été enregistré" in content
    assert 'href="/dossiers/"' in content
