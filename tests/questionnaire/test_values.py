"""Raw values as people, files and programs give them: kept in one form, or refused in French."""

import tomllib
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.questionnaire import Context, Question, Refused, build_questionnaire
from notifications.questionnaire.values import NONE, clean_value

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
PLAIN = build_questionnaire(
    tomllib.loads("""
name = "essai"
title = "Essai"
step = [{ slug = "un", title = "Un" }]
question = [
  { key = "line", step = "un", type = "text", label = "Ligne", max_length = 20 },
  { key = "page", step = "un", type = "text", label = "Page", long = true },
  { key = "siren", step = "un", type = "text", label = "SIREN", format = "siren" },
  { key = "vat", step = "un", type = "text", label = "TVA", format = "vat" },
  { key = "email", step = "un", type = "text", label = "Courriel", format = "email" },
  { key = "phone", step = "un", type = "text", label = "Téléphone", format = "phone" },
  { key = "postcode", step = "un", type = "text", label = "Code postal", format = "postcode" },
  { key = "choice", step = "un", type = "choice", label = "Choix", options = [
    { key = "a", label = "A" }, { key = "b", label = "B" } ] },
  { key = "choices", step = "un", type = "choices", label = "Choix", options = [
    { key = "a", label = "A" }, { key = "b", label = "B" } ] },
  { key = "number", step = "un", type = "number", label = "Nombre" },
  { key = "date", step = "un", type = "date", label = "Date" },
  { key = "planned", step = "un", type = "date", label = "Date prévue", future = true },
  { key = "moment", step = "un", type = "moment", label = "Moment" },
  { key = "datetime", step = "un", type = "datetime", label = "Instant" },
  { key = "yes_no", step = "un", type = "yes_no", label = "Oui ou non" },
  { key = "group", step = "un", type = "group", label = "Lignes", field = [
    { key = "name", label = "Nom", type = "text" },
    { key = "siren", label = "SIREN", type = "text", format = "siren" } ] },
  { key = "parts", step = "un", type = "text", label = "Récit", long = true, parts = [
    { key = "source", label = "Eux", by = "source" },
    { key = "practice", label = "Nous", by = "practice" },
    { key = "planned", label = "Bientôt", by = "practice" } ] },
]
"""),
    "essai.toml",
)


def clean(key: str, raw: Any, zone: str = "Europe/Paris", now: datetime = NOW) -> Any:
    return clean_value(PLAIN.questions[key], raw, Context(ZoneInfo(zone), now))


def refusal(key: str, raw: Any, zone: str = "Europe/Paris", now: datetime = NOW) -> str:
    with pytest.raises(Refused) as caught:
        clean(key, raw, zone, now)
    return str(caught.value)


KEPT = [
    ("line", "  deux \t mots ", "deux mots"),
    ("line", "a\r\nb", "a b"),
    ("line", "e\u0301te\u0301", "été"),
    ("line", "x" * 20, "x" * 20),
    ("page", "un\r\ndeux\rtrois", "un\ndeux\ntrois"),
    ("page", "un\x07deux\x9ftrois\u2028fin", "un deux trois fin"),
    ("page", "\u202eabc\u2066def\u2069", "abcdef"),
    ("page", "x" * 6000, "x" * 6000),
    ("siren", "123 456 782", "123456782"),
    ("siren", "123.456.782", "123456782"),
    ("siren", "", ""),
    ("vat", "fr 83 404 833 048", "FR83404833048"),
    ("vat", "FR83404833048", "FR83404833048"),
    ("email", " nom@exemple.fr ", "nom@exemple.fr"),
    ("email", "a+b@sous.exemple.fr", "a+b@sous.exemple.fr"),
    ("phone", "0199001234", "01 99 00 12 34"),
    ("phone", "01.99.00.12.34", "01 99 00 12 34"),
    ("phone", "+262 262 00 00 00", "+262262000000"),
    ("phone", "+33 (0)1 99 00 12 34", "+33199001234"),
    ("phone", "00 687 12 34 56", "+687123456"),
    ("postcode", "76 200", "76200"),
    ("postcode", "01234", "01234"),
    ("choice", "b", "b"),
    ("choices", ["b", "a", "b"], ["a", "b"]),
    ("choices", [], []),
    ("choices", [NONE], []),
    ("number", "1 500", 1500),
    ("number", "1\u202f500", 1500),
    ("number", "007", 7),
    ("number", 0, 0),
    ("number", 999_999_999, 999_999_999),
    ("date", "12/11/2025", "2025-11-12"),
    ("date", "1.2.2026", "2026-02-01"),
    ("date", "2025-11-12", "2025-11-12"),
    ("date", date(2025, 11, 12), "2025-11-12"),
    ("date", "01/12/2026", "2026-12-01"),
    ("planned", "31/12/2026", "2026-12-31"),
    ("moment", "2025-11-12", "2025-11-12"),
    ("moment", date(2025, 11, 12), "2025-11-12"),
    ("moment", {"day": "12/11/2025", "time": ""}, "2025-11-12"),
    ("moment", {"day": "12/11/2025", "time": "18h07"}, "2025-11-12T18:07:00+01:00"),
    ("moment", {"day": "12/07/2025", "time": "8 h"}, "2025-07-12T08:00:00+02:00"),
    ("moment", "2025-11-12T10:42:31.5-04:00", "2025-11-12T10:42:31-04:00"),
    ("moment", "2025-11-12T10:42Z", "2025-11-12T10:42:00+00:00"),
    ("moment", datetime(2025, 11, 12, 10, 42, tzinfo=PARIS), "2025-11-12T10:42:00+01:00"),
    ("datetime", {"day": "12/11/2025", "time": "10:42"}, "2025-11-12T10:42:00+01:00"),
    ("yes_no", "yes", True),
    ("yes_no", "no", False),
    ("yes_no", False, False),
    ("group", [{"name": " A ", "siren": "123 456 782"}, {"name": ""}], [{"name": "A", "siren": "123456782"}]),
    ("group", [], []),
    ("parts", "Vu ici.", [{"text": "Vu ici.", "origin": "practice"}]),
    ("parts", "", []),
    (
        "parts",
        {"practice": "Fait.", "planned": "Prévu.", "source": " "},
        [{"text": "Fait.", "origin": "practice"}, {"part": "planned", "text": "Prévu.", "origin": "practice"}],
    ),
    (
        "parts",
        [{"part": "source", "text": "Annoncé.", "origin": "incident:x@1"}],
        [{"text": "Annoncé.", "origin": "incident:x@1"}],
    ),
]


@pytest.mark.parametrize(("key", "raw", "kept"), KEPT, ids=lambda each: repr(each)[:40])
def test_a_value_is_kept_in_one_form_whatever_way_it_was_written(key: str, raw: Any, kept: Any) -> None:
    assert clean(key, raw) == kept
    assert clean(key, kept) == kept


REFUSED = [
    ("line", "x" * 21, "trop long : 21 caractères, pour 20"),
    ("line", 5, "texte est attendue"),
    ("line", None, "texte est attendue"),
    ("line", "a\x00b", "caractère illisible"),
    ("line", "a\ud800b", "caractère illisible"),
    ("page", "x" * 6001, "trop long"),
    ("siren", "123456789", "SIREN n'est pas valide"),
    ("siren", "12345678", "SIREN n'est pas valide"),
    ("siren", "12345678200011", "SIRET n'est pas valide"),
    ("siren", "٣٣٣٣٣٣٣٣٣", "SIREN n'est pas valide"),
    ("vat", "FR82404833048", "TVA n'est pas valide"),
    ("vat", "BE0123456789", "TVA n'est pas valide"),
    ("email", "nom@exemple", "pas lisible"),
    ("email", "nom exemple@exemple.fr", "pas lisible"),
    ("email", "a@b.fr,c@d.fr", "pas lisible"),
    ("email", '"><script>@x.fr', "pas lisible"),
    ("phone", "12", "téléphone n'est pas lisible"),
    ("phone", "00 12 34 56 78 90 12 34 56 78", "téléphone n'est pas lisible"),
    ("phone", "secrétariat", "téléphone n'est pas lisible"),
    ("postcode", "7620", "5 chiffres"),
    ("postcode", "2A004", "5 chiffres"),
    ("choice", "c", "n'est pas une réponse proposée"),
    ("choice", "", "n'est pas une réponse proposée"),
    ("choice", ["a"], "n'est pas une réponse proposée"),
    ("choices", "a", "liste de réponses"),
    ("choices", ["a", "c"], "n'est pas une réponse proposée"),
    ("choices", ["a", NONE], "« Aucune » ne va pas avec"),
    ("choices", [["a"]], "n'est pas une réponse proposée"),
    ("number", "-1", "nombre entier"),
    ("number", -1, "compris entre"),
    ("number", "1,5", "nombre entier"),
    ("number", 1.5, "nombre entier"),
    ("number", True, "nombre entier"),
    ("number", "", "nombre entier"),
    ("number", "1000000000", "compris entre"),
    ("number", 10**30, "compris entre"),
    ("number", "9" * 5000, "nombre entier"),
    ("number", "٣", "nombre entier"),
    ("date", "31/02/2025", "n'existe pas"),
    ("date", "2025-13-01", "n'existe pas"),
    ("date", "12/11/25", "pas lisible"),
    ("date", "11/2025", "pas lisible"),
    ("date", "hier", "pas lisible"),
    ("date", "02/12/2026", "dans le futur"),
    ("date", "12/11/1925", "pas plausible"),
    ("planned", "12/11/2125", "pas plausible"),
    ("date", datetime(2025, 11, 12, tzinfo=UTC), "pas lisible"),
    ("moment", "2025-11-12T10:42:00", "sans fuseau"),
    ("moment", datetime(2025, 11, 12, 10, 42), "sans fuseau"),
    ("moment", "2026-12-01T09:00:01+01:00", "dans le futur"),
    ("moment", "2026-12-02", "dans le futur"),
    ("moment", "1925-11-12T10:42:00+01:00", "pas plausible"),
    ("moment", {"day": "", "time": "10:42"}, "aussi le jour"),
    ("moment", {"day": "12/11/2025", "time": "25:00"}, "heure n'est pas lisible"),
    ("moment", {"day": "12/11/2025", "time": "10:60"}, "heure n'est pas lisible"),
    ("moment", ["2025-11-12"], "pas lisible"),
    ("datetime", "2025-11-12", "sans fuseau"),
    ("datetime", {"day": "12/11/2025", "time": ""}, "aussi l'heure"),
    ("yes_no", "oui", "oui ou par non"),
    ("yes_no", 1, "oui ou par non"),
    ("yes_no", None, "oui ou par non"),
    ("group", {"name": "A"}, "liste d'au plus 20"),
    ("group", [{"name": "A"}] * 21, "liste d'au plus 20"),
    ("group", ["A"], "liste d'au plus 20"),
    ("group", [{"name": "A"}, {"nom": "B"}], "Ligne 2 : champ inconnu « nom »"),
    ("group", [{"siren": "1"}], "Ligne 1, SIREN : Ce SIREN"),
    ("parts", ["texte"], "liste de parties"),
    ("parts", [{"text": "a"}] * 21, "trop de parties"),
    ("parts", {"others": "texte"}, "« others » n'est pas une partie"),
    ("parts", [{"text": "a", "origin": "practice", "by": "moi"}], "champ inconnu"),
    ("parts", [{"text": "a", "origin": 3}], "champ inconnu"),
    ("parts", {"practice": "x" * 6001}, "trop long"),
]


@pytest.mark.parametrize(("key", "raw", "words"), REFUSED, ids=lambda each: repr(each)[:40])
def test_what_is_not_a_value_is_refused_with_words_that_help(key: str, raw: Any, words: str) -> None:
    assert words in refusal(key, raw)


def test_a_siret_is_cut_to_its_siren_and_the_person_is_told() -> None:
    context = Context(PARIS, NOW)
    assert clean_value(PLAIN.questions["siren"], "123 456 782 00010", context) == "123456782"
    assert "9 premiers chiffres" in context.notices[0]


def test_the_last_second_before_now_is_not_in_the_future() -> None:
    assert clean("moment", "2026-12-01T09:00:00+01:00") == "2026-12-01T09:00:00+01:00"


def test_today_is_the_day_of_the_dossiers_zone() -> None:
    evening = datetime(2025, 11, 14, 20, 0, tzinfo=UTC)
    assert clean("date", "15/11/2025", "Pacific/Noumea", evening) == "2025-11-15"
    assert "futur" in refusal("date", "15/11/2025", "Pacific/Tahiti", evening)


def test_an_hour_that_the_clock_skips_is_refused_with_its_two_neighbours() -> None:
    words = refusal("moment", {"day": "29/03/2026", "time": "02:30"})
    assert words.endswith("Les heures les plus proches sont 01 h 59 et 03 h 00.")


def test_an_hour_that_comes_twice_is_the_earlier_one() -> None:
    assert clean("moment", {"day": "26/10/2025", "time": "02:30"}) == "2025-10-26T02:30:00+02:00"


@pytest.mark.parametrize(
    ("fold", "offset", "asks"), [("", "+02:00", True), ("0", "+02:00", False), ("1", "+01:00", False)]
)
def test_which_of_two_hours_is_asked_until_it_is_said(fold: str, offset: str, asks: bool) -> None:
    context = Context(PARIS, NOW)
    raw = {"day": "26/10/2025", "time": "02:30", "fold": fold}
    assert clean_value(PLAIN.questions["moment"], raw, context) == f"2025-10-26T02:30:00{offset}"
    assert (context.asks, len(context.notices)) == (asks, int(asks))
    plain = Context(PARIS, NOW)
    assert clean_value(PLAIN.questions["moment"], raw | {"time": "03:30"}, plain).endswith("+01:00")
    assert plain.notices == []


def test_a_zone_has_its_own_hours_that_come_twice() -> None:
    typed = {"day": "02/11/2025", "time": "01:30"}
    assert clean("moment", typed, "America/Miquelon") == "2025-11-02T01:30:00-02:00"
    assert clean("moment", typed | {"fold": "1"}, "America/Miquelon") == "2025-11-02T01:30:00-03:00"


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("Indian/Reunion", "+04:00"), ("America/Martinique", "-04:00"), ("Pacific/Marquesas", "-09:30")],
)
def test_a_typed_hour_is_an_hour_of_the_dossiers_zone(zone: str, offset: str) -> None:
    assert clean("moment", {"day": "12/11/2025", "time": "10:42"}, zone) == f"2025-11-12T10:42:00{offset}"


@pytest.mark.parametrize("typed", ["10:42", "10h42", "10 h 42", "10H42", "10.42", " 10:42 ", "10:42:59"])
def test_hours_are_read_as_french_people_write_them(typed: str) -> None:
    assert clean("datetime", {"day": "12/11/2025", "time": typed}) == "2025-11-12T10:42:00+01:00"


def test_an_instant_keeps_the_offset_that_was_typed() -> None:
    assert clean("moment", "2025-11-12T10:42:00+11:00", "Europe/Paris") == "2025-11-12T10:42:00+11:00"


def test_a_text_has_room_for_what_its_question_says() -> None:
    assert [PLAIN.questions[key].limit for key in ("line", "siren", "page")] == [20, 200, 6000]
    assert Question("k", "text", "L", long=True, max_length=50).limit == 50


def test_the_parts_of_a_text_are_bounded_together() -> None:
    parts = [{"text": "x" * 6000, "origin": "practice"}] * 3
    assert clean("parts", parts) == parts
    assert "trop long" in refusal("parts", [*parts, {"text": "x", "origin": "practice"}])
