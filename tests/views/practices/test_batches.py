"""Many dossiers as one zip: who gets which files, and that a copy of everything holds everything."""

import hashlib
import io
import json
from zipfile import ZipFile

import pypdf
import pytest
from django.test import Client
from django.utils import timezone

from notifications.files import dossier_files
from notifications.models import Batch, Dossier, Invitation, Membership, RegisterLine, Review, Role, Subscription
from notifications.services.dossiers import filings, loading, saving
from notifications.services.revisions import INCIDENT_REVISIONS
from notifications.views.keeping import export
from tests.batching import work
from tests.documents.reading import flat
from tests.dossiers import LATE, NOW, answered
from tests.stored import file
from tests.world import BACKEND, OURS, THEIRS, account, dossier_of, practice_of

pytestmark = pytest.mark.usefixtures("seeds")


def browser_of(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def manager():
    return account("gestionnaire")


@pytest.fixture
def practice(manager):
    return practice_of(OURS, manager=manager, owner=account("titulaire"))


def simple(**place):
    """A dossier whose PDF is quickly made."""
    return saving.start_dossier(revision=None, timezone="Europe/Paris", by="test", now=NOW, **place)


def ask(client, *chosen):
    return client.post("/lots/", {"dossier": [getattr(each, "public_id", each) for each in chosen]})


def unzipped(response):
    assert response["Content-Type"] == "application/zip"
    with ZipFile(io.BytesIO(response.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def words_of(found):
    """Everything that can be read in a zip, without its blanks."""
    texts = [_words(name, content) for name, content in found.items()]
    return flat(" ".join([*found, *texts]))


def _words(name, content):
    if name.endswith(".pdf"):
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return content.decode("utf-8-sig")


# -- drafts ---------------------------------------------------------------------------------------------


def test_the_drafts_are_those_of_the_pages_with_a_digest_of_each(manager, practice, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    chosen = [dossier_of(OURS, practice=practice), simple(practice=practice)]
    client = browser_of(manager)
    address = ask(client, *chosen, chosen[0], "inconnu").url
    page = client.get(address).content.decode()
    assert "0 dossier prêt sur 2." in page
    assert "batch.mjs" in page
    assert client.get(f"{address}fichiers.zip").url == address  # not yet
    work()
    page = client.get(address).content.decode()
    assert "Les 2 dossiers sont prêts." in page
    assert f'href="{address}fichiers.zip"' in page
    response = client.get(f"{address}fichiers.zip")
    found = unzipped(response)
    begun = f"cabinet-{OURS.lower()}"  # with the name of its practice
    named = f"001-{begun}-weda-2025-11-brouillon.pdf", f"002-{begun}-brouillon.pdf"
    assert list(found) == ["LISEZ-MOI.txt", *named, "empreintes.sha256"]
    for name, dossier in zip(named, chosen, strict=True):
        assert flat(f"{name.removesuffix('-brouillon.pdf')} : {dossier.title}") in flat(found["LISEZ-MOI.txt"].decode())
    assert found[named[1]] == client.get(f"/dossiers/{chosen[1].public_id}/brouillon.pdf").content
    for line in found["empreintes.sha256"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(found[name]).hexdigest() == digest
    assert client.get(f"{address}fichiers.zip").content == response.content


def test_what_cannot_be_made_is_named_and_tried_again(manager, practice):
    dossier = simple(practice=practice)
    Dossier.objects.filter(pk=dossier.pk).update(questionnaire="disparu")
    client = browser_of(manager)
    address = ask(client, dossier).url
    work()
    page = client.get(address).content.decode()
    assert "ses fichiers n'ont pas pu être mis en page" in page.replace("&#x27;", "'")
    assert "Réessayer" in page
    assert "fichiers.zip" not in page
    Dossier.objects.filter(pk=dossier.pk).update(questionnaire=dossier.questionnaire)
    assert client.post(address).url == address
    work()
    assert "Le dossier est prêt." in client.get(address).content.decode()


def test_only_visible_dossiers_are_taken_and_only_those_visible_by_then_are_given(manager, practice):
    ours, theirs = simple(practice=practice), simple(practice=practice_of(THEIRS, manager=manager))
    stranger = account("ailleurs")
    client = browser_of(manager)
    assert ask(browser_of(stranger), ours).status_code == 404
    assert ask(client).status_code == 404
    assert ask(Client(), ours).url == "/compte/connexion/?next=/lots/"
    assert client.get("/lots/").url == "/tableau/"
    address = ask(client, ours, theirs).url
    for other in (browser_of(stranger), browser_of(practice.memberships.get(role=Role.OWNER).user), Client()):
        for path in (address, f"{address}fichiers.zip"):
            assert other.get(path).status_code == 404
            assert other.get(path).content == other.get(path.replace(address[6:-1], "rien")).content
        assert other.post(address).status_code == 404
    work()
    Membership.objects.filter(user=manager, practice__name__contains=THEIRS).delete()
    page = client.get(address).content.decode()
    assert theirs.public_id not in page
    assert [name for name in unzipped(client.get(f"{address}fichiers.zip")) if name.endswith(".pdf")] == [
        f"001-cabinet-{OURS.lower()}-brouillon.pdf"
    ]


def test_no_more_than_the_most_are_begun(manager, practice):
    dossier = simple(practice=practice)
    answer = ask(browser_of(manager), dossier, *(f"x{number}" for number in range(500)))
    assert answer.url == "/tableau/"
    assert not Batch.objects.exists()


# -- everything of a practice ---------------------------------------------------------------------------

# What only the copy of a practice can know, by where it is kept.
HIDDEN = ("Motif", "Relecteur", "Rappel", "Invite", "Avant", "Registre")


def fill(practice, mark):
    """A dossier, and something of each kind that is kept of it and of its practice."""
    dossier = dossier_of(mark, practice=practice)
    filings.cancel(dossier=dossier, number=1, reason=f"Motif{mark}", by="test", now=LATE)
    file(dossier, filed_at=LATE, now=LATE, cnil_number=f"CNIL-2-{mark}", again=True)
    for text in (f"Avant{mark}", f"Maintenant{mark}"):
        dossier.refresh_from_db()
        entries = {"prior_measures": answered("prior_measures", text)}
        saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="test", now=LATE)
    kept = {"asked_at": LATE, "expires_at": LATE}
    Review.objects.create(
        dossier=dossier, name=f"Relecteur{mark}", sha256=f"r{mark}", number=1, asked_by="test", **kept
    )
    Subscription.objects.create(dossier=dossier, email=f"rappel{mark}@example.org", asked_at=LATE)
    invited = {"email": f"invite{mark}@example.org", "created_at": LATE, "expires_at": LATE}
    Invitation.objects.create(practice=practice, role=Role.READER, sha256=f"i{mark}", **invited)
    RegisterLine.objects.create(practice=practice, title=f"Registre{mark}", closed_at=LATE, content={})
    return dossier


def test_a_practice_s_copy_holds_all_of_it_and_nothing_of_another(manager, practice):
    dossier = fill(practice, OURS)
    other = practice_of(THEIRS, manager=manager, owner=account("ailleurs"))
    fill(other, THEIRS)
    client = browser_of(manager)
    page = f"/cabinets/{practice.public_id}/exporter/"
    assert "1 aujourd’hui" in client.get(page).content.decode()
    assert not Batch.objects.exists()
    address = client.post(page).url
    work()
    found = unzipped(client.get(f"{address}fichiers.zip"))
    place = f"001-cabinet-{OURS.lower()}-weda-2025-11"
    names = ("dossier.json", "brouillon.pdf", "depot-1.json", "depot-1.pdf", "depot-2.json", "depot-2.pdf",
             "journal.json", "journal.csv", "historique.json")  # fmt: skip
    assert list(found) == [
        "LISEZ-MOI.txt", "cabinet.json", *(f"{place}/{name}" for name in names), "empreintes.sha256",
    ]  # fmt: skip
    words = words_of(found).lower()
    for each in (
        OURS,
        f"CNIL-{OURS}",
        f"CNIL-2-{OURS}",
        "titulaire@example.org",
        *(f"{kind}{OURS}" for kind in HIDDEN),
    ):
        assert each.lower() in words, each
    assert THEIRS.lower() not in words
    assert "ailleurs@" not in words
    data, revisions_of = found[f"{place}/dossier.json"], INCIDENT_REVISIONS.load_by_origin
    imported = dossier_files.read_dossier(data, revisions_of=revisions_of, now=LATE)
    dossier.refresh_from_db()
    assert imported.answers == {key: moved(loading.strip_version(entry)) for key, entry in dossier.answers.items()}
    assert not [line for line in check_journal(json.loads(found[f"{place}/journal.json"])) if line]


def moved(entry):
    """Away from its practice, nobody can tell that its profile said so."""
    return {**entry, "origin": "import"} if entry["origin"] == "profile" else entry


def check_journal(content):
    """The hashes, made again from nothing but the file."""
    before = ""
    for line in content["journal"]:
        told = [line[name] for name in ("number", "at", "by", "event", "keys")]
        text = json.dumps([before, content["dossier"], *told], ensure_ascii=False, separators=(",", ":"))
        yield "" if (before := hashlib.sha256(text.encode()).hexdigest()) == line["hash"] else line["number"]
    yield "" if before == content["last_hash"] else "last"


def test_who_may_take_a_practice_s_copy(manager, practice):
    page = f"/cabinets/{practice.public_id}/exporter/"
    for role, status in ((Role.READER, 403), (Role.MEMBER, 403), (Role.MANAGER, 200), (Role.OWNER, 200)):
        Membership.objects.filter(user=manager).update(role=role)
        assert browser_of(manager).get(page).status_code == status
    for stranger in (browser_of(account("ailleurs")), Client()):
        assert stranger.get(page).status_code == stranger.post(page).status_code == 404
    client = browser_of(manager)
    address = client.post(page).url
    found = unzipped(client.get(f"{address}fichiers.zip"))  # no dossier: nothing to wait for
    assert list(found) == ["LISEZ-MOI.txt", "cabinet.json", "empreintes.sha256"]
    Membership.objects.filter(user=manager).update(role=Role.MEMBER)
    assert client.get(address).status_code == client.get(f"{address}fichiers.zip").status_code == 404


# -- everything of a person -----------------------------------------------------------------------------


def test_a_person_s_copy_holds_the_account_and_own_dossiers_and_nobody_else_s(manager, practice):
    manager.name = "Camille Dupont"
    manager.save()
    own, shared = simple(), simple(practice=practice)
    Dossier.objects.filter(pk=own.pk).update(owner=manager)
    simple()
    answer = browser_of(manager).get("/compte/donnees.zip")
    found = unzipped(answer)
    assert sum(name.endswith("dossier.json") for name in found) == 1
    told = json.loads(found["compte.json"])
    assert (told["name"], told["email"]) == ("Camille Dupont", manager.email)
    assert [(each["practice"], each["role"]) for each in told["roles"]] == [(practice.name, "gestionnaire")]
    assert shared.public_id not in words_of(found)
    assert "titulaire" not in words_of(found)
    assert Client().get("/compte/donnees.zip").url.startswith("/compte/connexion/")


def test_a_person_with_many_dossiers_asks_the_worker_for_the_copy(manager, monkeypatch):
    monkeypatch.setattr(export, "FEW", 1)
    for _ in range(2):
        Dossier.objects.filter(pk=simple().pk).update(owner=manager)
    client = browser_of(manager)
    assert "vos 2 dossiers" in client.get("/compte/donnees.zip").content.decode()
    assert not Batch.objects.exists()
    address = client.post("/compte/donnees.zip").url
    work()
    found = unzipped(client.get(f"{address}fichiers.zip"))
    assert "compte.json" in found
    assert sum(name.endswith("brouillon.pdf") for name in found) == 2
