"""What the public page of an incident shows, regrouped: pure functions from revisions to plain data."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .. import deadlines, prefill
from ..catalogue import (
    GUIDANCE_WORDS,
    STATUS_MEANING,
    STATUS_WORDS,
    Aid,
    Event,
    Fact,
    Guidance,
    Revision,
    Source,
    proposed_entry,
)
from ..questionnaire import Questionnaire
from ..typography import Words
from . import Line, list_value_lines, timeline, write_day, write_source_date

ABOUT = {
    "notify": Words("Faut-il notifier la CNIL ?"),
    "clock": Words("Quand le délai commence-t-il ?"),
    "patients": Words("Faut-il informer les patients ?"),
    "complaint": Words("Faut-il porter plainte ?"),
    "other": "Autres conseils",
}
SCOPES = {"practice": "Pour votre cabinet", "service": "Accès au service", "vendor": ""}  # the vendor has a name


@dataclass(frozen=True)
class Cited:
    """A source with the words of its date."""

    source: Source
    when: str


@dataclass(frozen=True)
class Shown:
    """Something of the incident file with all that the page says around it."""

    item: Any
    sources: tuple[Cited, ...]
    word: str = ""  # certainty of a fact or event, kind of an advice
    label: str = ""  # the question or the subject
    when: str = ""
    lines: tuple[Line, ...] = ()
    readings: tuple[tuple[str, tuple[Cited, ...]], ...] = ()


def context(
    revisions: Sequence[Revision], questionnaire: Questionnaire, publishers: Mapping[str, str]
) -> dict[str, Any]:
    """Everything that `incident.html` needs; `revisions` are those of one incident, newest first; `publishers`: by
    number, who published those that were made here."""
    revision = revisions[0]
    return {
        "revision": revision,
        "revisions": revisions,
        "as_of": write_day(revision.as_of),
        "statuses": [(key, STATUS_WORDS[key], meaning) for key, meaning in STATUS_MEANING.items()],
        "guidance": guidance(revision),
        "events": [_event(revision, event) for event in revision.events],
        "svg": timeline.draw_timeline(revision.events),
        "groups": facts(revision),
        "proposals": proposals(revision, questionnaire),
        "advice": [
            _shown(revision, each, label=questionnaire.questions[key].label) for key, each in revision.advice.items()
        ],
        "aids": [_shown(revision, each, when=_around(each)) for each in revision.aids],
        "changes": changes(revisions, questionnaire, publishers),
        "sources": cite(revision, tuple(revision.sources)),
    }


def cite(revision: Revision, ids: Sequence[str]) -> tuple[Cited, ...]:
    return tuple(Cited(source, write_source_date(source)) for source in map(revision.sources.__getitem__, ids))


def _shown(revision: Revision, item: Any, **words: Any) -> Shown:
    return Shown(item, cite(revision, item.sources), **words)


def _around(aid: Aid) -> str:
    """A memory aid helps to find a day; it does not give one."""
    return f"autour du {write_day(dt.datetime.fromisoformat(aid.at).date())}"


# -- who advises what -----------------------------------------------------------------------------------


def guidance(revision: Revision) -> list[dict[str, Any]]:
    """By subject: the authority's line (or the law's where it is silent), what contradicts it, the rest."""
    groups = []
    for about, title in ABOUT.items():
        found = [each for each in revision.guidance if each.about == about]
        line = [each for each in found if each.kind == "authority"] or [each for each in found if each.kind == "law"]
        line = [each for each in line if not each.contrary]
        contrary = [each for each in found if each.contrary]
        others = [each for each in found if each not in line and not each.contrary]
        others.sort(key=lambda each: list(GUIDANCE_WORDS).index(each.kind))
        if found:
            names = {"line": line, "contrary": contrary, "others": others}
            groups.append({"title": title, **{k: [_advised(revision, g) for g in v] for k, v in names.items()}})
    return groups


def _advised(revision: Revision, guidance: Guidance) -> Shown:
    return _shown(revision, guidance, word=GUIDANCE_WORDS[guidance.kind])


# -- facts ------------------------------------------------------------------------------------------------


def facts(revision: Revision) -> list[dict[str, Any]]:
    """Facts that say something, from the surest to the least sure; what touches the practice comes first."""
    told = [fact for fact in revision.facts if fact.statement]
    told.sort(key=lambda fact: list(SCOPES).index(fact.scope))
    groups = []
    for status, word in STATUS_WORDS.items():
        found = [_fact(revision, fact) for fact in told if fact.status == status]
        if found:
            groups.append({"status": status, "title": word, "meaning": STATUS_MEANING[status], "facts": found})
    return groups


def _fact(revision: Revision, fact: Fact) -> Shown:
    readings = tuple((each["text"], cite(revision, each.get("sources", ()))) for each in fact.readings)
    when = write_day(fact.corrected_on) if fact.corrected_on else ""
    label = SCOPES[fact.scope] or revision.vendor
    told = {cited.source.id for _, sources in readings for cited in sources}
    rest = [each for each in fact.sources if each not in told]
    return Shown(fact, cite(revision, rest), label=label, readings=readings, when=when)


def proposals(revision: Revision, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """What a draft will propose, step by step, in the words of the form."""
    by_key = {fact.key: fact for fact in revision.facts if fact.proposes or fact.suggest}
    groups = []
    for step in questionnaire.steps:
        keys = [question.key for question in questionnaire.of_step(step.slug) if question.key in by_key]
        if keys:
            rows = [_proposal(revision, by_key[key], questionnaire) for key in keys]
            groups.append({"title": step.title, "rows": rows})
    return groups


def _proposal(revision: Revision, fact: Fact, questionnaire: Questionnaire) -> Shown:
    question = questionnaire.questions[fact.key]
    lines = [Line(option.label) for option in question.options if option.key in fact.suggest]
    if fact.proposes and not fact.unknown:
        entry = proposed_entry(question, fact, revision.origin)
        lines += list_value_lines(question, entry, timeline.PARIS)
    word = "" if any(line.certainty for line in lines) else STATUS_WORDS[fact.status]
    return _shown(revision, fact, label=question.label, word=word, lines=tuple(lines))


# -- time -------------------------------------------------------------------------------------------------


def _event(revision: Revision, event: Event) -> Shown:
    return _shown(revision, event, when=when_words(event), word=STATUS_WORDS[event.status])


def when_words(event: Event) -> str:
    """« lundi 10 novembre 2025, vers 23 h 00 (heure de Paris) », « courant janvier 2026 »."""
    start, end = timeline.find_span(event)
    about = event.precision == "about"
    if event.until:
        return _period_words(start.date(), end.date())
    if len(event.at) == len("2025-11-10"):
        return f"{'vers le ' if about else ''}{deadlines.day_in_words(start)}"
    words = deadlines.in_words(start, timeline.PARIS).replace(" h ", "\u00a0h\u00a0")
    return words.replace(" à ", ", vers ", 1) if about else words


def _period_words(first: dt.date, last: dt.date) -> str:
    """The longer the period, the vaguer the words: the bounds of a season only serve to sort."""
    if last - first < dt.timedelta(days=21):
        return f"entre le {write_day(first)} et le {write_day(last)}"
    months = [f"{deadlines.MONTHS[day.month - 1]} {day.year}" for day in (first, last)]
    return f"courant {months[1]}" if months[0] == months[1] else f"entre {months[0]} et {months[1]}"


def changes(
    revisions: Sequence[Revision], questionnaire: Questionnaire, publishers: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What each revision brought, newest first, with the labels of the answers that it proposes differently."""
    proposed = [prefill.of_incident(questionnaire, revision) for revision in revisions]
    changed = [_changed(newer, older, questionnaire) for newer, older in pairwise(proposed)] + [None]
    return [
        {
            "revision": revision,
            "published": write_day(revision.published_at),
            "labels": labels,
            "by": _made_here(revision, publishers),
        }
        for revision, labels in zip(revisions, changed, strict=True)
    ]


def _made_here(revision: Revision, publishers: Mapping[str, str]) -> str:
    """Who published a revision that was made on this installation, and whether somebody else read it."""
    if ".local" not in revision.number:
        return ""
    read = f"relue par {revision.reviewed_by}" if revision.reviewed_by else "publié sans relecture"
    return f"Publiée sur ce site par {publishers.get(revision.number) or 'un éditeur'} : {read}."


def _changed(
    newer: Mapping[str, prefill.Proposal], older: Mapping[str, prefill.Proposal], questionnaire: Questionnaire
) -> list[str]:
    entries = {key: proposal.entry for key, proposal in older.items()}
    origins = {proposal.origin: older for proposal in older.values()}
    keys = {*prefill.differing(entries, newer, origins), *(newer.keys() - older.keys())}
    return [question.label for question in questionnaire if question.key in keys]
