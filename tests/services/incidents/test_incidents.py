"""Incident revisions in the database: stored once, never changed, in order."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from notifications import catalogue, seeds
from notifications.models import Incident, IncidentRevision
from notifications.questionnaire import Unusable
from notifications.services.incidents import incidents
from notifications.services.revisions import INCIDENT_REVISIONS
from tests.dossiers import SEEDS, form
from tests.stored import WEDA, everything, publish

FILES = sorted((SEEDS / "incidents").glob("*.toml"))
TEMPLATES = sorted((SEEDS / "templates").glob("*.json"))


def load():
    out = StringIO()
    call_command("load_seeds", stdout=out)
    return out.getvalue()


def test_every_shipped_revision_is_stored_and_a_second_time_changes_nothing(db):
    said = (
        f"{len(FILES)} révision(s) d'incident chargée(s).\n",
        f"{len(TEMPLATES)} révision(s) de modèle chargée(s).\n",
    )
    assert load() == "".join(said)
    before = everything()
    assert len(before["IncidentRevision"]) == len(FILES)
    assert len(before["SharedTemplateRevision"]) == len(TEMPLATES)
    assert load() == ""
    assert everything() == before


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stored_revision_reads_back_as_its_file(seeds_loaded, path: Path):
    shipped = catalogue.load_revision(path, form())
    stored = IncidentRevision.objects.get(incident__slug=shipped.slug, number=shipped.number)
    assert INCIDENT_REVISIONS.as_data(stored) == shipped
    assert (stored.published_at, stored.summary, stored.from_seed) == (shipped.published_at, shipped.summary, True)


def test_a_number_that_holds_something_else_is_refused_and_both_are_named(db):
    load()
    IncidentRevision.objects.filter(incident__slug=WEDA, number="2").delete()
    taken = publish("2", lambda content: content.update(summary="Autre chose."))
    IncidentRevision.objects.filter(number="1").delete()
    before = everything()
    with pytest.raises(CommandError) as refused:
        load()
    assert refused.value.returncode == 1
    line = str(refused.value)
    assert line.count("\n") == 0
    assert "weda-2025-11.2.toml" in line
    assert f"La révision 2 de « {WEDA} »" in line
    assert taken.digest[:12] in line
    assert everything() == before  # not even the revisions that could have been stored


def test_a_file_that_is_wrong_stores_nothing_and_is_named(db, tmp_path, monkeypatch):
    folder = tmp_path / "incidents"
    folder.mkdir()
    (folder / "good.1.toml").write_bytes(FILES[0].read_bytes())
    (folder / "wrong.1.toml").write_text('slug = "wrong"\nnumber = 1\n', "utf-8")
    (folder / "unreadable.1.toml").write_text("slug =", "utf-8")
    monkeypatch.setattr(seeds, "locate_folder", lambda: tmp_path)
    with pytest.raises(Unusable) as refused:
        incidents.load_seeds()
    named = {problem.partition(" : ")[0] for problem in refused.value.problems}
    assert named == {"wrong.1.toml", "unreadable.1.toml"}
    assert not Incident.objects.exists()


def test_revisions_come_newest_first_as_numbers_and_local_ones_after_theirs(seeds_loaded):
    for number in ("10", "1.local2", "1.local10", "1.local1"):
        publish(number)
    numbers = [each.number for each in INCIDENT_REVISIONS.list_stored(WEDA)]
    assert numbers == ["10", "3", "2", "1.local10", "1.local2", "1.local1", "1"]
    assert [each.number for each in INCIDENT_REVISIONS.load_all(WEDA)] == numbers
    assert INCIDENT_REVISIONS.load_all("no-such-incident") == []


def test_the_newest_revision_of_each_incident_the_latest_attack_first(seeds_loaded):
    publish("10")
    publish("3.local1")
    found = [(each.slug, each.number) for each in incidents.load_newest_revisions()]
    assert found[0] == (WEDA, "10")
    assert sorted(slug for slug, _ in found) == sorted({path.stem.rpartition(".")[0] for path in FILES})
    attacks = [each.attack for each in incidents.load_newest_revisions()]
    assert attacks == sorted(attacks, reverse=True)
