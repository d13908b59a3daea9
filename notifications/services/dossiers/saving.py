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
from ...models import AnswerChange, ControllerGroup, Draft, IncidentRevision, Practice, TemplateRevision
from ...questionnaire import Answers, Case, Entry, Question, applicable, is_blank, kept, same_answer, span
from ...questionnaire.patient_data import entry_holds_health_number, entry_suspicions, fingerprint
from ...report import ORGANISATION, DossierData, Proofread, list_offers
from .. import journal
from ..incidents import incidents
from ..shared_templates import templates
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


def dossier(draft: Draft) -> DossierData:
    """A stored dossier as plain data."""
    read = reviews.done([draft.pk]).get(draft.pk, ())
    return _as_data(draft, _families([draft]), decided_at(draft), read)


def dossiers(found: QuerySet[Draft]) -> list[tuple[Draft, DossierData]]:
    """Each stored dossier and the same as plain data, in as many queries for one as for hundreds."""
    decisions = Prefetch("changes", AnswerChange.objects.filter(key=DECISION).order_by("version"), "decisions")
    drafts = list(found.select_related("practice", "group").prefetch_related("filings", decisions))
    families, read = _families(drafts), reviews.done([draft.pk for draft in drafts])
    return [(draft, _as_data(draft, families, _last_decision(draft), read.get(draft.pk, ()))) for draft in drafts]


def _families(drafts: Sequence[Draft]) -> tuple[Mapping[int, Any], Mapping[int, Any]]:
    """What is known here of the incidents and of the templates that some dossiers were begun with."""
    return (
        incidents.families({draft.incident_revision_id for draft in drafts} - {None}),
        templates.families({draft.template_revision_id for draft in drafts} - {None}),
    )


def _as_data(
    draft: Draft,
    families: tuple[Mapping[int, Any], Mapping[int, Any]],
    decided_at: datetime | None,
    proofread: tuple[Proofread, ...],
) -> DossierData:
    begun, revisions = families[0].get(draft.incident_revision_id, (None, []))
    template, its_revisions = families[1].get(draft.template_revision_id, (None, []))
    return DossierData(
        questionnaire=seeds.questionnaire(draft.questionnaire),
        answers={key: bare(entry) for key, entry in draft.answers.items()},
        zone=ZoneInfo(draft.timezone),
        obligations=seeds.duties(),
        revision=begun,
        newest=revisions[0] if revisions else None,
        revisions={revision.origin: revision for revision in revisions},
        template=template,
        newest_template=its_revisions[0] if its_revisions else None,
        templates={each.origin: each for each in its_revisions},
        overruled={key: decision["sha256"] for key, decision in draft.overruled.items()},
        profile=draft.practice.profile if draft.practice else {},
        common=draft.group.answers if draft.group else {},
        offered=draft.offered,
        filings=tuple(snapshots.as_data(each) for each in snapshots.active(draft)),
        decided_at=decided_at,
        proofread=proofread,
    )


def decided_at(draft: Draft) -> datetime | None:
    """When the practice last said whether it notifies."""
    if DECISION not in draft.answers:
        return None
    return draft.changes.filter(key=DECISION).order_by("-version").values_list("at", flat=True).first()


def _last_decision(draft: Any) -> datetime | None:
    """The same, from what a list prefetched."""
    return draft.decisions[-1].at if DECISION in draft.answers and draft.decisions else None


def zone(draft: Draft) -> ZoneInfo:
    return ZoneInfo(draft.timezone)


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
    template: TemplateRevision | None = None,
    counted: bool = False,
) -> Draft:
    """A new dossier with the answers of an imported file, or else with what is proposed: by defaults, by the incident,
    by the template, by the practice's profile and by its group. `counted`: whoever publishes the template may know
    that there is one dossier more. Raises ValueError for a template of another incident or questionnaire."""
    draft = Draft(questionnaire=questionnaire, incident_revision=revision, timezone=timezone, created_at=now)
    draft.practice, draft.group = practice, group
    if template is not None:
        templates.check_fits(template.template, questionnaire, revision)
        draft.template_revision, draft.counted = template, counted
    draft.title = _title(draft, {})
    draft.save()
    journal.append(draft=draft, event="started" if answers is None else "imported", by=by, now=now)
    if answers is None:
        answers = _first_answers(draft)
    save_answers(draft=draft, base=0, entries=answers, by=by, now=now)
    draft.refresh_from_db()
    return draft


def _first_answers(draft: Draft) -> dict[str, Entry]:
    """What every layer proposes; the profile's and the group's proposals count as seen."""
    data = dossier(draft)
    sourced = prefill.strongest(data.layers(newest=False))
    own = prefill.of_practice(data.questionnaire, data.profile, data.common, sourced)
    note_seen(draft, own)
    return prefill.prefill({}, {**sourced, **own})


def note_seen(draft: Draft, proposals: Mapping[str, prefill.Proposal]) -> None:
    """Those of the profile and the group are not offered again; the dossier's row is locked by the caller."""
    offered = Draft.objects.values_list("offered", flat=True).get(pk=draft.pk)
    draft.offered = {**offered, **{key: prefill.fingerprint(each) for key, each in proposals.items()}}
    Draft.objects.filter(pk=draft.pk).update(offered=draft.offered)


@transaction.atomic
def save_answers(*, draft: Draft, base: int, entries: Mapping[str, Entry | None], by: str, now: datetime) -> Saved:
    """Merge `entries` by key, three ways: mine = sent, base = as of version `base`, theirs = as stored now.

    mine = base: nothing to do; theirs = base or theirs = mine: written; else a conflict, not written while the other
    keys are. Keys that make sense only together are written together or not at all. Nothing written, nothing moves.
    """
    Draft.objects.filter(pk=draft.pk).update(version=F("version") + 1)  # locks the row before it is read
    locked = Draft.objects.get(pk=draft.pk)
    changed, conflicts = _merge(locked, base, entries)
    written = {key: entry for key, entry in changed.items() if bare(locked.answers.get(key)) != entry}
    result = Saved(locked.version - 1, locked.last_saved_at, sorted(changed), _described(locked, conflicts))
    if written:
        _write(locked, written, by, now)
        result.version, result.saved_at = locked.version, now
    else:
        Draft.objects.filter(pk=draft.pk).update(version=F("version") - 1)
    return result


def entries_as_of(*, draft: Draft, base: int, keys: Collection[str]) -> dict[str, Entry | None]:
    """The entry of each key as it stood after save number `base`."""
    found = {key: bare(draft.answers.get(key)) for key in keys}
    # an entry that was removed no longer says when
    recent = {key for key in keys if draft.answers.get(key, {"version": draft.version})["version"] > base}
    if recent:
        later = AnswerChange.objects.filter(draft=draft, version__gt=base, key__in=recent).order_by("-version")
        found |= {change.key: change.before for change in later}  # the earliest comes last and stays
    return found


def _merge(
    draft: Draft, base: int, entries: Mapping[str, Entry | None]
) -> tuple[dict[str, Entry | None], dict[str, Entry | None]]:
    """(keys to write, keys in conflict), each with what was sent.

    Keys that make sense only together merge as one: what somebody else changed in such a set clashes with what the
    sender changed in it, be it another of its keys."""
    questionnaire = seeds.questionnaire(draft.questionnaire)
    sets = dict.fromkeys(questionnaire.merge_set(key) for key in entries)
    before = entries_as_of(draft=draft, base=base, keys={key for keys in sets for key in keys})
    mine = {**before, **entries}
    theirs = {key: bare(draft.answers.get(key)) for key in before}
    changed: dict[str, Entry | None] = {}
    conflicts: dict[str, Entry | None] = {}
    for keys in sets:
        sent = [key for key in entries if key in keys]
        edited = [key for key in sent if mine[key] != before[key]]
        if edited and any(theirs[key] not in (before[key], mine[key]) for key in keys):
            conflicts |= {key: mine[key] for key in sent if mine[key] != theirs[key]}
        changed |= {key: mine[key] for key in edited if key not in conflicts}
    return changed, conflicts


def _described(draft: Draft, conflicts: Mapping[str, Entry | None]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, entry in conflicts.items():
        found[key] = {"mine": entry, "theirs": bare(draft.answers.get(key)), **last_change(draft, key)}
    return found


def last_change(draft: Draft, key: str) -> dict[str, str]:
    """Who last changed an answer, or one that makes sense only together with it, and when."""
    keys = seeds.questionnaire(draft.questionnaire).merge_set(key)
    last = draft.changes.filter(key__in=keys).order_by("-version").first()
    return {"by": last.by if last else "", "at": last.at.isoformat() if last else ""}


def _write(draft: Draft, written: Mapping[str, Entry | None], by: str, now: datetime) -> None:
    """Store the entries, their history and the columns that follow from them; the row is locked by the caller."""
    changes = []
    questionnaire = seeds.questionnaire(draft.questionnaire)
    for key, entry in written.items():
        question = questionnaire.questions[key]
        old = bare(draft.answers.get(key))
        if _holds_patient_data(draft, question, old):
            _forget(draft, question)
            old = ERASED
        changes.append(
            AnswerChange(draft=draft, version=draft.version, key=key, before=old, after=entry, at=now, by=by)
        )
        draft.answers.pop(key, None)
        if entry is not None:
            draft.answers[key] = {**entry, "version": draft.version}
    AnswerChange.objects.bulk_create(changes)
    draft.last_saved_at = now
    _derive(draft)
    draft.save(update_fields=["answers", *COLUMNS, "last_saved_at"])
    journal.append(draft=draft, event="answers_saved", keys=written.keys(), by=by, now=now)


def _holds_patient_data(draft: Draft, question: Question, entry: Mapping[str, Any] | None) -> bool:
    """Does this entry seem to, and did nobody say that it does not? Health numbers are looked for everywhere."""
    if draft.overruled.get(question.key, {}).get("sha256") == fingerprint(question, entry):
        return False
    return entry_holds_health_number(entry) or bool(entry_suspicions(question, entry))


def _forget(draft: Draft, question: Question) -> None:
    """A patient's data is not kept in the history once replaced."""
    transcription.forget(draft, question.key)
    for change in draft.changes.filter(key=question.key):
        for side in ("before", "after"):
            if _holds_patient_data(draft, question, getattr(change, side)):
                setattr(change, side, ERASED)
        change.save(update_fields=["before", "after"])


def _derive(draft: Draft) -> None:
    """The columns that queries need, each re-made from the answers."""
    known = {key: entry["value"] for key, entry in draft.answers.items() if entry["state"] == "known"}
    draft.aware_at, draft.informed_at = (_first_instant(draft, known.get(key)) for key in (AWARE, INFORMED))
    draft.decision, draft.organisation_name = known.get(DECISION, ""), known.get(NAME, "")
    draft.title = _title(draft, draft.answers)


def _first_instant(draft: Draft, value: str | None) -> datetime | None:
    return span(value, ZoneInfo(draft.timezone))[0].astimezone(UTC) if value else None


def _title(draft: Draft, answers: Answers) -> str:
    stored = draft.incident_revision
    incident = incidents.as_data(stored).title if stored else "violation sans incident connu"
    return f"{draft.organisation_name or 'Cabinet à nommer'} – {incident}"[:250]


def keep(*, draft: Draft, keys: Collection[str], by: str, now: datetime) -> Saved:
    """« Conserver » for several answers: each is read by the practice as it stands now."""
    entries = {key: kept(entry) for key in keys if (entry := bare(draft.answers.get(key)))}
    return save_answers(draft=draft, base=draft.version, entries=entries, by=by, now=now)


@transaction.atomic
def overrule(*, draft: Draft, key: str, seen: str, by: str, now: datetime) -> bool:
    """« Ce n'est pas une donnée de patient », of the text whose fingerprint is `seen`: that text is not warned of
    again, another one is. Nothing happens when the answer holds another text by now, or is not suspected."""
    Draft.objects.filter(pk=draft.pk).update(version=F("version"))  # locks the row before it is read
    locked = Draft.objects.get(pk=draft.pk)
    question, entry = seeds.questionnaire(locked.questionnaire).get(key), bare(locked.answers.get(key))
    kinds = entry_suspicions(question, entry) if question and fingerprint(question, entry) == seen else ()
    if not kinds or locked.overruled.get(key, {}).get("sha256") == seen:
        return False
    locked.overruled[key] = {"sha256": seen, "by": by, "at": now.isoformat()}
    locked.save(update_fields=["overruled"])
    journal.append(draft=draft, event="warning_overruled", keys=[key], by=by, now=now)
    fields = {"question": key, "kind": kinds}
    transaction.on_commit(lambda: logger.info("patient_data_overruled", extra={"fields": fields}))
    return True


def keepable(draft: Draft, slug: str) -> list[str]:
    """Unread answers of a step that may be kept by rubric: those marked `open` must be opened one by one."""
    case = Case(seeds.questionnaire(draft.questionnaire), draft.answers)
    questions = [question for question in applicable(case) if question.step == slug]
    return [question.key for question in questions if question.review != "open" and _unread(draft, question)]


def _unread(draft: Draft, question: Question) -> bool:
    entry = draft.answers.get(question.key)
    return entry is not None and entry["state"] != "cleared" and not entry.get("reviewed")


@transaction.atomic
def take(*, draft: Draft, key: str, by: str, now: datetime) -> Saved:
    """« Prendre »: the newest proposal for this key becomes the answer."""
    return take_all(draft=draft, keys=[key], base=draft.version, by=by, now=now)


@transaction.atomic
def take_all(*, draft: Draft, keys: Collection[str], base: int, by: str, now: datetime) -> Saved:
    """The same for several keys, in one save, merged like any with what changed since version `base`."""
    newest, offers = _newest(draft)
    chosen = {key: offers.get(key) or newest[key] for key in keys if key in newest or key in offers}
    entries: dict[str, Entry | None] = {key: prefill.taken(proposal) for key, proposal in chosen.items()}
    saved = save_answers(draft=draft, base=base, entries=entries, by=by, now=now)
    note_seen(draft, {key: chosen[key] for key in saved.saved if key in offers})
    return saved


@transaction.atomic
def keep_mine(*, draft: Draft, key: str, by: str, now: datetime) -> Saved:
    """« Garder la mienne »: the answer stays, and was shown the newest proposal (or its withdrawal)."""
    newest, offers = _newest(draft)
    if key in offers:
        Draft.objects.filter(pk=draft.pk).update(version=F("version"))  # locks the row before it is read
        note_seen(draft, {key: offers[key]})
        journal.append(draft=draft, event="offer_declined", keys=[key], by=by, now=now)
    entry, proposal = bare(draft.answers.get(key)), newest.get(key)
    if entry is None and (key in offers or proposal is None):
        return Saved(draft.version, draft.last_saved_at)
    entry = entry or {"state": "cleared", "origin": "practice"}  # no answer, by choice
    basis = {"basis": proposal.basis} if proposal is not None else {}
    rest = {name: value for name, value in entry.items() if name != "basis"}
    moved = {**rest, **basis, "reviewed": entry["state"] != "cleared"}
    return save_answers(draft=draft, base=draft.version, entries={key: moved}, by=by, now=now)


def versions(draft: Draft, key: str) -> list[Version]:
    """What an answer was, the present one first; a save that only read it or moved its origin is left out."""
    told: list[AnswerChange] = []
    for change in draft.changes.filter(key=key).order_by("version"):
        if not told or not same_answer(told[-1].after, change.after):
            told.append(change)
    return [_version(change) for change in reversed(told)]


def _version(change: AnswerChange) -> Version:
    erased = change.after == ERASED
    return Version(change.version, None if erased else change.after, erased, change.at, change.by)


def restore(*, draft: Draft, key: str, change: int, by: str, now: datetime, base: int | None = None) -> Saved | None:
    """The answer becomes again what save number `change` left, by a new save, merged like any; None when there is
    nothing to restore: no such save, or its text was erased. Only `key`, also where others are merged with it."""
    found = draft.changes.filter(key=key, version=change).first()
    if found is None or found.after == ERASED:
        return None
    # an act on this answer, hence read; none is « cleared », so that no proposal fills it again
    entry = {"state": "cleared", "origin": "practice", "reviewed": False}
    if not is_blank(found.after):
        entry = kept(found.after)
    base = draft.version if base is None else base
    return save_answers(draft=draft, base=base, entries={key: entry}, by=by, now=now)


def _newest(draft: Draft) -> tuple[dict[str, prefill.Proposal], dict[str, prefill.Proposal]]:
    """(what the newest revisions propose now, what the profile or the group proposes and nobody has answered)."""
    data = dossier(draft)
    sourced = prefill.strongest(data.layers(newest=True))
    return sourced, list_offers(data, sourced)
