"""A dossier's life: start, save (merged by key), keep, take, keep mine, restore."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from ... import prefill, seeds
from ...merge import merge_three_ways
from ...models import AnswerChange, ControllerGroup, Dossier, IncidentRevision, Practice, SharedTemplateRevision
from ...questionnaire import Case, Entry, Question, find_applicable, find_span, is_blank, is_same_answer, mark_reviewed
from ...questionnaire.patient_data import entry_holds_health_number, hash_texts, suspect_entry
from ...report import AWARE, ORGANISATION
from ...report.listing import find_place
from .. import journal
from ..locks import lock_dossier
from ..revisions import INCIDENT_REVISIONS
from ..shared_templates import publishing
from . import transcription
from .loading import DECISION, clocks_of, load_dossier_data, strip_version

logger = logging.getLogger(__name__)

# Stands in the history for a text that seemed to hold a patient's data; equal to no entry.
ERASED = {"state": "erased"}
# The columns that lists and other queries need, all derived by `derive_columns`.
COLUMNS = ["aware_at", "decision", "clock", "alarm_at", "place", "title", "organisation_name"]


@dataclass
class Saved:
    """What a save did. `conflicts` holds, for each key not written, both entries and who wrote the other one when;
    `dossier` is the row as the save left it."""

    dossier: Dossier
    saved: list[str] = field(default_factory=list)
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        return self.dossier.version

    @property
    def saved_at(self) -> datetime | None:
        return self.dossier.last_saved_at


@dataclass(frozen=True)
class Version:
    """An answer as one save left it, whose number it bears; no entry where it was erased, or where there was none."""

    number: int
    entry: Entry | None
    erased: bool
    at: datetime
    by: str


@transaction.atomic
def start_dossier(
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
    dossier.title = _write_title(dossier, "")
    dossier.save()
    derive_columns(dossier, now)
    dossier.save(update_fields=COLUMNS)
    journal.append_line(dossier=dossier, event="started" if answers is None else "imported", by=by, now=now)
    if answers is None:
        answers = propose_first_answers(dossier)
    save_answers(dossier=dossier, base=0, entries=answers, by=by, now=now)
    dossier.refresh_from_db()
    return dossier


def propose_first_answers(dossier: Dossier) -> dict[str, Entry]:
    """What every layer proposes; the profile's and the group's proposals count as seen."""
    data = load_dossier_data(dossier)
    own = prefill.propose_practice(data.questionnaire, data.profile, data.common, data.begun_with)
    note_seen(dossier, own)
    return prefill.fill_entries({}, {**data.begun_with, **own})


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
    locked = lock_dossier(dossier.pk)
    questionnaire = seeds.find_questionnaire(locked.questionnaire)
    keys = {key for sent in entries for key in questionnaire.merge_set(sent)}
    before = entries_as_of(dossier=locked, base=base, keys=keys)
    stored = {key: strip_version(locked.answers.get(key)) for key in keys}
    merged = merge_three_ways(before, entries, stored, questionnaire.merge_set)
    written = {key: entry for key, entry in merged.changed.items() if stored[key] != entry}
    if written:
        write_entries(locked, written, by, now)
    conflicts = {
        key: {"mine": entry, "theirs": stored[key], **find_last_change(locked, key)}
        for key, entry in merged.conflicts.items()
    }
    return Saved(locked, sorted(merged.changed), conflicts)


def entries_as_of(*, dossier: Dossier, base: int, keys: Collection[str]) -> dict[str, Entry | None]:
    """Return the entry of each key as it stood after save number `base`."""
    entries = {key: strip_version(dossier.answers.get(key)) for key in keys}
    # an entry that was removed no longer says when
    recent = {key for key in keys if dossier.answers.get(key, {"version": dossier.version})["version"] > base}
    if recent:
        later = AnswerChange.objects.filter(dossier=dossier, version__gt=base, key__in=recent).order_by("-version")
        entries |= {change.key: change.before for change in later}  # the earliest comes last and stays
    return entries


def find_last_change(dossier: Dossier, key: str) -> dict[str, str]:
    """Return who last changed an answer, or one that makes sense only together with it, and when."""
    keys = seeds.find_questionnaire(dossier.questionnaire).merge_set(key)
    last = dossier.changes.filter(key__in=keys).order_by("-version").first()
    return {"by": last.by if last else "", "at": last.at.isoformat() if last else ""}


def write_entries(dossier: Dossier, written: Mapping[str, Entry | None], by: str, now: datetime) -> None:
    """Store the entries, their history and the columns that follow from them; the row is locked by the caller."""
    questionnaire = seeds.find_questionnaire(dossier.questionnaire)
    dossier.version, dossier.last_saved_at = dossier.version + 1, now
    changes = []
    for key, entry in written.items():
        before = strip_version(dossier.answers.pop(key, None))
        if before and _holds_patient_data(dossier, questionnaire.questions[key], before):
            forget_patient_data(dossier, questionnaire.questions[key])
            before = ERASED
        changes.append(
            AnswerChange(dossier=dossier, version=dossier.version, key=key, before=before, after=entry, at=now, by=by)
        )
        if entry is not None:
            dossier.answers[key] = {**entry, "version": dossier.version}
    AnswerChange.objects.bulk_create(changes)
    derive_columns(dossier, now)
    dossier.save(update_fields=["answers", *COLUMNS, "version", "last_saved_at"])
    journal.append_line(dossier=dossier, event="answers_saved", keys=written.keys(), by=by, now=now)


def _holds_patient_data(dossier: Dossier, question: Question, entry: Mapping[str, Any] | None) -> bool:
    """Does this entry seem to, and did nobody say that it does not? Health numbers are looked for everywhere."""
    if dossier.overruled.get(question.key, {}).get("sha256") == hash_texts(question, entry):
        return False
    return entry_holds_health_number(entry) or bool(suspect_entry(question, entry))


def forget_patient_data(dossier: Dossier, question: Question) -> None:
    """Erase a patient's data from the history once it is replaced."""
    transcription.forget_marks(dossier, question.key)
    for change in dossier.changes.filter(key=question.key):
        for side in ("before", "after"):
            if _holds_patient_data(dossier, question, getattr(change, side)):
                setattr(change, side, ERASED)
        change.save(update_fields=["before", "after"])


def derive_columns(dossier: Dossier, now: datetime) -> None:
    """Set the columns that queries need, each made again from the answers, the filings and the duties; the row is
    locked by the caller, who stores it."""
    known = {key: entry["value"] for key, entry in dossier.answers.items() if entry["state"] == "known"}
    aware_at, name = known.get(AWARE), known.get(ORGANISATION, "")
    dossier.aware_at = find_span(aware_at, dossier.zone)[0].astimezone(UTC) if aware_at else None
    dossier.decision = known.get(DECISION, "")
    if name != dossier.organisation_name:
        dossier.organisation_name, dossier.title = name, _write_title(dossier, name)
    prefetch_related_objects([dossier], "filings")
    dossier.clock, dossier.alarm_at, dossier.place = find_place(clocks_of(dossier, now))


def derive_all_columns(now: datetime) -> int:
    """Derive the columns of every dossier again, as after a change of the duties; return how many were other ones."""
    changed = 0
    for pk in Dossier.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            dossier = lock_dossier(pk)
            before = [getattr(dossier, name) for name in COLUMNS]
            derive_columns(dossier, now)
            if before != [getattr(dossier, name) for name in COLUMNS]:
                dossier.save(update_fields=COLUMNS)
                changed += 1
    return changed


def _write_title(dossier: Dossier, name: str) -> str:
    revision = dossier.incident_revision
    incident = INCIDENT_REVISIONS.as_data(revision).title if revision else "violation sans incident connu"
    return f"{name or 'Cabinet à nommer'} – {incident}"[:250]


def keep_answers(*, dossier: Dossier, keys: Collection[str], by: str, now: datetime) -> Saved:
    """« Conserver » for several answers: each is read by the practice as it stands now."""
    entries = {key: mark_reviewed(entry) for key in keys if (entry := strip_version(dossier.answers.get(key)))}
    return save_answers(dossier=dossier, base=dossier.version, entries=entries, by=by, now=now)


@transaction.atomic
def overrule_warning(*, dossier: Dossier, key: str, seen: str, by: str, now: datetime) -> bool:
    """« Ce n'est pas une donnée de patient », of the text whose fingerprint is `seen`: that text is not warned of
    again, another one is. Nothing happens when the answer holds another text by now, or is not suspected."""
    locked = lock_dossier(dossier.pk)
    question, entry = seeds.find_questionnaire(locked.questionnaire).get(key), strip_version(locked.answers.get(key))
    kinds = suspect_entry(question, entry) if question and hash_texts(question, entry) == seen else ()
    if not kinds or locked.overruled.get(key, {}).get("sha256") == seen:
        return False
    locked.overruled[key] = {"sha256": seen, "by": by, "at": now.isoformat()}
    locked.save(update_fields=["overruled"])
    journal.append_line(dossier=dossier, event="warning_overruled", keys=[key], by=by, now=now)
    fields = {"question": key, "kind": kinds}
    transaction.on_commit(lambda: logger.info("patient_data_overruled", extra={"fields": fields}))
    return True


def list_keepable(dossier: Dossier, slug: str) -> list[str]:
    """Unread answers of a step that may be kept together: those marked `open` must be opened one by one."""
    case = Case(seeds.find_questionnaire(dossier.questionnaire), dossier.answers)
    questions = [question for question in find_applicable(case) if question.step == slug]
    return [question.key for question in questions if question.review != "open" and is_unread(dossier, question)]


def is_unread(dossier: Dossier, question: Question) -> bool:
    entry = dossier.answers.get(question.key)
    return entry is not None and entry["state"] != "cleared" and not entry.get("reviewed")


@transaction.atomic
def take_proposal(*, dossier: Dossier, key: str, by: str, now: datetime) -> Saved:
    """« Prendre »: the newest proposal for this key becomes the answer."""
    return take_proposals(dossier=dossier, keys=[key], base=dossier.version, by=by, now=now)


@transaction.atomic
def take_proposals(*, dossier: Dossier, keys: Collection[str], base: int, by: str, now: datetime) -> Saved:
    """The same for several keys, in one save, merged like any with what changed since version `base`."""
    newest, offers = list_proposals(dossier)
    chosen = {key: offers.get(key) or newest[key] for key in keys if key in newest or key in offers}
    entries: dict[str, Entry | None] = {key: mark_reviewed(proposal.entry) for key, proposal in chosen.items()}
    saved = save_answers(dossier=dossier, base=base, entries=entries, by=by, now=now)
    note_seen(dossier, {key: chosen[key] for key in saved.saved if key in offers})
    return saved


@transaction.atomic
def keep_own_answer(*, dossier: Dossier, key: str, by: str, now: datetime) -> Saved:
    """« Garder la mienne »: the answer stays, and was shown the newest proposal (or its withdrawal)."""
    newest, offers = list_proposals(dossier)
    if key in offers:
        lock_dossier(dossier.pk)
        note_seen(dossier, {key: offers[key]})
        journal.append_line(dossier=dossier, event="offer_declined", keys=[key], by=by, now=now)
    entry, proposal = strip_version(dossier.answers.get(key)), newest.get(key)
    if entry is None and (key in offers or proposal is None):
        return Saved(dossier)
    entry = entry or {"state": "cleared", "origin": "practice"}  # no answer, by choice
    basis = {"basis": proposal.basis} if proposal is not None else {}
    rest = {name: value for name, value in entry.items() if name != "basis"}
    moved = {**rest, **basis, "reviewed": entry["state"] != "cleared"}
    return save_answers(dossier=dossier, base=dossier.version, entries={key: moved}, by=by, now=now)


def list_versions(dossier: Dossier, key: str) -> list[Version]:
    """What an answer was, the present one first; a save that only read it or moved its origin is left out."""
    told: list[AnswerChange] = []
    for change in dossier.changes.filter(key=key).order_by("version"):
        if not told or not is_same_answer(told[-1].after, change.after):
            told.append(change)
    return [describe_version(change) for change in reversed(told)]


def describe_version(change: AnswerChange) -> Version:
    erased = change.after == ERASED
    return Version(change.version, None if erased else change.after, erased, change.at, change.by)


def restore_version(
    *, dossier: Dossier, key: str, change: int, by: str, now: datetime, base: int | None = None
) -> Saved | None:
    """The answer becomes again what save number `change` left, by a new save, merged like any; None when there is
    nothing to restore: no such save, or its text was erased. Only `key`, also where others are merged with it."""
    found = dossier.changes.filter(key=key, version=change).first()
    if found is None or found.after == ERASED:
        return None
    # an act on this answer, hence read; none is « cleared », so that no proposal fills it again
    cleared = {"state": "cleared", "origin": "practice", "reviewed": False}
    entry = mark_reviewed(found.after) if found.after and not is_blank(found.after) else cleared
    base = dossier.version if base is None else base
    return save_answers(dossier=dossier, base=base, entries={key: entry}, by=by, now=now)


def list_proposals(dossier: Dossier) -> tuple[dict[str, prefill.Proposal], dict[str, prefill.Proposal]]:
    """(what the newest revisions propose now, what the profile or the group proposes and nobody has answered)."""
    data = load_dossier_data(dossier)
    return data.sourced, data.offers
