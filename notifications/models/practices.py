"""Practices: who they are, and who works there in which role."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from ..deadlines import ZONES
from ..typography import Words
from .ids import new_public_id
from .people import User, Viewer


class PracticeQuerySet(models.QuerySet["Practice"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Return the practices in which this viewer has a role."""
        return self.filter(memberships__user=viewer.user) if viewer.user else self.none()


class Practice(models.Model):
    """A controller: what every dossier of it begins with, typed once."""

    class Kind(models.TextChoices):
        OFFICE = "office", "cabinet"
        HOUSE = "house", "maison de santé pluriprofessionnelle (MSP)"
        CENTRE = "centre", "centre de santé"
        COMPANY = "company", "société d'exercice (SELARL, SCP…)"
        OTHER = "other", "autre structure"

    public_id = models.CharField(
        "identifiant public", max_length=40, unique=True, default=new_public_id, editable=False
    )
    name = models.CharField("nom", max_length=200)  # the profile's `organisation_name`; written by services only
    kind = models.CharField("sorte", max_length=10, choices=Kind.choices, default=Kind.OFFICE)
    timezone = models.CharField("fuseau", max_length=40, choices=list(ZONES.items()), default="Europe/Paris")
    profile = models.JSONField("profil", default=dict, blank=True)  # entries by question
    patients = models.PositiveIntegerField("dossiers de patients", null=True, blank=True)  # never an answer by itself
    software = models.CharField("logiciel utilisé", max_length=120, blank=True)
    created_at = models.DateTimeField("créé le", default=now)

    objects = PracticeQuerySet.as_manager()

    class Meta:
        verbose_name = "cabinet"
        constraints = [
            models.CheckConstraint(condition=Q(timezone__in=list(ZONES)), name="practice_timezone_is_a_zone_of_france"),
        ]

    def __str__(self) -> str:
        return Words(self.name)


class Role(models.TextChoices):
    OWNER = "owner", "responsable de traitement"
    MEMBER = "member", "membre"
    MANAGER = "manager", "gestionnaire"
    READER = "reader", "lecteur"


# What each may do, as the person who gives a role reads it; the strongest first.
ROLE_SENTENCES = {
    Role.OWNER: "Responsable de traitement : répond des données du cabinet, gère l'équipe, et tout ce qui suit",
    Role.MANAGER: "Gestionnaire : tient la fiche du cabinet, commence des dossiers, et tout ce qui suit",
    Role.MEMBER: "Membre : répond aux questions, consigne les dépôts, fait relire",
    Role.READER: "Lecteur : lit les dossiers, ne change rien",
}


class Membership(models.Model):
    """The role of a person in a practice. A practice that a manager began may have no owner yet."""

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField("rôle", max_length=10, choices=Role.choices)
    created_at = models.DateTimeField("depuis le", default=now)

    class Meta:
        verbose_name = "rôle dans un cabinet"
        constraints = [
            models.UniqueConstraint(fields=["practice", "user"], name="one_role_of_a_person_in_a_practice"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


class Invitation(models.Model):
    """A mail that offers a role; of its secret only the hash is kept."""

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("adresse")
    role = models.CharField("rôle", max_length=10, choices=Role.choices)
    sha256 = models.CharField("empreinte du secret", max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField("envoyée le")
    expires_at = models.DateTimeField("valable jusqu'au")
    accepted_at = models.DateTimeField("acceptée le", null=True, blank=True)
    revoked_at = models.DateTimeField("retirée le", null=True, blank=True)

    class Meta:
        verbose_name = "invitation"
        constraints = [models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_is_known")]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
