"""`manage.py draft --batch`: a roster in, a draft and a file for each practice out, and no database anywhere."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from notifications.documents import pdf
from notifications.files import drafting
from notifications.models import Dossier, User
from notifications.services.dossiers import loading
from notifications.services.practices import starting
from notifications.services.revisions import INCIDENT_REVISIONS
from tests.dossiers import PARIS, ROOT
from tests.stored import store_seeds

EXAMPLE = ROOT / "examples/cabinets.csv"
NOW = "2025-11-14T09:00:00+01:00"
TWO = "cabinet;SIREN;appris le\nCabinet Étoile;123456782;12/11/2025 18:07\n../../Évadé;;\n"


@pytest.fixture
def quick(monkeypatch):
    """What a PDF looks like is tested elsewhere; here only whose it is."""
    monkeypatch.setattr(pdf, "draft_pdf", lambda report, **said: f"%PDF- {report.organisation}".encode())


def run(tmp_path, text, *arguments, incident="weda-2025-11", out="out"):
    """(exit code, output, errors, {name: bytes}) in this process, where opening the database is a failure."""
    source, target = tmp_path / "cabinets.csv", tmp_path / out
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    said, wrong, code = StringIO(), StringIO(), 0
    options = ["--batch", str(source), "--out", str(target), "--now", NOW, *arguments]
    try:
        call_command("draft", incident, *options, stdout=said, stderr=wrong)
    except SystemExit as end:
        code = end.code
    made = {path.name: path.read_bytes() for path in target.iterdir()} if target.is_dir() else {}
    return code, said.getvalue(), wrong.getvalue(), made


def test_the_example_makes_both_files_for_every_practice_and_twice_the_same(tmp_path):
    first, second = (run(tmp_path, EXAMPLE.read_bytes(), out=out) for out in ("a", "b"))
    assert first[0] == 0
    assert sorted(first[3]) == [
        f"{name}.{extension}"
        for name in ("0002-cabinet-du-dr-exemple", "0003-selarl-des-tilleuls", "0004-cabinet-de-la-place")
        for extension in ("json", "pdf")
    ]
    assert all(data.startswith(b"%PDF-") for name, data in first[3].items() if name.endswith("pdf"))
    assert second[3] == first[3]


def test_each_file_holds_what_its_line_says_beside_what_is_known(tmp_path, quick):
    _, out, _, made = run(tmp_path, TWO)
    answers = json.loads(made["0002-cabinet-etoile.json"])["answers"]
    said = {"state": "known", "value": "2025-11-12T18:07:00+01:00", "origin": "practice", "reviewed": True}
    assert answers["aware_at"] == said
    assert answers["siren"]["value"] == "123456782"
    assert answers["nature"]["origin"] == "incident:weda-2025-11@3"
    assert "aware_at" not in json.loads(made["0003-evade.json"])["answers"]
    assert out.splitlines() == [
        "ligne 2 : Cabinet Étoile : samedi 15 novembre 2025 à 18 h 07 (heure de Paris), en cours.",
        "ligne 3 : ../../Évadé : à calculer.",
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name != "cabinets.csv"] == ["out"]


def test_names_alike_make_two_files(tmp_path, quick):
    _, _, _, made = run(tmp_path, "cabinet;ville\nAlpha;Rouen\nAlpha;Dieppe\n!!!;\n")
    assert sorted(name for name in made if name.endswith("pdf")) == [
        "0002-alpha.pdf",
        "0003-alpha.pdf",
        "0004-cabinet.pdf",
    ]


def test_hours_are_those_of_the_zone(tmp_path, quick):
    _, out, _, _ = run(tmp_path, TWO, "--timezone", "Indian/Reunion")
    assert "samedi 15 novembre 2025 à 18 h 07 (heure de La Réunion)" in out


def test_one_wrong_line_and_there_is_no_file(tmp_path, quick):
    code, out, err, made = run(tmp_path, TWO + "Cabinet Beta;123456789;31/02/2025\n")
    assert (code, out, made) == (2, "", {})
    assert err.splitlines() == [
        "ligne 4, SIREN : Ce SIREN n'est pas valide : il a 9 chiffres, vérifiez qu'aucun n'est inversé.",
        "ligne 4, appris le : Cette date n'existe pas ou n'est pas lisible : écrivez par exemple 12/11/2025.",
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("fault", [RuntimeError, OSError, KeyboardInterrupt])
def test_whatever_stops_it_in_the_middle_no_file_is_left(tmp_path, quick, monkeypatch, fault):
    def second_fails(report, **said):
        if report.organisation != "Cabinet Étoile":
            raise fault
        return b"%PDF-"

    monkeypatch.setattr(pdf, "draft_pdf", second_fails)
    if fault is OSError:
        assert run(tmp_path, TWO)[0] == 2
    else:
        with pytest.raises(fault):
            run(tmp_path, TWO)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["--batch", "x.csv"], ["--answers", "x.toml", "--out", "x"], ["--batch", "x.csv", "--out", "x", "--pdf", "x.pdf"]],
)
def test_options_that_do_not_go_together_are_refused(arguments):
    err = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("draft", "weda-2025-11", *arguments, stderr=err)
    assert end.value.code == 2
    assert "--batch" in err.getvalue()


@pytest.mark.django_db
def test_it_says_the_same_as_the_dossiers_that_the_board_starts(tmp_path, quick):

    store_seeds()
    _, _, _, made = run(tmp_path, EXAMPLE.read_bytes())
    now = datetime.fromisoformat(NOW).astimezone(UTC)
    lines = drafting.read_roster(EXAMPLE, PARIS, now)
    user = User.objects.create(email="gestion@example.org")
    revision = INCIDENT_REVISIONS.list_stored("weda-2025-11")[0]
    begun = starting.start_dossiers(user=user, lines=lines, revision=revision, timezone="Europe/Paris", now=now)
    for each, data in zip(begun, [made[name] for name in sorted(made) if name.endswith("json")], strict=True):
        alone, stored = (
            json.loads(data)["answers"],
            loading.load_dossier_data(Dossier.objects.get(pk=each.dossier.pk)).answers,
        )
        assert {key: entry["value"] for key, entry in stored.items() if entry["state"] == "known"} == {
            key: entry["value"] for key, entry in alone.items() if entry["state"] == "known"
        }
