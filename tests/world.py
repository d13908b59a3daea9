"""Two practices, a guest, and everybody who may ask for a page: what the matrix of access is about.

Whatever belongs to a practice or to a guest bears its mark, a word that nobody else's page may hold."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from notifications.documents import zipped
from notifications.models import (
    Batch,
    BatchItem,
    ControllerGroup,
    Dossier,
    Incident,
    IncidentEdit,
    Invitation,
    Membership,
    Practice,
    Review,
    Role,
    SharedTemplate,
    User,
)
from notifications.services.accounts import access, secrets
from notifications.services.accounts.roles import WEAKEST_FIRST
from notifications.services.alerts import feeds
from notifications.services.dossiers import saving
from notifications.services.incidents import catalogue_edits
from notifications.services.revisions import INCIDENT_REVISIONS
from tests.dossiers import AS_IN_EXAMPLE, NOW, answered
from tests.publishing import begin, published, union, write
from tests.stored import WEDA, file

OURS, THEIRS, GUEST_S, UNION_S = "Zorglubine", "Quadrillax", "Perlimpine", "Tournicoti"  # marks
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ROLES = (
    "anonymous",
    "guest with the dossier",
    "guest without",
    "link holder",
    *WEAKEST_FIRST,
    "owner of another practice",
    "union editor",
    "administrator",
    "disabled",
    "expired session",
)


@dataclass
class World:
    practice: Practice
    dossier: Dossier
    group: ControllerGroup
    batch: Batch
    guest_dossier: Dossier
    device: str
    template: SharedTemplate  # that its union has not published
    offered: SharedTemplate  # that everybody may use
    edit: IncidentEdit
    users: dict[str, User]
    secrets: dict[str, str] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        """A browser of somebody in that role."""
        client = Client()
        if role == "guest with the dossier":
            client.cookies["appareil"] = self.device
        elif role == "guest without":
            client.cookies["appareil"] = self.secrets["another device"]
        elif role == "link holder":
            assert client.post(f"/d/{self.secrets['link']}/").status_code == 302
        elif role in self.users:
            client.force_login(self.users[role], backend=BACKEND)
        if role == "disabled":
            User.objects.filter(pk=self.users[role].pk).update(is_active=False)
        if role == "expired session":
            client.session.delete()
        return client


def account(name: str, **more: Any) -> User:
    return User.objects.create(email=f"{name}@example.org", name=name, **more)


def practice_of(mark: str, **roles: User) -> Practice:
    """A practice whose profile bears its mark, with somebody in each of these roles."""
    profile = {
        "organisation_name": answered("organisation_name", f"Cabinet {mark}"),
        "legal_last_name": answered("legal_last_name", mark),
        "contact_email": answered("contact_email", f"contact@{mark.lower()}.example"),
    }
    practice = Practice.objects.create(name=f"Cabinet {mark}", profile=profile, software=mark)
    for role, user in roles.items():
        Membership.objects.create(practice=practice, user=user, role=role)
    return practice


def dossier_of(mark: str, **place: Any) -> Dossier:
    """A dossier that bears this mark in its name, its texts and its filing."""
    newest = INCIDENT_REVISIONS.list_stored(WEDA)[0]
    dossier = saving.start_dossier(revision=newest, timezone="Europe/Paris", by="test", now=NOW, **place)
    said = {"organisation_name": f"Cabinet {mark}", "discovery": f"Découverte {mark}"}
    said["aware_at"] = AS_IN_EXAMPLE["aware_at"]
    entries = {key: answered(key, value) for key, value in said.items()}
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="test", now=NOW)
    file(dossier, cnil_number=f"CNIL-{mark}")
    dossier.refresh_from_db()
    return dossier


def world() -> World:
    now = timezone.now()
    users = {
        role: account(role.replace(" ", "-")) for role in (*WEAKEST_FIRST, "owner of another practice", "disabled")
    }
    users["union editor"] = union("Union d'essai", editor="union-editor@example.org")
    users["expired session"] = users["owner"]
    users["administrator"] = account("administrator", is_administrator=True)
    for name in ("administrator", "union editor"):  # they need a second factor
        Authenticator.objects.create(user=users[name], type=Authenticator.Type.TOTP, data={"secret": "x"})
    team = {str(role): users[role] for role in Role.values}
    practice = practice_of(OURS, **team)
    Membership.objects.create(practice=practice, user=users["disabled"], role=Role.OWNER)
    other = practice_of(THEIRS, owner=users["owner of another practice"])
    dossier_of(THEIRS, practice=other)
    group = ControllerGroup.objects.create(
        name=f"Groupe {OURS}", created_by=users["manager"], created_at=now, answers={}
    )
    dossier = dossier_of(OURS, practice=practice, group=group)
    batch = Batch.objects.create(user=users["manager"], kind=Batch.Kind.DRAFTS, created_at=now)
    files = zipped.pack([("brouillon.pdf", b"%PDF-" + OURS.encode())])
    BatchItem.objects.create(batch=batch, dossier=dossier, number=1, content=files)
    guest_dossier = dossier_of(GUEST_S)
    device = secrets.make_secret()
    access.grant_device(dossier=guest_dossier, secret=device, now=now)
    template = begin(users["union editor"])
    write(template, users["union editor"], cover=f"Brouillon de l'union : {UNION_S}.")
    offered = published(users["union editor"], advice__nature="Relisez ce point.").template
    edit = catalogue_edits.begin_edit(incident=Incident.objects.get(slug=WEDA))
    made = World(practice, dossier, group, batch, guest_dossier, device, template, offered, edit, users)
    made.secrets = _secrets(made, now)
    return made


def _secrets(made: World, now: Any) -> dict[str, str]:
    found = {name: secrets.make_secret() for name in ("another device", "invitation", "proofreading")}
    unrelated = saving.start_dossier(revision=None, timezone="Europe/Paris", by="test", now=now)
    access.grant_device(dossier=unrelated, secret=found["another device"], now=now)
    found["link"] = access.make_link(dossier=made.guest_dossier, by="test", now=now)
    found["feed"] = feeds.make_feed(dossier=made.dossier, by="test", now=now)
    Invitation.objects.create(
        practice=made.practice,
        email="invited@example.org",
        role=Role.MEMBER,
        sha256=secrets.hash_secret(found["invitation"]),
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    Review.objects.create(
        dossier=made.dossier,
        name=f"Dr {OURS}",
        number=1,
        sha256=secrets.hash_secret(found["proofreading"]),
        asked_by="test",
        asked_at=now,
        expires_at=now + timedelta(days=1),
    )
    return found
