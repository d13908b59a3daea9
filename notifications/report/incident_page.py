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
    Event,
    Fact,
    Guidance,
    Revision,
    Source,
    propose_entry,
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
    """One thing of the incident file with all that the page says around it."""

    item: Any
    sources: tuple[Cited, ...]
    word: str = ""  # certainty of a fact or event, kind of an advice
    label: str = ""  # the question or the subject
    when: str = ""
    lines: tuple[Line, ...] = ()
    readings: tuple[tuple[str, tuple[Cited, ...]], ...] = ()


def build_incident_page(
    revisions: Sequence[Revision], questionnaire: Questionnaire, publishers: Mapping[str, str]
) -> dict[str, Any]:
    """Return what `incident.html` needs; `revisions` are those of one incident, newest first; `publishers`: by number,
    who published those that were made here."""
    revision = revisions[0]
    return {
        "revision": revision,
        "revisions": revisions,
        "as_of": write_day(revision.as_of),
        "statuses": [(key, STATUS_WORDS[key], meaning) for key, meaning in STATUS_MEANING.items()],
        "guidance": group_guidance(revision),
        "events": [
            _show(revision, event, when=describe_moment(event), word=STATUS_WORDS[event.status])
            for event in revision.events
        ],
        "svg": timeline.draw_timeline(revision.events),
        "groups": group_facts(revision),
        "proposals": group_proposals(revision, questionnaire),
        "advice": [
            _show(revision, advice, label=questionnaire.questions[key].label) for key, advice in revision.advice.items()
        ],
        # a memory aid helps to find a day; it does not give one
        "aids": [
            _show(revision, aid, when=f"autour du {write_day(dt.datetime.fromisoformat(aid.at).date())}")
            for aid in revision.aids
        ],
        "changes": list_changes(revisions, questionnaire, publishers),
        "sources": cite_sources(revision, tuple(revision.sources)),
    }


def cite_sources(revision: Revision, ids: Sequence[str]) -> tuple[Cited, ...]:
    """Return the sources with these identifiers, each with the words of its date."""
    return tuple(Cited(source, write_source_date(source)) for source in map(revision.sources.__getitem__, ids))


def _show(revision: Revision, item: Any, **words: Any) -> Shown:
    return Shown(item, cite_sources(revision, item.sources), **words)


def group_guidance(revision: Revision) -> list[dict[str, Any]]:
    """Return, by subject, the authority's line (or the law's where it is silent), what contradicts it, the rest."""
    groups = []
    for about, title in ABOUT.items():
        advised = [guidance for guidance in revision.guidance if guidance.about == about]
        first = "authority" if any(guidance.kind == "authority" for guidance in advised) else "law"
        parts: dict[str, list[Guidance]] = {"line": [], "contrary": [], "others": []}
        for guidance in advised:
            part = "contrary" if guidance.contrary else "line" if guidance.kind == first else "others"
            parts[part].append(guidance)
        parts["others"].sort(key=lambda guidance: list(GUIDANCE_WORDS).index(guidance.kind))
        shown = {
            name: [_show(revision, guidance, word=GUIDANCE_WORDS[guidance.kind]) for guidance in part]
            for name, part in parts.items()
        }
        if advised:
            groups.append({"title": title, **shown})
    return groups


def group_facts(revision: Revision) -> list[dict[str, Any]]:
    """Return the facts that say something, from the surest to the least sure; what touches the practice comes first."""
    facts = sorted((fact for fact in revision.facts if fact.statement), key=lambda fact: list(SCOPES).index(fact.scope))
    groups = []
    for status, word in STATUS_WORDS.items():
        shown = [_show_fact(revision, fact) for fact in facts if fact.status == status]
        if shown:
            groups.append({"status": status, "title": word, "meaning": STATUS_MEANING[status], "facts": shown})
    return groups


def _show_fact(revision: Revision, fact: Fact) -> Shown:
    """A source that is cited with a reading is not cited again."""
    readings = tuple((reading.text, cite_sources(revision, reading.sources)) for reading in fact.readings)
    cited = {source.source.id for _, sources in readings for source in sources}
    return Shown(
        fact,
        cite_sources(revision, [each for each in fact.sources if each not in cited]),
        label=SCOPES[fact.scope] or revision.vendor,
        readings=readings,
        when=write_day(fact.corrected_on) if fact.corrected_on else "",
    )


def group_proposals(revision: Revision, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """Return what a draft will propose, step by step, in the words of the form."""
    by_key = {fact.key: fact for fact in revision.facts if fact.proposes or fact.suggest}
    groups = []
    for step in questionnaire.steps:
        rows = []
        for question in questionnaire.of_step(step.slug):
            if not (fact := by_key.get(question.key)):
                continue
            lines = [Line(option.label) for option in question.options if option.key in fact.suggest]
            if fact.proposes and not fact.unknown:
                entry = propose_entry(question, fact, revision.origin)
                lines += list_value_lines(question, entry, timeline.PARIS)
            word = "" if any(line.certainty for line in lines) else STATUS_WORDS[fact.status]
            rows.append(_show(revision, fact, label=question.label, word=word, lines=tuple(lines)))
        if rows:
            groups.append({"title": step.title, "rows": rows})
    return groups


def describe_moment(event: Event) -> str:
    """Return « lundi 10 novembre 2025, vers 23 h 00 (heure de Paris) », « courant janvier 2026 »… The longer a period,
    the vaguer the words: the bounds of a season only serve to sort."""
    start, end = timeline.find_span(event)
    about = event.precision == "about"
    if event.until:
        first, last = start.date(), end.date()
        if last - first < dt.timedelta(days=21):
            return f"entre le {write_day(first)} et le {write_day(last)}"
        months = [f"{deadlines.MONTHS[day.month - 1]} {day.year}" for day in (first, last)]
        return f"courant {months[1]}" if months[0] == months[1] else f"entre {months[0]} et {months[1]}"
    if len(event.at) == len("2025-11-10"):
        return f"{'vers le ' if about else ''}{deadlines.describe_day(start)}"
    words = deadlines.describe_instant(start, timeline.PARIS).replace(" h ", "\u00a0h\u00a0")
    return words.replace(" à ", ", vers ", 1) if about else words


def list_changes(
    revisions: Sequence[Revision], questionnaire: Questionnaire, publishers: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return what each revision brought, newest first, with the labels of the answers that it proposes differently
    (None for the first), and for one that was made here, who published it and whether somebody else read it."""
    proposed = [prefill.propose_incident(questionnaire, revision) for revision in revisions]
    labels: list[list[str] | None] = []
    for newer, older in pairwise(proposed):
        entries = {key: proposal.entry for key, proposal in older.items()}
        origins = {proposal.origin: older for proposal in older.values()}
        keys = {*prefill.find_changed_keys(entries, newer, origins), *(newer.keys() - older.keys())}
        labels.append([question.label for question in questionnaire if question.key in keys])
    changes = []
    for revision, changed in zip(revisions, [*labels, None], strict=True):
        by = ""
        if ".local" in revision.number:
            read = f"relue par {revision.reviewed_by}" if revision.reviewed_by else "publié sans relecture"
            by = f"Publiée sur ce site par {publishers.get(revision.number) or 'un éditeur'} : {read}."
        published = write_day(revision.published_at)
        changes.append({"revision": revision, "published": published, "labels": changed, "by": by})
    return changes
