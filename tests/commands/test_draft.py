"""`manage.py draft`: files in, files out, and no database anywhere."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from notifications import seeds
from notifications.documents import pdf
from notifications.files import drafting
from tests.dossiers import AS_IN_EXAMPLE, ROOT

EXAMPLE = ROOT / "examples/cabinet-weda.toml"
NOW = "2025-11-20T09:00:00+01:00"
LINE = re.compile(r"Prérempli : (\d+) / (\d+), dont (\d+) avec une source")


def run(*arguments, answers=EXAMPLE, incident="weda-2025-11", now=NOW):
    """(exit code, output, errors) in this process, where opening the database is a failure of the test."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("draft", incident, "--answers", str(answers), "--now", now, *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def ends(out):
    """{duty: its end and state in words}, as printed."""
    return dict(re.findall(r"^Échéance : (\w+) \(.+?\) : (.+)$", out, re.M))


def made(tmp_path, answers, **options):
    """The dossier.json made from a text of answers in TOML."""
    source, target = tmp_path / "cabinet.toml", tmp_path / "made.json"
    source.write_text(answers, "utf-8")
    code, out, err = run("--json", str(target), answers=source, **options)
    assert (code, err) == (0, "")
    return json.loads(target.read_text("utf-8")), out


def refused(tmp_path, answers, *arguments, name="cabinet.toml", **options):
    """Lines of the refusal of a text of answers; no file may be left."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    source = tmp_path / "in" / name
    source.write_bytes(answers if isinstance(answers, bytes) else answers.encode())
    outputs = ["--json", str(tmp_path / "out/a.json"), "--pdf", str(tmp_path / "out/a.pdf")]
    code, out, err = run(*outputs, *arguments, answers=source, **options)
    assert (code, out) == (2, "")
    assert list((tmp_path / "out").iterdir()) == []
    return err.splitlines()


# -- the main way ---------------------------------------------------------------------------------------


def without_database(folder, seed):
    """The command as a person runs it. The database's name is taken by a folder: no program can open it."""
    (folder / "var/db.sqlite3").mkdir(parents=True)
    arguments = ["draft", "weda-2025-11", "--answers", "examples/cabinet-weda.toml", "--now", NOW]
    return subprocess.run(
        [sys.executable, "manage.py", *arguments, "--pdf", str(folder / "b.pdf"), "--json", str(folder / "d.json")],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(folder / "var"), "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_example_makes_both_files_without_a_database_and_twice_the_same(tmp_path, seeded):
    """In a program of its own, where sets have another order, and in this one."""
    result = without_database(tmp_path, str(seeded.randrange(1, 2**32)))
    assert (result.returncode, result.stderr) == (0, "")
    made_here = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert made_here - {"var/secret_key"} == {"b.pdf", "d.json"}
    again = [tmp_path / "again.pdf", tmp_path / "again.json"]
    assert run("--pdf", str(again[0]), "--json", str(again[1]))[0] == 0
    [pdf, dossier_data] = [path.read_bytes() for path in again]
    assert [(tmp_path / name).read_bytes() for name in ("b.pdf", "d.json")] == [pdf, dossier_data]
    assert pdf.startswith(b"%PDF-")
    assert json.loads(dossier_data)["answers"]["aware_at"]["value"] == "2025-11-12T18:07:00+01:00"


def test_it_says_how_much_was_there_beforehand():
    code, out, err = run()
    assert (code, err) == (0, "")
    prefilled, applicable, sourced = map(int, LINE.search(out).groups())
    assert sourced <= prefilled <= applicable
    assert prefilled / applicable >= 0.6
    assert ends(out)["cnil"] == "samedi 15 novembre 2025 à 18 h 07 (heure de Paris), délai dépassé"


def test_what_the_practice_adds_does_not_count_as_prefilled(tmp_path):
    nothing = tmp_path / "nothing.toml"
    nothing.write_text("")
    [few, many] = [int(LINE.search(run(answers=answers)[1])[1]) for answers in (nothing, EXAMPLE)]
    assert few >= many  # the example's answers only take questions away


def test_what_is_missing_is_listed_by_key(tmp_path):
    content, out = made(tmp_path, "")
    listed = re.findall(r"^Manquant : (\w+) \(", out, re.M)
    assert listed == content["missing"]
    assert {"aware_at", "siren", "legal_last_name"} <= set(listed)
    words = {
        "cnil": "à calculer",
        "cnil_complement": "sans objet à ce stade",
        "insurance_complaint": "à calculer",
        "data_subjects": "sans objet à ce stade",
        "register": "à faire",
        "cert_sante": "à faire",
    }
    assert ends(out) == ends(out) | words


def test_what_disagrees_is_listed_and_does_not_stop_it(tmp_path):
    content, out = made(tmp_path, "person_count = 5\nrecord_count = 4\n")
    assert ["person_count", "record_count"] in [doubt["keys"] for doubt in content["doubts"]]
    assert "À vérifier : person_count, record_count : " in out


def test_without_an_output_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run()[0] == 0
    assert list(tmp_path.iterdir()) == []


# -- which incident -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        ("weda-2025-11", {"slug": "weda-2025-11", "revision": 3}),
        ("weda-2025-11@1", {"slug": "weda-2025-11", "revision": 1}),
        (str(ROOT / "seeds/incidents/weda-2025-11.2.toml"), {"slug": "weda-2025-11", "revision": 2}),
        ("-", None),
    ],
)
def test_the_incident_is_named_by_slug_revision_path_or_not_at_all(tmp_path, incident, expected):
    content, _ = made(tmp_path, "", incident=incident)
    assert content["incident"] == expected
    origins = {entry["origin"] for entry in content["answers"].values()}
    named = {f"incident:{expected['slug']}@{expected['revision']}"} if expected else set()
    assert origins == {"default"} | named


@pytest.mark.parametrize("incident", ["no-such-2025", "weda-2025-11@9", "nowhere/x.toml"])
def test_an_unknown_incident_is_refused_by_its_name(tmp_path, incident):
    [line] = refused(tmp_path, "", incident=incident)
    assert line.startswith(incident.rpartition("/")[2])


def test_an_incident_file_of_one_s_own_is_checked(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('slug = "own"\n', "utf-8")
    assert all(line.startswith("own.toml : ") for line in refused(tmp_path, "", incident=str(own)))


# -- answers --------------------------------------------------------------------------------------------


def test_a_plain_value_is_the_practice_word_and_is_read(tmp_path):
    content, _ = made(tmp_path, 'city = "Rouen"\ncauses = ["unknown"]\n')
    assert content["answers"]["city"] == {
        "state": "known",
        "value": "Rouen",
        "origin": "practice",
        "reviewed": True,
    }
    assert content["answers"]["causes"] == {
        "state": "known",
        "value": ["unknown"],
        "origin": "practice",
        "reviewed": True,
        "basis": "incident:weda-2025-11@3",
    }


def test_unknowns_and_notes(tmp_path):
    answers = 'record_count = { unknown = true, note = "Demandé." }\nperson_count = { value = 7, note = "Au plus." }\n'
    found = made(tmp_path, answers)[0]["answers"]
    assert (found["record_count"]["state"], found["record_count"]["note"]) == ("unknown", "Demandé.")
    assert (found["person_count"]["value"], found["person_count"]["note"]) == (7, "Au plus.")


def test_a_group_is_an_array_of_tables(tmp_path):
    answers = '[[other_bodies]]\nname = "WEDA"\n[[other_bodies]]\nname = "Hébergeur"\nrole = "sub_processor"\n'
    found = made(tmp_path, answers)[0]["answers"]["other_bodies"]
    assert found["value"] == [{"name": "WEDA"}, {"name": "Hébergeur", "role": "sub_processor"}]


@pytest.mark.parametrize(
    "answers",
    [
        'measures_taken = "Mots de passe changés."\n',
        '[measures_taken]\npractice = "Mots de passe changés."\n',
        'measures_taken = { value = { practice = "Mots de passe changés." }, note = "Le 14." }\n',
    ],
)
def test_the_practice_adds_its_part_and_leaves_the_vendor_s(tmp_path, answers):
    before = made(tmp_path, "")[0]["answers"]["measures_taken"]
    after = made(tmp_path, answers)[0]["answers"]["measures_taken"]
    assert after["value"] == [*before["value"], {"text": "Mots de passe changés.", "origin": "practice"}]
    assert (after["origin"], after["basis"]) == ("practice", before["basis"])
    assert after["certainty"] == before["certainty"]


def test_planned_measures_are_a_part_of_their_own(tmp_path):
    found = made(tmp_path, '[measures_taken]\nplanned = "Double authentification."\n')[0]["answers"]["measures_taken"]
    assert found["value"][1:] == [{"part": "planned", "text": "Double authentification.", "origin": "practice"}]


def test_answers_in_json_say_the_same_as_in_toml(tmp_path):
    plain = json.dumps(AS_IN_EXAMPLE, default=lambda moment: moment.isoformat())
    source = tmp_path / "cabinet.json"
    source.write_text(plain, "utf-8")
    for answers, name in ((EXAMPLE, "toml"), (source, "json")):
        assert run("--json", str(tmp_path / f"from.{name}"), answers=answers)[0] == 0
    assert (tmp_path / "from.json").read_bytes() == (tmp_path / "from.toml").read_bytes()


def test_a_dossier_json_as_answers_comes_back_as_it_was(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert run("--json", str(first))[0] == 0
    assert run("--json", str(second), answers=first)[0] == 0
    assert json.loads(second.read_text("utf-8")) == json.loads(first.read_text("utf-8"))


def test_a_dossier_json_keeps_what_the_practice_made_of_the_vendor_s_words(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    content, _ = made(tmp_path, '[measures_taken]\npractice = "Mots de passe changés."\n')
    mine = content["answers"]["measures_taken"]
    mine["value"] = [{"part": "source", "text": "Abrégé.", "origin": "practice"}, mine["value"][1]]
    first.write_text(json.dumps(content), "utf-8")
    assert run("--json", str(second), answers=first)[0] == 0
    assert json.loads(second.read_text("utf-8"))["answers"]["measures_taken"]["value"] == mine["value"]


def test_a_dossier_json_keeps_its_own_zone_unless_another_is_asked_for(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    source = tmp_path / "cabinet.toml"
    source.write_text("aware_at = 2025-11-12\n")
    assert run("--json", str(first), "--timezone", "Indian/Reunion", answers=source)[0] == 0
    assert ends(run(answers=first)[1])["cnil"].startswith("samedi 15 novembre 2025 à 0 h 00 (heure de La Réunion)")
    assert run("--json", str(second), answers=first)[0] == 0
    assert second.read_bytes() == first.read_bytes()
    assert "(heure de Paris)" in run("--timezone", "Europe/Paris", answers=first)[1]


# -- the deadlines --------------------------------------------------------------------------------------

PARIS_BACK = ("2026-10-23T18:00:00+02:00", "2026-10-24T12:00:00+02:00")  # awareness, now
PARIS_ON = ("2027-03-26T18:00:00+01:00", "2027-03-27T12:00:00+01:00")


@pytest.mark.parametrize(
    ("zone", "moments", "words"),
    [
        ("Europe/Paris", PARIS_BACK, "lundi 26 octobre 2026 à 17 h 00 (heure de Paris), en cours"),
        ("Europe/Paris", PARIS_ON, "lundi 29 mars 2027 à 19 h 00 (heure de Paris), en cours"),
        ("America/Guadeloupe", PARIS_BACK, "lundi 26 octobre 2026 à 12 h 00 (heure de la Guadeloupe), en cours"),
        ("America/Martinique", PARIS_BACK, "lundi 26 octobre 2026 à 12 h 00 (heure de la Martinique), en cours"),
        ("America/Cayenne", PARIS_ON, "lundi 29 mars 2027 à 14 h 00 (heure de la Guyane), en cours"),
        ("America/St_Barthelemy", PARIS_ON, "lundi 29 mars 2027 à 13 h 00 (heure de Saint-Barthélemy), en cours"),
        ("America/Marigot", PARIS_ON, "lundi 29 mars 2027 à 13 h 00 (heure de Saint-Martin), en cours"),
        ("America/Miquelon", PARIS_ON, "lundi 29 mars 2027 à 15 h 00 (heure de Saint-Pierre-et-Miquelon), en cours"),
        (
            "America/Miquelon",
            ("2027-11-05T18:00:00-02:00", "2027-11-06T12:00:00-02:00"),
            "lundi 8 novembre 2027 à 17 h 00 (heure de Saint-Pierre-et-Miquelon), en cours",
        ),
        ("Indian/Reunion", PARIS_BACK, "lundi 26 octobre 2026 à 20 h 00 (heure de La Réunion), en cours"),
        ("Indian/Mayotte", PARIS_ON, "lundi 29 mars 2027 à 20 h 00 (heure de Mayotte), en cours"),
        ("Indian/Kerguelen", PARIS_ON, "lundi 29 mars 2027 à 22 h 00 (heure des Terres australes), en cours"),
        ("Pacific/Noumea", PARIS_BACK, "mardi 27 octobre 2026 à 3 h 00 (heure de la Nouvelle-Calédonie), en cours"),
        ("Pacific/Wallis", PARIS_BACK, "mardi 27 octobre 2026 à 4 h 00 (heure de Wallis-et-Futuna), en cours"),
        ("Pacific/Tahiti", PARIS_ON, "lundi 29 mars 2027 à 7 h 00 (heure de Tahiti), en cours"),
        ("Pacific/Marquesas", PARIS_ON, "lundi 29 mars 2027 à 7 h 30 (heure des Marquises), en cours"),
        ("Pacific/Gambier", PARIS_BACK, "lundi 26 octobre 2026 à 7 h 00 (heure des Gambier), en cours"),
    ],
)
def test_the_deadlines_are_right_in_every_zone_and_across_both_changes_of_clocks(tmp_path, zone, moments, words):
    aware, now = moments
    source, target = tmp_path / "cabinet.toml", tmp_path / "made.json"
    source.write_text(f"aware_at = {aware}\n", "utf-8")
    code, out, _ = run("--timezone", zone, "--json", str(target), answers=source, incident="-", now=now)
    assert (code, ends(out)["cnil"], ends(out)["insurance_complaint"]) == (0, words, words)
    start = datetime.fromisoformat(aware).astimezone(UTC)
    deadlines = {each["kind"]: each for each in json.loads(target.read_text("utf-8"))["deadlines"]}
    for duty in (deadlines["cnil"], deadlines["insurance_complaint"]):
        assert duty.keys() == {"kind", "starts_at", "due_at", "basis"}
        assert datetime.fromisoformat(duty["starts_at"]) == start
        assert datetime.fromisoformat(duty["due_at"]) == start + timedelta(hours=72)
    without_end = {key for key, duty in deadlines.items() if duty["due_at"] is None}
    assert without_end >= {"cnil_complement", "data_subjects", "register", "cert_sante"}


# -- refusals -------------------------------------------------------------------------------------------

FAULTS = {
    "favourite_colour": ('"bleu"', "cette question n'existe pas"),
    "sector": ('"bakery"', "« bakery » n'est pas une réponse proposée"),
    "complaint_filed_on": ('"2025-02-30"', "Cette date n'existe pas"),
    "informed_by_processor_at": ("2025-11-12T18:07:00", "L'heure est donnée sans fuseau"),
    "person_count": ("-1", "Ce nombre doit être compris entre 0"),
    "siren": ('"123456789"', "Ce SIREN n'est pas valide"),
    "aware_at": ("2025-11-20T09:00:01+01:00", "sont dans le futur"),
    "discovery": (f'"{"x" * 6001}"', "Ce texte est trop long"),
    "ongoing": ('"peut-être"', "Répondez par oui ou par non"),
    "city": ("{ unknown = true }", "« Je ne sais pas encore » n'est pas possible"),
    "description": ('{ vendor = "x" }', "« vendor » n'est pas une partie de ce texte"),
}


@pytest.mark.parametrize("key", FAULTS)
def test_a_fault_is_told_with_its_key_and_nothing_is_written(tmp_path, key):
    raw, words = FAULTS[key]
    [line] = refused(tmp_path, f"{key} = {raw}\n")
    assert line.startswith(f"{key}: ")
    assert words in line


def test_all_faults_are_told_at_once_each_on_its_line(tmp_path):
    lines = refused(tmp_path, "".join(f"{key} = {raw}\n" for key, (raw, _) in FAULTS.items()))
    assert [line.partition(":")[0] for line in lines] == list(FAULTS)
    assert all(words in line for line, (_, words) in zip(lines, FAULTS.values(), strict=True))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.toml", b"city = "),
        ("a.toml", 'city = "Orléans"'.encode("latin-1")),
        ("a.toml", b"a = " + b"[" * 5000),
        ("a.json", b"{"),
        ("a.json", b"[]"),
        ("a.json", b'{"city": "a", "city": "b"}'),
        ("a.json", b'{"person_count": NaN}'),
        ("a.json", b'{"format": "breach-assistant/notification", "format_version": 9}'),
    ],
)
def test_an_unreadable_file_is_told_in_one_line(tmp_path, name, content):
    assert len(refused(tmp_path, content, name=name)) == 1


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path):
    code, _, err = run(answers=tmp_path / "nowhere.toml")
    assert (code, err.count("\n")) == (2, 1)
    assert "nowhere.toml" in err


@pytest.mark.parametrize("now", ["2025-11-20T09:00:00", "hier", "2025-11-20"])
def test_now_is_an_instant_with_its_offset(tmp_path, now):
    [line] = refused(tmp_path, "", now=now)
    assert line.startswith("--now: ")


# -- writing --------------------------------------------------------------------------------------------


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "draft_pdf", lambda *_, **__: b"%PDF-")  # nobody reads it
    (tmp_path / "a-file").write_text("x")
    (tmp_path / "a-folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("good", "bad", "target"),
    [
        ("--json", "--pdf", "nowhere/out"),
        ("--json", "--pdf", "a-file/out"),
        ("--json", "--pdf", "a-folder"),
        ("--json", "--pdf", "/proc/out"),  # where even an administrator cannot write
        ("--pdf", "--json", "a-folder"),
    ],
)
def test_when_one_output_cannot_be_written_neither_is(out, good, bad, target):
    before = sorted(out.rglob("*"))
    code, said, err = run(good, str(out / "good"), bad, str(out / target))
    assert (code, said, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"{out / target}: ")
    assert sorted(out.rglob("*")) == before


def test_two_outputs_of_the_same_name_are_refused(tmp_path):
    code, _, err = run("--pdf", str(tmp_path / "x"), "--json", str(tmp_path / "x"))
    assert (code, err.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_file_is_replaced_whole_and_readable_like_any_file(tmp_path):
    target = tmp_path / "dossier.json"
    target.write_text("x" * 100_000)
    umask = os.umask(0o027)
    try:
        assert run("--json", str(target))[0] == 0
    finally:
        os.umask(umask)
    assert json.loads(target.read_text("utf-8"))["format_version"] == 1
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["dossier.json"]


def test_an_earlier_file_stays_when_the_answers_are_refused(tmp_path):
    target, wrong = tmp_path / "dossier.json", tmp_path / "wrong.toml"
    target.write_text("earlier")
    wrong.write_text("person_count = -1\n")
    assert run("--json", str(target), answers=wrong)[0] == 2
    assert target.read_text() == "earlier"


def test_the_newest_shipped_revision_is_meant_by_the_slug_alone():
    newest = max(
        (each for each in seeds.load_incidents() if each.slug == "weda-2025-11"), key=lambda each: int(each.number)
    )
    assert drafting.find_incident("weda-2025-11") == newest
