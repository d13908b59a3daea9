"""`dossier.json`: a dossier leaves, comes back whole, and brings nothing else in."""

import copy
import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from notifications.documents import dossier_file
from notifications.files import dossier_files
from notifications.files.dossier_files import read_dossier
from notifications.models import Dossier
from notifications.questionnaire import Unusable
from notifications.report import build_report
from notifications.services.dossiers import loading, saving
from notifications.services.revisions import INCIDENT_REVISIONS
from tests.broken_files import BROKEN, GOOD, changed, good
from tests.dossiers import LATE
from tests.stored import WEDA, Tab, everything, start_weda

REV_3 = f"incident:{WEDA}@3"


def here(slug):
    """The revisions that are in the database."""
    return {revision.origin: revision for revision in INCIDENT_REVISIONS.load_all(slug)}


def read(data, revisions_of=here):
    return read_dossier(data, revisions_of=revisions_of, now=LATE)


def dump(dossier):
    return dossier_file.dump(build_report(loading.load_dossier_data(dossier), LATE))


def said(data):
    """A file's content but for the deadlines: the duties of today, whenever the file was written."""
    content = data if isinstance(data, dict) else json.loads(data)
    return {name: each for name, each in content.items() if name != "deadlines"}


def start_from(imported):
    stored = INCIDENT_REVISIONS.list_stored(WEDA)
    return saving.start_dossier(
        revision=next((each for each in stored if each.number == imported.revision.number), None),
        questionnaire=imported.questionnaire.name,
        timezone=imported.timezone,
        by="Camille",
        now=LATE,
        answers=imported.answers,
    )


def entry(key: str, change: Callable[[dict[str, Any]], Any] = lambda entry: None, revisions_of=here) -> dict[str, Any]:
    """What import makes of one answer of the good file, once changed."""
    data = changed(lambda content: change(content["answers"][key]))
    return read(data, revisions_of).answers[key]


# -- there and back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("timezone", ["Europe/Paris", "Pacific/Noumea"])
def test_a_dossier_comes_back_whole(seeds_loaded, timezone):
    """Whatever was answered: proposals read and unread, edits, unknowns, cleared, groups, parts, a bare day."""
    tab = Tab(start_weda(timezone=timezone))
    tab.type(
        aware_at="2025-11-12",
        siren="123456782",
        record_count={"unknown": True, "note": "Demandé à l'éditeur."},
        other_bodies=[{"name": "WEDA", "role": "processor"}, {"name": "Hébergeur « Exemple »"}],
        nature={"value": ["confidentiality", "availability"], "certainty": {"confidentiality": "claimed"}},
        description={"practice": "Rien d'anormal.\nDeux comptes."},
        harms={"value": ["other"], "details": {"other": "Perte de confiance"}},
        subjects_planned_on="2025-11-30",
        consequences_integrity=[],
    )
    tab.reload()
    tab.send({"causes": {"state": "cleared", "origin": "practice", "reviewed": False}})
    saving.keep_answers(dossier=Dossier.objects.get(), keys=["origins", "country"], by="Camille", now=LATE)
    before = dump(Dossier.objects.get())
    again = start_from(read(before))
    assert json.loads(dump(again)) == json.loads(before)
    assert again.timezone == timezone
    assert again.aware_at == Dossier.objects.exclude(pk=again.pk).get().aware_at


def test_the_file_of_version_1_still_comes_back(seeds_loaded):
    """Made from the example of the first release, and never to be changed."""
    imported = read(GOOD.read_bytes())
    assert imported.answers == good()["answers"]
    assert (imported.revision.slug, imported.revision.number) == (WEDA, "3")
    dossier = start_from(imported)
    assert dossier.organisation_name == "Cabinet du Dr Exemple"
    assert dossier.aware_at.isoformat() == "2025-11-12T17:07:00+00:00"
    assert said(dump(dossier)) == said(good())
    duties = {each["kind"]: each for each in json.loads(dump(dossier))["deadlines"]}
    assert [duties[each["kind"]] for each in good()["deadlines"]] == good()["deadlines"]
    assert len(duties) == 6


def test_every_version_has_its_committed_file_and_its_upgrade(seeds_loaded):
    newest = json.loads(dump(start_weda()))["format_version"]
    committed = {int(path.name.split(".")[1][1:]) for path in GOOD.parent.glob("dossier.v*.json")}
    assert committed == set(range(1, newest + 1))
    assert set(dossier_files.UPGRADES) == set(range(1, newest))


def test_a_byte_order_mark_is_no_obstacle(seeds_loaded):
    assert read(b"\xef\xbb\xbf" + GOOD.read_bytes()).answers == good()["answers"]


def test_what_is_computed_at_export_is_ignored_at_import(seeds_loaded):
    lies = {"kind": "complete", "deadlines": [{"due_at": "2099-01-01T00:00:00Z"}], "missing": ["city"], "doubts": "x"}
    imported = read(changed(lambda content: content.update(lies)))
    assert imported.answers == good()["answers"]
    assert said(dump(start_from(imported))) == said(good())


def test_a_file_without_what_is_computed_comes_back_too(seeds_loaded):
    def strip(content):
        for name in ("kind", "deadlines", "missing", "doubts", "template", "timezone"):
            del content[name]

    imported = read(changed(strip))
    assert imported.answers == good()["answers"]
    assert imported.timezone == "Europe/Paris"


# -- who said it ----------------------------------------------------------------------------------------


def test_an_origin_stands_where_its_revision_is_here_and_says_the_same(seeds_loaded):
    assert (entry("origins")["origin"], entry("origins")["basis"]) == (REV_3, REV_3)
    read_by_practice = entry("origins", lambda entry: entry.update(reviewed=True))
    assert (read_by_practice["origin"], read_by_practice["reviewed"]) == (REV_3, True)


@pytest.mark.parametrize(
    "change",
    [
        {"value": ["lost_mail"]},
        {"certainty": {"*": "confirmed"}},
        {"note": "Établi par une expertise."},
        {"origin": f"incident:{WEDA}@9"},
        {"origin": "incident:another-2025@1"},
        {"origin": "default"},
        {"origin": "template:union@1"},
        {"origin": "profile"},
        {"origin": "group"},
    ],
    ids=str,
)
def test_any_other_origin_becomes_an_unread_import(seeds_loaded, change):
    found = entry("origins", lambda entry: entry.update(reviewed=True, **change))
    assert (found["origin"], found["reviewed"]) == ("import", False)
    assert "basis" not in found
    assert found["value"] == change.get("value", ["hacking"])


def test_an_installation_without_the_incident_takes_its_words_as_imports(db):
    imported = read(GOOD.read_bytes(), lambda slug: {})
    assert imported.revision is None
    origins = {each["origin"] for each in imported.answers.values()}
    assert origins == {"practice", "default", "import"}
    assert not any(each["reviewed"] for each in imported.answers.values() if each["origin"] == "import")
    assert {each.get("basis") for each in imported.answers.values()} == {None, "default"}
    assert {part["origin"] for part in imported.answers["description"]["value"]} == {"practice", "import"}


def test_a_dossier_begun_on_a_revision_that_is_not_here_goes_on_with_the_newest_that_is(seeds_loaded):
    newer = {"slug": WEDA, "revision": "3.local2"}
    imported = read(changed(lambda content: content.update(incident=newer)))
    assert imported.revision.number == "3"
    assert imported.answers == good()["answers"]
    assert start_from(imported).title.endswith("Cyberattaque du logiciel Weda (novembre 2025)")


def test_the_practice_word_stands_and_loses_only_a_basis_that_is_not_here(seeds_loaded):
    assert entry("description")["basis"] == REV_3
    found = entry("description", lambda entry: entry.update(basis=f"incident:{WEDA}@9"))
    assert (found["origin"], found["reviewed"]) == ("practice", True)
    assert "basis" not in found


def test_the_words_of_a_part_are_the_source_s_only_if_the_source_said_them(seeds_loaded):
    def forge(entry):
        entry["value"][0]["text"] += " Le vol est établi."

    [theirs, mine] = entry("description", forge)["value"]
    assert theirs["origin"] == "import"
    assert theirs["text"].endswith("Le vol est établi.")
    assert mine["origin"] == "practice"


def test_an_origin_that_proposes_nothing_for_the_question_does_not_stand(seeds_loaded):
    found = entry("severity", lambda entry: entry.update(origin=REV_3, value="negligible", reviewed=True))
    assert (found["origin"], found["reviewed"]) == ("import", False)


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_with_its_reason(case, seeds_loaded):
    data, words = BROKEN[case]
    with pytest.raises(Unusable) as refused:
        read(data)
    assert len(refused.value.problems) == 1
    assert words in refused.value.problems[0]
    assert "\n" not in refused.value.problems[0]


def test_every_fault_is_told_at_once(seeds_loaded):
    def spoil(content):
        content["answers"]["siren"]["value"] = "123456789"
        content["answers"]["person_count"]["value"] = -1
        content["answers"]["favourite_colour"] = {"state": "known", "value": "bleu"}

    with pytest.raises(Unusable) as refused:
        read(changed(spoil))
    assert sorted(each.partition(":")[0] for each in refused.value.problems) == [
        "favourite_colour",
        "person_count",
        "siren",
    ]


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_on_the_page_is_refused_and_writes_no_row(case, seeds_loaded, client):
    data, words = BROKEN[case]
    start_weda()
    before = copy.deepcopy(everything())
    sent = {"file": SimpleUploadedFile("dossier.json", data)}
    response = client.post("/dossiers/importer/", sent)
    page = unescape(response.content.decode()).replace("\u202f", " ").replace("\u00a0", " ")
    assert response.status_code == 422
    assert words in page
    assert everything() == before
    assert "appareil" not in response.cookies


def test_the_page_takes_the_good_file(seeds_loaded, client):
    response = client.post("/dossiers/importer/", {"file": SimpleUploadedFile("dossier.json", GOOD.read_bytes())})
    assert response.status_code == 302
    dossier = Dossier.objects.get()
    assert response.url == f"/dossiers/{dossier.public_id}/verifier/"
    assert client.get(f"/dossiers/{dossier.public_id}/dossier.json").status_code == 200
    assert dossier.organisation_name == "Cabinet du Dr Exemple"
