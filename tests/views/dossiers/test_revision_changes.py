"""« Réponses à revoir »: a new revision is shown answer by answer, and nothing changes without the practice."""

import pytest
from django.urls import reverse

from notifications.models import Dossier
from tests.html_pages import Page
from tests.stored import WEDA, fact, file, publish, stored, withdraw

pytestmark = pytest.mark.usefixtures("seeds")
START = f"/incidents/{WEDA}/commencer/"


@pytest.fixture
def dossier(client):
    client.post(START)
    return Dossier.objects.get()


def changed(content):
    """Two facts say something else, one of them with HTML; one is withdrawn."""
    found = fact(content, "other_bodies_involved")
    found["value"], found["statement"] = False, "<b>dit autrement</b>"
    withdraw(content, "description")


def words(client, dossier, name="news"):
    response = client.get(reverse(name, args=[dossier.public_id]))
    return response.content.decode(), " ".join(" ".join(Page(response.content).words).split()).replace("\u00a0", " ")


def tokens(client, dossier, name):
    body = Page(client.get(reverse("news", args=[dossier.public_id])).content)
    return [each["value"] for tag, each in body.tags if tag == "button" and each.get("name") == name]


def test_a_new_revision_is_told_on_the_dossier_and_row_by_row(client, dossier):
    assert "à revoir" not in words(client, dossier, "dossier")[1]
    publish("3.local1", changed)
    assert "2 réponses à revoir" in words(client, dossier, "dossier")[1]
    body, said = words(client, dossier)
    assert "cette information a été retirée" in said
    assert "Personne ne vous écrira" in said
    assert "<b>dit autrement" not in body
    assert "&lt;b&gt;dit autrement" in body


def test_take_and_keep(client, dossier):
    publish("3.local1", changed)
    before = stored(dossier, "description")
    address = reverse("news", args=[dossier.public_id])
    assert client.post(address, {"take": tokens(client, dossier, "take")[0]}).status_code == 302
    assert stored(dossier, "other_bodies_involved") is False
    assert client.post(address, {"keep": tokens(client, dossier, "keep")[0]}).url == reverse(
        "dossier", args=[dossier.public_id]
    )
    assert stored(dossier, "description") == before
    assert "Aucune réponse à revoir" in words(client, dossier)[1]


@pytest.mark.parametrize(("key", "mine"), [("has_sensitive_data", None), ("cross_border", False)])
def test_a_fact_is_news_also_where_there_was_none(client, dossier, key, mine):
    """Of a question without an answer, or with a usual one."""

    def added(content):
        sources = fact(content, "description")["sources"]
        content["fact"].append({"key": key, "value": True, "status": "claimed", "sources": sources})

    publish("3.local1", added)
    assert "1 réponse à revoir" in words(client, dossier, "dossier")[1]
    take, address = tokens(client, dossier, "take")[0], reverse("news", args=[dossier.public_id])
    client.post(address, {"keep": tokens(client, dossier, "keep")[0]})
    assert stored(dossier, key) is mine
    assert "Aucune réponse à revoir" in words(client, dossier)[1]
    Dossier.objects.update(answers=dossier.answers)
    client.post(address, {"take": take})
    assert stored(dossier, key) is True
    assert "Aucune réponse à revoir" in words(client, dossier)[1]


def test_a_page_that_is_no_longer_true_takes_nothing(client, dossier):
    publish("3.local1", changed)
    token = tokens(client, dossier, "take")[0]
    publish("3.local2", lambda content: fact(content, "other_bodies_involved").update(note="autre chose", value=False))
    client.post(reverse("news", args=[dossier.public_id]), {"take": token})
    assert stored(dossier, "other_bodies_involved") is True
    assert "vient de changer" in words(client, dossier)[1]


def test_what_is_filed_stays_as_it_was(client, dossier):
    filing = file(dossier)
    digest = filing.digest
    publish("3.local1", changed)
    assert "Ce qui a été déposé ne change pas" in words(client, dossier)[1]
    client.post(reverse("news", args=[dossier.public_id]), {"take": tokens(client, dossier, "take")[0]})
    filing.refresh_from_db()
    assert (filing.digest, filing.content["answers"]["other_bodies_involved"]["value"]) == (digest, True)
