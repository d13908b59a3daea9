"""What was filed, and the journal of a dossier."""

from django.db import models
from django.db.models import Q

from .dossiers import Draft


class Filing(models.Model):
    """What was filed with the CNIL, as it stood: an immutable snapshot. It may be cancelled, never edited."""

    class Kind(models.TextChoices):
        INITIAL = "initial", "initiale"
        COMPLEMENTARY = "complementary", "complémentaire"
        COMPLETE = "complete", "complète"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="filings")
    number = models.PositiveIntegerField("numéro dans le dossier")
    kind = models.CharField("sorte", max_length=20, choices=Kind.choices)
    filed_at = models.DateTimeField("déposée le (UTC)")
    cnil_number = models.CharField("numéro de la CNIL", max_length=80, blank=True)
    by = models.CharField("par", max_length=80)
    recorded_at = models.DateTimeField("consignée le")
    content = models.JSONField("contenu")  # {answers, questionnaire, deadlines, filed_at, cnil_number, kind, by}
    digest = models.CharField("empreinte SHA-256 du contenu", max_length=64)
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    cancelled_by = models.CharField("annulée par", max_length=80, blank=True)
    cancel_reason = models.CharField("motif de l'annulation", max_length=300, blank=True)

    class Meta:
        verbose_name = "dépôt"
        constraints = [
            models.UniqueConstraint(fields=["draft", "number"], name="one_number_for_a_filing_of_a_draft"),
            models.CheckConstraint(
                condition=Q(kind__in=["initial", "complementary", "complete"]), name="filing_kind_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.number}"

    def save(self, **options):
        if not self._state.adding:
            raise TypeError("a filing is never edited")
        super().save(**options)


class JournalEntry(models.Model):
    """One line of a dossier's journal: what happened and to which keys, never a value. `hash` covers the line and the
    hash before it, so that no line can be changed, removed, moved or added without a trace."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="journal")
    number = models.PositiveIntegerField("numéro")
    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)
    event = models.CharField("événement", max_length=40)
    keys = models.JSONField("objets", default=list)
    hash = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name = "ligne du journal"
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="one_number_for_a_line_of_a_journal")]

    def __str__(self):
        return f"{self.number} {self.event}"


class Erasure(models.Model):
    """What stays of an erased dossier: one line, which names nobody."""

    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)
    lines = models.PositiveIntegerField("lignes du journal effacé")
    journal_head = models.CharField("dernière empreinte du journal effacé", max_length=64)

    class Meta:
        verbose_name = "effacement"

    def __str__(self):
        return f"{self.lines} lignes le {self.at:%Y-%m-%d}"
