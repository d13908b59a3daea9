"""Practices: begun, their profile kept, dossiers entrusted to them."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from ... import seeds
from ...merge import merge_three_ways
from ...models import Dossier, Membership, Practice, User
from ...questionnaire import Context, Entry, Questionnaire, check_entry, is_blank
from ...report import ORGANISATION, DossierData
from .. import journal
from ..accounts import access
from ..locks import lock_row

NAME = ORGANISATION
FACTS = ("kind", "timezone", "patients", "software")  # columns of a profile that answer no question


@transaction.atomic
def create_practice(*, name: str, kind: str, timezone: str, user: User, role: str, now: datetime) -> Practice:
    """Make a practice of this name, in which `user` has this role. Raises Refused for a name that is no answer."""
    context = Context(ZoneInfo(timezone), now)
    entry = check_entry(build_profile_questions().questions[NAME], {"state": "known", "value": name}, context)
    practice = Practice.objects.create(
        name=entry["value"], kind=kind, timezone=timezone, profile={NAME: entry}, created_at=now
    )
    Membership.objects.create(practice=practice, user=user, role=role, created_at=now)
    return practice


# -- the profile ----------------------------------------------------------------------------------------


@cache
def build_profile_questions() -> Questionnaire:
    """Return what a profile asks: one knows who one is, hence nothing is « je ne sais pas encore » or usual."""
    whole = seeds.find_questionnaire()
    asked = (question.replace(unknown=False, default={}) for question in whole if question.profile)
    return whole.replace(in_order=tuple(asked))


def build_profile_data(practice: Practice) -> DossierData:
    """Return the profile as plain data, to be read like the answers of a dossier."""
    return DossierData(
        questionnaire=build_profile_questions(),
        answers=practice.profile,
        zone=ZoneInfo(practice.timezone),
        obligations=seeds.load_duties(),
    )


def dump_profile(practice: Practice) -> dict[str, dict[str, Any]]:
    """Return all that a profile holds, as plain JSON: what a page that edits it was rendered from."""
    return {"entries": practice.profile, "facts": {name: getattr(practice, name) for name in FACTS}}


@transaction.atomic
def save_profile(
    *,
    practice: Practice,
    base: Mapping[str, Mapping[str, Any]],
    entries: Mapping[str, Entry | None],
    facts: Mapping[str, Any],
) -> set[str]:
    """Merge what a page sent with what colleagues saved since it was rendered from `base`, key by key; returns those
    that both changed, which are not written. The profile is offered to open dossiers, where it is read each time."""
    locked = lock_row(Practice.objects.all(), pk=practice.pk)
    current = dump_profile(locked)
    sent = {key: None if is_blank(entry) else entry for key, entry in entries.items()}
    answers, clashing = merge_three_ways(base["entries"], sent, current["entries"])
    columns, unsettled = merge_three_ways(base["facts"], facts, current["facts"])
    profile = {key: entry for key, entry in {**locked.profile, **answers}.items() if entry}
    Practice.objects.filter(pk=practice.pk).update(profile=profile, name=profile[NAME]["value"], **columns)
    return {*clashing, *unsettled}


# -- dossiers -------------------------------------------------------------------------------------------


@transaction.atomic
def entrust_dossier(*, dossier: Dossier, practice: Practice, user: User, now: datetime) -> bool:
    """Give the account's dossier to the practice: its team opens it, and no browser, link or calendar does any more.
    False when it is not this account's to give."""
    if not Dossier.objects.filter(pk=dossier.pk, owner=user).update(owner=None, practice=practice):
        return False
    dossier.grants.all().delete()
    journal.append_line(dossier=dossier, event="entrusted", by=access.account_author(user), now=now)
    return True
