"""A template's file on its way into the database: read first, shown to whoever brings it, then stored."""

from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from ... import seeds, shared_template
from ...models import Incident, Organisation, SharedTemplate, User
from ...questionnaire import Unusable
from . import templates, unions


def read(data: bytes) -> shared_template.SharedTemplateFile:
    """What a file holds, checked; nothing is stored. Raises Unusable."""
    return shared_template.read(data, templates.form)


@transaction.atomic
def store(
    *, revision: shared_template.SharedTemplateFile, by: User | None, now: datetime, from_seed: bool = False
) -> bool:
    """Publish here a revision that was published elsewhere; says whether there was anything to store. Raises Unusable,
    and stores nothing, when its number is taken by another content, or when `by` may not speak for its organisation:
    an editor of it may, and an administrator; None is whoever holds the machine."""
    organisation = _organisation(revision, by, now)
    template = _template(revision, organisation, now)
    stored = template.revisions.filter(number=revision.number).first()
    digest = shared_template.digest_of(shared_template.contents(revision))
    if stored and stored.digest != digest:
        raise Unusable(
            [
                f"La révision {revision.number} de « {revision.slug} » existe déjà ici avec un autre contenu "
                f"({stored.digest[:12]}, et dans ce fichier {digest[:12]})."
            ]
        )
    if stored:
        return False
    if by is not None and template.withdrawn_at:
        raise Unusable([templates.WITHDRAWN])
    templates.follow(template=template, revision=revision, now=now)
    templates.keep(template=template, revision=revision, by=by, from_seed=from_seed)
    return True


def _organisation(revision: shared_template.SharedTemplateFile, by: User | None, now: datetime) -> Organisation:
    name = revision.organisation
    found = Organisation.objects.filter(name=name).first()
    elsewhere = found is None or not found.editors.exists()  # it accepted the roles there, and writes nothing here
    if by is None or (by.is_administrator and elsewhere):
        return found or unions.make(name=name, contact=revision.contact, slug=_free_slug(name), now=now)
    if found is None or not (by.is_administrator or unions.is_editor(by, found)):
        raise Unusable([f"Ce modèle est celui de « {name} » : seuls ses éditeurs peuvent l'apporter ici."])
    if not unions.has_accepted(found):
        raise Unusable([templates.NOT_ACCEPTED])
    return found


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:50] or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for slug in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


def _template(
    revision: shared_template.SharedTemplateFile, organisation: Organisation, now: datetime
) -> SharedTemplate:
    """The template that the revision belongs to, locked; a new one where its address is free."""
    incident = Incident.objects.filter(slug=revision.incident[0]).first() if revision.incident else None
    if revision.incident and incident is None:
        raise Unusable([f"L'incident « {revision.incident[0]} » n'est pas connu ici."])
    said = {"organisation": organisation, "questionnaire": revision.questionnaire, "incident": incident}
    template, made = SharedTemplate.objects.get_or_create(slug=revision.slug, defaults={**said, "created_at": now})
    if not made and any(getattr(template, name) != each for name, each in said.items()):
        raise Unusable(
            [f"« {revision.slug} » est ici un autre modèle : autre organisation, incident ou questionnaire."]
        )
    return templates.locked(template)


@transaction.atomic
def load_seeds(*, now: datetime) -> int:
    """Store the shipped revisions that are not stored yet; returns how many.

    Raises Unusable, and stores nothing, when a number is already taken by another content or when a file is wrong."""
    added, problems = 0, []
    for path in sorted((seeds.folder() / "templates").glob("*.json")):
        try:
            added += store(revision=read(path.read_bytes()), by=None, now=now, from_seed=True)
        except Unusable as error:
            problems += [f"{path.name}: {problem}" for problem in error.problems]
    if problems:
        raise Unusable(problems)
    return added
