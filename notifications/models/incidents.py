"""Incidents, and their revisions as they were published."""

from django.db import models


class Incident(models.Model):
    slug = models.SlugField("adresse", max_length=80, unique=True)

    class Meta:
        verbose_name = "incident"

    def __str__(self):
        return self.slug


class IncidentRevision(models.Model):
    """One whole incident file, never updated."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="revisions")
    number = models.CharField("numéro", max_length=20)
    published_at = models.DateField("publiée le")
    summary = models.TextField("résumé")
    content = models.JSONField("contenu")
    digest = models.CharField("empreinte SHA-256", max_length=64)
    from_seed = models.BooleanField("livrée avec le logiciel", default=False)

    class Meta:
        verbose_name = "révision d'incident"
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="incident_revision_number_is_unique"),
        ]

    def __str__(self):
        return f"{self.incident}@{self.number}"
