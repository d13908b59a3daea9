"""A dossier's life: start, save (merged by key), keep, take, keep mine, restore."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Prefetch, QuerySet

from ... import prefill, seeds
from ...models import AnswerChange, ControllerGroup, Dossier, IncidentRevision, Practice, SharedTemplateRevision
from ...questionnaire import (
    Answers,
    Case,
    Entry,
    Question,
    find_applicable,
    find_span,
    is_blank,
    is_same_answer,
    mark_reviewed,
)
from ...questionnaire.patient_data import entry_holds_health_number, hash_texts, suspect_entry
from ...report import ORGANISATION, DossierData, ReviewDone, list_offers
from .. import journal
from ..revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS
from ..shared_templates import publishing
from . import reviews, snapshots, transcription

logger = logging.getLogger(__name__)

# Stands in the history for a text that seemed to hold a patient's data; equal to no entry.
ERASED = {"state": "erased"}
# Columns that queries need, each from one answer.
AWARE, INFORMED, NAME = "aware_at", "informed_by_processor_at", ORGANISATION
DECISION = "decision"  # of which the day is kept, too
COLUMNS = ["aware_at", "informed_at", "decision", "title", "organisation_name"]


@dataclass
class Saved:
    """What a save did. `conflicts` holds, for each key not written, both entries and who wrote the other one when."""

    version: int
    saved_at: datetime | None
    saved: list[str] = field(default_factory=list)
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """An answer as one save left it, whose number it bears; no entry where it was erased, or where there was none."""

    number: int
    entry: Entry | None
    erased: bool
    at: datetime
    by: str


def load_dossier_data(dossier: Dossier) -> DossierData:
    """A stored dossier as plain data."""
    read = reviews.done([dossier.pk]).get(dossier.pk, ())
    return _as_data(dossier, _families([dossier]), decided_at(dossier), read)


def load_every_dossier_data(found: QuerySet[Dossier]) -> list[tuple[Dossier, DossierData]]:
    """Each stored dossier and the same as plain data, in as many queries for one as for hundreds."""
    decisions = Prefetch("changes", AnswerChange.objects.filter(key=DECISION).order_by("version"), "decisions")
    dossiers = list(found.select_related("practice", "group").prefetch_related("filings", decisions))
    families, read = _families(dossiers), reviews.done([dossier.pk for dossier in dossiers])
    return [
        (dossier, _as_data(dossier, families, _last_decision(dossier), read.get(dossier.pk, ())))
        for dossier in dossiers
    ]


def _families(dossiers: Sequence[Dossier]) -> tuple[Mapping[int, Any], Mapping[int, Any]]:
    """What is known here of the incidents and of the templates that some dossiers were begun with."""
    return (
        INCIDENT_REVISIONS.load_families({dossier.incident_revision_id for dossier in dossiers} - {None}),
        TEMPLATE_REVISIONS.load_families({dossier.template_revision_id for dossier in dossiers} - {None}),
    )


def _as_data(
    dossier: Dossier,
    families: tuple[Mapping[int, Any], Mapping[int, Any]],
    decided_at: datetime | None,
    done_reviews: tuple[ReviewDone, ...],
) -> DossierData:
    begun, revisions = families[0].get(dossier.incident_revision_id, (None, []))
    template, its_revisions = families[1].get(dossier.template_revision_id, (None, []))
    return DossierData(
        questionnaire=seeds.find_questionnaire(dossier.questionnaire),
        answers={key: bare(entry) for key, entry in dossier.answers.items()},
        zone=ZoneInfo(dossier.timezone),
        obligations=seeds.load_duties(),
        revision=begun,
        newest=revisions[0] if revisions else None,
        revisions={revision.origin: revision for revision in revisions},
        template=template,
        newest_template=its_revisions[0] if its_revisions else None,
        templates={each.origin: each for each in its_revisions},
        overruled={key: decision["sha256"] for key, decision in dossier.overruled.items()},
        profile=dossier.practice.profile if dossier.practice else {},
        common=dossier.group.answers if dossier.group else {},
        offered=dossier.offered,
        filings=tuple(snapshots.as_data(each) for each in snapshots.active(dossier)),
        decided_at=decided_at,
        reviews=done_reviews,
    )


def decided_at(dossier: Dossier) -> datetime | None:
    """When the practice last said whether it notifies."""
    if DECISION not in dossier.answers:
        return None
    return dossier.changes.filter(key=DECISION).order_by("-version").values_list("at", flat=True).first()


def _last_decision(dossier: Any) -> datetime | None:
    """The same, from what a list prefetched."""
    return dossier.decisions[-1].at if DECISION in dossier.answers and dossier.decisions else None


def zone(dossier: Dossier) -> ZoneInfo:
    return ZoneInfo(dossier.timezone)


def bare(entry: Mapping[str, Any] | None) -> Entry | None:
    """A stored entry without the number of the save that last changed it."""
    return {name: value for name, value in entry.items() if name != "version"} if entry else None


@transaction.atomic
def start(
    *,
    revision: IncidentRevision | None,
    timezone: str,
    by: str,
    now: datetime,
    answers: Mapping[str, Entry] | None = None,
    questionnaire: str = seeds.QUESTIONNAIRE,
    practice: Practice | None = None,
    group: ControllerGroup | None = None,
    template: SharedTemplateRevision | None = None,
    counted: bool = False,
) -> Dossier:
    """A new dossier with the answers of an imported file, or else with what is proposed: by defaults, by the incident,
    by the template, by the practice's profile and by its group. `counted`: whoever publishes the template may know
    that there is one dossier more. Raises ValueError for a template of another incident or questionnaire."""
    dossier = Dossier(questionnaire=questionnaire, incident_revision=revision, timezone=timezone, created_at=now)
    dossier.practice, dossier.group = practice, group
    if template is not None:
        publishing.check_fits(template.template, questionnaire, revision)
        dossier.template_revision, dossier.counted = template, counted
    dossier.title = _title(dossier, {})
    dossier.save()
    journal.append(dossier=dossier, event="started" if answers is None else "imported", by=by, now=now)
    if answers is None:
        answers = _first_answers(dossier)
    save_answers(dossier=dossier, base=0, entries=answers, by=by, now=now)
    dossier.refresh_from_db()
    return dossier


def _first_answers(dossier: Dossier) -> dict[str, Entry]:
    """What every layer proposes; the profile's and the group's proposals count as seen."""
    data = load_dossier_data(dossier)
    sourced = prefill.keep_strongest(data.layers(newest=False))
    own = prefill.propose_practice(data.questionnaire, data.profile, data.common, sourced)
    note_seen(dossier, own)
    return prefill.fill_entries({}, {**sourced, **own})


def note_seen(dossier: Dossier, proposals: Mapping[str, prefill.Proposal]) -> None:
    """Those of the profile and the group are not offered again; the dossier's row is locked by the caller."""
    offered = Dossier.objects.values_list("offered", flat=True).get(pk=dossier.pk)
    dossier.offered = {**offered, **{key: prefill.hash_proposal(each) for key, each in proposals.items()}}
    Dossier.objects.filter(pk=dossier.pk).update(offered=dossier.offered)


@transaction.atomic
def save_answers(*, dossier: Dossier, base: int, entries: Mapping[str, Entry | None], by: str, now: datetime) -> Saved:
    """Merge `entries` by key, three ways: mine = sent, base = as of version `base`, theirs = as stored now.

    mine = base: nothing to do; theirs = base or theirs = mine: written; else a conflict, not written while the other
    keys are. Keys that make sense only together are written together or not at all. Nothing written, nothing moves.
    """
    Dossier.objects.filter(pk=dossier.pk).update(version=F("version") + 1)  # locks the row before it is read
    locked = Dossier.objects.get(pk=dossier.pk)
    changed, conflicts = _merge(locked, base, entries)
    written = {key: entry for key, entry in changed.items() if bare(locked.answers.get(key)) != entry}
    result = Saved(locked.version - 1, locked.last_saved_at, sorted(changed), _described(locked, conflicts))
    if written:
        _write(locked, written, by, now)
        result.version, result.saved_at = locked.version, now
    else:
        Dossier.objects.filter(pk=dossier.pk).update(version=F("version") - 1)
    return result


def entries_as_of(*, dossier: Dossier, base: int, keys: Collection[str]) -> dict[str, Entry | None]:
    """The entry of each key as it stood after save number `base`."""
    found = {key: bare(dossier.answers.get(key)) for key in keys}
    # an entry that was removed no longer says when
    recent = {key for key in keys if dossier.answers.get(key, {"version": dossier.version})["version"] > base}
    if recent:
        later = AnswerChange.objects.filter(dossier=dossier, version__gt=base, key__in=recent).order_by("-version")
        found |= {change.key: change.before for change in later}  # the earliest comes last and stays
    return found


def _merge(
    dossier: Dossier, base: int, entries: Mapping[str, Entry | None]
) -> tuple[dict[str, Entry | None], dict[str, Entry | None]]:
    """(keys to write, keys in conflict), each with what was sent.

    Keys that make sense only together merge as one: what somebody else changed in such a set clashes with what the
    sender changed in it, be it another of its keys."""
    questionnaire = seeds.find_questionnaire(dossier.questionnaire)
    sets = dict.fromkeys(questionnaire.merge_set(key) for key in entries)
    before = entries_as_of(dossier=dossier, base=base, keys={key for keys in sets for key in keys})
    mine = {**before, **entries}
    theirs = {key: bare(dossier.answers.get(key)) for key in before}
    changed: dict[str, Entry | None] = {}
    conflicts: dict[str, Entry | None] = {}
    for keys in sets:
        sent = [key for key in entries if key in keys]
        edited = [key for key in sent if mine[key] != before[key]]
        if edited and any(theirs[key] not in (before[key], mine[key]) for key in keys):
            conflicts |= {key: mine[key] for key in sent if mine[key] != theirs[key]}
        changed |= {key: mine[key] for key in edited if key not in conflicts}
    return changed, conflicts


def _described(dossier: Dossier, conflicts: Mapping[str, Entry | None]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, entry in conflicts.items():
        found[key] = {"mine": entry, "theirs": bare(dossier.answers.get(key)), **last_change(dossier, key)}
    return found


def last_change(dossier: Dossier, key: str) -> dict[str, str]:
    """Who last changed an answer, or one that makes sense only together with it, and when."""
    keys = seeds.find_questionnaire(dossier.questionnaire).merge_set(key)
    last = dossier.changes.filter(key__in=keys).order_by("-version").first()
    return {"by": last.by if last else "", "at": last.at.isoformat() if last else ""}


def _write(dossier: Dossier, written: Mapping[str, Entry | None], by: str, now: datetime) -> None:
    """Store the entries, their history and the columns that follow from them; the row is locked by the caller."""
    changes = []
    questionnaire = seeds.find_questionnaire(dossier.questionnaire)
    for key, entry in written.items():
        question = questionnaire.questions[key]
        old = bare(dossier.answers.get(key))
        if _holds_patient_data(dossier, question, old):
            _forget(dossier, question)
            old = ERASED
        changes.append(
            AnswerChange(dossier=dossier, version=dossier.version, key=key, before=old, after=entry, at=now, by=by)
        )
        dossier.answers.pop(key, None)
        if entry is not None:
            dossier.answers[key] = {**entry, "version": dossier.version}
    AnswerChange.objects.bulk_create(changes)
    dossier.last_saved_at = now
    _derive(dossier)
    dossier.save(update_fields=["answers", *COLUMNS, "last_saved_at"])
    journal.append(dossier=dossier, event="answers_saved", keys=written.keys(), by=by, now=now)


def _holds_patient_data(dossier: Dossier, question: Question, entry: Mapping[str, Any] | None) -> bool:
    """Does this entry seem to, and did nobody say that it does not? Health numbers are looked for everywhere."""
    if dossier.overruled.get(question.key, {}).get("sha256") == hash_texts(question, entry):
        return False
    return entry_holds_health_number(entry) or bool(suspect_entry(question, entry))


def _forget(dossier: Dossier, question: Question) -> None:
    """A patient's data is not kept in the history once replaced."""
    transcription.forget(dossier, question.key)
    for change in dossier.changes.filter(key=question.key):
        for side in ("before", "after"):
            if _holds_patient_data(dossier, question, getattr(change, side)):
                setattr(change, side, ERASED)
        change.save(update_fields=["before", "after"])


def _derive(dossier: Dossier) -> None:
    """The columns that queries need, each re-made from the answers."""
    known = {key: entry["value"] for key, entry in dossier.answers.items() if entry["state"] == "known"}
    dossier.aware_at, dossier.informed_at = (_first_instant(dossier, known.get(key)) for key in (AWARE, INFORMED))
    dossier.decision, dossier.organisation_name = known.get(DECISION, ""), known.get(NAME, "")
    dossier.title = _title(dossier, dossier.answers)


def _first_instant(dossier: Dossier, value: str | None) -> datetime | None:
    return find_span(value, ZoneInfo(dossier.timezone))[0].astimezone(UTC) if value else None


def _title(dossier: Dossier, answers: Answers) -> str:
    stored = dossier.incident_revision
    incident = INCIDENT_REVISIONS.as_data(stored).title if stored else "violation sans incident connu"
    return f"{dossier.organisation_name or 'Cabinet à nommer'} – {incident}"[:250]


def keep(*, dossier: Dossier, keys: Collection[str], by: str, now: datetime) -> Saved:
    """« Conserver » for several answers: each is read by the practice as it stands now."""
    entries = {key: mark_reviewed(entry) for key in keys if (entry := bare(dossier.answers.get(key)))}
    return save_answers(dossier=dossier, base=dossier.version, entries=entries, by=by, now=now)


@transaction.atomic
def overrule(*, dossier: Dossier, key: str, seen: str, by: str, now: datetime) -> bool:
    """« Ce n'est pas une donnée de patient », of the text whose fingerprint is `seen`: that text is not warned of
    again, another one is. Nothing happens when the answer holds another text by now, or is not suspected."""
    Dossier.objects.filter(pk=dossier.pk).update(version=F("version"))  # locks the row before it is read
    locked = Dossier.objects.get(pk=dossier.pk)
    question, entry = seeds.find_questionnaire(locked.questionnaire).get(key), bare(locked.answers.get(key))
    kinds = suspect_entry(question, entry) if question and hash_texts(question, entry) == seen else ()
    if not kinds or locked.overruled.get(key, {}).get("sha256") == seen:
        return False
    locked.overruled[key] = {"sha256": seen, "by": by, "at": now.isoformat()}
    locked.save(update_fields=["overruled"])
    journal.append(dossier=dossier, event="warning_overruled", keys=[key], by=by, now=now)
    fields = {"question": key, "kind": kinds}
    transaction.on_commit(lambda: logger.info("patient_data_overruled", extra={"fields": fields}))
    return True


def keepable(dossier: Dossier, slug: str) -> list[str]:
    """Unread answers of a step that may be kept by rubric: those marked `open` must be opened one by one."""
    case = Case(seeds.find_questionnaire(dossier.questionnaire), dossier.answers)
    questions = [question for question in find_applicable(case) if question.step == slug]
    return [question.key for question in questions if question.review != "open" and _unread(dossier, question)]


def _unread(dossier: Dossier, question: Question) -> bool:
    entry = dossier.answers.get(question.key)
    return entry is not None and entry["state"] != "cleared" and not entry.get("reviewed")


@transaction.atomic
def take(*, dossier: Dossier, key: str, by: str, now: datetime) -> Saved:
    """« Prendre »: the newest proposal for this key becomes the answer."""
    return take_all(dossier=dossier, keys=[key], base=dossier.version, by=by, now=now)


@transaction.atomic
def take_all(*, dossier: Dossier, keys: Collection[str], base: int, by: str, now: datetime) -> Saved:
    """The same for several keys, in one save, merged like any with what changed since version `base`."""
    newest, offers = _newest(dossier)
    chosen = {key: offers.get(key) or newest[key] for key in keys if key in newest or key in offers}
    entries: dict[str, Entry | None] = {key: mark_reviewed(proposal.entry) for key, proposal in chosen.items()}
    saved = save_answers(dossier=dossier, base=base, entries=entries, by=by, now=now)
    note_seen(dossier, {key: chosen[key] for key in saved.saved if key in offers})
    return saved


@transaction.atomic
def keep_mine(*, dossier: Dossier, key: str, by: str, now: datetime) -> Saved:
    """« Garder la mienne »: the answer stays, and was shown the newest proposal (or its withdrawal)."""
    newest, offers = _newest(dossier)
    if key in offers:
        Dossier.objects.filter(pk=dossier.pk).update(version=F("version"))  # locks the row before it is read
        note_seen(dossier, {key: offers[key]})
        journal.append(dossier=dossier, event="offer_declined", keys=[key], by=by, now=now)
    entry, proposal = bare(dossier.answers.get(key)), newest.get(key)
    if entry is None and (key in offers or proposal is None):
        return Saved(dossier.version, dossier.last_saved_at)
    entry = entry or {"state": "cleared", "origin": "practice"}  # no answer, by choice
    basis = {"basis": proposal.basis} if proposal is not None else {}
    rest = {name: value for name, value in entry.items() if name != "basis"}
    moved = {**rest, **basis, "reviewed": entry["state"] != "cleared"}
    return save_answers(dossier=dossier, base=dossier.version, entries={key: moved}, by=by, now=now)


def versions(dossier: Dossier, key: str) -> list[Version]:
    """What an answer was, the present one first; a save that only read it or moved its origin is left out."""
    told: list[AnswerChange] = []
    for change in dossier.changes.filter(key=key).order_by("version"):
        if not told or not is_same_answer(told[-1].after, change.after):
            told.append(change)
    return [_version(change) for change in reversed(told)]


def _version(change: AnswerChange) -> Version:
    erased = change.after == ERASED
    return Version(change.version, None if erased else change.after, erased, change.at, change.by)


def restore(
    *, dossier: Dossier, key: str, change: int, by: str, now: datetime, base: int | None = None
) -> Saved | None:
    """The answer becomes again what save number `change` left, by a new save, merged like any; None when there is
    nothing to restore: no such save, or its text was erased. Only `key`, also where others are merged with it."""
    found = dossier.changes.filter(key=key, version=change).first()
    if found is None or found.after == ERASED:
        return None
    # an act on this answer, hence read; none is « cleared », so that no proposal fills it again
    entry = {"state": "cleared", "origin": "practice", "reviewed": False}
    if not is_blank(found.after):
        entry = mark_reviewed(found.after)
    base = dossier.version if base is None else base
    return save_answers(dossier=dossier, base=base, entries={key: entry}, by=by, now=now)


def _newest(dossier: Dossier) -> tuple[dict[str, prefill.Proposal], dict[str, prefill.Proposal]]:
    """(what the newest revisions propose now, what the profile or the group proposes and nobody has answered)."""
    data = load_dossier_data(dossier)
    sourced = prefill.keep_strongest(data.layers(newest=True))
    return sourced, list_offers(data, sourced)
