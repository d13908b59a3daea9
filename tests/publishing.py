"""Unions in the database, their editors, and the templates that they publish."""

from datetime import timedelta
from itertools import count
from typing import Any

from notifications.models import Incident, Organisation, SharedTemplate, SharedTemplateRevision, User
from notifications.services.shared_templates import editing, publishing, unions
from tests.dossiers import NOW
from tests.stored import WEDA

MINUTES = count(1)


def union(name: str = "Union des médecins", *, editor: str = "editeur@union.example", accepted: bool = True) -> User:
    """A union with one editor, who accepted the roles."""
    organisation = unions.make_organisation(name=name, contact="modeles@union.example", now=NOW)
    user = unions.add_editor(organisation=organisation, email=editor, now=NOW).user
    if accepted:
        unions.accept_roles(organisation=organisation, by=user, now=NOW)
    return user


def begin(user: User, *, incident: str | None = WEDA) -> SharedTemplate:
    """A template that holds nothing of its own yet."""
    organisation = Organisation.objects.get(editors__user=user)
    found = Incident.objects.get(slug=incident) if incident else None
    return editing.begin_template(organisation=organisation, incident=found, now=NOW)


def write(template: SharedTemplate, user: User, **elements: Any) -> editing.Saved:
    """Save elements as on a page that was just opened: `answers__nature` is `answers.nature`, where a plain value is a
    known one."""
    template.refresh_from_db()
    named = {name.replace("__", "."): _element(name, each) for name, each in elements.items()}
    now = NOW + timedelta(minutes=next(MINUTES))
    return editing.save_elements(template=template, base=template.version, elements=named, by=user, now=now)


def _element(name: str, value: Any) -> Any:
    if name.startswith("answers__") and value is not None and not isinstance(value, dict):
        return {"state": "known", "value": value}
    return value


def publish(template: SharedTemplate, user: User, summary: str = "Première version.") -> SharedTemplateRevision:
    template.refresh_from_db()
    return publishing.publish_revision(template=template, base=template.version, summary=summary, by=user, now=NOW)


def published(user: User, **elements: Any) -> SharedTemplateRevision:
    """A template for Weda with these elements, published."""
    template = begin(user)
    write(template, user, **elements)
    return publish(template, user)
