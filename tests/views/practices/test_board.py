"""The board as a manager of many practices uses it: what stands there, in which order, and in how many queries."""

import csv
import io
import random
import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.models import Batch, Dossier, Membership, Role
from notifications.services.practices import board
from tests.dossiers import NOW
from tests.html_pages import Page
from tests.many import copies
from tests.stored import WEDA, Tab, file, start_weda, store_seeds
from tests.world import BACKEND, account, practice_of

AWARE = "2025-11-12T18:07:00+01:00"


@pytest.fixture
def at(db):
    store_seeds()
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def manager(at):
    return account("gestion")


@pytest.fixture
def client(manager):
    return of(manager)


def of(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def dossier_data(name, role="manager", user=None, revision=True, **answers):
    """A dossier of a practice, in which `user` has this role."""
    dossier = start_weda(by=f"compte {user.pk}" if user else "x")
    practice = practice_of(name, **({role: user} if user else {}))
    Dossier.objects.filter(pk=dossier.pk).update(practice=practice)
    Tab(dossier, by=f"compte {user.pk}" if user else "x").type(organisation_name=f"Cabinet {name}", **answers)
    return Dossier.objects.get(pk=dossier.pk)


def rows(client, query=""):
    """The words of each line of the board."""
    page = Page(client.get(f"/tableau/{query}").content)
    return page.text.partition("Dernière modification")[2].split("Choisir :")[1:]


def names(client, query=""):
    return [row.split("Cyberattaque")[0].split()[-1] for row in rows(client, query)]


# -- what stands there ----------------------------------------------------------------------------------


def test_a_line_says_all_that_a_manager_asks(client, manager):
    dossier_data("Alpha", user=manager, aware_at=AWARE)
    [row] = rows(client)
    assert "Cabinet Alpha Cyberattaque du logiciel Weda" in row
    assert "en cours il reste 1 jour et 9 heures" in row
    assert "mercredi 12 novembre 2025 à 18 h 07 (heure de Paris)" in row
    assert " réponses " in row
    assert " sur " in row
    assert "vendredi 14 novembre 2025 à 9 h 01 (heure de Paris) par vous" in row


def test_what_one_has_read_counts_as_read(client, manager):
    dossier = dossier_data("Alpha", user=manager)
    before = counts(rows(client)[0])
    Tab(dossier).type(city="Rouen")
    assert counts(rows(client)[0]) == (before[0] + 1, before[1])


def counts(row):
    """(read, asked)"""
    return tuple(map(int, re.search(r"(\d+) sur (\d+) \w+ \d+ novembre", row).groups()))


def test_a_colleague_is_named_and_an_account_that_is_gone_is_not(client, manager):
    colleague = account("dr.diallo")
    for name, by in (("Alpha", f"compte {colleague.pk}"), ("Beta", "compte 999999")):
        Tab(dossier_data(name, user=manager), by=by).type(city="Rouen")
    told = " ".join(rows(client))
    assert "par dr.diallo" in told
    assert "par un compte supprimé" in told


def test_by_time_left_then_those_to_calculate_then_what_is_over(client, manager):
    dossier_data("Attente", user=manager)
    file(dossier_data("Depose", user=manager, aware_at="2025-11-01"), kind="complete")
    dossier_data("Tard", user=manager, aware_at="2025-11-13")
    dossier_data("Depasse", user=manager, aware_at="2025-11-10")
    assert names(client) == ["Depasse", "Tard", "Attente", "Depose"]


def test_every_role_sees_the_board_and_nobody_sees_anothers(client, manager):
    for role in Role.values:
        dossier_data(role.capitalize(), role=role, user=manager)
    dossier_data("Ailleurs", user=account("ailleurs"))
    own = start_weda()
    Dossier.objects.filter(pk=own.pk).update(owner=manager)
    assert sorted(names(client)) == sorted([*(role.capitalize() for role in Role.values), "nommer"])
    assert "Ailleurs" not in client.get("/tableau/?q=ailleurs").content.decode().replace('value="ailleurs"', "")


def test_a_role_taken_away_is_the_end_of_it(client, manager):
    dossier = dossier_data("Alpha", user=manager)
    address = f"/tableau/?cabinet={dossier.practice.public_id}"
    assert names(client, address[9:]) == ["Alpha"]
    Membership.objects.all().delete()
    assert "Alpha" not in client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/tableau/", "/tableau/tableau.csv", "/tableau/importer/"])
def test_one_signs_in_first(at, address):
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/compte/connexion/")


# -- choosing -------------------------------------------------------------------------------------------


def test_state_practice_incident_and_name_narrow_the_list(client, manager):
    late, soon = (
        dossier_data("Été", user=manager, aware_at="2025-11-10"),
        dossier_data("Hiver", user=manager, aware_at=AWARE),
    )
    Dossier.objects.filter(pk=soon.pk).update(incident_revision=None)
    assert names(client, "?filtre=urgents") == ["Été"]
    assert names(client, f"?cabinet={late.practice.public_id}") == ["Été"]
    assert names(client, f"?incident={WEDA}") == ["Été"]
    assert names(client, "?q=ete") == ["Été"]
    assert rows(client, "?q=ete&filtre=deposes") == []
    assert "Aucun dossier ne correspond" in Page(client.get("/tableau/?q=ete&filtre=deposes").content).text


def test_what_is_chosen_stays_chosen_on_the_next_page_in_the_table_and_in_the_zip(client, manager):
    dossier = dossier_data("Alpha", user=manager, aware_at=AWARE)
    copies(dossier, 60, manager, random.Random(1))
    page = Page(client.get("/tableau/?q=cabinet&filtre=a-faire").content)
    ways = [each.get("href") or each.get("formaction", "") for _, each in page.tags]
    kept = [way for way in ways if way.endswith("filtre=a-faire&q=cabinet")]
    assert {way.partition("?")[0] for way in kept} == {"", "/tableau/", "/tableau/tableau.csv"}


@pytest.mark.parametrize("query", ["?filtre=x", "?cabinet=x", "?incident=x", "?page=x", "?page=99", "?q=" + "x" * 300])
def test_what_is_not_known_is_as_if_it_were_not_said(client, manager, query):
    dossier_data("Alpha", user=manager)
    assert names(client, query) == ["Alpha"]


# -- thousands ------------------------------------------------------------------------------------------


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        client.get(address).getvalue()
    return len(captured)


def test_600_dossiers_ask_no_more_of_the_database_than_60(client, manager):
    first = dossier_data("Alpha", user=manager, aware_at=AWARE)
    addresses = ["/tableau/?page=2", f"/tableau/?filtre=a-faire&incident={WEDA}&q=cabinet"]
    copies(first, 59, manager, random.Random(1))
    client.get("/tableau/")  # what is read once for each process
    before = [queries(client, each) for each in addresses]
    copies(Dossier.objects.latest("pk"), 540, manager, random.Random(2))
    assert [queries(client, each) for each in addresses] == before
    page = Page(client.get("/tableau/").content)
    assert "Page 1 sur 12" in page.text
    assert len([each for each in page.controls if each.name == "dossier"]) == 50


# -- the table ------------------------------------------------------------------------------------------


def table(client, query=""):
    text = client.get(f"/tableau/tableau.csv{query}").getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_table_holds_all_of_the_choice_in_the_same_order(client, manager):
    dossier_data("Alpha", user=manager, aware_at=AWARE)
    file(dossier_data("Beta", user=manager, aware_at="2025-11-10"), cnil_number="FV-1")
    first, second = table(client)
    assert (first["cabinet"], first["appris le"], first["état"]) == ("Cabinet Alpha", AWARE, "en cours")
    assert first["modifié par"] == "vous"
    assert (second["cabinet"], second["numéro de la CNIL"]) == ("Cabinet Beta", "FV-1")
    assert [line["cabinet"] for line in table(client, "?filtre=deposes")] == ["Cabinet Beta"]


def test_a_long_table_comes_in_pieces_each_of_so_many_queries(client, manager, monkeypatch):
    first = dossier_data("Alpha", user=manager, aware_at=AWARE)
    copies(first, 11, manager, random.Random(1))
    whole = table(client)
    asked = []
    for piece in (4, 6, 12):
        monkeypatch.setattr(board, "PIECE", piece)
        asked.append(queries(client, "/tableau/tableau.csv"))
        assert table(client) == whole
    assert asked[0] - asked[1] == asked[1] - asked[2]


def test_a_practice_that_is_named_like_a_formula_is_none(client, manager):
    dossier = dossier_data("Alpha", user=manager)
    type(dossier.practice).objects.update(name="=1+1")
    assert [line["cabinet"] for line in table(client)] == ["'=1+1"]


# -- the zip --------------------------------------------------------------------------------------------


def test_the_whole_list_as_one_zip_is_what_the_choice_keeps(client, manager):
    late = dossier_data("Alpha", user=manager, aware_at="2025-11-10")
    dossier_data("Beta", user=manager, aware_at="2025-11-13")
    dossier_data("Ailleurs", user=account("ailleurs"), aware_at="2025-11-10")
    assert client.post("/tableau/?filtre=urgents").status_code == 302
    assert [item.dossier for item in Batch.objects.get().items.all()] == [late]


def test_an_empty_list_makes_no_zip(client):
    assert client.post("/tableau/?filtre=urgents").status_code == 302
    assert not Batch.objects.exists()
