"""A patient's data in free text: health numbers by their key, births and names by their shape. Nothing here is real."""

import random
import time

import pytest

from notifications.questionnaire.patient_data import (
    entry_holds_health_number,
    hash_texts,
    list_free_texts,
    suspect_entry,
    suspect_text,
)
from tests.dossiers import SEEDS, answered, form, weda_data
from tests.stored import NIR

MANY = 10_000
LONG = 100_000
PLACES = ["01", "14", "76", "93", "95", "2A", "2B", "971", "972", "973", "974", "976", "987", "988", "99"]


def health_number(chance: random.Random) -> list[str]:
    """The seven groups of a health number, its key worked out here and not by the code under test."""
    sex, year, month = chance.choice("123478"), f"{chance.randrange(100):02d}", chance.randint(1, 12)
    place = chance.choice(PLACES)
    place += f"{chance.randint(1, 10 ** (5 - len(place)) - 1):0{5 - len(place)}d}"
    order = f"{chance.randint(1, 999):03d}"
    body = f"{sex}{year}{month:02d}{place}{order}"
    key = 97 - int(body.replace("2A", "19").replace("2B", "18")) % 97
    return [sex, year, f"{month:02d}", place[:2], place[2:], order, f"{key:02d}"]


LAYOUTS = {
    "plain": "".join,
    "spaced": " ".join,
    "dotted": ".".join,
    "dashed": "-".join,
    "no-break spaces": "\u00a0".join,
    "narrow no-break spaces": "\u202f".join,
    "two spaces": "  ".join,
    "key apart": lambda groups: f"{''.join(groups[:6])} {groups[6]}",
    "key named": lambda groups: f"{' '.join(groups[:6])} clé : {groups[6]}",
    "key in brackets": lambda groups: f"{''.join(groups[:6])} ({groups[6]})",
    "two by two": lambda groups: " ".join(pieces("".join(groups), 2)),
    "three by three": lambda groups: " ".join(pieces("".join(groups), 3)),
    "four by four": lambda groups: ".".join(pieces("".join(groups), 4)),
    "lower case": lambda groups: " ".join(groups).lower(),
}


def pieces(text: str, size: int) -> list[str]:
    return [text[place : place + size] for place in range(0, len(text), size)]


def digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def cut(text: str, *sizes: int, by: str = " ") -> str:
    found, place = [], 0
    for size in sizes:
        found.append(text[place : place + size])
        place += size
    return by.join([*found, text[place:]]) if text[place:] else by.join(found)


def iban(chance: random.Random) -> str:
    number = f"FR{digits(chance, 2)}{digits(chance, 10)}{digits(chance, 11)}{digits(chance, 2)}"
    return chance.choice([number, " ".join(pieces(number, 4)), cut(number[4:], 5, 5, 11)])


def siret(chance: random.Random) -> str:
    number = digits(chance, 14)
    return chance.choice([number, cut(number, 3, 3, 3), cut(number, 9), cut(number, 3, 3, 3, by=".")])


def siren(chance: random.Random) -> str:
    number = digits(chance, 9)
    return chance.choice([number, cut(number, 3, 3), f"FR {digits(chance, 2)} {cut(number, 3, 3)}"])


def rpps(chance: random.Random) -> str:
    return "10" + digits(chance, 9)


def phone(chance: random.Random) -> str:
    pairs = pieces(digits(chance, 8), 2)
    mine = f"{chance.randint(1, 9)}"
    shapes = [f"0{mine}{''.join(pairs)}", " ".join([f"0{mine}", *pairs]), ".".join([f"0{mine}", *pairs])]
    shapes += [f"+33 {mine} {' '.join(pairs)}", f"0033{mine}{''.join(pairs)}", f"+33 (0){mine} {' '.join(pairs)}"]
    return f"{chance.choice(shapes)} ou {chance.choice(shapes)}" if chance.random() < 0.3 else chance.choice(shapes)


def timestamp(chance: random.Random) -> str:
    moment = time.gmtime(chance.randrange(2_000_000_000))
    shapes = ["%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y à %H h %M"]
    shapes += [f"%Y-%m-%d %H:%M:%S.{digits(chance, 3)}", f"%Y%m%d %H%M%S {digits(chance, 3)}", f"%s{digits(chance, 3)}"]
    return time.strftime(chance.choice(shapes), moment)


OTHER_NUMBERS = [siret, siren, rpps, iban, phone, timestamp]

# -- figures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_health_numbers_are_seen_in_every_layout(seeded: random.Random, layout: str) -> None:
    count = MANY if layout in ("plain", "spaced", "dotted") else MANY // 5
    missed = 0
    for _ in range(count):
        number = LAYOUTS[layout](health_number(seeded))
        missed += "nir" not in suspect_text(f"Vu le dossier {number}, puis fermé.")
    assert missed <= count // 1000


@pytest.mark.parametrize("make", OTHER_NUMBERS, ids=lambda make: make.__name__)
def test_other_numbers_raise_hardly_any_alarm(seeded: random.Random, make) -> None:
    texts = [f"Relevé : {make(seeded)}." for _ in range(MANY)]
    alarms = [text for text in texts if suspect_text(text)]
    assert len(alarms) <= MANY // 1000, alarms[:5]


def test_the_key_is_needed(seeded: random.Random) -> None:
    for _ in range(MANY):
        *body, key = health_number(seeded)
        wrong = f"{(int(key) + seeded.randint(1, 96) - 1) % 97 + 1:02d}"
        assert suspect_text(" ".join([*body, wrong])) == ()
        assert suspect_text("".join(body)) == ()


@pytest.mark.parametrize(
    "text",
    [f"INS : {NIR}", f"NIR{NIR}", f"({NIR})", f"12 {NIR}", f"1 {NIR}", f"{NIR} {NIR[:-1]}2", f"{NIR[:-1]}2 {NIR}"],
)
def test_a_health_number_is_seen_beside_other_words_and_numbers(text: str) -> None:
    assert suspect_text(text) == ("nir",)


# -- births ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "né le 12/03/1980",
        "Née le 12.03.1980",
        "né(e) le 12-03-80",
        "NÉE LE 12 03 1980",
        "nee le 1er avril 1951",
        "ne le 12/03/1980",
        "nés le 3 août 2001",
        "né\u00a0le\u00a012\u202fmars\u202f1980",
        "né 12/03/1980",
        "née Exemple le 12 mars 1980",
        "né à Rouen, le 12 déc. 1980",
        "né en Algérie le 3 mars 1944",
        "date de naissance : 1980-03-12",
        "date de naissance le 12 mars 1980",
        "DDN 12/03/1980",
    ],
)
def test_a_birth_with_its_date_is_seen(text: str) -> None:
    assert suspect_text(f"Un homme, {text}, a appelé.") == ("birth",)


@pytest.mark.parametrize(
    "text",
    [
        "Panne le 12/03/2025, puis le 13 mars 2025.",
        "Noms, dates de naissance et adresses copiés le 13/11/2025.",
        "Les dates de naissance, le 13/11/2025.",
        "La date de naissance des patients est concernée.",
        "Les accès ne sont pas revenus le 12 novembre 2025.",
        "Nous ne savons rien du 12/11/2025.",
        "Un litige né d'une attaque le 12/11/2025.",
        "Le cabinet est né en 1980.",
        "L'année 12/03/2025, la journée du 12/03/2025.",
    ],
)
def test_another_date_is_no_birth(text: str) -> None:
    assert suspect_text(text) == ()


# -- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "la patiente Mme X",
        "patient(e) Mme X",
        "M. Exemple (patient)",
        "le dossier de Mme X",
        "le dossier de Mme\u202fX",
        "monsieur Exemple a appelé",
        "Mlle Le Modèle",
        "MME MODÈLE",
        "M Exemple",
        "M.Exemple",
        "Mme Œuvre",
        "le patient Exemple",
        "l'ancienne patiente Exemple",
        "Patient : EXEMPLE Jean",
        "une patiente nommée Éloïse",
        "Exemple (patiente)",
    ],
)
def test_a_patients_name_is_seen(text: str) -> None:
    assert suspect_text(text) == ("patient",)
    assert suspect_text(f"Hier, {text}.") == ("patient",)


@pytest.mark.parametrize(
    "text",
    [
        "Les patients Weda ont été informés.",
        "Patients : 1200. Nos patients.",
        "Vu avec le Dr X, le Docteur Exemple et le Dr M. Exemple.",
        "Mme la directrice et M. le président.",
        "Madame La Directrice, Madame le Docteur Exemple, M. le Dr Exemple.",
        "Madame, Monsieur,",
        "Le dossier patient Weda, l'espace patient Doctolib.",
        "Informer le patient. Le reste suivra.",
        "Par patient\nLe reste suivra.",
        "Patient : Non informé",
        "Le logiciel à 500 m. Le local est fermé.",
        "Les données du patient (DMP).",
    ],
)
def test_words_about_patients_and_colleagues_are_no_name(text: str) -> None:
    assert suspect_text(text) == ()


def test_several_kinds_are_told_apart() -> None:
    assert suspect_text(f"Mme X, née le 12/03/1980, {NIR}") == ("nir", "birth", "patient")


def test_nothing_that_ships_is_suspected() -> None:
    for path in SEEDS.rglob("*.toml"):
        assert suspect_text(path.read_text("utf-8")) == (), path.name
    assert not [key for key, entry in weda_data().answers.items() if suspect_entry(form().questions[key], entry)]


# -- answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("discovery", "Vu par Mme X."),
        ("description", {"practice": "Vu par Mme X."}),
        ("data_categories", {"value": ["other"], "details": {"other": "Vu par Mme X."}}),
        ("record_count", {"unknown": True, "note": "Vu par Mme X."}),
    ],
)
def test_free_text_is_looked_at(key: str, value: object) -> None:
    entry = answered(key, value)
    assert list_free_texts(form().questions[key], entry) == ["Vu par Mme X."]
    assert suspect_entry(form().questions[key], entry) == ("patient",)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("legal_last_name", "Mme X"),
        ("organisation_name", "Cabinet de Mme X"),
        ("address", "Chez Mme X"),
        ("other_bodies", [{"name": "Mme X", "role": "processor"}]),
    ],
)
def test_names_and_addresses_are_not_looked_at(key: str, value: object) -> None:
    assert suspect_entry(form().questions[key], answered(key, value)) == ()


@pytest.mark.parametrize("entry", [None, {"state": "erased"}, {"state": "cleared"}])
def test_an_answer_without_text_is_not_suspected(entry) -> None:
    assert suspect_entry(form().questions["discovery"], entry) == ()


def test_a_fingerprint_is_of_the_words_alone() -> None:
    question = form().questions["discovery"]
    one, other = answered("discovery", "Vu par Mme X."), answered("discovery", "Vu par Mme Y.")
    assert hash_texts(question, one) == hash_texts(question, {**one, "reviewed": False, "origin": "import"})
    assert hash_texts(question, one) != hash_texts(question, other)
    assert hash_texts(question, one) != hash_texts(question, {**one, "note": "Et Mme Z."})


# -- time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece",
    [
        *[
            "1",
            "1 ",
            "1 85 05 78 006 084 clé ",
            "1.2A",
            "né ",
            "né à ",
            "née le 1 ",
            "naissance : ",
            "12/",
            " ",
            "A",
            "A'",
        ],
        *["Mme ", "M.", "patient ", "le patient : ", "né " + "a" * 60, "A" * 40 + " (", "\u202f", "ﷺ"],
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = (piece * LONG)[:LONG]
    suspect_text(text[: LONG // 10])
    start = time.perf_counter()
    suspect_text(text)
    assert time.perf_counter() - start < 10  # 0.1 s here; minutes if a pattern went back over and over


def test_a_health_number_is_seen_anywhere_in_an_answer() -> None:
    spaced = NIR[:1] + "\u202f" + NIR[1:]
    lines = {"state": "known", "value": [{"name": f"Dossier {spaced}", "role": "other"}], "reviewed": True}
    assert entry_holds_health_number(lines)
    assert not entry_holds_health_number({"state": "known", "value": "Dieppe"})
    assert not entry_holds_health_number(None)
