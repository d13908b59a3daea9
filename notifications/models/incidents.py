"""Incidents, and their revisions as they were published."""

from django.db import models

from .revisions import PublishedRevision


class Incident(models.Model):
    slug = models.SlugField("adresse", max_length=80, unique=True)

    class Meta:
        verbose_name = "incident"

    def __str__(self) -> str:
        return self.slug


class IncidentRevision(PublishedRevision):
    """One whole incident file."""

    SUBJECT = "incident"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="revisions")

    class Meta:
        verbose_name = "révision d'incident"
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="incident_revision_number_is_unique"),
        ]
