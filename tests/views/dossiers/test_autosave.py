"""What autosave is told: the same save as a page that is sent, answered in JSON."""

import importlib.util
import json
import re
from types import ModuleType

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.models import Dossier
from tests.dossiers import ROOT
from tests.locks import held_by_another
from tests.stored import WEDA, store_seeds, stored

FIELDS = {"version", "saved_at", "saved", "refused", "conflicts"}  # the contract; more may be added
START = f"/incidents/{WEDA}/commencer/"


@pytest.fixture(autouse=True)
def _seeds(db):
    store_seeds()


@pytest.fixture
def owner():
    return began(Client())


def began(client):
    client.post(START, {"timezone": "Europe/Paris"})
    client.dossier = Dossier.objects.latest("pk")
    client.address = f"/dossiers/{client.dossier.public_id}/etapes/organisme/"
    return client


def send(client, *keys, base=None, address="", **posted):
    version = Dossier.objects.get(pk=client.dossier.pk).version
    posted |= {"base": str(version if base is None else base), "keys": keys}
    return client.post(address or client.address, posted, headers={"accept": "application/json"})


def test_a_save_is_acknowledged_with_its_version_and_hour(owner):
    before = Dossier.objects.get(pk=owner.dossier.pk).version
    response = send(owner, "city", "siren", city="Dieppe")
    reply = response.json()
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert reply.keys() >= FIELDS
    assert reply["saved"] == ["city"]
    assert (reply["version"], reply["refused"], reply["conflicts"]) == (before + 1, {}, {})
    dossier = Dossier.objects.get(pk=owner.dossier.pk)
    assert reply["saved_at"] == dossier.last_saved_at.isoformat()
    assert " h " in reply["saved_words"]
    assert dossier.answers["city"]["value"] == "Dieppe"


def test_nothing_new_moves_nothing(owner):
    send(owner, "city", city="Dieppe")
    before = Dossier.objects.get(pk=owner.dossier.pk)
    reply = send(owner, "city", city="Dieppe").json()
    assert (reply["version"], reply["saved"]) == (before.version, [])
    assert Dossier.objects.get(pk=owner.dossier.pk).last_saved_at == before.last_saved_at


def test_what_is_refused_holds_nothing_else_back(owner):
    reply = send(owner, "city", "siren", city="Dieppe", siren="123 456 789").json()
    assert reply["saved"] == ["city"]
    assert "n'est pas valide" in reply["refused"]["siren"]
    assert 'id="err-siren"' in reply["errors"]["siren"]
    assert stored(owner.dossier, "siren") is None


def test_a_conflict_holds_both_texts_and_who_and_when(owner):
    base = Dossier.objects.get(pk=owner.dossier.pk).version
    send(owner, "city", base=base, city="Rouen <b>")
    reply = send(owner, "city", "postcode", base=base, city="Dieppe", postcode="76200").json()
    found = reply["conflicts"]["city"]
    assert (found["mine"]["value"], found["theirs"]["value"]) == ("Dieppe", "Rouen <b>")
    assert found["by"]
    assert found["at"]
    assert "Rouen &lt;b&gt;" in found["html"]
    assert 'id="conflict-city"' in found["html"]
    assert reply["saved"] == ["postcode"]
    assert stored(owner.dossier, "city") == "Rouen <b>"


def test_a_page_is_told_of_what_it_does_not_know(owner):
    """Its next save counts as made from this reply's version: unknown, it would be overwritten unseen."""
    base = Dossier.objects.get(pk=owner.dossier.pk).version
    send(owner, "city", base=base, city="Rouen")
    reply = send(owner, "city", "postcode", base=base, postcode="76200").json()
    assert reply["saved"] == ["postcode"]
    assert reply["conflicts"] == {}
    assert "Rouen" in reply["elsewhere"]["city"]
    again = send(owner, "city", "postcode", base=reply["version"], city="Rouen", postcode="76200").json()
    assert again["elsewhere"] == {}


def test_a_held_answer_is_not_saved_and_stays_up_to_date(owner):
    base = Dossier.objects.get(pk=owner.dossier.pk).version
    send(owner, "city", base=base, city="Rouen")
    reply = send(owner, "postcode", base=base, held="city", city="Dieppe", postcode="76200").json()
    assert reply["saved"] == ["postcode"]
    assert "Rouen" in reply["elsewhere"]["city"]
    assert stored(owner.dossier, "city") == "Rouen"


def test_a_question_that_is_no_longer_asked_says_so(owner):
    address = f"/dossiers/{owner.dossier.public_id}/etapes/type/"
    send(owner, "kind", address=address, kind="complementary")
    reply = send(owner, "kind", "initial_reference", address=address, kind="initial", initial_reference="12").json()
    assert "ne se pose plus" in reply["beside"]["initial_reference"]
    reply = send(owner, "initial_reference", "nothing", address=address, initial_reference="13").json()
    assert "ne se pose plus" in reply["beside"]["initial_reference"]
    assert "nothing" not in reply["beside"]
    assert reply["saved"] == []


def test_a_save_sent_again_because_its_answer_was_lost_is_no_conflict(owner):
    base = Dossier.objects.get(pk=owner.dossier.pk).version
    first = send(owner, "city", base=base, city="Dieppe").json()
    second = send(owner, "city", base=base, city="Dieppe").json()
    assert second["conflicts"] == {}
    assert second["elsewhere"] == {}
    assert second["version"] == first["version"]


def test_the_page_sent_afterwards_still_shows_its_new_questions(owner):
    address = f"/dossiers/{owner.dossier.public_id}/etapes/type/"
    reply = send(owner, "kind", address=address, kind="complementary").json()
    page = {"base": reply["version"], "keys": ["kind"], "kind": "complementary", "autosaved": "1"}
    assert owner.post(address, page)["Location"] == address
    assert "d&#x27;autres questions" in owner.get(address).content.decode()


def test_a_page_without_its_version_is_refused(owner):
    assert send(owner, "city", base="x", city="Dieppe").status_code == 400
    assert stored(owner.dossier, "city") is None


def test_strangers_are_told_that_there_is_nothing(owner):
    stranger = began(Client())
    response = send(stranger, "city", address=owner.address, city="Dieppe")
    assert response.status_code == 404
    assert stored(owner.dossier, "city") is None


def test_the_token_is_needed_and_may_be_the_cookie_s(owner):
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = owner.cookies
    careful.dossier, careful.address = owner.dossier, owner.address
    assert send(careful, "city", city="Dieppe").status_code == 403
    careful.get(owner.address)
    token = careful.cookies[settings.CSRF_COOKIE_NAME].value
    assert send(careful, "city", city="Dieppe", csrfmiddlewaretoken=token).json()["saved"] == ["city"]


def test_the_page_says_where_the_token_is(owner):
    assert f'data-csrf-cookie="{settings.CSRF_COOKIE_NAME}"' in owner.get(owner.address).content.decode()


def test_what_is_typed_is_never_sent_back_as_markup(owner):
    reply = send(owner, "city", "siren", city="<script>x</script>", siren="<b>").json()
    assert "<script>" not in json.dumps(reply)
    assert "<b>" not in json.dumps(reply["errors"])


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_asks_to_come_back(owner):
    version = Dossier.objects.get(pk=owner.dossier.pk).version
    with held_by_another(owner.dossier):
        response = send(owner, "city", base=version, city="Dieppe")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert send(owner, "city", base=version, city="Dieppe").json()["saved"] == ["city"]


# -- what one save costs --------------------------------------------------------------------------------

MOST_QUERIES, MOST_FUNCTIONS = 12, 140  # ceilings only fall


@pytest.fixture
def metrics() -> ModuleType:
    spec = importlib.util.spec_from_file_location("metrics", ROOT / "scripts" / "metrics.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_save_asks_the_database_little_and_enters_few_functions(owner, metrics):
    send(owner, "city", city="Dieppe")  # fills all caches
    with CaptureQueriesContext(connection) as queries, metrics.count_calls(ROOT) as calls:
        assert send(owner, "postcode", postcode="76000").json()["saved"] == ["postcode"]
    asked = [each["sql"] for each in queries if not re.match("BEGIN|COMMIT|SAVEPOINT|RELEASE", each["sql"])]
    assert len(asked) <= MOST_QUERIES + 1, asked  # this test's own question for the version
    assert len(calls) <= MOST_FUNCTIONS, sorted(code.co_qualname for code in calls)
