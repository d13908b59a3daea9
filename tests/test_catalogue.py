"""An incident file: a fault is refused by name, and the files that ship say no more than their sources."""

import datetime as dt
from copy import deepcopy
from typing import Any

import pytest

from notifications import catalogue
from notifications.catalogue import Fact, Revision, build_revision, propose_entry
from notifications.questionnaire import Unusable
from tests.dossiers import SEEDS, form, revision

FILES = sorted((SEEDS / "incidents").glob("*.toml"))
NAMES = [path.stem for path in FILES]
WEDA = [name for name in NAMES if name.startswith("weda")]
GOOD: dict[str, Any] = {
    "slug": "essai",
    "number": 1,
    "title": "Essai",
    "vendor": "Éditeur",
    "product": "Logiciel",
    "questionnaire": "cnil-2023-07",
    "published_at": dt.date(2025, 11, 12),
    "as_of": "2025-11-12",
    "summary": "Un essai.",
    "source": [{"id": "press", "publisher": "Journal", "title": "Article", "date": dt.date(2025, 11, 12)}],
    "event": [{"at": "2025-11-10", "precision": "day", "text": "Panne.", "status": "claimed", "sources": ["press"]}],
    "fact": [{"key": "origins", "value": ["hacking"], "status": "claimed", "sources": ["press"]}],
    "guidance": [{"body": "CNIL", "kind": "authority", "about": "notify", "text": "Notifiez.", "sources": ["press"]}],
    "advice": [{"key": "severity", "text": "À vous de juger."}],
    "aid": [{"at": "2025-11-10T23:00:00+01:00", "text": "Lundi soir."}],
    "open": [{"text": "Le début."}],
    "tick": [{"question": "discovery", "key": "papier", "label": "Papier", "sentence": "Tout était sur papier."}],
}
# {fault: (table, what is put into its first row, what is said of it)}
FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown status": ("fact", {"status": "sure"}, "fact[origins].status : « sure » n'est pas un degré de certitude."),
    "unknown status of an option": (
        "fact",
        {"option_status": {"hacking": "sure"}},
        "fact[origins].option_status : « sure » n'est pas un degré de certitude.",
    ),
    "unknown status of an event": (
        "event",
        {"status": "sure"},
        "event[2025-11-10].status : « sure » n'est pas un degré de certitude.",
    ),
    "missing source": ("fact", {"sources": ["radio"]}, "fait origins : la source « radio » n'existe pas."),
    "no source": ("fact", {"sources": []}, "fait origins : citez au moins une source."),
    "missing source of a reading": (
        "fact",
        {"readings": [{"text": "Autre.", "sources": ["radio"]}]},
        "fait origins : la source « radio » n'existe pas.",
    ),
    "missing source of an event": (
        "event",
        {"sources": ["radio"]},
        "chronologie, 2025-11-10 : la source « radio » n'existe pas.",
    ),
    "missing source of guidance": (
        "guidance",
        {"sources": ["radio"]},
        "conseil de CNIL : la source « radio » n'existe pas.",
    ),
    "missing source of advice": ("advice", {"sources": ["radio"]}, "aide severity : la source « radio » n'existe pas."),
    "undated source": ("source", {"date": None}, "source « press » : donnez sa date, ou le jour de lecture."),
    "a date that is none": ("source", {"date": "hier"}, "source[press].date : « hier » n'est pas un jour."),
    "an hour as a date": (
        "source",
        {"seen": "2025-11-12T10:00"},
        "source[press].seen : « 2025-11-12T10:00 » n'est pas un jour.",
    ),
    "missing option": ("fact", {"value": ["piracy"]}, "fait origins : « piracy » n'est pas une réponse proposée"),
    "value of another type": ("fact", {"value": True}, "fait origins : Une liste de réponses"),
    "unknown where an answer is needed": (
        "fact",
        {"key": "kind", "value": None, "unknown": "Non dit."},
        "fait kind : « Je ne sais pas encore » n'est pas possible",
    ),
    "missing question": ("fact", {"key": "colour"}, "fait colour : cette question n'existe pas."),
    "suggestion of a missing option": (
        "fact",
        {"value": None, "suggest": ["piracy"]},
        "fait origins : l'option « piracy » n'existe pas.",
    ),
    "neither proposal nor statement": (
        "fact",
        {"value": None},
        "fait origins : donnez une réponse, ou écrivez le constat.",
    ),
    "unknown polarity": ("fact", {"polarity": "perhaps"}, "fact[origins].polarity : « perhaps » n'est pas une valeur"),
    "unknown scope": ("fact", {"scope": "world"}, "fact[origins].scope : « world » n'est pas une valeur permise."),
    "misspelt attribute": ("fact", {"sorces": ["press"]}, "fact[origins] : élément inconnu « sorces »."),
    "unknown kind of guidance": (
        "guidance",
        {"kind": "rumour"},
        "guidance[CNIL].kind : « rumour » n'est pas une valeur permise.",
    ),
    "advice on a missing question": ("advice", {"key": "colour"}, "aide colour : la question « colour » n'existe pas."),
    "a tick on a missing question": (
        "tick",
        {"question": "colour"},
        "case papier : la question « colour » n'existe pas.",
    ),
    "naive instant": ("aid", {"at": "2025-11-10T23:00:00"}, "« 2025-11-10T23:00:00 » n'est ni un jour, ni un instant"),
    "impossible day": ("event", {"at": "2025-11-31"}, "« 2025-11-31 » n'est ni un jour, ni un instant"),
    "a day that is not text": (
        "event",
        {"at": dt.date(2025, 11, 10)},
        "event[1].at : « 2025-11-10 » n'a pas la forme attendue : il faut un texte.",
    ),
    "a period without its end": ("event", {"precision": "period"}, "chronologie, 2025-11-10 : « until », la fin"),
    "a day with an end": ("event", {"until": "2025-11-12"}, "chronologie, 2025-11-10 : « until », la fin"),
    "an open question without words": ("open", {"text": ""}, "open[1].text : ce texte manque."),
}
PRACTICE_ALONE = [question.key for question in form() if question.ours or question.practice_only]


def problems_of(data: dict[str, Any]) -> list[str]:
    with pytest.raises(Unusable) as caught:
        build_revision(data, "essai.1.toml", form())
    return caught.value.problems


def test_the_file_that_faults_are_put_into_is_good() -> None:
    found = build_revision(GOOD, "essai.1.toml", form())
    assert (found.origin, found.as_of, found.open) == ("incident:essai@1", dt.date(2025, 11, 12), ("Le début.",))


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_file_is_refused_by_file_row_and_fault(name: str) -> None:
    table, change, sentence = FAULTS[name]
    data = deepcopy(GOOD)
    data[table][0] = {key: value for key, value in (data[table][0] | change).items() if value is not None}
    problems = problems_of(data)
    assert any(each.startswith(f"essai.1.toml : {sentence}") for each in problems), problems


@pytest.mark.parametrize("key", PRACTICE_ALONE)
def test_nobody_proposes_what_only_the_practice_can_answer(key: str) -> None:
    fact = {"key": key, "value": "x", "status": "confirmed", "sources": ["press"]}
    assert f"essai.1.toml : fait {key} : seul le cabinet peut répondre à cette question." in problems_of(
        {**GOOD, "fact": [fact]}
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"questionnaire": "autre"}, "le questionnaire « autre » n'est pas celui de cet incident."),
        ({"vendeur": "X"}, "élément inconnu « vendeur »."),
        ({"facts": []}, "élément inconnu « facts »."),
        ({"summary": ""}, "summary : ce texte manque."),
        ({"published_at": "novembre"}, "published_at : « novembre » n'est pas un jour."),
        ({"attack": "le 10"}, "« le 10 » n'est ni un jour, ni un instant avec son décalage horaire."),
        ({"slug": "Pas Un Slug"}, "slug : « Pas Un Slug » n'a pas la forme attendue."),
        ({"number": "1.1"}, "number : « 1.1 » n'a pas la forme attendue."),
        ({"source": GOOD["source"] * 2}, "deux sources ont l'identifiant « press »."),
        ({"advice": GOOD["advice"] * 2}, "aide severity : deux aides sont données à cette question."),
        ({"fact": GOOD["fact"] * 2}, "fait origins : deux réponses sont proposées à cette question."),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(change: dict[str, Any], sentence: str) -> None:
    assert f"essai.1.toml : {sentence}" in "\n".join(problems_of(GOOD | change))


def test_every_rule_that_is_broken_is_named_at_once() -> None:
    facts = [
        GOOD["fact"][0] | {"value": ["piracy"], "sources": ["radio"]},
        {"key": "colour", "status": "claimed", "sources": []},
    ]
    problems = "\n".join(problems_of({**GOOD, "fact": facts}))
    for fault in ("origins : la source", "origins : « piracy »", "colour : citez", "colour : donnez"):
        assert fault in problems


def fact(**fields: Any) -> Fact:
    return Fact(**{"key": "nature", "status": "suspected", "sources": ("press",), **fields})


def test_a_proposal_is_as_sure_as_its_fact_option_by_option() -> None:
    found = propose_entry(
        form().questions["nature"],
        fact(value=["confidentiality", "availability"], option_status={"availability": "confirmed"}),
        "incident:essai@1",
    )
    assert found["certainty"] == {"*": "suspected", "availability": "confirmed"}
    assert (found["origin"], found["basis"], found["reviewed"]) == ("incident:essai@1", "incident:essai@1", False)


def test_a_bare_day_may_be_proposed() -> None:
    found = propose_entry(
        form().questions["started_at"], fact(key="started_at", value="2025-10-01"), "incident:essai@1"
    )
    assert found["value"] == "2025-10-01"


def test_a_reason_for_not_knowing_is_proposed_as_such() -> None:
    found = propose_entry(form().questions["ended_at"], fact(key="ended_at", unknown="Non dit."), "incident:essai@1")
    assert (found["state"], found["note"]) == ("unknown", "Non dit.")


# ---------------------------------------------------------------- the files that ship


def proposals(found: Revision) -> dict[str, Fact]:
    return {fact.key: fact for fact in found.facts if fact.proposes}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_file_that_ships_loads_under_its_own_name(path: Any) -> None:
    found = catalogue.load_revision(path, form())
    assert path.name == f"{found.slug}.{found.number}.toml"


@pytest.mark.parametrize("name", NAMES)
def test_a_revision_cites_nothing_dated_after_its_publication(name: str) -> None:
    found = revision(name)
    limit = found.published_at + dt.timedelta(days=1)
    assert [source.id for source in found.sources.values() if source.date and source.date > limit] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_source_of_a_revision_is_cited_by_it(name: str) -> None:
    found = revision(name)
    rows: list[Any] = [*found.events, *found.facts, *found.guidance, *found.advice.values(), *found.aids]
    cited = {each for row in rows for each in row.sources}
    cited |= {each for row in found.facts for reading in row.readings for each in reading.sources}
    assert cited == set(found.sources)


FORBIDDEN = {
    "aware_at", "attack_known_at", "informed_by_processor_at", "severity", "prior_measures", "discovery",
    "late_reasons", "ongoing", "patients_told_of_outage", "complaint_filed", "complaint_filed_on", "insurer_informed",
    "record_count", "person_count", "subjects_informed_count", "headcount",
    *(question.key for question in form() if question.step in ("organisme", "responsable", "contact")),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_file_proposes_what_the_practice_alone_can_know(name: str) -> None:
    assert not FORBIDDEN & proposals(revision(name)).keys()


@pytest.mark.parametrize("name", NAMES)
def test_no_file_invents_the_identity_of_a_vendor(name: str) -> None:
    bodies = proposals(revision(name)).get("other_bodies")
    for body in bodies.value if bodies else []:
        assert body.keys() == {"name", "role"}


@pytest.mark.parametrize("name", WEDA)
def test_no_revision_says_that_weda_patients_were_told_or_not(name: str) -> None:
    assert proposals(revision(name))["subjects_informed"].value == "undetermined"


def test_the_first_revision_of_weda_tells_only_what_was_known_then() -> None:
    last = dt.date(2025, 11, 13)
    found = revision("weda-2025-11.1")
    cited = {each for fact in found.facts for each in fact.sources}
    assert all((found.sources[each].date or last) <= last for each in cited)
    assert not any(event.at[:10] > last.isoformat() for event in found.events)


@pytest.mark.parametrize("name", ["weda-2025-11.2", "weda-2025-11.3"])
def test_the_four_meanings_of_23_000_are_told_apart_and_none_counts_patients(name: str) -> None:
    (counts,) = [fact for fact in revision(name).facts if "23 000" in fact.statement]
    assert counts.status == "contested"
    assert len([reading for reading in counts.readings if "23 000" in reading.text]) == 4
    assert not counts.proposes


@pytest.mark.parametrize("name", WEDA)
def test_the_cnils_guidance_on_weda_comes_first_and_says_that_it_is_not_dated(name: str) -> None:
    found = revision(name)
    first = found.guidance[0]
    assert (first.body, first.kind, first.about) == ("CNIL", "authority", "notify")
    assert "n'est pas datée" in first.text
    (source,) = [found.sources[each] for each in first.sources]
    assert source.date is None
    assert source.seen is not None


@pytest.mark.parametrize("name", WEDA)
def test_the_confidentiality_of_weda_files_is_never_more_than_suspected(name: str) -> None:
    found = proposals(revision(name))
    assert found["nature"].option_status["confidentiality"] == "suspected"
    assert "integrity" not in found["nature"].value
    assert found["consequences_confidentiality"].status == "suspected"


def test_a_corrected_fact_keeps_its_correction() -> None:
    corrected = [fact for fact in revision("weda-2025-11.2").facts if fact.corrected_on]
    assert corrected
    assert all(fact.correction for fact in corrected)


def test_the_third_revision_of_weda_proposes_what_the_second_did() -> None:
    second, third = (proposals(revision(f"weda-2025-11.{number}")) for number in (2, 3))
    assert second == third
