"""Groups of controllers that notify the same breach."""

from typing import Self

from django.db import models
from django.db.models import Q

from ..deadlines import ZONES
from ..typography import Words
from .dossiers import Dossier
from .ids import new_public_id
from .incidents import IncidentRevision
from .people import User, Viewer
from .practices import Membership, Role


class ControllerGroupQuerySet(models.QuerySet["ControllerGroup"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Return the groups of which this viewer prepares every dossier, and those that it made and that hold none: a
        colleague who answers for one practice learns nothing of the others."""
        if not viewer.user:
            return self.none()
        mine = Membership.objects.filter(user=viewer.user, role__in=[Role.OWNER, Role.MANAGER]).values("practice")
        others = Dossier.objects.filter(group__isnull=False).exclude(practice__in=mine)
        own = Q(dossiers__isnull=False) | Q(created_by=viewer.user)
        return self.exclude(pk__in=others.values("group")).filter(own).distinct()


class ControllerGroup(models.Model):
    """Controllers that share a house and a breach, each with a dossier of its own: what they answer alike."""

    public_id = models.CharField(
        "identifiant public", max_length=40, unique=True, default=new_public_id, editable=False
    )
    name = models.CharField("nom", max_length=200)
    incident_revision = models.ForeignKey(IncidentRevision, on_delete=models.PROTECT, null=True, blank=True)
    timezone = models.CharField("fuseau", max_length=40, choices=list(ZONES.items()), default="Europe/Paris")
    answers = models.JSONField("réponses communes", default=dict, blank=True)  # entries by question
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField("créé le")

    objects = ControllerGroupQuerySet.as_manager()

    class Meta:
        verbose_name = "groupe de responsables de traitement"

    def __str__(self) -> str:
        return Words(self.name)
