"""Organisations that publish templates: who writes for them, and that they accepted who answers for what."""

from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from ...models import Editor, Organisation, RolesAcceptance, User
from ...questionnaire import Refused
from ...shared_template import CONTACT, NAME, clean_line
from ..accounts import accounts

ROLES_VERSION = "2026-11"  # of the page on roles (art. 28); another text is another version, to be accepted again


class NameTaken(Exception):
    """Another organisation has this name or this address."""


@transaction.atomic
def make(*, name: str, contact: str = "", slug: str = "", now: datetime) -> Organisation:
    """A new organisation, without editors. Raises NameTaken, or Refused for a name that is none."""
    name, contact = clean_line(name, NAME), clean_line(contact, CONTACT)
    slug = slugify(slug or name)[:60]
    if not (name and slug):
        raise Refused("Donnez le nom de l'organisation.")
    if Organisation.objects.filter(name=name).exists() or Organisation.objects.filter(slug=slug).exists():
        raise NameTaken
    return Organisation.objects.create(name=name, slug=slug, contact=contact, created_at=now)


@transaction.atomic
def add_editor(*, organisation: Organisation, email: str, now: datetime) -> Editor:
    """Whoever has this address writes and publishes for the organisation, once signed in with a second factor."""
    user = accounts.load_or_make(email, now)
    return Editor.objects.get_or_create(organisation=organisation, user=user, defaults={"added_at": now})[0]


def remove_editor(*, organisation: Organisation, user: User) -> None:
    """What this person published stays."""
    Editor.objects.filter(organisation=organisation, user=user).delete()


def is_editor(user: User, organisation: Organisation) -> bool:
    return Editor.objects.filter(organisation=organisation, user=user).exists()


@transaction.atomic
def accept_roles(*, organisation: Organisation, by: User, now: datetime) -> RolesAcceptance:
    """The organisation accepts today's text; the first to do so for it stays named."""
    said = {"accepted_by": by, "accepted_at": now}
    return RolesAcceptance.objects.get_or_create(organisation=organisation, version=ROLES_VERSION, defaults=said)[0]


def has_accepted(organisation: Organisation) -> bool:
    """Did it accept the text of today?"""
    return RolesAcceptance.objects.filter(organisation=organisation, version=ROLES_VERSION).exists()


def set_contact(*, organisation: Organisation, text: str) -> None:
    """Who answers members, and where; published with the next revision of each template. Raises Refused."""
    Organisation.objects.filter(pk=organisation.pk).update(contact=clean_line(text, CONTACT))
