"""A template's file on its way into the database: read first, shown to whoever brings it, then stored."""

from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from ... import shared_template
from ...models import Incident, Organisation, SharedTemplate, User
from ...questionnaire import Unusable
from ...shared_template import SharedTemplateFile
from ..revisions import TEMPLATE_REVISIONS, find_questionnaire, load_shipped
from . import editing, unions
from .publishing import NOT_ACCEPTED, WITHDRAWN


def read_file(data: bytes) -> SharedTemplateFile:
    """Check what a file holds and return it; nothing is stored. Raises Unusable."""
    return shared_template.read_file(data, find_questionnaire)


@transaction.atomic
def store_revision(*, revision: SharedTemplateFile, by: User | None, now: datetime, from_seed: bool = False) -> bool:
    """Publish here a revision that was published elsewhere; return whether there was anything to store. Raises
    Unusable, and stores nothing, when its number is taken by another content, or when `by` may not speak for its
    organisation: an editor of it may, and an administrator; None is whoever holds the machine."""
    template = _find_template(revision, _find_organisation(revision, by, now), now)
    last = next(iter(TEMPLATE_REVISIONS.load_all(template.slug)), None)
    content = shared_template.build_content(revision)
    _, is_new = TEMPLATE_REVISIONS.publish(template, revision, content, from_seed=from_seed, published_by=by)
    if not is_new:
        return False
    if by is not None and template.withdrawn_at:
        raise Unusable([WITHDRAWN])
    editing.follow_revision(template=template, last=last, revision=revision, now=now)
    return True


def _find_organisation(revision: SharedTemplateFile, by: User | None, now: datetime) -> Organisation:
    """Return the organisation that the revision is of, made where `by` may make one. Raises Unusable."""
    name = revision.organisation
    organisation = Organisation.objects.filter(name=name).first()
    # without editors, it accepted the roles elsewhere, and writes nothing here
    is_elsewhere = organisation is None or not organisation.editors.exists()
    if by is None or (by.is_administrator and is_elsewhere):
        slug = unions.choose_free_slug(Organisation, slugify(name)[:50] or "organisation")
        return organisation or unions.make_organisation(name=name, contact=revision.contact, slug=slug, now=now)
    if organisation is None or not (by.is_administrator or unions.is_editor(by, organisation)):
        raise Unusable([f"Ce modèle est celui de « {name} » : seuls ses éditeurs peuvent l'apporter ici."])
    if not unions.has_accepted(organisation):
        raise Unusable([NOT_ACCEPTED])
    return organisation


def _find_template(revision: SharedTemplateFile, organisation: Organisation, now: datetime) -> SharedTemplate:
    """Return the template that the revision belongs to, locked; a new one where its address is free. Raises
    Unusable."""
    slug = revision.incident[0] if revision.incident else ""
    incident = Incident.objects.filter(slug=slug).first()
    if slug and incident is None:
        raise Unusable([f"L'incident « {slug} » n'est pas connu ici."])
    owned = {"organisation": organisation, "questionnaire": revision.questionnaire, "incident": incident}
    new = {**owned, "created_at": now}
    template, is_new = SharedTemplate.objects.get_or_create(slug=revision.slug, defaults=new)
    if not is_new and any(getattr(template, name) != value for name, value in owned.items()):
        raise Unusable(
            [f"« {revision.slug} » est ici un autre modèle : autre organisation, incident ou questionnaire."]
        )
    return editing.lock_template(template)


def load_seeds(*, now: datetime) -> int:
    """Store the shipped revisions of templates that are not stored yet; return how many. Raises Unusable."""

    def store_file(path: Path) -> bool:
        return store_revision(revision=read_file(path.read_bytes()), by=None, now=now, from_seed=True)

    return load_shipped("templates/*.json", store_file)
