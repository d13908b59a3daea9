"""From what editors have written to what members find: the file that it would be, its preview, its publication."""

from datetime import datetime
from typing import Any

from django.db import transaction

from ... import deadlines, prefill, seeds, shared_template
from ...models import IncidentRevision, SharedTemplate, SharedTemplateRevision, User
from ...questionnaire import Refused, Unusable
from ...report import DossierData
from ...shared_template import SharedTemplateFile
from ..revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS, find_questionnaire
from . import editing, unions

NOT_ACCEPTED = "Votre organisation n'a pas encore accepté la répartition des rôles (article 28 du RGPD)."
WITHDRAWN = "Ce modèle est retiré : il ne se publie plus."
MOVED = "Ce modèle a changé depuis l'ouverture de cette page : relisez-le avant de le publier."
NO_SUMMARY = "Dites en une phrase ce qui a changé."
EMPTY = "Ce modèle ne contient encore ni réponse ni conseil."
NEW_EACH_TIME = {"number", "published_at", "summary", "incident"}  # in a file: what each publication writes anew


def check_fits(template: SharedTemplate, questionnaire: str, revision: IncidentRevision | None) -> None:
    """Raises ValueError for a dossier of another questionnaire or of another incident than the template's."""
    if template.questionnaire != questionnaire or template.incident_id != (revision and revision.incident_id):
        raise ValueError(f"{template}: made for another questionnaire or another incident")


def _write_file(template: SharedTemplate, summary: str, now: datetime) -> dict[str, Any]:
    """Return the tables of the file that would be published now."""
    published = INCIDENT_REVISIONS.list_stored(template.incident.slug) if template.incident else []
    number = published[0].number if published else ""
    incident = template.incident and {
        "slug": template.incident.slug,
        "revision": int(number) if number.isdigit() else number,
    }
    return {
        "format": shared_template.FORMAT,
        "format_version": shared_template.VERSION,
        "organisation": {"name": template.organisation.name, "contact": template.organisation.contact},
        "slug": template.slug,
        "number": TEMPLATE_REVISIONS.choose_local_number(template.slug),
        "questionnaire": template.questionnaire,
        "incident": incident if published else None,
        "published_at": now.astimezone(deadlines.PARIS).date().isoformat(),
        "summary": summary,
        **template.content,
    }


def build_edited(template: SharedTemplate, now: datetime) -> SharedTemplateFile:
    """Return what editors are writing, as the revision that it would be if it were published now. Raises Unusable."""
    return shared_template.build_file(_write_file(template, "Modèle en cours de rédaction.", now), find_questionnaire)


def preview_dossier(template: SharedTemplate, now: datetime) -> DossierData:
    """Return the dossier that a practice would begin with the template, of which nothing is stored. Raises Unusable."""
    edited, questionnaire = build_edited(template, now), seeds.find_questionnaire(template.questionnaire)
    published = INCIDENT_REVISIONS.load_all(template.incident.slug) if template.incident else []
    newest = published[0] if published else None
    return DossierData(
        questionnaire=questionnaire,
        answers=prefill.fill_entries({}, prefill.keep_strongest(prefill.stack_layers(questionnaire, newest, edited))),
        zone=deadlines.PARIS,
        obligations=seeds.load_duties(),
        revision=newest,
        newest=newest,
        revisions={revision.origin: revision for revision in published},
        template=edited,
        newest_template=edited,
        templates={edited.origin: edited},
    )


@transaction.atomic
def publish_revision(
    *, template: SharedTemplate, base: int, summary: str, by: User, now: datetime
) -> SharedTemplateRevision:
    """Make what editors have written the next revision, and return it; `base` is the version that they have read.
    Raises Unusable with what stands in the way."""
    locked = editing.lock_template(template)
    obstacles = {
        NOT_ACCEPTED: not unions.has_accepted(locked.organisation),
        WITHDRAWN: locked.withdrawn_at is not None,
        MOVED: locked.version != base,
        EMPTY: not (locked.content.get("answers") or locked.content.get("advice")),
    }
    if any(obstacles.values()):
        raise Unusable([sentence for sentence, stands in obstacles.items() if stands])
    try:
        summary = shared_template.clean_line(summary, shared_template.SUMMARY)
    except Refused as refused:
        raise Unusable([str(refused)]) from None
    if not summary:
        raise Unusable([NO_SUMMARY])
    file = shared_template.write_canonical(_write_file(locked, summary, now))
    revision = shared_template.read_file(file, find_questionnaire)  # as others will
    content = shared_template.build_content(revision)
    last = next(iter(TEMPLATE_REVISIONS.load_all(locked.slug)), None)
    if last:
        before = shared_template.build_content(last)
        if all(content[name] == before[name] for name in content.keys() - NEW_EACH_TIME):
            raise Unusable([f"Rien n'a changé depuis la révision {last.number}."])
    return TEMPLATE_REVISIONS.publish(locked, revision, content, published_by=by)[0]
