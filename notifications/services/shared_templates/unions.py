"""Organisations that publish templates: who writes for them, and that they accepted who answers for what."""

from datetime import datetime
from itertools import chain, count

from django.db import transaction
from django.utils.text import slugify

from ...models import Editor, Organisation, RolesAcceptance, SharedTemplate, User
from ...questionnaire import Refused
from ...shared_template import CONTACT, NAME, clean_line
from ..accounts import accounts

ROLES_VERSION = "2026-11"  # of the page on roles (art. 28); another text is another version, to be accepted again


class NameTaken(Exception):
    """Another organisation has this name or this address."""


def choose_free_slug(model: type[Organisation] | type[SharedTemplate], wanted: str) -> str:
    """Return the wanted address, or with the first number that makes it free (`wanted-2`)."""
    taken = set(model.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for slug in chain([wanted], (f"{wanted}-{n}" for n in count(2))) if slug not in taken)


@transaction.atomic
def make_organisation(*, name: str, contact: str = "", slug: str = "", now: datetime) -> Organisation:
    """Make an organisation without editors. Raises NameTaken, or Refused for a name that is none."""
    name, contact = clean_line(name, NAME), clean_line(contact, CONTACT)
    slug = slugify(slug or name)[:60]
    if not (name and slug):
        raise Refused("Donnez le nom de l'organisation.")
    if Organisation.objects.filter(name=name).exists() or Organisation.objects.filter(slug=slug).exists():
        raise NameTaken
    return Organisation.objects.create(name=name, slug=slug, contact=contact, created_at=now)


@transaction.atomic
def add_editor(*, organisation: Organisation, email: str, now: datetime) -> Editor:
    """Let whoever has this address write and publish for the organisation, once signed in with a second factor."""
    user = accounts.load_or_make(email, now)
    return Editor.objects.get_or_create(organisation=organisation, user=user, defaults={"added_at": now})[0]


def is_editor(user: User, organisation: Organisation) -> bool:
    """Tell whether this person writes for the organisation."""
    return Editor.objects.filter(organisation=organisation, user=user).exists()


@transaction.atomic
def accept_roles(*, organisation: Organisation, by: User, now: datetime) -> RolesAcceptance:
    """Accept today's text for the organisation; the first to do so for it stays named."""
    first = {"accepted_by": by, "accepted_at": now}
    return RolesAcceptance.objects.get_or_create(organisation=organisation, version=ROLES_VERSION, defaults=first)[0]


def has_accepted(organisation: Organisation) -> bool:
    """Tell whether the organisation accepted today's text."""
    return RolesAcceptance.objects.filter(organisation=organisation, version=ROLES_VERSION).exists()


def set_contact(*, organisation: Organisation, text: str) -> None:
    """Set who answers members, and where; published with the next revision of each template. Raises Refused."""
    Organisation.objects.filter(pk=organisation.pk).update(contact=clean_line(text, CONTACT))
